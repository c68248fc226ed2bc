.PHONY: run test test-all lint bench setup setup-dev lock
.DEFAULT_GOAL := run

setup:
	@scripts/setup

setup-dev:
	@scripts/setup --dev

run: setup
	@.venv/bin/packs demo

lint: setup-dev
	.venv/bin/ruff check .
	.venv/bin/lint-imports --no-cache
	.venv/bin/mypy

# A file's tests in one process: they share homes that took long to bring to their point. Two processes more than there are cores,
# since tests wait for files to lie still; in the order of collection, for the acceptance tests take longest. One by one: `.venv/bin/pytest`.
test: lint
	.venv/bin/pytest -n $$(( $$(nproc) + 2 )) --dist loadfile --no-loadscope-reorder -m "not slow"

test-all: lint
	.venv/bin/pytest -n $$(( $$(nproc) + 2 )) --dist loadfile --no-loadscope-reorder

bench: setup-dev
	.venv/bin/python -m tests.bench

LOCK = .venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links
# The two lock files, after a change of dependencies in pyproject.toml; versions already locked stay unless `LOCK_FLAGS=--upgrade`.
lock: setup-dev
	$(LOCK) $(LOCK_FLAGS) --extra=build --output-file=requirements.lock pyproject.toml
	$(LOCK) $(LOCK_FLAGS) --extra=build --extra=dev --constraint=requirements.lock --output-file=requirements-dev.lock pyproject.toml

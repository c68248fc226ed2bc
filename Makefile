.PHONY: run test test-all lint bench setup setup-dev
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

test: lint
	.venv/bin/pytest -m "not slow"

test-all: lint
	.venv/bin/pytest

bench: setup-dev
	.venv/bin/python -m tests.bench

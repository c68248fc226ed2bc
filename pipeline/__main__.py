"""`python -m pipeline` and the `packs` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    from pipeline.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

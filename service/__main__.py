"""`forbear`, the command line; also `python -m service`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from service.cli.app import run

    run()


if __name__ == "__main__":
    main()

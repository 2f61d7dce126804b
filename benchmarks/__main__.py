"""`python -m benchmarks [NAME…]`: measures and prints one table; exits 1 where a ratio misses its bound."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time

from benchmarks import against
from benchmarks.figure import HEAD, Figure
from benchmarks.ground import settings
from service.cli.logs import configure_logs

NAMES = {
    "decision": "one decision, and a search over a closed year",
    "crowded": "one decision about a borrower with ten thousand events that all differ",
    "intake": "durable intake against an endpoint that stores nothing",
    "dispatch": "dispatch against Procrastinate and Celery (needs the Debian package redis-server)",
    "latency": "from 202 to the provider's door",
    "small": "what fast values, pooled randomness and packed rows bring",
    "traces": "what traces cost, off and on",
    "choosing": "a learned choice, and adaptive notices against a cascade",
    "worlds": "what is learned against the plain order, in nine invented worlds (some minutes)",
    "sequencing": "the log: sequencing, verification, proofs, a million entries",
    "backlog": "a worker's memory under a million deferred deliveries",
    "shared_work": "what one, two, four and sixteen workers share, by counted work (two minutes)",
    "growth": "commits, rows, log and round trips of one, two and four cells (some minutes)",
    "start": "help, start and memory",
    "handover": "a hand-over to Twilio and by SMTP, against the packages as they are",
    "lists": "every list and page on two million deliveries (some minutes, 4 GB of disk)",
    "history": "deciding with ten million contacts in the store (some minutes, 5 GB of disk)",
}


def main() -> int:
    """Measure what was asked for, everything without a name."""
    if sys.argv[1:2] == ["against"]:
        return against.main(sys.argv[2:])
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Ratios of two things measured side by side in one run.",
        epilog="\n".join(f"{name:11} {what}" for name, what in NAMES.items())
        + "\n\nagainst REV  another revision beside this one: python -m benchmarks against --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        choices=[[], *NAMES],
        help="what to measure; everything without one",
    )
    wanted = parser.parse_args().names or list(NAMES)
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}\n\n{HEAD}",
        flush=True,
    )
    configure_logs(settings("postgresql://127.0.0.1/none"))
    held = [_holds(name) for name in wanted]
    return 0 if all(held) else 1


def _holds(name: str) -> bool:
    """Measure one thing and print its figures at once; whether they keep their bounds. What cannot be
    measured does not keep the others from it."""
    begins = time.monotonic()
    print(f"measuring {name}: {NAMES[name]} …", file=sys.stderr, flush=True)
    figures: list[Figure] = []
    try:
        figures += importlib.import_module(f"benchmarks.{name}").measure()
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are measured
        print(f"{name} was not measured: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"  {time.monotonic() - begins:.0f} s", file=sys.stderr)
    for figure in figures:
        print(figure.line(), flush=True)
    return bool(figures) and all(figure.holds for figure in figures)


if __name__ == "__main__":
    sys.exit(main())

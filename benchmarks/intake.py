"""Durable intake against the same endpoint that validates, answers and stores nothing; one API process
each."""

from __future__ import annotations

import itertools
import subprocess
import sys

from benchmarks.figure import Figure, alternate
from benchmarks.ground import ROOT, database, environment, postgres, serving

CONNECTIONS = 32
BATCH = 500
ROUNDS = 3


def measure(*, seconds: float = 4.0) -> list[Figure]:
    """Single POSTs on 32 connections, then batches of 500 on 4."""
    with postgres() as url:
        durable_url, null_url = database(url, "durable"), database(url, "nothing")
        with (
            serving(durable_url, "service", "serve", "--no-worker") as durable,
            serving(null_url, "benchmarks.null_intake") as null,
        ):
            first = itertools.count(0, 1_000_000)

            def rate(target: str, connections: int, batch: int) -> float:
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.load",
                    target,
                    str(connections),
                    str(seconds),
                    str(batch),
                    str(next(first)),
                ]
                done = subprocess.run(
                    command,
                    env=environment(durable_url),
                    cwd=ROOT,
                    check=True,
                    capture_output=True,
                    text=True,
                )
                return float(done.stdout)

            figures = []
            for name, connections, batch, bound in (
                ("single POSTs", CONNECTIONS, 1, 0.6),
                (f"batches of {BATCH}", 4, BATCH, 0.5),
            ):
                rate(durable, connections, batch)  # the first borrowers, warm caches
                ours, nothing = alternate(
                    lambda c=connections, b=batch: rate(durable, c, b),
                    lambda c=connections, b=batch: rate(null, c, b),
                    ROUNDS,
                )
                figures.append(
                    Figure(
                        name=f"durable intake, {name}, {connections} connections",
                        ours=f"{ours:,.0f} notices/s",
                        against=f"{nothing:,.0f}/s validated and not stored",
                        ratio=ours / nothing,
                        bound=bound,
                    )
                )
            return figures

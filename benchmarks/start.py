"""What it takes to ask for help, to be ready, and to stay: processor time of `forbear --help` and of a start,
memory of a worker."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figure import Figure
from benchmarks.ground import ROOT, database, environment, postgres, process
from tests.ports import free_port

TIMES = 5
TICKS = os.sysconf("SC_CLK_TCK")


def _kept(env: Mapping[str, str], cache: str) -> dict[str, str]:
    """An environment in which compiled modules are kept, as an installation keeps them, whatever the caller's
    says: without them half of a start is compiling."""
    return {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "PYTHONPYCACHEPREFIX": cache
    }


def _help_seconds(cache: str) -> float:
    """User and system time of one `forbear --help`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "service", "--help"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        env=_kept(os.environ, cache),
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _spent(pid: int) -> float:
    """User and system time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _mib(pid: int) -> float:
    """What a process has in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def _started(url: str, cache: str, word: str, *arguments: str) -> tuple[float, float]:
    """Seconds of processor time until a command says that it is there, and its MiB three seconds later."""
    env = _kept(environment(url, PORT=str(free_port())), cache)
    with process("-u", "-m", "service", *arguments, env=env, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        if not any(word in line for line in running.stdout):
            raise RuntimeError(f"forbear {arguments[0]} did not start")
        spent = _spent(running.pid)
        time.sleep(3)
        return spent, _mib(running.pid)


def measure() -> list[Figure]:
    """The three of them, each the median of some starts on a warm cache."""
    with TemporaryDirectory(prefix="forbear-compiled-") as cache, postgres() as url:
        store = database(url, "start")
        _help_seconds(cache)
        asked = statistics.median(_help_seconds(cache) for _ in range(TIMES))
        for word, command in (("runs", "worker"), ("listens", "serve")):
            _started(store, cache, word, command)
        ready = statistics.median(_started(store, cache, "listens", "serve")[0] for _ in range(TIMES))
        memory = statistics.median(_started(store, cache, "runs", "worker")[1] for _ in range(TIMES))
    return [
        Figure(name="forbear --help, processor time", ours=f"{asked:.2f} s", against="0.4 s",
        ratio=asked / 0.4, bound=1, at_most=True),
        Figure(name="forbear serve until it listens, processor time", ours=f"{ready:.2f} s", against="2 s",
        ratio=ready / 2, bound=1, at_most=True),
        Figure(name="memory of a worker", ours=f"{memory:.0f} MiB", against="100 MiB", ratio=memory / 100,
        bound=1, at_most=True),
    ]  # fmt: skip

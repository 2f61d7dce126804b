"""What work costs: processor time from /proc, write-ahead log and statements from PostgreSQL. Neighbours
change how long a thing takes, and much less what it costs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import psycopg

TICKS = os.sysconf("SC_CLK_TCK")
IDLE_SHARE, IDLE_SECONDS = 0.03, 12
"""Of a core, and for so many seconds in a row: who uses less is idle. An API reads the words of replies some
seconds after its start."""


class Cost(NamedTuple):
    """What one item cost."""

    ours: float
    """Microseconds of processor time, user and system, in processes of the service."""
    postgres: float
    """The same in all processes of PostgreSQL, and of Redis where there is one."""
    wal: float
    """Bytes of write-ahead log."""

    @property
    def processor(self) -> float:
        """All processor time, in microseconds."""
        return self.ours + self.postgres


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat behind the name; None for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def seconds_of(pids: Iterable[int]) -> float:
    """Processor time of processes, each with the children that it has buried."""
    found = [fields for pid in pids if (fields := _stat(pid)) is not None]
    return sum(int(one) for fields in found for one in fields[11:15]) / TICKS


def until_idle(pid: int, patience: float = 120.0) -> None:
    """Wait until a process has done next to nothing for some seconds, so that it does not begin with anything
    either. Raises RuntimeError where it never comes to that."""
    deadline, before = time.monotonic() + patience, seconds_of([pid])
    idle = 0
    while time.monotonic() < deadline:
        time.sleep(1.0)
        now = seconds_of([pid])
        idle = idle + 1 if now - before < IDLE_SHARE else 0
        if idle == IDLE_SECONDS:
            return
        before = now
    raise RuntimeError(f"process {pid} was still busy after {patience:.0f} s")


def parent_of(pid: int) -> int:
    """The process that began a living one."""
    fields = _stat(pid)
    assert fields is not None
    return int(fields[1])


def tree_of(root: int) -> list[int]:
    """A process and its living children."""
    pids = (int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit())
    return [root, *(pid for pid in pids if (fields := _stat(pid)) is not None and int(fields[1]) == root)]


class Meter:
    """Reads what a server and some processes have used so far; `per` gives the cost of an item since then.
    What the questions of the measurement itself cost the server is left out."""

    def __init__(self, connection: psycopg.Connection, server: int, own: Iterable[int]) -> None:
        """`server`: the process id of the postmaster; `own`: those of the service."""
        self._connection = connection
        self._server = server
        self._own = list(own)
        self._ours = connection.info.backend_pid
        self._before = self._read()

    def _read(self) -> tuple[float, float, int]:
        row = self._connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        assert row is not None
        others = [pid for pid in tree_of(self._server) if pid != self._ours]
        return seconds_of(self._own), seconds_of(others), int(row[0])

    def per(self, items: int) -> Cost:
        """The cost of each of so many items since this meter was made."""
        own, server, wal = (after - before for after, before in zip(self._read(), self._before, strict=True))
        return Cost(own / items * 1e6, server / items * 1e6, wal / items)

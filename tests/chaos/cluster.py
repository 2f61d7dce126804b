"""A deployment that can be hurt: PostgreSQL, API and worker processes, each of them real, killed and started
again."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from service.failpoints import POINTS
from service.store.embedded import EmbeddedServer
from tests.chaos.creditors import introduce
from tests.chaos.points import (
    API_POINTS,
    DRAIN_POINTS,
    FREEZING_POINTS,
    LED_SECONDS,
    LOOK_UP_POINTS,
    SEQUENCE_POINTS,
    WORKER_POINTS,
    passes_of,
    patience_at,
)
from tests.chaos.wire import Wire
from tests.fork_server import Child, ForkServer

KEY = "key-of-the-campaign-0123456789abcdef"
SECRET, NEXT_SECRET = base64.b64encode(b"c" * 32).decode(), base64.b64encode(b"d" * 32).decode()
SLOWEST_START = 180.0
MOST_ENDED = 20
"""Times that a process is started again before it is said that it does not start."""
FROZEN_SECONDS = 20.0
"""Longer than a lease and than the longest hand-over."""
AHEAD_SECONDS = (130.0, 600.0)
"""By how much the clock of a process is ahead that is to ask about unknown outcomes: their first look-up is
due then."""
DRAIN_AFTER = 4.0
"""Seconds that a worker has to fill its lanes before it is told to stop."""


@dataclass(slots=True)
class Seat:
    """The place of one process: what runs there now, and for which fault it is armed."""

    kind: str
    port: int
    wire: Wire
    running: Child | None = None
    point: str = ""
    since: float = 0.0
    """When it was started; once it is ready, when it became so."""
    ready: bool = False
    heard: int = 0
    """How far its log was when it was started."""
    freezes: bool = False
    """Whether it is frozen at its point instead of killed."""
    frozen: float | None = None
    """Since when it is frozen."""
    helped: float = 0.0
    """When it was last helped to its point."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def answers(seat: Seat) -> bool:
    """Whether the API process at this seat is ready for requests."""
    try:
        urllib.request.urlopen(f"{seat.url}/readyz", timeout=1).close()
    except OSError:
        return False
    return True


@dataclass(slots=True)
class Cluster:
    """Everything that runs; `kills` counts who ended where."""

    folder: Path
    server: EmbeddedServer
    database: str
    seats: list[Seat]
    environment: dict[str, str]
    fork_server: ForkServer
    dice: random.Random
    module: str = "service"
    further: Sequence[tuple[EmbeddedServer, str]] = ()
    """The servers of the cells beside home, with their URLs."""
    kills: Counter[str] = field(default_factory=Counter)
    stalled: Counter[str] = field(default_factory=Counter)
    """Points that an armed process did not reach in time; it was killed wherever it was."""
    thawed: Counter[str] = field(default_factory=Counter)
    """Where processes were frozen until they passed for dead, and then went on."""
    thawed_at: list[float] = field(default_factory=list)
    points: Sequence[str] | None = None
    """The points at which processes are armed; every one without it."""
    exits: Counter[str] = field(default_factory=Counter)
    """Processes that ended by themselves, by exit code: 0 after SIGTERM, 1 where PostgreSQL was away when
    they started."""
    cuts: Counter[str] = field(default_factory=Counter)
    database_kills: int = 0
    introduced: bool = False
    """The lenders have their profiles."""
    freezing: float = 0.2
    """The share of processes at a freezing point that are frozen there and not killed."""
    _queue: dict[str, list[str]] = field(default_factory=lambda: {"api": [], "worker": []})

    @property
    def databases(self) -> list[str]:
        """The URL of every cell's own server, home's first."""
        return [self.database, *(url for _, url in self.further)]

    def doors(self) -> list[str]:
        """The API processes, in any order."""
        found = [seat.url for seat in self.seats if seat.kind == "api"]
        return random.sample(found, len(found))

    def start(self, seat: Seat, *, armed: bool, clock: float = 0.0) -> None:
        """Run a process at this seat."""
        seat.point = self._next(seat.kind) if armed else ""
        seat.freezes, seat.frozen, seat.helped = False, None, 0.0
        if seat.point in LOOK_UP_POINTS:
            clock = self.dice.uniform(*AHEAD_SECONDS)
        env = {**self.environment, "FORBEAR_PORT": str(seat.port), "FORBEAR_CLOCK_ERROR": str(clock)}
        env["FORBEAR_DATABASE_URL"] = seat.wire.url
        if self.further:
            env["FORBEAR_CELLS"] = json.dumps([seat.wire.url, *(url for _, url in self.further)])
        if seat.point:
            seat.freezes = seat.point in FREEZING_POINTS and self.dice.random() < self.freezing
            count = self.dice.randint(*passes_of(seat.point))
            env["FORBEAR_FAILPOINT"] = f"{seat.point}:{count}{':stop' if seat.freezes else ''}"
        arguments = ["serve", "--no-worker"] if seat.kind == "api" else ["worker"]
        log = self._log(seat)
        seat.ready, seat.heard = False, log.stat().st_size if log.exists() else 0
        seat.running = self.fork_server.start(self.module, arguments, env, log)
        seat.since = time.monotonic()

    def _next(self, kind: str) -> str:
        """The next point: each as often as every other, in an order of its own."""
        if not self._queue[kind]:
            points = [
                point
                for point in (API_POINTS if kind == "api" else (*WORKER_POINTS, *DRAIN_POINTS))
                if self.points is None or point in self.points
            ]
            if not points:
                return ""
            self.dice.shuffle(points)
            self._queue[kind] = points
        return self._queue[kind].pop()

    def bury(self, *, patience: float, left: int | None = None) -> int:
        """Start again what has ended; end what does not reach its point. Returns how many ended as kill -9
        ends.

        `left`: how many are still to end, where that is all; no more processes than that are armed again."""
        ended = 0
        for seat in self.seats:
            if seat.running is None:
                continue
            code = seat.running.poll()
            if code is None and seat.freezes and self._thaw(seat):
                continue
            if code is None and not self._is_ready(seat):
                continue
            if code is None:
                self._help(seat)
            if (
                code is None
                and time.monotonic() - seat.since > patience_at(seat.point, patience)
                and (seat.point or self.points is None)
            ):
                code = self._give_up(seat)
            if code is None:
                continue
            ended += self._count(seat, code)
            armed = sum(1 for one in self.seats if one.point and one is not seat)
            self.start(
                seat,
                armed=left is None or armed < left - ended,
                clock=self.dice.choice([0.0, 0.0, 0.0, 45.0, -45.0]),
            )
        return ended

    def _count(self, seat: Seat, code: int) -> bool:
        """Whether the process at this seat ended as kill -9 ends. Where it ended by itself before it came by
        its point, the point's turn comes again."""
        if code == -signal.SIGKILL:
            self.kills[seat.point] += 1
            return True
        self.exits[f"exit {code}"] += 1
        if seat.point in POINTS:
            self._queue[seat.kind].insert(0, seat.point)
        return False

    def _help(self, seat: Seat) -> None:
        """Let a process come by its point that others would pass in its place, or that nothing brings it
        to."""
        assert seat.running is not None
        if seat.point in DRAIN_POINTS and not seat.helped and time.monotonic() - seat.since > DRAIN_AFTER:
            seat.helped = time.monotonic()
            seat.running.terminate()
        if (
            seat.point not in SEQUENCE_POINTS
            or time.monotonic() - seat.helped < 2 * LED_SECONDS
            or seat is not self._favoured()
        ):
            return
        seat.helped = time.monotonic()
        self.cuts["of all workers but one, for two seconds"] += 1
        for other in self.seats:
            if other.kind == "worker" and other is not seat:
                other.wire.break_off(LED_SECONDS)

    def _favoured(self) -> Seat | None:
        """Who of those that are to end as the leader has waited longest: one at a time."""
        waiting = [
            one
            for one in self.seats
            if one.point in SEQUENCE_POINTS and one.ready and one.running and one.running.poll() is None
        ]
        return min(waiting, key=lambda one: one.since, default=None)

    def _give_up(self, seat: Seat) -> int:
        """Kill a process that does not come by its point, wherever it is; the point's turn comes again."""
        assert seat.running is not None
        self.stalled[seat.point] += 1
        if seat.point in POINTS:
            self._queue[seat.kind].insert(0, seat.point)
        seat.running.kill()
        seat.point = "anywhere"
        return seat.running.wait()

    @property
    def draining(self) -> bool:
        """Whether a process is to end while it gives back what waits in its lanes."""
        return any(seat.point in DRAIN_POINTS and seat.ready for seat in self.seats)

    def cut_all(self) -> None:
        """Every connection to PostgreSQL ends at once."""
        self.cuts["everywhere at once"] += 1
        for seat in self.seats:
            seat.wire.break_off()

    def lose_commits(self, share: float) -> None:
        """From now on so many commits lose their reply with the connection."""
        for seat in self.seats:
            seat.wire.lost_commits = share

    def all_cuts(self) -> Counter[str]:
        """How often the network was cut, and how."""
        return sum((seat.wire.cut for seat in self.seats), self.cuts)

    def _log(self, seat: Seat) -> Path:
        return self.folder / f"{seat.kind}-{seat.port}.log"

    def _is_ready(self, seat: Seat) -> bool:
        """Whether the process at this seat has said that it runs: its patience counts from there. One that
        never says so counts too."""
        if not seat.ready:
            with self._log(seat).open("rb") as file:
                file.seek(seat.heard)
                seat.ready = b"Forbear" in file.read()
            if seat.ready:
                seat.since = time.monotonic()
        return seat.ready or time.monotonic() - seat.since > SLOWEST_START

    def _thaw(self, seat: Seat) -> bool:
        """Whether the process at this seat is frozen; one that was so for long enough goes on."""
        assert seat.running is not None
        if not seat.running.is_stopped:
            return False
        seat.frozen = seat.frozen or time.monotonic()
        if time.monotonic() - seat.frozen < FROZEN_SECONDS:
            return True
        seat.running.send(signal.SIGCONT)
        self.thawed[seat.point] += 1
        self.thawed_at.append(time.time())
        seat.freezes, seat.frozen, seat.point = False, None, "anywhere"
        seat.since = time.monotonic() - 4  # it has time to do harm, and is killed then
        return True

    def kill_database(self) -> None:
        """PostgreSQL's postmaster ends as kill -9 ends, and is started again."""
        pid = int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        self.database_kills += 1
        for _ in range(100):
            time.sleep(0.2)
            try:
                self.server.ensure_running()
                psycopg.connect(self.database, connect_timeout=2).close()
                return
            except Exception:  # noqa: BLE001 - its children may not have ended yet
                continue
        raise RuntimeError("PostgreSQL did not come back")

    def disarm(self) -> None:
        """End every process that waits for its fault, or that has met it, and start it again without one."""
        armed = [
            seat
            for seat in self.seats
            if seat.point or seat.running is None or seat.running.poll() is not None
        ]
        self.stop(armed)
        for seat in armed:
            self.start(seat, armed=False)

    def stop(self, seats: Sequence[Seat] | None = None) -> None:
        """End processes gently; all of them without `seats`."""
        ending = self.seats if seats is None else seats
        for seat in ending:
            if seat.running is not None:
                seat.running.send(signal.SIGCONT)
                seat.running.terminate()
        for seat in ending:
            if seat.running is not None:
                try:
                    seat.running.wait(40)
                except subprocess.TimeoutExpired:
                    seat.running.kill()
                    seat.running.wait()
                seat.running = None

    def await_ready(self) -> None:
        """Until every API process answers. One that ended meanwhile is started again, as by a supervisor."""
        for seat in self.seats:
            if seat.kind != "api":
                continue
            deadline, ended = time.monotonic() + SLOWEST_START, 0
            while not answers(seat):
                if time.monotonic() > deadline or ended > MOST_ENDED:
                    said = self._log(seat).read_text(errors="replace")[-3000:]
                    raise RuntimeError(f"the API did not start; the end of what it said:\n{said}")
                if seat.running is not None and (code := seat.running.poll()) is not None:
                    self._count(seat, code)
                    self.start(seat, armed=False)
                    ended += 1
                time.sleep(0.1)
        if not self.introduced:
            introduce(self.doors()[0], KEY)
            self.introduced = True

    def close(self, *, keep: bool = False) -> None:
        """End everything; with `keep` the folder stays for whoever looks for the cause."""
        self.stop()
        for seat in self.seats:
            seat.wire.close()
        for server in (self.server, *(one for one, _ in self.further)):
            server.stop()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

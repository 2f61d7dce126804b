"""A deployment that can be hurt: PostgreSQL, API and worker processes, each of them real, killed and started again."""

from __future__ import annotations

import base64
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from service.faults import POINTS
from service.store.embedded import EmbeddedServer
from tests.chaos.provider import SID, TOKEN
from tests.chaos.wire import Wire

ROOT = Path(__file__).parents[2]
KEY = "key-of-the-campaign-0123456789abcdef"
SECRET = base64.b64encode(b"c" * 32).decode()
API_POINTS = tuple(one for one in POINTS if one.partition(".")[0] in {"accept", "receipt", "call"})
OTHERS = {"give_back", "secrets", "retention"}
"""Of a worker that drains, and of commands."""
WORKER_POINTS = tuple(one for one in POINTS if one not in API_POINTS and one.partition(".")[0] not in OTHERS)
"""Slots are given back at a drain or after a change, so those points are reached by SIGTERM."""
DRAIN_POINTS = ("give_back.written", "give_back.committed")
FREEZING_POINTS = ("decide.committed", "dial.committed", "send.begins", "send.answered")
"""Where a process is frozen too, until others took it for dead."""
RARE = ("sweep", "look_up", "give_back", "call")
"""What a process passes seldom: it ends there the first time."""
SLOWEST_START = 180.0
FROZEN_SECONDS = 20.0
"""Longer than a lease and than the longest hand-over."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


@dataclass(slots=True)
class Seat:
    """The place of one process: what runs there now, and for which fault it is armed."""

    kind: str
    port: int
    running: subprocess.Popen[bytes] | None = None
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

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(slots=True)
class Cluster:
    """Everything that runs; `kills` counts who ended where."""

    folder: Path
    server: EmbeddedServer
    database: str
    seats: list[Seat]
    environment: dict[str, str]
    dice: random.Random
    module: str = "service"
    kills: Counter[str] = field(default_factory=Counter)
    stalled: Counter[str] = field(default_factory=Counter)
    """Points that an armed process did not reach in time; it was killed wherever it was."""
    thawed: Counter[str] = field(default_factory=Counter)
    """Where processes were frozen until they passed for dead, and then went on."""
    points: Sequence[str] | None = None
    """The points at which processes are armed; every one without it."""
    wire: Wire | None = None
    """The network to PostgreSQL, where it can be cut."""
    database_kills: int = 0
    freezing: float = 0.2
    """The share of processes at a freezing point that are frozen there and not killed."""
    _queue: dict[str, list[str]] = field(default_factory=lambda: {"api": [], "worker": []})

    def doors(self) -> list[str]:
        """The API processes, in any order."""
        found = [seat.url for seat in self.seats if seat.kind == "api"]
        return random.sample(found, len(found))

    def start(self, seat: Seat, *, armed: bool, clock: float = 0.0) -> None:
        """Run a process at this seat."""
        seat.point = self._next(seat.kind) if armed else ""
        seat.freezes, seat.frozen = False, None
        env = {**self.environment, "FORBEAR_PORT": str(seat.port), "FORBEAR_FAULT_CLOCK": str(clock)}
        if seat.point:
            seat.freezes = seat.point in FREEZING_POINTS and self.dice.random() < self.freezing
            count = 1 if seat.point.partition(".")[0] in RARE else self.dice.randint(1, 4)
            env["FORBEAR_FAULT"] = f"{seat.point}:{count}{':stop' if seat.freezes else ''}"
        arguments = ["serve", "--no-worker"] if seat.kind == "api" else ["worker"]
        log = self._log(seat).open("ab")
        seat.ready, seat.heard = False, log.tell()
        seat.running = subprocess.Popen([sys.executable, "-m", self.module, *arguments], env=env, cwd=ROOT, stdout=log, stderr=log)
        log.close()
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
        """Start again what has ended; end what does not reach its point. Returns how many ended as kill -9 ends.

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
            waited = time.monotonic() - seat.since
            if code is None and seat.point in DRAIN_POINTS and waited > 4:
                seat.running.terminate()
            if code is None and waited > patience and (seat.point or self.points is None):
                self.stalled[seat.point] += 1
                seat.running.kill()
                code = seat.running.wait()
                seat.point = "anywhere"
            if code is None:
                continue
            if code == -signal.SIGKILL:
                self.kills[seat.point] += 1
                ended += 1
            armed = sum(1 for one in self.seats if one.point and one is not seat)
            self.start(seat, armed=left is None or armed < left - ended, clock=self.dice.choice([0.0, 0.0, 0.0, 45.0, -45.0]))
        return ended

    def _log(self, seat: Seat) -> Path:
        return self.folder / f"{seat.kind}-{seat.port}.log"

    def _is_ready(self, seat: Seat) -> bool:
        """Whether the process at this seat has said that it runs: its patience counts from there. One that never says so counts too."""
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
        if Path(f"/proc/{seat.running.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            return False
        seat.frozen = seat.frozen or time.monotonic()
        if time.monotonic() - seat.frozen < FROZEN_SECONDS:
            return True
        os.kill(seat.running.pid, signal.SIGCONT)
        self.thawed[seat.point] += 1
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
        armed = [seat for seat in self.seats if seat.point or seat.running is None or seat.running.poll() is not None]
        self.stop(armed)
        for seat in armed:
            self.start(seat, armed=False)

    def stop(self, seats: Sequence[Seat] | None = None) -> None:
        """End processes gently; all of them without `seats`."""
        ending = self.seats if seats is None else seats
        for seat in ending:
            if seat.running is not None and seat.running.poll() is None:
                os.kill(seat.running.pid, signal.SIGCONT)
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
        """Until every API process answers."""
        for seat in self.seats:
            if seat.kind != "api":
                continue
            deadline = time.monotonic() + 180
            while True:
                try:
                    urllib.request.urlopen(f"{seat.url}/readyz", timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise RuntimeError(f"the API did not start; see {self.folder}") from None
                    time.sleep(0.1)

    def close(self, *, keep: bool = False) -> None:
        """End everything; with `keep` the folder stays for whoever looks for the cause."""
        self.stop()
        if self.wire is not None:
            self.wire.close()
        self.server.stop()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def lay(
    *,
    apis: int,
    workers: int,
    seed: int,
    phones: str | None,
    mail_port: int | None,
    module: str = "service",
    points: Sequence[str] | None = None,
    further: Mapping[str, str] | None = None,
) -> Cluster:
    """A cluster that is not started yet. `phones` and `mail_port` say where the providers are."""
    folder = Path(tempfile.mkdtemp(prefix="forbear-chaos-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder)
    url = server.start()
    wire = Wire(url, seed)
    seats = [Seat("api", free_port()) for _ in range(apis)] + [Seat("worker", free_port()) for _ in range(workers)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FORBEAR_")}
    environment = {
        **inherited,
        "PYTHONPATH": str(ROOT),
        "FORBEAR_DATABASE_URL": wire.url,
        "FORBEAR_SECRET_KEY": SECRET,
        "FORBEAR_BOOTSTRAP_KEY": KEY,
        "FORBEAR_POLICIES": "house-strict",
        "FORBEAR_PUBLIC_URL": "http://forbear.example",
        "FORBEAR_LOG_FORMAT": "json",
        "FORBEAR_WORKER__LEASE_SECONDS": "3",
        "FORBEAR_WORKER__SEND_TIMEOUT_SECONDS": "2",
        "FORBEAR_WORKER__DRAIN_SECONDS": "5",
        # Narrow lanes: something waits in each worker when it ends.
        "FORBEAR_SMS__CONCURRENCY": "2",
        "FORBEAR_EMAIL__CONCURRENCY": "2",
        "FORBEAR_VOICE__CONCURRENCY": "2",
        **(further or {}),
    }
    if phones is not None:
        environment |= {
            "FORBEAR_SMS__ADAPTER": "twilio",
            "FORBEAR_VOICE__ADAPTER": "twilio",
            "FORBEAR_TWILIO__ACCOUNT_SID": SID,
            "FORBEAR_TWILIO__AUTH_TOKEN": TOKEN,
            "FORBEAR_TWILIO__FROM_NUMBER": "+12025550100",
            "FORBEAR_TWILIO__BASE_URL": phones,
        }
    if mail_port is not None:
        environment |= {
            "FORBEAR_EMAIL__ADAPTER": "smtp",
            "FORBEAR_SMTP__HOST": "127.0.0.1",
            "FORBEAR_SMTP__PORT": str(mail_port),
            "FORBEAR_SMTP__TLS": "none",
            "FORBEAR_SMTP__SENDER": "notices@lender.example",
        }
    return Cluster(
        folder=folder,
        server=server,
        database=url,
        seats=seats,
        environment=environment,
        dice=random.Random(seed),
        module=module,
        points=points,
        wire=wire,
    )

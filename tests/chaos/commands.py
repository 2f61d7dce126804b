"""Commands that an operator runs beside the service, killed at their points while everything works: the
rotation of the secret key, and retention once the records' time is over."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.cluster import NEXT_SECRET, SECRET, Cluster
from tests.chaos.points import COMMAND_POINTS
from tests.fork_server import Child

ROTATE = ("secrets", "rotate", "--json")
LET_GO = ("retention", "run", "--apply", "--json")
SLOWEST = 300.0
"""Seconds that a command may take."""
LATER = {"FORBEAR_CLOCK_ERROR": str(4 * 366 * 86_400), "FORBEAR_POLICIES": "house-strict,us-reg-f"}
"""Four years on, when 12 CFR 1006.100 keeps no record of a third-party collector any more; other senders'
records it never lets go."""
LET_GO_KILLS = (
    "retention.written:1",
    "retention.committed:1",
    "retention.written:1",
    "retention.committed:1",
    "retention.written:1",
)


@dataclass(slots=True)
class Commands:
    """Runs them one at a time."""

    cluster: Cluster
    every: float
    """Seconds between two of them."""
    ended: Counter[str] = field(default_factory=Counter)
    """How they ended: whole, killed, refused."""
    _running: Child | None = None
    _point: str = ""
    _since: float = 0.0
    _turn: int = 0

    def tick(self) -> int:
        """Go on with the rotation of the secret key, which is killed time and again; returns how many ended
        as kill -9 ends."""
        if self._running is None:
            if time.monotonic() - self._since > self.every:
                self._rotate()
            return 0
        if (code := self._running.poll()) is None:
            return 0
        self._running, self._since = None, time.monotonic()
        return self._note("secrets rotate", self._point, code)

    def _rotate(self) -> None:
        """To and fro between two keys, each of which every process can open; killed at the first, second or
        third batch."""
        point = [one for one in COMMAND_POINTS if one.startswith("secrets")][self._turn % 2]
        keys = (NEXT_SECRET, SECRET) if self._turn // 2 % 2 == 0 else (SECRET, NEXT_SECRET)
        count = 1 + self._turn % 3
        self._point, self._turn = point, self._turn + 1
        self._running = self._start(ROTATE, {**_keys(*keys), "FORBEAR_FAILPOINT": f"{point}:{count}"})

    def _start(self, arguments: Sequence[str], further: Mapping[str, str]) -> Child:
        return self.cluster.fork_server.start(
            "service",
            arguments,
            {**self.cluster.environment, **further},
            self.cluster.folder / "commands.log",
        )

    def _note(self, name: str, point: str, code: int) -> int:
        killed = code == -signal.SIGKILL
        self.ended[
            f"`{name}` {'killed' if killed else 'whole' if code == 0 else f'refused with exit {code}'}"
        ] += 1
        if killed:
            self.cluster.kills[point] += 1
        return int(killed)

    def finish_rotation(self) -> list[str]:
        """Once no new borrower comes: rotate to the other key for good, and let every process run with that
        one alone. Returns what is wrong."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None
        if self._turn == 0:
            return []
        wrong = [
            text
            for keys in ((NEXT_SECRET, SECRET), (NEXT_SECRET, ""))
            if (text := self._whole(ROTATE, _keys(*keys)))
        ]
        self.cluster.environment |= _keys(NEXT_SECRET, "")
        return wrong

    def let_go(self, look: Callable[[], object]) -> list[str]:
        """Retention, killed before and after its commits, then whole. Returns what is wrong; `look` must see
        no difference where it was killed before."""
        wrong = []
        for failpoint in LET_GO_KILLS:
            before = look()
            code = self._start(LET_GO, {**LATER, "FORBEAR_FAILPOINT": failpoint}).wait(SLOWEST)
            self._note("retention run", failpoint.partition(":")[0], code)
            if code != 0 and failpoint.startswith("retention.written") and look() != before:
                wrong.append("RETENTION: a run that was killed before its commit let something go")
        return wrong + [text for text in (self._whole(LET_GO, LATER),) if text]

    def _whole(self, arguments: Sequence[str], further: Mapping[str, str]) -> str:
        code = self._start(arguments, further).wait(SLOWEST)
        self._note(" ".join(arguments[:2]), "", code)
        return "" if code == 0 else f"`{' '.join(arguments)}` ended with {code}; see commands.log"


def _keys(current: str, previous: str) -> dict[str, str]:
    return {"FORBEAR_SECRET_KEY": current, "FORBEAR_PREVIOUS_SECRET_KEYS": previous}

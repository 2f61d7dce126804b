"""Which process passes which point of `service/failpoints.py`, and how a campaign brings an armed one
there."""

from __future__ import annotations

from service.failpoints import POINTS


def _of(*groups: str) -> tuple[str, ...]:
    return tuple(point for point in POINTS if point.partition(".")[0] in groups)


API_POINTS = _of("accept", "receipt", "call")
WORKER_POINTS = _of("decide", "dial", "send", "settle", "sweep", "look_up", "sequence")
DRAIN_POINTS = _of("give_back")
"""Passed by a worker that is told to stop while something waits in its lanes: it gets SIGTERM, and the
providers are slow then."""
SEQUENCE_POINTS = _of("sequence")
"""Passed by the sequencer's leader alone: the network of the other workers is cut, so that the armed one
leads."""
LOOK_UP_POINTS = _of("look_up")
"""Passed minutes after an outcome stayed unknown: the armed process has a clock that is some minutes
ahead."""
COMMAND_POINTS = _of("secrets", "retention")
"""Passed by `forbear secrets rotate` and `forbear retention run --apply`."""
OF = {"API": API_POINTS, "worker": (*WORKER_POINTS, *DRAIN_POINTS), "command": COMMAND_POINTS}
"""By kind of process; every point once."""

FREEZING_POINTS = ("decide.committed", "dial.committed", "send.begins", "send.answered")
"""Where a process is frozen too, until others took it for dead."""
RARE = (*_of("sweep", "call"), *LOOK_UP_POINTS, *DRAIN_POINTS)
"""What a process passes seldom: it ends there the first time."""
OFTEN = {"accept": (5, 40), "receipt": (3, 15)}
"""How often a process passes what it passes all the time before it ends there: it has done some work then,
and others have something to do."""
SOMETIMES = (1, 6)
RARE_PATIENCE = 4
"""By how much longer a process is waited for that has to meet something first: another's lapsed lease, an
unknown outcome, a call."""
LED_SECONDS = 2.0
"""For how long the others are cut off: some turns of a sequencer that waits to lead."""


def kind_of(point: str) -> str:
    """Which kind of process passes it."""
    return next(kind for kind, points in OF.items() if point in points)


def passes_of(point: str) -> tuple[int, int]:
    """How often, at least and at most, a process passes this point until it ends there."""
    return (1, 1) if point in RARE else OFTEN.get(point.partition(".")[0], SOMETIMES)


def patience_at(point: str, patience: float) -> float:
    """Seconds after which a process that is armed for this point is killed wherever it is."""
    return patience * (RARE_PATIENCE if point in {*RARE, *SEQUENCE_POINTS} else 1)

"""Named points at which a test may end or freeze this process: before and after each commit, each send, each
settlement.

Off unless the environment variable below names a point, which only the fault campaign does (docs/chaos.md):
`dial.committed:3` ends the process as kill -9 does when it passes that point for the third time,
`dial.committed:3:stop` freezes it until somebody sends SIGCONT. Passing a point of a process that is not
armed costs one comparison."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from service.errors import SetupError

VARIABLE = "FORBEAR_FAILPOINT"
CLOCK_VARIABLE = "FORBEAR_CLOCK_ERROR"
"""Seconds by which this process's clock is wrong: hosts disagree, and a clock that is set jumps."""

POINTS = MappingProxyType(
    {
        "accept.written": "borrowers are written; the notices go to the store with the COMMIT next",
        "accept.committed": "notices are durable, nobody was told",
        "decide.written": "verdicts are written; reservations go to the store with the COMMIT next",
        "decide.committed": "slots are taken; what may be sent at once is marked, nothing has left",
        "dial.written": "the dialing marks are written, not committed",
        "dial.committed": "the marks are durable, no byte has left",
        "give_back.written": "slots are given back, not committed",
        "give_back.committed": "slots are given back",
        "send.begins": "the next thing is the hand-over",
        "send.answered": "the provider answered, nobody wrote it down",
        "settle.written": "outcomes are written; their entries go to the store with the COMMIT next",
        "settle.committed": "outcomes are durable",
        "receipt.written": "a receipt is applied, not committed",
        "receipt.committed": "a receipt is durable, the provider was not told",
        "call.written": "the words of a call are weighed, not committed",
        "call.committed": "the words of a call are in the log and not spoken yet",
        "sweep.written": "lapsed attempts are settled, not committed",
        "sweep.committed": "lapsed attempts are settled",
        "look_up.taken": "attempts are taken for a question to the provider",
        "look_up.answered": "the provider told what it knows, nobody wrote it down",
        "look_up.committed": "the provider's word is durable",
        "secrets.written": "keys are wrapped under the new secret key, not committed",
        "secrets.committed": "keys are wrapped under the new secret key, others are not yet",
        "retention.written": "a batch of records is let go, not committed",
        "retention.committed": "a batch of records is gone, the next one is not yet",
        "sequence.taken": "entries have their indexes, the tree has not grown, not committed",
        "sequence.grown": "the tiles are written, the checkpoint is not, not committed",
        "sequence.written": "entries are sequenced, not committed",
        "sequence.committed": "the new checkpoint is durable",
    }
)
"""Every point, and what holds when it is passed."""

POINTS_OF_CELLS = MappingProxyType(
    {
        "claim.written": "a key is claimed in the cell of its digest, not committed",
        "claim.committed": "a key is claimed, the notice is in no cell yet",
        "copies.begin": "a wish is durable in one cell, the others do not know of it yet",
        "move.copying": "what is touched of a bucket that moves is noted, nothing is copied",
        "move.page": "a page of borrowers is copied, the next one is not yet",
        "move.catching_up": "every borrower is copied, the source works on",
        "move.stopped": "a bucket is to stand still, it is open still",
        "move.closed": "a bucket stands still, not everything of it is copied",
        "move.compared": "everything is copied, the bucket is nobody's to write",
        "move.given": "the map names the target, nothing is in its place",
        "move.placed": "everything is in its place, not committed",
        "move.arrived": "the target has the bucket and works, the source has its rows still",
        "move.deleted": "the source's rows are deleted, not committed",
        "move.done": "a bucket has moved, the next one has not yet",
    }
)
"""Points that only a deployment of several cells passes."""

POINTS_OF_WEBHOOKS = MappingProxyType(
    {
        "webhook.claimed": "events are claimed for an endpoint, nothing has left",
        "webhook.sent": "the receiver answered, nobody wrote it down",
        "webhook.written": "what came of the requests is written, not committed",
    }
)
"""Points that only a deployment with endpoints of webhooks passes: tests/webhooks/test_killed_senders.py ends
a worker at each."""

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


@dataclass(slots=True)
class _Armed:
    point: str
    left: int
    signal: signal.Signals


_armed: _Armed | None = None


def arm(text: str | None) -> None:
    """Arm this process with `point:count[:kill|stop]`; without a text nothing is armed. Raises SetupError in
    one line."""
    global _armed
    if not text:
        _armed = None
        return
    point, _, rest = text.partition(":")
    count, _, what = rest.partition(":")
    if (
        point not in {*POINTS, *POINTS_OF_CELLS, *POINTS_OF_WEBHOOKS}
        or not (count.isascii() and count.isdigit() and int(count) > 0)
        or what not in {"", *_SIGNALS}
    ):
        raise SetupError(
            f"{VARIABLE}: expected point:count[:kill|stop] with a point that service/failpoints.py names"
        )
    _armed = _Armed(point, int(count), _SIGNALS[what or "kill"])


def clock_error(text: str | None) -> timedelta:
    """How wrong the clock is to be; not at all without a text. Raises SetupError in one line."""
    try:
        return timedelta(seconds=float(text or 0))
    except (ValueError, OverflowError):
        raise SetupError(f"{CLOCK_VARIABLE}: expected seconds") from None


def reach(point: str) -> None:
    """Say that this point is passed; where the process is armed for it, this is where it ends."""
    if _armed is None or _armed.point != point:
        return
    _armed.left -= 1
    if _armed.left == 0:
        os.kill(os.getpid(), _armed.signal)

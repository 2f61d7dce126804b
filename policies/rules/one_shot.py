"""One-shots: something that may be done once per occasion (one location call to a third party, one reply, one
confirmation)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal

from policies.facts import UNKNOWN
from policies.lookups import Lookup, happened, taking_back
from policies.permissions import changes, concerns, in_force
from policies.phrases import event, listed
from policies.rules.base import Answer, Permit, Refuse, RuleSpec, Sentences
from policies.rules.counting import Counting
from policies.rules.matching import EventName
from policies.strictness import Kind
from policies.view import View


class OneShot(RuleSpec):
    """One message of this kind; a second one only after one of `renewed_by` (each inbound message renews a
    reply, say)."""

    SENTENCES: ClassVar[Sentences] = {
        "one_shot.used": {
            "en": "the one {what} that the rule permits was sent on {date}",
            "es": "el único envío de este tipo ({what}) que la regla permite se hizo el {date}",
            "zh-CN": "规则仅允许一次{what}，已于 {date} 发送",
        },
        "one_shot.unknown": {
            "en": "what became of the one {what} of {date} is not known yet; a person must decide",
            "es": (
                "aún no se sabe qué pasó con el único envío de este tipo ({what}) del {date}; debe "
                "decidir una persona"
            ),
            "zh-CN": "{date} 的唯一一次{what}结果尚不明确；须由人工决定",
        },
    }
    EXAMPLE: ClassVar[str] = "what: location call\ncount: {per: person}\nwhen: {to: [relative]}"

    kind: Literal["one_shot"]
    count: Counting = Counting()
    """Which contacts use it up."""
    renewed_by: tuple[EventName, ...] = ()
    """Events of which each permits one more, unless it is about another debt, creditor or account, has ended
    or was taken back."""
    what: str = "message"
    """What is permitted once, as the finding says it."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut once one was sent since the last renewal."""
        del basis
        sent = [one for one in self.count.select(view) if one.at <= at]
        renewals = (
            [
                event
                for event in view.of(*self.renewed_by)
                if concerns(view, event) and in_force(view, event, at)
            ]
            if self.renewed_by
            else []
        )
        since = max((one.at for one in renewals), default=None)
        used = [one for one in sent if since is None or one.at >= since]
        if not used:
            return Permit(changes(view, renewals, at))
        known = [one for one in used if one.outcome not in _OPEN]
        values = {"what": self.what, "date": view.local_date((known or used)[-1].at).isoformat()}
        if known:
            return Refuse(None, "one_shot.used", values, Kind.SUPPRESS)
        return Refuse(None, "one_shot.unknown", values, Kind.HOLD)

    def lookback_days(self) -> int:
        """Years: a one-shot is not forgotten."""
        return 1100

    def whole_days(self) -> int:
        """None: the latest of each kind says that it was used, unless a consent takes some out."""
        return self.lookback_days() if self.count.not_consented else 0

    def lookups(self) -> Iterator[Lookup]:
        """What takes back what renews it, beside the latest of that."""
        yield from super().lookups()
        yield from happened(self.renewed_by)
        yield from taking_back(self.renewed_by)

    def demands(self) -> Iterator[str]:
        """What is permitted once, and what renews it."""
        again = (
            f"; {listed(event(one) for one in self.renewed_by)} permits another one"
            if self.renewed_by
            else ""
        )
        yield f"One {self.what} is permitted, once{again}."
        yield self.count.words()


_OPEN = frozenset({None, "in_flight", UNKNOWN})
"""Outcomes that are not known, or not yet: the one that is permitted may not have been used up."""

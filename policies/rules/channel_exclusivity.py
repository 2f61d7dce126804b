"""Channel exclusivity: after the borrower was reached through one channel, no other one in the same calendar
week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal

from policies.media import medium_of
from policies.rules.base import PERMIT, Answer, Refuse, RuleSpec, Sentences
from policies.rules.counting import Counting
from policies.view import View
from policies.windows import start_of


class ChannelExclusivity(RuleSpec):
    """One channel per calendar week (Monday to Sunday), once a counted contact was made through it."""

    SENTENCES: ClassVar[Sentences] = {
        "channel.exclusive": {
            "en": (
                "the borrower was already reached this week by {used}; another channel ({channel}) is "
                "not permitted before next Monday"
            ),
            "es": (
                "ya se contactó esta semana a la persona deudora por {used}; otro canal ({channel}) no "
                "se permite antes del próximo lunes"
            ),
            "zh-CN": "本周已通过{used}联系到借款人；下周一之前不得改用其他渠道（{channel}）",
        },
    }
    EXAMPLE: ClassVar[str] = "count: {counts: reached}"

    kind: Literal["channel_exclusivity"]
    count: Counting = Counting(counts="reached")
    """Which contacts use a channel."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Shut until next Monday where another channel was used this week."""
        counted = view.memo((id(self), "counted"), lambda: self.count.select(view))
        opens: datetime | None = None
        used = ""
        for zone in view.zones(basis):
            today = view.wall(at, zone)
            monday = today.ordinal - today.weekday
            for one in counted:
                week = view.wall(one.at, zone).ordinal
                if (
                    one.at <= at
                    and monday <= week
                    and medium_of(one.channel) != medium_of(view.proposal.channel)
                ):
                    free = start_of(monday + 7, zone, at)
                    opens = free if opens is None else max(opens, free)
                    used = medium_of(one.channel)
        if opens is None:
            return PERMIT
        return Refuse(opens, "channel.exclusive", {"used": used, "channel": medium_of(view.proposal.channel)})

    def lookback_days(self) -> int:
        """A week."""
        return 9

    def demands(self) -> Iterator[str]:
        """One channel a week, and what counts."""
        yield (
            "Once one channel was used in a calendar week (Monday to Sunday), no other one is until the "
            "next Monday."
        )
        yield self.count.words()

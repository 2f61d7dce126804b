"""Channel exclusivity: after the borrower was reached through one channel, no other one in the same calendar week."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from policies.rules.base import OPEN, Answer, RuleSpec, Shut
from policies.rules.counting import Counting
from policies.rules.medium import medium_of
from policies.view import View
from policies.windows import start_of


class ChannelExclusivity(RuleSpec):
    """One channel per calendar week (Monday to Sunday), once a counted contact was made through it."""

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
            return OPEN
        return Shut(opens, "channel.exclusive", {"used": used, "channel": medium_of(view.proposal.channel)})

    def lookback_days(self) -> int:
        """A week."""
        return 9

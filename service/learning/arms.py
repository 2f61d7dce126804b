"""The closed list of what may be looked at, and of what may be chosen: a segment, and a channel in a part of
the day, or nothing.

Nothing else can be named: no trait of a person, no place, no amount. A policy can only take features away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

FIRST_DAYS = (("late", 91), ("middle", 31), ("early", 1), ("before due", None))
"""The tiers of `tiered-care`, each with the days past due from which it begins."""
TIERS = tuple(name for name, _ in reversed(FIRST_DAYS))
UNANSWERED = (0, 1, 2, 3)
"""Contacts without an answer in 28 days; 3 means three or more."""
ANSWERED_ON = ("none", "sms", "email", "voice")
CHANNELS = ("sms", "email", "voice")
BANDS = ("08:00-11:00", "11:00-14:00", "14:00-17:00", "17:00-20:00")
"""Parts of the day on the borrower's own clock."""
FEATURES = ("tier", "unanswered", "answered_on", "channel", "band")
NONE = "none"
"""The arm of restraint: this time nothing is sent."""
ARMS = (*(f"{channel}/{band}" for channel in CHANNELS for band in BANDS), NONE)
PLACES = {arm: place for place, arm in enumerate(ARMS)}


class Segment(NamedTuple):
    """All that a choice looks at, beside what is open."""

    tier: str
    unanswered: int
    answered_on: str

    def text(self) -> str:
        """As it is stored: `early|2|sms`."""
        return f"{self.tier}|{self.unanswered}|{self.answered_on}"

    @classmethod
    def parse(cls, text: str) -> Segment:
        """The segment in a text of that form. Raises ValueError."""
        tier, unanswered, answered_on = text.split("|")
        found = cls(tier, int(unanswered), answered_on)
        if found not in SEGMENTS:
            raise ValueError(f"expected one of the known segments, got {text!r}")
        return found


SEGMENTS = frozenset(Segment(tier, count, on) for tier in TIERS for count in UNANSWERED for on in ANSWERED_ON)


def arm_of(channel: str, band: str) -> str:
    """The arm that writes on a channel in a part of the day."""
    return f"{channel}/{band}"


def channel_of(arm: str) -> str | None:
    """The channel of an arm; None for restraint."""
    return None if arm == NONE else arm.partition("/")[0]


def band_of(arm: str) -> str | None:
    """The part of the day of an arm; None for restraint."""
    return None if arm == NONE else arm.partition("/")[2]


def ordered(arms: Iterable[str]) -> tuple[str, ...]:
    """Arms in the one order in which they are weighed; what is no known arm comes last, by name."""
    return tuple(sorted(set(arms), key=lambda arm: (PLACES.get(arm, len(ARMS)), arm)))


def of_segment(segment: Segment, features: Sequence[str]) -> tuple[str, ...]:
    """The points that a segment has whatever is done."""
    named = {
        "tier": f"tier={segment.tier}",
        "unanswered": f"unanswered={segment.unanswered}",
        "answered_on": f"answered_on={segment.answered_on}",
    }
    return ("all", *(point for feature, point in named.items() if feature in features))


def of_contact(segment: Segment, arm: str, features: Sequence[str]) -> tuple[str, ...]:
    """The points that come on top where something is sent: additive, and without any that joins the hour to
    the tier."""
    channel, band = channel_of(arm), band_of(arm)
    if channel is None or band is None:
        return ()
    parts = (
        (("channel",), f"channel={channel}"),
        (("channel", "band"), f"channel={channel} band={band}"),
        (("tier",), f"contact tier={segment.tier}"),
        (("unanswered",), f"contact unanswered={segment.unanswered}"),
        (("channel", "answered_on"), f"channel={channel} answered_on={segment.answered_on}"),
        (("band", "answered_on"), f"band={band} answered_on={segment.answered_on}"),
    )
    return ("contact", *(point for needs, point in parts if all(one in features for one in needs)))


def points_of(segment: Segment, arm: str, features: Sequence[str] = FEATURES) -> tuple[str, ...]:
    """Every point that is 1 for a round; all others are 0."""
    return (*of_segment(segment, features), *of_contact(segment, arm, features))

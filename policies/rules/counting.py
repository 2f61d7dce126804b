"""What caps, gaps and cool-offs have in common: which contacts count, in which scope, and which a consent
takes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, assert_never
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from policies.facts import Event
from policies.phrases import channels, kinds, listed
from policies.rules.direct_consent import consent_at
from policies.rules.matching import AddressKind, ChannelName, ContentClass
from policies.view import View, debts_of
from policies.windows import ordinal

Scope = Literal["debt", "account", "creditor", "borrower", "number", "person"]
Counted = Literal["attempt", "ring", "messageable", "reached", "conversation", "delivered"]

UNCONNECTED = frozenset({"busy", "not_in_service"})
UNREACHABLE = UNCONNECTED | {"no_voicemail_available", "recorded_message_no_voicemail"}
UNANSWERED = UNREACHABLE | {"rang_no_answer", "voicemail_available_not_left", "bounced"}
ANSWERED = frozenset({"conversation", "answered_dropped", "delivered"})
"""Outcomes of a call that somebody, or something that was meant to, picked up and let stand; whoever hangs up
is left alone as if nobody had answered, and so is whom nobody knows to have answered."""

NOT_COUNTED: dict[str, frozenset[str]] = {
    "attempt": frozenset(),
    "ring": UNCONNECTED | {"bounced"},
    "messageable": UNREACHABLE | {"bounced"},
    "reached": UNANSWERED,
    "conversation": UNANSWERED | {"voicemail_left", "answered_dropped", "delivered"},
    "delivered": UNANSWERED,
}
"""Outcomes that each way of counting leaves out; an outcome that is in flight or unknown always counts.

attempt: every try. ring: calls that connected (12 CFR 1006.14(b)(3)(ii)). messageable: calls on which a
message could have been left (Armata v. Target). reached: contact was actually made. conversation: somebody
answered; whoever hung up was reached."""


class Counting(BaseModel):
    """Which contacts count. A field that is not set counts everything."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    channels: tuple[ChannelName, ...] | None = None
    """Only contacts through these channels."""
    counts: Counted = "attempt"
    """Which outcomes count: every try, calls that connected, those on which a message could be left, what
    reached somebody, what was spoken, what was delivered. What is in flight or unknown always counts."""
    per: Scope = "borrower"
    """In which bucket: per debt, account, creditor, borrower, number, or person addressed."""
    direction: Literal["out", "in", "any"] = "out"
    """Contacts that we made, that the borrower made, or both."""
    address_kinds: tuple[AddressKind, ...] | None = None
    """Only contacts at these kinds of addresses."""
    not_address_kinds: tuple[AddressKind, ...] = ()
    """Contacts at these kinds are left out."""
    content_classes: tuple[ContentClass, ...] | None = None
    """Only contacts with this content."""
    not_content_classes: tuple[ContentClass, ...] = ()
    """Contacts with this content are left out."""
    not_requested: bool = False
    """Contacts that the borrower asked for are left out."""
    not_replies: bool = False
    """Replies to the borrower are left out."""
    not_consented: bool = False
    """Calls placed with direct prior consent are left out (12 CFR 1006.14(b)(3)(i))."""

    def select(self, view: View, since: datetime | None = None) -> list[Event]:
        """The contacts that count for the proposed message, oldest first; those from `since` on where it is
        given."""
        contacts = view.contacts if since is None else view.contacts_since(since)
        return [one for one in contacts if self._counts(view, one)] if contacts else []

    def _counts(self, view: View, one: Event) -> bool:
        return (
            (self.direction == "any" or one.direction == self.direction)
            and (self.channels is None or one.channel in self.channels)
            and one.outcome not in NOT_COUNTED[self.counts]
            and self._of_kind(one)
            and not (self.not_requested and one.requested_by_consumer)
            and not (self.not_replies and one.in_response_to is not None)
            and one.content_class != "optout_confirmation"
            and in_scope(view, one, self.per)
            and not (self.not_consented and consent_at(view, one.at, before=one))
        )

    def _of_kind(self, one: Event) -> bool:
        return (
            (self.address_kinds is None or one.address_kind in self.address_kinds)
            and one.address_kind not in self.not_address_kinds
            and one.content_class not in self.not_content_classes
            and (self.content_classes is None or one.content_class in self.content_classes)
        )

    def words(self) -> str:
        """Which contacts count, in one sentence."""
        parts = [_COUNTED[self.counts], SCOPES[self.per]]
        if self.channels is not None:
            parts.append(f"through {channels(self.channels)}")
        if self.direction != "out":
            both = self.direction == "any"
            parts.append("also those that the borrower began" if both else "those that the borrower began")
        if self.address_kinds is not None:
            parts.append(f"to addresses that are {kinds(self.address_kinds)}")
        if self.not_address_kinds:
            parts.append(f"not to addresses that are {kinds(self.not_address_kinds)}")
        if self.content_classes is not None:
            parts.append(f"with the content {kinds(self.content_classes)}")
        if self.not_content_classes:
            parts.append(f"not with the content {kinds(self.not_content_classes)}")
        without = [words for name, words in _LEFT_OUT.items() if getattr(self, name)]
        tail = f"; {listed(without, 'and')} are left out" if without else ""
        text = ", ".join(parts) + tail + "."
        return text[0].upper() + text[1:]


_LEFT_OUT: Mapping[str, str] = {
    "not_requested": "those that the borrower asked for",
    "not_replies": "replies to the borrower",
    "not_consented": "calls placed with direct prior consent",
}
_COUNTED: Mapping[Counted, str] = {
    "attempt": "every attempt counts",
    "ring": "attempts that connected count",
    "messageable": "attempts on which a message could have been left count",
    "reached": "only contacts that reached somebody count",
    "conversation": "only contacts in which somebody spoke count",
    "delivered": "only what was delivered counts",
}
SCOPES: Mapping[Scope, str] = {
    "borrower": "over all of the borrower's debts",
    "number": "for each telephone number or address",
    "person": "for each person addressed",
    "debt": "for each debt",
    "account": "for each account",
    "creditor": "for each creditor",
}


def in_scope(view: View, one: Event, per: Scope) -> bool:
    """Whether a contact falls into the bucket of the proposed message. What is not known falls into every
    bucket."""
    proposal = view.proposal
    match per:
        case "borrower":
            return one.to == proposal.to or (one.to in _SELF and proposal.to in _SELF)
        case "person":
            return one.to == proposal.to
        case "debt":
            return one.to == proposal.to and view.about(debts_of(one))
        case "account":
            if one.account_id is not None and proposal.account_id is not None:
                return one.account_id == proposal.account_id
            return view.about(debts_of(one))
        case "creditor":
            return one.creditor is None or proposal.creditor is None or one.creditor == proposal.creditor
        case "number":
            return one.address is None or proposal.address is None or one.address == proposal.address
        case never:
            assert_never(never)


_SELF = frozenset({"consumer", "spouse", "executor", "guardian", "parent_of_minor"})


def free_on_date(
    view: View, counted: Sequence[Event], zone: ZoneInfo, at: datetime, *, dates: int, limit: int
) -> tuple[int, int | None]:
    """How many contacts lie in the `dates` consecutive local dates that end with `at`'s, and the ordinal of
    the first date on which fewer than `limit` do; None where that is so already."""
    today = view.wall(at, zone).ordinal
    days = [ordinal(one.at, zone) for one in counted if one.at <= at]
    inside = sorted(day for day in days if day > today - dates)
    if len(inside) < limit:
        return len(inside), None
    return len(inside), inside[len(inside) - limit] + dates


def free_after(
    counted: Sequence[Event], at: datetime, *, span: timedelta, limit: int
) -> tuple[int, datetime | None]:
    """The same for elapsed time: a window of `span` that ends at `at`, open at its beginning."""
    inside = sorted(one.at for one in counted if at - span < one.at <= at)
    if len(inside) < limit:
        return len(inside), None
    return len(inside), inside[len(inside) - limit] + span

"""What rules look up of what was told of a borrower: of which types of events, by what, and what for.

A store keeps thousands of events of one borrower. By what its policies look up it knows which of them a
decision needs (`service/store/standing.py`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

By = Literal["latest", "open", "borrower", "times", "debt", "address", "creditor"]
"""`latest`: whatever they are about, the latest counts. `borrower`: whatever they are about, each counts,
with its debts. `open`: the same of those that nothing of `LIFTED_BY` lifted whole. `times`: the same of times
that do not suit. The others: those about the
message's debt, from or for its address, of its creditor, and those that name none."""
Use = Literal["bars", "lifts", "tells"]
"""`bars`: the message is shut by it. `lifts`: it opens, or is a consent. `tells`: the rule asks for the
latest, for the first, or whether there is one."""


class Lookup(NamedTuple):
    """What a rule looks up."""

    type: str
    by: By
    use: Use


REVOCABLE = frozenset({"consent", "consent_call", "opt_in"})
"""What the borrower permits, and may take back."""
REVOKING = ("revoke_consent", "opt_out")
"""What takes it back."""
LIFTED_BY: Mapping[str, str] = MappingProxyType(
    {
        "bankruptcy": "bankruptcy_dismissed",
        "hardship_request": "hardship_answered",
        "person_hold": "person_release",
        "unclear_words": "person_release",
        "designation": "designation_withdrawn",
    }
)
"""What shuts everything about a borrower, and what lifts it wherever anything does."""


def bars_all(events: Collection[str], lifted_by: Collection[str]) -> Iterator[Lookup]:
    """Of a rule whose events shut everything about the borrower."""
    for one in events:
        is_open = one != "designation" and LIFTED_BY.get(one) in lifted_by
        yield Lookup(one, "open" if is_open else "borrower", "bars")


def lifting(types: Collection[str]) -> Iterator[Lookup]:
    """Of a rule that some events of these types lift: about its debt, for its address, or the latest; and
    what takes them back."""
    for one in types:
        for by in _LIFTING:
            yield Lookup(one, by, "lifts")
    yield from taking_back(types)


def happened(types: Collection[str], *, use: Use = "tells") -> Iterator[Lookup]:
    """Of a rule that asks whether such an event came before, for the message's debt and its creditor."""
    for one in types:
        yield Lookup(one, "debt", use)
        yield Lookup(one, "creditor", use)


def taking_back(types: Collection[str]) -> Iterator[Lookup]:
    """What takes events of these types back, and what gives them back."""
    if REVOCABLE.isdisjoint(types):
        return
    for one in REVOKING:
        yield Lookup(one, "address", "bars")
    for by in _LIFTING:
        yield Lookup("opt_in", by, "lifts")


_LIFTING: tuple[By, ...] = ("debt", "address", "latest")

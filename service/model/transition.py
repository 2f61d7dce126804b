"""The state table of an attempt: what each provider word does in each state. docs/states.md is drawn from it.

Ranks rise only: a late `sending` never lowers a `delivered`, nor a last word that settled nothing. A
contradiction (delivered after undelivered) is kept as evidence and changes nothing, but for one direction:
`delivered` after `undelivered` or `unclear` is believed, since the borrower heard."""

from __future__ import annotations

from dataclasses import dataclass

from service.model.delivery import AttemptState, DeliveryState

_A = AttemptState

WORDS = ("accepted", "held_by_provider", "undelivered", "delivered", "unclear")

_SENT = {
    "accepted": _A.ACCEPTED,
    "held_by_provider": _A.HELD_BY_PROVIDER,
    "undelivered": _A.UNDELIVERED,
    "delivered": _A.DELIVERED,
    "unclear": _A.UNKNOWN,
}

TABLE: dict[AttemptState, dict[str, AttemptState]] = {
    # A receipt in `reserved` or `released` proves that bytes left although no mark was committed: believed,
    # and an alarm.
    _A.RESERVED: dict(_SENT),
    _A.RELEASED: dict(_SENT),
    _A.DIALING: dict(_SENT),
    _A.UNKNOWN: {**_SENT, "unclear": _A.UNKNOWN},
    _A.ACCEPTED: {**_SENT, "accepted": _A.ACCEPTED},
    _A.HELD_BY_PROVIDER: {**_SENT, "held_by_provider": _A.HELD_BY_PROVIDER},
    _A.DELIVERED: dict.fromkeys(WORDS, _A.DELIVERED),
    _A.UNDELIVERED: {**dict.fromkeys(WORDS, _A.UNDELIVERED), "delivered": _A.DELIVERED},
    # The provider refused and then reports: it did take it after all.
    _A.REFUSED: {**_SENT, "undelivered": _A.REFUSED},
}

DELIVERY_OF: dict[AttemptState, DeliveryState] = {
    _A.ACCEPTED: DeliveryState.ACCEPTED,
    _A.HELD_BY_PROVIDER: DeliveryState.HELD_BY_PROVIDER,
    _A.UNKNOWN: DeliveryState.UNKNOWN,
    _A.DELIVERED: DeliveryState.DELIVERED,
    _A.UNDELIVERED: DeliveryState.UNDELIVERED,
}

SURPRISING = frozenset({_A.RESERVED, _A.RELEASED, _A.REFUSED})
"""States in which no receipt should come; one that does is logged as a conflict."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a receipt does to an attempt."""

    state: AttemptState
    effect: str
    """`advanced`, `repeated` (nothing new) or `conflict` (kept as evidence)."""


UNDER_WAY = frozenset({"accepted", "held_by_provider"})
"""Words that say no more than that the provider has it."""


def on_receipt(state: AttemptState, word: str, *, named: bool = False) -> Step:
    """The next state of an attempt in `state` on the provider's `word`. Total over states and words.

    `named`: the provider gave its id of it before, so that `unknown` is what its last word came to, or that
    it never had one. Then it is no news that it has it, and what was asked and is to be asked stays."""
    if state is _A.UNKNOWN and named and word in UNDER_WAY:
        return Step(state, "repeated")
    after = TABLE[state][word]
    if state in SURPRISING:
        return Step(after, "conflict")
    if after is not state:
        return Step(after, "advanced")
    contradiction = {_A.DELIVERED: {"undelivered", "unclear"}, _A.UNDELIVERED: {"accepted", "unclear"}}
    return Step(after, "conflict" if word in contradiction.get(state, ()) else "repeated")

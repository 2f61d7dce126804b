"""Random worlds by their number: the same kinds of worlds as in worlds.py, made in a hundredth of the time,
so that there may be many.

Nothing shrinks what comes of a number; worlds.py is for that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from policies.facts import CHANNELS, DAYS, OUTCOMES, Borrower, Event, Facts, Inconvenient, Proposal
from tests.policies.worlds import CHANGES, DEBTS, ZONES, World

COUNTS = ("attempt", "ring", "messageable", "reached", "conversation", "delivered")
SCOPES = ("debt", "account", "creditor", "borrower", "number", "person")
Document = dict[str, Any]

SEEDS = 2**48
"""Numbers there are."""


def world_of(seed: int) -> World:
    """One or two policies, a history, a message and an instant near a change of clocks."""
    dice = Random(seed)
    base = datetime.fromisoformat(dice.choice(CHANGES)).replace(tzinfo=UTC)
    at = base + timedelta(minutes=dice.randint(-3 * 1440, 1440))
    makers, types = dice.choice(
        ((_MAKERS, _TYPES), (_MAKERS, _TYPES), (_MAKERS, _TYPES), (_OPENED, _OPENING))
    )
    documents = tuple(
        _document(dice, base, f"policy-{number}", makers) for number in range(dice.randint(1, 2))
    )
    return World(documents, facts_of(dice, at, types), at)


def facts_of(dice: Random, at: datetime, types: Sequence[str] = ()) -> Facts:
    """A borrower on either side of a change of clocks, with a history of the weeks before; of events of these
    types alone, where some are named."""
    by_source = {"phone": tuple(dice.sample(ZONES, dice.randint(1, 2)))}
    if dice.random() < 0.4:
        by_source["address"] = tuple(dice.sample(ZONES, dice.randint(1, 2)))
    return Facts(
        borrower=Borrower(
            zones_by_source=by_source, debt_groups=dice.choice(((), (("one", "three"),), (("one", "two"),)))
        ),
        debt_ids=dice.choice((("one",), ("three",), DEBTS)),
        events=tuple(_event(dice, at, types or _TYPES) for _ in range(dice.randint(0, 9))),
        proposal=Proposal(
            channel=dice.choice(CHANNELS),
            account_id=dice.choice((None, "a")),
            topic=dice.choice((None, None, "t")),
            creditor=dice.choice((None, "x")),
            address=dice.choice((None, "+12025550101")),
            to=dice.choice(("consumer", "consumer", "consumer", "relative")),
            sender_role=dice.choice(("third_party", "third_party", "original_creditor")),
        ),
        holidays=frozenset(
            at.date() + timedelta(days=dice.randint(-1, 8)) for _ in range(dice.randint(0, 3))
        ),
    )


def rule_of(dice: Random, base: datetime, makers: Sequence[Callable[[Random], Document]] = ()) -> Document:
    """One rule without its name."""
    rule = dice.choice(makers or _MAKERS)(dice)
    if dice.random() < 0.3:
        rule["when"] = {"channels": dice.sample(CHANNELS, dice.randint(4, 7))}
    if dice.random() < 0.3:
        rule["zones"] = dice.choice(("all", "address", "phone", "fixed:Asia/Kolkata"))
    _effective(dice, base, rule)
    return rule


def _document(
    dice: Random, base: datetime, name: str, makers: Sequence[Callable[[Random], Document]]
) -> Document:
    rules = [
        {"id": f"rule-{number}", "citation": f"§ {number}", **rule_of(dice, base, makers)}
        for number in range(dice.randint(1, 3))
    ]
    document: Document = {
        "name": name,
        "title": "A policy of the tests",
        "citation": "nowhere",
        "force": "house",
        "verified_on": "2026-01-01",
        "confidence": "low",
        "zones": dice.choice(("all", "all", "address", "phone")),
        "rules": rules,
    }
    _effective(dice, base, document)
    return document


def _effective(dice: Random, base: datetime, of: Document) -> None:
    if dice.random() < 0.15:
        first = base.date() + timedelta(days=dice.randint(-5, 5))
        last = first + timedelta(days=dice.randint(2, 9))
        both = {"from": first.isoformat(), "until": last.isoformat()}
        of["effective"] = {
            name: both[name] for name in dice.choice((("from",), ("until",), ("from", "until")))
        }


def _clock(dice: Random) -> str:
    return f"{dice.randint(0, 23):02d}:{dice.randrange(0, 60, 15):02d}"


def _span(dice: Random) -> str:
    first, last = _clock(dice), _clock(dice)
    return f"{first}-{last}" if first != last else "08:00-21:00"


def _hours(dice: Random) -> Document:
    rows = {
        day: [_span(dice) for _ in range(dice.randint(0, 2))] for day in dice.sample(DAYS, dice.randint(4, 7))
    }
    if dice.random() < 0.5:
        rows["holiday"] = [_span(dice) for _ in range(dice.randint(0, 2))]
    return {"kind": "clock_window", "hours": rows}


def _count(dice: Random) -> Document:
    count: Document = {
        "counts": dice.choice(COUNTS),
        "per": dice.choice(SCOPES),
        "not_consented": dice.random() < 0.3,
    }
    if dice.random() < 0.3:
        count["channels"] = dice.sample(CHANNELS, 3)
    return count


def _cap(dice: Random) -> Document:
    window = dice.choice(
        (
            {"consecutive_dates": dice.randint(1, 8)},
            {"hours": dice.randint(1, 100)},
            {"calendar": dice.choice(("day", "week", "month"))},
            {"ever": True},
        )
    )
    cap = {"kind": "cap", "limit": dice.choice((1, 1, 2, 3)), "window": window, "count": _count(dice)}
    if dice.random() < 0.2:
        cap["active_after"] = dice.choice(("conversation", "dispute"))
    return cap


def _cool_off(dice: Random) -> Document:
    rule: Document = {"kind": "cool_off", "lifted_by_consent": dice.random() < 0.5}
    if dice.random() < 0.3:
        return {**rule, "hours": dice.randint(1, 170)}
    trigger = dice.choice(("conversation", "reached", "sent"))
    return {
        **rule,
        "dates": dice.randint(1, 8),
        "trigger": trigger,
        "per": dice.choice(("debt", "borrower", "account")),
    }


def _wait(dice: Random) -> Document:
    event, missing = (
        dice.choice(("notice_sent", "dispute", "consent", "opt_in")),
        dice.choice(("suppress", "hold", "permit", "permit")),
    )
    return {
        "kind": "wait_after",
        "event": event,
        "dates": dice.randint(0, 9),
        "missing": missing,
        "first": dice.random() < 0.3,
    }


def _term_bar(dice: Random) -> Document:
    rule: Document = {
        "kind": "term_bar",
        "events": ["contact_deferred"],
        "scope": dice.choice(("borrower", "debt")),
    }
    rule |= dice.choice(({"days": dice.randint(1, 9)}, {"months": 1}))
    return {**rule, "lifted_by": ["payment"]} if dice.random() < 0.3 else rule


def _business_wait(dice: Random) -> Document:
    missing, calendar = dice.choice(("suppress", "permit", "permit")), dice.choice(("US", "DE", "KR"))
    rule = {
        "kind": "business_wait",
        "event": dice.choice(("notice_sent", "dispute", "consent")),
        "missing": missing,
        "calendar": calendar,
    }
    return {
        **rule,
        "days": dice.randint(1, 5),
        "weekend": dice.sample(DAYS, dice.randint(0, 3)),
        "first": dice.random() < 0.3,
    }


def _required_before(dice: Random) -> Document:
    rule: Document = {
        "kind": "required_before",
        "events": ["hardship_offered", "payment"],
        "dates": dice.randint(0, 4),
    }
    if dice.random() < 0.5:
        rule["within_dates"] = rule["dates"] + dice.randint(1, 6)
    return {**rule, "undone_by": ["dispute"]} if dice.random() < 0.3 else rule


def _window(dice: Random) -> Document:
    calendar = {"calendar": dice.choice(("day", "week", "month"))}
    return dice.choice(({"consecutive_dates": dice.randint(1, 8)}, {"hours": dice.randint(1, 100)}, calendar))


def _dial_cap(dice: Random) -> Document:
    rule = {
        "kind": "dial_cap",
        "limit": dice.choice((1, 1, 2)),
        "window": _window(dice),
        "per": dice.choice(SCOPES),
    }
    return {**rule, "cleared_by_answer": dice.random() < 0.5}


def _fatigue(dice: Random) -> Document:
    gap = dice.randint(1, 4)
    growth = {
        "gap_dates": gap,
        "factor": dice.choice((1, 1.1, 1.5, 2)),
        "longest_dates": gap + dice.randint(0, 6),
    }
    rule: Document = {
        "kind": "fatigue",
        "unanswered": dice.choice((1, 1, 2, 3)),
        "within_dates": dice.randint(2, 20),
    }
    return {**rule, **growth, "count": _count(dice) if dice.random() < 0.5 else {}}


_MAKERS: tuple[Callable[[Random], Document], ...] = (
    _hours,
    _hours,
    _cap,
    _cap,
    _cool_off,
    _wait,
    _term_bar,
    _business_wait,
    _required_before,
    _dial_cap,
    _fatigue,
    lambda _: {"kind": "designation"},
    lambda _: {"kind": "channel_exclusivity"},
    lambda dice: {"kind": "min_gap", "dates": dice.randint(1, 5), "count": _count(dice)},
    lambda dice: {
        "kind": "bar",
        "events": ["dispute"],
        "days": dice.randint(1, 9),
        "lifted_by": dice.choice(([], ["dispute_resolved"])),
    },
    lambda dice: {
        "kind": "bar",
        "events": ["opt_out", "dispute"][: dice.randint(1, 2)],
        "lifted_by": dice.choice((["consent"], ["opt_in", "consent"], ["opt_in"], ["consent_call"])),
        "scope": dice.choice(("channel", "borrower")),
        **dice.choice(({}, {"days": 9})),
    },
    lambda dice: {
        "kind": "consent",
        "accepts": dice.choice((["consent"], ["consent", "opt_in"], ["consent_call"])),
    },
)

_OPENED = (*_MAKERS[-2:], *_MAKERS[-2:], _wait)
"""Rules that some event opens, until it ends or is taken back."""
_PERMITS = ("consent", "opt_in", "dispute_resolved", "designation_withdrawn", "hardship_offered", "payment")
_TAKEN = ("opt_out", "revoke_consent")
_TYPES = (
    *("contact",) * 8, "consent", "consent", "opt_in", "opt_out", "opt_out",
    "consent_call", "dispute", "dispute_resolved", "notice_sent", "notice_sent",
    "revoke_consent",
    "designation", "designation", "designation_withdrawn", "wrong_number", "contact_deferred",
    "hardship_offered", "payment",
)  # fmt: skip


_OPENING = ("consent", "consent", "consent_call", "opt_in", "opt_out", "opt_out", "revoke_consent", "dispute",
            "dispute_resolved", "contact")  # fmt: skip
"""What opens and shuts media, and takes that back."""


def _event(dice: Random, at: datetime, types: Sequence[str]) -> Event:
    when = at - timedelta(minutes=dice.randint(0, dice.choice((20, 9, 3, 1)) * 1440))
    type_ = dice.choice(types)
    plain = Event(
        type=type_,
        at=when,
        debt_ids=dice.choice((None, None, ("one",), ("two",), DEBTS)),
        account_id=dice.choice((None, None, None, "a", "b")),
        topic=dice.choice((None, None, None, None, "t")),
        creditor=dice.choice((None, None, None, "x", "y")),
    )
    match type_:
        case "contact":
            return replace(
                plain,
                channel=dice.choice((*CHANNELS, "voice", "voice")),
                outcome=dice.choice((*OUTCOMES, "conversation", "conversation", "delivered", None)),
                to=dice.choice(("consumer", "consumer", "consumer", "spouse", "relative")),
                direction=dice.choice(("out", "out", "out", "in")),
                address=dice.choice((None, "+12025550101", "+12025550102")),
                account_id=dice.choice((None, "a", "b")),
                creditor=dice.choice((None, "x", "y")),
                wrong_party=dice.random() < 0.1,
            )
        case "consent_call":
            given = dice.sample(range(-4, 6), dice.randint(1, 3))
            return replace(
                plain,
                given_to=dice.choice((None, "collector", "creditor")),
                expires_at=dice.choice((None, at + timedelta(minutes=dice.randint(-1440, 3 * 1440)))),
                only_dates=dice.choice((None, tuple(at.date() + timedelta(days=one) for one in given))),
            )
        case "designation":
            until = dice.choice((None, at.date() + timedelta(days=dice.randint(-2, 8))))
            return replace(
                plain, inconvenient=tuple(_named(dice) for _ in range(dice.randint(1, 2))), until=until
            )
        case "contact_deferred":
            until = dice.choice((None, at.date() + timedelta(days=dice.randint(-2, 6))))
            return replace(plain, until=until)
        case "wrong_number":
            return replace(plain, address=dice.choice((None, "+12025550102")))
        case _ if type_ in _PERMITS or type_ in _TAKEN:
            ends = at + timedelta(minutes=dice.randint(-1440, 3 * 1440))
            spoken = type_ in {"consent", "opt_in", *_TAKEN}
            return replace(
                plain,
                channel=dice.choice((None, "any", *CHANNELS)) if spoken else None,
                address=dice.choice((None, None, "+12025550101", "+12025550102")) if spoken else None,
                expires_at=dice.choice((None, ends)) if type_ in _PERMITS else None,
                only_dates=dice.choice((None,) * 5 + ((at.date(),),)) if type_ in _PERMITS else None,
            )
        case _:
            return plain


def _named(dice: Random) -> Inconvenient:
    start, end = (dice.choice((None, time.fromisoformat(_clock(dice)))) for _ in range(2))
    return Inconvenient(days=tuple(dice.sample(DAYS, dice.randint(1, 4))), start=start, end=end)

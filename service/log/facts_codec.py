"""Facts to JSON and back: a decision's entry holds what it looked at, so that it can be taken again years
later.

Most of a history is alike: contacts of ours about one debt, through one medium, to one address, with one
outcome. What such events have in common is written once, and of each only its instant and its id, as numbers:
some twenty bytes instead of three hundred. The entry still holds everything itself, so that a replay needs no
other entry, whatever was erased or let go since. `readable` spreads it out again for people; entries of
earlier releases hold every event in full, and are read as they always were."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from itertools import compress
from operator import attrgetter, ne
from struct import pack, unpack
from typing import Any

from policies.facts import Borrower, Event, Facts, Proposal

_PROPOSAL = tuple(field.name for field in fields(Proposal))
_PLAIN = tuple(field.default for field in fields(Proposal))
_values = attrgetter(*_PROPOSAL)
_OWN = ("at", "event_id", "recorded")
"""What tells events apart that are alike."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST = 2**63 - 1


def encode_facts(facts: Facts) -> dict[str, Any]:
    """The JSON form; plain values are left out."""
    borrower, values = facts.borrower, _values(facts.proposal)
    return {
        "borrower": {
            "zones": {source: list(names) for source, names in borrower.zones_by_source.items()},
            "groups": [list(group) for group in borrower.debt_groups],
            "dpd": borrower.days_past_due,
            "jurisdiction": borrower.jurisdiction,
            "area": borrower.phone_area_code,
            **_place(borrower),
        },
        "debts": list(facts.debt_ids),
        **_events(facts.events),
        "holidays": sorted(day.isoformat() for day in facts.holidays),
        "proposal": dict(compress(zip(_PROPOSAL, values, strict=True), map(ne, values, _PLAIN))),
    }


def _events(events: Iterable[Event]) -> dict[str, Any]:
    """Events in full, and those that are alike together."""
    groups: dict[object, list[Event]] = {}
    for event in events:
        groups.setdefault(_likeness(event) if event.kin is None else event.kin[0], []).append(event)
    alone = [event for group in groups.values() if len(group) == 1 for event in group]
    alike = [_alike(group) for group in groups.values() if len(group) > 1]
    written: dict[str, Any] = {"events": [_alone(event) for event in alone]}
    return {**written, "alike": alike} if alike else written


def _likeness(event: Event) -> object:
    """Equal for events that are alike."""
    common = vars(event).copy()
    for name in _OWN:
        common.pop(name, None)
    return (*common, *common.values())


def _alone(event: Event) -> dict[str, Any]:
    """An event in full."""
    if event.kin is not None:
        return {"at": event.at.isoformat(), "event_id": event.event_id, **event.kin[0].document}
    return {"at": event.at.isoformat(), **event.to_document()}


def _alike(group: Sequence[Event]) -> dict[str, Any]:
    """What some events have in common, in full, and the instants and ids of each."""
    instants = _packed([(event.at - _EPOCH) // _MICROSECOND for event in group])
    if (first := group[0].kin) is not None:
        numbers = _packed([event.kin[1] for event in group if event.kin is not None])
        return {"common": first[0].document, "at": instants, "id": numbers, "end": first[0].end}
    common = {name: value for name, value in group[0].to_document().items() if name not in _OWN}
    written: dict[str, Any] = {"common": common, "at": instants}
    if any(event.recorded is not None for event in group):
        written["recorded"] = [event.recorded for event in group]
    ids = [event.event_id for event in group]
    digits, ends = _numbers(ids)
    return written | ({"id": ids} if digits is None else {"id": _packed(digits), "end": ends})


def _numbers(ids: Sequence[str | None]) -> tuple[list[int] | None, str]:
    """The numbers with which ids begin that end alike, as those of our own attempts do; None where one is of
    another kind."""
    _, dot, end = (ids[0] or "").partition(".")
    ends = dot + end
    texts = [one[: -len(ends)] for one in ids if one is not None and one.endswith(ends)] if end else []
    digits = "".join(texts)
    if len(texts) < len(ids) or not all(texts) or not (digits.isascii() and digits.isdigit()):
        return None, ""
    numbers = list(map(int, texts))
    if max(numbers) > _LARGEST or list(map(str, numbers)) != texts:
        return None, ""
    return numbers, ends


def _packed(numbers: Sequence[int]) -> str:
    """Numbers of eight bytes each, in base64."""
    return b64encode(pack(f">{len(numbers)}q", *numbers)).decode()


def _unpacked(text: str) -> tuple[int, ...]:
    raw = b64decode(text, validate=True)
    return unpack(f">{len(raw) // 8}q", raw)


def readable(document: Mapping[str, Any]) -> dict[str, Any]:
    """What `encode_facts` wrote with every event in full, oldest first: as people, and programs that read the
    log, see it."""
    alike = document.get("alike")
    if not alike:
        return dict(document)
    events = [*document["events"], *(event for group in alike for event in _spread(group))]
    events.sort(key=lambda one: datetime.fromisoformat(one["at"]))
    return {name: value for name, value in document.items() if name != "alike"} | {"events": events}


def _spread(group: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of a group, in full."""
    instants = _unpacked(group["at"])
    ids: Iterable[str | None] = group["id"]
    if isinstance(group["id"], str):
        ids = [f"{number}{group['end']}" for number in _unpacked(group["id"])]
    recorded = group.get("recorded") or [None] * len(instants)
    for at, event_id, number in zip(instants, ids, recorded, strict=True):
        own = {"event_id": event_id, "recorded": number}
        yield {
            "at": (_EPOCH + at * _MICROSECOND).isoformat(),
            **group["common"],
            **{name: value for name, value in own.items() if value is not None},
        }


def _place(borrower: Borrower) -> dict[str, Any]:
    """What the evidence of place does not agree on, where it does not."""
    if not borrower.place_warnings and borrower.place_held is None:
        return {}
    return {"place": {"warnings": list(borrower.place_warnings), "held": borrower.place_held}}


def decode_facts(document: Mapping[str, Any]) -> Facts:
    """The facts that `encode_facts` wrote, in this release or an earlier one."""
    document = readable(document)
    borrower = document["borrower"]
    return Facts(
        borrower=Borrower(
            zones_by_source={source: tuple(names) for source, names in borrower["zones"].items()},
            debt_groups=tuple(tuple(group) for group in borrower["groups"]),
            days_past_due=borrower["dpd"],
            jurisdiction=borrower["jurisdiction"],
            phone_area_code=borrower["area"],
            place_warnings=tuple(borrower.get("place", {}).get("warnings", ())),
            place_held=borrower.get("place", {}).get("held"),
        ),
        debt_ids=tuple(document["debts"]),
        events=tuple(
            Event.from_document(
                {name: value for name, value in one.items() if name != "at"},
                at=datetime.fromisoformat(one["at"]),
            )
            for one in document["events"]
        ),
        proposal=_proposal(document["proposal"]),
        holidays=frozenset(date.fromisoformat(day) for day in document["holidays"]),
    )


def _proposal(document: dict[str, Any]) -> Proposal:
    """The message; what its text carries is a list in JSON."""
    elements = document.get("elements")
    return Proposal(**{**document, "elements": None if elements is None else tuple(elements)})

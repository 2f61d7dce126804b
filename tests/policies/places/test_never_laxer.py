"""The same place, written in other fields, spellings, or with one field missing, is never judged more laxly.

Twenty thousand random worlds each run; `PLACE_WORLDS=200000` takes as many as wanted, `PLACE_SEED` others."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

import pytest

from policies.binding import Binding, binding, ceilings
from policies.decide import decide
from policies.evidence import Evidence
from policies.facts import OUTCOMES, Borrower, Event, Facts, Proposal
from policies.places.areas import PART_OF_AREA
from policies.places.clocks import alike, within
from policies.places.codes import canonical, country_of, covers
from policies.places.parts import named_zones, zones_of_country
from policies.places.postal import read_postal_code
from policies.places.telephones import read_phone
from policies.places.whereabouts import Whereabouts, whereabouts
from policies.policy import Policy
from policies.strictness import STRICTNESS, Kind
from policies.verdict import Verdict
from policies.zones import zone
from service.packs import shipped

WORLDS = int(os.environ.get("PLACE_WORLDS", "20000"))
SEED = int(os.environ.get("PLACE_SEED", "20261129"))
PER_TEST = 2500
HORIZON = timedelta(days=4)
PACKS = tuple(shipped().values())
BEGIN = datetime(2026, 9, 15, tzinfo=UTC)
PLAIN = {
    "DE": ("10115", "Europe/Berlin", "+4930"), "GB": ("SW1A 1AA", "Europe/London", "+4420"),
    "JP": ("100-0001", "Asia/Tokyo", "+813"),
    "IN": ("110001", "Asia/Kolkata", "+9111"), "KR": ("04524", "Asia/Seoul", "+822"),
    "IT": ("00118", "Europe/Rome", "+3906"),
    "KZ": ("050000", "Asia/Almaty", "+7727"), "CN": ("100000", "Asia/Shanghai", "+8610"),
    "CO": ("110111", "America/Bogota", "+571"),
}  # fmt: skip
"""Countries whose codes say no more than the country: a postal code, a zone, the beginning of a telephone
number."""
ZONED = {
    "FR": ["75001", "97100", "97400", "97600", "97200"], "ES": ["28001", "35001", "38001", "51001"],
    "PT": ["1000-001", "9500-321", "9000-018"],
    "AU": ["2000", "0800", "2899", "6798", "6000", "2880"], "MX": ["06000", "22000", "77500"],
    "ID": ["10110", "80111", "99111"],
    "CL": ["8320000", "2770000"], "NZ": ["6011", "8016"], "EC": ["170102", "200350"],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody truly is, and how their address says it."""

    part: str
    postal_code: str
    zone: str
    phone: str


@cache
def homes() -> tuple[Home, ...]:
    """Homes in every part that has a postal code of its own, in the countries with packs for parts and in
    others.

    States of the Pacific that the United States' mail serves are known by their postal codes alone, and are
    left out: a country without a postal code is not held open for them (docs/places.md)."""
    found = list[Home]()
    written = [("US", f"{head:03d}{last}") for head in range(1000) for last in ("01", "40", "60", "99")]
    written += [("CA", f"{letter}{digit}A 1A1") for letter in "ABCEGHJKLMNPRSTVXY" for digit in "0123"]
    written += [("BR", f"{head:03d}10-000") for head in range(1000)]
    written += [("US", code) for code in ("96910", "96950", "96799")]
    written += [(country, code) for country, codes in ZONED.items() for code in codes]
    phones = {
        part: f"+{code}5550101" if code[0] == "1" else f"+{code}9" + "12345678"
        for code, part in PART_OF_AREA.items()
    }
    for country, code in written:
        area = read_postal_code(country, code)
        if area is not None and area.zones:
            number = phones.get(area.place, "")
            here = number if within(read_phone(number).zones, area.zones) == read_phone(number).zones else ""
            own = within(area.zones, zones_of_country(country))
            found += [Home(area.place, code, name, here) for name in own[:2] if own == area.zones]
    found += [Home(country, code, name, f"{start}5550101") for country, (code, name, start) in PLAIN.items()]
    return tuple(found)


SPELLINGS = {
    "US-PR": "PR",
    "US-GU": "GU",
    "US-VI": "VI",
    "US-AS": "AS",
    "US-MP": "MP",
    "CA-QC": "CA-PQ",
    "CA-NL": "CA-NF",
    "FR-971": "FR-GP",
}


@cache
def names_of_clock(name: str) -> tuple[str, ...]:
    """Zones that tell the same time."""
    return tuple(one for one in named_zones() if alike(one, name))


def evidence_of(dice: Random, home: Home) -> Evidence:
    """All or most of what there is to say of a home; never the telephone alone."""
    country = country_of(home.part)
    return Evidence(
        stated=home.part if dice.random() < 0.6 else None,
        country=country,
        postal_code=home.postal_code if dice.random() < 0.8 else None,
        account=dice.choice((None, None, home.part, country)),
        time_zone=home.zone if dice.random() < 0.3 else None,
        phones=(home.phone,) if home.phone and dice.random() < 0.5 else (),
    )


def respelled(dice: Random, given: Evidence) -> Iterator[Evidence]:
    """The same, in other spellings and other fields."""
    for field in ("stated", "account"):
        value = getattr(given, field)
        if value in SPELLINGS:
            yield given._replace(**{field: SPELLINGS[value]})  # type: ignore[arg-type]
            if SPELLINGS[value] == value[3:]:
                yield given._replace(country=value[3:])
    code = given.postal_code
    if code is not None:
        yield given._replace(postal_code=f" {code.lower()} ")
        if given.country == "US":
            yield given._replace(postal_code=f"{code}-0123")
        if given.country in {"CA", "BR"}:
            yield given._replace(postal_code=code.replace(" ", "").replace("-", ""))
    if given.time_zone is not None:
        yield given._replace(time_zone=dice.choice(names_of_clock(given.time_zone)))
    if given.stated is not None and given.account is None:
        yield given._replace(stated=None, account=given.stated)
    if given.account is not None and given.stated is None:
        yield given._replace(stated=given.account, account=None)
    if given.stated is None:
        yield given._replace(stated=given.country, country=None)
    yield given._replace(time_zone="UTC") if given.time_zone is None else given


def with_one_missing(given: Evidence) -> Iterator[Evidence]:
    """The same without one field; what is left is more than a telephone."""
    for field, empty in (
        ("stated", None),
        ("country", None),
        ("postal_code", None),
        ("account", None),
        ("time_zone", None),
        ("phones", ()),
    ):
        fewer = given._replace(**{field: empty})  # type: ignore[arg-type]
        if getattr(given, field) and (
            fewer.stated or fewer.country or fewer.account or (fewer.postal_code and fewer.time_zone)
        ):
            yield fewer


def facts_of(dice: Random, at: datetime) -> Facts:
    """A message and what happened in the weeks before; the place comes from the evidence."""
    channel = dice.choice(("sms", "email", "voice", "voice_prerecorded"))
    events = [
        Event(
            type="contact", at=at - timedelta(hours=dice.randint(1, 400)),
            channel=dice.choice(("sms", "voice", "email")),
            outcome=dice.choice(OUTCOMES), debt_ids=("d",), event_id=str(number),
        )
        for number in range(dice.choice((0, 0, 1, 2, 3, 5)))
    ]  # fmt: skip
    if dice.random() < 0.8:
        events.append(Event(type="consent", at=at - timedelta(days=40), channel="any"))
    return Facts(
        borrower=Borrower(zones_by_source={}, days_past_due=dice.choice((5, 40, 100))),
        debt_ids=("d",),
        events=tuple(events),
        proposal=Proposal(
            channel=channel,
            sender_role=dice.choice(("third_party", "original_creditor", "debt_buyer")),
            creditor="c",
        ),
    )


def bound(where: Whereabouts, facts: Facts, at: datetime) -> Binding:
    """What binds there."""
    return binding(
        PACKS,
        where,
        sender_role=facts.proposal.sender_role,
        days_past_due=facts.borrower.days_past_due,
        at=at,
    )


def judged(policies: Sequence[Policy], where: Whereabouts, facts: Facts, at: datetime) -> Verdict:
    """The verdict on the message to somebody there."""
    borrower = replace(
        facts.borrower, zones_by_source=where.zones, place_warnings=where.warnings, place_held=where.held
    )
    return decide(policies, replace(facts, borrower=borrower), at, horizon=HORIZON)


def demanded(true: Whereabouts, told: Whereabouts, facts: Facts, at: datetime) -> list[Policy]:
    """What binds by all evidence; of parts that the poorer evidence knows no more, the hours and caps, as the
    contract has it."""
    known = {one.place for one in told.pointers}
    found = list[Policy]()
    for one in bound(true, facts, at).policies:
        places = [canonical(code) for code in one.document.match.jurisdictions or ()]
        if not places or any(covers(place, other) for place in places for other in known):
            found.append(one)
        elif (limits := ceilings(one)) is not None:
            found.append(limits)
    return found


def is_laxer(told: Verdict, true: Verdict) -> bool:
    """A hold is as good as a suppression; of two deferrals the later one is stricter."""
    rank = {**STRICTNESS, Kind.HOLD: STRICTNESS[Kind.SUPPRESS]}
    if rank[told.kind] != rank[true.kind]:
        return rank[told.kind] < rank[true.kind]
    return told.until is not None and true.until is not None and told.until < true.until


@pytest.mark.slow
@pytest.mark.parametrize("lot", range(max(1, WORLDS // PER_TEST)))
def test_the_same_place_is_never_judged_more_laxly(lot: int) -> None:
    """However it is written, and whatever one field is missing."""
    dice = Random(SEED + lot)
    for _ in range(PER_TEST):
        home = dice.choice(homes())
        given = evidence_of(dice, home)
        told = dice.choice([*respelled(dice, given), *with_one_missing(given)] or [given])
        at = BEGIN + timedelta(minutes=dice.randint(0, 120 * 1440))
        facts = facts_of(dice, at)
        true, said = whereabouts(given), whereabouts(told)
        expected = judged(demanded(true, said, facts, at), true, facts, at)
        verdict = judged(bound(said, facts, at).policies, said, facts, at)
        assert not is_laxer(verdict, expected), (given, told, at, facts, expected, verdict)


def test_the_homes_are_where_they_are_said_to_be() -> None:
    """The worlds have something to go by: parts with packs, territories, several zones; each telephone is of
    its part."""
    parts = {home.part for home in homes()}
    assert {"US-NY-NYC", "US-PR", "US-GU", "CA-QC", "BR-SP", "FR-971", "FR", "AU-NT", "DE"} <= parts
    assert len(parts) > 100
    for home in homes():
        assert zone(home.zone).key == home.zone
        called = {country_of(place) for place in read_phone(home.phone).places}
        assert not home.phone or country_of(home.part) in called

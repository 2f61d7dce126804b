"""Which policies bind: by every place that evidence points to, role, lateness and date; the strict house
policy always."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from string import ascii_uppercase
from typing import Any

import pytest

from policies.binding import CEILINGS, HOUSE, UNKNOWN, Binding, binding, ceilings
from policies.evidence import Evidence
from policies.places.areas import PART_OF_AREA
from policies.places.codes import canonical, country_of, covers, subdivisions
from policies.places.postal import read_postal_code
from policies.places.whereabouts import whereabouts
from policies.policy import Policy, canonical_text, parse_policy
from policies.rules.kinds import KINDS
from service.packs import shipped
from tests.policies.asking import AT, policy

SHIPPED = tuple(shipped().values())
LATER = datetime(2030, 1, 15, 17, tzinfo=UTC)
"""When every shipped pack that has begun, or has been announced, is in force."""
RULE = {"kind": "warn", "factor": "nothing", "at_least": 1}
CAP = {"kind": "cap", "limit": 1, "window": {"calendar": "day"}}
HOURS = {"kind": "clock_window", "hours": {"daily": "08:00-21:00"}}
CONSENT = {"kind": "consent"}
BOSTON = "+16175550101"


def named(name: str, *rules: dict[str, Any], **header: Any) -> Policy:
    """A policy of that name."""
    return policy(*(rules or (RULE,)), name=name, **header)


US = named("us", match={"jurisdictions": ["US"]})
NY = named("ny", CAP, CONSENT, match={"jurisdictions": ["US-NY"]})
CITY = named("city", HOURS, match={"jurisdictions": ["US-NY-NYC"]})
ISLAND = named("island", CONSENT, match={"jurisdictions": ["PR"]})
COLLECTORS = named("collectors", match={"jurisdictions": ["US"]}, binds={"sender_roles": ["third_party"]})
LATE = named("late", match={"jurisdictions": ["US"]}, binds={"days_past_due_over": 10})
SOON = named("soon", match={"jurisdictions": ["US"]}, effective={"from": "2026-07-15", "until": "2026-08-01"})
NAMED_ONLY = named("named-only", match={"jurisdictions": ["US"], "never_auto": True})
ALL = (
    NAMED_ONLY,
    SOON,
    LATE,
    COLLECTORS,
    NY,
    CITY,
    ISLAND,
    US,
    named(HOUSE),
    named(UNKNOWN, match={"never_auto": True}),
)


def bound(
    policies: tuple[Policy, ...] = ALL,
    role: str = "original_creditor",
    overdue: int | None = 5,
    at: datetime = AT,
    **evidence: Any,
) -> Binding:
    """What binds on this evidence."""
    return binding(
        policies, whereabouts(Evidence(**evidence)), sender_role=role, days_past_due=overdue, at=at
    )


def names(found: Binding) -> list[str]:
    """The policies without the strict house policy, which binds always."""
    assert HOUSE in [one.name for one in found.policies]
    return [one.name for one in found.policies if one.name != HOUSE]


def reasons(found: Binding) -> set[tuple[str, str | None, str | None]]:
    """Why each binds."""
    return {(one.policy.name, one.place, one.evidence) for one in found.bound_by}


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (["house-unknown"], {}), (["house-unknown"], {"time_zone": "America/New_York"}),
        ([], {"stated": "FR"}), (["soon", "us"], {"stated": "US-CA"}),
        (["ny", "soon", "us"], {"stated": "US-NY", "postal_code": "14201"}),
        (["city", "ny", "soon", "us"], {"stated": "US-NY-NYC"}),
        (["ny", "soon", "us"], {"stated": "FR", "account": "US-NY", "postal_code": "75001",
        "phones": (BOSTON,)}),
        (["collectors", "soon", "us"], {"stated": "US-CA", "role": "third_party"}),
        (["late", "soon", "us"], {"stated": "US-CA", "overdue": 11}),
        (["late", "soon", "us"], {"stated": "US-CA", "overdue": None}),
        (["us"], {"stated": "US-CA", "at": datetime(2026, 7, 13, 23, tzinfo=UTC)}),
        (["soon", "us"], {"stated": "US-CA", "at": datetime(2026, 8, 1, 23, tzinfo=UTC)}),
        (["us"], {"stated": "US-CA", "at": datetime(2026, 8, 2, 0, tzinfo=UTC)}),
        (["island", "soon", "us"], {"country": "PR"}), (["island", "soon", "us"], {"country": "US",
        "postal_code": "00901"}),
        (["soon", "us"], {"phones": (BOSTON,)}), (["city", "ny", "soon", "us"],
        {"phones": ("+12125550101",)}), ([], {"country": "DE", "phones": (BOSTON,)}),
    ],
)  # fmt: skip
def test_policies_bind_by_place_role_lateness_and_date(expected: list[str], given: dict[str, Any]) -> None:
    """A country covers its parts, the account's place counts beside the borrower's; on the day around its
    dates the decision says."""
    if set(expected) & {"ny"} and given.get("account"):
        expected = ["city", *expected]  # no part of New York is known: its city's hours bind too
    assert expected == names(bound(**given))


def test_every_reason_is_told() -> None:
    """Which of its places each pack is bound by, and the evidence that points there, in one order."""
    found = bound(
        (US, NY), stated="US-NY", postal_code="14201", country="US", account="US-CA", phones=(BOSTON,)
    )
    assert [
        ("ny", "US-NY", "stated"), ("ny", "US-NY", "postal_code"),
        ("us", "US", "stated"), ("us", "US", "postal_code"), ("us", "US", "country"), ("us", "US", "account"),
    ] == [(one.policy.name, one.place, one.evidence) for one in found.bound_by]  # fmt: skip
    assert {("us", "US", "phone")} == reasons(bound((US, NY), phones=(BOSTON,)))
    assert {(UNKNOWN, None, None)} == reasons(bound())


@pytest.mark.parametrize(
    "given", [{"country": "US"}, {"stated": "US"}, {"account": "US"}, {"country": "US",
    "postal_code": "00000"}, {"country": "US", "phones": (BOSTON,)}]
)  # fmt: skip
def test_a_country_without_a_known_part_binds_the_hours_and_caps_of_all(given: dict[str, Any]) -> None:
    """Not their consents; and each stands there with the country as its evidence."""
    found = bound(**given)
    assert ["city", "ny", "soon", "us"] == names(found)
    assert {("ny", "US-NY", "country"), ("city", "US-NY-NYC", "country")} <= reasons(found)
    by_name = {one.name: one for one in found.policies}
    assert [["cap"], ["clock_window"]] == [
        [rule.kind for rule in by_name[name].document.rules] for name in ("ny", "city")
    ]
    assert by_name["city"] is CITY


def test_a_state_without_a_known_city_binds_the_citys_hours() -> None:
    """The same a step further down; a ZIP code elsewhere in the state says that it is not the city."""
    assert {("ny", "US-NY", "stated"), ("city", "US-NY-NYC", "country")} == reasons(
        bound((NY, CITY), stated="US-NY")
    )
    assert {("ny", "US-NY", "stated"), ("ny", "US-NY", "postal_code")} == reasons(
        bound((NY, CITY), stated="US-NY", postal_code="12207", country=None)
    )


def test_hours_and_caps_alone_are_a_text_of_their_own() -> None:
    """With a digest by which the log finds it again, and that a reader of the kept text gets back."""
    limits = ceilings(NY)
    assert limits is not None
    assert limits.digest not in {NY.digest, CITY.digest}
    assert limits == parse_policy(canonical_text(limits.document))
    assert (NY.name, NY.version) == (limits.name, limits.version)
    assert ceilings(CITY) is CITY
    assert ceilings(ISLAND) is None


def test_a_policy_without_a_place_binds_everywhere() -> None:
    """Unless it binds only where it is named."""
    everywhere = named("everywhere")
    assert ["everywhere"] == names(bound((everywhere, named(HOUSE)), stated="FR"))
    assert ["everywhere", UNKNOWN] == names(bound((everywhere, *ALL)))
    assert set() == reasons(bound((everywhere, NAMED_ONLY), stated="US-CA"))


@pytest.mark.parametrize(
    ("place", "role", "overdue", "packs"),
    [
        ("US-MA", "third_party", 22, ["us-ma-940cmr7", "us-reg-f", "us-tcpa"]),
        ("US-MA", "original_creditor", 22, ["us-ma-940cmr7", "us-tcpa"]),
        ("US-NY-NYC", "third_party", 22, ["us-ny-23nycrr1", "us-nyc-5-77", "us-reg-f", "us-tcpa"]),
        ("US-NY-NYC", "original_creditor", 22, ["us-nyc-5-77", "us-tcpa"]),
        ("US-DC", "original_creditor", 30, ["us-tcpa"]),
        ("US-DC", "original_creditor", 31, ["us-dc-28-3814", "us-tcpa"]),
        ("US-FL", "original_creditor", 1, ["us-fl-fccpa", "us-tcpa"]),
        ("US-WA", "original_creditor", 1, ["us-tcpa"]),
        ("US-WA", "debt_buyer", 1, ["us-reg-f", "us-tcpa", "us-wa-19.16.250"]),
        ("US-WV", "third_party", 1, ["us-reg-f", "us-tcpa", "us-wv-46a-2-125"]),
        ("US-PR", "third_party", 1, ["us-reg-f", "us-tcpa"]),
    ],
)  # fmt: skip
def test_which_packs_of_the_united_states_bind(place: str, role: str, overdue: int, packs: list[str]) -> None:
    """The federal rules and the state's, as the sender is bound; the same where it is the account that lies
    there."""
    at = datetime(2026, 11, 24, 17, tzinfo=UTC)
    for evidence in ({"stated": place}, {"account": place}, {"stated": "US", "account": place}):
        found = bound(SHIPPED, role=role, overdue=overdue, at=at, **evidence)
        assert packs == names(found)


def test_new_york_citys_rules_begin_with_september_2026() -> None:
    """6 RCNY 5-77 as amended: on the eve it is asked about, and the decision says that it does not bind
    yet."""
    for day, bound_ in ((30, False), (31, True)):
        at = datetime(2026, 8, day, 12, tzinfo=UTC)
        assert bound_ is ("us-nyc-5-77" in names(bound(SHIPPED, "third_party", at=at, stated="US-NY-NYC")))


# --- every place that a notice can name
# ---------------------------------------------------------------------------------------------


@cache
def postal_codes() -> Mapping[str, str]:
    """A postal code in each part that the tables know."""
    written = [("US", f"{head:03d}01") for head in range(1000)] + [
        ("CA", f"{letter}2A 1A1") for letter in ascii_uppercase
    ]
    written += [("BR", f"{head:03d}10-000") for head in range(1000)]
    return {
        area.place: code for country, code in written if (area := read_postal_code(country, code)) is not None
    }


@cache
def numbers() -> Mapping[str, str]:
    """A telephone number of each part that an area code belongs to; none that is anybody's."""
    return {
        part: f"+{code}5550101" if code.startswith("1") else f"+{code}9" + "12345678"
        for code, part in PART_OF_AREA.items()
    }


def packs_of(place: str) -> set[str]:
    """The shipped packs that cover a place, for a collector long past due."""
    return {
        one.name
        for one in SHIPPED
        if not one.document.match.never_auto
        and one.in_effect_on(LATER.date())
        and any(covers(canonical(code), place) for code in one.document.match.jurisdictions or ())
    }


PLACES = sorted({canonical(code) for one in SHIPPED for code in one.document.match.jurisdictions or ()})


def fully(found: Binding) -> set[str]:
    """The packs of a place that bind whole."""
    whole = {one.name: one for one in SHIPPED}
    return {one.name for one in found.policies if one == whole[one.name] and one.document.match.jurisdictions}


@pytest.mark.parametrize("place", PLACES)
def test_every_place_with_a_pack_is_bound_by_each_evidence(place: str) -> None:
    """Stated, as the country, by its postal code, as the account's, by its telephone: the same packs, each
    with its evidence."""
    country = country_of(place)
    ways: list[tuple[str, dict[str, Any]]] = [("stated", {"stated": place}), ("account", {"account": place})]
    if place == country:
        ways.append(("country", {"country": place}))
    else:
        code = postal_codes()[place]
        ways += [
            ("postal_code", {"postal_code": code, one: country}) for one in ("country", "account", "stated")
        ]
        if place in numbers():  # Nova Scotia shares its area codes
            ways.append(("phone", {"phones": (numbers()[place],)}))
    for source, evidence in ways:
        found = bound(SHIPPED, role="third_party", overdue=100, at=LATER, **evidence)
        assert packs_of(place) <= fully(found), evidence
        own = {
            one
            for one in packs_of(place)
            if place
            in {
                canonical(code)
                for policy_ in SHIPPED
                if policy_.name == one
                for code in policy_.document.match.jurisdictions or ()
            }
        }
        assert {(one, place, source) for one in own} <= reasons(found), evidence


def test_every_subdivision_of_iso_3166_2_binds_what_covers_it() -> None:
    """All 5,000 of them as they can be stated, and all their countries: never less than the packs that cover
    them."""
    for place in sorted({*subdivisions(), *(country_of(code) for code in subdivisions())}):
        found = bound(SHIPPED, role="third_party", overdue=100, at=LATER, stated=place)
        assert packs_of(canonical(place)) == fully(found) - {
            one.policy.name for one in found.bound_by if one.evidence == "country"
        }, place


def test_every_shipped_pack_can_be_bound_and_has_hours_or_caps_of_a_known_kind() -> None:
    """Under `auto` by a place, or by its name alone; the kinds of the ceilings are kinds of rules."""
    assert {
        one.name
        for one in SHIPPED
        if not one.document.match.never_auto and one.document.match.jurisdictions is None
    } == {HOUSE}
    assert set(KINDS) >= CEILINGS

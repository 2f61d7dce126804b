"""What all evidence of place says together."""

from __future__ import annotations

from typing import Any

import pytest

from policies.evidence import Evidence
from policies.places.whereabouts import NOWHERE, Whereabouts, whereabouts

BOSTON, LOS_ANGELES = "+16175550101", "+12135550101"
SEOUL = "+82" + "1012345678"


def where(**evidence: Any) -> Whereabouts:
    """What this evidence says."""
    return whereabouts(Evidence(**evidence))


def places(found: Whereabouts) -> dict[str, set[str]]:
    """The places that bind, by source."""
    return {
        source: {one.place for one in found.pointers if one.source == source} for _, source in found.pointers
    }


@pytest.mark.parametrize(
    ("expected", "evidence"),
    [
        ({"postal_code": {"US-CA"}, "country": {"US"}}, {"country": "US", "postal_code": "90001"}),
        ({"stated": {"US-MA"}}, {"stated": "US-MA"}),
        ({"country": {"US"}}, {"country": "US", "phones": (BOSTON,)}),
        ({"account": {"US-CA"}}, {"account": "US-CA", "phones": (BOSTON,)}),
        ({"phone": {"US-MA"}}, {"phones": (BOSTON,)}),
        ({"phone": {"US-MA", "US-CA"}}, {"phones": (BOSTON, LOS_ANGELES)}),
        ({"postal_code": {"US-CA"}}, {"postal_code": "90001", "phones": (LOS_ANGELES,)}),
        ({"postal_code": {"US-CA"}}, {"postal_code": "90001-1234"}),
        ({"postal_code": {"US-CA"}}, {"postal_code": "90001", "time_zone": "America/Los_Angeles"}),
        ({"postal_code": {"US-CA"}, "account": {"US"}}, {"postal_code": "90001", "account": "US"}),
        ({"stated": {"US-PR"}, "country": {"US"}}, {"stated": "PR", "country": "US"}),
        ({"country": {"US-GU"}, "postal_code": {"US-GU"}}, {"country": "GU", "postal_code": "96910"}),
        ({"stated": {"CA-QC"}}, {"stated": "CA-PQ"}),
        ({"stated": {"MA"}, "country": {"MA"}}, {"stated": "MA", "country": "MA"}),
        ({"stated": {"MA", "US-MA"}, "postal_code": {"US-MA"}},
        {"stated": "MA", "postal_code": "02108", "phones": (BOSTON,)}),
        ({"stated": {"IN", "US-IN"}}, {"stated": "IN", "phones": ("+13175550101",)}),
        ({"stated": {"MA", "US-MA"}, "country": {"US"}}, {"stated": "MA", "country": "US"}),
        ({"stated": {"CA", "US-CA"}, "country": {"US"}}, {"stated": "CA", "country": "US",
        "phones": ("+14165550101",)}),
        ({"phone": {"GB"}}, {"phones": ("+442079460101",)}),
        ({"postal_code": {"GB"}}, {"postal_code": "SW1A 1AA", "phones": (BOSTON,)}),
        ({"postal_code": {"GB"}}, {"postal_code": "m1 1ae"}),
        ({"postal_code": {"IE"}}, {"postal_code": "D02 X285"}),
        ({"postal_code": {"NL"}}, {"postal_code": "1012 AB", "phones": (BOSTON,)}),
        ({"postal_code": {"JP"}}, {"postal_code": "100-0001", "time_zone": "America/Santiago"}),
        ({"postal_code": {"PL"}}, {"postal_code": "00-001"}),
        ({"postal_code": {"PT"}}, {"postal_code": "9500-321"}),
        ({"postal_code": {"AR"}}, {"postal_code": "C1425DKE"}),
        ({"postal_code": {"MT"}}, {"postal_code": "VLT 1117"}),
        ({"postal_code": {"GB"}, "stated": {"US-MA"}}, {"postal_code": "SW1A 1AA", "stated": "US-MA"}),
        ({"stated": {"GB"}}, {"postal_code": "SW1A 1AA", "stated": "GB"}),
        ({"country": {"US"}}, {"postal_code": "SW1A 1AA", "country": "US"}),
        ({}, {"postal_code": "123-45"}), ({}, {"postal_code": "10115"}),
        ({}, {"phones": ("+18005550101", "+15005550006")}),
        ({}, {"postal_code": "90001"}),
        ({}, {"time_zone": "America/New_York"}),
        ({}, {}),
    ],
)  # fmt: skip
def test_every_piece_of_evidence_points_to_its_place(
    expected: dict[str, set[str]], evidence: dict[str, Any]
) -> None:
    """Each with its source; a telephone where nothing else is known."""
    assert expected == places(where(**evidence))


@pytest.mark.parametrize(
    ("expected", "evidence"),
    [
        (("US",), {"country": "US"}), (("US",), {"stated": "US"}),
        ((), {"country": "US", "postal_code": "90001"}), (("US-NY-NYC",), {"country": "US",
        "stated": "US-NY-NYC"}),
        (("US-NY",), {"stated": "US-NY"}), ((), {"stated": "US-NY", "postal_code": "14201"}),
        ((), {"stated": "US-NY", "postal_code": "10001"}),
        (("US",), {"country": "US", "postal_code": "00000"}),
        (("US",), {"country": "US", "postal_code": "09012"}), ((), {"country": "US", "postal_code": "96960"}),
        (("CA",), {"country": "CA"}), (("CA",), {"country": "CA", "postal_code": "X0X 0X0"}),
        ((), {"phones": (BOSTON,)}), (("CA",), {"phones": ("+19025550101",)}),
    ],
)  # fmt: skip
def test_a_place_of_which_no_part_is_known_is_named(
    expected: tuple[str, ...], evidence: dict[str, Any]
) -> None:
    """The hours and caps of its parts may bind."""
    assert expected == where(**evidence).unsure


@pytest.mark.parametrize(
    ("warns", "evidence"),
    [
        (True, {"stated": "US-MA", "postal_code": "10001", "country": "US"}),
        (True, {"stated": "US-MA", "country": "CA"}),
        (True, {"stated": "US-MA", "account": "US-NY"}), (True, {"stated": "MA", "phones": (BOSTON,)}),
        (True, {"country": "DE", "account": "FR"}),
        (False, {"stated": "US-MA", "postal_code": "02108", "country": "US", "account": "US"}),
        (False, {"stated": "US-NY-NYC", "postal_code": "14201"}),
        (False, {"stated": "US-MA", "phones": (LOS_ANGELES,)}),
        (False, {"stated": "PR", "country": "US", "postal_code": "00901"}),
    ],
)  # fmt: skip
def test_evidence_of_two_places_is_warned_of(warns: bool, evidence: dict[str, Any]) -> None:
    """Two that nobody can be at at once; a telephone moves with its owner."""
    assert warns is ("place_conflict" in where(**evidence).warnings)


@pytest.mark.parametrize(
    ("expected", "evidence"),
    [
        ({"address": ("America/New_York",), "phone": ("America/Los_Angeles",)},
        {"stated": "US-MA", "phones": (LOS_ANGELES,)}),
        ({"address": ("America/Los_Angeles",)}, {"stated": "US", "postal_code": "90001", "country": "US"}),
        ({"address": ("America/New_York", "America/Los_Angeles")},
        {"stated": "US-MA", "postal_code": "90001"}),
        ({"address": ("America/New_York", "America/Los_Angeles")}, {"stated": "US-MA", "account": "US-CA"}),
        ({"stated": ("America/New_York",)}, {"time_zone": "America/New_York", "phones": (LOS_ANGELES,)}),
        ({"stated": ("America/New_York",)}, {"time_zone": "America/New_York", "country": "US",
        "phones": (LOS_ANGELES,)}),
        ({"stated": ("US/Eastern",)}, {"time_zone": "US/Eastern", "stated": "US-MA"}),
        ({"stated": ("Etc/GMT+5", "America/New_York")}, {"time_zone": "Etc/GMT+5", "stated": "US-MA"}),
        ({"stated": ("EST", "America/New_York")}, {"time_zone": "EST", "stated": "US-MA"}),
        ({"stated": ("America/New_York",)}, {"time_zone": "America/New_York", "stated": "US-MA",
        "account": "US-CA"}),
        ({"stated": ("Etc/GMT+5",)}, {"time_zone": "Etc/GMT+5", "phones": (LOS_ANGELES,)}),
        ({"address": ("America/New_York", "UTC")}, {"time_zone": "UTC", "stated": "US-MA"}),
        ({"address": ("America/New_York", "Zulu"), "phone": ("America/Los_Angeles", "Zulu")},
        {"time_zone": "Zulu", "stated": "US-MA", "phones": (LOS_ANGELES,)}),
        ({"phone": ("America/Los_Angeles", "Etc/GMT0")}, {"time_zone": "Etc/GMT0", "phones": (LOS_ANGELES,)}),
        ({"stated": ("UTC",)}, {"time_zone": "UTC"}),
        ({"address": ("America/New_York",)}, {"time_zone": "Factory", "stated": "US-MA"}),
        ({"address": ("America/New_York",)}, {"time_zone": "Nowhere", "stated": "US-MA"}),
        ({"address": ("Pacific/Majuro",)}, {"country": "US", "postal_code": "96960"}),
        ({"address": ("Pacific/Pago_Pago",)}, {"country": "US", "postal_code": "96799"}),
        ({"address": ("America/Guadeloupe",)}, {"country": "FR", "postal_code": "97100"}),
        ({"stated": ("Asia/Seoul",)}, {"country": "US", "postal_code": "96205", "time_zone": "Asia/Seoul"}),
        ({"phone": ("Asia/Seoul",)}, {"country": "US", "postal_code": "96205", "phones": (BOSTON, SEOUL)}),
        ({"address": ("Asia/Seoul",)}, {"stated": "KR", "country": "US", "postal_code": "96205"}),
        ({}, {}),
    ],
)  # fmt: skip
def test_candidate_zones_come_from_the_same_evidence(
    expected: dict[str, tuple[str, ...]], evidence: dict[str, Any]
) -> None:
    """What is narrower stands before what is wider; a stated zone takes the telephone's place, a name of UTC
    nobody's."""
    assert expected == dict(where(**evidence).zones)


@pytest.mark.parametrize(
    "evidence",
    [
        {"stated": "US-MA", "time_zone": "America/Los_Angeles"},
        {"country": "US", "postal_code": "02108", "time_zone": "Asia/Tokyo"},
        {"country": "FR", "time_zone": "America/New_York"}, {"stated": "US-MA", "time_zone": "Etc/GMT-8"},
        {"account": "KR", "time_zone": "Europe/Paris"},
        {"stated": "US-MA", "account": "US-CA", "time_zone": "America/Los_Angeles"},
    ],
)  # fmt: skip
def test_a_stated_zone_that_no_address_has_is_held(evidence: dict[str, Any]) -> None:
    """Both stay candidates, and a person decides."""
    found = where(**evidence)
    assert "place.no_zone_in_common" == found.held
    assert "zone_conflict" in found.warnings
    assert {"stated", "address"} == set(found.zones)


def test_a_stated_zone_that_one_of_two_addresses_has_is_warned_of() -> None:
    """It is what they have in common."""
    found = where(stated="US-MA", postal_code="90001", time_zone="America/New_York")
    assert (("place_conflict", "zone_conflict"), None) == (found.warnings, found.held)


@pytest.mark.parametrize(
    "further",
    [
        {}, {"phones": (BOSTON,)}, {"stated": "US-MA"}, {"time_zone": "UTC"}, {"account": "US-CA"},
        {"stated": "US", "phones": (LOS_ANGELES,), "account": "US"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("code", ["09012", "34012", "96205", "96601", "09901"])
def test_mail_to_the_forces_says_no_zone(code: str, further: dict[str, Any]) -> None:
    """What lies at home says nothing about somebody who is abroad."""
    found = where(country="US", postal_code=code, **further)
    assert "place.military" == found.held
    assert "place_unknown" in found.warnings
    assert {} == dict(found.zones)
    assert ("US", "postal_code") in found.pointers


def test_nothing_known_is_said() -> None:
    """No place, no zone, a warning."""
    assert NOWHERE == where()
    assert ("place_unknown",) == where(phones=("+18005550101",)).warnings

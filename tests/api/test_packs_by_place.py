"""A notice binds the packs of the place that its evidence points to: a country, a part of it by its postal
code."""

from __future__ import annotations

from typing import Any

import pytest

PLACES = [
    ("pe-29571", "PE", "15001"),
    ("ec-lodc", "EC", "170150"),
    ("ro-oug52", "RO", "010011"),
    ("kz-62vi", "KZ", "050000"),
    ("ua-1734", "UA", "01001"),
    ("sa-sama", "SA", "11564"),
    ("sa-sama-2010", "SA", "21442"),
    ("gb-conc7", "GB", "SW1A 1AA"),
    ("pk-bprd13", "PK", "75500"),
    ("cn-cba-2026", "CN", "100005"),
    ("eu-ccd2", "DE", "10115"),
    ("eu-ccd2", "FR", "75002"),
    ("eu-ccd2", "RE", "97400"),
    ("us-mi-445-339", "US", "48226"),
    ("us-la-9-3562", "US", "70112"),
    ("us-ri-19-14.9", "US", "02903"),
    ("us-pa-2270", "US", "19103-1234"),
    ("us-or-646.639", "US", "97204"),
    ("ca-ab-cdr", "CA", "T5J 0A1"),
    ("ca-bc", "CA", "V6B 1A1"),
    ("ca-mb", "CA", "R3C 0V8"),
    ("ca-sk", "CA", "S4P 3Y2"),
    ("ca-ns", "CA", "B3J 1S9"),
]
"""The pack, and a city's address: Lima, Quito, Bucharest, Almaty, Kyiv, Riyadh, Jeddah, London, Karachi,
Beijing, Berlin, Paris, Saint-Denis, Detroit, New Orleans, Providence, Philadelphia, Portland, Edmonton,
Vancouver, Winnipeg, Regina, Halifax."""


def at_place(notice: dict[str, Any], **place: str) -> dict[str, Any]:
    """A third party's e-mail to a borrower of whose place nothing but this is known; the debt says nothing of
    one."""
    unknown = {"country": None, "postal_code": None, "jurisdiction": None, "time_zone": None}
    borrower = {**notice["borrower"], **unknown, **place, "addresses": {"email": "ana@example.com"}}
    return {
        **notice,
        "borrower": borrower,
        "debt": {**notice["debt"], "jurisdiction": None},
        "sender_role": "third_party",
        "channels": ["email"],
        "not_before": None,
    }


async def bound_by(api: Any, wanted: dict[str, Any]) -> dict[str, set[tuple[str, str]]]:
    """The policies that a preview of the notice was judged by beside the strict house policy: of each, the
    places and evidence that bind it."""
    answer = await api.client.post("/v1/notices/preview", json=wanted)
    assert 200 == answer.status_code, answer.text
    (channel,) = answer.json()["channels"]
    assert "house-strict" in {one.partition("@")[0] for one in channel["policies"]}
    found: dict[str, set[tuple[str, str]]] = {}
    for one in channel["bound_by"]:
        found.setdefault(one["policy"].partition("@")[0], set()).add((one["place"], one["evidence"]))
    return found


@pytest.mark.parametrize(("pack", "country", "postal_code"), PLACES)
async def test_a_pack_binds_by_an_address(
    api: Any, notice: dict[str, Any], pack: str, country: str, postal_code: str
) -> None:
    """Country and postal code alone, with no statement: the pack binds by one of them, and packs of no other
    new place do."""
    found = await bound_by(api, at_place(notice, country=country, postal_code=postal_code))
    assert {"postal_code", "country"} & {evidence for _, evidence in found[pack]}
    others = {name for name, other, _ in PLACES if other != country and name != "eu-ccd2"}
    assert set() == others & set(found)


@pytest.mark.parametrize(("pack", "country", "postal_code"), PLACES)
async def test_a_pack_of_a_part_binds_by_the_part(
    api: Any, notice: dict[str, Any], pack: str, country: str, postal_code: str
) -> None:
    """A postal code names the state or province, and no pack of another part binds."""
    found = await bound_by(api, at_place(notice, country=country, postal_code=postal_code))
    parts = {
        name for name, other, _ in PLACES if other == country and name.count("-") and country in {"US", "CA"}
    }
    assert {pack} & parts == parts & set(found)


async def test_no_place_is_bound_by_the_house_pack_of_unknown_places(
    api: Any, notice: dict[str, Any]
) -> None:
    """It has no jurisdiction: wherever a place is known, it is not asked; where none is, it stands beside the
    strict house policy."""
    for _, country, postal_code in PLACES:
        found = await bound_by(api, at_place(notice, country=country, postal_code=postal_code))
        assert "house-unknown" not in found
    assert {"house-unknown"} == set(await bound_by(api, at_place(notice)))

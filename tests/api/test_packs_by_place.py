"""A notice binds the packs of the place that its evidence points to: a country, a part of it by its postal code."""

from __future__ import annotations

from typing import Any

import pytest

PLACES = [
    ("pe-29571", "PE", "15001", "PE", "America/Lima"),
    ("ec-lodc", "EC", "170150", "EC", "America/Guayaquil"),
    ("ro-oug52", "RO", "010011", "RO", "Europe/Bucharest"),
    ("kz-62vi", "KZ", "050000", "KZ", "Asia/Almaty"),
    ("ua-1734", "UA", "01001", "UA", "Europe/Kyiv"),
    ("sa-sama", "SA", "11564", "SA", "Asia/Riyadh"),
    ("sa-sama-2010", "SA", "21442", "SA", "Asia/Riyadh"),
    ("gb-conc7", "GB", "SW1A 1AA", "GB", "Europe/London"),
    ("pk-bprd13", "PK", "75500", "PK", "Asia/Karachi"),
    ("cn-cba-2026", "CN", "100005", "CN", "Asia/Shanghai"),
    ("eu-ccd2", "DE", "10115", "DE", "Europe/Berlin"),
    ("eu-ccd2", "FR", "75002", "FR", "Europe/Paris"),
    ("eu-ccd2", "RE", "97400", "RE", "Indian/Reunion"),
    ("us-mi-445-339", "US", "48226", "US", "America/Detroit"),
    ("us-la-9-3562", "US", "70112", "US", "America/Chicago"),
    ("us-ri-19-14.9", "US", "02903", "US", "America/New_York"),
    ("us-pa-2270", "US", "19103-1234", "US", "America/New_York"),
    ("us-or-646.639", "US", "97204", "US", "America/Los_Angeles"),
    ("ca-ab-cdr", "CA", "T5J 0A1", "CA", "America/Edmonton"),
    ("ca-bc", "CA", "V6B 1A1", "CA", "America/Vancouver"),
    ("ca-mb", "CA", "R3C 0V8", "CA", "America/Winnipeg"),
    ("ca-sk", "CA", "S4P 3Y2", "CA", "America/Regina"),
    ("ca-ns", "CA", "B3J 1S9", "CA", "America/Halifax"),
]
"""The pack, and a city's address: Lima, Quito, Bucharest, Almaty, Kyiv, Riyadh, Jeddah, London, Karachi, Beijing, Berlin, Paris,
Saint-Denis, Detroit, New Orleans, Providence, Philadelphia, Portland, Edmonton, Vancouver, Winnipeg, Regina, Halifax."""


def at_place(
    notice: dict[str, Any], country: str, postal_code: str | None, stated: str | None, zone: str | None = None
) -> dict[str, Any]:
    """A third party's notice to a borrower there, whose debt says nothing of a place."""
    placed = {
        "country": country,
        "postal_code": postal_code,
        "jurisdiction": stated,
        "time_zone": zone,
        "addresses": {"email": "ana@example.com"},
    }
    borrower = {**notice["borrower"], **placed}
    debt = {**notice["debt"], "jurisdiction": None}
    return {
        **notice,
        "borrower": borrower,
        "debt": debt,
        "sender_role": "third_party",
        "channels": ["email"],
        "not_before": None,
    }


async def policies_at(api: Any, wanted: dict[str, Any]) -> list[str]:
    """The names of the policies that a preview of the notice was judged by."""
    answer = await api.client.post("/v1/notices/preview", json=wanted)
    assert 200 == answer.status_code, answer.text
    (channel,) = answer.json()["channels"]
    return [one.partition("@")[0] for one in channel["policies"]]


@pytest.mark.parametrize(("pack", "country", "postal_code", "stated", "zone"), PLACES)
async def test_a_pack_binds_by_an_address(
    api: Any, notice: dict[str, Any], pack: str, country: str, postal_code: str, stated: str, zone: str
) -> None:
    """Beside the strict house policy; packs of no other new place with it."""
    found = await policies_at(api, at_place(notice, country, postal_code, stated, zone))
    assert pack in found
    assert "house-strict" in found
    others = {name for name, other, *_ in PLACES if other != country and name != "eu-ccd2"}
    assert set() == others & set(found)


async def test_no_place_binds_the_house_pack_of_unknown_places_by_itself(
    api: Any, notice: dict[str, Any]
) -> None:
    """It has no jurisdiction: wherever a place is known, it is not asked."""
    for _, country, postal_code, stated, zone in PLACES[:3]:
        found = await policies_at(api, at_place(notice, country, postal_code, stated, zone))
        assert "house-unknown" not in found

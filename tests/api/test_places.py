"""Places as upstream writes them: what cannot be a place is refused with its pointer, on every way in."""

from __future__ import annotations

from typing import Any

import pytest

PLACE = {"jurisdiction": None, "country": None, "postal_code": None, "time_zone": None}


def placed(notice: dict[str, Any], **place: Any) -> dict[str, Any]:
    """The notice for a borrower at that place."""
    return {
        **notice,
        "borrower": {**notice["borrower"], **PLACE, **place},
        "debt": {**notice["debt"], "jurisdiction": None},
    }


REFUSED = [
    ({"jurisdiction": "US-ZZ"}, "jurisdiction", "ISO 3166-2"), ({"jurisdiction": "CA-XX"}, "jurisdiction", "ISO 3166-2"),
    ({"jurisdiction": "DE-BX"}, "jurisdiction", "ISO 3166-2"), ({"jurisdiction": "US-NY-LI"}, "jurisdiction", "ISO 3166-2"),
    ({"jurisdiction": "MA", "country": "US"}, "jurisdiction", "US-MA?"), ({"jurisdiction": "IN", "country": "US"}, "jurisdiction", "US-IN?"),
    ({"jurisdiction": "CA", "country": "US"}, "jurisdiction", "US-CA?"), ({"jurisdiction": "DE", "country": "PR"}, "jurisdiction", "US-DE?"),
    ({"jurisdiction": "NL", "country": "CA"}, "jurisdiction", "CA-NL?"), ({"jurisdiction": "PE", "country": "BR"}, "jurisdiction", "BR-PE?"),
    ({"jurisdiction": "SA", "country": "AU"}, "jurisdiction", "AU-SA?"), ({"jurisdiction": "PQ", "country": "CA"}, "jurisdiction", "ISO 3166"),
    ({"country": "US", "postal_code": "8540"}, "postal_code", "5 or 9 digits"), ({"country": "US", "postal_code": "2108"}, "postal_code", "5 or 9 digits"),
    ({"jurisdiction": "US-MA", "postal_code": "02108-12"}, "postal_code", "5 or 9 digits"), ({"country": "US", "postal_code": "K1A 0B1"}, "postal_code", "5 or 9 digits"),
    ({"country": "PR", "postal_code": "901"}, "postal_code", "5 or 9 digits"), ({"jurisdiction": "GU", "postal_code": "9691"}, "postal_code", "5 or 9 digits"),
    ({"time_zone": "Factory"}, "time_zone", "time zone"), ({"country": "ZZ"}, "country", "ISO 3166"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "field", "says"), REFUSED)
async def test_what_cannot_be_a_place_is_refused(
    api: Any, notice: dict[str, Any], place: dict[str, Any], field: str, says: str
) -> None:
    """A notice, one of a batch, a preview and a profile: 422 with the pointer, and what was meant."""
    body = placed(notice, **place)
    profile = {name: value for name, value in body["borrower"].items() if name != "id"}
    batch = await api.client.post("/v1/notices/batch", json={"notices": [body]})
    answers = [
        ("/borrower", await api.client.post("/v1/notices", json=body)),
        ("/borrower", await api.client.post("/v1/notices/preview", json=body)),
        ("", await api.client.put("/v1/borrowers/B-1", json=profile)),
    ]
    problems = [(prefix, answer.json()) for prefix, answer in answers]
    problems.append(("/borrower", batch.json()["results"][0]["problem"]))
    for prefix, problem in problems:
        assert 422 == problem["status"], problem
        assert [f"{prefix}/{field}"] == [one["pointer"] for one in problem["errors"]]
        assert says in problem["errors"][0]["detail"]


async def test_an_accounts_place_is_refused_alike(api: Any, notice: dict[str, Any]) -> None:
    """The debt's jurisdiction is a place too; that it is another country than the borrower's is no fault."""
    refused = await api.client.post(
        "/v1/notices", json={**notice, "debt": {**notice["debt"], "jurisdiction": "US-ZZ"}}
    )
    assert (422, "/debt/jurisdiction") == (refused.status_code, refused.json()["errors"][0]["pointer"])
    taken = await api.client.post(
        "/v1/notices", json={**notice, "debt": {**notice["debt"], "jurisdiction": "DE"}}
    )
    assert 202 == taken.status_code


@pytest.mark.parametrize(
    ("expected", "place"),
    [
        ("US-PR", {"jurisdiction": "PR"}), ("US-PR", {"jurisdiction": "PR", "country": "US", "postal_code": "00901"}), ("CA-QC", {"jurisdiction": "CA-PQ"}),
        ("US-NY-NYC", {"jurisdiction": "US-NY-NYC", "country": "US", "postal_code": "100010001"}), ("US-VI", {"jurisdiction": "VI", "country": "VI"}),
        ("MA", {"jurisdiction": "MA", "country": "MA", "postal_code": "20000"}), ("DE", {"jurisdiction": "DE", "country": "FR"}),
        ("IN-OD", {"jurisdiction": "IN-OR", "country": "IN"}), (None, {"country": "US", "postal_code": "02108-1234"}), ("GB", {"jurisdiction": "GB", "postal_code": "2108"}),
    ],
)  # fmt: skip
async def test_a_place_is_kept_in_one_spelling(
    api: Any, notice: dict[str, Any], expected: str | None, place: dict[str, Any]
) -> None:
    """Territories under their country; a code that others write otherwise; two letters that are the country that is meant."""
    body = placed(notice, **place)
    assert 202 == (await api.client.post("/v1/notices", json=body)).status_code
    stored = (await api.client.get("/v1/borrowers/B-1")).json()
    assert expected == stored["jurisdiction"]

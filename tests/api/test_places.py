"""Places as upstream writes them: what cannot be a place is refused with its pointer, on every way in."""

from __future__ import annotations

from typing import Any

import pytest

from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache

PLACE = {"jurisdiction": None, "country": None, "postal_code": None, "time_zone": None}


def placed(notice: dict[str, Any], **place: Any) -> dict[str, Any]:
    """The notice for a borrower at that place."""
    return {
        **notice,
        "borrower": {**notice["borrower"], **PLACE, **place},
        "debt": {**notice["debt"], "jurisdiction": None},
    }


REFUSED = [
    ({"jurisdiction": "US-ZZ"}, "jurisdiction", "ISO 3166-2"),
    ({"jurisdiction": "CA-XX"}, "jurisdiction", "ISO 3166-2"),
    ({"jurisdiction": "DE-BX"}, "jurisdiction", "ISO 3166-2"),
    ({"jurisdiction": "US-NY-LI"}, "jurisdiction", "ISO 3166-2"),
    ({"jurisdiction": "MA", "country": "US"}, "jurisdiction", "US-MA?"),
    ({"jurisdiction": "IN", "country": "US"}, "jurisdiction", "US-IN?"),
    ({"jurisdiction": "CA", "country": "US"}, "jurisdiction", "US-CA?"),
    ({"jurisdiction": "DE", "country": "PR"}, "jurisdiction", "US-DE?"),
    ({"jurisdiction": "NL", "country": "CA"}, "jurisdiction", "CA-NL?"),
    ({"jurisdiction": "PE", "country": "BR"}, "jurisdiction", "BR-PE?"),
    ({"jurisdiction": "SA", "country": "AU"}, "jurisdiction", "AU-SA?"),
    ({"jurisdiction": "PQ", "country": "CA"}, "jurisdiction", "ISO 3166"),
    ({"country": "US", "postal_code": "8540"}, "postal_code", "5 or 9 digits"),
    ({"country": "US", "postal_code": "2108"}, "postal_code", "5 or 9 digits"),
    ({"jurisdiction": "US-MA", "postal_code": "02108-12"}, "postal_code", "5 or 9 digits"),
    ({"country": "US", "postal_code": "K1A 0B1"}, "postal_code", "5 or 9 digits"),
    ({"country": "PR", "postal_code": "901"}, "postal_code", "5 or 9 digits"),
    ({"jurisdiction": "GU", "postal_code": "9691"}, "postal_code", "5 or 9 digits"),
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
    """The debt's jurisdiction is a place too; that it is another country than the borrower's is no error."""
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
        ("US-PR", {"jurisdiction": "PR"}), ("US-PR", {"jurisdiction": "PR", "country": "US",
        "postal_code": "00901"}), ("CA-QC", {"jurisdiction": "CA-PQ"}),
        ("US-NY-NYC", {"jurisdiction": "US-NY-NYC", "country": "US", "postal_code": "100010001"}),
        ("US-VI", {"jurisdiction": "VI", "country": "VI"}),
        ("MA", {"jurisdiction": "MA", "country": "MA", "postal_code": "20000"}),
        ("DE", {"jurisdiction": "DE", "country": "FR"}),
        ("IN-OD", {"jurisdiction": "IN-OR", "country": "IN"}),
        (None, {"country": "US", "postal_code": "02108-1234"}),
        ("GB", {"jurisdiction": "GB", "postal_code": "2108"}),
    ],
)  # fmt: skip
async def test_a_place_is_kept_in_one_spelling(
    api: Any, notice: dict[str, Any], expected: str | None, place: dict[str, Any]
) -> None:
    """Territories under their country; a code that others write otherwise; two letters that are the country
    that is meant."""
    body = placed(notice, **place)
    assert 202 == (await api.client.post("/v1/notices", json=body)).status_code
    stored = (await api.client.get("/v1/borrowers/B-1")).json()
    assert expected == stored["jurisdiction"]


async def previewed(
    api: Any, notice: dict[str, Any], place: dict[str, Any], **further: Any
) -> dict[str, Any]:
    """The verdict of a preview on the first channel."""
    body = {**placed(notice, **place), "channels": ["sms"], "not_before": None, **further}
    answer = await api.client.post("/v1/notices/preview", json=body)
    assert 200 == answer.status_code, answer.text
    verdict: dict[str, Any] = answer.json()["channels"][0]
    return verdict


def why(verdict: dict[str, Any]) -> set[tuple[str, str | None, str | None]]:
    """The reasons why policies bind, by the policies' names."""
    return {(one["policy"].partition("@")[0], one["place"], one["evidence"]) for one in verdict["bound_by"]}


BOSTON = {"sms": "+16175550101"}
MAIL = {"email": "ana@example.com"}


@pytest.mark.parametrize(
    ("expected", "place"),
    [
        ({("us-tcpa", "US", "postal_code"), ("us-ca-1788.17", "US-CA", "postal_code"),
        ("us-tcpa", "US", "country")}, {"country": "US", "postal_code": "90001"}),
        ({("us-tcpa", "US", "phone"), ("us-ma-940cmr7", "US-MA", "phone")}, {"addresses": BOSTON}),
        ({("us-tcpa", "US", "country"), ("us-nyc-5-77", "US-NY-NYC", "country"),
        ("us-wv-46a-2-125", "US-WV", "country")}, {"country": "US", "addresses": BOSTON}),
        ({("us-nyc-5-77", "US-NY-NYC", "postal_code")}, {"country": "US", "postal_code": "11201"}),
        ({("us-nyc-5-77", "US-NY-NYC", "stated")}, {"jurisdiction": "US-NY-NYC"}),
        ({("us-tcpa", "US", "stated")}, {"jurisdiction": "PR"}),
        ({("us-tcpa", "US", "country")}, {"country": "GU", "postal_code": "96910"}),
        ({("ca-qc-p2.2", "CA-QC", "stated"), ("ca-fcac", "CA", "stated")}, {"jurisdiction": "CA-PQ"}),
        ({("us-ma-940cmr7", "US-MA", "stated"), ("us-nyc-5-77", "US-NY-NYC", "postal_code")},
        {"jurisdiction": "US-MA", "country": "US", "postal_code": "10001"}),
        ({("house-unknown", None, None)}, {"addresses": {"sms": "+15005550123"}}),
    ],
)  # fmt: skip
async def test_a_verdict_says_which_law_binds_by_which_evidence(
    api: Any, notice: dict[str, Any], expected: set[Any], place: dict[str, Any]
) -> None:
    """Every place that evidence points to, whatever field it stands in; a telephone where nothing else is
    known."""
    verdict = await previewed(api, notice, place)
    assert expected <= why(verdict)
    assert {one["policy"] for one in verdict["bound_by"]} <= set(verdict["policies"])


@pytest.mark.parametrize(
    ("warning", "verdict", "place"),
    [
        ("place_conflict", None, {"jurisdiction": "US-MA", "country": "US", "postal_code": "10001"}),
        ("place_conflict", None, {"jurisdiction": "DE", "country": "FR"}),
        ("zone_conflict", "hold", {"jurisdiction": "US-MA", "time_zone": "Asia/Tokyo"}),
        ("zone_conflict", "hold", {"country": "US", "postal_code": "02108", "time_zone": "Etc/GMT-9"}),
        ("place_unknown", "hold", {"country": "US", "postal_code": "09012"}),
        ("place_unknown", "hold", {"country": "US", "postal_code": "96205", "time_zone": "UTC"}),
        ("place_unknown", "hold", {"country": "US", "postal_code": "34012", "jurisdiction": "US-CA"}),
        ("place_unknown", "hold", {"addresses": {"sms": "+15005550123"}}),
    ],
)  # fmt: skip
async def test_what_evidence_does_not_agree_on_is_warned_of(
    api: Any, notice: dict[str, Any], warning: str, verdict: str | None, place: dict[str, Any]
) -> None:
    """And held where nobody can tell the local hour; the finding says why."""
    found = await previewed(api, notice, place, category="collection")
    assert warning in found["warnings"]
    assert verdict in {None, found["verdict"], {"suppress": "hold"}.get(found["verdict"])}
    if verdict is not None:
        assert any("person must decide" in one["reason"] for one in found["findings"])


@pytest.mark.parametrize(
    ("place", "opens"),
    [
        ({"country": "US", "postal_code": "96960", "addresses": {"sms": "+6925" + "550101"}}, 20),
        ({"country": "US", "postal_code": "96799"}, 19),
        ({"country": "FR", "postal_code": "97100", "addresses": {"sms": "+33639" + "981234"}}, 12),
        ({"jurisdiction": "US-MA", "postal_code": "02108", "time_zone": "UTC"}, 13),
    ],
)  # fmt: skip
async def test_the_clock_is_the_places_own(
    api: Any, notice: dict[str, Any], place: dict[str, Any], opens: int
) -> None:
    """The first hour of UTC by day in Majuro, Pago Pago, Guadeloupe, and in Boston where a system wrote UTC
    because it knew no zone."""
    for hour, by_night in ((opens, False), (opens - 1, True)):
        at = f"2026-12-02T{hour:02d}:30:00Z"
        verdict = await previewed(api, notice, place, not_before=at, expires_at=None)
        assert by_night is ("quiet-hours" in {one["rule"] for one in verdict["findings"]}), verdict[
            "findings"
        ]


async def test_a_decision_keeps_why_its_policies_bound(api: Any, notice: dict[str, Any]) -> None:
    """The delivery, the log's detail and the timeline say the same as the preview."""
    body = placed(notice, country="US", postal_code="90001")
    body = {
        **{k: v for k, v in body.items() if k not in {"not_before", "expires_at", "wait"}},
        "channels": ["email"],
        "fan_out": "all",
    }
    id_ = (await api.client.post("/v1/notices", json=body)).json()["id"]
    await claim_and_decide(api.cell_of(), ZoneCache(), limit=5, adapters={"email": "x"}, lease_seconds=30)
    delivery = (await api.client.get(f"/v1/notices/{id_}")).json()["deliveries"][0]
    entry = (await api.client.get("/v1/log", params={"kind": "decision"})).json()["items"][0]
    timeline = (await api.client.get("/v1/borrowers/B-1/timeline")).json()["channels"][0]
    expected = {
        ("us-tcpa", "US", "postal_code"),
        ("us-ca-1788.17", "US-CA", "postal_code"),
        ("us-tcpa", "US", "country"),
    }
    for shown in (delivery["verdict"], entry["detail"]["verdict"], timeline):
        assert expected == why(shown)


@pytest.mark.parametrize(
    ("warnings", "zones"),
    [
        (["place_unknown"], {}), (["zone_conflict"], {"stated": ["America/New_York"],
        "address": ["Asia/Tokyo"]}),
        ([], {"stated": ["US/Eastern"], "address": ["America/New_York"]}),
        ([], {"phone": ["America/New_York"]}),
    ],
)  # fmt: skip
async def test_a_question_is_warned_of_its_zones(
    api: Any, warnings: list[str], zones: dict[str, list[str]]
) -> None:
    """It states zones, and no evidence of place."""
    question = {
        "policies": ["house-strict"],
        "borrower": {"zones_by_source": zones},
        "proposed": {"at": "2026-12-02T15:00:00Z", "channel": "email"},
    }
    answer = (await api.client.post("/v1/evaluate", json=question)).json()
    assert (warnings, []) == (answer["warnings"], answer["bound_by"])

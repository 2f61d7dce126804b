"""Speech by a machine is what the law takes it for, wherever it is asked about, counted and shown."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

NUMBER = "+12025550101"


def to(borrower: Mapping[str, Any], voice: Any, **further: Any) -> dict[str, Any]:
    """The borrower with one telephone alone."""
    texas = {"jurisdiction": "US-TX", "postal_code": "73301", "time_zone": "America/Chicago"}
    return {**borrower, **texas, "addresses": {"voice": voice}} | further


@pytest.mark.parametrize(
    ("role", "kind", "source", "consents", "verdict"),
    [
        ("third_party", "mobile", None, [], "suppress"),
        ("third_party", None, None, [], "suppress"),
        ("third_party", "work_phone", None, [], "suppress"),
        ("third_party", "mobile", "skip_trace", [], "suppress"),
        ("third_party", "mobile", None, ["voice"], "suppress"),
        ("third_party", "mobile", None, ["sms"], "suppress"),
        ("third_party", "mobile", None, ["voice_prerecorded"], "allow"),
        ("third_party", "mobile", None, ["any"], "allow"),
        ("third_party", "mobile", "given_to_creditor", [], "allow"),
        ("original_creditor", "mobile", "given_by_borrower", [], "allow"),
        ("debt_buyer", "mobile", "given_to_creditor", [], "suppress"),
        ("third_party", "home_landline", None, [], "allow"),
    ],
)
async def test_a_call_by_a_machine_needs_the_consent_that_the_law_asks_for(
    bench: Any,
    plain: dict[str, Any],
    role: str,
    kind: str | None,
    source: str | None,
    consents: list[str],
    verdict: str,
) -> None:
    """47 CFR 64.1200(a)(1)(iii): in preview and in dispatch alike; a number of which nobody knows the kind
    counts as a mobile."""
    bench.api.runtime.in_force.names = ("us-tcpa", "house-8-21")
    voice = (
        NUMBER
        if kind is source is None
        else {"address": NUMBER, "kind": kind or "unknown", "source": source or "unknown"}
    )
    given = [{"channel": one, "at": "2026-01-05T10:00:00Z"} for one in consents]
    notice = {
        **plain,
        "sender_role": role,
        "channels": ["voice"],
        "borrower": to(plain["borrower"], voice, consents=given),
    }
    id_ = await bench.accept(notice, "voice")
    preview = (await bench.api.client.post("/v1/notices/preview", json=notice)).json()["channels"][0]
    assert {verdict: 1} == dict((await bench.decide()).verdicts)
    decided = (await bench.read(id_))["voice"]
    assert verdict == preview["verdict"] == decided["verdict"]["verdict"]
    assert "voice_prerecorded" == preview["judged_as"] == decided["verdict"]["judged_as"]


async def test_a_call_by_a_person_needs_no_consent_of_that_law(bench: Any, plain: dict[str, Any]) -> None:
    """Where the adapter declares that a person speaks."""
    bench.api.runtime.in_force.names = ("us-tcpa", "house-8-21")
    bench.api.runtime.media["voice"] = "voice"
    id_ = await bench.accept(
        {**plain, "sender_role": "third_party", "borrower": to(plain["borrower"], NUMBER)}, "voice"
    )
    assert {"allow": 1} == dict((await bench.decide()).verdicts)
    assert "voice" == (await bench.read(id_))["voice"]["verdict"]["judged_as"]


async def test_calls_of_the_past_count_as_what_they_were(bench: Any, plain: dict[str, Any]) -> None:
    """Three calls by a machine to a residential line fill thirty dates (47 CFR 64.1200(a)(3)(iii)), and a
    fourth waits."""
    bench.api.runtime.in_force.names = ("us-tcpa", "house-8-21")
    voice = {"address": NUMBER, "kind": "home_landline", "source": "skip_trace"}
    notice = {**plain, "sender_role": "third_party", "borrower": to(plain["borrower"], voice)}
    for number in range(4):
        id_ = await bench.accept(
            {**notice, "expires_at": "2027-02-01T00:00:00Z"}, "voice", reference=f"call {number}"
        )
        await bench.work()
        bench.api.clock.move(timedelta(hours=25))
    state = (await bench.read(id_))["voice"]
    assert "deferred" == state["state"]
    assert ["landline-three-in-thirty"] == [one["rule"] for one in state["verdict"]["findings"]]
    facts = (await bench.api.client.get("/v1/log", params={"kind": "decision"})).json()["items"][0]["detail"][
        "facts"
    ]
    called = [(one["channel"], one["address_kind"]) for one in facts["events"] if one["type"] == "contact"]
    assert [("voice_prerecorded", "home_landline")] * 3 == called


@pytest.mark.parametrize("rule", ["cap", "min_gap"])
@pytest.mark.parametrize("by", ["person", "machine"])
async def test_caps_and_gaps_that_count_calls_count_both(
    bench: Any, plain: dict[str, Any], rule: str, by: str
) -> None:
    """A call that an agent reported and a call by our machine fill the same window."""
    from policies.policy import parse_policy_document

    kinds = {
        "cap": {"kind": "cap", "limit": 1, "window": {"consecutive_dates": 7},
        "count": {"channels": ["voice", "voice_prerecorded", "ringless_vm"]}},
        "min_gap": {"kind": "min_gap", "dates": 7},
    }  # fmt: skip
    policy = parse_policy_document(
        {
            "name": "one-call", "title": "One call", "citation": "house", "force": "house",
            "verified_on": "2026-11-01", "confidence": "low",
            "rules": [{"id": "one", "citation": "house", **kinds[rule]}],
        }
    )  # fmt: skip
    bench.api.runtime.in_force.shipped_policies = {"one-call": policy}
    bench.api.runtime.in_force.names = ("one-call",)
    await bench.accept(
        {**plain, "expires_at": "2027-02-01T00:00:00Z"}, "email" if by == "person" else "voice"
    )
    if by == "person":
        await bench.event("contact", channel="voice", direction="out", outcome="rang_no_answer")
    else:
        await bench.work()
    bench.api.clock.move(timedelta(hours=1))
    later = await bench.accept({**plain, "expires_at": "2027-02-01T00:00:00Z"}, "voice", reference="later")
    await bench.decide()
    assert "deferred" == (await bench.read(later))["voice"]["state"]


async def test_a_call_that_the_borrower_asked_for_is_one(bench: Any, plain: dict[str, Any]) -> None:
    """A notice that answers a message which asked for a call: `requested_callback`, once."""
    bench.api.runtime.in_force.names = ("tiered-care", "house-8-21")
    await bench.accept(plain, "email", reference="first")
    await bench.work()
    await bench.event("inbound", channel="sms", ref="m-1", words="please call me", requested_by_consumer=True)
    bench.api.clock.move(timedelta(minutes=5))
    for number, (answers, state) in enumerate(
        [(None, "suppressed"), ("m-2", "suppressed"), ("m-1", "accepted"), ("m-1", "suppressed")]
    ):
        further = {} if answers is None else {"in_response_to": answers}
        id_ = await bench.accept(plain, "voice", reference=f"call {number}", **further)
        await bench.work()
        assert {"voice": state} == await bench.states(id_), number


async def test_what_is_known_of_an_address_is_kept_and_shown(bench: Any, plain: dict[str, Any]) -> None:
    """Kind and source of each address; a bare one stays bare, and what is said anew replaces what was
    said."""
    addresses = {
        "sms": {"address": NUMBER, "kind": "mobile", "source": "given_by_borrower"},
        "voice": {"address": "+12025550102", "kind": "work_phone"},
        "email": "ana@example.com",
    }
    profile = {key: value for key, value in plain["borrower"].items() if key not in {"id", "consents"}}
    answer = await bench.api.client.put("/v1/borrowers/B-1", json={**profile, "addresses": addresses})
    assert 201 == answer.status_code
    wanted = {**addresses, "voice": {"address": "+12025550102", "kind": "work_phone", "source": "unknown"}}
    shown = (await bench.api.client.get("/v1/borrowers/B-1")).json()["addresses"]
    assert wanted == {channel: shown[channel] for channel in wanted}
    bare = {**addresses, "sms": {"address": NUMBER, "kind": "unknown", "source": "unknown"}}
    await bench.api.client.put("/v1/borrowers/B-1", json={**profile, "addresses": bare})
    shown = (await bench.api.client.get("/v1/borrowers/B-1")).json()["addresses"]
    assert NUMBER == shown["sms"]


@pytest.mark.parametrize(
    ("channel", "value", "pointer"),
    [
        ("sms", "12025550101", "/addresses/sms"),
        ("sms", {"address": "12025550101"}, "/addresses/sms/address"),
        ("sms", {"address": NUMBER, "kind": "work_email"}, "/addresses/sms/kind"),
        ("email", {"address": "ana@example.com", "kind": "mobile"}, "/addresses/email/kind"),
        ("voice", {"address": NUMBER, "source": "guessed"}, "/addresses/voice/source"),
        ("voice", {"kind": "mobile"}, "/addresses/voice/address"),
        ("voice", {"address": NUMBER, "colour": "blue"}, "/addresses/voice/colour"),
        ("voice", [NUMBER], "/addresses/voice"),
        ("email", 7, "/addresses/email"),
    ],
)
async def test_an_address_that_is_none_is_refused_by_its_place(
    api: Any, plain: dict[str, Any], channel: str, value: Any, pointer: str
) -> None:
    """Whichever of the two forms it has."""
    profile = {key: one for key, one in plain["borrower"].items() if key not in {"id", "consents"}}
    answer = await api.client.put("/v1/borrowers/B-1", json={**profile, "addresses": {channel: value}})
    assert 422 == answer.status_code
    assert [pointer] == [one["pointer"] for one in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("kind", "verdict"), [("work_phone", "suppress"), ("mobile", "allow"), (None, "allow")]
)
async def test_an_employer_who_forbids_it_bars_the_telephone_at_work(
    bench: Any, plain: dict[str, Any], kind: str | None, verdict: str
) -> None:
    """12 CFR 1006.6(b)(3); a number of which nobody knows the kind counts as work for nobody."""
    bench.api.runtime.in_force.names = ("us-reg-f",)
    sms = NUMBER if kind is None else {"address": NUMBER, "kind": kind}
    borrower = {**plain["borrower"], "addresses": {"sms": sms}}
    await bench.accept({**plain, "borrower": borrower, "sender_role": "third_party"}, "sms")
    await bench.event("employer_prohibits")
    assert {verdict: 1} == dict((await bench.decide()).verdicts)


async def test_the_migration_relabels_the_calls_of_the_past(bench: Any, plain: dict[str, Any]) -> None:
    """Every call that an adapter placed was spoken by a machine; texts and mails stay what they are."""
    for channel in ("sms", "voice", "email"):
        await bench.accept(plain, channel, reference=channel)
    await bench.work()
    migration = importlib.import_module("service.store.migrations.versions.0016_medium_of_attempts")
    async with bench.api.runtime.database.connection() as connection:
        undone = connection.transaction()
        await undone.start()
        await connection.execute(
            "ALTER TABLE attempts DROP COLUMN medium, DROP COLUMN address_kind, DROP COLUMN "
            "in_response_to, DROP COLUMN requested"
        )
        for statement in migration.UP:
            await connection.execute(statement)
        found = await connection.fetch("SELECT channel, medium FROM attempts ORDER BY channel")
        await undone.rollback()
    assert {"email": "email", "sms": "sms", "voice": "voice_prerecorded"} == dict(map(tuple, found))

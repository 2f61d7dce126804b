"""Simulation: real decisions, made by a worker on a real store, taken again as if another policy had been in
force."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml

from policies.policy import parse_policy
from service.dispatch.what_if import simulate
from service.log.decisions import Gone
from service.log.sequence import sequence_once
from service.packs import pack_texts
from tests.face import NOON

YAML = {"Content-Type": "application/yaml"}
RANGE = {"from": "2026-11-24T00:00:00Z", "to": "2026-12-01T00:00:00Z"}


def changed_house(**rules: dict[str, Any]) -> str:
    """The strict house pack with other fields in some rules, and without its worked cases."""
    document = parse_policy(pack_texts()["house-strict"]).document.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude={"cases"}
    )
    for rule in document["rules"]:
        rule.update(rules.get(rule["id"].replace("-", "_"), {}))
    document["version"] = "2"
    return str(yaml.safe_dump(document))


async def drafted(bench: Any, text: str, name: str = "house-strict") -> int:
    """A draft; its version."""
    answer = await bench.api.client.put(f"/v1/policies/{name}", content=text, headers=YAML)
    assert 201 == answer.status_code, answer.text
    version: int = answer.json()["version"]
    return version


async def simulated(bench: Any, version: int, name: str = "house-strict", **body: Any) -> dict[str, Any]:
    """The answer on a version."""
    answer = await bench.api.client.post(
        f"/v1/policies/{name}/versions/{version}/simulate", json={**RANGE, **body}
    )
    assert 200 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def dispatched(bench: Any, plain: dict[str, Any], borrowers: int = 3, notices: int = 1) -> None:
    """A notice or several to each of some borrowers, decided and handed over."""
    for number in range(borrowers):
        body = {**plain, "borrower": {**plain["borrower"], "id": f"B-{number + 1}"}}
        for turn in range(notices):
            await bench.accept(body, reference=f"{number}.{turn}")
    await bench.work()


@pytest.fixture(params=["sequenced", "unsequenced", "half"])
async def history(request: pytest.FixtureRequest, bench: Any, plain: dict[str, Any]) -> Any:
    """Three borrowers with four notices each, at noon: three went, the fourth waits; sequenced, not
    sequenced, or sequenced in part."""
    if request.param == "half":
        await dispatched(bench, plain, borrowers=1, notices=4)
    else:
        await dispatched(bench, plain, notices=4)
    if request.param != "unsequenced":
        async with bench.api.runtime.database.connection() as connection:
            await sequence_once(connection, bench.api.runtime.vault)
    if request.param == "half":
        await dispatched(bench, plain, notices=4)  # the first borrower's are full now, and wait
    return bench


async def test_what_went_at_noon_would_have_waited_for_the_afternoon(
    bench: Any, plain: dict[str, Any]
) -> None:
    """How many, how long, and that none would have gone that was stopped."""
    await dispatched(bench, plain)
    version = await drafted(bench, changed_house(quiet_hours={"hours": {"daily": "15:00-21:00"}}))
    found = await simulated(bench, version)
    assert (
        "These 3 deliveries would have waited, on average 3 h; none would have gone that was stopped."
        == found["sentence"]
    )
    assert [
        {
            "effect": "waits",
            "from": "allow",
            "to": "defer",
            "decisions": 3,
            "deliveries": 3,
            "average_wait_hours": 3.0,
        }
    ] == found["changes"]
    assert {"total": 3, "judged": 3, "bound": 3, "changed": 3, "judged_by_other_text": 0} == {
        name: number for name, number in found["decisions"].items() if name != "not_judged"
    }
    shown = found["deliveries"]["items"]
    assert (3, 3) == (found["deliveries"]["total"], len(shown))
    assert {("allow", "defer", "2026-11-24T20:00:00Z")} == {
        (one["from"]["verdict"], one["to"]["verdict"], one["to"]["until"]) for one in shown
    }
    assert "outside the permitted hours 15:00-21:00" in shown[0]["to"]["reason"]
    assert shown[0]["notice"] in {
        one["id"] for one in (await bench.api.client.get("/v1/notices")).json()["items"]
    }


async def test_a_cap_of_one_is_felt_by_all_but_the_first(history: Any) -> None:
    """Sequenced or not: each decision once, on the facts of then; what was deferred by the cap of three waits
    on as long."""
    version = await drafted(history, changed_house(three_in_seven={"limit": 1}))
    found = await simulated(history, version)
    decisions = found["decisions"]
    logged = (await history.api.client.get("/v1/log", params={"kind": "decision", "limit": 1000})).json()[
        "items"
    ]
    assert len(logged) == decisions["total"] == decisions["judged"]
    assert 6 == decisions["changed"]
    assert (
        "These 6 deliveries would have waited, on average 164 h; none would have gone that was stopped."
        == found["sentence"]
    )


async def test_the_version_that_bound_changes_nothing(history: Any) -> None:
    """0 is what ships; every decision comes out as it is logged."""
    found = await simulated(history, 0)
    assert found["sentence"].startswith("Nothing would have changed: all ")
    assert ([], 0) == (found["changes"], found["deliveries"]["total"])


async def test_a_laxer_version_shows_what_would_have_gone(bench: Any, plain: dict[str, Any]) -> None:
    """Deferred by the cap: with a cap of nine the fourth goes at once. Stopped by an opt-out: without that
    rule it goes."""
    await dispatched(bench, plain, borrowers=1, notices=4)
    await bench.event("opt_out", channel="sms", borrower="B-1")
    await bench.accept(plain, reference="late")
    await bench.work()
    document = yaml.safe_load(changed_house(three_in_seven={"limit": 9}))
    document["rules"] = [rule for rule in document["rules"] if rule["id"] != "opt-out"]
    found = await simulated(bench, await drafted(bench, yaml.safe_dump(document)))
    effects = {one["effect"]: (one["from"], one["to"], one["deliveries"]) for one in found["changes"]}
    assert {"waits_less": ("defer", "allow", 1), "goes": ("suppress", "allow", 1)} == effects
    assert found["sentence"].endswith("this 1 delivery would have gone that was stopped.")
    assert "would have waited less, by " in found["sentence"]


async def test_facts_that_are_gone_are_counted_and_said(bench: Any, plain: dict[str, Any]) -> None:
    """An erased borrower's decisions cannot be taken again, and nobody guesses."""
    await dispatched(bench, plain)
    assert (await bench.api.client.post("/v1/borrowers/B-1/erase")).is_success
    found = await simulated(
        bench, await drafted(bench, changed_house(quiet_hours={"hours": {"daily": "15:00-21:00"}}))
    )
    assert {"facts_erased": 1, "facts_unreadable": 0, "policy_gone": 0} == found["decisions"]["not_judged"]
    assert found["sentence"].endswith("Not judged: 1 because the facts were erased with the borrower.")
    assert 2 == found["deliveries"]["total"]


async def test_only_decisions_of_the_range_are_taken_again(bench: Any, plain: dict[str, Any]) -> None:
    """Half-open: from on, before to; nothing of it is no error."""
    await dispatched(bench, plain, borrowers=1)
    at = NOON.isoformat()
    version = await drafted(bench, changed_house(quiet_hours={"hours": {"daily": "15:00-21:00"}}))
    later, before = (NOON + timedelta(seconds=1)).isoformat(), (NOON - timedelta(days=9)).isoformat()
    assert 1 == (await simulated(bench, version, **{"from": at, "to": later}))["decisions"]["total"]
    for begin, end in ((before, at), (later, (NOON + timedelta(days=900)).isoformat())):
        found = await simulated(bench, version, **{"from": begin, "to": end})
        assert (0, "No decision of this time can be taken again.") == (
            found["decisions"]["total"],
            found["sentence"],
        )


async def test_a_new_policy_binds_where_its_jurisdiction_is_the_accounts(
    bench: Any, plain: dict[str, Any]
) -> None:
    """The entry knows the account's jurisdiction; where a version matches nobody, the answer says so."""
    plain["debt"]["jurisdiction"] = "NL"
    await dispatched(bench, plain, borrowers=1)
    document = yaml.safe_load(changed_house(quiet_hours={"hours": {"daily": "15:00-21:00"}}))
    document |= {"name": "dutch", "match": {"jurisdictions": ["NL"]}}
    found = await simulated(bench, await drafted(bench, yaml.safe_dump(document), "dutch"), "dutch")
    assert (1, 1) == (found["decisions"]["bound"], found["deliveries"]["total"])
    document["match"] = {"jurisdictions": ["BE"]}
    found = await simulated(bench, await drafted(bench, yaml.safe_dump(document), "dutch"), "dutch")
    assert found["sentence"].endswith("This version would have bound none of them.")
    bench.api.runtime.in_force.names = ("house-strict", "dutch")
    assert 1 == (await simulated(bench, 2, "dutch"))["decisions"]["bound"]


async def test_the_list_is_bounded_and_its_total_is_not(bench: Any, plain: dict[str, Any]) -> None:
    """As many as were asked for are listed."""
    await dispatched(bench, plain, borrowers=3)
    found = await simulated(
        bench, await drafted(bench, changed_house(quiet_hours={"hours": {"daily": "15:00-21:00"}})), limit=2
    )
    assert (3, 2, 2) == (
        found["deliveries"]["total"],
        found["deliveries"]["shown"],
        len(found["deliveries"]["items"]),
    )


async def test_a_simulation_is_an_entry_of_the_log(bench: Any, plain: dict[str, Any]) -> None:
    """Who simulated what, over which time; nothing about a person."""
    await dispatched(bench, plain, borrowers=1)
    ops = await bench.api.key("ops")
    version = await drafted(bench, changed_house(three_in_seven={"limit": 1}))
    answer = await bench.api.client.post(
        f"/v1/policies/house-strict/versions/{version}/simulate", json=RANGE, headers=ops
    )
    assert 200 == answer.status_code
    entry = (await bench.api.client.get("/v1/log", params={"kind": "policy.simulated"})).json()["items"][0]
    assert entry["actor"].startswith("key:")
    assert (1, 0, answer.json()["digest"]) == (
        entry["public"]["decisions"],
        entry["public"]["changed"],
        entry["public"]["digest"],
    )
    assert entry["borrower"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"from": "2026-11-24T00:00:00Z", "to": "2026-11-23T00:00:00Z"}, "/to"),
        ({"from": "2026-11-24T00:00:00Z", "to": "2026-11-24T00:00:00Z"}, "/to"),
        ({"from": "2026-11-24", "to": "2026-11-25T00:00:00Z"}, "/from"),
        ({"from": "2026-11-24T00:00:00", "to": "2026-11-25T00:00:00Z"}, "/from"),
        ({"from": "0000-00-00T00:00:00Z", "to": "2026-11-25T00:00:00Z"}, "/from"),
        ({"from": 0, "to": "2026-11-25T00:00:00Z"}, "/from"),
        ({"from": None, "to": "2026-11-25T00:00:00Z"}, "/from"),
        ({"to": "2026-11-25T00:00:00Z"}, "/from"),
        ({"from": "2026-11-24T00:00:00Z"}, "/to"),
        ({**RANGE, "limit": 0}, "/limit"),
        ({**RANGE, "limit": 1001}, "/limit"),
        ({**RANGE, "everything": True}, "/everything"),
        ([], ""),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_with_its_place(
    bench: Any, body: Any, pointer: str
) -> None:
    """And nothing is simulated or logged."""
    answer = await bench.api.client.post("/v1/policies/house-strict/versions/0/simulate", json=body)
    assert 422 == answer.status_code, answer.text
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert [] == await bench.log(kind="policy.simulated")


@pytest.mark.parametrize(
    "span",
    [("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), ("0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00Z")],
)
async def test_the_ends_of_the_calendar_are_no_crash(bench: Any, span: tuple[str, str]) -> None:
    """An answer or a refusal."""
    answer = await bench.api.client.post(
        "/v1/policies/house-strict/versions/0/simulate", json={"from": span[0], "to": span[1]}
    )
    assert answer.status_code in {200, 422}, answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("house-strict/versions/7", 404), ("no-such/versions/1", 404), ("no-such/versions/0", 404),
        ("house-strict/versions/-1", 422),
        ("house-strict/versions/x", 422), ("house-strict/versions/99999999999", 422),
        ("..%2f/versions/1", 422),
    ],
)  # fmt: skip
async def test_a_version_that_is_not_there_is_said(bench: Any, path: str, status: int) -> None:
    """404, or 422 for what is no version."""
    assert status == (await bench.api.client.post(f"/v1/policies/{path}/simulate", json=RANGE)).status_code


async def test_a_retired_version_can_be_simulated(bench: Any, plain: dict[str, Any]) -> None:
    """To see what going back to it would mean."""
    await dispatched(bench, plain, borrowers=1)
    version = await drafted(bench, changed_house(quiet_hours={"hours": {"daily": "15:00-21:00"}}))
    why = {"reason": "not needed"}
    await bench.api.client.post(f"/v1/policies/house-strict/versions/{version}/retire", json=why)
    assert 1 == (await simulated(bench, version))["deliveries"]["total"]


async def test_too_long_a_range_is_refused_before_the_work(
    bench: Any, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the way out; one simulation at a time."""
    await dispatched(bench, plain)
    monkeypatch.setattr(simulate, "MOST_OVER_HTTP", 2)
    path = "/v1/policies/house-strict/versions/0/simulate"
    answer = await bench.api.client.post(path, json=RANGE)
    assert 422 == answer.status_code
    assert "forbear policy simulate" in answer.json()["detail"]
    async with bench.api.runtime.simulations:
        busy = await bench.api.client.post(path, json=RANGE)
    assert (429, True) == (busy.status_code, "retry-after" in busy.headers)


async def test_a_run_in_many_pages_counts_each_decision_once(
    history: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the size of a page; progress reaches its end."""
    policy = parse_policy(changed_house(three_in_seven={"limit": 1}))
    wanted = simulate.Range(since=NOON - timedelta(days=1), until=NOON + timedelta(days=1))
    whole = await simulate.run_simulation(history.api.runtime, policy, wanted, show=5)
    for size in (1, 2, 7):
        monkeypatch.setattr(simulate, "PAGE", size)
        steps: list[tuple[int, int]] = []
        run = await simulate.run_simulation(
            history.api.runtime,
            policy,
            wanted,
            show=5,
            progress=lambda *step, steps=steps: steps.append(step),
        )
        assert whole.document() == run.document()
        assert [done for done, _ in steps] == sorted(done for done, _ in steps)
        assert steps[-1][0] == steps[-1][1]


async def test_a_policy_of_then_that_is_gone_is_counted(bench: Any, plain: dict[str, Any]) -> None:
    """The texts of then, or nothing."""
    await dispatched(bench, plain, borrowers=1)
    in_force = bench.api.runtime.in_force
    policy = parse_policy(changed_house(three_in_seven={"limit": 1}))
    wanted = simulate.Range(since=NOON - timedelta(days=1), until=NOON + timedelta(days=1))
    kept, in_force.shipped_policies = in_force.shipped_policies, {}
    run = await simulate.run_simulation(bench.api.runtime, policy, wanted, show=5)
    assert (0, 1) == (run.judged, run.gone[Gone.POLICY])
    in_force.shipped_policies = {**kept, "house-strict": policy}
    run = await simulate.run_simulation(bench.api.runtime, policy, wanted, show=5)
    assert (1, 1, {}) == (run.judged, run.otherwise, run.changes)

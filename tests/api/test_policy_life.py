"""The life of a policy over HTTP: drafted, tested, simulated, approved by a second key, active from a date,
retired; each refusal."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from service.dispatch.runtime.in_force import InForce
from service.wiring import REREAD_SECONDS, kept_in_force
from tests.face import NOON

YAML = {"Content-Type": "application/yaml"}
DOCUMENT = """\
name: evening-rest
version: "1"
title: "No message after supper"
citation: "house policy"
force: house
verified_on: 2026-11-01
confidence: high
match: {jurisdictions: [US-MA]}
rules:
  - id: hours
    kind: clock_window
    citation: "house policy: 09:00 to 19:00"
    hours: {daily: 09:00-19:00}
cases:
  - id: at-noon
    borrower: {zones_by_source: {address: [Europe/Rome]}}
    debt_ids: [d1]
    proposed: {at: "2026-11-03T12:00:00+01:00", channel: sms}
    expected: {verdict: allow}
"""
LATER = NOON + timedelta(days=30)


def span(start: str, end: str | None = None) -> dict[str, Any]:
    """`from`, and `to` where it is given: the first is a word of Python's."""
    return {"from": start, **({} if end is None else {"to": end})}


class Life:
    """Two people of ops, and one policy."""

    def __init__(self, api: Any, author: dict[str, str], second: dict[str, str]) -> None:
        self.api, self.author, self.second = api, author, second

    async def put(self, text: str = DOCUMENT, **headers: str) -> Any:
        return await self.api.client.put(
            "/v1/policies/evening-rest", content=text, headers={**self.author, **YAML, **headers}
        )

    async def step(self, version: int, verb: str, *, key: dict[str, str] | None = None, **body: Any) -> Any:
        path = f"/v1/policies/evening-rest/versions/{version}/{verb}"
        if verb in {"retire", "rollback"}:
            body = {"reason": "a test", **body}
        return await self.api.client.post(
            path, headers=key or self.second, **({"json": body} if body else {})
        )

    async def retire(self, version: int) -> Any:
        """By both keys: the second one's answer."""
        await self.step(version, "retire", key=self.author)
        return await self.step(version, "retire")

    async def active(self, text: str, version: int, **body: Any) -> None:
        """All steps up to a version that is active."""
        assert 201 == (await self.put(text)).status_code
        for verb in ("test", "approve"):
            assert 200 == (await self.step(version, verb)).status_code
        assert 200 == (await self.step(version, "activate", **body)).status_code

    async def read(self) -> dict[int, dict[str, Any]]:
        answer = await self.api.client.get("/v1/policies/evening-rest")
        return {one["version"]: one for one in answer.json()["versions"]}

    async def in_force(self) -> int | None:
        found: int | None = (await self.api.client.get("/v1/policies/evening-rest")).json()["active_version"]
        return found


@pytest.fixture
async def life(api: Any) -> Life:
    """Two ops keys."""
    return Life(api, await api.key("ops"), await api.key("ops"))


def with_close(hour: int) -> str:
    """The document with another closing hour."""
    return DOCUMENT.replace("09:00-19:00", f"09:00-{hour}:00")


async def test_the_whole_life_of_a_policy(life: Life) -> None:
    """Each step is stamped, logged, and shown."""
    drafted = await life.put()
    assert (201, 1, "draft", False) == (
        drafted.status_code,
        drafted.json()["version"],
        drafted.json()["state"],
        drafted.json()["in_force"],
    )
    tested = (await life.step(1, "test", key=life.author)).json()
    assert (True, 1, [], "tested") == (
        tested["passed"],
        tested["cases"],
        tested["differences"],
        tested["version"]["state"],
    )
    simulated = await life.step(1, "simulate", **span("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"))
    assert (200, 0) == (simulated.status_code, simulated.json()["decisions"]["total"])
    approved = (await life.step(1, "approve")).json()
    assert "approved" == approved["state"]
    assert approved["approved_by"] not in {None, approved["created_by"]}
    activated = (await life.step(1, "activate", **span(LATER.isoformat()))).json()
    assert ("active", False, None) == (activated["state"], activated["in_force"], await life.in_force())
    life.api.clock.move(timedelta(days=30))
    assert (1, True) == (await life.in_force(), (await life.read())[1]["in_force"])
    retired = (await life.retire(1)).json()
    assert ("retired", False, None) == (retired["state"], retired["in_force"], await life.in_force())
    items = (await life.api.client.get("/v1/log", params={"policy": "evening-rest"})).json()["items"]
    kinds = ["drafted", "tested", "simulated", "approved", "activated", "retirement_asked", "retired"]
    assert [f"policy.{kind}" for kind in kinds] == [one["kind"] for one in reversed(items)]
    assert {drafted.json()["digest"]} == {one["public"]["digest"] for one in items}


async def test_a_step_out_of_turn_is_refused(life: Life) -> None:
    """409, and nothing is changed."""
    await life.put()
    assert [409, 409] == [(await life.step(1, verb)).status_code for verb in ("approve", "activate")]
    await life.step(1, "test")
    assert 409 == (await life.step(1, "activate")).status_code
    own = await life.step(1, "approve", key=life.author)
    assert (403, "tested") == (own.status_code, (await life.read())[1]["state"])
    await life.step(1, "approve")
    past = await life.step(1, "activate", **span((NOON - timedelta(hours=1)).isoformat()))
    assert (422, "/from") == (past.status_code, past.json()["errors"][0]["pointer"])
    await life.retire(1)
    assert [409, 409] == [(await life.step(1, verb)).status_code for verb in ("approve", "activate")]
    assert [404] * 5 == [
        (
            await life.step(
                9,
                verb,
                **(
                    {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}  # type: ignore[arg-type]
                    if verb == "simulate"
                    else {}
                ),
            )
        ).status_code
        for verb in ("test", "approve", "activate", "retire", "simulate")
    ]


async def test_a_draft_that_fails_or_has_no_case_is_never_approved(life: Life) -> None:
    """What differs is named."""
    await life.put(DOCUMENT.replace("12:00:00", "21:00:00"))
    await life.put(DOCUMENT.partition("cases:")[0])
    failing, bare = [(await life.step(version, "test")).json() for version in (1, 2)]
    assert (False, ["at-noon: expected allow, got defer until 2026-11-04T08:00:00+00:00"]) == (
        failing["passed"],
        failing["differences"],
    )
    assert (False, 0) == (bare["passed"], bare["cases"])
    assert [409, 409] == [(await life.step(version, "approve")).status_code for version in (1, 2)]
    assert {"draft"} == {one["state"] for one in (await life.read()).values()}


async def test_a_draft_with_a_case_that_cannot_be_read_is_refused_by_place(life: Life) -> None:
    """A case that no test could ever run is an error of the document, named like any other; nothing is
    stored."""
    text = (
        DOCUMENT.replace("channel: sms", "channel: fax").replace("verdict: allow", "verdict: maybe")
        + "  - {id: second}\n"
    )
    refused = await life.put(text)
    found = [(one["pointer"], one["detail"].partition(":")[0]) for one in refused.json()["errors"]]
    assert 422 == refused.status_code
    assert [("/cases/0/proposed/channel", "line 18"), ("/cases/0/expected/verdict", "line 19")] == found[:2]
    assert ["/cases/1/borrower", "/cases/1/proposed", "/cases/1/expected"] == [
        pointer for pointer, _ in found[2:]
    ]
    assert 404 == (await life.api.client.get("/v1/policies/evening-rest")).status_code


async def test_the_key_that_replaced_the_authors_is_the_authors(api: Any, life: Life) -> None:
    """Rotating a key makes no second person."""
    await life.put()
    await life.step(1, "test")
    author = (await life.read())[1]["created_by"].removeprefix("key:")
    for _ in range(2):
        rotated = (await api.client.post(f"/v1/keys/{author}/rotate", json={})).json()
        author = rotated["id"]
    assert (
        403 == (await life.step(1, "approve", key={"Authorization": f"Bearer {rotated['key']}"})).status_code
    )
    assert 200 == (await life.step(1, "approve")).status_code


async def test_nothing_is_edited_in_place(life: Life) -> None:
    """Another text is another version, also of an active one; the same text is the same version until it is
    retired."""
    first, same, other = [await life.put(text) for text in (DOCUMENT, DOCUMENT, with_close(18))]
    assert [(201, 1), (200, 1), (201, 2)] == [
        (one.status_code, one.json()["version"]) for one in (first, same, other)
    ]
    await life.retire(2)
    assert (201, 3) == ((again := await life.put(with_close(18))).status_code, again.json()["version"])
    versions = await life.read()
    assert [3, 2, 1] == list(versions)
    assert [DOCUMENT, with_close(18)] == [versions[number]["document"] for number in (1, 2)]


async def test_two_of_ops_who_take_the_same_step_take_it_once(life: Life) -> None:
    """Races are settled by the row; each deed is one entry of the log."""
    await life.put()
    await life.step(1, "test")
    for verb in ("approve", "activate", "retire"):
        answers = await asyncio.gather(*(life.step(1, verb) for _ in range(4)))
        assert {202 if verb == "retire" else 200} == {one.status_code for one in answers}, verb
    answers = await asyncio.gather(*(life.step(1, "retire", key=life.author) for _ in range(4)))
    assert {200} == {one.status_code for one in answers}
    kinds = [
        one["kind"]
        for one in (await life.api.client.get("/v1/log", params={"policy": "evening-rest"})).json()["items"]
    ]
    assert [
        "policy.retired",
        "policy.retirement_asked",
        "policy.activated",
        "policy.approved",
        "policy.tested",
        "policy.drafted",
    ] == kinds
    drafts = await asyncio.gather(*(life.put(with_close(hour)) for hour in (15, 16, 17, 18)))
    assert {2, 3, 4, 5} == {one.json()["version"] for one in drafts}


async def test_one_version_follows_another_without_a_gap_and_without_both(life: Life) -> None:
    """Also when the later one was activated first, and when one that had not begun is retired."""
    day = timedelta(days=1)
    await life.active(with_close(15), 1)
    await life.active(with_close(16), 2, **span((NOON + 4 * day).isoformat()))
    await life.active(with_close(17), 3, **span((NOON + 2 * day).isoformat()))

    async def by_day() -> list[int | None]:
        found = []
        for days in range(6):
            life.api.clock.move(NOON + days * day - life.api.clock.now())
            shown = await life.read()
            bound = [number for number, one in shown.items() if one["in_force"]]
            listed = {
                one["name"]: one
                for one in (await life.api.client.get("/v1/policies", params={"limit": 1000})).json()["items"]
            }
            policy = life.api.runtime.in_force.policies(life.api.clock.now()).get("evening-rest")
            digest = None if policy is None else policy.digest
            assert len(bound) == 1
            assert (bound[0], digest) == (listed["evening-rest"]["active_version"], shown[bound[0]]["digest"])
            found += bound
        life.api.clock.move(NOON - life.api.clock.now())
        return found  # type: ignore[return-value]

    assert [1, 1, 3, 3, 2, 2] == await by_day()
    await life.retire(3)
    assert [1, 1, 1, 1, 2, 2] == await by_day()
    await life.retire(2)
    assert [1] * 6 == await by_day()


async def test_who_wants_a_version_now_is_not_told_that_a_later_one_is_done(life: Life) -> None:
    """Repeating the activation that was asked for is harmless; asking for another instant is a conflict, also
    where it is now."""
    later = {"from": (NOON + timedelta(days=4)).isoformat()}
    await life.active(DOCUMENT, 1, **later)
    assert [200, 409] == [(await life.step(1, "activate", **body)).status_code for body in (later, {})]  # type: ignore[arg-type]
    life.api.clock.move(timedelta(days=5))
    assert (200, True) == ((again := await life.step(1, "activate")).status_code, again.json()["in_force"])


async def test_a_version_that_gave_way_keeps_its_end(life: Life) -> None:
    """Retiring what another version has followed changes no date."""
    await life.active(with_close(15), 1)
    life.api.clock.move(timedelta(days=1))
    await life.active(with_close(16), 2)
    ended = (await life.read())[1]["retired_at"]
    life.api.clock.move(timedelta(days=1))
    answer = await life.retire(1)
    assert ("retired", ended) == (answer.json()["state"], answer.json()["retired_at"])
    assert 409 == (await life.step(1, "activate")).status_code


async def test_when_the_last_version_is_retired_the_strict_house_pack_binds(
    life: Life, notice: dict[str, Any]
) -> None:
    """Never "no policy"; what a version decides is named with its digest while it binds."""
    await life.active(DOCUMENT, 1)

    async def bound() -> list[str]:
        answer = await life.api.client.post("/v1/notices/preview", json={**notice, "not_before": None})
        assert 200 == answer.status_code, answer.text
        policies: list[str] = answer.json()["channels"][0]["policies"]
        return [one.partition("@")[0] for one in policies]

    assert {"evening-rest", "house-strict"} <= set(await bound())
    await life.retire(1)
    assert "evening-rest" not in await bound()
    assert "house-strict" in await bound()
    life.api.runtime.in_force.names = ("evening-rest",)
    await life.active(with_close(18), 2)
    assert ["evening-rest"] == await bound()
    last = await life.retire(2)
    assert (409, ["evening-rest"]) == (last.status_code, await bound())


@pytest.mark.parametrize(
    ("change", "places"),
    [
        (("09:00-19:00", "9-19"), {"/rules/0/hours"}), (("force: house", "force: habit"), {"/force"}),
        (("kind: clock_window", "kind: clock"), {"/rules/0"}),
        (("name: evening-rest", "name: another"), {"/name"}),
        (("confidence: high", "confidence: 3\na/b: yes"), {"/confidence", "/a~1b"}),
        (("rules:", "rules: &a"), {""}),
        (("2026-11-01", "yesterday"), {"/verified_on"}), (("title:", "title: [}"), {""}),
    ],
)  # fmt: skip
async def test_a_document_that_is_none_is_refused_with_every_error(
    life: Life, change: tuple[str, str], places: set[str]
) -> None:
    """Path, line and reason of each; nothing is stored."""
    answer = await life.put(DOCUMENT.replace(*change))
    assert 422 == answer.status_code, answer.text
    assert places == {one["pointer"] for one in answer.json()["errors"]}
    assert all(
        "expected" in one["detail"] or "not known" in one["detail"] for one in answer.json()["errors"]
    ), answer.text
    assert 0 == await life.api.count("policies")


async def test_a_shipped_policy_is_not_changed_but_replaced_by_a_version(life: Life) -> None:
    """Version 0 has no steps; what is put beside it binds in its place, and it binds again afterwards."""
    for verb in ("test", "approve", "activate", "retire"):
        assert (
            422
            == (
                await life.api.client.post(
                    f"/v1/policies/house-strict/versions/0/{verb}",
                    headers=life.second,
                    json={"reason": "x"} if verb == "retire" else None,
                )
            ).status_code
        )
    shipped = (await life.api.client.get("/v1/policies/house-strict")).json()
    document = yaml.safe_load(
        shipped["versions"][0]["document"].replace(" on: ", " 'on': ")
    )  # a plain YAML 1.1 reader takes it for "true"
    document |= {
        "title": "Ours",
        "verified_on": "2026-11-01",
        "cases": yaml.load(DOCUMENT, Loader=yaml.BaseLoader)["cases"],
    }
    put = await life.api.client.put("/v1/policies/house-strict", json=document, headers=life.author)
    assert 201 == put.status_code, put.text
    for verb in ("test", "approve", "activate"):
        answer = await life.api.client.post(
            f"/v1/policies/house-strict/versions/1/{verb}", headers=life.second
        )
        assert 200 == answer.status_code, answer.text
    assert 1 == (await life.api.client.get("/v1/policies/house-strict")).json()["active_version"]
    for key in (life.author, life.second):
        path = "/v1/policies/house-strict/versions/1/retire"
        await life.api.client.post(path, headers=key, json={"reason": "ours was too strict"})
    assert 0 == (await life.api.client.get("/v1/policies/house-strict")).json()["active_version"]


async def test_a_process_without_a_worker_hears_of_what_another_one_activates(life: Life) -> None:
    """Through the notification, long before the next reading of the whole in_force."""
    runtime = life.api.runtime
    in_force = InForce(
        shipped_policies=runtime.in_force.shipped_policies,
        shipped_templates=runtime.in_force.shipped_templates,
        names=None,
        contact=runtime.in_force.contact,
    )
    service: Any = SimpleNamespace(runtime=replace(runtime, in_force=in_force))
    async with kept_in_force(service), asyncio.timeout(20):
        while in_force.loaded_at is None:
            await asyncio.sleep(0.01)
        await life.active(DOCUMENT, 1)
        while "evening-rest" not in in_force.policies(life.api.clock.now()):
            await asyncio.sleep(0.01)
    assert 30.0 == REREAD_SECONDS

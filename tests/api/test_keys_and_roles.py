"""Keys keep people out: the matrix of roles on every route, expiry, revocation, rotation, creditors, rates,
failures."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from service.api.contract import document, operations
from service.api.roles import ACCESS, role_table
from service.model.actor import Role
from service.model.key import digest_of, fresh_key, key_id_of

ROOT = Path(__file__).resolve().parents[2]


def _path(pattern: str) -> str:
    return (
        pattern.replace("{version}", "1")
        .replace("{id}", "x")
        .replace("{name}", "x")
        .replace("{creditor}", "x")
        .replace("{token}", "x")
    )


async def test_every_route_and_every_role_agree_with_the_table(api: Any) -> None:
    """Walked through the OpenAPI: who is in a row is let in (whatever comes then), who is not gets 403,
    nobody gets 401."""
    keys = {role: await api.key(role.value) for role in Role}
    walked = set()
    for path, method, operation in operations(document(api.app)):
        access = ACCESS[(method, path)]
        walked.add((method, path))
        assert ([] if access is None else [{"key": []}]) == operation["security"], (method, path)
        for role, headers in keys.items():
            status = (await api.client.request(method, _path(path), headers=headers)).status_code
            if access is None or role in access:
                assert status != 401 and (status != 403 or access is None), (method, path, role, status)
            else:
                assert 403 == status, (method, path, role)
        if access is not None:
            assert (
                401
                == (await api.client.request(method, _path(path), headers={"Authorization": ""})).status_code
            ), (method, path)
    assert walked == set(ACCESS)


async def test_the_documents_table_of_roles_is_the_codes(api: Any) -> None:
    """docs/roles.md is what the code enforces."""
    assert role_table() in (ROOT / "docs" / "roles.md").read_text(encoding="utf-8")


async def test_a_route_outside_the_table_cannot_be_built() -> None:
    """Nothing is open by oversight."""
    from service.api.gate import router

    async def endpoint(request: Any) -> Any:
        return request

    with pytest.raises(LookupError, match="stands in no row"):
        router("x").add_api_route("/v1/forgotten", endpoint, methods=["GET"])


async def test_a_key_is_shown_once_and_kept_as_a_digest(api: Any) -> None:
    """Neither the store nor the list nor the log has it."""
    made = (await api.client.post("/v1/keys", json={"name": "core", "role": "producer"})).json()
    async with api.runtime.database.connection() as connection:
        stored = await connection.fetchrow("SELECT * FROM api_keys")
        leaves = await connection.fetch("SELECT leaf FROM log_entries")

    assert key_id_of(made["key"]) == made["id"] == stored["key_id"]
    assert digest_of(made["key"]) == stored["digest"]
    secret = made["key"].split("_", 2)[2]
    listed = await api.client.get("/v1/keys")
    for text in (repr(dict(stored)), repr([row["leaf"] for row in leaves]), listed.text):
        assert secret not in text
    assert "key.created" in leaves[0]["leaf"]


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer ", "Basic YWRtaW46YWRtaW4=", "bootstrap-key-for-tests-0123456789",
        "Bearer bootstrap-key-for-tests-012345678",
        "Bearer fbr_", pytest.param(f"Bearer {fresh_key().text}", id="a fresh one"),
        "Bearer " + "x" * 100_000, "Bearer ' OR 1=1 --", "Bearer \xff",
    ],
)  # fmt: skip
async def test_what_is_no_key_is_no_key(api: Any, header: str | None) -> None:
    """401 with WWW-Authenticate, and always the same words."""
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    api.client.headers.pop("authorization")

    answer = await api.client.get("/v1/notices", headers=headers)

    assert 401 == answer.status_code
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["detail"].startswith("expected Authorization: Bearer <key>")


async def test_a_key_of_the_right_id_with_another_secret_is_no_key(api: Any) -> None:
    """The whole digest is compared."""
    key = (await api.key("admin"))["Authorization"]
    forged = key[:-1] + ("A" if key[-1] != "A" else "B")

    assert 200 == (await api.client.get("/v1/keys", headers={"Authorization": key})).status_code
    assert 401 == (await api.client.get("/v1/keys", headers={"Authorization": forged})).status_code


async def test_a_revoked_key_is_of_no_use_from_the_next_request_on(api: Any) -> None:
    """Also one that was just used and stands in the cache; and revoking twice is revoking once."""
    headers = await api.key("producer")
    key_id = key_id_of(headers["Authorization"].removeprefix("Bearer "))
    assert 200 == (await api.client.get("/v1/notices", headers=headers)).status_code

    first = (await api.client.post(f"/v1/keys/{key_id}/revoke")).json()
    api.clock.move(timedelta(hours=1))
    second = (await api.client.post(f"/v1/keys/{key_id}/revoke")).json()

    assert 401 == (await api.client.get("/v1/notices", headers=headers)).status_code
    assert first["revoked_at"] == second["revoked_at"] is not None


async def test_a_revocation_elsewhere_binds_within_two_seconds(api: Any) -> None:
    """Another process's revocation is seen when the cache's moment has passed."""
    headers = await api.key("producer")
    assert 200 == (await api.client.get("/v1/notices", headers=headers)).status_code
    async with api.runtime.database.connection() as connection:
        await connection.execute("UPDATE api_keys SET revoked_at = $1", api.clock.now())

    api.clock.move(timedelta(seconds=2, milliseconds=1))

    assert 401 == (await api.client.get("/v1/notices", headers=headers)).status_code


async def test_a_key_expires_to_the_instant(api: Any) -> None:
    """Also while it stands in the cache."""
    headers = await api.key("producer", expires_at="2026-11-24T17:00:01Z")
    assert 200 == (await api.client.get("/v1/notices", headers=headers)).status_code

    api.clock.move(timedelta(seconds=1))

    assert 401 == (await api.client.get("/v1/notices", headers=headers)).status_code


async def test_a_rotation_overlaps(api: Any) -> None:
    """Both keys are good for the overlap, then the new one alone; a revoked key is not rotated."""
    old = await api.key("auditor", creditors=["bank-a"], rate_per_minute=1000)
    key_id = key_id_of(old["Authorization"].removeprefix("Bearer "))

    rotated = await api.client.post(f"/v1/keys/{key_id}/rotate", json={"overlap": "PT1H"})

    assert 201 == rotated.status_code
    fresh = rotated.json()
    assert (key_id, "auditor", ["bank-a"], 1000) == (
        fresh["replaces"],
        fresh["role"],
        fresh["creditors"],
        fresh["rate_per_minute"],
    )
    new = {"Authorization": f"Bearer {fresh['key']}"}
    assert [200, 200] == [
        (await api.client.get("/v1/notices", headers=one)).status_code for one in (old, new)
    ]
    api.clock.move(timedelta(hours=1))
    assert [401, 200] == [
        (await api.client.get("/v1/notices", headers=one)).status_code for one in (old, new)
    ]
    assert 409 == (await api.client.post(f"/v1/keys/{key_id}/rotate")).status_code
    assert 404 == (await api.client.post("/v1/keys/nobody/rotate")).status_code


async def test_a_rotated_key_lives_as_long_as_the_old_one_was_meant_to(api: Any) -> None:
    """Unless the caller says otherwise."""
    old = await api.key("producer", expires_at="2026-12-24T17:00:00Z")
    key_id = key_id_of(old["Authorization"].removeprefix("Bearer "))
    api.clock.move(timedelta(days=10))

    rotated = (await api.client.post(f"/v1/keys/{key_id}/rotate")).json()

    assert "2027-01-03T17:00:00Z" == rotated["expires_at"]


async def test_a_key_in_a_hurry_is_told_when_to_come_back(api: Any) -> None:
    """A bucket by the minute, for each key its own."""
    hurried, other = (
        await api.key("producer", rate_per_minute=2),
        await api.key("producer", rate_per_minute=2),
    )

    answers = [await api.client.get("/v1/notices", headers=hurried) for _ in range(3)]

    assert [200, 200, 429] == [answer.status_code for answer in answers]
    assert "30" == answers[-1].headers["retry-after"]
    assert 200 == (await api.client.get("/v1/notices", headers=other)).status_code
    api.clock.move(timedelta(seconds=30))
    assert 200 == (await api.client.get("/v1/notices", headers=hurried)).status_code


async def test_a_limited_key_touches_its_creditors_alone(api: Any, notice: dict[str, Any]) -> None:
    """Notices, batches, previews, lists, events, and the log."""
    mine, theirs = (
        await api.key("admin", creditors=["first-inclusive-bank"]),
        await api.key("admin", creditors=["other-bank"]),
    )

    refused = await api.client.post("/v1/notices", json=notice, headers=theirs)
    batch = await api.client.post("/v1/notices/batch", json={"notices": [notice]}, headers=theirs)
    accepted = await api.client.post("/v1/notices", json=notice, headers=mine)
    id_ = accepted.json()["id"]

    assert 403 == refused.status_code
    assert ["/debt/creditor"] == [one["pointer"] for one in refused.json()["errors"]]
    assert 403 == batch.json()["results"][0]["problem"]["status"]
    assert 202 == accepted.status_code
    for path in (f"/v1/notices/{id_}", f"/v1/log?notice={id_}"):
        assert 200 == (await api.client.get(path, headers=mine)).status_code
        assert 404 == (await api.client.get(path, headers=theirs)).status_code
    assert 404 == (await api.client.post(f"/v1/notices/{id_}/cancel", headers=theirs)).status_code
    assert [] == (await api.client.get("/v1/notices", headers=theirs)).json()["items"]
    assert [id_] == [one["id"] for one in (await api.client.get("/v1/notices", headers=mine)).json()["items"]]
    event = {
        "borrower_id": "B-1",
        "type": "payment",
        "at": "2026-11-24T10:00:00Z",
        "creditor": "first-inclusive-bank",
    }
    assert 202 == (await api.client.post("/v1/events", json=event, headers=mine)).status_code
    assert 403 == (await api.client.post("/v1/events", json=event, headers=theirs)).status_code


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/log", None), ("GET", "/v1/log/export", None), ("GET", "/v1/keys", None),
        ("POST", "/v1/keys", {"name": "x", "role": "admin"}),
        ("POST", "/v1/borrowers/B-1/erase", {"reason": "asked"}), ("GET", "/v1/sandbox/messages", None),
        ("PUT", "/v1/creditors/other-bank", {"name": "Other", "phone": "+12025550100"}),
    ],
)  # fmt: skip
async def test_a_limited_key_does_not_touch_what_concerns_all(
    api: Any, method: str, path: str, body: Any
) -> None:
    """Even with the role of an admin; it cannot make itself a larger key."""
    limited = await api.key("admin", creditors=["first-inclusive-bank"])

    assert 403 == (await api.client.request(method, path, json=body, headers=limited)).status_code


async def test_failures_are_counted_logged_without_the_key_and_slowed(api: Any) -> None:
    """The first few cost nothing, then each waits longer, to a bound; a good key never waits."""
    wrong = {"Authorization": f"Bearer {fresh_key().text}"}
    with structlog.testing.capture_logs() as lines:
        for _ in range(16):
            assert 401 == (await api.client.get("/v1/notices", headers=wrong)).status_code

    assert sorted(api.pauses) == api.pauses
    assert (11, 4.0) == (len(api.pauses), api.pauses[-1])
    assert 16 == len([line for line in lines if line["action"] == "authentication.failed"])
    assert wrong["Authorization"][7:] not in repr(lines)
    assert 'failures_total{reason="unknown"} 16.0' in (await api.client.get("/metrics")).text
    assert 200 == (await api.client.get("/v1/notices")).status_code
    assert 11 == len(api.pauses)
    api.clock.move(timedelta(minutes=2))
    await api.client.get("/v1/notices", headers=wrong)
    assert 11 == len(api.pauses)


async def test_a_request_without_a_key_does_not_wait(api: Any) -> None:
    """Nothing was guessed; it is counted like any other."""
    del api.client.headers["Authorization"]
    answers = [await api.client.get("/v1/notices") for _ in range(10)]
    assert [401] * 10 == [one.status_code for one in answers]
    assert [] == api.pauses


async def test_a_flood_of_failures_is_turned_away(api: Any) -> None:
    """Waiting costs memory too: beyond a bound the answer is 429 at once."""
    release = asyncio.Event()

    async def wait(_: float) -> None:
        await release.wait()

    throttle = api.app.state.authenticator._login_throttle
    throttle._pause = wait
    requests = [
        asyncio.create_task(api.client.get("/v1/notices", headers={"Authorization": "Bearer x"}))
        for _ in range(90)
    ]
    while sum(one.done() for one in requests) < len(requests) - throttle.MOST_WAITING:
        await asyncio.sleep(0)
    release.set()
    statuses = sorted([(await one).status_code for one in requests])

    assert 90 - throttle.MOST_WAITING - throttle.FREE == statuses.count(429)
    assert throttle.MOST_WAITING + throttle.FREE == statuses.count(401)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "", "role": "producer"}, "/name"), ({"name": "a\nb", "role": "producer"}, "/name"),
        ({"name": "a"}, "/role"),
        ({"name": "a", "role": "root"}, "/role"), ({"name": "a", "role": "producer", "creditors": []},
        "/creditors"),
        ({"name": "a", "role": "producer", "creditors": ["x", "x"]}, "/creditors"),
        ({"name": "a", "role": "producer", "creditors": ["a b"]}, "/creditors/0"),
        ({"name": "a", "role": "producer", "rate_per_minute": 0}, "/rate_per_minute"),
        ({"name": "a", "role": "producer", "rate_per_minute": "5"}, "/rate_per_minute"),
        ({"name": "a", "role": "producer", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"name": "a", "role": "producer", "key": "mine"}, "/key"),
    ],
)  # fmt: skip
async def test_a_key_that_cannot_be_is_refused_by_name(api: Any, body: dict[str, Any], pointer: str) -> None:
    """Nothing is made."""
    answer = await api.client.post("/v1/keys", json=body)

    assert 422 == answer.status_code
    assert [pointer] == [one["pointer"] for one in answer.json()["errors"]]
    assert 0 == await api.count("api_keys")

"""Everything that goes wrong is a problem (RFC 9457), and every answer carries what keeps browsers and caches
in bounds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog

from service.api.app import create_app
from service.api.guard import SECURITY
from service.api.problems import PATTERNS
from service.api.state import ApiLimits, ApiState

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nowhere", 404, "not-found"), ("GET", "/v1/notices/", 404, "not-found"),
        ("DELETE", "/v1/notices", 405, "method-not-allowed"),
        ("PATCH", "/v1/borrowers/x", 405, "method-not-allowed"),
        ("GET", "/v1/notices/ntc_x", 404, "not-found"),
        ("GET", "/v1/borrowers/nobody", 404, "not-found"), ("GET", "/v1/notices?limit=0", 422,
        "invalid-request"),
        ("GET", "/v1/notices?limit=1001", 422, "invalid-request"),
        ("GET", "/v1/notices?limit=ten", 422, "invalid-request"),
        ("GET", "/v1/notices?page=2", 422, "invalid-request"),
        ("GET", "/v1/notices?state=gone", 422, "invalid-request"),
        ("GET", "/v1/notices?borrower=%00", 422, "invalid-request"),
        ("GET", "/v1/borrowers/a%00b", 422, "invalid-request"),
        ("GET", "/v1/borrowers/a%0d%0ab", 422, "invalid-request"),
        ("GET", "/v1/log?from=yesterday", 422, "invalid-request"),
        ("GET", "/v1/policies/..%2fsecret", 422, "invalid-request"),
        ("POST", "/v1/notices", 415, "unsupported-media-type"),
    ],
)  # fmt: skip
async def test_each_refusal_has_one_shape(api: Any, method: str, path: str, status: int, slug: str) -> None:
    """Type, title, status, detail, and the request it was about."""
    answer = await api.client.request(method, path)

    assert status == answer.status_code, answer.text
    assert "application/problem+json" == answer.headers["content-type"]
    document = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= document.keys()
    assert f"https://forbear.example/problems/{slug}" == document["type"]
    assert status == document["status"]
    assert f"urn:request:{answer.headers['x-request-id']}" == document["instance"]


async def test_a_wrong_parameter_is_named(api: Any) -> None:
    """One entry for each, also for those that are not known."""
    answer = await api.client.get("/v1/notices?limit=0&page=2")

    assert ["/query/limit", "/query/page"] == sorted(one["pointer"] for one in answer.json()["errors"])


@pytest.mark.parametrize(
    "path",
    ["/v1/notices", "/v1/keys", "/v1/log", "/v1/holds", "/v1/policies", "/v1/creditors", "/v1/templates"],
)
@pytest.mark.parametrize("cursor", ["garbage", "a.b", "WzFd." + "0" * 32, "%00", "x" * 601, "~", "é"])
async def test_a_cursor_that_we_did_not_give_out_is_refused(api: Any, path: str, cursor: str) -> None:
    """Never an internal error, never somebody else's page."""
    answer = await api.client.get(path, params={"cursor": cursor})

    assert 422 == answer.status_code
    assert ["/query/cursor"] == [one["pointer"] for one in answer.json()["errors"]]


PATHS_AND_WORDS = [
    ("/v1/notices?state=lost", "/query/state", "expected 'due', "),
    ("/v1/notices?limit=0", "/query/limit", "greater than or equal to 1; got less"),
    ("/v1/notices?limit=1001", "/query/limit", "less than or equal to 1000; got more"),
    ("/v1/notices?state=due&state=held", "/query/state", "expected it once; got it 2 times"),
    ("/v1/notices/%00", "/path/id", "expected an id of this service"),
    ("/v1/unsubscribe/%00", "/path/token", "expected the token of a URL that this service made"),
    ("/v1/log?kind=%00", "/query/kind", "expected a kind of entry, such as decision"),
]


@pytest.mark.parametrize(("path", "pointer", "words"), PATHS_AND_WORDS)
async def test_a_parameter_that_does_not_fit_is_named_with_what_was_expected(
    api: Any, path: str, pointer: str, words: str
) -> None:
    """As its caller wrote it, not as our models are built."""
    answer = await api.client.get(path)
    assert 422 == answer.status_code
    [one] = answer.json()["errors"]
    assert pointer == one["pointer"]
    assert words in one["detail"]


async def test_every_pattern_of_the_api_has_words(api: Any) -> None:
    """What does not match one hears what was expected."""
    document = (await api.client.get("/openapi.json")).json()
    found: set[str] = set()
    stack: list[Any] = [document]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            found |= {one["pattern"]} if isinstance(one.get("pattern"), str) else set()
            stack += one.values()
        elif isinstance(one, list):
            stack += one
    assert found
    assert set() == found - PATTERNS.keys()


@pytest.mark.parametrize("path", ["/v1/notices", "/v1/policies/x"])
async def test_a_packed_body_is_refused(api: Any, path: str) -> None:
    """It would be read as what it is not."""
    answer = await api.client.request(
        "POST" if path == "/v1/notices" else "PUT",
        path,
        content=b"{}",
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )
    assert (415, "expected a body that is not packed, without Content-Encoding") == (
        answer.status_code,
        answer.json()["detail"],
    )


async def test_a_member_that_is_named_twice_is_named_in_the_answer(api: Any) -> None:
    """As far as it prints."""
    answer = await api.client.post(
        "/v1/notices",
        content=rb'{"a\u0007b": 1, "c": {}, "a\u0007b": 2}',
        headers={"Content-Type": "application/json"},
    )
    assert (400, "expected each member once; got a?b twice in one object") == (
        answer.status_code,
        answer.json()["detail"],
    )


async def test_an_idempotency_key_stands_in_one_header(api: Any, notice: dict[str, Any]) -> None:
    """Two of them are no key."""
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await api.client.post("/v1/notices", json=notice, headers=headers)
    assert 422 == answer.status_code
    assert "expected the header once; got it 2 times" == answer.json()["errors"][0]["detail"]
    assert 0 == await api.count("notices")


async def test_an_event_id_that_another_event_has_loses_no_fact_unseen(
    api: Any, notice: dict[str, Any]
) -> None:
    """A repeat is harmless; an attorney under the id of a cease is a conflict, alone and in a list."""
    await api.client.post("/v1/notices", json=notice)
    event = {
        "borrower_id": notice["borrower"]["id"],
        "type": "cease",
        "at": api.clock.now().isoformat(),
        "event_id": "e-1",
    }
    other = {**event, "type": "attorney"}
    assert {"event_id": "e-1", "recorded": True} == (await api.client.post("/v1/events", json=event)).json()
    assert {"event_id": "e-1", "recorded": False} == (await api.client.post("/v1/events", json=event)).json()
    answer = await api.client.post("/v1/events", json=other)
    assert 409 == answer.status_code
    assert "first used for another event; this one is not recorded" in answer.json()["detail"]
    results = (
        await api.client.post(
            "/v1/events", json=[{**other, "event_id": "e-2"}, {**event, "event_id": "e-2"}, event]
        )
    ).json()["results"]
    assert [True, 409, False] == [
        one["recorded"] if "recorded" in one else one["problem"]["status"] for one in results
    ]


async def test_a_cursor_of_one_list_is_no_cursor_of_another(api: Any) -> None:
    """The list's name is signed with it."""
    for name in ("one", "two"):
        await api.key("producer", creditors=[name])
    cursor = (await api.client.get("/v1/keys?limit=1")).json()["next_cursor"]

    assert 200 == (await api.client.get("/v1/keys", params={"cursor": cursor})).status_code
    assert 422 == (await api.client.get("/v1/notices", params={"cursor": cursor})).status_code


async def test_options_and_405_say_what_a_path_takes(api: Any) -> None:
    """HEAD goes wherever GET goes."""
    options = await api.client.options("/v1/notices")
    refused = await api.client.delete("/v1/notices")

    assert 204 == options.status_code
    assert "GET, HEAD, OPTIONS, POST" == options.headers["allow"] == refused.headers["allow"]


async def test_head_answers_like_get_without_a_body(api: Any) -> None:
    """Same status and headers, no bytes."""
    answer = await api.client.head("/v1/policies")

    assert 200 == answer.status_code
    assert b"" == answer.content
    assert 0 < int(answer.headers["content-length"])


async def test_every_answer_has_the_headers_that_bound_browsers(api: Any) -> None:
    """Good answers, problems and pages alike."""
    for path in ("/healthz", "/nowhere", "/docs", "/openapi.json", "/v1/notices?limit=0"):
        answer = await api.client.get(path)
        assert {name.decode() for name in SECURITY} <= answer.headers.keys(), path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path


async def test_a_callers_request_id_is_kept_where_it_is_sane(api: Any) -> None:
    """One that could break a log line is replaced."""
    kept = await api.client.get("/healthz", headers={"X-Request-Id": "upstream-17"})
    replaced = await api.client.get("/healthz", headers={"X-Request-Id": 'x" status=200 "'})

    assert "upstream-17" == kept.headers["x-request-id"]
    assert 16 == len(replaced.headers["x-request-id"])


@pytest.mark.parametrize(
    ("path", "size"),
    [("/v1/notices", 2 * 2**20), ("/v1/notices/batch", 8 * 2**20), ("/v1/events", 8 * 2**20)],
)
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_bound_is_refused(api: Any, path: str, size: int, announced: bool) -> None:
    """Before a byte is read where the length says so, at the bound where it does not."""
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken <= size * 4:
            taken += 2**18
            yield b" " * 2**18

    headers = {**JSON, "Content-Length": str(size + 1)} if announced else JSON
    answer = await api.client.post(path, content=body(), headers=headers)

    assert 413 == answer.status_code
    assert "close" == answer.headers["connection"]
    assert taken <= size + 2**19


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "",
        "application/jsonp",
    ],
)
async def test_what_is_not_said_to_be_json_is_not_read_as_json(
    api: Any, notice: dict[str, Any], kind: str
) -> None:
    """Also where it happens to be."""
    answer = await api.client.post("/v1/notices", content=json.dumps(notice), headers={"Content-Type": kind})

    assert 415 == answer.status_code


async def test_a_body_that_trickles_is_cut_off(api: Any) -> None:
    """A slow sender holds a connection for so long and no longer."""
    state: ApiState = api.app.state.forbear
    app = create_app(
        ApiState(
            runtime=state.runtime,
            intake=state.intake,
            registry=type(state.registry)(),
            bootstrap_key=state.bootstrap_key,
            limits=ApiLimits(body_seconds=0.05),
        )
    )
    never = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", headers=api.client.headers
    ) as client:
        answer = await client.post("/v1/notices", content=body(), headers=JSON)

    assert 408 == answer.status_code


async def test_an_internal_error_says_nothing_and_logs_no_words(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of an exception may hold what the request held: the log has where it broke, and the request's
    id."""

    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("+12025550101 is Ana's number")

    monkeypatch.setattr("service.api.routers.borrowers.get_borrower", broken)
    with structlog.testing.capture_logs() as lines:
        answer = await api.client.get("/v1/borrowers/B-1")

    assert 500 == answer.status_code
    assert "internal-error" in answer.json()["type"]
    assert "2025550101" not in answer.text + repr(lines)
    crash = next(line for line in lines if line["action"] == "request.crashed")
    assert answer.headers["x-request-id"] == crash["request"]
    assert "RuntimeError" == crash["error"]


async def test_no_log_line_holds_a_path_an_address_or_a_key(api: Any, notice: dict[str, Any]) -> None:
    """The route's pattern stands for the path; injected line breaks have nowhere to go."""
    with structlog.testing.capture_logs() as lines:
        await api.client.post("/v1/notices", json=notice)
        await api.client.get("/v1/borrowers/B-1")
        await api.client.get("/v1/borrowers/x%0aFAKE")
        await api.client.get("/v1/notices", headers={"Authorization": "Bearer fbr_aaaaaaaaaaaa_" + "s" * 43})

    text = repr(lines)
    assert "/v1/borrowers/{id}" in text
    for secret in ("B-1'", "FAKE", "2025550101", "ana@example.com", "ssss", "bootstrap-key-for-tests"):
        assert secret not in text


async def test_the_service_says_when_to_come_back_when_the_store_is_away(api: Any) -> None:
    """503 with Retry-After, and nothing about the database's address."""
    await api.runtime.database.close()

    answer = await api.client.get("/v1/notices")

    assert 503 == answer.status_code
    assert "1" == answer.headers["retry-after"]
    assert 200 == (await api.client.get("/healthz")).status_code
    assert 503 == (await api.client.get("/readyz")).status_code


async def test_a_stale_schema_is_not_ready(api: Any) -> None:
    """A load balancer must not send requests to a release that the database is behind."""
    assert 200 == (await api.client.get("/readyz")).status_code
    async with api.runtime.database.connection() as connection:
        current = await connection.fetchrow("SELECT version_num, oldest FROM alembic_version")
        await connection.execute("UPDATE alembic_version SET version_num = '0000'")
        try:
            assert 503 == (await api.client.get("/readyz")).status_code
            await connection.execute("UPDATE alembic_version SET version_num = '9999', oldest = '9999'")
            newer = (await api.client.get("/readyz")).json()
            assert (503, False) == (newer["status"], "forbear migrate" in newer["detail"])
        finally:
            await connection.execute("UPDATE alembic_version SET version_num = $1, oldest = $2", *current)
    assert 200 == (await api.client.get("/readyz")).status_code


async def test_metrics_count_by_pattern(api: Any) -> None:
    """No label holds what a request held."""
    await api.client.get("/v1/borrowers/B-secret")

    text = (await api.client.get("/metrics")).text

    assert 'forbear_http_requests_total{method="GET",route="/v1/borrowers/{id}",status="404"} 1.0' in text
    assert "B-secret" not in text

"""The other bodies, as hostile as a notice can be: a problem that names the field, or data taken as data;
Never an internal error."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from channels.content.shipped import shipped_templates

EVENT = {
    "event_id": "e-1", "borrower_id": "B-1", "type": "contact", "at": "2026-11-20T10:00:00Z",
    "channel": "voice", "direction": "out",
    "outcome": "conversation", "to": "consumer", "from": "09:00", "debt_ids": ["L-1"], "discussed": ["L-1"],
    "account_id": "A-1",
    "creditor": "bank", "category": "collection", "wrong_party": False, "in_response_to": "r-1",
    "requested_by_consumer": False,
    "address": "+12025550101", "address_kind": "mobile", "content_class": "reminder", "ref": "r-2",
    "words": "hello", "text": "hello",
    "scope": "address", "topic": "marketing", "via": "letter", "given_to": "collector",
    "only_dates": ["2026-11-24"],
    "inconvenient": [{"days": ["mon"], "from": "09:00", "to": "12:00"}], "until": "2026-12-24",
    "mailed": "2026-11-01",
    "expires_at": "2026-12-24T00:00:00Z", "result": "reassigned", "source": "branch",
}  # fmt: skip
PROFILE = {
    "id": "B-2", "name": "Ana Ruiz", "language": "en-US", "jurisdiction": "US-MA",
    "time_zone": "America/New_York", "postal_code": "02108",
    "country": "US", "addresses": {"sms": "+12025550101", "voice": "+12025550101",
    "email": "ana@example.com"},
    "consents": [{"channel": "sms", "at": "2026-01-05T10:00:00Z", "given_to": "creditor"}],
}  # fmt: skip
QUESTION = {
    "policies": ["us-reg-f"],
    "borrower": {
        "id": "B-1", "address": "a", "zones_by_source": {"address": ["America/New_York"]},
        "phone_area_code": "617",
        "debt_groups": [["d1", "d2"]], "days_past_due": 5, "jurisdiction": "US-MA",
    },
    "debt_ids": ["d1"],
    "history": [
        {
            "type": "contact", "at": "2026-11-20T10:00:00-05:00", "channel": "voice", "direction": "out",
            "outcome": "conversation",
            "to": "consumer", "debt_ids": ["d1"], "discussed": ["d1"], "wrong_party": False,
            "requested_by_consumer": False, "event_id": "e",
        },
        {"type": "designation", "at": "2026-11-20T10:00:00-05:00",
        "inconvenient": [{"days": ["mon"], "from": "09:00", "to": "12:00"}]},
        {"type": "agreed_hours", "at": "2026-11-20T10:00:00-05:00", "from": "20:00", "to": "21:00"},
    ],
    "proposed": {
        "at": "2026-11-23T21:04:00-05:00", "channel": "voice", "to": "consumer", "sender_role": "third_party",
        "debt_ids": ["d1"],
        "content_class": "reminder", "address_kind": "mobile", "optout_notice": True,
        "contains_marketing": False, "time_consent": False,
    },
    "holidays": ["2026-11-26"],
}  # fmt: skip
KEY = {
    "name": "core",
    "role": "producer",
    "creditors": ["bank"],
    "rate_per_minute": 60,
    "expires_at": "2027-01-01T00:00:00Z",
}
SPECIMEN = {
    "channel": "sms",
    "language": "es",
    "version": 0,
    "borrower_name": "Ana",
    "sender_role": "debt_buyer",
    "first_communication": True,
}
RELEASE = {"deliveries": ["ntc_" + "3a" * 24 + ".sms"], "how": "close", "reason": "known"}
TEMPLATE = dict(shipped_templates()["optout-confirmation"].document)

ROUTES: dict[str, tuple[str, str, Any]] = {
    "event": ("POST", "/v1/events", EVENT),
    "events": ("POST", "/v1/events", [EVENT]),
    "profile": ("PUT", "/v1/borrowers/B-2", PROFILE),
    "question": ("POST", "/v1/evaluate", QUESTION),
    "key": ("POST", "/v1/keys", KEY),
    "specimen": ("POST", "/v1/templates/overdue-reminder/preview", SPECIMEN),
    "release": ("POST", "/v1/holds/release", RELEASE),
    "template": ("PUT", "/v1/templates/optout-confirmation", TEMPLATE),
}
STRANGE: dict[str, Any] = {
    "null": None, "true": True, "a number": 22, "a fraction": 1.5, "a huge number": 10**400,
    "a huge power": 1e308, "a text": "x",
    "an empty text": "", "a list": [], "a list of lists": [[[]]], "an object": {"x": 1},
    "CRLF": "x\r\nBcc: all@example.com", "NUL": "x\x00y",
    "a right-to-left override": "x\u202egnp.exe", "half a surrogate pair": "x\ud800y",
    "a template": "{{ 7 * 7 }}{% for x in y %}",
    "a date of no calendar": "2026-02-30", "a long text": "x" * 200_000,
}  # fmt: skip

AT_ONCE = {"null", "an object"}
"""Which of them the first tier puts everywhere; the second puts the others."""


def places(document: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every member and item."""
    members = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in members:
        yield (*where, key)
        yield from places(value, (*where, key))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at a path."""
    found = copy.deepcopy(document)
    holder = found
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    return found


async def send(api: Any, name: str, body: Any) -> Any:
    """The body to its route, as JSON, also where it is no Unicode."""
    method, path, _ = ROUTES[name]
    return await api.client.request(
        method, path, content=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )


def check(answer: Any, *label: Any) -> bool:
    """Whether it was refused; a refusal is a problem, and one of a body names the place."""
    assert answer.status_code < 500, (*label, answer.text)
    if answer.is_success:
        return False
    assert "application/problem+json" == answer.headers["content-type"], label
    if answer.status_code == 422:
        assert answer.json()["errors"], label
        assert all(
            one["pointer"] == "" or one["pointer"].startswith("/") for one in answer.json()["errors"]
        ), (*label, answer.text)
    return True


@pytest.mark.parametrize("name", ROUTES)
async def test_a_body_is_accepted_as_it_stands_or_for_a_reason_of_its_own(
    api: Any, notice: dict[str, Any], name: str
) -> None:
    """The ground of the tests below: nothing in it is refused for its form."""
    await api.client.post("/v1/notices", json=notice)
    answer = await send(api, name, ROUTES[name][2])
    assert answer.is_success or (name, 404) == ("release", answer.status_code), answer.text


@pytest.mark.parametrize(
    "strange", [one if one in AT_ONCE else pytest.param(one, marks=pytest.mark.slow) for one in STRANGE]
)
@pytest.mark.parametrize("name", [name for name in ROUTES if name != "events"])
async def test_a_strange_value_is_refused_by_name_or_is_data(
    api: Any, notice: dict[str, Any], name: str, strange: str
) -> None:
    """In the place of every member and item. A text that is no text, or that would end a line of a header or
    a log, is never taken."""
    await api.client.post("/v1/notices", json=notice)
    for path in places(ROUTES[name][2]):
        answer = await send(api, name, changed(ROUTES[name][2], path, STRANGE[strange]))
        refused = check(answer, name, path, strange)
        assert (
            refused
            or strange not in {"NUL", "half a surrogate pair", "a huge number", "a list of lists"}
            or name == "question"
        ), (
            name,
            path,
        )


@pytest.mark.parametrize("name", ROUTES)
async def test_an_unknown_member_is_refused_in_every_object(
    api: Any, notice: dict[str, Any], name: str
) -> None:
    """By its own pointer."""
    await api.client.post("/v1/notices", json=notice)
    body = ROUTES[name][2]
    objects: list[tuple[Any, ...]] = [path for path in places(body) if isinstance(_at(body, path), dict)]
    for path in [*objects, *([()] if isinstance(body, dict) else [])]:
        answer = await send(api, name, changed(body, (*path, "chanel"), 1))
        assert 422 == answer.status_code, (name, path, answer.text)
        pointers = [one["pointer"] for one in answer.json()["errors"]]
        assert any(one.startswith("".join(f"/{part}" for part in path)) for one in pointers), (
            name,
            path,
            pointers,
        )


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        document = document[part]
    return document


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b'"x"', b"1" * 5_000, b"\xff\xfe", b"[" * 100_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b'{"a": 1, "a": 2}', b'{"a": NaN}'],
    ids=["nothing", "half", "null", "text", "number", "bytes", "deep list", "deep object", "twice", "NaN"],
)  # fmt: skip
@pytest.mark.parametrize("name", ROUTES)
async def test_what_is_no_body_at_all_is_a_problem(api: Any, name: str, body: bytes) -> None:
    """Broken, ambiguous, too deep, of another shape."""
    method, path, _ = ROUTES[name]
    answer = await api.client.request(
        method, path, content=body, headers={"Content-Type": "application/json"}
    )
    assert check(answer, name)

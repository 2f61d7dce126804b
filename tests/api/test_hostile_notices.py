"""Whatever comes in the place of a notice's field: a problem that names the field, or text taken as text;
Never an internal error."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

OPTIONAL = frozenset(
    {
        "/borrower/name",
        "/borrower/language",
        "/borrower/jurisdiction",
        "/borrower/time_zone",
        "/borrower/postal_code",
        "/borrower/country",
        "/borrower/consents",
        "/borrower/consents/0/at",
        "/borrower/consents/0/given_to",
        "/borrower/consents/1/at",
        "/borrower/consents/1/given_to",
        "/borrower/addresses/voice",
        "/debt/account_id",
        "/debt/jurisdiction",
        "/fan_out",
        "/wait",
        "/not_before",
        "/expires_at",
        "/reference",
    }
)
"""What may be left out or null in this notice."""
FREE_TEXT = frozenset({"/borrower/name"})
"""Fields where any words are words."""
UPSTREAM_IDS = frozenset({"/borrower/id", "/debt/id", "/debt/account_id", "/reference"})
ITEMS = frozenset({"/channels/0", "/channels/1", "/borrower/consents/0", "/borrower/consents/1"})
"""Items of lists: leaving one out is another list, not an error."""

CHANNEL_OF = {"/borrower/addresses/sms": "/channels/0", "/borrower/addresses/email": "/channels/1"}
"""An address may be left out; then the channel that needs it is what does not fit."""

HOSTILE = {
    "CRLF": "x\r\nBcc: all@example.com",
    "NUL": "x\x00y",
    "a megabyte": "x" * 1_000_000,
    "a right-to-left override": "x\u202egnp.exe",
    "half a surrogate pair": "x\ud800y",
    "a template": "{{ 7 * 7 }}{% for x in y %}",
    "SQL": "'; DROP TABLE notices; --",
    "markup": "<script>alert(1)</script>",
    "an empty text": "",
}
HARMLESS = {"a template", "SQL", "markup"}
"""Accepted as data where any text is."""


def leaves(document: Any, where: str = "") -> Iterator[str]:
    """Pointers to every member and item."""
    match document:
        case dict():
            for key, value in document.items():
                yield f"{where}/{key}"
                yield from leaves(value, f"{where}/{key}")
        case list():
            for position, value in enumerate(document):
                yield f"{where}/{position}"
                yield from leaves(value, f"{where}/{position}")


def parent_of(document: Any, pointer: str) -> tuple[Any, Any]:
    """The object or list that holds a pointer's value, and its key there."""
    *path, last = pointer.split("/")[1:]
    for part in path:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document, int(last) if isinstance(document, list) else last


def changed(notice: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """The notice with another value at a pointer."""
    found = copy.deepcopy(notice)
    holder, key = parent_of(found, pointer)
    holder[key] = value
    return found


def without(notice: dict[str, Any], pointer: str) -> dict[str, Any]:
    """The notice without a member."""
    found = copy.deepcopy(notice)
    holder, key = parent_of(found, pointer)
    del holder[key]
    return found


def dumped(document: Any) -> bytes:
    """JSON, also of what is no Unicode."""
    return json.dumps(document).encode()


async def refused(api: Any, body: bytes, pointer: str, label: str) -> None:
    """The body is refused with a problem that names the field (or the member below or above it that does not
    fit)."""
    answer = await api.client.post("/v1/notices", content=body, headers={"Content-Type": "application/json"})
    assert 422 == answer.status_code, (label, pointer, answer.status_code, answer.text)
    assert "application/problem+json" == answer.headers["content-type"], (label, pointer)
    named = [one["pointer"] for one in answer.json()["errors"]]
    assert any(one == pointer or one.startswith(f"{pointer}/") for one in named), (label, pointer, named)


def wrong_types(value: Any) -> list[Any]:
    """Values of every other JSON type."""
    return [
        one for one in (None, True, 22, "22", 1.5, [], ["x"], {}, {"x": 1}) if type(one) is not type(value)
    ]


@pytest.mark.parametrize(
    "sign",
    [
        *"\u061c\u180e\u034f\u115f\u17b4\u3164\ufe0f\uffa0\ufdd0\ufff3\u2064",
        *"\U000e0041\U0001d173\U0001bca1\U000e0100\U0001ffff\U0010fffe",
    ],
    ids=ascii,
)
async def test_an_id_holds_nothing_that_is_not_seen(api: Any, notice: dict[str, Any], sign: str) -> None:
    """Two ids that look alike would be two borrowers, and a wish of one not the other's."""
    for pointer in sorted(UPSTREAM_IDS):
        await refused(api, dumped(changed(notice, pointer, f"B-{sign}1")), pointer, ascii(sign))
    event = {"type": "cease", "borrower_id": f"B-{sign}1", "at": "2026-11-24T16:00:00Z"}
    answer = await api.client.post("/v1/events", json=event)
    assert (422, "/borrower_id") == (answer.status_code, answer.json()["errors"][0]["pointer"])
    seen = await api.client.post("/v1/notices", json=changed(notice, "/borrower/id", "B-😀-Ана-李"))
    assert 202 == seen.status_code


async def test_a_value_of_another_type_is_refused_for_every_field(api: Any, notice: dict[str, Any]) -> None:
    """Nothing is coerced: "22" is not 22, 22 is not "22"."""
    for pointer in leaves(notice):
        holder, key = parent_of(notice, pointer)
        for value in wrong_types(holder[key]):
            if (value is None and pointer in OPTIONAL) or (pointer == "/wait" and value == 22):
                continue
            named = CHANNEL_OF.get(pointer, pointer) if value is None else pointer
            await refused(api, dumped(changed(notice, pointer, value)), named, f"type {value!r}")
    assert 0 == await api.count("notices")
    assert 0 == await api.count("borrowers")


async def test_a_missing_field_is_named_for_every_field_that_is_needed(
    api: Any, notice: dict[str, Any]
) -> None:
    """What may be left out is listed; everything else is needed."""
    for pointer in leaves(notice):
        if pointer in ITEMS:
            continue
        body = dumped(without(notice, pointer))
        if pointer not in OPTIONAL:
            await refused(api, body, CHANNEL_OF.get(pointer, pointer), "missing")
            continue
        answer = await api.client.post(
            "/v1/notices", content=body, headers={"Content-Type": "application/json"}
        )
        if pointer == "/fan_out":
            assert ["/wait"] == [one["pointer"] for one in answer.json()["errors"]]
        else:
            assert 202 == answer.status_code, (pointer, answer.text)


async def test_an_unknown_field_is_refused_in_every_object(api: Any, notice: dict[str, Any]) -> None:
    """A misspelt field is never silently ignored."""
    objects = [
        "",
        *(pointer for pointer in leaves(notice) if isinstance(parent_of(notice, pointer)[0], dict | list)),
    ]
    for pointer in objects:
        holder, key = ({"": notice}, "") if pointer == "" else parent_of(notice, pointer)
        if isinstance(holder[key], dict):
            await refused(api, dumped(_with(notice, pointer)), f"{pointer}/chanels", "unknown")
    assert 0 == await api.count("notices")


def _with(notice: dict[str, Any], pointer: str) -> dict[str, Any]:
    found = copy.deepcopy(notice)
    target: Any = found
    for part in pointer.split("/")[1:]:
        target = target[int(part)] if isinstance(target, list) else target[part]
    target["chanels"] = []
    return found


@pytest.mark.parametrize("label", HOSTILE)
async def test_a_hostile_text_is_refused_or_kept_as_text(
    api: Any, notice: dict[str, Any], label: str
) -> None:
    """A borrower may be called `{{ 7 * 7 }}`; nobody's phone number is."""
    text = HOSTILE[label]
    for pointer in leaves(notice):
        holder, key = parent_of(notice, pointer)
        if not isinstance(holder[key], str):
            continue
        body = dumped(changed(notice, pointer, text))
        as_text = label in HARMLESS and pointer in FREE_TEXT | UPSTREAM_IDS
        if as_text or (label == "an empty text" and pointer in FREE_TEXT):
            answer = await api.client.post(
                "/v1/notices", content=body, headers={"Content-Type": "application/json"}
            )
            assert 202 == answer.status_code, (label, pointer, answer.text)
        else:
            await refused(api, body, pointer, label)


async def test_free_text_comes_back_as_it_was_given(api: Any, notice: dict[str, Any]) -> None:
    """Accepted as data means unchanged."""
    name = "{{ 7 * 7 }} O'Neill \u200fמרים <b>"
    notice["borrower"]["name"] = name

    assert 202 == (await api.client.post("/v1/notices", json=notice)).status_code

    assert name == (await api.client.get("/v1/borrowers/B-1")).json()["name"]


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/debt/amount_due", "-1.00"), ("/debt/amount_due", "1e3"), ("/debt/amount_due", "NaN"),
        ("/debt/amount_due", "1,000.00"),
        ("/debt/amount_due", "431.255"), ("/debt/amount_due", "9" * 16), ("/debt/amount_due", "٤٣١.٢٥"),
        ("/debt/amount_due", " 1"),
        ("/debt/currency", "XYZ"), ("/debt/currency", "usd"), ("/debt/currency", "XXX"),
        ("/debt/due_on", "2026-02-30"), ("/debt/due_on", "1764547200"),
        ("/debt/due_on", "2026-11-01T00:00:00Z"),
        ("/debt/due_on", "0001-01-01"), ("/debt/days_past_due", 10**12), ("/debt/days_past_due", -(10**12)),
        ("/borrower/time_zone", "Mars/Olympus"), ("/borrower/time_zone", "../../etc/passwd"),
        ("/borrower/time_zone", "EST5EDT4"),
        ("/borrower/language", "xx-US"), ("/borrower/language", "en_US"), ("/borrower/jurisdiction", "ZZ"),
        ("/borrower/jurisdiction", "US-"), ("/borrower/country", "USA"),
        ("/borrower/addresses/sms", "+999123456789"), ("/borrower/addresses/sms", "2025550101"),
        ("/borrower/addresses/sms", "+1202555010"), ("/borrower/addresses/sms", "+1202555010133"),
        ("/borrower/addresses/sms", "+1 202 555 0101"), ("/borrower/addresses/email",
        "Ana <ana@example.com>"),
        ("/borrower/addresses/email", "ana@example.com,b@example.com"),
        ("/borrower/addresses/email", "ana@example.com\r\nBcc: b@example.com"),
        ("/borrower/addresses/email", "ana@localhost"), ("/borrower/addresses/email", "ana@@example.com"),
        ("/borrower/addresses/email", "aña@example.com"), ("/borrower/addresses/email",
        f"{'a' * 65}@example.com"),
        ("/expires_at", "2026-12-01T00:00:00"), ("/expires_at", "2026-12-01"), ("/expires_at", "1764547200"),
        ("/expires_at", "9999-12-31T23:59:59-14:00"), ("/expires_at", "2026-11-24T17:30:00Z"),
        ("/not_before", "tomorrow"),
        ("/channels", []), ("/channels", ["sms", "sms"]), ("/channels/0", "fax"), ("/fan_out", "some"),
        ("/wait", "PT0S"),
        ("/wait", "P400D"), ("/wait", "1 day"), ("/wait", "3600"), ("/wait", 0),
        ("/sender_role", "collector"),
        ("/template", "no-such-template"), ("/category", "../x"), ("/debt/creditor", "a b"),
        ("/borrower/consents/0/channel", "fax"), ("/borrower/name", "\u3164"),
        ("/borrower/name", "\u200b \u2060"), ("/borrower/name", "\u2800"),
    ],
)  # fmt: skip
async def test_a_value_out_of_bounds_is_refused_by_name(
    api: Any, notice: dict[str, Any], pointer: str, value: Any
) -> None:
    """Each field has its own idea of what can be."""
    await refused(api, dumped(changed(notice, pointer, value)), pointer, "bounds")
    assert 0 == await api.count("notices")


@pytest.mark.parametrize(
    "number",
    ["+12025550101", "+15005550001", "+442079460123", "+8613800138000", "+390612345678", "+4915112345678"],
)
async def test_numbers_of_fiction_and_of_the_sandbox_are_numbers(
    api: Any, notice: dict[str, Any], number: str
) -> None:
    """The length must be possible where the country code leads; whether somebody owns it is not asked."""
    notice["borrower"]["addresses"]["sms"] = number

    assert 202 == (await api.client.post("/v1/notices", json=notice)).status_code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 422), (b"null", 422), (b'"x"', 422), (b'{"borrower": NaN}', 400),
        (b"\xff\xfe", 400),
        (b"\xef\xbb\xbf{}", 400), (b"[" * 100_000, 400), (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400),
        (b"1" * 5_000, 400),
        (b'{"channels": ["sms"], "channels": ["sms"]}', 400), (b'{"\\ud800": 1}', 422),
    ],
)  # fmt: skip
async def test_what_is_no_notice_at_all_is_a_problem(api: Any, body: bytes, status: int) -> None:
    """Broken, ambiguous, too deep, or of another shape."""
    answer = await api.client.post("/v1/notices", content=body, headers={"Content-Type": "application/json"})

    assert status == answer.status_code, answer.text
    assert "application/problem+json" == answer.headers["content-type"]


async def test_a_problem_shows_nothing_of_what_came(api: Any, notice: dict[str, Any]) -> None:
    """Addresses, names and amounts do not leak into problems, however wrong they are."""
    bad = changed(notice, "/borrower/addresses/sms", "+1202555SECRET")
    bad = changed(bad, "/borrower/addresses/email", "secret <secret@example.com>")
    bad = changed(bad, "/borrower/name", "Secret\x00Name")

    answer = await api.client.post(
        "/v1/notices", content=dumped(bad), headers={"Content-Type": "application/json"}
    )

    assert 422 == answer.status_code
    assert "secret" not in answer.text.lower()


async def test_the_number_of_field_errors_and_the_length_of_names_are_bounded(api: Any) -> None:
    """A hostile body cannot make a larger answer than itself."""
    body = orjson.dumps({f"{'x' * 1000}{n}": 1 for n in range(1000)})

    answer = await api.client.post("/v1/notices", content=body, headers={"Content-Type": "application/json"})

    assert 422 == answer.status_code
    assert len(answer.content) < 30_000

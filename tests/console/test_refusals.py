"""What a refusal is like: the form as it was filled in, each fault at its field, and a way back; and what the
pages say of states by their colours."""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise
from typing import Any

import pytest

from service.console.pages import tone
from service.console.pictures import Series, columns_picture
from service.console.words import LANGUAGES, SOURCE, catalogue
from service.dispatch.webhooks import endpoints
from service.model.delivery import DeliveryState
from service.model.suppression import Reason
from tests.console.visiting import Visitor, accepted, after, change, visitor
from tests.face import PUBLIC

OURS = {"Referer": f"{PUBLIC}/console/webhooks?page=2"}


async def test_a_form_comes_back_where_the_present_state_refuses_it(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only where a field does not fit: what was typed is worth as much."""
    one = await visitor(api, "ops")
    monkeypatch.setattr(endpoints, "MOST_ENDPOINTS", 0)
    typed = {"url": "https://core.example.com/forbear", "description": "core banking", "types": ["log.*"]}
    answer = await one.post("/console/webhooks", typed)
    assert 409 == answer.status_code
    assert "There are 0 endpoints, which is the most." in answer.text
    for kept in ('value="https://core.example.com/forbear"', 'value="core banking"', 'value="log.*" checked'):
        assert kept in answer.text


async def test_an_endpoint_without_a_type_is_refused(api: Any) -> None:
    """Nobody is told of what they did not ask for."""
    one = await visitor(api, "ops")
    answer = await one.post("/console/webhooks", {"url": "https://core.example.com/forbear"})
    assert (422, True) == (answer.status_code, 'id="types-error-1"' in answer.text)
    assert 0 == await api.count("webhook_endpoints")


async def test_a_fault_leads_to_its_field_and_has_the_focus(api: Any) -> None:
    """By the name that the page gives the field, not by a pointer."""
    one = await visitor(api)
    answer = await one.post("/console/keys", {"name": "x", "role": "ops", "expires_date": "2026-01-01"})
    assert 422 == answer.status_code
    assert '<a href="#expires_date">Good until</a>: expected an instant in the future' in answer.text
    assert re.search(r'<div class="note bad" role="alert" tabindex="-1" autofocus>', answer.text)
    assert 'id="expires_date-error-1"' in answer.text


@pytest.mark.parametrize(
    ("headers", "back"),
    [
        (OURS, "/console/webhooks?page=2"),
        ({}, None),
        ({"Referer": "https://elsewhere.example.org/console/webhooks"}, None),
        ({"Referer": f"{PUBLIC}/v1/notices"}, None),
        ({"Referer": f"{PUBLIC}/console/keys"}, None),
        ({"Referer": "no address at all"}, None),
    ],
)
async def test_a_problem_leads_back_to_where_one_came_from(
    api: Any, headers: dict[str, str], back: str | None
) -> None:
    """To a page of ours, and never to itself."""
    one = await visitor(api, "ops")
    answer = await one.get("/console/keys", headers=headers)
    assert 403 == answer.status_code
    found = re.search(r'<a class="button primary" href="([^"]+)">Back</a>', answer.text)
    assert back == (None if found is None else unescape(found[1]))


async def test_after_a_login_one_is_where_the_form_was(api: Any) -> None:
    """A session that ended while a form was filled in leads back to it."""
    stranger = Visitor(api)
    answer = await stranger.client.post("/console/webhooks", data={"url": "https://x"}, headers=OURS)
    assert 303 == answer.status_code
    assert "/console/login?next=%2Fconsole%2Fwebhooks%3Fpage%3D2" == answer.headers["location"]


async def test_a_key_that_is_revoked_on_its_page_ends_its_sessions_at_once(api: Any) -> None:
    """Without the seconds that a process remembers a key for."""
    one, other = await visitor(api), await visitor(api, "auditor")
    assert 200 == (await other.get("/console")).status_code
    [key] = [
        found["id"]
        for found in (await api.client.get("/v1/keys")).json()["items"]
        if found["role"] == "auditor"
    ]
    assert "its sessions are over" in await after(one, await one.post(f"/console/keys/{key}/revoke"))
    assert 303 == (await other.get("/console")).status_code


async def test_nothing_ticked_is_said_beside_the_list(api: Any, notice: dict[str, Any]) -> None:
    """With the choice as it was made."""
    await accepted(api, notice, fan_out="all", wait=None)
    await change(api, "UPDATE deliveries SET state = 'held', reason = 'it cannot be rendered'")
    one = await visitor(api, "ops")
    answer = await one.get("/console/held/release?how=close")
    assert 422 == answer.status_code
    assert "tick what is to be released" in answer.text
    assert 'name="how" value="close" required checked' in answer.text
    assert 2 == answer.text.count('name="delivery"')


async def test_what_is_lifted_or_released_is_shown_before(api: Any, notice: dict[str, Any]) -> None:
    """And what does not stand is no page."""
    await accepted(api, notice)
    one = await visitor(api, "ops")
    fields = {"address": "+12025550123", "channel": "any", "reason": "opt_out", "note": "by letter"}
    assert 303 == (await one.post("/console/suppressions", fields)).status_code
    [id_] = re.findall(r"/console/suppressions/(sup_\d+)/lift", (await one.get("/console/suppressions")).text)
    assert "by letter" in (await one.get(f"/console/suppressions/{id_}/lift")).text
    for unknown in ("sup_0", "sup_999999", "sup_x", "nothing"):
        assert 404 == (await one.get(f"/console/suppressions/{unknown}/lift")).status_code
    assert 404 == (await one.get("/console/legal-holds/release?borrower=B-1")).status_code
    await one.post("/console/legal-holds", {"borrower": "B-1", "because": "file 17"})
    assert "file 17" in (await one.get("/console/legal-holds/release?borrower=B-1")).text


async def test_nothing_is_offered_to_be_cancelled_where_nothing_waits(
    api: Any, notice: dict[str, Any]
) -> None:
    """The page says so, and leads back."""
    id_ = await accepted(api, notice)
    one = await visitor(api)
    assert "Cancel it" in (await one.get(f"/console/notices/{id_}/cancel")).text
    await change(api, "UPDATE deliveries SET state = 'delivered', reason = NULL")
    page = (await one.get(f"/console/notices/{id_}/cancel")).text
    assert ("Nothing of it waits any more." in page, "Cancel it" in page) == (True, False)


def test_a_colour_means_one_thing() -> None:
    """What waits for its hour is calm; a rule or a wish that stops is no failure; a person is waited for."""
    tones = {
        "deferred": "idle",
        "suppressed": "stop",
        "held": "wait",
        "delivered": "good",
        "exhausted": "bad",
    }
    assert tones == {word: tone(word) for word in tones}
    assert ["idle", "stop", "wait", "good"] == [tone(one) for one in ("defer", "suppress", "hold", "allow")]


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != SOURCE])
def test_every_state_reason_and_way_has_a_word_in_every_language(language: str) -> None:
    """None of them is shown as the API calls it."""
    words = {one.value.replace("_", " ") for one in (*DeliveryState, *Reason)}
    words |= {"cli", "console", "import", "mailbox", "message", "automatic", "unclear", "list"}
    assert set() == {one for one in words if catalogue(language).gettext(one) == one}


def test_an_axis_ends_with_a_round_number_and_names_do_not_overlap() -> None:
    """Where weeks are many, some have no name; the newest always has."""
    weeks = [f"2026-W{number:02d}" for number in range(30, 43)]
    picture = columns_picture(weeks, [Series("contacts", (54.0, *[18.5] * 12))])
    assert ["0", "30", "60"] == [one["text"] for one in picture["marks"]]
    assert "2026-W42" == picture["labels"][-1]["text"]
    places = [one["x"] for one in picture["labels"]]
    assert 100 < min(right - left for left, right in pairwise(places))
    assert ["0", "10", "20"] == [
        one["text"] for one in columns_picture(["a"], [Series("x", (18.5,))])["marks"]
    ]

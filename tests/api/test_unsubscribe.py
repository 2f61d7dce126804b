"""The link in every e-mail: looking at it changes nothing, acting on it ends the e-mails and nothing else
(RFC 8058)."""

from __future__ import annotations

from typing import Any

import pytest

from service.dispatch.decide.facts import ZoneCache
from tests.steps import decide_all, dial_all

ADAPTERS = {"sms": "sandbox", "email": "sandbox", "voice": "sandbox"}
ANONYMOUS = {"Authorization": ""}
FORM = {"List-Unsubscribe": "One-Click"}


async def sent(api: Any, notice: dict[str, Any], *channels: str, **further: Any) -> list[Any]:
    """A notice for these channels, and the messages that leave."""
    body = {**notice, "channels": list(channels), "fan_out": "all", **further}
    del body["not_before"], body["wait"]
    assert 202 == (await api.client.post("/v1/notices", json=body)).status_code
    round_ = await decide_all(api.runtime, ZoneCache(), limit=50, adapters=ADAPTERS, lease_seconds=30)
    return [one.message for one in await dial_all(api.runtime, round_.reserved, send_within=15.0)]


@pytest.fixture
async def link(api: Any, notice: dict[str, Any]) -> str:
    """The path behind the link of an e-mail that was sent."""
    [message] = await sent(api, notice, "email")
    return str(message.unsubscribe_url).removeprefix("https://forbear.example.com")


async def test_a_scanner_that_follows_the_link_unsubscribes_nobody(
    api: Any, notice: dict[str, Any], link: str
) -> None:
    """GET and HEAD show; the page has one button and loads nothing."""
    for _ in range(3):
        page = await api.client.get(link, headers=ANONYMOUS)
        assert 200 == (await api.client.head(link, headers=ANONYMOUS)).status_code
    assert 200 == page.status_code
    assert '<form method="post">' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "ana@example.com" not in page.text
    assert 0 == await api.count("events WHERE type = 'opt_out'")
    assert 1 == len(await sent(api, notice, "email", reference="again"))


@pytest.mark.parametrize(
    ("body", "via"),
    [
        ({"data": FORM}, "one_click"),
        ({"files": {"List-Unsubscribe": (None, "One-Click")}}, "one_click"),
        ({"data": {}}, "page"),
    ],
    ids=["form", "multipart", "the page's button"],
)
async def test_acting_ends_the_e_mails_and_nothing_else(
    api: Any, notice: dict[str, Any], link: str, body: dict[str, Any], via: str
) -> None:
    """No key, no cookie, no second question; twice is harmless; a text still goes."""
    for _ in range(2):
        answer = await api.client.post(link, headers=ANONYMOUS, **body)
        assert 200 == answer.status_code, answer.text
        assert '<form method="post">' not in answer.text
    assert 1 == await api.count("events WHERE type = 'opt_out' AND channel = 'email'")
    assert 1 == await api.count(f"events WHERE document ->> 'via' = '{via}'")
    assert ["sms"] == [
        one.channel.value for one in await sent(api, notice, "email", "sms", reference="again")
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [("es-MX", "No recibir más correos"), ("zh-CN", "停止接收邮件"), ("fr-CA", "Stop the e-mails")],
)
async def test_the_page_speaks_the_borrowers_language(
    api: Any, notice: dict[str, Any], language: str, words: str
) -> None:
    """As far as we speak it."""
    [message] = await sent(api, {**notice, "borrower": {**notice["borrower"], "language": language}}, "email")
    page = await api.client.get(str(message.unsubscribe_url), headers=ANONYMOUS)
    assert words in page.text


async def test_a_link_that_we_did_not_sign_is_not_found(api: Any, link: str) -> None:
    """Cut, changed, or the token of a receipt."""
    for wrong in (link[:-1], link[:-1] + ("0" if link[-1] != "0" else "1"), "/v1/unsubscribe/x"):
        for method in ("GET", "POST"):
            assert 404 == (await api.client.request(method, wrong, headers=ANONYMOUS)).status_code
    assert 0 == await api.count("events WHERE type = 'opt_out'")

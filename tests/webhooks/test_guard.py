"""Where requests may go, and who may say so."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from channels.webhook.networks import Networks, networks_of, refusal_of
from channels.webhook.sender import Sender
from tests.console.visiting import after, visitor
from tests.webhooks.receiver import receiving

HOSTILE = (
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://10.1.2.3/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://172.31.255.255/",
    "https://192.0.0.9/",
    "https://192.0.2.1/",
    "https://192.168.1.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://localhost/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a00:1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://[fc00::1]/",
    "https://[fe80::1]/",
    "https://[ff02::1]/",
    "http://8.8.8.8/",
    "http://nobody.invalid/",
    "https://user:pass@example.com/",
    "https://user@example.com/",
    "https://example.com/#part",
    "https://example.com\\@127.0.0.1/",
    "https:///path",
    "https://example .com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "example.com",
    "https://example.com:0/",
    "https://example.com:99999/",
)


@pytest.mark.parametrize("url", HOSTILE)
async def test_what_is_not_of_the_public_internet_is_refused(hooks: Any, url: str) -> None:
    """When an endpoint is made and when it is changed, in every spelling, with a pointer; nothing is
    stored."""
    object.__setattr__(hooks.api.runtime, "networks", Networks())
    answer = await hooks.api.client.post("/v1/webhooks", json={"url": url, "types": ["delivery.*"]})
    assert (422, "/url") == (answer.status_code, answer.json()["errors"][0]["pointer"]), answer.text
    assert 0 == await hooks.api.count("webhook_endpoints")


async def test_a_name_that_resolves_to_another_address_gains_nothing(hooks: Any) -> None:
    """The address is looked at when it is connected to: what was public at first may be private then."""
    async with receiving() as receiver:
        port = receiver.url.rsplit(":", 1)[1]
        sender = Sender(Networks(), timeout=2.0)
        for url in (receiver.url, f"http://localhost:{port}", f"https://localhost:{port}"):
            answer = await sender.post(url, b"{}", {})
            assert answer.status is None
            assert "not connected" in (answer.error or ""), answer
            assert "hook" not in (answer.error or "")
        await sender.close()
        assert [] == receiver.got


async def test_plain_http_goes_to_allowed_networks_alone(hooks: Any) -> None:
    """A network that is named may be reached, and none beside it."""
    allowed = Networks(networks_of("127.0.0.0/8, fd00::/8"))
    assert await refusal_of("http://127.0.0.1:8000/", allowed) is None
    assert await refusal_of("https://[::ffff:127.0.0.1]/", allowed) is None
    assert await refusal_of("http://[fd00::1]/", allowed) is None
    assert await refusal_of("http://10.0.0.1/", allowed) is not None
    assert await refusal_of("http://8.8.8.8/", allowed) is not None
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        networks_of("10.0.0.1/8")


@pytest.mark.slow
async def test_a_receiver_that_never_answers_is_given_up(hooks: Any) -> None:
    """Connected, and then nothing: a failure like any other, in its time."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = asyncio.get_running_loop().time()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        answer = await hooks.sender.post(url, b"{}", {})
        assert (None, "no answer within 2 s") == (answer.status, answer.error)
        assert asyncio.get_running_loop().time() - began < 5


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"types": []}, "/types"),
        ({"types": ["delivery.*", "borrower.changed"]}, "/types/1"),
        ({"types": ["*"]}, "/types/0"),
        ({"types": ["delivery.gone"]}, "/types/0"),
        ({"types": "delivery.*"}, "/types"),
        ({"url": None}, "/url"),
        ({"secret": "whsec_x"}, "/secret"),
        ({"creditor": "a b"}, "/creditor"),
    ],
)
async def test_an_endpoint_that_does_not_fit_is_refused(
    hooks: Any, change: dict[str, Any], pointer: str
) -> None:
    """With the pointer to each error."""
    body = {"url": "https://example.com/hook", "types": ["delivery.*"], **change}
    answer = await hooks.api.client.post("/v1/webhooks", json=body)
    assert (422, pointer) == (answer.status_code, answer.json()["errors"][0]["pointer"]), answer.text


async def test_ops_and_admins_manage_endpoints_each_its_creditors(hooks: Any) -> None:
    """Nobody else; a limited key neither makes one for all, nor sees another's."""
    body = {"url": "https://example.com/hook", "types": ["delivery.*"]}
    for role in ("producer", "auditor"):
        headers = await hooks.api.key(role)
        assert 403 == (await hooks.api.client.post("/v1/webhooks", json=body, headers=headers)).status_code
    everyones = (await hooks.api.client.post("/v1/webhooks", json=body)).json()["id"]
    limited = await hooks.api.key("ops", creditors=["second-bank"])
    for creditor, status in ((None, 422), ("first-bank", 422), ("second-bank", 201)):
        made = await hooks.api.client.post(
            "/v1/webhooks", json={**body, "creditor": creditor}, headers=limited
        )
        assert status == made.status_code, made.text
    assert made.json()["secret"].startswith("whsec_")
    listed = (await hooks.api.client.get("/v1/webhooks", headers=limited)).json()["items"]
    assert [made.json()["id"]] == [one["id"] for one in listed]
    for method, rest in (
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/rotate"),
        ("POST", "/test"),
        ("GET", "/attempts"),
    ):
        answer = await hooks.api.client.request(method, f"/v1/webhooks/{everyones}{rest}", headers=limited)
        assert 404 == answer.status_code


async def test_the_console_makes_tries_and_switches_endpoints(hooks: Any) -> None:
    """The secret is on one page; what came of a try too."""
    async with receiving() as receiver:
        one = await visitor(hooks.api)
        made = await one.post("/console/webhooks", {"url": receiver.url, "types": "delivery.*"})
        assert "whsec_" in await after(one, made)
        listed = (await hooks.api.client.get("/v1/webhooks")).json()["items"][0]
        assert (await one.get("/console/webhooks")).text.count("whsec_") == 0
        tried = await one.post(f"/console/webhooks/{listed['id']}", {"step": "test"})
        assert "The test event arrived" in await after(one, tried)
        assert ["webhook.test"] == receiver.types
        today = f"{hooks.api.clock.now():%Y-%m-%d}"
        again = {"step": "again", "from": today, "to": today}
        sent = await after(one, await one.post(f"/console/webhooks/{listed['id']}", again))
        assert "0 events are on their way again, under their own ids." in sent
        for wrong in ({}, {"from": today}, {"from": today, "to": "2020-01-01"}):
            refused = await one.post(f"/console/webhooks/{listed['id']}", {"step": "again", **wrong})
            assert 422 == refused.status_code
        stopped = await one.post(f"/console/webhooks/{listed['id']}", {"step": "disable"})
        assert "Disabled: what happens meanwhile waits, as long as events are kept." in await after(
            one, stopped
        )

"""What is told, when, in which order, and what never is."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import standardwebhooks.webhooks as library
from aiohttp import web

from channels.receipt import Progress
from tests.webhooks.receiver import receiving

METADATA = {"campaign": "november"}


async def test_a_notice_is_told_from_its_acceptance_to_its_end(hooks: Any, notice: dict[str, Any]) -> None:
    """Accepted first, done after what ended it, each with its place in the log, signed; no address, name or
    text anywhere."""
    async with receiving() as receiver:
        made = await hooks.endpoint(receiver.url)
        id_ = await hooks.bench.accept(
            notice, "sms", not_before=None, fan_out="all", wait=None, metadata=METADATA
        )
        (message,) = await hooks.bench.work()
        await hooks.bench.receipt(message, Progress.DELIVERED, "delivered")
        await hooks.send()
        expected = [
            "notice.accepted",
            "delivery.sending",
            "delivery.accepted",
            "delivery.delivered",
            "notice.done",
        ]
        assert expected == receiver.types
        for one in receiver.got:
            _verify(made["secret"], one)
            data = one.document["data"]
            assert (id_, "B-1", "core-4711", METADATA) == tuple(
                data[name] for name in ("notice_id", "borrower_id", "reference", "metadata")
            )
            entry = (await hooks.api.client.get(f"/v1/log?notice={id_}")).json()["items"]
            assert data["log_index"] in {each["index"] for each in entry}, (one.document, entry)
            for secret in (b"+1202", b"Ruiz", b"431", b"example.com"):
                assert secret not in one.body
        assert ["open", "sending", "accepted", "delivered", "done"] == [
            one.document["data"]["state"] for one in receiver.got
        ]
        assert f"{id_}.sms" == receiver.got[1].document["data"]["delivery_id"]


async def test_a_receipt_after_the_end_is_told_after_it(hooks: Any, notice: dict[str, Any]) -> None:
    """An accepted e-mail is done; what a mail server says later comes later, and done is told once."""
    async with receiving() as receiver:
        await hooks.endpoint(receiver.url, "notice.done", "delivery.*")
        await hooks.bench.accept(notice, "email", not_before=None, fan_out="all", wait=None)
        (message,) = await hooks.bench.work()
        await hooks.send()
        await hooks.bench.receipt(message, Progress.UNDELIVERED, "bounced")
        await hooks.send()
        assert [
            "delivery.sending",
            "delivery.accepted",
            "notice.done",
            "delivery.undelivered",
        ] == receiver.types


async def test_every_way_to_move_a_delivery_is_told(hooks: Any, notice: dict[str, Any]) -> None:
    """Deferred, cancelled by the upstream, suppressed by a payment, cancelled by an erasure; a cascade's next
    channel begins."""
    async with receiving() as receiver:
        await hooks.endpoint(receiver.url, "delivery.*")
        first = await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        await hooks.api.client.post(f"/v1/notices/{first}/cancel")
        await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        await hooks.bench.event("payment", debt_ids=["L-1"])
        await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        await hooks.api.client.post("/v1/borrowers/B-1/erase", json={"reason": "asked"})
        await hooks.send()
        assert ["delivery.cancelled", "delivery.suppressed", "delivery.cancelled"] == receiver.types
        assert None not in [one.document["data"]["log_index"] for one in receiver.got]
        assert [None] * 3 == [one.document["data"]["reference"] for one in receiver.got]
        receiver.got.clear()
        other = {**notice, "borrower": {**notice["borrower"], "id": "B-2"}}
        await hooks.bench.accept(other, "sms", "email", not_before=None, wait=None)
        (message,) = await hooks.bench.work()
        await hooks.bench.receipt(message, Progress.UNDELIVERED, "undelivered")
        await hooks.bench.work()
        await hooks.send()
        channels = [(one.document["data"]["channel"], one.document["data"]["state"]) for one in receiver.got]
        assert ("email", "due") in channels
        assert channels.index(("sms", "undelivered")) < channels.index(("email", "due"))


async def test_events_suppressions_policies_and_checkpoints_are_told(
    hooks: Any, notice: dict[str, Any]
) -> None:
    """Whoever records them, wherever; only what an endpoint asks for."""
    async with receiving() as every, receiving() as few:
        await hooks.endpoint(
            every.url, "event.*", "suppression.*", "log.checkpoint", "inbound.unmatched", "policy.*"
        )
        await hooks.endpoint(few.url, "suppression.lifted")
        await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        await hooks.bench.event("opt_out", channel="sms")
        added = await hooks.api.client.post(
            "/v1/suppressions", json={"address": "+12025550199", "channel": "sms", "reason": "opt_out"}
        )
        assert added.is_success, added.text
        lifted = await hooks.api.client.post(
            f"/v1/suppressions/{added.json()['id']}/lift", json={"reason": "asked"}
        )
        assert lifted.is_success, lifted.text
        await hooks.send()
        assert {"event.recorded", "suppression.added", "suppression.lifted", "log.checkpoint"} <= set(
            every.types
        )
        assert ["suppression.lifted"] == few.types
        told = next(
            one.document["data"] for one in every.got if one.document["data"].get("event_type") == "opt_out"
        )
        assert "B-1" == told["borrower_id"]
        assert all(b"2025550" not in one.body for one in every.got)


async def test_an_endpoint_of_a_creditor_hears_of_no_other(hooks: Any, notice: dict[str, Any]) -> None:
    """Neither its notices, nor events of borrowers whom others have too."""
    async with receiving() as receiver:
        await hooks.endpoint(receiver.url, "notice.*", "event.*", creditor="second-bank")
        await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        other = {**notice, "debt": {**notice["debt"], "creditor": "second-bank"}}
        await hooks.bench.accept(other, "sms", fan_out="all", wait=None)
        await hooks.bench.event("attorney")
        await hooks.send()
        assert ["second-bank"] == [one.document["data"]["creditor"] for one in receiver.got]
        assert ["notice.accepted"] == receiver.types


async def test_nothing_is_written_while_there_is_no_endpoint(hooks: Any, notice: dict[str, Any]) -> None:
    """The triggers stand still before the first endpoint and after the last one."""
    enabled = "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'webhooks%' AND tgenabled <> 'D' ORDER BY 1"
    async with receiving() as receiver:
        made = await hooks.endpoint(receiver.url)
        async with hooks.runtime.database.connection() as connection:
            found = [row[0] for row in await connection.fetch(enabled)]
        assert ["webhooks_entries", "webhooks_moves", "webhooks_starts"] == found
        assert 204 == (await hooks.api.client.delete(f"/v1/webhooks/{made['id']}")).status_code
        async with hooks.runtime.database.connection() as connection:
            assert [] == await connection.fetch(enabled)
        await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        assert 0 == await hooks.api.count("webhook_events")


async def test_a_failed_event_waits_for_its_turn_and_holds_back_its_notice_alone(
    hooks: Any, notice: dict[str, Any]
) -> None:
    """First again after 5 s, under the same id; the notice's later events wait, another notice's do not."""
    async with receiving() as receiver:
        await hooks.endpoint(receiver.url)
        first = await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        second = await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        await hooks.api.client.post(f"/v1/notices/{first}/cancel")
        receiver.answer = lambda got: web.Response(status=500 if first.encode() in got.body else 200)
        await hooks.send()
        assert [first, second] == sorted(
            (one.document["data"]["notice_id"] for one in receiver.got), key=[first, second].index
        )
        hooks.api.clock.move(timedelta(seconds=4.9))
        assert 0 == await hooks.send()
        receiver.answer = lambda _: web.Response(status=204)
        hooks.api.clock.move(timedelta(seconds=0.7))
        await hooks.send()
        of_first = [one for one in receiver.got if one.document["data"]["notice_id"] == first]
        assert ["notice.accepted", "notice.accepted", "delivery.cancelled", "notice.done"] == [
            one.document["type"] for one in of_first
        ]
        assert of_first[0].id == of_first[1].id


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 429, 500, 503])
async def test_only_an_answer_of_2xx_is_an_arrival(hooks: Any, notice: dict[str, Any], status: int) -> None:
    """No redirect is followed; everything else is tried again."""
    async with receiving() as other, receiving() as receiver:
        receiver.answer = lambda _: web.Response(status=status, headers={"Location": other.url})
        made = await hooks.endpoint(receiver.url, "notice.accepted")
        await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        await hooks.send()
        hooks.api.clock.move(timedelta(seconds=6))
        await hooks.send()
        assert (2, 0) == (len(receiver.got), len(other.got))
        items = (await hooks.api.client.get(f"/v1/webhooks/{made['id']}/attempts")).json()["items"]
        assert [(status, 2, False), (status, 1, False)] == [
            (one["status"], one["number"], one["delivered"]) for one in items
        ]


async def test_410_disables_at_once(hooks: Any, notice: dict[str, Any]) -> None:
    """Nothing more is sent; enabled again, a replay brings what was missed."""
    async with receiving() as receiver:
        receiver.answer = lambda _: web.Response(status=410)
        made = await hooks.endpoint(receiver.url, "notice.accepted")
        path = f"/v1/webhooks/{made['id']}"
        since = hooks.api.clock.now()
        await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        await hooks.send()
        read = (await hooks.api.client.get(path)).json()
        assert (False, True) == (read["enabled"], "410" in read["disabled_reason"])
        await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        hooks.api.clock.move(timedelta(hours=1))
        assert 0 == await hooks.send()
        receiver.answer = lambda _: web.Response(status=200)
        again = await hooks.api.client.patch(path, json={"enabled": True})
        assert (True, None) == (again.json()["enabled"], again.json()["disabled_reason"])
        replay = await hooks.api.client.post(f"{path}/replay", json={"from": since.isoformat()})
        assert (202, 1) == (replay.status_code, replay.json()["queued"]), replay.text
        await hooks.send()
        assert 3 == len(receiver.got)
        assert 2 == len({one.id for one in receiver.got})
        ids = [receiver.got[-1].id]
        assert 1 == (await hooks.api.client.post(f"{path}/replay", json={"event_ids": ids})).json()["queued"]
        await hooks.send()
        assert ids[0] == receiver.got[-1].id


async def test_a_receiver_that_fails_for_72_hours_is_disabled(hooks: Any, notice: dict[str, Any]) -> None:
    """It is asked by one event at a time until then; what comes back in between gets everything at once."""
    async with receiving() as receiver:
        receiver.answer = lambda _: web.Response(status=500)
        made = await hooks.endpoint(receiver.url, "notice.accepted")
        for _ in range(12):
            await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        await hooks.send()
        before = len(receiver.got)
        for _ in range(5):
            hooks.api.clock.move(timedelta(minutes=6))
            await hooks.send()
        assert 5 >= len(receiver.got) - before >= 3
        receiver.answer = lambda _: web.Response(status=200)
        hooks.api.clock.move(timedelta(minutes=6))
        await hooks.send()
        await hooks.send()
        assert 12 == len({one.id for one in receiver.got})
        assert 0 == await hooks.api.count("webhook_outbox")
        receiver.answer = lambda _: web.Response(status=500)
        await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        for _ in range(11):
            await hooks.send()
            hooks.api.clock.move(timedelta(hours=8, minutes=50))
        read = (await hooks.api.client.get(f"/v1/webhooks/{made['id']}")).json()
        assert (False, "nothing arrived within 72 hours") == (read["enabled"], read["disabled_reason"])


async def test_a_receiver_that_is_back_after_seconds_is_found_within_seconds(
    hooks: Any, notice: dict[str, Any]
) -> None:
    """However often its oldest event was tried before: the pause is the outage's, and not the event's."""
    async with receiving() as receiver:
        receiver.answer = lambda _: web.Response(status=500)
        await hooks.endpoint(receiver.url, "notice.accepted")
        for _ in range(12):
            await hooks.bench.accept(notice, "sms", fan_out="all", wait=None)
        await hooks.send()
        tried = [len(receiver.got)]
        for seconds in (6, 7, 15, 32, 68):
            hooks.api.clock.move(timedelta(seconds=seconds))
            await hooks.send()
            tried.append(len(receiver.got))
        assert [1] * 5 == [after - before for before, after in pairwise(tried)]
        receiver.answer = lambda _: web.Response(status=200)
        hooks.api.clock.move(timedelta(seconds=120))
        assert 0 == await hooks.send()
        hooks.api.clock.move(timedelta(seconds=25))
        await hooks.send()
        assert 12 == len({one.id for one in receiver.got})


async def test_two_secrets_sign_while_one_is_replaced(hooks: Any, notice: dict[str, Any]) -> None:
    """For 24 hours; then the new one alone."""
    async with receiving() as receiver:
        made = await hooks.endpoint(receiver.url, "notice.accepted")
        path = f"/v1/webhooks/{made['id']}"
        fresh = (await hooks.api.client.post(f"{path}/rotate")).json()
        assert made["secret"] != fresh["secret"]
        assert "secret" not in (await hooks.api.client.get(path)).json()
        tested = (await hooks.api.client.post(f"{path}/test")).json()
        assert (True, 200, "thanks") == (tested["delivered"], tested["status"], tested["answer"])
        for secret in (made["secret"], fresh["secret"]):
            _verify(secret, receiver.got[-1])
        assert "webhook.test" == receiver.types[-1]
        hooks.api.clock.move(timedelta(hours=24, seconds=1))
        await hooks.api.client.post(f"{path}/test")
        _verify(fresh["secret"], receiver.got[-1])
        assert 1 == len(receiver.got[-1].headers["webhook-signature"].split())


def _verify(secret: str, got: Any) -> None:
    """By a foreign library, whose clock stands where the sender's does."""
    verify = library.Webhook(secret)
    expected = verify.sign(
        msg_id=got.id,
        timestamp=library.datetime.fromtimestamp(  # type: ignore[attr-defined]
            int(got.headers["webhook-timestamp"]),
            tz=library.timezone.utc,  # type: ignore[attr-defined]
        ),
        data=got.body.decode(),
    )
    assert expected in got.headers["webhook-signature"].split()

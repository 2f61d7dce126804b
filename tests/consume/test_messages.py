"""A message is taken as the API takes a body: stored once, refused with the same problem, or kept waiting."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from service.consume.dead_letter import LONGEST, refused_headers
from service.consume.intake import Consumer
from service.dispatch.intake.accept import Intake
from service.errors import SetupError, Unavailable
from service.worker.background_tasks import tidy
from tests.consume.conftest import KEEP, message


async def test_a_notice_is_stored_once_however_often_it_comes(
    api: Any, consumer: Consumer, notice: dict[str, Any]
) -> None:
    again = dict(reversed(notice.items()))  # the same members in another order are the same body
    assert [None, None] == await consumer.take([message(notice), message(notice)])
    assert [None] == await consumer.take([message(again)])
    assert 1 == await api.count("notices")
    found = (await api.client.get("/v1/notices")).json()["items"][0]
    assert notice["reference"] == found["reference"]


async def test_another_body_under_a_used_key_is_refused(
    api: Any, consumer: Consumer, notice: dict[str, Any]
) -> None:
    assert [None] == await consumer.take([message(notice)])
    (problem,) = await consumer.take([message({**notice, "reference": "another"})])
    assert problem is not None
    assert "https://forbear.example/problems/idempotency-key-reused" == problem["type"]
    assert 1 == await api.count("notices")


async def test_a_key_is_known_for_thirty_days(api: Any, consumer: Consumer, notice: dict[str, Any]) -> None:
    """A broker sends again what was asked for again, long after HTTP's two days."""
    assert [None] == await consumer.take([message(notice)])
    for days, left in ((29, 1), (2, 0)):
        api.clock.move(timedelta(days=days))
        await tidy(api.runtime)
        assert left == await api.count("idempotency")


REFUSED: dict[str, tuple[Any, str | None, dict[str, str], str]] = {
    "no key": ({}, None, {}, "/header/idempotency-key"),
    "an empty key": ({}, "", {}, "/header/idempotency-key"),
    "a key of other letters": ({}, "schlüssel", {}, "/header/idempotency-key"),
    "a key that is too long": ({}, "k" * 256, {}, "/header/idempotency-key"),
    "a type that nobody knows": ({}, "k", {"forbear_type": "telegram"}, "/header/forbear-type"),
    "no member": ({}, "k", {}, "/borrower"),
    "an unknown member": ({"colour": "red"}, "k", {}, "/colour"),
    "an event without its borrower": ({"type": "payment"}, "k", {"forbear_type": "event"}, "/borrower_id"),
    "no event in a list": ([], "k", {"forbear_type": "event"}, ""),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_does_not_fit_is_refused_with_its_pointer(api: Any, consumer: Consumer, name: str) -> None:
    body, key, headers, pointer = REFUSED[name]
    (problem,) = await consumer.take([message(body, key, **headers)])
    assert problem is not None
    assert 422 == problem["status"]
    assert pointer in [one["pointer"] for one in problem["errors"]]
    assert 0 == await api.count("notices")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"a": 1, "a": 2}', b"null"])
async def test_what_is_no_document_is_refused(consumer: Consumer, body: bytes) -> None:
    (problem,) = await consumer.take([message(body)])
    assert problem is not None
    assert problem["status"] in {400, 422}


async def test_a_refused_message_spoils_nobody_and_keeps_the_order(
    api: Any, consumer: Consumer, notice: dict[str, Any]
) -> None:
    """Notices and events of one borrower take effect in the order in which they came: the payment is about
    the first notice alone."""
    debt, borrower = notice["debt"]["id"], notice["borrower"]["id"]
    payment = {
        "type": "payment",
        "borrower_id": borrower,
        "debt_ids": [debt],
        "at": api.clock.now().isoformat(),
    }
    results = await consumer.take(
        [
            message({**notice, "reference": "first"}, "1"),
            message({}, "2"),
            message(payment, "3", forbear_type="event"),
            message({**notice, "reference": "second"}, "4"),
        ]
    )
    assert [True, False, True, True] == [one is None for one in results]
    assert 2 == await api.count("notices")
    assert 1 == await api.count("events WHERE type = 'payment'")


async def test_an_event_without_a_name_of_its_own_bears_that_of_its_message(
    api: Any, consumer: Consumer, notice: dict[str, Any]
) -> None:
    await consumer.take([message(notice)])
    event = {"type": "payment", "borrower_id": notice["borrower"]["id"], "at": api.clock.now().isoformat()}
    again = [message(event, "e-1", forbear_type="event")] * 2
    assert [None, None] == await consumer.take(again)
    several = message([event, {**event, "type": "promise_to_pay"}], "e-2", forbear_type="event")
    assert [None, None] == await consumer.take([several, several])
    assert 3 == await api.count("events WHERE type IN ('payment', 'promise_to_pay')")
    (problem,) = await consumer.take(
        [message({**event, "type": "promise_to_pay"}, "e-1", forbear_type="event")]
    )
    assert problem is not None
    assert 409 == problem["status"]


async def test_the_key_s_creditors_hold(api: Any, notice: dict[str, Any]) -> None:
    made = await api.client.post(
        "/v1/keys", json={"name": "other", "role": "producer", "creditors": ["other-bank"]}
    )
    consumer = _consumer(api, made.json()["id"])
    (problem,) = await consumer.take([message(notice)])
    assert problem is not None
    assert (403, "/debt/creditor") == (problem["status"], problem["errors"][0]["pointer"])


async def test_a_key_that_is_gone_or_may_not_do_this_stops_the_consumer(
    api: Any, consumer: Consumer, key_id: str
) -> None:
    with pytest.raises(
        SetupError, match="FORBEAR_SOURCE__KEY_ID: expected the id of an API key; there is none"
    ):
        await _consumer(api, "aaaaaaaaaaaa").key()
    auditor = (await api.client.post("/v1/keys", json={"name": "a", "role": "auditor"})).json()["id"]
    with pytest.raises(SetupError, match="expected a key with the role admin or producer"):
        await _consumer(api, auditor).key()
    assert "core" == (await consumer.key()).name
    assert (await api.client.post(f"/v1/keys/{key_id}/revoke")).is_success
    with pytest.raises(SetupError, match="is revoked"):
        await consumer.take([message({})])


async def test_a_batch_waits_while_the_store_is_away(
    api: Any, consumer: Consumer, notice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is refused, and nothing is stored twice."""
    waited: list[float] = []
    tries = iter([Unavailable("away"), Unavailable("away"), ConnectionResetError(), None])
    real = Intake.accept_many

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def accept_many(self: Intake, *arguments: Any) -> Any:
        if (error := next(tries)) is not None:
            raise error
        return await real(self, *arguments)

    monkeypatch.setattr("service.consume.intake.asyncio.sleep", sleep)
    monkeypatch.setattr(Intake, "accept_many", accept_many)
    assert [None] == await consumer.take([message(notice)])
    assert [1.0, 2.0, 4.0] == waited
    assert 1 == await api.count("notices")


async def test_what_breaks_again_and_again_ends_the_consumer_and_is_not_acknowledged(
    consumer: Consumer, notice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sleep(seconds: float) -> None:
        del seconds

    async def accept_many(self: Intake, *arguments: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("service.consume.intake.asyncio.sleep", sleep)
    monkeypatch.setattr(Intake, "accept_many", accept_many)
    with pytest.raises(ZeroDivisionError):
        await consumer.take([message(notice)])


async def test_the_key_s_rate_holds(api: Any, notice: dict[str, Any]) -> None:
    """A batch that is larger than the rate waits for its turn and is not stuck."""
    made = await api.client.post("/v1/keys", json={"name": "slow", "role": "producer", "rate_per_minute": 60})
    consumer = _consumer(api, made.json()["id"])
    waiting = asyncio.create_task(consumer.take([message(notice, str(number)) for number in range(62)]))
    done, _ = await asyncio.wait({waiting}, timeout=0.3)
    assert not done
    assert 0 == await api.count("notices")
    api.clock.move(timedelta(seconds=40))
    assert [None] * 62 == await asyncio.wait_for(waiting, 45)


def test_a_long_problem_is_shortened_to_what_a_header_holds() -> None:
    errors = [
        {"pointer": f"/notices/{place}", "detail": "expected a value; it is missing"} for place in range(1000)
    ]
    found = refused_headers({"type": "https://forbear.example/problems/invalid-request", "errors": errors})
    assert len(found["problem"]) <= LONGEST
    assert "errors_left_out" in found["problem"]


def _consumer(api: Any, key_id: str) -> Consumer:
    return Consumer(
        api.runtime, Intake(api.runtime, backlog=100), key_id=key_id, keep=KEEP, registry=CollectorRegistry()
    )

"""After a restore: what left since the backup counts, what may have been it waits for a person, and nothing
is sent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from channels.adapter import Adapter
from channels.message import Channel
from channels.smtp.adapter import Smtp, SmtpConfig
from channels.twilio.client import TwilioConfig
from channels.twilio.sms import TwilioSms
from channels.twilio.voice import TwilioVoice
from service.clock import MovableClock
from service.dispatch.reconcile.after_restore import Report, reconcile_since
from service.dispatch.reconcile.restored import LEFT_SINCE, NO_LIST
from service.dispatch.reconcile.unknown import sweep_lapsed
from service.errors import Conflict, Unavailable
from service.model.actor import Actor, Role
from tests.channels.twilio_double import SID, TOKEN, Answer, Twilio, resource, twilio
from tests.dispatch.conftest import Bench, Provider
from tests.face import NOON

BACKUP = NOON - timedelta(hours=1)
OPERATOR = Actor(name="operator:cli", role=Role.ADMIN)
Adapters = Mapping[str, Sequence[Adapter]]


@pytest.fixture
async def phones() -> AsyncIterator[tuple[Twilio, Adapters]]:
    """The provider's double, and the adapters of its account."""
    async with twilio() as double:
        config = TwilioConfig(
            account_sid=SID,
            auth_token=TOKEN,
            from_number="+12025550100",
            base_url=f"http://127.0.0.1:{double.port}",
        )
        adapters: Adapters = {"sms": [TwilioSms(config)], "voice": [TwilioVoice(config)]}
        yield double, adapters
        for [adapter] in adapters.values():
            await adapter.close()


@pytest.fixture
def worker(api: Any) -> Bench:
    """A worker whose provider has the name of the double's."""
    return Bench(api, {channel.value: Provider(channel, name="twilio") for channel in Channel})


def left(
    double: Twilio, to: str, at: datetime, *, sid: str | None = None, kind: str = "messages", **further: str
) -> str:
    """The provider has a message to a number."""
    sid = sid or f"{'CA' if kind == 'calls' else 'SM'}{len(double.rows):032x}"
    double.rows.append(
        resource(kind, sid=sid, status="delivered", To=to, created=format_datetime(at), **further)
    )
    return sid


async def apply(api: Any, adapters: Adapters, **further: Any) -> Report:
    """A run that writes."""
    return await reconcile_since(api.runtime, adapters, OPERATOR, since=BACKUP, apply=True, **further)


def number(borrower: int) -> str:
    return f"+1202555{100 + borrower:04d}"


def to(plain: dict[str, Any], borrower: int) -> dict[str, Any]:
    """The notice for another borrower."""
    addresses = {"sms": number(borrower), "voice": number(borrower), "email": f"b{borrower}@example.com"}
    return {**plain, "borrower": {**plain["borrower"], "id": f"B-{borrower}", "addresses": addresses}}


def line(report: Report, channel: str = "sms") -> dict[str, Any]:
    [found] = [one for one in report.document()["lines"] if one["channel"] == channel]
    return {
        name: value
        for name, value in found.items()
        if name not in {"channel", "adapter", "can_list"} and value
    }


async def test_a_dry_run_says_what_would_be_written_and_writes_nothing(api, worker, phones, plain):
    """One of each: known, near an attempt that is not settled, to a stranger, and unknown with what waits for
    its borrower."""
    double, adapters = phones
    await worker.accept(to(plain, 2))
    [known] = await worker.work()
    left(double, known.to, NOON, sid="sms-1")
    await worker.accept(to(plain, 3))
    [dialed] = await worker.dial(await worker.decide())
    left(double, dialed.message.to, NOON + timedelta(seconds=2))
    await worker.accept(to(plain, 1))
    left(double, number(1), NOON + timedelta(seconds=3))
    left(double, number(99), NOON)
    left(double, number(1), NOON, direction="inbound")
    left(double, number(1), BACKUP - timedelta(minutes=1))
    before = {table: await api.count(table) for table in ("events", "log_entries")}
    report = await reconcile_since(api.runtime, adapters, OPERATOR, since=BACKUP, apply=False)
    found = {"listed": 4, "known": 1, "unsettled": 1, "strangers": 1, "unknown": 1, "held": 1, "inbound": 1}
    assert found == line(report)
    assert {} == line(report, "voice")
    assert before == {table: await api.count(table) for table in before}
    assert [] == (await api.client.get("/v1/holds")).json()["items"]
    report = await apply(api, adapters)
    found = {"listed": 4, "known": 1, "unsettled": 1, "strangers": 1, "unknown": 1, "held": 1, "inbound": 1}
    assert found == line(report)
    assert before["events"] + 1 == await api.count("events")


async def test_what_left_counts_as_a_contact_and_what_may_have_been_it_is_held(api, worker, phones, plain):
    """The delivery that waits since before is a person's; one that was accepted later is none of it. A repeat
    writes nothing more."""
    double, adapters = phones
    older = await worker.accept(to(plain, 1))
    sid = left(double, number(1), NOON + timedelta(seconds=3))
    api.clock.move(timedelta(hours=1))
    newer = await worker.accept(to(plain, 1), template="overdue-reminder", reference="newer")
    assert {"listed": 1, "unknown": 1, "held": 1} == line(await apply(api, adapters))
    assert {"sms": "held"} == await worker.states(older)
    assert {"sms": "due"} == await worker.states(newer)
    [held] = (await api.client.get("/v1/holds")).json()["items"]
    assert LEFT_SINCE == held["reason"]
    async with api.runtime.database.connection() as connection:
        [event] = await connection.fetch(
            "SELECT event_id, type, channel, outcome, at, document FROM events WHERE type = 'contact'"
        )
    assert (f"twilio_{sid}", "contact", "sms", "delivered", NOON + timedelta(seconds=3)) == tuple(event)[:5]
    assert "out" == event["document"]["direction"]
    assert number(1) not in str(event["document"])
    assert ["event.recorded", "delivery.held", "store.reconciled"] == (await worker.log())[-3:]
    assert {"listed": 1, "known": 1} == line(await apply(api, adapters))
    assert 1 == await api.count("events")


async def test_the_caps_count_what_left_since_the_backup(api, worker, phones, plain):
    """Three contacts in seven dates are the house's most: the fourth does not go."""
    double, adapters = phones
    await worker.accept(to(plain, 1), not_before=(NOON + timedelta(days=5)).isoformat())
    for hours in (0, 1, 2):
        left(double, number(1), NOON + timedelta(minutes=hours))
    await apply(api, adapters)
    api.clock.move(timedelta(hours=2))
    again = await worker.accept(to(plain, 1))
    assert [] == await worker.work()
    assert (await worker.states(again))["sms"] in {"deferred", "suppressed"}


async def test_a_slot_that_was_reserved_at_the_backup_is_not_given_back_to_be_sent_again(
    api, worker, phones, plain
):
    """In the restored store it looks as if nothing had been sent; the provider knows better."""
    double, adapters = phones
    id_ = await worker.accept(to(plain, 1))
    await worker.decide(lease_seconds=0.0)
    left(double, number(1), NOON)
    dry = await reconcile_since(api.runtime, adapters, OPERATOR, since=BACKUP, apply=False)
    assert {"listed": 1, "unknown": 1, "held": 1} == line(dry)
    assert {"listed": 1, "unknown": 1, "held": 1} == line(await apply(api, adapters))
    assert {"sms": "held"} == await worker.states(id_)
    await sweep_lapsed(api.runtime)
    assert [] == await worker.work()


class Ticking(MovableClock):
    """Goes on by a millisecond whenever it is read."""

    def now(self) -> datetime:
        self.move(timedelta(milliseconds=1))
        return super().now()


async def test_what_borrowers_wrote_since_the_backup_is_taken_in_its_order_and_not_confirmed(
    api, worker, phones, plain
):
    """A lost STOP would be the worst that a restore can do; START and then STOP is a STOP, in whatever order
    they are listed."""
    double, adapters = phones
    await worker.accept(to(plain, 1), not_before=(NOON + timedelta(hours=1)).isoformat())
    for at, words in ((NOON, "STOP"), (NOON - timedelta(minutes=5), "START")):
        left(double, "+12025550100", at, direction="inbound", From=number(1), Body=words)
    dry = await reconcile_since(api.runtime, adapters, OPERATOR, since=BACKUP, apply=False)
    assert ({"inbound": 2}, 0) == (line(dry), await api.count("events"))
    report = await reconcile_since(
        replace(api.runtime, clock=Ticking(NOON)), adapters, OPERATOR, since=BACKUP, apply=True
    )
    assert {"inbound": 2} == line(report)
    async with api.runtime.database.connection() as connection:
        types = await connection.fetch(
            "SELECT type FROM events WHERE type IN ('opt_in', 'opt_out') ORDER BY at, learned_at"
        )
    assert ["opt_in", "opt_out"] == [row["type"] for row in types]
    assert 1 == await api.count("notices")
    api.clock.move(timedelta(hours=2))
    assert [] == await worker.work()
    assert {} == line(await apply(api, adapters))


async def test_calls_are_listed_too(api, worker, phones, plain):
    """By when they began; of a call that ended without a word nobody knows what came, and it has the worse of
    all that may have come of it."""
    double, adapters = phones
    id_ = await worker.accept(to(plain, 1), "voice")
    left(double, number(1), NOON, kind="calls")
    double.rows[-1]["status"] = "completed"
    assert {"listed": 1, "unknown": 1, "held": 1} == line(await apply(api, adapters), "voice")
    assert {"voice": "held"} == await worker.states(id_)
    async with api.runtime.database.connection() as connection:
        assert "unknown" == await connection.fetchval("SELECT outcome FROM events")


async def test_a_long_list_is_read_page_by_page(api, phones):
    """To its end, whatever the size of its pages."""
    double, adapters = phones
    for one in range(1203):
        left(double, f"+1{201 + one // 100}55501{one % 100:02d}", NOON)
    seen: list[int] = []
    report = await reconcile_since(
        api.runtime, adapters, OPERATOR, since=BACKUP, apply=False, progress=seen.append
    )
    assert {"listed": 1203, "strangers": 1203} == line(report)
    assert 1203 == sum(seen)
    assert 3 == sum("Messages" in one.path for one in double.asked)


async def test_where_nothing_can_be_listed_what_was_due_is_held_on_request(api, worker, plain):
    """A mail server keeps a log and answers no question about it."""
    adapters: Adapters = {
        "email": [Smtp(SmtpConfig(host="mail.example.com", port=25, sender="bank@example.com"))]
    }
    due = await worker.accept(to(plain, 1), "email")
    later = await worker.accept(to(plain, 2), "email", not_before=(NOON + timedelta(days=1)).isoformat())
    report = await apply(api, adapters)
    assert [False] == [one.can_list for one in report.lines]
    assert {} == line(report, "email")
    dry = await reconcile_since(
        api.runtime, adapters, OPERATOR, since=BACKUP, apply=False, hold_unlisted=True
    )
    assert {"held": 1} == line(dry, "email")
    assert {"email": "due"} == await worker.states(due)
    assert {"held": 1} == line(await apply(api, adapters, hold_unlisted=True), "email")
    assert ({"email": "held"}, {"email": "deferred"}) == (
        await worker.states(due),
        await worker.states(later),
    )
    [held] = (await api.client.get("/v1/holds")).json()["items"]
    assert NO_LIST == held["reason"]


async def test_nothing_is_written_while_a_worker_runs(api, phones):
    """It may be sending what is to be held."""
    async with api.runtime.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO worker_shares VALUES ('sms:twilio', gen_random_uuid(), 1, clock_timestamp(), "
            "clock_timestamp(), clock_timestamp())"
        )
    with pytest.raises(Conflict, match="a worker runs"):
        await apply(api, phones[1])


async def test_a_provider_that_does_not_answer_ends_the_run_with_one_line(api, phones):
    """Without a number in it; what was found until then stays."""
    double, adapters = phones
    double.script.append(
        Answer(status=500, body={"code": 20500, "message": f"no {number(1)}", "status": 500})
    )
    with pytest.raises(Unavailable) as raised:
        await apply(api, adapters)
    assert "twilio did not say what it sent" in raised.value.detail
    assert number(1) not in raised.value.detail

"""Each source against its real broker: everything once, what is refused with its reason, nothing acknowledged
before it is stored."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from service.consume.intake import Consumer
from service.consume.run import run_source, source_of
from service.consume.source import Message, Problem, Source, SourceLost
from service.errors import SetupError
from tests.consume import brokers
from tests.consume.benches import NAME, Bench, Sqs, rows_of
from tests.ports import free_port


async def until(source: Source, take: Any, enough: Any) -> None:
    """Run a source until `enough()`, at most a minute."""
    stop = asyncio.Event()
    running = asyncio.create_task(run_source(source, take, stop))
    async with asyncio.timeout(60):
        while not running.done() and not await enough():
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(running, 30)


@pytest.mark.slow
async def test_every_message_counts_once_and_bad_ones_go_to_the_dead_letter(
    bench: Bench, api: Any, consumer: Consumer, notice: dict[str, Any]
) -> None:
    rows = rows_of(notice, 40)
    bad = [
        (orjson.dumps({**notice, "colour": "red"}), {"idempotency-key": "bad-1"}),
        (b"no document", {"idempotency-key": "bad-2"}),
        (orjson.dumps(notice), {"source": "core"}),
    ]
    await bench.put([*rows[:20], *bad, *rows[:10], *rows[20:]])
    taken = Counter[str]()

    async def take(messages: Sequence[Message]) -> Sequence[Problem | None]:
        problems = await consumer.take(messages)
        taken.update("refused" if one is not None else "taken" for one in problems)
        return problems

    async def enough() -> bool:
        return taken.total() >= 53

    await until(source_of(bench.url, NAME, batch=16), take, enough)
    assert {"taken": 50, "refused": 3} == dict(taken)
    assert 40 == await api.count("notices")
    letters = await bench.refused()
    assert sorted(body for body, _ in bad) == sorted(body for body, _ in letters)
    by_body = dict(letters)
    problem = orjson.loads(by_body[bad[0][0]]["problem"])
    assert "/colour" == problem["errors"][0]["pointer"]
    assert problem["type"] == by_body[bad[0][0]]["problem-type"]
    assert "core" == by_body[bad[2][0]]["source"]


@pytest.mark.slow
async def test_what_was_not_stored_comes_again(bench: Bench, notice: dict[str, Any]) -> None:
    """The consumer dies with a batch in hand; the next one gets the whole batch, and what was stored does not
    come again."""
    await bench.put(rows_of(notice, 30))
    seen: list[str] = []

    async def dies(messages: Sequence[Message]) -> Sequence[Problem | None]:
        if seen:
            raise ZeroDivisionError
        seen.extend(one.headers["idempotency-key"] for one in messages)
        return [None] * len(messages)

    async def never() -> bool:
        return False

    with pytest.raises(ZeroDivisionError):
        await until(source_of(bench.url, NAME, batch=10), dies, never)
    stored = set(seen)
    later: list[str] = []

    async def takes(messages: Sequence[Message]) -> Sequence[Problem | None]:
        later.extend(one.headers["idempotency-key"] for one in messages)
        return [None] * len(messages)

    async def all_came() -> bool:
        return len(stored | set(later)) == 30

    await until(source_of(bench.url, NAME, batch=10), takes, all_came)
    assert not stored & set(later)
    if not isinstance(bench, Sqs):
        assert [f"k-{number}" for number in range(len(stored), 30)] == later


@pytest.mark.slow
async def test_a_queue_that_does_not_exist_is_said_in_one_line(bench: Bench) -> None:
    async def take(messages: Sequence[Message]) -> Sequence[Problem | None]:
        return [None] * len(messages)

    with pytest.raises(SetupError, match=r"FORBEAR_SOURCE__NAME: there is no (queue|topic) nowhere"):
        await asyncio.wait_for(source_of(bench.url, "nowhere", batch=10).run(take, asyncio.Event()), 40)


async def test_a_broker_that_is_away_is_tried_again() -> None:
    async def take(messages: Sequence[Message]) -> Sequence[Problem | None]:
        return [None] * len(messages)

    url = f"amqp://{brokers.GUEST}@127.0.0.1:{free_port()}/"
    with pytest.raises(SourceLost):
        await source_of(url, NAME, batch=10).run(take, asyncio.Event())
    stop = asyncio.Event()
    running = asyncio.create_task(run_source(source_of(url, NAME, batch=10), take, stop))
    done, _ = await asyncio.wait({running}, timeout=1.5)
    assert not done
    stop.set()
    await asyncio.wait_for(running, 10)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com", "expected a URL that begins with amqp://, amqps://, kafka:// or sqs://"),
        ("kafka://", "expected kafka://host:9092"),
        ("kafka://host:9092?colour=red", "expected kafka://host:9092"),
        ("kafka://host:9092?tls=maybe", "expected kafka://host:9092"),
        ("kafka://host:9092?session=5", "expected kafka://host:9092"),
        ("kafka://host:9092?session=soon", "expected kafka://host:9092"),
        ("sqs://eu-central-1?visible=4", "expected sqs://REGION"),
        ("sqs://eu-central-1?visible=", "expected sqs://REGION"),
        ("kafka://user:pass@host:9092?sasl=GSSAPI", "expected kafka://host:9092"),
        ("sqs://", "expected sqs://REGION"),
        ("sqs://127.0.0.1:5000", "expected sqs://REGION"),
        ("sqs://user:pass@eu-central-1", "expected sqs://REGION"),
    ],
)
def test_a_url_that_is_none_is_said_in_one_line(url: str, said: str) -> None:
    with pytest.raises(SetupError, match="FORBEAR_SOURCE__URL: ") as caught:
        source_of(url, NAME, batch=10)
    assert said in caught.value.detail
    assert "pass" not in caught.value.detail.replace("user:pass@ before", "")


def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "service.consume.kafka", raising=False)
    monkeypatch.setitem(sys.modules, "aiokafka", None)
    with pytest.raises(SetupError, match=r"pip install 'forbear\[kafka\]'"):
        source_of("kafka://host:9092", NAME, batch=10)


def test_a_broker_begins_without_the_messages_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for _ in range(2):
        with brokers.sqs() as endpoint:
            bench = Sqs(endpoint)
            assert 0 == bench.waiting()
            asyncio.run(bench.put([(b"left", {"idempotency-key": "k-1"})]))
            assert 1 == bench.waiting()

"""Messages for a consumer, and the consumer itself on a whole API's store."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry

from service.consume.intake import Consumer
from service.consume.source import Message
from service.dispatch.intake.accept import Intake
from tests.consume import brokers
from tests.consume.benches import KINDS, NAME, Bench, Kafka, Rabbit, Sqs

KEEP = timedelta(days=30)


def message(body: object, key: str | None = "k-1", **headers: str) -> Message:
    """A message with its key."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    given: Mapping[str, str] = {name.replace("_", "-"): value for name, value in headers.items()}
    return Message(body=raw, headers={**({} if key is None else {"idempotency-key": key}), **given})


@pytest.fixture
async def key_id(api: Any) -> str:
    """A producer's key."""
    answer = await api.client.post("/v1/keys", json={"name": "core", "role": "producer"})
    found: str = answer.json()["id"]
    return found


@pytest.fixture
def consumer(api: Any, key_id: str) -> Consumer:
    """Takes messages into the API's store."""
    return Consumer(
        api.runtime,
        Intake(api.runtime, backlog=100),
        key_id=key_id,
        keep=KEEP,
        registry=CollectorRegistry(),
    )


@pytest.fixture(scope="module")
def rabbit_url() -> Iterator[str]:
    if not brokers.SERVER.exists() or shutil.which("epmd") is None:
        pytest.skip("needs Debian's rabbitmq-server")
    with brokers.rabbitmq() as url:
        yield url


@pytest.fixture(params=KINDS)
async def bench(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """An empty broker."""
    match request.param:
        case "amqp":
            import aio_pika

            url = request.getfixturevalue("rabbit_url")
            async with await aio_pika.connect(url) as connection:
                channel = await connection.channel()
                for name in (NAME, f"{NAME}.refused"):
                    await channel.queue_delete(name)
            yield Rabbit(url)
        case "kafka":
            with brokers.kafka() as servers:
                yield Kafka(servers)
        case _:
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                monkeypatch.setenv(name, "testing")
            monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
            with brokers.sqs() as endpoint:
                yield Sqs(endpoint)

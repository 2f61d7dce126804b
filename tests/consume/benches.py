"""Three brokers under one face: to fill the queue, and to read the dead letters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import boto3
import orjson

NAME = "notices"
KINDS = ("amqp", "kafka", "sqs")
TOGETHER, MOST = 500, 10
"""Messages that are sent at a time: to RabbitMQ, and to SQS, which takes no more."""
ROOM = 30
"""Messages that are to be had in moto's queue at the most: it walks through all of them for each call."""


class Bench(Protocol):
    """One broker, and hands to fill its queue and to read its dead letters."""

    url: str

    async def put(self, rows: Sequence[tuple[bytes, Mapping[str, str]]]) -> None:
        """Send messages, in order."""

    async def refused(self) -> list[tuple[bytes, dict[str, str]]]:
        """The dead letters so far."""


class Rabbit:
    """RabbitMQ."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def put(self, rows: Sequence[tuple[bytes, Mapping[str, str]]]) -> None:
        import aio_pika

        async with await aio_pika.connect(self.url) as connection:
            channel = await connection.channel()
            await channel.declare_queue(NAME, durable=True, arguments={"x-queue-type": "quorum"})
            for start in range(
                0, len(rows), TOGETHER
            ):  # a confirmation each, awaited together: they keep their order
                await asyncio.gather(
                    *(
                        channel.default_exchange.publish(aio_pika.Message(body, headers=dict(headers)), NAME)
                        for body, headers in rows[start : start + TOGETHER]
                    )
                )

    async def refused(self) -> list[tuple[bytes, dict[str, str]]]:
        import aio_pika

        found = []
        async with await aio_pika.connect(self.url) as connection:
            channel = await connection.channel()
            queue = await channel.get_queue(f"{NAME}.refused")
            while (one := await queue.get(fail=False, no_ack=True)) is not None:
                found.append((one.body, {name: str(value) for name, value in one.headers.items()}))
        return found


class Kafka:
    """A broker of Kafka's protocol."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        self.url = f"kafka://{servers}"

    async def put(self, rows: Sequence[tuple[bytes, Mapping[str, str]]]) -> None:
        from aiokafka import AIOKafkaProducer
        from aiokafka.admin import AIOKafkaAdminClient, NewTopic

        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
        await admin.start()
        await admin.create_topics([NewTopic(NAME, num_partitions=1, replication_factor=1)])
        await admin.close()
        async with AIOKafkaProducer(bootstrap_servers=self.servers) as producer:
            sent = [
                await producer.send(
                    NAME, body, key=b"b", headers=[(name, value.encode()) for name, value in headers.items()]
                )
                for body, headers in rows
            ]
            await asyncio.gather(*sent)

    async def refused(self) -> list[tuple[bytes, dict[str, str]]]:
        from aiokafka import AIOKafkaConsumer

        found = []
        async with AIOKafkaConsumer(
            f"{NAME}.refused", bootstrap_servers=self.servers, auto_offset_reset="earliest"
        ) as consumer:
            batches = await consumer.getmany(timeout_ms=3000)
            for records in batches.values():
                found += [
                    (one.value, {name: value.decode() for name, value in one.headers}) for one in records
                ]
        return found


class Sqs:
    """moto's SQS. It looks through its whole queue for each call, so that what waits in it is kept few."""

    def __init__(self, endpoint: str) -> None:
        self.client = boto3.client("sqs", endpoint_url=endpoint, region_name="eu-central-1")
        self.queue = self.client.create_queue(QueueName=NAME)["QueueUrl"]
        self.sent = 0
        self.url = f"{endpoint.replace('http://', 'sqs://')}?region=eu-central-1&tls=false"

    async def put(self, rows: Sequence[tuple[bytes, Mapping[str, str]]]) -> None:
        for start in range(0, len(rows), MOST):
            entries = [
                {
                    "Id": str(place),
                    "MessageBody": body.decode(),
                    "MessageAttributes": {
                        name: {"DataType": "String", "StringValue": value} for name, value in headers.items()
                    },
                }
                for place, (body, headers) in enumerate(rows[start : start + MOST])
            ]
            await asyncio.to_thread(self._send, entries)

    def _send(self, entries: Sequence[Any]) -> None:
        """Once there is room; several at a time would only wait for each other in the double."""
        self.sent += len(entries)
        if self.sent % 20 < MOST:
            while self.waiting() > ROOM:
                time.sleep(0.1)
        self.client.send_message_batch(QueueUrl=self.queue, Entries=entries)

    def waiting(self) -> int:
        """Messages of the queue that are to be had."""
        names = ["ApproximateNumberOfMessages"]
        found = self.client.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return int(found["ApproximateNumberOfMessages"])

    async def refused(self) -> list[tuple[bytes, dict[str, str]]]:
        url = self.client.get_queue_url(QueueName=f"{NAME}-refused")["QueueUrl"]
        found: list[tuple[bytes, dict[str, str]]] = []
        while batch := self.client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            found += [
                (
                    one["Body"].encode(),
                    {name: value["StringValue"] for name, value in one["MessageAttributes"].items()},
                )
                for one in batch
            ]
        return found


def rows_of(notice: dict[str, Any], count: int) -> list[tuple[bytes, dict[str, str]]]:
    """So many notices, each with a key of its own."""
    return [
        (orjson.dumps({**notice, "reference": f"r-{number}"}), {"idempotency-key": f"k-{number}"})
        for number in range(count)
    ]

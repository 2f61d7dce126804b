"""Kafka and what speaks its protocol, such as Redpanda (`kafka://`): a consumer group whose offsets are
committed after the store's commit, a dead-letter topic that is written before."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from service.consume.dead_letter import refused_headers
from service.consume.source import Message, Problem, SourceLost, Take
from service.errors import SetupError

GROUP = "forbear"
SESSION, SESSIONS = 10, range(6, 301)
"""Seconds after which a member that says nothing has left; brokers take no fewer than six."""
HEARTBEAT = 1
"""Seconds between a member's words: at one of them it learns that the group divides anew."""
SASL = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
LOOK_MS = 500
PAUSE_MS = 60 * 60 * 1000
"""How long a batch may wait for the store before the group takes its partitions away; its repeats are
harmless even then."""
EXPECTED = (
    "expected kafka://host:9092,host:9092, with user:pass@ before it and ?tls=true, "
    "?sasl=SCRAM-SHA-256, ?group=NAME, ?member=NAME or ?session=SECONDS behind it"
)


class KafkaSource:
    """Consumes one topic as a member of a group. Order is that of a partition: messages of one borrower share
    a record key."""

    kind: ClassVar[str] = "kafka"

    def __init__(self, url: str, name: str, *, batch: int) -> None:
        """`name`: the topic, which must exist. Raises SetupError for a URL that is none."""
        self._connection, self._membership = _connection_of(url)
        self._name = name
        self._batch = batch

    async def run(self, take: Take, stop: asyncio.Event) -> None:
        """See the port."""
        consumer = AIOKafkaConsumer(
            **self._membership,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=PAUSE_MS,
            **self._connection,
        )
        producer = AIOKafkaProducer(acks="all", **self._connection)
        try:
            await consumer.start()
            try:
                await producer.start()
                await self._prepare(consumer)
                consumer.subscribe([self._name])
                while not stop.is_set():
                    await self._round(consumer, producer, take)
            finally:
                await asyncio.gather(consumer.stop(), producer.stop(), return_exceptions=True)
        except (KafkaError, ConnectionError, TimeoutError) as error:
            raise SourceLost(type(error).__name__) from error

    async def _prepare(self, consumer: AIOKafkaConsumer) -> None:
        """Look for the topic, and make the one of refused messages where it is missing, with as many copies
        as the topic has: the library cannot ask for the cluster's own default (KIP-464)."""
        topics = await consumer.topics()
        if self._name not in topics:
            raise SetupError(f"FORBEAR_SOURCE__NAME: there is no topic {self._name}")
        refused = f"{self._name}.refused"
        if refused in topics:
            return
        admin = AIOKafkaAdminClient(**self._connection)
        await admin.start()
        try:
            (topic,) = await admin.describe_topics([self._name])
            copies = len(topic["partitions"][0]["replicas"])
            await admin.create_topics([NewTopic(refused, num_partitions=1, replication_factor=copies)])
        except TopicAlreadyExistsError:
            pass
        finally:
            await admin.close()

    async def _round(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, take: Take) -> None:
        """What is there of each partition, in its order; its offset is committed last."""
        found = await consumer.getmany(timeout_ms=LOOK_MS, max_records=self._batch)
        for partition, records in found.items():
            problems = await take([_message(one) for one in records])
            await self._refuse(producer, records, problems)
            await consumer.commit({partition: records[-1].offset + 1})

    async def _refuse(
        self, producer: AIOKafkaProducer, records: Sequence[Any], problems: Sequence[Problem | None]
    ) -> None:
        for record, problem in zip(records, problems, strict=True):
            if problem is not None:
                added = [(name, text.encode()) for name, text in refused_headers(problem).items()]
                await producer.send_and_wait(
                    f"{self._name}.refused", record.value, key=record.key, headers=[*record.headers, *added]
                )


def _message(record: Any) -> Message:
    return Message(
        body=record.value or b"",
        headers={
            name.lower(): value.decode("utf-8", "replace")
            for name, value in record.headers
            if value is not None
        },
    )


def _connection_of(url: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What every client of the library takes, and who the consumer is in which group."""
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = {"tls", "sasl", "group", "member", "session"}
    if not hosts or parts.path not in {"", "/"} or not set(query) <= known:
        raise SetupError(f"FORBEAR_SOURCE__URL: {EXPECTED}")
    tls, sasl = query.get("tls", "false"), query.get("sasl", "PLAIN")
    session = query.get("session", str(SESSION))
    seconds = int(session) if session.isascii() and session.isdigit() else 0
    if tls not in {"true", "false"} or sasl not in SASL or seconds not in SESSIONS:
        raise SetupError(f"FORBEAR_SOURCE__URL: {EXPECTED}")
    found: dict[str, Any] = {"bootstrap_servers": hosts.split(",")}
    if tls == "true":
        found["ssl_context"] = ssl.create_default_context()
    protocol = "SSL" if tls == "true" else "PLAINTEXT"
    if login:
        user, _, password = login.partition(":")
        protocol = "SASL_SSL" if tls == "true" else "SASL_PLAINTEXT"
        found |= {
            "sasl_mechanism": sasl,
            "sasl_plain_username": unquote(user),
            "sasl_plain_password": unquote(password),
        }
    membership = {
        "group_id": query.get("group", GROUP),
        "group_instance_id": query.get("member") or None,
        "session_timeout_ms": seconds * 1000,
        "heartbeat_interval_ms": HEARTBEAT * 1000,
    }
    return {**found, "security_protocol": protocol}, membership

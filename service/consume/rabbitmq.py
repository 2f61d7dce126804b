"""RabbitMQ by AMQP 0-9-1 (`amqp://`, `amqps://`): a queue with manual acknowledgements, a dead-letter queue
with publisher confirms."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import (
    AMQPConnectionError,
    AMQPException,
    AuthenticationError,
    ChannelInvalidStateError,
    ChannelNotFoundEntity,
    ProbableAuthenticationError,
)

from service.consume.dead_letter import refused_headers
from service.consume.source import Message, Problem, SourceLost, Take
from service.errors import SetupError

CONNECT_SECONDS = 10.0
QUORUM = "quorum"


class RabbitSource:
    """Consumes one queue. In flight are at most two batches: one in hand, one on its way."""

    kind: ClassVar[str] = "amqp"

    def __init__(self, url: str, name: str, *, batch: int) -> None:
        """`name`: the queue, which must exist."""
        self._url = url
        self._name = name
        self._batch = batch

    async def run(self, take: Take, stop: asyncio.Event) -> None:
        """See the port."""
        try:
            connection = await aio_pika.connect(self._url, timeout=CONNECT_SECONDS)
        except (AuthenticationError, ProbableAuthenticationError) as error:
            raise SetupError(
                f"FORBEAR_SOURCE__URL: the broker refuses the login or the virtual host: "
                f"{type(error).__name__}"
            ) from None
        except ValueError:
            raise SetupError("FORBEAR_SOURCE__URL: expected amqp://user:pass@host/vhost") from None
        except (AMQPConnectionError, OSError, TimeoutError) as error:
            raise SourceLost(type(error).__name__) from error
        async with connection:
            try:
                await self._consume(connection, take, stop)
            except (AMQPException, ChannelInvalidStateError, ConnectionError, TimeoutError) as error:
                raise SourceLost(type(error).__name__) from error

    async def _consume(self, connection: AbstractConnection, take: Take, stop: asyncio.Event) -> None:
        await self._prepare(connection)
        channel = await connection.channel(publisher_confirms=True)
        await channel.set_qos(prefetch_count=2 * self._batch)
        arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        channel.close_callbacks.add(lambda *_: arrived.put_nowait(None))
        queue = await channel.get_queue(self._name, ensure=False)
        tag = await queue.consume(arrived.put)
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: arrived.put_nowait(None))
        try:
            while (first := await arrived.get()) is not None:
                batch, over = _more(arrived, first, self._batch)
                problems = await take([_message(one) for one in batch])
                await self._settle(channel, batch, problems)
                if over:
                    break
            if stop.is_set():
                with suppress(AMQPException, ChannelInvalidStateError, ConnectionError):
                    await queue.cancel(tag)  # what is on its way goes back to the queue with the channel
                return
            raise SourceLost("the channel was closed")
        finally:
            stopping.cancel()

    async def _prepare(self, connection: AbstractConnection) -> None:
        """Look for the queue, and declare the one of refused messages where it is missing. A passive
        declaration that fails closes its channel, so each has one of its own."""
        try:
            async with await connection.channel() as channel:
                await channel.declare_queue(self._name, passive=True)
        except ChannelNotFoundEntity:
            raise SetupError(
                f"FORBEAR_SOURCE__NAME: there is no queue {self._name}; make it durable, of type quorum"
            ) from None
        try:
            async with await connection.channel() as channel:
                await channel.declare_queue(f"{self._name}.refused", passive=True)
        except ChannelNotFoundEntity:
            async with await connection.channel() as channel:
                await channel.declare_queue(
                    f"{self._name}.refused", durable=True, arguments={"x-queue-type": QUORUM}
                )

    async def _settle(
        self,
        channel: AbstractChannel,
        batch: Sequence[AbstractIncomingMessage],
        problems: Sequence[Problem | None],
    ) -> None:
        """Store what was refused in the dead-letter queue, then acknowledge the whole batch at once."""
        for message, problem in zip(batch, problems, strict=True):
            if problem is not None:
                letter = aio_pika.Message(
                    message.body,
                    headers={**message.headers, **refused_headers(problem)},
                    content_type=message.content_type,
                    message_id=message.message_id,
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                )
                await channel.default_exchange.publish(letter, f"{self._name}.refused", mandatory=True)
        await batch[-1].ack(multiple=True)


def _more(
    arrived: asyncio.Queue[AbstractIncomingMessage | None], first: AbstractIncomingMessage, most: int
) -> tuple[list[AbstractIncomingMessage], bool]:
    """The batch that begins with `first`, of what is here already; and whether it is the last one."""
    batch = [first]
    while len(batch) < most and not arrived.empty():
        one = arrived.get_nowait()
        if one is None:
            return batch, True
        batch.append(one)
    return batch, False


def _message(message: AbstractIncomingMessage) -> Message:
    return Message(
        body=message.body,
        headers={
            name.lower(): text
            for name, value in message.headers.items()
            if (text := _text(value)) is not None
        },
    )


def _text(value: object) -> str | None:
    match value:
        case str():
            return value
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return None

"""Amazon SQS (`sqs://region`): long polling, a visibility that is prolonged while the store is away, deletion
after the commit.

The client is Amazon's own and blocks, so each of its calls runs on a thread. A queue's name takes no full
stop: what is refused goes to `<name>-refused`, of a FIFO queue to `<name>-refused.fifo`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from service.consume.dead_letter import LONGEST, refused_headers
from service.consume.source import PROBLEM_HEADER, Message, Problem, SourceLost, Take
from service.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MOST = 10
"""Messages that one call brings or deletes: SQS takes no more."""
MOST_CALLS = 10
"""Calls at a time, each on a thread."""
WAIT_SECONDS = 5
VISIBLE_AFTER, VISIBLE = 60, range(5, 43_201)
"""Seconds that a message stays away from others, unless the URL says otherwise, and what SQS takes; in hand
it is kept away for longer."""
MOST_ATTRIBUTES = 10
"""Of a message: SQS takes no more."""
EXPECTED = (
    "expected sqs://REGION, or sqs://host:port?region=REGION&tls=false for an endpoint of your own; "
    "?visible=SECONDS behind it"
)
GONE_FOR_GOOD = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
REFUSED = {"AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "SignatureDoesNotMatch"}
FIFO = ".fifo"


class SqsSource:
    """Consumes one queue."""

    kind: ClassVar[str] = "sqs"

    def __init__(self, url: str, name: str, *, batch: int) -> None:
        """`name`: the queue, which must exist; `batch`: messages that are stored at a time, which so many
        calls bring as it takes. Raises SetupError for a URL that is none."""
        self._name = name
        self._batch = min(batch, MOST)
        self._calls = max(1, min(MOST_CALLS, batch // MOST))
        self._made, self._visible = _client_of(url)

    async def run(self, take: Take, stop: asyncio.Event) -> None:
        """See the port."""
        try:
            client = await asyncio.to_thread(
                boto3.client,
                "sqs",
                config=Config(retries={"total_max_attempts": 1}, max_pool_connections=MOST_CALLS),
                **self._made,
            )
            queue, refused = await asyncio.to_thread(self._prepare, client)
            while not stop.is_set():
                if batch := await self._receive(client, queue):
                    async with _kept_invisible(client, queue, batch, self._visible):
                        problems = await take([_message(one) for one in batch])
                    await self._settle(client, (queue, refused), batch, problems)
        except (NoCredentialsError, NoRegionError) as error:
            raise SetupError(f"FORBEAR_SOURCE__URL: {error}") from None
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            if code in REFUSED:
                raise SetupError(f"FORBEAR_SOURCE__URL: SQS refuses the credentials: {code}") from None
            raise SourceLost(code) from error
        except (BotoCoreError, OSError) as error:
            raise SourceLost(type(error).__name__) from error

    async def _receive(self, client: Any, queue: str) -> list[Any]:
        """What one call brings, which waits for it; where that is all that a call can bring, more calls bring
        what more there is, without waiting."""
        found = await asyncio.to_thread(self._ask, client, queue, WAIT_SECONDS)
        if len(found) < self._batch or self._calls == 1:
            return found
        asked = (asyncio.to_thread(self._ask, client, queue, 0) for _ in range(self._calls - 1))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for one in answers:
            if isinstance(one, list):
                found += one
            elif not isinstance(one, (BotoCoreError, ClientError, OSError)):
                raise one  # those that failed brought nothing; what came is in hand all the same
        return found

    def _ask(self, client: Any, queue: str, wait: int) -> list[Any]:
        answer = client.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=self._batch,
            WaitTimeSeconds=wait,
            VisibilityTimeout=self._visible,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["MessageGroupId"],
        )
        return list(answer.get("Messages", []))

    def _prepare(self, client: Any) -> tuple[str, str]:
        """The URLs of the queue and of the one of refused messages, which is made where it is missing."""
        fifo = self._name.endswith(FIFO)
        refused = f"{self._name.removesuffix(FIFO)}-refused{FIFO if fifo else ''}"
        try:
            queue: str = client.get_queue_url(QueueName=self._name)["QueueUrl"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in GONE_FOR_GOOD:
                raise SetupError(f"FORBEAR_SOURCE__NAME: there is no queue {self._name}") from None
            raise
        try:
            return queue, client.get_queue_url(QueueName=refused)["QueueUrl"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in GONE_FOR_GOOD:
                raise
        attributes = {"MessageRetentionPeriod": "1209600", **({"FifoQueue": "true"} if fifo else {})}
        return queue, client.create_queue(QueueName=refused, Attributes=attributes)["QueueUrl"]

    async def _settle(
        self, client: Any, queues: tuple[str, str], batch: Sequence[Any], problems: Sequence[Problem | None]
    ) -> None:
        """Letters first, then the deletions, ten to a call."""
        queue, refused = queues
        fifo = refused.endswith(FIFO)
        for message, problem in zip(batch, problems, strict=True):
            if problem is not None:  # one by one and in order: ten of the longest are too long for one call
                await asyncio.to_thread(
                    client.send_message, QueueUrl=refused, **_letter(message, problem, fifo=fifo)
                )
        answers = await asyncio.gather(
            *(
                asyncio.to_thread(client.delete_message_batch, QueueUrl=queue, Entries=some)
                for some in _in_tens(batch)
            )
        )
        if any(answer.get("Failed") for answer in answers):
            raise SourceLost("some were not deleted, and come again")


def _in_tens(batch: Sequence[Any], **further: Any) -> list[list[dict[str, Any]]]:
    """Entries of calls about a batch."""
    return [
        [
            {"Id": str(place), "ReceiptHandle": one["ReceiptHandle"], **further}
            for place, one in enumerate(batch[start : start + MOST])
        ]
        for start in range(0, len(batch), MOST)
    ]


def _letter(message: Mapping[str, Any], problem: Problem, *, fifo: bool) -> dict[str, Any]:
    """The refused message with why. A document that is too long for the message's own size is left in its
    first errors."""
    why = refused_headers(problem)
    own = {
        name: {key: value for key, value in one.items() if key in {"DataType", "StringValue", "BinaryValue"}}
        for name, one in list(message.get("MessageAttributes", {}).items())[: MOST_ATTRIBUTES - len(why)]
    }
    added = {
        name: {"DataType": "String", "StringValue": text[:LONGEST] if name == PROBLEM_HEADER else text}
        for name, text in why.items()
    }
    found: dict[str, Any] = {"MessageBody": message["Body"], "MessageAttributes": {**own, **added}}
    if fifo:
        group = message.get("Attributes", {}).get("MessageGroupId", "refused")
        found |= {"MessageGroupId": group, "MessageDeduplicationId": message["MessageId"]}
    return found


@asynccontextmanager
async def _kept_invisible(client: Any, queue: str, batch: Sequence[Any], seconds: int) -> AsyncIterator[None]:
    """Keep the batch from others for as long as it is in hand, so many seconds at a time."""

    async def prolong() -> None:
        while True:
            await asyncio.sleep(seconds / 3)
            for entries in _in_tens(batch, VisibilityTimeout=seconds):
                with suppress(BotoCoreError, ClientError):
                    await asyncio.to_thread(
                        client.change_message_visibility_batch, QueueUrl=queue, Entries=entries
                    )

    task = asyncio.create_task(prolong())
    try:
        yield
    except BaseException:
        for entries in _in_tens(batch, VisibilityTimeout=0):
            with suppress(BotoCoreError, ClientError):
                client.change_message_visibility_batch(
                    QueueUrl=queue, Entries=entries
                )  # whoever comes next has it at once
        raise
    finally:
        task.cancel()


def _message(message: Mapping[str, Any]) -> Message:
    attributes = message.get("MessageAttributes", {})
    return Message(
        body=message["Body"].encode(),
        headers={
            name.lower(): one["StringValue"] for name, one in attributes.items() if "StringValue" in one
        },
    )


def _client_of(url: str) -> tuple[dict[str, Any], int]:
    """The arguments of the client, and how many seconds a message stays away from others."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    text = query.pop("visible", str(VISIBLE_AFTER))
    seconds = int(text) if text.isascii() and text.isdigit() else 0
    if not parts.hostname or parts.username or not set(query) <= {"region", "tls"} or seconds not in VISIBLE:
        raise SetupError(f"FORBEAR_SOURCE__URL: {EXPECTED}")
    if parts.port is None and "region" not in query:
        return {"region_name": parts.hostname}, seconds
    if "region" not in query:
        raise SetupError(f"FORBEAR_SOURCE__URL: {EXPECTED}")
    scheme = "http" if query.get("tls") == "false" else "https"
    return {"region_name": query["region"], "endpoint_url": f"{scheme}://{parts.netloc}"}, seconds

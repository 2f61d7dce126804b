"""Runs a source until it is told to stop: connects, and connects again when the broker went away."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib import import_module
from urllib.parse import urlsplit

import structlog

from service.consume.source import Source, SourceLost, Take
from service.errors import SetupError

log = structlog.get_logger("consume")

SOURCES = {
    "amqp": ("rabbitmq", "RabbitSource"),
    "amqps": ("rabbitmq", "RabbitSource"),
    "kafka": ("kafka", "KafkaSource"),
    "sqs": ("sqs", "SqsSource"),
}
"""By the URL's scheme: the module, which is also the name of the extra that brings its library, and the
class."""
AGAIN = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before the next connection."""
GOOD_SECONDS = 30.0
"""A connection that lived so long was a good one: the waiting begins anew."""


def source_of(url: str, name: str, *, batch: int) -> Source:
    """The source behind a URL. Raises SetupError in one line, also where its library is not installed."""
    scheme = urlsplit(url).scheme
    if scheme not in SOURCES:
        raise SetupError(
            "FORBEAR_SOURCE__URL: expected a URL that begins with amqp://, amqps://, kafka:// or sqs://"
        )
    module, class_ = SOURCES[scheme]
    try:
        found: Source = getattr(import_module(f"service.consume.{module}"), class_)(url, name, batch=batch)
    except ModuleNotFoundError as error:
        raise SetupError(
            f"FORBEAR_SOURCE__URL: {scheme}:// needs the extra {module} (no module {error.name}): pip "
            f"install 'forbear[{module}]'"
        ) from None
    return found


async def run_source(source: Source, take: Take, stop: asyncio.Event) -> None:
    """Run until `stop`. Raises SetupError, and whatever `take` raises."""
    turn = 0
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        begun = loop.time()
        try:
            await source.run(take, stop)
        except SourceLost as error:
            turn = 0 if loop.time() - begun > GOOD_SECONDS else turn + 1
            wait = AGAIN[min(turn, len(AGAIN) - 1)]
            log.warning("consume", action="source.lost", source=source.kind, reason=str(error), seconds=wait)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)

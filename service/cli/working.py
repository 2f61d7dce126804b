"""Working without an API: settings, signals, the worker alone. What the API needs is not imported here."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIServer

import structlog
import typer
from prometheus_client import start_http_server

from service import tracing
from service.cli.logs import configure_logs, log_stray
from service.cli.variables import strange_names
from service.errors import SetupError
from service.opening import database_url_of
from service.settings import Settings, load
from service.store.migrate import migrate
from service.wiring import Service, kept_in_force, open_service, running_worker

if TYPE_CHECKING:
    from service.consume.source import Source

log = structlog.get_logger("serving")


COLLECT_AFTER = (250_000, 20, 20)
"""A round of 400 deliveries holds 60,000 objects where borrowers have thirty contacts each, and to walk them
takes the collector 20 ms: a tenth of what the round costs. Hardly any is in a cycle: sixty were, after 6,000
deliveries."""


def spare_collector() -> None:
    """Keep the collector away from what lives for ever, and let it run less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def run_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:  # pragma: no cover - Windows
        asyncio.run(main)
    else:
        uvloop.run(main)


def settle_settings() -> Settings:
    """The settings, with the logs as they say; a variable that looks like one of ours and is none gets a
    line. Raises SetupError."""
    settings = load()
    configure_logs(settings)
    for name in strange_names(os.environ, settings.senders or ""):
        log.warning("settings", action="setting.unknown", name=name)
    return settings


@contextmanager
def traced(settings: Settings, process: str) -> Iterator[None]:
    """Spans for the length of the block, where the settings ask for them; what is left is then exported.
    Raises SetupError."""
    if settings.traces.endpoint is not None:
        from importlib.metadata import version

        settings.traces.start(process, version("forbear"))
    try:
        yield
    finally:
        tracing.stop()


def stop_event() -> asyncio.Event:
    """Set by SIGTERM and SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
    return stop


async def work(only: int | None = None) -> None:
    """Work until a signal comes; then drain. `only`: in one cell. Raises SetupError where there is none of
    that number."""
    settings = settle_settings()
    if only is not None and not 0 <= only <= len(settings.further_cells):
        raise SetupError(
            f"--cell: expected a number from 0 to {len(settings.further_cells)} or all, got {only}"
        )
    asyncio.get_running_loop().set_exception_handler(log_stray)
    stop = stop_event()
    with traced(settings, "worker"):
        await _work(settings, stop, only)


async def _work(settings: Settings, stop: asyncio.Event, only: int | None) -> None:
    async with open_service(settings) as service, running_worker(service, only=only):
        spare_collector()
        shown = _show_metrics(settings, service)
        typer.echo("Forbear's worker runs.")
        await stop.wait()
        if shown is not None:
            shown.shutdown()
            shown.server_close()


async def consume() -> None:
    """Take messages from the broker until a signal comes; the batch in hand is then finished. Raises
    SetupError."""
    from service.consume.run import source_of

    settings = settle_settings()
    asyncio.get_running_loop().set_exception_handler(log_stray)
    found = settings.source
    url = None if found.url is None else found.url.get_secret_value()
    url, name, key_id = _given(URL=url, NAME=found.name, KEY_ID=found.key_id)
    source = source_of(url, name, batch=found.batch)
    stop = stop_event()
    with traced(settings, "consume"):
        await _consume(settings, source, key_id, stop)


async def _consume(settings: Settings, source: Source, key_id: str, stop: asyncio.Event) -> None:
    from service.consume.intake import Consumer
    from service.consume.run import run_source

    async with open_service(settings) as service, kept_in_force(service):
        shown = _show_metrics(settings, service)
        consumer = Consumer(
            service.runtime,
            service.intake,
            key_id=key_id,
            keep=timedelta(days=settings.source.keep_days),
            registry=service.registry,
        )
        key = await consumer.key()
        typer.echo(
            f"Forbear consumes {source.kind}: {settings.source.name}, as the key {key.id} ({key.name})."
        )
        await run_source(source, consumer.take, stop)
        if shown is not None:
            shown.shutdown()
            shown.server_close()


def _given(**settings: str | None) -> list[str]:
    """The values of these settings of the source. Raises SetupError for the first that is missing."""
    for name, value in settings.items():
        if value is None:
            raise SetupError(f"FORBEAR_SOURCE__{name}: expected a value; it is missing")
    return [value for value in settings.values() if value is not None]


def _show_metrics(settings: Settings, service: Service) -> WSGIServer | None:
    """A worker has no API: its metrics get a port of their own where one is set. Raises SetupError."""
    port = settings.worker.metrics_port
    if port is None:
        return None
    try:
        server, _ = start_http_server(port, addr=settings.host, registry=service.registry)
    except OSError as error:
        raise SetupError(
            f"FORBEAR_WORKER__METRICS_PORT: cannot listen on {settings.host}:{port}: {error.strerror}"
        ) from None
    return server


async def migrate_now() -> bool:
    """Bring the schema of every cell up to date; False when all were. Raises Unavailable for the first that
    is away: the others are up to date then, or as they were."""
    settings = load()
    async with database_url_of(settings) as url:
        changed = await migrate(url)
    for one in settings.further_cells:
        changed |= await migrate(one)
    return changed

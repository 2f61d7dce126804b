"""Serving and working: signals, uvicorn, the first lines that a person sees."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Iterator
from functools import partial

import structlog
import typer
import uvicorn

from service.adapters import receivers_of
from service.api.app import create_app
from service.api.heads import BoundedHeads, share_of_descriptors
from service.api.state import ApiState
from service.cli.logs import log_stray
from service.cli.working import settle_settings, spare_collector, stop_event, traced
from service.console.app import add_console
from service.dispatch.receive.reading import give_up, load_words
from service.errors import SetupError
from service.log.cosignature import CosignatureInvalid, Witness, read_witness
from service.settings import Settings
from service.wiring import (
    Service,
    bootstrap_key_of,
    kept_in_force,
    open_service,
    running_worker,
)
from service.worker.sandbox import list_sandbox_messages

log = structlog.get_logger("serving")


WORDS_AFTER = 5.0
"""Seconds after the start at which the words that replies are read by are loaded, beside the loop: before,
there is more urgent work."""


class _Server(uvicorn.Server):
    """A server that leaves the signals to us: the worker drains with it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(*, worker: bool) -> None:
    """Serve until a signal comes; then drain."""
    settings = settle_settings()
    asyncio.get_running_loop().set_exception_handler(log_stray)
    listening = _listen(settings)
    with traced(settings, "serve"):
        await _serve(settings, listening, worker=worker)


async def _serve(settings: Settings, listening: socket.socket, *, worker: bool) -> None:
    opening = open_service(settings, say=typer.echo)
    async with opening as service, _intake(service), _worker(service, wanted=worker):
        spare_collector()
        server = _Server(_config(settings, service))
        stop = stop_event()
        running = asyncio.create_task(server.serve(sockets=[listening]))
        _announce(settings, server, listening.getsockname()[1])
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        give_up()
        server.should_exit = True
        await running
        waiting.cancel()


def _listen(settings: Settings) -> socket.socket:
    """The socket to serve on, bound before anything is started. Raises SetupError in one line."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise SetupError(
            f"FORBEAR_HOST, FORBEAR_PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}"
        ) from None
    return listening


def _config(settings: Settings, service: Service) -> uvicorn.Config:
    app = create_app(
        ApiState(
            runtime=service.runtime,
            intake=service.intake,
            registry=service.registry,
            measure=service.refresh,
            bootstrap_key=bootstrap_key_of(settings),
            receivers=receivers_of(settings),
            witnesses=_witnesses(settings),
            sandbox_messages=partial(list_sandbox_messages, service.runtime) if service.sandbox else None,
            sandbox_texts=_only_sandbox(service, "sms", "whatsapp"),
        )
    )
    add_console(app, service.runtime, app.state.authenticator)
    BoundedHeads.KEYLESS = share_of_descriptors()
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=BoundedHeads,
        loop="none",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
    )


def _only_sandbox(service: Service, *channels: str) -> bool:
    """Whether nothing on these channels leaves through a real provider."""
    return {one.name for channel in channels for one in service.adapters[channel]} == {"sandbox"}


def _witnesses(settings: Settings) -> tuple[Witness, ...]:
    """Raises SetupError in one line."""
    try:
        return tuple(read_witness(one) for one in settings.witnesses.split())
    except CosignatureInvalid as error:
        raise SetupError(f"FORBEAR_WITNESSES: {error}") from None


@contextlib.asynccontextmanager
async def _intake(service: Service) -> AsyncIterator[None]:
    """The group commit of intake; what waits at the end is still stored."""
    running = asyncio.create_task(service.intake.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@contextlib.asynccontextmanager
async def _worker(service: Service, *, wanted: bool) -> AsyncIterator[None]:
    async with running_worker(service) if wanted else kept_in_force(service):
        yield


def _announce(settings: Settings, server: uvicorn.Server, port: int) -> None:
    """Where it listens, and the key to use."""

    async def when_started() -> None:
        while not server.started and not server.should_exit:
            await asyncio.sleep(0.02)
        if not server.started:
            return
        typer.echo(
            f"Forbear listens on http://{settings.host}:{port} (console at /console, API docs at /docs)"
        )
        if settings.bootstrap_key is None and settings.embedded:
            typer.echo(f"Admin API key (also in {settings.data / 'admin.key'}): {bootstrap_key_of(settings)}")
        await asyncio.sleep(WORDS_AFTER)
        await load_words()
        gc.freeze()

    server.announcing = asyncio.create_task(when_started())  # type: ignore[attr-defined]

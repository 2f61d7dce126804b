"""The one composition root: settings in, a running service out. Nothing is built at import."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from channels.adapter import Adapter
from channels.content.shipped import ready_templates
from channels.message import Channel, Medium
from channels.registry import registered
from policies.policy import canonical_text
from service import failpoints
from service.adapters import adapters_of
from service.clock import Clock, SystemClock
from service.dispatch.audit.attribution import count_due
from service.dispatch.intake.accept import Intake
from service.dispatch.learning.run import learn_by_itself
from service.dispatch.number_limits.shared import flag_missed
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.in_force import Contact, InForce
from service.errors import SetupError
from service.log.sequence import Sequencer
from service.packs import shipped_rules
from service.settings import (
    SANDBOX,
    Settings,
    decode_secret,
    previous_secrets,
    webhook_networks,
)
from service.store.database import Database, open_database
from service.store.embedded import EmbeddedServer
from service.store.keyring import open_vault
from service.store.migrate import migrate
from service.store.policies import keep_texts
from service.worker import background_tasks
from service.worker.gauges import Gauges
from service.worker.measuring import Measuring
from service.worker.pace import Pace
from service.worker.pipeline import Pipeline
from service.worker.sandbox import StoredSandbox
from service.worker.webhooks import WebhookGauges, WebhookLanes

log = structlog.get_logger("wiring")

SANDBOX_NUMBER = "+12025550100"
"""The lender's telephone in the sandbox, where no contact is set: a number reserved for fiction."""


@dataclass(slots=True, kw_only=True)
class Service:
    """A wired service; `serve` and `worker` run parts of it."""

    settings: Settings
    runtime: Runtime
    intake: Intake
    adapters: Mapping[str, Sequence[Adapter]]
    """By channel, in the order in which they are tried."""
    sandbox: StoredSandbox | None
    registry: CollectorRegistry
    gauges: Gauges
    measuring: Measuring
    pipeline: Pipeline | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


Say = Callable[[str], None]


@asynccontextmanager
async def database_url_of(settings: Settings) -> AsyncIterator[str]:
    """The URL of the settings, or of the embedded server, which is started and left again."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"FORBEAR_DATA: cannot be used as a folder: {settings.data}: {error.strerror}"
        ) from None
    server = EmbeddedServer(settings.data)
    url = await asyncio.to_thread(server.start)
    over = asyncio.Event()
    watching = asyncio.create_task(_keep_up(server, over))
    try:
        yield url
    finally:
        over.set()
        await watching
        await asyncio.to_thread(server.stop)


async def _keep_up(server: EmbeddedServer, over: asyncio.Event) -> None:
    """Start the embedded server again should it die (killed, out of memory or of disk), until `over`; nobody
    else would."""
    while not over.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1.0)
        if over.is_set() or server.is_running:
            continue
        try:
            await asyncio.to_thread(server.ensure_running)
        except SetupError as error:
            log.warning("database", action="database.down", detail=error.detail)
        else:
            log.warning("database", action="database.restarted")


@asynccontextmanager
async def database_of(settings: Settings, say: Say = lambda _: None) -> AsyncIterator[Database]:
    """The database of the settings, migrated: their own, or the embedded server's. `say` is told what takes
    its time."""
    if settings.database_url is None:
        say(f"Starting PostgreSQL in {settings.data} …")
    async with database_url_of(settings) as url:
        if await migrate(url):
            say("The schema was brought up to date.")
        database = await open_database(url, connections=settings.database_connections)
        try:
            yield database
        finally:
            await database.close()


def secret_of(settings: Settings) -> bytes:
    """FORBEAR_SECRET_KEY, or the one generated beside the embedded database."""
    if settings.secret_key is not None:
        return decode_secret(settings.secret_key.get_secret_value())
    return decode_secret(
        _generated(settings.data / "secret.key", lambda: base64.b64encode(secrets.token_bytes(32)).decode())
    )


def _generated(path: Path, make: Callable[[], str]) -> str:
    """The content of a key file, made at the first start, readable by its owner alone."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(make() + "\n")
    try:
        os.link(fresh, path)  # whole or not at all, and whoever comes second takes the first one's
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text().strip()


def bootstrap_key_of(settings: Settings) -> str | None:
    """The admin key of the first start: the setting, or with an embedded database a generated one."""
    if settings.bootstrap_key is not None:
        return settings.bootstrap_key.get_secret_value()
    if settings.embedded:
        return _generated(settings.data / "admin.key", lambda: "fbr_" + secrets.token_urlsafe(32))
    return None


async def runtime_of(settings: Settings, database: Database, clock: Clock) -> Runtime:
    """The runtime that every use case works with."""
    in_force = InForce(
        shipped_policies=shipped_rules(),
        shipped_templates=ready_templates(),
        names=settings.policy_names,
        further=settings.further_policies,
        contact=_contact(settings),
        any_creditor=_only_sandbox(settings),
    )
    async with database.connection() as connection:
        vault = await open_vault(connection, secret_of(settings), previous_secrets(settings))
        await keep_texts(
            connection,
            [
                (one.digest, one.name, one.version, canonical_text(one.document))
                for one in in_force.shipped_policies.values()
            ],
        )
        await in_force.refresh(connection, clock.now())
    in_force.check_names(clock.now())
    return Runtime(
        database=database,
        vault=vault,
        clock=clock,
        in_force=in_force,
        base_url=settings.base_url,
        inbound_days=settings.inbound_days,
        networks=webhook_networks(settings),
    )


def _only_sandbox(settings: Settings) -> bool:
    """Whether nothing can leave this process: every adapter, the ones to fall back to also, is a sandbox."""
    channels = (settings.sms, settings.voice, settings.email)
    return {one for each in channels for one in (each.adapter, each.fallback)} <= {SANDBOX, None}


def _contact(settings: Settings) -> Contact:
    """How to reach the lender where a creditor has no profile: the setting, else the channel's own sender."""
    contact, sandbox = settings.contact, settings.sms.adapter == settings.voice.adapter == SANDBOX
    phone = contact.phone or _answers_at(settings, Channel.SMS) or (SANDBOX_NUMBER if sandbox else None)
    return Contact(phone=phone, email=contact.email or _answers_at(settings, Channel.EMAIL), url=contact.url)


def _answers_at(settings: Settings, channel: Channel) -> str | None:
    """Where an account answers that could send on a channel, those that do so first."""
    own = [name for name in settings.channels[channel].adapters if name != SANDBOX]
    names = [*own, *(name for name in registered() if name not in own)]
    found = (settings.account(name).answers_at(channel) for name in names)
    return next((one for one in found if one is not None), None)


def clock_of_process() -> SystemClock:
    """The machine's clock; where the fault campaign started this process, armed for its fault and as wrong as
    it is to be."""
    failpoints.arm(os.environ.get(failpoints.VARIABLE))
    return SystemClock(failpoints.clock_error(os.environ.get(failpoints.CLOCK_VARIABLE)))


@asynccontextmanager
async def open_service(
    settings: Settings, *, clock: Clock | None = None, say: Say = lambda _: None
) -> AsyncIterator[Service]:
    """Wire everything; ends what it opened. `say` is told what takes its time."""
    own = clock_of_process()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(database_of(settings, say))
        clock = clock or own
        runtime = await runtime_of(settings, database, clock)
        sandbox = StoredSandbox(runtime)
        adapters = adapters_of(settings, sandbox)
        runtime.media.update({channel: medium_of(some) for channel, some in adapters.items()})
        every = [adapter for some in adapters.values() for adapter in some]
        for adapter in every:
            stack.push_async_callback(adapter.close)
        registry = CollectorRegistry()
        gauges = Gauges(registry)
        uses_sandbox = any(adapter.name == SANDBOX for adapter in every)
        yield Service(
            settings=settings,
            runtime=runtime,
            intake=Intake(runtime, backlog=settings.backlog),
            adapters=adapters,
            sandbox=sandbox if uses_sandbox else None,
            registry=registry,
            gauges=gauges,
            measuring=Measuring(runtime, gauges),
        )


def medium_of(adapters: Sequence[Adapter]) -> str:
    """How law sees what goes through these adapters of one channel, whichever is tried: a machine speaks
    where one of them is one."""
    media = {adapter.medium for adapter in adapters}
    return Medium.VOICE_PRERECORDED if Medium.VOICE_PRERECORDED in media else adapters[0].medium


def pace_of(settings: Settings) -> Pace:
    """The worker's pace."""
    worker = settings.worker
    channels = {channel.value: one for channel, one in settings.channels.items()}
    return Pace(
        batch=worker.batch,
        loops=worker.loops,
        lease_seconds=max(worker.lease_seconds, worker.send_timeout_seconds + 10),
        poll_seconds=worker.poll_seconds,
        send_timeout_seconds=worker.send_timeout_seconds,
        drain_seconds=worker.drain_seconds,
        concurrency={channel: one.concurrency for channel, one in channels.items()},
        rates={
            channel: one.rate_per_second
            for channel, one in channels.items()
            if one.rate_per_second is not None
        },
    )


@asynccontextmanager
async def running_worker(service: Service) -> AsyncIterator[Pipeline]:
    """The pipeline and everything beside it, until the end of the block; then drained."""
    runtime = service.runtime
    pipeline = service.pipeline = Pipeline(
        runtime, service.adapters, pace_of(service.settings), service.gauges
    )
    webhook_gauges = WebhookGauges(service.registry)
    beside = [
        background_tasks.listen(runtime, pipeline.wake),
        background_tasks.every(2.0, "sweep", lambda: background_tasks.sweep(runtime)),
        background_tasks.every(2.0, "look-up", lambda: background_tasks.look_up(runtime, service.adapters)),
        background_tasks.every(5.0, "measure", service.measuring.measure),
        *(background_tasks.every(600.0, name, partial(task, runtime)) for name, task in RARELY.items()),
        background_tasks.every(REREAD_SECONDS, "in_force", partial(background_tasks.read_in_force, runtime)),
        sequence(runtime),
        WebhookLanes(runtime).run(),
        background_tasks.every(5.0, "measure", lambda: webhook_gauges.measure(runtime)),
        background_tasks.every(
            600.0,
            "tidy",
            lambda: background_tasks.forget_events(runtime, service.settings.webhooks.keep_days),
        ),
    ]
    if (hours := service.settings.retention_hours) is not None:
        beside.append(
            background_tasks.every(hours * 3600, "retention", lambda: background_tasks.let_go(runtime))
        )
    if service.sandbox is not None:
        beside.append(background_tasks.every(0.1, "sandbox", service.sandbox.pump))
    tasks = [asyncio.create_task(one) for one in beside]
    running = asyncio.create_task(pipeline.run())
    try:
        yield pipeline
    finally:
        pipeline.stop()
        await asyncio.gather(running, return_exceptions=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def kept_in_force(service: Service) -> AsyncIterator[None]:
    """What a process without a worker needs beside its API: the policies, templates and creditors that others
    change."""
    runtime = service.runtime
    beside = (
        background_tasks.listen(runtime, lambda: None),
        background_tasks.every(REREAD_SECONDS, "in_force", partial(background_tasks.read_in_force, runtime)),
    )
    tasks = [asyncio.create_task(one) for one in beside]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


RARELY = {
    "tidy": background_tasks.tidy,
    "inbound": background_tasks.forget_inbound,
    "shared_numbers": flag_missed,
    "outcomes": count_due,
    "learning": learn_by_itself,
}
"""What is done every ten minutes."""
REREAD_SECONDS = 30.0
"""The longest that a change of policy, template or creditor stays unknown to a process that missed the
notification of it."""


async def sequence(runtime: Runtime) -> None:
    """Sequence the log, as its leader or waiting to become it."""
    await Sequencer(runtime.database, runtime.vault).run()

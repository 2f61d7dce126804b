"""The one composition root: settings in, a running service out. Nothing is built at import."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

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
from service.dispatch.intake.of_cells import intake_of
from service.dispatch.learning.run import learn_by_itself
from service.dispatch.number_limits.shared import flag_missed
from service.dispatch.reconcile.acts_of_cells import OVER_CELLS
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.in_force import Contact, InForce
from service.joining import joined
from service.log.sequence import Sequencer
from service.opening import Say, database_of
from service.packs import shipped_rules
from service.setting_groups import SANDBOX
from service.settings import (
    Settings,
    decode_secret,
    previous_secrets,
    webhook_networks,
)
from service.store.database import Database
from service.store.keyring import open_vault
from service.store.policies import keep_texts
from service.worker import background_tasks
from service.worker.catching_up import CatchingUp
from service.worker.cell_metrics import CellMetrics
from service.worker.gauges import Gauges
from service.worker.listening import sessions
from service.worker.measuring import Measuring
from service.worker.pace import Pace
from service.worker.pipeline import Pipeline
from service.worker.sandbox import StoredSandbox
from service.worker.webhooks import WebhookGauges, WebhookLanes

log = structlog.get_logger("wiring")

SANDBOX_NUMBER = "+12025550100"
"""The lender's telephone in the sandbox, where no contact is set: a number reserved for fiction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What belongs to one cell beside its runtime."""

    runtime: Runtime
    registry: CollectorRegistry
    gauges: Gauges
    measuring: Measuring
    catching_up: CatchingUp


def work_of(runtime: Runtime, registry: CollectorRegistry) -> Work:
    """The work of a cell, with its metrics on a registry."""
    gauges = Gauges(registry)
    return Work(
        runtime=runtime,
        registry=registry,
        gauges=gauges,
        measuring=Measuring(runtime, gauges),
        catching_up=CatchingUp(runtime),
    )


def works_of(runtime: Runtime, registry: CollectorRegistry) -> list[Work]:
    """The work of each cell; of several, each metric says which one it is of."""
    if runtime.joined is None:
        return [work_of(runtime, registry)]
    works = [work_of(one, CollectorRegistry()) for one in runtime.joined.all]
    registry.register(CellMetrics({one.runtime.cell: one.registry for one in works}))
    return works


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
    works: Sequence[Work]
    """What is measured and kept up of each cell, home first."""
    pipeline: Pipeline | None = None

    @property
    def gauges(self) -> Gauges:
        """Home's."""
        return self.works[0].gauges

    @property
    def measuring(self) -> Measuring:
        """Home's."""
        return self.works[0].measuring

    async def refresh(self) -> None:
        """Measure every cell for a reader; never raises."""
        await asyncio.gather(*(one.measuring.refresh() for one in self.works))

    tasks: list[asyncio.Task[None]] = field(default_factory=list)


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
        senders=senders_by_channel(settings),
    )
    async with database.connection() as connection:
        vault = await open_vault(connection, secret_of(settings), previous_secrets(settings))
        await keep_texts(connection, shipped_texts(in_force))
        await in_force.refresh(connection, clock.now())
    in_force.check_names(clock.now())
    for creditor, channel, sender in in_force.unknown_senders():
        log.warning("senders", action="sender.unknown", creditor=creditor, channel=channel, sender=sender)
    return Runtime(
        database=database,
        vault=vault,
        clock=clock,
        in_force=in_force,
        base_url=settings.base_url,
        inbound_days=settings.inbound_days,
        networks=webhook_networks(settings),
    )


def shipped_texts(in_force: InForce) -> list[tuple[str, str, str, str]]:
    """The words of every shipped policy, which the store keeps beside what was decided by them."""
    return [
        (one.digest, one.name, one.version, canonical_text(one.document))
        for one in in_force.shipped_policies.values()
    ]


def _only_sandbox(settings: Settings) -> bool:
    """Whether nothing can leave this process: every adapter, the ones to fall back to also, is a sandbox."""
    used = {name for each in settings.channels.values() for name in each.adapters}
    return used <= {SANDBOX} and not settings.sender_adapters


def senders_by_channel(settings: Settings) -> Mapping[str, frozenset[str]]:
    """The senders that a creditor's profile can name on each channel."""
    serves = {sender: settings.serves(name) for sender, name in settings.sender_adapters.items()}
    return {
        channel.value: frozenset(sender for sender, channels in serves.items() if channel in channels)
        for channel in Channel
    }


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
async def opened(settings: Settings, clock: Clock, say: Say = lambda _: None) -> AsyncIterator[Runtime]:
    """The runtime of the settings' database, home of its cells where there are several; closed at the end."""
    async with database_of(settings, say) as database:
        home = await runtime_of(settings, database, clock)
        async with joined(home, settings.further_cells, shipped_texts(home.in_force)) as runtime:
            yield runtime


@asynccontextmanager
async def open_service(
    settings: Settings, *, clock: Clock | None = None, say: Say = lambda _: None
) -> AsyncIterator[Service]:
    """Wire everything; ends what it opened. `say` is told what takes its time."""
    own = clock_of_process()
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(opened(settings, clock or own, say))
        sandbox = StoredSandbox(runtime)
        adapters = adapters_of(settings, sandbox)
        runtime.media.update({channel: medium_of(some) for channel, some in adapters.items()})
        every = [adapter for some in adapters.values() for adapter in some]
        for adapter in every:
            stack.push_async_callback(adapter.close)
        registry = CollectorRegistry()
        uses_sandbox = any(adapter.name == SANDBOX for adapter in every)
        yield Service(
            settings=settings,
            runtime=runtime,
            intake=intake_of(runtime, backlog=settings.backlog),
            adapters=adapters,
            sandbox=sandbox if uses_sandbox else None,
            registry=registry,
            works=works_of(runtime, registry),
        )


def medium_of(adapters: Sequence[Adapter]) -> str:
    """How law sees what goes through these adapters of one channel, whichever is tried: a machine speaks
    where one of them is one."""
    media = {adapter.medium for adapter in adapters}
    return Medium.VOICE_PRERECORDED if Medium.VOICE_PRERECORDED in media else adapters[0].medium


def pace_of(settings: Settings, cells: int = 1) -> Pace:
    """The worker's pace in each of several cells: what a provider takes is divided evenly, so that no cell
    waits for another."""
    worker = settings.worker
    channels = {channel.value: one for channel, one in settings.channels.items()}
    return Pace(
        batch=worker.batch,
        loops=worker.loops,
        lease_seconds=max(worker.lease_seconds, worker.send_timeout_seconds + 10),
        poll_seconds=worker.poll_seconds,
        send_timeout_seconds=worker.send_timeout_seconds,
        drain_seconds=worker.drain_seconds,
        concurrency={channel: max(1, one.concurrency // cells) for channel, one in channels.items()},
        rates={
            channel: one.rate_per_second / cells
            for channel, one in channels.items()
            if one.rate_per_second is not None
        },
    )


@asynccontextmanager
async def running_worker(service: Service, *, only: int | None = None) -> AsyncIterator[Pipeline]:
    """A pipeline for each cell, or for one alone, and everything beside them, until the end of the block;
    then drained. The first cell's pipeline."""
    works = [one for one in service.works if only in {None, one.runtime.cell}]
    cells = len(service.runtime.cells.all)
    pipelines = [_pipeline(service, one, pace_of(service.settings, cells)) for one in works]
    tasks = [asyncio.create_task(one) for one in _beside_all(service)]
    for work, pipeline in zip(works, pipelines, strict=True):
        tasks += [asyncio.create_task(one) for one in _beside(service, work, pipeline)]
    service.pipeline = pipelines[0]
    running = [asyncio.create_task(one.run()) for one in pipelines]
    try:
        yield pipelines[0]
    finally:
        for one in pipelines:
            one.stop()
        await asyncio.gather(*running, return_exceptions=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _pipeline(service: Service, work: Work, pace: Pace) -> Pipeline:
    pipeline = Pipeline(work.runtime, service.adapters, pace, work.gauges)
    work.gauges.rates = pace.rates
    pipeline.check = work.catching_up.check
    return pipeline


def _beside_all(service: Service) -> Iterator[Coroutine[Any, Any, None]]:
    """What is done once, whatever the cells: what is in force is read from home."""
    home = service.runtime
    yield background_tasks.every(REREAD_SECONDS, "in_force", partial(background_tasks.read_in_force, home))
    yield background_tasks.every(600.0, "learning", partial(learn_by_itself, home))
    yield from sessions(home, service.adapters, service.registry)
    if (hours := service.settings.retention_hours) is not None:
        yield background_tasks.every(hours * 3600, "retention", partial(background_tasks.let_go, home))
    if home.joined is not None:
        yield background_tasks.listen(home, lambda: None)
        for name, task in OVER_CELLS.items():
            yield background_tasks.every(HEADS_SECONDS, name, partial(task, home))


def _beside(service: Service, work: Work, pipeline: Pipeline) -> Iterator[Coroutine[Any, Any, None]]:
    """What is done beside one cell's pipeline."""
    runtime, every = work.runtime, background_tasks.every
    webhook_gauges = WebhookGauges(work.registry)
    yield background_tasks.listen(runtime, pipeline.wake)
    yield work.catching_up.run()
    yield every(2.0, "sweep", lambda: background_tasks.sweep(runtime))
    yield every(2.0, "look-up", lambda: background_tasks.look_up(runtime, service.adapters))
    yield every(5.0, "measure", work.measuring.measure)
    for name, task in RARELY.items():
        yield every(600.0, name, partial(task, runtime))
    yield sequence(runtime)
    yield WebhookLanes(runtime).run()
    yield every(5.0, "measure", lambda: webhook_gauges.measure(runtime))
    keep = service.settings.webhooks.keep_days
    yield every(600.0, "tidy", lambda: background_tasks.forget_events(runtime, keep))
    if (sandbox := service.sandbox) is not None:
        yield every(0.1, "sandbox", lambda: sandbox.pump(runtime), idle=0.5)


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
}
"""What is done every ten minutes."""
HEADS_SECONDS = 5.0
"""How long what another cell has sequenced is covered by that cell's checkpoint alone, and not by home's."""
REREAD_SECONDS = 30.0
"""The longest that a change of policy, template or creditor stays unknown to a process that missed the
notification of it."""


async def sequence(runtime: Runtime) -> None:
    """Sequence the log, as its leader or waiting to become it."""
    await Sequencer(runtime.database, runtime.vault).run()

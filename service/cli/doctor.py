"""`forbear doctor`: looks at an installation as whoever is called at night would, and says in one line each
what is the matter."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import timedelta

import typer

from policies.review import review
from policies.zones import TZDATA_VERSION
from service.cli.doctor_checks import Check
from service.cli.doctor_providers import of_providers
from service.cli.runtime import opened_runtime
from service.clock import SystemClock
from service.dispatch.runtime import Runtime
from service.errors import ForbearError
from service.log.origin import SHARED, names_of
from service.settings import load
from service.store import backlog, log_tree, server_clock
from service.store.database import check_writes

WRONG_CLOCK = timedelta(seconds=2)
"""More than that between this machine and the database, and hours begin and end at the wrong moment."""
LITTLE_ROOM = 1 << 30
"""Bytes left in the data folder."""


def examine(*, as_json: bool) -> None:
    """Look at everything and print it. Exits 1 where something is wrong."""
    found = asyncio.run(_all())
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found]))
    else:
        for one in found:
            mark = {True: "ok  ", None: "look", False: "BAD "}[one.good]
            typer.echo(f"{mark} {one.name}: {one.said}" + (f"; {one.do}" if one.do and not one.good else ""))
    if any(one.good is False for one in found):
        raise typer.Exit(1)


async def _all() -> list[Check]:
    found = []
    try:
        settings = load()
    except ForbearError as error:
        return [Check("settings", False, error.detail)]
    found.append(Check("settings", True, f"read; public URL {settings.base_url}"))
    room = shutil.disk_usage(
        settings.data if settings.data.exists() else settings.data.absolute().anchor
    ).free
    found.append(Check("disk", room > LITTLE_ROOM, f"{room / (1 << 30):.1f} GiB free for {settings.data}"))
    try:
        async with opened_runtime() as runtime:
            found += [one async for one in _of_store(runtime, settings.log_origin)]
            found += _of_policies(runtime)
            found += _of_senders(runtime)
    except ForbearError as error:
        found.append(Check("database", False, error.detail))
    return found + await of_providers(settings)


async def _of_store(runtime: Runtime, chosen: str | None) -> AsyncIterator[Check]:
    """The database, its clock, the secret key, and how far the log is sequenced."""
    async with runtime.database.connection() as connection:
        await check_writes(connection)
        yield Check("database", True, "reachable, takes writes, its schema fits this release")
        yield Check("secret key", True, "opens the vault")
        theirs = await server_clock.now(connection)
        apart = abs(theirs - SystemClock().now())
        yield Check("clock", apart <= WRONG_CLOCK, f"{apart.total_seconds():.2f} s from the database's")
        head, waiting = await log_tree.head(connection), await backlog.unsequenced(connection)
        size = 0 if head is None else head.size
        yield Check(
            "log", None if waiting else True, f"{size:,} entries sequenced, {waiting:,} wait to be sequenced"
        )
        yield _name((await names_of(connection))[0].origin, chosen)


def _name(name: str, chosen: str | None) -> Check:
    """Whether the log's name is its own, and what FORBEAR_LOG_ORIGIN says."""
    if name == SHARED:
        return Check("log's name", None, f"{name} is what many logs are called: forbear log rename")
    if chosen not in {None, name}:
        return Check(
            "log's name", None, f"{name}; FORBEAR_LOG_ORIGIN says {chosen}, and names a fresh log alone"
        )
    return Check("log's name", True, name)


def _of_senders(runtime: Runtime) -> list[Check]:
    """Accounts that creditors' profiles name and these settings do not have: what is due there waits for
    ever."""
    return [
        Check(
            "senders", False, f"{creditor} sends {channel} by {sender}, which FORBEAR_SENDERS does not name"
        )
        for creditor, channel, sender in runtime.in_force.unknown_senders()
    ]


def _of_policies(runtime: Runtime) -> list[Check]:
    """What binds, and which days to come change what it says."""
    at = runtime.clock.now()
    policies = runtime.in_force.policies(at)
    near = review(policies.values(), at.date()).reminders()
    found = [Check("policies", True, f"{len(policies)} at hand, zone data {TZDATA_VERSION}")]
    return found + [
        Check("law", None, f"in {one.in_days} days, on {one.on}: {one.policy}: {one.what} ({one.citation})")
        for one in near
    ]

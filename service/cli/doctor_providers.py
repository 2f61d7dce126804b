"""What `forbear doctor` asks of providers, reading only: whether the credentials of each account in use are
taken, whether its sender is there, how far its clock is from ours; and whether what it posts would reach
us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from channels.adapter import Adapter
from channels.examining import Examines, Finding
from channels.posting import is_loopback, probe
from channels.sandbox.adapter import MemoryProvider
from channels.senders import door_of
from service.adapters import adapters_of, receivers_of
from service.cli.doctor_checks import Check
from service.clock import SystemClock
from service.errors import SetupError
from service.setting_groups import SANDBOX
from service.settings import Settings

ANSWER_SECONDS = 15.0
WRONG_CLOCK = timedelta(minutes=2)
"""Signed requests are refused by some providers from five minutes on; a Date header says whole seconds."""
NOBODY = "doctor"
"""A receipt that nobody signed: our own answer to it is a refusal."""
REFUSALS = frozenset({401, 403, 404, 415, 422})
PROBLEM = "application/problem+json"


async def of_providers(settings: Settings) -> list[Check]:
    """Every account that a channel or a creditor sends through. Nothing is sent."""
    try:
        adapters = adapters_of(settings, MemoryProvider())
    except SetupError as error:
        return [Check("providers", False, error.detail, "set what the line names (docs/settings.md)")]
    real = [one for some in adapters.values() for one in some if one.name != SANDBOX]
    try:
        found = await asyncio.gather(*(_of_adapter(one) for one in real))
    finally:
        await asyncio.gather(*(one.close() for one in real), return_exceptions=True)
    return [check for some in found for check in some] + [one async for one in _of_url(settings, real)]


async def _of_adapter(adapter: Adapter) -> list[Check]:
    name = f"{adapter.name} ({adapter.channel})"
    if not isinstance(adapter, Examines):
        return [Check(name, None, "this provider cannot be asked", "send a notice to a number of your own")]
    try:
        found = await asyncio.wait_for(adapter.examine(), ANSWER_SECONDS)
    except TimeoutError:
        do = "let this machine out to it, and look at the provider's status page"
        return [Check(name, False, f"no answer within {ANSWER_SECONDS:g} s", do)]
    checks = [Check(f"{name} {one.what}", one.good, one.said, one.do) for one in found]
    return checks + _clock(name, found, SystemClock().now())


def _clock(name: str, found: Sequence[Finding], at: datetime) -> list[Check]:
    """How far the provider's clock is from this machine's; nothing where it does not say."""
    date = next((one.date for one in found if one.date), None)
    try:
        theirs = None if date is None else parsedate_to_datetime(date)
    except ValueError:
        theirs = None
    if theirs is None or theirs.tzinfo is None:
        return []
    apart = abs(theirs - at)
    said = f"{apart.total_seconds():.0f} s from this machine's"
    good = apart <= WRONG_CLOCK
    return [Check(f"{name} clock", good, said, "" if good else "set this machine's clock by NTP")]


async def _of_url(settings: Settings, adapters: Sequence[Adapter]) -> AsyncIterator[Check]:
    """Whether FORBEAR_PUBLIC_URL is ours, and the routes that providers post to answer there."""
    doors = {
        (door_of(one.name), str(one.channel))
        for one in adapters
        if door_of(one.name) in set(receivers_of(settings))
    }
    if not doors:
        return
    base = settings.base_url
    if is_loopback(urlsplit(base).hostname):
        do = "set FORBEAR_PUBLIC_URL to the https URL by which providers reach this service"
        yield Check("public URL", False, f"{base} is this machine alone: no provider can reach it", do)
        return
    yield await _health(base)
    for door, channel in sorted(doors):
        yield await _route(f"{base}/v1/receipts/{door}/{channel}/{NOBODY}", f"{door} ({channel})")


async def _health(base: str) -> Check:
    do = "see that `forbear serve` runs, and that DNS, certificate and proxy lead there"
    try:
        status, _ = await probe("GET", f"{base}/healthz", ANSWER_SECONDS)
    except OSError as error:
        return Check("public URL", False, f"{base} cannot be reached from here ({error})", do)
    good = status == 200  # noqa: PLR2004 - alive
    return Check("public URL", good, f"{base} answered HTTP {status}", "" if good else do)


async def _route(url: str, name: str) -> Check:
    """A receipt that nobody signed is refused by us, in the form of our problems."""
    do = "let the proxy hand POST /v1/receipts/ on as it comes, path and body unchanged"
    try:
        status, kind = await probe("POST", url, ANSWER_SECONDS)
    except OSError as error:
        return Check(f"receipts of {name}", False, f"cannot be reached ({error})", do)
    good = kind == PROBLEM and status in REFUSALS
    said = "refuse what is not signed" if good else f"answered HTTP {status}, not as ours do"
    return Check(f"receipts of {name}", good, said, "" if good else do)

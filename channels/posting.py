"""What adapters that speak HTTP share: the pooled session, and what a request that failed means for the
attempt."""

from __future__ import annotations

import asyncio
import ipaddress

import aiohttp

from channels.outcome import Busy, Outcome, Unknown
from channels.retried import REFUSED

NO_TIMEOUT = aiohttp.ClientTimeout(total=None)
"""For requests that are bounded by a time-out around them: two more timers for each are two too many."""


def pooled_session() -> aiohttp.ClientSession:
    """A session without a bound on its connections, and without cookies. Built inside the running loop."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())


def is_loopback(host: str | None) -> bool:
    """Whether a host of a URL is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def outcome_of(error: BaseException) -> Outcome:
    """What an exception of the HTTP library, of a time-out or of reading the answer means for the attempt:
    only a connection that was not made is sure to have brought nothing over."""
    match error:
        case aiohttp.ClientConnectorError():
            return Busy(code=REFUSED, reason="the provider could not be connected to", account_wide=True)
        case TimeoutError() | asyncio.TimeoutError():
            return Unknown(code="timeout", reason="no answer in time after the request was written")
        case aiohttp.ClientError():
            reason = f"the connection ended after the request was written ({type(error).__name__})"
            return Unknown(code="cut", reason=reason)
        case ValueError() | KeyError() | TypeError():
            return Unknown(code="unreadable", reason="the provider's answer could not be read")
        case _:
            return Unknown(code="error", reason=f"the hand-over failed with {type(error).__name__}")


async def probe(method: str, url: str, seconds: float) -> tuple[int, str]:
    """The status and the media type that a URL answers, without a redirect. Raises OSError where it cannot be
    reached in time; the message is the kind of what went wrong."""
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as client:
        try:
            async with client.request(method, url, allow_redirects=False) as answer:
                return answer.status, answer.content_type
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise OSError(type(error).__name__) from error

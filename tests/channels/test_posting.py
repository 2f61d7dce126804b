"""What adapters over HTTP share: which host is this machine, and what a request that failed means."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from channels.outcome import Busy, Unknown
from channels.posting import is_loopback, outcome_of, pooled_session


@pytest.mark.parametrize(
    ("host", "expected"), [(None, False), ("", False), ("127.9.9.9", True), ("::1", True)]
)
def test_this_machine_is_known_by_its_name_and_its_addresses(host: str | None, expected: bool) -> None:
    """What is no address and no such name is somebody else."""
    assert expected is is_loopback(host)


def refused() -> aiohttp.ClientConnectorError:
    """A connection that was not made."""
    key: Any = SimpleNamespace(ssl=True, host="api.acme.example", port=443)
    return aiohttp.ClientConnectorError(key, OSError(111, "refused"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TimeoutError(), "timeout"),
        (aiohttp.ServerDisconnectedError(), "cut"),
        (aiohttp.ClientPayloadError(), "cut"),
        (ValueError(), "unreadable"),
        (KeyError("id"), "unreadable"),
        (TypeError(), "unreadable"),
        (OSError(), "error"),
        (RuntimeError("ana@example.com"), "error"),
    ],
)
def test_whatever_failed_after_the_connection_was_made_may_have_brought_it_over(
    error: Exception, code: str
) -> None:
    """It is never tried again by itself, and its words are not repeated."""
    outcome = outcome_of(error)
    assert isinstance(outcome, Unknown)
    assert code == outcome.code
    assert "ana@" not in outcome.reason


def test_a_connection_that_was_not_made_took_nothing() -> None:
    """Every other message would meet the same."""
    outcome = outcome_of(refused())
    assert isinstance(outcome, Busy)
    assert ("refused", True) == (outcome.code, outcome.account_wide)


async def test_a_pooled_session_keeps_no_cookies_and_has_no_bound() -> None:
    """What one answer sets, no other request says."""
    async with pooled_session() as session:
        assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
        assert 0 == session.connector.limit

"""A provider's API of JSON documents: one pooled session, one request for a call, no redirect, no hidden
retry. What its adapters are left with is the body, the id in the answer and the table of codes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import aiohttp
import orjson

from channels.adapter import CannotTell, Sighting
from channels.meaning import REDIRECTS, SUCCESS
from channels.outcome import Accepted, Outcome, Unknown
from channels.posting import NO_TIMEOUT, outcome_of, pooled_session
from channels.retried import retried

OK, NOT_FOUND = 200, 404
LOOK_UP_TIMEOUT = 10.0


class Answer(NamedTuple):
    """What came of one request."""

    status: int
    document: Any
    """None for an error that is no JSON."""
    headers: Mapping[str, str]
    """By any case."""


class JsonApi:
    """One account's requests; the session is built at the first of them, inside the running loop."""

    def __init__(self, base_url: str, authorization: Callable[[], str]) -> None:
        """`authorization`: what makes the header of that name, for each request anew."""
        self.base_url = base_url.rstrip("/")
        self.date: str | None = None
        """The provider's clock, at its last answer."""
        self._authorization = authorization
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        authorization: str | None = None,
        base_url: str | None = None,
    ) -> Answer:
        """One request, bounded by its caller; another header or host than the account's for those few that
        need it. Raises what the HTTP library raises, and ValueError for a success that is no JSON."""
        if self._session is None:
            self._session = pooled_session()
        headers = {"Authorization": authorization or self._authorization()}
        if body is not None:
            headers["Content-Type"] = "application/json"
        async with self._session.request(
            method,
            (base_url or self.base_url) + path,
            data=None if body is None else orjson.dumps(body),
            headers=headers,
            allow_redirects=False,
            timeout=NO_TIMEOUT,
        ) as answer:
            octets = await answer.read()
        self.date = answer.headers.get("Date")
        try:
            return Answer(answer.status, orjson.loads(octets), answer.headers)
        except orjson.JSONDecodeError:
            if SUCCESS <= answer.status < REDIRECTS:
                raise
            return Answer(answer.status, None, answer.headers)

    async def create(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        created: int,
        id_of: Callable[[Any], object],
        refusal: Callable[[Answer], Outcome],
        timeout: float,
    ) -> Outcome:
        """Hand one message over within `timeout` seconds, at most once: only where the provider certainly
        took nothing is it tried again. `created`: the status of a success; `id_of`: where its document has
        the provider's id. Raises nothing."""

        async def once(left: float) -> Outcome:
            try:
                async with asyncio.timeout(left):
                    answer = await self.ask("POST", path, body)
                if answer.status != created:
                    return refusal(answer)
                ref = id_of(answer.document)
            except Exception as error:  # noqa: BLE001 - every failure is an outcome
                return outcome_of(error)
            if not isinstance(ref, str) or not ref:
                return Unknown(code="unreadable", reason="the provider's answer holds no id")
            return Accepted(ref=ref)

        return await retried(once, timeout)

    async def close(self) -> None:
        """End pooled connections. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def looked_up(asking: Awaitable[Sighting], *, timeout: float = LOOK_UP_TIMEOUT) -> Sighting:
    """What a look-up tells within `timeout` seconds. Never raises: whatever the provider does, the attempt
    stays unknown."""
    try:
        async with asyncio.timeout(timeout):
            return await asking
    except Exception as error:  # noqa: BLE001 - as above
        return CannotTell(reason=f"no answer from the provider ({type(error).__name__})", again=True)

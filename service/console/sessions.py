"""Who looks: a session, begun with an API key, known by a cookie, good for as long as the key is.

The cookie holds a random token, the store its digest. What a form does is done only with the session's own
CSRF token in it, so that no other site can make a browser send it (CSRF).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from service.console.told import Told
from service.console.words import SOURCE
from service.dispatch.runtime import Runtime
from service.errors import Forbidden
from service.model.actor import Actor
from service.model.key import ApiKey, digest_of
from service.store import sessions

LIFE = timedelta(hours=8)
"""How long a session lasts, whatever is done in it."""
_TOKEN_BYTES = 32
_LONGEST_TOKEN = 64


class Keys(Protocol):
    """Knows API keys, slows whoever guesses, and keeps to each key's rate."""

    async def authenticate(self, header: str | None, *, address: str) -> ApiKey:
        """The key behind an Authorization header. Raises Unauthenticated and TooManyRequests."""

    async def resume(self, key_id: str, digest: bytes) -> ApiKey | None:
        """The key of this id where it still has this digest and is good. Raises TooManyRequests."""

    def forget(self, key_id: str | None = None) -> None:
        """Drop what is remembered of a key: the next use asks the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One who has a session."""

    key: ApiKey
    token: str = field(repr=False)
    csrf_token: str = field(repr=False)
    """Stands in every form of the session."""
    language: str = SOURCE
    """What the pages speak."""
    zone: str = "UTC"
    """In which instants are shown."""
    path: str = "/console"
    """The page that is looked at."""
    told: Told | None = None
    """What was just done."""
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Whose each key is, by its id."""

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.key.actor

    def check_csrf_token(self, csrf_token: str) -> None:
        """Raise Forbidden where a form does not come from a page of this session."""
        if not hmac.compare_digest(self.csrf_token.encode(), csrf_token.encode("utf-8", "replace")):
            raise Forbidden("this form is not from a page of this session; open the page again")


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, runtime: Runtime, keys: Keys) -> None:
        """`keys` are the API's."""
        self._runtime = runtime
        self._keys = keys

    async def begin(self, key_text: str, *, address: str) -> str:
        """A new session's token. Raises Unauthenticated, after a pause where failures pile up from `address`,
        and TooManyRequests."""
        key = await self._keys.authenticate(f"Bearer {key_text}", address=address)
        token, at = secrets.token_urlsafe(_TOKEN_BYTES), self._runtime.clock.now()
        async with self._runtime.database.transaction() as connection:
            await sessions.forget(connection, at)
            await sessions.begin(connection, digest_of(token), key.id, digest_of(key_text), at + LIFE)
        return token

    async def find(self, token: str | None) -> Visitor | None:
        """Who has the session of `token`; None where it is over, or its key is expired or revoked."""
        if not token or len(token) > _LONGEST_TOKEN:
            return None
        async with self._runtime.database.connection() as connection:
            found = await sessions.find(connection, digest_of(token), self._runtime.clock.now())
        key = None if found is None else await self._keys.resume(*found)
        if key is None:
            return None
        return Visitor(
            key=key, token=token, csrf_token=self._runtime.vault.text_digest("console-form", token).hex()
        )

    def end_of_key(self, key_id: str) -> None:
        """End the sessions of a key that was revoked: at once in this process, in others within the seconds
        that they remember it."""
        self._keys.forget(key_id)

    async def end(self, token: str) -> None:
        """End a session now, everywhere."""
        async with self._runtime.database.transaction() as connection:
            await sessions.end(connection, digest_of(token))

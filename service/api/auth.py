"""Who asks: API keys by their digests, cached for a moment, limited in rate; failures are counted, logged and
slowed.

A key is compared in constant time and never stands in a log. A revocation binds this process at once, others
within CACHE_SECONDS.
"""

from __future__ import annotations

import asyncio
import hmac
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog
from prometheus_client import CollectorRegistry, Counter

from service.clock import Clock
from service.dispatch.access.keys import find_key
from service.dispatch.runtime import Runtime
from service.errors import TooManyRequests, Unauthenticated, Unavailable
from service.model.actor import Role
from service.model.key import BOOTSTRAP, LONGEST_KEY, ApiKey, digest_of, key_id_of

log = structlog.get_logger("auth")

CACHE_SECONDS = 2.0
"""How long another process may still take a key that was revoked."""
AWAY_SECONDS = 900.0
"""How long a key holds that was good when home was last asked, while home is away and other cells are not:
nobody can revoke it meanwhile, and its own end holds all the same."""
CACHE_SIZE = 10_000
LOOKUPS = 4
"""Unknown keys that may be looked up at once: guessing cannot take the pool's connections."""


@dataclass(frozen=True, slots=True)
class _Seen:
    key: ApiKey
    until: float
    told: float
    """When home told of it, on the monotonic clock."""


class LoginThrottle:
    """Slows whoever fails: nothing for the first failures of an address, then a wait that doubles, then
    429."""

    FREE = 5
    LONGEST = 4.0
    MOST_WAITING = 64
    FORGET_SECONDS = 60.0
    ADDRESSES = 10_000

    def __init__(self, clock: Clock, pause: Callable[[float], Awaitable[None]]) -> None:
        """`pause` waits some seconds."""
        self._clock = clock
        self._pause = pause
        self._failures: dict[str, tuple[int, float]] = {}
        self._waiting = 0

    async def fail(self, address: str) -> None:
        """Count a failure and wait for it. Raises TooManyRequests when too many wait already."""
        seconds = self._count(address)
        if seconds == 0:
            return
        if self._waiting >= self.MOST_WAITING:
            raise TooManyRequests("too many failed authentications", retry_after=math.ceil(self.LONGEST))
        self._waiting += 1
        try:
            await self._pause(seconds)
        finally:
            self._waiting -= 1

    def _count(self, address: str) -> float:
        now = self._clock.monotonic()
        count, last = self._failures.pop(address, (0, now))
        count = 1 if now - last > self.FORGET_SECONDS else count + 1
        self._failures[address] = (count, now)
        if len(self._failures) > self.ADDRESSES:
            del self._failures[next(iter(self._failures))]
        return 0.0 if count <= self.FREE else float(min(self.LONGEST, 0.05 * 2 ** min(count - self.FREE, 10)))


class RateLimits:
    """A bucket of tokens for each limited key, refilled by the minute; one per process."""

    def __init__(self, clock: Clock) -> None:
        """Buckets are full at first."""
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: ApiKey) -> None:
        """Take one token. Raises TooManyRequests when none is left."""
        rate = key.rate_per_minute
        if rate is None:
            return
        now = self._clock.monotonic()
        tokens, last = self._buckets.get(key.id, (float(rate), now))
        tokens = min(float(rate), tokens + (now - last) * rate / 60)
        if tokens < 1:
            self._buckets[key.id] = (tokens, now)
            raise TooManyRequests(
                "this key's rate is used up", retry_after=math.ceil((1 - tokens) * 60 / rate)
            )
        self._buckets[key.id] = (tokens - 1, now)


class Authenticator:
    """Turns an Authorization header into a key."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        bootstrap_key: str | None,
        registry: CollectorRegistry,
        pause: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        """`bootstrap_key`: an admin key that stands in no table."""
        self._runtime = runtime
        self._bootstrap = None if bootstrap_key is None else digest_of(bootstrap_key)
        self._bootstrap_key = ApiKey(
            id=BOOTSTRAP,
            name="bootstrap",
            role=Role.ADMIN,
            created_at=runtime.clock.now(),
            created_by="settings",
        )
        self._seen: dict[bytes, _Seen] = {}
        self._lookups = asyncio.Semaphore(LOOKUPS)
        self._login_throttle = LoginThrottle(runtime.clock, pause or asyncio.sleep)
        self._rates = RateLimits(runtime.clock)
        self._failures = Counter(
            "forbear_authentication_failures_total",
            "Requests without a valid key, by why",
            ["reason"],
            registry=registry,
        )

    async def authenticate(self, header: str | None, *, address: str) -> ApiKey:
        """The key behind an Authorization header. Raises Unauthenticated, after a pause where wrong keys pile
        up, and TooManyRequests where the key's rate is used up. `address` is the peer's, for the pause
        alone."""
        key, reason = await self._judge(header)
        if key is None:
            self._failures.labels(reason).inc()
            log.warning("authentication", action="authentication.failed", reason=reason)
            if header is not None:  # without one nothing was guessed
                await self._login_throttle.fail(address)
            raise Unauthenticated(
                "expected Authorization: Bearer <key>, with a key that is known, not expired and not revoked"
            )
        self._rates.take(key)
        return key

    async def resume(self, key_id: str, digest: bytes) -> ApiKey | None:
        """The key of this id where it still has this digest and is good; for a session that was begun with
        it. Raises TooManyRequests where the key's rate is used up."""
        key = await self._known(digest, key_id)
        if key is None or key.refusal(self._runtime.clock.now()) is not None:
            return None
        self._rates.take(key)
        return key

    def forget(self, key_id: str | None = None) -> None:
        """Drop what is remembered of a key, or of all keys: the next use asks the store."""
        self._seen = (
            {}
            if key_id is None
            else {digest: one for digest, one in self._seen.items() if one.key.id != key_id}
        )

    async def _judge(self, header: str | None) -> tuple[ApiKey | None, str]:
        if header is None:
            return None, "missing"
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer" or not text or len(text) > LONGEST_KEY:
            return None, "malformed"
        key = await self._known(digest_of(text), key_id_of(text))
        if key is None:
            return None, "unknown"
        refusal = key.refusal(self._runtime.clock.now())
        return (key, "") if refusal is None else (None, refusal)

    async def _known(self, digest: bytes, key_id: str | None) -> ApiKey | None:
        if self._bootstrap is not None and hmac.compare_digest(digest, self._bootstrap):
            return self._bootstrap_key
        return self._remembered(digest) or await self._look_up(key_id, digest)

    def _remembered(self, digest: bytes) -> ApiKey | None:
        seen = self._seen.get(digest)
        if seen is None or seen.until < self._runtime.clock.monotonic():
            return None
        return seen.key

    async def _look_up(self, key_id: str | None, digest: bytes) -> ApiKey | None:
        if key_id is None:
            return None
        try:
            async with self._lookups:
                found = await find_key(self._runtime, key_id)
        except Unavailable:
            seen = self._seen.get(digest)
            now = self._runtime.clock.monotonic()
            if seen is None or not self._runtime.cells.several or seen.told + AWAY_SECONDS < now:
                raise
            self._seen[digest] = replace(seen, until=now + CACHE_SECONDS)
            return seen.key
        if found is None or not hmac.compare_digest(found[1], digest):
            return None
        if len(self._seen) >= CACHE_SIZE:
            self._seen.clear()
        now = self._runtime.clock.monotonic()
        self._seen[digest] = _Seen(found[0], now + CACHE_SECONDS, now)
        return found[0]

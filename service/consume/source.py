"""The port of a broker: it brings messages in order, in batches, and is told of each whether it was taken or
refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

KEY_HEADER, TYPE_HEADER = "idempotency-key", "forbear-type"
PROBLEM_TYPE_HEADER, PROBLEM_HEADER = "problem-type", "problem"
"""Of a refused message: the problem's `type`, and its whole document as JSON."""

Problem = dict[str, Any]
"""A problem document (RFC 9457)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as the broker has it. Names of headers are in lower case; a value that is no text is left
    out."""

    body: bytes
    headers: Mapping[str, str]


Take = Callable[[Sequence[Message]], Awaitable[Sequence[Problem | None]]]
"""Takes a batch in order; returns after the commit, for each message None or why it was refused. Waits where
intake is full or the store is away, so that a source that awaits it pauses."""


class SourceLost(Exception):
    """The broker went away, or took the messages back: what was not acknowledged comes again."""


class Source(Protocol):
    """One broker's queue or topic.

    A source acknowledges a message after `take` has returned for it and, where it was refused, after the dead
    letter is stored; never before. It hands over in the order in which the broker has them, one batch at a
    time."""

    kind: ClassVar[str]

    async def run(self, take: Take, stop: asyncio.Event) -> None:
        """Hand over until `stop`; the batch in hand is then finished. Raises SourceLost where the broker goes
        away, and SetupError in one line where it can never work: a queue that does not exist, a login that is
        refused."""
        ...

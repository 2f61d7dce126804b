"""What two small savings bring: frozen values filled by their slots' own descriptors, and randomness drawn by
the page. Each side by side with what it stands for; `fast_init` and the pool stay only while they hold these
bounds."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from benchmarks.figure import Figure, alternate
from policies.facts import Event
from service.vault import encrypt, random_bytes

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ROUNDS, TIMES = 7, 20_000
KEY, PLAIN = b"k" * 32, b"x" * 300
NONCE_BYTES = 12


def measure() -> Sequence[Figure]:
    """Two figures, in microseconds of processor time."""
    plain = _plain(Event)
    given: dict[str, Any] = {"type": "contact", "at": AT, "channel": "sms"}
    quick, slow = alternate(_cost(partial(Event, **given)), _cost(partial(plain, **given)), ROUNDS)
    pooled, drawn = alternate(
        _cost(partial(random_bytes, NONCE_BYTES)), _cost(partial(os.urandom, NONCE_BYTES)), ROUNDS
    )
    whole = _cost(partial(encrypt, KEY, PLAIN))()
    return (
        Figure(
            name=f"a frozen value of {len(dataclasses.fields(Event))} fields",
            ours=f"{quick:.2f} µs",
            against=f"as `dataclasses` writes it: {slow:.2f} µs",
            ratio=quick / slow,
            bound=0.5,
            at_most=True,
        ),
        Figure(
            name="encrypting 300 bytes, its nonce drawn by the page",
            ours=f"{whole:.2f} µs",
            against=f"a call to the kernel for it: {whole - pooled + drawn:.2f} µs",
            ratio=whole / (whole - pooled + drawn),
            bound=0.97,
            at_most=True,
        ),
    )


def _plain(of: type[Any]) -> type[Any]:
    """The same fields in a dataclass as Python makes it."""
    fields = [
        (
            one.name,
            Any,
            dataclasses.field(default=one.default)
            if one.default is not dataclasses.MISSING
            else dataclasses.field(default_factory=one.default_factory)
            if one.default_factory is not dataclasses.MISSING
            else dataclasses.field(),
        )
        for one in dataclasses.fields(of)
    ]
    return dataclasses.make_dataclass("Plain", fields, frozen=True, slots=True, kw_only=True)


def _cost(work: Callable[[], object]) -> Callable[[], float]:
    """Microseconds of processor time for one call, by many."""

    def timed() -> float:
        begins = time.process_time()
        for _ in range(TIMES):
            work()
        return (time.process_time() - begins) / TIMES * 1e6

    return timed

"""What an account can be asked without sending anything: whether its credentials are taken, and whether the
sender is there. `forbear doctor` asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; it shows no secret."""

    what: str
    """`connection`, `credentials`, `sender`, …"""
    good: bool | None
    """None where it wants somebody's eyes and stops nothing."""
    said: str
    do: str = ""
    """What to do, where it is not good."""
    date: str | None = None
    """The provider's clock, as its answer's Date header says it."""


@runtime_checkable
class Examines(Protocol):
    """What an adapter does besides where its provider can be asked."""

    async def examine(self) -> Sequence[Finding]:
        """Ask the provider, reading only. Raises nothing that its silence amounts to; the caller bounds the
        time."""


def unreachable(error: BaseException, where: str) -> Finding:
    """What a connection that failed amounts to."""
    return Finding(
        what="connection",
        good=False,
        said=f"{where} cannot be reached ({type(error).__name__})",
        do="let this machine out to it: DNS, firewall, proxy, TLS authorities",
    )


def of_status(status: int, date: str | None, settings: str) -> Finding:
    """What an HTTP status of a read says about the credentials. `settings`: the variables that hold them."""
    if status in {401, 403}:
        return Finding(
            what="credentials",
            good=False,
            said=f"the provider refuses them (HTTP {status})",
            do=f"set {settings} to what the provider's portal shows, or give the key the right to read",
            date=date,
        )
    if status >= 400:  # noqa: PLR2004 - an error of HTTP
        return Finding(
            what="credentials",
            good=None,
            said=f"the provider answered HTTP {status}",
            do="look at the provider's status page, and ask again",
            date=date,
        )
    return Finding(what="credentials", good=True, said="the provider takes them", date=date)

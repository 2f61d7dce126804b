"""A provider: what its folder brings, and what a distribution of somebody else's registers as an entry point
`forbear.channels`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, SecretStr

from channels.adapter import Adapter
from channels.callback import Receiver
from channels.message import Channel

BACKUP = "_backup"
"""The end of the name of a second account, which takes over while the provider of the first is away."""


def provider_of(adapter: str) -> str:
    """The provider of an adapter's name: `acme` of `acme`, of `acme_backup`, and of `acme.bank`, which is the
    account of a sender (`channels/senders.py`)."""
    return adapter.partition(".")[0].removesuffix(BACKUP)


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_blank_is_none)]


class Account(BaseModel):
    """The settings of one account or server: `FORBEAR_<NAME>__<FIELD>`, and `FORBEAR_<NAME>_BACKUP__<FIELD>`
    for the second."""

    def missing(self, channels: Collection[Channel]) -> Iterator[str]:
        """The fields that these channels need and that are not set; `channels` is never empty."""
        del channels
        yield from ()

    def answers_at(self, channel: Channel) -> str | None:
        """The address that messages on a channel come from, where a borrower can answer."""
        del channel
        return None


A = TypeVar("A", bound=Account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider(Generic[A]):
    """One provider. Nothing is imported and nothing is connected to before an adapter or a receiver is
    built."""

    name: str
    """Lower-case letters, digits and `_`: names the adapter, its settings, its receipts' URLs and its lines
    in the log."""
    account: type[A]
    adapters: Mapping[Channel, Callable[[A, str], Adapter]]
    """By channel, what builds the adapter from an account and the adapter's name. Raises
    ChannelMisconfigured."""
    receiver: Callable[[Sequence[A]], Receiver | None] | None = None
    """Builds what reads its callbacks from its accounts, also those that no channel sends through any more:
    receipts come late. None where none of them can sign, and for a provider that posts nothing."""

"""Senders: further accounts of providers, each with credentials and addresses of its own, which the profiles
of creditors name. What a creditor's profile names sends for that creditor alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from channels.adapter import ChannelMisconfigured
from channels.provider import provider_of

MARK = "."
"""Between the provider and the sender in an adapter's name: `twilio.acme`. No provider's name has it."""
_SENDER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
LONGEST = 24


def senders_of(text: str, providers: Collection[str]) -> Mapping[str, str]:
    """Provider by sender, of `acme:twilio, north:smtp`. Raises ChannelMisconfigured, which says what of it
    cannot be used."""
    found: dict[str, str] = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        sender, _, provider = (part.strip() for part in one.partition(":"))
        if _SENDER.fullmatch(sender) is None or len(sender) > LONGEST:
            raise ChannelMisconfigured(
                f"expected names of at most {LONGEST} lower-case letters, digits and single _, each with its "
                f"provider, such as acme:twilio, got {one!r}"
            )
        if provider not in providers:
            raise ChannelMisconfigured(
                f"expected {sender} with one of {', '.join(sorted(providers))}, got {provider!r}"
            )
        if sender in found:
            raise ChannelMisconfigured(f"{sender} stands there twice")
        found[sender] = provider
    return found


def sender_of(adapter: str) -> str:
    """The sender of an adapter's name: `acme` of `twilio.acme`; empty for an account of the deployment's
    own."""
    return adapter.partition(MARK)[2]


def adapter_of(provider: str, sender: str) -> str:
    """The name of the adapter of a sender."""
    return f"{provider}{MARK}{sender}"


def door_of(adapter: str) -> str:
    """What stands for an adapter's account in the URLs that its provider posts to: the provider for the
    deployment's own accounts, which share a door; for a sender its adapter's name, since what one sender's
    account signs is believed of no other's messages."""
    return adapter if sender_of(adapter) else provider_of(adapter)


def route_of(channel: str, sender: str) -> str:
    """A channel through one sender's account, or through the deployment's own."""
    return f"{channel}{MARK}{sender}" if sender else channel


def parts_of(route: str) -> tuple[str, str]:
    """The channel and the sender of a route."""
    channel, _, sender = route.partition(MARK)
    return channel, sender


def variable_of(adapter: str, field: str) -> str:
    """The variable of one setting of an adapter's account: `FORBEAR_SENDER_ACME__SENDER` of `smpp.acme`."""
    sender = sender_of(adapter)
    return f"FORBEAR_{f'SENDER_{sender}' if sender else adapter}__{field}".upper()

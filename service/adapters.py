"""Builds what the settings name of the registered providers. Adapters must be built inside the running loop:
they pool connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from channels.adapter import Adapter
from channels.callback import Receiver
from channels.message import Channel
from channels.provider import provider_of
from channels.registry import registered
from channels.sandbox.adapter import SandboxAdapter, SandboxProvider
from service.errors import SetupError
from service.setting_groups import SANDBOX
from service.settings import Settings


def adapters_of(settings: Settings, sandbox: SandboxProvider) -> dict[str, Sequence[Adapter]]:
    """The adapters of each channel, the one to be tried first at the head, and behind them those of the
    senders. Raises SetupError for what a provider refuses."""
    found = {
        channel.value: [_adapter(settings, sandbox, channel, name) for name in one.adapters]
        for channel, one in settings.channels.items()
    }
    for name in settings.sender_adapters.values():
        for channel in settings.serves(name):
            found[channel.value].append(_adapter(settings, sandbox, channel, name))
    return dict(found)


def _adapter(settings: Settings, sandbox: SandboxProvider, channel: Channel, name: str) -> Adapter:
    if name == SANDBOX:
        return SandboxAdapter(channel, sandbox)
    try:
        return registered()[provider_of(name)].adapters[channel](settings.account(name), name)
    except ValueError as error:
        raise SetupError(str(error)) from error


def receivers_of(settings: Settings) -> Mapping[str, Receiver]:
    """What reads the callbacks of each provider that has an account here, whether a channel sends through it
    or not: receipts of a channel that was switched over come late, and replies to the sandbox are heard. Each
    sender has its own, which believes its own account alone."""
    accounts = {name: settings.accounts(name) for name in registered()} | {
        adapter: [settings.account(adapter)] for adapter in settings.sender_adapters.values()
    }
    built = {
        name: receiver(some)
        for name, some in accounts.items()
        if (receiver := registered()[provider_of(name)].receiver) is not None
    }
    return {name: receiver for name, receiver in built.items() if receiver is not None}

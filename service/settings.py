"""Every setting, from the environment (`FORBEAR_…`, nested by `__`) or a `.env` file; docs/settings.md lists
them.

A missing or wrong one stops the start with one line that names it and never shows a secret's value.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from channels.adapter import ChannelMisconfigured
from channels.message import Channel
from channels.provider import BACKUP, Account, OptionalSecret, OptionalText, provider_of
from channels.registry import registered
from channels.senders import adapter_of, sender_of, senders_of
from channels.webhook.networks import Networks, networks_of
from service.database_urls import cell_urls, is_postgresql, schema_named
from service.errors import SetupError
from service.setting_groups import (
    SANDBOX,
    ChannelSettings,
    ContactSettings,
    EmailSettings,
    SourceSettings,
    VoiceSettings,
    WebhookSettings,
    WorkerSettings,
)
from service.tracing.settings import TraceSettings

PREFIX = "FORBEAR_"


SENDER = "sender_"
"""The head of the settings of a sender."""


AUTO = "auto"
"""In FORBEAR_POLICIES: the policies bind by the places of the borrower and the account."""


class Settings(BaseSettings):
    """All settings. Build it with `load`, which turns errors into one clear line."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
    )

    database_url: OptionalSecret = None
    cells: OptionalSecret = None
    """The databases of several cells, a JSON list or separated by white space; the first is home, and may not
    differ from `database_url`."""
    data: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    bootstrap_key: OptionalSecret = None
    public_url: OptionalText = None
    secret_key: OptionalSecret = None
    previous_secret_keys: OptionalSecret = None
    """Secret keys that still open what they encrypted, separated by white space; `forbear secrets rotate`
    makes them needless."""
    policies: str = AUTO
    retention_hours: float | None = Field(default=None, ge=1)
    """How often a worker lets records go that no policy keeps any more; never by itself without it."""
    inbound_days: int = Field(default=90, ge=1, le=36500)
    """Days after which a message is forgotten that came from an address no borrower has; what it asked for
    stays."""
    witnesses: str = ""
    """Verifier keys of the witnesses whose cosignatures of checkpoints are taken, separated by white
    space."""
    log_origin: OptionalText = None
    """Under which name a fresh log signs; by chance without it. A log keeps the name that it has."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    database_connections: int = Field(default=10, ge=2, le=200)
    """Pooled connections of one process."""
    backlog: int = Field(default=5000, ge=1)
    """Notices that may wait for their commit, one by one or in batches, before intake answers 429."""

    sms: ChannelSettings = ChannelSettings()
    voice: VoiceSettings = VoiceSettings()
    whatsapp: ChannelSettings = ChannelSettings()
    email: EmailSettings = EmailSettings()
    contact: ContactSettings = ContactSettings()
    worker: WorkerSettings = WorkerSettings()
    webhooks: WebhookSettings = WebhookSettings()
    source: SourceSettings = SourceSettings()
    traces: TraceSettings = TraceSettings()
    senders: OptionalText = None
    """Further accounts, which creditors' profiles name: `<name>:<provider>, …`. Each has settings under
    a head of its own, `FORBEAR_SENDER_<NAME>__…`."""

    @property
    def sender_adapters(self) -> dict[str, str]:
        """The adapter's name of each sender."""
        return {
            sender: adapter_of(provider, sender)
            for sender, provider in senders_of(self.senders or "", registered()).items()
        }

    @property
    def further_cells(self) -> tuple[str, ...]:
        """The URLs of the cells beside home."""
        return () if self.cells is None else cell_urls(self.cells.get_secret_value())[1:]

    @property
    def embedded(self) -> bool:
        """Whether the service runs its own PostgreSQL under `data`."""
        return self.database_url is None

    @property
    def channels(self) -> dict[Channel, ChannelSettings]:
        """By channel."""
        return {channel: getattr(self, channel.value) for channel in Channel}

    def account(self, adapter: str) -> Account:
        """The account behind an adapter's name; each registered provider has two, of which the second has a
        name of its own."""
        sender = sender_of(adapter)
        found: Account = getattr(self, f"{SENDER}{sender}" if sender else adapter)
        return found

    def serves(self, adapter: str) -> list[Channel]:
        """The channels for which an account has what they need, of those that its provider serves."""
        account = self.account(adapter)
        return [
            channel
            for channel in registered()[provider_of(adapter)].adapters
            if not list(account.missing({channel}))
        ]

    def accounts(self, provider: str) -> list[Account]:
        """A provider's accounts, whether a channel sends through them or not; the one that is tried first at
        the head."""
        return [self.account(provider), self.account(f"{provider}{BACKUP}")]

    def used(self) -> dict[str, set[Channel]]:
        """The adapters that some channel uses, with their channels."""
        found: dict[str, set[Channel]] = {}
        for channel, one in self.channels.items():
            for name in one.adapters:
                found.setdefault(name, set()).add(channel)
        return found

    @property
    def base_url(self) -> str:
        """The public base of receipt and unsubscribe URLs, without a trailing slash."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host
        return f"http://{host}:{self.port}"

    @property
    def policy_names(self) -> tuple[str, ...] | None:
        """The names that bind, or None where `auto` is among them."""
        names = self._policy_words()
        return None if AUTO in names else names

    @property
    def further_policies(self) -> tuple[str, ...]:
        """The names that bind beside `auto`."""
        names = self._policy_words()
        return tuple(name for name in names if name != AUTO) if AUTO in names else ()

    def _policy_words(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.policies.split(",") if name.strip())


@lru_cache(maxsize=8)
def settings_type(senders: str = "") -> type[Settings]:
    """All settings with the accounts of every registered provider and of these senders. Raises SetupError for
    a plug-in that cannot be used, and for senders that cannot be read."""
    try:
        providers = registered()
    except ChannelMisconfigured as error:
        raise SetupError(str(error)) from None
    fields: dict[str, Any] = {
        name: (one.account, one.account())
        for one in providers.values()
        for name in (one.name, f"{one.name}{BACKUP}")
    }
    try:
        further = senders_of(senders, providers)
    except ChannelMisconfigured as error:
        raise SetupError(f"{PREFIX}SENDERS: {error}") from None
    for sender, provider in further.items():
        account = providers[provider].account
        fields[f"{SENDER}{sender}"] = (account, account())
    if taken := sorted(fields.keys() & Settings.model_fields.keys()):
        raise SetupError(f"a provider cannot be named like a setting: {', '.join(taken)}")
    return create_model("Settings", __base__=Settings, **fields)


def load() -> Settings:
    """Read the environment. Raises SetupError with every error in one line, naming each variable."""
    try:
        settings = settings_type()()
        if settings.senders is not None:
            settings = settings_type(settings.senders)()
    except ValidationError as error:
        lines = (
            f"{PREFIX}{'__'.join(str(part).upper() for part in field_error['loc'])}: {field_error['msg']}"
            for field_error in error.errors(include_input=False, include_url=False)
        )
        raise SetupError("; ".join(lines)) from None
    _take_home(settings)
    _check(settings)
    return settings


def _take_home(settings: Settings) -> None:
    """The first cell is the database, whichever of the two settings names it. Raises SetupError."""
    if settings.cells is None:
        return
    home = cell_urls(settings.cells.get_secret_value())[0]
    if settings.database_url is None:
        settings.database_url = SecretStr(home)
    elif settings.database_url.get_secret_value() != home:
        raise SetupError(f"{PREFIX}DATABASE_URL: expected the first URL of {PREFIX}CELLS, or none")


def _check(settings: Settings) -> None:
    """What one field alone cannot say."""
    if settings.database_url is not None:
        if not is_postgresql(settings.database_url.get_secret_value()):
            raise SetupError("FORBEAR_DATABASE_URL: expected postgresql://user:pass@host/db")
        try:
            schema_named(settings.database_url.get_secret_value())
        except SetupError as error:
            raise SetupError(f"FORBEAR_DATABASE_URL: {error.detail}") from None
        if settings.secret_key is None:
            raise SetupError("FORBEAR_SECRET_KEY: required with a database of your own; 32 bytes in base64")
    if settings.secret_key is not None:
        decode_secret(settings.secret_key.get_secret_value())
    previous_secrets(settings)
    if settings.public_url is not None and not _is_base(settings.public_url):
        raise SetupError(
            "FORBEAR_PUBLIC_URL: expected an http or https URL, such as https://notices.example.com, "
            "without a query"
        )
    if settings.policy_names == ():
        raise SetupError("FORBEAR_POLICIES: expected `auto`, names, or both, separated by commas")
    if settings.bootstrap_key is not None and len(settings.bootstrap_key.get_secret_value()) < _SHORTEST_KEY:
        raise SetupError(f"FORBEAR_BOOTSTRAP_KEY: expected at least {_SHORTEST_KEY} characters")
    webhook_networks(settings)
    settings.traces.check()
    _check_channels(settings)
    _check_accounts(settings)


_SHORTEST_KEY = 24


def _is_base(url: str) -> bool:
    """Whether paths can be put behind a URL."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
            and not parts.query
            and not parts.fragment
        )
    except ValueError:
        return False


def _check_channels(settings: Settings) -> None:
    """Each channel's adapters are registered for it. The sandbox takes nobody's place: what it took would
    reach nobody."""
    for channel, one in settings.channels.items():
        serving = sorted(name for name, provider in registered().items() if channel in provider.adapters)
        variable = f"{PREFIX}{channel.value.upper()}"
        if one.adapter not in (SANDBOX, *serving):
            raise SetupError(
                f"{variable}__ADAPTER: expected one of {', '.join((SANDBOX, *serving))}, got {one.adapter!r}"
            )
        others = [name for each in serving for name in (each, f"{each}{BACKUP}") if name != one.adapter]
        if one.fallback is not None and one.fallback not in others:
            raise SetupError(
                f"{variable}__FALLBACK: expected one of {', '.join(others)}, got {one.fallback!r}"
            )


def _check_accounts(settings: Settings) -> None:
    """Each adapter that is used has what it needs."""
    for name, channels in settings.used().items():
        if name == SANDBOX:
            continue
        for field in settings.account(name).missing(channels):
            raise SetupError(f"{PREFIX}{name.upper()}__{field.upper()}: required by the {name} adapter")
    for sender, adapter in settings.sender_adapters.items():
        if settings.serves(adapter):
            continue
        provider = provider_of(adapter)
        field = next(settings.account(adapter).missing(set(registered()[provider].adapters)), "")
        variable = f"{PREFIX}{SENDER}{sender}__{field}".upper()
        raise SetupError(f"{variable}: required by the sender {sender} of {provider}")


def webhook_networks(settings: Settings) -> Networks:
    """What webhooks may reach. Raises SetupError."""
    try:
        return Networks(networks_of(settings.webhooks.allow_networks))
    except ValueError as error:
        raise SetupError(f"{PREFIX}WEBHOOKS__ALLOW_NETWORKS: {error}") from None


def previous_secrets(settings: Settings) -> tuple[bytes, ...]:
    """The 32 bytes of each of FORBEAR_PREVIOUS_SECRET_KEYS. Raises SetupError."""
    given = settings.previous_secret_keys
    return (
        ()
        if given is None
        else tuple(decode_secret(one, "PREVIOUS_SECRET_KEYS") for one in given.get_secret_value().split())
    )


def decode_secret(text: str, name: str = "SECRET_KEY") -> bytes:
    """The 32 bytes of FORBEAR_SECRET_KEY. Raises SetupError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:  # noqa: PLR2004
        raise SetupError(f"{PREFIX}{name}: expected 32 bytes in base64")
    return raw

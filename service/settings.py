"""Every setting, from the environment (`FORBEAR_…`, nested by `__`) or a `.env` file; docs/settings.md lists them.

A missing or wrong one stops the start with one line that names it and never shows a secret's value.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.errors import SetupError

PREFIX = "FORBEAR_"


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_blank_is_none)]


TWILIO_BACKUP, SMTP_BACKUP = "twilio_backup", "smtp_backup"
"""The names of the adapters that take over while the first of their channel is away."""
TwilioFallback = Annotated[Literal["twilio_backup"] | None, BeforeValidator(_blank_is_none)]
SmtpFallback = Annotated[Literal["smtp_backup"] | None, BeforeValidator(_blank_is_none)]


class SmsSettings(BaseModel):
    """`FORBEAR_SMS__…`."""

    adapter: Literal["sandbox", "twilio"] = "sandbox"
    fallback: TwilioFallback = None
    """The adapter that takes over while the first one's provider is away."""
    rate_per_second: float | None = Field(default=None, gt=0)
    """Hand-overs per second, all workers together; no limit of ours without it."""
    concurrency: int = Field(default=64, ge=1, le=1000)
    """Hand-overs at a time with each adapter, all workers together."""


class VoiceSettings(BaseModel):
    """`FORBEAR_VOICE__…`."""

    adapter: Literal["sandbox", "twilio"] = "sandbox"
    fallback: TwilioFallback = None
    """The adapter that takes over while the first one's provider is away."""
    rate_per_second: float | None = Field(default=None, gt=0)
    """Hand-overs per second, all workers together; no limit of ours without it."""
    concurrency: int = Field(default=16, ge=1, le=1000)
    """Hand-overs at a time with each adapter, all workers together."""


class EmailSettings(BaseModel):
    """`FORBEAR_EMAIL__…`."""

    adapter: Literal["sandbox", "smtp"] = "sandbox"
    fallback: SmtpFallback = None
    """The adapter that takes over while the first one's server is away."""
    rate_per_second: float | None = Field(default=None, gt=0)
    """Hand-overs per second, all workers together; no limit of ours without it."""
    concurrency: int = Field(default=32, ge=1, le=1000)
    """Hand-overs at a time with each adapter, all workers together."""


class TwilioSettings(BaseModel):
    """`FORBEAR_TWILIO__…`, and `FORBEAR_TWILIO_BACKUP__…` for the account that takes over."""

    account_sid: OptionalText = None
    auth_token: OptionalSecret = None
    from_number: OptionalText = None
    messaging_service_sid: OptionalText = None
    base_url: str = "https://api.twilio.com"
    allow_other_host: bool = False


class SmtpSettings(BaseModel):
    """`FORBEAR_SMTP__…`, and `FORBEAR_SMTP_BACKUP__…` for the server that takes over."""

    host: OptionalText = None
    port: int = Field(default=587, ge=1, le=65535)
    username: OptionalText = None
    password: OptionalSecret = None
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    sender: OptionalText = None
    verp: bool = False
    """Whether each mail has a return address of its own, `sender+…@`; the mailbox's server must deliver those to the mailbox."""


class ContactSettings(BaseModel):
    """`FORBEAR_CONTACT__…`: how a borrower reaches the lender where a creditor has no profile of its own."""

    phone: OptionalText = None
    email: OptionalText = None
    url: OptionalText = None


class WorkerSettings(BaseModel):
    """`FORBEAR_WORKER__…`."""

    batch: int = Field(default=200, ge=1, le=1000)
    """Deliveries claimed in one transaction."""
    loops: int = Field(default=3, ge=1, le=16)
    """Claim loops in one process."""
    lease_seconds: float = Field(default=30.0, ge=2)
    poll_seconds: float = Field(default=1.0, gt=0)
    """The net under LISTEN: how long a due delivery can go unseen."""
    send_timeout_seconds: float = Field(default=10.0, gt=0)
    drain_seconds: float = Field(default=15.0, ge=0)
    """How long SIGTERM waits for what was handed over."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Where `forbear worker` shows its metrics, on the service's host; nowhere without it."""


AUTO = "auto"
"""In FORBEAR_POLICIES: the policies bind by the places of the borrower and the account."""


class Settings(BaseSettings):
    """All settings. Build it with `load`, which turns faults into one clear line."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
    )

    database_url: OptionalSecret = None
    data: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    bootstrap_key: OptionalSecret = None
    public_url: OptionalText = None
    secret_key: OptionalSecret = None
    previous_secret_keys: OptionalSecret = None
    """Secret keys that still open what they sealed, separated by white space; `forbear secrets rotate` makes them needless."""
    policies: str = AUTO
    retention_hours: float | None = Field(default=None, ge=1)
    """How often a worker lets records go that no policy keeps any more; never by itself without it."""
    witnesses: str = ""
    """Verifier keys of the witnesses whose cosignatures of checkpoints are taken, separated by white space."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    database_connections: int = Field(default=10, ge=2, le=200)
    """Pooled connections of one process."""
    backlog: int = Field(default=5000, ge=1)
    """Notices that may wait for their commit, one by one or in batches, before intake answers 429."""

    sms: SmsSettings = SmsSettings()
    voice: VoiceSettings = VoiceSettings()
    email: EmailSettings = EmailSettings()
    twilio: TwilioSettings = TwilioSettings()
    twilio_backup: TwilioSettings = TwilioSettings()
    smtp: SmtpSettings = SmtpSettings()
    smtp_backup: SmtpSettings = SmtpSettings()
    contact: ContactSettings = ContactSettings()
    worker: WorkerSettings = WorkerSettings()

    @property
    def embedded(self) -> bool:
        """Whether the service runs its own PostgreSQL under `data`."""
        return self.database_url is None

    @property
    def twilio_accounts(self) -> dict[str, TwilioSettings]:
        """The Twilio accounts that some channel uses, by the adapter's name, the one that is tried first at the head."""
        named = [self.sms.adapter, self.voice.adapter, self.sms.fallback, self.voice.fallback]
        accounts = {"twilio": self.twilio, TWILIO_BACKUP: self.twilio_backup}
        return {name: account for name, account in accounts.items() if name in named}

    @property
    def signing_tokens(self) -> dict[str, str]:
        """The tokens with which Twilio signs what it posts to us, by account SID; also of an account that no channel sends through,
        so that receipts of a channel that was switched over, and replies to the sandbox, are heard."""
        accounts = [*self.twilio_accounts.values(), self.twilio, self.twilio_backup]
        return {
            one.account_sid: one.auth_token.get_secret_value()
            for one in accounts
            if one.account_sid and one.auth_token
        }

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


def load() -> Settings:
    """Read the environment. Raises SetupError with every fault in one line, naming each variable."""
    try:
        settings = Settings()
    except ValidationError as error:
        lines = (
            f"{PREFIX}{'__'.join(str(part).upper() for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise SetupError("; ".join(lines)) from None
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    """What one field alone cannot say."""
    if settings.database_url is not None:
        scheme = urlsplit(settings.database_url.get_secret_value()).scheme
        if scheme not in {"postgresql", "postgres"}:
            raise SetupError("FORBEAR_DATABASE_URL: expected postgresql://user:pass@host/db")
        if settings.secret_key is None:
            raise SetupError("FORBEAR_SECRET_KEY: required with a database of your own; 32 bytes in base64")
    if settings.secret_key is not None:
        decode_secret(settings.secret_key.get_secret_value())
    previous_secrets(settings)
    if settings.public_url is not None and not _is_base(settings.public_url):
        raise SetupError(
            "FORBEAR_PUBLIC_URL: expected an http or https URL, such as https://notices.example.com, without a query"
        )
    if settings.policy_names == ():
        raise SetupError("FORBEAR_POLICIES: expected `auto`, names, or both, separated by commas")
    if settings.bootstrap_key is not None and len(settings.bootstrap_key.get_secret_value()) < _SHORTEST_KEY:
        raise SetupError(f"FORBEAR_BOOTSTRAP_KEY: expected at least {_SHORTEST_KEY} characters")
    _check_twilio(settings)
    _check_smtp(settings)


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


def strange_names(given: Iterable[str]) -> list[str]:
    """Names that begin like our settings and are none: a misspelt one would silently leave a default in its place."""
    known = {f"{PREFIX}{name}".upper() for name in _names(Settings)} | OTHERS
    return sorted(name for name in given if name.upper().startswith(PREFIX) and name.upper() not in known)


OTHERS = frozenset({"FORBEAR_FAULT", "FORBEAR_FAULT_CLOCK", "FORBEAR_HYPOTHESIS"})
"""Variables of the fault campaign and of the tests, which are no settings."""


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, one in model.model_fields.items():
        if isinstance(one.annotation, type) and issubclass(one.annotation, BaseModel):
            yield from (f"{name}__{inner}" for inner in _names(one.annotation))
        else:
            yield name


def _check_twilio(settings: Settings) -> None:
    for name, account in settings.twilio_accounts.items():
        prefix = f"FORBEAR_{name.upper()}__"
        for field, value in (("ACCOUNT_SID", account.account_sid), ("AUTH_TOKEN", account.auth_token)):
            if value is None:
                raise SetupError(f"{prefix}{field}: required by the {name} adapter")
        calls = name in {settings.voice.adapter, settings.voice.fallback}
        if account.from_number is None and (account.messaging_service_sid is None or calls):
            raise SetupError(f"{prefix}FROM_NUMBER: required by the {name} adapter")


def _check_smtp(settings: Settings) -> None:
    servers = {"smtp": settings.smtp, SMTP_BACKUP: settings.smtp_backup}
    for name, server in servers.items():
        if name not in {settings.email.adapter, settings.email.fallback}:
            continue
        for field, value in (("HOST", server.host), ("SENDER", server.sender)):
            if value is None:
                raise SetupError(f"FORBEAR_{name.upper()}__{field}: required by the {name} adapter")


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

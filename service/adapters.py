"""Builds the adapters that the settings name. Must be called inside the running loop: adapters pool connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from channels.adapter import Adapter
from channels.message import Channel
from channels.sandbox.adapter import SandboxAdapter, SandboxProvider
from service.errors import SetupError
from service.settings import SMTP_BACKUP, TWILIO_BACKUP, Settings, SmtpSettings, TwilioSettings

if TYPE_CHECKING:
    from channels.twilio.client import TwilioConfig


def adapters_of(settings: Settings, sandbox: SandboxProvider) -> dict[str, Sequence[Adapter]]:
    """The adapters of each channel, the one to be tried first at the head. Raises SetupError for what a provider refuses."""
    named = {
        Channel.SMS: (settings.sms.adapter, settings.sms.fallback),
        Channel.EMAIL: (settings.email.adapter, settings.email.fallback),
        Channel.VOICE: (settings.voice.adapter, settings.voice.fallback),
    }
    return {
        channel.value: [_adapter(settings, sandbox, channel, name) for name in names if name is not None]
        for channel, names in named.items()
    }


def _adapter(settings: Settings, sandbox: SandboxProvider, channel: Channel, name: str) -> Adapter:
    if name == "sandbox":
        return SandboxAdapter(channel, sandbox)
    if channel is Channel.EMAIL:
        return _email(settings.smtp_backup if name == SMTP_BACKUP else settings.smtp, name)
    account = settings.twilio_backup if name == TWILIO_BACKUP else settings.twilio
    return _sms(account, name) if channel is Channel.SMS else _voice(account, name)


def _sms(account: TwilioSettings, name: str) -> Adapter:
    from channels.twilio.sms import TwilioSms

    return _configured(lambda: TwilioSms(_twilio(account), name=name))


def _voice(account: TwilioSettings, name: str) -> Adapter:
    from channels.twilio.voice import TwilioVoice

    return _configured(lambda: TwilioVoice(_twilio(account), name=name))


def _email(smtp: SmtpSettings, name: str) -> Adapter:
    from channels.smtp.adapter import Smtp, SmtpConfig

    config = SmtpConfig(
        host=smtp.host or "",
        port=smtp.port,
        username=smtp.username,
        password=smtp.password.get_secret_value() if smtp.password else None,
        tls=smtp.tls,
        sender=smtp.sender or "",
        verp=smtp.verp,
    )
    return _configured(lambda: Smtp(config, name=name))


def _twilio(twilio: TwilioSettings) -> TwilioConfig:
    from channels.twilio.client import TwilioConfig

    return TwilioConfig(
        account_sid=twilio.account_sid or "",
        auth_token=twilio.auth_token.get_secret_value() if twilio.auth_token else "",
        from_number=twilio.from_number,
        messaging_service_sid=twilio.messaging_service_sid,
        base_url=twilio.base_url,
        allow_other_host=twilio.allow_other_host,
    )


def _configured(build: Callable[[], Adapter]) -> Adapter:
    """An adapter, or one clear line about its setting."""
    try:
        return build()
    except ValueError as error:
        raise SetupError(str(error)) from error

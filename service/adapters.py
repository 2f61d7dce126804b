"""Builds the adapters that the settings name. Must be called inside the running loop: adapters pool connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from channels.adapter import Adapter
from channels.message import Channel
from channels.sandbox import SandboxAdapter, SandboxProvider
from service.errors import SetupError
from service.settings import Settings

if TYPE_CHECKING:
    from channels.twilio_client import TwilioConfig


def adapters_of(settings: Settings, sandbox: SandboxProvider) -> dict[str, Adapter]:
    """One adapter for each channel. Raises SetupError for a configuration that a provider refuses."""
    return {
        "sms": _sms(settings, sandbox),
        "email": _email(settings, sandbox),
        "voice": _voice(settings, sandbox),
    }


def _sms(settings: Settings, sandbox: SandboxProvider) -> Adapter:
    if settings.sms.adapter == "sandbox":
        return SandboxAdapter(Channel.SMS, sandbox)
    from channels.sms.twilio import TwilioSms

    return _configured(lambda: TwilioSms(_twilio(settings)))


def _voice(settings: Settings, sandbox: SandboxProvider) -> Adapter:
    if settings.voice.adapter == "sandbox":
        return SandboxAdapter(Channel.VOICE, sandbox)
    from channels.voice.twilio import TwilioVoice

    return _configured(lambda: TwilioVoice(_twilio(settings)))


def _email(settings: Settings, sandbox: SandboxProvider) -> Adapter:
    if settings.email.adapter == "sandbox":
        return SandboxAdapter(Channel.EMAIL, sandbox)
    from channels.email.smtp import Smtp, SmtpConfig

    smtp = settings.smtp
    config = SmtpConfig(
        host=smtp.host or "",
        port=smtp.port,
        username=smtp.username,
        password=smtp.password.get_secret_value() if smtp.password else None,
        tls=smtp.tls,
        sender=smtp.sender or "",
    )
    return _configured(lambda: Smtp(config))


def _twilio(settings: Settings) -> TwilioConfig:
    from channels.twilio_client import TwilioConfig

    twilio = settings.twilio
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

"""Renders a template into the exact content of one message."""

from __future__ import annotations

import re

from twilio.twiml.voice_response import Gather, VoiceResponse

from channels.content.context import NoticeText, context_of
from channels.content.formats import negotiate
from channels.content.phrases import PHRASES
from channels.content.segments import segments
from channels.content.template import Template
from channels.message import Channel, Content, EmailContent, SmsContent, VoiceContent

__all__ = ["NotOnChannel", "NoticeText", "render"]

VOICES = {"en": ("en-US", "Polly.Joanna"), "zh-CN": ("cmn-CN", "Polly.Zhiyu"), "es": ("es-US", "Polly.Lupe")}
LONGEST_SUBJECT = 200
_SPACES = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n{3,}")


class NotOnChannel(ValueError):
    """The template has no text for this channel."""


def render(template: Template, text: NoticeText, channel: Channel, language: str) -> Content:
    """The content in the language that serves the borrower best; amounts and dates follow the borrower's own locale.

    Raises NotOnChannel, and what Jinja2 raises for a template that was not checked when it was stored."""
    spoken = negotiate(language, template.languages)
    locale = language if language.split("-", maxsplit=1)[0].lower() == spoken.split("-")[0].lower() else spoken
    facts = context_of(text, locale)

    def said(part: str) -> str:
        compiled = template.parts.get((spoken, part))
        if compiled is None:
            raise NotOnChannel(f"the template {template.name} has no {part} in {spoken}")
        return compiled.render(facts)

    match channel:
        case Channel.SMS:
            body = _SPACES.sub(" ", said("sms")).strip()
            cost = segments(body)
            return SmsContent(body=body, segments=cost.count, encoding=cost.encoding)
        case Channel.EMAIL:
            return EmailContent(
                subject=_SPACES.sub(" ", said("subject")).strip()[:LONGEST_SUBJECT],
                text=_BLANK_LINES.sub("\n\n", said("text")).strip() + "\n",
                html=_document(said("html"), spoken),
                sender_name=str(facts["creditor_name"]),
            )
        case Channel.VOICE:
            words = _SPACES.sub(" ", said("voice")).strip()
            return VoiceContent(twiml=spoken_twiml(words, spoken, text.receipt_url), text=words)


def _document(body: str, language: str) -> str:
    """A whole HTML document: simple, readable, without anything to load."""
    return (
        f'<!doctype html>\n<html lang="{language}" dir="ltr">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title></title></head>\n'
        '<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#ffffff">\n'
        f'<main style="max-width:36em;margin:0 auto">\n{body.strip()}\n</main>\n</body>\n</html>\n'
    )


def spoken_twiml(words: str, language: str, receipt_url: str) -> str:
    """One Say inside one Gather: the words are text and are escaped; the digit 9 asks not to be called again."""
    code, voice = VOICES.get(language, VOICES["en"])
    response = VoiceResponse()  # type: ignore[no-untyped-call]
    gather = Gather(num_digits=1, timeout=5, action=f"{receipt_url}/digits", method="POST")  # type: ignore[no-untyped-call]
    gather.say(words, language=code, voice=voice)  # type: ignore[no-untyped-call]
    response.append(gather)  # type: ignore[no-untyped-call]
    return str(response)


def hang_up_twiml() -> str:
    """The end of a call that may not speak any more."""
    response = VoiceResponse()  # type: ignore[no-untyped-call]
    response.hangup()  # type: ignore[no-untyped-call]
    return str(response)


def no_more_calls_twiml(language: str) -> str:
    """The answer to the key that ends all calls, then the end of the call."""
    spoken = negotiate(language, tuple(PHRASES))
    code, voice = VOICES.get(spoken, VOICES["en"])
    response = VoiceResponse()  # type: ignore[no-untyped-call]
    response.say(PHRASES[spoken]["no_more_calls"], language=code, voice=voice)  # type: ignore[no-untyped-call]
    response.hangup()  # type: ignore[no-untyped-call]
    return str(response)

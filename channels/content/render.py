"""Renders a template into the exact content of one message."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from channels.content import approved, call
from channels.content.context import NoticeText, context_of
from channels.content.formats import negotiate
from channels.content.gsm import in_gsm
from channels.content.segments import segments
from channels.content.template import Template
from channels.message import Channel, Content, EmailContent, SmsContent, VoiceContent, WhatsAppContent

__all__ = ["NotOnChannel", "NoticeText", "render"]

LONGEST_SUBJECT = 200
_BLANK_LINES = re.compile(r"\n{3,}")


class NotOnChannel(ValueError):
    """The template has no text for this channel."""


def render(template: Template, text: NoticeText, channel: Channel, language: str) -> Content:
    """The content in the language that serves the borrower best; amounts and dates follow the borrower's own
    locale.

    Raises NotOnChannel, and what Jinja2 raises for a template that was not checked when it was stored."""
    spoken = negotiate(language, template.languages)
    locale = (
        language if language.split("-", maxsplit=1)[0].lower() == spoken.split("-")[0].lower() else spoken
    )
    facts = context_of(text, locale)

    def said(part: str) -> str:
        compiled = template.parts.get((spoken, part))
        if compiled is None:
            raise NotOnChannel(f"the template {template.name} has no {part} in {spoken}")
        return "".join(
            compiled.root_render_func(compiled.new_context(facts, shared=True))
        )  # as `render`, without copies of the facts

    match channel:
        case Channel.SMS:
            return _sms(said("sms"))
        case Channel.EMAIL:
            subject = _one_line(said("subject"))[:LONGEST_SUBJECT]
            return EmailContent(
                subject=subject,
                text=_paragraphs(said("text")),
                html=_document(said("html"), spoken, subject),
                sender_name=str(facts["creditor_name"]),
            )
        case Channel.VOICE:
            words = _one_line(said("voice"))
            return VoiceContent(
                text=words,
                opening=call.opening(facts, spoken),
                message=call.message(facts, spoken),
                notice=call.notice(words, spoken),
            )
        case Channel.WHATSAPP:
            return _whatsapp(template, spoken, said)


def _sms(words: str) -> SmsContent:
    body = _one_line(in_gsm(words))
    cost = segments(body)
    return SmsContent(body=body, segments=cost.count, encoding=cost.encoding, forced_by=cost.forced_by)


def _whatsapp(template: Template, language: str, said: Callable[[str], str]) -> WhatsAppContent:
    given = template.document["languages"][language].get(approved.WHATSAPP)
    if given is None:
        raise NotOnChannel(f"the template {template.name} has no WhatsApp text in {language}")
    values = {name: approved.value_of(said(approved.variable_part(name))) for name in given["variables"]}
    return WhatsAppContent(
        text=approved.filled(given["text"], values), variables=values, approved=given.get("approved", {})
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _paragraphs(text: str) -> str:
    """The text with single blank lines; most have no others, which is seen faster than replaced."""
    return (_BLANK_LINES.sub("\n\n", text) if "\n\n\n" in text else text).strip() + "\n"


def _document(body: str, language: str, title: str) -> str:
    """A whole HTML document: simple, readable, without anything to load."""
    return (
        f'<!doctype html>\n<html lang="{language}" dir="ltr">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, '
        f'initial-scale=1"><title>{html.escape(title)}</title></head>\n'
        '<body style="margin:0;padding:24px;font:16px/1.5 '
        'system-ui,sans-serif;color:#1a1a1a;background:#ffffff">\n'
        f'<main style="max-width:36em;margin:0 auto">\n{body.strip()}\n</main>\n</body>\n</html>\n'
    )

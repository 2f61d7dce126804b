"""A notice's facts, the shipped templates, and what a borrower reads or hears of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

from channels.content.render import NoticeText, render
from channels.content.shipped import shipped_templates
from channels.content.template import Template
from channels.message import Channel, EmailContent, SmsContent, VoiceContent, WhatsAppContent

TEXT = NoticeText(
    borrower_name="Ana Ruiz",
    creditor_name="Example Bank",
    phone="+12025550142",
    email="help@example.com",
    url="https://example.com/pay",
    principal=Decimal("12500.00"),
    amount_due=Decimal("431.07"),
    late_fees=Decimal("18.50"),
    currency="USD",
    due_on=date(2026, 10, 5),
    days_past_due=50,
    sender_role="original_creditor",
    first_communication=False,
    unsubscribe_url="https://forbear.example.com/u/aB3-_?x=1&y=2",
)
SHIPPED = shipped_templates()


class Visible(HTMLParser):
    """The words of an HTML document, and its links."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def seen(html: str) -> Visible:
    """A document as a mail program reads it."""
    parser = Visible()
    parser.feed(html)
    parser.close()
    return parser


def said(template: Template, channel: Channel, language: str, text: NoticeText = TEXT) -> list[str]:
    """The words of each part that a borrower reads or hears."""
    match render(template, text, channel, language):
        case SmsContent(body=body):
            return [body]
        case EmailContent(text=plain_text, html=html):
            return [plain_text, "".join(seen(html).words)]
        case VoiceContent(text=words) | WhatsAppContent(text=words):
            return [words]

"""What notices say: the five elements on every channel in every language, and nothing but facts in them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.content.call import no_more_calls
from channels.content.checks import threats
from channels.content.context import context_of, plain
from channels.content.formats import LANGUAGES, day, locale_of, money, negotiate
from channels.content.render import render
from channels.message import Channel, EmailContent, VoiceContent
from channels.script import SILENT_END, Script
from channels.twilio.twiml import render as as_twiml
from tests.channels.specimens import SHIPPED, TEXT, said, seen

CALL_URL = "https://forbear.example.com/v1/receipts/twilio/voice/aB3-_"


def spoken(script: Script) -> ET.Element:
    """A script as the one provider of calls renders it."""
    return ET.fromstring(as_twiml(script, CALL_URL))


FIVE = {
    "en": ("$12,500.00", "October 5, 2026", "50", "$431.07", "$18.50"),
    "zh-CN": ("US$12,500.00", "2026年10月5日", "50", "US$431.07", "US$18.50"),
    "es": ("12.500,00 US$", "5 de octubre de 2026", "50", "431,07 US$", "18,50 US$"),
    "es-US": ("$12,500.00", "5 de octubre de 2026", "50", "$431.07", "$18.50"),
}
"""Amount of the loan, due date, days overdue, amount due, fees; written out by hand."""
CONTACT = {
    "en": "call +12025550142 or write to help@example.com",
    "zh-CN": "致电 +12025550142或写信至 help@example.com",
    "es": "llame al +12025550142 o escriba a help@example.com",
}
CONTACT["es-US"] = CONTACT["es"]
STOPS = {"en": "Reply STOP", "zh-CN": "回复TD退订", "es": "Responda ALTO", "es-US": "Responda ALTO"}
KEYS = {"en": "press 9", "zh-CN": "按 9", "es": "pulse 9", "es-US": "pulse 9"}
COLLECTIONS = sorted(name for name, template in SHIPPED.items() if template.content == "demand")


def test_the_shipped_templates_are_the_ones_that_a_lender_needs_in_three_languages():
    """Before the due date, overdue, a plan, hardship; on all three channels."""
    assert {"upcoming-payment", "overdue-reminder", "payment-plan-offer", "hardship-offer"} <= set(SHIPPED)
    for name in ("upcoming-payment", "overdue-reminder", "payment-plan-offer", "hardship-offer"):
        assert ("en", "zh-CN", "es") == LANGUAGES == SHIPPED[name].languages
        assert ("sms", "email", "voice", "whatsapp") == SHIPPED[name].channels()
    assert COLLECTIONS


@pytest.mark.parametrize("language", list(FIVE))
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_collection_notice_says_the_five_elements(name, channel, language):
    """Amount of the loan, due date, days overdue, amount due with its fees, contact and next steps; in the
    borrower's own form."""
    for words in said(SHIPPED[name], channel, language):
        for element in (*FIVE[language], CONTACT[language]):
            assert element in words


@pytest.mark.parametrize("language", list(FIVE))
@pytest.mark.parametrize("name", sorted(name for name in SHIPPED if name != "optout-confirmation"))
def test_every_notice_says_how_to_end_it_on_its_own_channel(name, language):
    """STOP for texts, a link for e-mail, the key 9 for calls."""
    template = SHIPPED[name]
    assert STOPS[language] in said(template, Channel.SMS, language)[0]
    assert KEYS[language] in said(template, Channel.VOICE, language)[0]
    mail = render(template, TEXT, Channel.EMAIL, language)
    assert isinstance(mail, EmailContent)
    assert TEXT.unsubscribe_url in mail.text  # type: ignore[operator]
    assert TEXT.unsubscribe_url in seen(mail.html).links


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_no_shipped_notice_leaves_markup_or_holes(name, language):
    """No braces, no doubled spaces, no `None`, no threat; with fees and without, from a bank and from a
    collector."""
    for text in (
        TEXT,
        replace(TEXT, late_fees=Decimal(0), phone=None, email=None, url=None),
        replace(TEXT, sender_role="third_party", first_communication=True),
    ):
        for channel in map(Channel, SHIPPED[name].channels()):
            for words in said(SHIPPED[name], channel, language, text):
                assert not re.search(r"[{}]|None|undefined| {3}", words), words
                assert threats(words) is None


@pytest.mark.parametrize("channel", list(Channel))
def test_without_fees_no_fees_are_spoken_of(channel):
    """Nothing that is nought is claimed."""
    for words in said(SHIPPED["overdue-reminder"], channel, "en", replace(TEXT, late_fees=Decimal(0))):
        assert "fee" not in words


@pytest.mark.parametrize(
    ("language", "first", "words"),
    [
        (
            "en",
            True,
            (
                "This is an attempt to collect a debt, and any information obtained will be used for that "
                "purpose."
            ),
        ),
        ("en", False, "This message is from a debt collector."),
        ("es", True, "Este es un intento de cobrar una deuda"),
        ("zh-CN", False, "本消息由催收机构发送。"),
    ],
)
@pytest.mark.parametrize("channel", list(Channel))
def test_a_debt_collector_says_that_it_is_one(language, first, words, channel):
    """15 U.S.C. 1692e(11): in full at first, and in each message after."""
    text = replace(TEXT, sender_role="third_party", first_communication=first)
    for part in said(SHIPPED["overdue-reminder"], channel, language, text):
        assert words in part


@pytest.mark.parametrize(
    ("phone", "email", "url", "expected"),
    [
        (None, None, None, "reply to this message"),
        (None, None, "https://example.com/pay", "see https://example.com/pay"),
        (None, "help@example.com", None, "write to help@example.com"),
    ],
)
def test_the_contact_is_what_is_known(phone, email, url, expected):
    """Where nothing is known, by answering."""
    assert expected == context_of(replace(TEXT, phone=phone, email=email, url=url), "en")["contact"]


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("es-MX", "es"),
        ("zh", "zh-CN"),
        ("zh-Hant-TW", "zh-CN"),
        ("ZH_cn", "zh-CN"),
        ("fr-CA", "en"),
        ("", "en"),
        ("x", "en"),
    ],
)
def test_the_language_is_the_nearest_that_is_offered(wanted, spoken):
    """The same tag, the same language, else English; else the first that there is."""
    assert spoken == negotiate(wanted, LANGUAGES)
    assert "es" == negotiate("fr", ("es", "zh-CN"))


@pytest.mark.parametrize(
    ("language", "amount", "currency", "expected", "on"),
    [
        ("en-US", "1234567.5", "USD", "$1,234,567.50", "October 5, 2026"),
        ("en-GB", "1234.5", "GBP", "£1,234.50", "5 October 2026"),
        ("es-MX", "1234.5", "MXN", "$1,234.50", "5 de octubre de 2026"),
        ("es-ES", "12345.5", "EUR", "12.345,50 €", "5 de octubre de 2026"),
        ("zh-CN", "1234.5", "CNY", "¥1,234.50", "2026年10月5日"),
        ("en", "1234", "JPY", "¥1,234", "October 5, 2026"),
        ("xx-unknown", "0.01", "USD", "$0.01", "October 5, 2026"),
    ],
)
def test_money_and_dates_are_those_of_the_borrowers_place(language, amount, currency, expected, on):
    """By Babel; every space is one that a handset shows."""
    assert expected == money(Decimal(amount), currency, language)
    assert on == day(date(2026, 10, 5), language)


@given(st.text(max_size=12))
def test_any_tag_has_a_locale(tag):
    """English where Babel knows none."""
    assert locale_of(tag) is not None


def test_a_borrower_of_another_language_gets_english_in_english_form():
    """Amounts and dates follow the text that is spoken, not a language that the text is not in."""
    assert "$12,500.00" in said(SHIPPED["overdue-reminder"], Channel.SMS, "de-DE")[0]


@pytest.mark.parametrize(
    ("language", "code", "voice"),
    [("en-GB", "en-US", "Polly.Joanna"), ("zh", "cmn-CN", "Polly.Zhiyu"), ("es-MX", "es-US", "Polly.Lupe")],
)
def test_a_call_speaks_the_borrowers_language_and_listens_for_the_key(language, code, voice):
    """One Say inside one Gather, and nothing else that could act; numbers are read digit by digit."""
    content = render(SHIPPED["overdue-reminder"], TEXT, Channel.VOICE, language)
    assert isinstance(content, VoiceContent)
    root = spoken(content.notice)
    assert ["Response", "Gather", "Say", "say-as"] == [node.tag for node in root.iter()]
    assert ("telephone", TEXT.phone) == (root[0][0][0].attrib["interpret-as"], root[0][0][0].text)
    gather, say = root[0], root[0][0]
    assert {
        "numDigits": "1",
        "timeout": "5",
        "action": f"{CALL_URL}/digits",
        "method": "POST",
    } == gather.attrib
    assert {"language": code, "voice": voice} == say.attrib
    assert content.text == "".join(say.itertext())


@pytest.mark.parametrize("language", ["en-US", "zh-CN", "es-MX"])
@pytest.mark.parametrize("name", sorted(SHIPPED))
@pytest.mark.parametrize("phone", [TEXT.phone, None])
def test_whoever_answers_and_any_machine_hears_nothing_about_a_debt(language, name, phone):
    """Who is calling, for whom, and how to call back: no amount, no date, no loan, before a key is
    pressed."""
    text = replace(TEXT, phone=phone, email=None, sender_role="third_party", first_communication=True)
    content = render(SHIPPED[name], text, Channel.VOICE, language)
    assert isinstance(content, VoiceContent)
    opening, message = spoken(content.opening), spoken(content.message)
    assert ["Gather", "Say", "Redirect"] == [node.tag for node in opening]
    assert ["Say", "Redirect"] == [node.tag for node in message]
    assert "".join(opening[1].itertext()) == "".join(message[0].itertext())
    for heard in ("".join(opening.itertext()), "".join(message.itertext())):
        assert TEXT.creditor_name in heard
        assert TEXT.borrower_name in heard
        for private in (
            "12,",
            "12.",
            "431",
            "2026",
            "debt",
            "loan",
            "overdue",
            "payment",
            "贷款",
            "逾期",
            "催收",
            "préstamo",
            "deuda",
            "pago",
        ):
            assert private not in heard.replace(phone or "+", "").replace(CALL_URL, "")
    for key in ("1", "9"):
        assert key in "".join(opening[0].itertext())


@pytest.mark.parametrize(
    ("language", "one", "many"), [("en", " 1 day ago", " 2 days ago"), ("es", "hace 1 día.", "hace 2 días.")]
)
def test_one_day_is_one_day(language, one, many):
    """The first day of a delay is when most notices go."""
    for days, wanted in ((1, one), (2, many)):
        content = render(
            SHIPPED["overdue-reminder"], replace(TEXT, days_past_due=days), Channel.EMAIL, language
        )
        assert isinstance(content, EmailContent)
        assert wanted in content.text


NOT_OVERDUE = {
    "en": (" ago", "was due", "has been due", "overdue reminder"),
    "es": ("venció", "hace 0", "desde el", "están pendientes"),
    "zh-CN": ("已逾期", "起应付"),
}


@pytest.mark.parametrize("days", [0, -5])
@pytest.mark.parametrize("language", list(NOT_OVERDUE))
@pytest.mark.parametrize("name", COLLECTIONS)
def test_nobody_is_told_that_what_is_not_overdue_is(name, language, days):
    """On the due date and before it the amount is due on that day, with no days of delay; the five elements
    stay."""
    for channel in Channel:
        for words in said(SHIPPED[name], channel, language, replace(TEXT, days_past_due=days)):
            assert not [one for one in NOT_OVERDUE[language] if one in words]
            assert "is overdue" not in words


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_notice_before_the_due_date_still_says_the_days_overdue(name):
    """None."""
    text = replace(TEXT, days_past_due=-5)
    for language, none in (("en", "0 days overdue"), ("es", "0 días de retraso"), ("zh-CN", "逾期 0 天")):
        content = render(SHIPPED[name], text, Channel.SMS, language)
        assert none in content.body


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("1200.50", "RSD", "RSD1,200.50"), ("1200.00", "RSD", "RSD1,200"), ("10.5", "IQD", "IQD10.500"),
    ("7", "IQD", "IQD7"), ("1.2", "KWD", "KWD1.200")],
)  # fmt: skip
def test_an_amount_is_not_rounded_to_the_coins_that_are_left(amount, currency, expected):
    """ISO 4217 has decimals for currencies whose smaller coins are gone, and a debt is told to the last of
    them."""
    assert expected == money(Decimal(amount), currency, "en")


def test_a_mail_has_its_subject_as_its_title_and_the_title_is_text():
    """HTML asks for a title that is not empty; a name in it is no markup."""
    content = render(
        SHIPPED["overdue-reminder"], replace(TEXT, creditor_name="</title><b>Bank"), Channel.EMAIL, "en"
    )
    assert isinstance(content, EmailContent)
    assert "<title>&lt;/title&gt;&lt;b&gt;Bank: a payment is overdue</title>" in content.html


def test_a_borrower_without_a_name_is_called_a_customer():
    """No hole in the sentence."""
    content = render(SHIPPED["overdue-reminder"], replace(TEXT, borrower_name=""), Channel.VOICE, "en")
    assert isinstance(content, VoiceContent)
    assert "a message for our customer." in "".join(spoken(content.message).itertext())


@pytest.mark.parametrize(
    ("language", "greeting"),
    [("en", "Dear our customer,"), ("zh-CN", "我们的客户，您好："), ("es", "nuestro cliente")],
)
def test_a_mail_to_a_borrower_without_a_name_has_no_hole_in_it(language, greeting):
    """In its greeting, in text and in HTML."""
    content = render(SHIPPED["overdue-reminder"], replace(TEXT, borrower_name=" "), Channel.EMAIL, language)
    assert isinstance(content, EmailContent)
    assert greeting in content.text
    assert greeting in content.html


def test_the_end_of_a_call_is_said_in_its_language():
    """The key that ends all calls is answered; a call that may not speak hangs up."""
    assert ["Response", "Hangup"] == [node.tag for node in spoken(SILENT_END).iter()]
    root = spoken(no_more_calls("es-MX"))
    assert ["Response", "Say", "Hangup"] == [node.tag for node in root.iter()]
    assert ("es-US", "No volveremos a llamar a este número. Adiós.") == (
        root[0].attrib["language"],
        root[0].text,
    )


HOSTILE = [
    "{{ 7*7 }}{% for x in y %}",
    "</Say><Dial>+12025550199</Dial><Say>",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "Ana\r\nBcc: eve@example.com\r\n\r\nbody",
    "{borrower_name.__class__} %(x)s %s",
    "Ana\x00\x1b[2J\u202egnp.exe\u2066",
    "Ana\u2028\u2029\x85Ruiz",
    "A" * 10_000,
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("where", ["borrower_name", "creditor_name", "phone", "email"])
def test_data_is_never_markup_nor_a_header_nor_a_command(hostile, where):
    """A name is text on every channel, whatever is in it."""
    template, text = SHIPPED["overdue-reminder"], replace(TEXT, **{where: hostile})
    ordinary = render(template, TEXT, Channel.EMAIL, "en")
    mail, voice = render(template, text, Channel.EMAIL, "en"), render(template, text, Channel.VOICE, "en")
    assert isinstance(ordinary, EmailContent)
    assert isinstance(mail, EmailContent)
    assert isinstance(voice, VoiceContent)
    for script in (voice.notice, voice.opening, voice.message):
        assert {node.tag for node in spoken(script).iter()} <= {
            "Response",
            "Gather",
            "Say",
            "say-as",
            "Redirect",
        }
    assert seen(ordinary.html).tags == seen(mail.html).tags
    assert not re.search(r"[\r\n]", mail.subject + mail.sender_name)
    assert not re.search(r"[\x00\x1b\u202e\u2066\u2028]", mail.text + mail.html + voice.text)
    assert "49" not in voice.text
    assert len(voice.text) < 1000


@given(st.text(max_size=300))
def test_a_plain_value_is_one_bounded_line(value):
    """Names keep their letters and their joiners, and lose what moves a cursor."""
    line = plain(value, 120)
    assert len(line) <= 120
    assert line.strip() == line
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)
    assert line == plain(line, 120)


def test_a_joiner_in_a_name_is_kept():
    """Persian and Hindi names need them."""
    assert "می\u200cخواهم" == plain("می\u200cخواهم", 120)

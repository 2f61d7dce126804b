"""What Twilio posts to us: signatures, receipts of messages and calls, messages from borrowers."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from channels.meaning import Meaning
from channels.outcome import RefusalCause, Rejected
from channels.receipt import Progress
from channels.twilio.codes import CODES, refusal
from channels.twilio.form import octets_of
from channels.twilio.receipts import MESSAGE_WORDS, call_receipt, message_receipt, parse_inbound
from channels.twilio.signature import verify
from channels.twilio.sms import _receipt as sms_row

TOKEN = "twilio-token-for-tests"
URL = "https://forbear.example.com/v1/receipts/dlv_0001.1"
FORM = {"MessageSid": "SMa", "MessageStatus": "delivered", "To": "+12025550143", "From": "+12025550100"}
FORMS = st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=5)
MESSAGE_FORMS = st.fixed_dictionaries(
    {},
    optional={
        key: st.text(max_size=12)
        for key in (
            "MessageSid",
            "SmsSid",
            "MessageStatus",
            "SmsStatus",
            "ErrorCode",
            "ErrorMessage",
            "Body",
            "From",
        )
    },
)


def octets(form: dict[str, str]) -> dict[bytes, bytes]:
    """The form as it is posted."""
    return octets_of(urlencode(form).encode())


def signed(url: str = URL, form: dict[str, str] | None = None, token: str = TOKEN) -> str:
    """Twilio's own signature."""
    return str(RequestValidator(token).compute_signature(url, FORM if form is None else form))


def test_twilios_own_signature_is_accepted():
    """HMAC-SHA1 over our public URL and the sorted form."""
    assert verify(url=URL, form=octets(FORM), signature=signed(), auth_token=TOKEN)


@pytest.mark.parametrize(
    ("url", "form", "signature", "token"),
    [
        (URL, FORM, None, TOKEN),
        (URL, FORM, "", TOKEN),
        (URL, FORM, "x", TOKEN),
        (URL, FORM, "Ω" * 28, TOKEN),
        (URL, FORM, signed(token="another"), TOKEN),
        (URL, FORM, signed(token=""), ""),
        (URL, FORM | {"MessageStatus": "undelivered"}, signed(), TOKEN),
        (URL, FORM | {"ErrorCode": "21610"}, signed(), TOKEN),
        (URL.replace("0001", "0002"), FORM, signed(), TOKEN),
        (URL.replace("https", "http"), FORM, signed(), TOKEN),
        ("https://forbear.example.com:99999/x", FORM, signed(), TOKEN),
        ("https://[broken/x", FORM, signed(), TOKEN),
    ],
)
def test_anything_else_is_refused_without_an_exception(url, form, signature, token):
    """Another token, another form, another path, another scheme, no signature, a port that is none."""
    assert not verify(url=url, form=octets(form), signature=signature, auth_token=token)


@given(st.text(max_size=40), FORMS, st.text(max_size=40))
def test_no_forgery_is_accepted_and_none_makes_it_fall_over(url, form, signature):
    """Whatever strangers post."""
    assert not verify(url=url, form=octets(form), signature=signature, auth_token=TOKEN)


@pytest.mark.parametrize(
    "status",
    [
        "queued",
        "sending",
        "sent",
        "failed",
        "delivered",
        "undelivered",
        "accepted",
        "scheduled",
        "read",
        "canceled",
    ],
)
def test_every_status_of_an_outbound_message_has_a_word_of_ours(status):
    """The enumeration in Twilio's published description."""
    receipt = message_receipt(FORM | {"MessageStatus": status})
    assert MESSAGE_WORDS[status] == (receipt.progress, receipt.outcome)
    assert ("twilio", "SMa", status) == (receipt.provider, receipt.ref, receipt.reason)


@pytest.mark.parametrize(
    "status", ["receiving", "received", "partially_delivered", "", "DELIVERED", "something new"]
)
def test_a_status_that_nobody_listed_settles_nothing(status):
    """It is neither delivered nor failed."""
    receipt = message_receipt({"MessageSid": "SMa", "MessageStatus": status})
    assert (Progress.UNCLEAR, None) == (receipt.progress, receipt.outcome)


def test_the_older_names_of_the_fields_are_read():
    """SmsSid and SmsStatus."""
    receipt = message_receipt({"SmsSid": "SMa", "SmsStatus": "delivered"})
    assert ("SMa", Progress.DELIVERED) == (receipt.ref, receipt.progress)


_U = Progress.UNDELIVERED


@pytest.mark.parametrize(
    ("code", "progress", "outcome", "flags"),
    [
        ("30003", _U, "bounced", set()),
        ("30005", _U, "not_in_service", {"address_dead"}),
        ("30006", _U, "not_in_service", {"address_dead"}),
        ("21211", _U, "not_in_service", {"address_dead"}),
        ("21614", _U, "not_in_service", {"address_dead"}),
        ("30008", Progress.UNCLEAR, None, set()),
        ("21610", _U, "bounced", {"opted_out"}),
        ("30004", _U, "bounced", {"opted_out"}),
        ("30001", _U, "bounced", {"again"}),
        ("30022", _U, "bounced", {"again"}),
        ("30002", _U, "bounced", {"again"}),
        ("30007", _U, "bounced", set()),
        ("99999", _U, "bounced", set()),
        ("what?", _U, "bounced", set()),
        ("²", _U, "bounced", set()),
        ("", _U, "bounced", set()),
    ],
)
def test_the_code_says_why_a_message_did_not_arrive(code, progress, outcome, flags):
    """30008 says that nobody knows; a dead number is not tried again; who opted out, or whose carrier blocks
    us, hears nothing more."""
    receipt = message_receipt(
        FORM | {"MessageStatus": "undelivered", "ErrorCode": code, "ErrorMessage": "to +1 (202) 555-0143"}
    )
    assert (progress, outcome) == (receipt.progress, receipt.outcome)
    assert flags == {name for name in ("address_dead", "opted_out", "again") if getattr(receipt, name)}
    assert (code or None) == receipt.code
    assert "to [number]" == receipt.reason


CLOSES = {Meaning.ADDRESS: "address_dead", Meaning.OPTED_OUT: "opted_out"}
CAUSE = {Meaning.ADDRESS: RefusalCause.ADDRESS, Meaning.OPTED_OUT: RefusalCause.OPTED_OUT}


@pytest.mark.parametrize("code", sorted(code for code, meaning in CODES.items() if meaning in CLOSES))
def test_what_closes_an_address_closes_it_wherever_it_is_said(code):
    """In the answer to a create, in a callback, in a look-up, of a message and of a call: one table."""
    meaning = CODES[code]
    created = refusal(400, code, "refused")
    assert isinstance(created, Rejected)
    assert CAUSE[meaning] is created.cause
    told = [
        message_receipt({"MessageSid": "SMa", "MessageStatus": word, "ErrorCode": str(code)})
        for word in ("failed", "undelivered")
    ]
    told.append(sms_row(SimpleNamespace(sid="SMa", status="failed", error_code=code)))
    told.append(call_receipt({"CallSid": "CAa", "CallStatus": "failed", "ErrorCode": str(code)}))
    for receipt in told:
        assert [CLOSES[meaning]] == [name for name in CLOSES.values() if getattr(receipt, name)], receipt


def test_the_raw_fields_are_white_listed():
    """No number, no text, no profile name rides along."""
    receipt = message_receipt(FORM | {"Body": "canary", "ErrorCode": "30003", "SequenceNumber": "2"})
    assert {"MessageStatus": "delivered", "ErrorCode": "30003", "SequenceNumber": "2"} == receipt.raw
    assert "2025550143" not in repr(receipt)


def test_the_same_word_said_twice_has_one_digest():
    """And another status, code, message or sequence number another."""
    said = message_receipt(FORM)
    assert said.digest == message_receipt(dict(reversed(FORM.items()))).digest
    others = [{"MessageStatus": "sent"}, {"ErrorCode": "1"}, {"MessageSid": "SMb"}, {"SequenceNumber": "1"}]
    assert 5 == len({said.digest, *(message_receipt(FORM | other).digest for other in others)})


def test_a_message_from_a_borrower_is_read_and_not_shown():
    """The words and the numbers stay out of every log."""
    inbound = parse_inbound(
        {
            "MessageSid": "SMi",
            "From": "+12025550143",
            "To": "+12025550100",
            "Body": "STOP",
            "OptOutType": "STOP",
        }
    )
    assert ("SMi", "+12025550143", "+12025550100", "STOP", "STOP") == (
        inbound.ref, inbound.from_address, inbound.to_address, inbound.words, inbound.provider_opt_out,
    )  # fmt: skip
    assert "2025550143" not in repr(inbound)
    assert ("", "", None) == ((empty := parse_inbound({})).ref, empty.words, empty.provider_opt_out)


@given(MESSAGE_FORMS)
def test_no_form_makes_a_receipt_fall_over(form):
    """What is signed may still be strange."""
    message_receipt(form)
    call_receipt(form)
    parse_inbound(form)

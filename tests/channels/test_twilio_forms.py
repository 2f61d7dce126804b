"""What a borrower wrote, by whatever way and in whatever octets: it is read, and only after its signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from channels.twilio.client import encoded
from channels.twilio.form import octets_of, other_words, text_form, text_of
from channels.twilio.receipts import parse_inbound, plain_address
from channels.twilio.signature import _octets_signed, verify

TOKEN = "twilio-token-for-tests"
URL = "https://forbear.example.com/v1/inbound/twilio/sms"
NUMBER = "+12025550143"


@pytest.mark.parametrize(
    ("given_", "known"),
    [
        (f"rcs:{NUMBER}", NUMBER),
        (f"whatsapp:{NUMBER}", NUMBER),
        (f"sms:{NUMBER}", NUMBER),
        (f" {NUMBER} ", NUMBER),
        (f"sip:{NUMBER}@carrier.example.com", NUMBER),
        (f"SIP:{NUMBER}@192.0.2.7;transport=tls", NUMBER),
        ("tel:2025550143", "2025550143"),
        ("VERIZON", "VERIZON"),
        ("729725", "729725"),
        ("messenger:forbear", "messenger:forbear"),
        ("", ""),
    ],
)
def test_a_sender_is_known_by_the_number_whatever_way_it_wrote(given_, known):
    """A name in letters and a short code stay what they are."""
    assert known == plain_address(given_)


@pytest.mark.parametrize(
    ("form", "words", "also", "media"),
    [
        ({"Body": "STOP"}, "STOP", (), 0),
        ({"Body": "", "ButtonPayload": "STOP"}, "STOP", (), 0),
        ({"ButtonText": "Stop texting me", "ButtonPayload": "btn_3"}, "Stop texting me", ("btn_3",), 0),
        ({"Body": "Yes", "ButtonPayload": "STOP"}, "Yes", ("STOP",), 0),
        ({"Body": " ", "ButtonText": "", "ButtonPayload": "unsubscribe"}, "unsubscribe", (), 0),
        ({"ListTitle": "No more messages", "ListId": "opt_out"}, "No more messages", ("opt_out",), 0),
        ({"Body": "", "NumMedia": "2"}, "", (), 2),
        ({"Body": "", "NumMedia": "many"}, "", (), 0),
        ({}, "", (), 0),
    ],
)
def test_a_button_is_an_answer_and_a_picture_is_a_message(form, words, also, media):
    """What the person saw goes before the value behind it."""
    inbound = parse_inbound({"MessageSid": "SMa", "From": NUMBER, **form})
    assert (words, also, media) == (inbound.words, inbound.also, inbound.media)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"STOP", "STOP"),
        ("déjame 🛑".encode(), "déjame 🛑"),
        (b"d\xe9jame en paz", "déjame en paz"),
        (b"Arr\xeat", "Arrêt"),
        (b"STOP \x80", "STOP €"),
        ("stop 🛑".encode()[:-1], "stop \ufffd"),
        ("é".encode() + b" \xff STOP", "é \ufffd STOP"),
        (b"\x81", "\ufffd"),
        (b"", ""),
    ],
)
def test_octets_are_read_as_well_as_they_can_be(octets, text):
    """UTF-8, UTF-8 with a hole or a cut, the West's old octets."""
    assert text == text_of(octets)


@pytest.mark.parametrize(
    ("octets", "other"),
    [
        (b"STOP\xff", "STOP"),
        (b"STOP \xe9", "STOP"),
        (b"\xbfSTOP?", "STOP?"),
        (b"STOP", None),
        ("stóp".encode(), None),
        (b"\xff", None),
        (b"ST\0OP", None),
    ],
)
def test_octets_that_can_be_read_in_two_ways_are_read_in_both(octets, other):
    """A STOP with a stray octet behind it is a STOP."""
    assert other == other_words({b"Body": octets})


def posted(form: dict[bytes, bytes]) -> bytes:
    """A form with whatever octets."""
    return b"&".join(
        quote_from_bytes(name).encode() + b"=" + quote_from_bytes(value).encode()
        for name, value in form.items()
    )


def by_octets(form: dict[bytes, bytes], url: str = URL) -> str:
    """The signature over what is posted, octet by octet."""
    fields = b"".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(TOKEN.encode(), url.encode() + fields, hashlib.sha1).digest()).decode()


BODIES = [b"STOP \xff", b"d\xe9jame", "stop 🛑".encode()[:-2], b"\x00STOP\x00\xe9", b"\xd1\xf2\xee\xef"]


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_utf8_is_signed_as_it_came(body):
    """And nothing else is taken for it."""
    form = {b"From": NUMBER.encode(), b"Body": body}
    octets, signature = octets_of(posted(form)), by_octets(form)
    assert verify(url=URL, form=octets, signature=signature, auth_token=TOKEN)
    assert not verify(
        url=URL, form={**octets, b"Body": body + b"\xfe"}, signature=signature, auth_token=TOKEN
    )
    assert not verify(url=URL + "x", form=octets, signature=signature, auth_token=TOKEN)
    assert not verify(url=URL, form=octets, signature=signature, auth_token="another")
    assert not verify(url="https://[broken", form=octets, signature=signature, auth_token=TOKEN)


@pytest.mark.parametrize("body", BODIES)
def test_a_signature_over_the_text_that_we_read_is_as_good(body):
    """Where the signer made text of it first."""
    octets = octets_of(posted({b"From": NUMBER.encode(), b"Body": body}))
    signature = RequestValidator(TOKEN).compute_signature(URL, text_form(octets))
    assert verify(url=URL, form=octets, signature=signature, auth_token=TOKEN)


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=12), max_size=5))
def test_over_utf8_the_octets_are_signed_as_twilios_own_package_signs_text(form):
    """The scheme is the same."""
    octets = octets_of(urlencode(form).encode())
    signature = RequestValidator(TOKEN).compute_signature(URL, form)
    assert _octets_signed(URL, octets, signature, TOKEN)
    assert verify(url=URL, form=octets, signature=signature, auth_token=TOKEN)


@given(st.binary(max_size=200))
def test_no_octets_make_it_fall_over(body):
    """Whatever strangers post."""
    octets = octets_of(body)
    assert not verify(url=URL, form=octets, signature="x", auth_token=TOKEN)
    parse_inbound(text_form(octets))


def test_a_form_of_endless_fields_is_refused():
    """Before anything is made of it."""
    with pytest.raises(ValueError, match="fields"):
        octets_of(b"&".join(b"a=1" for _ in range(2000)))


def test_nul_leaves_a_persons_words_and_spoils_anything_else():
    """No store takes it."""
    assert {"Body": "STOP", "MessageSid": "SM\ufffd"} == text_form(
        {b"Body": b"ST\0OP", b"MessageSid": b"SM\0", b"x\0": b"1"}
    )


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=20),
        st.one_of(st.text(), st.integers(), st.lists(st.text(), max_size=3)),
        max_size=5,
    )
)
def test_a_form_that_leaves_is_written_as_the_standard_library_writes_it(form):
    """Octet by octet, whatever is in it; what is None is left out."""
    assert urlencode(form, doseq=True).encode() == encoded({**form, "\0": None})

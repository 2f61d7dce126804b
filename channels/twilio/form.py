"""The form that Twilio posts, as octets first: what is signed is what came, whatever it can be read as.

A text message is passed on as the phone network had it, and that is not always UTF-8. Its words are never
refused for it: they are read as well as they can be, since a STOP may be among them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 1000
BODY_LIKE = frozenset({"Body", "ButtonText", "ButtonPayload", "ListTitle", "ListId"})
"""Fields with what a person wrote or tapped."""

Octets = Mapping[bytes, bytes]


def octets_of(body: bytes) -> dict[bytes, bytes]:
    """Names and values of a form, unescaped and not decoded. Raises ValueError for more than MOST_FIELDS."""
    pairs = parse_qsl(
        body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS
    )
    return {name.encode("latin-1"): value.encode("latin-1") for name, value in pairs}


def text_form(octets: Octets) -> dict[str, str]:
    """The form as text. NUL, which no store takes, is dropped from a person's words and is the sign of what
    cannot be read elsewhere."""
    form = {text_of(name): text_of(value) for name, value in octets.items()}
    return {
        name: value.replace("\0", "" if name in BODY_LIKE else "\ufffd")
        for name, value in form.items()
        if "\0" not in name
    }


def other_words(octets: Octets) -> str | None:
    """What a person's words are without the octets that can be read in two ways; None where there are none
    such."""
    body = octets.get(b"Body", b"")
    bare = "".join(one for one in body.decode("utf-8", "replace") if one not in "\ufffd\0").strip()
    return bare if bare and bare != text_of(body).replace("\0", "").strip() else None


def text_of(octets: bytes) -> str:
    """UTF-8; where it is none, UTF-8 with the sign for what cannot be read, if any of it is or a character
    was cut off at the end; else the octets as Windows has them in the west, which is what old gateways pass
    on."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        replaced = octets.decode("utf-8", "replace")
        cut = error.reason == "unexpected end of data"
        if cut or any(not one.isascii() and one != "\ufffd" for one in replaced):
            return replaced
        return octets.decode("cp1252", "replace")

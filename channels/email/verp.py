"""A return address of its own for each mail (VERP), so that a report leads back to it though it names nothing
else of ours.

`notices+<40 characters>.1@example.com`: an attempt's id is too long for a mailbox's name (64 octets, RFC 5321
§4.5.3.1.1), so it is packed,
in letters that stay the same in either case."""

from __future__ import annotations

import base64
import re

LONGEST_NAME = 64
_ID = re.compile(r"ntc_([0-9a-f]{48})\.email\.(\d{1,4})")
_DETAIL = re.compile(r"\+([a-z2-7]{39})\.(\d{1,4})@", re.IGNORECASE)
ROOM = LONGEST_NAME - len("+.") - 39 - 4
"""Characters that are left for the sender's own name."""


def verp(sender: str, attempt_id: str) -> str:
    """The return address of one attempt; the sender's own where its name is too long, or the attempt has no
    id of ours."""
    found = _ID.fullmatch(attempt_id)
    name, _, domain = sender.rpartition("@")
    if found is None or len(name) > ROOM:
        return sender
    packed = base64.b32encode(bytes.fromhex(found[1])).decode().rstrip("=").lower()
    return f"{name}+{packed}.{found[2]}@{domain}"


def from_verp(text: str) -> str:
    """The attempts' ids that return addresses in a text name, separated by spaces."""
    return " ".join(_unpacked(one[1], one[2]) for one in _DETAIL.finditer(text))


def _unpacked(packed: str, number: str) -> str:
    return f"ntc_{base64.b32decode(packed.upper() + '=').hex()}.email.{number}"

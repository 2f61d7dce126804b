"""The tag that SES gives back with every event of a mail: the token of the receipt's URL, in the letters
that a tag may have."""

from __future__ import annotations

TAG = "forbear"
LONGEST = 256
"""Characters of a tag's value: letters, digits, `_`, `-`, `.` and `@`."""


def tag_of(receipt_url: str) -> str:
    """The value of the tag for a receipt's URL."""
    return receipt_url.rpartition("/")[2].replace("~", "@")[:LONGEST]


def token_of(value: str) -> str:
    """The token in a tag's value."""
    return value.replace("@", "~")

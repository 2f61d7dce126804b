"""The table of likeness, made of the corpus of replies: `policies/reading/likeness.txt`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from policies.reading.likeness import written
from policies.reading.quoted import own
from policies.reading.tokens import tokens
from tests.policies.replying import Said, corpus

HEAD = """\
# In how many replies of each kind a word, two words beside each other or with one between (`_`), the first
# and last word (`^`, `$`) and four letters in a row (`/`) stood, and how far each leans from plain talk, in
# thousandths. Written by `make replies`; do not edit.
"""


def made(said: Iterable[Said]) -> str:
    """The table of some replies; what machines wrote is left to the wordings."""
    replies = ((one.kind, tokens(own(one.words).words).words) for one in said if one.kind != "automatic")
    return HEAD + written(replies)


if __name__ == "__main__":
    sys.stdout.write(made(corpus()))

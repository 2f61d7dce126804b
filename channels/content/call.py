"""What a call says, in three parts: who is calling and for whom; the notice, for whoever says that they are
that person; and a message that anybody may hear.

A machine is often taken for a person and a person for a machine, so that whoever answers hears nothing about
a debt until a key is pressed (12 CFR 1006.6(d)(1): no communication with third parties)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from channels.content.formats import negotiate
from channels.content.phrases import PHRASES
from channels.script import Branch, Gather, HangUp, ReportEnd, Say, Script

KEYS: Mapping[str, Branch] = MappingProxyType({"1": Branch.NOTICE, "9": Branch.NO_CALLS})
"""What the words of the opening offer."""


def opening(facts: Mapping[str, Any], language: str) -> Script:
    """Who is calling and for whom, and the choice; without a key the message that anybody may hear."""
    return Script(
        language,
        (Gather(_phrase("opening", facts, language), KEYS), *message(facts, language).steps),
    )


def message(facts: Mapping[str, Any], language: str) -> Script:
    """For an answering machine: the message that anybody may hear, and nothing else. Its end is reported:
    that is how we know that it was played."""
    return Script(language, (Say(_phrase("message", facts, language)), ReportEnd()))


def notice(words: str, language: str) -> Script:
    """The notice itself, for the person; the key that ends all calls stays at hand."""
    return Script(language, (Gather(words, KEYS),))


def no_more_calls(language: str) -> Script:
    """The answer to the key that ends all calls, then the end of the call."""
    spoken = negotiate(language, tuple(PHRASES))
    return Script(spoken, (Say(PHRASES[spoken]["no_more_calls"]), HangUp()))


def _phrase(name: str, facts: Mapping[str, Any], language: str) -> str:
    phrases = PHRASES.get(language, PHRASES["en"])
    return phrases[name].format(
        creditor=facts["creditor_name"], person=facts["borrower_name"], contact=facts["contact"]
    )

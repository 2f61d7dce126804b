"""What a call says, as TwiML, in three parts: who is calling and for whom; the words, for whoever says that they are that person; and a
message that anybody may hear.

A machine is often taken for a person and a person for a machine, so that whoever answers hears nothing about a debt until a key is
pressed (12 CFR 1006.6(d)(1): no communication with third parties). A number is spoken as one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from twilio.twiml.voice_response import Gather, Say, VoiceResponse

from channels.content.formats import negotiate
from channels.content.phrases import PHRASES

VOICES = {"en": ("en-US", "Polly.Joanna"), "zh-CN": ("cmn-CN", "Polly.Zhiyu"), "es": ("es-US", "Polly.Lupe")}
THIS_IS_ME, NO_MORE = "1", "9"
"""The keys: I am the one you are calling; do not call this number again."""
SECONDS_TO_PRESS = 5
_NUMBER = re.compile(r"(\+\d{7,15})")


def opening_twiml(facts: Mapping[str, Any], language: str, receipt_url: str) -> str:
    """Who is calling and for whom, and the choice; without a key the message that anybody may hear."""
    response = VoiceResponse()  # type: ignore[no-untyped-call]
    response.append(_gather(_phrase("opening", facts, language), language, receipt_url))  # type: ignore[no-untyped-call]
    return _with_message(response, facts, language, receipt_url)


def message_twiml(facts: Mapping[str, Any], language: str, receipt_url: str) -> str:
    """For an answering machine: the message that anybody may hear, and nothing else."""
    return _with_message(VoiceResponse(), facts, language, receipt_url)  # type: ignore[no-untyped-call]


def words_twiml(words: str, language: str, receipt_url: str) -> str:
    """The notice itself, for the person; the key that ends all calls stays at hand."""
    response = VoiceResponse()  # type: ignore[no-untyped-call]
    response.append(_gather(words, language, receipt_url))  # type: ignore[no-untyped-call]
    return str(response)


def hang_up_twiml() -> str:
    """The end of a call that may not speak any more."""
    response = VoiceResponse()  # type: ignore[no-untyped-call]
    response.hangup()  # type: ignore[no-untyped-call]
    return str(response)


def no_more_calls_twiml(language: str) -> str:
    """The answer to the key that ends all calls, then the end of the call."""
    spoken = negotiate(language, tuple(PHRASES))
    response = VoiceResponse()  # type: ignore[no-untyped-call]
    response.append(_say(PHRASES[spoken]["no_more_calls"], spoken))  # type: ignore[no-untyped-call]
    response.hangup()  # type: ignore[no-untyped-call]
    return str(response)


def _with_message(response: VoiceResponse, facts: Mapping[str, Any], language: str, receipt_url: str) -> str:
    """Then the message. Its end is reported to us without a key: that is how we know that it was played."""
    response.append(_say(_phrase("message", facts, language), language))  # type: ignore[no-untyped-call]
    response.redirect(f"{receipt_url}/digits", method="POST")  # type: ignore[no-untyped-call]
    return str(response)


def _gather(words: str, language: str, receipt_url: str) -> Gather:
    gather = Gather(num_digits=1, timeout=SECONDS_TO_PRESS, action=f"{receipt_url}/digits", method="POST")  # type: ignore[no-untyped-call]
    gather.append(_say(words, language))  # type: ignore[no-untyped-call]
    return gather


def _say(words: str, language: str) -> Say:
    """The words are text and are escaped; telephone numbers among them are read digit by digit."""
    code, voice = VOICES.get(language, VOICES["en"])
    first, *further = _NUMBER.split(words)
    say = Say(first, language=code, voice=voice)  # type: ignore[no-untyped-call]
    for number, after in zip(further[::2], further[1::2], strict=True):
        say.say_as(number, interpret_as="telephone")  # type: ignore[no-untyped-call]
        if after:
            say.append(after)  # type: ignore[no-untyped-call]
    return say


def _phrase(name: str, facts: Mapping[str, Any], language: str) -> str:
    phrases = PHRASES.get(language, PHRASES["en"])
    return phrases[name].format(
        creditor=facts["creditor_name"], person=facts["borrower_name"], contact=facts["contact"]
    )

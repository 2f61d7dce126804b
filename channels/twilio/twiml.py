"""A call's script as TwiML. Keys and the end of a message are posted to the call's own URL; a number is
spoken as one."""

from __future__ import annotations

import re

from twilio.twiml.voice_response import Gather, Say, VoiceResponse

from channels import script
from channels.script import Script

VOICES = {"en": ("en-US", "Polly.Joanna"), "zh-CN": ("cmn-CN", "Polly.Zhiyu"), "es": ("es-US", "Polly.Lupe")}
DIGITS = "digits"
"""Where keys are posted, behind the call's URL."""
_NUMBER = re.compile(r"(\+\d{7,15})")


def render(spoken: Script, receipt_url: str) -> str:
    """The script for Twilio; `receipt_url` is the call's own."""
    response = VoiceResponse()  # type: ignore[no-untyped-call]
    for step in spoken.steps:
        match step:
            case script.Say(words=words):
                response.append(_say(words, spoken.language))  # type: ignore[no-untyped-call]
            case script.Gather(words=words, seconds=seconds):
                gather = Gather(  # type: ignore[no-untyped-call]
                    num_digits=1, timeout=seconds, action=f"{receipt_url}/{DIGITS}", method="POST"
                )
                gather.append(_say(words, spoken.language))  # type: ignore[no-untyped-call]
                response.append(gather)  # type: ignore[no-untyped-call]
            case script.ReportEnd():
                response.redirect(f"{receipt_url}/{DIGITS}", method="POST")  # type: ignore[no-untyped-call]
            case script.HangUp():
                response.hangup()  # type: ignore[no-untyped-call]
    return str(response)


def _say(words: str, language: str) -> Say:
    """The words are text and are escaped."""
    code, voice = VOICES.get(language, VOICES["en"])
    first, *further = _NUMBER.split(words)
    say = Say(first, language=code, voice=voice)  # type: ignore[no-untyped-call]
    for number, after in zip(further[::2], further[1::2], strict=True):
        say.say_as(number, interpret_as="telephone")  # type: ignore[no-untyped-call]
        if after:
            say.append(after)  # type: ignore[no-untyped-call]
    return say

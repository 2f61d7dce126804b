"""A call's script as an NCCO, Vonage's list of actions. Keys are posted to the call's own URL, and what is
said after them, or where none was pressed, is fetched then: an input's answer takes the place of whatever
follows it."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape

from channels import script
from channels.script import Script

LANGUAGES = {"en": "en-US", "zh-CN": "cmn-CN", "es": "es-US"}
CHOICE, LAST_CHOICE, END = "choice", "last", "end"
"""Where keys are posted, behind the call's URL: with more to be said where none is pressed, and without; and
where the end of a message is."""
LONGEST = 1400
"""Characters of one talk action; Vonage takes 1,500, with the marks around them."""
LONGEST_WAIT = 10
"""Seconds that an input may wait."""
_NUMBER = re.compile(r"(\+\d{7,15})")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*")


def render(spoken: Script, receipt_url: str) -> list[dict[str, Any]]:
    """The actions; `receipt_url` is the call's own. A script that hangs up ends where its actions end."""
    actions: list[dict[str, Any]] = []
    for at, step in enumerate(spoken.steps):
        match step:
            case script.Say(words=words):
                actions += _talk(words, spoken.language)
            case script.Gather(words=words, seconds=seconds):
                *before, last = _talk(words, spoken.language)
                follows = at + 1 < len(spoken.steps)
                url = f"{receipt_url}/{CHOICE if follows else LAST_CHOICE}"
                listening = {
                    "action": "input",
                    "type": ["dtmf"],
                    "dtmf": {"maxDigits": 1, "timeOut": min(seconds, LONGEST_WAIT)},
                    "eventUrl": [url],
                    "eventMethod": "POST",
                }
                return [*actions, *before, {**last, "bargeIn": True}, listening]
            case script.ReportEnd():
                url = f"{receipt_url}/{END}"
                payload = {"said": True}
                actions.append(
                    {"action": "notify", "payload": payload, "eventUrl": [url], "eventMethod": "POST"}
                )
            case script.HangUp():
                break
    return actions


def _talk(words: str, language: str) -> list[dict[str, Any]]:
    """The words, cut between sentences where they are too long for one action."""
    found, part = [], ""
    for sentence in _pieces(words):
        if part and len(part) + len(sentence) > LONGEST:
            found.append(part)
            part = ""
        part += sentence
    code = LANGUAGES.get(language, LANGUAGES["en"])
    return [{"action": "talk", "text": f"<speak>{one}</speak>", "language": code} for one in (*found, part)]


def _pieces(words: str) -> list[str]:
    """Sentences with their marks; one that is too long by itself is cut where it must be."""
    sentences = [one for one in _SENTENCE.split(words) if one]
    cut = [one[at : at + LONGEST // 2] for one in sentences for at in range(0, len(one), LONGEST // 2)]
    return [f"{_marked(one)} " for one in cut]


def _marked(words: str) -> str:
    """Numbers are read digit by digit; everything else is text and is escaped."""
    return "".join(
        f'<say-as interpret-as="telephone">{one}</say-as>' if _NUMBER.fullmatch(one) else escape(one)
        for one in _NUMBER.split(words)
    )

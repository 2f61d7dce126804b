"""Questions of ours that a short answer answers: a "yes" out of nowhere says nothing about what it agrees
to."""

from __future__ import annotations

import re
from collections.abc import Iterable

from service.dispatch.runtime.in_force import InForce
from service.store.answers import SentText

_ASKS = re.compile(
    r"\b(?:reply|text|send|answer|responda|env[ií]e|r[eé]pondez|antworten?)\b[^.!?]{0,20}?[\"'“«]?\b(?:YES|Y|S[IÍ]|OUI|SIM|JA)\b"
    r"|回[复覆]\s*[\"“「]?(?:是|同意|YES)"
)
"""A text that asks for such a word, as `Reply YES to get texts again`; in capitals, as templates write what
is to be answered."""


def asks_for(in_force: InForce, texts: Iterable[SentText], channel: str) -> bool:
    """Whether the newest of these texts on a channel asks for such an answer."""
    for one in texts:
        document = in_force.template(one.template, one.template_version).document
        return any(_ASKS.search(str(parts.get(channel))) for parts in document["languages"].values())
    return False

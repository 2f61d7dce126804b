"""The sentences of findings, in every language that they are read in. A borrower's lawyer should understand each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from policies.rules.kinds import KINDS
from policies.vocabulary import said

_OF_THE_ENGINE: Mapping[str, Mapping[str, str]] = {
    "rule.failed": {
        "en": "the rule could not be applied ({error}); a person must decide",
        "es": "la regla no pudo aplicarse ({error}); debe decidir una persona",
        "zh-CN": "规则无法适用（{error}）；须由人工决定",
    },
    "search.none": {
        "en": "no instant before {limit} satisfies all rules at once; a person must decide",
        "es": "ningún momento antes de {limit} cumple todas las reglas a la vez; debe decidir una persona",
        "zh-CN": "在 {limit} 之前没有任何时刻能同时满足所有规则；须由人工决定",
    },
    "search.expires": {
        "en": "the earliest permitted instant, {until}, is not before the notice expires at {expires}",
        "es": "el primer momento permitido, {until}, no es anterior al vencimiento del aviso, {expires}",
        "zh-CN": "最早允许的时刻 {until} 不早于通知失效时间 {expires}",
    },
}
SENTENCES: Mapping[str, Mapping[str, str]] = {
    **{name: texts for kind in KINDS.values() for name, texts in kind.SENTENCES.items()},
    **_OF_THE_ENGINE,
}
"""Every sentence by its name: those of the kinds, which stand with them, and those of the engine itself."""

LANGUAGES = ("en", "es", "zh-CN")


def sentence(message: str, values: Mapping[str, Any], language: str) -> str:
    """The sentence with its numbers; a language that we do not speak is answered in English."""
    spoken = language if language in LANGUAGES else "en"
    text = SENTENCES[message][spoken].format_map(
        {name: said(name, value, spoken) for name, value in values.items()}
    )
    for plural, singular in _ONE.get(spoken, ()):
        text = plural.sub(singular, text)
    return text


_ONE: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "en": ((re.compile(r"\b1 ((?:business )?day|hour|contact)s\b"), r"1 \1"),),
    "es": (
        (re.compile(r"\b1 días hábiles\b"), "1 día hábil"),
        (re.compile(r"\b1 (día|hora)s\b"), r"1 \1"),
    ),
}
"""The singular, where the number is one."""

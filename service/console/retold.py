"""Says again, in the reader's language, what other parts of the service say in English: rules of themselves,
refusals, simulations, learned choices.

A text is read back into a sentence of the catalogues and what stands in its places; whatever is none of ours,
such as a title that an author gave or a name, stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from jinja2 import pass_context
from jinja2.runtime import Context

from policies.facts import CHANNELS, EVENT_TYPES, RECIPIENTS
from policies.phrases import plain
from policies.respoken import respoken
from policies.vocabulary import DAY_NAMES, said
from service.console.words import SOURCE, catalogue, retellable

RULES_SPEAK = {"zh": "zh-CN"}
"""The language of rules, where it is called otherwise than that of pages."""
_PLACE = re.compile(r"%\((\w+)\)s")
_WINDOW = r"within \d+ (?:consecutive days|hours)|in all|in one calendar (?:day|week|month)"
_WINDOWS = re.compile(_WINDOW)
_SHAPES = {
    "number": r"-?\d[\d.,]*%?",
    "span": r"\d+ (?:business |unanswered )?(?:day|hour|minute|month|contact)s?|the same date",
    "window": _WINDOW,
    "date": r"\d{4}-\d\d-\d\d",
    "pointer": r"/\S*",
    "choices": r"[\w.-]+(?:, [\w.-]+)* or [\w.-]+",
}
CAME = {"nothing", "a list", "an object", "an empty list", "an empty object"}
"""What came where something else was expected, where it is no text of the author's."""
_VALUE = r"(?:(?!; got ).)+?"
"""What stands in a refusal: another part of it begins with what came."""
_LINKS = {"es": (", ", " o ", " y "), "zh": ("、", "或", "和")}
"""Between the members of a list, before the last of an `or`, and of an `and`."""
_CLAUSE = re.compile(
    r", (?=(?:by|to|from|through|with the|not to|not with|not of|about debts|also those|those that|over all|"
    r"for each)\b)"
)
_GROUND = re.compile(r"(?:, | or )(?=(?:for|where|after) )")
_REASON = re.compile(r", (?=[\d,]+ because )")
_SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_HOURS = re.compile(r"(\d\d:\d\d) to (\d\d:\d\d)")


class _Pattern(NamedTuple):
    """A sentence of the catalogues that can be read back."""

    begins: str
    """What stands before its first place."""
    shape: re.Pattern[str]
    text: str


@pass_context
def retell(context: Context, text: object) -> str:
    """The filter of the pages."""
    return "" if text is None else retold(str(text), str(context.resolve("language")))


@lru_cache(maxsize=16384)
def retold(text: str, language: str) -> str:
    """A text of ours in another language; as it stands where it is none of ours."""
    if language == SOURCE or not text:
        return text
    found = _whole(text, language)
    if found is not None:
        return found
    sentences = _SENTENCE.split(text)
    if len(sentences) > 1:
        return ("" if language == "zh" else " ").join(retold(one, language) for one in sentences)
    if "; " in text and text.endswith("."):
        return _parted(text, language)
    return respoken(text, RULES_SPEAK.get(language, language))


def _parted(text: str, language: str) -> str:
    """Parts of a sentence with semicolons; as it stands where one of them is none of ours."""
    parts = [_whole(one, language) for one in (text[0].lower() + text[1:-1]).split("; ")]
    if any(one is None for one in parts):
        return text
    joined = ("；" if language == "zh" else "; ").join(one for one in parts if one)
    return joined[0].upper() + joined[1:] + ("。" if language == "zh" else ".")


def _whole(text: str, language: str) -> str | None:
    """A text that is one sentence, or one word, of ours; None where it is neither."""
    words = catalogue(language).gettext(text)
    if words != text:
        return words
    if _WINDOWS.fullmatch(text):
        return _of_rules("window")(text, language)
    atom = _atoms(language).get(text)
    if atom is not None:
        return atom
    for one in _patterns(language):
        if text.startswith(one.begins) and (match := one.shape.fullmatch(text)) is not None:
            values = {name: _placed(name, value, language) for name, value in match.groupdict().items()}
            return _joined(catalogue(language).gettext(one.text) % values, language)
    return None


def _joined(text: str, language: str) -> str:
    """Spanish draws an article together with the word before it."""
    if language != "es":
        return text
    return re.sub(r"\b([Dd])e el\b", r"\1el", re.sub(r"\b([Aa]) el\b", r"\1l", text))


@cache
def _patterns(language: str) -> tuple[_Pattern, ...]:
    """Every sentence with places, those with the most words of their own first."""
    found = [text for text in retellable(language) if _PLACE.search(text)]
    found.sort(key=lambda one: -len(_PLACE.sub("", one)))
    return tuple(_Pattern(_PLACE.split(one)[0].replace("%%", "%"), _shape(one), one) for one in found)


def _shape(text: str) -> re.Pattern[str]:
    parts = _PLACE.split(text)
    made = [
        re.escape(part.replace("%%", "%")) if at % 2 == 0 else _group(part) for at, part in enumerate(parts)
    ]
    return re.compile("".join(made), re.DOTALL)


def _group(name: str) -> str:
    usual = _VALUE if len(name) == 1 else ".+?"
    return f"(?P<{name}>{_SHAPES.get(_kind(name), usual)})"


def _kind(name: str) -> str:
    return name.rstrip("0123456789")


def _placed(name: str, value: str, language: str) -> str:
    """What stands in a place, in the reader's language."""
    read = _READERS.get(_kind(name))
    if read is not None:
        return read(value, language)
    found = _whole(value, language)
    return value if found is None else found


def _list(text: str, language: str) -> str:
    """Words that are joined by commas and a last `or` or `and`."""
    found = _whole(text, language)
    if found is not None:
        return found
    comma, either, both = _LINKS[language]
    for link, said_as in ((" or ", either), (" and ", both)):
        head, _, last = text.rpartition(link)
        if head:
            members = _atoms(language)
            known = [head] if head in members else head.split(", ")
            return comma.join(_placed("", one, language) for one in known) + said_as + _list(last, language)
    return text


def _clauses(pattern: re.Pattern[str], last: bool) -> Callable[[str, str], str]:
    """A reader of clauses that `pattern` parts; `last` joins the last one with an `or`."""

    def read(text: str, language: str) -> str:
        found = [_placed("", one, language) for one in pattern.split(text)]
        comma, either, _ = _LINKS[language]
        comma = "，" if language == "zh" else comma
        if last and len(found) > 1:
            return comma.join(found[:-1]) + either + found[-1]
        return comma.join(found)

    return read


def _hours(text: str, language: str) -> str:
    """Hours by the day: `mon-fri: 09:00 to 19:00; holiday: none`."""
    found = []
    for row in text.split("; "):
        day, colon, spans = row.partition(": ")
        if not colon:
            found.append(catalogue(language).gettext(row))
            continue
        said_day = said("hours", day, RULES_SPEAK.get(language, language))
        said_spans = _HOURS.sub(r"\1–\2", spans).replace(" and ", _LINKS[language][2])
        none = DAY_NAMES[RULES_SPEAK.get(language, language)]["none"]
        found.append(f"{said_day}: {none if spans == 'none' else said_spans}")
    return ("；" if language == "zh" else "; ").join(found)


def _choices(text: str, language: str) -> str:
    return text.replace(" or ", _LINKS[language][1])


def _what(text: str, language: str) -> str:
    """What is counted, or is not permitted: the words of the rules, else those of the catalogue."""
    found = said("what", text, RULES_SPEAK.get(language, language))
    return catalogue(language).gettext(text) if found == text else found


def _of_rules(name: str) -> Callable[[str, str], str]:
    return lambda text, language: said(name, text, RULES_SPEAK.get(language, language))


_READERS: Mapping[str, Callable[[str, str], str]] = {
    "list": _list,
    "parts": _clauses(_CLAUSE, last=False),
    "grounds": _clauses(_GROUND, last=True),
    "reasons": _clauses(_REASON, last=False),
    "hours": _hours,
    "window": _of_rules("window"),
    "what": _what,
    "choices": _choices,
    "got": lambda text, language: catalogue(language).gettext(text) if text in CAME else text,
    **dict.fromkeys(
        ("name", "names", "code", "words", "date", "zone", "tone", "pointer", "by", "citation"),
        lambda text, _: text,
    ),
}


@cache
def _atoms(language: str) -> Mapping[str, str]:
    """Words of the rules by their English: events, persons, channels, days of the week."""
    speaks = RULES_SPEAK.get(language, language)
    return dict(_words(speaks)) | dict(DAY_NAMES[speaks])


def _words(speaks: str) -> Iterator[tuple[str, str]]:
    for word in EVENT_TYPES:
        yield plain(word), said("event", word, speaks)
        yield said("event", word, "en"), said("event", word, speaks)
    for word in RECIPIENTS:
        yield said("to", plain(word), "en"), said("to", plain(word), speaks)
    for word in CHANNELS:
        yield said("channel", word, "en"), said("channel", word, speaks)

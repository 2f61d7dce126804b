"""Templates: what a notice says, by language and channel, checked when they are stored and not when they are
sent.

A template runs in Jinja2's immutable sandbox with strict variables, without loops, macros, calls or filters
but the few that are listed: it can print facts and choose between texts, nothing else. One for a collection
that cannot print the five elements (amount of the loan, due date, days overdue, amount due with fees, contact
and next steps) or its channel's opt-out line is refused."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined
from jinja2 import Template as Compiled
from jinja2.sandbox import ImmutableSandboxedEnvironment

from channels.content import approved
from channels.content.checks import missing_elements, threats
from channels.content.context import context_of
from channels.content.formats import LANGUAGES
from channels.content.grammar import grammar_error, names_in, numbers_in, odd_characters
from channels.content.specimens import FACTS, specimens
from channels.message import Channel
from documents.reader import Bounds, Unreadable, read

BOUNDS = Bounds(characters=100_000, nodes=5_000, levels=8)
"""Of a document; a template has four levels."""
PARTS: Mapping[Channel, tuple[str, ...]] = {
    Channel.SMS: ("sms",),
    Channel.EMAIL: ("subject", "text", "html"),
    Channel.VOICE: ("voice",),
    Channel.WHATSAPP: (approved.WHATSAPP,),
}
CATEGORIES = (
    "collection",
    "reminder",
    "offer",
    "hardship",
    "payment_confirmation",
    "optout_confirmation",
    "required_notice",
    "service",
    "fraud_alert",
)
CONTENTS = ("demand", "reminder", "offer", "notice")
"""What a text does: it demands what is overdue, reminds of what falls due, offers help, or tells something
else.

A demand must print the five elements. It may go under `collection` and `offer` alone: the other categories
pass caps or wishes that a demand must not pass."""
DEMANDING = frozenset({"collection", "offer"})
UNDEMANDED = ("amount_due", "late_fees", "days_past_due")
"""Facts that only a demand and a reminder print."""
FILTERS = ("upper", "lower", "trim", "default", "e", "escape")
_HEADER = ("name", "title", "categories", "content")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
LONGEST_NAME = 64
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateError:
    """One thing that is wrong with a template."""

    pointer: str
    detail: str


class TemplateInvalid(ValueError):
    """A document that is no usable template; `errors` has one entry for each thing that is wrong."""

    def __init__(self, errors: tuple[TemplateError, ...]) -> None:
        """Keep the errors; the message has them all."""
        super().__init__("; ".join(f"{one.pointer}: {one.detail}" for one in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template ready to be rendered."""

    name: str
    categories: tuple[str, ...]
    """Under which it may be sent."""
    content: str
    """What it is: one of CONTENTS."""
    digest: str
    languages: tuple[str, ...]
    parts: Mapping[tuple[str, str], Compiled] = field(repr=False)
    """(language, part) to the compiled text."""
    document: Mapping[str, Any] = field(repr=False)

    def channels(self) -> tuple[str, ...]:
        """The channels that every language has."""
        return tuple(
            channel.value
            for channel, names in PARTS.items()
            if all((language, name) in self.parts for language in self.languages for name in names)
        )

    def prints(self, channel: str) -> frozenset[str]:
        """The facts that the channel's text prints in every language; of an e-mail its body."""
        wanted = {name for one, names in PARTS.items() if one.value == channel for name in names} - {
            "subject"
        }
        printed = [
            _printed_by(_source(self.document, language, part))
            for language, part in self.parts
            if part in wanted
        ]
        return frozenset[str]().union(*printed).intersection(*printed)


_TEXT = ImmutableSandboxedEnvironment(
    autoescape=False, undefined=StrictUndefined, keep_trailing_newline=False, cache_size=0
)
_HTML = ImmutableSandboxedEnvironment(
    autoescape=True, undefined=StrictUndefined, keep_trailing_newline=False, cache_size=0
)
for _environment in (_TEXT, _HTML):
    _environment.globals.clear()
    _environment.filters = {name: _environment.filters[name] for name in FILTERS}


@lru_cache(maxsize=1024)
def _printed_by(source: str) -> frozenset[str]:
    """The facts that a text prints. Asked whenever templates come into force, and parsing takes long."""
    return names_in(_TEXT.parse(source))


def parse_template(text: str | bytes | Mapping[str, Any]) -> Template:
    """A template from YAML, JSON or its JSON form. Raises TemplateInvalid with every error."""
    document = _document(text)
    errors: list[TemplateError] = []
    _check_header(document, errors)
    parts: dict[tuple[str, str], Compiled] = {}
    languages = document.get("languages")
    if isinstance(languages, Mapping):
        for language, channels in languages.items():
            if isinstance(language, str) and _LANGUAGE.fullmatch(language):
                _compile_language(language, channels, parts, errors)
            else:
                errors.append(
                    TemplateError(pointer="/languages", detail="expected tags of languages like en or zh-CN")
                )
    if errors:
        raise TemplateInvalid(tuple(errors))
    template = _template(document, parts)
    _check_renderings(template, errors)
    if errors:
        raise TemplateInvalid(tuple(errors))
    return template


class _Parts(Mapping[tuple[str, str], Compiled]):
    """Texts by language and part, each compiled when it is first asked for."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._keys = frozenset(
            (language, part)
            for language, channels in document["languages"].items()
            for channel, given in channels.items()
            for part, _ in approved.sources(channel, given)
        )
        self._compiled: dict[tuple[str, str], Compiled] = {}

    def __getitem__(self, key: tuple[str, str]) -> Compiled:
        if (found := self._compiled.get(key)) is None:
            if key not in self._keys:
                raise KeyError(key)
            language, part = key
            environment = _HTML if part == "html" else _TEXT
            found = self._compiled[key] = environment.from_string(_source(self._document, language, part))
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def ready_template(text: str) -> Template:
    """A template from a document that `parse_template` took before: nothing is checked, and nothing compiled
    before it is used."""
    document = _document(text)
    return _template(document, _Parts(document))


def _template(document: Mapping[str, Any], parts: Mapping[tuple[str, str], Compiled]) -> Template:
    categories = _categories(document)
    return Template(
        name=str(document["name"]),
        categories=categories,
        content=document.get("content") or _content_of(categories),
        languages=tuple(sorted(document["languages"], key=_order)),
        parts=parts,
        document=document,
        digest=hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest(),
    )


def _order(language: str) -> tuple[int, str]:
    return (LANGUAGES.index(language) if language in LANGUAGES else len(LANGUAGES), language)


def _document(text: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(text, Mapping):
        return text
    try:
        document = read(text, BOUNDS).value
    except Unreadable as error:
        where = "" if error.line is None else f" (line {error.line})"
        detail = f"{error.expected}{where}, got {error.got[:200]}"
        raise TemplateInvalid((TemplateError(pointer="", detail=detail),)) from None
    if not isinstance(document, Mapping):
        raise TemplateInvalid(
            (TemplateError(pointer="", detail=f"expected a mapping, got {type(document).__name__}"),)
        )
    return document


def _check_header(document: Mapping[str, Any], errors: list[TemplateError]) -> None:
    errors.extend(
        TemplateError(pointer=f"/{key}", detail=f"expected only {', '.join(_HEADER)} and languages")
        for key in document
        if key not in {*_HEADER, "category", "languages"}
    )
    name = document.get("name")
    if (
        not isinstance(name, str)
        or not name
        or len(name) > LONGEST_NAME
        or not all(one.isalnum() or one in "-_" for one in name)
    ):
        errors.append(TemplateError(pointer="/name", detail="expected letters, digits, - and _, at most 64"))
    title = document.get("title", "")
    if not isinstance(title, str) or len(title) > LONGEST_TITLE or odd_characters(title):
        errors.append(
            TemplateError(pointer="/title", detail=f"expected a text of at most {LONGEST_TITLE} characters")
        )
    _check_categories(document, errors)
    languages = document.get("languages")
    if not isinstance(languages, Mapping) or not languages:
        errors.append(TemplateError(pointer="/languages", detail="expected at least one language"))


def _categories(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The categories of a document: a list, or the one `category` of documents that were written before there
    was one."""
    given = document.get("categories", [document.get("category")])
    return tuple(given) if isinstance(given, list) and all(isinstance(one, str) for one in given) else ()


def _content_of(categories: tuple[str, ...]) -> str:
    """What a document is that does not say it: the strictest that its categories know."""
    if "collection" in categories:
        return "demand"
    return "reminder" if "reminder" in categories else "notice"


def _check_categories(document: Mapping[str, Any], errors: list[TemplateError]) -> None:
    pointer = "/categories" if "categories" in document else "/category"
    if "categories" in document and "category" in document:
        errors.append(TemplateError(pointer="/category", detail="expected categories alone"))
    categories = _categories(document)
    if not categories or len(set(categories)) < len(categories) or not set(categories) <= set(CATEGORIES):
        expected = "each once, of" if pointer == "/categories" else "one of"
        errors.append(TemplateError(pointer=pointer, detail=f"expected {expected} {', '.join(CATEGORIES)}"))
        return
    content = document.get("content", _content_of(categories))
    if content not in CONTENTS:
        errors.append(TemplateError(pointer="/content", detail=f"expected one of {', '.join(CONTENTS)}"))
    elif content == "demand" and not set(categories) <= DEMANDING:
        lenient = ", ".join(sorted(set(categories) - DEMANDING))
        errors.append(TemplateError(pointer=pointer, detail=f"expected no demand under {lenient}"))


def _compile_language(
    language: str, channels: Any, parts: dict[tuple[str, str], Compiled], errors: list[TemplateError]
) -> None:
    base = f"/languages/{language}"
    if not isinstance(channels, Mapping) or not channels:
        errors.append(TemplateError(pointer=base, detail="expected texts by channel"))
        return
    for channel, given in channels.items():
        pointer = f"{base}/{channel}"
        match channel:
            case "sms" | "voice":
                _compile(pointer, language, channel, given, parts, errors)
            case "email" if isinstance(given, Mapping) and set(given) == {"subject", "text", "html"}:
                for part, source in given.items():
                    _compile(f"{pointer}/{part}", language, part, source, parts, errors)
            case "email":
                errors.append(TemplateError(pointer=pointer, detail="expected subject, text and html"))
            case approved.WHATSAPP:
                wrong = [*approved.misfits(given)]
                errors += [TemplateError(pointer=pointer + place, detail=detail) for place, detail in wrong]
                for part, source in () if wrong else approved.sources(channel, given):
                    _compile(f"{base}/{approved.pointer_of(part)}", language, part, source, parts, errors)
            case _:
                detail = f"expected {', '.join(PARTS)}"
                errors.append(TemplateError(pointer=pointer, detail=detail))


def _compile(
    pointer: str,
    language: str,
    part: str,
    source: Any,
    parts: dict[tuple[str, str], Compiled],
    errors: list[TemplateError],
) -> None:
    if not isinstance(source, str) or not source.strip():
        errors.append(TemplateError(pointer=pointer, detail=f"expected a text, got {type(source).__name__}"))
        return
    if odd := odd_characters(source):
        errors.append(TemplateError(pointer=pointer, detail=odd))
        return
    if found := threats(source):
        errors.append(TemplateError(pointer=pointer, detail=f"it threatens: {found}"))
        return
    environment = _HTML if part == "html" else _TEXT
    try:
        wrong = grammar_error(environment.parse(source), FACTS)
        if wrong is None:
            parts[(language, part)] = environment.from_string(source)
    except RecursionError:
        wrong = "line 1: it is nested too deeply"
    except Exception as error:  # noqa: BLE001 - whatever a text makes Jinja2, or Python's own compiler, raise is an error of that text
        wrong = (
            f"line {getattr(error, 'lineno', 1)}: {getattr(error, 'message', None) or type(error).__name__}"
        )
    if wrong is not None:
        errors.append(TemplateError(pointer=pointer, detail=wrong))


def _check_renderings(template: Template, errors: list[TemplateError]) -> None:
    """Render every part on every specimen and look for what must be there, and for what must not."""
    for language, part in sorted(template.parts):
        pointer = f"/languages/{language}/{approved.pointer_of(part)}"
        source = _source(template.document, language, part)
        environment = _HTML if part == "html" else _TEXT
        parsed = environment.parse(source)
        if template.content in {"offer", "notice"} and (printed := names_in(parsed) & set(UNDEMANDED)):
            detail = f"only a demand or a reminder may use {', '.join(sorted(printed))}"
            errors.append(TemplateError(pointer=pointer, detail=detail))
            continue
        for specimen in specimens(numbers_in(parsed)):
            try:
                said = template.parts[(language, part)].render(context_of(specimen, language))
            except Exception as error:  # noqa: BLE001 - as above: the text is wrong
                errors.append(TemplateError(pointer=pointer, detail=f"it cannot be rendered: {error}"))
                break
            if part == "subject":
                continue
            if part.startswith(f"{approved.WHATSAPP}/"):
                if wrong := approved.value_misfit(approved.value_of(said)):
                    errors.append(TemplateError(pointer=pointer, detail=wrong))
                    break
                continue
            missing = missing_elements(said, specimen, part, language) if template.content == "demand" else []
            if missing:
                errors.append(
                    TemplateError(pointer=pointer, detail=f"a demand must say: {', '.join(missing)}")
                )
                break
            if found := threats(said):
                errors.append(TemplateError(pointer=pointer, detail=f"it threatens: {found}"))
                break


def _source(document: Mapping[str, Any], language: str, part: str) -> str:
    """The text of one part as it was given."""
    texts = document["languages"][language]
    channel = "email" if part in PARTS[Channel.EMAIL] else part.partition("/")[0]
    return next(source for name, source in approved.sources(channel, texts[channel]) if name == part)

"""What pages say in the reader's own words: who did something, and why a rule objected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from policies.respoken import respoken
from service.console.retold import RULES_SPEAK, retold
from service.console.words import N_, catalogue

_KEY, _PROVIDER = "key:", "provider:"
_KNOWN = {
    "system": N_("the service"),
    "borrower": N_("the borrower"),
    "operator:cli": N_("an operator at the command line"),
    "key:bootstrap": N_("the key of the settings"),
    "forbear": "Forbear",
}


@pass_context
def spoken(context: Context, reason: str | None) -> str:
    """A finding's sentence in the page's language; what is no finding stays as it was written."""
    return "" if reason is None else _spoken(reason, str(context.resolve("language")))


def _spoken(reason: str, language: str) -> str:
    found = respoken(reason, RULES_SPEAK.get(language, language))
    return retold(reason, language) if found == reason else found


def plainly(value: object) -> str:
    """A value of a document as people read it: lists with commas, nothing as a dash."""
    match value:
        case None | [] | () | "":
            return "–"
        case list() | tuple():
            return ", ".join(plainly(one) for one in value)
        case dict():
            return "; ".join(f"{name}: {plainly(one)}" for name, one in value.items())
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def sentence(text: str) -> str:
    """Words that stand alone, as a sentence: begun with a capital, ended with a point."""
    if not text:
        return text
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?。…" else "。" if text[-1] > "\u2e80" else ".")


@pass_context
def who(context: Context, actor: str | None) -> str:
    """Whose key it was, or what else acted; the actor as the log names it, where one points at it."""
    if not actor:
        return "–"
    visitor: Any = context.resolve("visitor")
    names: Mapping[str, str] = visitor.names if visitor else {}
    name = name_of(actor, names, str(context.resolve("language")))
    if name == actor:
        return actor
    return Markup('<span class="actor" title="{}">{}</span>').format(actor, name)


def name_of(actor: str, names: Mapping[str, str], language: str) -> str:
    """An actor as people call it; itself where it has no name."""
    if actor in _KNOWN:
        return catalogue(language).gettext(_KNOWN[actor])
    if actor.startswith(_KEY):
        return names.get(actor.removeprefix(_KEY), actor)
    return actor.removeprefix(_PROVIDER)

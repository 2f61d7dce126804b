"""Words that lie with the provider: a text that was approved before, with places, and what stands at each.

WhatsApp takes from a business only texts that were approved, but within a day of what the person wrote. A
template holds the approved text word for word, what is put into its places, and by account the provider's id
of it; so that all that a text must say is checked on what the person will read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

WHATSAPP = "whatsapp"
PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,16})\s*\}\}")
MOST_PLACES = 100
LONGEST_VALUE = 1600
"""Characters of what stands at a place (Twilio, Using variables with Content Templates)."""
LONGEST_TEXT = 1024
"""Characters of an approved text."""
_ID = re.compile(r"[!-~]{1,64}")
_ACCOUNT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
_FIELDS = frozenset({"text", "variables", "approved"})


def variable_part(name: str) -> str:
    """The name of the part that is one variable."""
    return f"{WHATSAPP}/{name}"


def whole(given: Mapping[str, Any]) -> str:
    """The approved text with the source of each variable at its place: what all of it can say."""
    variables = given["variables"]
    return PLACE.sub(lambda found: str(variables[found[1]]), str(given["text"]))


def sources(channel: str, given: Any) -> Iterator[tuple[str, str]]:
    """The parts of a channel's texts, each with its source."""
    if channel == WHATSAPP:
        yield WHATSAPP, whole(given)
        for name, source in given["variables"].items():
            yield variable_part(name), str(source)
    elif isinstance(given, Mapping):
        yield from ((part, str(source)) for part, source in given.items())
    else:
        yield channel, str(given)


def pointer_of(part: str) -> str:
    """Where a part stands below its language."""
    if part == WHATSAPP:
        return f"{WHATSAPP}/text"
    if part.startswith(f"{WHATSAPP}/"):
        return part.replace(f"{WHATSAPP}/", f"{WHATSAPP}/variables/")
    return f"email/{part}" if part in {"subject", "text", "html"} else part


def misfits(given: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with the form of it: pointers below it, and sentences."""
    if not isinstance(given, Mapping) or not {"text", "variables"} <= given.keys() <= _FIELDS:
        yield "", "expected text and variables, and perhaps approved"
        return
    text, variables = given["text"], given["variables"]
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        yield "/text", f"expected a text of at most {LONGEST_TEXT} characters"
    elif set(PLACE.sub("", text)) & set("{}"):
        yield "/text", "expected braces only around places, such as {{1}}: it stands as it was approved"
    elif not isinstance(variables, Mapping) or set(PLACE.findall(text)) != variables.keys():
        yield "/variables", "expected one variable for each place of the text, and no other"
    elif len(variables) > MOST_PLACES or not all(isinstance(one, str) for one in variables.values()):
        yield "/variables", f"expected at most {MOST_PLACES} texts"
    approved = given.get("approved", {})
    if not isinstance(approved, Mapping) or not all(
        isinstance(name, str) and _ACCOUNT.fullmatch(name) and isinstance(id_, str) and _ID.fullmatch(id_)
        for name, id_ in approved.items()
    ):
        yield "/approved", "expected by account, such as twilio or twilio.acme, the provider's id of the text"


def value_misfit(value: str) -> str | None:
    """What is wrong with what stands at a place; None where nothing is."""
    if not value:
        return "a variable must never be empty: nothing is sent where one is"
    return f"expected at most {LONGEST_VALUE} characters" if len(value) > LONGEST_VALUE else None


def value_of(rendered: str) -> str:
    """What stands at a place: one line, as the provider takes it."""
    return " ".join(rendered.split())


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text as the person reads it."""
    return PLACE.sub(lambda found: values[found[1]], text).strip()

"""Pages of the reference that are made of the code at every build: events, categories, templates, problems,
webhooks, operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels.content.context import MEANINGS as FACTS
from channels.content.context import context_of
from channels.content.grammar import CHOICES
from channels.content.shipped import shipped_templates
from channels.content.specimens import specimens
from policies.facts import EVENT_TYPES
from service.api.app import bare_app
from service.api.contract import PROBLEMS, TAGS, document, operations
from service.api.descriptions import described_fields
from service.api.schemas.events import NEEDED
from service.api.schemas.webhooks import WebhookData
from service.model.category import CATEGORIES, OPT_OUT_CONFIRMATION
from service.model.webhook import MEANINGS


def pages() -> Iterator[tuple[str, str]]:
    """Each page's name and its Markdown."""
    found = document(bare_app())
    yield "reference-events.md", events(found)
    yield "reference-categories.md", categories()
    yield "reference-templates.md", templates()
    yield "reference-problems.md", problems()
    yield "reference-webhooks.md", webhooks()
    yield "reference-operations.md", api(found)


def table(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    heads = list(heading)
    lines = [heads, ["---"] * len(heads), *(list(row) for row in rows)]
    return (
        "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
        + "\n"
    )


def kind_of(schema: Mapping[str, Any]) -> str:
    """The type of a field in words."""
    if "anyOf" in schema:
        return " or ".join(
            dict.fromkeys(kind_of(one) for one in schema["anyOf"] if one.get("type") != "null")
        )
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    if schema.get("format"):
        return f"{schema['type']} ({schema['format']})"
    return str(schema.get("const") or schema.get("type", "any"))


def events(found: Mapping[str, Any]) -> str:
    """The types of events, and their fields."""
    schema = found["components"]["schemas"]["EventBody"]
    rows = [
        [
            f"`{name}`",
            kind_of({**one, "enum": []} if name == "type" else one) or "a type of the list above",
            one["description"],
        ]
        for name, one in schema["properties"].items()
    ]
    types = [
        [f"`{one}`", ", ".join(f"`{name}`" for name in NEEDED.get(one, ())) or "-"] for one in EVENT_TYPES
    ]
    return (
        "# Events\n\nWhat `POST /v1/events` takes, and brokers hand over.\n\n## Types\n\n"
        + table(("type", "needs beside `borrower_id`, `type` and `at`"), types)
        + "\n## Fields\n\n"
        + table(("field", "type", "meaning"), rows)
    )


def categories() -> str:
    """What kinds of notices there are."""
    rows = [
        [
            f"`{one.name}`",
            one.means,
            str(one.priority),
            f"{one.life.total_seconds() / 3600:g} h",
            "yes" if one.resend_unknown else "no",
        ]
        for one in CATEGORIES.values()
        if one.name != OPT_OUT_CONFIRMATION
    ]
    heads = (
        "category",
        "what it is for",
        "priority (0 first)",
        "expires by itself after",
        "sent again where unknown",
    )
    return (
        "# Categories\n\nA closed list: a notice names one, and a template those that it may be sent "
        "under.\n\n" + table(heads, rows)
    )


def templates() -> str:
    """What ships, and what words may say."""
    rows = [
        [
            f"`{one.name}`",
            ", ".join(f"`{name}`" for name in one.categories),
            ", ".join(one.languages),
            ", ".join(one.channels()),
        ]
        for one in shipped_templates().values()
    ]
    specimen = context_of(specimens()[0], "en-US")
    facts = [
        [f"`{name}`", meaning, _shown(specimen[name]), "yes" if name in CHOICES else "no"]
        for name, meaning in FACTS.items()
    ]
    return (
        "# Templates\n\nThose that ship, as version 0.\n\n"
        + table(("template", "under", "languages", "channels"), rows)
        + "\n## Facts\n\nWhat a text may print, as `{{ amount_due }}`. A choice (`{% if has_fees %}`)"
        " may look at some of them, and compare them with whole numbers; every outcome is tried when a text"
        " is stored.\n\n" + table(("fact", "what it is", "such as", "in a choice"), facts)
    )


def _shown(value: object) -> str:
    """A fact's value as a text prints it."""
    return f"`{value}`" if str(value) else "nothing"


def problems() -> str:
    """Every type of problem."""
    rows = [
        [f"`{one.slug}`", str(one.status), (one.__doc__ or "").partition("\n")[0]]
        for one in PROBLEMS.values()
    ]
    return (
        "# Problems\n\nWhatever goes wrong is `application/problem+json` (RFC 9457). `type` is one of "
        "these after"
        " `https://forbear.example/problems/`.\n\n" + table(("type", "status", "meaning"), rows)
    )


def webhooks() -> str:
    """Every type of webhook, and its data."""
    rows = [[f"`{name}`", meaning] for name, meaning in MEANINGS.items()]
    fields = [[f"`{name}`", text] for name, text in described_fields(WebhookData).items()]
    return (
        "# Webhooks\n\n[Webhooks](webhooks.md) says how they come. The body is `type`, `timestamp` and "
        "`data`.\n\n" + table(("type", "when"), rows) + "\n## Data\n\n" + table(("field", "meaning"), fields)
    )


def api(found: Mapping[str, Any]) -> str:
    """Every operation with its parameters, bodies and answers, and every schema."""
    lines = ["# Operations\n", "As `/openapi.json` has them, by tag.\n"]
    for tag, text in TAGS.items():
        lines += [f"## {tag}\n", f"{text}\n"]
        for path, method, one in operations(found):
            if one["tags"][0] != tag:
                continue
            lines += [
                f"### {one['operationId']}\n",
                f"`{method} {path}`: {one['summary']}. {one.get('description', '')}\n",
            ]
            if one.get("parameters"):
                rows = [[f"`{p['name']}`", p["in"], p["description"]] for p in one["parameters"]]
                lines.append(table(("parameter", "in", "meaning"), rows))
            answers = [[status, answer["description"]] for status, answer in one["responses"].items()]
            lines.append(table(("answer", "meaning"), answers))
    lines.append("## Schemas\n")
    for name, schema in sorted(found["components"]["schemas"].items()):
        if "properties" not in schema:
            continue
        rows = [
            [f"`{field}`", kind_of(one), one.get("description", "")]
            for field, one in schema["properties"].items()
        ]
        lines += [
            f"### {name}\n",
            f"{schema.get('description', '')}\n",
            table(("field", "type", "meaning"), rows),
        ]
    return "\n".join(lines)

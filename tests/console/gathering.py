"""`make words`: gathers the words of the console's pages, and brings each catalogue up to date with them;
what is new stands without words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from service.console.rule_sentences import SENTENCES
from service.console.words import LANGUAGES, RETOLD, SOURCE

CONSOLE = Path(__file__).resolve().parents[2] / "service" / "console"
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.do", "trim_blocks": "true", "silent": "false"}}
ROOT = Path(__file__).resolve().parents[2]
SAYING = (
    "service/console/*.py", "service/errors.py", "service/dispatch/access/*.py",
    "service/dispatch/audit/*.py",
    "service/dispatch/governance/*.py", "service/dispatch/learning/*.py",
    "service/dispatch/reconcile/held_replies.py", "service/dispatch/reconcile/review_queue.py",
    "service/dispatch/records/*.py", "service/dispatch/runtime/*.py", "service/dispatch/webhooks/*.py",
    "service/dispatch/what_if/*.py", "service/log/read.py", "service/store/database.py", "policies/*.py",
    "policies/rules/*.py", "service/learning/document.py",
)  # fmt: skip
"""Whose refusals a page may show."""
OWN = ("service/console/*.py", "service/errors.py")
"""Of these every one has to be in the catalogues; of the others `make words` gathers what is new."""
ERRORS = {
    "InvalidRequest", "Conflict", "NotFound", "Forbidden", "AnotherCreditor", "TooManyRequests",
    "Unavailable", "InternalError", "TreeIncomplete", "misfit", "FieldError", "ValueError",
}  # fmt: skip
LEAST_WORDS = 3
"""What has fewer is a pointer or a code, and no sentence."""
NO_DATE = datetime(2026, 11, 29, tzinfo=UTC)
"""In every head: a catalogue changes only where words do."""


def gathered(saying: Sequence[str] | None = None) -> Catalog:
    """The words of the pages, and what of other modules they say again; `saying` names fewer of those."""
    found = Catalog(project="forbear", charset="utf-8", creation_date=NO_DATE, revision_date=NO_DATE)
    for name, _, words, comments, _ in extract_from_dir(
        CONSOLE, METHODS, OPTIONS, keywords={"_": None, "N_": None}, strip_comment_tags=True
    ):
        found.add(words, None, [(name, 0)], auto_comments=comments)
    for text in (*SENTENCES, *refusals(SAYING if saying is None else saying)):
        found.add(text, auto_comments=[RETOLD])
    return found


def refusals(saying: Sequence[str]) -> Iterator[str]:
    """What the parts of the service that pages work with say where something does not fit."""
    for place in saying:
        for path in sorted(ROOT.glob(place)):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield from _said(node)


def _said(node: ast.AST) -> Iterator[str]:
    """The texts of an error's class, and of a call that makes one."""
    match node:
        case ast.ClassDef():
            for line in node.body:
                if (
                    isinstance(line, ast.AnnAssign | ast.Assign)
                    and "title" in ast.unparse(line).partition("=")[0]
                ):
                    yield from _texts(line.value)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=given, keywords=named) if (
            name in ERRORS
        ):
            for one in (*given, *(further.value for further in named if further.arg == "detail")):
                yield from _texts(one)
        case ast.Assign(targets=[ast.Name(id="detail" | "_INVALID" | "NOT_CONFIRMABLE")], value=value):
            yield from _texts(value)


def _texts(node: ast.AST | None) -> Iterator[str]:
    """A text with a place for each value, where it is a sentence."""
    match node:
        case ast.Constant(value=str(text)):
            yield from _sentences(text.replace("%", "%%"))
        case ast.JoinedStr(values=values):
            names = iter("abcdefghij")
            text = "".join(
                str(one.value).replace("%", "%%") if isinstance(one, ast.Constant) else f"%({next(names)})s"
                for one in values
            )
            yield from _sentences(text)
        case ast.IfExp(body=body, orelse=other) | ast.BoolOp(values=[body, other]):
            yield from _texts(body)
            yield from _texts(other)


def _sentences(text: str) -> Iterator[str]:
    words = re.sub(r"%\(\w\)s", "", text).split()
    if len(words) >= LEAST_WORDS and not text.startswith("/"):
        yield text


def path_of(language: str) -> Path:
    """A language's catalogue."""
    return CONSOLE / "locale" / f"{language}.po"


def read(language: str) -> Catalog:
    """A catalogue as it is kept."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def write(language: str, catalogue: Catalog) -> None:
    """Keep a catalogue."""
    catalogue.language_team, catalogue.last_translator = language, "the project"
    with path_of(language).open("wb") as file:
        write_po(
            file,
            catalogue,
            width=120,
            omit_header=False,
            sort_output=True,
            no_location=True,
            ignore_obsolete=True,
        )


def main() -> None:
    """The command."""
    words = gathered()
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        known = read(language)
        known.update(words, no_fuzzy_matching=True)
        write(language, known)
        missing = sum(not one.string for one in known if one.id)
        print(f"{path_of(language).name}: {len(known)} sentences, {missing} without words")  # noqa: T201


if __name__ == "__main__":
    main()

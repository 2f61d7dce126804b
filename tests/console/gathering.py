"""`make words`: gathers the words of the console's pages, and brings each catalogue up to date with them;
what is new stands without words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from service.console.words import LANGUAGES, SOURCE

CONSOLE = Path(__file__).resolve().parents[2] / "service" / "console"
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.do", "trim_blocks": "true", "silent": "false"}}
NO_DATE = datetime(2026, 11, 29, tzinfo=UTC)
"""In every head: a catalogue changes only where words do."""


def gathered() -> Catalog:
    """The words of the pages."""
    found = Catalog(project="forbear", charset="utf-8", creation_date=NO_DATE, revision_date=NO_DATE)
    for name, _, words, comments, _ in extract_from_dir(
        CONSOLE, METHODS, OPTIONS, keywords={"_": None, "N_": None}, strip_comment_tags=True
    ):
        found.add(words, None, [(name, 0)], auto_comments=comments)
    return found


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

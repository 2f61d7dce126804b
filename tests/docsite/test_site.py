"""The documentation site: every page in its place, every link good, nothing from another host."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from channels.content.context import MEANINGS as MEANING_OF_FACTS
from channels.content.specimens import FACTS
from docsite import build, reference
from policies.facts import EVENT_TYPES
from service.api.app import bare_app
from service.api.contract import PROBLEMS, document, operations
from service.model.category import CATEGORIES, OPT_OUT_CONFIRMATION
from service.model.webhook import MEANINGS

ROOT = Path(__file__).parents[2]
LOADS = re.compile(
    r"<(?:script|img|iframe|source|link(?![^>]*rel=\"?canonical))[^>]*?(?:src|href)=\"?((?:https?:)?//[^\">\s]+)"
)


def named(navigation: Any) -> list[str]:
    """Every page that the navigation names."""
    match navigation:
        case str():
            return [navigation]
        case list():
            return [page for one in navigation for page in named(one)]
        case dict():
            return [page for one in navigation.values() for page in named(one)]
        case _:
            raise TypeError(navigation)


def test_every_page_has_its_place(tmp_path: Path) -> None:
    """The navigation names every page once and none that is not there; what nobody placed stands at its
    end."""
    build.gather(tmp_path / "pages")
    (tmp_path / "pages" / "new-one.md").write_text("# New\n")
    there = {path.name for path in (tmp_path / "pages").glob("*.md")}
    navigation = tomllib.loads(build.configuration(tmp_path / "pages"))["project"]["nav"]
    placed = named(navigation)
    assert sorted(there) == sorted(placed)
    assert "new-one.md" in named(navigation[-1])
    assert "first-hour.md" in named(navigation[1])


def test_the_reference_names_everything_that_there_is() -> None:
    """Each page is made of the code, and leaves nothing out."""
    pages = dict(reference.pages())
    assert [] == [one for one in EVENT_TYPES if f"`{one}`" not in pages["reference-events.md"]]
    known = CATEGORIES.keys() - {OPT_OUT_CONFIRMATION}
    assert [] == [one for one in known if f"`{one}`" not in pages["reference-categories.md"]]
    assert [] == [
        one.slug for one in PROBLEMS.values() if f"`{one.slug}`" not in pages["reference-problems.md"]
    ]
    assert [] == [one for one in MEANINGS if f"`{one}`" not in pages["reference-webhooks.md"]]
    facts = pages["reference-templates.md"].partition("## Facts")[2]
    assert [] == [one for one in FACTS if f"| `{one}` |" not in facts]
    assert FACTS == frozenset(MEANING_OF_FACTS)
    made = document(bare_app())
    names = [operation["operationId"] for _, _, operation in operations(made)]
    assert [] == [one for one in names if f"### {one}\n" not in pages["reference-operations.md"]]


def test_every_link_leads_somewhere() -> None:
    """Checked by lychee, fragments too, without a network."""
    pages = [*sorted((ROOT / "docs").glob("*.md")), *(ROOT / name for name in build.OUTSIDE)]
    lychee = Path(sys.prefix) / "bin" / "lychee"
    command: list[str | Path] = [lychee, "--offline", "--include-fragments", "--no-progress", *pages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout


def test_a_diagram_becomes_a_table() -> None:
    """Drawing it would take a script from another host."""
    text = "```mermaid\nstateDiagram-v2\n    [*] --> due : accepted\n    due --> sending\n```\n"
    assert "| ● | due | accepted |\n| due | sending |  |\n" in build.on_site(text, "docs")
    assert "](index.md#start)" in build.on_site("[x](../README.md#start)", "docs")


@pytest.mark.slow
def test_the_site_is_built_and_asks_no_other_host(tmp_path: Path) -> None:
    """Strictly: a broken link or anchor ends it. No page loads a script, a style, a font or a picture from
    elsewhere."""
    html = build.build(tmp_path)
    pages = list(html.rglob("*.html"))
    assert len(pages) > 35
    assert [] == [(page.name, found) for page in pages for found in LOADS.findall(page.read_text())]
    for path in [*html.rglob("*.css"), *html.rglob("*.js")]:
        assert not build.ELSEWHERE.search(path.read_bytes()), path
    for path in html.rglob("*.css"):
        assert not re.search(r"url\([\"']?(?:https?:)?//", path.read_text()), path

"""Builds the documentation site into `var/site/html`: `python -m docsite.build` (`make site`).

Its pages are those of `docs/`, as they stand, with the README as the first one; the reference of operations,
events, categories, templates, problems, webhooks and metrics is made of the code. No page loads anything from
another host."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from docsite.reference import pages, table

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "clients/python/README.md": "client-python.md",
    "clients/typescript/README.md": "client-typescript.md",
}
"""Pages of the checkout that stand beside `docs/`, and their names on the site."""
LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)]*)?\)")
MERMAID = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)
ARROW = re.compile(r"^\s*(\S+) --> (\S+?)(?:\s*:\s*(.+))?$", re.MULTILINE)
ELSEWHERE = re.compile(rb"https://(?:unpkg\.com|cdn\.jsdelivr\.net|fonts\.(?:googleapis|gstatic)\.com)/")
NOWHERE = b"/from-no-other-host/"


def gather(into: Path) -> None:
    """Put every page of the site together."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for path in sorted((ROOT / "docs").iterdir()):
        if path.suffix == ".md":
            (into / path.name).write_text(on_site(path.read_text(), "docs"))
        elif path.is_file():
            shutil.copy(path, into / path.name)
    for name, there in OUTSIDE.items():
        (into / there).write_text(on_site((ROOT / name).read_text(), Path(name).parent.as_posix()))
    for name, text in pages():
        (into / name).write_text(text)
    operations = (ROOT / "docs" / "operations.md").read_text()
    (into / "reference-metrics.md").write_text(metrics(operations))


def on_site(text: str, folder: str) -> str:
    """A page with its links as they lead on the site, and its diagrams as tables: drawing them would take a
    script of another host."""

    def led(found: re.Match[str]) -> str:
        path = (ROOT / folder / found[1]).resolve().relative_to(ROOT).as_posix()
        name = OUTSIDE.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else None)
        anchor = found[2] or ""
        return found[0] if name is None else f"]({name}{anchor})"

    return MERMAID.sub(_diagram, LINK.sub(led, text))


def _diagram(found: re.Match[str]) -> str:
    ends = {"[*]": "●"}
    rows = [[ends.get(a, a), ends.get(b, b), why or ""] for a, b, why in ARROW.findall(found[1])]
    return table(("from", "to", "when"), rows)


def metrics(operations: str) -> str:
    """The rows of metrics, which stand among what to do about them."""
    rows = re.findall(r"^\| `forbear_\w+` \|.*$", operations, re.MULTILINE)
    head = (
        "# Metrics\n\n`GET /metrics` gives them in Prometheus' text format. [Operations](operations.md) "
        "says which to watch.\n\n"
    )
    return head + "\n".join(["| metric | labels | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def configuration(gathered: Path) -> str:
    """Zensical's settings; a page that nobody gave a place stands under "More", so that none is lost."""
    text = (ROOT / "docsite" / "zensical.toml").read_text()
    placed = set(re.findall(r'"([\w-]+\.md)"', text))
    left = sorted(path.name for path in gathered.glob("*.md") if path.name not in placed)
    more = f'{{ "More" = [{", ".join(f"{chr(34)}{name}{chr(34)}" for name in left)}] }},' if left else ""
    return text.replace("# more", more)


def build(folder: Path) -> Path:
    """Build the site; a link that leads nowhere ends it with the page and the line. Returns the folder of its
    pages."""
    gather(folder / "pages")
    (folder / "zensical.toml").write_text(configuration(folder / "pages"))
    shutil.rmtree(folder / "html", ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    for path in (folder / "html").rglob("*.js"):
        path.write_bytes(ELSEWHERE.sub(NOWHERE, path.read_bytes()))
    return folder / "html"


if __name__ == "__main__":
    print(f"The site is in {build(ROOT / 'var' / 'site')}: open its index.html.")

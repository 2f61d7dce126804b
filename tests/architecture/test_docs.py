"""What the documents say is true: paths, links, settings, roles, dependencies, metrics and commands are those
of the tree."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.main import get_command

from policies.policy import PolicyDocument
from service.api.roles import role_table
from service.cli.app import app
from service.cli.nouns import NOUNS
from service.cli.remote import VARIABLES
from service.console.routes import page_table
from service.errors import ForbearError, SetupError

OURS = re.compile(r"`((?:service|channels|policies|tests|docs|benchmarks|\.ci)/[\w./-]*[\w/])`")
TOP = re.compile(
    r"`(Dockerfile|Makefile|compose\.yaml|pyproject\.toml|requirements\.lock|[A-Z]+\.md|LICENSE)`"
)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="session")
def documents(texts: dict[str, str]) -> dict[str, str]:
    """Every page by its path."""
    return {name: text for name, text in texts.items() if name.endswith(".md")}


def test_every_path_that_a_document_names_exists(root: Path, documents: dict[str, str]) -> None:
    """No page sends its reader to a file that moved."""
    named = {
        (page, path)
        for page, text in documents.items()
        for pattern in (OURS, TOP)
        for path in pattern.findall(text)
    }
    assert [] == sorted(f"{page}: {path}" for page, path in named if not (root / path).exists())


def test_every_link_between_documents_leads_somewhere(root: Path, documents: dict[str, str]) -> None:
    """Relative links resolve from the page they stand on."""
    links = {(page, link) for page, text in documents.items() for link in LINK.findall(text)}
    assert [] == sorted(
        f"{page}: {link}" for page, link in links if not (root / page).parent.joinpath(link).exists()
    )


def test_the_settings_page_is_the_settings(
    documents: dict[str, str], settings_read: dict[str, object]
) -> None:
    """Each setting has one row, with its default; no row is for a setting that is not read."""
    rows = re.findall(r"^\| `(FORBEAR_\w+)` \| (.+?) \|", documents["docs/settings.md"], re.MULTILINE)
    shown = {name: default.strip("`") for name, default in rows}
    expected = {name: "none" if default is None else str(default) for name, default in settings_read.items()}
    for provider in ("Twilio", "Telnyx", "Vonage"):
        names = (f"FORBEAR_{provider.upper()}{account}__BASE_URL" for account in ("", "_BACKUP"))
        expected |= dict.fromkeys(names, f"{provider}'s")
    assert len(rows) == len(shown)
    assert expected == shown


def test_every_type_of_problem_has_one_row(documents: dict[str, str]) -> None:
    """Type and status, as the classes say; `setup` and the like never leave over HTTP."""
    importlib.import_module("service.api.app")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", documents["docs/api.md"], re.MULTILINE)
    known = {(one.slug, str(one.status)) for one in problems_of(ForbearError)} - {
        (SetupError.slug, str(SetupError.status))
    }
    assert len(rows) == len(set(rows))
    assert known == set(rows)


def problems_of(kind: type[ForbearError]) -> Iterator[type[ForbearError]]:
    """A class of problems and all below it."""
    yield kind
    for one in kind.__subclasses__():
        yield from problems_of(one)


def test_every_setting_that_any_document_names_is_read(
    documents: dict[str, str], settings_read: dict[str, object]
) -> None:
    """A variable in a page is one that the service knows, or the head of some."""
    named = {
        (page, name)
        for page, text in documents.items()
        for name in re.findall(r"\bFORBEAR_[A-Z][A-Z_]*[A-Z]\b", text)
    }
    known = (*settings_read, *VARIABLES)
    assert [] == sorted(
        f"{page}: {name}" for page, name in named if not any(one.startswith(name) for one in known)
    )


def test_the_roles_page_is_the_table_of_roles(documents: dict[str, str]) -> None:
    """docs/roles.md ends with what service/api/roles.py prints."""
    assert documents["docs/roles.md"].endswith("\n\n" + role_table()), role_table()


def test_the_consoles_page_is_its_table_of_pages(documents: dict[str, str]) -> None:
    """docs/console.md ends with what service/console/routes.py prints."""
    assert documents["docs/console.md"].endswith("\n\n" + page_table()), page_table()


def test_the_dependencies_page_names_each_dependency_once(root: Path, documents: dict[str, str]) -> None:
    """One line for each package of pyproject.toml, in the section of its kind."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    extras = [one for names in project["project"]["optional-dependencies"].values() for one in names]
    sections = documents["docs/dependencies.md"].split("\n## ")[1:]
    shown = [re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE) for section in sections]
    asked = [project["project"]["dependencies"], extras, project["dependency-groups"]["dev"]]
    assert [sorted(str(canonicalize_name(Requirement(one).name)) for one in names) for names in asked] == [
        sorted(one) for one in shown
    ]


METRICS = {"Counter", "Gauge", "Histogram", "Summary"}


def metrics_of(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Every metric that a module makes, with its labels as the page writes them."""
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in METRICS:
            name, _, *labels = (ast.literal_eval(argument) for argument in call.args)
            yield name, ", ".join(f"`{label}`" for label in labels[0]) if labels else "none"


def test_the_operations_page_names_the_metrics_that_there_are(
    texts: dict[str, str], documents: dict[str, str], modules: dict[str, ast.Module]
) -> None:
    """Every metric has a row with its labels, and every alarm is about one that exists."""
    measuring = [module for name, module in modules.items() if "prometheus_client" in texts[name]]
    made = dict(metric for module in measuring for metric in metrics_of(module))
    page = documents["docs/operations.md"]
    rows = dict(re.findall(r"^\| `(forbear_\w+)` \| (.*?) \|", page, re.MULTILINE))
    alarmed = {name.removesuffix("_bucket") for name in re.findall(r"\bforbear_[a-z_]+", page)}
    assert made == rows
    assert set() == alarmed - made.keys()


def test_every_command_that_a_document_names_exists(root: Path, documents: dict[str, str]) -> None:
    """`forbear …` in a page is a command, and `make …` a target."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    known = set(commands) | {f"{noun} {verb}" for noun in NOUNS for verb in commands[noun].commands}
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.MULTILINE))
    wrong = []
    for page, text in documents.items():
        named = re.findall(r"`forbear ([a-z]+(?: [a-z-]+)?)[^`]*`", text)
        wrong += [
            f"{page}: forbear {one}" for one in named if one not in known and one.split()[0] not in known
        ]
        wrong += [
            f"{page}: make {target}"
            for target in re.findall(r"`make ([a-z]+)[^`]*`", text)
            if target not in targets
        ]
    assert [] == wrong


def test_the_field_names_of_a_pack_are_those_that_the_guide_lists(documents: dict[str, str]) -> None:
    """Every field that docs/adding-a-rule.md tells to fill is one that a policy has."""
    head = re.search(r"Fill the head: (.*?)\n3\.", documents["docs/adding-a-rule.md"], re.DOTALL)
    assert head is not None
    fields = {name.split(".")[0] for name in re.findall(r"`([a-z_.]+)`", head[1])} - {
        "law",
        "presumption",
        "guideline",
        "code",
        "house",
    }
    assert set() == fields - PolicyDocument.model_fields.keys()

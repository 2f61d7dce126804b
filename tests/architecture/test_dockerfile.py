"""The Dockerfile and compose.yaml fit the tree; no container engine is needed to know that."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from typer.main import get_command

from service.cli.app import app

INSTRUCTION = re.compile(r"^([A-Z]+)\s+(.*)$")


def instructions(text: str) -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", text)
    found = [INSTRUCTION.match(line) for line in joined.splitlines() if not line.startswith("#")]
    return [(match[1], match[2].strip()) for match in found if match]


@pytest.fixture(scope="module")
def steps(root: Path) -> list[tuple[str, str]]:
    return instructions((root / "Dockerfile").read_text())


@pytest.fixture(scope="module")
def last_stage(steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The stage that is shipped."""
    begins = [number for number, (name, _) in enumerate(steps) if name == "FROM"]
    return steps[begins[-1] :]


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, dict[str, dict[str, object]]]:
    return yaml.safe_load((root / "compose.yaml").read_text())


def sources_copied(steps: list[tuple[str, str]]) -> list[str]:
    """What is copied from the tree."""
    return [
        source
        for name, rest in steps
        if name == "COPY" and "--from" not in rest
        for source in shlex.split(rest)[:-1]
    ]


def test_everything_that_is_copied_exists_and_enters_the_build(
    root: Path, steps: list[tuple[str, str]]
) -> None:
    """A COPY names what the tree has, and .dockerignore lets exactly that in."""
    let_in = {line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = sources_copied(steps)
    assert [] == [source for source in copied if not (root / source).exists()]
    assert let_in == set(copied)


def test_every_package_of_the_wheel_is_copied(root: Path, steps: list[tuple[str, str]]) -> None:
    """The image has what the wheel is made of."""
    packages = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]["packages"]
    assert set(packages) <= set(sources_copied(steps))


def test_there_are_two_slim_stages_of_a_python_that_the_project_takes(
    root: Path, steps: list[tuple[str, str]]
) -> None:
    """Both stages start from the same slim Python, which satisfies requires-python."""
    stages = [rest.split()[0] for name, rest in steps if name == "FROM"]
    requires = SpecifierSet(
        tomllib.loads((root / "pyproject.toml").read_text())["project"]["requires-python"]
    )
    version = re.fullmatch(r"python:(\d+\.\d+)-slim", stages[0])
    assert 2 == len(stages)
    assert 1 == len(set(stages))
    assert version is not None
    assert version[1] in requires


def test_dependencies_come_from_the_one_lock_by_their_hashes(steps: list[tuple[str, str]]) -> None:
    """Whatever pip takes is pinned by requirements.lock and checked, or is the project's own wheel."""
    commands = [
        one
        for name, rest in steps
        if name == "RUN"
        for one in rest.split("&&")
        if re.search(r"pip (install|download)", one)
    ]
    checked = [one for one in commands if "--require-hashes" in one]
    own = [one for one in commands if "own/*.whl" in one and "--no-deps" in one and "--no-index" in one]
    assert "requirements.lock" in sources_copied(steps)
    assert sorted(commands) == sorted(checked + own)
    assert 3 == len(checked)


def test_the_image_does_not_run_as_root(last_stage: list[tuple[str, str]]) -> None:
    """The shipped stage ends with a user of its own, by number, so that a cluster can check it."""
    users = [rest for name, rest in last_stage if name == "USER"]
    assert ["10001:10001"] == users
    assert any("useradd" in rest and "--uid 10001" in rest for name, rest in last_stage if name == "RUN")


def test_the_image_starts_a_command_that_exists(root: Path, last_stage: list[tuple[str, str]]) -> None:
    """ENTRYPOINT is the project's script, CMD one of its commands with options it has."""
    words = dict(last_stage)
    scripts = tomllib.loads((root / "pyproject.toml").read_text())["project"]["scripts"]
    (script,) = json.loads(words["ENTRYPOINT"])
    assert script in scripts
    assert [] == unknown_words(json.loads(words["CMD"]))


def unknown_words(command: list[str]) -> list[str]:
    """The parts of a command line that the command line does not know."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    if command[0] not in commands:
        return command[:1]
    options = {option for parameter in commands[command[0]].params for option in parameter.opts}
    return [word for word in command[1:] if word not in options]


def test_the_health_check_asks_the_port_that_is_exposed(
    last_stage: list[tuple[str, str]], settings_read: dict[str, object]
) -> None:
    """EXPOSE, FORBEAR_PORT and the health check mean the same door, and the default port is kept."""
    variables = dict(
        pair.split("=", 1) for name, rest in last_stage if name == "ENV" for pair in shlex.split(rest)
    )
    exposed = [rest for name, rest in last_stage if name == "EXPOSE"]
    check = next(rest for name, rest in last_stage if name == "HEALTHCHECK")
    assert [variables["FORBEAR_PORT"]] == exposed
    assert str(settings_read["FORBEAR_PORT"]) == exposed[0]
    assert "FORBEAR_PORT" in check
    assert "/healthz" in check


def test_every_setting_that_is_named_is_read(
    root: Path, compose: dict, settings_read: dict[str, object]
) -> None:
    """No variable of the Dockerfile or of compose.yaml is a slip of the pen."""
    named = set(
        re.findall(
            r"FORBEAR_[A-Z_]+", (root / "Dockerfile").read_text() + (root / "compose.yaml").read_text()
        )
    )
    assert set() == named - settings_read.keys()
    assert {"FORBEAR_DATABASE_URL", "FORBEAR_SECRET_KEY"} <= compose["services"]["worker"][
        "environment"
    ].keys()


def test_compose_runs_commands_that_exist(compose: dict) -> None:
    """The API and the worker are two processes on one PostgreSQL that is waited for."""
    services = compose["services"]
    ours = {name: one for name, one in services.items() if "command" in one}
    assert {"api": ["serve", "--no-worker"], "worker": ["worker"]} == {
        name: one["command"] for name, one in ours.items()
    }
    assert [] == [word for one in ours.values() for word in unknown_words(one["command"])]
    assert {"service_healthy"} == {one["depends_on"]["database"]["condition"] for one in ours.values()}
    assert services["database"]["image"].startswith("postgres:")
    assert "healthcheck" in services["database"]


def test_compose_waits_longer_for_the_end_than_the_worker_drains(
    compose: dict, settings_read: dict[str, object]
) -> None:
    """A container is not killed while it settles what it handed over."""
    grace = {
        int(one["stop_grace_period"].removesuffix("s"))
        for one in compose["services"].values()
        if "command" in one
    }
    assert min(grace) > float(str(settings_read["FORBEAR_WORKER__DRAIN_SECONDS"])) + 10


def test_compose_holds_no_secret(compose: dict) -> None:
    """Keys and passwords are asked of whoever starts it; there is no default."""
    environment = {
        key: value for one in compose["services"].values() for key, value in one["environment"].items()
    }
    secrets = {key: value for key, value in environment.items() if re.search(r"KEY|PASSWORD", key)}
    assert {"FORBEAR_SECRET_KEY", "FORBEAR_BOOTSTRAP_KEY", "POSTGRES_PASSWORD"} == secrets.keys()
    assert [] == [key for key, value in secrets.items() if not re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value)]


def test_the_image_takes_extras(steps: list[tuple[str, str]]) -> None:
    """None by default; each that is named comes from the same lock."""
    assert ['EXTRAS=""'] == [rest for name, rest in steps if name == "ARG"]
    assert any("subset $EXTRAS >runs.txt" in rest for name, rest in steps if name == "RUN")

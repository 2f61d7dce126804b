"""What is deployed is held against what is served: metrics exist, expressions parse, manifests are
Kubernetes' own, alarms are the docs'."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from kubernetes_validate.utils import ValidationError, validate

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())
BOARD = json.loads((DEPLOY / "grafana" / "forbear.json").read_text())
MANIFESTS = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "forbear.yaml").read_text()))
BESIDE = [
    one
    for name in ("consumer", "scaling")
    for one in yaml.safe_load_all((DEPLOY / "kubernetes" / f"{name}.yaml").read_text())
]
CORE = [*MANIFESTS, *(one for one in BESIDE if one["apiVersion"] != "keda.sh/v1alpha1")]
"""What Kubernetes knows by itself; test_operators.py looks at the rest."""
KUBERNETES = ("1.29", "1.37")
"""The oldest and the newest release that the manifests are for."""


def expressions() -> dict[str, str]:
    """Every expression of the rules and of the board, by where it stands."""
    alarms = {rule["alert"]: rule["expr"] for group in RULES["groups"] for rule in group["rules"]}
    panels = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in BOARD["panels"]
        for target in panel["targets"]
    }
    return alarms | panels


def selectors(node: Any) -> Iterator[Any]:
    """The vector selectors in an expression."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    for name in ("expr", "lhs", "rhs", "vector_selector", "vs"):
        if (inner := getattr(node, name, None)) is not None and not isinstance(inner, str):
            yield from selectors(inner)
    for one in getattr(node, "args", None) or []:
        yield from selectors(one)


def documented(root: Path) -> dict[str, set[str]]:
    """Metrics and their labels, as docs/operations.md lists them; another test holds that page against what
    is served."""
    text = (root / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| `(forbear_\w+)` \| ([^|]+) \|", text, re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


@pytest.mark.parametrize("where", expressions())
def test_every_expression_parses_and_asks_for_what_there_is(where: str) -> None:
    """A metric that is misspelt, or a label that it has not, would be silent for ever."""
    known = documented(DEPLOY.parent)
    found = list(selectors(promql_parser.parse(expressions()[where])))
    assert found, "no metric in it"
    for one in found:
        name = re.sub(r"_(bucket|count|sum)$", "", one.name) if one.name not in known else one.name
        assert name in known, one.name
        labels = {matcher.name for matcher in one.matchers.matchers}
        assert labels <= known[name] | {"le"}, f"{one.name}: {labels - known[name]}"


def test_the_alarms_are_those_of_the_page() -> None:
    """docs/operations.md says of each what to do, and an alarm that is not there would wake somebody for
    nothing."""
    text = (DEPLOY.parent / "docs" / "operations.md").read_text()
    named = set(re.findall(r"`(Forbear[A-Za-z]+)`", text))
    assert named == {rule["alert"] for group in RULES["groups"] for rule in group["rules"]}


def test_promtool_agrees() -> None:
    """Debian's, where it is: the rules, and what they say of made-up series."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("needs promtool, of Debian's package prometheus")
    for arguments in (["check", "rules", "rules.yml"], ["test", "rules", "tests.yml"]):
        ran = subprocess.run(
            [tool, *arguments],
            cwd=DEPLOY / "prometheus",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert 0 == ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("release", KUBERNETES)
@pytest.mark.parametrize(
    "place", range(len(CORE)), ids=[f"{one['kind']}-{one['metadata']['name']}" for one in CORE]
)
def test_a_manifest_is_what_kubernetes_takes(place: int, release: str) -> None:
    validate(CORE[place], release, strict=True)


def test_a_misspelt_probe_is_refused() -> None:
    """The validator is strict: what it does not know is no manifest."""
    wrong = json.loads(json.dumps(next(one for one in MANIFESTS if one["kind"] == "Deployment")))
    container = wrong["spec"]["template"]["spec"]["containers"][0]
    container["livenessProb"] = container.pop("livenessProbe")
    with pytest.raises(ValidationError):
        validate(wrong, KUBERNETES[-1], strict=True)


def test_containers_are_what_the_image_and_the_worker_ask_for() -> None:
    """No root, nothing written but /tmp, and a grace that is longer than the worker drains."""
    config = next(one for one in MANIFESTS if one["kind"] == "ConfigMap")["data"]
    known = settings_names()
    assert [] == [name for name in config if name not in known]
    for one in CORE:
        if one["kind"] not in {"Deployment", "Job"}:
            continue
        pod = one["spec"]["template"]["spec"]
        assert (True, 10001) == (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"])
        for container in pod["containers"]:
            assert [] == [each["name"] for each in container.get("env", ()) if each["name"] not in known]
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert ["ALL"] == container["securityContext"]["capabilities"]["drop"]
        if one["kind"] == "Deployment":
            assert pod["terminationGracePeriodSeconds"] >= float(config["FORBEAR_WORKER__DRAIN_SECONDS"]) + 10


def settings_names() -> set[str]:
    """Every setting that docs/settings.md lists."""
    text = (DEPLOY.parent / "docs" / "settings.md").read_text()
    return set(re.findall(r"^\| `(FORBEAR_\w+)`", text, re.MULTILINE))

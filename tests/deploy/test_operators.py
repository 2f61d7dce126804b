"""Custom resources are what their operators take, and say what the rest of the project says."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from tests.deploy.test_deploy import DEPLOY, MANIFESTS, RULES, documented, selectors
from tests.npm import packages

pytestmark = pytest.mark.node

KEDA, OPERATOR = "@kubernetes-models/keda", "@kubernetes-models/prometheus-operator"
MODULES = {"keda.sh/v1alpha1": KEDA, "monitoring.coreos.com/v1": OPERATOR}
HERE = Path(__file__).parent
CUSTOM = [
    one
    for name in ("operator", "scaling")
    for one in yaml.safe_load_all((DEPLOY / "kubernetes" / f"{name}.yaml").read_text())
    if one["apiVersion"] in MODULES
]


@pytest.fixture(scope="module")
def models() -> Path:
    """The schemas of the operators as npm has them, and the compiler that knows their types."""
    return packages("kubernetes-models", f"{KEDA}@2.0.0", f"{OPERATOR}@6.0.0", "typescript@5.9.3")


def of(kind: str) -> dict[str, Any]:
    """A copy of the first document of a kind."""
    return copy.deepcopy(next(one for one in CUSTOM if one["kind"] == kind))


def said_against(models: Path, documents: list[dict[str, Any]]) -> list[str | None]:
    """What the schemas have against each document."""
    done = subprocess.run(
        ["node", str(HERE / "validate.mjs"), str(models)],
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    found: list[str | None] = json.loads(done.stdout)
    return found


def compiled(models: Path, tmp_path: Path, documents: list[dict[str, Any]]) -> str:
    """What the compiler has against them: it refuses a field that the type does not have."""
    lines = []
    for number, one in enumerate(documents):
        module = f"{MODULES[one['apiVersion']]}/{one['apiVersion']}"
        content = json.dumps({name: one[name] for name in ("metadata", "spec")})
        lines += [
            f'import {{ {one["kind"]} as K{number} }} from "{module}";',
            f"new K{number}({content});",
        ]
    source = models / f"{tmp_path.name}.ts"  # beside its modules
    source.write_text("\n".join(lines))
    options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"]
    try:
        done = subprocess.run(
            [models / "node_modules" / ".bin" / "tsc", *options, source.name],
            cwd=models,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        source.unlink()
    return done.stdout


def test_custom_resources_are_what_their_operators_take(models: Path, tmp_path: Path) -> None:
    """By the schemas, and by the types, which know every field."""
    assert {"ServiceMonitor", "PodMonitor", "PrometheusRule", "ScaledObject"} == {
        one["kind"] for one in CUSTOM
    }
    assert [None] * len(CUSTOM) == said_against(models, CUSTOM)
    assert "" == compiled(models, tmp_path, CUSTOM)


def _no_selector(one: dict[str, Any]) -> None:
    one["spec"]["selectr"] = one["spec"].pop("selector")


def _bad_interval(one: dict[str, Any]) -> None:
    one["spec"]["endpoints"][0]["interval"] = "half a minute"


def _words_for_a_number(one: dict[str, Any]) -> None:
    one["spec"]["minReplicaCount"] = "two"


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("ServiceMonitor", _no_selector, "selector"),
        ("ServiceMonitor", _bad_interval, "interval"),
        ("ScaledObject", _words_for_a_number, "minReplicaCount"),
    ],
)
def test_a_wrong_resource_is_refused(
    models: Path, kind: str, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    """The validators bite."""
    wrong = of(kind)
    change(wrong)
    (found,) = said_against(models, [wrong])
    assert found is not None
    assert said in found


def test_a_field_that_nobody_knows_is_refused(models: Path, tmp_path: Path) -> None:
    """The schemas let it pass, as a cluster would; the types do not."""
    wrong = of("ServiceMonitor")
    wrong["spec"]["endpoints"][0]["intervall"] = "30s"
    assert "'\"intervall\"' does not exist" in compiled(models, tmp_path, [wrong])


def test_the_operators_alarms_are_those_of_the_rules() -> None:
    assert RULES["groups"] == of("PrometheusRule")["spec"]["groups"]


def test_monitors_find_what_is_deployed() -> None:
    """Each selector matches the labels of what it looks for, and each port is one of its own."""
    consumer = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "consumer.yaml").read_text()))
    service = next(one for one in MANIFESTS if one["kind"] == "Service")
    monitor = of("ServiceMonitor")["spec"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert {one["port"] for one in monitor["endpoints"]} <= {one["name"] for one in service["spec"]["ports"]}
    pods = of("PodMonitor")["spec"]
    (expression,) = pods["selector"]["matchExpressions"]
    deployed = [one for one in (*MANIFESTS, *consumer) if one["kind"] == "Deployment"]
    found = {}
    for one in deployed:
        labels = one["spec"]["template"]["metadata"]["labels"]
        if labels[expression["key"]] in expression["values"]:
            assert pods["selector"]["matchLabels"].items() <= labels.items()
            ports = one["spec"]["template"]["spec"]["containers"][0]["ports"]
            found[labels[expression["key"]]] = {each["name"] for each in ports}
    assert {"worker": {"metrics"}, "consumer": {"metrics"}} == found
    assert {"metrics"} == {one["port"] for one in pods["podMetricsEndpoints"]}


def test_workers_are_scaled_by_a_metric_that_there_is() -> None:
    """Its query parses, asks for what is served, and its target is deployed."""
    spec = of("ScaledObject")["spec"]
    assert spec["scaleTargetRef"]["name"] in {
        one["metadata"]["name"] for one in MANIFESTS if one["kind"] == "Deployment"
    }
    known = documented(DEPLOY.parent)
    for trigger in spec["triggers"]:
        (selector,) = selectors(promql_parser.parse(trigger["metadata"]["query"]))
        assert {matcher.name for matcher in selector.matchers.matchers} <= known[selector.name]

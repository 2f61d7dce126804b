"""compose.broker.yaml fits the tree and the other file, and its queue is one that a consumer takes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.consume.rabbitmq import RabbitSource
from tests.consume import brokers
from tests.deploy.test_deploy import settings_names

ROOT = Path(__file__).parents[2]
BROKER: dict[str, Any] = yaml.safe_load((ROOT / "compose.broker.yaml").read_text())
BASE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_its_settings_are_read_and_are_those_of_the_other_file() -> None:
    """What the consumer shares with the worker is equal, word for word: one store, one secret key."""
    consumer = BROKER["services"]["consumer"]["environment"]
    assert consumer.keys() <= settings_names()
    worker = BASE["services"]["worker"]["environment"]
    assert worker == {name: consumer[name] for name in worker}
    assert {
        "FORBEAR_SOURCE__URL",
        "FORBEAR_SOURCE__NAME",
        "FORBEAR_SOURCE__KEY_ID",
    } == consumer.keys() - worker.keys()


def test_passwords_are_asked_of_whoever_starts_it() -> None:
    text = (ROOT / "compose.broker.yaml").read_text()
    assert [] == [one for one in re.findall(r"PASSWORD[^\n]*\$\{[^}]*\}", text) if ":?" not in one]
    assert {"RABBITMQ_PASSWORD", "POSTGRES_PASSWORD"} == set(re.findall(r"\$\{(\w+PASSWORD):\?", text))


def test_what_is_waited_for_is_there() -> None:
    """Every service that another waits for stands in one of the two files, and has a check where health is
    asked."""
    services = BASE["services"] | BROKER["services"]
    for one in BROKER["services"].values():
        for name, condition in one.get("depends_on", {}).items():
            assert name in services
            if condition["condition"] == "service_healthy":
                assert "test" in services[name]["healthcheck"]


def test_its_image_has_the_brokers_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {"rabbitmq"} == {
        BROKER["services"][name]["build"]["args"]["EXTRAS"] for name in ("queue", "consumer")
    }
    assert "rabbitmq" in extras


def ran(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A script in a process of its own."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
async def test_the_queue_that_it_declares_is_one_that_a_consumer_takes() -> None:
    """The very script, against Debian's broker: twice, then a consumer accepts the queue."""
    if not brokers.SERVER.exists() or shutil.which("epmd") is None:
        pytest.skip("needs Debian's rabbitmq-server")
    program, option, script = BROKER["services"]["queue"]["entrypoint"]
    assert ("python", "-c") == (program, option)
    with brokers.rabbitmq() as url:
        name = BROKER["services"]["queue"]["environment"]["FORBEAR_SOURCE__NAME"]
        environment = {**os.environ, "FORBEAR_SOURCE__URL": url, "FORBEAR_SOURCE__NAME": name}
        for _ in range(2):
            done = ran(script, environment)
            assert 0 == done.returncode, done.stderr
        import aio_pika

        source = RabbitSource(url, name, batch=1)
        async with await aio_pika.connect(url) as connection:
            await source._prepare(connection)

"""A disk that fills up under the service and gets room again: nobody is told 202 for what is not kept, and
nothing needs repair."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.producer import notice, zone_at_noon
from tests.processes import PATIENCE, address_of, process, ready

KEY = "key-on-a-disk-that-fills-up-0123"
SIZE = 200
"""Megabytes of the disk."""


@pytest.fixture
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path_factory.mktemp("d")
    for one in [folder, *list(folder.parents)[:2]]:
        one.chmod(0o755)
    if os.geteuid() != 0:
        pytest.skip("a disk of its own can be mounted by root alone")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m,mode=755", "tmpfs", folder],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        for _ in range(50):
            if subprocess.run(["umount", folder], check=False, capture_output=True).returncode == 0:
                break
            time.sleep(0.2)


def fill(disk: Path) -> Path:
    """Leave no room at all."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            return filler


def test_a_full_disk_loses_no_acknowledged_notice(disk: Path) -> None:
    """Posts get 202 or 503 with Retry-After; after there is room again they are taken, and everything that
    was taken is there, once."""
    env = {
        "FORBEAR_PORT": "0",
        "FORBEAR_DATA": str(disk / "v"),
        "FORBEAR_BOOTSTRAP_KEY": KEY,
        "FORBEAR_LOG_LEVEL": "error",
    }
    taken: dict[int, str] = {}
    zone, statuses = zone_at_noon(), []
    with process(disk, "serve", env=env) as running:
        url = address_of(running)
        ready(url)
        client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}, timeout=PATIENCE)

        def post(number: int) -> int:
            body: dict[str, Any] = notice(number, number, ("sms",), zone)
            answer = client.post("/v1/notices", json=body, headers={"Idempotency-Key": f"post-{number}"})
            if answer.status_code == 202:
                taken[number] = answer.json()["id"]
            else:
                assert "Retry-After" in answer.headers, answer.text
            statuses.append(answer.status_code)
            return answer.status_code

        assert 202 == post(0)
        filler = fill(disk)
        number, end = 1, time.monotonic() + PATIENCE
        while 503 not in statuses and time.monotonic() < end:
            body = {
                "notices": [
                    notice(10_000 + 200 * number + one, 500 + one, ("sms",), zone) for one in range(200)
                ]
            }
            statuses.append(
                client.post("/v1/notices/batch", json=body).status_code
            )  # the log of what is written runs into the wall
            post(number)
            number += 1
        assert 503 in statuses
        filler.unlink()
        end = time.monotonic() + PATIENCE
        while post(number) != 202:
            assert time.monotonic() < end
            time.sleep(0.2)
        assert {202, 503} == set(statuses)
        for id_ in taken.values():
            assert 200 == client.get(f"/v1/notices/{id_}").status_code
        assert running.poll() is None
        client.close()

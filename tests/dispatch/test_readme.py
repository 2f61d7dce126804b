"""The README's first notice is delivered under the law of its place at whatever hour it is run, weekends
included."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN = datetime(2026, 12, 4, tzinfo=UTC)
"""A Friday; the four days from it have a weekend."""
SUMMER = datetime(2027, 7, 2, tzinfo=UTC)


def body_at(at: datetime, folder: Path) -> dict[str, Any]:
    """What the README's command sends at an instant: its shell runs with a clock and a `curl` of our own."""
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (command,) = [one for one in blocks if "/v1/notices \\" in one]
    shims = {
        "date": (
            '#!/bin/sh\nfor last; do :; done\n[ "$2" = -d ] && far="$3"\nexec /bin/date -u -d '
            f'"{at:%F %H:%M} UTC $far" "$last"\n'
        ),
        "curl": '#!/bin/sh\nfor last; do :; done\nprintf %s "$last"\n',
        "cat": "#!/bin/sh\necho key\n",
    }
    for name, text in shims.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["/bin/sh", "-ec", command], capture_output=True, text=True, check=True, env=environment
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("begin", [BEGIN, SUMMER])
async def test_the_first_notice_is_delivered_at_any_hour(bench: Any, tmp_path: Path, begin: datetime) -> None:
    """Three messages each time, by text, mail and call, and the law of a place that binds them."""
    for hour in range(0, 96, 5):
        at = begin + timedelta(hours=hour, minutes=30)
        bench.api.clock.move(at - bench.api.clock.now())
        body = body_at(at, tmp_path)
        body["borrower"]["id"] = f"B-{hour}"
        address = body["borrower"]["addresses"]["sms"]
        # the cap of three in seven days is each borrower's own, and some are each number's
        fresh = f"{address[:-2]}{hour % 100:02d}"
        body["borrower"]["addresses"] = {"sms": fresh, "voice": fresh, "email": f"ana{hour}@example.com"}
        body["debt"]["id"] = f"L-{hour}"
        answer = await bench.api.client.post("/v1/notices", json=body)
        assert 202 == answer.status_code, answer.text
        assert 3 == len(await bench.work()), (at, await bench.read(answer.json()["id"]))
        verdict = (await bench.read(answer.json()["id"]))["sms"]["verdict"]
        assert {one["evidence"] for one in verdict["bound_by"]} >= {"stated", "postal_code", "country"} - (
            {"postal_code"} if body["borrower"]["country"] == "GB" else set()
        )
        assert [] == verdict["warnings"]


def test_every_hour_has_its_place(tmp_path: Path) -> None:
    """Local time lies between nine and seven in the evening, winter and summer; the debt's days fit its due
    date."""
    seen = set()
    for hour in range(24):
        for begin in (BEGIN, SUMMER):
            at = begin + timedelta(hours=hour, minutes=59)
            body = body_at(at, tmp_path)
            seen.add(body["borrower"]["jurisdiction"])
            assert (at.date() - timedelta(days=22)).isoformat() == body["debt"]["due_on"]
    assert {"US-GU", "GB", "US-MA"} == seen

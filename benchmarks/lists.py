"""Every list and page on a store of two million deliveries against one of two hundred thousand, over HTTP: by
each filter, also where nothing matches. The longest of them stands in the table; `FORBEAR_LISTS=1` prints
all."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from benchmarks.figure import Figure, below
from benchmarks.ground import KEY, database, postgres, serving
from benchmarks.lived import DAYS, RARE_CREDITOR, planted

FEW, MANY = 200_000, 2_000_000
TIMES = 5
"""Each is asked so often; the quickest counts, since the machine does other things too."""
STEADY_MS = 15.0
"""Below this a list is as fast as any request, and a ratio says nothing."""


def _at(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def paths() -> list[str]:
    """What is asked for."""
    notices = [
        "", "limit=1000", "borrower=nobody", "reference=nothing", "reference=a,b,c", "ids=a,b,c",
        "creditor=second-bank", f"creditor={RARE_CREDITOR}",
        "creditor=nobody", "category=collection", "category=reminder", "category=offer",
        "template=overdue-reminder", "template=hardship-offer",
        *(f"state={one}" for one in ("due", "deferred", "sending", "accepted", "delivered", "undelivered",
        "suppressed", "exhausted", "expired",
                                     "held", "unknown", "rejected", "cancelled", "open", "done")),
        "status=open", "status=done", f"updated_since={_at(DAYS + 5)}", f"updated_since={_at(30)}",
        f"updated_since={_at(-1)}",
        "order=updated", f"order=updated&updated_since={_at(30)}", f"order=updated&updated_since={_at(-1)}",
        "order=updated&state=held",
        "order=updated&creditor=nobody", "order=updated&status=open",
        f"accepted_from={_at(30)}&accepted_to={_at(29)}", f"accepted_to={_at(DAYS + 5)}",
        f"accepted_from={_at(-1)}", f"creditor={RARE_CREDITOR}&state=delivered",
            f"creditor={RARE_CREDITOR}&state=held", "category=reminder&state=held",
        "category=reminder&status=open", "creditor=second-bank&category=offer",
        "creditor=second-bank&template=hardship-offer",
        f"creditor={RARE_CREDITOR}&order=updated", "template=upcoming-payment&category=collection",
            "creditor=second-bank&status=open",
        f"accepted_from={_at(30)}&accepted_to={_at(29)}&state=held", f"state=delivered&accepted_to={_at(80)}",
            f"state=due&updated_since={_at(50)}",
        "creditor=second-bank&category=reminder", "creditor=second-bank&state=exhausted",
        "category=reminder&state=expired",
        "creditor=second-bank&category=reminder&order=updated",
        f"creditor=second-bank&category=reminder&updated_since={_at(30)}",
        f"category=reminder&accepted_from={_at(60)}&accepted_to={_at(59)}",
    ]  # fmt: skip
    log = [
        "", "limit=1000", "borrower=nobody", "kind=decision", "kind=notice.cancelled", "kind=notice.accepted",
        "verdict=allow", "verdict=hold",
        "policy=house-strict", "policy=us-7", "policy=nothing", "actor=worker", "actor=nobody",
        f"from={_at(30)}&to={_at(29)}",
        f"to={_at(DAYS + 5)}", f"to={_at(80)}", f"from={_at(-1)}", "kind=decision&verdict=hold",
            "policy=us-7&verdict=defer", "policy=us-7&verdict=hold",
        f"policy=us-7&from={_at(60)}&to={_at(59)}", f"kind=notice.cancelled&from={_at(60)}&to={_at(59)}",
            "kind=decision&actor=core-0",
    ]  # fmt: skip
    others = [
        "/v1/holds", "/v1/inbound?matched=false", "/v1/suppressions",
        "/v1/suppressions?channel=sms&address=%2B12025550100",
        "/v1/suppressions?reason=complaint", "/v1/suppressions?channel=voice", "/metrics", "/v1/creditors",
        "/v1/templates", "/v1/policies", "/v1/webhooks",
    ]  # fmt: skip
    return [*(f"/v1/notices?{one}" for one in notices), *(f"/v1/log?{one}" for one in log), *others]


PAGES = (
    "/console", "/console/held", "/console/notices", "/console/notices?state=held",
    "/console/notices?state=delivered", "/console/log", "/console/log?kind=notice.cancelled",
    "/console/policies", "/console/suppressions", "/console/law", "/console/webhooks", "/console/borrowers",
    "/console?channel=sms", "/console/inbound",
    "/console/legal-holds", "/console/policies/house-strict", "/console/policies/build", "/console/templates",
    "/console/templates/overdue-reminder",
    "/console/creditors", "/console/keys", "/console/held?channel=sms", "/console/log/chain",
    "/console/log/exports", "/console/log/1000",
    "/console/outcomes", "/console/outcomes?by=week&by=channel", "/console/learning",
    "/console/policies/us-reg-f",
    f"/console/notices?from={_at(30)[:10]}&to={_at(30)[:10]}", "/console/log?kind=decision",
    "/console/log?actor=nobody", "/console/activity", "/console/activity?what=failed&what=unknown",
    f"/console/activity?what=defer&from={_at(14)}", f"/console/activity?rule=us-7/nothing&from={_at(14)}",
    f"/console/activity?what=handed_over&provider=sandbox&channel=sms&from={_at(1)}",
    f"/console/activity?from={_at(30)}&to={_at(29)}", "/console/notices?state=overdue",
    "/console/notices?state=receipt_owed",
)  # fmt: skip


def _quickest(client: httpx.Client, path: str) -> tuple[float, int]:
    """Milliseconds and status."""
    best, status = float("inf"), 0
    for _ in range(TIMES):
        begins = time.perf_counter()
        answer = client.get(path)
        best, status = min(best, (time.perf_counter() - begins) * 1000), answer.status_code
    return best, status


@contextmanager
def served(database_url: str) -> Iterator[httpx.Client]:
    """A client of an API on that database, signed in to the console too; nothing else runs."""
    with serving(database_url, "service", "serve", "--no-worker") as url:
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=url, headers=headers, timeout=120) as client:
            client.post(
                "/console/login", data={"key": KEY}, headers={"Origin": url, "Sec-Fetch-Site": "same-origin"}
            )
            yield client


def ask(database_url: str, asked: Sequence[str]) -> dict[str, float]:
    """The milliseconds of each of them. Raises RuntimeError for one that is not there."""
    found: dict[str, float] = {}
    with served(database_url) as client:
        for path in asked:
            took, status = _quickest(client, path)
            if status != httpx.codes.OK:
                raise RuntimeError(f"{path} was answered with {status}")
            found[path] = took
    return found


def measure() -> list[Figure]:
    """The slowest of all, and the one that grows most."""
    with postgres() as url:
        stores: dict[str, Any] = {}
        for name, number in (("few", FEW), ("many", MANY)):
            stores[name] = database(url, name)
            planted(stores[name], number)
        asked = (*paths(), *PAGES)  # the same instants in both
        few, many = ask(stores["few"], asked), ask(stores["many"], asked)
    if os.environ.get("FORBEAR_LISTS"):
        for path, took in sorted(many.items(), key=lambda one: -one[1]):
            print(f"{took:9.1f} {few[path]:9.1f} {path}", file=sys.stderr)
    return figures(few, many)


def figures(few: dict[str, float], many: dict[str, float]) -> list[Figure]:
    """The two rows."""
    slowest = max(many, key=many.__getitem__)
    grows = max(
        many.keys() & few.keys(), key=lambda path: max(many[path], STEADY_MS) / max(few[path], STEADY_MS)
    )
    longest, shown = max(many[grows], STEADY_MS), max(few[grows], STEADY_MS)
    return [
        below(
            "the slowest list or page, 2,000,000 deliveries",
            f"{many[slowest]:.0f} ms ({slowest})",
            "100 ms",
            many[slowest] / 100,
            1,
        ),
        below(
            "the list that grows most from 200,000 deliveries on",
            f"{many[grows]:.0f} ms ({grows})",
            f"{few[grows]:.0f} ms",
            longest / shown,
            3,
        ),
    ]

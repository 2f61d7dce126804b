"""Policies: by what they bind now; each with its life, its rules in words, its text, what it changes, and
what simulations found."""

from __future__ import annotations

import asyncio
import difflib
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from policies.difference import difference
from policies.policy import Policy, PolicyInvalid, parse_policy
from service.console.charts import Bucket, Columns, stacked
from service.console.forms import LONGEST_WORD, read_query
from service.console.pages import page, where
from service.console.results import find_result
from service.console.routes import allowed, router, runtime_of, visitor_of
from service.dispatch.governance.pending import is_author
from service.dispatch.governance.policies import list_policies, read_policy
from service.dispatch.what_if.reach import reaches
from service.errors import NotFound

MOST_LOOKED = 500
"""Waiting deliveries that the list looks at."""
CONTEXT = 3
HOUR, HOURS_DRAWN = timedelta(hours=1), 72
"""A simulation of so many hours is drawn by the hour, a longer one by the day."""
MOST_COLUMNS, LABELS, EVERY = 400, 14, (1, 2, 3, 6, 12, 24, 31)
"""One label in so many is shown: the first by which there are no more than LABELS."""
KINDS = ("good", "idle", "wait", "stop")
_KIND_OF = {
    "goes": "good",
    "waits_less": "good",
    "waits": "idle",
    "waits_longer": "idle",
    "held": "wait",
    "stopped": "stop",
}
policies = router()


@policies.get("/console/policies")
async def get_policies(request: Request) -> Response:
    """What binds open deliveries first, then what is in force and met by none, then what is on its way."""
    runtime = runtime_of(request)
    found = await list_policies(runtime)
    bound, looked, whole = await reaches(runtime, runtime.clock.now(), most=MOST_LOOKED)
    rows = [{**one, "open": bound[one["name"]]} for one in found]
    binding = sorted((one for one in rows if one["open"]), key=lambda one: (-one["open"], one["name"]))
    own = [one for one in rows if not one["open"] and one["latest_version"] > 0]
    ready = [one for one in rows if not one["open"] and one["latest_version"] == 0]
    return page(
        "policies.html",
        visitor_of(request),
        binding=binding,
        own=own,
        ready=ready,
        looked=looked,
        whole=whole,
        may_change=allowed(request, "POST", "/console/policies/new"),
    )


@policies.get("/console/policies/{name}")
async def get_policy(request: Request) -> Response:
    """One version, the one that binds where none is asked for, and all versions."""
    visitor, runtime, name = visitor_of(request), runtime_of(request), name_of(request)
    found = await read_policy(runtime, name)
    shown = chosen(found, version_of(read_query(request).one("version")))
    ships = runtime.in_force.shipped_policies.get(name) if shown["version"] == 0 else None
    parsed = ships or await _parsed(shown["document"])
    acts = allowed(request, "POST", "/console/policies/{name}")
    bound, looked, _ = await reaches(runtime, runtime.clock.now(), most=MOST_LOOKED)
    asked = shown.get("retirement_asked") or shown.get("rollback_asked")
    return page(
        "policy.html",
        visitor,
        policy=found,
        shown=shown,
        parsed=None if parsed is None else parsed.document,
        is_mine=await is_author(runtime, shown["created_by"], visitor.actor),
        asked_by_me=asked is not None and await is_author(runtime, asked["by"], visitor.actor),
        at=runtime.clock.now(),
        may_change=acts,
        bound=bound[name],
        looked=looked,
        lines=shown["document"].splitlines(),
    )


async def _parsed(text: str) -> Policy | None:
    """The policy in a text; None where this release cannot read it."""
    return await asyncio.to_thread(_read, text)


@lru_cache(maxsize=64)
def _read(text: str) -> Policy | None:
    """Kept, since a long text takes a tenth of a second and says the same each time."""
    try:
        return parse_policy(text)
    except PolicyInvalid:
        return None


@policies.get("/console/policies/{name}/compare")
async def get_compare(request: Request) -> Response:
    """What changes from one version to another: rule by rule in words, and line by line."""
    query, name = read_query(request), name_of(request)
    found = await read_policy(runtime_of(request), name)
    return page(
        "policy_compare.html",
        visitor_of(request),
        **await compared(found, query.one("old"), query.one("new")),
    )


async def compared(found: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The comparison of two versions: by default of the newest with the one that binds."""
    versions = found["versions"]
    after = chosen(found, version_of(new) if new else versions[0]["version"])
    others = [one for one in versions if one["version"] < after["version"]]
    usual = next((one for one in others if one["in_force"]), others[0] if others else after)
    before = chosen(found, version_of(old)) if old else usual
    parsed = [await _parsed(one["document"]) for one in (before, after)]
    changed = difference(parsed[0], parsed[1]) if parsed[0] is not None and parsed[1] is not None else None
    return {
        "policy": found,
        "before": before,
        "after": after,
        "changed": changed,
        "lines": diff_lines(before["document"], after["document"]),
    }


def diff_lines(old: str, new: str) -> list[tuple[str, int | None, str]]:
    """A unified difference: each line with its kind (`plus`, `minus`, `same`, `gap`) and its number in the
    newer text."""
    found: list[tuple[str, int | None, str]] = []
    number = 0
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=CONTEXT, lineterm=""):
        if line.startswith(("---", "+++")) and not found:
            continue
        if line.startswith("@@"):
            number = int(line.split("+")[1].split(",")[0].split(" ")[0]) - 1
            if number > 0:
                found.append(("gap", None, "⋯"))
        elif line.startswith("-"):
            found.append(("minus", None, line[1:]))
        else:
            number += 1
            found.append(("plus" if line.startswith("+") else "same", number, line[1:]))
    return found


@policies.get("/console/policies/{name}/results/{result}")
async def get_result(request: Request) -> Response:
    """What a run of cases or a simulation found: it may be looked at again, and does nothing."""
    visitor, name = visitor_of(request), name_of(request)
    kept = await find_result(runtime_of(request), request.path_params["result"], f"policy {name}")
    document = kept["document"]
    if kept["kind"] == "cases":
        return page(
            "policy_cases.html", visitor, name=name, version=kept["version"], made_at=kept["at"], run=document
        )
    chart = drawn(document, visitor.zone)
    return page(
        "policy_simulation.html",
        visitor,
        name=name,
        version=kept["version"],
        made_at=kept["at"],
        run=document,
        chart=chart,
    )


def drawn(document: dict[str, Any], zone: str) -> Columns:
    """The deliveries that change, by the hour or by the day of the decision; each of the span has its place,
    also where nothing changes."""
    local = where(zone)
    since, until = (datetime.fromisoformat(document[name]) for name in ("from", "to"))
    by_day = (until - since).total_seconds() > HOURS_DRAWN * 3600
    form, step = ("%Y-%m-%d", "%m-%d") if by_day else ("%Y-%m-%d %H:00", "%m-%d %H")
    found: dict[str, tuple[str, dict[str, int]]] = {}
    at = since.replace(minute=0, second=0, microsecond=0)
    while at < until and len(found) < MOST_COLUMNS:
        found.setdefault(f"{at.astimezone(local):{form}}", (f"{at.astimezone(local):{step}}", {}))
        at += HOUR
    for one in document["by_hour"]:
        at = datetime.fromisoformat(one["hour"]).astimezone(local)
        _, counts = found.setdefault(f"{at:{form}}", (f"{at:{step}}", {}))
        kind = _KIND_OF[one["effect"]]
        counts[kind] = counts.get(kind, 0) + one["deliveries"]
    buckets = [Bucket(label=label, title=title, counts=counts) for title, (label, counts) in found.items()]
    every = next((one for one in EVERY if len(buckets) <= one * LABELS), EVERY[-1])
    return stacked(buckets, KINDS, every=every)


def chosen(found: dict[str, Any], wanted: int | None) -> dict[str, Any]:
    """The version that is asked for, else the one that binds, else the newest. Raises NotFound."""
    if wanted is None:
        wanted = found["active_version"]
    one: dict[str, Any] | None = next(
        (one for one in found["versions"] if wanted in {None, one["version"]}), None
    )
    if one is None:
        raise NotFound("there is no such version")
    return one


def name_of(request: Request) -> str:
    """The name in the path. Raises NotFound for what can be none."""
    name: str = request.path_params["name"]
    if not name.isprintable() or len(name) > LONGEST_WORD:
        raise NotFound("there is no such policy")
    return name


def version_of(text: str) -> int | None:
    """A version's number; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004

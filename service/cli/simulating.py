"""The work of `forbear policy simulate`: a runtime, a run over as long a past as is asked for, a bar, and the
answer in lines."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from service.cli.documents import print_json, read_policy
from service.cli.keys import OPERATOR
from service.cli.progress import bar
from service.cli.runtime import opened_runtime
from service.dispatch.governance.policies import list_policies
from service.dispatch.runtime import Runtime
from service.dispatch.what_if.simulate import (
    Range,
    expected_entries,
    note_simulation,
    run_simulation,
    stored_policy,
)
from service.errors import NotFound


def simulate_and_print(
    name: str, version: int | None, file: Path | None, span: tuple[str, str], *, limit: int, as_json: bool
) -> None:
    """Simulate and print. Raises typer.BadParameter for wrong use, ForbearError where there is no such
    policy."""
    wanted = Range(since=_instant(span[0], "--from"), until=_instant(span[1], "--to"))
    if wanted.since >= wanted.until:
        raise typer.BadParameter("expected an instant after --from", param_hint="--to")
    found = asyncio.run(_simulate(name, version, file, wanted, limit))
    if as_json:
        print_json(found)
        return
    for line in lines_of(found):
        typer.echo(line)


def _instant(text: str, option: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            "expected an instant such as 2026-11-01T00:00:00Z, or a date", param_hint=option
        ) from None


async def _simulate(
    name: str, version: int | None, file: Path | None, wanted: Range, limit: int
) -> dict[str, Any]:
    async with opened_runtime() as runtime:
        if file is not None:
            policy, number = read_policy(file), None
            if policy.name != name:
                raise typer.BadParameter(f"{file}: its name is {policy.name}, expected {name}")
        else:
            number = await _number(runtime, name, version)
            policy = await stored_policy(runtime, name, number)
        total = await expected_entries(runtime, wanted)
        with bar("Judging", total) as advance:
            walked = 0

            def progress(done: int, _: int) -> None:
                nonlocal walked
                advance(done - walked)
                walked = done

            run = await run_simulation(runtime, policy, wanted, show=limit, progress=progress)
        return await note_simulation(runtime, policy, wanted, run, OPERATOR, version=number)


async def _number(runtime: Runtime, name: str, version: int | None) -> int:
    """The number of the version that is meant: the newest one where none is named."""
    if version is not None:
        return version
    for one in await list_policies(runtime):
        if one["name"] == name:
            number: int = one["latest_version"]
            return number
    raise NotFound(f"no policy is named {name}")


def lines_of(found: dict[str, Any]) -> list[str]:
    """The answer for a person: the sentence, the counts, and the first deliveries that change."""
    lines = [found["sentence"]]
    for one in found["changes"]:
        wait = one["average_wait_hours"]
        hours = "" if wait is None else f", {wait:+.2f} h on average"
        lines.append(
            f"  {one['from']} becomes {one['to']}: {one['decisions']} decisions, {one['deliveries']} "
            f"deliveries{hours}"
        )
    if found["decisions"]["judged_by_other_text"]:
        number = found["decisions"]["judged_by_other_text"]
        lines.append(
            f"  {number} were judged by another text of a policy, or by other zone data, than at the time"
        )
    shown = found["deliveries"]
    for one in shown["items"]:
        until = "" if one["to"]["until"] is None else f" until {one['to']['until']:%Y-%m-%d %H:%M}Z"
        lines.append(
            f"  {one['at']:%Y-%m-%d %H:%M}Z {one['delivery']}: {one['from']['verdict']} becomes "
            f"{one['to']['verdict']}{until}"
        )
        lines += [f"    because {one['to']['reason']}"] if one["to"]["reason"] else []
    if shown["total"] > shown["shown"]:
        lines.append(f"  and {shown['total'] - shown['shown']} more; --limit lists them")
    return lines

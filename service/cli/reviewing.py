"""`forbear policy review`: the upkeep of policies in lines for a person, or in JSON for a machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date, timedelta
from itertools import groupby

import typer

from policies.policy import Policy
from policies.review import Reading, Review, Turn, review
from service.cli.documents import print_json


def review_and_print(policies: Iterable[Policy], today: date, ahead: timedelta, *, as_json: bool) -> None:
    """What is old, unsure, about to change or replaced."""
    found = review(policies, today)
    if as_json:
        reminders = [asdict(one) for one in found.reminders(ahead)]
        print_json({**asdict(found), "reminders": reminders})
        return
    typer.echo("\n".join(_lines(found, ahead)))


def _lines(found: Review, ahead: timedelta) -> Iterator[str]:
    near = found.reminders(ahead)
    yield f"Within {ahead.days} days of {found.today}:" + ("" if near else " nothing changes.")
    yield from (f"  {_turn(one)}" for one in near)
    if later := found.turns[len(near) :]:
        yield "Later:"
        yield from (f"  {_turn(one)}" for one in later)
    if found.replaced:
        yield "Citations that were replaced:"
        yield from (f"  {one.policy}: {one.citation}, by {one.by} on {one.on}" for one in found.replaced)
    yield "Rules by confidence and age of the reading:"
    for (confidence, verified_on, policy), readings in groupby(found.readings, key=_group):
        rules = list(readings)
        names = ", ".join(one.rule for one in rules)
        yield f"  {confidence}, {rules[0].age_days} days ({verified_on}), {policy}: {names}"


def _group(one: Reading) -> tuple[str, date, str]:
    return one.confidence, one.verified_on, one.policy


def _turn(one: Turn) -> str:
    where = one.policy if one.rule is None else f"{one.policy}/{one.rule}"
    return f"{one.on}, in {one.in_days} days: {where}: {one.what} [{one.citation}]"

"""New versions of policies: written as text, with each fault at its line, or built from a form that writes
the text."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response

from policies.document_errors import line_of
from policies.draft import parse_draft
from policies.policy import Policy, PolicyInvalid, lines_of
from service.console.builder import DAYS, ROWS, built
from service.console.forms import NOTHING_GIVEN, Draft, misfit, read_form, read_query
from service.console.pages import page
from service.console.policies import chosen, name_of, version_of
from service.console.routes import done, reshown, router, runtime_of, visitor_of
from service.dispatch.governance.policies import field_errors_of, put_policy, read_policy
from service.dispatch.runtime import Runtime
from service.errors import InvalidRequest

NEW, BUILD = "/console/policies/new", "/console/policies/build"
_LINE = re.compile(r"line (\d+): ")
AROUND = 2
drafting = router()

STARTER = """\
name: evening-rest
version: "1"
title: "No message after supper"
citation: "house policy"
force: house
verified_on: 2026-11-01
confidence: high
rules:
  - id: hours
    kind: clock_window
    citation: "house policy: 09:00 to 19:00 in every candidate zone"
    hours:
      mon-sat: 09:00-19:00
cases:
  - id: at-noon
    borrower: {zones_by_source: {address: [Europe/Rome]}}
    debt_ids: [d1]
    proposed: {at: "2026-11-03T12:00:00+01:00", channel: sms}
    expected: {verdict: allow}
"""


def lines_with_errors(
    text: str, errors: tuple[tuple[str, str], ...]
) -> list[tuple[int | None, str, list[str]]]:
    """The lines of a text around its errors, each with what is wrong there; None stands for lines that are
    left out."""
    lines, found = text.splitlines(), dict[int, list[str]]()
    for pointer, detail in errors:
        match = _LINE.match(detail)
        number = int(match[1]) if match else 1
        found.setdefault(number, []).append(f"{pointer or '/'}: {_LINE.sub('', detail, count=1)}")
    near = {line for number in found for line in range(number - AROUND, number + AROUND + 1)}
    shown: list[tuple[int | None, str, list[str]]] = []
    for number, line in enumerate(lines, 1):
        if number in near:
            shown.append((number, line, found.pop(number, [])))
        elif shown and shown[-1][0] is not None:
            shown.append((None, "⋯", []))
    if found:
        shown.append((None, "", [one for some in found.values() for one in some]))
    return shown


def at_their_lines(text: str, errors: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Errors that name a pointer alone, each with the line of the text that it points at."""
    try:
        lines = lines_of(text)
    except PolicyInvalid:
        return errors
    return tuple((pointer, f"line {line_of(pointer, lines) or 1}: {detail}") for pointer, detail in errors)


def _written(
    request: Request, draft: Draft, *, name: str | None, text: str, based_on: int | None
) -> Response:
    shown = draft.value("document", text)
    return page(
        "policy_edit.html",
        visitor_of(request),
        name=name,
        text=shown,
        based_on=based_on,
        places=lines_with_errors(shown, draft.errors) if draft.errors else [],
        draft=draft,
    )


async def _new(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    return _written(request, draft, name=None, text=STARTER, based_on=None)


async def _edit(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    name = name_of(request)
    found = await read_policy(runtime_of(request), name)
    based = chosen(found, version_of(read_query(request).one("version")))
    return _written(request, draft, name=name, text=based["document"], based_on=based["version"])


@drafting.get(NEW)
async def get_new(request: Request) -> Response:
    """A text to begin with."""
    return await _new(request)


@drafting.post(NEW)
@reshown(_new)
async def post_new(request: Request) -> Response:
    """Store a first version, under the name in its text."""
    text = (await read_form(request)).one("document").replace("\r\n", "\n")
    policy = await asyncio.to_thread(_parsed, text)
    return await _stored(request, policy.name, text)


def _parsed(text: str) -> Policy:
    """The policy in a text. Raises InvalidRequest with every fault."""
    try:
        return parse_draft(text)
    except PolicyInvalid as error:
        found = field_errors_of(error.errors)
    raise InvalidRequest("the document is no policy; nothing was stored", field_errors=found)


async def _build(request: Request, draft: Draft = NOTHING_GIVEN, text: str | None = None) -> Response:
    return page("policy_build.html", visitor_of(request), days=DAYS, rows=ROWS, text=text, draft=draft)


@drafting.get(BUILD)
async def get_build(request: Request) -> Response:
    """The form of the usual house rules."""
    return await _build(request)


@drafting.post(BUILD)
@reshown(_build)
async def post_build(request: Request) -> Response:
    """Write the text that a form asks for, to be looked at or stored as a draft."""
    form, runtime = await read_form(request), runtime_of(request)
    name, text = built(form, runtime.clock.now().date())
    if form.one("step") == "show":
        return await _build(request, Draft(form), text)
    await _check_new(runtime, name)
    await asyncio.to_thread(_parsed, text)
    return await _stored(request, name, text)


async def _check_new(runtime: Runtime, name: str) -> None:
    """Raise InvalidRequest for the name of a pack: a house rule of the same name would take the law's
    place."""
    if name in runtime.in_force.shipped_policies:
        raise misfit(
            "name", "expected another name: a policy that ships has this one, and yours would replace it"
        )


@drafting.get("/console/policies/{name}/edit")
async def get_edit(request: Request) -> Response:
    """A version's text, to be changed into a new one."""
    return await _edit(request)


@drafting.post("/console/policies/{name}")
@reshown(_edit)
async def post_draft(request: Request) -> Response:
    """Store a text as a new draft. One that does not fit comes back as it was written, with each fault at its
    line."""
    text = (await read_form(request)).one("document").replace("\r\n", "\n")
    return await _stored(request, name_of(request), text)


async def _stored(request: Request, name: str, text: str) -> Response:
    stored, new = await put_policy(runtime_of(request), name, text, visitor_of(request).actor)
    version = stored["version"]
    path = f"/console/policies/{name}?version={version}"
    return done(request, path, "drafted" if new else "same-text", version=version)

"""Templates: drafted, shown in every language and channel with what a text costs, approved by another key,
put in use."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.console.drafting import at_their_lines, lines_with_errors
from service.console.forms import NOTHING_GIVEN, Draft, misfit, read_form, read_query
from service.console.pages import page
from service.console.policies import chosen, name_of, version_of
from service.console.routes import allowed, done, reshown, router, runtime_of, visitor_of
from service.dispatch.governance.pending import is_author
from service.dispatch.governance.templates import (
    Specimen,
    activate_template,
    approve_template,
    list_templates,
    preview_template,
    put_template,
    read_template,
)
from service.dispatch.runtime import Runtime
from service.errors import NotFound

LONGEST_TEXT = 100_000
PATH = "/console/templates"
STEPS = ("approve", "activate")
message_templates = router()


@message_templates.get(PATH)
async def get_templates(request: Request) -> Response:
    """By name."""
    found = await list_templates(runtime_of(request))
    return page("templates.html", visitor_of(request), found=found)


@message_templates.get(f"{PATH}/{{name}}")
async def get_template(request: Request) -> Response:
    """One version, with specimens of it in every language and channel."""
    visitor, runtime, name = visitor_of(request), runtime_of(request), name_of(request)
    found = await read_template(runtime, name)
    shown = chosen(found, version_of(read_query(request).one("version")))
    return page(
        "template.html",
        visitor,
        template=found,
        shown=shown,
        specimens=await _specimens(runtime, name, shown["version"]),
        is_mine=await is_author(runtime, shown["created_by"], visitor.actor),
        may_change=allowed(request, "POST", f"{PATH}/{{name}}"),
        lines=shown["document"].splitlines(),
    )


async def _specimens(runtime: Runtime, name: str, version: int) -> list[tuple[str, list[dict[str, Any]]]]:
    """Each language with a specimen on each of the template's channels."""
    template = runtime.in_force.template(name, version)
    return [
        (
            language,
            [
                await preview_template(
                    runtime, name, Specimen(channel=channel, language=language, version=version)
                )
                for channel in template.channels()
            ],
        )
        for language in template.languages
    ]


async def _edit(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    name = name_of(request)
    found = await read_template(runtime_of(request), name)
    based = chosen(found, version_of(read_query(request).one("version")))
    text = draft.value("document", based["document"])
    return page(
        "template_edit.html",
        visitor_of(request),
        name=name,
        text=text,
        places=lines_with_errors(text, at_their_lines(text, draft.errors)) if draft.errors else [],
        draft=draft,
    )


@message_templates.get(f"{PATH}/{{name}}/edit")
async def get_edit(request: Request) -> Response:
    """A version's text, to be changed into a new one, or under another name into another template."""
    return await _edit(request)


@message_templates.post(f"{PATH}/{{name}}")
@reshown(_edit)
async def post_template(request: Request) -> Response:
    """Store a text as a new draft, under the name that stands in it."""
    text = (await read_form(request)).one("document").replace("\r\n", "\n")
    name = await asyncio.to_thread(_named, text)
    stored, new = await put_template(runtime_of(request), name, text, visitor_of(request).actor)
    version = stored["version"]
    return done(
        request, f"{PATH}/{name}?version={version}", "drafted" if new else "same-text", version=version
    )


def _named(text: str) -> str:
    """The name in a text; whatever else is wrong with it is found when it is stored. Raises
    InvalidRequest."""
    if len(text) > LONGEST_TEXT:
        raise misfit("document", f"expected at most {LONGEST_TEXT:,} characters")
    for line in text.splitlines():
        field, colon, value = line.partition(":")
        if colon and field == "name":
            return value.strip().strip("\"'")[:64]
    raise misfit("document", "expected a line such as `name: overdue-reminder`")


async def _asked(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    name, version = name_of(request), version_of(request.path_params["version"])
    step = request.path_params["step"]
    if version is None or step not in STEPS:
        raise NotFound("there is no such step")
    runtime, visitor = runtime_of(request), visitor_of(request)
    shown = chosen(await read_template(runtime, name), version)
    is_mine = await is_author(runtime, shown["created_by"], visitor.actor)
    return page(
        "template_step.html", visitor, name=name, shown=shown, step=step, is_mine=is_mine, draft=draft
    )


@message_templates.get(f"{PATH}/{{name}}/{{version}}/{{step}}")
async def get_step(request: Request) -> Response:
    """Says what will happen."""
    return await _asked(request)


@message_templates.post(f"{PATH}/{{name}}/{{version}}/{{step}}")
@reshown(_asked)
async def post_step(request: Request) -> Response:
    """Approve a version, or put it in use."""
    runtime, actor, form = runtime_of(request), visitor_of(request).actor, await read_form(request)
    name, version = name_of(request), version_of(request.path_params["version"])
    step = request.path_params["step"]
    if version is None or step not in STEPS:
        raise NotFound("there is no such step")
    here = f"{PATH}/{name}?version={version}"
    if step == "approve":
        await approve_template(runtime, name, version, actor)
        return done(request, here, "approved", version=version)
    await activate_template(runtime, name, version, actor, reason=form.line("reason"))
    return done(request, here, "template-active", version=version)

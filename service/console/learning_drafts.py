"""The life of a learning policy in pages: drafted as text with each fault at its line, tested, approved by
another, put in use, ended."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.console.drafting import lines_with_errors
from service.console.forms import NOTHING_GIVEN, Draft, read_form, read_query
from service.console.pages import page
from service.console.policies import chosen, name_of, version_of
from service.console.results import find_result, keep_result
from service.console.routes import done, reshown, router, runtime_of, visitor_of
from service.dispatch.governance.pending import is_author
from service.dispatch.learning.governance import (
    activate_policy,
    approve_policy,
    put_policy,
    read_document,
    read_policy,
    retire_policy,
    test_policy,
)
from service.errors import NotFound

PATH = "/console/learning"
STEP = f"{PATH}/{{name}}/{{version}}/{{step}}"
ASKED = ("approve", "activate", "retire")
"""Steps that have a page of their own before they are taken."""
STARTER = """\
name: first-bank-timing
kind: learning
creditor: first-inclusive-bank
stage: shadow                     # then chance, then live
categories: [reminder, collection]
value: {payment: 1, promise_to_pay: 0.2, plan_request: 0.3, opt_out: -0.5, complaint: -3, hung_up: -0.1}
peace: {most_contacts_for_one_more_payment: {sms: 150, email: 150, voice: 40}}
silence: {at_most_days: 28, always_told: [payment-plan-offer, hardship-offer]}
experiment: {holdout: 0.10, salt: "2027-q1"}
stop: {at_most_per_1000_rounds: 12, payments_at_least: 0.95}
"""
learning_drafts = router()


def _written(request: Request, draft: Draft, *, name: str | None, text: str) -> Response:
    shown = draft.value("document", text)
    return page(
        "learning_edit.html",
        visitor_of(request),
        name=name,
        text=shown,
        places=lines_with_errors(shown, draft.errors) if draft.errors else [],
        draft=draft,
    )


async def _new(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    return _written(request, draft, name=None, text=STARTER)


async def _edit(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    found = await read_policy(runtime_of(request), name_of(request), visitor_of(request).actor)
    based = chosen(found, version_of(read_query(request).one("version")))
    return _written(request, draft, name=found["name"], text=based["document"])


@learning_drafts.get(f"{PATH}/new")
async def get_new(request: Request) -> Response:
    """A text to begin with: in the shadow, where nothing is chosen for anybody."""
    return await _new(request)


@learning_drafts.post(f"{PATH}/new")
@reshown(_new)
async def post_new(request: Request) -> Response:
    """Store a first version, under the name in its text."""
    text = (await read_form(request)).one("document").replace("\r\n", "\n")
    return await _stored(request, read_document(text).name, text)


@learning_drafts.get(f"{PATH}/{{name}}/edit")
async def get_edit(request: Request) -> Response:
    """A version's text, to be changed into a new one."""
    return await _edit(request)


@learning_drafts.post(f"{PATH}/{{name}}")
@reshown(_edit)
async def post_draft(request: Request) -> Response:
    """Store a text as a new draft. One that does not fit comes back as it was written, each fault at its
    line."""
    text = (await read_form(request)).one("document").replace("\r\n", "\n")
    return await _stored(request, name_of(request), text)


async def _stored(request: Request, name: str, text: str) -> Response:
    stored, new = await put_policy(runtime_of(request), name, text, visitor_of(request).actor)
    version = stored["version"]
    code = "drafted" if new else "same-text"
    return done(request, f"{PATH}/{name}?version={version}", code, version=version)


@learning_drafts.get(f"{PATH}/{{name}}/results/{{result}}")
async def get_result(request: Request) -> Response:
    """What a test said: what the weights mean, and what other weights would do."""
    visitor, name, runtime = visitor_of(request), name_of(request), runtime_of(request)
    await read_policy(runtime, name, visitor.actor)
    kept = await find_result(runtime, request.path_params["result"], f"learning {name}")
    return page(
        "learning_test.html",
        visitor,
        name=name,
        version=kept["version"],
        made_at=kept["at"],
        run=kept["document"],
    )


async def _asked(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    name, version, step = _step_of(request)
    if step not in ASKED:
        raise NotFound("there is no such step")
    runtime, visitor = runtime_of(request), visitor_of(request)
    found = await read_policy(runtime, name, visitor.actor)
    shown = chosen(found, version)
    return page(
        "learning_step.html",
        visitor,
        name=name,
        shown=shown,
        step=step,
        active=found["active_version"],
        is_mine=await is_author(runtime, shown["created_by"], visitor.actor),
        draft=draft,
    )


def _step_of(request: Request) -> tuple[str, int, str]:
    version = version_of(request.path_params["version"])
    if version is None:
        raise NotFound("there is no such step")
    return name_of(request), version, request.path_params["step"]


@learning_drafts.get(STEP)
async def get_step(request: Request) -> Response:
    """Says what will happen, and asks for what is needed."""
    return await _asked(request)


@learning_drafts.post(STEP)
@reshown(_asked)
async def post_step(request: Request) -> Response:
    """Take a step."""
    name, version, step = _step_of(request)
    runtime, actor, form = runtime_of(request), visitor_of(request).actor, await read_form(request)
    here = f"{PATH}/{name}?version={version}"
    match step:
        case "test":
            return await _tested(request, name, version)
        case "approve":
            await approve_policy(runtime, name, version, actor)
            return done(request, here, "approved", version=version)
        case "activate":
            await activate_policy(runtime, name, version, actor)
            return done(request, here, "learning-active", version=version)
        case "retire":
            await retire_policy(runtime, name, version, actor, reason=form.line("reason"))
            return done(request, here, "learning-retired", version=version)
        case _:
            raise NotFound("there is no such step")


async def _tested(request: Request, name: str, version: int) -> Response:
    runtime = runtime_of(request)
    run = await test_policy(runtime, name, version, visitor_of(request).actor)
    shown: dict[str, Any] = {key: run[key] for key in ("sentences", "rounds", "frontier")}
    id_ = await keep_result(runtime, f"learning {name}", kind="frontier", version=version, document=shown)
    return RedirectResponse(f"{PATH}/{name}/results/{id_}", status_code=303)

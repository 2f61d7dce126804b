"""API keys: made, rotated with an overlap, revoked. A key's text is shown once; nobody can show it again."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import NOTHING_GIVEN, Draft, Form, misfit, read_form, read_query
from service.console.inbound import after
from service.console.pages import page
from service.console.routes import console_of, done, reshown, router, runtime_of, visitor_of
from service.console.times import local_instant
from service.dispatch.access.keys import create_key, find_key, key_document, list_keys, revoke_key, rotate_key
from service.errors import NotFound
from service.model.actor import Role
from service.model.key import KeyDraft

SHOWN = 100
MOST_RATE = 10_000_000
PATH = "/console/keys"
_CREDITOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
keys = router()


async def _form(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    visitor, runtime = visitor_of(request), runtime_of(request)
    at = runtime.clock.now()
    found = await list_keys(runtime, visitor.actor, after=after(read_query(request)), limit=SHOWN + 1)
    older = None
    if len(found) > SHOWN:
        last = found[SHOWN - 1]
        older = "?" + urlencode({"after": f"{last.created_at.isoformat()}|{last.id}"})
    rows = [{**key_document(one), "refusal": one.refusal(at)} for one in found[:SHOWN]]
    return page("keys.html", visitor, found=rows, older=older, roles=[one.value for one in Role], draft=draft)


@keys.get(PATH)
async def get_keys(request: Request) -> Response:
    """Newest first, also those that are no longer good."""
    return await _form(request)


@keys.post(PATH)
@reshown(_form)
async def post_key(request: Request) -> Response:
    """Make one, and show its text this once."""
    form = await read_form(request)
    role = form.choice("role", [one.value for one in Role])
    if role is None:
        raise misfit("role", "expected one of producer, ops, auditor, admin")
    draft = KeyDraft(
        name=form.line("name"),
        role=Role(role),
        creditors=_creditors(form),
        rate_per_minute=_rate(form),
        expires_at=_expiry(form, visitor_of(request).zone, runtime_of(request).clock.now()),
    )
    issued = await create_key(runtime_of(request), draft, visitor_of(request).actor)
    return done(request, PATH, "key-made", secret=issued.fresh.text)


def _creditors(form: Form) -> frozenset[str] | None:
    names = [one for one in re.split(r"[\s,]+", form.one("creditors").strip()) if one]
    if any(_CREDITOR.fullmatch(one) is None for one in names):
        raise misfit("creditors", "expected names of creditors, with commas between, or nothing for all")
    return frozenset(names) or None


def _rate(form: Form) -> int | None:
    text = form.word("rate_per_minute")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_RATE):
        raise misfit("rate_per_minute", f"expected a number of requests from 1 to {MOST_RATE:,}")
    return int(text[:9])


def _expiry(form: Form, zone: str, now: datetime) -> datetime | None:
    at = local_instant(form, "expires", zone)
    if at is not None and at <= now:
        raise misfit("expires_date", "expected an instant in the future")
    return at


async def _step(request: Request) -> Response:
    step, found = request.path_params["step"], await find_key(runtime_of(request), request.path_params["id"])
    if step not in {"revoke", "rotate"} or found is None:
        raise NotFound("there is no such key, or no such step")
    return page("key_step.html", visitor_of(request), one=found[0], step=step)


@keys.get(f"{PATH}/{{id}}/{{step}}")
async def get_step(request: Request) -> Response:
    """Says what will happen."""
    return await _step(request)


@keys.post(f"{PATH}/{{id}}/{{step}}")
async def post_step(request: Request) -> Response:
    """Revoke a key, or rotate it."""
    runtime, actor, id_ = runtime_of(request), visitor_of(request).actor, request.path_params["id"]
    match request.path_params["step"]:
        case "revoke":
            await revoke_key(runtime, id_, actor)
            console_of(request).sessions.end_of_key(id_)
            return done(request, PATH, "key-revoked")
        case "rotate":
            issued = await rotate_key(runtime, id_, actor)
            return done(request, PATH, "key-rotated", secret=issued.fresh.text)
        case _:
            raise NotFound("there is no such step")

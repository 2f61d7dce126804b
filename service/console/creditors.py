"""Creditors' profiles: what every message says about who writes and how to reach them."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import NOTHING_GIVEN, Draft, Form, misfit, read_form
from service.console.pages import page
from service.console.routes import allowed, done, reshown, router, runtime_of, visitor_of
from service.dispatch.governance.creditors import get_creditor, list_creditors, put_creditor
from service.model.suppression import misfit as unfit

MOST = 1000
PATH = "/console/creditors"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_URL = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:443)?(/[!-~]*)?")
creditors = router()


async def _form(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    visitor = visitor_of(request)
    found = await list_creditors(runtime_of(request), visitor.actor, after=None, limit=MOST)
    may_change = allowed(request, "POST", PATH)
    return page(
        "creditors.html",
        visitor,
        found=found,
        one=None,
        may_change=may_change,
        draft=draft,
        senders=_shown(request),
    )


def _shown(request: Request) -> dict[str, list[tuple[str, str]]]:
    """The same as options of a form, each named as it is."""
    return {channel: [(name, name) for name in names] for channel, names in _senders(request).items()}


def _senders(request: Request) -> dict[str, list[str]]:
    """The accounts that a profile can name, by channel; no channel where there is none."""
    senders = runtime_of(request).in_force.senders
    return {channel: sorted(some) for channel, some in senders.items() if some}


@creditors.get(PATH)
async def get_creditors(request: Request) -> Response:
    """By name."""
    return await _form(request)


@creditors.get(f"{PATH}/{{creditor}}")
async def get_one(request: Request) -> Response:
    """One profile, to be read or changed."""
    visitor = visitor_of(request)
    one = await get_creditor(runtime_of(request), request.path_params["creditor"], visitor.actor)
    may_change = allowed(request, "POST", PATH)
    return page("creditors.html", visitor, found=[], one=one, may_change=may_change, senders=_shown(request))


@creditors.post(PATH)
@reshown(_form)
async def post_creditor(request: Request) -> Response:
    """Store a profile; the next message says so."""
    form = await read_form(request)
    creditor, phone, email, url = (
        form.line("creditor"),
        form.word("phone"),
        form.word("email"),
        form.word("url"),
    )
    _check(creditor, phone, email, url, form)
    await put_creditor(
        runtime_of(request),
        creditor,
        name=form.line("name"),
        phone=phone,
        email=email,
        url=url,
        senders={
            channel: sender
            for channel, known in _senders(request).items()
            if (sender := form.choice(f"sender_{channel}", known)) is not None
        },
        actor=visitor_of(request).actor,
    )
    return done(request, PATH, "creditor-stored")


def _check(creditor: str, phone: str | None, email: str | None, url: str | None, form: Form) -> None:
    """Raise InvalidRequest where a field does not fit."""
    form.line("name")
    if _NAME.fullmatch(creditor) is None:
        raise misfit(
            "creditor", "expected a name of at most 64 letters, digits, dots, hyphens and underscores"
        )
    for name, channel, value in (("phone", "voice", phone), ("email", "email", email)):
        wrong = None if value is None else unfit(value, channel)
        if wrong is not None:
            raise misfit(name, wrong)
    if url is not None and _URL.fullmatch(url) is None:
        raise misfit("url", "expected an https URL with a host name, such as https://example.com/help")
    if phone is email is url is None:
        raise misfit(
            "phone", "expected at least one of phone, email and url: how a borrower reaches the lender"
        )

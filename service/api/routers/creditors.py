"""Creditors' profiles: what every message says about who writes and how to reach them."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import fastapi
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from service.api.answers import Answer, answer, page
from service.api.bodies import body_of
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.openapi import gives, takes
from service.api.parameters import ListQuery, PathCreditor
from service.api.schemas.governing import CreditorPage, CreditorProfile
from service.api.schemas.words import WEB, WORD, Closed, FilledName, Mailbox, PhoneNumber
from service.dispatch.governance.creditors import get_creditor, list_creditors, put_creditor
from service.errors import FieldError, InvalidRequest

creditors = router("creditors")

_EXAMPLE: dict[str, Any] = {
    "name": "First Inclusive Bank",
    "phone": "+12025550100",
    "email": "care@example.com",
    "url": "https://example.com/help",
}


def _web(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = (
            parts.scheme == "https"
            and parts.hostname is not None
            and "." in parts.hostname
            and parts.port in {None, 443}
        )
    except ValueError:
        good = False
    if not good or "@" in url:
        raise PydanticCustomError(
            "url",
            "expected an https URL with a host name, without user or port, such as https://example.com/help",
        )
    return url


Url = Annotated[str, StringConstraints(min_length=8, max_length=300, pattern=WEB), AfterValidator(_web)]


SenderName = Annotated[str, StringConstraints(min_length=1, max_length=24, pattern=WORD)]


class SendersBody(Closed):
    """By channel, the name of an account in FORBEAR_SENDERS; on a channel without one messages leave by the
    deployment's own account."""

    sms: SenderName | None = None
    email: SenderName | None = None
    voice: SenderName | None = None
    whatsapp: SenderName | None = None


class CreditorBody(Closed):
    """The name that borrowers know, and at least one way to reach the lender."""

    name: FilledName
    phone: PhoneNumber | None = None
    email: Mailbox | None = None
    url: Url | None = None
    senders: SendersBody | None = None


@creditors.put(
    "/v1/creditors/{creditor}",
    operation_id="putCreditor",
    summary="Store a creditor's profile",
    responses=gives("Replaced.") | gives("New.", status=201),
    openapi_extra=takes(CreditorBody, example=_EXAMPLE),
)
async def put(request: Request, creditor: PathCreditor) -> Answer[CreditorProfile]:
    """Messages show it from now on."""
    body = await body_of(request, CreditorBody)
    if body.phone is body.email is body.url is None:
        field_error = FieldError(
            pointer="", detail="expected at least one of phone, email and url", code="missing"
        )
        raise InvalidRequest("the body does not fit; nothing was stored", field_errors=[field_error])
    document, created = await put_creditor(
        state_of(request).runtime,
        creditor,
        name=body.name,
        phone=body.phone,
        email=body.email,
        url=body.url,
        senders={} if body.senders is None else body.senders.model_dump(exclude_none=True),
        actor=actor_of(request),
    )
    return answer(CreditorProfile, document, status=201 if created else 200)


@creditors.get(
    "/v1/creditors/{creditor}",
    operation_id="getCreditor",
    summary="Read a creditor's profile",
    responses=gives("The profile."),
)
async def get(request: Request, creditor: PathCreditor) -> Answer[CreditorProfile]:
    """404 where it has none."""
    return answer(CreditorProfile, await get_creditor(state_of(request).runtime, creditor, actor_of(request)))


@creditors.get(
    "/v1/creditors",
    operation_id="listCreditors",
    summary="List creditors' profiles",
    responses=gives("By name."),
)
async def get_list(request: Request, query: Annotated[ListQuery, fastapi.Query()]) -> Answer[CreditorPage]:
    """Those that the key may see."""
    runtime = state_of(request).runtime
    key = read_cursor(runtime.vault, "creditors", query.cursor)
    found = await list_creditors(
        runtime, actor_of(request), after=None if key is None else str(key[0]), limit=query.limit + 1
    )
    shown = found[: query.limit]
    last = [shown[-1]["creditor"]] if len(found) > query.limit else None
    return page(CreditorPage, shown, make_cursor(runtime.vault, "creditors", last))

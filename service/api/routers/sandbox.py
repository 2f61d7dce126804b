"""What the sandbox adapters "sent", while one is on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import fastapi
from pydantic import BeforeValidator
from starlette.requests import Request
from starlette.responses import Response

from service.api.answers import page
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.openapi import gives
from service.api.parameters import ListQuery, OptionalId
from service.api.schemas.answers import Page
from service.dispatch.keys import check_unlimited
from service.errors import NotFound

sandbox = router("sandbox")


class SandboxQuery(ListQuery):
    """What the list can be narrowed to."""

    channel: Annotated[Literal["sms", "email", "voice"] | None, BeforeValidator(lambda value: value or None)] = None
    borrower: OptionalId = None


@sandbox.get("/v1/sandbox/messages", summary="List what the sandbox sent, newest first", responses=gives(Page, "Whole messages."))
async def get_messages(request: Request, query: Annotated[SandboxQuery, fastapi.Query()]) -> Response:
    """404 while no sandbox adapter is on."""
    state = state_of(request)
    check_unlimited(actor_of(request))
    if state.sandbox_messages is None:
        raise NotFound("no sandbox adapter is on")
    vault = state.desk.vault
    key = read_cursor(vault, "sandbox", query.cursor)
    after = None if key is None else (datetime.fromisoformat(key[0]), str(key[1]))
    found = await state.sandbox_messages(channel=query.channel, borrower=query.borrower, after=after, limit=query.limit + 1)
    shown = found[: query.limit]
    last = (shown[-1]["at"], shown[-1]["attempt"]) if len(found) > query.limit else None
    return page(shown, make_cursor(vault, "sandbox", last))

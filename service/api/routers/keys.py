"""API keys: made, listed, revoked, rotated. A key's text is in one answer only: the one that makes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import fastapi
from starlette.requests import Request

from service.api.answers import Answer, answer, page
from service.api.auth import Authenticator
from service.api.bodies import body_of
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, takes
from service.api.parameters import ListQuery, PathAny
from service.api.schemas.governing import KeyPage, KeyRecord, NewKey
from service.api.schemas.keys import KEY_EXAMPLE, KeyBody, RotateBody, key_draft, overlap_of
from service.dispatch.access.keys import (
    IssuedKey,
    create_key,
    key_document,
    list_keys,
    revoke_key,
    rotate_key,
)
from service.errors import Conflict

keys = router("keys")


@keys.post(
    "/v1/keys",
    operation_id="createKey",
    status_code=201,
    summary="Make an API key",
    responses=gives("The key, shown this once.", status=201),
    openapi_extra=takes(KeyBody, example=KEY_EXAMPLE),
)
async def post_key(request: Request) -> Answer[NewKey]:
    """Only its digest is kept."""
    body = await body_of(request, KeyBody)
    return _issued(await create_key(state_of(request).runtime, key_draft(body), actor_of(request)))


@keys.get(
    "/v1/keys",
    operation_id="listKeys",
    summary="List API keys, newest first",
    responses=gives("Also those that are no longer good."),
)
async def get_keys(request: Request, query: Annotated[ListQuery, fastapi.Query()]) -> Answer[KeyPage]:
    """Never a secret."""
    runtime = state_of(request).runtime
    key = read_cursor(runtime.vault, "keys", query.cursor)
    after = None if key is None else (datetime.fromisoformat(key[0]), str(key[1]))
    found = await list_keys(runtime, actor_of(request), after=after, limit=query.limit + 1)
    shown = found[: query.limit]
    last = (shown[-1].created_at, shown[-1].id) if len(found) > query.limit else None
    return page(KeyPage, [key_document(one) for one in shown], make_cursor(runtime.vault, "keys", last))


@keys.post(
    "/v1/keys/{id}/revoke",
    operation_id="revokeKey",
    summary="Revoke an API key",
    responses=gives("The key, of no use from now on."),
)
async def post_revoke(request: Request, id_: PathAny) -> Answer[KeyRecord]:
    """Binds this process at once, others within two seconds. Repeatable."""
    key = await revoke_key(state_of(request).runtime, id_, actor_of(request))
    _forget(request, id_)
    return answer(KeyRecord, key_document(key))


@keys.post(
    "/v1/keys/{id}/rotate",
    operation_id="rotateKey",
    status_code=201,
    summary="Replace an API key",
    responses=gives("The new key, shown this once; the old one ends after the overlap.", status=201),
    openapi_extra=fails(Conflict) | takes(RotateBody, example={"overlap": "P1D"}, required=False),
)
async def post_rotate(request: Request, id_: PathAny) -> Answer[NewKey]:
    """The body may be left out."""
    body = await body_of(request, RotateBody) if await request.body() else RotateBody()
    issued = await rotate_key(
        state_of(request).runtime,
        id_,
        actor_of(request),
        overlap=overlap_of(body),
        expires_at=body.expires_at,
    )
    _forget(request, id_)
    return _issued(issued)


def _issued(issued: IssuedKey) -> Answer[NewKey]:
    document: dict[str, Any] = {"key": issued.fresh.text, **key_document(issued.key)}
    return answer(NewKey, document, status=201)


def _forget(request: Request, key_id: str) -> None:
    authenticator: Authenticator = request.app.state.authenticator
    authenticator.forget(key_id)

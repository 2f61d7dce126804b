"""Webhooks: endpoints made, changed, tried and repeated."""

from __future__ import annotations

from typing import Annotated

import fastapi
from starlette.requests import Request
from starlette.responses import Response

from service.api.answers import Answer, answer, page
from service.api.bodies import body_of
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, takes
from service.api.parameters import ListQuery, PathAny
from service.api.schemas.webhooks import (
    ENDPOINT_EXAMPLE,
    EndpointBody,
    EndpointChange,
    NewWebhookEndpoint,
    ReplayBody,
    Replayed,
    WebhookAttempt,
    WebhookAttempts,
    WebhookEndpoint,
    WebhookEndpoints,
)
from service.dispatch.webhooks import endpoints
from service.dispatch.webhooks.endpoints import EndpointDraft
from service.errors import Conflict, FieldError, InvalidRequest

webhooks = router("webhooks")


@webhooks.post(
    "/v1/webhooks",
    operation_id="createWebhook",
    status_code=201,
    summary="Make a webhook endpoint",
    responses=gives("The endpoint with its secret, shown this once.", status=201, headers=("Location",)),
    openapi_extra=fails(Conflict) | takes(EndpointBody, example=ENDPOINT_EXAMPLE),
)
async def post_webhook(request: Request) -> Answer[NewWebhookEndpoint]:
    """Events from now on go there. Private and special addresses are refused, now and at every request."""
    body = await body_of(request, EndpointBody)
    draft = EndpointDraft(
        url=body.url,
        types=tuple(dict.fromkeys(body.types)),
        creditor=body.creditor,
        description=body.description,
        enabled=body.enabled,
    )
    made, secret = await endpoints.create(state_of(request).runtime, actor_of(request), draft)
    headers = {"Location": f"/v1/webhooks/{made['id']}"}
    return answer(NewWebhookEndpoint, {**made, "secret": secret}, status=201, headers=headers)


@webhooks.get(
    "/v1/webhooks",
    operation_id="listWebhooks",
    summary="List webhook endpoints, the oldest first",
    responses=gives("All of them; never a secret."),
)
async def get_webhooks(request: Request) -> Answer[WebhookEndpoints]:
    """There are a hundred at the most."""
    return page(WebhookEndpoints, await endpoints.listed(state_of(request).runtime, actor_of(request)), None)


@webhooks.get(
    "/v1/webhooks/{id}",
    operation_id="getWebhook",
    summary="Read a webhook endpoint",
    responses=gives("Never its secret."),
)
async def get_webhook(request: Request, id_: PathAny) -> Answer[WebhookEndpoint]:
    """Whether it is enabled, and if not, why."""
    return answer(WebhookEndpoint, await endpoints.read(state_of(request).runtime, actor_of(request), id_))


@webhooks.patch(
    "/v1/webhooks/{id}",
    operation_id="updateWebhook",
    summary="Change a webhook endpoint",
    responses=gives("The endpoint as it is now."),
    openapi_extra=takes(EndpointChange, example={"enabled": True}),
)
async def patch_webhook(request: Request, id_: PathAny) -> Answer[WebhookEndpoint]:
    """`enabled` true lets what waited leave at once; what happened while it was disabled is sent by a
    replay."""
    body = await body_of(request, EndpointChange)
    draft = EndpointDraft(
        url=body.url,
        types=None if body.types is None else tuple(dict.fromkeys(body.types)),
        creditor=body.creditor,
        description=body.description,
        enabled=body.enabled,
    )
    for_all = "creditor" in body.model_fields_set and body.creditor is None
    changed = await endpoints.change(
        state_of(request).runtime, actor_of(request), id_, draft, for_all=for_all
    )
    return answer(WebhookEndpoint, changed)


@webhooks.delete(
    "/v1/webhooks/{id}", operation_id="deleteWebhook", status_code=204, summary="Delete a webhook endpoint"
)
async def delete_webhook(request: Request, id_: PathAny) -> Response:
    """What was on its way to it is forgotten."""
    await endpoints.delete(state_of(request).runtime, actor_of(request), id_)
    return Response(status_code=204)


@webhooks.post(
    "/v1/webhooks/{id}/rotate",
    operation_id="rotateWebhookSecret",
    summary="Replace the secret of a webhook endpoint",
    responses=gives("The endpoint with its new secret, shown this once."),
)
async def post_rotate_webhook(request: Request, id_: PathAny) -> Answer[NewWebhookEndpoint]:
    """For 24 hours requests are signed by both."""
    changed, secret = await endpoints.rotate(state_of(request).runtime, actor_of(request), id_)
    return answer(NewWebhookEndpoint, {**changed, "secret": secret})


@webhooks.post(
    "/v1/webhooks/{id}/test",
    operation_id="testWebhook",
    summary="Send a test to a webhook endpoint",
    responses=gives("What came of it."),
)
async def post_test_webhook(request: Request, id_: PathAny) -> Answer[WebhookAttempt]:
    """One request of type `webhook.test`, now, also where the endpoint is disabled."""
    return answer(WebhookAttempt, await endpoints.test(state_of(request).runtime, actor_of(request), id_))


@webhooks.post(
    "/v1/webhooks/{id}/replay",
    operation_id="replayWebhook",
    status_code=202,
    summary="Send events again",
    responses=gives("How many are on their way.", status=202),
    openapi_extra=takes(ReplayBody, example={"from": "2026-11-29T00:00:00Z", "to": "2026-11-30T00:00:00Z"}),
)
async def post_replay_webhook(request: Request, id_: PathAny) -> Answer[Replayed]:
    """Each under the id that it had. Events are kept for 30 days."""
    body = await body_of(request, ReplayBody)
    if (body.from_ is None) == (body.event_ids is None) or (body.from_ is None and body.to is not None):
        field_error = FieldError(
            pointer="", detail="expected either `from`, with or without `to`, or `event_ids`", code="one-of"
        )
        raise InvalidRequest("the body does not fit; nothing is sent again", field_errors=[field_error])
    runtime = state_of(request).runtime
    between = None if body.from_ is None else (body.from_, body.to or runtime.clock.now())
    if between is not None and between[0] >= between[1]:
        field_error = FieldError(pointer="/to", detail="expected an instant after `from`", code="order")
        raise InvalidRequest("the body does not fit; nothing is sent again", field_errors=[field_error])
    queued = await endpoints.replay(
        runtime, actor_of(request), id_, between=between, names=body.event_ids or ()
    )
    return answer(Replayed, {"queued": queued}, status=202)


@webhooks.get(
    "/v1/webhooks/{id}/attempts",
    operation_id="listWebhookAttempts",
    summary="List requests to a webhook endpoint, the newest first",
    responses=gives("One page."),
)
async def get_webhook_attempts(
    request: Request, id_: PathAny, query: Annotated[ListQuery, fastapi.Query()]
) -> Answer[WebhookAttempts]:
    """With status, time and the first kilobyte of each answer."""
    runtime = state_of(request).runtime
    key = read_cursor(runtime.vault, "webhook attempts", query.cursor)
    shown, last = await endpoints.attempts(
        runtime, actor_of(request), id_, after=key or (), limit=query.limit
    )
    return page(WebhookAttempts, shown, make_cursor(runtime.vault, "webhook attempts", last))

"""The link in every e-mail: GET shows, POST acts (RFC 8058), so that no link scanner unsubscribes anybody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.api.gate import router, state_of
from service.api.openapi import gives_text
from service.api.pages import unsubscribe_page
from service.api.parameters import PathToken
from service.dispatch.receive.unsubscribe import act, describe

unsubscribe = router("unsubscribe")

ONE_CLICK = b"List-Unsubscribe=One-Click"
_PAGE = gives_text("text/html", "A page in the borrower's language.")
_FORM = {
    "schema": {
        "type": "object",
        "properties": {
            "List-Unsubscribe": {
                "type": "string",
                "const": "One-Click",
                "description": "What a mail program sends (RFC 8058); the page's own button sends nothing.",
            }
        },
    }
}
_TAKES = {
    "requestBody": {
        "required": False,
        "content": {"application/x-www-form-urlencoded": _FORM, "multipart/form-data": _FORM},
    }
}


@unsubscribe.get(
    "/v1/unsubscribe/{token}",
    operation_id="getUnsubscribe",
    summary="Show what the link does",
    responses=_PAGE,
)
async def get_page(request: Request, token: PathToken) -> Response:
    """Changes nothing."""
    found = await describe(state_of(request).runtime, token)
    return unsubscribe_page(found.creditor, found.language, opted_out=found.opted_out)


@unsubscribe.post(
    "/v1/unsubscribe/{token}",
    operation_id="unsubscribe",
    summary="Unsubscribe",
    responses=_PAGE,
    openapi_extra=_TAKES,
)
async def post_page(request: Request, token: PathToken) -> Response:
    """By a mail program's one click or by the page's button. The link never wears out; a repeat is
    harmless."""
    via = "one_click" if ONE_CLICK in await request.body() or _is_multipart(request) else "page"
    done = await act(state_of(request).runtime, token, via=via)
    return unsubscribe_page(done.creditor, done.language, opted_out=done.opted_out)


def _is_multipart(request: Request) -> bool:
    """The page's own form is not: only a mail program sends one."""
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")

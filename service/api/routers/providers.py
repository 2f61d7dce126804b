"""What providers call: receipts, the turns of a call, messages from borrowers, and what mail servers send
back.

A provider signs each of its requests for the URL that it was told, which is ours under FORBEAR_PUBLIC_URL and
never the one in the request's own Host header. Its receiver verifies, then parses; nothing of a request is
believed before its signature holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import structlog
from starlette.requests import Request
from starlette.responses import Response

from channels.callback import (
    AccountReceiver,
    Callback,
    Complained,
    Forged,
    Greeted,
    NoSuchCallback,
    OtherType,
    Receiver,
    Reply,
    Turn,
    Unreadable,
)
from channels.email.incoming import Complaint
from channels.receipt import Receipt
from service.api.answers import Answer, answer
from service.api.errors import BadSignature, UnsupportedMediaType
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, gives_text
from service.api.parameters import PathKind, PathProvider, PathStep, PathToken
from service.api.schemas.carried import MailAnswer, ReceiptAnswer
from service.dispatch.access.keys import check_unlimited
from service.dispatch.receive.calls import take_turn
from service.dispatch.receive.complaints import take_complaint
from service.dispatch.receive.inbound import take_inbound
from service.dispatch.receive.mail import take_mail
from service.dispatch.receive.receipts import take_receipt
from service.dispatch.send.compose import receipt_purpose
from service.errors import FieldError, InvalidRequest, NotFound
from service.ids import AttemptId

providers = router("providers")
log = structlog.get_logger("api")

MAIL = ("message/rfc822", "message/global", "application/octet-stream")
MOST_OF_A_MAIL = 4 * 1024 * 1024
_TAKES = {
    "requestBody": {
        "required": True,
        "description": "Whatever the provider posts, with its signature.",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_MAIL = "The mail as it came, headers and all. Of a large one the first 4 MiB are read."
_MAILS = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MAIL}
_WORDS = gives_text("*/*", "In the provider's own language.")
_EFFECT = gives("What the receipt did.", example={"effect": "advanced"})


@providers.post(
    "/v1/receipts/{provider}/{kind}/{token}",
    operation_id="postReceipt",
    summary="What a provider reports of an attempt",
    responses=_EFFECT,
    openapi_extra=fails(BadSignature, UnsupportedMediaType) | _TAKES,
)
async def post_receipt(
    request: Request, provider: PathProvider, kind: PathKind, token: PathToken
) -> Answer[ReceiptAnswer] | Response:
    """Answered once it is stored; the same word twice, and words out of order, are harmless."""
    return await _report(request, provider, kind, token, None)


@providers.post(
    "/v1/receipts/{provider}/{kind}/{token}/{step}",
    operation_id="postCallTurn",
    summary="A turn of a call",
    responses=_WORDS,
    openapi_extra=fails(BadSignature, UnsupportedMediaType) | _TAKES,
)
async def post_turn(
    request: Request, provider: PathProvider, kind: PathKind, token: PathToken, step: PathStep
) -> Response:
    """What happened in a call, answered with what is said next, in the provider's own language. It is judged
    again at this instant: a call that may not speak any more ends without a word. Nothing about a debt is
    said before somebody says that they are the person."""
    return await _report(request, provider, kind, token, step)


_TAKES_MAIL = {"requestBody": {"required": True, "description": _MAIL, "content": _MAILS}}
_TAKEN = gives(
    "What the mail was taken for.",
    example={
        "taken_for": "bounce",
        "delivery_id": f"ntc_{'0' * 48}.email",
        "effect": "advanced",
        "state": "undelivered",
    },
)


@providers.post(
    "/v1/receipts/email",
    operation_id="postReturnedMail",
    summary="A mail that came back",
    responses=_TAKEN,
    openapi_extra=fails(UnsupportedMediaType) | _TAKES_MAIL,
)
@providers.post(
    "/v1/inbound/email",
    operation_id="postInboundMail",
    summary="A mail that came in",
    responses=_TAKEN,
    openapi_extra=fails(UnsupportedMediaType) | _TAKES_MAIL,
)
async def post_mail(request: Request) -> Answer[MailAnswer]:
    """Whatever came to the sender's mailbox: a report (RFC 3464, RFC 6533, free forms), a complaint (RFC
    5965), a borrower's letter, a machine's answer. A mail server pipes it here; it carries no signature, so
    that it needs a key. Both paths are one door; every mail is answered with 200, and the same one twice is
    harmless."""
    check_unlimited(actor_of(request))
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in MAIL:
        raise UnsupportedMediaType(f"expected Content-Type: {' or '.join(MAIL)}")
    effect = await take_mail(state_of(request).runtime, await _head_of(request))
    if effect is None:
        field_error = FieldError(
            pointer="",
            detail="expected a mail: headers like From, To and Date, an empty line, a body",
            code="no-mail",
        )
        raise InvalidRequest("the body is no mail", field_errors=[field_error])
    told = {
        name: value for name, value in asdict(effect).items() if value is not None or name == "delivery_id"
    }
    return answer(MailAnswer, told)


async def _head_of(request: Request) -> bytes:
    """A mail's first octets, and no more in memory: what people enclose stands behind what they write, and is
    not read."""
    kept = bytearray()
    async for chunk in request.stream():
        kept += chunk[: MOST_OF_A_MAIL - len(kept)]
    return bytes(kept)


@providers.post(
    "/v1/inbound/{provider}/{kind}",
    operation_id="postInboundMessage",
    summary="A message from a borrower",
    responses=_WORDS,
    openapi_extra=fails(BadSignature, UnsupportedMediaType) | _TAKES,
)
async def post_inbound(request: Request, provider: PathProvider, kind: PathKind) -> Response:
    """STOP and its like act at once and are confirmed once, by a notice of our own; what is unclear waits for
    a person."""
    receiver = _receiver(request, provider)
    callback = await _callback(request, kind, None)
    with _told(request):
        receiver.verify(callback)
        inbound = receiver.parse_inbound(callback)
    await take_inbound(state_of(request).runtime, inbound)
    return _reply(receiver.reply(None, ""))


@providers.post(
    "/v1/receipts/{provider}/{kind}",
    operation_id="postAccountReceipt",
    summary="What a provider reports to one URL for a whole account",
    responses=_EFFECT,
    openapi_extra=fails(BadSignature, UnsupportedMediaType) | _TAKES,
)
async def post_account_receipt(
    request: Request, provider: PathProvider, kind: PathKind
) -> Answer[ReceiptAnswer] | Response:
    """Of a provider whose events name the attempt in what the message carried there and back, such as a tag.
    404 for one that is told a URL with each message."""
    receiver = _receiver(request, provider)
    if not isinstance(receiver, AccountReceiver):
        raise NotFound("this provider is told a URL with each message")
    callback = await _callback(request, kind, None)
    with _told(request):
        await receiver.prepare(callback)
        receiver.verify(callback)
        said = receiver.parse(callback)
        if isinstance(said, Greeted):
            return answer(ReceiptAnswer, {"effect": "greeted", "state": None})
        token = receiver.token_of(callback)
    return await _take(request, provider, kind, token, said, receiver)


async def _report(
    request: Request, provider: str, kind: str, token: str, step: str | None
) -> Answer[ReceiptAnswer] | Response:
    receiver = _receiver(request, provider)
    if isinstance(receiver, AccountReceiver):
        raise NotFound("this provider posts to one URL for its whole account")
    callback = await _callback(request, kind, step)
    with _told(request):
        receiver.verify(callback)
        said = receiver.parse(callback)
    return await _take(request, provider, kind, token, said, receiver)


async def _take(
    request: Request,
    provider: str,
    kind: str,
    token: str,
    said: Receipt | Turn | Complained | Greeted,
    receiver: Receiver,
) -> Answer[ReceiptAnswer] | Response:
    """What was said of an attempt."""
    attempt, runtime = _attempt(request, provider, token, kind), state_of(request).runtime
    if isinstance(said, Complained):
        cell = runtime.of(attempt.delivery.notice.borrower)
        await take_complaint(cell, Complaint(kind=said.kind, mailboxes=()), attempt)
        return answer(ReceiptAnswer, {"effect": "complaint", "state": None})
    if isinstance(said, Greeted):
        return answer(ReceiptAnswer, {"effect": "greeted", "state": None})
    if not isinstance(said, Receipt):
        script = await take_turn(runtime, attempt, said, provider=provider)
        return _reply(receiver.reply(script, f"{runtime.base_url}/v1/receipts/{provider}/{kind}/{token}"))
    effect = await take_receipt(runtime, attempt, said, source=f"provider:{provider}")
    if effect.effect == "unknown-attempt":
        raise NotFound("there is no such attempt")
    return answer(ReceiptAnswer, {"effect": effect.effect, "state": effect.state})


def _receiver(request: Request, provider: str) -> Receiver:
    """What reads this provider's callbacks. Raises NotFound where no account of it is configured."""
    receiver = state_of(request).receivers.get(provider)
    if receiver is None:
        raise NotFound(f"no account is configured that signs what {provider} posts: see docs/settings.md")
    return receiver


async def _callback(request: Request, kind: str, step: str | None) -> Callback:
    """The request as the provider made it, under our public base."""
    query = f"?{request.url.query}" if request.url.query else ""
    path = (
        (request.scope.get("raw_path") or request.url.path.encode())
        .decode("ascii", "replace")
        .partition("?")[0]
    )
    return Callback(
        url=f"{state_of(request).runtime.base_url}{path}{query}",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
        kind=kind,
        step=step,
    )


@contextmanager
def _told(request: Request) -> Iterator[None]:
    """A request that is no provider's, as a problem."""
    try:
        yield
    except Forged as error:
        route = getattr(request.scope.get("route"), "path", "none")
        log.warning("provider", action="signature.failed", route=route)
        raise BadSignature(f"{error}; FORBEAR_PUBLIC_URL must be the URL that the provider calls") from None
    except OtherType as error:
        raise UnsupportedMediaType(f"expected Content-Type: {error}") from None
    except NoSuchCallback:
        raise NotFound("the provider posts nothing here") from None
    except Unreadable as error:
        field_error = FieldError(pointer=error.pointer, detail=f"expected {error}")
        raise InvalidRequest("the request does not fit", field_errors=(field_error,)) from None


def _reply(reply: Reply) -> Response:
    return Response(reply.body, media_type=reply.media_type)


def _attempt(request: Request, door: str, token: str, channel: str) -> AttemptId:
    """The attempt that a token names. Raises NotFound for one that we did not sign for this door, or of
    another channel."""
    text = state_of(request).runtime.vault.read_signed(receipt_purpose(door), token)
    attempt = AttemptId.parse(text) if text is not None else None
    if attempt is None or attempt.delivery.channel != channel:
        raise NotFound("there is no such attempt")
    return attempt

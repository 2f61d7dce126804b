"""What providers call: receipts, the words of an answered call, messages from borrowers, and what mail servers send back.

Twilio signs each of its requests for the URL that it was told, which is ours under FORBEAR_PUBLIC_URL and never the one in the
request's own Host header. Nothing of a request is believed before its signature holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict

import structlog
from starlette.requests import Request
from starlette.responses import Response

from channels.receipt import Receipt
from channels.twilio.form import FORM, MOST_FIELDS, octets_of, other_words, text_form
from channels.twilio.receipts import call_receipt, message_receipt, parse_inbound
from channels.twilio.signature import verify
from service.api.answers import answer
from service.api.errors import BadSignature, UnsupportedMediaType
from service.api.gate import actor_of, router, state_of
from service.api.openapi import gives, gives_text
from service.api.parameters import PathToken
from service.api.schemas.answers import Document
from service.dispatch.access.keys import check_unlimited
from service.dispatch.receive.calls import part_for, take_digits, words_of_call
from service.dispatch.receive.inbound import take_inbound
from service.dispatch.receive.mail import take_mail
from service.dispatch.receive.receipts import take_receipt
from service.dispatch.send.compose import RECEIPT
from service.errors import Fault, InvalidRequest, NotFound
from service.ids import AttemptId

providers = router("providers")
log = structlog.get_logger("api")

MAIL = ("message/rfc822", "message/global", "application/octet-stream")
MOST_OF_A_MAIL = 4 * 1024 * 1024
XML = "application/xml"
_REF = re.compile(r"[A-Za-z0-9]{2,64}")
_TAKES = {
    "requestBody": {
        "required": True,
        "description": "Twilio's form, signed in `X-Twilio-Signature`.",
        "content": {FORM: {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}},
    }
}
_MAIL = "The mail as it came, headers and all. Of a large one the first 4 MiB are read."
_MAILS = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MAIL}
_TWIML = gives_text(XML, "TwiML.")
_EFFECT = gives(Document, "What the receipt did.", example={"effect": "advanced"})


@providers.post(
    "/v1/receipts/twilio/sms/{token}", summary="A message's status", responses=_EFFECT, openapi_extra=_TAKES
)
async def post_message_receipt(request: Request, token: PathToken) -> Response:
    """Answered once it is stored; the same word twice, and words out of order, are harmless."""
    return await _receipt(request, token, "sms", message_receipt)


@providers.post(
    "/v1/receipts/twilio/voice/{token}", summary="A call's status", responses=_EFFECT, openapi_extra=_TAKES
)
async def post_call_receipt(request: Request, token: PathToken) -> Response:
    """Answered once it is stored; the same word twice, and words out of order, are harmless."""
    return await _receipt(request, token, "voice", call_receipt)


@providers.post(
    "/v1/receipts/twilio/voice/{token}/twiml",
    summary="The words of a call",
    responses=_TWIML,
    openapi_extra=_TAKES,
)
async def post_twiml(request: Request, token: PathToken) -> Response:
    """Weighed again at this instant: a call that may not speak any more ends without a word. Nothing about a debt is in it: whoever
    answers hears who is calling for whom, and a machine a message that anybody may hear."""
    form = await _signed_form(request)
    ref, part = _ref(form, "CallSid"), part_for(form.get("AnsweredBy", ""))
    words = await words_of_call(
        state_of(request).runtime, _attempt(request, token, "voice"), ref=ref, part=part
    )
    return Response(words, media_type=XML)


@providers.post(
    "/v1/receipts/twilio/voice/{token}/digits",
    summary="A key that was pressed",
    responses=_TWIML,
    openapi_extra=_TAKES,
)
async def post_digits(request: Request, token: PathToken) -> Response:
    """1 says that the person listens and is told the notice; 9 ends all calls to this number; none is the end of the message."""
    form = await _signed_form(request)
    attempt, ref = _attempt(request, token, "voice"), _ref(form, "CallSid")
    words = await take_digits(state_of(request).runtime, attempt, form.get("Digits", ""), ref=ref)
    return Response(words, media_type=XML)


_TAKES_MAIL = {"requestBody": {"required": True, "description": _MAIL, "content": _MAILS}}
_TAKEN = gives(
    Document,
    "What the mail was taken for.",
    example={
        "taken_for": "bounce",
        "delivery_id": f"ntc_{'0' * 48}.email",
        "effect": "advanced",
        "state": "undelivered",
    },
)


@providers.post(
    "/v1/receipts/email", summary="A mail that came back", responses=_TAKEN, openapi_extra=_TAKES_MAIL
)
@providers.post(
    "/v1/inbound/email", summary="A mail that came in", responses=_TAKEN, openapi_extra=_TAKES_MAIL
)
async def post_mail(request: Request) -> Response:
    """Whatever came to the sender's mailbox: a report (RFC 3464, RFC 6533, free forms), a complaint (RFC 5965), a borrower's letter, a
    machine's answer. A mail server pipes it here; it carries no signature, so that it needs a key. Both paths are one door; every mail is
    answered with 200, and the same one twice is harmless."""
    check_unlimited(actor_of(request))
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in MAIL:
        raise UnsupportedMediaType(f"expected Content-Type: {' or '.join(MAIL)}")
    effect = await take_mail(state_of(request).runtime, await _head_of(request))
    if effect is None:
        fault = Fault(
            pointer="",
            detail="expected a mail: headers like From, To and Date, an empty line, a body",
            code="no-mail",
        )
        raise InvalidRequest("the body is no mail", faults=[fault])
    return answer(
        {name: value for name, value in asdict(effect).items() if value is not None or name == "delivery_id"}
    )


async def _head_of(request: Request) -> bytes:
    """A mail's first octets, and no more in memory: what people enclose stands behind what they write, and is not read."""
    kept = bytearray()
    async for chunk in request.stream():
        kept += chunk[: MOST_OF_A_MAIL - len(kept)]
    return bytes(kept)


@providers.post(
    "/v1/inbound/twilio/sms", summary="A message from a borrower", responses=_TWIML, openapi_extra=_TAKES
)
async def post_inbound(request: Request) -> Response:
    """STOP and its like act at once and are confirmed once, by a notice of our own; what is unclear waits for a person."""
    form = await _signed_form(request)
    _ref(form, "MessageSid", "SmsSid")
    octets = _octets(await request.body())
    await take_inbound(state_of(request).runtime, parse_inbound(form, other_words(octets)))
    return Response("<Response/>", media_type=XML)


async def _receipt(
    request: Request, token: str, channel: str, parse: Callable[[Mapping[str, str]], Receipt]
) -> Response:
    form = await _signed_form(request)
    _ref(form, "CallSid" if channel == "voice" else "MessageSid", "SmsSid")
    return await _taken(request, _attempt(request, token, channel), parse(form), source="provider:twilio")


async def _taken(request: Request, attempt: AttemptId, receipt: Receipt, *, source: str) -> Response:
    effect = await take_receipt(state_of(request).runtime, attempt, receipt, source=source)
    if effect.effect == "unknown-attempt":
        raise NotFound("there is no such attempt")
    return answer({"effect": effect.effect, "state": effect.state})


async def _signed_form(request: Request) -> dict[str, str]:
    """The form of a request that Twilio signed. Raises NotFound where no Twilio account is configured, and BadSignature."""
    state = state_of(request)
    if not state.twilio_accounts:
        raise NotFound(
            "no Twilio account is configured: FORBEAR_TWILIO__ACCOUNT_SID and FORBEAR_TWILIO__AUTH_TOKEN"
        )
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise UnsupportedMediaType(f"expected Content-Type: {FORM}")
    octets = _octets(await request.body())
    form = text_form(octets)
    query = f"?{request.url.query}" if request.url.query else ""
    path = (
        (request.scope.get("raw_path") or request.url.path.encode())
        .decode("ascii", "replace")
        .partition("?")[0]
    )
    signature = request.headers.get("x-twilio-signature")
    token = state.twilio_accounts.get(form.get("AccountSid", next(iter(state.twilio_accounts))))
    if token is None or not verify(
        url=f"{state.runtime.base_url}{path}{query}", form=octets, signature=signature, auth_token=token
    ):
        log.warning(
            "provider", action="signature.failed", route=getattr(request.scope.get("route"), "path", "none")
        )
        raise BadSignature(
            "the signature does not fit; FORBEAR_PUBLIC_URL must be the URL that the provider calls"
        )
    return form


def _octets(body: bytes) -> dict[bytes, bytes]:
    try:
        return octets_of(body)
    except ValueError:
        fault = Fault(pointer="", detail=f"expected a form with at most {MOST_FIELDS} fields")
        raise InvalidRequest("the form cannot be read", faults=(fault,)) from None


def _ref(form: Mapping[str, str], *names: str) -> str:
    ref = next((form[name] for name in names if form.get(name)), "")
    if not _REF.fullmatch(ref):
        raise InvalidRequest(
            "the form does not fit",
            faults=(Fault(pointer=f"/{names[0]}", detail="expected the provider's id"),),
        )
    return ref


def _attempt(request: Request, token: str, channel: str) -> AttemptId:
    """The attempt that a token names. Raises NotFound for one that we did not sign, or of another channel."""
    text = state_of(request).runtime.vault.read_signed(RECEIPT, token)
    attempt = AttemptId.parse(text) if text is not None else None
    if attempt is None or attempt.delivery.channel != channel:
        raise NotFound("there is no such attempt")
    return attempt

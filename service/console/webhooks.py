"""Webhook endpoints: seen, made, tried, switched on and off, deleted. A secret is shown once."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import NOTHING_GIVEN, Draft, Form, misfit, read_form
from service.console.pages import page
from service.console.routes import done, reshown, router, runtime_of, visitor_of
from service.console.times import day_of, local_parts
from service.dispatch.webhooks import endpoints
from service.dispatch.webhooks.endpoints import EndpointDraft
from service.model.webhook import MEANINGS, WILDCARDS

ATTEMPTS = 50
PATH = "/console/webhooks"
USUAL = ("delivery.*", "notice.*")
STEPS = ("again", "disable", "enable", "rotate", "test")
webhooks = router()


async def _form(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    visitor = visitor_of(request)
    return page(
        "webhooks.html",
        visitor,
        found=await endpoints.listed(runtime_of(request), visitor.actor),
        meanings=MEANINGS,
        wildcards=WILDCARDS,
        usual=USUAL,
        draft=draft,
    )


@webhooks.get(PATH)
async def get_webhooks(request: Request) -> Response:
    """Every endpoint."""
    return await _form(request)


@webhooks.post(PATH)
@reshown(_form)
async def post_webhooks(request: Request) -> Response:
    """Make one."""
    form = await read_form(request)
    url, types = form.line("url"), tuple(dict.fromkeys(form.all("types")))
    if not types:
        raise misfit("types", "expected at least one type of event")
    draft = EndpointDraft(
        url=url,
        types=types,
        creditor=form.word("creditor"),
        description=form.one("description").strip()[:200],
    )
    made, secret = await endpoints.create(runtime_of(request), visitor_of(request).actor, draft)
    return done(request, f"{PATH}/{made['id']}", "webhook-made", secret=secret)


async def _one(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    visitor, runtime, id_ = visitor_of(request), runtime_of(request), request.path_params["id"]
    one = await endpoints.read(runtime, visitor.actor, id_)
    shown, _ = await endpoints.attempts(runtime, visitor.actor, id_, limit=ATTEMPTS)
    return page(
        "webhook.html",
        visitor,
        one=one,
        attempts=shown,
        today=local_parts(runtime.clock.now(), visitor.zone)[0],
        draft=draft,
    )


@webhooks.get(f"{PATH}/{{id}}")
async def get_webhook(request: Request) -> Response:
    """One endpoint with its last requests."""
    return await _one(request)


async def _again(request: Request, form: Form) -> Response:
    """Send again what happened between two days."""
    visitor, id_ = visitor_of(request), request.path_params["id"]
    since, until = day_of(form, "from", visitor.zone), day_of(form, "to", visitor.zone, ends=True)
    if since is None or until is None or until <= since:
        raise misfit("from" if since is None else "to", "expected a day, and none before the first")
    number = await endpoints.replay(runtime_of(request), visitor.actor, id_, between=(since, until))
    return done(request, f"{PATH}/{id_}", "webhook-again", number=number)


@webhooks.post(f"{PATH}/{{id}}")
@reshown(_one)
async def post_webhook(request: Request) -> Response:
    """Try one, switch it, or give it a new secret."""
    form, runtime, actor = await read_form(request), runtime_of(request), visitor_of(request).actor
    step, id_ = form.choice("step", STEPS), request.path_params["id"]
    here = f"{PATH}/{id_}"
    match step:
        case "again":
            return await _again(request, form)
        case "rotate":
            _, secret = await endpoints.rotate(runtime, actor, id_)
            return done(request, here, "webhook-secret", secret=secret)
        case "test":
            came = await endpoints.test(runtime, actor, id_)
            if came["delivered"]:
                return done(request, here, "webhook-arrived", status=came["status"])
            return done(request, here, "webhook-failed", why=str(came["error"] or came["status"]))
        case "enable" | "disable":
            await endpoints.change(runtime, actor, id_, EndpointDraft(enabled=step == "enable"))
            return done(request, here, f"webhook-{step}d")
        case _:
            raise misfit("step", f"expected one of {', '.join(STEPS)}")


@webhooks.get(f"{PATH}/{{id}}/delete")
async def get_delete(request: Request) -> Response:
    """Asks once more."""
    one = await endpoints.read(runtime_of(request), visitor_of(request).actor, request.path_params["id"])
    return page("webhook_delete.html", visitor_of(request), one=one)


@webhooks.post(f"{PATH}/{{id}}/delete")
async def post_delete(request: Request) -> Response:
    """Delete one."""
    await endpoints.delete(runtime_of(request), visitor_of(request).actor, request.path_params["id"])
    return done(request, PATH, "webhook-deleted")

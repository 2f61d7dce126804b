"""The page of preferences, and the search that leads to what one has an id of."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.console.forms import NOTHING_GIVEN, Draft, misfit, read_form, read_query
from service.console.pages import page
from service.console.preferences import LANGUAGE, ZONE, zone_of, zones
from service.console.routes import done, reshown, router, runtime_of, visitor_of
from service.console.words import LANGUAGES
from service.dispatch.audit.notice_lists import Wanted, list_notices
from service.dispatch.audit.timeline import timeline
from service.errors import NotFound
from service.ids import NoticeId

KEPT = timedelta(days=365)
choosing = router()


async def _form(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    return page("preferences.html", visitor_of(request), zones=zones(), draft=draft)


@choosing.get("/console/preferences")
async def get_preferences(request: Request) -> Response:
    """What is chosen."""
    return await _form(request)


@choosing.post("/console/preferences")
@reshown(_form)
async def post_preferences(request: Request) -> Response:
    """Keep what is chosen, for this browser."""
    form, runtime = await read_form(request), runtime_of(request)
    language, zone = form.choice("language", LANGUAGES), form.word("zone") or "UTC"
    if zone_of(zone) != zone:
        raise misfit("zone", "expected a zone of the IANA database, such as America/New_York")
    answer = done(request, "/console/preferences", "preferred")
    secure = runtime.base_url.startswith("https:")
    for name, value in ((LANGUAGE, language or "en"), (ZONE, zone)):
        answer.set_cookie(
            name,
            value,
            max_age=int(KEPT.total_seconds()),
            path="/console",
            secure=secure,
            httponly=True,
            samesite="lax",
        )
    return answer


@choosing.get("/console/find")
async def get_found(request: Request) -> Response:
    """To the notice or the borrower of an id, or to the notices of a reference."""
    wanted, runtime, actor = read_query(request).word("q"), runtime_of(request), visitor_of(request).actor
    if wanted is None:
        return RedirectResponse("/console/borrowers", status_code=303)
    bare = wanted.partition(".")[0]
    if NoticeId.parse(bare) is not None:
        return RedirectResponse(f"/console/notices/{quote(bare, safe='')}", status_code=303)
    by_reference = await list_notices(runtime, actor, Wanted(references=[wanted]), limit=1)
    if by_reference.items:
        return RedirectResponse(f"/console/notices?{urlencode({'reference': wanted})}", status_code=303)
    try:
        await timeline(runtime, wanted, actor, limit=1)
    except NotFound:
        return page("nothing_found.html", visitor_of(request), status=404, wanted=wanted)
    return RedirectResponse(f"/console/borrowers?{urlencode({'id': wanted})}", status_code=303)

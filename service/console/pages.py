"""Makes pages. They load one style sheet of ours, run nothing, and may be framed by nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from threading import Thread
from types import CodeType
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import Response

from policies.zones import zone as zone_of
from service.console.access import may
from service.console.forms import NOTHING_GIVEN
from service.console.navigation import places
from service.console.retold import retell, retold
from service.console.sessions import Visitor
from service.console.telling import plainly, sentence, spoken, who
from service.console.words import LANGUAGES, N_, SOURCE, catalogue, named

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    # with none at all a browser says of our own forms, too, that they come from nowhere
    "Referrer-Policy": "same-origin",
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class _Compiled(BytecodeCache):
    """Templates that were compiled once, for every language: they differ in the words that they are given."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


@cache
def compile_ahead() -> None:
    """Compile every template beside the first page that is asked for, once in a process: it takes half a
    second of processor time, which the first look at each page would wait for otherwise."""
    Thread(target=_compile_all, name="console-templates", daemon=True).start()


def _compile_all() -> None:
    made = environment(SOURCE)
    for name in made.list_templates(extensions=["html"]):
        made.get_template(name)


@cache
def environment(language: str) -> Environment:
    """The templates, speaking one language."""
    found = Environment(
        loader=PackageLoader("service.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        cache_size=-1,
        auto_reload=False,
        bytecode_cache=_COMPILED,
    )
    words = catalogue(language)
    found.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    found.filters.update(
        instant=instant,
        when=when,
        day=day,
        age=age,
        said=lambda word: named(str(word).replace("_", " "), language),
        listed=("、" if language == "zh" else ", ").join,
        tongue=lambda code: tongue(code, language),
        tone=tone,
        count=count,
        share=share,
        decimal=lambda number: f"{number:,g}",
        spoken=spoken,
        who=who,
        sentence=sentence,
        retell=retell,
        retell_in=retold,
        plainly=plainly,
    )
    found.globals.update(languages=LANGUAGES, may=may)
    return found


def page(
    name: str,
    visitor: Visitor | None,
    /,
    *,
    status: int = 200,
    retry_after: int | None = None,
    language: str = SOURCE,
    **content: Any,
) -> Response:
    """The page of a template; `visitor` is None before a session has begun, and `language` is then that of
    the browser."""
    compile_ahead()
    speaks = language if visitor is None else visitor.language
    given: dict[str, Any] = {
        "visitor": visitor,
        "retry_after": retry_after,
        "language": speaks,
        "zone": "UTC" if visitor is None else visitor.zone,
        "nav": () if visitor is None else places(visitor.key.role, visitor.path),
        "draft": NOTHING_GIVEN,
    }
    text = environment(speaks).get_template(name).render(given | content)
    headers = _HEADERS | ({} if retry_after is None else {"Retry-After": str(retry_after)})
    return Response(text, status_code=status, media_type="text/html", headers=headers)


def read_instant(at: datetime | str) -> datetime:
    """An instant, from text where it came through JSON."""
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def instant(at: datetime | str | None) -> str:
    """An instant as people read it, to the second, in UTC."""
    return "–" if at is None else f"{read_instant(at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@pass_context
def when(
    context: Context, at: datetime | str | None, *, zone: str | None = None, seconds: bool = False
) -> str:
    """An instant in the reader's zone (or the one named), with UTC to the second where one points at it."""
    if at is None:
        return "–"
    read = read_instant(at)
    local = read.astimezone(where(zone or str(context.resolve("zone"))))
    shown = f"{local:%Y-%m-%d %H:%M:%S %Z}" if seconds else f"{local:%Y-%m-%d %H:%M %Z}"
    stamp = f"{read.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(stamp, instant(read), shown)


def tongue(code: str, language: str) -> str:
    """A language as the reader calls it; its code where it has no name."""
    try:
        return Locale.parse(code, sep="-").get_language_name(language) or code
    except (ValueError, UnknownLocaleError):
        return code


def where(name: str) -> ZoneInfo:
    """A zone of the pinned database by its name."""
    return zone_of(name)


@pass_context
def day(context: Context, at: datetime | str | None) -> str:
    """The date of an instant in the reader's zone."""
    return (
        "–" if at is None else f"{read_instant(at).astimezone(where(str(context.resolve('zone')))):%Y-%m-%d}"
    )


@pass_context
def age(context: Context, seconds: float | None) -> str:
    """A span of time in its two largest units."""
    if seconds is None:
        return "–"
    say, left = catalogue(str(context.resolve("language"))).gettext, max(0, round(seconds))
    if left < _MINUTE:
        return say(N_("%(seconds)s s")) % {"seconds": left}
    if left < _HOUR:
        return say(N_("%(minutes)s min %(seconds)s s")) % {
            "minutes": left // _MINUTE,
            "seconds": left % _MINUTE,
        }
    if left < _DAY:
        return say(N_("%(hours)s h %(minutes)s min")) % {
            "hours": left // _HOUR,
            "minutes": left % _HOUR // _MINUTE,
        }
    return say(N_("%(days)s d %(hours)s h")) % {"days": left // _DAY, "hours": left % _DAY // _HOUR}


def count(number: float | None) -> str:
    """A number with its thousands apart."""
    return "–" if number is None else f"{number:,}"


def share(part: float) -> str:
    """A share of one, in percent."""
    return f"{part:.0%}" if part in {0, 1} else f"{part:.2%}"


_TONES = {
    "good": {"delivered", "accepted", "allow", "active", "answered", "goes", "good", "enabled", "approved",
    "waits_less"},
    "wait": {"held", "unknown", "hold", "held_by_provider", "tested", "overdue"},
    "stop": {"suppressed", "suppress", "stopped"},
    "bad": {"undelivered", "rejected", "exhausted", "expired", "failed", "bounced"},
    "live": {"due", "sending", "open", "dialing", "reserved", "draft"},
}  # fmt: skip


def tone(word: object) -> str:
    """The tone of a state's badge, the same as in charts: what only waits for its hour is calm, what a rule
    or a wish stopped is no failure. A tone's own name stands for itself."""
    return next((name for name, words in _TONES.items() if str(word) in {name, *words}), "idle")

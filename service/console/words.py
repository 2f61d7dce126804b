"""The words of the pages, in every language that they speak: catalogues in `locale/`, read once, compiled in
memory.

What the log, a policy or a template says stays as it was written: only the pages' own words are
translated."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

SOURCE = "en"
LANGUAGES: Mapping[str, str] = {"en": "English", "es": "Español", "zh": "中文"}
"""By code, each as it calls itself."""


RETOLD = "retold"


def N_(text: str) -> str:  # noqa: N802 - gettext's name for words that are translated where they are shown
    """Marks words for the catalogues; they are translated where they are shown."""
    return text


@cache
def catalogue(language: str) -> NullTranslations:
    """The words of a language."""
    if language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    text = files("service.console").joinpath("locale", f"{language}.po").read_bytes()
    write_mo(compiled, read_po(BytesIO(text), locale=language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def retellable(language: str) -> tuple[str, ...]:
    """The sentences that other parts of the service say in English (`retold.py`), as catalogues mark them."""
    text = files("service.console").joinpath("locale", f"{language}.po").read_bytes()
    found = read_po(BytesIO(text), locale=language)
    return tuple(str(one.id) for one in found if one.id and RETOLD in one.auto_comments)


def negotiated(accepted: str) -> str:
    """The language of ours that an Accept-Language header asks for first."""
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag))
        except ValueError:
            continue
    tags = [tag for _, tag in sorted(wanted, key=lambda one: one[0]) if tag]
    return (
        negotiate_locale([*tags, *(tag.partition("-")[0] for tag in tags)], list(LANGUAGES), sep="-")
        or SOURCE
    )


STATES = (
    N_("due"), N_("deferred"), N_("sending"), N_("accepted"), N_("delivered"), N_("undelivered"),
    N_("rejected"),
    N_("suppressed"), N_("held"), N_("held by provider"), N_("exhausted"), N_("expired"), N_("cancelled"),
    N_("unknown"),
    N_("open"), N_("done"), N_("overdue"), N_("reserved"), N_("dialing"), N_("released"),
    N_("allow"), N_("defer"), N_("suppress"), N_("hold"),
    N_("draft"), N_("tested"), N_("approved"), N_("active"), N_("retired"), N_("superseded"),
    N_("sms"), N_("email"), N_("voice"), N_("whatsapp"),
    N_("law"), N_("presumption"), N_("guideline"), N_("code"), N_("house"),
    N_("producer"), N_("ops"), N_("auditor"), N_("admin"),
    N_("stated"), N_("postal code"), N_("country"), N_("account"), N_("phone"), N_("none"),
    N_("high"), N_("medium"), N_("low"),
    N_("opt outs"), N_("complaints"), N_("hang ups"), N_("promises"), N_("plan requests"), N_("replies"),
    N_("disputes"), N_("reached"), N_("payments"), N_("tier"), N_("template"), N_("channel"), N_("band"),
    N_("week"), N_("creditor"), N_("group"),
    N_("shadow"), N_("chance"), N_("live"), N_("learned"), N_("holdout"),
    N_("waits"), N_("waits longer"), N_("waits less"), N_("stopped"), N_("goes"),
)  # fmt: skip
"""Words of the domain that pages say by their names."""

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


_SPELT = {"sms": "SMS", "whatsapp": "WhatsApp", "api": "API"}
"""Words of the domain that English writes otherwise than the API does."""


def named(word: str, language: str) -> str:
    """A word of the domain, such as a state or a channel, as people write it."""
    return _SPELT.get(word, word) if language == SOURCE else catalogue(language).gettext(word)


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
    N_("open"), N_("done"), N_("overdue"), N_("receipt owed"), N_("reserved"), N_("dialing"), N_("released"),
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
HAPPENINGS = (
    N_("address"), N_("address confirmed"), N_("address dead"), N_("advanced"), N_("agreed hours"),
    N_("answered dropped"), N_("attorney"), N_("attorney consents"), N_("attorney unresponsive"),
    N_("attorney withdrawn"), N_("automatic reply"), N_("bankruptcy"), N_("bankruptcy dismissed"),
    N_("became overdue"), N_("borrower changed"), N_("borrower erased"), N_("bounced"), N_("busy"),
    N_("cease"), N_("cease withdrawn"), N_("checkpoint cosigned"), N_("choice"), N_("complaint"),
    N_("automatic"), N_("list"), N_("message"), N_("unclear"), N_("reassigned"), N_("dead address"),
    N_("undo"), N_("api"), N_("cli"), N_("console"), N_("import"), N_("mailbox"),
    N_("conflict"), N_("consent call"), N_("contact deferred"), N_("contact person refused"),
    N_("conversation"), N_("creditor changed"), N_("debtor unreachable"), N_("deceased"), N_("decision"),
    N_("delivery"), N_("delivery expired"), N_("delivery held"), N_("delivery released"),
    N_("delivery resent"), N_("delivery suppressed"), N_("designation"), N_("designation withdrawn"),
    N_("dispute"), N_("dispute resolved"), N_("attempt released"), N_("attempt settled"),
    N_("attempt unknown"), N_("employer prohibits"), N_("event recorded"), N_("hardship answered"),
    N_("hardship offered"), N_("hardship request"), N_("help"), N_("hold placed"), N_("hold released"),
    N_("home inconvenient"), N_("hung up"), N_("im"), N_("in flight"), N_("inbound"),
    N_("inbound unmatched"), N_("key created"), N_("key revoked"), N_("key rotated"), N_("kept"),
    N_("late"), N_("learned"), N_("learning activated"), N_("learning approved"), N_("learning drafted"),
    N_("learning ran"), N_("learning tested"), N_("letter"), N_("log archived"), N_("log dropped"),
    N_("log exported"), N_("log key added"), N_("log key retired"), N_("log origin changed"),
    N_("no voicemail available"), N_("not in service"), N_("notice accepted"), N_("notice cancelled"),
    N_("notice mailed"), N_("notice sent"), N_("number given"), N_("opt in"), N_("opt out"), N_("payment"),
    N_("person hold"), N_("person release"), N_("plan request"), N_("policy activated"),
    N_("policy approved"), N_("policy drafted"), N_("policy retired"), N_("policy retirement asked"),
    N_("policy rollback asked"), N_("policy simulated"), N_("policy tested"), N_("profiling objection"),
    N_("promise to pay"), N_("rang no answer"), N_("receipt"), N_("recorded message no voicemail"),
    N_("repeated"), N_("retention applied"), N_("revoke consent"), N_("ringless vm"), N_("rnd check"),
    N_("secret key rotated"), N_("store reconciled"), N_("suppression added"), N_("suppression lifted"),
    N_("template activated"), N_("template approved"), N_("template drafted"), N_("unclear words"),
    N_("voice prerecorded"), N_("voicemail available not left"), N_("voicemail left"),
    N_("webhook changed"), N_("webhook created"), N_("webhook deleted"), N_("webhook replayed"),
    N_("webhook rotated"), N_("wrong number"),
)  # fmt: skip
"""What happened to borrowers, what came of contacts, and kinds of entries of the log, by their names."""
REASONS = (
    N_("the provider does not know it"),
    N_("the provider accepted it and never said what became of it"),
    N_("another attempt was found to be that message meanwhile"),
    N_("something changed between the decision and the hand-over"),
    N_("the worker ended while it was handed over"),
    N_("the worker was stopped for too long between the mark and the hand-over"),
    N_("its worker is gone; nothing was sent"),
)
"""Why deliveries and attempts stand as they do, as it is stored."""

"""What was just done, said on the page that one is led to: so every result is a page that may be loaded again
and does nothing.

It travels in a cookie of one minute that is encrypted, out of reach of scripts, and forgotten once it was
shown; so may a secret that is shown once."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from starlette.responses import RedirectResponse, Response

from service.console.words import N_
from service.dispatch.runtime import Runtime
from service.vault import DecryptionFailed

TOLD = "forbear_told"
LASTS = timedelta(minutes=1)
_CONTEXT = b"console-told"
_LONGEST = 3500

SENTENCES: Mapping[str, str] = {
    "released": N_("Released %(done)s of %(of)s."),
    "nothing-waits": N_("None of these waits any more: somebody was faster."),
    "cancelled": N_("Cancelled: what had not left yet is not sent."),
    "suppressed": N_("Suppressed: nothing is sent to this address any more."),
    "suppressed-before": N_("It was suppressed already."),
    "lifted": N_("Lifted."),
    "hold-placed": N_("The legal hold stands."),
    "hold-stood": N_("A legal hold stood already; it stays as it was."),
    "hold-released": N_("The legal hold is released."),
    "experiment-stopped": N_("Stopped: the plain order holds from the next claim on."),
    "learning-active": N_("Version %(version)s chooses from now on."),
    "learning-retired": N_("Version %(version)s is over: the plain order holds from the next claim on."),
    "webhook-made": N_("The endpoint is made. This is its secret, shown this once."),
    "webhook-secret": N_("This is the new secret, shown this once. The old one is good for a day."),
    "webhook-arrived": N_("The test event arrived: the endpoint answered %(status)s."),
    "webhook-failed": N_("The test event did not arrive: %(why)s."),
    "webhook-enabled": N_("Enabled."),
    "webhook-disabled": N_("Disabled: what happens meanwhile waits, as long as events are kept."),
    "webhook-again": N_("%(number)s events are on their way again, under their own ids."),
    "webhook-deleted": N_("The endpoint is deleted."),
    "drafted": N_("Stored as version %(version)s, a draft. It binds nobody yet."),
    "same-text": N_("Version %(version)s has this very text; nothing was stored."),
    "approved": N_("Version %(version)s is approved."),
    "activated": N_("Version %(version)s is active. Of %(of)s open deliveries it binds %(bound)s."),
    "activation-set": N_("Version %(version)s will bind from the instant you chose."),
    "asked": N_("Asked. Another key has to confirm it within a week."),
    "retired": N_("Version %(version)s is retired."),
    "rolled-back": N_("The text of version %(version)s binds again."),
    "template-active": N_("New notices use version %(version)s from now on."),
    "creditor-stored": N_("Stored. The next message says so."),
    "key-made": N_("The key is made. This is its text, shown this once."),
    "key-rotated": N_("This is the new key, shown this once. The old one is good for a day."),
    "key-revoked": N_("The key is revoked; its sessions are over."),
    "preferred": N_("Kept for this browser."),
}
"""What can be told, by its code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that was just done."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def sentence(self) -> str:
        """To be translated, with places for the values."""
        return SENTENCES[self.code]

    @property
    def secret(self) -> str | None:
        """What is shown this once."""
        return self.values.get("secret")

    @property
    def is_bad(self) -> bool:
        """Whether it did not come out as one wished."""
        return self.code in {"nothing-waits", "webhook-failed"}


def told_then(runtime: Runtime, path: str, code: str, **values: str | int) -> Response:
    """Lead to a page that says what was done."""
    answer = RedirectResponse(path, status_code=303)
    said = orjson.dumps({"code": code, "values": values, "at": runtime.clock.now().timestamp()})
    encrypted = urlsafe_b64encode(runtime.vault.encrypt_own(said, context=_CONTEXT)).decode()
    secure = runtime.base_url.startswith("https:")
    answer.set_cookie(
        TOLD,
        encrypted,
        max_age=int(LASTS.total_seconds()),
        path="/console",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def read_told(runtime: Runtime, cookie: str | None) -> Told | None:
    """What a cookie tells; None for one that is old, or none of ours."""
    if not cookie or len(cookie) > _LONGEST:
        return None
    try:
        said = orjson.loads(
            runtime.vault.decrypt_own(urlsafe_b64decode(cookie.encode("ascii")), context=_CONTEXT)
        )
    except (DecryptionFailed, ValueError):
        return None
    if said["code"] not in SENTENCES or runtime.clock.now().timestamp() - said["at"] > LASTS.total_seconds():
        return None
    return Told(code=said["code"], values=said["values"])

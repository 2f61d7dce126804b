"""Vonage's codes and statuses of texts in our words: one table, for answers to a create, for webhooks and for
its records (`channels/meaning.py`). The codes are those of the Messages API's page of errors."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from channels.json_api import Answer
from channels.meaning import Meaning, meaning_of, refused
from channels.outcome import Outcome
from channels.receipt import Progress

TABLE_VERSION = "2026-11-30"
_ADDRESS, _OUT, _OURS, _ACCOUNT, _LATER, _UNCLEAR = (
    Meaning.ADDRESS,
    Meaning.OPTED_OUT,
    Meaning.OURS,
    Meaning.ACCOUNT,
    Meaning.LATER,
    Meaning.UNCLEAR,
)
CODES: Mapping[int, Meaning] = MappingProxyType(
    {
        1170: _ADDRESS, 1190: _ADDRESS, 1430: _ADDRESS,
        1050: _OUT, 1240: _OUT,
        1010: _OURS, 1020: _OURS, 1021: _OURS, 1022: _OURS, 1090: _OURS, 1120: _OURS, 1130: _OURS,
            1140: _OURS, 1150: _OURS, 1160: _OURS, 1210: _OURS, 1380: _OURS, 1381: _OURS, 1382: _OURS,
            1400: _OURS, 1410: _OURS, 1420: _OURS, 1440: _OURS, 1450: _OURS, 1470: _OURS, 1472: _OURS,
            1473: _OURS, 1480: _OURS, 1481: _OURS, 1482: _OURS, 1483: _OURS, 1484: _OURS,
        1060: _ACCOUNT, 1070: _ACCOUNT, 1080: _ACCOUNT, 1460: _ACCOUNT,
        1000: _LATER, 1100: _LATER, 1180: _LATER, 1220: _LATER, 1230: _LATER, 1241: _LATER, 1331: _LATER,
        1330: _UNCLEAR,
    }
)  # fmt: skip
"""The one table. A number that Vonage has on a list of those that may not be written to counts as opted out
(1050), like one that said STOP (1240). What says neither whose fault it is nor whether it passes (1030, 1040,
1200, 1250 to 1320, 1360) is not in it: it ends one text, and says nothing of the number."""

STATUSES: Mapping[str, tuple[Progress, str | None]] = MappingProxyType(
    {
        "submitted": (Progress.ACCEPTED, None),
        "delivered": (Progress.DELIVERED, "delivered"),
        "read": (Progress.DELIVERED, "delivered"),
        "rejected": (Progress.UNDELIVERED, "bounced"),
        "undeliverable": (Progress.UNDELIVERED, "bounced"),
    }
)


def code_of(error: Any) -> str | None:
    """The number of an error: of a problem document behind the # of its type, of a webhook in its title,
    which is one; some webhooks put the error into one more object. None where there is none."""
    if not isinstance(error, Mapping):
        return None
    if isinstance(inner := error.get("error"), Mapping):
        error = inner
    texts = (error.get("title"), str(error.get("type") or "").rpartition("#")[2], error.get("code"))
    return next((text for one in texts if (text := str(one)).isascii() and text.isdigit()), None)


def refusal(answer: Answer) -> Outcome:
    """What an answer other than a success means."""
    document = answer.document if isinstance(answer.document, Mapping) else {}
    code = code_of(document)
    return refused(
        answer.status,
        code=(code or str(answer.status))[:16],
        meaning=meaning_of(CODES, code),
        words=str(document.get("detail") or document.get("title") or ""),
        headers=answer.headers,
    )

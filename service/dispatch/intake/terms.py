"""What the notices of a batch have in common. A batch is mostly one campaign: its category, channels, times
and sender are the same from notice to notice, so what follows from them alone is checked, worked out and
packed once."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import orjson

from service.errors import FieldError, InvalidRequest
from service.log.append import public_part
from service.model.category import category_of
from service.model.delivery import DeliveryState
from service.model.notice import FanOut, NoticeDraft
from service.store.acceptance import NoticeTerms, packed_starts, packed_terms


class Terms(NamedTuple):
    """The common part of what is stored for a notice, as the store and the log take it."""

    notice: bytes
    deliveries: tuple[bytes, ...]
    """One for each channel on which the notice begins."""
    public: orjson.Fragment


def terms_of(draft: NoticeDraft, *, version: int, accepted_by: str, at: datetime) -> Terms:
    """The terms of a notice that is accepted at `at`. Raises InvalidRequest where its times do not fit each
    other."""
    return _terms(
        NoticeTerms(
            at,
            accepted_by,
            draft.debt.creditor,
            draft.category,
            draft.template,
            version,
            draft.sender_role,
            draft.channels,
            draft.fan_out,
            draft.wait,
            draft.not_before,
            draft.expires_at,
        )
    )


@lru_cache(maxsize=256)
def _terms(wanted: NoticeTerms) -> Terms:
    at, category = wanted.accepted_at, category_of(wanted.category)
    due_at, expires_at = times_of(wanted, at)
    return Terms(
        notice=packed_terms(wanted._replace(expires_at=expires_at)),
        deliveries=packed_starts(
            wanted.channels if wanted.fan_out == FanOut.ALL else wanted.channels[:1],
            state=DeliveryState.DEFERRED if due_at > at else DeliveryState.DUE,
            due_at=due_at,
            priority=category.priority,
            creditor=wanted.creditor,
            expires_at=expires_at,
            updated_at=at,
        ),
        public=public_part(
            {
                "category": wanted.category,
                "channels": wanted.channels,
                "expires_at": expires_at.isoformat(),
                "fan_out": wanted.fan_out,
                "sender_role": wanted.sender_role,
                "template": f"{wanted.template}@{wanted.template_version}",
            }
        ),
    )


def times_of(wanted: NoticeDraft | NoticeTerms, at: datetime) -> tuple[datetime, datetime]:
    """From when on a notice that is accepted at `at` is due, and when it expires: by itself, or by its
    category.

    Raises InvalidRequest where its times do not fit each other."""
    not_before = wanted.not_before
    due_at = at if not_before is None else max(at, not_before)
    expires_at = wanted.expires_at or due_at + category_of(wanted.category).life
    if expires_at <= at:
        field_error = FieldError(
            pointer="/expires_at",
            detail=f"expected an instant in the future; {expires_at.isoformat()} has passed",
            code="expired",
        )
        raise InvalidRequest("the notice has expired already", field_errors=[field_error])
    if not_before is not None and not_before >= expires_at:
        field_error = FieldError(
            pointer="/not_before", detail="expected an instant before expires_at", code="order"
        )
        raise InvalidRequest("the notice would expire before it may be sent", field_errors=[field_error])
    return due_at, expires_at

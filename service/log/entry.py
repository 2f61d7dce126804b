"""A log entry as a value, and its constructors: what it is about is given whole, and never column by
column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson

from policies.fast_init import fast_init
from service.ids import SYSTEM
from service.model.place import AttemptPlace, DeliveryPlace

Public = Mapping[str, Any] | orjson.Fragment
NOTHING: Public = MappingProxyType({})


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line for the auditors. Made by `of`, `of_borrower`, `of_delivery` and `of_attempt`, after what it
    is about."""

    kind: str
    """`noun.verb`, or `decision` and `receipt`."""
    at: datetime
    actor: str
    borrower: UUID = SYSTEM
    notice_no: int | None = None
    channel: str | None = None
    attempt: int | None = None
    verdict: str | None = None
    policies: tuple[str, ...] = ()
    public: Public = field(default_factory=dict)
    """Stands openly in the leaf: nothing that tells about a person. Instants in UTC are written as RFC 3339,
    with `+00:00`. What many entries share is encoded once, by `public_part`."""
    detail: Mapping[str, Any] | None = field(default=None, repr=False)
    """Encrypted under `data_key`. Without a key it stands openly where the entry is about no borrower, and is
    left out where it is."""
    data_key: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        kind: str,
        at: datetime,
        actor: str,
        *,
        policies: tuple[str, ...] = (),
        public: Public = NOTHING,
    ) -> Entry:
        """An entry about no borrower: the set-up, the law, the log itself."""
        return cls(kind=kind, at=at, actor=actor, policies=policies, public=public)

    @classmethod
    def of_borrower(
        cls,
        kind: str,
        at: datetime,
        actor: str,
        borrower: UUID,
        *,
        notice_no: int | None = None,
        channel: str | None = None,
        attempt: int | None = None,
        public: Public = NOTHING,
        detail: Mapping[str, Any] | None = None,
        data_key: bytes | None = None,
    ) -> Entry:
        """An entry about a borrower, and a notice of theirs where there is one."""
        return cls(
            kind=kind,
            at=at,
            actor=actor,
            borrower=borrower,
            notice_no=notice_no,
            channel=channel,
            attempt=attempt,
            public=public,
            detail=detail,
            data_key=data_key,
        )

    @classmethod
    def of_delivery(
        cls,
        kind: str,
        at: datetime,
        actor: str,
        place: DeliveryPlace,
        *,
        attempt: int | None = None,
        verdict: str | None = None,
        policies: tuple[str, ...] = (),
        public: Public = NOTHING,
        detail: Mapping[str, Any] | None = None,
        data_key: bytes | None = None,
    ) -> Entry:
        """An entry about a delivery; a decision has the verdict and the policies that bound."""
        return cls(
            kind=kind,
            at=at,
            actor=actor,
            borrower=place.borrower_id,
            notice_no=place.notice_no,
            channel=place.channel,
            attempt=attempt,
            verdict=verdict,
            policies=policies,
            public=public,
            detail=detail,
            data_key=data_key,
        )

    @classmethod
    def of_attempt(
        cls, kind: str, at: datetime, actor: str, place: AttemptPlace, *, public: Public = NOTHING
    ) -> Entry:
        """An entry about an attempt."""
        return cls.of_delivery(kind, at, actor, place, attempt=place.number, public=public)

"""Decisions as the log keeps them: what was decided, by which texts, on which facts. What is gone is named,
never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from policies.evidence import Evidence
from policies.facts import Facts
from policies.places.whereabouts import Pointer, Whereabouts, whereabouts
from policies.verdict import Kind
from policies.zones import TZDATA_VERSION
from service.ids import DeliveryId, NoticeId
from service.log.encode import decrypt_detail
from service.log.facts_codec import decode_facts
from service.store.log_decisions import LoggedRow
from service.vault import DecryptionFailed, Vault


class Gone(StrEnum):
    """Why a logged decision cannot be taken again."""

    ERASED = "facts_erased"
    UNREADABLE = "facts_unreadable"
    POLICY = "policy_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPolicy:
    """A policy as a decision's entry names it."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecision:
    """One decision, with all that it was taken on."""

    delivery: DeliveryId
    at: datetime
    kind: Kind
    until: datetime | None
    policies: tuple[NamedPolicy, ...]
    facts: Facts = field(repr=False)
    where: Whereabouts
    """The places whose law bound; of entries that do not name them, those of the stated and the account's
    jurisdiction."""
    expires_at: datetime | None
    as_it_was: bool
    """The zone data is that of then, and nothing that the verdict hung on was left out of the entry."""


def read_decision(vault: Vault, row: LoggedRow) -> LoggedDecision | Gone:
    """The decision in a row of the log, or why it cannot be read any more. A wrong commitment counts as
    unreadable."""
    if row.detail is None or row.data_key is None:
        return Gone.ERASED
    leaf: dict[str, Any] = orjson.loads(row.leaf)
    try:
        detail, holds = decrypt_detail(vault.unwrap(row.data_key), leaf, row.detail)
        if not holds:
            return Gone.UNREADABLE
        facts = decode_facts(detail["facts"])
    except (DecryptionFailed, KeyError, TypeError, ValueError):
        return Gone.UNREADABLE
    if row.notice_no is None or row.channel is None or row.verdict is None:
        return Gone.UNREADABLE
    named = zip(leaf["policies"], leaf["public"]["digests"], strict=True)
    return LoggedDecision(
        delivery=DeliveryId(NoticeId(row.borrower_id, row.notice_no), row.channel),
        at=row.at,
        kind=Kind(row.verdict),
        until=instant_of(detail["verdict"], "until"),
        policies=tuple(_named(text, digest) for text, digest in named),
        facts=facts,
        where=_where(detail, facts),
        expires_at=instant_of(detail, "expires_at"),
        as_it_was=leaf["public"]["tzdata"] == TZDATA_VERSION and "expires_at" in detail,
    )


def _where(detail: Mapping[str, Any], facts: Facts) -> Whereabouts:
    if "places" not in detail:
        return whereabouts(
            Evidence(stated=facts.borrower.jurisdiction, account=detail.get("account_jurisdiction"))
        )
    return Whereabouts(
        pointers=tuple(Pointer(place, source) for place, source in detail["places"]),
        unsure=tuple(detail["unsure"]),
    )


def instant_of(document: Mapping[str, Any], name: str) -> datetime | None:
    """An instant of a decision's detail; None where it has none."""
    text = document.get(name)
    return None if text is None else datetime.fromisoformat(text)


def _named(text: str, digest: str) -> NamedPolicy:
    name, _, version = text.partition("@")
    return NamedPolicy(name=name, version=version, digest=digest)

"""Commands that work on the store of the settings, or with `--url` on a running service: one use case by
name, two ways to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from service.cli.keys import OPERATOR, run_with_runtime
from service.cli.remote import PAGE, Remote, remote_of, segment
from service.dispatch.records.suppressions import (
    SuppressionDraft,
    add_suppressions,
    lift_suppression,
    list_suppressions,
    number_of,
)
from service.dispatch.runtime import Runtime
from service.dispatch.webhooks import endpoints
from service.dispatch.webhooks.endpoints import EndpointDraft

Result = TypeVar("Result")
Document = dict[str, Any]
CREATED = 201
_FIELDS = ("url", "types", "creditor", "description", "enabled")


def webhooks_at(url: str | None, key: str | None) -> StoredWebhooks | RemoteWebhooks:
    """Webhook endpoints of the store, or of the service at `url`."""
    return StoredWebhooks() if url is None else RemoteWebhooks(remote_of(url, key))


def suppressions_at(url: str | None, key: str | None) -> StoredSuppressions | RemoteSuppressions:
    """Suppressions of the store, or of the service at `url`."""
    return StoredSuppressions() if url is None else RemoteSuppressions(remote_of(url, key))


def _run(work: Callable[[Runtime], Awaitable[Result]]) -> Result:
    return run_with_runtime(work)


class StoredWebhooks:
    """By whoever holds the settings."""

    def create(self, draft: EndpointDraft) -> tuple[Document, str]:
        """The endpoint and its secret."""
        return _run(lambda runtime: endpoints.create(runtime, OPERATOR, draft))

    def listed(self) -> list[Document]:
        """The oldest first."""
        return _run(lambda runtime: endpoints.listed(runtime, OPERATOR))

    def change(self, endpoint_id: str, draft: EndpointDraft) -> Document:
        """The endpoint as it is then."""
        return _run(lambda runtime: endpoints.change(runtime, OPERATOR, endpoint_id, draft))

    def delete(self, endpoint_id: str) -> None:
        """With what is on its way to it."""
        _run(lambda runtime: endpoints.delete(runtime, OPERATOR, endpoint_id))

    def rotate(self, endpoint_id: str) -> tuple[Document, str]:
        """The endpoint and its new secret."""
        return _run(lambda runtime: endpoints.rotate(runtime, OPERATOR, endpoint_id))

    def test(self, endpoint_id: str) -> Document:
        """The attempt."""
        return _run(lambda runtime: endpoints.test(runtime, OPERATOR, endpoint_id))

    def replay(
        self, endpoint_id: str, between: tuple[datetime, datetime] | None, names: Sequence[str]
    ) -> int:
        """How many events are on their way."""
        return _run(
            lambda runtime: endpoints.replay(
                runtime, OPERATOR, endpoint_id, between=between, names=tuple(names)
            )
        )

    def attempts(self, endpoint_id: str, limit: int) -> list[Document]:
        """The newest first."""
        found, _ = _run(lambda runtime: endpoints.attempts(runtime, OPERATOR, endpoint_id, limit=limit))
        return found


class RemoteWebhooks:
    """The same over HTTP."""

    def __init__(self, remote: Remote) -> None:
        """`remote` is the service."""
        self._remote = remote

    def _path(self, endpoint_id: str, step: str = "") -> str:
        return f"/v1/webhooks/{segment(endpoint_id)}{step}"

    def create(self, draft: EndpointDraft) -> tuple[Document, str]:
        """The endpoint and its secret."""
        made = self._remote.call("POST", "/v1/webhooks", body=_given(draft))
        return made, made.pop("secret")

    def listed(self) -> list[Document]:
        """The oldest first."""
        found: list[Document] = self._remote.call("GET", "/v1/webhooks")["items"]
        return found

    def change(self, endpoint_id: str, draft: EndpointDraft) -> Document:
        """The endpoint as it is then."""
        found: Document = self._remote.call("PATCH", self._path(endpoint_id), body=_given(draft))
        return found

    def delete(self, endpoint_id: str) -> None:
        """With what is on its way to it."""
        self._remote.call("DELETE", self._path(endpoint_id))

    def rotate(self, endpoint_id: str) -> tuple[Document, str]:
        """The endpoint and its new secret."""
        found = self._remote.call("POST", self._path(endpoint_id, "/rotate"))
        return found, found.pop("secret")

    def test(self, endpoint_id: str) -> Document:
        """The attempt."""
        found: Document = self._remote.call("POST", self._path(endpoint_id, "/test"))
        return found

    def replay(
        self, endpoint_id: str, between: tuple[datetime, datetime] | None, names: Sequence[str]
    ) -> int:
        """How many events are on their way."""
        body = {"event_ids": list(names)} if between is None else {"from": between[0], "to": between[1]}
        return int(self._remote.call("POST", self._path(endpoint_id, "/replay"), body=body)["queued"])

    def attempts(self, endpoint_id: str, limit: int) -> list[Document]:
        """The newest first."""
        return list(self._remote.items(self._path(endpoint_id, "/attempts"), most=limit))


def _given(draft: EndpointDraft) -> Document:
    return {name: one for name in _FIELDS if (one := getattr(draft, name)) is not None}


class StoredSuppressions:
    """By whoever holds the settings."""

    def add(self, draft: SuppressionDraft) -> tuple[Document, bool]:
        """The suppression, and whether it is new."""
        [found] = _run(lambda runtime: add_suppressions(runtime, [draft], OPERATOR, via="cli"))
        return found

    def lift(self, suppression: str, because: str) -> Document:
        """The suppression as it is then."""
        return _run(lambda runtime: lift_suppression(runtime, suppression, OPERATOR, because))

    def every(self, narrowed: Document, *, lifted: bool) -> Iterable[Document]:
        """All of them, the newest first."""
        return _run(lambda runtime: _every(runtime, narrowed, lifted=lifted))


async def _every(runtime: Runtime, narrowed: Document, *, lifted: bool) -> list[Document]:
    found: list[Document] = []
    before = None
    while True:
        some = await list_suppressions(
            runtime, OPERATOR, **narrowed, lifted=lifted, before=before, limit=PAGE
        )
        found += some
        if len(some) < PAGE:
            return found
        before = number_of(some[-1]["id"])


class RemoteSuppressions:
    """The same over HTTP."""

    def __init__(self, remote: Remote) -> None:
        """`remote` is the service."""
        self._remote = remote

    def every(self, narrowed: Document, *, lifted: bool) -> Iterable[Document]:
        """All of them, the newest first."""
        query = {**narrowed, "lifted": "true" if lifted else None}
        return self._remote.items("/v1/suppressions", query=query)

    def add(self, draft: SuppressionDraft) -> tuple[Document, bool]:
        """The suppression, and whether it is new."""
        body = {
            "address": draft.address,
            "channel": draft.channel,
            "reason": draft.reason,
            "note": draft.note,
        }
        found, status = self._remote.answered("POST", "/v1/suppressions", body=body)
        return found, status == CREATED

    def lift(self, suppression: str, because: str) -> Document:
        """The suppression as it is then."""
        path = f"/v1/suppressions/{segment(suppression)}/lift"
        found: Document = self._remote.call("POST", path, body={"reason": because})
        return found

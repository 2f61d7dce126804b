"""The service with an intake that stores nothing: the same endpoint, authentication, validation and
answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from service import wiring
from service.cli.serving import serve
from service.cli.working import run_loop
from service.dispatch.intake.accept import Intake, Keyed
from service.dispatch.intake.group import AcceptedNotice
from service.errors import ForbearError
from service.ids import NoticeId, new_notice_number, new_notice_numbers
from service.model.actor import Actor
from service.model.notice import NoticeDraft


class NullIntake(Intake):
    """Answers as if it had stored."""

    async def accept(
        self,
        draft: NoticeDraft,
        actor: Actor,
        *,
        idempotency_key: str | None = None,
        body_digest: bytes = b"",
    ) -> AcceptedNotice:
        del actor, idempotency_key, body_digest
        at = self._runtime.clock.now()
        return self._answer(draft, new_notice_number(at), at)

    async def accept_many(self, items: Sequence[Keyed], actor: Actor) -> list[AcceptedNotice | ForbearError]:
        del actor
        at = self._runtime.clock.now()
        return [
            self._answer(one.draft, number, at)
            for one, number in zip(items, new_notice_numbers(at, len(items)), strict=True)
        ]

    async def run(self) -> None:
        await asyncio.Event().wait()

    def _answer(self, draft: NoticeDraft, number: int, at: datetime) -> AcceptedNotice:
        return AcceptedNotice(
            id=NoticeId(self._runtime.vault.borrower_key(draft.borrower.id), number),
            accepted_at=at,
            language=draft.borrower.language or "en",
        )


if __name__ == "__main__":
    wiring.Intake = NullIntake  # type: ignore[misc]
    run_loop(serve(worker=False))

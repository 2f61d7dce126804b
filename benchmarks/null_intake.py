"""The service with an intake that stores nothing: the same endpoint, authentication, validation and answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from service import wiring
from service.cli.serving import run_loop, serve
from service.dispatch.accept import AcceptedNotice, Intake
from service.errors import ForbearError
from service.ids import NoticeId, new_notice_number
from service.model.actor import Actor
from service.model.notice import NoticeDraft


class NullIntake(Intake):
    """Answers as if it had stored."""

    async def accept(
        self, draft: NoticeDraft, actor: Actor, *, idempotency_key: str | None = None, body_digest: bytes = b""
    ) -> AcceptedNotice:
        del actor, idempotency_key, body_digest
        return self._answer(draft)

    async def accept_many(self, drafts: Sequence[NoticeDraft], actor: Actor) -> list[AcceptedNotice | ForbearError]:
        del actor
        return [self._answer(draft) for draft in drafts]

    async def run(self) -> None:
        await asyncio.Event().wait()

    def _answer(self, draft: NoticeDraft) -> AcceptedNotice:
        at = self._desk.clock.now()
        return AcceptedNotice(id=NoticeId(self._desk.vault.borrower_key(draft.borrower.id), new_notice_number(at)), accepted_at=at)


if __name__ == "__main__":
    wiring.Intake = NullIntake  # type: ignore[misc]
    run_loop(serve(worker=False))

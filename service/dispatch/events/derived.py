"""What the words of a borrower's message amount to, as the rows of further events."""

from __future__ import annotations

from policies.derived_events import derived_events
from policies.facts import Event
from policies.reply_classifier import Reading
from service.store.events import EventRow


def derived_rows(message: EventRow, said: Event, reading: Reading) -> list[EventRow]:
    """The rows of what a message's words amount to; ids that follow from the message's keep a repeat
    harmless."""
    found: list[EventRow] = []
    for place, one in enumerate(derived_events(said, reading)):
        document = one.to_document()
        found.append(
            EventRow(
                borrower_id=message.borrower_id,
                event_id=f"{message.event_id}.meaning" + (f".{place}" if place else ""),
                at=message.at,
                learned_at=message.learned_at,
                type=document.pop("type"),
                channel=document.pop("channel", None),
                outcome=None,
                document=document,
                encrypted=None,
            )
        )
    return found

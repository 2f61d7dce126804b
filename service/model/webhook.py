"""The events that webhooks tell of. docs/webhooks.md and the OpenAPI document are made of this list."""

from __future__ import annotations

from types import MappingProxyType

from service.model.delivery import DeliveryState

DELIVERY = "delivery."
NOTICE_ACCEPTED, NOTICE_DONE = "notice.accepted", "notice.done"
EVENT_RECORDED, CHECKPOINT, TEST = "event.recorded", "log.checkpoint", "webhook.test"

MEANINGS = MappingProxyType(
    {
        NOTICE_ACCEPTED: "a notice was stored; it comes before everything else about the notice",
        NOTICE_DONE: "nothing is owed on a notice any more; a later word of a provider comes after it",
        **{f"{DELIVERY}{state}": f"a delivery is {state} now" for state in DeliveryState},
        EVENT_RECORDED: "an event about a borrower was recorded, whoever told of it",
        "suppression.added": "an address was suppressed",
        "suppression.lifted": "a suppression was lifted",
        "inbound.unmatched": "a message came from an address that no borrower has",
        "policy.activated": "a policy's version was put in force, from an instant on",
        "policy.retired": "a policy was retired",
        CHECKPOINT: "the log was sequenced up to a size",
    }
)
"""By type."""
TYPES = tuple(MEANINGS)
WILDCARDS = tuple(sorted({f"{one.split('.')[0]}.*" for one in TYPES}))
OF_NOTICES = (NOTICE_ACCEPTED, NOTICE_DONE)


def wants(types: frozenset[str] | tuple[str, ...], type_: str) -> bool:
    """Whether one of `types`, wildcards among them, is or covers a type."""
    return type_ in types or f"{type_.partition('.')[0]}.*" in types

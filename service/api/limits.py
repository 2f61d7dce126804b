"""What a key that is limited to creditors may touch."""

from __future__ import annotations

from service.errors import FieldError, Forbidden
from service.model.actor import Actor


def check_creditor(actor: Actor, creditor: str, pointer: str) -> None:
    """Raise Forbidden where the creditor is not this actor's business."""
    if not actor.may_see(creditor):
        field_error = FieldError(
            pointer=pointer, detail="expected a creditor that this key is limited to", code="other-creditor"
        )
        raise Forbidden("this key is limited to other creditors", field_errors=[field_error])

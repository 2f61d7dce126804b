"""One router a noun. Each parses, calls one use case, and renders."""

from __future__ import annotations

from fastapi import APIRouter

from service.api.routers.borrowers import borrowers
from service.api.routers.creditors import creditors
from service.api.routers.evaluate import decisions
from service.api.routers.events import events
from service.api.routers.holds import holds
from service.api.routers.keys import keys
from service.api.routers.log import log
from service.api.routers.notices import notices
from service.api.routers.operations import operations
from service.api.routers.policies import policies
from service.api.routers.sandbox import sandbox
from service.api.routers.unsubscribe import unsubscribe


def every_router() -> list[APIRouter]:
    """All routers, the busiest first."""
    return [notices, borrowers, events, decisions, operations, log, policies, creditors, holds, keys, sandbox, unsubscribe]

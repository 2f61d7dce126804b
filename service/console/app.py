"""Puts the console on the application that serves the API."""

from __future__ import annotations

from functools import cache

from fastapi import FastAPI
from starlette.routing import BaseRoute

from service.console.activity import activity
from service.console.borrowers import borrowers
from service.console.choosing import choosing
from service.console.creditors import creditors
from service.console.drafting import drafting
from service.console.held import held
from service.console.inbound import inbound
from service.console.keys import keys as keys_page
from service.console.law import law
from service.console.learning import learning
from service.console.learning_drafts import learning_drafts
from service.console.legal_holds import legal_holds
from service.console.log import log
from service.console.login import elsewhere, login_routes
from service.console.message_templates import message_templates
from service.console.notices import notices
from service.console.outcomes import outcomes
from service.console.overview import overview
from service.console.policies import policies
from service.console.policy_steps import policy_steps
from service.console.routes import Console
from service.console.sessions import Keys, Sessions
from service.console.suppressions import suppressions
from service.console.webhooks import webhooks
from service.dispatch.runtime import Runtime

ROUTERS = (
    login_routes,
    choosing,
    overview,
    activity,
    notices,
    borrowers,
    held,
    inbound,
    suppressions,
    legal_holds,
    webhooks,
    drafting,
    policies,
    policy_steps,
    outcomes,
    learning_drafts,
    learning,
    law,
    message_templates,
    creditors,
    keys_page,
    log,
    elsewhere,
)
"""In the order in which their paths are tried."""


def add_console(app: FastAPI, runtime: Runtime, keys: Keys) -> None:
    """Add every page. `keys` is what the API authenticates with: one cache, one brake, one rate."""
    app.state.console = Console(runtime=runtime, sessions=Sessions(runtime, keys))
    app.router.routes.extend(_pages())


@cache
def _pages() -> tuple[BaseRoute, ...]:
    """Every page's routes, which every application of a process shares."""
    gathered = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for one in ROUTERS:
        gathered.include_router(one)
    return tuple(gathered.router.routes)

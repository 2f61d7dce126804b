"""Puts the console on the application that serves the API."""

from __future__ import annotations

from fastapi import FastAPI

from service.console.borrowers import borrowers
from service.console.held import held
from service.console.law import law
from service.console.log import log
from service.console.login import elsewhere, login_routes
from service.console.notices import notices
from service.console.outcomes import outcomes
from service.console.overview import overview
from service.console.policies import policies
from service.console.routes import Console
from service.console.sessions import Keys, Sessions
from service.console.suppressions import suppressions
from service.console.webhooks import webhooks
from service.dispatch.runtime import Runtime


def add_console(app: FastAPI, runtime: Runtime, keys: Keys) -> None:
    """Add every page. `keys` is what the API authenticates with: one cache, one brake, one rate."""
    app.state.console = Console(runtime=runtime, sessions=Sessions(runtime, keys))
    first = (login_routes, overview, notices, borrowers, held, suppressions, webhooks)
    for one in (*first, outcomes, policies, law, log, elsewhere):
        app.include_router(one)

"""A receiver as a process of its own: fails a quarter of the time, loses answers, and can be killed at any
moment.

`python unsteady.py PORT SECRET FILE SEED`. What it takes is verified by `standardwebhooks` and written down
before it answers; it fails no event twice, so that a run of minutes ends: of all requests it fails a
quarter."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections import Counter

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

REFUSES, LOSES = 0.20, 0.13
"""Shares of requests that are answered with 500, and that are taken while their answer is lost."""
MOST = 1


def main() -> None:
    """Serve until killed."""
    port, secret, file, seed = sys.argv[1:]
    verify, dice = Webhook(secret).verify, random.Random(int(seed))
    failures: Counter[str] = Counter()
    out = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(what: str, request: web.Request, body: bytes) -> None:
        line = {"what": what, "id": request.headers["webhook-id"], "body": body.decode()}
        os.write(out, json.dumps(line).encode() + b"\n")

    async def take(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            verify(body, dict(request.headers))
        except WebhookVerificationError:
            note("forged", request, body)
            return web.Response(status=400)
        id_, chance = request.headers["webhook-id"], dice.random()
        if chance < REFUSES + LOSES and failures[id_] < MOST:
            failures[id_] += 1
            if chance < REFUSES:
                note("refused", request, body)
                return web.Response(status=500)
            note("taken", request, body)
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        note("taken", request, body)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    web.run_app(
        app, host="127.0.0.1", port=int(port), print=None, reuse_address=True, loop=asyncio.new_event_loop()
    )


main()

"""`forbear secrets`: FORBEAR_SECRET_KEY made and rotated."""

from __future__ import annotations

import base64
import os

import typer

from service.cli.keys import OPERATOR, Json, print_json, run_with_runtime
from service.cli.nouns import noun_app
from service.cli.progress import bar
from service.dispatch.access.secrets import Rotated, rotate_secrets
from service.dispatch.runtime import Runtime
from service.store import keyring
from service.vault import KEY_BYTES

app = noun_app()


@app.command()
def new() -> None:
    """Print a fresh key, fit for FORBEAR_SECRET_KEY. It is stored nowhere."""
    typer.echo(base64.b64encode(os.urandom(KEY_BYTES)).decode())


@app.command()
def rotate(*, as_json: Json = False) -> None:
    """Wrap every key anew under FORBEAR_SECRET_KEY, while the service runs; then FORBEAR_PREVIOUS_SECRET_KEYS
    may go.

    It may be ended and started again at any time."""
    done = run_with_runtime(_rotate)
    if as_json:
        print_json({"keys": done.keys, "borrowers": done.borrowers})
    elif done.keys or done.borrowers:
        typer.echo(f"{done.keys} keys of the service and {done.borrowers} of borrowers are wrapped anew.")
    else:
        typer.echo(
            "Everything is wrapped under FORBEAR_SECRET_KEY already: FORBEAR_PREVIOUS_SECRET_KEYS may go."
        )


async def _rotate(runtime: Runtime) -> Rotated:
    async with runtime.database.connection() as connection:
        total = await keyring.count_data_keys(connection)
    with bar("Wrapping", total) as advance:
        return await rotate_secrets(runtime, OPERATOR, advance)

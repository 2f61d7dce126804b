"""The beginning of a campaign: a PostgreSQL of its own, and what each process is started with."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from service.store.embedded import EmbeddedServer
from tests.chaos.cluster import KEY, NEXT_SECRET, SECRET, Cluster, Seat
from tests.chaos.provider import SID, TOKEN
from tests.chaos.wire import Wire
from tests.fork_server import fork_server
from tests.ports import free_port


def lay(
    *,
    apis: int,
    workers: int,
    seed: int,
    phones: str | None,
    mail_port: int | None,
    module: str = "service",
    cells: int = 1,
    schemas: bool = False,
    points: Sequence[str] | None = None,
    further: Mapping[str, str] | None = None,
) -> Cluster:
    """A cluster that is not started yet. `phones` and `mail_port` say where the providers are; each of
    several `cells` has a PostgreSQL of its own, or with `schemas` a schema of one database."""
    folder = Path(tempfile.mkdtemp(prefix="forbear-chaos-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder)
    url = server.start()
    if schemas:
        beside = [(server, schema_of(url, number)) for number in range(1, cells)]
        url = schema_of(url, 0)
    else:
        beside = [_server(folder / f"cell{number}") for number in range(1, cells)]
    kinds = ["api"] * apis + ["worker"] * workers
    seats = [Seat(kind, free_port(), Wire(url, seed + number)) for number, kind in enumerate(kinds)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FORBEAR_")}
    environment = {
        **inherited,
        "FORBEAR_DATABASE_URL": url,
        "FORBEAR_SECRET_KEY": SECRET,
        "FORBEAR_PREVIOUS_SECRET_KEYS": NEXT_SECRET,
        "FORBEAR_BOOTSTRAP_KEY": KEY,
        "FORBEAR_POLICIES": "house-strict",
        "FORBEAR_PUBLIC_URL": "http://forbear.example",
        "FORBEAR_LOG_FORMAT": "json",
        "FORBEAR_WORKER__LEASE_SECONDS": "3",
        "FORBEAR_WORKER__SEND_TIMEOUT_SECONDS": "2",
        "FORBEAR_WORKER__DRAIN_SECONDS": "5",
        # Narrow lanes: something waits in each worker when it ends.
        "FORBEAR_SMS__CONCURRENCY": "2",
        "FORBEAR_EMAIL__CONCURRENCY": "2",
        "FORBEAR_VOICE__CONCURRENCY": "2",
        **(further or {}),
    }
    if phones is not None:
        environment |= {
            "FORBEAR_SMS__ADAPTER": "twilio",
            "FORBEAR_VOICE__ADAPTER": "twilio",
            "FORBEAR_TWILIO__ACCOUNT_SID": SID,
            "FORBEAR_TWILIO__AUTH_TOKEN": TOKEN,
            "FORBEAR_TWILIO__FROM_NUMBER": "+12025550100",
            "FORBEAR_TWILIO__BASE_URL": phones,
        }
    if mail_port is not None:
        environment |= {
            "FORBEAR_EMAIL__ADAPTER": "smtp",
            "FORBEAR_SMTP__HOST": "127.0.0.1",
            "FORBEAR_SMTP__PORT": str(mail_port),
            "FORBEAR_SMTP__TLS": "none",
            "FORBEAR_SMTP__SENDER": "notices@lender.example",
        }
    return Cluster(
        folder=folder,
        server=server,
        database=url,
        seats=seats,
        environment=environment,
        fork_server=fork_server(),
        dice=random.Random(seed),
        module=module,
        further=beside,
        points=points,
    )


def schema_of(url: str, cell: int) -> str:
    """The URL of a cell that is a schema, in the form that PostgreSQL's own library knows too."""
    return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3Dcell{cell}"


def _server(folder: Path) -> tuple[EmbeddedServer, str]:
    folder.mkdir(mode=0o755)
    server = EmbeddedServer(folder)
    return server, server.start()

"""Celery's empty tasks. Run as a module it queues them; the worker writes down when the first began and the
last ended."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from celery import Celery

app = Celery("empty", broker=os.environ.get("CELERY_BROKER", "memory://"))
app.conf.update(
    task_ignore_result=True, worker_prefetch_multiplier=64, broker_connection_retry_on_startup=True
)


@app.task(name="nothing")  # type: ignore[untyped-decorator]
def nothing() -> None:
    """Do nothing."""


@app.task(name="mark")  # type: ignore[untyped-decorator]
def mark() -> None:
    """Write down the time; the queue keeps its order, so this is the first or the last."""
    with Path(os.environ["CELERY_ENDED"]).open("a") as file:
        file.write(f"{time.time()}\n")


if __name__ == "__main__":
    with app.producer_pool.acquire() as producer:
        mark.apply_async(producer=producer)
        for _ in range(int(sys.argv[1])):
            nothing.apply_async(producer=producer)
        mark.apply_async(producer=producer)

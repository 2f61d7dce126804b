"""Procrastinate's empty jobs: defers them, then works them off in this process; prints the jobs of a
second."""

from __future__ import annotations

import asyncio
import os
import sys
import time

import procrastinate


async def _main(count: int) -> None:
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=os.environ["PROCRASTINATE_DSN"])
    )

    @app.task
    async def nothing() -> None:
        return

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await nothing.batch_defer_async(*({} for _ in range(count)))
        begins = time.perf_counter()
        await app.run_worker_async(
            concurrency=16, wait=False, install_signal_handlers=False, delete_jobs="never"
        )
        print(count / (time.perf_counter() - begins))


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))

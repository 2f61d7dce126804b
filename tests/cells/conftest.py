"""The HTTP face over two cells, whatever FORBEAR_TEST_CELLS says, and borrowers of either."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from channels.message import Channel
from service.dispatch.runtime import Runtime
from service.errors import Unavailable
from tests.conftest import run_on, with_database
from tests.dispatch.conftest import Bench, Provider, plain
from tests.emptying import Emptying

__all__ = ["plain"]


@pytest.fixture(scope="session")
def second_database(server_url: str, template_database: str) -> str:
    """The database of the cell beside home."""
    asyncio.run(run_on(server_url, f"CREATE DATABASE forbear_second TEMPLATE {template_database}"))
    return with_database(server_url, "forbear_second")


@pytest.fixture
def further_urls(second_database: str, emptying: Emptying) -> list[str]:
    """The same, with nothing in it."""
    emptying.empty(second_database)
    return [second_database]


@dataclass(slots=True)
class TwoCells:
    """Two cells, and a worker that works in both when told to."""

    bench: Bench

    @property
    def home(self) -> Runtime:
        """The first."""
        found: Runtime = self.bench.api.runtime
        return found

    @property
    def other(self) -> Runtime:
        """The second."""
        return self.home.cells.all[1]

    def name_in(self, cell: Runtime) -> str:
        """An upstream id of a borrower who is that cell's."""
        vault = self.home.vault
        names = (f"B-{number}" for number in itertools.count())
        return next(one for one in names if self.home.of(vault.borrower_key(one)) is cell)

    def notice_in(self, cell: Runtime, notice: Mapping[str, Any]) -> dict[str, Any]:
        """The notice, to a borrower of that cell."""
        return {**notice, "borrower": {**notice["borrower"], "id": self.name_in(cell)}}

    async def stop(self, number: str, words: str = "STOP") -> Any:
        """Somebody writes from a number."""
        from channels.receipt import Inbound
        from service.dispatch.receive.inbound import take_inbound

        said = Inbound(
            provider="scripted", ref=f"in-{words}-{number}", from_address=number, to_address="", words=words
        )
        return await take_inbound(self.home, said)

    @contextmanager
    def away(self, cell: Runtime) -> Iterator[None]:
        """While its server cannot be reached."""
        database: Any = cell.database

        def refused() -> Any:
            raise Unavailable("the database cannot be reached", retry_after=1)

        database.connection = refused
        try:
            yield
        finally:
            del database.connection


@pytest.fixture
async def two(api: Any) -> TwoCells:
    """Two cells."""
    return TwoCells(Bench(api, {channel.value: Provider(channel) for channel in Channel}))

"""No line that the process writes holds the words of an error: they may quote a person."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
import structlog

from service.cli.logs import LibraryFormatter, configure_logs, log_stray
from service.settings import Settings

SECRET = "+12025550123 Ana Ruiz 431.25"


@pytest.fixture(params=["text", "json"])
def configured(request: pytest.FixtureRequest) -> Iterator[None]:
    """The logs as `forbear serve` has them."""
    before = structlog.get_config()
    configure_logs(Settings(log_format=request.param))
    structlog.configure(cache_logger_on_first_use=False)
    yield
    structlog.configure(**before)


def fail() -> None:
    """As a driver fails that quotes its arguments."""
    raise ValueError(f"invalid input for query argument $1: {SECRET}")


@pytest.mark.usefixtures("configured")
def test_a_trace_tells_the_kind_and_the_places_and_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        fail()
    except ValueError:
        structlog.get_logger("x").exception("settle", action="settle.failed")
    line = capsys.readouterr().out
    assert "settle.failed" in line
    assert "ValueError" in line
    assert "test_logs.py" in line
    assert SECRET not in line
    assert 1 == len(line.splitlines())


def test_what_a_library_logs_is_one_line_without_the_words_of_its_error() -> None:
    """Also where it holds a line break that pretends to be another line."""
    try:
        fail()
    except ValueError as error:
        record = logging.LogRecord(
            "uvicorn.error",
            logging.ERROR,
            "f",
            1,
            "failed\n2026 [info] all is well",
            (),
            (ValueError, error, error.__traceback__),
        )
    text = LibraryFormatter("%(levelname)s %(name)s %(message)s").format(record)
    assert 1 == len(text.splitlines())
    assert "ValueError at test_logs.py" in text
    assert SECRET not in text


@pytest.mark.usefixtures("configured")
async def test_an_error_that_nobody_waited_for_has_no_words_either(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = ValueError(SECRET)
    log_stray(
        asyncio.get_running_loop(),
        {"message": f"Task exception was never retrieved {error!r}", "exception": error},
    )
    line = capsys.readouterr().out
    assert "loop.stray" in line
    assert SECRET not in line

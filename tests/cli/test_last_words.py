"""What a person at a terminal sees when something is the matter: one line that says what, never a
traceback."""

from __future__ import annotations

from typing import Any

import pytest

from service.cli import app as command_line
from service.cli import log as log_commands
from service.errors import NotFound, SetupError
from tests.processes import command as run_command


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (SetupError("FORBEAR_X: no"), 2, "forbear: FORBEAR_X: no"),
        (NotFound("there is none"), 1, "forbear: there is none"),
        (PermissionError(13, "Permission denied", "/data/x"), 2, "forbear: /data/x: Permission denied"),
        (OSError(28, "No space left on device"), 2, "forbear: No space left on device"),
        (ConnectionRefusedError(111, "Connection refused"), 2, "forbear: Connection refused"),
        (KeyError("ana@example.com"), 1, "forbear: an internal error, KeyError at "),
    ],
)
def test_whatever_happens_is_told_in_one_line(
    monkeypatch: Any, capsys: Any, error: Exception, code: int, line: str
) -> None:
    """An internal error too: where it broke, and not the words of the error, which may hold what a row
    held."""

    def fails() -> None:
        raise error

    monkeypatch.setattr(command_line, "app", fails)
    with pytest.raises(SystemExit) as ended:
        command_line.run()
    told = capsys.readouterr().err
    assert (code, 1) == (ended.value.code, told.count("\n"))
    assert told.startswith(line)
    assert "ana@" not in told


@pytest.mark.slow
@pytest.mark.parametrize("command", [("keys", "list"), ("migrate",), ("log", "export")])
def test_a_folder_that_cannot_be_written_is_named(command: tuple[str, ...]) -> None:
    """Nobody may write below /proc, root neither."""
    ended = run_command(*command, env={"FORBEAR_DATA": "/proc/nowhere"})
    assert 2 == ended.returncode, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "/proc/nowhere" in ended.stderr.splitlines()[-1]


def test_a_missing_optional_package_is_named_with_the_way_to_it(monkeypatch: Any) -> None:
    """Before anything is written to the log about an export that then cannot be made."""
    monkeypatch.setattr(log_commands, "find_spec", lambda _name: None)
    with pytest.raises(SetupError, match="forbear\\[parquet\\]"):
        log_commands.export(form="parquet")

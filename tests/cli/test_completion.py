"""A real shell completes nouns, commands and options, and takes the script where it keeps such things."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BASH = shutil.which("bash")
RUN = "import sys; sys.argv[0] = 'forbear'; from service.__main__ import main; main()"


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment with `forbear` on its path and nothing at home."""
    if BASH is None:
        pytest.skip("needs bash")
    folder, home = tmp_path / "bin", tmp_path / "home"
    for one in (folder, home):
        one.mkdir()
    program = folder / "forbear"
    program.write_text(f"#!{sys.executable}\n{RUN}\n")
    program.chmod(0o755)
    root = Path(__file__).parents[2]
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(home), "PYTHONPATH": str(root), "SHELL": str(BASH)}


def bash(script: str, environment: dict[str, str]) -> str:
    """What a script prints."""
    done = subprocess.run(
        [str(BASH), "--norc", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("forbear", "webh"), ["webhooks"]),
        (("forbear", "webhooks", "re"), ["replay"]),
        (("forbear", "policies", "act"), ["activate"]),
        (("forbear", "doctor", "--js"), ["--json"]),
        (("forbear", "no-such-noun-at-"), []),
    ],
)
def test_bash_completes_what_was_begun(
    shell: dict[str, str], typed: tuple[str, ...], offered: list[str]
) -> None:
    """Also what lies in nouns that are read only when they are asked for."""
    words = " ".join(typed)
    script = (
        f'eval "$(forbear --show-completion bash)"; COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; '
        '_forbear_completion forbear; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    found = bash(script, shell).split()
    assert set(offered) <= set(found)
    assert all(one.startswith(typed[-1]) for one in found)


def test_the_completion_is_installed_at_home(shell: dict[str, str]) -> None:
    """One script, and one line that reads it. The shell is looked for among the processes above: bash stays
    one of them as long as something follows."""
    assert "completion installed" in bash("forbear --install-completion bash && echo done", shell)
    home = Path(shell["HOME"])
    assert "_forbear_completion" in (home / ".bash_completions" / "forbear.sh").read_text()
    assert "forbear.sh" in (home / ".bashrc").read_text()

"""An upgrade is rolled and taken back: processes of two releases on one database, under load."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from service.store.migrate import head
from tests.processes import address_of, by_daylight, process, ready
from tests.unpacked import unpack

ROOT = Path(__file__).parents[2]
VERSIONS = "service/store/migrations/versions"
ADMIN = "bootstrap-key-for-tests-0123456789"
SECRET = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
EACH = 20
"""Notices between two steps."""
PATIENCE = 120.0
STARTS = """
import importlib, pkgutil, service
for one in pkgutil.walk_packages(service.__path__, "service."):
    if ".migrations" not in one.name and not one.name.endswith("__main__"):
        importlib.import_module(one.name)
"""


def git(*arguments: str) -> bytes:
    """What git says; the test is skipped where there is none, or no history."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"needs the history of this checkout: {done.stderr.decode().strip()}")
    return done.stdout


NEXT = '''"""What a next release might add."""

from alembic import op

revision = "9000"
down_revision = "{head}"


def upgrade() -> None:
    op.execute("ALTER TABLE notices ADD COLUMN later text")
    op.execute("CREATE TABLE later_things (name text PRIMARY KEY)")


def downgrade() -> None:
    op.execute("DROP TABLE later_things")
    op.execute("ALTER TABLE notices DROP COLUMN later")
'''


@pytest.fixture(params=["before", "next"])
def releases(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """Two releases, the older one first: that of the commit before the newest migration and this one, or this
    one and one with a migration more."""
    folder = tmp_path / "other"
    if request.param == "before":
        _before(folder)
        return folder, ROOT
    for name in ("service", "channels", "policies", "documents"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / VERSIONS / "9000_next.py").write_text(NEXT.format(head=head()))
    return ROOT, folder


def _before(folder: Path) -> None:
    """Lay out the newest commit whose migrations are ours but for the last ones, and which starts: one that
    two changes met in may not."""
    ours = set(git("ls-tree", "--name-only", f"HEAD:{VERSIONS}").decode().split())
    for commit in git("log", "--format=%H", "-n", "400", "--", VERSIONS).decode().split():
        if set(git("ls-tree", "--name-only", f"{commit}:{VERSIONS}").decode().split()) < ours:
            _extract(commit, folder)
            if not subprocess.run([sys.executable, "-c", STARTS], cwd=folder, check=False).returncode:
                return
            shutil.rmtree(folder)
    pytest.skip("needs a history that goes back before the newest migration")


def _extract(commit: str, folder: Path) -> None:
    archive = git("archive", "--format=tar", commit, "service", "channels", "policies", "documents")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        unpack(tar, folder)


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    """A database without a schema."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS forbear_rolling WITH (FORCE)")
        connection.execute("CREATE DATABASE forbear_rolling")
        yield urlunsplit(urlsplit(server_url)._replace(path="/forbear_rolling"))
        connection.execute("DROP DATABASE forbear_rolling WITH (FORCE)")


class Deployment:
    """APIs and workers of either release on one database."""

    def __init__(self, folder: Path, url: str, notice: dict[str, Any], stack: ExitStack) -> None:
        self.folder, self.database, self.notice, self.stack = folder, url, notice, stack
        self.posted = 0

    def start(self, command: str, code: Path) -> tuple[ExitStack, Any, str]:
        """One process; how it ends, itself, and where it listens."""
        env = {
            "PYTHONPATH": str(code),
            "FORBEAR_DATABASE_URL": self.database,
            "FORBEAR_SECRET_KEY": SECRET,
            "FORBEAR_BOOTSTRAP_KEY": ADMIN,
            "FORBEAR_PORT": "0",
            "FORBEAR_LOG_LEVEL": "error",
        }
        own = self.stack.enter_context(ExitStack())
        arguments = ["serve", "--no-worker"] if command == "serve" else [command]
        output = subprocess.PIPE if command == "serve" else subprocess.DEVNULL
        running = own.enter_context(process(self.folder, *arguments, env=env, output=output))
        if command != "serve":
            return own, running, ""
        url = address_of(running)
        ready(url)
        return own, running, url

    def post(self, url: str) -> None:
        """Some notices, each to a borrower of its own."""
        headers = {"Authorization": f"Bearer {ADMIN}"}
        for _ in range(EACH):
            borrower = {**self.notice["borrower"], "id": f"B-{self.posted}"}
            body = {**self.notice, "borrower": borrower, "reference": f"r-{self.posted}"}
            answer = httpx.post(f"{url}/v1/notices", json=body, headers=headers, timeout=30)
            assert 202 == answer.status_code, answer.text
            self.posted += 1

    def states(self) -> Counter[str]:
        """How many deliveries are in which state, and how many attempts each has."""
        with psycopg.connect(self.database) as connection:
            rows = connection.execute("SELECT state, count(*) FROM deliveries GROUP BY 1").fetchall()
        return Counter(dict(rows))

    def settled(self) -> None:
        """Wait until everything that was posted is delivered."""
        end = time.monotonic() + PATIENCE
        while self.states() != Counter(delivered=self.posted):
            assert time.monotonic() < end, self.states()
            time.sleep(0.2)

    def attempts(self) -> int:
        with psycopg.connect(self.database) as connection:
            return int(connection.execute("SELECT count(*) FROM attempts").fetchone()[0])  # type: ignore[index]


@pytest.mark.slow
def test_two_releases_work_side_by_side_and_an_upgrade_is_taken_back(
    releases: tuple[Path, Path], empty_url: str, notice: dict[str, Any], tmp_path: Path
) -> None:
    """The older release's API and worker go on while the new one migrates under their feet, takes over, and
    is taken back: every notice is delivered, once."""
    older, newer = releases
    knows_newer = "schema.oldest" in (older / "service" / "store" / "migrate.py").read_text()
    with ExitStack() as stack:
        here = Deployment(tmp_path, empty_url, by_daylight(notice), stack)
        api, worker = here.start("serve", older), here.start("worker", older)
        here.post(api[2])
        migrated = subprocess.run(
            [sys.executable, "-m", "service", "migrate"],
            cwd=tmp_path,
            env={
                "PYTHONPATH": str(newer),
                "FORBEAR_DATABASE_URL": empty_url,
                "FORBEAR_SECRET_KEY": SECRET,
                "HOME": str(tmp_path),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == migrated.returncode, migrated.stderr
        here.post(api[2])  # the older API accepts, the older worker sends, on the newer schema
        here.settled()
        state = httpx.get(f"{api[2]}/readyz").status_code
        assert (200 if knows_newer else 503) == state
        newer_api = here.start("serve", newer)
        here.post(newer_api[2])  # the newer API accepts, the older worker sends
        here.settled()
        newer_worker = here.start("worker", newer)
        here.post(api[2])
        here.post(newer_api[2])
        for own, running, _ in (worker, api):
            running.terminate()
            assert 0 == running.wait(60)
            own.close()
        here.settled()
        if knows_newer:  # back: the older release starts again on the newer schema
            back = here.start("serve", older), here.start("worker", older)
            for own, running, _ in (newer_worker, newer_api):
                running.terminate()
                assert 0 == running.wait(60)
                own.close()
            here.post(back[0][2])
            here.settled()
        assert here.posted == here.attempts()

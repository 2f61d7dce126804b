"""The recipe of docs/operations.md on a real Postfix: a mail reaches the service, or stays in the queue until
it does."""

from __future__ import annotations

import base64
import os
import re
import shutil
import smtplib
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tests.processes import PATIENCE, process, ready

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("postfix") is None or shutil.which("curl") is None or os.geteuid() != 0,
        reason="needs root and the Debian packages postfix and curl",
    ),
]
ADMIN = "bootstrap-key-for-tests-0123456789"
SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
pickup unix n - n 60 1 pickup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A server of its own on loopback, under a folder of its own, with the mailbox
    `notices@lender.example`."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.port = folder, free_port()
        self.key = folder / "mail-key"
        self.script = folder / "forbear-mail"
        recipe = re.search(
            r"```sh\n(#!/bin/sh\n.*?)```", Path("docs/operations.md").read_text(encoding="utf-8"), re.DOTALL
        )
        assert recipe is not None
        text = (
            recipe[1]
            .replace("/etc/forbear/mail-key", str(self.key))
            .replace("https://notices.example.com", url)
        )
        assert 75 == int(text.rsplit("exit ", 1)[1])
        self.script.write_text(text)
        self.script.chmod(0o755)
        (folder / "spool").mkdir(mode=0o755)
        shutil.copytree("/etc/postfix/dynamicmaps.cf.d", folder / "dynamicmaps.cf.d")
        shutil.copy("/etc/postfix/dynamicmaps.cf", folder)
        (folder / "master.cf").write_text(SERVICES.format(port=self.port))
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": folder / "spool",
            "data_directory": folder / "data",
            "myhostname": "mx.lender.example",
            "mydestination": "lender.example",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "local_recipient_maps": "",
            "recipient_delimiter": "+",
            "alias_maps": f'inline:{{ {{ notices = "|{self.script}" }} }}',
            "maillog_file": folder / "mail.log",
            "maillog_file_prefixes": folder,
        }
        (folder / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))

    def run(self, program: str, *arguments: str) -> str:
        """One of Postfix's commands."""
        done = subprocess.run(
            [program, "-c", str(self.folder), *arguments], capture_output=True, text=True, check=False
        )
        assert 0 == done.returncode, done.stderr + self.log()
        return done.stdout

    def log(self) -> str:
        """What it wrote."""
        path = self.folder / "mail.log"
        return path.read_text() if path.exists() else ""

    def waiting(self) -> int:
        """Mails in the queue."""
        return len(self.run("postqueue", "-j").splitlines())

    def send(self, text: str, to: str = "notices@lender.example") -> None:
        """Bring it a mail."""
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            client.sendmail(
                "ana@example.com",
                [to],
                f"From: ana@example.com\nTo: {to}\nSubject: Letter\nMessage-ID: "
                f"<{time.time_ns()}@example.com>\n\n{text}\n",
            )


@contextmanager
def postfix(folder: Path, url: str) -> Iterator[Postfix]:
    """Started, and ended with the test."""
    server = Postfix(folder, url)
    server.run("postfix", "start")
    try:
        yield server
    finally:
        server.run("postfix", "stop")


def until(holds: Callable[[], bool], told: Callable[[], str]) -> None:
    """Wait for it."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, told()
        time.sleep(0.1)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where others than root can read."""
    path = tmp_path_factory.mktemp("p")
    for one in (path, *list(path.parents)[:2]):
        one.chmod(0o755)
    return path


def settings(database_url: str, port: int) -> dict[str, str]:
    """The service's environment."""
    secret = base64.b64encode(b"k" * 32).decode()
    return {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_PORT": str(port),
        "FORBEAR_BOOTSTRAP_KEY": ADMIN,
        "FORBEAR_SECRET_KEY": secret,
    }


def unmatched(url: str) -> int:
    """Letters of nobody's that the service has."""
    found = httpx.get(
        f"{url}/v1/log", params={"kind": "inbound.unmatched"}, headers={"Authorization": f"Bearer {ADMIN}"}
    )
    return len(found.json()["items"])


def test_a_mail_waits_until_the_service_has_it(folder, database_url, tmp_path):
    """While the service is down; while the key is wrong; then all of them go, also one to a return address of
    its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with postfix(folder, url) as server:
        server.key.write_text("Authorization: Bearer wrong\n")
        server.key.chmod(0o644)
        server.send("The service is down. Do not contact me again.")
        until(lambda: "status=deferred" in server.log(), server.log)
        with process(tmp_path, "serve", "--no-worker", env=settings(database_url, port)):
            ready(url)
            server.send("The key is wrong. I dispute this debt.")
            until(lambda: server.log().count("status=deferred") >= 2, server.log)
            assert (2, 0) == (server.waiting(), unmatched(url))
            server.key.write_text(f"Authorization: Bearer {ADMIN}\n")
            server.send("It works.", to="notices+b4hq6dypb4hq6dypb4hq6dypb4hq6dypb4hq6dy.1@lender.example")
            until(lambda: server.log().count("status=sent") >= 1, server.log)
            server.run("postqueue", "-f")
            until(lambda: server.waiting() == 0, server.log)
            assert 3 == unmatched(url)
            assert "status=bounced" not in server.log()

"""`forbear serve` and `forbear worker` as processes: they start, say where, survive kill -9, and end in
order."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tests.processes import PATIENCE, address_of, by_daylight, process, ready


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path: sockets lie under it."""
    path = tmp_path_factory.mktemp("s")
    path.chmod(0o755)
    for parent in list(path.parents)[:2]:
        parent.chmod(0o755)
    return path


@pytest.mark.slow
def test_it_serves_on_an_embedded_store_and_loses_nothing_to_kill_9(folder, notice):
    """Started with nothing but defaults; killed after a 202; started again: the notice is there and is
    delivered once."""
    port = free_port()
    env = {"FORBEAR_PORT": str(port), "FORBEAR_DATA": str(folder / "v"), "FORBEAR_HOST": "127.0.0.1"}
    body = by_daylight(notice)
    with process(folder, "serve", "--no-worker", env=env, cold=True) as running:
        url = address_of(running)
        ready(url)
        key = {"Authorization": f"Bearer {(folder / 'v' / 'admin.key').read_text().strip()}"}
        answer = httpx.post(f"{url}/v1/notices", json=body, headers=key)
        assert 202 == answer.status_code, answer.text
        running.send_signal(signal.SIGKILL)
        running.wait(PATIENCE)
    with process(folder, "serve", env=env) as running:
        url = address_of(running)
        ready(url)
        end = time.monotonic() + PATIENCE
        states: list[str] = []
        while time.monotonic() < end and states != ["delivered"]:
            deliveries = httpx.get(f"{url}/v1/notices/{answer.json()['id']}", headers=key).json()[
                "deliveries"
            ]
            states = [one["state"] for one in deliveries]
            time.sleep(0.1)
        assert ["delivered"] == states
        assert 1 == len(httpx.get(f"{url}/v1/sandbox/messages", headers=key).json()["items"])
        running.send_signal(signal.SIGTERM)
        assert 0 == running.wait(PATIENCE)


@pytest.mark.slow
def test_an_embedded_server_that_dies_is_started_again(folder, notice):
    """Killed as the kernel kills when memory is short: posts are told to come back, and are taken again
    within seconds."""
    data = folder / "v"
    env = {
        "FORBEAR_PORT": "0",
        "FORBEAR_DATA": str(data),
        "FORBEAR_BOOTSTRAP_KEY": "key-for-a-server-that-dies-0123",
    }
    with process(folder, "serve", env=env) as running:
        url = address_of(running)
        ready(url)
        key = {"Authorization": f"Bearer {env['FORBEAR_BOOTSTRAP_KEY']}", "Idempotency-Key": "once"}
        os.kill(int((data / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        end, found = time.monotonic() + PATIENCE, []
        while time.monotonic() < end and 202 not in found:
            answer = httpx.post(f"{url}/v1/notices", json=by_daylight(notice), headers=key, timeout=PATIENCE)
            found.append(answer.status_code)
            assert 202 == answer.status_code or "Retry-After" in answer.headers
            time.sleep(0.2)
        assert {202} <= set(found) <= {202, 503}
        while time.monotonic() < end:
            deliveries = httpx.get(f"{url}/v1/notices/{answer.json()['id']}", headers=key).json()[
                "deliveries"
            ]
            if ["delivered"] == [one["state"] for one in deliveries]:
                break
            time.sleep(0.1)
        else:
            raise AssertionError(deliveries)


@pytest.mark.slow
def test_another_users_lock_file_in_the_temporary_folder_stops_nobody(folder):
    """The wheel's lock is one file for the whole machine, which only its first user may open: here it cannot
    be opened at all."""
    temporary = folder / "t"
    (temporary / ".lockfile").mkdir(parents=True)
    temporary.chmod(0o777)
    env = {"FORBEAR_PORT": "0", "FORBEAR_DATA": str(folder / "v"), "TMPDIR": str(temporary)}
    with process(folder, "serve", "--no-worker", env=env) as running:
        ready(address_of(running))


def test_a_port_in_use_is_one_line(folder, database_url):
    """It names the setting; exit code 2."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        env = {
            "FORBEAR_DATABASE_URL": database_url,
            "FORBEAR_SECRET_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        }
        with process(folder, "serve", env={**env, "FORBEAR_PORT": str(taken.getsockname()[1])}) as running:
            output, _ = running.communicate(timeout=PATIENCE)
            assert 2 == running.returncode
            assert "FORBEAR_PORT" in output.strip().splitlines()[-1]
            assert "Traceback" not in output


def test_a_worker_alone_runs_and_ends_on_sigterm(folder, database_url):
    """Exit code 0, nothing lost."""
    env = {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    }
    with process(folder, "worker", env={**env, "PYTHONUNBUFFERED": "1"}) as running:
        assert running.stdout is not None
        assert "runs" in running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        assert 0 == running.wait(PATIENCE)


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"FORBEAR_PORT": "many"}, "FORBEAR_PORT"),
        ({"FORBEAR_SMS__ADAPTER": "pigeon"}, "FORBEAR_SMS__ADAPTER"),
        ({"FORBEAR_DATABASE_URL": "mysql://db.example.com/x"}, "FORBEAR_DATABASE_URL"),
        ({"FORBEAR_DATABASE_URL": "postgresql://db.example.com:many/x"}, "FORBEAR_DATABASE_URL"),
        ({"FORBEAR_SECRET_KEY": "short"}, "FORBEAR_SECRET_KEY"),
        ({"FORBEAR_SECRET_KEY": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eA=="}, "FORBEAR_SECRET_KEY"),
        ({"FORBEAR_DATABASE_URL": "", "FORBEAR_DATA": "/proc/nowhere"}, "FORBEAR_DATA"),
        ({"FORBEAR_PORT": "70000"}, "FORBEAR_PORT"),
        ({"FORBEAR_HOST": "nowhere.invalid"}, "FORBEAR_HOST"),
        ({"FORBEAR_PUBLIC_URL": "https://"}, "FORBEAR_PUBLIC_URL"),
        ({"FORBEAR_PUBLIC_URL": "ftp://notices.example.com"}, "FORBEAR_PUBLIC_URL"),
        ({"FORBEAR_BOOTSTRAP_KEY": "short"}, "FORBEAR_BOOTSTRAP_KEY"),
        (
            {"FORBEAR_EMAIL__ADAPTER": "smtp", "FORBEAR_SMTP__HOST": "h", "FORBEAR_SMTP__SENDER": "nobody"},
            "FORBEAR_SMTP__SENDER",
        ),
        ({"FORBEAR_POLICIES": "no-such-pack"}, "FORBEAR_POLICIES"),
        ({"FORBEAR_SMS__ADAPTER": "twilio"}, "FORBEAR_TWILIO__ACCOUNT_SID"),
        ({"FORBEAR_EMAIL__ADAPTER": "smtp"}, "FORBEAR_SMTP__HOST"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(folder, database_url, env, named):
    """It names the variable, and shows no value of a secret."""
    good = {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        "FORBEAR_PORT": "0",
    }
    with process(folder, "serve", env={**good, **env}) as running:
        output, _ = running.communicate(timeout=PATIENCE)
    assert 2 == running.returncode, output
    assert named in output.strip().splitlines()[-1]
    assert "Traceback" not in output


def test_a_database_that_is_away_is_one_line(folder):
    """It names the setting; exit code 1, since nothing is wrong with the use."""
    env = {
        "FORBEAR_DATABASE_URL": "postgresql://u:hidden@127.0.0.1:1/x",  # not a secret
        "FORBEAR_SECRET_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    }
    with process(folder, "serve", env={**env, "FORBEAR_PORT": "0"}) as running:
        output, _ = running.communicate(timeout=PATIENCE)
    assert 1 == running.returncode, output
    assert "FORBEAR_DATABASE_URL" in output.strip().splitlines()[-1]
    assert "Traceback" not in output
    assert "hidden" not in output


def test_a_misspelt_setting_is_named_and_a_file_of_settings_is_read(folder, database_url):
    """A `.env` beside the process; the environment wins."""
    lines = [
        "FORBEAR_SECRET_KEY=a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        "FORBEAR_PORT=many",
        f"FORBEAR_DATABASE_URL={database_url}",
    ]
    (folder / ".env").write_text("\n".join(lines))
    with process(
        folder,
        "serve",
        "--no-worker",
        env={"FORBEAR_PORT": "0", "FORBEAR_DATABSE_URL": "x", "PYTHONUNBUFFERED": "1"},
    ) as running:
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line)
            if "listens on" in line:
                break
    assert any("FORBEAR_DATABSE_URL" in line for line in said)
    assert not any("admin.key" in line for line in said)

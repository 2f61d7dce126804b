"""FORBEAR_SECRET_KEY rotates while all goes on, over kill -9, and leaves every digest, token and checkpoint
as it was."""

from __future__ import annotations

import base64
import signal
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.dispatch.access.secrets import BATCH, rotate_secrets
from service.dispatch.runtime import Runtime
from service.errors import SetupError
from service.log.keys import signing_keys, verifier_keys
from service.model.actor import Actor
from service.settings import load
from service.store.keyring import open_vault
from service.vault import DecryptionFailed, SecretKeys, Vault, new_key
from tests.processes import command

OLD, NEW, OTHER = b"k" * 32, b"n" * 32, b"o" * 32
OPERATOR = Actor(name="operator:test")


async def vault_of(api: Any, secret: bytes, *previous: bytes) -> Vault:
    """The vault of a process that has these keys in its settings."""
    async with api.runtime.database.connection() as connection:
        return await open_vault(connection, secret, previous)


def runtime_with(api: Any, vault: Vault) -> Runtime:
    """The same runtime with another vault, in every cell."""
    cells = copy(api.runtime.cells)
    cells.all = [replace(one, vault=vault) for one in cells.all]
    if cells.several:
        for one in cells.all:
            object.__setattr__(one, "joined", cells)
    found: Runtime = cells.home
    return found


def work_with(api: Any, vault: Vault) -> None:
    """The face goes on with another vault."""
    for one in api.runtime.cells.all:
        object.__setattr__(one, "vault", vault)


def with_id(notice: dict[str, Any], number: int) -> dict[str, Any]:
    """The notice for another borrower."""
    return {**notice, "borrower": {**notice["borrower"], "id": f"B-{number}"}}


async def test_everything_moves_to_the_new_key_and_nothing_else_changes(
    api: Any, notice: dict[str, Any]
) -> None:
    """Profiles open, tokens and digests stay, the log's key is the same; then the old key opens nothing."""
    for number in range(3):
        assert 202 == (await api.client.post("/v1/notices", json=with_id(notice, number))).status_code
    async with api.runtime.database.transaction() as connection:
        verifier = await verifier_keys(connection, api.runtime.vault)
    before = api.runtime.vault
    rotating = await vault_of(api, NEW, OLD)
    keys = await api.count("keyring")

    done = await rotate_secrets(runtime_with(api, rotating), OPERATOR)

    assert (keys, 3) == (done.keys, done.borrowers)
    after = await vault_of(api, NEW)
    token = before.sign("receipt", "a-1")
    assert "a-1" == after.read_signed("receipt", token)
    assert before.address_digest("+12025550101") == after.address_digest("+12025550101")
    assert before.borrower_key("B-1") == after.borrower_key("B-1")
    work_with(api, after)
    assert "Ana Ruiz" == (await api.client.get("/v1/borrowers/B-2")).json()["name"]
    async with api.runtime.database.transaction() as connection:
        assert verifier == await verifier_keys(connection, after)
        with pytest.raises(DecryptionFailed):
            await signing_keys(connection, before)
    with pytest.raises(SetupError, match="set up with another key"):
        await vault_of(api, OLD)
    entries = (await api.client.get("/v1/log", params={"kind": "secret_key.rotated"})).json()["items"]
    assert [{"keys": keys, "borrowers": 3}] == [one["public"] for one in entries]
    again = await rotate_secrets(runtime_with(api, after), OPERATOR)
    assert (0, 0) == (again.keys, again.borrowers)


async def test_processes_of_both_keys_work_beside_a_rotation(api: Any, notice: dict[str, Any]) -> None:
    """During the overlap each opens what the other wrapped, and what the other stores meanwhile is found by
    the rotation."""
    old_process, new_process = await vault_of(api, OLD, NEW), await vault_of(api, NEW, OLD)
    key = new_key()
    assert key == old_process.unwrap(new_process.wrap(key)) == new_process.unwrap(old_process.wrap(key))
    for number in range(4):
        work_with(api, (old_process, new_process)[number % 2])
        assert 202 == (await api.client.post("/v1/notices", json=with_id(notice, number))).status_code
    assert 2 == (await rotate_secrets(runtime_with(api, new_process), OPERATOR)).borrowers
    work_with(api, await vault_of(api, NEW))
    for number in range(4):
        assert 200 == (await api.client.get(f"/v1/borrowers/B-{number}")).status_code


async def test_who_was_erased_stays_erased(api: Any, notice: dict[str, Any]) -> None:
    """A rotation brings no key back."""
    await api.client.post("/v1/notices", json=notice)
    await api.client.post("/v1/borrowers/B-1/erase")
    assert 0 == (await rotate_secrets(runtime_with(api, await vault_of(api, NEW, OLD)), OPERATOR)).borrowers
    assert 404 == (await api.client.get("/v1/borrowers/B-1")).status_code


async def test_a_key_that_no_secret_opens_stops_the_rotation(api: Any, notice: dict[str, Any]) -> None:
    """Nothing is overwritten that could not be opened."""
    await api.client.post("/v1/notices", json=notice)
    stranger = SecretKeys(OTHER).wrap(new_key())
    await api.rows("UPDATE borrowers SET data_key = $1", stranger)
    with pytest.raises(DecryptionFailed):
        await rotate_secrets(runtime_with(api, await vault_of(api, NEW, OLD)), OPERATOR)
    assert [stranger] == [row["data_key"] for row in await api.rows("SELECT data_key FROM borrowers")]


def rotate_process(databases: Mapping[str, str], failpoint: str = "") -> int:
    """`forbear secrets rotate` in a process of its own; its exit code."""
    env = {
        **databases,
        "FORBEAR_SECRET_KEY": base64.b64encode(NEW).decode(),
        "FORBEAR_PREVIOUS_SECRET_KEYS": (
            f"{base64.b64encode(OTHER).decode()} {base64.b64encode(OLD).decode()}"
        ),
        "FORBEAR_FAILPOINT": failpoint,
    }
    return command("secrets", "rotate", env=env).returncode


@pytest.mark.slow
@pytest.mark.parametrize(
    "failpoint", ["secrets.written:1", "secrets.committed:1", "secrets.written:2", "secrets.committed:2"]
)
async def test_a_killed_rotation_is_gone_on_with(
    api: Any, notice: dict[str, Any], databases: dict[str, str], failpoint: str
) -> None:
    """After kill -9 at each step every key opens with one of the two, and the next run finishes."""
    await api.client.post("/v1/notices", json=notice)
    vault = api.runtime.vault
    strangers = [vault.borrower_key(f"X-{number}") for number in range(2 * BATCH)]
    for cell, some in api.runtime.cells.by_cell(strangers, lambda one: one):
        async with cell.database.connection() as connection:
            await connection.executemany(
                "INSERT INTO borrowers (borrower_id, data_key, profile_digest, language, created_at, "
                "updated_at) VALUES ($1, $2, '', 'en', $3, $3)",
                [(one, vault.wrap(new_key()), api.clock.now()) for one in some],
            )
    assert -signal.SIGKILL == rotate_process(databases, failpoint)
    both = await vault_of(api, NEW, OLD)
    for row in await api.rows("SELECT data_key FROM borrowers"):
        both.unwrap(row["data_key"])
    assert 0 == rotate_process(databases)
    alone = await vault_of(api, NEW)
    rows = await api.rows("SELECT data_key FROM borrowers")
    for row in rows:
        assert alone.rewrap(row["data_key"]) is None
    assert 2 * BATCH + 1 == len(rows)


def test_a_previous_key_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line that names the setting and not the value."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORBEAR_PREVIOUS_SECRET_KEYS", f"{base64.b64encode(OLD).decode()} c2hvcnQ=")
    with pytest.raises(SetupError, match="FORBEAR_PREVIOUS_SECRET_KEYS: expected 32 bytes") as caught:
        load()
    assert "c2hvcnQ" not in str(caught.value)


def test_no_repr_shows_a_secret_key() -> None:
    """Neither the keys nor the vault that holds them."""
    keys = SecretKeys(OLD, [NEW])
    vault = Vault(secrets=keys, lookup=OTHER, tokens=OTHER)
    for text in (repr(keys), repr(vault), str(vault)):
        assert all(one.decode() not in text for one in (OLD, NEW, OTHER))

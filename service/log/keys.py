"""The log's signing key: made at the first start, wrapped in the keyring, rotated by adding a version. What
is handed out is the verifier key: the log's name with the public key."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.log.checkpoint import verifier_key
from service.log.origin import names_of
from service.store import keyring, log_origins, log_tree
from service.store.database import Connection
from service.store.log_origins import LogOrigin
from service.vault import Vault

KEY_NAME = "log"


async def signing_keys(connection: Connection, vault: Vault) -> list[Ed25519PrivateKey]:
    """The keys that sign now, the newest first; the first one is made where none is."""
    wrapped = await keyring.current(connection, KEY_NAME)
    if not wrapped:
        fresh = Ed25519PrivateKey.generate()
        await keyring.add(connection, KEY_NAME, vault.wrap(fresh.private_bytes_raw()))
        wrapped = await keyring.current(connection, KEY_NAME)
    return _opened(vault, wrapped)


def _opened(vault: Vault, wrapped: Sequence[bytes]) -> list[Ed25519PrivateKey]:
    return [Ed25519PrivateKey.from_private_bytes(vault.unwrap(one)) for one in wrapped]


async def rotate(connection: Connection, vault: Vault) -> str:
    """Add a signing key; the old one signs beside it until it is retired. Returns the new verifier key."""
    fresh = Ed25519PrivateKey.generate()
    await keyring.add(connection, KEY_NAME, vault.wrap(fresh.private_bytes_raw()))
    names = await names_of(connection)
    return verifier_key(names[0].origin, fresh.public_key().public_bytes_raw())


async def retire(connection: Connection) -> int:
    """Let the newest key sign alone; returns how many keys were retired. What they signed stays verifiable
    with their verifier keys."""
    return await keyring.retire(connection, KEY_NAME)


async def rename(connection: Connection, vault: Vault, origin: str) -> tuple[str, list[str]] | None:
    """Let another name wait, for the caller's transaction to tell of it in an entry. Returns the name that
    signs until then and the verifier keys under the new one; None where a name waits already, or the log had
    this one before."""
    names = await names_of(connection)
    if not await log_origins.name_next(connection, origin):
        return None
    return names[0].origin, _verifiers([origin], await signing_keys(connection, vault))


async def verifier_keys(connection: Connection, vault: Vault) -> list[str]:
    """The verifier keys of what signs now, the newest first; those of the old name too until the first
    checkpoint under a new one is signed."""
    names, head = await names_of(connection), await log_tree.head(connection)
    signing = _signing(names, 0 if head is None else head.size)
    return _verifiers(signing, await signing_keys(connection, vault))


def _signing(names: Sequence[LogOrigin], size: int) -> list[str]:
    begun = [one for one in names if one.since is not None]
    last = begun[:2] if begun[0].since == size else begun[:1]
    return [one.origin for one in last]


async def every_verifier_key(connection: Connection, vault: Vault) -> list[str]:
    """The verifier keys of every name and key that ever signed, the newest first."""
    names = await names_of(connection)
    await signing_keys(connection, vault)  # makes the first one
    keys = _opened(vault, await keyring.every(connection, KEY_NAME))
    return _verifiers([one.origin for one in names], keys)


def _verifiers(origins: Sequence[str], keys: Sequence[Ed25519PrivateKey]) -> list[str]:
    publics = [key.public_key().public_bytes_raw() for key in keys]
    return [verifier_key(origin, public) for origin in origins for public in publics]

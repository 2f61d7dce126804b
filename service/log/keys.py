"""The log's signing key: made at the first start, wrapped in the keyring, rotated by adding a version."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.log.checkpoint import verifier_key
from service.store import keyring
from service.store.database import Connection
from service.vault import Vault

ORIGIN = "forbear.example/dispatch-log"
KEY_NAME = "log"


async def signing_keys(connection: Connection, vault: Vault) -> list[Ed25519PrivateKey]:
    """The keys that sign now, the newest first; the first one is made where none is."""
    wrapped = await keyring.current(connection, KEY_NAME)
    if not wrapped:
        fresh = Ed25519PrivateKey.generate()
        await keyring.add(connection, KEY_NAME, vault.wrap(fresh.private_bytes_raw()))
        wrapped = await keyring.current(connection, KEY_NAME)
    return [Ed25519PrivateKey.from_private_bytes(vault.unwrap(one)) for one in wrapped]


async def rotate(connection: Connection, vault: Vault) -> str:
    """Add a signing key; the old one signs beside it until it is retired. Returns the new verifier key."""
    fresh = Ed25519PrivateKey.generate()
    await keyring.add(connection, KEY_NAME, vault.wrap(fresh.private_bytes_raw()))
    return verifier_key(ORIGIN, fresh.public_key().public_bytes_raw())


async def retire(connection: Connection) -> int:
    """Let the newest key sign alone; returns how many keys were retired. What they signed stays verifiable
    with their verifier keys."""
    return await keyring.retire(connection, KEY_NAME)


async def verifier_keys(connection: Connection, vault: Vault) -> list[str]:
    """The verifier keys of the keys that sign now, the newest first."""
    keys = await signing_keys(connection, vault)
    return [verifier_key(ORIGIN, key.public_key().public_bytes_raw()) for key in keys]

"""SQL about the deployment's own keys, each wrapped under FORBEAR_SECRET_KEY."""

from __future__ import annotations

from service.errors import SetupError
from service.store.database import Connection
from service.vault import SealBroken, Vault, new_key, seal, unseal

ADD = "INSERT INTO keyring (name, version, wrapped) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING"
READ = "SELECT wrapped FROM keyring WHERE name = $1 AND version = 1"


async def open_vault(connection: Connection, secret: bytes) -> Vault:
    """The vault of this deployment; makes its keys at the very first start. Raises SetupError for another secret key."""
    keys: dict[str, bytes] = {}
    for name in ("lookup", "tokens"):
        await connection.execute(ADD, name, seal(secret, new_key(), context=b"data-key"))
        wrapped = await connection.fetchval(READ, name)
        try:
            keys[name] = unseal(secret, wrapped, context=b"data-key")
        except SealBroken:
            raise SetupError("FORBEAR_SECRET_KEY: this database was set up with another key") from None
    return Vault(secret=secret, lookup=keys["lookup"], tokens=keys["tokens"])


CURRENT = "SELECT wrapped FROM keyring WHERE name = $1 AND retired_at IS NULL ORDER BY version DESC"
NEXT = """
INSERT INTO keyring (name, version, wrapped)
SELECT $1, COALESCE(max(version), 0) + 1, $2 FROM keyring WHERE name = $1
ON CONFLICT DO NOTHING
"""


RETIRE = """
UPDATE keyring SET retired_at = now()
WHERE name = $1 AND retired_at IS NULL AND version < (SELECT max(version) FROM keyring WHERE name = $1)
RETURNING version
"""


async def retire(connection: Connection, name: str) -> int:
    """Retire every version but the newest; returns how many there were."""
    return len(await connection.fetch(RETIRE, name))


async def current(connection: Connection, name: str) -> list[bytes]:
    """The wrapped keys of this name that are in use, the newest first."""
    return [row["wrapped"] for row in await connection.fetch(CURRENT, name)]


async def add(connection: Connection, name: str, wrapped: bytes) -> None:
    """Add a version; where another process was faster, theirs stands."""
    await connection.execute(NEXT, name, wrapped)

"""PostgreSQL, and only here: asyncpg, SQL by name, migrations, the embedded server."""

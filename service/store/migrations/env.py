"""Alembic's environment: runs the versions on a connection that service/store/migrate.py hands over."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import event, text

connection = context.config.attributes["connection"]
before_each = context.config.attributes.get("before_each")
after_each = context.config.attributes.get("after_each")

if before_each is not None:
    event.listen(connection, "begin", lambda one: one.exec_driver_sql(before_each))


def _applied(*_: Any, **__: Any) -> None:
    """Within the transaction of a version."""
    if after_each is not None:
        connection.execute(text(after_each))


context.configure(
    connection=connection, target_metadata=None, transaction_per_migration=True, on_version_apply=_applied
)
with context.begin_transaction():
    context.run_migrations()

"""Names of advisory locks and of channels, which PostgreSQL has one set of for each database, made a schema's
own: two cells that are schemas of one database share neither.

In the schema `public` they are what they always were, so that processes of an older release have the same."""

from __future__ import annotations


def own_key(key: str) -> str:
    """SQL for the key of an advisory lock; `key`: SQL for a bigint."""
    return (
        f"CASE current_schema() WHEN 'public' THEN {key} ELSE hashtextextended(current_schema(), {key}) END"
    )


def own_channel(name: str) -> str:
    """SQL for the name of a channel of LISTEN and NOTIFY; `name`: SQL for a text."""
    return f"{name} || CASE current_schema() WHEN 'public' THEN '' ELSE '.' || current_schema() END"

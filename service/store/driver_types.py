"""Tells the driver what PostgreSQL's own array types are.

It asks each server about each of them, on each connection, as soon as a statement uses one: eight questions
about the whole catalogue of types before the first notice. Behind a coordinator with many tables each of them
takes seconds. Their numbers are the same on every server."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import asyncpg

ARRAYS = {
    "bool": (1000, 16),
    "bytea": (1001, 17),
    "int2": (1005, 21),
    "int4": (1007, 23),
    "int8": (1016, 20),
    "float8": (1022, 701),
    "date": (1182, 1082),
    "timestamptz": (1185, 1184),
    "uuid": (2951, 2950),
    "xid8": (271, 5069),
}
"""By the element's name, the numbers of the array's type and of the element's (PostgreSQL's pg_type.dat)."""
_NOTHING = dict.fromkeys(
    ("basetype", "basetype_name", "range_subtype", "range_subtype_name", "attrtypoids", "attrnames")
)
RECORDS = [
    {
        **_NOTHING,
        "oid": array,
        "ns": "pg_catalog",
        "name": f"_{name}",
        "kind": b"b",
        "elemtype": element,
        "elemtype_name": name,
        "elemdelim": ",",
    }
    for name, (array, element) in ARRAYS.items()
]


def teach_arrays(connection: asyncpg.Connection) -> None:
    """Let a connection know them; a release of the driver that takes no such hint asks as ever."""
    protocol: Any = getattr(connection, "_protocol", None)
    with suppress(AttributeError, KeyError, TypeError):
        protocol.get_settings().register_data_types(RECORDS)

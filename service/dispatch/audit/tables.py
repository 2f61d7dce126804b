"""A report as a table: CSV for spreadsheets, Parquet for whoever calculates further."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

from service.dispatch.audit.prices import DIGITS
from service.log.export import cell
from service.model.outcome import MEASURES

OF_MEASURE = ("count", "mature", "share", "low", "high")
FORMS = ("csv", "parquet")


def has_parquet() -> bool:
    """Whether this installation has the extra that writes Parquet."""
    return find_spec("pyarrow") is not None


def columns(report: Mapping[str, Any]) -> list[str]:
    """The names of a report's columns: its groups, its contacts, what they cost where that was asked for, and
    five for each measure."""
    costs = any("cost" in line for line in report["rows"])
    head = [*report["by"], "contacts", "mature", "not_mature", *(("cost",) if costs else ())]
    return head + [f"{measure}_{one}" for measure in MEASURES for one in OF_MEASURE]


def records(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a report, each flat."""
    return [
        {name: value for name, value in line.items() if name not in MEASURES}
        | {f"{measure}_{one}": line[measure][one] for measure in MEASURES for one in OF_MEASURE}
        for line in report["rows"]
    ]


def table(report: Mapping[str, Any], form: str) -> bytes:
    """A report as `csv` or `parquet`. Raises ValueError for another form."""
    match form:
        case "csv":
            return _csv(columns(report), records(report))
        case "parquet":
            return _parquet(report)
        case _:
            raise ValueError(f"expected csv or parquet, got {form!r}")


def _csv(names: list[str], rows: list[dict[str, Any]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(names)
    for line in rows:
        writer.writerow(["" if line[name] is None else cell(line[name]) for name in names])
    return buffer.getvalue().encode()


def _parquet(report: Mapping[str, Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def type_of(name: str) -> Any:
        if name in report["by"]:
            return pa.string()
        if name == "cost":
            return pa.decimal128(38, DIGITS)
        return pa.float64() if name.endswith(("_share", "_low", "_high")) else pa.int64()

    schema = pa.schema([(name, type_of(name)) for name in columns(report)])
    sink = io.BytesIO()
    rows = [
        line | {"cost": Decimal(cost)} if (cost := line.get("cost")) is not None else line
        for line in records(report)
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink)
    return sink.getvalue()

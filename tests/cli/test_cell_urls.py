"""Which schema a URL names, and what is refused."""

from __future__ import annotations

import pytest

from service.database_urls import cell_urls, schema_named
from service.errors import SetupError
from service.settings import load

BASE = "postgresql://forbear:secret@db.example.com/forbear"


@pytest.mark.parametrize(
    ("query", "schema"),
    [
        ("", None),
        ("?sslmode=require", None),
        ("?search_path=cell1", "cell1"),
        ("?sslmode=require&search_path=cell_1", "cell_1"),
        ("?options=-csearch_path%3Dcell1", "cell1"),
        ("?options=-c%20search_path%3Dcell1%20-cjit%3Doff", "cell1"),
        ("?options=--search-path%3Dcell1", "cell1"),
        ("?options=-cjit%3Doff", None),
    ],
)
def test_a_url_may_name_a_schema(query: str, schema: str | None) -> None:
    """In the driver's form, and in that of PostgreSQL's own library."""
    assert schema == schema_named(BASE + query)


@pytest.mark.parametrize(
    "query",
    [
        "?search_path=",
        "?search_path=cell1,public",
        "?search_path=Cell1",
        '?search_path="cell1"',
        "?search_path=pg_catalog",
        "?search_path=" + "c" * 41,
        "?search_path=cell1&options=-csearch_path%3Dcell2",
        "?options=-csearch_path%3Dcell1,public",
    ],
)
def test_what_names_no_one_schema_is_refused_in_a_line(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the setting, and without the URL, which may hold a password."""
    for setting, value in (("CELLS", f"{BASE} {BASE}{query}"), ("DATABASE_URL", BASE + query)):
        with monkeypatch.context() as given:
            given.setenv(f"FORBEAR_{setting}", value)
            with pytest.raises(SetupError) as raised:
                load()
        assert f"FORBEAR_{setting}: " in raised.value.detail
        assert "search_path: expected the name of one schema" in raised.value.detail
        assert "secret" not in raised.value.detail


def test_schemas_of_one_database_are_cells_and_one_named_twice_is_not() -> None:
    """What differs in its schema alone is another cell."""
    urls = [f"{BASE}?search_path=cell{number}" for number in range(3)]
    assert tuple(urls) == cell_urls(" ".join(urls))
    with pytest.raises(SetupError, match="one is named twice"):
        cell_urls(f"{urls[0]} {urls[1]} {urls[1]}")

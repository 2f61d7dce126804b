"""Documents that are no policies: what is wrong is named by line, path and expectation, and nothing hostile
costs time or memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.reader import USUAL
from policies.policy import (
    PolicyInvalid,
    parse_policy,
    parse_policy_document,
)

GOOD = dedent("""\
    name: pack
    title: "A pack"
    citation: "§ 1"
    force: house
    verified_on: 2026-01-01
    confidence: low
    rules:
      - id: hours
        kind: clock_window
        citation: "§ 2"
        hours:
          mon-fri: 08:00-21:00
          sat,sun: [09:00-12:00, 13:00-18:00]
          holiday: []
      - id: seven
        kind: cap
        citation: "§ 3"
        limit: 7
        window: {consecutive_dates: 7}
    """)
BOUND = 40_000_000
"""Bytes that reading a hostile document may allocate at the most."""


def errors(text: str | bytes) -> list[tuple[int | None, str, str]]:
    """Line, path and expectation of everything that is wrong with a document."""
    with pytest.raises(PolicyInvalid) as raised:
        parse_policy(text)
    return [(one.line, one.path, one.expected) for one in raised.value.errors]


def test_a_good_document_is_read() -> None:
    """The document that the others here are broken from is a policy."""
    policy = parse_policy(GOOD.encode())
    assert ("pack", "1", ["hours", "seven"]) == (
        policy.name,
        policy.version,
        [rule.id for rule in policy.rules],
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "expected"),
    [
        ("force: house", "force: strong", 4, "/force", "expected law, presumption, guideline, code or house"),
        ("limit: 7", "limit: seven", 18, "/rules/1/limit", "expected a whole number"),
        ("limit: 7", "limit: -1", 18, "/rules/1/limit", "expected 0 or more"),
        ("limit: 7", "limt: 7", 18, "/rules/1/limt", "this field is not known here"),
        ("limit: 7", "limt: 7", 15, "/rules/1/limit", "expected a value"),
        (
            "{consecutive_dates: 7}",
            "{consecutive_dates: 7, hours: 3}",
            19,
            "/rules/1/window",
            "exactly one of consecutive_dates, hours",
        ),
        (
            "{consecutive_dates: 7}",
            "{calendar: year}",
            19,
            "/rules/1/window/calendar",
            "expected day, week or month",
        ),
        ("08:00-21:00", "8-21", 12, "/rules/0/hours", "expected hours like 08:00-21:00, got '8-21'"),
        (
            "08:00-21:00",
            "08:00-24:30",
            12,
            "/rules/0/hours",
            "expected hours like 08:00-21:00, got '08:00-24:30'",
        ),
        ("mon-fri", "mon-fry", 12, "/rules/0/hours", "expected days like mon, mon-fri, daily or holiday"),
        ("hours:\n", "hours: [1]\n    when:\n", 11, "/rules/0/hours", "expected an object"),
        ("kind: cap", "kind: cup", 15, "/rules/1", "expected a kind of rule: bar, business_wait"),
        ("id: seven", "id: hours", 1, "", "two rules have the id 'hours'"),
        ("id: seven", "id: Seven!", 15, "/rules/1/id", "expected a name of at most 64"),
        ("verified_on: 2026-01-01", "verified_on: 2026-13-01", 5, "/verified_on", "expected a date like"),
        ("name: pack\n", "name: pack\nname: again\n", 2, "", "expected each key once"),
        ("name: pack\n", "name: &a pack\n", 1, "", "expected no anchors and aliases"),
        ("name: pack\n", "name: *a\n", 1, "", "expected no anchors and aliases"),
        ("name: pack\n", "name: !!python/name:os.system\n", 1, "", "expected plain values"),
        ("name: pack\n", "name: [pack\n", 2, "", "expected YAML or JSON"),
        ("name: pack\n", "? [a, b]\n: pack\n", 1, "", "expected plain values"),
        ("name: pack\n", "name: !!binary pack\n", 1, "/name", "expected text"),
        ("name: pack\n", "name: !!int ''\n", 1, "", "expected plain values"),
        ("name: pack\n", "name: !!bool perhaps\n", 1, "", "expected plain values"),
        ("name: pack\n", "name: !!timestamp soon\n", 1, "", "expected plain values"),
        ("name: pack\n", "name: !!float perhaps\n", 1, "", "expected plain values"),
    ],
)
def test_what_is_wrong_is_named_by_line_path_and_expectation(
    old: str, new: str, line: int, path: str, expected: str
) -> None:
    """Each broken document says where it is broken and what was expected there."""
    assert 1 == GOOD.count(old)
    assert any(
        (line, path) == found[:2] and expected in found[2] for found in errors(GOOD.replace(old, new))
    ), errors(GOOD.replace(old, new))


def test_every_error_of_a_document_is_told_at_once() -> None:
    """Three mistakes make three errors, and the message has them all on one line each."""
    text = (
        GOOD.replace("force: house", "force: strong")
        .replace("limit: 7", "limit: seven")
        .replace("confidence: low", "")
    )
    assert [(1, "/confidence"), (4, "/force"), (18, "/rules/1/limit")] == [one[:2] for one in errors(text)]
    with pytest.raises(PolicyInvalid, match=r"line 18, /rules/1/limit: expected a whole number; got 'seven'"):
        parse_policy(text)


def test_words_that_other_readers_take_for_numbers_stay_words() -> None:
    """`no` is Norwegian, `1:30` no number of seconds, `0x7` no seven: refused where a number is asked for;
    and `010` is never eight."""
    for value in ("no", "1:30", "0x7", "7.5", "~"):
        assert {(18, "/rules/1/limit")} == {
            one[:2] for one in errors(GOOD.replace("limit: 7", f"limit: {value}"))
        }
    assert 10 == parse_policy(GOOD.replace("limit: 7", "limit: 010")).document.rules[1].limit  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["", "   \n", "# nothing\n", "---\n"])
def test_an_empty_text_is_no_policy(text: str) -> None:
    """Nothing is not everything permitted."""
    assert 1 == len(errors(text))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "7",
        "null",
        "text",
        "[1, 2]",
        "--- a\n--- b\n",
        '"\\ud800"',
        "\x00",
        "\ufeff\x07",
        "{",
        "}",
        "a: b: c",
        "\t- a",
    ],
)
def test_what_is_no_mapping_is_refused(text: str) -> None:
    """Lists, numbers, several documents and broken text are errors, not exceptions of a library."""
    assert errors(text)


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    """The error names the byte."""
    assert [(None, "", "expected UTF-8")] == errors(b"name: \xff\xfe")


def _bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    return "\n".join(lines)


HOSTILE: dict[str, Callable[[], str]] = {
    "alias bomb": _bomb,
    "recursive": lambda: "&a [*a]",
    "recursive mapping": lambda: "a: &a {b: *a}",
    "merge keys": lambda: "a: &a {b: 1}\nc: {<<: *a}",
    "deep brackets": lambda: "[" * 500_000,
    "deep braces": lambda: "{a: " * 200_000,
    "deep dashes": lambda: "- " * 400_000,
    "wide list": lambda: "[" + "1," * 490_000 + "]",
    "wide mapping": lambda: "\n".join(f"k{n}: 1" for n in range(80_000)),
    "long text": lambda: "name: " + "x" * (USUAL.characters - 10),
    "too long": lambda: "x" * (USUAL.characters + 1),
    "long number": lambda: "name: " + "9" * 900_000,
    "long key": lambda: "x" * 900_000 + ": 1",
    "many rules": lambda: GOOD + "  - {id: a, kind: cap}\n" * 20_000,
    "many tags": lambda: "!a " * 300_000,
    "many documents": lambda: "--- a\n" * 150_000,
    "quotes": lambda: "'" * 999_999,
    "escapes": lambda: '"' + "\\x41" * 240_000 + '"',
    "spaces": lambda: " " * 999_999,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_costs_an_error_and_no_memory(name: str) -> None:
    """Bombs, recursion and sheer size: one clear error each, short, and at most a few ten megabytes on the
    way."""
    text = HOSTILE[name]()
    tracemalloc.start()
    try:
        with pytest.raises(PolicyInvalid) as raised:
            parse_policy(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert raised.value.errors
    assert peak < BOUND
    assert len(str(raised.value)) < 100_000


def test_depth_is_bounded_for_documents_that_are_read_already() -> None:
    """A JSON form that holds itself is refused as well, whatever depth it claims."""
    inner: dict[str, object] = {}
    inner["cases"] = [inner]
    with pytest.raises(PolicyInvalid):
        parse_policy_document({"name": "pack", "rules": [inner]})
    nested: list[object] = []
    for _ in range(USUAL.levels + 2):
        nested = [nested]
    with pytest.raises(PolicyInvalid):
        parse_policy_document({"name": nested})


yaml_atoms = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        (
            "name",
            "rules",
            "kind",
            "cap",
            "- ",
            ": ",
            "\n",
            "\n  ",
            "[",
            "]",
            "{",
            "}",
            "&a",
            "*a",
            "!!int ",
            "|",
            ">",
            "#",
            "'",
            '"',
            "%",
            "---\n",
            "?",
        )
    ),
)


@given(st.lists(yaml_atoms, max_size=40).map("".join))
def test_random_text_is_refused_with_an_error_and_never_otherwise(text: str) -> None:
    """Whatever the text, the answer is PolicyInvalid with an error (no such text is a policy)."""
    assert errors(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(("id", "kind", "hours", "mon", "when", "limit")) | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(
        ("name", "title", "effective", "match", "binds", "zones", "rules", "cases", "note", "verified_on")
    ),
    json_values,
    st.sampled_from(
        (
            "bar",
            "cap",
            "clock_window",
            "consent",
            "cool_off",
            "designation",
            "min_gap",
            "tier",
            "warn",
            "wait_after",
            "business_wait",
            "dial_cap",
            "fatigue",
            "required_before",
            "term_bar",
        )
    ),
    st.dictionaries(
        st.sampled_from(
            (
                "hours",
                "limit",
                "window",
                "count",
                "when",
                "unless",
                "events",
                "dates",
                "calendar",
                "band",
                "zones",
            )
        ),
        json_values,
        max_size=4,
    ),
)
def test_random_values_give_a_policy_or_errors(
    field: str, value: object, kind: str, fields: dict[str, object]
) -> None:
    """In place of any field any value: either it is one, or an error names its path."""
    document: dict[str, object] = {
        "name": "pack",
        "title": "A pack",
        "citation": "§",
        "force": "house",
        "verified_on": "2026-01-01",
        "confidence": "low",
        "rules": [{"id": "one", "kind": kind, "citation": "§", **fields}],
    }
    for given_document in (document, {**document, field: value}):
        try:
            parse_policy_document(given_document)
        except PolicyInvalid as error:
            assert all(
                one.path.startswith("/") or "rules have the id" in one.expected or not one.path
                for one in error.errors
            )
            assert all(one.expected for one in error.errors)

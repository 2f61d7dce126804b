"""One law for every document: bounded, each key once, plain words by YAML 1.2, whoever reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer import BadParameter

from channels.content.template import TemplateInvalid, parse_template
from documents.reader import USUAL, Bounds, Unreadable, read
from policies.policy import PolicyInvalid, parse_policy
from service.cli.documents import read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("Off", "Off"), ("True", "True"), ("true", True),
        ("false", False),
        ("010", "010"), ("0777", "0777"), ("0x7", "0x7"), ("1_000", "1_000"), ("1:30", "1:30"),
        ("12:30:45", "12:30:45"), ("7", 7), ("-7", -7),
        ("0", 0), ("7.5", 7.5), ("-.5", -0.5), ("1e3", 1000.0), (".inf", ".inf"),
        ("2026-11-29", "2026-11-29"),
        ("2026-11-29T10:00:00Z", "2026-11-29T10:00:00Z"), ("~", None), ("null", None), ("<<", "<<"),
        ("=", "="), ("'7'", "7"),
        ("[1, no]", [1, "no"]), ("{a: {b: [true]}}", {"a": {"b": [True]}}),
    ],
)  # fmt: skip
def test_plain_words_are_what_yaml_1_2_takes_them_for(text: str, value: Any) -> None:
    """No word of a language is a truth value, no clock time a number, no date an object; JSON is read
    alike."""
    assert value == read(text).value
    assert type(value) is type(read(text).value)
    if value is not None and not isinstance(value, str):
        assert value == read(json.dumps(value)).value


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("a: 1\nb: 2\na: 3", 3, "expected each key once"), ("a:\n  - {b: 1, b: 2}", 2,
        "expected each key once"),
        ("1: a\n'1': b", 2, "expected each key once"), ("a: &x 1\nb: *x", 1, "expected no anchors"),
        ("a: [", None, "expected YAML or JSON"),
        ("", None, "expected a document"), ("--- a\n--- b", 2, "expected YAML or JSON"),
        ("a: !!binary x", 1, "expected plain values"),
        ("[" * 41 + "]" * 41, 1, "expected at most 40 levels"), (b"\xff", None, "expected UTF-8"),
        ("a" * 21, None, "at most 20 characters"),
    ],
)  # fmt: skip
def test_what_is_refused_says_its_line(text: str | bytes, line: int | None, expected: str) -> None:
    """Keys twice at any depth, anchors, several documents, tags, too deep, too long."""
    bounds = Bounds(characters=20) if text == "a" * 21 else USUAL
    with pytest.raises(Unreadable) as raised:
        read(text, bounds)
    assert expected in raised.value.expected
    assert line is None or line == raised.value.line
    assert str(raised.value).endswith(f"{raised.value.expected}; got {raised.value.got}")


def test_the_number_of_nodes_is_bounded() -> None:
    """Whatever they are."""
    assert 3 == len(read("[1, 2, 3]", Bounds(nodes=9)).value)
    with pytest.raises(Unreadable, match="nodes"):
        read("[1, 2, 3, 4, 5, 6, 7]", Bounds(nodes=9))


def test_every_pointer_has_its_line() -> None:
    """Escaped as RFC 6901 says."""
    lines = read("a/b:\n  - c\n  - d~e: f\n").lines()
    assert {"": 1, "/a~1b": 2, "/a~1b/0": 2, "/a~1b/1": 3, "/a~1b/1/d~0e": 3} == lines


TEMPLATE = """
name: twice
categories: [service]
content: notice
languages:
  en:
    sms: "Hello. Reply STOP to end texts."
    sms: "Another. Reply STOP to end texts."
"""


def test_a_template_whose_text_stands_twice_is_refused() -> None:
    """The first text is not silently lost; and a language named `no` is Norwegian."""
    with pytest.raises(TemplateInvalid, match="expected each key once"):
        parse_template(TEMPLATE)
    once = TEMPLATE.replace('    sms: "Another. Reply STOP to end texts."\n', "")
    assert ("no",) == parse_template(once.replace("  en:", "  no:")).languages


def test_a_policy_and_a_file_of_cases_keep_the_same_law(tmp_path: Path) -> None:
    """A key twice is refused in either, octal numbers are none."""
    with pytest.raises(PolicyInvalid, match="expected each key once"):
        parse_policy("name: a\nname: b\n")
    path = tmp_path / "cases.yaml"
    path.write_text("- {id: a, holidays: 0777}\n")
    assert [{"id": "a", "holidays": "0777"}] == read_yaml(path)
    path.write_text("- {id: a, id: b}\n")
    with pytest.raises(BadParameter, match="expected each key once"):
        read_yaml(path)

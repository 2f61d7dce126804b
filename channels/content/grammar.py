"""What a template's text may be made of: facts that are printed, and choices that every specimen of facts can
be put through.

A choice may look only at a few facts and at whole numbers. So the check at storing time can try each outcome
of each choice, and no branch is left whose words nobody has seen before a borrower does."""

from __future__ import annotations

import unicodedata

from jinja2 import nodes

ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr,
    nodes.Compare, nodes.Operand, nodes.And,
    nodes.Or, nodes.Not, nodes.Filter, nodes.Concat,
)  # fmt: skip
IN_A_CHOICE = (nodes.Name, nodes.Const, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not)
CHOICES = frozenset({"has_fees", "disclosure", "days_past_due", "days_until_due"})
"""The facts that a choice may look at."""
MOST_NUMBERS = 6
MOST_NESTED = 60
"""Well under what Python's compiler and its stack take, so that what was stored can always be read again."""
LARGEST_NUMBER = 100_000


def odd_characters(source: str) -> str | None:
    """What no text may hold: control characters (a database refuses NUL) and halves of characters."""
    odd = next(
        (one for one in source if one not in "\n\r\t" and unicodedata.category(one) in {"Cc", "Cs"}), None
    )
    return None if odd is None else f"expected no control characters, got U+{ord(odd):04X}"


def grammar_error(tree: nodes.Template, facts: frozenset[str]) -> str | None:
    """The first thing in a parsed template that it may not be made of, or None."""
    if _depth(tree) > MOST_NESTED:
        return "line 1: it is nested too deeply"
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, ALLOWED):
            return (
                f"line {node.lineno}: a template may print facts and choose between texts, not use "
                f"{type(node).__name__.lower()}"
            )
    if unknown := sorted({node.name for node in tree.find_all(nodes.Name)} - facts):
        return f"line 1: there is no fact named {unknown[0]}"
    for choice in _choices(tree):
        for node in (choice, *choice.find_all(nodes.Node)):
            if not isinstance(node, IN_A_CHOICE) or (
                isinstance(node, nodes.Name) and node.name not in CHOICES
            ):
                return (
                    f"line {node.lineno}: a choice may look only at {', '.join(sorted(CHOICES))} and at "
                    f"whole numbers"
                )
            if isinstance(node, nodes.Const) and not _whole(node.value):
                return (
                    f"line {node.lineno}: a choice may compare only with whole numbers from 0 to "
                    f"{LARGEST_NUMBER}"
                )
    if len(numbers_in(tree)) > MOST_NUMBERS:
        return f"line 1: expected at most {MOST_NUMBERS} different numbers in choices"
    return None


def names_in(tree: nodes.Template) -> frozenset[str]:
    """The facts that a text prints or looks at."""
    return frozenset(node.name for node in tree.find_all(nodes.Name))


def numbers_in(tree: nodes.Template) -> frozenset[int]:
    """The numbers that choices compare with."""
    found = {
        node.value
        for choice in _choices(tree)
        for node in (choice, *choice.find_all(nodes.Node))
        if isinstance(node, nodes.Const)
    }
    return frozenset(int(value) for value in found)


def _choices(tree: nodes.Template) -> list[nodes.Node]:
    """Everything that decides between texts: tests, comparisons, and the words that join them."""
    choices: list[nodes.Node] = [node.test for node in tree.find_all(nodes.If)]
    choices += [node.test for node in tree.find_all(nodes.CondExpr)]
    return choices + list(tree.find_all((nodes.Compare, nodes.And, nodes.Or, nodes.Not)))


def _depth(tree: nodes.Node) -> int:
    """How deeply nodes are nested, without a stack of calls of its own."""
    deepest, left = 0, [(tree, 1)]
    while left:
        node, depth = left.pop()
        deepest = max(deepest, depth)
        left += [(child, depth + 1) for child in node.iter_child_nodes()]
    return deepest


def _whole(value: object) -> bool:
    return isinstance(value, bool) or (isinstance(value, int) and 0 <= value <= LARGEST_NUMBER)

"""`forbear policy law`, `reference` and `schema`: the pages of the documents that are made of the policies
and their models."""

from __future__ import annotations

import json
import sys

from policies.law import law_page
from policies.policy import policy_schema
from policies.reference import reference as reference_page
from service.cli.documents import known_policies


def law() -> None:
    """Print the page of every law that ships: places, rules, numbers, citations, confidence and dates, in
    Markdown."""
    sys.stdout.write(law_page(known_policies().values()))


def reference() -> None:
    """Print the reference page of the policy language, in Markdown."""
    sys.stdout.write(reference_page())


def schema() -> None:
    """Print the JSON Schema of a policy document."""
    sys.stdout.write(json.dumps(policy_schema(), indent=1, ensure_ascii=False) + "\n")

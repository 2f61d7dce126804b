"""`forbear learn`: each command's answer and exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.learning.lender import document


def test_learning_by_command(forbear: Any, tmp_path: Path) -> None:
    """Nothing to learn is a no; a document is read, an unknown name or digest is one line."""
    assert 1 == forbear("learn", "run").exit_code
    assert [] == json.loads(forbear("learn", "run", "--dry-run", "--json").stdout)
    good, bad = tmp_path / "good.json", tmp_path / "bad.yaml"
    good.write_text(json.dumps(document()))
    bad.write_text(
        "name: x\nkind: learning\ncreditor: c\nstage: live\nexperiment: {holdout: 0.01, salt: s}\n"
    )
    answer = forbear("learn", "check", str(good))
    assert (0, True) == (answer.exit_code, "One complaint outweighs 3 payments" in answer.output)
    refused = forbear("learn", "check", str(good), str(bad), "--json")
    assert 1 == refused.exit_code
    assert ["line 5, /experiment/holdout: expected 0.05 or more; got 0.01"] == json.loads(refused.stdout)[1][
        "errors"
    ]
    for arguments in (("evaluate", "x"), ("show", "0" * 64), ("disparity", "x")):
        found = forbear("learn", *arguments)
        assert (1, 1) == (found.exit_code, len(found.stderr.strip().splitlines()))

"""What auditors fetch: checkpoints, keys and proofs over HTTP, checked by an implementation of RFC 6962 that
is not ours."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from pymerkle import InmemoryTree, verify_inclusion

from service.log.verify import read_checkpoint
from tests.log.test_merkle import holds

SIZES = (7, 255, 256, 300)


async def grown(ledger: Any) -> list[str]:
    """A log that was sequenced at several sizes; its checkpoints as they were served."""
    notes = []
    for first, size in zip((0, *SIZES), SIZES, strict=False):
        await ledger.write(size - first, first=first)
        await ledger.sequence()
        answer = await ledger.api.client.get("/v1/log/checkpoint", headers={"Authorization": ""})
        assert "text/plain" in answer.headers["content-type"]
        notes.append(answer.text)
    return notes


async def hashes(ledger: Any, path: str, **query: Any) -> list[bytes]:
    """A served proof."""
    answer = await ledger.api.client.get(f"/v1/log/{path}", params=query)
    assert 200 == answer.status_code, answer.text
    assert {"hashes"} == answer.json().keys()
    return [base64.b64decode(one, validate=True) for one in answer.json()["hashes"]]


async def test_served_proofs_hold_for_another_implementation(ledger: Any) -> None:
    """Each index at each size that was signed, the edges among them; and the leaf is the text of the
    export."""
    notes = await grown(ledger)
    key = (await ledger.api.client.get("/v1/log/key", headers={"Authorization": ""})).text.splitlines()[0]
    leaves = [json.loads(line)["leaf"].encode() for line in await ledger.lines()]
    for note, size in zip(notes, SIZES, strict=True):
        kept, theirs = read_checkpoint(note, key), InmemoryTree(algorithm="sha256")
        for leaf in leaves[:size]:
            theirs.append_entry(leaf)
        assert (size, theirs.get_root()) == (kept.size, kept.root)
        for index in sorted({0, 1, size // 2, size - 1}):
            proof = theirs.prove_inclusion(index + 1, size)
            proof.path = [proof.path[0], *await hashes(ledger, "proof", index=index, size=size)]
            verify_inclusion(hashlib.sha256(b"\x00" + leaves[index]).digest(), kept.root, proof)


async def test_served_consistency_proofs_lead_from_one_signed_root_to_the_next(ledger: Any) -> None:
    """By the algorithm of RFC 9162 §2.1.4.2, written in the tests of the tree."""
    notes = await grown(ledger)
    key = (await ledger.keys())[0]
    kept = [read_checkpoint(note, key) for note in notes]
    for old in kept:
        for new in kept:
            if old.size <= new.size:
                path = await hashes(ledger, "consistency", **{"from": old.size, "to": new.size})
                assert holds(old.size, new.size, old.root, new.root, path)
    assert [] == await hashes(ledger, "consistency", **{"from": 0, "to": 300})
    assert [] == await hashes(ledger, "consistency", **{"from": 0, "to": 0})
    assert [] == await hashes(ledger, "proof", index=0, size=1)


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        ("proof", {"index": 7, "size": 7}, "/query/index"), ("proof", {"index": 0, "size": 0},
        "/query/index"),
        ("proof", {"index": 0, "size": 301}, "/query/size"),
        ("proof", {"index": -1, "size": 7}, "/query/index"),
        ("proof", {"index": 2**53, "size": 2**53 - 1}, "/query/index"),
        ("proof", {"index": "a", "size": 7}, "/query/index"),
        ("proof", {"index": 0}, "/query/size"), ("proof", {"index": "0.5", "size": 7}, "/query/index"),
        ("consistency", {"from": 8, "to": 7}, "/query/from"),
        ("consistency", {"from": 1, "to": 301}, "/query/to"),
        ("consistency", {"from": -1, "to": 7}, "/query/from"), ("consistency", {"to": 7}, "/query/from"),
        ("consistency", {"from": 1, "to": 10**30}, "/query/to"),
        ("export", {"format": "xml"}, "/query/format"),
        ("export", {"first": -1}, "/query/first"), ("export", {"last": 1}, "/query/last"),
    ],
)  # fmt: skip
async def test_what_cannot_be_proved_is_refused_by_name(
    ledger: Any, path: str, query: dict[str, Any], pointer: str
) -> None:
    """422, with the parameter that does not fit."""
    await ledger.write(300)
    await ledger.sequence()
    answer = await ledger.api.client.get(f"/v1/log/{path}", params=query)
    assert 422 == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert pointer in {one["pointer"] for one in answer.json()["errors"]}


async def test_before_the_first_checkpoint_there_is_a_key_and_nothing_to_prove(ledger: Any) -> None:
    """404 for the checkpoint, 422 for a proof, an empty export."""
    client = ledger.api.client
    assert 404 == (await client.get("/v1/log/checkpoint")).status_code
    assert 422 == (await client.get("/v1/log/proof", params={"index": 0, "size": 1})).status_code
    assert (await client.get("/v1/log/key")).text.startswith("forbear.example/dispatch-log/")
    empty = await client.get("/v1/log/export")
    assert (200, b"") == (empty.status_code, empty.content)

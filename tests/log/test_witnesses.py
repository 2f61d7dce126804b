"""The log's keys rotate with an overlap, and witnesses cosign checkpoints."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.dispatch.audit.log import add_log_key, retire_log_keys
from service.log.cosignature import CosignatureInvalid, read_witness
from service.log.verify import CheckpointInvalid, read_checkpoint, verify_lines
from service.model.actor import Actor

OPERATOR = Actor(name="operator:test")
NAME = "witness.example/w1"


class Witness:
    """A third party with a key, as c2sp.org/tlog-cosignature describes it."""

    def __init__(self, name: str = NAME) -> None:
        self.name = name
        self.key = Ed25519PrivateKey.generate()
        self.raw = b"\x04" + self.key.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(name.encode() + b"\n" + self.raw).digest()[:4]

    @property
    def verifier(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.raw).decode()}"

    def line(self, note: str, at: int = 1_764_000_000) -> str:
        """The cosignature of a note's text."""
        text = note.partition("\n\n")[0] + "\n"
        signature = self.key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return f"— {self.name} {base64.b64encode(self.key_id + at.to_bytes(8, 'big') + signature).decode()}"


@pytest.fixture
def witness(api: Any) -> Witness:
    """One that the deployment knows."""
    one = Witness()
    object.__setattr__(api.app.state.forbear, "witnesses", (read_witness(one.verifier),))
    return one


async def post(ledger: Any, size: int, line: str) -> Any:
    """What a witness sends; it has no API key."""
    return await ledger.api.client.post(
        "/v1/log/cosignatures", json={"size": size, "cosignature": line}, headers={"Authorization": ""}
    )


async def test_a_cosignature_stands_under_the_checkpoint(ledger: Any, witness: Witness) -> None:
    """It comes once, however often it is sent, and does not disturb the note's own signature."""
    await ledger.write(20)
    note = await ledger.sequence()
    for _ in range(2):
        answer = await post(ledger, 20, witness.line(note))
        assert 200 == answer.status_code, answer.text
    served = (await ledger.api.client.get("/v1/log/checkpoint")).text
    assert note + witness.line(note) + "\n" == served
    assert verify_lines(await ledger.lines(), [read_checkpoint(served, (await ledger.keys())[0])]).holds
    assert (
        1
        == (await ledger.sql("SELECT count(*) AS n FROM log_entries WHERE kind = 'checkpoint.cosigned'"))[0][
            "n"
        ]
    )


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda one, note: Witness().line(note), "no witness"),
        (lambda one, note: Witness("other.example").line(note), "no witness"),
        (lambda one, note: one.line(note.replace("\n20\n", "\n21\n")), "does not fit"),
        (lambda one, note: one.line(note)[:-8], "expected a line"),
        (lambda one, note: one.line(note).replace("— ", "- "), "expected a line"),
    ],
    ids=["another key", "a stranger", "another checkpoint", "short", "no dash"],
)
async def test_what_no_witness_signed_is_refused(
    ledger: Any, witness: Witness, spoil: Callable[[Witness, str], str], says: str
) -> None:
    await ledger.write(20)
    note = await ledger.sequence()
    answer = await post(ledger, 20, spoil(witness, note))
    assert 422 == answer.status_code
    assert "/cosignature" == answer.json()["errors"][0]["pointer"]
    assert says in answer.json()["errors"][0]["detail"]
    assert note == (await ledger.api.client.get("/v1/log/checkpoint")).text


async def test_a_checkpoint_that_is_not_there_cannot_be_cosigned(ledger: Any, witness: Witness) -> None:
    await ledger.write(20)
    note = await ledger.sequence()
    assert 404 == (await post(ledger, 19, witness.line(note))).status_code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "a+b+c",
        "witness.example+00000000+BAAA",
        pytest.param(Witness().verifier.replace("+", "-", 1), id="another sign"),
    ],
)
def test_a_verifier_key_that_fits_no_witness_is_refused(text: str) -> None:
    with pytest.raises(CosignatureInvalid):
        read_witness(text)


async def test_the_log_s_key_rotates_with_an_overlap(ledger: Any) -> None:
    """Old key alone, both, new key alone: each checkpoint is verified with every key that signed it, and with
    no other."""
    runtime = ledger.api.runtime
    await ledger.write(10)
    first = await ledger.sequence()
    old = (await ledger.keys())[0]
    new = await add_log_key(runtime, OPERATOR)
    assert [new, old] == list(await ledger.keys())
    await ledger.write(10, first=10)
    both = await ledger.sequence()
    assert 1 == await retire_log_keys(runtime, OPERATOR)
    assert 0 == await retire_log_keys(runtime, OPERATOR)
    await ledger.write(10, first=20)
    last = await ledger.sequence()
    assert [new] == list(await ledger.keys())
    for note, signed, unsigned in ((first, [old], [new]), (both, [old, new], []), (last, [new], [old])):
        for key in signed:
            read_checkpoint(note, key)
        for key in unsigned:
            with pytest.raises(CheckpointInvalid):
                read_checkpoint(note, key)
    kept = [read_checkpoint(first, old), read_checkpoint(both, new), read_checkpoint(last, new)]
    assert verify_lines(await ledger.lines(), kept).holds

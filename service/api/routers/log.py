"""The dispatch log: read, exported, proved."""

from __future__ import annotations

import base64
import importlib.util
from typing import Annotated, Literal

import fastapi
from pydantic import BeforeValidator, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.api.answers import Answer, answer, page
from service.api.bodies import json_bytes, parse
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, gives_text, takes
from service.api.parameters import ListQuery, OptionalId, Query
from service.api.schemas.answers import Hashes, VerdictKind
from service.api.schemas.readings import LogPage
from service.api.schemas.words import KIND, NOTE_LINE, Closed, Instant
from service.dispatch.audit.log import Wanted, begin_export, cosign, read_log
from service.dispatch.runtime import Runtime
from service.errors import FieldError, InvalidRequest, NotFound
from service.ids import DeliveryId, NoticeId
from service.log.checkpoint import DASH
from service.log.export import export
from service.log.read import checkpoint_of, consistency, current_verifier_keys, inclusion, latest_checkpoint

log = router("log")

LARGEST_INDEX = 2**53 - 1
Index = Annotated[int, Field(ge=0, le=LARGEST_INDEX)]
_blank = BeforeValidator(lambda value: value or None)
OptionalInstant = Annotated[Instant | None, _blank]
Kind = Annotated[Annotated[str, StringConstraints(max_length=64, pattern=KIND)] | None, _blank]


class LogQuery(ListQuery):
    """What a reading of the log can be narrowed to."""

    borrower: OptionalId = None
    notice: OptionalId = None
    delivery: OptionalId = None
    kind: Kind = None
    """Such as `decision` or `attempt.settled`."""
    policy: OptionalId = None
    verdict: Annotated[VerdictKind | None, _blank] = None
    actor: OptionalId = None
    from_: Annotated[OptionalInstant, Field(alias="from")] = None
    to: OptionalInstant = None


Cell = Annotated[int, Field(ge=0, le=15)]


def _cell(request: Request, number: int) -> Runtime:
    """The cell of this number; of a deployment of one there is home alone."""
    every = state_of(request).runtime.cells.all
    if number >= len(every):
        raise _misfit("cell", f"expected a cell from 0 to {len(every) - 1}")
    return every[number]


def _of(cell: int) -> str:
    """A cell in a link; home needs no word."""
    return f"cell={cell}&" if cell else ""


class ExportQuery(Query):
    """In which form, and from which entry on."""

    cell: Cell = 0
    """Of which cell; each has a log of its own, home's is 0."""
    format: Literal["jsonl", "csv", "parquet"] = "jsonl"
    first: Index = 0


class KeyQuery(Query):
    """Whose keys."""

    cell: Cell = 0
    """Of which cell's log."""


class CheckpointQuery(Query):
    """Of which size; the last one without it."""

    cell: Cell = 0
    """Of which cell's log."""
    size: Annotated[Index | None, _blank] = None


class CosignatureBody(Closed):
    """What a witness says."""

    cell: Cell = 0
    """Of which cell's log."""
    size: Index
    cosignature: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=NOTE_LINE)]
    """A signature line of c2sp.org/tlog-cosignature, without its newline."""


class ProofQuery(Query):
    """Which entry, in a log of which size."""

    cell: Cell = 0
    """Of which cell's log."""
    index: Index
    size: Index


class ConsistencyQuery(Query):
    """From which size to which."""

    cell: Cell = 0
    """Of which cell's log."""
    from_: Annotated[Index, Field(alias="from")]
    to: Index


@log.get(
    "/v1/log",
    operation_id="listLog",
    summary="Read the dispatch log, newest first",
    responses=gives("Entries with their reasons."),
    openapi_extra=fails(NotFound),
)
async def get_log(request: Request, query: Annotated[LogQuery, fastapi.Query()]) -> Answer[LogPage]:
    """A key that is limited to creditors reads one notice or delivery at a time."""
    runtime = state_of(request).runtime
    key = read_cursor(runtime.vault, "log", query.cursor)
    notice, channel = _subject(query)
    wanted = Wanted(
        borrower=query.borrower,
        notice=notice,
        channel=channel,
        kind=query.kind,
        policy=query.policy,
        verdict=query.verdict,
        actor=query.actor,
        since=query.from_,
        before=query.to,
        below=None if key is None else [int(one) for one in key],
    )
    found = await read_log(runtime, wanted, actor_of(request), limit=query.limit)
    return page(
        LogPage,
        found.items,
        make_cursor(runtime.vault, "log", found.next_below),
    )


def _subject(query: LogQuery) -> tuple[NoticeId | None, str | None]:
    """The notice that is asked for, and the channel of a delivery."""
    notice = None if query.notice is None else NoticeId.parse(query.notice)
    if query.notice is not None and notice is None:
        raise _misfit("notice", "expected the id of a notice")
    if query.delivery is None:
        return notice, None
    delivery = DeliveryId.parse(query.delivery)
    if delivery is None or notice not in {None, delivery.notice}:
        raise _misfit("delivery", "expected the id of a delivery, of the same notice where that is given too")
    return delivery.notice, delivery.channel


def _misfit(name: str, detail: str) -> InvalidRequest:
    return InvalidRequest(
        "a parameter does not fit",
        field_errors=[FieldError(pointer=f"/query/{name}", detail=detail, code="invalid")],
    )


_KINDS = {"jsonl": "application/jsonl", "csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_EXPORT = {
    **gives_text(
        "application/jsonl",
        "A line for each entry, in the order of the index.",
        headers=("Link", "Content-Disposition"),
    ),
}
for _kind in ("text/csv", "application/vnd.apache.parquet"):
    _EXPORT[200]["content"][_kind] = {"schema": {"type": "string"}}


@log.get(
    "/v1/log/export",
    operation_id="exportLog",
    summary="Export the log up to the last checkpoint",
    responses=_EXPORT,
)
async def get_export(request: Request, query: Annotated[ExportQuery, fastapi.Query()]) -> Response:
    """Streams in the order of the index; the export is itself an entry, its last one where nothing else
    happens meanwhile. `Link` leads to the checkpoint that covers it exactly."""
    if query.format == "parquet" and importlib.util.find_spec("pyarrow") is None:
        raise _misfit("format", "expected jsonl or csv: this installation lacks the extra for Parquet")
    runtime = _cell(request, query.cell)
    found = await begin_export(runtime, actor_of(request), form=query.format, first=query.first)
    size = found.size
    chunks = export(runtime.database, query.format, first=found.first, last=size, beginning=found.beginning)
    headers = {
        "Content-Disposition": f'attachment; filename="dispatch-log-{size}.{query.format}"',
        "Link": f'</v1/log/checkpoint?{_of(query.cell)}size={size}>; rel="describedby"',
    }
    return StreamingResponse(chunks, media_type=_KINDS[query.format], headers=headers)


@log.get(
    "/v1/log/checkpoint",
    operation_id="getCheckpoint",
    summary="The last checkpoint",
    responses=gives_text("text/plain", "A signed note (C2SP)."),
    openapi_extra=fails(NotFound),
)
async def get_checkpoint(request: Request, query: Annotated[CheckpointQuery, fastapi.Query()]) -> Response:
    """Or the one of a `size`, such as that of an export. 404 before the first one, and where none has this
    size."""
    database = _cell(request, query.cell).database
    note = await (latest_checkpoint(database) if query.size is None else checkpoint_of(database, query.size))
    if note is None:
        raise NotFound(
            "nothing is sequenced yet" if query.size is None else "there is no checkpoint of this size"
        )
    return Response(note, media_type="text/plain")


@log.post(
    "/v1/log/cosignatures",
    operation_id="cosignCheckpoint",
    summary="Cosign a checkpoint, as a witness",
    responses=gives_text("text/plain", "The signed note with every cosignature."),
    openapi_extra=fails(NotFound)
    | takes(CosignatureBody, example={"size": 600, "cosignature": f"{DASH}witness.example/w1 {'A' * 104}"}),
)
async def post_cosignature(request: Request) -> Response:
    """Taken from the witnesses that FORBEAR_WITNESSES names; the line carries its own signature, so no key is
    needed."""
    state = state_of(request)
    body = parse(CosignatureBody, await json_bytes(request))
    note = await cosign(_cell(request, body.cell), state.witnesses, size=body.size, line=body.cosignature)
    return Response(note, media_type="text/plain")


@log.get(
    "/v1/log/key",
    operation_id="getVerifierKeys",
    summary="The verifier key",
    responses=gives_text("text/plain", "One a line, the newest first."),
)
async def get_key(request: Request, query: Annotated[KeyQuery, fastapi.Query()]) -> Response:
    """What a checkpoint is verified with; keep it when you keep the checkpoint."""
    runtime = _cell(request, query.cell)
    return Response(
        "\n".join(await current_verifier_keys(runtime.database, runtime.vault)) + "\n",
        media_type="text/plain",
    )


@log.get(
    "/v1/log/proof",
    operation_id="getInclusionProof",
    summary="Prove that an entry is in the log",
    responses=gives("RFC 6962 §2.1.1, in its order."),
)
async def get_proof(request: Request, query: Annotated[ProofQuery, fastapi.Query()]) -> Answer[Hashes]:
    """The audit path of an entry in the tree of a size."""
    try:
        return _hashes(await inclusion(_cell(request, query.cell).database, query.index, query.size))
    except ValueError as error:
        raise _misfit("index" if query.index >= query.size else "size", str(error)) from None


@log.get(
    "/v1/log/consistency",
    operation_id="getConsistencyProof",
    summary="Prove that the log only grew",
    responses=gives("RFC 6962 §2.1.2, in its order."),
)
async def get_consistency(
    request: Request, query: Annotated[ConsistencyQuery, fastapi.Query()]
) -> Answer[Hashes]:
    """From one size to another."""
    try:
        return _hashes(await consistency(_cell(request, query.cell).database, query.from_, query.to))
    except ValueError as error:
        raise _misfit("from" if query.from_ > query.to else "to", str(error)) from None


def _hashes(hashes: list[bytes]) -> Answer[Hashes]:
    return answer(Hashes, {"hashes": [base64.b64encode(one).decode("ascii") for one in hashes]})

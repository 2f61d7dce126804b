"""The dispatch log: read in words, each entry with its way to the signed root, the chain as it stands, proofs
and exports."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.console.cells import cell_of, index_of, is_index
from service.console.chain import chain_of, checked
from service.console.forms import Form, misfit, read_query
from service.console.pages import page
from service.console.routes import router, runtime_of, visitor_of
from service.console.times import since_of
from service.dispatch.access.keys import check_unlimited
from service.dispatch.audit.log import Wanted, begin_export, read_log
from service.dispatch.audit.notices import read_notice
from service.dispatch.audit.proofs import MOST, proof_file, prove
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.data_keys import keys_elsewhere
from service.dispatch.runtime.merged import each
from service.dispatch.what_if.replay import replay
from service.errors import NotFound
from service.ids import NoticeId
from service.log.export import export
from service.log.read import checkpoint_of, current_verifier_keys, latest_checkpoint, read_entries
from service.model.actor import Actor
from service.store import log_tree
from service.store.log_entries import EntryFilter

SHOWN = 50
VERDICTS = ("allow", "defer", "suppress", "hold")
FORMS = {"jsonl": "application/jsonl", "csv": "text/csv"}
_FIELDS = ("borrower", "notice", "kind", "policy", "verdict", "actor", "from", "to")
log = router()


@log.get("/console/log")
async def get_log(request: Request) -> Response:
    """Newest first."""
    visitor, runtime, query = visitor_of(request), runtime_of(request), read_query(request)
    found = await read_log(runtime, _wanted(query, visitor.zone), visitor.actor, limit=SHOWN)
    given = {name: value for name in _FIELDS if (value := query.word(name)) is not None}
    older = None if found.next_below is None else _older(given, found.next_below)
    return page(
        "log.html",
        visitor,
        entries=[{**one, "told": _told(one)} for one in found.items],
        given={name: given.get(name, "") for name in _FIELDS},
        verdicts=VERDICTS,
        older=older,
    )


def _wanted(query: Form, zone: str) -> Wanted:
    below = query.word("below")
    return Wanted(
        borrower=query.word("borrower"),
        notice=_notice(query),
        kind=query.word("kind"),
        policy=query.word("policy"),
        verdict=query.choice("verdict", VERDICTS),
        actor=query.word("actor"),
        since=since_of(query, "from", zone),
        before=since_of(query, "to", zone, ends=True),
        below=None if below is None else [index_of(one, "below") for one in below.split(".")],
    )


def _older(given: Mapping[str, str], below: Sequence[int]) -> str:
    """Where the page goes on: after which number, of each cell."""
    return "?" + urlencode({**given, "below": ".".join(map(str, below))})


def _notice(query: Form) -> NoticeId | None:
    notice = query.word("notice")
    parsed = None if notice is None else NoticeId.parse(notice)
    if notice is not None and parsed is None:
        raise misfit("notice", "expected the id of a notice")
    return parsed


def _told(entry: dict[str, Any]) -> str:
    """What an entry holds, as JSON that people read."""
    shown = {"public": entry["public"], "detail": entry["detail"], "policies": entry["policies"]}
    return orjson.dumps(shown, option=orjson.OPT_INDENT_2, default=str).decode()


@log.get("/console/log/chain")
async def get_chain(request: Request) -> Response:
    """How the log stands: its tree, its checkpoint, who cosigned it; and whether it only grew since a
    checkpoint that one kept."""
    visitor, query = visitor_of(request), read_query(request)
    check_unlimited(visitor.actor)
    runtime = cell_of(runtime_of(request), query)
    kept = query.one("kept").strip()[:4000]
    return page(
        "chain.html",
        visitor,
        chain=await chain_of(runtime),
        cell=runtime.cell,
        cells=[one.cell for one in runtime.cells.all],
        kept=kept,
        since=await checked(runtime, kept) if kept else None,
    )


@log.get("/console/log/exports")
async def get_exports(request: Request) -> Response:
    """The whole log to take away, and who took it."""
    visitor, runtime = visitor_of(request), runtime_of(request)
    check_unlimited(visitor.actor)
    logs = await each(runtime, _whole)
    taken = await read_log(runtime, Wanted(kind="log.exported"), visitor.actor, limit=SHOWN)
    return page(
        "exports.html",
        visitor,
        logs=logs,
        taken=taken.items,
    )


async def _whole(runtime: Runtime) -> tuple[int, int, list[str]]:
    """A cell's number, how many entries its log has, and the keys that verify it, the newest first."""
    async with runtime.database.connection() as connection:
        head = await log_tree.head(connection)
    keys = await current_verifier_keys(runtime.database, runtime.vault)
    return runtime.cell, 0 if head is None else head.size, keys


@log.get("/console/log/export")
async def get_export(request: Request) -> Response:
    """The whole log up to the last checkpoint; the export is itself an entry."""
    query = read_query(request)
    runtime = cell_of(runtime_of(request), query)
    form = query.choice("format", FORMS) or "jsonl"
    found = await begin_export(runtime, visitor_of(request).actor, form=form, first=0)
    headers = {"Content-Disposition": f'attachment; filename="dispatch-log-{found.size}.{form}"'}
    chunks = export(runtime.database, form, first=found.first, last=found.size, beginning=found.beginning)
    return StreamingResponse(chunks, media_type=FORMS[form], headers=headers)


@log.get("/console/log/proof")
async def get_proof(request: Request) -> Response:
    """A file that proves an entry, or every sequenced entry of a notice; a checkpoint alone where neither is
    named."""
    visitor, query = visitor_of(request), read_query(request)
    notice, index = _notice(query), query.word("index")
    runtime = cell_of(runtime_of(request), query)
    if notice is not None and query.word("cell") is None:
        runtime = runtime.of(notice.borrower)
    if notice is not None:
        indexes = await _of_notice(runtime, notice, visitor.actor)
        name = f"proof-{str(notice)[:16]}"
    elif index is not None:
        indexes, name = [index_of(index, "index")], f"proof-{index}"
    else:
        return await _checkpoint(runtime, query.word("size"))
    document = await proof_file(runtime, indexes, visitor.actor)
    return _file(orjson.dumps(document, option=orjson.OPT_INDENT_2), f"{name}.json", "application/json")


async def _checkpoint(runtime: Runtime, size: str | None) -> Response:
    """The signed note of this size, which an export of as many entries is verified with; the newest where
    none is asked for."""
    if size is None:
        note = await latest_checkpoint(runtime.database)
        if note is None:
            raise NotFound("nothing is sequenced yet")
        return _file(note.encode(), "checkpoint.txt", "text/plain")
    number = index_of(size, "size")
    note = await checkpoint_of(runtime.database, number)
    if note is None:
        raise NotFound("there is no checkpoint of this size")
    return _file(note.encode(), f"checkpoint-{number}.txt", "text/plain")


async def _of_notice(runtime: Runtime, notice: NoticeId, actor: Actor) -> list[int]:
    """The indexes in a cell's log of what concerns a notice: entries of one file lie under one checkpoint."""
    if actor.creditors is not None:
        await read_notice(runtime, notice, actor)
    wanted = EntryFilter(borrower=notice.borrower, notice_no=notice.number)
    found = await read_entries(runtime.database, runtime.vault, wanted, MOST, keys_elsewhere(runtime))
    return [one["index"] for one in found.items if one["index"] is not None]


def _file(content: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


@log.get("/console/log/{index}")
async def get_entry(request: Request) -> Response:
    """One entry, its way to the root, and where it is a decision whether it comes out the same again."""
    visitor, text = visitor_of(request), request.path_params["index"]
    runtime = cell_of(runtime_of(request), read_query(request))
    if not is_index(text):
        raise NotFound("there is no such page")
    index = int(text)
    proven = await prove(runtime, index, visitor.actor)
    keys = await current_verifier_keys(runtime.database, runtime.vault)
    again = None
    if proven.entry["kind"] == "decision" and proven.entry["policies"]:
        again = await replay(
            runtime.database, runtime.vault, runtime.in_force.find_policy, index, keys_elsewhere(runtime)
        )
    return page(
        "entry.html",
        visitor,
        one=proven.entry,
        cell=runtime.cell,
        proven=proven,
        told=_told(proven.entry),
        again=again,
        keys=keys,
        short=lambda raw: base64.b64encode(raw).decode()[:10],
    )

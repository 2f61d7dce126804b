"""`forbear suppressions`: what belongs to an address, listed, added, lifted; and a file of what the lender
knows already."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from service.api.schemas.suppressions import SuppressionBody, field_errors_in
from service.cli.either import suppressions_at
from service.cli.keys import OPERATOR, Json, print_json, run_with_runtime
from service.cli.nouns import noun_app
from service.cli.progress import bar
from service.cli.remote import KEY, MAYBE_URL
from service.cli.tables import show_list
from service.dispatch.records.suppressions import (
    SuppressionDraft,
    add_suppressions,
    count_standing,
)
from service.dispatch.runtime import Runtime

app = noun_app()
CHUNK, SHOWN = 500, 20
SHOWN_COLUMNS = (
    ("id", lambda one: one["id"]),
    ("channel", lambda one: one["channel"]),
    ("reason", lambda one: one["reason"]),
    ("recorded", lambda one: one["recorded_at"]),
    ("via", lambda one: one["via"]),
    ("by", lambda one: one["added_by"]),
    ("lifted", lambda one: one["lifted_at"]),
)
COLUMNS = ("address", "channel", "reason", "note")
EXPLAINED = frozenset({"trunk_zero", "impossible_number", "impossible_mailbox"})
"""What is wrong with an address of the right form, and is said as the API says it."""
Address = Annotated[str, typer.Argument(help="A phone number in E.164 form, or a mailbox.")]
Channel = Annotated[str, typer.Option(help="sms, email, voice, whatsapp or any.")]
Reason = Annotated[
    str, typer.Option(help="opt_out, cease, complaint, wrong_number, reassigned or dead_address.")
]


@app.command("list")
def list_(
    *,
    address: Annotated[str | None, typer.Option(help="What stands against this address.")] = None,
    channel: Annotated[str | None, typer.Option(help="Of this channel alone.")] = None,
    reason: Annotated[str | None, typer.Option(help="For this reason alone.")] = None,
    lifted: Annotated[bool, typer.Option("--lifted", help="Also those that stand no more.")] = False,
    as_json: Json = False,
    url: MAYBE_URL = None,
    key: KEY = None,
) -> None:
    """List suppressions, the newest first. Addresses are kept as digests: name one to find what stands
    against it."""
    narrowed = {"address": address, "channel": channel, "reason": reason}
    found = suppressions_at(url, key).every(narrowed, lifted=lifted)
    show_list(found, SHOWN_COLUMNS, as_json=as_json, nothing="Nothing is suppressed.", what="suppressions")


@app.command()
def add(
    address: Address,
    channel: Channel,
    reason: Reason = "opt_out",
    note: Annotated[str | None, typer.Option(help="For whoever reads it later; kept encrypted.")] = None,
    *,
    as_json: Json = False,
    url: MAYBE_URL = None,
    key: KEY = None,
) -> None:
    """Suppress an address: it holds for every borrower who has it, now or later."""
    draft = _draft({"address": address, "channel": channel, "reason": reason, "note": note})
    if isinstance(draft, str):
        raise typer.BadParameter(draft)
    document, new = suppressions_at(url, key).add(draft)
    if as_json:
        print_json(document)
    else:
        typer.echo(f"{document['id']} stands" + ("" if new else "; it stood already"))


@app.command()
def lift(
    suppression: Annotated[str, typer.Argument(help="Its id, as `list` shows it.")],
    because: Annotated[str, typer.Option(help="Why; kept beside it.")],
    *,
    as_json: Json = False,
    url: MAYBE_URL = None,
    key: KEY = None,
) -> None:
    """Lift a suppression."""
    if not because.isprintable() or not 1 <= len(because.strip()) <= len(because) <= 200:  # noqa: PLR2004
        raise typer.BadParameter("expected 1 to 200 printable characters", param_hint="--because")
    document = suppressions_at(url, key).lift(suppression, because)
    if as_json:
        print_json(document)
    else:
        typer.echo(f"{document['id']} is lifted")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    new: int
    standing: int


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV in UTF-8 with the columns address, channel, reason, note.")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be added; add nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Suppress every address of a file. A line that does not fit stops it before anything is added; a repeat
    is harmless.

    Without `channel` the address is closed on every channel, without `reason` it is an opt-out."""
    drafts, field_errors = _read(file)
    if field_errors:
        for line in field_errors[:SHOWN]:
            typer.echo(line, err=True)
        more = len(field_errors) - SHOWN
        typer.echo((f"… and {more} more. " if more > 0 else "") + "Nothing was added.", err=True)
        raise typer.Exit(1)
    counts = run_with_runtime(lambda runtime: _import(runtime, drafts, dry_run=dry_run))
    if as_json:
        print_json({"lines": len(drafts), "new": counts.new, "standing": counts.standing, "dry_run": dry_run})
        return
    verb = "would be added" if dry_run else "were added"
    typer.echo(f"{len(drafts)} lines: {counts.new} {verb}, {counts.standing} stood already.")


async def _import(runtime: Runtime, drafts: Sequence[SuppressionDraft], *, dry_run: bool) -> _Counts:
    new = standing = 0
    seen: set[tuple[bytes, str, str]] = set()
    with bar("Suppressing", len(drafts)) as advance:
        for start in range(0, len(drafts), CHUNK):
            chunk = drafts[start : start + CHUNK]
            named = {
                (runtime.vault.address_digest(one.address), one.channel, one.reason): one for one in chunk
            }
            distinct = [one for key, one in named.items() if key not in seen]
            seen |= named.keys()
            if dry_run:
                found = await count_standing(runtime, distinct)
                new, standing = new + len(distinct) - found, standing + found
            else:
                results = await add_suppressions(runtime, distinct, OPERATOR, via="import")
                added = sum(1 for _, is_new in results if is_new)
                new, standing = new + added, standing + len(results) - added
            advance(len(chunk))
    return _Counts(new=new, standing=standing)


def _read(file: Path) -> tuple[list[SuppressionDraft], list[str]]:
    """The lines of a file, and what does not fit, each with its line."""
    drafts: list[SuppressionDraft] = []
    field_errors: list[str] = []
    try:
        for line, fields in _lines(file):
            draft = _draft({"channel": "any", "reason": "opt_out", **fields})
            if isinstance(draft, str):
                field_errors.append(f"line {line}: {draft}")
            else:
                drafts.append(draft)
    except UnicodeDecodeError:
        field_errors.append(f"{file}: expected UTF-8")
    except csv.Error as error:
        field_errors.append(f"{file}: {error}")
    return drafts, field_errors


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each line's number with its filled fields. Raises BadParameter where the head does not fit."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text, strict=True)
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        if "address" not in names or set(names) - set(COLUMNS) or len(set(names)) != len(names):
            raise typer.BadParameter(
                f"expected a first line with some of {', '.join(COLUMNS)}, `address` among them;"
                f" got {', '.join(names) or 'nothing'}"
            )
        reader.fieldnames = names
        for row in reader:
            if None in row or None in row.values():
                yield reader.line_num, {"address": "", "note": "\0"}
                continue
            yield reader.line_num, {name: value.strip() for name, value in row.items() if value.strip()}


def _draft(fields: dict[str, Any]) -> SuppressionDraft | str:
    """A draft, or what does not fit."""
    try:
        body = SuppressionBody.model_validate(fields)
    except ValidationError as error:
        return _said(error)
    field_errors = field_errors_in(body)
    if field_errors:
        return f"{field_errors[0].pointer.removeprefix('/')}: {field_errors[0].detail}"
    return SuppressionDraft(address=body.address, channel=body.channel, reason=body.reason, note=body.note)


def _said(error: ValidationError) -> str:
    field = next((str(one["loc"][0]) for one in error.errors() if one["loc"]), "")
    match field:
        case "address" if error.errors()[0]["type"] in EXPLAINED:
            return f"address: {error.errors()[0]['msg']}"
        case "address":
            return "address: expected a phone number in E.164 form or one mailbox, such as +12025550123"
        case "channel":
            return "channel: expected sms, email, voice, whatsapp or any"
        case "reason":
            return "reason: expected opt_out, cease, complaint, wrong_number, reassigned or dead_address"
        case _:
            return f"{field or 'line'}: expected as many fields as the first line has, and printable text"

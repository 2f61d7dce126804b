"""Templates: drafted, read, shown on a specimen, approved, activated."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import fastapi
from pydantic import Field
from starlette.requests import Request

from service.api.answers import Answer, answer, page
from service.api.bodies import body_of, read_text
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.limits import check_creditor
from service.api.openapi import fails, gives, takes, takes_text
from service.api.parameters import LARGEST_INT, ListQuery, PathSlug, PathVersion
from service.api.routers.policies import YAML, ReasonBody, reason_of
from service.api.schemas.answers import CategoryPage
from service.api.schemas.notices import DebtBody, debt_of
from service.api.schemas.wordings import Rendering, TemplatePage, TemplateVersion, TemplateVersions
from service.api.schemas.words import Closed, FilledName, Language
from service.dispatch.governance.templates import (
    Specimen,
    activate_template,
    approve_template,
    list_templates,
    preview_template,
    put_template,
    read_template,
)
from service.errors import Conflict
from service.model.category import CATEGORIES, OPT_OUT_CONFIRMATION

templates = router("templates")

_EXAMPLE = """\
name: thank-you
title: A payment has come in
categories: [payment_confirmation]
languages:
  en:
    sms: >-
      {{ creditor_name }}: thank you, {{ borrower_name }}, your payment has come in. {{ contact }}.
      Reply STOP to end texts.
"""


class SpecimenBody(Closed):
    """What to show; without a debt, a made-up one."""

    channel: Literal["sms", "email", "voice", "whatsapp"]
    language: Language
    version: Annotated[int, Field(ge=0, le=LARGEST_INT)] | None = None
    """Without one, the one that new notices use, else the newest."""
    borrower_name: FilledName = "Ana Ruiz"
    sender_role: Literal["original_creditor", "third_party", "debt_buyer"] = "original_creditor"
    first_communication: bool = False
    debt: DebtBody | None = None


_SPECIMEN: dict[str, Any] = {"channel": "sms", "language": "es"}


@templates.get(
    "/v1/templates",
    operation_id="listTemplates",
    summary="List templates by name",
    responses=gives("With the version that a new notice uses, `active_version`."),
)
async def get_list(request: Request, query: Annotated[ListQuery, fastapi.Query()]) -> Answer[TemplatePage]:
    """Version 0 is the one that ships."""
    runtime = state_of(request).runtime
    key = read_cursor(runtime.vault, "templates", query.cursor)
    found = [one for one in await list_templates(runtime) if key is None or one["name"] > str(key[0])]
    shown = found[: query.limit]
    return page(
        TemplatePage,
        shown,
        make_cursor(runtime.vault, "templates", [shown[-1]["name"]] if len(found) > query.limit else None),
    )


@templates.get(
    "/v1/categories",
    operation_id="listCategories",
    summary="List the categories of notices",
    responses=gives("All of them: what each is for, and which templates may be sent under it."),
)
async def get_categories(request: Request) -> Answer[CategoryPage]:
    """A closed list; the service's own confirmation of an opt-out is not among them."""
    in_force = state_of(request).runtime.in_force
    shown = [
        {
            "name": one.name,
            "means": one.means,
            "priority": one.priority,
            "life_seconds": int(one.life.total_seconds()),
            "resend_unknown": one.resend_unknown,
            "templates": in_force.templates_under(one.name),
        }
        for one in CATEGORIES.values()
        if one.name != OPT_OUT_CONFIRMATION
    ]
    return page(CategoryPage, shown, None)


@templates.get(
    "/v1/templates/{name}",
    operation_id="getTemplate",
    summary="Read a template",
    responses=gives("Every version, the newest first."),
)
async def get(request: Request, name: PathSlug) -> Answer[TemplateVersions]:
    """With its documents."""
    return answer(TemplateVersions, await read_template(state_of(request).runtime, name))


@templates.put(
    "/v1/templates/{name}",
    operation_id="putTemplate",
    summary="Draft a new version",
    responses=gives("The newest version has this very text.") | gives("A new version.", status=201),
    openapi_extra=takes_text(*YAML, example=_EXAMPLE, description="A template document."),
)
async def put(request: Request, name: PathSlug) -> Answer[TemplateVersion]:
    """One that cannot say what its categories must say is refused, with every error. It is used once another
    key has approved it and it was activated."""
    text, document = await read_text(request, YAML)
    text = text if document is None else json.dumps(document, ensure_ascii=False, indent=2)
    stored, created = await put_template(state_of(request).runtime, name, text, actor_of(request))
    return answer(TemplateVersion, stored, status=201 if created else 200)


_VERSION = "/v1/templates/{name}/versions/{version}"


@templates.post(
    f"{_VERSION}/approve",
    operation_id="approveTemplate",
    summary="Approve a draft",
    responses=gives("The version as it stands now."),
    openapi_extra=fails(Conflict),
)
async def post_approve(request: Request, name: PathSlug, version: PathVersion) -> Answer[TemplateVersion]:
    """By another key than the author's."""
    return answer(
        TemplateVersion, await approve_template(state_of(request).runtime, name, version, actor_of(request))
    )


@templates.post(
    f"{_VERSION}/activate",
    operation_id="activateTemplate",
    summary="Let new notices use an approved version",
    responses=gives("The version as it stands now."),
    openapi_extra=fails(Conflict)
    | takes(ReasonBody, example={"reason": "plainer words, tested with readers"}),
)
async def post_activate(request: Request, name: PathSlug, version: PathVersion) -> Answer[TemplateVersion]:
    """Accepted notices keep the version that they were accepted with."""
    body = await reason_of(request)
    stored = await activate_template(
        state_of(request).runtime, name, version, actor_of(request), reason=body.reason
    )
    return answer(TemplateVersion, stored)


@templates.post(
    "/v1/templates/{name}/preview",
    operation_id="previewTemplate",
    summary="Show a rendering",
    responses=gives("The exact text, with its SMS segments."),
    openapi_extra=takes(SpecimenBody, example=_SPECIMEN),
)
async def post_preview(request: Request, name: PathSlug) -> Answer[Rendering]:
    """Nothing is sent."""
    body = await body_of(request, SpecimenBody)
    if body.debt is not None:
        check_creditor(actor_of(request), body.debt.creditor, "/debt/creditor")
    specimen = Specimen(
        channel=body.channel,
        language=body.language,
        version=body.version,
        borrower_name=body.borrower_name,
        sender_role=body.sender_role,
        first_communication=body.first_communication,
        debt=None if body.debt is None else debt_of(body.debt),
    )
    return answer(Rendering, await preview_template(state_of(request).runtime, name, specimen))

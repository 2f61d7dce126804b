"""Learning policies and their life, what was learned, and experiments."""

from __future__ import annotations

import json
from typing import Annotated

import fastapi
from pydantic import BeforeValidator, StringConstraints
from starlette.requests import Request

from service.api.answers import Answer, answer, page
from service.api.bodies import read_text
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, takes, takes_text
from service.api.parameters import DEFAULT_PAGE, Limit, PathAny, PathName, PathSnapshot, PathVersion, Query
from service.api.routers.policies import YAML, ReasonBody, reason_of
from service.api.schemas.learning import (
    Experiment,
    LearningPolicyPage,
    LearningPolicyVersion,
    LearningPolicyVersions,
    LearningTest,
    SnapshotInFull,
    SnapshotPage,
    Why,
)
from service.api.schemas.words import NAME
from service.dispatch.learning import governance
from service.dispatch.learning.experiment import read_experiment
from service.dispatch.learning.snapshots import list_snapshots, read_snapshot
from service.dispatch.learning.why import why_notice
from service.errors import Conflict, NotFound
from service.ids import NoticeId

learning = router("learning")

EXAMPLE = """\
name: first-bank-timing
kind: learning
creditor: first-inclusive-bank
stage: shadow
experiment: {holdout: 0.10, salt: "2026-q4"}
"""
"""A learning policy that is taken as it stands; what it leaves out has a default."""
Creditor = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NAME)] | None,
    BeforeValidator(lambda value: value or None),
]


class SnapshotQuery(Query):
    """Of which creditor, and how many."""

    creditor: Creditor = None
    limit: Limit = DEFAULT_PAGE


@learning.get(
    "/v1/learning/policies",
    operation_id="listLearningPolicies",
    summary="List learning policies",
    responses=gives("One version of each name."),
)
async def get_policies(request: Request) -> Answer[LearningPolicyPage]:
    """Of each name the version in force, else the newest."""
    found = await governance.list_policies(state_of(request).runtime, actor_of(request))
    return page(LearningPolicyPage, found, None)


@learning.get(
    "/v1/learning/policies/{name}",
    operation_id="getLearningPolicy",
    summary="Read a learning policy",
    responses=gives("Every version, the newest first."),
)
async def get_policy(request: Request, name: PathName) -> Answer[LearningPolicyVersions]:
    """With what each means, in sentences."""
    return answer(
        LearningPolicyVersions,
        await governance.read_policy(state_of(request).runtime, name, actor_of(request)),
    )


@learning.put(
    "/v1/learning/policies/{name}",
    operation_id="putLearningPolicy",
    summary="Draft a new version of a learning policy",
    responses=gives("The newest version has this very text.") | gives("A new draft.", status=201),
    openapi_extra=takes_text(*YAML, example=EXAMPLE, description="A learning policy."),
)
async def put_policy(request: Request, name: PathName) -> Answer[LearningPolicyVersion]:
    """A document that is none is refused with the path, the line and the reason of every error."""
    text, document = await read_text(request, YAML)
    text = text if document is None else json.dumps(document, ensure_ascii=False, indent=2)
    stored, created = await governance.put_policy(state_of(request).runtime, name, text, actor_of(request))
    return answer(LearningPolicyVersion, stored, status=201 if created else 200)


_VERSION = "/v1/learning/policies/{name}/versions/{version}"
_STAMPED = gives("The version as it stands now.")
_WHY = {"reason": "the bank changes its templates"}


@learning.post(
    f"{_VERSION}/test",
    operation_id="testLearningPolicy",
    summary="Say what a version means",
    responses=gives("Sentences, and what other weights would do on the rounds that are known."),
)
async def post_test(request: Request, name: PathName, version: PathVersion) -> Answer[LearningTest]:
    """A draft is then `tested`."""
    return answer(
        LearningTest,
        await governance.test_policy(state_of(request).runtime, name, version, actor_of(request)),
    )


@learning.post(
    f"{_VERSION}/approve",
    operation_id="approveLearningPolicy",
    openapi_extra=fails(Conflict),
    summary="Approve a tested version",
    responses=_STAMPED,
)
async def post_approve(
    request: Request, name: PathName, version: PathVersion
) -> Answer[LearningPolicyVersion]:
    """By another key than the author's."""
    return answer(
        LearningPolicyVersion,
        await governance.approve_policy(state_of(request).runtime, name, version, actor_of(request)),
    )


@learning.post(
    f"{_VERSION}/activate",
    operation_id="activateLearningPolicy",
    openapi_extra=fails(Conflict),
    summary="Let an approved version choose",
    responses=_STAMPED,
)
async def post_activate(
    request: Request, name: PathName, version: PathVersion
) -> Answer[LearningPolicyVersion]:
    """From now on; the creditor's policy before it is retired."""
    return answer(
        LearningPolicyVersion,
        await governance.activate_policy(state_of(request).runtime, name, version, actor_of(request)),
    )


@learning.post(
    f"{_VERSION}/retire",
    operation_id="retireLearningPolicy",
    summary="End a version",
    responses=_STAMPED,
    openapi_extra=takes(ReasonBody, example=_WHY),
)
async def post_retire(
    request: Request, name: PathName, version: PathVersion
) -> Answer[LearningPolicyVersion]:
    """The plain order holds from the next claim on."""
    body = await reason_of(request)
    runtime, actor = state_of(request).runtime, actor_of(request)
    return answer(
        LearningPolicyVersion,
        await governance.retire_policy(runtime, name, version, actor, reason=body.reason),
    )


@learning.post(
    "/v1/learning/policies/{name}/stop",
    operation_id="stopLearningPolicy",
    summary="Stop an experiment at once",
    responses=_STAMPED,
    openapi_extra=takes(ReasonBody, example=_WHY) | fails(Conflict),
)
async def post_stop(request: Request, name: PathName) -> Answer[LearningPolicyVersion]:
    """It needs no second person, and acts at the next claim; only a new approved version starts again."""
    body = await reason_of(request)
    runtime, actor = state_of(request).runtime, actor_of(request)
    return answer(
        LearningPolicyVersion, await governance.stop_policy(runtime, name, actor, reason=body.reason)
    )


@learning.get(
    "/v1/learning/snapshots",
    operation_id="listSnapshots",
    summary="List what was learned",
    responses=gives("The newest first."),
)
async def get_snapshots(
    request: Request, query: Annotated[SnapshotQuery, fastapi.Query()]
) -> Answer[SnapshotPage]:
    """Without their points."""
    found = await list_snapshots(
        state_of(request).runtime, actor_of(request), creditor=query.creditor, limit=query.limit
    )
    return page(SnapshotPage, found, None)


@learning.get(
    "/v1/learning/snapshots/{digest}",
    operation_id="getSnapshot",
    summary="Read what was learned",
    responses=gives("The points in full, in millionths of a payment."),
)
async def get_snapshot(request: Request, digest: PathSnapshot) -> Answer[SnapshotInFull]:
    """With the draws by which it chooses: anybody can choose again."""
    return answer(SnapshotInFull, await read_snapshot(state_of(request).runtime, digest, actor_of(request)))


@learning.get(
    "/v1/learning/experiments/{name}",
    operation_id="getExperiment",
    summary="Read an experiment",
    responses=gives("Each group with intervals, the evidence of its stop rules, and what was learned last."),
)
async def get_experiment(request: Request, name: PathName) -> Answer[Experiment]:
    """Plain order, learned, and nobody."""
    return answer(Experiment, await read_experiment(state_of(request).runtime, name, actor_of(request)))


@learning.get(
    "/v1/notices/{id}/why",
    operation_id="whyNotice",
    summary="Say why a message came as it did",
    responses=gives("What was chosen, and sentences for the borrower in each language."),
)
async def get_why(request: Request, id_: PathAny) -> Answer[Why]:
    """In words that can be read to the borrower."""
    notice = NoticeId.parse(id_)
    if notice is None:
        raise NotFound("there is no such notice")
    return answer(Why, await why_notice(state_of(request).runtime, notice, actor_of(request)))

"""Changing handovers, deployments, defects, retrospectives and suggestions over HTTP."""

from collections.abc import Callable
from typing import Annotated, Any

from django.db import transaction
from django.utils import timezone
from ninja import Path, Schema, Status
from pydantic import Field

from awayteam.catalog import queries as catalog
from awayteam.handovers import actions, queries
from awayteam.handovers.actions import Citation, Found, Shown
from awayteam.handovers.api import schemas
from awayteam.handovers.api.reading import HandoverAt, defect_detail, detail, engagement, router
from awayteam.handovers.api.schemas import DefectDetail, DeploymentOut, HandoverOut, LookBackOut
from awayteam.handovers.queries.defects import load as load_defect
from awayteam.handovers.queries.story import load as load_handover
from awayteam.handovers.seeing import Spot
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, guarded
from awayteam.organisation import queries as organisation

Where = Annotated[HandoverAt, Path()]


class LineAt(HandoverAt):
    number: Annotated[int, Field(ge=1, le=10_000)]


class EvidenceAt(HandoverAt):
    evidence: Id


OfLine = Annotated[LineAt, Path()]


def _act(request: Request, id: int, action: Callable[..., Any], *line: int, **more: Any) -> Any:
    """Run an action on a handover, under `If-Match`; answer with it as it is then."""
    now = timezone.now()
    with transaction.atomic():
        row = load_handover(request.actor, id, now)
        with guarded(request, row, lambda: detail(request, id)):
            action(id, *line, actor=request.actor, now=now, **more)
            return detail(request, id)


@router.post("/handovers", response={201: HandoverOut}, operation_id="handover_begin")
def begin(request: Request, body: schemas.HandoverBeginIn) -> Any:
    """Begin to hand an engagement over: a checklist waits to be filled in."""
    made = actions.begin(body.engagement, actor=request.actor, now=timezone.now(), words=body.words)
    return Status(201, detail(request, made.pk))


@router.post("/handovers/{id}/submit", response=HandoverOut, operation_id="handover_submit")
def submit(request: Request, at: Where, body: schemas.HandoverSubmitIn) -> Any:
    """Give it to the home team; every line is done or waived."""
    return _act(request, at.id, actions.submit, summary=body.summary, version=body.version)


@router.post("/handovers/{id}/accept", response=HandoverOut, operation_id="handover_accept")
def accept(request: Request, at: Where, body: schemas.HandoverSayIn) -> Any:
    """Take it, for the home team or as the fall-back reviewer."""
    return _act(request, at.id, actions.accept, words=body.words, version=body.version)


@router.post("/handovers/{id}/refuse", response=HandoverOut, operation_id="handover_refuse")
def refuse(request: Request, at: Where, body: schemas.HandoverRefuseIn) -> Any:
    """Send it back, citing a frozen standard or a line of the checklist."""
    cited = Citation(body.standard, body.section, body.line)
    return _act(request, at.id, actions.refuse, citation=cited, words=body.words, version=body.version)


@router.post("/handovers/{id}/take-back", response=HandoverOut, operation_id="handover_take_back")
def take_back(request: Request, at: Where, body: schemas.HandoverReasonIn) -> Any:
    """Take it back and work on."""
    return _act(request, at.id, actions.take_back, words=body.words, version=body.version)


@router.post("/handovers/{id}/lines/{number}/evidence", response=HandoverOut, operation_id="handover_evidence_add")
def add_evidence(request: Request, at: OfLine, body: schemas.HandoverEvidenceIn) -> Any:
    """Add what shows that a line is done."""
    who = body.attended_by
    person = organisation.person(request.actor, who if ":" in who else f"user:{who}") if who else None
    if body.content and not body.file:
        raise InvalidInput("The file has no name.", "Give it as `file`.", {"file": "needed with content"})
    shown = Shown(body.url, body.words, body.file, body.content.encode(), body.on, person)
    return _act(request, at.id, actions.add_evidence, at.number, shown=shown, version=body.version)


@router.delete("/handovers/{id}/evidence/{evidence}", response=HandoverOut, operation_id="handover_evidence_remove")
def remove_evidence(request: Request, at: Annotated[EvidenceAt, Path()]) -> Any:
    """Take a piece of evidence away."""
    return _act(request, at.id, actions.remove_evidence, at.evidence)


@router.post("/handovers/{id}/lines/{number}/tick", response=HandoverOut, operation_id="handover_line_tick")
def tick(request: Request, at: OfLine, body: schemas.HandoverSayIn) -> Any:
    """Say that a line is done; it needs evidence."""
    return _act(request, at.id, actions.tick, at.number, version=body.version)


@router.post("/handovers/{id}/lines/{number}/waive", response=HandoverOut, operation_id="handover_line_waive")
def waive(request: Request, at: OfLine, body: schemas.HandoverReasonIn) -> Any:
    """Do without a line, for the home side, with the reason."""
    return _act(request, at.id, actions.waive, at.number, words=body.words, version=body.version)


@router.post("/handovers/{id}/lines/{number}/reopen", response=HandoverOut, operation_id="handover_line_reopen")
def reopen(request: Request, at: OfLine, body: schemas.HandoverReasonIn) -> Any:
    """Say that a line isn't done after all, or take a waiver back."""
    return _act(request, at.id, actions.reopen, at.number, words=body.words, version=body.version)


@router.post("/deployments", response={201: list[DeploymentOut]}, operation_id="deployment_record")
def deploy(request: Request, body: schemas.DeploymentIn) -> Any:
    """Record where it runs: for pipelines, with a token of somebody of either side. The same one told again is the one
    that is known. The first in production starts the warranty."""
    now = timezone.now()
    told: dict[str, Any] = {"environment": body.environment, "reference": body.reference, "at": body.at}
    if (body.engagement is None) == (not body.service):
        what = "Name the engagement, or the service."
        raise InvalidInput(what, "One of the two.", {"engagement": what})
    if body.engagement is not None:
        made = [actions.deploy(body.engagement, actor=request.actor, now=now, words=body.words, **told)]
    else:
        service = catalog.resolve(request.actor, body.service)
        made = actions.deploy_service(service, actor=request.actor, now=now, **told)
    return Status(201, [schemas.deployment_of(row) for row in made])


@router.post("/defects", response={201: DefectDetail}, operation_id="defect_report")
def report(request: Request, body: schemas.DefectIn) -> Any:
    """Report a defect of what a visit built; the answer says whose it is, and why."""
    found = Found(
        body.title, body.words, Spot(body.repository, body.path, body.line), body.pasted, body.severity, body.found_at
    )
    service = catalog.resolve(request.actor, body.service) if body.service else None
    made = actions.report(
        actor=request.actor, now=timezone.now(), found=found, engagement=body.engagement, service=service
    )
    return Status(201, defect_detail(request, made.pk))


def _defect(request: Request, id: int, action: Callable[..., Any], **more: Any) -> Any:
    now = timezone.now()
    with transaction.atomic():
        row = load_defect(request.actor, id, now)
        with guarded(request, row, lambda: defect_detail(request, id)):
            action(id, actor=request.actor, now=now, **more)
            return defect_detail(request, id)


@router.post("/defects/{id}/fix", response=DefectDetail, operation_id="defect_fix")
def fix(request: Request, at: Where, body: schemas.DefectFixIn) -> Any:
    """Say that it is repaired: by which commit, or how."""
    return _defect(request, at.id, actions.fix, commit=body.commit, words=body.words, version=body.version)


@router.post("/defects/{id}/dispute", response=DefectDetail, operation_id="defect_dispute")
def dispute(request: Request, at: Where, body: schemas.HandoverReasonIn) -> Any:
    """Say that it isn't yours, once; the manager above both teams decides."""
    return _defect(request, at.id, actions.dispute, words=body.words, version=body.version)


@router.post("/defects/{id}/rule", response=DefectDetail, operation_id="defect_rule")
def rule(request: Request, at: Where, body: schemas.DefectRuleIn) -> Any:
    """Say as the manager above both whose it is."""
    return _defect(request, at.id, actions.rule, side=body.side, words=body.words, version=body.version)


@router.post("/defects/{id}/take", response=DefectDetail, operation_id="defect_take")
def take(request: Request, at: Where, body: schemas.HandoverSayIn) -> Any:
    """Repair it all the same, though it is the other team's."""
    return _defect(request, at.id, actions.take, words=body.words, version=body.version)


@router.post("/defects/{id}/dismiss", response=DefectDetail, operation_id="defect_dismiss")
def dismiss(request: Request, at: Where, body: schemas.HandoverReasonIn) -> Any:
    """Say that it is no defect."""
    return _defect(request, at.id, actions.dismiss, words=body.words, version=body.version)


@router.put("/retrospectives/{id}", response=LookBackOut, operation_id="retrospective_answer")
def look_back(request: Request, at: Where, body: schemas.RetrospectiveIn) -> Any:
    """Answer the five questions about the engagement with this id, or answer them anew."""
    now = timezone.now()
    with transaction.atomic():
        row = engagement(request, at.id)

        def answer() -> LookBackOut:
            return schemas.look_back_of(queries.looking_back(request.actor, row, now))

        with guarded(request, row, answer):
            actions.look_back(row, actor=request.actor, now=now, answers=body.answers)
            row.refresh_from_db()
            return answer()


class AsideOut(Schema):
    service: str
    visits: int
    reason: str


@router.post("/self-service/put-aside", response={201: AsideOut}, operation_id="self_service_put_aside")
def put_aside(request: Request, body: schemas.SelfServiceAsideIn) -> Any:
    """Put the suggestion about a service aside, with the reason."""
    service = catalog.resolve(request.actor, body.service)
    made = actions.put_aside(service, actor=request.actor, now=timezone.now(), words=body.reason)
    return Status(201, AsideOut(service=service.ref, visits=made.visits, reason=made.reason))

"""Access on forges over HTTP: what we gave, strays, who waits, what a look would do; and asking for a look."""

from datetime import datetime
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Schema, Status
from pydantic import Field

from awayteam.forges.actions import reconciling
from awayteam.forges.api.forges import Where, at, router
from awayteam.forges.models import ForgeGrant, RepositoryAccess, StrayRight
from awayteam.forges.permissions import can_keep
from awayteam.forges.queries import access as queries
from awayteam.forges.reconciling import Plan
from awayteam.forges.repositories import known_as
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Word


class ForgeGrantOut(Schema):
    """A right that we gave. `before` is what was there before; null moments haven't come yet."""

    id: int
    account: str
    person: str | None
    engagement: int | None
    level: str
    until: datetime
    before: str
    is_pending: bool
    asked_at: datetime
    applied_at: datetime | None
    seen_at: datetime | None
    removed_at: datetime | None
    ended: str
    last_error: str


class StrayRightOut(Schema):
    """A right to write that no engagement gives. `raised`: what we gave was raised by hand."""

    forge: str
    repository: str
    account: str
    person: str | None
    level: str
    raised: bool
    found_at: datetime
    seen_at: datetime


class AccessWaitingOut(Schema):
    """Somebody who should have access, and whose account nobody knows."""

    person: str
    engagements: list[int]


class AccessStepOut(Schema):
    """One thing that a look would do (give, take, stray) or leave (keep, wait, nothing), and why."""

    kind: str
    says: str
    account: str
    engagements: list[int]
    level: str
    until: datetime | None
    patterns: list[str]
    held: list[str]
    back_to: str
    removes: bool


class RepositoryAccessOut(Schema):
    """`plan` is null unless it was asked for, and where it can't be made (`plan_error`)."""

    repository: str
    slug: str
    looked_at: datetime | None
    next_at: datetime | None
    last_error: str
    grants: list[ForgeGrantOut]
    strays: list[StrayRightOut]
    waiting: list[AccessWaitingOut]
    plan: list[AccessStepOut] | None = None
    plan_error: str = ""


class ForgeAccessOut(Schema):
    forge: str
    repositories: list[RepositoryAccessOut]


class ForgeReconcileOut(Schema):
    """How many repositories a worker looks at as soon as it can."""

    repositories: int


class ForgeAccessQuery(Schema):
    repository: Word = Field("", description="one repository: its slug, or its name in agreements; all where not said")
    plan: bool = Field(False, description="ask the forge what it has, and say what a look would do; for administrators")


def grant_of(row: ForgeGrant) -> ForgeGrantOut:
    return ForgeGrantOut(
        id=row.pk, account=row.account.login, person=row.person.ref if row.person is not None else None,
        engagement=row.engagement_id, level=row.level, until=row.until, before=row.before, is_pending=row.is_pending,
        asked_at=row.asked_at, applied_at=row.applied_at, seen_at=row.seen_at, removed_at=row.removed_at,
        ended=row.ended, last_error=row.last_error,
    )  # fmt: skip


def stray_of(row: StrayRight) -> StrayRightOut:
    person = row.account.person if row.account is not None else None
    return StrayRightOut(
        forge=row.repository.forge.name, repository=known_as(row.repository), account=row.login,
        person=person.ref if person is not None else None, level=row.level, raised=row.raised, found_at=row.found_at,
        seen_at=row.seen_at,
    )  # fmt: skip


def steps_of(plan: Plan) -> list[AccessStepOut]:
    return [AccessStepOut(**reconciling.step_data(step)) for step in plan.steps]


def access_of(row: queries.RepositoryRow) -> RepositoryAccessOut:
    state: RepositoryAccess | None = row.access
    return RepositoryAccessOut(
        repository=row.name, slug=row.repository.slug, looked_at=state.looked_at if state else None,
        next_at=state.next_at if state else None, last_error=state.last_error if state else "",
        grants=[grant_of(one) for one in row.grants], strays=[stray_of(one) for one in row.strays],
        waiting=[AccessWaitingOut(person=one.person.ref, engagements=list(one.engagements)) for one in row.waiting],
    )  # fmt: skip


@router.get("/forges/{id}/access", response=ForgeAccessOut, operation_id="forge_access")
def show(request: Request, where: Where, query: Annotated[ForgeAccessQuery, Query()]) -> Any:
    """Rights that we gave, strays, and people who wait: all for administrators, of their repositories for others."""
    forge = at(request, where)
    if query.plan:
        can_keep(request.actor).require()
    found = {
        row.repository.pk: access_of(row) for row in queries.rows(request.actor, forge, repository=query.repository)
    }
    if query.plan:
        for row, plan in queries.plans(request.actor, forge, timezone.now(), repository=query.repository):
            if isinstance(plan, str):
                found[row.pk].plan_error = plan
            else:
                found[row.pk].plan = steps_of(plan)
    return ForgeAccessOut(forge=forge.name, repositories=list(found.values()))


@router.post("/forges/{id}/reconcile", response={202: ForgeReconcileOut}, operation_id="forge_reconcile")
def reconcile(request: Request, where: Where) -> Any:
    """Let a worker look at the access in every repository of it as soon as it can; for administrators."""
    count = reconciling.look_soon_at_all(at(request, where), actor=request.actor, now=timezone.now())
    return Status(202, ForgeReconcileOut(repositories=count))

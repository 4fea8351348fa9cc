"""Forges: setting them up, how they do, accounts, deliveries, latency."""

from datetime import timedelta
from typing import Annotated, Any

from django.utils import timezone
from ninja import Path, Query, Router, Schema, Status

from awayteam.forges import accounts, permissions, queries, registry, repositories
from awayteam.forges.actions import asking, examining, reading, setting
from awayteam.forges.api import schemas
from awayteam.forges.api.schemas import (
    ForgeAccountLinkIn,
    ForgeAccountOut,
    ForgeAccountsQuery,
    ForgeChangeIn,
    ForgeDeadOut,
    ForgeDeliveriesQuery,
    ForgeDeliveryOut,
    ForgeFindingOut,
    ForgeIn,
    ForgeKindOut,
    ForgeLatencyOut,
    ForgeLatencyQuery,
    ForgeOut,
    ForgeRepositoryOut,
    ForgeRetryIn,
    NewForgeOut,
)
from awayteam.forges.models import Forge
from awayteam.forges.queries.accounts import AccountRow, account, says
from awayteam.forges.queries.deliveries import change, delivery, row_of
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, guarded, page_of
from awayteam.organisation import queries as organisation

router = Router(tags=["forges"])


class ForgeAt(Schema):
    id: Id


class ReasonQuery(Schema):
    reason: schemas.NO_REASON = ""


Where = Annotated[ForgeAt, Path()]


def at(request: Request, where: ForgeAt) -> Forge:
    return permissions.load(request.actor, where.id)


def detail(request: Request, where: ForgeAt) -> ForgeOut:
    """A forge as GET shows it."""
    return schemas.forge_of(queries.row_of(at(request, where), timezone.now()))


@router.get("/forges", response=list[ForgeOut], operation_id="forge_list")
def list_forges(request: Request, removed: bool = False) -> Any:
    """Forges and how they do."""
    return [schemas.forge_of(row) for row in queries.forges(request.actor, timezone.now(), removed=removed)]


@router.get("/forges/kinds", response=list[ForgeKindOut], operation_id="forge_kinds")
def list_kinds(request: Request) -> Any:
    """The kinds of forges, and what each must be told."""
    permissions.can_view(request.actor).require()
    return [schemas.kind_of(kind) for _name, kind in sorted(registry.kinds.items())]


@router.get("/forges/latency", response=list[ForgeLatencyOut], operation_id="forge_latency")
def latency(request: Request, query: Annotated[ForgeLatencyQuery, Query()]) -> Any:
    """How fast home teams look at changes, in working minutes of theirs; teams nobody waited for are left out."""
    now = timezone.now()
    word = query.team
    team = organisation.team(request.actor, word if ":" in word else f"group:{word}") if word else None
    rows = queries.latency(request.actor, since=now - timedelta(days=query.days), until=now, team=team)
    return [schemas.latency_of(row) for row in rows]


@router.post("/forges", response={201: NewForgeOut}, operation_id="forge_add")
def add(request: Request, body: ForgeIn) -> Any:
    """Set a forge up; for administrators. Secrets are sealed and never shown again."""
    now = timezone.now()
    made = setting.add(
        kind=body.kind, name=body.name, address=body.address, values=body.settings, allow_private=body.allow_private,
        actor=request.actor, now=now, reason=body.reason,
    )  # fmt: skip
    shown = schemas.forge_of(queries.row_of(made.forge, now))
    return Status(201, NewForgeOut(**shown.dict(), webhook_secret=made.secret))


@router.get("/forges/{id}", response=ForgeOut, operation_id="forge_show")
def show(request: Request, where: Where) -> Any:
    """One forge, and how it does."""
    return detail(request, where)


@router.patch("/forges/{id}", response=ForgeOut, operation_id="forge_change")
def update(request: Request, where: Where, body: ForgeChangeIn) -> Any:
    """Change settings, pause or switch on; for administrators."""
    forge = at(request, where)
    with guarded(request, forge, lambda: detail(request, where)):
        setting.change(
            forge, actor=request.actor, now=timezone.now(), values=body.settings, allow_private=body.allow_private,
            active=body.active, reason=body.reason,
        )  # fmt: skip
    return detail(request, where)


@router.delete("/forges/{id}", response={204: None}, operation_id="forge_remove")
def remove(request: Request, where: Where, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Speak with it no more. Its secrets are forgotten; what was learnt stays, and comes back if it is added again."""
    forge = at(request, where)
    with guarded(request, forge, lambda: detail(request, where)):
        setting.remove(forge, actor=request.actor, now=timezone.now(), reason=query.reason)
    return Status(204, None)


@router.post("/forges/{id}/test", response=list[ForgeFindingOut], operation_id="forge_test")
def examine(request: Request, where: Where) -> Any:
    """Ask the forge something harmless, and say what is lacking; for administrators."""
    found = examining.examine(at(request, where), actor=request.actor, now=timezone.now())
    return [ForgeFindingOut(passes=one.passes, says=one.says) for one in found]


@router.get("/forges/{id}/repositories", response=list[ForgeRepositoryOut], operation_id="forge_repositories")
def list_repositories(request: Request, where: Where) -> Any:
    """Its repositories, by id; names are what they are called now."""
    rows = queries.repositories(at(request, where))
    return [schemas.repository_of(row, repositories.known_as(row)) for row in rows]


@router.get("/forges/{id}/accounts", response=PageOf[ForgeAccountOut], operation_id="forge_accounts")
def list_accounts(request: Request, where: Where, query: Annotated[ForgeAccountsQuery, Query()]) -> Any:
    """Accounts, those that took part most often first; for administrators."""
    page = queries.accounts(
        request.actor, at(request, where), unlinked=query.unlinked, cursor=query.cursor or "", limit=query.limit
    )
    return page_of(page, [schemas.account_of(row) for row in page.items])


@router.post("/forges/{id}/accounts/link", response=ForgeAccountOut, operation_id="forge_account_link")
def link_account(request: Request, where: Where, body: ForgeAccountLinkIn) -> Any:
    """Say whose account it is, or that it is nobody's; for administrators."""
    forge, now = at(request, where), timezone.now()
    permissions.can_keep(request.actor).require()
    row = account(forge, body.account)
    if body.person is None:
        done = accounts.unlink(row, actor=request.actor, now=now, reason=body.reason)
    else:
        person = queries.match_person(body.person)
        done = accounts.link(row, person, actor=request.actor, now=now, reason=body.reason)
    return schemas.account_of(AccountRow(done, says(done)))


@router.get("/forges/{id}/deliveries", response=PageOf[ForgeDeliveryOut], operation_id="forge_deliveries")
def list_deliveries(request: Request, where: Where, query: Annotated[ForgeDeliveriesQuery, Query()]) -> Any:
    """Deliveries, the newest first; for administrators."""
    page = queries.deliveries(
        request.actor, at(request, where), state=query.state, cursor=query.cursor or "", limit=query.limit
    )
    return page_of(page, [schemas.delivery_of(row) for row in page.items])


@router.post(
    "/forges/{id}/deliveries/{delivery_id}/retry", response=ForgeDeliveryOut, operation_id="forge_delivery_retry"
)
def retry_delivery(request: Request, id: Id, delivery_id: Id, body: ForgeRetryIn) -> Any:
    """Let a dead delivery be read again; for administrators."""
    row = delivery(request.actor, permissions.load(request.actor, id), delivery_id)
    done = reading.retry(row, actor=request.actor, now=timezone.now(), reason=body.reason)
    return schemas.delivery_of(row_of(done))


@router.get("/forges/{id}/dead", response=list[ForgeDeadOut], operation_id="forge_dead")
def list_dead(request: Request, where: Where) -> Any:
    """Whatever was given up; for administrators."""
    return [schemas.dead_of(row) for row in queries.dead(request.actor, at(request, where))]


@router.post("/forges/{id}/changes/{change_id}/retry", response={204: None}, operation_id="forge_change_retry")
def retry_change(request: Request, id: Id, change_id: Id, body: ForgeRetryIn) -> Any:
    """Ask again about a change that was given up; for administrators."""
    row = change(request.actor, permissions.load(request.actor, id), change_id)
    asking.retry(row, actor=request.actor, now=timezone.now(), reason=body.reason)
    return Status(204, None)

"""Names of the telemetry over HTTP: what they are, said by hand, and the rules."""

from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from awayteam.catalog.queries import resolve
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, Paging, Word, guarded, page_of
from awayteam.usage import matching as rules
from awayteam.usage import queries
from awayteam.usage.actions import matching
from awayteam.usage.api.schemas import (
    UsageMatchedOut,
    UsageMatchIn,
    UsageNameOut,
    UsageRuleIn,
    UsageRuleOut,
    UsageUnmatchIn,
    matched_out,
    name_out,
)
from awayteam.usage.models import MatchRule
from awayteam.usage.permissions import Verb, can

router = Router(tags=["usage"])


class NamesQuery(Paging):
    unmatched: bool = Field(False, description="only what nobody knows, with suggestions")
    text: Word = ""


@router.get("/names", response=PageOf[UsageNameOut])
def list_usage_names(request: Request, query: Annotated[NamesQuery, Query()]) -> Any:
    """Names of the telemetry, most calls first."""
    page = queries.names(
        request.actor, now=timezone.now(), unmatched=query.unmatched, text=query.text, limit=query.limit,
        cursor=query.cursor,
    )  # fmt: skip
    return page_of(page, [name_out(one) for one in page.items])


@router.get("/names/{id}", response=UsageMatchedOut)
def show_usage_name(request: Request, id: Id) -> Any:
    """One name, what it is, and who says so."""
    return matched_out(queries.name(request.actor, id, now=timezone.now()))


@router.post("/names/{id}/match", response=UsageMatchedOut)
def match_usage_name(request: Request, id: Id, body: UsageMatchIn) -> Any:
    """Say by hand what a name is; it stands against every rule."""
    now = timezone.now()
    row = queries.name(request.actor, id, now=now)
    if bool(body.entity) == body.ignore:
        raise InvalidInput("Name an entity, or ignore the name.", "Send one of the two.", {"entity": "or ignore"})
    entity = resolve(request.actor, body.entity, now) if body.entity else None
    with guarded(request, row, lambda: show_usage_name(request, id)):
        made = matching.match(row, entity, actor=request.actor, now=now, reason=body.reason, ignore=body.ignore)
    return matched_out(made)


@router.post("/names/{id}/unmatch", response=UsageMatchedOut)
def unmatch_usage_name(request: Request, id: Id, body: UsageUnmatchIn) -> Any:
    """Take back what was said by hand; rules hold again."""
    row = queries.name(request.actor, id, now=timezone.now())
    with guarded(request, row, lambda: show_usage_name(request, id)):
        made = matching.unmatch(row, actor=request.actor, now=timezone.now(), reason=body.reason)
    return matched_out(made)


@router.get("/rules", response=list[UsageRuleOut])
def list_usage_rules(request: Request) -> Any:
    """Rules in their order; the first that finds exactly one entity wins."""
    can(request.actor, Verb.VIEW, None, timezone.now()).require()
    own = dict(MatchRule.objects.filter(active=True).values_list("name", "pk"))
    return [
        UsageRuleOut(
            id=own.get(one.name) if place < len(own) else None, name=one.name, kind=one.kind,
            annotation=one.place[-1] if one.place else "", pattern=one.pattern, replacement=one.replacement, of=one.of,
        )
        for place, one in enumerate(rules.rules())
    ]  # fmt: skip


@router.post("/rules", response={201: UsageRuleOut})
def add_usage_rule(request: Request, body: UsageRuleIn) -> Any:
    """Add a rule, and match by it at once."""
    made = matching.add_rule(
        actor=request.actor, now=timezone.now(), name=body.name, kind=body.kind, annotation=body.annotation,
        pattern=body.pattern, replacement=body.replacement, of=body.of, position=body.position,
    )  # fmt: skip
    return Status(
        201,
        UsageRuleOut(
            id=made.pk, name=made.name, kind=made.kind, annotation=made.annotation, pattern=made.pattern,
            replacement=made.replacement, of=made.of,
        ),
    )  # fmt: skip


@router.delete("/rules/{id}", response={204: None})
def remove_usage_rule(request: Request, id: Id) -> Any:
    """Remove a rule; the others match anew."""
    can(request.actor, Verb.RULES, None, timezone.now()).require()
    rule = MatchRule.objects.filter(pk=id).first()
    if rule is None:
        raise NotFound(f"There is no rule {id}.", "Look at the list.")
    matching.remove_rule(rule.name, actor=request.actor, now=timezone.now())
    return Status(204, None)

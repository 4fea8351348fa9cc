"""Oneself and one's tokens."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from awayteam.accounts import actions, queries
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Id, Name, Text
from awayteam.organisation.models import Person, Team

router = Router(tags=["account"])


class OwnPersonOut(Schema):
    ref: str
    name: str
    display_name: str


class MeOut(Schema):
    """Who the actor is. Teams are references; `manages` holds everything below a managed unit."""

    kind: str
    label: str
    person: OwnPersonOut | None
    is_administrator: bool
    scopes: list[str]
    teams: list[str]
    leads: list[str]
    decides: list[str]
    trusted: list[str]
    manages: list[str]


@router.get("/me", response=MeOut)
def me(request: Request) -> Any:
    """Who one is here."""
    actor = request.actor
    person = Person.objects.filter(pk=actor.person_id).first() if actor.person_id is not None else None
    roles = {name: getattr(actor, name) for name in ("teams", "leads", "decides", "trusted", "manages")}
    refs = dict(Team.objects.filter(pk__in=frozenset().union(*roles.values())).values_list("pk", "ref"))
    return MeOut(
        kind=actor.kind.value,
        label=actor.label,
        person=OwnPersonOut(ref=person.ref, name=person.name, display_name=person.display_name) if person else None,
        is_administrator=actor.is_administrator,
        scopes=sorted(actor.scopes),
        **{name: sorted(refs[pk] for pk in ids if pk in refs) for name, ids in roles.items()},
    )


class TokenOut(Schema):
    """A token without its secret; `prefix` is how that starts. `state` is active, expired or revoked."""

    id: int
    account: str
    name: str
    prefix: str
    scopes: list[str]
    state: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewTokenOut(TokenOut):
    token: str = Field(description="the secret; it is shown this once and nowhere kept")


class TokenIn(Body):
    name: Annotated[Name, Field(max_length=100)]
    scopes: Annotated[list[Literal["read", "write"]], Field(min_length=1, max_length=2)] = ["read"]
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(None, description="the rulebook bounds it")


@router.get("/tokens", response=list[TokenOut])
def list_tokens(request: Request) -> Any:
    """One's own tokens, newest first; administrators see everybody's."""
    return [token_of(row) for row in queries.tokens_of(request.actor, timezone.now())]


@router.post("/tokens", response={201: NewTokenOut})
def create_token(request: Request, body: TokenIn) -> Any:
    """Make a token of one's own."""
    now = timezone.now()
    made = actions.create_token(
        actor=request.actor,
        now=now,
        user=queries.account(request.actor),
        name=body.name,
        scopes=list(body.scopes),
        days=body.days,
    )
    shown = token_of(queries.token_row(made.token, now))
    return Status(201, NewTokenOut(**shown.dict(), token=made.secret))


@router.get("/tokens/{token_id}", response=TokenOut)
def get_token(request: Request, token_id: Id) -> Any:
    """One token."""
    return token_of(queries.token(request.actor, token_id, timezone.now()))


class RevokeQuery(Schema):
    reason: Annotated[Text, Field(max_length=2_000)] = ""


@router.delete("/tokens/{token_id}", response=TokenOut)
def revoke_token(request: Request, token_id: Id, query: Annotated[RevokeQuery, Query()]) -> Any:
    """End a token at once; it stays in the list."""
    now = timezone.now()
    actions.revoke_token(actor=request.actor, now=now, token_id=token_id, reason=query.reason)
    return token_of(queries.token(request.actor, token_id, now))


def token_of(row: queries.TokenRow) -> TokenOut:
    return TokenOut(
        id=row.id,
        account=row.account,
        name=row.name,
        prefix=row.prefix,
        scopes=list(row.scopes),
        state=row.state,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )

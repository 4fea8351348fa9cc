"""Who acts in a request: the person who is signed in, or the owner of the token that a script presents."""

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from awayteam.accounts import rules
from awayteam.accounts.models import ApiToken, User
from awayteam.kernel.actor import ANONYMOUS, Actor, ActorKind
from awayteam.kernel.errors import NotSignedIn
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Person, Role

NOT_PAGES = ("/accounts/", "/api/", "/healthz", "/hooks/", "/static/")
LAST_USED_EVERY = timedelta(minutes=1)
"""`last_used_at` is exact to this, so that reading doesn't mean writing each time."""

ROLES_SQL = """
WITH RECURSIVE
  whole(id, name) AS (
    SELECT id, COALESCE(NULLIF(display_name, ''), name) FROM organisation_person
    WHERE id = %s AND (left_at IS NULL OR left_at > %s)),
  held(team_id, role) AS (
    SELECT m.team_id, m.role FROM organisation_membership m JOIN whole ON whole.id = m.person_id
    WHERE (m.starts IS NULL OR m.starts <= %s) AND (m.ends IS NULL OR m.ends > %s)),
  below(id) AS (
    SELECT team_id FROM held WHERE role = %s
    UNION SELECT t.id FROM organisation_team t JOIN below ON t.parent_id = below.id)
SELECT 'name', CAST(id AS bigint), name FROM whole
UNION ALL SELECT 'held', team_id, role FROM held
UNION ALL SELECT 'below', id, '' FROM below
"""
"""All that rights follow from. UNION (not UNION ALL) in `below` ends it even where parents form a circle."""


def actor_of(request: HttpRequest, now: datetime) -> Actor:
    """The actor of a request with a session: two statements for somebody signed in, none for others."""
    user = getattr(request, "user", None)
    return actor_of_user(user, now) if isinstance(user, User) or getattr(user, "is_authenticated", False) else ANONYMOUS


def actor_of_user(user: Any, now: datetime) -> Actor:
    """What this account may do now, from the dated memberships of its person: one statement; nothing when inactive."""
    if not user.is_active:
        return ANONYMOUS
    label, roles = _roles(user.person_id, now)
    label = label or user.get_full_name() or user.get_username()
    return _actor(user.person_id, label, roles, user_id=user.pk, is_administrator=user.is_superuser)


def _actor(
    person_id: int | None, label: str, roles: defaultdict[str, set[int]], *, user_id: int | None, is_administrator: bool
) -> Actor:
    return Actor(
        kind=ActorKind.PERSON,
        label=label,
        user_id=user_id,
        person_id=person_id,
        is_administrator=is_administrator,
        teams=frozenset().union(*(ids for role, ids in roles.items() if role != "below")),
        leads=frozenset(roles[Role.LEAD]),
        decides=frozenset(roles[Role.DECIDER]),
        trusted=frozenset(roles[Role.TRUSTED_COMMITTER]),
        manages=frozenset(roles["below"]),
    )


def _roles(person_id: int | None, now: datetime) -> tuple[str, defaultdict[str, set[int]]]:
    """The person's name, and team ids by role; "below" holds managed teams with all beneath them."""
    roles: defaultdict[str, set[int]] = defaultdict(set)
    name = ""
    if person_id is None:
        return name, roles
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(ROLES_SQL, [person_id, at, at, at, Role.MANAGER.value])
        for what, team_id, text in cursor.fetchall():
            if what == "name":
                name = text
            else:
                roles[text if what == "held" else "below"].add(team_id)
    return name, roles


def actor_of_person(person: Person, now: datetime) -> Actor:
    """The actor that a person would be, for asking what somebody else may do."""
    user = User.objects.filter(person=person).first() or User(username=person.name, person=person)
    return actor_of_user(user, now)


MANY_ROLES_SQL = """
WITH RECURSIVE
  whole(id, name, account, administrator) AS (
    SELECT p.id, COALESCE(NULLIF(p.display_name, ''), p.name), u.id, COALESCE(u.is_superuser, {no})
    FROM organisation_person p LEFT JOIN accounts_user u ON u.person_id = p.id
    WHERE p.id IN ({ids}) AND (p.left_at IS NULL OR p.left_at > %s) AND COALESCE(u.is_active, {yes})),
  held(person_id, team_id, role) AS (
    SELECT m.person_id, m.team_id, m.role FROM organisation_membership m JOIN whole ON whole.id = m.person_id
    WHERE (m.starts IS NULL OR m.starts <= %s) AND (m.ends IS NULL OR m.ends > %s)),
  below(person_id, id) AS (
    SELECT person_id, team_id FROM held WHERE role = %s
    UNION SELECT below.person_id, t.id FROM organisation_team t JOIN below ON t.parent_id = below.id)
SELECT CASE WHEN administrator THEN 'administrator' ELSE 'name' END, id, account, name FROM whole
UNION ALL SELECT 'held', person_id, team_id, role FROM held
UNION ALL SELECT 'below', person_id, id, '' FROM below
"""
"""`ROLES_SQL` for many people: who left and who has a closed account isn't among them."""


def actors_of_persons(ids: Collection[int], now: datetime) -> dict[int, Actor]:
    """The actors that these people would be, by person id, in one statement.

    Left out are those who left and those whose account is closed. People without an account have rights too: theirs.
    """
    if not ids:
        return {}
    at = connection.ops.adapt_datetimefield_value(now)
    no, yes = ("0", "1") if connection.vendor == "sqlite" else ("FALSE", "TRUE")
    sql = MANY_ROLES_SQL.format(ids=", ".join(["%s"] * len(ids)), no=no, yes=yes)  # constants and place holders only
    people: dict[int, tuple[str, int | None, bool]] = {}
    roles: defaultdict[int, defaultdict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*sorted(ids), at, at, at, Role.MANAGER.value])
        for what, person, number, text in cursor.fetchall():
            if what in {"name", "administrator"}:
                people[person] = (text, number, what == "administrator")
            else:
                roles[person][text if what == "held" else "below"].add(number)
    return {
        person: _actor(person, label, roles[person], user_id=account, is_administrator=is_administrator)
        for person, (label, account, is_administrator) in people.items()
    }


def actor_of_token(token: str, now: datetime) -> Actor:
    """The actor of a presented token: two statements, and a third at most once a minute for `last_used_at`.

    Raises `NotSignedIn` for a token that is unknown, revoked, expired or of an inactive account.
    """
    row = ApiToken.objects.select_related("user").filter(digest=rules.digest(token)).first()
    if row is None or not row.user.is_active:
        raise NotSignedIn("This token is not known here.", "Make a new one on your profile page.")
    if row.revoked_at is not None:
        raise NotSignedIn(f"The token {row.name!r} was revoked.", "Make a new one on your profile page.")
    if row.expires_at <= now:
        raise NotSignedIn(f"The token {row.name!r} has expired.", "Make a new one on your profile page.")
    _note_use(row, now)
    owner = actor_of_user(row.user, now)
    return Actor(
        kind=ActorKind.TOKEN,
        label=f"{owner.label} (token {row.name})",
        user_id=owner.user_id,
        person_id=owner.person_id,
        is_administrator=owner.is_administrator,
        token_id=row.pk,
        teams=owner.teams,
        leads=owner.leads,
        decides=owner.decides,
        trusted=owner.trusted,
        manages=owner.manages,
        scopes=frozenset(row.scopes),
    )


def _note_use(row: ApiToken, now: datetime) -> None:
    if row.last_used_at is None or row.last_used_at < now - LAST_USED_EVERY:
        unused = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - LAST_USED_EVERY)
        ApiToken.objects.filter(unused, pk=row.pk).update(last_used_at=now)


class ActorMiddleware:
    """Puts `request.actor`. A `Bearer` token counts under /api/ only, and there it outranks a session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        acted = cast(Request, request)
        acted.token_problem = None
        token = bearer(request) if request.path_info.startswith("/api/") else None
        if token is None:
            acted.actor = actor_of(request, timezone.now())
        else:
            try:
                acted.actor = actor_of_token(token, timezone.now())
            except NotSignedIn as problem:
                acted.actor, acted.token_problem = ANONYMOUS, problem
        if settings.DEMO and acted.actor is ANONYMOUS and is_page(request):
            from awayteam.accounts import become

            acted.actor = become.visit(request, now=timezone.now()) or ANONYMOUS
        return self.get_response(request)


def is_page(request: HttpRequest) -> bool:
    """Whether somebody looks at a page of ours (and not at the API, a webhook, the health check, or sign-in itself)."""
    return request.method == "GET" and not request.path_info.startswith(NOT_PAGES)


def bearer(request: HttpRequest) -> str | None:
    """The token of the `Authorization` header, "" where the header is of another kind, None without a header."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.casefold() == "bearer" else ""

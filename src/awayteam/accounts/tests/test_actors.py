from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client, RequestFactory

from awayteam.accounts import actors, rules
from awayteam.accounts.models import ApiToken, User
from awayteam.kernel.actor import ANONYMOUS, Actor, ActorKind
from awayteam.kernel.errors import NotSignedIn
from awayteam.organisation.models import Membership, Person, Role, Team

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


def team(name: str, parent: Team | None = None) -> Team:
    return Team.objects.create(ref=f"group:default/{name}", name=name, parent=parent)


@pytest.fixture
def ada() -> User:
    person = Person.objects.create(ref="user:default/ada", name="ada", display_name="Ada L.")
    return User.objects.create_user("ada", person=person)


def test_rights_follow_from_the_memberships_in_force(ada: User) -> None:
    now, later, past = team("now"), team("later"), team("past")
    Membership.objects.create(team=now, person=ada.person, role=Role.LEAD)
    Membership.objects.create(team=now, person=ada.person, role=Role.DECIDER, starts=NOW)
    Membership.objects.create(team=later, person=ada.person, starts=NOW + DAY)
    Membership.objects.create(team=past, person=ada.person, starts=NOW - DAY, ends=NOW)
    actor = actors.actor_of_user(ada, NOW)
    assert actor == Actor(
        kind=ActorKind.PERSON,
        label="Ada L.",
        user_id=ada.pk,
        person_id=ada.person_id,
        teams=frozenset({now.pk}),
        leads=frozenset({now.pk}),
        decides=frozenset({now.pk}),
    )


def test_a_manager_manages_everything_below_even_in_a_circle(ada: User, django_assert_num_queries) -> None:
    top = team("top")
    middle = team("middle", top)
    bottom = team("bottom", middle)
    Team.objects.filter(pk=top.pk).update(parent=bottom)
    aside = team("aside")
    Membership.objects.create(team=middle, person=ada.person, role=Role.MANAGER)
    with django_assert_num_queries(1):
        actor = actors.actor_of_user(ada, NOW)
    assert actor.manages == {top.pk, middle.pk, bottom.pk}
    assert actor.teams == {middle.pk}
    assert aside.pk not in actor.manages


def test_who_has_left_keeps_no_rights(ada: User) -> None:
    Membership.objects.create(team=team("now"), person=ada.person, role=Role.LEAD)
    Person.objects.update(left_at=NOW)
    assert actors.actor_of_user(ada, NOW).teams == frozenset()
    assert actors.actor_of_user(ada, NOW - DAY).teams != frozenset()


def test_an_inactive_account_is_nobody(ada: User) -> None:
    ada.is_active = False
    assert actors.actor_of_user(ada, NOW) is ANONYMOUS


def token(user: User, secret: str = "awat_x", **changes: object) -> ApiToken:
    values = {"name": "ci", "prefix": "awat_x", "scopes": ["read"], "created_at": NOW, "expires_at": NOW + DAY}
    return ApiToken.objects.create(user=user, digest=rules.digest(secret), **{**values, **changes})


def test_a_token_acts_as_its_owner_within_its_scopes(ada: User) -> None:
    one = team("one")
    Membership.objects.create(team=one, person=ada.person)
    token(ada)
    actor = actors.actor_of_token("awat_x", NOW)
    assert (actor.kind, actor.label, actor.teams, actor.scopes) == (
        ActorKind.TOKEN,
        "Ada L. (token ci)",
        {one.pk},
        {"read"},
    )
    assert not actor.may_write


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"revoked_at": NOW}, "was revoked"), ({"expires_at": NOW}, "has expired")],
)
def test_a_token_that_ended_opens_nothing(ada: User, changes: dict[str, object], message: str) -> None:
    token(ada, **changes)
    with pytest.raises(NotSignedIn, match=message):
        actors.actor_of_token("awat_x", NOW)
    with pytest.raises(NotSignedIn, match="not known"):
        actors.actor_of_token("awat_y", NOW)


def test_use_of_a_token_is_noted_once_a_minute(ada: User, django_assert_num_queries) -> None:
    row = token(ada)
    actors.actor_of_token("awat_x", NOW)
    with django_assert_num_queries(2):
        actors.actor_of_token("awat_x", NOW + timedelta(seconds=59))
    row.refresh_from_db()
    assert row.last_used_at == NOW
    actors.actor_of_token("awat_x", NOW + timedelta(seconds=61))
    row.refresh_from_db()
    assert row.last_used_at == NOW + timedelta(seconds=61)


def test_the_middleware_takes_tokens_under_api_only(ada: User) -> None:
    token(ada, expires_at=datetime(2999, 1, 1, tzinfo=UTC))
    seen: list[object] = []
    middleware = actors.ActorMiddleware(lambda request: seen.append(request) or None)
    for path, header in [("/api/v1/me", "Bearer awat_x"), ("/", "Bearer awat_x"), ("/api/v1/me", "Bearer no")]:
        middleware(RequestFactory().get(path, headers={"Authorization": header}))
    good, page, bad = seen
    assert good.actor.kind is ActorKind.TOKEN
    assert page.actor is ANONYMOUS
    assert bad.actor is ANONYMOUS
    assert "not known" in bad.token_problem.what


def test_a_session_makes_a_person(ada: User, client: Client) -> None:
    client.force_login(ada)
    request = RequestFactory().get("/")
    request.user = ada
    assert actors.actor_of(request, NOW).person_id == ada.person_id

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from awayteam.accounts import actions, actors, become, queries
from awayteam.accounts.models import ApiToken, User
from awayteam.kernel.actor import ANONYMOUS, SYSTEM, Actor
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Event
from awayteam.organisation.models import Person

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def user_of(name: str) -> User:
    person = Person.objects.create(ref=f"user:default/{name}", name=name)
    return User.objects.create_user(name, person=person)


def actor_of(name: str) -> Actor:
    return actors.actor_of_user(User.objects.get(username=name), NOW)


@pytest.fixture
def ada() -> User:
    return user_of("ada")


@pytest.fixture
def bob() -> User:
    return user_of("bob")


def make(user: User, actor: Actor, **more: Any) -> actions.NewToken:
    return actions.create_token(actor=actor, now=NOW, user=user, **{"name": "ci", "scopes": ["read"], **more})


def test_a_token_is_kept_as_its_hash_only(ada: User) -> None:
    made = make(ada, actor_of("ada"))
    row = ApiToken.objects.get()
    assert made.secret not in str(vars(row))
    assert made.secret.startswith(row.prefix)
    assert row.expires_at == NOW + timedelta(days=90)
    event = Event.objects.get(name="token.created")
    assert made.secret not in str(event.data)
    assert event.data["scopes"] == ["read"]
    assert actors.actor_of_token(made.secret, NOW).user_id == ada.pk


def test_a_token_of_somebody_else_is_not_made(ada: User, bob: User) -> None:
    for actor in (actor_of("bob"), ANONYMOUS):
        with pytest.raises(NotAllowed):
            make(ada, actor)
    assert not ApiToken.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("wrong", [{"name": " "}, {"name": "n" * 101}, {"scopes": ["x"]}, {"days": 0}, {"days": 366}])
def test_a_token_that_cannot_be_is_not_made(ada: User, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        make(ada, actor_of("ada"), **wrong)
    assert not ApiToken.objects.exists()
    assert not Event.objects.exists()


def test_a_token_makes_none_that_outlives_or_outdoes_it(ada: User) -> None:
    first = make(ada, actor_of("ada"), scopes=["write"], days=3)
    by_token = actors.actor_of_token(first.secret, NOW)
    assert make(ada, by_token, days=90).token.expires_at == NOW + timedelta(days=3)
    reader = actors.actor_of_token(make(ada, actor_of("ada")).secret, NOW)
    with pytest.raises(NotAllowed):
        make(ada, reader, scopes=["write"])


def test_revoking_ends_a_token_and_is_done_once(ada: User) -> None:
    made = make(ada, actor_of("ada"))
    for _ in range(2):
        actions.revoke_token(actor=actor_of("ada"), now=NOW, token_id=made.token.pk, reason="lost")
    assert ApiToken.objects.get().revoked_at == NOW
    assert Event.objects.filter(name="token.revoked").count() == 1
    assert queries.tokens_of(actor_of("ada"), NOW)[0].state == "revoked"


def test_a_token_of_somebody_else_is_not_even_there(ada: User, bob: User) -> None:
    made = make(ada, actor_of("ada"))
    with pytest.raises(NotFound):
        actions.revoke_token(actor=actor_of("bob"), now=NOW, token_id=made.token.pk)
    with pytest.raises(NotFound):
        queries.token(actor_of("bob"), made.token.pk, NOW)
    assert queries.tokens_of(actor_of("bob"), NOW) == []
    assert ApiToken.objects.get().revoked_at is None
    assert [row.account for row in queries.tokens_of(SYSTEM, NOW)] == ["ada"]


def test_an_account_is_made_with_a_verified_address() -> None:
    user = actions.create_account(
        actor=SYSTEM, now=NOW, username="ada", email="ada@example.org", password="correct horse", administrator=True
    )
    assert user.check_password("correct horse")
    assert user.is_superuser
    assert user.emailaddress_set.get().verified


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"username": "a b"}, InvalidInput),
        ({"username": ""}, InvalidInput),
        ({"username": "new", "email": "nonsense"}, InvalidInput),
        ({"username": "new", "password": "short"}, InvalidInput),
        ({"username": "ADA"}, Conflict),
    ],
)
def test_an_account_that_cannot_be_is_not_made(ada: User, values: dict[str, str], error: type[AwayteamError]) -> None:
    with pytest.raises(error):
        actions.create_account(actor=SYSTEM, now=NOW, **values)
    assert list(User.objects.values_list("username", flat=True)) == ["ada"]


def test_only_administrators_make_accounts(ada: User) -> None:
    with pytest.raises(NotAllowed):
        actions.create_account(actor=actor_of("ada"), now=NOW, username="new")
    with pytest.raises(NotAllowed):
        actions.change_account(actor=actor_of("ada"), now=NOW, user=ada, administrator=True)
    ada.refresh_from_db()
    assert not ada.is_superuser
    assert User.objects.count() == 1


def test_the_last_administrator_stays(ada: User) -> None:
    actions.change_account(actor=SYSTEM, now=NOW, user=ada, administrator=True)
    for change in ({"active": False}, {"administrator": False}):
        with pytest.raises(Conflict):
            actions.change_account(actor=SYSTEM, now=NOW, user=ada, **change)
    ada.refresh_from_db()
    assert ada.is_superuser
    assert ada.is_active


def test_closing_an_account_signs_it_out_everywhere(ada: User, bob: User, client: Client) -> None:
    client.force_login(ada)
    secret = make(ada, actor_of("ada")).secret
    assert client.get("/api/v1/me").status_code == 200
    actions.change_account(actor=SYSTEM, now=NOW, user=ada, active=False, reason="left")
    assert client.get("/api/v1/me").status_code == 401
    assert Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/me").status_code == 401
    assert Event.objects.get(name="account.updated").data["changes"] == {"active": [True, False]}


def test_nobody_becomes_anybody_outside_the_demonstration(ada: User, client: Client, rf: Any) -> None:
    request = rf.get("/")
    request.actor, request.session = actor_of("ada"), client.session
    with pytest.raises(NotAllowed):
        become.become(request, ada.person_id, now=NOW)
    assert become.banner(request) is None
    assert not Event.objects.exists()


def test_in_the_demonstration_anybody_becomes_anybody(ada: User, client: Client, rf: Any, settings: Any) -> None:
    settings.DEMO = True
    eve = Person.objects.create(ref="user:default/eve", name="eve")
    request = rf.get("/")
    request.actor, request.session, request.user = actor_of("ada"), client.session, ada
    actor = become.become(request, eve.pk, now=NOW)
    assert (actor.person_id, request.actor) == (eve.pk, actor)
    assert become.banner(request) == become.Banner("eve", eve.pk, True)
    event = Event.objects.get(name="person.become")
    assert (event.actor_label, event.subject_label) == ("ada", "eve")
    assert not User.objects.get(person=eve).has_usable_password()
    with pytest.raises(NotFound):
        become.become(request, 10**9, now=NOW)


def test_a_visitor_of_the_demonstration_is_let_in_as_somebody(ada: User, client: Client, settings: Any) -> None:
    settings.DEMO, settings.DEMO_PERSON = True, "user:default/ada"
    assert client.get("/api/v1/me").status_code == 401
    client.get("/nowhere")
    assert client.get("/api/v1/me").json()["person"]["ref"] == "user:default/ada"

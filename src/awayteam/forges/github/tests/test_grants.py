"""Access on a fake GitHub: read, given, taken back, each twice; and never somebody else's."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from awayteam.forges.github.kind import KIND
from awayteam.forges.github.tests.fake import FakeGitHub, running
from awayteam.forges.github.tests.world import Repository, User
from awayteam.forges.port import Account, ForgeError, Grants, Held, Level, Place, Wanted

UNTIL = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with running() as fake:
        yield fake


@pytest.fixture
def orders(github: FakeGitHub) -> Repository:
    return github.add_repository("acme/orders", {"README": b""})


@pytest.fixture
def grants(github: FakeGitHub) -> Grants:
    return KIND.connect(github.settings())[1]


def place(of: Repository) -> Place:
    return Place(str(of.id), of.slug)


def account(who: User) -> Account:
    return Account(str(who.id), who.login)


def wanted(who: User, level: Level = Level.WRITE) -> Wanted:
    return Wanted(account(who), level, UNTIL)


def writes(github: FakeGitHub) -> list[str]:
    return [
        f"{one.method} {one.path}" for one in github.asked if one.method != "GET" and "access_tokens" not in one.path
    ]


@pytest.mark.parametrize(
    ("level", "role"),
    [(Level.READ, "read"), (Level.WRITE, "write"), (Level.MAINTAIN, "maintain"), (Level.ADMIN, "admin")],
)
def test_members_get_access_at_once(
    github: FakeGitHub, orders: Repository, grants: Grants, level: Level, role: str
) -> None:
    ada = github.add_user("ada")
    grants.give(place(orders), wanted(ada, level))
    grants.give(place(orders), wanted(ada, level))
    assert orders.collaborators == {ada.id: role}
    (held,) = grants.held(place(orders))
    assert held == Held(account(ada), level)
    grants.take(place(orders), held)
    grants.take(place(orders), held)
    assert orders.collaborators == {}
    assert grants.held(place(orders)) == []


def test_others_are_invited_once(github: FakeGitHub, orders: Repository, grants: Grants) -> None:
    guest = github.add_user("guest", member=False)
    grants.give(place(orders), wanted(guest))
    grants.give(place(orders), wanted(guest))
    (invitation,) = orders.invitations.values()
    (held,) = grants.held(place(orders))
    assert held == Held(account(guest), Level.WRITE, pending=True, key=str(invitation.id))
    grants.give(place(orders), wanted(guest, Level.MAINTAIN))
    assert [one.role for one in orders.invitations.values()] == ["maintain"]
    grants.take(place(orders), held)
    grants.take(place(orders), held)
    assert orders.invitations == {}


def test_an_expired_invitation_is_made_anew(github: FakeGitHub, orders: Repository, grants: Grants) -> None:
    guest = github.add_user("guest", member=False)
    grants.give(place(orders), wanted(guest))
    (first,) = orders.invitations.values()
    first.expired = True
    assert grants.held(place(orders)) == []
    grants.give(place(orders), wanted(guest))
    (second,) = orders.invitations.values()
    assert second.id != first.id
    github.accept(orders, guest)
    (held,) = grants.held(place(orders))
    assert (held.account, held.pending) == (account(guest), False)


def test_what_somebody_has_is_never_lowered(github: FakeGitHub, orders: Repository, grants: Grants) -> None:
    ada = github.add_user("ada")
    orders.collaborators[ada.id] = "admin"
    bo = github.add_user("bo")
    orders.through[bo.id] = "maintain"
    for who in (ada, bo):
        grants.give(place(orders), wanted(who))
    assert (orders.collaborators, writes(github)) == ({ada.id: "admin"}, [])


def test_what_comes_from_a_team_is_told_and_left(github: FakeGitHub, orders: Repository, grants: Grants) -> None:
    ada, bo = github.add_user("ada"), github.add_user("bo")
    orders.through |= {ada.id: "triage", bo.id: "admin", github.add_user("cy").id: "read"}
    orders.collaborators[ada.id] = "write"
    held = {one.account.login: one for one in grants.held(place(orders))}
    assert (held["ada"].direct, held["ada"].level) == (True, Level.WRITE)
    assert (held["bo"].direct, held["bo"].level) == (False, Level.ADMIN)
    assert "cy" not in held
    with pytest.raises(ForgeError, match="through a team") as told:
        grants.take(place(orders), held["bo"])
    assert told.value.final
    assert writes(github) == []


def test_a_name_that_somebody_else_took(github: FakeGitHub, orders: Repository, grants: Grants) -> None:
    """Ada renames herself, and somebody else registers as ada: access follows the id."""
    ada = github.add_user("ada")
    known = wanted(ada)
    ada.login = "ada-l"
    impostor = github.add_user("ada")
    grants.give(place(orders), known)
    assert orders.collaborators == {ada.id: "write"}
    orders.collaborators[impostor.id] = "read"
    grants.take(place(orders), Held(known.account, Level.WRITE))
    assert orders.collaborators == {impostor.id: "read"}


def test_somebody_who_left_github(github: FakeGitHub, orders: Repository, grants: Grants) -> None:
    gone = Account("4", "gone")
    with pytest.raises(ForgeError, match="no account gone") as told:
        grants.give(place(orders), Wanted(gone, Level.WRITE, UNTIL))
    assert told.value.final
    grants.take(place(orders), Held(gone, Level.WRITE))
    assert writes(github) == []


def test_a_repository_that_somebody_put_in_the_place_of_ours(
    github: FakeGitHub, orders: Repository, grants: Grants
) -> None:
    """Known a moment ago under its old name, which another repository bears now."""
    ada = github.add_user("ada")
    known = place(orders)
    grants.held(known)
    orders.slug = "acme/sales"
    impostor = github.add_repository("acme/orders", {})
    grants.give(known, wanted(ada))
    assert (orders.collaborators, impostor.collaborators) == ({ada.id: "write"}, {})


def test_refused_by_github_is_said(github: FakeGitHub, orders: Repository, grants: Grants) -> None:
    ada = github.add_user("ada")
    github.trouble("^PUT .*collaborators", 422, body=b'{"message": "Organization has no seats left"}')
    with pytest.raises(ForgeError, match="no seats left") as told:
        grants.give(place(orders), wanted(ada))
    assert told.value.final
    assert orders.collaborators == {}


def test_an_answer_that_was_lost(github: FakeGitHub, orders: Repository, grants: Grants) -> None:
    ada = github.add_user("ada")
    github.trouble("^PUT .*collaborators", "lost")
    grants.give(place(orders), wanted(ada))
    github.trouble("^DELETE .*collaborators", "lost")
    assert orders.collaborators == {ada.id: "write"}
    grants.take(place(orders), Held(account(ada), Level.WRITE))
    assert orders.collaborators == {}

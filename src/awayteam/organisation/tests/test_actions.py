from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awayteam.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Event
from awayteam.organisation import actions, rules
from awayteam.organisation.models import Confidence, FactEdit, Identity, Membership, Person, Team
from awayteam.organisation.rules import ParentClaim

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHO = {"now": NOW, "reason": "as agreed"}


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(ref="group:default/one", name="one")


@pytest.fixture
def ada(team: Team) -> Person:
    return Person.objects.create(ref="user:default/ada", name="ada")


def actor(person: Person | None = None, **more: Any) -> Actor:
    return Actor(ActorKind.PERSON, "somebody", person_id=person.pk if person else None, **more)


def test_a_member_edits_facts_of_the_team_and_takes_them_back(team: Team, ada: Person) -> None:
    member = actor(ada, teams=frozenset({team.pk}))
    actions.edit_team(actor=member, team=team, field="mission", value="Sell", **WHO)
    team.refresh_from_db()
    assert team.mission == "Sell"
    edit = FactEdit.objects.get()
    assert (edit.declared, edit.value, edit.made_by) == ("", "Sell", ada)
    assert Event.objects.get(name="team.updated").data["changes"] == {"mission": ["", "Sell"]}
    with pytest.raises(Conflict):
        actions.edit_team(actor=member, team=team, field="mission", value="Sell", **WHO)
    actions.withdraw_edit(actor=member, thing=team, field="mission", **WHO)
    team.refresh_from_db()
    assert team.mission == ""
    with pytest.raises(NotFound):
        actions.withdraw_edit(actor=member, thing=team, field="mission", **WHO)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Base"),
        ("email", "nobody"),
        ("on_call_url", "javascript:alert(1)"),
        ("mission", 5),
        ("mission", "a\0b"),
        ("contacts", ["x"]),
        ("contacts", {"chat": 5}),
        ("calendar", {"land": "DE"}),
        ("calendar", {"country": "XX"}),
        ("calendar", {"hours": "all day"}),
        ("calendar", {"weekdays": [9]}),
        ("ref", "group:default/two"),
    ],
)
def test_impossible_facts_are_refused(team: Team, field: str, value: Any) -> None:
    with pytest.raises(InvalidInput):
        actions.edit_team(actor=SYSTEM, team=team, field=field, value=value, **WHO)
    assert not FactEdit.objects.exists()


def test_memberships_start_and_end_with_dates(team: Team, ada: Person) -> None:
    lead = actor(teams=frozenset({team.pk}), leads=frozenset({team.pk}))
    began = NOW - timedelta(days=30)
    row = actions.start_membership(actor=lead, team=team, person=ada, starts=began, **WHO)
    assert (row.starts, row.ends, row.role) == (began, None, "member")
    with pytest.raises(Conflict):
        actions.start_membership(actor=lead, team=team, person=ada, **WHO)
    actions.set_primary_team(actor=actor(ada), person=ada, team=team, **WHO)
    actions.end_membership(actor=actor(ada), membership=row, **WHO)
    row.refresh_from_db()
    ada.refresh_from_db()
    assert (row.ends, ada.primary_team) == (NOW, None)
    with pytest.raises(Conflict):
        actions.end_membership(actor=lead, membership=row, **WHO)
    names = list(Event.objects.order_by("pk").values_list("name", flat=True))
    assert names == ["membership.started", "person.updated", "membership.ended"]


def test_dates_and_roles_must_be_possible(team: Team, ada: Person) -> None:
    for more in ({"role": "king"}, {"starts": NOW + timedelta(days=1)}, {"starts": datetime(2026, 1, 1)}):  # noqa: DTZ001
        with pytest.raises(InvalidInput):
            actions.start_membership(actor=SYSTEM, team=team, person=ada, **more, **WHO)
    row = actions.start_membership(actor=SYSTEM, team=team, person=ada, **WHO)
    with pytest.raises(InvalidInput):
        actions.end_membership(actor=SYSTEM, membership=row, ends=NOW - timedelta(days=1), **WHO)
    with pytest.raises(InvalidInput):
        actions.end_membership(actor=SYSTEM, membership=row, now=NOW, reason="")


def test_identities_are_added_corrected_and_removed(team: Team, ada: Person) -> None:
    bob = Person.objects.create(ref="user:default/bob", name="bob")
    row = actions.add_identity(actor=actor(ada), person=ada, provider="GitHub", value="Ada99", **WHO)
    assert (row.provider, row.value_key, row.confidence) == ("github", "ada99", Confidence.DECLARED)
    with pytest.raises(Conflict):
        actions.add_identity(actor=actor(bob), person=bob, provider="github", value="ADA99", **WHO)
    with pytest.raises(NotAllowed):
        actions.correct_identity(actor=actor(bob), identity=row, person=bob, **WHO)
    actions.correct_identity(actor=SYSTEM, identity=row, person=bob, **WHO)
    assert Identity.objects.get().person == bob
    assert Identity.objects.get().confidence == Confidence.CONFIRMED
    actions.remove_identity(actor=SYSTEM, identity=row, **WHO)
    assert not Identity.objects.exists()
    for provider, value in (("", "x"), ("github", ""), ("email", "no"), ("github", "a\nb")):
        with pytest.raises(InvalidInput):
            actions.add_identity(actor=SYSTEM, person=ada, provider=provider, value=value, **WHO)


@pytest.mark.parametrize("kind", ["outsider", "anonymous", "reader"])
def test_denied_means_nothing_changed(team: Team, ada: Person, kind: str) -> None:
    row = Membership.objects.create(team=team, person=ada)
    identity = Identity.objects.create(person=ada, provider="github", value="a", value_key="a", created_at=NOW)
    reader = actor(ada, leads=frozenset({team.pk}), scopes=frozenset({"read"}))
    who = {"actor": {"outsider": actor(), "anonymous": ANONYMOUS, "reader": reader}[kind], **WHO}
    calls = [
        lambda: actions.edit_team(**who, team=team, field="mission", value="x"),
        lambda: actions.edit_person(**who, person=ada, field="display_name", value="x"),
        lambda: actions.set_primary_team(**who, person=ada, team=team),
        lambda: actions.withdraw_edit(**who, thing=team, field="mission"),
        lambda: actions.start_membership(**who, team=team, person=ada, role="lead"),
        lambda: actions.end_membership(**who, membership=row),
        lambda: actions.add_identity(**who, person=ada, provider="github", value="b"),
        lambda: actions.correct_identity(**who, identity=identity, person=ada),
        lambda: actions.remove_identity(**who, identity=identity),
    ]
    before = (list(Team.objects.values()), list(Person.objects.values()), list(Membership.objects.values()))
    for call in calls:
        with pytest.raises(NotAllowed):
            call()
    after = (list(Team.objects.values()), list(Person.objects.values()), list(Membership.objects.values()))
    assert after == before
    assert list(Identity.objects.values_list("value", flat=True)) == ["a"]
    assert not Event.objects.exists()


def test_members_may_not_staff_their_team(team: Team, ada: Person) -> None:
    with pytest.raises(NotAllowed):
        actions.start_membership(actor=actor(teams=frozenset({team.pk})), team=team, person=ada, **WHO)


def test_a_tree_has_one_parent_each_and_no_circles() -> None:
    own = [ParentClaim(1, 2, True), ParentClaim(2, 3, True), ParentClaim(3, 1, True), ParentClaim(4, 1, False)]
    parents, dropped = rules.tree([*own, ParentClaim(4, 2, False), ParentClaim(5, 5, True)])
    assert parents == {2: 3, 3: 1, 4: 1}
    assert {(one.claim.child, one.claim.parent, one.reason) for one in dropped} == {
        (1, 2, "stands below itself"),
        (4, 2, "has another parent already"),
        (5, 5, "is its own parent"),
    }
    assert rules.descendants(parents, 1) == {1, 2, 3, 4}

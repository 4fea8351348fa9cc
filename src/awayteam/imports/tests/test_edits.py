"""What people said and what sources say, side by side."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.catalog import actions
from awayteam.catalog.models import Edit, Entity, Ownership, Relation
from awayteam.imports.tests.folder import Folder, component, cube_is_exact, get, group, index_is_exact, user
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.organisation import actions as organisation
from awayteam.organisation.models import Identity, Membership, Person, Team

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "repo")
    folder.write("org.yaml", group("one"), group("two"), group("three"), user("ada", "one", login="ada"))
    folder.write("a.yaml", component("orders", "one"))
    folder.load()
    return folder


@pytest.fixture
def wins(settings: Any, tmp_path: Path) -> Any:
    def choose(who: str) -> None:
        settings.RULEBOOK = tmp_path / f"{who}.toml"
        settings.RULEBOOK.write_text(f'[catalog]\nedit_wins = "{who}"\n')
        rulebook.forget()

    yield choose
    rulebook.forget()


def transfer(folder: Folder, owner: str) -> None:
    who = {"actor": SYSTEM, "now": folder.now + timedelta(hours=1), "entity": get("component:default/orders")}
    actions.transfer_ownership(**who, owner=owner, reason="they run it")


def owners() -> list[tuple[str, bool]]:
    rows = Ownership.objects.filter(entity__ref="component:default/orders").order_by("pk")
    return [(owner, ends is None) for owner, ends in rows.values_list("owner__name", "ends")]


def owned_by() -> list[str]:
    edges = Relation.objects.filter(source__ref="component:default/orders", type=1)
    return list(edges.values_list("target__name", flat=True))


@pytest.mark.parametrize(("who", "expected"), [("person", "two"), ("source", "three"), ("newest", "three")])
def test_whose_owner_counts_is_for_the_rulebook_and_both_are_kept(
    folder: Folder, wins: Any, who: str, expected: str
) -> None:
    transfer(folder, "two")
    wins(who)
    folder.write("a.yaml", component("orders", "three"))
    folder.load()
    orders = get("component:default/orders")
    assert orders.owner is not None
    assert orders.owner.name == expected
    assert owned_by() == [expected]
    edit = Edit.objects.get()
    assert (edit.value, edit.declared, edit.declared_at) == ("group:default/two", "group:default/three", folder.now)
    assert [name for name, is_open in owners() if is_open] == [expected]
    assert cube_is_exact()
    assert index_is_exact()


def test_newest_keeps_an_edit_while_the_source_says_what_it_said(folder: Folder, wins: Any) -> None:
    wins("newest")
    transfer(folder, "two")
    folder.write("a.yaml", component("orders", "one", metadata="title: Orders"))
    folder.load()
    orders = get("component:default/orders")
    assert orders.owner is not None
    assert (orders.title, orders.owner.name) == ("Orders", "two")


def test_a_withdrawn_edit_leaves_what_the_source_says_now(folder: Folder) -> None:
    transfer(folder, "two")
    folder.write("a.yaml", component("orders", "three"))
    folder.load()
    later = folder.now + timedelta(hours=1)
    entity = get("component:default/orders")
    actions.withdraw_edit(actor=SYSTEM, now=later, entity=entity, field="owner", reason="settled")
    assert owners() == [("one", False), ("two", False), ("three", True)]
    assert owned_by() == ["three"]
    assert folder.load().updated == 0


def test_a_source_takes_over_what_was_entered_by_hand(folder: Folder) -> None:
    description = actions.Description("Component", "tool", owner="one", title="Tool")
    made = actions.declare(actor=SYSTEM, now=folder.now, description=description, reason="it exists")
    folder.write("b.yaml", component("tool", "two"))
    result = folder.load()
    tool = get("component:default/tool")
    assert (tool.pk, tool.source, tool.title) == (made.pk, folder.source, "")
    assert tool.owner is not None
    assert (tool.owner.name, result.duplicates) == ("two", [])
    assert cube_is_exact()
    assert index_is_exact()


def test_what_was_corrected_by_hand_stays_corrected(folder: Folder) -> None:
    now = folder.now + timedelta(hours=1)
    ada, one = Person.objects.get(name="ada"), Team.objects.get(name="one")
    who = {"actor": SYSTEM, "now": now, "reason": "as it is"}
    organisation.end_membership(**who, membership=Membership.objects.get())
    organisation.remove_identity(**who, identity=Identity.objects.get())
    organisation.edit_team(**who, team=one, field="mission", value="Sell")
    folder.write("org.yaml", group("one", "profile: {email: one@example.org}"), group("two"), group("three"),
                 user("ada", "one", login="ada", email="ada@example.org"))  # fmt: skip
    folder.load()
    assert not Membership.objects.filter(person=ada, ends=None).exists()
    assert list(Identity.objects.values_list("provider", flat=True)) == ["email"]
    one.refresh_from_db()
    assert (one.mission, one.email) == ("Sell", "one@example.org")


def test_a_missing_owner_is_a_team_that_nobody_declared(folder: Folder) -> None:
    folder.write("b.yaml", component("web", "nobody"))
    folder.load()
    team = Team.objects.get(ref="group:default/nobody")
    assert not team.declared
    folder.write("late.yaml", group("nobody"))
    folder.load()
    team.refresh_from_db()
    assert team.declared
    assert Entity.objects.get(ref="group:default/nobody").team == team

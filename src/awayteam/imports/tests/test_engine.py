from datetime import timedelta
from pathlib import Path

import pytest

from awayteam.catalog import search
from awayteam.catalog.models import Alias, ApiOperation, Entity, EntityTag, Ownership, Presence, Relation, Revision
from awayteam.imports import actions
from awayteam.imports.tests.folder import (
    START,
    Folder,
    component,
    cube_is_exact,
    entity,
    get,
    group,
    index_is_exact,
    state,
    user,
)
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Unavailable
from awayteam.kernel.models import Event
from awayteam.organisation.models import Identity, Membership, Person, Team
from awayteam.sources.models import Finding, Source, SourceFile

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "repo")


def names(name: str) -> list[str]:
    return list(Event.objects.filter(name=name).order_by("pk").values_list("subject_label", flat=True))


def test_files_become_entities_with_owner_relations_tags_operations_and_events(folder: Folder) -> None:
    folder.write("org.yaml", group("one"), user("ada", "one", login="ada99", email="ada@example.org"))
    folder.write(
        "orders/catalog-info.yaml",
        component("orders", more="providesApis: [orders-api]\ndependsOn: [component:stock]", metadata="tags: [java]"),
        entity(
            "API",
            "orders-api",
            "type: openapi\nlifecycle: production\nowner: one\ndefinition: |\n"
            "  openapi: 3.0.0\n  info: {title: x, version: '1'}\n"
            "  paths: {/orders: {get: {summary: All, operationId: getCart}}}",
        ),
    )
    result = folder.load()
    assert result.entities == {"API": 1, "Component": 1, "Group": 1, "User": 1}
    assert (result.created, result.updated, result.unchanged, result.orphaned) == (4, 0, 0, 0)
    assert result.errors == []
    assert result.dangling == [
        {"from": "component:default/orders", "relation": "dependsOn", "to": "component:default/stock"}
    ]
    orders = get("component:default/orders")
    assert orders.owner is not None
    assert (orders.owner.ref, orders.type, orders.line) == ("group:default/one", "service", 1)
    assert orders.owner.team == Team.objects.get(ref="group:default/one")
    assert get("component:default/stock").presence == Presence.MISSING
    assert list(EntityTag.objects.values_list("entity__ref", "tag")) == [("component:default/orders", "java")]
    assert list(ApiOperation.objects.values_list("key", "name", "summary")) == [("GET /orders", "getCart", "All")]
    (hit,) = (hit for each in search.search(SYSTEM, "getCart").groups for hit in each.hits)
    assert (hit.ref, hit.matched) == ("api:default/orders-api", "operation GET /orders (getCart)")
    owned = Ownership.objects.get(entity=orders)
    assert (owned.owner, owned.starts, owned.ends) == (orders.owner, None, None)
    member = Membership.objects.get()
    assert (member.person.ref, member.team.ref, member.starts) == ("user:default/ada", "group:default/one", None)
    assert member.person.primary_team == member.team
    assert sorted(Identity.objects.values_list("provider", "value")) == [
        ("email", "ada@example.org"),
        ("github", "ada99"),
    ]
    assert len(names("entity.created")) == 4
    assert names("source.imported") == ["repo"]
    assert cube_is_exact()
    assert index_is_exact()


def test_importing_again_changes_nothing_and_reads_nothing(folder: Folder) -> None:
    folder.write("a.yaml", group("one"), component("orders"))
    folder.load()
    before, events = state(), Event.objects.count()
    read_at = list(SourceFile.objects.values_list("read_at", flat=True))
    result = folder.load()
    assert (result.created, result.updated, result.unchanged, result.orphaned) == (0, 0, 2, 0)
    assert state() == before
    assert list(SourceFile.objects.values_list("read_at", flat=True)) == read_at
    assert Event.objects.count() == events + 1, "only that an import took place"


def test_a_change_leaves_revision_event_and_dated_ownership(folder: Folder) -> None:
    folder.write("a.yaml", group("one"), group("two"), component("orders", "one"))
    folder.load()
    first = folder.now
    folder.write("a.yaml", group("one"), group("two"), component("orders", "two", metadata="title: Orders"))
    result = folder.load()
    assert (result.created, result.updated, result.unchanged) == (0, 1, 2)
    orders = get("component:default/orders")
    revision = Revision.objects.get()
    assert (revision.entity, revision.valid_from, revision.valid_to, revision.title) == (orders, first, folder.now, "")
    periods = list(Ownership.objects.filter(entity=orders).order_by("pk").values_list("owner__ref", "starts", "ends"))
    assert periods == [("group:default/one", None, folder.now), ("group:default/two", folder.now, None)]
    event = Event.objects.get(name="entity.updated")
    assert event.data["changes"] == {
        "title": ["", "Orders"],
        "owner": ["group:default/one", "group:default/two"],
    }
    assert event.data["document"] == ["metadata.title", "spec.owner"]
    assert names("ownership.changed") == ["Orders"]
    targets = Relation.objects.filter(source=orders).values_list("target__ref", flat=True)
    assert list(targets) == ["group:default/two"]
    assert cube_is_exact()
    assert index_is_exact()


def test_what_vanishes_is_an_orphan_comes_back_or_goes_after_the_grace_time(folder: Folder) -> None:
    folder.write("a.yaml", group("one"), component("orders", more="dependsOn: [component:stock]"))
    folder.write("b.yaml", component("stock"), component("lone"))
    folder.load()
    ids = dict(Entity.objects.values_list("ref", "pk"))
    folder.remove("b.yaml")
    result = folder.load()
    assert result.orphaned == 2
    assert result.entities == {"Component": 1, "Group": 1}
    stock = get("component:default/stock")
    assert (stock.presence, stock.orphaned_at, stock.owner_id) == (
        Presence.ORPHAN,
        folder.now,
        ids["group:default/one"],
    )
    folder.write("b.yaml", component("stock"), component("lone"))
    result = folder.load()
    assert (result.created, result.updated, result.orphaned) == (0, 2, 0)
    assert len(names("entity.restored")) == 2
    assert get("component:default/stock").pk == ids["component:default/stock"]
    folder.remove("b.yaml")
    folder.load()
    folder.load(now=folder.now + timedelta(days=60))
    assert get("component:default/lone").presence == Presence.REMOVED
    assert get("component:default/stock").presence == Presence.MISSING, "orders still depends on it"
    assert not Ownership.objects.filter(entity__ref="component:default/lone", ends=None).exists()
    assert cube_is_exact()
    assert index_is_exact()


def test_the_first_claimant_keeps_a_reference_until_it_goes(folder: Folder) -> None:
    folder.write("b.yaml", component("orders", metadata="title: B"))
    folder.load()
    folder.write("a.yaml", component("orders", metadata="title: A"))
    folder.write("c.yaml", component("orders", metadata="title: C"), component("orders", metadata="title: D"))
    result = folder.load()
    assert result.duplicates == [
        {"ref": "component:default/orders", "kept": "b.yaml", "dropped": path}
        for path in ("a.yaml", "c.yaml", "c.yaml")
    ]
    assert get("component:default/orders").title == "B"
    folder.remove("b.yaml")
    result = folder.load()
    assert (get("component:default/orders").title, result.orphaned, result.updated) == ("A", 0, 1)
    assert [one["kept"] for one in result.duplicates] == ["a.yaml", "a.yaml"]
    folder.remove("a.yaml")
    folder.load()
    assert get("component:default/orders").title == "C"
    assert cube_is_exact()
    assert index_is_exact()


def test_within_a_first_import_the_order_of_paths_decides(folder: Folder) -> None:
    folder.write("z.yaml", component("orders", metadata="title: Z"))
    folder.write("a/z.yaml", component("orders", metadata="title: A"))
    result = folder.load()
    assert result.duplicates == [{"ref": "component:default/orders", "kept": "a/z.yaml", "dropped": "z.yaml"}]


def test_claims_hold_across_sources(tmp_path: Path) -> None:
    one, two = Folder(tmp_path / "one"), Folder(tmp_path / "two")
    one.write("x.yaml", component("orders", metadata="title: One"))
    two.write("a.yaml", component("orders", metadata="title: Two"))
    one.load()
    assert two.load().duplicates == [{"ref": "component:default/orders", "kept": "one: x.yaml", "dropped": "a.yaml"}]
    assert get("component:default/orders").title == "One"
    one.remove("x.yaml")
    one.load()
    orders = get("component:default/orders")
    assert (orders.title, orders.presence, orders.source) == ("Two", Presence.PRESENT, two.source)
    one.write("x.yaml", component("orders", metadata="title: One"))
    assert one.load().duplicates == [{"ref": "component:default/orders", "kept": "two: a.yaml", "dropped": "x.yaml"}]
    actions.remove(two.source, actor=SYSTEM, now=two.now)
    orders.refresh_from_db()
    assert (orders.title, orders.presence) == ("One", Presence.PRESENT)
    assert cube_is_exact()
    assert index_is_exact()


def test_removing_a_source_orphans_what_only_it_declared(folder: Folder) -> None:
    folder.write("a.yaml", group("one"), component("orders"))
    folder.load()
    actions.remove(folder.source, actor=SYSTEM, now=folder.now)
    assert set(Entity.objects.values_list("presence", flat=True)) == {Presence.ORPHAN}
    assert not Source.objects.exists()
    assert cube_is_exact()
    assert index_is_exact()


def test_kinds_are_spelt_as_usual_and_others_as_first_written(folder: Folder) -> None:
    folder.write("a.yaml", component("orders").replace("kind: Component", "kind: component"))
    folder.write("b.yaml", component("cart", more="dependsOn: [widget:later]"))
    folder.write("c.yaml", group("one").replace("kind: Group", "kind: GROUP"))
    result = folder.load()
    assert result.entities == {"Component": 2, "Group": 1}
    assert get("widget:default/later").kind == "widget"
    assert get("group:default/one").team is not None
    folder.write("d.yaml", entity("Widget", "first", "dependsOn: [widget:named]"), entity("widget", "second"))
    folder.write("e.yaml", entity("WIDGET", "third"))
    assert folder.load().entities == {"Component": 2, "Group": 1, "Widget": 3}
    folder.write("f.yaml", entity("wiDget", "fourth", "dependsOn: [widget:more]"))
    assert folder.load().entities["Widget"] == 4
    spelt = Entity.objects.filter(ref__startswith="widget:").values_list("kind", flat=True)
    assert list(spelt) == ["Widget"] * 7, "first to fourth, later, named and more"
    assert get("component:default/orders").document["kind"] == "component"
    assert cube_is_exact()
    assert index_is_exact()


def test_a_broken_document_keeps_its_last_good_version(folder: Folder) -> None:
    folder.write("a.yaml", component("orders", metadata="title: Good"), component("stock"))
    folder.load()
    folder.write("a.yaml", component("orders", metadata="title: 'Bad"), component("stock", metadata="title: New"))
    result = folder.load()
    assert (result.orphaned, len(result.errors)) == (0, 1)
    assert (result.errors[0]["file"], result.errors[0]["document"]) == ("a.yaml", 0)
    assert get("component:default/orders").title == "Good"
    assert get("component:default/stock").title == "New"
    file = SourceFile.objects.get()
    assert (file.good, file.good_at) == (False, folder.now - timedelta(days=1))
    assert folder.load().errors == result.errors, "an unchanged file keeps its errors"
    folder.write("a.yaml", component("stock", metadata="title: New"))
    assert folder.load().orphaned == 1
    assert SourceFile.objects.get().good


def test_an_invalid_entity_keeps_its_last_good_version_while_others_may_go(folder: Folder) -> None:
    folder.write("a.yaml", component("orders"), component("stock"))
    folder.load()
    folder.write("a.yaml", entity("Component", "orders", "type: service\nlifecycle: production"))
    result = folder.load()
    assert [error["entity"] for error in result.errors] == ["component:default/orders"]
    assert result.orphaned == 1
    assert get("component:default/orders").presence == Presence.PRESENT
    assert get("component:default/stock").presence == Presence.ORPHAN


def test_a_source_that_is_away_keeps_everything_and_says_why(folder: Folder) -> None:
    folder.write("a.yaml", component("orders"))
    folder.load()
    folder.root.rename(folder.root.with_name("elsewhere"))
    with pytest.raises(Unavailable, match="doesn't exist"):
        folder.load()
    assert get("component:default/orders").presence == Presence.PRESENT
    source = Source.objects.get()
    assert "doesn't exist" in source.last_error
    assert source.last_success_at == START + timedelta(days=1)


def test_a_moved_file_keeps_entity_history_and_owner(folder: Folder) -> None:
    folder.write("a.yaml", component("orders"))
    folder.load()
    orders = get("component:default/orders")
    folder.remove("a.yaml")
    folder.write("deep/b.yaml", component("orders"))
    result = folder.load()
    assert result.orphaned == 0
    moved = get("component:default/orders")
    assert (moved.pk, moved.file and moved.file.path) == (orders.pk, "deep/b.yaml")
    assert list(SourceFile.objects.values_list("path", flat=True)) == ["deep/b.yaml"]


@pytest.mark.parametrize("explicit", [True, False])
def test_a_rename_keeps_the_entity_and_leaves_an_alias(folder: Folder, explicit: bool) -> None:
    folder.write("a.yaml", group("one"), component("orders"))
    folder.write("b.yaml", component("web", more="dependsOn: [component:orders]"))
    folder.load()
    orders = get("component:default/orders")
    metadata = "annotations:\n  awayteam/aliases: component:default/orders" if explicit else ""
    renamed = component("order-service", "two" if explicit else "one", metadata=metadata)
    folder.write("a.yaml", group("one"), renamed)
    result = folder.load()
    assert (result.created, result.orphaned) == (0, 0)
    after = get("component:default/order-service")
    assert after.pk == orders.pk
    assert Alias.objects.get(ref="component:default/orders").entity_id == orders.pk
    assert names("entity.renamed") == ["order-service"]
    folder.write("b.yaml", component("web", more="dependsOn: [component:orders]\nlifecycle2: x"))
    result = folder.load()
    assert result.dangling == [] or all("orders" not in one["to"] for one in result.dangling)
    assert Relation.objects.filter(source__ref="component:default/web", target=after).exists()
    assert cube_is_exact()
    assert index_is_exact()


def test_a_rename_absorbs_what_was_named_before_it_was_declared(folder: Folder) -> None:
    folder.write("a.yaml", group("one"), component("web", "two"), user("ada", "one"))
    folder.load()
    team = get("group:default/one")
    folder.write("a.yaml", group("two"), component("web", "two"), user("ada", "two"))
    folder.load()
    renamed = get("group:default/two")
    assert (renamed.pk, renamed.team_id) == (team.pk, team.team_id)
    assert get("component:default/web").owner_id == team.pk
    assert list(Membership.objects.filter(ends=None).values_list("team_id", flat=True)) == [team.team_id]
    assert list(Team.objects.values_list("ref", flat=True)) == ["group:default/two"]
    assert cube_is_exact()
    assert index_is_exact()


def test_memberships_open_and_close_with_dates_when_nobody_declares_them(folder: Folder) -> None:
    folder.write("groups.yaml", group("one", "members: [ada, bob]"))
    folder.write("users.yaml", user("ada", "one"), user("bob"))
    folder.load()
    folder.write("groups.yaml", group("one", "members: [cleo]"))
    folder.load()
    rows = {row.person.ref: (row.starts, row.ends) for row in Membership.objects.select_related("person")}
    assert rows == {
        "user:default/ada": (None, None),
        "user:default/bob": (None, folder.now),
        "user:default/cleo": (folder.now, None),
    }
    assert names("membership.started") == ["cleo in one"]
    assert names("membership.ended") == ["bob in one"]
    assert not Person.objects.get(ref="user:default/cleo").declared


def test_circles_of_groups_lose_an_edge_and_are_reported(folder: Folder) -> None:
    folder.write("a.yaml", group("one", "parent: two"), group("two", "parent: three"), group("three", "parent: one"))
    result = folder.load()
    assert len(result.errors) == 1
    assert "stands below itself" in result.errors[0]["message"]
    assert Team.objects.exclude(parent=None).count() == 2
    folder.write("a.yaml", group("one", "parent: two"), group("two", "parent: three"), group("three"))
    assert folder.load().errors == []
    parents = dict(Team.objects.values_list("name", "parent__name"))
    assert parents == {"one": "two", "two": "three", "three": None}


def test_an_identity_belongs_to_the_first_and_goes_to_the_next(folder: Folder) -> None:
    folder.write("a.yaml", user("ada", login="x"))
    folder.write("b.yaml", user("bob", login="X"))
    result = folder.load()
    assert Identity.objects.get().person.ref == "user:default/ada"
    assert [(one["entity"], "belongs to" in one["message"]) for one in result.errors] == [("user:default/bob", True)]
    folder.write("a.yaml", user("ada"))
    assert folder.load().errors == []
    assert Identity.objects.get().person.ref == "user:default/bob"


def test_missing_entities_go_when_nobody_names_them(folder: Folder) -> None:
    folder.write("a.yaml", component("orders", "nobody"))
    folder.load()
    folder.write("a.yaml", component("orders", "somebody"))
    folder.load()
    presences = dict(Entity.objects.filter(kind="Group").values_list("name", "presence"))
    assert presences == {"nobody": Presence.REMOVED, "somebody": Presence.MISSING}


def test_locations_stay_followed_while_nothing_changes(folder: Folder) -> None:
    folder.write("catalog-info.yaml", entity("Location", "all", "targets: [./sub/odd.yml.txt]"))
    folder.write("sub/odd.yml.txt", component("orders"))
    folder.load()
    result = folder.load()
    assert (result.entities, result.orphaned) == ({"Component": 1, "Location": 1}, 0)
    assert Finding.objects.count() == 0

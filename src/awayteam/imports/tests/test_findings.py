"""What an import says is wrong: what, where, of which entity, and what to do; each once."""

from pathlib import Path

import pytest

from awayteam.catalog import queries
from awayteam.imports import actions, engine
from awayteam.imports.tests.folder import START, Folder, component, entity, get, group
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Unavailable
from awayteam.kernel.models import Event
from awayteam.sources.models import Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "repo")


def test_what_another_source_takes_over_is_no_orphan(tmp_path: Path) -> None:
    first, second = Folder(tmp_path / "first"), Folder(tmp_path / "second")
    for one in (first, second):
        one.write("org.yaml", group("one"))
        one.write("orders.yaml", component("orders"))
        one.load()
    first.remove("orders.yaml")
    result = first.load()
    assert get("component:default/orders").source == second.source
    assert result.orphaned == 0
    assert first.source.counts["orphaned"] == 0
    imported = Event.objects.filter(name="source.imported").order_by("-pk")[0]
    assert imported.data["orphaned"] == 0
    second.remove("orders.yaml")
    assert second.load().orphaned == 1


def test_an_error_of_a_location_names_it_also_when_its_file_is_unchanged(folder: Folder) -> None:
    folder.write("all.yaml", entity("Location", "all", "targets: [./nowhere.yaml, ../../out.yaml]"))
    for _ in range(2):
        errors = folder.load().errors
        assert [(one["entity"], one["line"]) for one in errors] == [("location:default/all", 6)] * 2


def test_mistakes_in_our_own_file_name_the_entity_and_keep_its_neighbours_in_motion(folder: Folder) -> None:
    text = "teams: [{name: One}]\nservices:\n- {name: Orders, owner: One, colour: red}\n- {name: Stock, owner: One}\n"
    folder.write("awayteam.yaml", text)
    errors = folder.load().errors
    assert [(one["entity"], one["line"]) for one in errors] == [("component:default/orders", 3)]
    folder.write("awayteam.yaml", text.replace("- {name: Stock, owner: One}\n", ""))
    assert folder.load().orphaned == 1, "a mistake of one service holds no other one"


def test_an_empty_owner_is_one_mistake(folder: Folder) -> None:
    folder.write("orders.yaml", component("orders", owner='""'))
    (error,) = folder.load().errors
    assert error["message"] == "spec.owner is empty; write a text"


def test_a_tag_that_means_nothing_is_told_of_and_its_entity_stays(folder: Folder) -> None:
    folder.write("orders.yaml", group("one"), component("orders", more="system: !shop checkout"))
    result = folder.load()
    (error,) = result.errors
    assert (error["entity"], error["line"]) == ("component:default/orders", 17)
    assert error["message"] == "the tag !shop means nothing here, so its value was taken as written; remove the tag"
    assert result.entities["Component"] == 1
    assert get("component:default/orders").system_id is not None


def test_a_remote_repository_that_is_away_shows_no_folder_of_ours_and_one_full_stop(tmp_path: Path) -> None:
    address = f"file://{tmp_path}/nowhere.git"
    source = actions.source_for(actions.Wanted(address), actor=SYSTEM, now=START)
    with pytest.raises(Unavailable) as raised:
        engine.run(source, actor=SYSTEM, now=START, wait_seconds=0)
    for said in (str(raised.value), Source.objects.get(pk=source.pk).last_error):
        assert ".." not in said
        assert "repositories/" not in said
        assert "can't be fetched" in said


def test_files_of_the_machine_are_no_hosts(folder: Folder) -> None:
    definition = "definition:\n  $text: file:///etc/passwd"
    folder.write("api.yaml", entity("API", "orders", f"type: openapi\nlifecycle: x\nowner: one\n{definition}"))
    (error,) = folder.load().errors
    assert "file:///etc/passwd can't be read; name a file within the source by its path" in error["message"]


def test_a_last_good_version_is_as_old_as_its_last_good_reading(folder: Folder) -> None:
    folder.write("orders.yaml", component("orders"))
    folder.write("stock.yaml", component("stock"))
    folder.load()
    good = folder.now
    folder.write("orders.yaml", "apiVersion: backstage.io/v1alpha1\nkind: [broken\n")
    folder.load()
    read = {name: queries.declaration(get(f"component:default/{name}")) for name in ("orders", "stock")}
    assert {name: one and (one.good, one.read_well_at) for name, one in read.items()} == {
        "orders": (False, good),
        "stock": (True, folder.now),
    }

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from awayteam.catalog.models import Entity
from awayteam.cli import imports
from awayteam.imports.tests.folder import Folder, component, entity, group
from awayteam.sources.models import Source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "_django", lambda **_: None)


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    imports.register(app)
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_json_is_the_contract(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("a.yaml", group("one"), component("orders"), component("orders"))
    folder.write("b.yaml", entity("Component", "bad", "type: service"), component("web", "nobody"))
    done = run("import", folder.root, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert set(found) == {
        "entities", "created", "updated", "unchanged", "orphaned", "errors", "duplicates", "dangling",
    }  # fmt: skip
    assert found["entities"] == {"Component": 2, "Group": 1}
    assert (found["created"], found["updated"], found["unchanged"], found["orphaned"]) == (3, 0, 0, 0)
    assert found["duplicates"] == [{"ref": "component:default/orders", "kept": "a.yaml", "dropped": "a.yaml"}]
    assert found["dangling"] == [{"from": "component:default/web", "relation": "ownedBy", "to": "group:default/nobody"}]
    assert {error["entity"] for error in found["errors"]} == {"component:default/bad"}
    assert all(set(error) == {"file", "document", "line", "entity", "message"} for error in found["errors"])
    assert {(error["file"], error["document"]) for error in found["errors"]} == {("b.yaml", 0)}


def test_exit_codes(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("import", tmp_path / "empty").exit_code == 1
    assert run("import", tmp_path / "absent").exit_code == 1
    assert run("import").exit_code == 2
    assert run("import", "a", "b", "--name", "both").exit_code == 2
    assert run("import", "").exit_code == 2


def test_one_place_that_cannot_be_read_keeps_none_of_the_others_away(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("a.yaml", component("orders"))
    done = run("import", tmp_path / "absent", folder.root, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["entities"] == {"Component": 1}


def test_globs_restrict_and_names_stay(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("services/a.yaml", component("orders"))
    folder.write("other/b.yaml", component("stock"))
    assert run("import", folder.root, "--path", "services/*.yaml", "--name", "mine").exit_code == 0
    assert list(Entity.objects.filter(presence=1).values_list("name", flat=True)) == ["orders"]
    assert run("import", folder.root, "--name", "mine").exit_code == 0
    source = Source.objects.get()
    assert (source.name, source.globs, source.kind) == ("mine", [], "folder")
    assert Entity.objects.filter(presence=1).count() == 2


def test_sources_are_listed_shown_refreshed_and_removed(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("a.yaml", component("orders"), "kind: Component\n")
    run("import", folder.root)
    row = json.loads(run("sources", "list", "--json").stdout)[0]
    assert (row["name"], row["health"], row["entities"], row["files"], row["bad_files"]) == ("repo", "fresh", 1, 1, 1)
    shown = json.loads(run("sources", "show", "repo", "--json").stdout)
    assert shown["errors"][0]["file"] == "a.yaml"
    folder.write("a.yaml", component("stock"), component("web"))
    refreshed = json.loads(run("sources", "refresh", "repo", "--json").stdout)
    assert refreshed["created"] == 2
    assert run("sources", "remove", "repo").exit_code == 0
    assert not Source.objects.exists()
    assert "No sources yet" in run("sources", "list").stdout


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("place", "least"),
    [
        ("backstage+demo", {"Component": 1}),
        ("giantswarm+backstage-catalogs", {"Component": 60, "Group": 10}),
        ("redhat-ai-dev+rhdh-plugins", {"Component": 15, "API": 2}),
        ("istio+community", {"User": 300, "Group": 20}),
        ("knative+community", {"User": 50, "Group": 25}),
        ("kubernetes+community", {"Group": 200, "User": 100}),
        ("asyncapi+spec", {"API": 5}),
        ("open-telemetry+opentelemetry-demo", {"API": 1}),
    ],
)
def test_real_organisations_come_in_and_stay_the_same(shared_data: Path, place: str, least: dict[str, int]) -> None:
    found = json.loads(run("import", shared_data / place, "--json").stdout)
    assert {kind: found["entities"].get(kind, 0) >= number for kind, number in least.items()} == dict.fromkeys(
        least, True
    )
    assert found["created"] == sum(found["entities"].values())
    again = json.loads(run("import", shared_data / place, "--json").stdout)
    assert (again["created"], again["updated"], again["orphaned"]) == (0, 0, 0)
    assert again["unchanged"] == found["created"]
    assert again["errors"] == found["errors"]


@pytest.mark.realdata
def test_all_real_files_together_are_one_organisation(shared_data: Path) -> None:
    found = json.loads(run("import", shared_data, "--json").stdout)
    assert found["entities"]["User"] > 500
    assert found["entities"]["Group"] > 250
    assert found["entities"]["Component"] > 80
    again = json.loads(run("import", shared_data, "--json").stdout)
    assert (again["created"], again["updated"], again["orphaned"]) == (0, 0, 0)

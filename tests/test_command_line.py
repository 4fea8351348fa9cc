"""The command line as scripts see it: real processes, JSON on standard output, exit codes that mean something."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from awayteam.kernel.tests.installed import install
from awayteam.kernel.tests.schema import surroundings

pytestmark = pytest.mark.database

ORDERS = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: orders
  title: Order Service
  tags: [go]
spec:
  type: service
  lifecycle: production
  owner: payments
  providesApis: [orders-api]
  dependsOn: [resource:orders-db]
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata:
  name: orders-api
spec:
  type: openapi
  lifecycle: production
  owner: payments
  definition:
    $text: ./openapi.yaml
"""
OPENAPI = """\
openapi: 3.0.3
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    get: {operationId: getOrder, summary: Read an order, responses: {}}
    delete: {operationId: dropOrder, deprecated: true, responses: {}}
"""
TEAMS = """\
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments, title: Payments}
spec: {type: team, children: [], members: [ada]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ada}
spec: {profile: {displayName: Ada Example, email: ada@example.org}, memberOf: [payments]}
"""
BROKEN = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: "not a name!"}
spec: {type: service, lifecycle: production, owner: payments}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: good-neighbour}
spec: {type: service, lifecycle: production, owner: nobody-here}
"""


READ = """
import sys
from awayteam.cli.main import main
try:
    main()
except SystemExit as left:
    assert not left.code, left.code
parts = [name.split(".") for name in sys.modules if name.startswith("awayteam.")]
loaded = {part[1] for part in parts if {"actions", "places"} & set(part)} - {"notifications"}  # whose actions are light
print(*sorted(loaded), *sorted({"markdown_it", "requests", "rich", "structlog"} & set(sys.modules)), file=sys.stderr)
"""


class Awayteam:
    """Runs the command in a process of its own, with a data folder and, on PostgreSQL, a database of its own."""

    def __init__(self, data: Path, *, made: bool = True) -> None:
        self.data = data
        self.database = install(data) if made else {}

    def __call__(self, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        environment = surroundings() | self.database
        done = subprocess.run(
            [sys.executable, "-m", "awayteam", *map(str, arguments), "--data", str(self.data)],
            capture_output=True,
            text=True,
            timeout=120,
            env=environment | {"COLUMNS": "200"},
        )
        assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: str | Path, code: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", code=code).stdout)


@pytest.fixture(scope="module")
def awayteam(tmp_path_factory: pytest.TempPathFactory) -> Awayteam:
    return Awayteam(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalog")
    (folder / "orders").mkdir()
    (folder / "orders" / "catalog-info.yaml").write_text(ORDERS)
    (folder / "orders" / "openapi.yaml").write_text(OPENAPI)
    (folder / "teams.yaml").write_text(TEAMS)
    (folder / "broken.yaml").write_text(BROKEN)
    (folder / "copy.yaml").write_text(ORDERS.split("---")[0])
    return folder


@pytest.fixture(scope="module")
def imported(awayteam: Awayteam, catalog: Path) -> Any:
    return awayteam.json("import", catalog)


def test_import_says_what_came_of_every_document(imported: Any) -> None:
    assert imported["entities"] == {"API": 1, "Component": 2, "Group": 1, "User": 1}
    assert (imported["created"], imported["updated"], imported["unchanged"], imported["orphaned"]) == (5, 0, 0, 0)
    [error] = imported["errors"]
    assert set(error) == {"file", "document", "line", "entity", "message"}
    assert (error["file"], error["document"]) == ("broken.yaml", 0)
    [duplicate] = imported["duplicates"]
    assert duplicate["ref"] == "component:default/orders"
    assert "copy.yaml" in str(duplicate["kept"])
    assert "orders/catalog-info.yaml" in str(duplicate["dropped"])
    dangling = {(item["from"], item["relation"], item["to"]) for item in imported["dangling"]}
    assert ("component:default/orders", "dependsOn", "resource:default/orders-db") in dangling
    assert ("component:default/good-neighbour", "ownedBy", "group:default/nobody-here") in dangling


def test_a_second_import_changes_nothing(awayteam: Awayteam, catalog: Path, imported: Any) -> None:
    again = awayteam.json("import", catalog)
    assert (again["created"], again["updated"], again["unchanged"], again["orphaned"]) == (0, 0, 5, 0)
    for key in ("entities", "errors", "duplicates", "dangling"):
        assert again[key] == imported[key], key


def test_what_was_imported_is_listed_shown_and_found(awayteam: Awayteam, imported: Any) -> None:
    listed = awayteam.json("catalog", "list", "--kind", "Component", "--owner", "payments")
    items = listed["items"] if isinstance(listed, dict) else listed
    assert [item["ref"] for item in items] == ["component:default/orders"]
    shown = awayteam.json("catalog", "show", "component:default/orders")
    assert shown["owner"] == "group:default/payments" or shown["owner"]["ref"] == "group:default/payments"
    assert "Order Service" in awayteam("search", "ordr").stdout
    assert "dropOrder" in json.dumps(awayteam.json("catalog", "show", "api:orders-api")) or "DELETE" in json.dumps(
        awayteam.json("catalog", "show", "api:orders-api")
    )
    assert "ada" in awayteam("org", "show", "payments").stdout.lower()
    assert "created" in awayteam("catalog", "history", "component:default/orders").stdout.lower()


def test_unknown_references_and_wrong_usage_have_their_exit_codes(
    awayteam: Awayteam, tmp_path: Path, imported: Any
) -> None:
    missing = awayteam("catalog", "show", "component:default/nothing", code=1)
    assert "component:default/nothing" in missing.stderr
    awayteam("catalog", "list", "--no-such-option", code=2)
    awayteam("import", code=2)
    nowhere = awayteam("import", tmp_path / "nowhere", code=1)
    assert "nowhere" in nowhere.stderr


def test_people_talk_and_are_told(awayteam: Awayteam, imported: Any) -> None:
    said = awayteam.json("comment", "component:default/orders", "Slow today, @payments?", "--as", "ada")
    assert (said["text"], said["author"], said["version"]) == ("Slow today, @payments?", "user:default/ada", 1)
    shown = awayteam.json("discussion", f"{said['subject_kind']}:{said['subject_id']}")
    assert [one["id"] for one in shown["comments"]] == [said["id"]]
    assert "Slow today" in awayteam("discussion", "component:orders").stdout
    assert awayteam.json("notifications", "list", "--as", "ada") == {"items": [], "next_cursor": None}
    assert awayteam.json("notifications", "read", "--all", "--as", "ada") == {"changed": 0}
    for wrong in (
        ("comment", "nothing", "x", "--as", "ada"),
        ("comment", "component:orders", "x"),
        ("comment", "component:orders", " ", "--as", "ada"),
        ("notifications", "read", "--as", "ada"),
        ("notifications", "list", "--state", "half", "--as", "ada"),
    ):
        awayteam(*wrong, code=2)
    assert "sends no mail" in awayteam("notifications", "test", "--as", "ada", code=2).stderr
    awayteam("comment", "entity:999999", "x", "--as", "ada", code=1)


def test_validate_tells_good_from_bad(awayteam: Awayteam, catalog: Path) -> None:
    awayteam("catalog", "validate", catalog / "teams.yaml")
    bad = awayteam("catalog", "validate", catalog / "broken.yaml", code=1)
    assert "broken.yaml" in bad.stdout + bad.stderr


def test_a_bare_repository_is_read_at_a_ref(awayteam: Awayteam, catalog: Path, tmp_path: Path) -> None:
    work, bare = tmp_path / "work", tmp_path / "bare.git"
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q", "-b", "main", str(work)], check=True)
    (work / "catalog-info.yaml").write_text(ORDERS.replace("orders", "baskets"))
    (work / "openapi.yaml").write_text(OPENAPI)
    subprocess.run([*git, "add", "."], cwd=work, check=True)
    subprocess.run([*git, "commit", "-qm", "First"], cwd=work, check=True)
    subprocess.run([*git, "tag", "v1"], cwd=work, check=True)
    (work / "catalog-info.yaml").write_text("nothing: here\n")
    subprocess.run([*git, "commit", "-qam", "Second"], cwd=work, check=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(work), str(bare)], check=True)
    own = Awayteam(tmp_path / "data")
    assert own.json("import", bare, "--ref", "v1")["entities"] == {"API": 1, "Component": 1}
    own("import", bare, "--ref", "main")
    back = own.json("import", bare, "--ref", "v1")
    assert (back["entities"], back["duplicates"]) == ({"API": 1, "Component": 1}, [])
    assert len(own.json("sources", "list")) == 1


def test_a_duplicate_of_another_source_names_it(tmp_path: Path, catalog: Path) -> None:
    own = Awayteam(tmp_path / "data")
    own.json("import", catalog, "--name", "first")
    (tmp_path / "again.yaml").write_text(TEAMS.split("---")[0])
    [duplicate] = own.json("import", tmp_path / "again.yaml")["duplicates"]
    assert duplicate == {"ref": "group:default/payments", "kept": "first: teams.yaml", "dropped": "again.yaml"}


def test_the_rulebook_and_the_doctor_answer(awayteam: Awayteam, imported: Any) -> None:
    assert awayteam.json("rulebook", "show")
    awayteam("rulebook", "check")
    diagnoses = awayteam.json("doctor")
    assert {d["health"] for d in diagnoses} <= {"good", "warning"}


def test_backup_and_restore_by_command(awayteam: Awayteam, tmp_path: Path, imported: Any) -> None:
    made = awayteam.json("backup", tmp_path / "b.tar.gz")
    other = Awayteam(tmp_path / "other")
    assert other.json("restore", tmp_path / "b.tar.gz")["rows"] == made["rows"]
    assert "Order Service" in other("search", "order").stdout
    other("restore", tmp_path / "b.tar.gz", code=1)


def test_a_place_that_cannot_be_read_is_an_error_beside_the_others_and_leaves_no_source(
    tmp_path: Path, catalog: Path
) -> None:
    own = Awayteam(tmp_path / "data")
    done = own.json("import", catalog / "teams.yaml", tmp_path / "nowhere")
    assert done["entities"] == {"Group": 1, "User": 1}
    assert [error["file"] for error in done["errors"]] == [str(tmp_path / "nowhere")]
    assert [source["name"] for source in own.json("sources", "list")] == ["teams.yaml"]


def test_a_glob_that_matches_nothing_takes_nothing_away(tmp_path: Path, catalog: Path) -> None:
    own = Awayteam(tmp_path / "data")
    before = own.json("import", catalog)
    refused = own("import", catalog, "--path", "*.yamll", code=1)
    assert "*.yamll" in refused.stderr
    after = own.json("import", catalog)
    assert (after["entities"], after["orphaned"]) == (before["entities"], 0)


def test_a_data_folder_that_cannot_be_made_is_an_error_with_advice(catalog: Path) -> None:
    refused = Awayteam(Path("/proc/nothing"), made=False)("import", catalog, code=1)
    assert "--data" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [("catalog", "list"), ("search", "orders"), ("org", "list"), ("sources", "list"), ("doctor",), ("user", "list")],
)
def test_commands_that_look_make_no_folder_where_its_name_was_mistyped(
    tmp_path: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    refused = Awayteam(tmp_path / "mistyped", made=False)(*arguments, code=1)
    assert f"There is no Awayteam data in {tmp_path / 'mistyped'}" in refused.stderr
    assert "awayteam import" in refused.stderr
    assert not (tmp_path / "mistyped").exists()


def test_the_doctor_names_sources_that_fail(tmp_path: Path) -> None:
    own = Awayteam(tmp_path / "data")
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "teams.yaml").write_text(TEAMS)
    own.json("import", tmp_path / "catalog", "--name", "landscape")
    assert {d["subject"]: d["health"] for d in own.json("doctor")}["sources"] == "good"
    shutil.rmtree(tmp_path / "catalog")
    own("sources", "refresh", "landscape", code=1)
    [about] = [d for d in own.json("doctor") if d["subject"] == "source landscape"]
    assert about["health"] == "warning"
    assert about["finding"].startswith("failing: ")
    assert "awayteam sources refresh landscape" in about["advice"]


def test_the_index_is_built_anew_by_command(awayteam: Awayteam, imported: Any) -> None:
    counted = {d["subject"]: d["finding"] for d in awayteam.json("doctor")}
    made = awayteam.json("reindex")["entities"]
    assert counted["search index"] == f"{made} entities"
    assert "Order Service" in awayteam("search", "order").stdout


@pytest.mark.parametrize("command", [("search", "orders"), ("request", "list"), ("rulebook", "check")])
def test_a_command_that_reads_brings_nothing_along_that_writes(
    command: tuple[str, ...], awayteam: Awayteam, imported: Any
) -> None:
    environment = surroundings() | awayteam.database | {"AWAYTEAM_DATA": str(awayteam.data)}
    done = subprocess.run(
        [sys.executable, "-c", READ, *command], capture_output=True, text=True, timeout=120, env=environment
    )
    assert (done.returncode, done.stderr.split()) == (0, [])

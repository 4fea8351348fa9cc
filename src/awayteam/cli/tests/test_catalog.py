"""`awayteam catalog`, `org` and `search` as people and programs use them."""

import json
from pathlib import Path

import pytest

from awayteam.catalog.models import Entity
from awayteam.catalog.tests import world
from awayteam.cli import catalog, main, search
from awayteam.organisation.models import Identity, Person
from awayteam.sources.models import Finding, Source, SourceFile

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _database_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("catalog", "org", "search"):
        monkeypatch.setattr(f"awayteam.cli.{module}.django", lambda: None)
    assert catalog.register
    assert search.register


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main.main(list(arguments))
    return int(left.value.code or 0)


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert run(*arguments, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_list_filters_pages_and_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    world.named()
    first = output(capsys, "catalog", "list", "--kind", "component", "--limit", "2")
    assert [row["ref"] for row in first["items"]] == ["component:default/orders-api", "component:default/orders"]
    rest = output(capsys, "catalog", "list", "--kind", "component", "--cursor", str(first["next_cursor"]))
    assert [row["name"] for row in rest["items"]] == ["orders-secret", "web"]
    found = output(
        capsys, "catalog", "list", "--owner", "ledger", "--filter", "metadata.tags=hidden", "--type", "service"
    )
    assert [row["name"] for row in found["items"]] == ["orders-secret"]
    past = output(capsys, "catalog", "list", "--as-of", "2020-01-01")["items"]
    assert [row["ref"] for row in past] == [
        "component:default/orders-api"
    ]  # it had an owner before anybody kept a record


def test_list_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    world.named()
    assert run("catalog", "list", "--kind", "Component", "--limit", "1") == 0
    shown = capsys.readouterr()
    assert shown.out == "component:default/orders-api\tOrder Desk\tservice\tproduction\tgroup:default/payments\t\n"
    assert "--cursor" in shown.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("catalog", "list", "--as-of", "yesterday"),
        ("catalog", "list", "--sort", "size"),
        ("catalog", "list", "--filter", "=x"),
        ("catalog", "list", "--cursor", "!!"),
        ("catalog", "list", "--limit", "0"),
        ("catalog", "list", "--presence", "gone"),
        ("catalog", "show"),
        ("search",),
    ],
)
def test_wrong_usage_is_2_with_a_sentence(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().err


def test_show_tells_everything_and_follows_former_names(capsys: pytest.CaptureFixture[str]) -> None:
    world.named()
    found = output(capsys, "catalog", "show", "component:default/order-service")
    assert (found["ref"], found["owner"], found["aliases"]) == (
        "component:default/orders-api",
        "group:default/payments",
        ["component:default/order-service"],
    )
    assert {
        "type": "providesApi",
        "ref": "api:default/ordersapi",
        "presence": "present",
        "origin": "declared",
    }.items() <= found["relations"][0].items()
    Entity.objects.get(name="OrdersAPI").operations.create(key="GET /cart", name="getCart", position=1)
    assert output(capsys, "catalog", "show", "ordersapi")["operations"][1] == {
        "key": "GET /cart",
        "name": "getCart",
        "summary": "",
        "deprecated": False,
    }
    assert run("catalog", "show", "ordersapi") == 0
    assert "  GET /cart  getCart\n" in capsys.readouterr().out
    assert run("catalog", "show", "web") == 0
    shown = capsys.readouterr().out
    assert "Owner:        group:default/ledger" in shown
    assert "component:default/orders-ghost  (missing)" in shown
    assert run("catalog", "show", "nothing") == 1
    assert "no entity" in capsys.readouterr().err


def test_show_tells_of_orphans_and_of_faults_of_the_whole_file(capsys: pytest.CaptureFixture[str]) -> None:
    things = world.named()
    source = Source.objects.create(name="lg", kind="git", location="/", created_at=world.NOW)
    file = SourceFile.objects.create(source=source, path="a.yaml", good=False, read_at=world.NOW)
    Finding.objects.create(source=source, file=file, path="a.yaml", message="no UTF-8", found_at=world.NOW)
    Finding.objects.create(
        source=source, file=file, path="a.yaml", document=1, line=9, message="odd", found_at=world.NOW
    )
    Finding.objects.create(source=source, file=file, path="a.yaml", document=0, message="other", found_at=world.NOW)
    Entity.objects.filter(pk=things["component:default/web"].pk).update(source=source, file=file, document_index=1)
    Entity.objects.filter(pk=things["component:default/orders"].pk).update(source=source, orphaned_at=world.NOW)
    assert run("catalog", "show", "web") == 0
    shown = capsys.readouterr().out
    assert "Declared in:  lg a.yaml:1\n" in shown
    assert "Wrong in its file: a.yaml:1 no UTF-8\nWrong: a.yaml:9 odd\n" in shown
    assert "other" not in shown
    assert run("catalog", "show", "orders") == 0
    assert "Declared in:  no file of lg any more; orphan since 2026-06-01\n" in capsys.readouterr().out


def test_search_prints_groups_and_says_what_was_put_right(capsys: pytest.CaptureFixture[str]) -> None:
    world.named()
    found = output(capsys, "search", "paymnts")
    assert found["corrected"] == {"paymnts": ["payments"]}
    assert found["groups"][0]["hits"][0]["ref"] == "group:default/payments"
    assert run("search", "zzzzzz") == 1
    assert run("search", "order", "desk") == 0
    assert "component:default/orders-api" in capsys.readouterr().out


def test_org_shows_the_tree_a_team_and_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    world.named()
    tree = output(capsys, "org", "list")
    assert {row["ref"]: row["members"] for row in tree["items"]} == {
        "group:default/payments": 1,
        "group:default/ledger": 0,
    }
    team = output(capsys, "org", "show", "payments")
    assert (team["size"], team["owns"]) == (1, {"API": 1, "Component": 1, "System": 1})
    assert output(capsys, "org", "show", "ada")["identities"] == [
        {"provider": "github", "value": "ada-l", "confidence": "declared"}
    ]
    assert run("org", "show", "group:default/nobody") == 1
    assert run("org", "list") == 0
    assert run("org", "show", "payments") == 0
    assert run("org", "show", "user:ada") == 0
    assert "Ada Großmann" in capsys.readouterr().out
    ada = Person.objects.get(name="ada")
    Identity.objects.create(person=ada, provider="", value="ada", value_key="ada", created_at=world.NOW)
    assert run("org", "show", "user:ada") == 0
    assert "Known as:     login ada, github:ada-l\n" in capsys.readouterr().out


def test_history_is_empty_at_first(capsys: pytest.CaptureFixture[str]) -> None:
    world.named()
    assert output(capsys, "catalog", "history", "orders-api")["items"] == []


GOOD = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: a}\nspec: {type: team, children: []}\n"


def test_validate_needs_no_database_and_says_where_it_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "catalog-info.yaml"
    file.write_text(GOOD)
    assert run("catalog", "validate", str(tmp_path)) == 0
    assert capsys.readouterr().out == "1 file: 1 Group; 0 errors\n"
    file.write_text(GOOD + "---\n" + GOOD + "---\nkind: Component\n")
    assert run("catalog", "validate", str(file), "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["ok"]
    assert [(error["document"], error["line"]) for error in found["errors"]][-1] == (1, 6)
    assert "declared in catalog-info.yaml:1 already" in found["errors"][-1]["message"]
    assert run("catalog", "validate", str(tmp_path / "nothing")) == 1
    assert run("catalog", "validate", " ") == 2


def test_validate_counts_a_kind_once_however_it_is_spelt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    descriptor = "apiVersion: backstage.io/v1alpha1\nkind: {}\nmetadata: {{name: {}}}\n"
    descriptor += "spec: {{type: team, children: []}}\n"
    documents = [descriptor.format(kind, kind) for kind in ("Group", "Widget")]
    documents += [descriptor.format(kind, f"{kind}-2") for kind in ("group", "wIDGET")]
    (tmp_path / "catalog-info.yaml").write_text("---\n".join(documents))
    assert output(capsys, "catalog", "validate", str(tmp_path))["entities"] == {"Group": 2, "Widget": 2}

"""Saved views from the shell."""

import json

import pytest

from awayteam.accounts.models import User
from awayteam.cli.main import main
from awayteam.lists.models import SavedView
from awayteam.organisation.models import Membership, Person, Team

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awayteam.cli.setup.django", lambda *, existing=False: None)
    team = Team.objects.create(ref="group:default/orders", name="orders")
    for name in ("ada", "bob"):
        person = Person.objects.create(ref=f"user:default/{name}", name=name)
        Membership.objects.create(team=team, person=person)
        User.objects.create_user(name, person=person)
    Person.objects.create(ref="user:default/eve", name="eve")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["views", *arguments])
    out, err = capsys.readouterr()
    return int(stopped.value.code or 0), out, err


def test_a_view_is_kept_shared_listed_removed_and_brought_back(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "save", "Late", "/services/?lifecycle=deprecated", "--person", "ada", "--team", "orders", "--json"
    )
    made = json.loads(out)
    assert (code, made["list"], made["team"], made["mine"]) == (0, "services", "group:default/orders", True)
    assert made["address"] == f"/services/?lifecycle=deprecated&saved={made['id']}"
    code, out, _ = run(capsys, "list", "--person", "bob", "--list", "services", "--json")
    assert [(row["name"], row["owner"], row["mine"]) for row in json.loads(out)] == [
        ("Late", "user:default/ada", False)
    ]
    code, out, _ = run(capsys, "list", "--person", "user:default/bob")
    assert out.split("\t")[1:5] == ["Services", "Late", "ada", "orders"]
    code, _, err = run(capsys, "delete", str(made["id"]), "--person", "bob")
    assert (code, "Only the one who saved this view" in err) == (1, True)
    assert run(capsys, "delete", str(made["id"]), "--person", "ada")[1] == "The view 'Late' of Services is removed.\n"
    assert json.loads(run(capsys, "list", "--person", "ada", "--json")[1]) == []
    run(capsys, "delete", str(made["id"]), "--person", "ada", "--restore")
    assert SavedView.objects.get().removed_at is None


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["save", "x", "/services/", "--person", "eve"], 1, "eve has no account."),
        (["save", "x", "/services/", "--person", "nobody"], 1, "There is no person user:default/nobody."),
        (["save", "x", "/nowhere/", "--person", "ada"], 2, "no address of a list"),
        (["save", "x", "/services/", "--person", "ada", "--team", "orders", "--everybody"], 2, "not both"),
        (["delete", "7", "--person", "ada"], 1, "There is no such view."),
        (["list"], 2, "Missing option '--person'"),
    ],
)
def test_what_goes_wrong_says_so(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    found, _, err = run(capsys, *arguments)
    assert (found, message in err) == (code, True), err
    assert not SavedView.objects.exists()

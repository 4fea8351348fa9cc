"""Accounts and tokens from the shell, as its users see them."""

import io
import json

import pytest

from awayteam.accounts.models import ApiToken, User
from awayteam.cli.main import main
from awayteam.organisation.models import Person

pytestmark = pytest.mark.django_db


def run(capsys: pytest.CaptureFixture[str], *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(stdin))
        patch.setattr("awayteam.cli.setup.django", lambda **_: None)
        with pytest.raises(SystemExit) as stopped:
            main(list(arguments))
    out, err = capsys.readouterr()
    return int(stopped.value.code or 0), out, err


def test_an_administrator_is_made_and_linked(capsys: pytest.CaptureFixture[str]) -> None:
    Person.objects.create(ref="user:default/ada", name="ada", email="ada@example.org")
    arguments = ["user", "create-admin", "ada", "--email", "ada@example.org", "--password-stdin", "--json"]
    code, out, _ = run(capsys, *arguments, stdin="correct horse battery\n")
    assert (code, json.loads(out)) == (
        0,
        {"username": "ada", "email": "ada@example.org", "administrator": True, "person": "user:default/ada"},
    )
    user = User.objects.get()
    assert user.is_superuser
    assert user.check_password("correct horse battery")


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        (["user", "create", "eve"], "", 2, "There is no terminal to ask for the password."),
        (["user", "create", "eve", "--password-stdin"], "\n", 2, "The password is empty."),
        (["user", "create", "eve", "--password-stdin"], "short\n", 2, "too short"),
        (
            ["user", "create", "ada", "--password-stdin"],
            "correct horse battery\n",
            1,
            "There is an account 'ada' already.",
        ),
        (["user", "deactivate", "nobody"], "", 1, "There is no account 'nobody'."),
        (["token", "create", "ada", "ci", "--scope", "all"], "", 2, "Unknown scope 'all'."),
        (["token", "create", "ada", "ci", "--days", "5000"], "", 2, "A token lives from 1 to 365 days"),
        (["token", "revoke", "99"], "", 1, "There is no such token."),
    ],
)
def test_what_cannot_be_done_is_said(
    capsys: pytest.CaptureFixture[str], arguments: list[str], stdin: str, code: int, message: str
) -> None:
    User.objects.create_user("ada")
    found, out, err = run(capsys, *arguments, stdin=stdin)
    assert (found, out) == (code, "")
    assert message in err
    assert User.objects.count() == 1
    assert not ApiToken.objects.exists()


def test_accounts_are_listed_changed_and_closed(capsys: pytest.CaptureFixture[str]) -> None:
    user = User.objects.create_user("ada", password="x")
    assert run(capsys, "user", "administrator", "ada")[0] == 0
    assert run(capsys, "user", "password", "ada", "--password-stdin", stdin="correct horse battery\n")[0] == 0
    code, _, err = run(capsys, "user", "deactivate", "ada", "--reason", "left")
    assert (code, "This is the last administrator." in err) == (1, True)
    User.objects.create_superuser("zoe")
    assert run(capsys, "user", "deactivate", "ada", "--reason", "left")[0] == 0
    _, out, _ = run(capsys, "user", "list", "--json")
    assert [(row["username"], row["is_active"], row["is_administrator"]) for row in json.loads(out)] == [
        ("ada", False, True),
        ("zoe", True, True),
    ]
    assert "ada" in run(capsys, "user", "list")[1]
    user.refresh_from_db()
    assert user.check_password("correct horse battery")
    assert run(capsys, "user", "activate", "ada")[0] == 0


def test_tokens_are_made_listed_and_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    User.objects.create_user("ada")
    _, out, err = run(capsys, "token", "create", "ada", "ci", "--scope", "write", "--days", "3")
    assert out.startswith("awat_")
    assert "not shown again" in err
    _, listed, _ = run(capsys, "token", "list", "ada", "--json")
    (row,) = json.loads(listed)
    assert (row["name"], row["scopes"], row["state"]) == ("ci", ["read", "write"], "active")
    assert out.strip() not in listed
    assert "revoked" in run(capsys, "token", "revoke", str(row["id"]))[1]
    assert "ci" in run(capsys, "token", "list")[1]
    assert ApiToken.objects.get().revoked_at is not None

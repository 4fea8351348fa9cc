"""`awayteam user` and `awayteam token`: accounts and API tokens, from the server's own shell."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.kernel.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from awayteam.accounts.models import User

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PasswordFromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]
Username = Annotated[str, typer.Argument(help="Name of the account.")]

users = typer.Typer(name="user", help="Accounts: who may sign in.", no_args_is_help=True)
tokens = typer.Typer(name="token", help="API tokens: for scripts and agents.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(users)
    app.add_typer(tokens)


@users.command("create-admin")
def create_admin(
    username: Username,
    email: Annotated[str, typer.Option(help="Address; it counts as verified.")] = "",
    password_stdin: PasswordFromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Make the account of an administrator."""
    _create(username, email, password_stdin, administrator=True, as_json=as_json)


@users.command("create")
def create(
    username: Username,
    email: Annotated[str, typer.Option(help="Address; it counts as verified.")] = "",
    password_stdin: PasswordFromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Make an account."""
    _create(username, email, password_stdin, administrator=False, as_json=as_json)


def _create(username: str, email: str, password_stdin: bool, *, administrator: bool, as_json: bool) -> None:
    password = _password(password_stdin)
    _django(existing=False)
    from django.utils import timezone

    from awayteam.accounts import actions, signin
    from awayteam.kernel.actor import SYSTEM

    now = timezone.now()
    user = actions.create_account(
        actor=SYSTEM, now=now, username=username, email=email, password=password, administrator=administrator
    )
    person = signin.settle_person(user, now)
    if as_json:
        _print_json(
            {"username": user.username, "email": user.email, "administrator": administrator, "person": person.ref}
        )
    else:
        what = "Administrator" if administrator else "Account"
        typer.echo(f"{what} {user.username} made, for {person} ({person.ref}).")


@users.command("list")
def show_users(as_json: AsJson = False) -> None:
    """Show every account."""
    _django()
    from awayteam.accounts.queries import accounts

    rows = accounts()
    if as_json:
        _print_json([row.plain() for row in rows])
        return
    _table(
        ["Name", "E-mail", "Person", "Administrator", "Active", "Last sign-in"],
        [
            [
                row.username,
                row.email,
                row.person or "",
                "yes" if row.is_administrator else "",
                "yes" if row.is_active else "no",
                _day(row.last_login),
            ]
            for row in rows
        ],
    )


@users.command("password")
def password(username: Username, password_stdin: PasswordFromStdin = False) -> None:
    """Set a new password; every session of the account ends."""
    new = _password(password_stdin)
    _change(username, password=new)
    typer.echo(f"{username} has a new password and is signed out everywhere.")


@users.command("deactivate")
def deactivate(username: Username, reason: Annotated[str, typer.Option(help="Stands in the history.")] = "") -> None:
    """Close an account: nobody signs in with it, and its tokens open nothing."""
    _change(username, active=False, reason=reason)
    typer.echo(f"{username} is closed.")


@users.command("activate")
def activate(username: Username, reason: Annotated[str, typer.Option(help="Stands in the history.")] = "") -> None:
    """Open a closed account again."""
    _change(username, active=True, reason=reason)
    typer.echo(f"{username} is open again.")


@users.command("administrator")
def administrator(
    username: Username,
    revoke: Annotated[bool, typer.Option("--revoke", help="Not an administrator any more.")] = False,
    reason: Annotated[str, typer.Option(help="Stands in the history.")] = "",
) -> None:
    """Make somebody an administrator, or with --revoke not any more."""
    _change(username, administrator=not revoke, reason=reason)
    typer.echo(f"{username} is {'no administrator any more' if revoke else 'an administrator'}.")


def _change(username: str, **changes: Any) -> None:
    _django()
    from django.utils import timezone

    from awayteam.accounts import actions
    from awayteam.kernel.actor import SYSTEM

    actions.change_account(actor=SYSTEM, now=timezone.now(), user=_user(username), **changes)


@tokens.command("create")
def create_token(
    username: Annotated[str, typer.Argument(help="Whose token: it may what this account may.")],
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="read or write (which brings read); repeat it.")] = None,
    days: Annotated[int | None, typer.Option(help="Days until it expires; the rulebook says the default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and show it: this once, since only its hash is kept."""
    _django()
    from django.utils import timezone

    from awayteam.accounts import actions
    from awayteam.kernel.actor import SYSTEM

    made = actions.create_token(
        actor=SYSTEM, now=timezone.now(), user=_user(username), name=name, scopes=scope or ["read"], days=days
    )
    if as_json:
        _print_json({"id": made.token.pk, "token": made.secret, "expires_at": made.token.expires_at.isoformat()})
        return
    typer.echo(made.secret)
    typer.echo(f"Keep it now; it is not shown again. It expires on {_day(made.token.expires_at)}.", err=True)


@tokens.command("list")
def show_tokens(
    username: Annotated[str | None, typer.Argument(help="Only this account's.")] = None, as_json: AsJson = False
) -> None:
    """Show tokens: never the secret, which nobody keeps."""
    _django()
    from django.utils import timezone

    from awayteam.accounts.queries import tokens_of
    from awayteam.kernel.actor import SYSTEM

    rows = tokens_of(SYSTEM, timezone.now(), _user(username) if username else None)
    if as_json:
        _print_json([row.plain() for row in rows])
        return
    _table(
        ["Id", "Account", "Name", "Starts with", "Scopes", "State", "Expires", "Last used"],
        [
            [
                str(row.id),
                row.account,
                row.name,
                row.prefix,
                ", ".join(row.scopes),
                row.state,
                _day(row.expires_at),
                _day(row.last_used_at),
            ]
            for row in rows
        ],
    )


@tokens.command("revoke")
def revoke_token(
    token_id: Annotated[int, typer.Argument(help="The id that `awayteam token list` shows.")],
    reason: Annotated[str, typer.Option(help="Stands in the history.")] = "",
) -> None:
    """End a token at once."""
    _django()
    from django.utils import timezone

    from awayteam.accounts import actions
    from awayteam.kernel.actor import SYSTEM

    token = actions.revoke_token(actor=SYSTEM, now=timezone.now(), token_id=token_id, reason=reason)
    typer.echo(f"The token {token.name!r} is revoked.")


def _django(*, existing: bool = True) -> None:
    from awayteam.cli.setup import django

    django(existing=existing)


def _user(username: str) -> "User":
    from awayteam.accounts.models import User

    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound(f"There is no account {username!r}.", "`awayteam user list` shows them.")
    return user


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        raise InvalidInput("There is no terminal to ask for the password.", "Pipe it in and add --password-stdin.")
    if not password:
        raise InvalidInput("The password is empty.", "Give one of at least 10 characters.")
    return str(password)


def _day(at: Any) -> str:
    return at.strftime("%Y-%m-%d") if at else ""


def _print_json(value: Any) -> None:
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _table(header: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)

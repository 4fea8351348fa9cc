"""`awayteam forge`: set forges up, see how they do, link accounts, retry what was given up."""

import sys
from typing import Annotated, Any

import typer

from awayteam.cli.shared import CURSOR, JSON, LIMIT, django, facts, print_json, table

app = typer.Typer(help="Forges: GitHub, GitLab, Gitea, Forgejo, gitolite.", no_args_is_help=True)
deliveries_app = typer.Typer(help="What forges told.", no_args_is_help=True)
NAME = Annotated[str, typer.Argument(metavar="NAME", help="What the forge is called here.")]
PERSON = Annotated[str, typer.Option("--as", metavar="PERSON", help="Who does it; without it, the software itself.")]
REASON = Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")]
SET = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting; `KEY=@FILE` reads a file, `KEY=-` standard input."),
]
LONGEST = 20_000


def register(root: typer.Typer) -> None:
    app.add_typer(deliveries_app, name="deliveries")
    root.add_typer(app, name="forge")


def _actor(person: str) -> Any:
    from django.utils import timezone

    from awayteam.accounts.actors import actor_of_person
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries

    return actor_of_person(queries.person(SYSTEM, person), timezone.now()) if person else SYSTEM


def _forge(name: str) -> Any:
    from awayteam.forges.permissions import load
    from awayteam.kernel.actor import SYSTEM

    return load(SYSTEM, name)


def _settings(given: list[str] | None) -> dict[str, str]:
    """The values of `--set`. A secret on the command line would stand in the shell's history: files and stdin don't."""
    from awayteam.kernel.errors import InvalidInput

    found: dict[str, str] = {}
    for one in given or []:
        key, equals, value = one.partition("=")
        if not equals or not key:
            raise InvalidInput(f"--set {one[:40]!r} has no value.", "Write KEY=VALUE, KEY=@FILE or KEY=-.")
        if value == "-":
            value = sys.stdin.read(LONGEST + 1)
        elif value.startswith("@"):
            value = _file(value[1:])
        found[key] = value.strip()
    return found


def _file(path: str) -> str:
    from awayteam.kernel.errors import InvalidInput

    try:
        with open(path, encoding="utf-8") as file:
            return file.read(LONGEST + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} can't be read: {error}.", "Name a text file.") from None


def _row(row: Any) -> dict[str, Any]:
    from awayteam.forges.api.schemas import forge_of

    return dict(forge_of(row).dict())


@app.command()
def add(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="github, gitlab, gitea, forgejo, gitolite.")],
    name: NAME,
    address: Annotated[str, typer.Option("--address", help="Where its API is; empty: the kind's usual one.")] = "",
    values: SET = None,
    private: Annotated[bool, typer.Option("--private", help="The address may be loopback or private.")] = False,
    person: PERSON = "",
    reason: REASON = "",
    as_json: JSON = False,
) -> None:
    """Set a forge up. A webhook secret that isn't given is made, and shown this once."""
    django()
    from django.utils import timezone

    from awayteam.forges import queries
    from awayteam.forges.actions import setting

    now = timezone.now()
    made = setting.add(
        kind=kind, name=name, address=address, values=_settings(values), allow_private=private,
        actor=_actor(person), now=now, reason=reason,
    )  # fmt: skip
    row = queries.row_of(made.forge, now)
    if as_json:
        print_json({**_row(row), "webhook_secret": made.secret})
        return
    typer.echo(f"{made.forge.name} is set up. See `awayteam forge test {made.forge.name}`.")
    facts([("Deliver to", row.hook), ("Secret", made.secret)])


@app.command("set")
def change(
    name: NAME,
    values: SET = None,
    private: Annotated[bool | None, typer.Option("--private/--public", help="May the address be private?")] = None,
    active: Annotated[bool | None, typer.Option("--on/--off", help="Switch it on, or pause it.")] = None,
    person: PERSON = "",
    reason: REASON = "",
) -> None:
    """Change settings. The webhook secret before the last one stays good for the rulebook's hours."""
    django()
    from django.utils import timezone

    from awayteam.forges.actions import setting

    setting.change(
        _forge(name), actor=_actor(person), now=timezone.now(), values=_settings(values) or None,
        allow_private=private, active=active, reason=reason,
    )  # fmt: skip
    typer.echo(f"{name} is changed.")


@app.command("list")
def list_(
    removed: Annotated[bool, typer.Option("--removed", help="Those that were removed as well.")] = False,
    as_json: JSON = False,
) -> None:
    """Forges, and how they do."""
    django()
    from django.utils import timezone

    from awayteam.forges import queries
    from awayteam.kernel.actor import SYSTEM

    rows = queries.forges(SYSTEM, timezone.now(), removed=removed)
    if as_json:
        print_json([_row(row) for row in rows])
        return
    if not rows:
        typer.echo("No forge is connected. See `awayteam forge add --help`.", err=True)
    table(
        ("Name", "Kind", "Health", "Repositories", "Open", "Given up", "Says"),
        [(row.forge.name, row.title, row.health.word, str(row.repositories), str(row.open_changes), str(row.dead),
          row.health.says) for row in rows],
    )  # fmt: skip


@app.command()
def show(name: NAME, as_json: JSON = False) -> None:
    """One forge: health, repositories. Secrets are never shown."""
    django()
    from django.utils import timezone

    from awayteam.forges import queries, registry
    from awayteam.forges.repositories import known_as

    forge = _forge(name)
    row, places = queries.row_of(forge, timezone.now()), queries.repositories(forge)
    sealed = sorted(key for key in registry.open_secrets(forge) if not key.endswith(registry.FORMER))
    if as_json:
        more = {"settings": forge.settings, "secrets": sealed, "repositories_known": [one.slug for one in places]}
        print_json({**_row(row), **more})
        return
    facts([
        ("Name", forge.name), ("Kind", row.title), ("Address", forge.address), ("State", forge.state),
        ("Health", f"{row.health.word}: {row.health.says}"), ("Deliver to", row.hook),
        ("Settings", ", ".join(f"{key}={value}" for key, value in forge.settings.items())),
        ("Secrets", ", ".join(sealed)), ("Waiting", str(row.waiting)), ("Given up", str(row.dead)),
        ("Unlinked", str(row.unlinked)), ("Last error", forge.last_error),
    ])  # fmt: skip
    table(("Repository", "Agreements call it", "Gone"),
          [(one.slug, known_as(one), "gone" if one.gone_at else "") for one in places])  # fmt: skip


@app.command("test")
def examine(name: NAME, person: PERSON = "", as_json: JSON = False) -> None:
    """Ask the forge something harmless and say what is lacking. Exit code 1 where something is."""
    django()
    from django.utils import timezone

    from awayteam.forges.actions import examining

    found = examining.examine(_forge(name), actor=_actor(person), now=timezone.now())
    if as_json:
        print_json([{"passes": one.passes, "says": one.says} for one in found])
    else:
        for one in found:
            typer.echo(f"{'good' if one.passes else 'LACKING'}: {one.says}")
    if not all(one.passes for one in found):
        raise typer.Exit(1)


@app.command()
def remove(
    name: NAME,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    person: PERSON = "",
    reason: REASON = "",
) -> None:
    """Speak with it no more. Its secrets are forgotten; all else stays, and comes back if it is added again."""
    django()
    from django.utils import timezone

    from awayteam.forges.actions import setting

    forge = _forge(name)
    if not yes:
        typer.confirm(f"Forget the secrets of {name} and speak with it no more?", abort=True)
    setting.remove(forge, actor=_actor(person), now=timezone.now(), reason=reason)
    typer.echo(f"{name} is removed; what was learnt from it stays.")


@app.command()
def accounts(
    name: NAME,
    unlinked: Annotated[bool, typer.Option("--unlinked", help="Only those that are nobody's.")] = False,
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """Accounts, those that took part most often first."""
    django()
    from awayteam.forges import queries
    from awayteam.forges.api.schemas import account_of
    from awayteam.kernel.actor import SYSTEM

    page = queries.accounts(SYSTEM, _forge(name), unlinked=unlinked, cursor=cursor, limit=limit)
    rows = [dict(account_of(row).dict()) for row in page.items]
    if as_json:
        print_json({"items": rows, "next_cursor": page.next_cursor})
        return
    table(("Login", "Id", "Person", "How", "Seen"),
          [(one["login"], one["id"], one["person"] or "", one["says"], str(one["seen"])) for one in rows])  # fmt: skip


@app.command("link-account")
def link_account(
    name: NAME,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The forge's id of it, or its login now.")],
    owner: Annotated[str, typer.Argument(metavar="PERSON", help="Whose it is; empty: nobody's.")] = "",
    person: PERSON = "",
    reason: REASON = "",
) -> None:
    """Say whose account it is. Without a person the link is taken away, and no handle brings it back."""
    django()
    from django.utils import timezone

    from awayteam.forges import accounts, queries
    from awayteam.forges.queries.accounts import account as account_of

    row, actor, now = account_of(_forge(name), account), _actor(person), timezone.now()
    if owner:
        accounts.link(row, queries.match_person(owner), actor=actor, now=now, reason=reason)
    else:
        accounts.unlink(row, actor=actor, now=now, reason=reason)
    typer.echo(f"{row.login} is {owner or 'nobody'}'s.")


@deliveries_app.command("list")
def list_deliveries(
    name: NAME,
    state: Annotated[str, typer.Option("--state", help="waiting, done or dead.")] = "",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """Deliveries, the newest first."""
    django()
    from awayteam.forges import queries
    from awayteam.forges.api.schemas import delivery_of
    from awayteam.kernel.actor import SYSTEM

    page = queries.deliveries(SYSTEM, _forge(name), state=state, cursor=cursor, limit=limit)
    rows = [dict(delivery_of(row).dict()) for row in page.items]
    if as_json:
        print_json({"items": rows, "next_cursor": page.next_cursor})
        return
    cells = [(str(one["id"]), one["kind"], one["state"], str(one["attempts"]), one["last_error"]) for one in rows]
    table(("Id", "Kind", "State", "Attempts", "Last error"), cells)


@deliveries_app.command("retry")
def retry(
    name: NAME,
    delivery: Annotated[int, typer.Argument(metavar="ID", help="The number in `deliveries list`.")],
    person: PERSON = "",
    reason: REASON = "",
) -> None:
    """Let a dead delivery be read again."""
    django()
    from django.utils import timezone

    from awayteam.forges.actions import reading
    from awayteam.forges.queries.deliveries import delivery as delivery_of
    from awayteam.kernel.actor import SYSTEM

    row = delivery_of(SYSTEM, _forge(name), delivery)
    reading.retry(row, actor=_actor(person), now=timezone.now(), reason=reason)
    typer.echo("It is read again as soon as a worker looks.")

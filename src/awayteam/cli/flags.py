"""`awayteam flag`: what flags are, and what somebody would get; with a file of flagd, without an installation."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from awayteam.cli.shared import CURSOR, JSON, LIMIT, django, facts, print_json, table

app = typer.Typer(help="Flags: what they are, and what somebody would get of them.", no_args_is_help=True)
PERSON = Annotated[str, typer.Option("--as", metavar="PERSON", help="Who says so; without it, the software itself.")]
REASON = Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")]
PLACE = Annotated[str, typer.Option("--environment", "-e", metavar="KEY", help="Where; without it, the first one.")]
KEY = Annotated[str, typer.Argument(metavar="KEY", help="The key of the flag.")]
FILE = Annotated[str, typer.Argument(metavar="FILE", help="A file of JSON; - reads standard input.")]
LARGEST = 16 * 1024 * 1024


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="flag")


def _actor(person: str) -> Any:
    from django.utils import timezone

    from awayteam.accounts.actors import actor_of_person
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries

    return actor_of_person(queries.person(SYSTEM, person), timezone.now()) if person else SYSTEM


def _read(file: str) -> bytes:
    from awayteam.kernel.errors import InvalidInput

    try:
        if file == "-":
            return sys.stdin.buffer.read(LARGEST)
        with Path(file).open("rb") as opened:
            return opened.read(LARGEST)
    except OSError as error:
        raise InvalidInput(f"{file} can't be read: {error.strerror}.", "Name another file.") from None


def _plain(row: Any) -> dict[str, Any]:
    from awayteam.flags.api.schemas import flag_out

    return flag_out(row).model_dump(mode="json")


def _print(key: str, actor: Any, as_json: bool) -> None:
    from django.utils import timezone

    from awayteam.flags import queries
    from awayteam.flags.api.schemas import told_out

    told = queries.told(actor, key, timezone.now())
    values = told_out(told).model_dump(mode="json")
    if as_json:
        print_json(values)
        return
    facts(
        [(name.replace("_", " ").capitalize(), values[name]) for name in
         ("key", "title", "owner", "kind", "purpose", "lifecycle", "remove_on", "kept_until", "asked_why")]
    )  # fmt: skip
    for row in told.rows:
        if row.setting is None:
            typer.echo(f"{row.environment.key}: not defined")
            continue
        off = " (switched off)" if row.setting.killed_at else ""
        only = f", everybody gets {row.setting.everybody}" if row.setting.everybody else ""
        typer.echo(f"{row.environment.key}: definition {row.setting.definition.number}{off}{only}")
        for problem in row.problems:
            typer.echo(f"  {problem}")


@app.command("list")
def list_(
    owner: Annotated[list[str] | None, typer.Option("--owner", help="Only of this team (a reference).")] = None,
    stale: Annotated[bool, typer.Option("--stale", help="Only those that should go.")] = False,
    killed: Annotated[bool, typer.Option("--killed", help="Only those that are switched off somewhere.")] = False,
    archived: Annotated[bool, typer.Option("--archived", help="Those that are gone as well.")] = False,
    text: Annotated[str, typer.Option("--text", help="Only with these words.")] = "",
    sort: Annotated[str, typer.Option("--sort", help="stale, key, remove or -changed.")] = "stale",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """All flags; those that should go come first."""
    django()
    from django.utils import timezone

    from awayteam.flags import queries
    from awayteam.kernel.actor import SYSTEM

    wanted = queries.FlagFilter(owner=tuple(owner or ()), stale=stale, killed=killed, archived=archived, text=text)
    page = queries.flags(SYSTEM, wanted, timezone.now(), sort=sort, cursor=cursor or None, limit=limit)
    if as_json:
        items = [_plain(row) for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = ((r.flag.key, r.lifecycle, r.flag.kind, r.flag.purpose, r.flag.remove_on, r.flag.owner) for r in page.items)
    table(("Key", "State", "Kind", "For", "Remove by", "Team"), rows)


@app.command()
def show(key: KEY, as_json: JSON = False) -> None:
    """One flag in every environment."""
    django()
    from awayteam.kernel.actor import SYSTEM

    _print(key, SYSTEM, as_json)


@app.command("import")
def import_(
    file: FILE,
    owner: Annotated[str, typer.Option("--owner", metavar="TEAM", help="The team of flags that are new.")],
    reason: REASON = "imported from a file",
    environment: PLACE = "",
    purpose: Annotated[str, typer.Option("--for", help="release, experiment, operations or permission.")] = "release",
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Take flags with problems too; they answer PARSE_ERROR.")
    ] = False,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Write the flags of a file (flagd's JSON) into an environment; exit code 1 where some were refused."""
    django()
    from dataclasses import asdict

    from django.utils import timezone

    from awayteam.cli.failing import usage
    from awayteam.flags import actions, queries
    from awayteam.flags.rules import Purpose
    from awayteam.organisation import queries as organisation

    if purpose not in set(Purpose):
        usage(f"--for is one of {', '.join(Purpose)}")
    actor, now = _actor(person), timezone.now()
    actions.ensure_environments(actor=actor, now=now)
    made = actions.import_document(
        _read(file), queries.environment(actor, environment), organisation.team(actor, owner), actor=actor, now=now,
        reason=reason, purpose=Purpose(purpose), as_is=as_is,
    )  # fmt: skip
    if as_json:
        print_json(asdict(made))
    else:
        typer.echo(f"{len(made.created)} new, {len(made.changed)} changed, {len(made.unchanged)} as they were")
        for key, why in made.refused.items():
            typer.echo(f"{key}: {why}", err=True)
    if made.refused:
        raise typer.Exit(1)


@app.command()
def export(environment: PLACE = "") -> None:
    """All flags of an environment as flagd's JSON, as they are served."""
    django()
    from awayteam.flags import queries
    from awayteam.kernel.actor import SYSTEM

    print_json(queries.exported(SYSTEM, queries.environment(SYSTEM, environment)))


@app.command("set")
def set_(
    key: KEY, file: FILE, reason: REASON, environment: PLACE = "", person: PERSON = "", as_json: JSON = False
) -> None:
    """Let a flag be what stands in a file, in one environment."""
    django()
    from django.utils import timezone

    from awayteam.flags import actions, queries

    actor, now = _actor(person), timezone.now()
    text = _read(file).decode("utf-8", "replace")
    place = queries.environment(actor, environment)
    actions.define(queries.flag(actor, key, now), place, text, actor=actor, now=now, reason=reason)
    _print(key, actor, as_json)


@app.command()
def kill(
    key: KEY,
    reason: REASON,
    variant: Annotated[str, typer.Option("--variant", help="What everybody gets; else their code's default.")] = "",
    release: Annotated[bool, typer.Option("--release", help="Let the definition hold again.")] = False,
    environment: PLACE = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Switch a flag off for everybody at once, or let it go on again."""
    django()
    from django.utils import timezone

    from awayteam.flags import actions, queries

    actor, now = _actor(person), timezone.now()
    row, place = queries.flag(actor, key, now), queries.environment(actor, environment)
    if release:
        actions.release(row, place, actor=actor, now=now, reason=reason)
    else:
        actions.kill(row, place, actor=actor, now=now, reason=reason, variant=variant)
    _print(key, actor, as_json)


@app.command()
def evaluate(
    key: KEY,
    context: Annotated[str, typer.Option("--context", "-c", metavar="JSON", help="Who asks, as an object.")] = "{}",
    file: Annotated[str, typer.Option("--file", "-f", help="A file of flagd, instead of an installation.")] = "",
    environment: PLACE = "",
    as_json: JSON = False,
) -> None:
    """What a context gets of a flag, and why. With --file no installation is needed."""
    found = _from_file(key, file, context) if file else _from_installation(key, environment, context)
    answer = found.answer
    if as_json:
        steps = [{"path": one.path, "value": one.value, "rule": one.rule} for one in found.steps]
        print_json(
            {"key": key, "value": answer.value, "variant": answer.variant, "reason": answer.reason,
             "error": answer.error, "details": answer.details, "metadata": dict(answer.metadata), "steps": steps}
        )  # fmt: skip
    elif not answer.error:
        shown = f"{answer.value!r} (variant {answer.variant})" if answer.variant else "the default in the code"
        typer.echo(f"{shown}, {answer.reason}")
        for one in found.steps:
            typer.echo(f"{'  ' * one.depth}{one.path} = {one.value!r}")
    if answer.error:
        typer.echo(f"{answer.error}: {answer.details}", err=True)
        raise typer.Exit(1)


def _from_file(key: str, file: str, context: str) -> Any:
    from awayteam.flags.evaluating import BadDefinition, explain, read, read_document
    from awayteam.kernel.errors import InvalidInput, NotFound

    try:
        document, who = read_document(_read(file)), read(context)
    except BadDefinition as error:
        raise InvalidInput(f"This can't be used: {error}.", "Mend it.") from None
    if not isinstance(who, dict):
        raise InvalidInput("A context is an object.", 'Write it as {"targetingKey": "user-1"}.')
    if key not in document.flags:
        raise NotFound(f"There is no flag {key[:200]!r} in {file}.")
    return explain(key, document.flags[key], document.evaluators, who)


def _from_installation(key: str, environment: str, context: str) -> Any:
    django()
    from django.utils import timezone

    from awayteam.flags import queries
    from awayteam.kernel.actor import SYSTEM

    row = queries.flag(SYSTEM, key, timezone.now())
    return queries.preview(SYSTEM, row, queries.environment(SYSTEM, environment), context)

"""`awayteam usage import`, and what names of the telemetry are in the catalog: rules, by hand, and taken back."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import CURSOR, JSON, LIMIT, django, print_json, table

NAME = Annotated[str, typer.Argument(metavar="NAME", help="As the telemetry calls it, or database:NAME.")]
REASON = Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")]


def register(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command("names")(names)
    app.command("unmatched")(unmatched)
    app.command("match")(match)
    app.command("unmatch")(unmatch)
    rules = typer.Typer(name="rule", help="How names are matched to the catalog.", no_args_is_help=True)
    rules.command("list")(list_rules)
    rules.command("add")(add_rule)
    rules.command("remove")(remove_rule)
    app.add_typer(rules)


def import_(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Traces: Jaeger, Zipkin, OTLP (also .gz), or folders of them."),
    ],
    as_if_now: Annotated[
        bool, typer.Option("--as-if-now", help="Move all times, so that the newest call was made now.")
    ] = False,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Count the calls in files of traces and store them; a file counts once, however often it is imported."""
    from awayteam.cli.setup import django as ready

    ready()
    from django.utils import timezone

    from awayteam.cli import usage
    from awayteam.cli.failing import refused
    from awayteam.usage.importing import import_files

    actor = actor_of(person)
    with refused(), usage.bar() as progress:
        done = import_files(files, actor=actor, now=timezone.now(), as_if_now=as_if_now, progress=progress)
    usage.tell_problems(done.counted)
    found = done.counted
    if as_json:
        print_json(_imported(done))
    elif found.files or done.known:
        tally = found.edges.tally
        typer.echo(
            f"{len(found.files)} files, {tally.spans:,} spans, {done.published.seen:,} calls, "
            f"{tally.unpaired:,} unpaired" + (f"; {len(done.known)} files were imported before" if done.known else "")
        )
    _warn(done)
    if not found.files and not done.known:
        typer.echo("awayteam: nothing could be read", err=True)
        raise typer.Exit(1)


def _imported(done: Any) -> dict[str, Any]:
    tally = done.counted.edges.tally.as_dict()
    return {
        "files": len(done.counted.files), "known": len(done.known), "unreadable": done.counted.unreadable,
        "problems": done.counted.problem_count, **tally, "calls": done.published.seen,
        "too_old": done.published.too_old, "too_new": done.published.too_new, "capped": done.published.capped,
        "moved_hours": done.moved_hours, "first_hour": _hour(done.first_hour), "last_hour": _hour(done.last_hour),
    }  # fmt: skip


def _hour(hour: int | None) -> str | None:
    return None if hour is None else datetime.fromtimestamp(hour * 3600, UTC).isoformat().replace("+00:00", "Z")


def _warn(done: Any) -> None:
    published = done.published
    if published.too_old:
        typer.echo(
            f"awayteam: {published.too_old:,} calls are older than 13 months and weren't kept; --as-if-now counts them "
            "as if the newest had been made now", err=True,
        )  # fmt: skip
    if published.too_new:
        typer.echo(f"awayteam: {published.too_new:,} calls lie in the future; they count in this hour", err=True)
    if published.capped:
        typer.echo(f"awayteam: {published.capped:,} names or operations too many stand under (others)", err=True)


def names(
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="A part of the name.")] = "",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Names of the telemetry and what they are, most calls first."""
    _list(person, as_json=as_json, limit=limit, cursor=cursor or None, text=text)


def unmatched(limit: LIMIT = 50, cursor: CURSOR = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Names that nobody knows, most calls first, with entities of like names."""
    _list(person, as_json=as_json, limit=limit, cursor=cursor or None, unmatched=True)


def _list(person: str, *, as_json: bool, **wanted: Any) -> None:
    django()
    from django.utils import timezone

    from awayteam.usage import queries

    page = queries.names(actor_of(person), now=timezone.now(), **wanted)
    if as_json:
        print_json({"items": [shown(one) for one in page.items], "next_cursor": page.next_cursor})
        return
    table(
        ("name", "kind", "calls", "is", "by", "perhaps", "last seen"),
        [
            (one.name, one.kind, f"{round(one.calls):,}", one.entity.ref if one.entity else "",
             one.rule or (f"{one.matched_by} by hand" if one.how == "hand" else ""),
             ", ".join(link.ref for link in one.suggestions), f"{one.last_seen:%Y-%m-%d %H:%M}")
            for one in page.items
        ],
    )  # fmt: skip


def shown(one: Any) -> dict[str, Any]:
    """A name as JSON has it."""
    return {
        "id": one.id, "name": one.name, "kind": one.kind, "entity": one.entity.ref if one.entity else None,
        "how": one.how, "rule": one.rule or None, "ignored": one.ignored, "matched_by": one.matched_by or None,
        "calls": round(one.calls), "first_seen": one.first_seen, "last_seen": one.last_seen,
        "suggestions": [link.ref for link in one.suggestions],
    }  # fmt: skip


def match(
    name: NAME,
    entity: Annotated[str, typer.Argument(metavar="[ENTITY]", help="What it is, e.g. component:default/pay.")] = "",
    ignore: Annotated[bool, typer.Option("--ignore", help="It is no service of ours.")] = False,
    reason: REASON = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say by hand what a name is; it stands against every rule."""
    from awayteam.cli.failing import usage

    if bool(entity) == ignore:
        usage("name an entity, or --ignore")
    django()
    from django.utils import timezone

    from awayteam.catalog.queries import resolve
    from awayteam.usage import queries
    from awayteam.usage.actions import matching

    actor, now = actor_of(person), timezone.now()
    row = queries.name(actor, name, now=now)
    thing = resolve(actor, entity, now) if entity else None
    _said(matching.match(row, thing, actor=actor, now=now, reason=reason, ignore=ignore), as_json=as_json)


def unmatch(name: NAME, reason: REASON = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Take back what was said by hand; rules hold again."""
    django()
    from django.utils import timezone

    from awayteam.usage import queries
    from awayteam.usage.actions import matching

    actor, now = actor_of(person), timezone.now()
    row = queries.name(actor, name, now=now)
    _said(matching.unmatch(row, actor=actor, now=now, reason=reason), as_json=as_json)


def _said(row: Any, *, as_json: bool) -> None:
    entity = row.entity.ref if row.entity else None
    if as_json:
        print_json({"name": row.text, "kind": row.kind, "entity": entity, "how": row.how, "ignored": row.ignored})
    else:
        typer.echo(f"{row.text} is {entity or ('ignored' if row.ignored else 'unknown')}.")


def list_rules(as_json: JSON = False) -> None:
    """Rules in their order; the first that finds exactly one entity wins."""
    django()
    from awayteam.usage import matching

    rows = [
        {
            "name": one.name, "kind": one.kind, "annotation": one.place[-1] if one.place else None,
            "pattern": one.pattern or None, "replacement": one.replacement or None, "of": one.of or None,
        }
        for one in matching.rules()
    ]  # fmt: skip
    if as_json:
        print_json(rows)
    else:
        table(
            ("rule", "compares", "annotation", "pattern", "replacement", "names of"),
            [tuple(row.values()) for row in rows],
        )


def add_rule(
    name: Annotated[str, typer.Argument(help="What the rule is called.")],
    kind: Annotated[str, typer.Option("--compare", help="With an entity's name, title or annotation.")] = "name",
    annotation: Annotated[str, typer.Option("--annotation", help="Which annotation.")] = "",
    pattern: Annotated[str, typer.Option("--pattern", help="A regular expression for the whole name.")] = "",
    replacement: Annotated[str, typer.Option("--replacement", help="What it becomes; \\1 is the first group.")] = "",
    of: Annotated[str, typer.Option("--of", help="service, database, messaging or external.")] = "",
    position: Annotated[int, typer.Option("--position", min=0, max=10_000, help="Lower comes first.")] = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Add a rule, and match by it at once."""
    django()
    from django.utils import timezone

    from awayteam.usage.actions import matching

    made = matching.add_rule(
        actor=actor_of(person), now=timezone.now(), name=name, kind=kind, annotation=annotation, pattern=pattern,
        replacement=replacement, of=of, position=position,
    )  # fmt: skip
    if as_json:
        print_json({"name": made.name, "kind": made.kind})
    else:
        typer.echo(f"{made.name} holds.")


def remove_rule(
    name: Annotated[str, typer.Argument(help="What the rule is called.")], person: PERSON = "", as_json: JSON = False
) -> None:
    """Remove a rule; the others match anew."""
    django()
    from django.utils import timezone

    from awayteam.usage.actions import matching

    matching.remove_rule(name, actor=actor_of(person), now=timezone.now())
    if as_json:
        print_json({"removed": name})
    else:
        typer.echo(f"{name} holds no more.")

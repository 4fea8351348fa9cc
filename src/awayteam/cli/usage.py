"""`awayteam usage`: who uses which operation of whom. With files of traces from those alone, without server and
database; else from what is stored."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli import usage_names, usage_senders
from awayteam.cli import usage_stored as stored
from awayteam.cli.people import PERSON

if TYPE_CHECKING:
    from awayteam.usage.edges import Edge, EdgeKey, Edges
    from awayteam.usage.files import Counted
    from awayteam.usage.graph import Hit, Rows

FILES = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...", help="Traces: Jaeger, Zipkin, OTLP (also .gz), or folders of them; none: what is stored."
    ),
]
FROM = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Traces: a file, a folder, or clickhouse://HOST; repeatable. Without it: what is stored.",
    ),
]
DAYS = Annotated[int, typer.Option("--days", min=1, max=396, help="How many days back (what is stored).")]
SOURCE = Annotated[str, typer.Option("--source", help="One kind of evidence: otlp, envoy... (what is stored).")]
DEPTH = Annotated[int, typer.Option("--depth", min=0, max=100, help="How many calls away; 0 is all.")]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LIMIT = Annotated[int, typer.Option("--limit", min=0, help="How many rows at most; 0 is all.")]


class Group(StrEnum):
    """What edges are told apart by."""

    SERVICE = "service"
    OPERATION = "operation"


def register(root: typer.Typer) -> None:
    app = typer.Typer(no_args_is_help=True, help="Who really uses what, from traces.")
    app.command("edges")(edges)
    app.command("consumers")(consumers)
    app.command("providers")(providers)
    app.command("sole")(sole)
    app.command("blast-radius")(blast_radius)
    app.command("dependencies")(dependencies)
    stored.register(app)
    usage_names.register(app)
    app.add_typer(usage_senders.app)
    root.add_typer(app, name="usage")


def edges(
    files: FILES = None,
    group: Annotated[Group, typer.Option("--group", help="Tell operations apart, or add them up.")] = Group.OPERATION,
    limit: LIMIT = 0,
    days: DAYS = 30,
    source: SOURCE = "",
    person: PERSON = "",
    as_json: AS_JSON = False,
) -> None:
    """Every edge: consumer, provider, operation, calls, failed calls, how they were sampled, first and last seen."""
    if not files:
        stored.edges(person, as_json=as_json, group=group.value, days=days, source=source, limit=limit)
        return
    from awayteam.usage.edges import as_dict

    with _counted(files) as found:
        whole = _grouped(found.edges, group)
        rows = whole.sorted()
        rows = rows[:limit] if limit else rows
        if as_json:
            _json([as_dict(key, row) for key, row in rows])
            return
        _table(rows, by_operation=group is Group.OPERATION)
        _tell(found)


def consumers(
    service: Annotated[str, typer.Argument(help="The service that is used.")],
    files: FROM = None,
    operation: Annotated[str, typer.Option("--operation", help="One of its operations.")] = "",
    group: Annotated[Group, typer.Option("--group", help="Tell operations apart, or add them up.")] = Group.SERVICE,
    days: DAYS = 30,
    source: SOURCE = "",
    person: PERSON = "",
    as_json: AS_JSON = False,
) -> None:
    """Who uses a service, most calls first."""
    if operation:
        group = Group.OPERATION
    if not files:
        stored.edges(
            person, as_json=as_json, group=group.value, days=days, source=source, provider=service, operation=operation
        )
        return
    from awayteam.usage import graph

    _ask(files, service, group, lambda rows: graph.consumers(rows, service, operation), as_json=as_json)


def providers(
    service: Annotated[str, typer.Argument(help="The service that uses others.")],
    files: FROM = None,
    group: Annotated[Group, typer.Option("--group", help="Tell operations apart, or add them up.")] = Group.SERVICE,
    days: DAYS = 30,
    source: SOURCE = "",
    person: PERSON = "",
    as_json: AS_JSON = False,
) -> None:
    """What a service uses, most calls first."""
    if not files:
        stored.edges(person, as_json=as_json, group=group.value, days=days, source=source, consumer=service)
        return
    from awayteam.usage import graph

    _ask(files, service, group, lambda rows: graph.providers(rows, service), as_json=as_json)


def sole(
    files: FILES = None,
    group: Annotated[Group, typer.Option("--group", help="Services with one user, or operations.")] = Group.SERVICE,
    days: DAYS = 30,
    person: PERSON = "",
    as_json: AS_JSON = False,
) -> None:
    """What one service alone uses, and how sure that is: a user with few calls is missed where spans are sampled."""
    if not files:
        stored.sole(person, as_json=as_json, group=group.value, days=days)
        return
    from awayteam.usage import graph
    from awayteam.usage.edges import moment

    with _counted(files) as found:
        rows = graph.sole(found.edges.rows, by_operation=group is Group.OPERATION)
        if as_json:
            _json(
                [
                    {
                        "provider": one.provider, "operation": one.operation or None, "consumer": one.consumer,
                        "calls": round(one.calls), "last_seen": moment(one.last), "sampling": one.probability,
                        "missed_below": one.missed_below,
                    }
                    for one in rows
                ]
            )  # fmt: skip
            return
        from awayteam.cli.shared import table

        table(
            ("used", "operation", "only by", "calls", "others with fewer calls may be missed"),
            [(one.provider, one.operation, one.consumer, round(one.calls), _sure(one.missed_below)) for one in rows],
        )
        _tell(found)


def _sure(missed_below: int | None) -> str:
    if missed_below is None:
        return "nobody says what was left out"
    return "none" if missed_below <= 1 else f"fewer than {missed_below:,}"


def blast_radius(
    service: Annotated[str, typer.Argument(help="The service that fails.")],
    files: FROM = None,
    depth: DEPTH = 0,
    person: PERSON = "",
    as_json: AS_JSON = False,
) -> None:
    """Who is hit when a service fails, and how far away."""
    if not files:
        stored.reach(person, service, as_json=as_json, depth=depth, forward=False)
        return
    from awayteam.usage import graph

    _reach(files, service, lambda rows: graph.blast_radius(rows, service, depth), as_json=as_json)


def dependencies(
    service: Annotated[str, typer.Argument(help="The service that needs others.")],
    files: FROM = None,
    depth: DEPTH = 0,
    person: PERSON = "",
    as_json: AS_JSON = False,
) -> None:
    """What a service needs, itself and through others, and how far away."""
    if not files:
        stored.reach(person, service, as_json=as_json, depth=depth, forward=True)
        return
    from awayteam.usage import graph

    _reach(files, service, lambda rows: graph.dependencies(rows, service, depth), as_json=as_json)


def _reach(files: list[str], service: str, question: "Callable[[Rows], list[Hit]]", *, as_json: bool) -> None:
    with _counted(files) as found:
        _known(found.edges, service)
        hits = question(found.edges.rows)
        if as_json:
            _json(
                [
                    {"service": one.service, "depth": one.depth, "via": one.via, "calls": round(one.calls)}
                    for one in hits
                ]
            )
            return
        from awayteam.cli.shared import table

        table(
            ("service", "away", "through", "calls"),
            [(one.service, one.depth, one.via, round(one.calls)) for one in hits],
        )
        _tell(found)


Asked = Callable[[dict["EdgeKey", "Edge"]], list[tuple["EdgeKey", "Edge"]]]


def _ask(files: list[str], service: str, group: Group, question: Asked, *, as_json: bool) -> None:
    from awayteam.usage.edges import as_dict

    with _counted(files) as found:
        whole = _grouped(found.edges, group)
        _known(whole, service)
        rows = question(whole.rows)
        if as_json:
            _json([as_dict(key, row) for key, row in rows])
            return
        _table(rows, by_operation=group is Group.OPERATION)
        _tell(found)


def _grouped(edges: "Edges", group: Group) -> "Edges":
    return edges if group is Group.OPERATION else edges.by_service()


def _known(edges: "Edges", service: str) -> None:
    """Refuse a service that no trace names, with those whose names are near."""
    import difflib

    from awayteam.cli.failing import usage
    from awayteam.usage import graph

    names = graph.services(edges.rows)
    if service not in names:
        near = difflib.get_close_matches(service, names, 3, 0.5)
        usage(f"no call to or from {service} in these traces" + (f"; did you mean {', '.join(near)}?" if near else ""))


@contextmanager
def _counted(files: list[str]) -> Iterator["Counted"]:
    """The edges of files; what couldn't be read is told on standard error. Ends with 1 where nothing could be."""
    from awayteam.cli.failing import refused
    from awayteam.usage.clickhouse import is_address, shown
    from awayteam.usage.files import count, count_stored

    with refused(), bar() as progress:
        stored_there = [one for one in files if is_address(one)]
        found = count([one for one in files if one not in stored_there], progress=progress)
        for address in stored_there:
            progress(shown(address))
            count_stored(found, address, now=datetime.now(UTC))
    tell_problems(found)
    if not found.files:
        if not found.unreadable:
            typer.echo("awayteam: no files of traces there", err=True)
        raise typer.Exit(1)
    yield found


def tell_problems(found: "Counted") -> None:
    """What couldn't be read, on standard error."""
    from awayteam.sources.ownership.base import shown

    for path, why in found.unreadable.items():
        typer.echo(f"awayteam: {shown(path)}: {why}", err=True)
    for text in found.problems[:20]:
        typer.echo(f"awayteam: {shown(text)}", err=True)
    if found.problem_count > 20:
        typer.echo(f"awayteam: {found.problem_count - 20} more spans couldn't be read", err=True)


@contextmanager
def bar() -> Iterator[Callable[[str], None]]:
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:,} files"), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def seen(path: str) -> None:
            bar.update(task, advance=1, description=path[-60:].replace("[", r"\["))

        yield seen


def _table(rows: list[tuple["EdgeKey", "Edge"]], *, by_operation: bool) -> None:
    from awayteam.cli.shared import table
    from awayteam.usage.edges import moment

    head = ["consumer", "provider", "operation", "calls", "failed", "sampled", "last seen"]
    cells: list[list[Any]] = [
        [
            key.consumer, key.provider + ("" if key.kind == "service" else f" ({key.kind})"), key.operation,
            f"{round(row.calls):,}", f"{round(row.failed):,}" if row.failed else "",
            "?" if row.probability is None else "" if row.probability == 1 else f"{row.probability:.2%}",
            (moment(row.last) or "")[:16],
        ]
        for key, row in rows
    ]  # fmt: skip
    if not by_operation:
        head.pop(2)
        for row in cells:
            row.pop(2)
    table(head, cells)


def _tell(found: "Counted") -> None:
    """What stands behind the figures, on standard error."""
    tally, edges = found.edges.tally, found.edges
    typer.echo(
        f"{len(found.files)} files, {tally.spans:,} spans: {tally.paired:,} calls seen by both sides, "
        f"{tally.by_word:,} by the caller's word, {tally.unpaired:,} unpaired, "
        f"{tally.foreign:,} with a parent that isn't here, {tally.roots:,} roots, {tally.duplicates:,} duplicates",
        err=True,
    )
    if tally.dropped or tally.nameless:
        typer.echo(
            f"left out: {tally.dropped:,} spans for want of room, {tally.nameless:,} without a service", err=True
        )
    if edges.odd_times:
        typer.echo(f"{edges.odd_times:,} calls have a time before 2000 or after 2100; they count without it", err=True)
    for provider, number in edges.capped.items():
        typer.echo(f"{provider} has too many operations to tell apart; {number:,} calls stand under (others)", err=True)


def _json(rows: list[dict[str, Any]]) -> None:
    typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))

"""`awayteam usage` on what is stored: the same questions with the same answers as on files, and those that need the
catalog."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import JSON, django, print_json, table

if TYPE_CHECKING:
    from awayteam.usage.queries import Answer, Behind, Use

PAGE = 500
DAYS = Annotated[int, typer.Option("--days", min=1, max=396, help="How many days back.")]
MOST = Annotated[int, typer.Option("--limit", min=0, help="How many rows at most; 0 is all.")]
OPERATION = Annotated[str, typer.Option("--operation", help="One operation alone.")]


def register(app: typer.Typer) -> None:
    app.command("unused")(unused)
    app.command("deprecated")(deprecated)
    app.command("undeclared")(undeclared)
    app.command("unobserved")(unobserved)
    app.command("trend")(trend)
    app.command("teams")(teams)
    app.command("evidence")(evidence)


def _asked(person: str) -> tuple[Any, datetime, Any]:
    """The actor, now, and the queries."""
    django()
    from django.utils import timezone

    from awayteam.usage import queries

    return actor_of(person), timezone.now(), queries


def edges(person: str, *, as_json: bool, limit: int = 0, **wanted: Any) -> None:
    """Uses, most calls first; all of them where `limit` is 0."""
    actor, now, queries = _asked(person)
    rows: list[Use] = []
    cursor = None
    while True:
        size = min(PAGE, limit - len(rows)) if limit else PAGE
        answer = queries.uses(actor, now=now, limit=size, cursor=cursor, **_known(wanted))
        rows += answer.items
        cursor = answer.next_cursor
        if cursor is None or (limit and len(rows) >= limit):
            break
    if as_json:
        print_json([as_dict(one) for one in rows])
        return
    by_operation = wanted.get("group") == "operation"
    head = ["consumer", "provider", "operation", "calls", "failed", "sampled", "evidence", "last seen"]
    cells: list[list[Any]] = [
        [one.consumer.label, one.provider.label, one.operation, f"{round(one.calls):,}",
         f"{round(one.failed):,}" if one.failed else "", _sampled(one.sampling), one.source,
         f"{one.last_seen:%Y-%m-%d %H:%M}"]
        for one in rows
    ]  # fmt: skip
    if not by_operation:
        head.pop(2)
        for row in cells:
            row.pop(2)
    table(head, cells)
    tell(answer)


def _known(wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if value != ""}


def as_dict(one: "Use") -> dict[str, Any]:
    """An edge as JSON has it, in the shape that files have too; names are those of the telemetry."""
    return {
        "consumer": one.consumer.name, "provider": one.provider.name, "operation": one.operation or None,
        "kind": one.kind, "calls": round(one.calls), "failed": round(one.failed), "seen": one.seen,
        "source": one.source, "sampling": one.sampling, "first_seen": _iso(one.first_seen),
        "last_seen": _iso(one.last_seen),
    }  # fmt: skip


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _sampled(sampling: float | None) -> str:
    return "?" if sampling is None else "" if sampling == 1 else f"{sampling:.2%}"


def tell(answer: "Answer[Any]") -> None:
    """What stands behind an answer, on standard error."""
    if not answer.evidence:
        typer.echo(f"nothing was received from {answer.since} to {answer.until}", err=True)
    for one in answer.evidence:
        typer.echo(f"{one.source}, {answer.since} to {answer.until}: {counted(one)}", err=True)


def counted(one: "Behind") -> str:
    """What stands behind one source, as a line."""
    parts = [f"received on {one.days} days", f"{one.spans:,} spans", f"{one.paired:,} seen by both sides"]
    parts += [f"{one.by_word:,} by the caller's word", f"{one.unpaired:,} unpaired", f"{one.expired:,} expired"]
    parts += [f"{one.dropped:,} dropped"]
    if one.capped:
        parts.append(f"{one.capped:,} under (others)")
    if one.refused:
        parts.append(f"{one.refused:,} refused")
    return ", ".join(parts)


def sole(person: str, *, as_json: bool, group: str, days: int) -> None:
    """What one service alone uses."""
    actor, now, queries = _asked(person)
    answer = queries.sole(actor, now=now, days=days, group=group)
    if as_json:
        print_json(
            [
                {
                    "provider": one.provider.name, "operation": one.operation, "consumer": one.consumer.name,
                    "calls": round(one.calls), "last_seen": max(each.last for each in one.evidence),
                    "sampling": _best(one), "missed_below": one.missed_below,
                    "evidence": [
                        {"source": each.source, "calls": round(each.calls), "sampling": each.sampling,
                         "missed_below": each.missed_below, "first": each.first, "last": each.last}
                        for each in one.evidence
                    ],
                }
                for one in answer.items
            ]
        )  # fmt: skip
        return
    table(
        ("used", "operation", "only by", "calls", "others with fewer calls may be missed"),
        [
            (one.provider.label, one.operation, one.consumer.label, f"{round(one.calls):,}", _sure(one.missed_below))
            for one in answer.items
        ],
    )
    tell(answer)


def _best(one: Any) -> float | None:
    return max((each.sampling for each in one.evidence if each.sampling is not None), default=None)


def _sure(missed_below: int | None) -> str:
    if missed_below is None:
        return "nobody says what was left out"
    return "none" if missed_below <= 1 else f"fewer than {missed_below:,}"


def reach(person: str, service: str, *, as_json: bool, depth: int, forward: bool) -> None:
    """Who is hit, or what is needed."""
    actor, now, queries = _asked(person)
    answer = (queries.dependencies if forward else queries.blast_radius)(actor, service, now=now, depth=depth)
    if as_json:
        print_json(
            [
                {"service": one.party.name, "depth": one.depth, "via": one.via.name, "calls": round(one.calls)}
                for one in answer.items
            ]
        )
        return
    table(
        ("service", "away", "through", "calls"),
        [(one.party.label, one.depth, one.via.label, f"{round(one.calls):,}") for one in answer.items],
    )
    tell(answer)


def _all(question: Any, limit: int) -> "Iterator[Any]":
    """All rows of a query in pages, `limit` at most; 0 is all."""
    cursor, taken = None, 0
    while True:
        answer = question(limit=min(PAGE, limit - taken) if limit else PAGE, cursor=cursor)
        yield from answer.items
        taken, cursor = taken + len(answer.items), answer.next_cursor
        if cursor is None or (limit and taken >= limit):
            return


def _show(head: tuple[str, ...], rows: Iterable[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(list(rows))
    else:
        table(head, [tuple(row.values()) for row in rows])


def unused(
    kind: Annotated[str, typer.Option("--kind", help="API or Component; both by default.")] = "",
    limit: MOST = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Services and APIs that nobody used in the last 30 days, though telemetry knows who provides them."""
    actor, now, queries = _asked(person)
    rows = _all(lambda **page: queries.unused(actor, now=now, kind=kind, **page), limit)
    shown = (
        {
            "entity": one.entity.ref, "owner": one.owner.ref if one.owner else None,
            "last_seen": _iso(one.last_seen) if one.last_seen else None, "declared_uses": one.declared,
        }
        for one in rows
    )  # fmt: skip
    _show(("entity", "owner", "last used", "declared uses"), shown, as_json=as_json)


def deprecated(person: PERSON = "", as_json: JSON = False) -> None:
    """Who still calls what its owner declares deprecated."""
    actor, now, queries = _asked(person)
    shown = (
        {
            "consumer": one.use.consumer.name, "provider": one.use.provider.name, "operation": one.use.operation,
            "calls": round(one.use.calls), "deprecated": one.what, "declared_in": one.declared.ref,
            "last_seen": _iso(one.use.last_seen),
        }
        for one in queries.deprecated_callers(actor, now=now).items
    )  # fmt: skip
    head = ("consumer", "provider", "operation", "calls", "deprecated is the", "declared in", "last seen")
    _show(head, shown, as_json=as_json)


def undeclared(limit: MOST = 0, person: PERSON = "", as_json: JSON = False) -> None:
    """Uses that were observed and that the catalog doesn't declare, most calls first."""
    actor, now, queries = _asked(person)
    rows = [as_dict(one) for one in _all(lambda **page: queries.observed_never_declared(actor, now=now, **page), limit)]
    if as_json:
        print_json(rows)
        return
    table(
        ("consumer", "provider", "calls", "evidence", "last seen"),
        [(one["consumer"], one["provider"], one["calls"], one["source"], one["last_seen"][:16]) for one in rows],
    )


def unobserved(
    everything: Annotated[bool, typer.Option("--all", help="Also where telemetry doesn't know both ends.")] = False,
    limit: MOST = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Uses that the catalog declares and that weren't observed in the last 30 days."""
    actor, now, queries = _asked(person)
    rows = _all(
        lambda **page: queries.declared_never_observed(actor, now=now, can_tell=not everything, **page), limit
    )  # fmt: skip
    shown = (
        {
            "consumer": one.consumer.ref, "relation": one.relation, "provider": one.provider.ref,
            "last_seen": _iso(one.last_seen) if one.last_seen else None, "can_tell": one.can_tell,
        }
        for one in rows
    )  # fmt: skip
    _show(("consumer", "relation", "provider", "last used", "would be seen"), shown, as_json=as_json)


def trend(
    service: Annotated[str, typer.Argument(help="The service that is used.")],
    consumer: Annotated[str, typer.Option("--by", help="Only by this one.")] = "",
    operation: OPERATION = "",
    days: DAYS = 30,
    hourly: Annotated[bool, typer.Option("--hourly", help="By the hour, over 14 days at most.")] = False,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Calls by day or by hour."""
    actor, now, queries = _asked(person)
    answer = queries.trend(
        actor, now=now, days=days, grain="hour" if hourly else "day", provider=service, consumer=consumer or None,
        operation=operation,
    )  # fmt: skip
    shown = (
        {
            "at": _iso(point.at) if hourly else point.at.date().isoformat(), "source": one.source,
            "calls": round(point.calls), "failed": round(point.failed),
        }
        for one in answer.items
        for point in one.points
    )  # fmt: skip
    _show(("at", "evidence", "calls", "failed"), shown, as_json=as_json)


def teams(
    service: Annotated[str, typer.Argument(help="The service that is used.")],
    operation: OPERATION = "",
    days: DAYS = 30,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Which teams use a service: each day counts for the team that owned the user on that day."""
    actor, now, queries = _asked(person)
    shown = (
        {
            "team": one.owner.ref if one.owner else None, "source": one.source, "calls": round(one.total),
            "consumers": [party.name for party in one.consumers],
        }
        for one in queries.by_team(actor, service, now=now, days=days, operation=operation).items
    )  # fmt: skip
    _show(("team", "evidence", "calls", "consumers"), shown, as_json=as_json)


def evidence(days: DAYS = 30, person: PERSON = "", as_json: JSON = False) -> None:
    """What was received from each kind of evidence, and what was lost of it."""
    from dataclasses import asdict

    actor, now, queries = _asked(person)
    from awayteam.usage.permissions import Verb, can

    can(actor, Verb.VIEW, None, now).require()
    rows = queries.behind(now, days)
    if as_json:
        print_json([asdict(one) for one in rows])
        return
    table(
        ("evidence", "first day", "last day", "counts"),
        [(one.source, one.since, one.until, counted(one)) for one in rows],
    )

"""`awayteam catalog`: what there is, one thing with everything about it, its history, and whether files are right."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli.shared import AS_OF, CURSOR, JSON, LIMIT, django, facts, moment, print_json, table

if TYPE_CHECKING:
    from awayteam.catalog.models import Entity
    from awayteam.catalog.queries import EntityLink, EntityRow, RelationRow
    from awayteam.kernel.models import Event
    from awayteam.sources.declared import Problem

SHOWN = 50
"""Relations of each kind that `show` prints for people; --json has up to 1,000 in each direction."""


def register(app: typer.Typer) -> None:
    catalog = typer.Typer(help="Look into the catalog, and check files for it.", no_args_is_help=True)
    catalog.command("list")(list_)
    catalog.command("show")(show)
    catalog.command("validate")(validate)
    catalog.command("history")(history)
    app.add_typer(catalog, name="catalog")


def list_(
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Component, API, Group, ... (repeatable).")] = None,
    owner: Annotated[
        list[str] | None, typer.Option("--owner", metavar="REF", help='Owner; "" for those without (repeatable).')
    ] = None,
    type: Annotated[list[str] | None, typer.Option("--type", help="spec.type (repeatable).")] = None,
    lifecycle: Annotated[list[str] | None, typer.Option("--lifecycle", help="spec.lifecycle (repeatable).")] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="One of these tags (repeatable).")] = None,
    presence: Annotated[
        list[str] | None, typer.Option("--presence", help="present, orphan, missing, removed (default: first two).")
    ] = None,
    filter: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="KEY[=VALUE]", help="As Backstage filters: spec.type=service (repeatable)."),
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", help='name, kind, owner, type, lifecycle or changed; "-" reverses.')
    ] = "name",
    limit: LIMIT = 100,
    cursor: CURSOR = "",
    as_of: AS_OF = "",
    as_json: JSON = False,
) -> None:
    """Entities, filtered and sorted, now or as of a date. All filters must hold; one repeated gives alternatives."""
    django()
    from awayteam.catalog import queries
    from awayteam.kernel.actor import SYSTEM

    wanted = queries.EntityFilter(
        kind=tuple(kind or ()),
        owner=tuple(owner or ()),
        type=tuple(type or ()),
        lifecycle=tuple(lifecycle or ()),
        tag=tuple(tag or ()),
        presence=tuple(presence or ()),
        fields=tuple(_field(text) for text in filter or ()),
    )
    page = queries.list_entities(SYSTEM, wanted, sort=sort, cursor=cursor or None, limit=limit, as_of=moment(as_of))
    if as_json:
        print_json({"items": [_row(row) for row in page.items], "next_cursor": page.next_cursor})
        return
    header = ("REFERENCE", "TITLE", "TYPE", "LIFECYCLE", "OWNER", "STATE")
    state = {"present": ""}
    table(
        header,
        (
            (
                row.ref,
                row.title,
                row.type,
                row.lifecycle,
                row.owner and row.owner.ref,
                state.get(row.presence_word, row.presence_word),
            )
            for row in page.items
        ),
    )
    if not page.items:
        typer.echo("Nothing fits. `awayteam import PATH` brings things in; fewer filters find more.", err=True)
    if page.next_cursor:
        typer.echo(f"There is more: --cursor {page.next_cursor}", err=True)


def _field(text: str) -> tuple[str, str | None]:
    from awayteam.kernel.errors import InvalidInput

    path, equals, value = text.partition("=")
    if not path.strip():
        raise InvalidInput(f"--filter {text[:60]!r} has no key.", "Write it as spec.type=service.")
    return path.strip(), value if equals else None


def _row(row: "EntityRow") -> dict[str, Any]:
    return {
        "ref": row.ref,
        "kind": row.kind,
        "namespace": row.namespace,
        "name": row.name,
        "title": row.title,
        "description": row.description,
        "type": row.type,
        "lifecycle": row.lifecycle,
        "owner": _ref(row.owner),
        "system": _ref(row.system),
        "tags": list(row.tags),
        "presence": row.presence_word,
        "restricted": row.restricted,
        "source": row.source,
        "changed_at": row.changed_at,
    }


def _ref(link: "EntityLink | None") -> str | None:
    return link.ref if link else None


def show(
    ref: Annotated[str, typer.Argument(metavar="REF", help="kind:namespace/name, or a name that only one thing has.")],
    as_json: JSON = False,
) -> None:
    """Everything about one entity: owner, people on call, relations, APIs, sources with their age, what is wrong."""
    django()
    from awayteam.catalog import queries
    from awayteam.kernel.actor import SYSTEM

    entity = queries.resolve(SYSTEM, ref)
    relations = queries.relations(SYSTEM, entity)
    known = _known(entity, relations)
    if as_json:
        print_json(known)
        return
    _print_entity(known)
    _print_relations(relations)


def _known(entity: "Entity", relations: "list[RelationRow]") -> dict[str, Any]:
    from awayteam.catalog import queries
    from awayteam.catalog.queries.lists import rows_of
    from awayteam.kernel.actor import SYSTEM

    row = rows_of([entity.pk])[0]
    declared = queries.declaration(entity)
    operations = queries.operations(entity, limit=10_000).items if entity.kind == "API" else []
    team = entity.owner.team if entity.owner else None
    return {
        **_row(row),
        "on_call": team.on_call_url if team else "",
        "declared": declared
        and {
            "source": declared.source,
            "file": declared.path,
            "line": declared.line,
            "revision": declared.revision,
            "good": declared.good,
            "read_at": declared.read_well_at,
            "duplicates": list(declared.duplicates),
        },
        "orphaned_at": entity.orphaned_at,
        "aliases": sorted(entity.aliases.values_list("ref", flat=True)),
        "relations": [
            {
                "type": edge.type,
                "ref": edge.other.ref,
                "presence": edge.other.presence_word,
                "declared_by": list(edge.declared_by),
                "origin": edge.origin.name.lower(),
            }
            for edge in relations
        ],
        "operations": [
            {"key": one.key, "name": one.name, "summary": one.summary, "deprecated": one.deprecated}
            for one in operations
        ],
        "edits": [
            {"field": e.field, "value": e.value, "declared": e.declared, "in_force": e.in_force, "reason": e.reason}
            for e in queries.edits(entity)
        ],
        "owners": [
            {"ref": o.owner.ref, "starts": o.starts, "ends": o.ends, "reason": o.reason, "source": o.source}
            for o in queries.ownership_history(SYSTEM, entity)
        ],
        "findings": [
            {"file": f.path, "line": f.line, "document": f.document, "about": f.about, "message": f.message}
            for f in queries.findings(entity)
        ],
        "document": entity.document,
    }


def _print_entity(known: dict[str, Any]) -> None:
    typer.secho(known["ref"] + (f"  {known['title']}" if known["title"] else ""), bold=True)
    if known["description"]:
        typer.echo(known["description"].strip())
    declared = known["declared"]
    facts(
        [
            ("Type", known["type"]),
            ("Lifecycle", known["lifecycle"]),
            ("Owner", known["owner"] or "nobody"),
            ("On call", known["on_call"]),
            ("System", known["system"]),
            ("Tags", ", ".join(known["tags"])),
            ("State", "" if known["presence"] == "present" else known["presence"]),
            ("Declared in", _place(known)),
            ("Last read", declared and declared["read_at"] and f"{declared['read_at']:%Y-%m-%d %H:%M} UTC"),
            ("Formerly", ", ".join(known["aliases"])),
        ]
    )
    for edit in known["edits"]:
        if edit["value"] != edit["declared"]:
            both = f"a person says {edit['value']!r}, the source {edit['declared']!r}"
            typer.echo(f"Contradiction: {edit['field']}: {both}; the {edit['in_force']} wins ({edit['reason']})")
    for finding in known["findings"]:
        wrong = "Wrong in its file" if finding["about"] == "file" else "Wrong"
        typer.echo(f"{wrong}: {finding['file']}:{finding['line'] or 1} {finding['message']}")
    if known["operations"]:
        typer.echo(f"\noperations ({len(known['operations'])})")
        for operation in known["operations"][:SHOWN]:
            called = "" if operation["key"].endswith(operation["name"]) else f"  {operation['name']}"
            typer.echo(f"  {operation['key']}{called}{'  (deprecated)' if operation['deprecated'] else ''}")
        _rest(len(known["operations"]))


def _place(known: dict[str, Any]) -> str:
    """Where it is declared; of an orphan, the source that declared it and until when."""
    declared = known["declared"]
    if not declared:
        return "nobody declares it"
    if declared["file"]:
        return f"{declared['source']} {declared['file']}:{declared['line'] or 1}"
    since = known["orphaned_at"]
    return f"no file of {declared['source']} any more; orphan since {since:%Y-%m-%d}" if since else declared["source"]


def _print_relations(relations: "list[RelationRow]") -> None:
    words = dict.fromkeys(edge.type for edge in relations)
    for word in words:
        some = [edge for edge in relations if edge.type == word]
        typer.echo(f"\n{word} ({len(some)})")
        for edge in some[:SHOWN]:
            state = "" if edge.other.presence_word == "present" else f"  ({edge.other.presence_word})"
            typer.echo(f"  {edge.other.ref}{state}")
        _rest(len(some))


def _rest(count: int) -> None:
    if count > SHOWN:
        typer.echo(f"  ... and {count - SHOWN} more (--json lists them)")


def validate(
    path: Annotated[str, typer.Argument(metavar="PATH", help="Folder, file, glob or git repository.")],
    as_json: JSON = False,
) -> None:
    """Check files as an import would, without importing anything. Exit code 1 where something is wrong."""
    from awayteam.cli.failing import usage

    if not path.strip():
        usage("catalog validate: PATH must not be empty.")
    kinds, files, problems = _checked(path)
    if as_json:
        errors = [
            {"file": p.file, "document": p.document, "line": p.line, "entity": p.entity, "message": p.message}
            for p in problems
        ]
        print_json({"ok": not errors, "files": files, "entities": kinds, "errors": errors})
    else:
        for problem in problems:
            place = ":".join(str(part) for part in (problem.file, problem.line) if part not in (None, ""))
            typer.echo(f"{place}{f' [{problem.entity}]' if problem.entity else ''} {problem.message}".strip())
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "nothing that is known"
        typer.echo(f"{_number(files, 'file')}: {counts}; {_number(len(problems), 'error')}")
    if problems or not files:
        raise typer.Exit(1)


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _checked(path: str) -> tuple[dict[str, int], int, "list[Problem]"]:
    """Kind -> entities, number of files, and everything that is wrong, in the order of files."""
    from collections import Counter
    from dataclasses import replace

    from awayteam.cli.failing import refused
    from awayteam.kernel.errors import Unavailable
    from awayteam.sources.discovery import Discovery
    from awayteam.sources.readers import ReadError, open_source

    kinds: Counter[str] = Counter()
    problems: list[Problem] = []
    files = 0
    seen: dict[str, str] = {}
    spelt: dict[str, str] = {}
    with refused():
        try:
            discovery = Discovery(open_source(path))
            for found in discovery:
                files += 1
                reading = found.reading
                if reading is None:
                    continue
                problems += [replace(problem, file=problem.file or found.path) for problem in reading.problems]
                for one in reading.declared:
                    if one.ref in seen:
                        message = f"{one.ref} is declared in {seen[one.ref]} already; remove one, or rename it"
                        problems.append(_problem(message, found.path, one.document_index, one.line, one.ref))
                        continue
                    seen[one.ref] = f"{found.path}:{one.line}"
                    kinds[spelt.setdefault(one.kind.lower(), one.kind)] += 1
            problems += discovery.problems
        except (ReadError, ValueError) as error:
            raise Unavailable(f"{path}: {error}") from error
    return dict(sorted(kinds.items())), files, problems


def _problem(message: str, file: str, document: int, line: int, entity: str) -> "Problem":
    from awayteam.sources.declared import Problem

    return Problem(message, file=file, document=document, line=line, entity=entity)


def history(
    ref: Annotated[str, typer.Argument(metavar="REF", help="kind:namespace/name, a former one too.")],
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """What happened to an entity, the latest first: who, when, what changed, and why."""
    django()
    from awayteam.catalog import queries
    from awayteam.kernel import events
    from awayteam.kernel.actor import SYSTEM

    entity = queries.resolve(SYSTEM, ref)
    page = events.history("entity", entity.pk, before=cursor or None, limit=limit)
    if as_json:
        print_json(
            {"ref": entity.ref, "items": [_event(event) for event in page.items], "next_cursor": page.next_cursor}
        )
        return
    for event in page.items:
        reason = f": {event.reason}" if event.reason else ""
        typer.echo(f"{event.at:%Y-%m-%d %H:%M} {event.name} by {event.actor_label}{reason}")
        for field, pair in (event.data.get("changes") or {}).items():
            typer.echo(f"  {field}: {pair[0]!r} -> {pair[1]!r}")
    if not page.items:
        typer.echo("Nothing has happened to it yet.", err=True)
    if page.next_cursor:
        typer.echo(f"There is more: --cursor {page.next_cursor}", err=True)


def _event(event: "Event") -> dict[str, Any]:
    return {
        "id": event.pk,
        "at": event.at,
        "name": event.name,
        "actor": event.actor_label,
        "reason": event.reason,
        "data": event.data,
        "rulebook_version": event.rulebook_version,
    }

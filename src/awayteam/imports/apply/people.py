"""Teams and people behind the groups and users of one batch."""

from datetime import UTC, datetime
from typing import Any

import orjson

from awayteam.imports.apply.item import Item
from awayteam.imports.apply.session import Session
from awayteam.kernel import bulk
from awayteam.organisation.models import FactEdit, Person, Team

TEAM_FACTS = ("mission", "contacts", "email", "picture", "on_call_url", "time_zone", "calendar")
PERSON_FACTS = ("display_name", "email", "picture", "time_zone")
LENGTHS = {"email": 320, "time_zone": 60, "display_name": 300, "title": 300, "type": 100}


def write(session: Session, items: list[Item]) -> None:
    """Bring the rows of teams and people in line with what their entities say."""
    teams = {session.ids.teams[item.id]: item for item in items if item.id in session.ids.teams}
    people = {session.ids.people[item.id]: item for item in items if item.id in session.ids.people}
    _teams(session, teams)
    _people(session, people)


def _teams(session: Session, items: dict[int, Item]) -> None:
    if not items:
        return
    rows = list(Team.objects.filter(pk__in=items))
    edits = _edits("team_id", items)
    for row in rows:
        item = items[row.pk]
        facts = orjson.loads(item.record.facts)
        row.name, row.declared, row.dissolved_at, row.source = item.record.name, True, None, session.source
        declared = {name: facts.get(name) for name in TEAM_FACTS}
        declared |= {"title": item.values.title, "type": item.values.type, "is_unit": bool(facts.get("is_unit"))}
        declared["title"] = declared["title"] or _text(facts.get("display_name"))
        declared["mission"] = declared["mission"] or item.values.description
        _lay(session, row, declared, edits.get(row.pk, []))
    fields = ["name", "declared", "dissolved_at", "source_id", "title", "type", "is_unit", *TEAM_FACTS]
    bulk.update(Team, fields, (_tuple(row, fields) for row in rows))


def _people(session: Session, items: dict[int, Item]) -> None:
    if not items:
        return
    rows = list(Person.objects.filter(pk__in=items))
    edits = _edits("person_id", items)
    managers = _managers(session, items)
    for row in rows:
        item = items[row.pk]
        facts = orjson.loads(item.record.facts)
        row.name, row.declared, row.source = item.record.name, True, session.source
        row.left_at = _moment(facts.get("left_on"))
        row.manager_id = managers.get(row.pk)
        declared = {name: facts.get(name) for name in PERSON_FACTS}
        declared["display_name"] = declared["display_name"] or item.values.title
        _lay(session, row, declared, edits.get(row.pk, []))
    fields = ["name", "declared", "source_id", "left_at", "manager_id", *PERSON_FACTS]
    bulk.update(Person, fields, (_tuple(row, fields) for row in rows))


def _managers(session: Session, items: dict[int, Item]) -> dict[int, int]:
    """Person -> the person who manages them, where a file says so; nobody manages themselves."""
    refs = {id: orjson.loads(item.record.facts).get("manager") for id, item in items.items()}
    named = {id: ref for id, ref in refs.items() if isinstance(ref, str) and ref.startswith("user:")}
    session.ids.ensure(dict.fromkeys(named.values()))
    found = {id: session.ids.person_of(ref) for id, ref in named.items()}
    return {id: manager for id, manager in found.items() if manager is not None and manager != id}


def _edits(column: str, ids: Any) -> dict[int, list[FactEdit]]:
    found: dict[int, list[FactEdit]] = {}
    for edit in FactEdit.objects.filter(ended_at=None, **{f"{column}__in": list(ids)}):
        found.setdefault(getattr(edit, column), []).append(edit)
    return found


def _lay(session: Session, row: Team | Person, declared: dict[str, Any], edits: list[FactEdit]) -> None:
    """Set the declared values, with people's edits over them as the rulebook says."""
    values = {name: _fitting(name, value) for name, value in declared.items()}
    for edit in edits:
        if edit.field not in values:
            continue
        if values[edit.field] != edit.declared:
            edit.declared, edit.declared_at = values[edit.field], session.now
            edit.save(update_fields=["declared", "declared_at"])
        newer = edit.declared_at is None or edit.declared_at < edit.made_at
        if session.edit_wins == "person" or (session.edit_wins == "newest" and newer):
            values[edit.field] = edit.value
    for name, value in values.items():
        setattr(row, name, value)


def _fitting(name: str, value: Any) -> Any:
    """`value` in the type of its column, empty where the file holds something else."""
    if name in ("contacts", "calendar"):
        return value if isinstance(value, dict) else {}
    if name == "is_unit":
        return bool(value)
    return _text(value)[: LENGTHS.get(name)]


def _tuple(row: Team | Person, fields: list[str]) -> tuple[Any, ...]:
    values = (getattr(row, field) for field in fields)
    return (row.pk, *(orjson.dumps(value).decode() if isinstance(value, dict) else value for value in values))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else None
    except ValueError:
        return None

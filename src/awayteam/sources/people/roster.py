"""Putting the rows of a list together: people, their teams, the units above."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from awayteam.sources import entities
from awayteam.sources.declared import Declared, DeclaredMembership, Identity
from awayteam.sources.entities import Place
from awayteam.sources.people.columns import by_column, day_of, role_of, several, time_zone_of
from awayteam.sources.shapes import Names, Notes, kind_of, refer, reference, slug, text
from awayteam.sources.table import Row


@dataclass(slots=True)
class _Person:
    name: str
    line: int
    title: str = ""
    emails: list[str] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    memberships: dict[tuple[str, str, date | None], DeclaredMembership] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    manager: str = ""
    originals: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Team:
    title: str
    line: int
    parent: str | None
    type: str


@dataclass(slots=True)
class Roster:
    """Collects rows; `declared` then tells who and what they declare."""

    notes: Notes
    namespace: str = "default"
    people: dict[str, _Person] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    """Handle, e-mail address and full name, case-folded -> reference of the person."""
    teams: dict[str, _Team] = field(default_factory=dict)
    names: Names = field(default_factory=Names)

    def add(self, row: Row) -> None:
        """Take in one row; what is wrong with it is noted, and nothing else suffers."""
        values = by_column(row.values)
        for key, value in values.items():
            if isinstance(value, dict) or (isinstance(value, list) and key not in ("team", "email")):
                self.notes.add(f"{key}: expected a text, found {kind_of(value)}", line=row.line)
                values[key] = ""
        person = self._person(row, values)
        if person is None:
            return
        ref = self._ref(person)
        starts, ends = self._days(values, row.line, ref)
        units = self._units(values, row.line)
        teams = [self._team(title, units, row.line) for title in several(values.get("team"))] or units[-1:]
        role_text = text(values.get("role"))
        role = role_of(role_text)
        person.facts.setdefault("job_title", text(values.get("job_title")) or (role_text if role is None else ""))
        added = False
        for team in teams:
            place = (team, role or "member", starts)
            if place not in person.memberships:
                added = True
                primary = not person.memberships
                person.memberships[place] = DeclaredMembership(team, ref, role or "member", starts, ends, primary)
        if not added and len(person.originals) > 1:
            message = f"this row says again what line {person.line} says of {person.title or person.name}; remove it"
            self.notes.add(message, line=row.line, entity=ref)
        if not teams and ends is not None:
            person.facts["left_on"] = ends.isoformat()

    def _ref(self, person: _Person) -> str:
        return reference("user", person.name, self.namespace)

    def _person(self, row: Row, values: dict[str, Any]) -> _Person | None:
        """The person whom a row is about, new or known from an earlier row."""
        handles = [
            Identity(provider, text(values.get(column)).removeprefix("@"))
            for column, provider in (("handle", ""), ("github", "github"), ("gitlab", "gitlab"))
            if text(values.get(column)).removeprefix("@")
        ]
        emails = self._emails(values, row.line)
        parts = (text(values.get("first_name")), text(values.get("last_name")))
        title = text(values.get("name")) or " ".join(part for part in parts if part)
        logins = [one.value for one in handles]
        if not logins and not emails and not title:
            self.notes.add("this row names nobody; fill in a handle, an e-mail address or a name", line=row.line)
            return None
        keys = [one.casefold() for one in (*logins, *emails)] or [title.casefold()]
        ref = next((self.known[key] for key in keys if key in self.known), None)
        if ref is None:
            title_for_name = logins[0] if logins else emails[0].partition("@")[0] if emails else title
            name = self.names.of(slug(title_for_name), "user")
            if name in self.people:
                name = self.names.of("/".join(keys), "user")
            person = self.people[name] = _Person(name, row.line)
        else:
            person = self.people[ref.rpartition("/")[2]]
        self._fill(person, title, emails, handles, row, values)
        for key in (*keys, title.casefold()):
            if key:
                self.known.setdefault(key, self._ref(person))
        return person

    def _fill(
        self, person: _Person, title: str, emails: list[str], handles: list[Identity], row: Row, values: dict[str, Any]
    ) -> None:
        if person.title and title and person.title != title:
            message = f"the name {title!r} differs from {person.title!r} on line {person.line}; the first one counts"
            self.notes.add(message, line=row.line, entity=self._ref(person))
        person.title = person.title or title
        person.emails += [one for one in emails if one not in person.emails]
        person.identities += [one for one in handles if one not in person.identities]
        person.manager = person.manager or text(values.get("manager"))
        person.originals.append(row.values)
        zone = text(values.get("time_zone"))
        proper = time_zone_of(zone)
        if proper:
            person.facts.setdefault("time_zone", proper)
        elif zone:
            message = f"{zone[:60]!r} is no time zone; write one such as Europe/Berlin"
            self.notes.add(message, line=row.line, entity=self._ref(person))

    def _emails(self, values: dict[str, Any], line: int) -> list[str]:
        found = []
        for one in several(values.get("email")):
            if one.count("@") == 1 and not one.startswith("@") and not one.endswith("@") and " " not in one:
                found.append(one)
            else:
                self.notes.add(f"{one[:80]!r} is no e-mail address; mend or remove it", line=line)
        return found

    def _days(self, values: dict[str, Any], line: int, ref: str) -> tuple[date | None, date | None]:
        days: list[date | None] = []
        for column in ("starts", "ends"):
            try:
                days.append(day_of(values.get(column)))
            except ValueError:
                message = f"{column}: {text(values[column])[:40]!r} is no date; write it as 2026-01-31"
                self.notes.add(message, line=line, entity=ref)
                days.append(None)
        starts, ends = days
        if starts and ends and ends < starts:
            self.notes.add(f"this ends on {ends} before it starts on {starts}; mend the dates", line=line, entity=ref)
            return None, None
        return starts, ends

    def _units(self, values: dict[str, Any], line: int) -> list[str]:
        """The units of a row from the outermost in (`Company > Shop`), each declared once."""
        above: list[str] = []
        for title in (part.strip() for part in text(values.get("unit")).split(">")):
            if title:
                above.append(self._group(title, above[-1] if above else None, "unit", line))
        return above

    def _team(self, title: str, units: list[str], line: int) -> str:
        if title.lower().startswith("group:") and (ref := refer(title, "group", self.namespace)):
            return ref  # a reference names a team that is declared elsewhere
        return self._group(title, units[-1] if units else None, "team", line)

    def _group(self, title: str, parent: str | None, kind: str, line: int) -> str:
        ref = reference("group", self.names.of(title, "group"), self.namespace)
        team = self.teams.setdefault(ref, _Team(title, line, None, kind))
        if parent == ref:
            self.notes.add(f"{title!r} can't be its own unit", line=line, entity=ref)
        elif parent and team.parent is None and not self._is_above(ref, parent):
            team.parent = parent
        elif parent and team.parent != parent:
            self.notes.add(f"{title!r} has another unit on line {team.line}; that one counts", line=line, entity=ref)
        return ref

    def _is_above(self, ref: str, other: str | None) -> bool:
        """Whether `ref` is `other` or stands above it (up to 1,000 levels); then it can't be put below it."""
        seen: set[str] = set()
        while other is not None and other not in seen and len(seen) < 1000:
            if other == ref:
                return True
            seen.add(other)
            other = self.teams[other].parent if other in self.teams else None
        return False

    def declared(self) -> Iterator[Declared]:
        """Units and teams first, then the people."""
        for ref, team in self.teams.items():
            yield entities.group(
                ref.rpartition("/")[2],
                namespace=self.namespace,
                title=team.title,
                kind_of_group=team.type,
                parent=team.parent,
                place=Place(0, team.line),
            )
        managers = {self._ref(person): self._manager(person) for person in self.people.values()}
        self._cut_circles(managers)
        for person in self.people.values():
            ref = self._ref(person)
            yield entities.user(
                person.name,
                namespace=self.namespace,
                title=person.title,
                email=person.emails[0] if person.emails else "",
                identities=(*person.identities, *(Identity("email", one) for one in person.emails)),
                memberships=person.memberships.values(),
                facts={**person.facts, "manager": managers[ref]},
                original=person.originals[0] if len(person.originals) == 1 else person.originals,
                place=Place(0, person.line),
            )

    def _manager(self, person: _Person) -> str | None:
        """The reference of a manager who is written as a handle, an e-mail address, a name or a reference."""
        if not person.manager:
            return None
        ref = self.known.get(person.manager.removeprefix("@").casefold())
        ref = ref or refer(person.manager.removeprefix("@"), "user", self.namespace)
        entity = self._ref(person)
        if ref is None:
            message = (
                f"the manager {person.manager[:80]!r} stands in no row of this file; write a handle or a reference"
            )
            self.notes.add(message, line=person.line, entity=entity)
        elif ref == entity:
            self.notes.add("somebody can't be their own manager; leave it empty", line=person.line, entity=entity)
            return None
        return ref

    def _cut_circles(self, managers: dict[str, str | None]) -> None:
        """Leave out the manager with whom a chain of managers comes back to somebody in it."""
        settled: set[str] = set()
        for start in managers:
            chain: dict[str, None] = {}
            here: str | None = start
            while here is not None and here not in settled and here not in chain:
                chain[here] = None
                here = managers.get(here)
            if here in chain:
                last = next(reversed(chain))
                managers[last] = None
                line = self.people[last.rpartition("/")[2]].line
                self.notes.add("managers go in a circle here; this one is left out", line=line, entity=last)
            settled.update(chain)

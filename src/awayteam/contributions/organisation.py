"""People and teams as the away map needs them: who belongs to an owner that a rule names, on a given day."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from awayteam.sources.declared import Declared, DeclaredMembership, Problem, RelationType


@dataclass(slots=True)
class Person:
    """Somebody of the organisation, by canonical reference; logins and e-mails in lower case."""

    ref: str
    name: str = ""
    logins: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Team:
    """A team or unit; `handles` are the names by which a rule may mean it (`organisation/slug`, `slug`), lower case."""

    ref: str
    name: str
    title: str = ""
    is_unit: bool = False
    parents: set[str] = field(default_factory=set)
    members: list[DeclaredMembership] = field(default_factory=list)
    handles: set[str] = field(default_factory=set)


@dataclass
class Organisation:
    """All people and teams that the organisation's files declare."""

    people: dict[str, Person] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    entities: list[tuple[str, Declared]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    nested: bool = True
    """Whether members of a team belong to its parents too."""

    def __post_init__(self) -> None:
        self._by_person: dict[str, list[DeclaredMembership]] | None = None
        self._above: dict[str, frozenset[str]] = {}
        self._by_handle: dict[str, str] | None = None

    @property
    def dated(self) -> bool:
        """Whether any membership says from when or until when."""
        return any(m.starts or m.ends for team in self.teams.values() for m in team.members)

    def teams_of(self, person: str, on: date | None = None) -> frozenset[str]:
        """Teams of a person on a day (None: the last known state), with those above where nesting counts."""
        if self._by_person is None:
            self._by_person = {}
            for team in self.teams.values():
                for membership in team.members:
                    self._by_person.setdefault(membership.person, []).append(membership)
        direct = [m.team for m in self._by_person.get(person, ()) if _holds(m, on)]
        if not self.nested:
            return frozenset(direct)
        return frozenset().union(direct, *(self.above(team) for team in direct))

    def home_team(self, person: str, on: date | None = None) -> str | None:
        """The team that a person's outgoing commits count for: the primary one, else the smallest; never a unit."""
        self.teams_of(person)
        assert self._by_person is not None
        held = [m for m in self._by_person.get(person, ()) if _holds(m, on)]
        teams = [m for m in held if not self.teams[m.team].is_unit]
        if not teams:
            return None
        return min(teams, key=lambda m: (not m.primary, len(self.teams[m.team].members), m.team)).team

    def above(self, team: str) -> frozenset[str]:
        """The teams and units that a team is part of; teams that own each other end here."""
        known = self._above.get(team)
        if known is None:
            seen: set[str] = set()
            todo = list(self.teams[team].parents) if team in self.teams else []
            while todo:
                parent = todo.pop()
                if parent not in seen and parent != team:
                    seen.add(parent)
                    todo += self.teams[parent].parents if parent in self.teams else ()
            known = self._above[team] = frozenset(seen)
        return known

    def team_named(self, owner: str) -> str | None:
        """The team that a rule means by `@organisation/slug`, `slug` or a reference."""
        if self._by_handle is None:
            self._by_handle = {}
            for team in self.teams.values():
                for handle in team.handles:
                    self._by_handle.setdefault(handle, team.ref)
        plain = owner.lower().lstrip("@")
        return self._by_handle.get(plain) or self._by_handle.get(plain.rpartition("/")[2])

    def owner_names(self) -> set[str]:
        """Every name that a rule may use: logins, team handles with and without organisation, addresses."""
        names = {f"@{login}" for person in self.people.values() for login in person.logins}
        names |= {email for person in self.people.values() for email in person.emails}
        return names | {f"@{handle}" for team in self.teams.values() for handle in team.handles}

    def add(self, file: str, declared: Iterable[Declared]) -> None:
        """Take people, teams and owned entities from what a file declares; later files add to earlier ones."""
        self._by_person = self._by_handle = None
        self._above = {}
        for entity in declared:
            kind = entity.kind.lower()
            if kind == "user":
                self._person(entity)
            elif kind == "group":
                self._team(entity)
            elif entity.owner:
                self.entities.append((file, entity))
            for membership in entity.memberships:
                self._member(membership)
            for relation, source, target in entity.relations:
                if relation is RelationType.CHILD_OF and source != target:
                    self._known_team(source).parents.add(target)
                    self._known_team(target)
                elif relation is RelationType.MEMBER_OF:
                    self._member(DeclaredMembership(target, source))

    def _person(self, entity: Declared) -> None:
        person = self.people.setdefault(entity.ref, Person(entity.ref))
        person.name = entity.title or str(entity.facts.get("display_name") or "") or person.name
        for identity in entity.identities:
            values = person.emails if identity.provider == "email" else person.logins
            values.add(identity.value.lower())
        if email := entity.facts.get("email"):
            person.emails.add(str(email).lower())
        if not person.logins:
            person.logins.add(entity.name.lower())

    def _team(self, entity: Declared) -> None:
        team = self._known_team(entity.ref)
        team.name, team.title = entity.name, entity.title or team.title
        team.is_unit = bool(entity.facts.get("is_unit", False))
        team.handles |= {entity.name.lower(), entity.ref}
        forges = entity.facts.get("forge_teams")
        if isinstance(forges, dict):
            team.handles |= {str(handle).lower() for handle in forges.values()}
        annotations = entity.document.get("metadata", {})
        annotations = annotations.get("annotations") if isinstance(annotations, dict) else None
        for key, value in (annotations or {}).items() if isinstance(annotations, dict) else ():
            if key in ("github.com/team-slug", "gitlab.com/group") and isinstance(value, str):
                team.handles |= {value.lower(), value.lower().rpartition("/")[2]}

    def _known_team(self, ref: str) -> Team:
        name = ref.rpartition("/")[2]
        return self.teams.setdefault(ref, Team(ref, name, handles={name.lower(), ref}))

    def _member(self, membership: DeclaredMembership) -> None:
        team = self._known_team(membership.team)
        same = [m for m in team.members if m.person == membership.person]
        bare = membership.starts is None and membership.ends is None
        if same and bare:
            return
        team.members.append(membership)
        if membership.person not in self.people:
            name = membership.person.rpartition("/")[2].lower()
            self.people[membership.person] = Person(membership.person, logins={name})


def _holds(membership: DeclaredMembership, on: date | None) -> bool:
    if on is None:
        return membership.ends is None or membership.ends == date.max
    return (membership.starts is None or membership.starts <= on) and (membership.ends is None or on < membership.ends)


def read_organisation(places: Iterable[str | os.PathLike[str]], *, nested: bool = True) -> Organisation:
    """What files, folders, globs and repositories declare, in any known format; wrong documents become problems.

    Raises `ReadError` where a place can't be read at all.
    """
    found = Organisation(nested=nested)
    for place in places:
        from awayteam.sources.discovery import Discovery
        from awayteam.sources.readers.opening import open_source

        with open_source(os.fspath(place)) as reader:
            discovery = Discovery(reader)
            for file in discovery:
                if file.reading is not None:
                    found.problems += file.reading.problems
                    found.add(file.path, file.reading.declared)
            found.problems += discovery.problems
    return found

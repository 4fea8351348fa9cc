"""The organisation of a folder as the gate asks for it: who belongs where on the day of judging.

Names lead to people and teams as they do on the server (`gate.roster`); only days stand in place of moments.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time

from awayteam.contributions.organisation import Organisation
from awayteam.engagements.access import ALWAYS, FOREVER, Interval
from awayteam.gate.facts import Owner
from awayteam.gate.folder.files import Files, MemoryReader, Wrong
from awayteam.sources.declared import Declared, DeclaredMembership

_ORDER = {"decider": 0, "trusted-committer": 1, "lead": 2, "member": 3, "manager": 4}
"""Who of a team is asked first."""


class People(Organisation):
    """What the files declare, with who left when, who reports to whom, and accounts by the forge's id."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.left_on: dict[str, date] = {}
        self.bosses: dict[str, str] = {}
        self.accounts: dict[tuple[str, str], str] = {}
        """("github-id", "583231") -> whose account that is; a login may be taken over by somebody else, an id not."""
        self.identities: dict[str, set[str]] = {}
        """Declared login or address, lower case -> all who claim it."""
        self.logins: dict[tuple[str, str], set[str]] = {}
        """The same by provider: ("github", "ada-l"), ("", "ada") for a bare handle."""
        self.owners: dict[str, Owner] = {}

    def _person(self, entity: Declared) -> None:
        super()._person(entity)
        person = self.people[entity.ref]
        for identity in entity.identities:
            if identity.provider.endswith("-id"):  # a number, which could be somebody else's login
                person.logins.discard(identity.value.lower())
                self.accounts[identity.provider, identity.value] = entity.ref
            else:
                value = identity.value.lower()
                self.identities.setdefault(value, set()).add(entity.ref)
                self.logins.setdefault((identity.provider, value), set()).add(entity.ref)
        if isinstance(left := entity.facts.get("left_on"), str):
            self.left_on[entity.ref] = date.fromisoformat(left)
        if isinstance(boss := entity.facts.get("manager"), str):
            self.bosses[entity.ref] = boss

    def _team(self, entity: Declared) -> None:
        super()._team(entity)
        team = self.teams[entity.ref]
        team.handles |= {handle.rpartition("/")[2] for handle in team.handles if ":" not in handle}

    def settle(self) -> None:
        """To be called once everything is added: whom each name means."""
        named: dict[str, set[str]] = {}
        for person in self.people.values():
            for name in (person.ref, person.ref.rpartition("/")[2], *person.emails):
                named.setdefault(name.lower(), set()).add(person.ref)
        handles: dict[str, set[str]] = {}
        for team in self.teams.values():
            for handle in team.handles:
                handles.setdefault(handle.lower(), set()).add(team.ref)
        self.owners = {name: _one(name, refs, team=False) for name, refs in named.items()}
        self.owners |= {name: _one(name, refs, team=False) for name, refs in self.identities.items()}
        self.owners |= {name: _one(name, refs, team=True) for name, refs in handles.items()}


def _one(name: str, refs: set[str], *, team: bool) -> Owner:
    """A name of several teams, or of several people, means nobody."""
    if len(refs) > 1:
        return Owner(name)
    ref = next(iter(refs))
    return Owner(name, team=ref) if team else Owner(name, person=ref)


def read(files: Files, *, nested: bool = True) -> tuple[People, list[Wrong]]:
    """Everybody whom the folder's organisation files declare, and everything that is wrong with them."""
    from awayteam.sources.discovery import Discovery

    found = People(nested=nested)
    reader = MemoryReader(files)
    discovery = Discovery(reader)
    wrong: list[Wrong] = []
    taken = set()
    for file in discovery:
        if file.reading is not None:
            taken |= {file.path, *file.reading.embedded}
            wrong += [Wrong(one.file or file.path, one.message, one.line or 0) for one in file.reading.problems]
            found.add(file.path, file.reading.declared)
    wrong += [Wrong(one.file, one.message, one.line or 0) for one in discovery.problems]
    wrong += [
        Wrong(one.path, "no format of organisation's files knows this; Awayteam's own is called awayteam.yaml")
        for one in reader.files()
        if one.path not in taken and one.path.lower().endswith((".yaml", ".yml", ".json", ".csv", ".tsv"))
    ]
    found.settle()
    if not found.people and not wrong:
        wrong.append(Wrong("organisation", "no file of the folder declares a person; nobody could approve anything"))
    return found, wrong


class Roster:
    """`facts.Organisation` over what the files declare, as of one day (UTC)."""

    def __init__(self, people: People, now: datetime) -> None:
        self.all = people
        self._on = now.astimezone(UTC).date()
        self._members: dict[str, list[DeclaredMembership]] = {}
        self._below: dict[str, list[str]] = {}
        for team in people.teams.values():
            held = [one for one in team.members if self._holds(one)]
            self._members[team.ref] = sorted(held, key=lambda one: _ORDER.get(one.role, 9))
            for unit in people.above(team.ref):
                self._below.setdefault(unit, []).append(team.ref)

    def owner(self, name: str) -> Owner:
        """A team or person by reference, handle, login or address; a name that means two leads to nobody."""
        plain = name.lower().strip()
        plain = plain.rpartition("<")[2].rstrip(">") if "<" in plain else plain.lstrip("@")
        found = self.all.owners.get(plain)
        if found is None and "/" in plain and ":" not in plain:
            found = self.all.owners.get(plain.rpartition("/")[2])
            found = found if found is not None and found.team else None
        return Owner(name, found.team, found.person) if found is not None else Owner(name)

    def teams_of(self, person: str) -> frozenset[str]:
        return self.all.teams_of(person, self._on)

    def people_of(self, team: str) -> Sequence[str]:
        """Those who decide for it first; of a unit also those of the teams below, where nesting counts."""
        places = list(self._members.get(team, ()))
        if self.all.nested:
            for below in self._below.get(team, ()):
                places += self._members[below]
        return tuple(dict.fromkeys(one.person for one in places if self.is_present(one.person)))

    def managers_of(self, team: str) -> Sequence[str]:
        """Managers of the team, then of the units above; then those to whom its people report."""
        units = (team, *self._above(team))
        found = [one.person for unit in units for one in self._members.get(unit, ()) if one.role == "manager"]
        bosses = (self.all.bosses.get(one.person, "") for one in self._members.get(team, ()))
        return tuple(one for one in dict.fromkeys((*found, *bosses)) if self.is_present(one))

    def label(self, ref: str) -> str:
        if person := self.all.people.get(ref):
            return person.name or ref.rpartition("/")[2]
        team = self.all.teams.get(ref)
        return (team.title or team.name) if team else ref

    def is_present(self, person: str) -> bool:
        left = self.all.left_on.get(person)
        return person in self.all.people and (left is None or self._on < left)

    def find(self, name: str) -> str:
        """The person behind a reference, a login or an address; "" where nobody or more than one goes by it."""
        plain = name.strip().lower().removeprefix("@")
        if plain in self.all.people:
            return plain
        claimed = self.all.identities.get(plain)
        if claimed is not None:
            return next(iter(claimed)) if len(claimed) == 1 else ""
        owner = self.all.owners.get(plain)
        return owner.person if owner is not None else ""

    def account(self, forge: str, number: str, login: str) -> str:
        """The person behind an account of a forge: by its id where the organisation knows that, else by the login.

        A login whose person has another id there was given to somebody else; that is nobody. Nor does the handle that
        somebody has in the organisation count as theirs on a forge on which they have another.
        """
        provider = f"{forge}-id"
        if number and (person := self.all.accounts.get((provider, number))):
            return person
        person = self._by_login(forge, login.strip().lower().removeprefix("@")) if login else ""
        others = any(ref == person and key[0] == provider for key, ref in self.all.accounts.items())
        return "" if others and number else person

    def _by_login(self, forge: str, login: str) -> str:
        claimed = self.all.logins.get((forge, login), set())
        if not claimed:
            elsewhere = {ref for (provider, _), refs in self.all.logins.items() if provider == forge for ref in refs}
            bare = self.all.logins.get(("", login)) or {self.find(login)} - {""}
            declared = {ref for (provider, value), refs in self.all.logins.items() if value == login and provider
                        for ref in refs}  # fmt: skip
            claimed = bare - elsewhere - (declared - self.all.logins.get(("", login), set()))
        return next(iter(claimed)) if len(claimed) == 1 else ""

    def gone_at(self, person: str) -> datetime | None:
        left = self.all.left_on.get(person)
        return datetime.combine(left, time(), UTC) if left else None

    def times_in(self, team: str, person: str) -> Iterator[Interval]:
        """When somebody belongs to a team itself."""
        known = self.all.teams.get(team)
        for one in known.members if known else ():
            if one.person == person:
                yield Interval(_midnight(one.starts) or ALWAYS, _midnight(one.ends) or FOREVER)

    def _holds(self, one: DeclaredMembership) -> bool:
        return (one.starts is None or one.starts <= self._on) and (one.ends is None or self._on < one.ends)

    def _above(self, team: str) -> list[str]:
        """The units above, the nearest first."""
        teams = self.all.teams
        seen: dict[str, None] = {}
        todo = sorted(teams[team].parents) if team in teams else []
        while todo:
            one = todo.pop(0)
            if one not in seen and one != team:
                seen[one] = None
                todo += sorted(teams[one].parents) if one in teams else []
        return list(seen)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None or day in (date.max, date.min) else datetime.combine(day, time(), UTC)

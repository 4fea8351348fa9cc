"""The organisation of a folder as the gate asks for it: who belongs where on the day of judging."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time

from awayteam.contributions.organisation import Organisation
from awayteam.engagements.access import ALWAYS, FOREVER, Interval
from awayteam.gate.facts import Owner
from awayteam.gate.folder.files import Files, MemoryReader, Wrong
from awayteam.sources.declared import Declared, DeclaredMembership

_ASKED = {"decider": 0, "trusted-committer": 1, "lead": 2, "member": 3, "manager": 4}
"""Who of a team is asked first."""


class People(Organisation):
    """What the files declare, with who left when, who manages whom, and logins by the forge that they are on."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.left_on: dict[str, date] = {}
        self.manager: dict[str, str] = {}
        self.accounts: dict[tuple[str, str], str] = {}
        """("github-id", "583231") -> whose account that is; a login may be taken over by somebody else, an id not."""
        self.claims: dict[str, set[str]] = {}
        """Login or address, lower case -> all who claim it."""

    def _person(self, entity: Declared) -> None:
        super()._person(entity)
        person = self.people[entity.ref]
        for identity in entity.identities:
            if identity.provider.endswith("-id"):  # a number, which could be somebody else's login
                person.logins.discard(identity.value.lower())
                self.accounts[identity.provider, identity.value] = entity.ref
        if isinstance(left := entity.facts.get("left_on"), str):
            self.left_on[entity.ref] = date.fromisoformat(left)
        if isinstance(manager := entity.facts.get("manager"), str):
            self.manager[entity.ref] = manager

    def settle(self) -> None:
        """To be called once everything is added."""
        for person in self.people.values():
            for name in (*person.logins, *person.emails):
                self.claims.setdefault(name, set()).add(person.ref)


def read(files: Files, *, nested: bool = True) -> tuple[People, list[Wrong]]:
    """Everybody whom the folder's organisation files declare, and everything that is wrong with them."""
    from awayteam.sources.discovery import Discovery

    found = People(nested=nested)
    discovery = Discovery(MemoryReader(files))
    wrong = []
    for file in discovery:
        if file.reading is not None:
            wrong += [Wrong(one.file or file.path, one.message, one.line or 0) for one in file.reading.problems]
            found.add(file.path, file.reading.declared)
    wrong += [Wrong(one.file, one.message, one.line or 0) for one in discovery.problems]
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
        self._below: dict[str, set[str]] = {}
        for team in people.teams.values():
            self._members[team.ref] = [one for one in team.members if self._holds(one)]
            for parent in team.parents:
                self._below.setdefault(parent, set()).add(team.ref)

    def owner(self, name: str) -> Owner:
        """As the away map reads rules: an address, a login, a team by its handle; what leads to several is nobody."""
        plain = name.lower().strip()
        address = plain.rpartition("<")[2].rstrip(">") if "<" in plain else plain
        if "@" in address.lstrip("@"):
            return Owner(name, person=self._only(address))
        if "/" not in plain and (person := self._only(plain.lstrip("@"))):
            return Owner(name, person=person)
        return Owner(name, team=self.all.team_named(plain) or "")

    def teams_of(self, person: str) -> frozenset[str]:
        return self.all.teams_of(person, self._on) if self.is_present(person) else frozenset()

    def people_of(self, team: str) -> Sequence[str]:
        """The team's own people by role, then those of the teams that it consists of."""
        found = self._ordered(team)
        if self.all.nested:
            for below in self._all_below(team):
                found += self._ordered(below)
        return tuple(dict.fromkeys(found))

    def managers_of(self, team: str) -> Sequence[str]:
        """Managers of the team, then those who manage or lead the units above it, the nearest first."""
        found = [one.person for one in self._members.get(team, ()) if one.role == "manager"]
        found += [self.all.manager[one] for one in self._ordered(team) if one in self.all.manager]
        for unit in self._above(team):
            found += [one.person for one in self._members.get(unit, ()) if one.role in ("manager", "lead", "decider")]
        return tuple(one for one in dict.fromkeys(found) if self.is_present(one))

    def label(self, ref: str) -> str:
        if person := self.all.people.get(ref):
            return person.name or ref.rpartition("/")[2]
        team = self.all.teams.get(ref)
        return (team.title or team.name) if team else ref.rpartition("/")[2]

    def is_present(self, person: str) -> bool:
        left = self.all.left_on.get(person)
        return person in self.all.people and (left is None or self._on < left)

    def find(self, name: str) -> str:
        """The person behind a reference, a login or an address; "" where nobody or more than one goes by it."""
        plain = name.strip().lower().removeprefix("@")
        return plain if plain in self.all.people else self._only(plain)

    def account(self, forge: str, number: str, login: str) -> str:
        """The person behind an account of a forge: by its id where the organisation knows that, else by the login.

        A login whose person has another id there was given to somebody else; that is nobody.
        """
        provider = f"{forge}-id"
        if number and (person := self.all.accounts.get((provider, number))):
            return person
        person = self.find(login) if login else ""
        others = any(ref == person and key[0] == provider for key, ref in self.all.accounts.items())
        return "" if others else person

    def gone_at(self, person: str) -> datetime | None:
        left = self.all.left_on.get(person)
        return datetime.combine(left, time(), UTC) if left else None

    def times_in(self, team: str, person: str) -> Iterator[Interval]:
        """When somebody belongs to a team itself."""
        known = self.all.teams.get(team)
        for one in known.members if known else ():
            if one.person == person:
                yield Interval(_midnight(one.starts) or ALWAYS, _midnight(one.ends) or FOREVER)

    def _only(self, name: str) -> str:
        claimed = self.all.claims.get(name, set())
        return next(iter(claimed)) if len(claimed) == 1 else ""

    def _holds(self, one: DeclaredMembership) -> bool:
        within = (one.starts is None or one.starts <= self._on) and (one.ends is None or self._on < one.ends)
        return within and self.is_present(one.person)

    def _ordered(self, team: str) -> list[str]:
        ranked = sorted(self._members.get(team, ()), key=lambda one: (_ASKED.get(one.role, 3), one.person))
        return [one.person for one in ranked]

    def _all_below(self, team: str) -> list[str]:
        seen: dict[str, None] = {}
        todo = sorted(self._below.get(team, ()))
        while todo:
            one = todo.pop(0)
            if one not in seen and one != team:
                seen[one] = None
                todo += sorted(self._below.get(one, ()))
        return list(seen)

    def _above(self, team: str) -> list[str]:
        seen: dict[str, None] = {}
        todo = sorted(self.all.teams[team].parents) if team in self.all.teams else []
        while todo:
            one = todo.pop(0)
            if one not in seen and one != team:
                seen[one] = None
                todo += sorted(self.all.teams[one].parents) if one in self.all.teams else []
        return list(seen)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None or day in (date.max, date.min) else datetime.combine(day, time(), UTC)

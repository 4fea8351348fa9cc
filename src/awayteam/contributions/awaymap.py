"""The away map: classes, flows and areas from records, authors and the organisation. Pure: values in, values out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

from awayteam.contributions.identities import Identified
from awayteam.contributions.organisation import Organisation
from awayteam.contributions.records import Interned, Owners, Records
from awayteam.contributions.rules import AuthorClass, Class, classify, date_of

EXAMPLES = 5
"""Commits named with each flow, newest first."""


@dataclass(slots=True)
class Flow:
    """Commits and file changes from one team into what others own; `examples` are (repository, commit id)."""

    commits: int = 0
    files: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class AreaCount:
    """What happened in one area; `authors` counts commits by person."""

    commits: int = 0
    home: int = 0
    away: int = 0
    authors: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class AwayMap:
    """All counts of a scan; `areas` goes by the number of the area in `Interned.areas`."""

    human: int = 0
    bot: int = 0
    no_files: int = 0
    classes: Counter[Class] = field(default_factory=Counter)
    members_only: Counter[Class] = field(default_factory=Counter)
    file_changes: Counter[Class] = field(default_factory=Counter)
    flows: dict[tuple[str, str], Flow] = field(default_factory=dict)
    areas: dict[int, AreaCount] = field(default_factory=dict)
    latency: dict[Class, list[int]] = field(default_factory=dict)
    differing: int = 0
    """Commits whose class would differ under the other reading of `--as-of`."""
    unknown_owners: Counter[str] = field(default_factory=Counter)
    """Owners named in rules whose members nobody declares, with the commits that touched their areas."""


class _Known:
    """An owner set against the organisation: which people and teams it names."""

    def __init__(
        self, owners: Owners, organisation: Organisation, logins: dict[str, str], emails: dict[str, str]
    ) -> None:
        self.people: set[str] = set()
        self.teams: set[str] = set()
        self.unknown: list[str] = []
        self.everybody = "*" in owners.people
        labels = []
        for owner in owners.people:
            plain = owner.lower().strip()
            address = plain.rpartition("<")[2].rstrip(">") if "<" in plain else plain
            team = organisation.team_named(plain)
            if "@" in address.lstrip("@"):
                self.people.add(emails.get(address, f"email:{address}"))
            elif "/" not in plain and plain.lstrip("@") in logins:
                self.people.add(logins[plain.lstrip("@")])
            elif team is not None:
                self.teams.add(team)
                labels.append(organisation.teams[team].name)
                continue
            elif "/" in plain or plain.startswith("@@"):
                self.unknown.append(owner)
            else:
                self.people.add(f"login:{plain.lstrip('@')}")
            labels.append(owner)
        shown = labels if owners.people == owners.written else list(owners.written)
        self.label = " + ".join(dict.fromkeys(shown))


class Mapper:
    """Turns records into an `AwayMap`. `at_head` says whether rules and membership of the newest commit count."""

    def __init__(
        self, interned: Interned, identified: Sequence[Identified], organisation: Organisation, *, at_head: bool
    ) -> None:
        self._interned = interned
        self._identified = identified
        self._organisation = organisation
        self._at_head = at_head
        self._dated = organisation.dated
        logins = {login: person.ref for person in organisation.people.values() for login in person.logins}
        emails = {email: person.ref for person in organisation.people.values() for email in person.emails}
        self._owners = [_Known(owners, organisation, logins, emails) for owners in interned.owners]
        self._belonging: dict[tuple[int, int, date | None], bool] = {}
        self._from: dict[tuple[int, date | None], str] = {}
        self.map = AwayMap()

    def add(self, records: Records, newest: date) -> None:
        """Count the commits of one repository; `newest` is the day of its newest commit."""
        branches: dict[int, set[Class]] = {}
        touches = records.touch_at_head if self._at_head else records.touch
        others = records.touch if self._at_head else records.touch_at_head
        for place, author in enumerate(records.author):
            who = self._identified[author]
            if who.kind is AuthorClass.BOT:
                self.map.bot += 1
                continue
            self.map.human += 1
            own_day = date_of(records.committed[place]) if self._dated else None
            head_day = newest if self._dated else None
            day, other_day = (head_day, own_day) if self._at_head else (own_day, head_day)
            touch = self._interned.touches[touches[place]]
            if not touch:
                self.map.no_files += 1
                continue
            found = self._class(author, touch, day)
            if others[place] != touches[place] or day != other_day:
                other = self._class(author, self._interned.touches[others[place]], other_day)
                self.map.differing += other is not found
            self._count(records, place, author, touch, day, found)
            if records.branch[place] >= 0:
                branches.setdefault(records.branch[place], set()).add(found)
        self._latencies(records, branches)

    def _class(self, author: int, touch: tuple[tuple[int, int], ...], day: date | None) -> Class:
        return classify(self._belongs(author, group, day) for group, _ in touch if group >= 0)

    def _belongs(self, author: int, group: int, day: date | None) -> bool:
        owners = self._interned.groups[group][1]
        key = (author, owners, day)
        known = self._belonging.get(key)
        if known is None:
            known = self._belonging[key] = self._decide(self._identified[author], self._owners[owners], day)
        return known

    def _decide(self, who: Identified, owners: _Known, day: date | None) -> bool:
        if owners.everybody or (who.key in owners.people) or (who.login and f"login:{who.login}" in owners.people):
            return True
        if who.person is None or not owners.teams:
            return False
        return not owners.teams.isdisjoint(self._organisation.teams_of(who.person, day))

    def _count(
        self,
        records: Records,
        place: int,
        author: int,
        touch: tuple[tuple[int, int], ...],
        day: date | None,
        found: Class,
    ) -> None:
        who = self._identified[author]
        self.map.classes[found] += 1
        if who.kind in (AuthorClass.MEMBER, AuthorClass.MEMBER_WITHOUT_TEAM):
            self.map.members_only[found] += 1
        pairs: dict[tuple[str, str], int] = {}
        areas: dict[int, bool] = {}
        for group, files in touch:
            if group < 0:
                self.map.file_changes[Class.UNOWNED] += files
                continue
            area, owners = self._interned.groups[group]
            at_home = self._belongs(author, group, day)
            self.map.file_changes[Class.HOME if at_home else Class.AWAY] += files
            areas[area] = areas.get(area, True) and at_home
            to = self._owners[owners].label
            pair = (to if at_home else self._origin(author, day), to)
            pairs[pair] = pairs.get(pair, 0) + files
            for owner in self._owners[owners].unknown:
                self.map.unknown_owners[owner] += 1
        for area, at_home in areas.items():
            count = self.map.areas.setdefault(area, AreaCount())
            count.commits += 1
            count.home += at_home
            count.away += not at_home
            count.authors[who.key] += 1
        for pair, files in pairs.items():
            flow = self.map.flows.setdefault(pair, Flow())
            flow.commits += 1
            flow.files += files
            if len(flow.examples) < EXAMPLES:
                flow.examples.append((records.repo, records.sha(place)))

    def _origin(self, author: int, day: date | None) -> str:
        """Where a commit into others' code comes from: the author's team, or what is known instead."""
        key = (author, day)
        known = self._from.get(key)
        if known is None:
            known = self._from[key] = self._name_origin(self._identified[author], day)
        return known

    def _name_origin(self, who: Identified, day: date | None) -> str:
        if who.kind is AuthorClass.UNRESOLVED:
            return "(unresolved)"
        if who.kind is AuthorClass.OUTSIDER:
            return "(outsiders)"
        if who.person is None:
            return f"@{who.login}"
        team = self._organisation.home_team(who.person, day)
        return self._organisation.teams[team].name if team else "(no team)"

    def _latencies(self, records: Records, branches: dict[int, set[Class]]) -> None:
        for index, classes in branches.items():
            branch = records.branches[index]
            outside = classes & {Class.AWAY, Class.MIXED}
            found = Class.AWAY if outside else Class.HOME if Class.HOME in classes else Class.UNOWNED
            if branch.merged >= branch.first > 0:
                self.map.latency.setdefault(found, []).append(branch.merged - branch.first)


def hours(seconds: Sequence[int]) -> float | None:
    """The median in hours, to a tenth."""
    return round(median(seconds) / 3600, 1) if seconds else None

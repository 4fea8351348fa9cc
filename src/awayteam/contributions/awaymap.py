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


@dataclass(slots=True)
class _Alike:
    """Commits of one author, day and touch: their class, None where they touch no file, and their places."""

    found: Class | None
    places: list[int] = field(default_factory=list)


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
        self._classes: dict[tuple[int, int, date | None], Class | None] = {}
        self._from: dict[tuple[int, date | None], str] = {}
        self.map = AwayMap()

    def add(self, records: Records, newest: date) -> None:
        """Count the commits of one repository; `newest` is the day of its newest commit.

        Commits of the same author, day and touch are alike: what they add is worked out once and counted so many times.
        """
        branches: dict[int, set[Class]] = {}
        alike: dict[tuple[int, int, date | None], _Alike] = {}
        touches = records.touch_at_head if self._at_head else records.touch
        others = records.touch if self._at_head else records.touch_at_head
        bots = [who.kind is AuthorClass.BOT for who in self._identified]
        head_day = newest if self._dated else None
        own_day: date | None = None
        for place, author in enumerate(records.author):
            if bots[author]:
                self.map.bot += 1
                continue
            if self._dated:
                own_day = date_of(records.committed[place])
            day, other_day = (head_day, own_day) if self._at_head else (own_day, head_day)
            key = (author, touches[place], day)
            one = alike.get(key)
            if one is None:
                one = alike[key] = _Alike(self._class(*key))
            one.places.append(place)
            if one.found is None:
                continue
            if others[place] != touches[place] or day != other_day:
                self.map.differing += self._class(author, others[place], other_day) is not one.found
            if records.branch[place] >= 0:
                branches.setdefault(records.branch[place], set()).add(one.found)
        examples: dict[tuple[str, str], list[int]] = {}
        for (author, touch, day), one in alike.items():
            self._count(author, touch, day, one, examples)
        self._name_examples(records, examples)
        self._latencies(records, branches)

    def _class(self, author: int, touch: int, day: date | None) -> Class | None:
        """How commits with this touch stand; None where they touch no file."""
        key = (author, touch, day)
        if key not in self._classes:
            pairs = self._interned.touches[touch]
            answers = (self._belongs(author, group, day) for group, _ in pairs if group >= 0)
            self._classes[key] = classify(answers) if pairs else None
        return self._classes[key]

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
        author: int,
        touch: int,
        day: date | None,
        one: _Alike,
        examples: dict[tuple[str, str], list[int]],
    ) -> None:
        who, times = self._identified[author], len(one.places)
        self.map.human += times
        if one.found is None:
            self.map.no_files += times
            return
        self.map.classes[one.found] += times
        if who.kind in (AuthorClass.MEMBER, AuthorClass.MEMBER_WITHOUT_TEAM):
            self.map.members_only[one.found] += times
        pairs: dict[tuple[str, str], int] = {}
        areas: dict[int, bool] = {}
        for group, files in self._interned.touches[touch]:
            if group < 0:
                self.map.file_changes[Class.UNOWNED] += files * times
                continue
            area, owners = self._interned.groups[group]
            at_home = self._belongs(author, group, day)
            self.map.file_changes[Class.HOME if at_home else Class.AWAY] += files * times
            areas[area] = areas.get(area, True) and at_home
            to = self._owners[owners].label
            pair = (to if at_home else self._origin(author, day), to)
            pairs[pair] = pairs.get(pair, 0) + files
            for owner in self._owners[owners].unknown:
                self.map.unknown_owners[owner] += times
        for area, at_home in areas.items():
            count = self.map.areas.setdefault(area, AreaCount())
            count.commits += times
            count.home += times if at_home else 0
            count.away += 0 if at_home else times
            count.authors[who.key] += times
        for pair, files in pairs.items():
            flow = self.map.flows.setdefault(pair, Flow())
            flow.commits += times
            flow.files += files * times
            examples.setdefault(pair, []).extend(one.places[:EXAMPLES])

    def _name_examples(self, records: Records, places: dict[tuple[str, str], list[int]]) -> None:
        """The newest commits of each flow, those of the repositories named first before others."""
        for pair, found in places.items():
            flow = self.map.flows[pair]
            for place in sorted(found)[: max(EXAMPLES - len(flow.examples), 0)]:
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

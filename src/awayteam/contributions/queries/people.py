"""One person's commits: how they stand, and the areas that they changed."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from awayteam.contributions.models import Area, Commit, Touch
from awayteam.contributions.queries.flows import Side, Sides
from awayteam.contributions.queries.scope import COUNTED, Choice, Scope, at, scope
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Person

AREAS = 8


@dataclass(frozen=True, slots=True)
class PersonArea:
    """An area that somebody changed; `home` are the commits with which they belonged to its owners."""

    area: Area
    owner: Side
    commits: int
    home: int


@dataclass(frozen=True, slots=True)
class PersonWork:
    """What somebody changed in the window. `key` is what the list of commits takes as person; `last` the newest."""

    scope: Scope
    key: str
    classes: dict[str, int]
    areas: tuple[PersonArea, ...]
    more: int
    last: datetime | None

    @property
    def commits(self) -> int:
        return sum(self.classes.values())

    @property
    def away_share(self) -> float | None:
        """Share of commits to owned code that go wholly or partly into code of teams that they aren't in."""
        owned = self.commits - self.classes["unowned"]
        return (self.classes["away"] + self.classes["mixed"]) / owned if owned else None


def person_work(actor: Actor, person: Person, choice: Choice | None = None) -> PersonWork:
    """What a person changed in repositories that the actor may see."""
    found = scope(actor, choice or Choice())
    classes: Counter[int] = Counter()
    last = 0
    for windows in found.chunks():
        mine = Commit.objects.filter(windows, author__person=person, **{f"{found.stands}__in": COUNTED}).order_by()
        for stands, n, newest in mine.values_list(found.stands).annotate(n=Count("pk"), newest=Max("committed")):
            classes[stands] += n
            last = max(last, newest)
    areas, more = _areas(found, person) if classes else ((), 0)
    words = {str(one.label): classes[one] for one in COUNTED}
    return PersonWork(found, person.ref, words, areas, more, at(last or None))


def _areas(found: Scope, person: Person) -> tuple[tuple[PersonArea, ...], int]:
    """The areas that they changed most, and how many more there are."""
    counts: Counter[int] = Counter()
    home: Counter[int] = Counter()
    distinct = Count("commit", distinct=True)
    at_home = Count("commit", distinct=True, filter=Q(**{found.at_home: True}))
    counted: dict[str, Any] = {f"commit__{found.stands}__in": COUNTED, "reading__in": found.readings}
    for windows in found.chunks("commit__"):
        mine = Touch.objects.filter(windows, commit__author__person=person, area__isnull=False, **counted).order_by()
        for area, n, h in mine.values_list("area_id").annotate(n=distinct, h=at_home):
            counts[area] += n
            home[area] += h
    first = [area for area, _ in counts.most_common(AREAS)]
    known = {row.pk: row for row in Area.objects.filter(pk__in=first).select_related("repository")}
    sides = Sides()
    made = [PersonArea(known[pk], sides.party(known[pk].party_id), counts[pk], home[pk]) for pk in first]
    made.sort(key=lambda row: (-row.commits, row.area.repository.name, row.area.name))
    return tuple(made), len(counts) - len(made)

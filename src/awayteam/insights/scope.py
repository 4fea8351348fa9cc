"""What insights are asked about: a team or unit with everything below it, a kind, a window, as one person sees it."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from awayteam.catalog import permissions as catalog
from awayteam.insights import windows
from awayteam.insights.windows import Window, WindowError
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.organisation.models import Team
from awayteam.organisation.queries import team as team_of
from awayteam.requests.models import Kind, Request
from awayteam.requests.permissions import visible


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of a question, as addresses, commands and the REST interface have them; all may be left out.

    `team` is a team or unit (with `only` "yes": without what is below it), `span` such as 3mo, `since` and `until`
    days (`since` also a span), `every` week, month or quarter, `kind` a kind of request.
    """

    team: str = ""
    only: str = ""
    span: str = ""
    since: str = ""
    until: str = ""
    every: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A team or unit as insights name it. `below` are the ids that count; `alone`: the unit without what is below."""

    id: int
    ref: str
    label: str
    is_unit: bool
    below: frozenset[int] = frozenset()
    alone: bool = False

    @property
    def address(self) -> tuple[str, str]:
        """Namespace and name, of which addresses are made."""
        namespace, _, name = self.ref.partition(":")[2].partition("/")
        return namespace, name


@dataclass
class Scope:
    """A question that was understood. `team` is None for the organisation; the home team's side is what counts."""

    actor: Actor
    now: datetime
    asked: Asked
    window: Window
    team: Team | None = None
    _below: dict[int | None, list[int]] = field(default_factory=dict)

    @property
    def end(self) -> datetime:
        """The end of the window, or now where that is earlier: nothing is open in days to come."""
        return min(self.window.end, self.now)

    @cached_property
    def few_below(self) -> int:
        return rulebook.current().insights.few_cases

    @cached_property
    def places(self) -> dict[int, Place]:
        """Every team and unit that there is or was; one statement."""
        columns = ("pk", "ref", "title", "name", "is_unit", "parent")
        rows = list(Team.objects.order_by("name", "pk").values_list(*columns))
        children: dict[int | None, list[int]] = defaultdict(list)
        for pk, _ref, _title, _name, _unit, parent in rows:
            children[parent].append(pk)
        self._below = children
        return {pk: Place(pk, ref, title or name, unit) for pk, ref, title, name, unit, _ in rows}

    def below(self, pk: int) -> frozenset[int]:
        """The team and everything below it; a circle of parents ends where it began."""
        _ = self.places
        found, ahead = {pk}, [pk]
        while ahead:
            for child in self._below.get(ahead.pop(), ()):
                if child not in found:
                    found.add(child)
                    ahead.append(child)
        return frozenset(found)

    def above(self, pk: int) -> int:
        """The unit right above a team; the team itself where there is none."""
        _ = self.places
        return next((unit for unit, teams in self._below.items() if unit is not None and pk in teams), pk)

    @cached_property
    def homes(self) -> frozenset[int] | None:
        """The teams whose requests count; None for all."""
        if self.team is None:
            return None
        return frozenset({self.team.pk}) if self.asked.only == "yes" else self.below(self.team.pk)

    @cached_property
    def parts(self) -> list[Place]:
        """What the scope is made of: the units and teams right below, each with everything below it, and the unit
        alone for what is asked of nobody below it.

        A single unit at the top is looked into, as it says no more than the whole.
        """
        _ = self.places
        alone: list[int] = []
        found = list(self._below.get(self.team.pk if self.team is not None else None, ()))
        if self.asked.only == "yes":
            return []
        if self.team is not None:
            alone = [self.team.pk] if found else []
        else:
            tops = [pk for pk in found if self._below.get(pk)]
            if len(tops) == 1:
                alone, found = tops, [*self._below[tops[0]], *(pk for pk in found if pk != tops[0])]
        return [replace(self.places[pk], below=self.below(pk)) for pk in found] + [
            replace(self.places[pk], below=frozenset({pk}), alone=True) for pk in alone
        ]

    @cached_property
    def leaves_out(self) -> bool:
        """Whether there are requests that this person may not see, and that are not counted therefore."""
        if catalog.sees_everything(self.actor):
            return False
        about = Request.objects.filter(entity__restricted=True)
        return about.exclude(pk__in=visible(self.actor, about, self.now).order_by().values("pk")).exists()

    def condition(self, request: str = "", home: str = "home_team") -> Q:
        """The conditions on rows that belong to a request: `request` is the way to it ("" where the rows are requests
        themselves, else such as "request"), `home` the column of the home team."""
        within = f"{request}__" if request else ""
        found = Q()
        if self.homes is not None:
            found &= Q(**{f"{home}__in": sorted(self.homes)})
        if self.asked.kind:
            found &= Q(**{f"{within}kind": self.asked.kind})
        if self.leaves_out:
            about = Request.objects.filter(entity__restricted=True)
            seen = visible(self.actor, about, self.now).order_by().values("pk")
            hidden = about.exclude(pk__in=seen).order_by().values("pk")
            found &= ~Q(**{f"{within}pk__in": hidden}) if not request else ~Q(**{f"{request}__in": hidden})
        return found


def scope(actor: Actor, asked: Asked, now: datetime) -> Scope:
    """Understand a question; one statement where it names a team. Raises `InvalidInput`, `NotFound` for the team."""
    book = rulebook.current()
    zone = book.calendar.time_zone
    if asked.kind and asked.kind not in Kind.values:
        known = ", ".join(Kind.values)
        raise InvalidInput(f"There is no kind {asked.kind[:40]!r}.", f"Use one of {known}.", {"kind": "unknown"})
    words: dict[str, Any] = {name: getattr(asked, name) for name in ("span", "since", "until", "every")}
    try:
        found = windows.window(now.astimezone(ZoneInfo(zone)).date(), zone, **words)
    except WindowError as error:
        raise InvalidInput(f"{error}.".capitalize(), "Correct the window.", {error.field: error.problem}) from None
    team = team_of(actor, asked.team) if asked.team else None
    return Scope(actor, now, asked, found, team)

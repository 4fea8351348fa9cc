"""What lists of engagements can be narrowed by, how an address says it, and how that becomes a condition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from awayteam.catalog.queries.references import canonical, ids_of
from awayteam.engagements.machine import FINAL, LIVE, State
from awayteam.engagements.models import Engagement, Member, ReviewMode
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.organisation.models import Person, Team
from awayteam.organisation.queries import below

OPEN_STATES, CLOSED_STATES, ALL_STATES = "open", "closed", "all"
GROUPS: dict[str, tuple[State, ...]] = {
    OPEN_STATES: tuple(LIVE),
    CLOSED_STATES: tuple(state for state in State if state in FINAL),
    ALL_STATES: tuple(State),
}
ME, MINE = "me", "mine"
"""In place of a person: the one who asks the question. In place of a team: those that this person belongs to."""
MOST_WORDS = 8
MANY = ("state", "home", "away", "team", "unit", "turn", "person", "service", "mode")
SINGLE = ("q", "request", "ends_until", "since", "until")


@dataclass(frozen=True, slots=True)
class EngagementFilter:
    """Everything is optional; values of one field are alternatives, different fields must all hold.

    `state` are single states or "open" (where nothing is said), "closed", "all". `home`, `away` and `team` (either
    side) are references of teams ("payments" means group:default/payments) or "mine"; `unit` those above either side.
    `turn` is "me", a person ("user:ada") or a team. `person` ("me" or a person) is a member of the away team, or named
    in the contract. `service` are references of entities. `text` are words that must all occur in title or goal.
    `ends_until`: the time-box ends by that day. `since` and `until` are days on which it was opened.
    """

    state: tuple[str, ...] = ()
    home: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    mode: tuple[str, ...] = ()
    request: int | None = None
    text: str = ""
    ends_until: date | None = None
    since: date | None = None
    until: date | None = None


def filter_of(given: QueryDict) -> EngagementFilter:
    """The filter that the parameters of an address say; raises `InvalidInput` with the one that can't be read."""
    chosen: dict[str, Any] = {name: tuple(dict.fromkeys(filter(None, given.getlist(name))))[:50] for name in MANY}
    number = given.get("request", "")
    return EngagementFilter(
        **chosen,
        text=given.get("q", "").strip()[:200],
        request=int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None,
        ends_until=_day("ends_until", given.get("ends_until", "")),
        since=_day("since", given.get("since", "")),
        until=_day("until", given.get("until", "")),
    )


def states(words: Sequence[str]) -> tuple[State, ...]:
    """The states that the words name; raises `InvalidInput` for an unknown one."""
    found: list[State] = []
    for word in words or (OPEN_STATES,):
        if word in GROUPS:
            found += GROUPS[word]
        elif word in set(State):
            found.append(State(word))
        else:
            what = f"There is no state {word[:40]!r}."
            raise InvalidInput(what, f"Use one of {', '.join([*GROUPS, *State])}.", {"state": "unknown"})
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A filter as conditions by its fields, every reference in it looked up; `rest` are words and days."""

    by_field: Mapping[str, Q]
    rest: Q

    def of(self, engagements: "QuerySet[Engagement]", *, without: str = "") -> "QuerySet[Engagement]":
        """`engagements` with every condition but the one of the field `without`."""
        return engagements.filter(self.rest, *(one for name, one in self.by_field.items() if name != without))


def narrowing(filter: EngagementFilter, actor: Actor) -> Narrowing:
    """The filter for as many questions as a page asks; raises `InvalidInput`.

    References are looked up here: one statement for each field that names any.
    """
    conditions: dict[str, Callable[[], Q]] = {
        "state": lambda: _in_states(filter),
        "home": lambda: Q(home_team__in=_teams(filter.home, actor)),
        "away": lambda: Q(away_team__in=_teams(filter.away, actor)),
        "team": lambda: _either(_teams(filter.team, actor)),
        "unit": lambda: _either(_below(filter.unit)),
        "turn": lambda: _turn(filter.turn, actor),
        "person": lambda: _with_person(_people(filter.person, actor)),
        "service": lambda: Q(service__in=ids_of(canonical(filter.service, "component"))),
        "mode": lambda: _modes(filter.mode),
    }
    wanted = {name: condition() for name, condition in conditions.items() if getattr(filter, name) or name == "state"}
    return Narrowing(wanted, _beyond_properties(filter))


def narrow(engagements: "QuerySet[Engagement]", filter: EngagementFilter, actor: Actor) -> "QuerySet[Engagement]":
    """`engagements` with every condition of the filter; statements and errors as of `narrowing`."""
    return narrowing(filter, actor).of(engagements)


def _beyond_properties(filter: EngagementFilter) -> Q:
    found = Q()
    for word in filter.text.replace("\0", "").split()[:MOST_WORDS]:
        found &= Q(title__icontains=word) | Q(goal__icontains=word)
    if filter.request is not None:
        found &= Q(request=filter.request)
    if filter.ends_until is not None:
        found &= Q(ends_on__lte=filter.ends_until)
    if filter.since is not None:
        found &= Q(created_at__date__gte=filter.since)
    if filter.until is not None:
        found &= Q(created_at__date__lte=filter.until)
    return found


def _in_states(filter: EngagementFilter) -> Q:
    wanted = set(states(filter.state))
    if wanted == set(State):
        return Q()
    return Q(closed_at__isnull=True) if wanted == set(LIVE) else Q(state__in=sorted(wanted))


def _modes(modes: Sequence[str]) -> Q:
    for mode in modes:
        if mode not in ReviewMode.values:
            what = f"There is no review mode {mode[:40]!r}."
            raise InvalidInput(what, f"Use one of {', '.join(ReviewMode.values)}.", {"mode": "unknown"})
    return Q(review_mode__in=modes)


def _either(teams: Sequence[int]) -> Q:
    return Q(home_team__in=teams) | Q(away_team__in=teams)


def _with_person(people: Sequence[int]) -> Q:
    named = Q(pk__in=Member.objects.filter(person__in=people).order_by().values("engagement_id"))
    for role in ("home_decider", "home_contact", "home_deputy", "away_lead", "manager"):
        named |= Q(**{f"{role}__in": people})
    return named


def _teams(words: Sequence[str], actor: Actor) -> list[int]:
    """Ids of teams; one that nobody knows has none, so that the list is empty rather than broken."""
    refs = canonical([word for word in words if word != MINE], "group")
    found = set(Team.objects.filter(ref__in=refs).values_list("pk", flat=True)) if refs else set()
    return sorted(found | set(actor.teams if MINE in words else ()))


def _people(words: Sequence[str], actor: Actor) -> list[int]:
    refs = canonical([word for word in words if word != ME], "user")
    found = set(Person.objects.filter(ref__in=refs).values_list("pk", flat=True)) if refs else set()
    if ME in words and actor.person_id is not None:
        found.add(actor.person_id)
    return sorted(found)


def _below(words: Sequence[str]) -> list[int]:
    """Ids of the units and of every team below them."""
    units = Team.objects.filter(ref__in=canonical(words, "group"))
    return sorted({id for unit in units for id in below(unit)})


def _turn(words: Sequence[str], actor: Actor) -> Q:
    teams = [word for word in words if word == MINE or word.startswith("group:")]
    people = [word for word in words if word not in teams]
    condition = Q(turn_person__in=_people(people, actor)) if people else Q(pk__in=[])
    if ME in words and actor.teams:  # a turn that is nobody's by name is everybody's of the team
        condition |= Q(turn_person__isnull=True, turn_team__in=sorted(actor.teams))
    return condition | Q(turn_team__in=_teams(teams, actor)) if teams else condition


def _day(name: str, text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        what = f"{name}: {text[:40]!r} is no date."
        raise InvalidInput(what, "Write it as 2026-01-31.", {name: what}) from None

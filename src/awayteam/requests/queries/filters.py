"""What lists, boards, facets and exports of requests are narrowed by, and how that becomes a condition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from awayteam.catalog.expressions import Among
from awayteam.catalog.queries.references import canonical, ids_of
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.organisation.models import Person, Team
from awayteam.organisation.queries import below
from awayteam.requests.machine import FINAL, OPEN, State
from awayteam.requests.models import Asker, Kind, Request

OPEN_STATES, CLOSED_STATES, ALL_STATES = "open", "closed", "all"
GROUPS: dict[str, tuple[State, ...]] = {
    OPEN_STATES: tuple(OPEN),
    CLOSED_STATES: tuple(state for state in State if state in FINAL),
    ALL_STATES: tuple(State),
}
ME, MINE = "me", "mine"
"""In place of a person: the one who asks the question. In place of a team: those that this person belongs to."""
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Everything is optional; values of one field are alternatives, different fields must all hold.

    `state` are single states or "open" (where nothing is said), "closed", "all". `home` and `asking` are references of
    teams ("payments" means group:default/payments) or "mine"; `unit` those above the home team. `turn` is "me",
    a person ("user:ada") or a team ("group:orders", "mine"); `asker` "me" or a person. `entity` are references.
    `goal` are ids of the askers' goals. `text` are words that must all occur in title or need, or a number.
    `overdue`: whether a clock has run out without an answer. `lost`: whether the home team lost its refusal.
    `value_min` is in points a week. `since` and `until` are days on which it was asked. Requests that were merged into
    another one are left out unless `merged`, or the state "merged" is named.
    """

    state: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    home: tuple[str, ...] = ()
    asking: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    asker: tuple[str, ...] = ()
    entity: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    goal: tuple[int, ...] = ()
    text: str = ""
    overdue: bool | None = None
    lost: bool | None = None
    value_min: Decimal | None = None
    since: date | None = None
    until: date | None = None
    merged: bool = False


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
    """A filter as conditions by its fields, every reference in it looked up; `words` and `rest` belong to no field."""

    by_field: Mapping[str, Q]
    words: Q
    rest: Q

    def of(self, requests: "QuerySet[Request]", *, without: str = "") -> "QuerySet[Request]":
        """`requests` with every condition but the one of the field `without`."""
        fields = (condition for name, condition in self.by_field.items() if name != without)
        return requests.filter(self.words, self.rest, *fields)

    def among(self, requests: "QuerySet[Request]") -> "tuple[QuerySet[Request], Narrowing]":
        """The words looked for once: those of `requests` that have them, and what else narrows; one statement.

        Without words nothing changes, and nothing is asked.
        """
        if not self.words:
            return requests, self
        ids = list(requests.filter(self.words).order_by().values_list("pk", flat=True))
        return Request.objects.filter(Among("pk", ids)), replace(self, words=Q())


def narrowing(filter: RequestFilter, actor: Actor, now: datetime) -> Narrowing:
    """The filter for as many questions as a page asks; raises `InvalidInput`.

    References are looked up here: one statement for each field that names any.
    """
    conditions: dict[str, Callable[[], Q]] = {
        "state": lambda: in_states(filter),
        "kind": lambda: _kinds(filter.kind),
        "home": lambda: Q(home_team__in=_teams(filter.home, actor)),
        "asking": lambda: Q(pk__in=_asked_by(Q(team__in=_teams(filter.asking, actor)))),
        "turn": lambda: _turn(filter.turn, actor),
        "asker": lambda: Q(pk__in=_asked_by(Q(person__in=_people(filter.asker, actor)))),
        "entity": lambda: Q(entity__in=ids_of(canonical(filter.entity, "component"))),
        "unit": lambda: Q(home_team__in=_below(filter.unit)),
        "goal": lambda: Q(pk__in=_asked_by(Q(goal__in=filter.goal))),
    }
    wanted = {name: condition() for name, condition in conditions.items() if getattr(filter, name) or name == "state"}
    return Narrowing(wanted, _text(filter.text) if filter.text.strip() else Q(), _beyond_properties(filter, now))


def narrow(requests: "QuerySet[Request]", filter: RequestFilter, actor: Actor, now: datetime) -> "QuerySet[Request]":
    """`requests` with every condition of the filter; statements and errors as of `narrowing`."""
    return narrowing(filter, actor, now).of(requests)


def _beyond_properties(filter: RequestFilter, now: datetime) -> Q:
    found = Q()
    if filter.overdue is not None:
        late = Q(state=State.OVERDUE.value) | Q(due_at__lte=now)
        found &= late if filter.overdue else ~late
    if filter.lost is not None:
        found &= Q(lost_refusal_at__isnull=not filter.lost)
    if filter.value_min is not None:
        found &= Q(value_per_week__gte=filter.value_min)
    if filter.since is not None:
        found &= Q(created_at__date__gte=filter.since)
    if filter.until is not None:
        found &= Q(created_at__date__lte=filter.until)
    return found


def in_states(filter: RequestFilter) -> Q:
    """Open ones by the column that partial indexes know; merged ones only where they are asked for."""
    wanted = set(states(filter.state))
    if State.MERGED.value not in filter.state and not filter.merged:
        wanted.discard(State.MERGED)
    condition = Q(state__in=sorted(wanted))
    if wanted == set(OPEN):
        return Q(closed_at__isnull=True)
    return condition & Q(closed_at__isnull=True) if wanted <= set(OPEN) else condition


def _kinds(kinds: Sequence[str]) -> Q:
    for kind in kinds:
        if kind not in Kind.values:
            what = f"There is no kind {kind[:40]!r}."
            raise InvalidInput(what, f"Use one of {', '.join(Kind.values)}.", {"kind": "unknown"})
    return Q(kind__in=kinds)


def _asked_by(who: Q) -> "QuerySet[Asker, int]":
    """Ids of requests in which they ask still, as a subquery."""
    return Asker.objects.filter(who, left_at__isnull=True).order_by().values_list("request_id", flat=True)


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


def _text(text: str) -> Q:
    """All words in title or need; `#17` or `17` is the request with this number as well."""
    words = text.replace("\0", "").split()[:MOST_WORDS]
    condition = Q()
    for word in words:
        condition &= Q(title__icontains=word) | Q(need__icontains=word)
    number = words[0].removeprefix("#") if len(words) == 1 else ""
    if number.isascii() and number.isdecimal() and len(number) < 18:
        condition |= Q(pk=int(number))
    return condition

"""Every read of duplicates; each takes the actor first and answers with what that actor may see, as frozen rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.dateparse import parse_date

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity
from awayteam.duplicates import rules
from awayteam.duplicates.machine import FINAL, LIVE, MACHINE, Party, State, Verb
from awayteam.duplicates.models import Answer, Duplicate
from awayteam.duplicates.permissions import can, visible
from awayteam.duplicates.rules import STATE_WORDS, Crowd
from awayteam.kernel import clockface, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.models import Clock, ClockState
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team

MANY = 10_000
SORTS = ("on", "-created", "title")
FACETS = ("state", "team", "home")
NOBODY = "nobody"
"""The value of the facet "home" of what nobody owns."""


@dataclass(frozen=True, slots=True)
class DuplicateFilter:
    """Each empty part narrows nothing. Teams are references; `live` leaves out what has ended."""

    state: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    home: tuple[str, ...] = ()
    live: bool = True
    customers: bool = False
    text: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    """A duplicate as lists show it. `entity` and `own` are None where there is none or the actor may not see it."""

    duplicate: Duplicate
    entity: Entity | None
    own: Entity | None
    crowd: Crowd

    @property
    def words(self) -> str:
        return STATE_WORDS[State(self.duplicate.state)]

    @property
    def of(self) -> str:
        """What is duplicated, in words."""
        return str(self.entity) if self.entity else self.duplicate.words or "something restricted"


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    name: str
    values: tuple[FacetValue, ...]


RELATED = ("entity__owner", "own__owner", "team", "home_team")


def duplicates(
    actor: Actor, wanted: DuplicateFilter, *, sort: str = "on", cursor: str | None = None, limit: int = 50
) -> Page[DuplicateRow]:
    """Duplicates that the actor may see: by date of the next turn, newest first, or by title. Five statements."""
    rows = _narrowed(actor, wanted)
    total = rows.count()
    rows, key = _sorted(rows, sort, cursor)
    found = list(rows.select_related(*RELATED)[: limit + 1])
    page = page_of(found, limit, key, total)
    shown = _rows(actor, page.items)
    return Page(shown, page.next_cursor, page.total)


def _narrowed(actor: Actor, wanted: DuplicateFilter, without: str = "") -> "QuerySet[Duplicate]":
    rows = visible(actor, Duplicate.objects.all())
    if wanted.state and without != "state":
        rows = rows.filter(state__in=wanted.state)
    elif wanted.live:
        rows = rows.filter(state__in=[state.value for state in LIVE])
    if wanted.team and without != "team":
        rows = rows.filter(team__ref__in=wanted.team)
    if wanted.home and without != "home":
        nobody = Q(home_team__isnull=True) if NOBODY in wanted.home else Q(pk__in=[])
        rows = rows.filter(nobody | Q(home_team__ref__in=wanted.home))
    if wanted.customers:
        rows = rows.filter(customer_facing=True)
    if wanted.mine:
        mine = sorted(actor.teams)
        rows = rows.filter(Q(team__in=mine) | Q(home_team__in=mine))
    if wanted.text.strip():
        text = wanted.text.replace("\0", "").strip()[:200]
        rows = rows.filter(Q(title__icontains=text) | Q(what__icontains=text) | Q(words__icontains=text))
    return rows


def _sorted(rows: "QuerySet[Duplicate]", sort: str, cursor: str | None) -> tuple["QuerySet[Duplicate]", Any]:
    if sort not in SORTS:
        raise InvalidInput(f"Duplicates aren't sorted by {sort[:30]!r}.", f"Choose one of {', '.join(SORTS)}.")
    if sort == "title":
        if cursor:
            title, pk = decode_cursor(cursor, str, int)
            rows = rows.filter(Q(title__gt=title) | Q(title=title, pk__gt=pk))
        return rows.order_by("title", "pk"), lambda row: (row.title, row.pk)
    if sort == "-created":
        if cursor:
            at, pk = decode_cursor(cursor, datetime, int)
            rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
        return rows.order_by("-created_at", "-pk"), lambda row: (row.created_at, row.pk)
    if cursor:
        text, pk = decode_cursor(cursor, str, int)
        day = parse_date(text)
        if day is None:
            raise InvalidInput("The cursor is not one that this list gave.", "Start from the first page.")
        rows = rows.filter(Q(on__gt=day) | Q(on=day, pk__gt=pk))
    return rows.order_by("on", "pk"), lambda row: (row.on.isoformat(), row.pk)


def facets(actor: Actor, wanted: DuplicateFilter) -> list[Facet]:
    """How many there are of each state and team, each counted without its own choice; three statements."""
    states = _narrowed(actor, wanted, "state").order_by().values_list("state").annotate(n=Count("pk"))
    made = [_facet("state", [(one, STATE_WORDS[State(one)], n) for one, n in states], wanted.state)]
    for name, column in (("team", "team"), ("home", "home_team")):
        counted = _narrowed(actor, wanted, name).order_by().values_list(column).annotate(n=Count("pk"))
        numbers = dict(counted)
        teams = {team.pk: team for team in Team.objects.filter(pk__in=[pk for pk in numbers if pk])}
        values = [
            (teams[pk].ref, str(teams[pk]), n) if pk in teams else (NOBODY, "nobody", n) for pk, n in numbers.items()
        ]
        made.append(_facet(name, values, wanted.team if name == "team" else wanted.home))
    return made


def _facet(name: str, values: Iterable[tuple[str, str, int]], selected: Sequence[str]) -> Facet:
    rows = sorted(values, key=lambda one: (-one[2], one[1].casefold()))
    return Facet(name, tuple(FacetValue(value, label, n, value in selected) for value, label, n in rows))


def _rows(actor: Actor, found: Sequence[Duplicate]) -> list[DuplicateRow]:
    hidden = _hidden(actor, found)
    crowds = crowds_of([row.entity_id for row in found if row.entity_id is not None])
    return [_row(row, hidden, crowds) for row in found]


def _row(row: Duplicate, hidden: set[int], crowds: Mapping[int, Crowd]) -> DuplicateRow:
    alone = rules.crowd(
        [row.customer_facing] if row.state not in FINAL else [], exists=True,
        too_many=rulebook.current().duplicates.too_many,
    )  # fmt: skip
    return DuplicateRow(
        row,
        row.entity if row.entity_id not in hidden else None,
        row.own if row.own_id not in hidden else None,
        crowds.get(row.entity_id or 0, alone),
    )


def _hidden(actor: Actor, rows: Iterable[Duplicate]) -> set[int]:
    """Ids of the things of these rows that the actor may not see; no statement where nothing is restricted."""
    things = {one.pk for row in rows for one in (row.entity, row.own) if one is not None and one.restricted}
    if not things or catalog.sees_everything(actor):
        return set()
    seen = catalog.visible(actor, Entity.objects.filter(pk__in=things)).values_list("pk", flat=True)
    return things - set(seen)


def crowds_of(entities: Iterable[int]) -> dict[int, Crowd]:
    """How many solutions there are of each of these things, by entity id; one statement."""
    too_many = rulebook.current().duplicates.too_many
    live = Duplicate.objects.filter(entity__in=set(entities), closed_at__isnull=True)
    flags: dict[int, list[bool]] = {}
    for entity, customers in live.values_list("entity_id", "customer_facing"):
        flags.setdefault(entity, []).append(customers)
    return {entity: rules.crowd(many, exists=True, too_many=too_many) for entity, many in flags.items()}


def duplicate(actor: Actor, pk: int) -> Duplicate:
    """One duplicate with its teams and things. Raises `NotFound`."""
    row = visible(actor, Duplicate.objects.filter(pk=pk)).select_related(*RELATED, "unit", "manager").first()
    if row is None:
        raise NotFound("There is no such duplicate.", "See the list of duplicates.")
    return row


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that could be done now, with whether this actor may, and why not."""

    verb: Verb
    decision: Decision


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, with the clock."""

    party: str
    team: Team | None
    person: str
    face: ClockFace


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the page of a duplicate shows; `others` are further own builds of the same thing."""

    row: DuplicateRow
    turns: tuple[Turn, ...]
    then: str
    deeds: tuple[Deed, ...]
    answers: tuple[Answer, ...]
    others: tuple[DuplicateRow, ...]
    silent: tuple[Party, ...]


def story(actor: Actor, pk: int, now: datetime) -> Story:
    """A duplicate with its turns, what may be done by whom, and what was answered. Raises `NotFound`."""
    found = duplicate(actor, pk)
    state = State(found.state)
    rest = Duplicate.objects.filter(closed_at__isnull=True).exclude(pk=pk)
    same = rest.filter(entity=found.entity) if found.entity_id else rest.none()
    others = list(visible(actor, same).select_related(*RELATED).order_by("on", "pk")[:20])
    rows = _rows(actor, [found, *others])
    answers = tuple(found.answers.select_related("person").order_by("-review", "pk"))
    said = {one.party for one in answers if one.review == found.review}
    both = [Party.OWN] + ([Party.HOME] if found.home_team_id else [])
    waiting = MACHINE.waiting.get(state)
    return Story(
        rows[0], tuple(_turns(found, now)), waiting.then if waiting else "", tuple(deeds(actor, found, now)), answers,
        tuple(rows[1:]), tuple(one for one in both if one.value not in said) if state is State.REVIEW else (),
    )  # fmt: skip


def deeds(actor: Actor, row: Duplicate, now: datetime) -> list[Deed]:
    """What people could do with it now; the clock's own moves are left out."""
    verbs = [Verb(one.verb) for one in MACHINE.leaving(State(row.state)) if one.verb != Verb.EXPIRE]
    return [Deed(verb, can(actor, verb, row, now)) for verb in verbs]


def _turns(row: Duplicate, now: datetime) -> Iterable[Turn]:
    from awayteam.organisation.models import Person

    running = Clock.objects.filter(subject_kind="duplicate", subject_id=row.pk, state=ClockState.RUNNING)
    clocks = list(running.order_by("due_at", "pk"))
    people = Person.objects.in_bulk([clock.turn_person_id for clock in clocks if clock.turn_person_id])
    teams = {team.pk: team for team in (row.team, row.home_team, row.unit) if team is not None}
    for clock in clocks:
        person = people.get(clock.turn_person_id or 0)
        yield Turn(
            str(clock.data.get("party", "")), teams.get(clock.turn_team_id or 0), str(person or ""),
            clockface.describe(clock, now),
        )  # fmt: skip


def of_entity(actor: Actor, entity: Entity, *, limit: int = 10) -> tuple[list[DuplicateRow], Crowd]:
    """Live duplicates of a thing, and how many solutions there are; two statements."""
    rows = visible(actor, Duplicate.objects.filter(entity=entity, closed_at__isnull=True))
    found = list(rows.select_related(*RELATED).order_by("on", "pk")[:limit])
    if not found:
        return [], rules.crowd([], exists=True, too_many=rulebook.current().duplicates.too_many)
    crowds = crowds_of([entity.pk])
    hidden = _hidden(actor, found)
    return [_row(row, hidden, crowds) for row in found], crowds[entity.pk]


def of_team(actor: Actor, team: Team, *, limit: int = 20) -> list[DuplicateRow]:
    """Live duplicates that a team made or that were made of what it has."""
    mine = Q(team=team) | Q(home_team=team)
    rows = visible(actor, Duplicate.objects.filter(mine, closed_at__isnull=True))
    return _rows(actor, list(rows.select_related(*RELATED).order_by("on", "pk")[:limit]))


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the organisation stands: each number is that of a list."""

    live: int
    in_review: int
    crowded: int
    customers: int


def numbers(actor: Actor) -> Numbers:
    """Counts over the live duplicates that the actor may see; one statement."""
    rows = visible(actor, Duplicate.objects.filter(closed_at__isnull=True))
    found = list(rows.values_list("state", "entity_id", "customer_facing")[:MANY])
    each = Counter(entity for _, entity, _ in found if entity is not None)
    too_many = rulebook.current().duplicates.too_many
    return Numbers(
        len(found),
        sum(state in (State.REVIEW, State.ARBITRATION) for state, _, _ in found),
        sum(count + 1 >= too_many for count in each.values()),
        sum(customers for _, _, customers in found),
    )

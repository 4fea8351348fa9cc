"""How many requests have each value of each property, each property counted without its own filter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import nlargest
from typing import Any

from django.db.models import Count, Q, QuerySet

from awayteam.catalog.queries.references import canonical
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Team
from awayteam.requests.machine import OPEN, State
from awayteam.requests.models import Asker, Request
from awayteam.requests.permissions import visible_at_once
from awayteam.requests.queries.filters import (
    ME,
    MINE,
    OPEN_STATES,
    Narrowing,
    RequestFilter,
    in_states,
    narrowing,
    states,
)
from awayteam.requests.queries.rows import Facet, FacetValue
from awayteam.requests.rules import spoken

NAMES = ("state", "kind", "home", "asking", "turn")
OF_TEAMS = ("home", "asking", "turn")
COLUMNS = {"state": "state", "kind": "kind", "home": "home_team", "turn": "turn_team"}
MOST_VALUES = 50


def facets(actor: Actor, filter: RequestFilter, *, now: datetime, most: int = MOST_VALUES) -> list[Facet]:
    """Facets state, kind, home, asking and turn, each with its `most` frequent values and all that are selected.

    "turn" is by team. Every number is what a list with that value shows. Seven statements, and those of the names in
    the filter. Raises `InvalidInput` for an impossible filter.
    """
    among, wanted = narrowing(filter, actor, now).among(visible_at_once(actor, now))
    return facets_among(among, wanted, filter, most)


def facets_among(among: "QuerySet[Request]", wanted: Narrowing, filter: RequestFilter, most: int) -> list[Facet]:
    """The facets of a filter that was looked up already, over the requests that may be seen; six statements."""
    counts = {name: _count(among, wanted, filter, name) for name in NAMES}
    chosen = {name: _chosen(name, filter) for name in NAMES}
    teams = {id for name in OF_TEAMS for id in leading(counts[name], most)}
    named = Q(pk__in=teams) | Q(ref__in={ref for name in OF_TEAMS for ref in chosen[name]})
    rows = Team.objects.filter(named).values_list("pk", "ref", "title", "name")
    labels = {pk: (ref, title or name) for pk, ref, title, name in rows}
    return [_facet(name, counts[name], chosen[name], labels, most) for name in NAMES]


def total_of(facets: Sequence[Facet], filter: RequestFilter) -> int:
    """How many requests a list with this filter has in all, from its facets: they count the states without it."""
    wanted = set(states(filter.state))
    counted = [value for facet in facets if facet.name == "state" for value in facet.values]
    return sum(value.count for value in counted if value.value in wanted)


def leading(counts: Mapping[int | None, int], most: int) -> list[int]:
    """The teams that can be among the `most` frequent, with all that are as frequent as the last of them."""
    known = {id: count for id, count in counts.items() if id is not None}
    last = min(nlargest(most, known.values()), default=0)
    return [id for id, count in known.items() if count >= last]


def _count(among: "QuerySet[Request]", wanted: Narrowing, filter: RequestFilter, name: str) -> dict[Any, int]:
    if name == "turn":  # of the final ones it is nobody's
        running = [state.value for state in states(filter.state) if state in OPEN]
        if not running:
            return {}
        words = (OPEN_STATES,) if len(running) == len(OPEN) else tuple(running)
        of_states = {"state": in_states(replace(filter, state=words))}
        wanted = replace(wanted, by_field={**wanted.by_field, **of_states})
    fitting = wanted.of(among, without=name)
    if name == "state" and not filter.merged:
        fitting = fitting.exclude(state=State.MERGED.value) if State.MERGED.value not in filter.state else fitting
    if name == "asking":
        asking = Asker.objects.filter(left_at__isnull=True, request__in=fitting.order_by().values("pk"))
        return dict(asking.order_by().values_list("team").annotate(number=Count("request", distinct=True)))
    return dict(fitting.order_by().values_list(COLUMNS[name]).annotate(number=Count("pk")))


def _facet(
    name: str, counts: Mapping[Any, int], chosen: set[str], labels: Mapping[int, tuple[str, str]], most: int
) -> Facet:
    values = []
    for key, count in counts.items():
        if key is None or (name in OF_TEAMS and key not in labels):
            continue
        value, label = labels[key] if name in OF_TEAMS else (key, key)
        label = spoken(State(key)) if name == "state" else label
        values.append(FacetValue(value, label, count, value in chosen))
    if name == "state":
        values.sort(key=lambda value: list(State).index(State(value.value)))
        return Facet(name, values)
    values.sort(key=lambda value: (not value.selected, -value.count, value.label))
    most = max(most, sum(value.selected for value in values))
    return Facet(name, values[:most], max(0, sum(key is not None for key in counts) - most))


def _chosen(name: str, filter: RequestFilter) -> set[str]:
    given = getattr(filter, name)
    if name == "state":
        return {state.value for state in states(given)} if given else set()
    if name == "kind":
        return set(given)
    return set(canonical([word for word in given if word not in (ME, MINE) and not word.startswith("user:")], "group"))

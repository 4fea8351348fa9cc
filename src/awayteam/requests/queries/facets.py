"""How many requests have each value of each property, each property counted without its own filter."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from awayteam.catalog.queries.references import canonical
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Team
from awayteam.requests.machine import State
from awayteam.requests.models import Request
from awayteam.requests.permissions import visible
from awayteam.requests.queries.filters import ALL_STATES, ME, MINE, RequestFilter, narrow, states
from awayteam.requests.queries.rows import Facet, FacetValue
from awayteam.requests.rules import spoken

NAMES = ("state", "kind", "home", "asking", "turn")
COLUMNS = {"state": "state", "kind": "kind", "home": "home_team", "asking": "askers__team", "turn": "turn_team"}
MOST_VALUES = 50


def facets(actor: Actor, filter: RequestFilter, *, now: datetime, most: int = MOST_VALUES) -> list[Facet]:
    """Facets state, kind, home, asking and turn, each with its `most` frequent values and all that are selected.

    "turn" is by team. Every number is what a list with that value shows. Six statements, and those of the names in the
    filter. Raises `InvalidInput` for an impossible filter.
    """
    among = visible(actor, Request.objects.all(), now)
    if filter.text.strip():  # words are looked for once, not for each facet
        words = RequestFilter(state=(ALL_STATES,), text=filter.text, merged=True)
        ids = narrow(among, words, actor, now).order_by().values_list("pk", flat=True)
        among, filter = Request.objects.filter(pk__in=list(ids)), replace(filter, text="")
    counts = {name: _count(among, actor, filter, name, now) for name in NAMES}
    teams = {id for name in ("home", "asking", "turn") for id in counts[name] if id is not None}
    rows = Team.objects.filter(pk__in=teams).values_list("pk", "ref", "title", "name")
    labels = {pk: (ref, title or name) for pk, ref, title, name in rows}
    return [_facet(name, counts[name], filter, labels, most) for name in NAMES]


def _count(among: "QuerySet[Request]", actor: Actor, filter: RequestFilter, name: str, now: datetime) -> dict[Any, int]:
    fitting = narrow(among, filter, actor, now, without=name)
    if name == "state" and not filter.merged:
        fitting = fitting.exclude(state=State.MERGED.value) if State.MERGED.value not in filter.state else fitting
    if name == "asking":
        fitting = fitting.filter(askers__left_at__isnull=True)
    if name == "turn":
        fitting = fitting.filter(turn_team__isnull=False)  # of the final ones it is nobody's
    number = Count("pk", distinct=name == "asking")
    return dict(fitting.order_by().values_list(COLUMNS[name]).annotate(number=number))


def _facet(
    name: str, counts: Mapping[Any, int], filter: RequestFilter, labels: Mapping[int, tuple[str, str]], most: int
) -> Facet:
    chosen = _chosen(name, filter)
    values = []
    for key, count in counts.items():
        if key is None:
            continue
        value, label = labels.get(key, ("", "")) if name in ("home", "asking", "turn") else (key, key)
        label = spoken(State(key)) if name == "state" else label
        values.append(FacetValue(value, label, count, value in chosen))
    if name == "state":
        values.sort(key=lambda value: list(State).index(State(value.value)))
        return Facet(name, values)
    values.sort(key=lambda value: (not value.selected, -value.count, value.label))
    most = max(most, sum(value.selected for value in values))
    return Facet(name, values[:most], max(0, len(values) - most))


def _chosen(name: str, filter: RequestFilter) -> set[str]:
    given = getattr(filter, name)
    if name == "state":
        return {state.value for state in states(given)} if given else set()
    if name == "kind":
        return set(given)
    return set(canonical([word for word in given if word not in (ME, MINE) and not word.startswith("user:")], "group"))

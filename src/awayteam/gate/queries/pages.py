"""Lists of changes: filtered, sorted, page by page; facets; and those that concern one thing."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from django.db.models import Count, DateTimeField, Expression, F, QuerySet, Value
from django.db.models.functions import Coalesce, Lower

from awayteam.catalog.queries.keyset import Beyond
from awayteam.catalog.queries.references import canonical
from awayteam.gate.models import Change, Stand
from awayteam.gate.permissions import visible
from awayteam.gate.queries.narrowing import MINE, ChangeFilter, narrow
from awayteam.gate.verdict import Outcome
from awayteam.kernel import businesstime
from awayteam.kernel.actor import Actor
from awayteam.kernel.clocks import calendar_of
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Membership, Team
from awayteam.organisation.queries.dates import dated
from awayteam.requests.queries.rows import Facet, FacetValue
from awayteam.stories.plot import hours_of

LARGEST_PAGE = 1_000
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
DEFAULT_SORT = "age"
ASKED_SHOWN = 3
MEASURED = 500
"""The newest changes, of which the usual time to the first review is measured."""
FACETS = ("outcome", "repository", "home")
COLUMNS = {"outcome": "outcome", "repository": "repository", "home": "home_team"}
RELATED = ("author", "home_team")
OUTCOME_WORDS = {
    Outcome.ALLOWED.value: "may go in", Outcome.WAITING.value: "waits", Outcome.DENIED.value: "refused",
    "": "not judged yet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One line of a list. `teams` are those of the author now, `asked` whose word is lacking: the first few, by name.

    `review_minutes` is working time of the home team from opening to the first review, or until now (None: it was never
    reviewed and isn't open, or nobody knows whose code it is).
    """

    change: Change
    teams: tuple[Team, ...]
    asked: tuple[Any, ...]
    asked_more: int
    review_minutes: int | None

    @property
    def title(self) -> str:
        return self.change.title or str(self.change)

    @property
    def words(self) -> str:
        """The outcome in words; of what is over, how it ended."""
        return self.change.state if self.change.state != Stand.OPEN else OUTCOME_WORDS[self.change.outcome]

    @property
    def review_words(self) -> str:
        """The working time to the first review in one unit: "25 min", "4 h", "2 days" (of eight hours)."""
        minutes = self.review_minutes or 0
        for size, unit in ((480, "day"), (60, "h")):
            if minutes >= size:
                count = minutes // size
                return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
        return f"{minutes} min"

    @property
    def is_reviewed(self) -> bool:
        return self.change.first_reviewed_at is not None


@dataclass(frozen=True, slots=True)
class _Sort:
    """`key` besides the id, and the type of its part in a cursor. `flipped`: the largest comes first."""

    key: str | Expression
    type: type
    flipped: bool = False


_DUE = Coalesce("due_at", Value(NEVER, output_field=DateTimeField()))
_REVIEWED = Coalesce("first_reviewed_at", Value(NEVER, output_field=DateTimeField()))
_SORTS = {
    "age": _Sort("opened_at", datetime, flipped=True),
    "changed": _Sort("changed_at", datetime, flipped=True),
    "due": _Sort(_DUE, datetime),
    "repository": _Sort(Lower("repository"), str),
    "reviewed": _Sort(_REVIEWED, datetime),
    "title": _Sort(Lower("title"), str),
}
SORTS = tuple(_SORTS)
"""Each also with "-" before it, for the other direction. "age" has the youngest first."""


def list_changes(
    actor: Actor, wanted: ChangeFilter, *, now: datetime, sort: str = DEFAULT_SORT, cursor: str | None = None,
    limit: int = 50,
) -> Page[ChangeRow]:  # fmt: skip
    """A page of the changes that the actor may see, sorted by one of `SORTS` (turned round with "-" before it).

    Three statements, and one for each field that names teams. Raises `InvalidInput`.
    """
    chosen = _SORTS.get(sort.removeprefix("-"))
    if chosen is None:
        what = f"There is no sort {sort[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(SORTS)}, with - before it to turn it round.", {"sort": what})
    descending, limit = sort.startswith("-") != chosen.flipped, max(1, min(limit, LARGEST_PAGE))
    rows = narrow(visible(actor, Change.objects.all(), now), wanted, actor, now)
    if cursor:
        part, pk = decode_cursor(cursor, chosen.type, int)
        rows = rows.filter(Beyond([chosen.key, "pk"], (part, pk), descending=descending))
    key = F(chosen.key) if isinstance(chosen.key, str) else chosen.key
    order = (key.desc(), "-pk") if descending else (key.asc(), "pk")
    found = list(_lean(rows.annotate(_key=key).order_by(*order))[: limit + 1])
    page = page_of(found, limit, lambda row: (getattr(row, "_key"), row.pk))  # noqa: B009 - annotated above
    return Page(rows_of(page.items, now), page.next_cursor)


def total(actor: Actor, wanted: ChangeFilter, now: datetime) -> int:
    """How many changes a list with this filter has in all."""
    return narrow(visible(actor, Change.objects.all(), now), wanted, actor, now).order_by().count()


def first(actor: Actor, changes: "QuerySet[Change]", now: datetime, *, limit: int) -> list[ChangeRow]:
    """The first of these changes that the actor may see, in their order; three statements. For panels."""
    return rows_of(list(_lean(visible(actor, changes, now))[:limit]), now)


def _lean(rows: "QuerySet[Change]") -> "QuerySet[Change]":
    """With what a line shows, without what may be long."""
    return rows.select_related(*RELATED).defer("paths", "hands", "checks")


def rows_of(changes: Sequence[Change], now: datetime) -> list[ChangeRow]:
    """Lines of changes that were read with `RELATED`; two statements."""
    teams = _teams_of({one.author_id for one in changes if one.author_id is not None}, now)
    asked = _asked([one.pk for one in changes if one.state == Stand.OPEN and one.outcome == Outcome.WAITING.value])
    return [
        ChangeRow(
            one,
            tuple(teams.get(one.author_id or 0, ())),
            tuple(asked.get(one.pk, ())[:ASKED_SHOWN]),
            max(0, len(asked.get(one.pk, ())) - ASKED_SHOWN),
            _review_minutes(one, now),
        )
        for one in changes
    ]


def _teams_of(people: Iterable[int], now: datetime) -> Mapping[int, Sequence[Team]]:
    found: dict[int, list[Team]] = defaultdict(list)
    wanted = sorted(people)
    if wanted:
        rows = Membership.objects.filter(dated(now), person__in=wanted).select_related("team").order_by("pk")
        for one in rows:
            found[one.person_id].append(one.team)
    return found


def _asked(changes: Sequence[int]) -> Mapping[int, Sequence[Any]]:
    """Whose word is lacking, in the order in which they are asked."""
    found: dict[int, list[Any]] = defaultdict(list)
    if changes:
        through = Change.asked.through
        for one in through.objects.filter(change__in=changes).select_related("person").order_by("pk"):
            found[one.change_id].append(one.person)
    return found


def _review_minutes(change: Change, now: datetime) -> int | None:
    if change.home_team is None:
        return None
    until = change.first_reviewed_at or (now if change.state == Stand.OPEN else None)
    return None if until is None else businesstime.between(hours_of(change.home_team), change.opened_at, until)


def facets(actor: Actor, wanted: ChangeFilter, *, now: datetime, most: int = 12) -> list[Facet]:
    """Facets outcome, repository and home team, each with its `most` frequent values and all selected ones.

    Every number is what a list with that value shows. Four statements, and those of the teams in the filter.
    """
    among = visible(actor, Change.objects.all(), now)
    counts = {name: _count(narrow(among, wanted, actor, now, without=name), name) for name in FACETS}
    ids = [pk for pk in counts["home"] if pk is not None]
    rows = Team.objects.filter(pk__in=ids).values_list("pk", "ref", "title", "name") if ids else []
    labels = {pk: (ref, title or name) for pk, ref, title, name in rows}
    describe: dict[str, Callable[[Any], tuple[str, str]]] = {
        "outcome": lambda key: (key, OUTCOME_WORDS.get(key, key)),
        "repository": lambda key: (key, key),
        "home": lambda key: labels.get(key, ("", "")),
    }
    chosen = {
        "outcome": set(wanted.outcome),
        "repository": set(wanted.repository),
        "home": set(canonical([word for word in wanted.home if word != MINE], "group")),
    }
    return [_facet(name, counts[name], describe[name], chosen[name], most) for name in FACETS]


def _count(fitting: "QuerySet[Change]", name: str) -> dict[Any, int]:
    return dict(fitting.order_by().values_list(COLUMNS[name]).annotate(number=Count("pk")))


def _facet(
    name: str, counts: Mapping[Any, int], describe: Callable[[Any], tuple[str, str]], chosen: set[str], most: int
) -> Facet:
    values = []
    for key, count in counts.items():
        value, label = describe(key)
        if value:
            values.append(FacetValue(value, label, count, value in chosen))
    values.sort(key=lambda value: (not value.selected, -value.count, value.label))
    most = max(most, sum(value.selected for value in values))
    return Facet(name, values[:most], max(0, len(values) - most))


def usual_first_review(changes: "QuerySet[Change]") -> int | None:
    """Median working minutes of the home team to the first review, of the newest of these changes; one statement."""
    rows = changes.filter(first_reviewed_at__isnull=False, home_team__isnull=False).order_by("-opened_at")
    columns = ("opened_at", "first_reviewed_at", "home_team__calendar", "home_team__time_zone")
    minutes = [
        businesstime.between(calendar_of(calendar, zone), opened, reviewed)
        for opened, reviewed, calendar, zone in rows.values_list(*columns)[:MEASURED]
    ]
    return round(median(minutes)) if minutes else None

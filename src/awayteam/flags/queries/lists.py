"""Lists of flags: narrowed, sorted, page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils.dateparse import parse_date

from awayteam.flags.models import Flag, Setting
from awayteam.flags.permissions import visible
from awayteam.flags.rules import Lifecycle
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Team

SORTS = ("stale", "key", "remove", "-changed")
FACETS = ("owner", "purpose", "kind")
NEVER = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class FlagFilter:
    """Each empty part narrows nothing. Owners are references; without `archived` those that are gone stay out."""

    owner: tuple[str, ...] = ()
    purpose: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    stale: bool = False
    killed: bool = False
    archived: bool = False
    mine: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class FlagRow:
    """A flag as lists show it; `settings` are in the order of the environments."""

    flag: Flag
    settings: tuple[Setting, ...]
    lifecycle: Lifecycle

    @property
    def is_overdue(self) -> bool:
        return self.lifecycle is Lifecycle.STALE and not self.flag.asked_why.startswith("Everybody")


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


def is_stale(today: date) -> Q:
    return Q(archived_at=None) & (Q(asked_at__isnull=False) | Q(remove_on__lt=today))


def lifecycle(flag: Flag, today: date) -> Lifecycle:
    """Where the flag stands in its life."""
    if flag.archived_at is not None:
        return Lifecycle.ARCHIVED
    overdue = flag.remove_on is not None and flag.remove_on < today
    return Lifecycle.STALE if flag.asked_at is not None or overdue else Lifecycle.LIVE


def flags(
    actor: Actor, wanted: FlagFilter, now: datetime, *, sort: str = "stale", cursor: str | None = None, limit: int = 50
) -> Page[FlagRow]:
    """Flags that the actor may see: stale ones first, or by key, date of removal, or latest change. Four statements."""
    rows = _narrowed(actor, wanted, now)
    total = rows.count()
    rows, key = _sorted(rows, sort, cursor, now.date())
    page = page_of(list(rows.select_related("owner")[: limit + 1]), limit, key, total)
    return Page(rows_of(page.items, now), page.next_cursor, page.total)


def rows_of(found: Sequence[Flag], now: datetime) -> list[FlagRow]:
    """Rows of these flags, in their order; one statement."""
    settings: dict[int, list[Setting]] = {}
    shown = Setting.objects.filter(flag__in=found).select_related("environment", "definition")
    for one in shown.order_by("environment__position", "environment__key"):
        settings.setdefault(one.flag_id, []).append(one)
    return [FlagRow(flag, tuple(settings.get(flag.pk, ())), lifecycle(flag, now.date())) for flag in found]


def _narrowed(actor: Actor, wanted: FlagFilter, now: datetime, without: str = "") -> "QuerySet[Flag]":
    rows = visible(actor, Flag.objects.all(), now)
    if not wanted.archived:
        rows = rows.filter(archived_at=None)
    for name, column in (("owner", "owner__ref__in"), ("purpose", "purpose__in"), ("kind", "kind__in")):
        if name != without and getattr(wanted, name):
            rows = rows.filter(**{column: getattr(wanted, name)})
    if wanted.stale:
        rows = rows.filter(is_stale(now.date()))
    if wanted.killed:
        rows = rows.filter(pk__in=Setting.objects.filter(killed_at__isnull=False).values("flag"))
    if wanted.mine:
        rows = rows.filter(owner__in=sorted(actor.teams))
    if wanted.text.strip():
        text = wanted.text.replace("\0", "").strip()[:200]
        rows = rows.filter(Q(key__icontains=text) | Q(title__icontains=text) | Q(description__icontains=text))
    return rows


def _sorted(rows: "QuerySet[Flag]", sort: str, cursor: str | None, today: date) -> tuple["QuerySet[Flag]", Any]:
    if sort not in SORTS:
        raise InvalidInput(f"Flags aren't sorted by {sort[:30]!r}.", f"Choose one of {', '.join(SORTS)}.")
    if sort == "key":
        if cursor:
            rows = rows.filter(key__gt=decode_cursor(cursor, str)[0])
        return rows.order_by("key"), lambda row: (row.key,)
    if sort == "-changed":
        if cursor:
            at, pk = decode_cursor(cursor, datetime, int)
            rows = rows.filter(Q(changed_at__lt=at) | Q(changed_at=at, pk__lt=pk))
        return rows.order_by("-changed_at", "-pk"), lambda row: (row.changed_at, row.pk)
    if sort == "remove":
        return _by_removal(rows, cursor)
    place = Case(When(is_stale(today), then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = rows.annotate(place=place)
    if cursor:
        number, key = decode_cursor(cursor, int, str)
        rows = rows.filter(Q(place__gt=number) | Q(place=number, key__gt=key))
    return rows.order_by("place", "key"), lambda row: (row.place, row.key)


def _by_removal(rows: "QuerySet[Flag]", cursor: str | None) -> tuple["QuerySet[Flag]", Any]:
    """By date of removal; flags without one come last."""
    from django.db.models.functions import Coalesce

    rows = rows.annotate(until=Coalesce("remove_on", Value(NEVER)))
    if cursor:
        text, key = decode_cursor(cursor, str, str)
        day = parse_date(text)
        if day is None:
            raise InvalidInput("The cursor is not one that this list gave.", "Start from the first page.")
        rows = rows.filter(Q(until__gt=day) | Q(until=day, key__gt=key))
    return rows.order_by("until", "key"), lambda row: (row.until.isoformat(), row.key)


def facets(actor: Actor, wanted: FlagFilter, now: datetime) -> list[Facet]:
    """How many there are of each owner, purpose and kind, each counted without its own choice; four statements."""
    made = []
    for name in FACETS:
        column = "owner" if name == "owner" else name
        counted = dict(_narrowed(actor, wanted, now, name).order_by().values_list(column).annotate(n=Count("pk")))
        labels: dict[Any, tuple[str, str]]
        if name == "owner":
            teams = Team.objects.filter(pk__in=list(counted))
            labels = {team.pk: (team.ref, str(team)) for team in teams}
        else:
            labels = {value: (value, value) for value in counted}
        values = [(*labels[value], number) for value, number in counted.items()]
        made.append(_facet(name, values, getattr(wanted, name)))
    return made


def _facet(name: str, values: Iterable[tuple[str, str, int]], selected: Sequence[str]) -> Facet:
    rows = sorted(values, key=lambda one: (-one[2], one[1].casefold()))
    return Facet(name, tuple(FacetValue(value, label, n, value in selected) for value, label, n in rows))

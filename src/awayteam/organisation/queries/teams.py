"""Teams and units: finding one, listing them, their size, and how the organisation stands."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.kernel.rulebook import Rulebook
from awayteam.organisation.models import Membership, Person, Team
from awayteam.organisation.queries.dates import dated
from awayteam.sources.backstage import refs


def team(actor: Actor, ref: str) -> Team:  # noqa: ARG001
    """The team or unit with this reference ("payments" means group:default/payments), with parent and source.

    One statement. Raises `NotFound`.
    """
    wanted = canonical(ref, "group")
    found = Team.objects.select_related("parent", "source").filter(ref=wanted).first()
    if found is None:
        raise NotFound(f"There is no team {wanted}.", "See all with `awayteam org list`, or look by search.")
    return found


def canonical(ref: str, kind: str) -> str:
    """The canonical reference that people wrote; raises `NotFound` for what is none."""
    try:
        return refs.canonical(ref, kind)
    except refs.BadReferenceError as error:
        raise NotFound(f"There is no {kind} {ref[:80]!r}: {error}.") from error


@dataclass(frozen=True, slots=True)
class SizeCheck:
    """The two-pizza rule for one team: `size` people, at most `limit`. Units are never too large."""

    size: int
    limit: int
    applies: bool

    @property
    def is_over(self) -> bool:
        return self.applies and self.size > self.limit

    @property
    def sentence(self) -> str:
        people = "1 person" if self.size == 1 else f"{self.size} people"
        if not self.applies:
            return f"{people}; the limit of a team doesn't apply to a unit"
        return f"{people}, {'more than' if self.is_over else 'within'} the limit of {self.limit}"


def size_check(team: Team, rulebook: Rulebook, *, at: datetime | None = None) -> SizeCheck:
    """How the team stands against `organisation.team_size_max`; one statement."""
    size = Membership.objects.filter(dated(at), team=team).aggregate(n=Count("person", distinct=True))["n"]
    return SizeCheck(size, rulebook.organisation.team_size_max, not team.is_unit)


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A line of the list of teams."""

    team: Team
    members: int
    is_over: bool

    @property
    def has_on_call(self) -> bool:
        return bool(self.team.on_call_url)


def teams(
    actor: Actor,  # noqa: ARG001
    rulebook: Rulebook,
    *,
    units: bool | None = None,
    text: str = "",
    oversized: bool = False,
    without_on_call: bool = False,
    cursor: str | None = None,
    limit: int = 100,
    at: datetime | None = None,
) -> Page[TeamRow]:
    """Declared teams (`units`: only units, or only teams) by name; two statements."""
    name = Lower(Coalesce(NullIf(F("title"), Value("")), F("name")))
    size = Count("memberships__person", filter=dated(at, "memberships__"), distinct=True)
    rows = Team.objects.filter(declared=True).select_related("parent").annotate(sort=name, size=size)
    rows = rows.filter(
        Q(dissolved_at__isnull=True) if at is None else Q(dissolved_at__isnull=True) | Q(dissolved_at__gt=at)
    )
    if units is not None:
        rows = rows.filter(is_unit=units)
    if text:
        rows = rows.filter(sort__contains=text.replace("\0", "").lower()[:200])
    if without_on_call:
        rows = rows.filter(on_call_url="", is_unit=False)
    if oversized:
        rows = rows.filter(size__gt=rulebook.organisation.team_size_max, is_unit=False)
    total = rows.count()
    if cursor:
        after, pk = decode_cursor(cursor, str, int)
        rows = rows.filter(Q(sort__gt=after) | Q(sort=after, pk__gt=pk))
    largest = rulebook.organisation.team_size_max
    found = page_of(list(rows.order_by("sort", "pk")[: limit + 1]), limit, lambda row: (row.sort, row.pk), total)
    return found.map(lambda row: TeamRow(row, row.size, not row.is_unit and row.size > largest))


@dataclass(frozen=True, slots=True)
class Health:
    """Figures for the start page, each of which a list can show: see `teams` and `people`."""

    teams: int
    units: int
    people: int
    oversized: int
    without_on_call: int
    without_members: int
    teamless: int


def health(actor: Actor, rulebook: Rulebook, *, at: datetime | None = None) -> Health:  # noqa: ARG001
    """How the organisation stands; three statements."""
    alive = Q(dissolved_at__isnull=True) if at is None else Q(dissolved_at__isnull=True) | Q(dissolved_at__gt=at)
    rows = list(Team.objects.filter(alive, declared=True).values_list("pk", "is_unit", "on_call_url"))
    now_in = Membership.objects.filter(dated(at)).order_by()
    sizes = Counter(dict(now_in.values_list("team").annotate(size=Count("person", distinct=True))))
    here = Person.objects.filter(left_at__isnull=True) if at is None else Person.objects.exclude(left_at__lte=at)
    placed = Count("pk", filter=Q(pk__in=now_in.values("person")))
    persons = here.aggregate(all=Count("pk"), placed=placed)
    own = [(pk, url) for pk, is_unit, url in rows if not is_unit]
    return Health(
        teams=len(own),
        units=len(rows) - len(own),
        people=persons["all"],
        oversized=sum(sizes[pk] > rulebook.organisation.team_size_max for pk, _ in own),
        without_on_call=sum(not url for _, url in own),
        without_members=sum(not sizes[pk] for pk, _ in own),
        teamless=persons["all"] - persons["placed"],
    )

"""The public register: overrides, emergencies and deviations, each of them, for everybody who is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Team
from awayteam.reviews.actions.checking import fields
from awayteam.reviews.models import Kind, Outcome, RegisterEntry
from awayteam.reviews.permissions import entries, unseen
from awayteam.reviews.queries.faceting import Facet, facet

SORTS = ("-decided", "decided", "look-again", "title")
STATES = {
    "standing": "to be looked at", "due": "asked what happened", "unanswered": "silent", "told": "looked at again",
}  # fmt: skip
OUTCOMES = {
    Outcome.EXPECTED.value: "as expected", Outcome.WARNED.value: "as warned", Outcome.MIXED.value: "both",
    Outcome.NEITHER.value: "neither",
}  # fmt: skip
HIDDEN = "Something restricted"


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """Each empty part narrows nothing. Teams are references; dates include both days."""

    kind: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    field: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    text: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """An entry as this actor sees it. Where its service is restricted to others the name is kept back, and the words
    that could tell it; that there was an override, by whom, when, and of which recommendation is never kept back."""

    entry: RegisterEntry
    hidden: bool
    data: tuple[dict[str, Any], ...] = ()

    @property
    def title(self) -> str:
        return HIDDEN if self.hidden else self.entry.title

    @property
    def reason(self) -> str:
        return "" if self.hidden else self.entry.reason

    @property
    def happened(self) -> str:
        return "" if self.hidden else self.entry.happened

    @property
    def practice(self) -> str:
        return "" if self.hidden else self.entry.practice

    @property
    def words(self) -> str:
        """The state in words."""
        return STATES[self.entry.state]

    @property
    def outcome(self) -> str:
        return OUTCOMES.get(self.entry.outcome, "")

    @property
    def address(self) -> str:
        from awayteam.reviews.plots import ENTRY_PLOT

        return ENTRY_PLOT.address(self.entry)


RELATED = ("team", "decider", "entity", "review", "turn_person", "clock")


def register(
    actor: Actor, wanted: RegisterFilter, *, sort: str = "-decided", cursor: str | None = None, limit: int = 50
) -> Page[RegisterRow]:
    """Entries of the register, the newest first; three statements."""
    rows = _narrowed(actor, wanted)
    total = rows.count()
    rows, key = _sorted(rows, sort, cursor)
    page = page_of(list(rows.select_related(*RELATED)[: limit + 1]), limit, key, total)
    return Page(_rows(actor, page.items), page.next_cursor, page.total)


def rows_of(actor: Actor, rows: "QuerySet[RegisterEntry]", *, limit: int) -> list[RegisterRow]:
    """The newest of these entries; two statements. For panels."""
    found = entries(actor, rows).select_related(*RELATED).order_by("-decided_at", "-pk")[:limit]
    return _rows(actor, list(found))


def _rows(actor: Actor, found: Sequence[RegisterEntry]) -> list[RegisterRow]:
    restricted = {one.entity_id for one in found if one.entity is not None and one.entity.restricted and one.entity_id}
    hidden = unseen(actor, restricted)
    parties = actor.person_id
    rows = []
    for one in found:
        kept_back = one.entity_id in hidden and (parties is None or parties != one.decider_id)
        rows.append(RegisterRow(one, kept_back, () if kept_back else tuple(one.data)))
    return rows


def entry(actor: Actor, pk: int) -> RegisterRow:
    """One entry. Raises `NotFound`."""
    found = entries(actor, RegisterEntry.objects.filter(pk=pk)).select_related(*RELATED, "review__opinion").first()
    if found is None:
        raise NotFound("There is no such entry of the register.", "See the register.")
    return _rows(actor, [found])[0]


def _narrowed(actor: Actor, wanted: RegisterFilter, without: str = "") -> "QuerySet[RegisterEntry]":
    rows = entries(actor, RegisterEntry.objects.all())
    for name, column in (("kind", "kind"), ("state", "state"), ("outcome", "outcome"), ("field", "field"),
                         ("team", "team__ref")):  # fmt: skip
        chosen = getattr(wanted, name)
        if chosen and name != without:
            rows = rows.filter(**{f"{column}__in": chosen})
    if wanted.since:
        rows = rows.filter(decided_at__date__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(decided_at__date__lte=wanted.until)
    text = wanted.text.replace("\0", "").strip()[:200]
    if text:
        said = Q(title__icontains=text) | Q(reason__icontains=text) | Q(practice__icontains=text)
        rows = rows.filter(
            said & (Q(entity__isnull=True) | Q(entity__restricted=False)) | Q(decider_label__icontains=text)
        )
    return rows


def _sorted(rows: "QuerySet[RegisterEntry]", sort: str, cursor: str | None) -> tuple["QuerySet[RegisterEntry]", Any]:
    if sort not in SORTS:
        raise InvalidInput(f"The register isn't sorted by {sort[:30]!r}.", f"Choose one of {', '.join(SORTS)}.")
    if sort == "title":
        if cursor:
            title, pk = decode_cursor(cursor, str, int)
            rows = rows.filter(Q(title__gt=title) | Q(title=title, pk__gt=pk))
        return rows.order_by("title", "pk"), lambda row: (row.title, row.pk)
    if sort == "look-again":
        if cursor:
            text, pk = decode_cursor(cursor, str, int)
            on = _day(text)
            rows = rows.filter(Q(look_again_on__gt=on) | Q(look_again_on=on, pk__gt=pk))
        return rows.order_by("look_again_on", "pk"), lambda row: (row.look_again_on.isoformat(), row.pk)
    down = sort.startswith("-")
    if cursor:
        at, pk = decode_cursor(cursor, datetime, int)
        side = "lt" if down else "gt"
        rows = rows.filter(Q(**{f"decided_at__{side}": at}) | Q(decided_at=at, **{f"pk__{side}": pk}))
    order = ("-decided_at", "-pk") if down else ("decided_at", "pk")
    return rows.order_by(*order), lambda row: (row.decided_at, row.pk)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("The cursor is not one that this list gave.", "Start from the first page.") from None


def entry_facets(actor: Actor, wanted: RegisterFilter) -> list[Facet]:
    """How many there are of each kind, state, outcome, field and team, each counted without its own choice."""
    labels = fields()
    words = {
        "kind": ("Kind", {one.value: one.label.lower() for one in Kind}), "state": ("State", STATES),
        "outcome": ("What happened", OUTCOMES), "field": ("Field", labels),
    }  # fmt: skip
    made = []
    for name, (title, said) in words.items():
        counted = _narrowed(actor, wanted, name).order_by().values_list(name).annotate(n=Count("pk"))
        values = [(value, said.get(value, value), n) for value, n in counted if value]
        made.append(facet(name, title, values, getattr(wanted, name)))
    numbers = dict(_narrowed(actor, wanted, "team").order_by().values_list("team").annotate(n=Count("pk")))
    teams = Team.objects.in_bulk(list(numbers))
    rows = [(teams[pk].ref, str(teams[pk]), n) for pk, n in numbers.items() if pk in teams]
    return [*made, facet("team", "Team", rows, wanted.team)]

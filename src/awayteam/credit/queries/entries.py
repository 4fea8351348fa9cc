"""Entries of the ledger, the newest first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from awayteam.credit.models import Dispute, Entry
from awayteam.credit.permissions import visible
from awayteam.credit.queries.filters import CreditFilter
from awayteam.credit.words import amount, kind_words
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of

LARGEST_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as lists show it. `disputed`: somebody disputes it now."""

    entry: Entry
    disputed: bool
    amount: str

    @property
    def kind_words(self) -> str:
        return kind_words(self.entry.kind)


def _rows(actor: Actor, wanted: CreditFilter, now: datetime) -> "QuerySet[Entry]":
    return visible(actor, Entry.objects.filter(wanted.condition), now)


def entries(
    actor: Actor, wanted: CreditFilter, now: datetime, *, cursor: str | None = None, limit: int = 50
) -> Page[EntryRow]:
    """A page of entries; one statement."""
    limit = max(1, min(limit, LARGEST_PAGE))
    found = _rows(actor, wanted, now)
    if cursor:
        at, pk = decode_cursor(cursor, datetime, int)
        found = found.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    return page_of(_shown(found, limit + 1), limit, lambda row: (row.entry.at, row.entry.pk))


def number(actor: Actor, wanted: CreditFilter, now: datetime) -> int:
    return _rows(actor, wanted, now).count()


def entries_of(actor: Actor, asked: Q, now: datetime, limit: int) -> list[EntryRow]:
    """The newest entries that fit; those withdrawn too."""
    return _shown(visible(actor, Entry.objects.filter(asked), now), limit)


def entries_about(kind: str, id: int, limit: int) -> list[EntryRow]:
    """The newest entries about one subject, for whoever was shown it: who sees a subject sees its credit."""
    return _shown(Entry.objects.filter(subject_kind=kind, subject_id=id), limit)


def _shown(found: "QuerySet[Entry]", limit: int) -> list[EntryRow]:
    running = Exists(Dispute.objects.filter(entry=OuterRef("pk"), closed_at__isnull=True))
    rows = (
        found.select_related("person", "team", "given_by", "served").annotate(disputed=running).order_by("-at", "-pk")
    )
    unit = rulebook.current().requests.value_unit
    return [EntryRow(row, row.disputed, amount(row.quantity, row.measure, unit)) for row in rows[:limit]]


def entry(actor: Actor, pk: int, now: datetime) -> Entry:
    """One entry. Raises `NotFound`."""
    found = (
        visible(actor, Entry.objects.filter(pk=pk), now).select_related("person", "team", "given_by", "served").first()
    )
    if found is None:
        raise NotFound(f"There is no entry {pk}.", "Look at the ledger.")
    return found

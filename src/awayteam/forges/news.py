"""What there is to ask about: changes of which a forge told something, or whose state we doubt."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from awayteam.forges.models import ForgeChange, ForgeRepository
from awayteam.gate.models import Change, Stand
from awayteam.kernel import bell

MOST_TARGETING = 1_000
"""Changes that are asked about when a branch gets other rules."""


def want(
    repository: ForgeRepository, number: int, now: datetime, *, id: str = "", heard_at: datetime | None = None
) -> None:
    """Ask the forge about a change as soon as possible; any number of wishes are one question.

    What was given up is asked again, since there is news of it; what waits after a failure waits on.
    """
    with transaction.atomic():
        transaction.on_commit(bell.ring)
        if _again(repository, number, now, heard_at):
            return
        made = ForgeChange(
            repository=repository, number=number, external_id=id[:200], next_at=now, heard_at=heard_at or now
        )
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError:
            _again(repository, number, now, heard_at)


def _again(repository: ForgeRepository, number: int, now: datetime, heard_at: datetime | None) -> bool:
    rows = ForgeChange.objects.filter(repository=repository, number=number)
    rows.filter(is_dead=True).update(is_dead=False, attempts=0, next_at=now)
    return bool(rows.update(wanted=F("wanted") + 1, heard_at=Coalesce("heard_at", heard_at or now)))


def want_targeting(repository: ForgeRepository, branch: str, now: datetime, *, heard_at: datetime | None = None) -> int:
    """Ask about the open changes that are to go into a branch; returns how many there are."""
    rows = ForgeChange.objects.filter(repository=repository).exclude(stand__in=("merged", "closed"))
    into = Change.objects.filter(base_ref=branch[:300], state=Stand.OPEN).order_by()
    numbers = list(rows.filter(change_id__in=into.values("pk")).order_by("number").values_list("number", flat=True))
    for number in numbers[:MOST_TARGETING]:
        want(repository, number, now, heard_at=heard_at)
    return len(numbers)


def want_commit(repository: ForgeRepository, commit: str, now: datetime, *, heard_at: datetime | None = None) -> int:
    """Ask about the open changes whose head is `commit`; returns how many there are."""
    rows = ForgeChange.objects.filter(repository=repository, head=commit).exclude(stand__in=("merged", "closed"))
    numbers = list(rows.values_list("number", flat=True)[:100])
    for number in numbers:
        want(repository, number, now, heard_at=heard_at)
    return len(numbers)

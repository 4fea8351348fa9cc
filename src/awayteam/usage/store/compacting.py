"""Few large parts instead of many small ones, and none older than is kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from awayteam.kernel.errors import Conflict
from awayteam.usage.models import Applied, Edge, Grain, Name, Operation, Part, Standing
from awayteam.usage.store import files
from awayteam.usage.store.publishing import DAILY_DAYS, HOURLY_DAYS, enter, standing

FEWEST = 8
"""Parts of one day or month that are let stand while it goes on."""
KEEP_RETIRED = timedelta(hours=6)
"""How long the file of a retired part stays: longer than any question or backup takes."""
AT_ONCE = 4
"""Merges in one round, so that counts never wait long."""


def compact(now: datetime) -> int:
    """Merge small parts of a day or month into one; returns how many merges there were."""
    units: dict[tuple[Grain, date], list[Part]] = defaultdict(list)
    for part in Part.objects.filter(retired_at=None).order_by("rows", "pk"):
        units[Grain(part.grain), part.unit].append(part)
    done = 0
    for (grain, unit), parts in sorted(units.items()):
        some = worth(parts, over=_is_over(grain, unit, now))
        if some and done < AT_ONCE:
            _merge(grain, unit, some, now)
            done += 1
    return done


def worth(parts: Sequence[Part], *, over: bool) -> Sequence[Part]:
    """The parts, smallest first, that are worth merging: all when their time is over, else those of like size, so that
    a row is written again only when what it stands in has doubled."""
    if len(parts) < 2 or (len(parts) <= FEWEST and not over):
        return []
    if over:
        return parts
    taken, rows = 0, 0
    for part in parts:
        if taken >= FEWEST // 2 and part.rows > 2 * rows:
            break
        taken, rows = taken + 1, rows + part.rows
    return parts[:taken]


def _is_over(grain: Grain, unit: date, now: datetime) -> bool:
    """Whether a day, or a month, has been over for an hour."""
    last = (now - timedelta(hours=1)).date()
    return unit < files.unit_of(grain, last)


def _merge(grain: Grain, unit: date, parts: Sequence[Part], now: datetime) -> None:
    generation = standing().generation
    written = files.write(grain, unit, files.merged(files.read([files.folder() / one.file for one in parts])))
    with transaction.atomic():
        if not Standing.objects.filter(pk=1, generation=generation).update(generation=generation + 1):
            raise Conflict("Somebody else published counts meanwhile.", "It is tried again.")
        Standing.objects.filter(pk=1, summarised_generation=generation).update(summarised_generation=generation + 1)
        enter([written] if written else [], now)
        Part.objects.filter(pk__in=[one.pk for one in parts]).update(retired_at=now)


def expire(now: datetime) -> int:
    """Retire parts whose rows are all older than is kept, and delete files that no part names, and what else is over;
    returns how many files went."""
    today = files.number_of(now.date())
    old = Q(grain=Grain.HOUR, last__lt=(today - HOURLY_DAYS + 1) * 24) | Q(
        grain=Grain.DAY, last__lt=today - DAILY_DAYS + 1
    )
    Part.objects.filter(old, retired_at=None).update(retired_at=now)
    Applied.objects.filter(until__lt=now).delete()
    _forget_edges(now)
    gone = list(Part.objects.filter(retired_at__lt=now - KEEP_RETIRED).values_list("pk", "file"))
    Part.objects.filter(pk__in=[pk for pk, _ in gone]).delete()
    for _, file in gone:
        (files.folder() / file).unlink(missing_ok=True)
    return len(gone) + _sweep(now)


def _sweep(now: datetime) -> int:
    """Delete files that a killed owner left behind."""
    place = files.folder()
    known = set(Part.objects.values_list("file", flat=True))
    left = [path for path in _files(place.glob("*.parquet")) if path.name not in known]
    left += _files(place.glob(".*.parquet"))
    gone = 0
    for path in left:
        try:
            if path.stat().st_mtime < (now - KEEP_RETIRED).timestamp():
                path.unlink()
                gone += 1
        except FileNotFoundError:
            continue
    return gone


def _files(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.is_file()]


def _forget_edges(now: datetime) -> None:
    """Edges, operations and names of which nothing is kept any more; what was said by hand of a name stays."""
    if not Edge.objects.filter(last_seen__lt=now - timedelta(days=DAILY_DAYS)).exists():
        return
    with transaction.atomic():
        Edge.objects.filter(last_seen__lt=now - timedelta(days=DAILY_DAYS)).delete()
        Operation.objects.filter(edges=None, provider__last_hour__lt=_oldest(now)).delete()
        unused = Name.objects.filter(uses=None, used=None, last_hour__lt=_oldest(now)).exclude(how=Name.How.HAND)
        unused.filter(ignored=False).delete()


def _oldest(now: datetime) -> int:
    return (files.number_of(now.date()) - DAILY_DAYS) * 24

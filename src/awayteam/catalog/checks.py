"""What `awayteam doctor` says of what is kept beside the entities: the search index and the counts of facets."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import Sum

from awayteam.catalog.models import Entity, FacetCount, Presence
from awayteam.kernel.doctor import Diagnosis, Health, check

ADVICE = "awayteam reindex"


@check
def search_index(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    wanted = Entity.objects.exclude(presence=Presence.REMOVED).count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM catalog_search")
        (found,) = cursor.fetchone()
    yield _compared("search index", found, wanted)


@check
def facet_counts(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    counted = FacetCount.objects.aggregate(n=Sum("entities"))["n"] or 0
    yield _compared("facet counts", counted, Entity.objects.count())


def _compared(subject: str, found: int, wanted: int) -> Diagnosis:
    if found == wanted:
        return Diagnosis(subject, Health.GOOD, f"{found:,} entities")
    return Diagnosis(subject, Health.BAD, f"has {found:,} entities of {wanted:,}", f"Run `{ADVICE}`.")

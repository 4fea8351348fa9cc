"""Which team a repository of a forge belongs to, as far as the catalog says it."""

from collections import Counter

from awayteam.contributions.models import RepositoryEntity
from awayteam.forges.models import ForgeRepository
from awayteam.gate.models import Change
from awayteam.organisation.models import Team


def owner_of(repository: ForgeRepository) -> Team | None:
    """The team that owns what is in it, what takes all of it first; else the home team of most of its changes."""
    if repository.repository_id is not None:
        links = RepositoryEntity.objects.filter(repository=repository.repository_id, entity__owner__isnull=False)
        refs = list(links.order_by("folder", "pk").values_list("entity__owner__ref", flat=True)[:50])
        teams = {one.ref: one for one in Team.objects.filter(ref__in=refs, dissolved_at__isnull=True, is_unit=False)}
        if found := next((teams[ref] for ref in refs if ref in teams), None):
            return found
    known = repository.changes.filter(change_id__isnull=False).order_by("-pk").values_list("change_id", flat=True)[:100]
    counted = Counter(
        Change.objects.filter(pk__in=list(known), home_team__dissolved_at__isnull=True, home_team__isnull=False)
        .order_by("home_team").values_list("home_team", flat=True)
    )  # fmt: skip
    return Team.objects.filter(pk=counted.most_common(1)[0][0]).first() if counted else None


def keeper() -> Team | None:
    """The unit at the top: whoever answers where nobody else does."""
    return Team.objects.filter(parent__isnull=True, dissolved_at__isnull=True).order_by("-is_unit", "pk").first()

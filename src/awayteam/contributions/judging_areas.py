"""What follows from judged commits for areas and for the catalog's links: whose an area is, whether both agree."""

from collections.abc import Iterable

from awayteam.contributions.models import Area, Reading, Repository, RepositoryEntity, Touch
from awayteam.contributions.organisation import Organisation
from awayteam.kernel import bulk


def judge_areas(repository: Repository) -> None:
    """An area belongs to the party of its newest owners."""
    newest: dict[int, int] = {}
    rows = Touch.objects.filter(commit__repository=repository, area__isnull=False).exclude(reading=Reading.COMMIT)
    for area, party in rows.order_by("commit__committed").values_list("area_id", "owners__party_id").distinct():
        newest[area] = party
    rest = Touch.objects.filter(commit__repository=repository, area__isnull=False, reading=Reading.COMMIT)
    for area, party in rest.order_by("commit__committed").values_list("area_id", "owners__party_id"):
        newest.setdefault(area, party)
    had = dict(Area.objects.filter(repository=repository).values_list("pk", "party_id"))
    bulk.update(Area, ["party_id"], [(pk, party) for pk, party in newest.items() if had.get(pk) != party])


def judge_links(repository: Repository, organisation: Organisation) -> None:
    """Whether the catalog's owner is among the owners that the rules give the folder."""
    links = list(RepositoryEntity.objects.filter(repository=repository).select_related("entity__owner"))
    for link in links:
        owner = link.entity.owner
        link.agrees = None
        if owner is not None and link.rule_owners:
            link.agrees = _same(owner.ref, link.rule_owners, organisation)
    RepositoryEntity.objects.bulk_update(links, ["agrees"])


def _same(owner: str, owners: Iterable[str], organisation: Organisation) -> bool:
    plain = owner.rpartition("/")[2].lower()
    for written in owners:
        low = written.lower().lstrip("@")
        if low in (owner, plain) or low.rpartition("/")[2] == plain or organisation.team_named(written) == owner:
            return True
    return False

"""Access on forges as people and programs read it: our rights, strays, who waits, and what a look would do."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from awayteam.contributions.models import RepositoryEntity
from awayteam.forges.actions.reconciling import preview
from awayteam.forges.leasing import says
from awayteam.forges.models import Forge, ForgeGrant, ForgeRepository, RepositoryAccess, StrayRight
from awayteam.forges.permissions import can_view
from awayteam.forges.port import ForgeError
from awayteam.forges.reconciling import Plan
from awayteam.forges.repositories import known_as
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, NotFound
from awayteam.organisation.models import Person

MOST = 500
MOST_ENDED = 50
"""Rights that ended, of each forge: the latest."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who should have access, and whose account nobody knows."""

    person: Person
    engagements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RepositoryRow:
    """One repository: our rights (the open ones first, then some that ended), strays, who waits, the last look."""

    repository: ForgeRepository
    name: str
    access: RepositoryAccess | None
    grants: tuple[ForgeGrant, ...]
    strays: tuple[StrayRight, ...]
    waiting: tuple[Waiting, ...]


def visible(actor: Actor, forge: Forge) -> "QuerySet[ForgeRepository]":
    """Repositories whose access the actor may see: administrators all, others those that their teams are at home in.

    Raises `NotAllowed` for those who aren't signed in.
    """
    can_view(actor).require()
    rows = ForgeRepository.objects.filter(forge=forge)
    if actor.is_administrator:
        return rows
    teams = sorted(actor.teams | actor.manages)
    visits = ForgeGrant.objects.filter(repository=OuterRef("pk"), engagement__home_team__in=teams)
    owned = RepositoryEntity.objects.filter(repository=OuterRef("repository"), entity__owner__team__in=teams)
    return rows.filter(Exists(visits) | Exists(owned))


def rows(actor: Actor, forge: Forge, *, repository: str = "") -> list[RepositoryRow]:
    """What is known of the access in the repositories that visits are or were in; some six statements.

    `repository` names one, by slug or as agreements have it. Raises `NotFound` where the actor sees none of that name.
    """
    seen = visible(actor, forge).select_related("forge", "repository", "access").order_by("slug", "pk")
    if repository:
        here = list(seen.filter(_named(repository))[:MOST])
        if not here:
            raise NotFound(f"There is no repository {repository[:60]!r} whose access you may see on {forge.name}.")
    else:
        looked = RepositoryAccess.objects.filter(repository=OuterRef("pk"))
        here = list(seen.filter(Exists(looked))[:MOST])
    grants = _grants(here)
    strays: dict[int, list[StrayRight]] = defaultdict(list)
    for one in StrayRight.objects.filter(repository__in=here, gone_at__isnull=True).order_by("pk"):
        strays[one.repository_id].append(one)
    waiting = _waiting(here)
    return [
        RepositoryRow(row, known_as(row), getattr(row, "access", None), tuple(grants[row.pk]), tuple(strays[row.pk]),
                      waiting.get(row.pk, ()))
        for row in here
    ]  # fmt: skip


def _named(word: str) -> Q:
    return Q(slug__iexact=word) | Q(name__iexact=word) | Q(repository__name__iexact=word)


def _grants(here: Sequence[ForgeRepository]) -> dict[int, list[ForgeGrant]]:
    found: dict[int, list[ForgeGrant]] = defaultdict(list)
    mine = ForgeGrant.objects.filter(repository__in=here).select_related("account", "person", "engagement")
    ended = mine.filter(removed_at__isnull=False).order_by("-removed_at", "-pk")[:MOST_ENDED]
    for one in [*mine.filter(removed_at__isnull=True).order_by("pk"), *ended]:
        found[one.repository_id].append(one)
    return found


def _waiting(here: Sequence[ForgeRepository]) -> dict[int, tuple[Waiting, ...]]:
    said = {row.pk: row.access.waiting for row in here if hasattr(row, "access") and row.access.waiting}
    people = Person.objects.in_bulk({one["person"] for some in said.values() for one in some})
    return {
        pk: tuple(Waiting(people[one["person"]], tuple(one["engagements"])) for one in some if one["person"] in people)
        for pk, some in said.items()
    }


def plans(
    actor: Actor, forge: Forge, now: datetime, *, repository: str = ""
) -> list[tuple[ForgeRepository, Plan | str]]:
    """What a look at each repository would do now, or why that can't be said; asks the forge, changes nothing."""
    here = [row.repository for row in rows(actor, forge, repository=repository)]
    found: list[tuple[ForgeRepository, Plan | str]] = []
    for row in here:
        try:
            found.append((row, preview(row, now=now)))
        except (ForgeError, AwayteamError) as error:
            found.append((row, says(error)))
    return found


def strays(actor: Actor, forge: Forge | None = None) -> list[StrayRight]:
    """Rights by hand that are there now, of one forge or all, where the actor may see them."""
    forges = [forge] if forge is not None else list(Forge.objects.order_by("pk"))
    seen = Q(pk__in=())
    for one in forges:
        seen |= Q(repository__in=visible(actor, one))
    found = StrayRight.objects.filter(seen, gone_at__isnull=True)
    return list(found.select_related("repository__forge", "repository__repository", "account__person")[:MOST])

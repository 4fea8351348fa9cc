"""Repositories of forges, known by id. The name by which agreements know one is given once and never follows a rename,
so that whoever takes a name that became free takes no rights with it.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.db.models import Q

from awayteam.contributions.models import Repository
from awayteam.forges.models import Forge, ForgeRepository
from awayteam.forges.permissions import can_keep
from awayteam.forges.port import Place
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import Conflict
from awayteam.kernel.events import EventName, Subject

LONGEST_SLUG, LONGEST_URL = 300, 1000
SELDOM = timedelta(minutes=5)
"""That a repository was seen again is written so often at most."""


def heard(forge: Forge, place: Place, now: datetime, *, at: datetime | None = None) -> ForgeRepository:
    """The row of a repository that was heard of, made at the first time. `at` is when that was so on the forge; a name
    older than the one that is known changes nothing."""
    row = ForgeRepository.objects.select_related("forge", "repository").filter(
        forge=forge, external_id=place.id
    ).first()  # fmt: skip
    if row is None:
        return _made(forge, place, now)
    slug, moment = place.slug[:LONGEST_SLUG] or row.slug, at or now
    if moment < row.seen_at:
        return row
    renamed = slug != row.slug
    if renamed:
        _rename(row, slug, now)
    if renamed or row.gone_at is not None or moment - row.seen_at > SELDOM:
        row.slug, row.url = slug, place.url[:LONGEST_URL] or row.url
        row.seen_at, row.gone_at = moment, None
        row.save(update_fields=["slug", "url", "seen_at", "gone_at"])
    return row


def _made(forge: Forge, place: Place, now: datetime) -> ForgeRepository:
    slug = place.slug[:LONGEST_SLUG]
    followed = _followed(forge, slug)
    row = ForgeRepository(
        forge=forge, external_id=place.id, slug=slug, url=place.url[:LONGEST_URL], first_seen_at=now, seen_at=now,
        repository=followed, name=_free_name(slug, place.id, followed),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return ForgeRepository.objects.select_related("forge", "repository").get(forge=forge, external_id=place.id)
    return row


def _free_name(slug: str, id: str, followed: Repository | None) -> str:
    """What scopes may call it: its slug, unless another repository is or was known by that."""
    others = Repository.objects.filter(Q(slug__iexact=slug) | Q(name__iexact=slug))
    taken = ForgeRepository.objects.filter(Q(name__iexact=slug) | Q(slug__iexact=slug)).exists()
    if taken or others.exclude(pk=followed.pk if followed is not None else 0).exists():
        return f"{slug[: LONGEST_SLUG - len(id) - 1]}~{id}"[:LONGEST_SLUG]
    return slug


def _followed(forge: Forge, slug: str) -> Repository | None:
    """The followed repository of this slug, where it isn't known to be elsewhere and nothing else is bound to it."""
    host = urlsplit(forge.address).hostname or ""
    rows = Repository.objects.filter(slug__iexact=slug, on_forges__isnull=True).order_by("pk")
    for row in rows[:10]:
        at = urlsplit(row.location).hostname if "://" in row.location else ""
        if not at or at.removeprefix("api.") == host.removeprefix("api."):
            return row
    return None


def _rename(row: ForgeRepository, slug: str, now: datetime) -> None:
    events.append(
        EventName.FORGE_REPOSITORY_RENAMED, subject=subject_of(row), actor=SYSTEM, now=now,
        changes={"slug": (row.slug, slug)},
    )  # fmt: skip


def subject_of(row: ForgeRepository) -> Subject:
    return Subject("forge-repository", row.pk, row.slug)


def known_as(row: ForgeRepository) -> str:
    """The name under which scopes of agreements know it."""
    return row.repository.name if row.repository is not None else row.name or row.slug


def place_of(row: ForgeRepository) -> Place:
    return Place(row.external_id, row.slug, row.url)


def link(
    row: ForgeRepository, repository: Repository | None, *, actor: Actor, now: datetime, reason: str = ""
) -> ForgeRepository:
    """Say which followed repository this is (None: none is). Raises `NotAllowed`, `Conflict` where it is bound."""
    can_keep(actor).require()
    with transaction.atomic():
        held = ForgeRepository.objects.select_for_update(of=("self",)).select_related("repository").get(pk=row.pk)
        other = ForgeRepository.objects.filter(repository=repository).exclude(pk=row.pk).first() if repository else None
        if other is not None:
            raise Conflict(f"{repository} is bound to {other.slug} already.", "Take that away first.")
        changes = {"repository": (str(held.repository or ""), str(repository or ""))}
        held.repository = repository
        held.save(update_fields=["repository"])
        events.append(
            EventName.FORGE_REPOSITORY_LINKED, subject=subject_of(held), actor=actor, now=now, reason=reason,
            changes=changes,
        )  # fmt: skip
    return held

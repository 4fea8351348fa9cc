"""Which catalog entities have their code in which repository: by project slug or source location (annotations)."""

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from awayteam.catalog.models import Entity, Presence
from awayteam.contributions.models import Folder, Repository, RepositoryEntity
from awayteam.contributions.reading import Facts, expanded, owners_of_folder

SLUGS = ("github.com/project-slug", "gitlab.com/project-slug", "gitea.com/project-slug", "bitbucket.org/project-slug")
LOCATION = "backstage.io/source-location"
KINDS = ("Component", "API", "Resource", "System")
_URL = re.compile(r"(?:url:)?https?://[^/]+/(.+?)(?:/(?:-/)?(?:tree|blob|src/branch|src)/[^/]+(?:/(.*))?)?/?\Z")

Place = tuple[str, str]
"""A folder ("" is the whole repository) and the annotation that says so."""


def place_of(annotations: Mapping[str, Any]) -> tuple[str, Place] | None:
    """The slug (lower case) of the repository that annotations name, and where in it; None where they name none."""
    location = annotations.get(LOCATION)
    match = _URL.match(location) if isinstance(location, str) else None
    if match:
        return match[1].removesuffix(".git").lower(), ((match[2] or "").strip("/"), LOCATION)
    for key in SLUGS:
        slug = annotations.get(key)
        if isinstance(slug, str) and "/" in slug:
            return slug.strip("/").lower(), ("", key)
    return None


def link_all(now: datetime | None = None) -> None:
    """Bring the links of every repository in line with the catalog; one pass over annotations. In a transaction.

    With `now`, repositories that were read and in which folders turn up that nobody followed are asked to be read anew.
    """
    slugs: dict[str, list[int]] = defaultdict(list)
    for pk, slug in Repository.objects.exclude(slug="").values_list("pk", "slug"):
        slugs[slug.lower()].append(pk)
    if not slugs:
        return
    wanted: dict[tuple[int, int], Place] = {}
    entities = Entity.objects.filter(kind__in=KINDS, presence=Presence.PRESENT)
    for pk, annotations in entities.values_list("pk", "document__metadata__annotations").iterator(chunk_size=5_000):
        found = place_of(annotations) if isinstance(annotations, dict) else None
        for repository in slugs.get(found[0], ()) if found else ():
            assert found is not None
            wanted[(repository, pk)] = found[1]
    _write(wanted)
    if now is not None:
        _ask_for_folders(now)


def folders_of(repository: Repository) -> tuple[list[str], list[str]]:
    """The folders to follow in a repository, and those of them that weren't followed by its last whole reading."""
    linked = set(repository.links.exclude(folder="").values_list("folder", flat=True))
    followed = set(repository.folders.values_list("path", flat=True))
    missing = sorted(linked - followed)
    return sorted(linked if missing else followed), missing


def _ask_for_folders(now: datetime) -> None:
    followed = set(Folder.objects.values_list("repository_id", "path"))
    linked = RepositoryEntity.objects.exclude(folder="").exclude(repository__tip="")
    missing = set(linked.values_list("repository_id", "folder")) - followed
    asked = Repository.objects.filter(pk__in={pk for pk, _ in missing}, refresh_requested_at=None, last_error="")
    asked.update(refresh_requested_at=now)


def _write(wanted: Mapping[tuple[int, int], Place]) -> None:
    had = {(one.repository_id, one.entity_id): one for one in RepositoryEntity.objects.all()}
    gone = [one.pk for key, one in had.items() if key not in wanted]
    RepositoryEntity.objects.filter(pk__in=gone).delete()
    new, changed = [], []
    for (repository, entity), (folder, evidence) in wanted.items():
        one = had.get((repository, entity))
        if one is None:
            new.append(RepositoryEntity(repository_id=repository, entity_id=entity, folder=folder, evidence=evidence))
        elif (one.folder, one.evidence) != (folder, evidence):
            one.folder, one.evidence, one.rule_owners, one.rule = folder, evidence, [], ""
            changed.append(one)
    RepositoryEntity.objects.bulk_create(new, batch_size=500)
    RepositoryEntity.objects.bulk_update(changed, ["folder", "evidence", "rule_owners", "rule"], batch_size=500)
    if new or changed:
        touched = {one.repository_id for one in (*new, *changed)}
        Repository.objects.filter(pk__in=touched).exclude(tip="").update(unjudged=True)


def follow_rules(repository: Repository, facts: Facts) -> None:
    """Note for each linked entity who owns its folder by the newest rules."""
    links = list(RepositoryEntity.objects.filter(repository=repository))
    answers: dict[str, tuple[list[str], str]] = {}
    for link in links:
        if link.folder not in answers:
            owners, rule = owners_of_folder(facts, link.folder)
            answers[link.folder] = (expanded(facts.head, owners), rule)
        link.rule_owners, link.rule = answers[link.folder]
    RepositoryEntity.objects.bulk_update(links, ["rule_owners", "rule"], batch_size=500)

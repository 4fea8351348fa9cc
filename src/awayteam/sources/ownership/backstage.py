"""Backstage: the owner of the entity whose `backstage.io/source-location` holds the path (docs/ownership.md)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from awayteam.sources.declared import Declared
from awayteam.sources.ownership.base import UNMATCHED, Resolution, Resolver, Rule, Severity, Status
from awayteam.sources.ownership.globset import End, GlobSet

SOURCE_LOCATION = "backstage.io/source-location"
_URL = re.compile(r"(?:url:)?https?://([^/]+)/(.+?)(?:/(?:-/)?(?:tree|blob|src/branch|src)/[^/]+(?:/(.*))?)?/?\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder ("" is the whole repository) and who owns the entity that declares it."""

    folder: str
    owner: str
    entity: str
    file: str
    line: int


class Backstage(Resolver):
    """The nearest declared folder decides; several entities in one folder own it together."""

    format = "backstage"

    def __init__(self, places: Iterable[Place]) -> None:
        super().__init__()
        grouped: dict[str, list[Place]] = {}
        for place in places:
            grouped.setdefault(place.folder.strip("/"), []).append(place)
        ordered = sorted(grouped, key=lambda folder: folder.count("/") + bool(folder))
        self._answers = [self._answer(grouped[folder]) for folder in ordered] + [UNMATCHED]
        self._globs = GlobSet((folder.split("/") if folder else [], End.BELOW) for folder in ordered)
        self.file = next((place.file for group in grouped.values() for place in group), "")

    def _answer(self, places: Sequence[Place]) -> Resolution:
        owners = tuple(dict.fromkeys(place.owner for place in places if place.owner))
        first = places[0]
        rule = Rule(first.file, first.line, f"{first.folder}/", first.entity)
        self.rules.append((rule, owners))
        if len(owners) > 1:
            names = ", ".join(place.entity for place in places)
            message = f"{first.folder or 'the repository'} belongs to several owners: {names}"
            self.problem(Severity.NOTE, "several-owners", message, first.line, file=first.file)
        return Resolution(owners, Status.OWNED if owners else Status.UNOWNED, rule)

    def _resolve(self, path: str) -> Resolution:
        return self._answers[self._globs.last(path)]

    def used(self, paths: Iterable[str]) -> set[int]:
        return self._globs.used(paths)


def places(declared: Iterable[tuple[str, Declared]], repository: str) -> list[Place]:
    """The places of one repository ("organisation/name", lower or upper case) among (file, entity) pairs."""
    found = []
    for file, entity in declared:
        annotations = entity.document.get("metadata", {}).get("annotations") or {}
        location = annotations.get(SOURCE_LOCATION) if isinstance(annotations, dict) else None
        match = _URL.match(location) if isinstance(location, str) and entity.owner else None
        if match and match[2].removesuffix(".git").lower() == repository.lower():
            found.append(Place((match[3] or "").strip("/"), entity.owner or "", entity.ref, file, entity.line))
    return found

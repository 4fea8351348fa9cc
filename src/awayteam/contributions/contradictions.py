"""Where the catalog and the ownership rules name different owners for the same code."""

from collections.abc import Iterator
from dataclasses import dataclass

from awayteam.contributions.organisation import Organisation
from awayteam.sources.githistory.tree import GitTree
from awayteam.sources.ownership import backstage
from awayteam.sources.ownership.base import Resolver

_MAX_DESCRIPTORS = 500
_MAX_BYTES = 1024 * 1024
_NAMES = ("catalog-info.yaml", "catalog-info.yml")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`folder` belongs to `catalog_owner` by the catalog's `entity` (declared in `file`), to others by the rules."""

    repo: str
    folder: str
    entity: str
    file: str
    catalog_owner: str
    rule_owners: tuple[str, ...]
    rule: str


def contradictions(
    tree: GitTree, resolver: Resolver, organisation: Organisation, repo: str, remote: str
) -> list[Contradiction]:
    """Entities whose declared owner isn't among the owners that the rules give most of their folder's files."""
    if not resolver.rules:
        return []
    paths = tree.paths()
    places = backstage.places(organisation.entities, remote) if remote else []
    places += _own_places(tree, paths)
    found: dict[tuple[str, str], Contradiction] = {}
    for place in places:
        owners, rule = _owners_of(place.folder, paths, resolver)
        if owners and not _same(place.owner, owners, resolver, organisation):
            key = (place.folder, place.entity)
            found[key] = Contradiction(repo, place.folder, place.entity, place.file, place.owner, owners, rule)
    return [found[key] for key in sorted(found)]


def _own_places(tree: GitTree, paths: list[str]) -> Iterator[backstage.Place]:
    """Entities that the repository's own descriptors declare, for the folder that holds the descriptor."""
    from awayteam.sources import backstage as format

    named = [path for path in paths if path.rpartition("/")[2] in _NAMES][:_MAX_DESCRIPTORS]
    for path in named:
        if (tree.size(path) or 0) > _MAX_BYTES:
            continue
        for entity in format.read(path, tree.read(path) or b"").declared:
            if entity.owner and entity.kind.lower() in ("component", "api", "resource", "system"):
                yield backstage.Place(path.rpartition("/")[0], entity.owner, entity.ref, path, entity.line)


def _owners_of(folder: str, paths: list[str], resolver: Resolver) -> tuple[tuple[str, ...], str]:
    """The owners of most of the folder's files, and the rule that says so."""
    start = f"{folder}/" if folder else ""
    counts: dict[tuple[tuple[str, ...], str], int] = {}
    for path in paths:
        if path.startswith(start):
            answer = resolver.resolve(path)
            rule = f"{answer.rule.file}:{answer.rule.line}" if answer.rule else ""
            counts[(answer.owners, rule)] = counts.get((answer.owners, rule), 0) + 1
    return max(counts, key=lambda key: counts[key], default=((), ""))


def _same(owner: str, owners: tuple[str, ...], resolver: Resolver, organisation: Organisation) -> bool:
    """Whether the catalog's owner is one of the rules' owners, by team, by login or by name."""
    team = organisation.team_named(owner)
    plain = owner.rpartition("/")[2].lower()
    for written in owners:
        for one in (written, *resolver.expand(written)):
            low = one.lower().lstrip("@")
            if low in (owner.lower(), plain) or low.rpartition("/")[2] == plain:
                return True
            if team is not None and organisation.team_named(one) == team:
                return True
    return False

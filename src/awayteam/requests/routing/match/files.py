"""Paths to files of followed repositories, and from there to the teams that own them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count

from awayteam.contributions.models import Repository, RepositoryEntity
from awayteam.contributions.permissions import visible
from awayteam.kernel.actor import Actor
from awayteam.requests.routing.index.keys import number, tail
from awayteam.requests.routing.match.results import Hit
from awayteam.requests.routing.models import FileKey, FileRule
from awayteam.requests.routing.parse import Finding, Kind
from awayteam.requests.routing.parse.paths import vanity_module

MOST_PATHS = 600
MOST_ROWS = 3_000
MOST_AMBIGUOUS = 6
MOST_FOLDERS = 3
FOLDER_FILES = 300
WHOLE = 0.8
"""How sure the owner of most files is the one for a repository that is named as a whole."""
ENDINGS = ("java", "kt", "py", "scala", "go", "cs", "ts")
BY_PARTS = {1: 0.4, 2: 0.75}
"""How sure a match of so many trailing parts is; of three or more, or of the whole path: sure."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A path to look for, with the finding that it comes from; `hint` restricts it to repositories of these names."""

    finding: Finding
    path: str
    strength: float = 1.0
    hint: tuple[str, ...] = ()

    @property
    def parts(self) -> int:
        return self.path.count("/") + 1


@dataclass(frozen=True, slots=True)
class Match:
    """A file that a path may mean."""

    wanted: Wanted
    repository: int
    path: str
    rule: int
    strength: float


class Repositories:
    """The followed repositories that the actor may see, and the entities whose code is in them."""

    def __init__(self, actor: Actor) -> None:
        rows = visible(actor, Repository.objects.exclude(tip="")).values_list("pk", "name", "slug")
        self.names = {pk: name for pk, name, _ in rows}
        self._called: dict[str, set[int]] = defaultdict(set)
        for pk, name, slug in rows:
            for called in {name.lower(), slug.lower(), slug.lower().rpartition("/")[2]} - {""}:
                self._called[called].add(pk)

    def called(self, names: Iterable[str]) -> set[int]:
        """The repositories of these names (`organisation/name` or `name`)."""
        return set().union(*(self._called.get(name.lower(), set()) for name in names))


def wanted_of(findings: Iterable[Finding]) -> Iterator[Wanted]:
    """The paths to look for."""
    for one in findings:
        if one.kind in (Kind.FRAME, Kind.PATH):
            hint: tuple[str, ...] = (one.detail,) if one.detail else ()
            if not hint and one.value.endswith(".go"):
                hint = vanity_module(one.value)
            if not one.foreign or hint:
                yield Wanted(one, one.value, 0.5 if one.foreign else 1.0, hint)
        elif one.kind is Kind.MODULE:
            yield from _of_module(one)


def _of_module(one: Finding) -> Iterator[Wanted]:
    """`com.acme.orders.OrderService` and `orders.errors.PlaceFailed` name files by their packages."""
    parts = one.value.split("$")[0].split(".")
    for names in (parts, parts[:-1] if parts[-1][:1].isupper() else []):
        if len(names) > 1:
            path = "/".join(names)
            for ending in ENDINGS:
                yield Wanted(one, f"{path}.{ending}", 0.8)


def hits(findings: Sequence[Finding], repositories: Repositories) -> list[Hit]:
    """Which teams and entities own what the paths in the findings mean; five statements, and a few for folders."""
    if not repositories.names:
        return []
    wanted = list(wanted_of(findings))[:MOST_PATHS]
    matches = _matches(wanted, repositories)
    found = {match.wanted.finding for match in matches}
    folders = [one for one in wanted if one.finding not in found and one.finding.kind is Kind.PATH and one.hint]
    for one in folders[:MOST_FOLDERS]:
        matches += _in_folder(one, repositories)
    named = [one for one in findings if one.kind is Kind.REPOSITORY]
    for finding in named[:MOST_FOLDERS]:
        matches += _whole(finding, repositories)
    return list(_owners(matches, repositories))


def _whole(finding: Finding, repositories: Repositories) -> list[Match]:
    """Who owns most files of a repository that is named."""
    wanted = Wanted(finding, "", WHOLE, (finding.value,))
    found = repositories.called(wanted.hint)
    if len(found) != 1:
        return []
    [repository] = found
    rows = FileKey.objects.filter(repository_id=repository, rule_id__gt=0).order_by()
    counts = dict(rows.values_list("rule_id").annotate(n=Count("pk")))
    total = sum(counts.values())
    most = sorted(counts, key=lambda rule: (-counts[rule], rule))[:1]
    return [Match(wanted, repository, "", rule, WHOLE * (0.5 + 0.5 * counts[rule] / total)) for rule in most]


def _matches(wanted: Sequence[Wanted], repositories: Repositories) -> list[Match]:
    """The files that paths mean: by three trailing parts, then those that were not found by two, then by one."""
    found: list[Match] = []
    open_ones = list(wanted)
    for parts, column, least in ((3, "three", 3), (2, "two", 2), (1, "one", 1)):
        asked = [one for one in open_ones if one.parts >= least and (parts > 1 or one.parts == 1)]
        keys: dict[int, list[Wanted]] = defaultdict(list)
        for one in asked:
            keys[number(tail(one.path, parts))].append(one)
        if not keys:
            continue
        rows = FileKey.objects.filter(**{f"{column}__in": list(keys)})
        by_wanted: dict[Wanted, list[tuple[int, str, int]]] = defaultdict(list)
        for key, repository, path, rule in rows.values_list(column, "repository_id", "path", "rule_id")[:MOST_ROWS]:
            if repository in repositories.names:
                for one in keys[key]:
                    by_wanted[one].append((repository, path, rule))
        for one, files in by_wanted.items():
            found += _best(one, files, repositories)
        done = {match.wanted for match in found}
        open_ones = [one for one in open_ones if one not in done]
    return found


def _best(wanted: Wanted, files: Sequence[tuple[int, str, int]], repositories: Repositories) -> list[Match]:
    """The files that share most trailing parts with the path, in the repositories that it names."""
    if wanted.hint:
        near = repositories.called(wanted.hint)
        files = [file for file in files if file[0] in near]
    if not files:
        return []
    parts = wanted.path.split("/")[::-1]
    counted = [(_common(parts, path.split("/")[::-1]), *file) for file in files for path in [file[1]]]
    most = max(row[0] for row in counted)
    best = [row for row in counted if row[0] == most]
    whole = [row for row in best if most == row[2].count("/") + 1]
    best = whole or best
    deciding = len({(row[1], row[3]) for row in best})
    if deciding > MOST_AMBIGUOUS:
        return []
    sure = 1.0 if whole or most > 2 or most == len(parts) > 1 else BY_PARTS.get(most, 1.0)
    strength = wanted.strength * sure / deciding
    kept: dict[tuple[int, int], Match] = {}
    for _, repository, path, rule in best:
        kept.setdefault((repository, rule), Match(wanted, repository, path, rule, strength))
    return list(kept.values())


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _in_folder(wanted: Wanted, repositories: Repositories) -> list[Match]:
    """Who owns most files of a folder, or of the nearest one above a file that isn't there."""
    for repository in repositories.called(wanted.hint):
        folder = wanted.path
        while folder:
            rows = FileKey.objects.filter(repository_id=repository, path__startswith=f"{folder}/")
            counts = Counter(rows.values_list("rule_id", flat=True)[:FOLDER_FILES])
            if counts:
                rule, count = counts.most_common(1)[0]
                strength = 0.9 * count / counts.total() if folder == wanted.path else 0.6 * count / counts.total()
                return [Match(wanted, repository, folder, rule, strength)]
            folder = folder.rpartition("/")[0]
    return []


def _owners(matches: Sequence[Match], repositories: Repositories) -> Iterator[Hit]:
    rules = FileRule.objects.in_bulk({match.rule for match in matches if match.rule})
    links = _links({match.repository for match in matches})
    for match in matches:
        rule = rules.get(match.rule)
        entity = _linked(links.get(match.repository, ()), match.path)
        name = repositories.names[match.repository]
        where = f"{match.path} in {name}" if match.path else f"most of {name}"
        teams = rule.teams if rule is not None else []
        for team, share, particular in teams:
            by = f"{where} is owned by {' '.join(rule.owners[:4])} ({rule.rule})" if rule is not None else where
            yield Hit(match.wanted.finding, match.strength * share * particular, by, entity, int(team))
        if not teams and entity is not None:
            yield Hit(match.wanted.finding, match.strength * 0.9, f"{where} is its code", entity)


def _links(repositories: set[int]) -> dict[int, list[tuple[str, int]]]:
    """(folder, entity) of each repository, the deepest folder first."""
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    rows = RepositoryEntity.objects.filter(repository__in=repositories).order_by("entity_id")
    for repository, folder, entity in rows.values_list("repository_id", "folder", "entity_id"):
        found[repository].append((folder, entity))
    return {pk: sorted(rows, key=lambda row: (-len(row[0]), row[1])) for pk, rows in found.items()}


def _linked(links: Iterable[tuple[str, int]], path: str) -> int | None:
    """The entity of the deepest folder that holds the path; None where several share it."""
    near = [(folder, entity) for folder, entity in links if not folder or path.startswith(f"{folder}/")]
    deepest = [entity for folder, entity in near if folder == near[0][0]]
    return deepest[0] if len(deepest) == 1 else None

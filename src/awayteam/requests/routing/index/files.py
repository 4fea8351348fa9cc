"""Files of followed repositories, with who owns them by the newest rules."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from awayteam.contributions import roster
from awayteam.contributions.models import Repository
from awayteam.contributions.reading import expanded
from awayteam.kernel import bulk, rulebook
from awayteam.kernel.log import Log
from awayteam.organisation.models import Team
from awayteam.requests.routing.index.keys import tails
from awayteam.requests.routing.models import FileKey, FileRule, RoutedRepository
from awayteam.sources.gitcmd import GitError
from awayteam.sources.githistory.tree import GitTree
from awayteam.sources.ownership import detect
from awayteam.sources.readers import ReadError, is_remote
from awayteam.sources.readers.remote import open_remote

log = Log(__name__)

MOST_FILES = 500_000
"""Of one repository; the rest is left out, and the row says so."""
LONGEST_PATH = 1_000
MOST_TEAMS = 20
LATER = 0.93
"""Of several teams of one rule, each further one counts this much of the one before."""
RETRY = timedelta(minutes=15)
PEOPLE_SHARE = 0.8
"""What a team counts that is found only through the people whom a rule names."""

Rule = tuple[tuple[str, ...], tuple[str, ...], str]
"""Owners as written, with aliases replaced, and where it says so."""


def pending(now: datetime) -> bool:
    """Whether a repository was read since its files were indexed; two statements."""
    known = RoutedRepository.objects.in_bulk()
    rows = list(Repository.objects.exclude(tip="").only("pk", "tip"))
    return any(_is_stale(known.get(row.pk), row, now) for row in rows) or bool(known.keys() - {row.pk for row in rows})


def refresh(now: datetime, *, people_changed: bool = True) -> int:
    """Bring files and owners in line; returns how many repositories were read. One that fails keeps what it had."""
    repositories = list(Repository.objects.exclude(tip="").order_by("pk"))
    _forget(set(RoutedRepository.objects.values_list("pk", flat=True)) - {row.pk for row in repositories})
    known = RoutedRepository.objects.in_bulk()
    stale = [row for row in repositories if _is_stale(known.get(row.pk), row, now)]
    if not stale and not (people_changed and repositories):
        return 0
    names = Names()
    for repository in stale:
        _index(repository, names, now)
    fresh = {row.pk for row in stale}
    for row in known.values():
        if row.pk not in fresh and row.organisation != names.fingerprint:
            _name_teams(row, names)
    _prefer_the_particular()
    return len(stale)


def _is_stale(known: RoutedRepository | None, row: Repository, now: datetime) -> bool:
    if known is None:
        return True
    if known.error and known.tried_at is not None and known.tried_at > now - RETRY:
        return False
    return known.tip != row.tip


def _forget(gone: set[int]) -> None:
    for pk in gone:
        with transaction.atomic():
            FileKey.objects.filter(repository_id=pk).delete()
            FileRule.objects.filter(repository_id=pk).delete()
            RoutedRepository.objects.filter(pk=pk).delete()


def folder_of(repository: Repository) -> str:
    """Where its objects are on this machine; nothing is fetched. Raises `ReadError`."""
    if not is_remote(repository.location):
        return repository.location
    cache = settings.DATA / "histories"
    with open_remote(repository.location, cache, repository.ref or None, history=True, refresh=False) as reader:
        return str(reader.repo)


def _index(repository: Repository, names: "Names", now: datetime) -> None:
    error, files, cut = "", 0, False
    try:
        tree = GitTree(folder_of(repository), repository.tip)
        rules, keys = _owned(repository, tree)
        files, cut = len(keys), len(tree.paths()) > MOST_FILES
        with transaction.atomic():
            _write(repository.pk, rules, keys, names)
    except (GitError, ReadError, OSError, ValueError) as failure:
        error = str(failure)[:2_000]
        log.warning("routing.unreadable", repository=repository.name, error=error)
    values = {"tip": repository.tip, "organisation": names.fingerprint, "files": files, "cut": cut}
    RoutedRepository.objects.update_or_create(
        pk=repository.pk, defaults={"error": error, "tried_at": now, **({} if error else values)}
    )


def _owned(repository: Repository, tree: GitTree) -> tuple[list[Rule], dict[str, int]]:
    """The different rules, and for each path the number of its rule (from 1; 0: nobody)."""
    resolver = detect.resolver(tree, repository.format or "auto")
    numbers: dict[tuple[tuple[str, ...], str], int] = {}
    rules: list[Rule] = []
    keys: dict[str, int] = {}
    for path in tree.paths()[:MOST_FILES]:
        if len(path) > LONGEST_PATH or not _storable(path):
            continue
        answer = resolver.resolve_git(path) if resolver.rules else None
        if answer is None or not answer.owners:
            keys[path] = 0
            continue
        where = f"{answer.rule.file}:{answer.rule.line}" if answer.rule else ""
        key = (answer.owners, where)
        if key not in numbers:
            numbers[key] = len(rules) + 1
            rules.append((answer.owners, tuple(expanded(resolver, answer.owners)), where))
        keys[path] = numbers[key]
    return rules, keys


def _storable(path: str) -> bool:
    """Whether a database can hold it: no bytes that are no UTF-8, no NUL."""
    return path.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in path)


def _write(pk: int, rules: Sequence[Rule], keys: dict[str, int], names: "Names") -> None:
    """Replace rules, and of the files only those that differ."""
    FileRule.objects.filter(repository_id=pk).delete()
    made = FileRule.objects.bulk_create(
        FileRule(
            repository_id=pk, owners=list(written), people=list(people), rule=where,
            teams=names.teams_of(people),
        )
        for written, people, where in rules
    )  # fmt: skip
    ids = [0, *(row.pk for row in made)]
    rows = FileKey.objects.filter(repository_id=pk).values_list("pk", "path", "rule_id")
    had = {path: (key, rule) for key, path, rule in rows}
    bulk.delete(FileKey, "id", [key for path, (key, _) in had.items() if path not in keys])
    changed = [(had[path][0], ids[n]) for path, n in keys.items() if path in had and had[path][1] != ids[n]]
    bulk.update(FileKey, ["rule_id"], changed)
    new = ((pk, path, *tails(path), ids[n]) for path, n in keys.items() if path not in had)
    bulk.insert(FileKey, ["repository_id", "path", "one", "two", "three", "rule_id"], new)


def _prefer_the_particular() -> None:
    """Where a rule names several teams, those that own least come first: a committee that owns all is asked last."""
    rows = list(FileRule.objects.exclude(teams=[]))
    owned: Counter[int] = Counter()
    for row in rows:
        owned.update(int(team) for team, _, _ in row.teams)
    changed = []
    for row in rows:
        order = sorted(row.teams, key=lambda one: (-one[1], owned[int(one[0])], one[0]))
        named = [[team, share, round(LATER**place, 3)] for place, (team, share, _) in enumerate(order)]
        if named != row.teams:
            row.teams = named
            changed.append(row)
    FileRule.objects.bulk_update(changed, ["teams"], batch_size=500)


def _name_teams(row: RoutedRepository, names: "Names") -> None:
    """Find out anew which teams the owners are: the organisation has changed."""
    rules = list(FileRule.objects.filter(repository_id=row.pk))
    for rule in rules:
        rule.teams = names.teams_of(rule.people)
    FileRule.objects.bulk_update(rules, ["teams"], batch_size=500)
    RoutedRepository.objects.filter(pk=row.pk).update(organisation=names.fingerprint)


class Names:
    """Which teams are behind the owners that rules name."""

    def __init__(self) -> None:
        nested = rulebook.current().contributions.nested_teams
        self._organisation = roster.organisation(nested=nested)
        self._ids = dict(Team.objects.values_list("ref", "pk"))
        people = self._organisation.people.values()
        self._logins = {login: person.ref for person in people for login in person.logins}
        self._emails = {email: person.ref for person in people for email in person.emails}
        self.fingerprint = roster.fingerprint(self._organisation, nested)

    def teams_of(self, owners: Sequence[str]) -> list[list[float]]:
        """[team id, share, 1]: teams that are named count whole, those that people belong to by how many there are."""
        found: dict[str, float] = {}
        votes: Counter[str] = Counter()
        for owner in owners:
            plain = owner.lower().strip()
            person = self._person(plain)
            team = self._organisation.team_named(plain) if person is None else None
            if team is not None:
                found[team] = 1.0
            elif person is not None:
                home = self._organisation.home_team(person)
                votes.update([home] if home else [])
        total = sum(votes.values())
        for team, count in votes.items():
            found[team] = max(found.get(team, 0.0), PEOPLE_SHARE * count / total)
        known = [[self._ids[team], round(share, 3), 1.0] for team, share in found.items() if team in self._ids]
        return sorted(known, key=lambda one: (-one[1], one[0]))[:MOST_TEAMS]

    def _person(self, plain: str) -> str | None:
        address = plain.rpartition("<")[2].rstrip(">")
        if "@" in address.lstrip("@"):
            return self._emails.get(address)
        return self._logins.get(plain.lstrip("@")) if "/" not in plain else None

"""From facts and the organisation to findings: who each author is, how each commit stands, which way it flowed.

Derived rows are compared with those that are there, and only what differs is written; so it may be done again at any
time, and a run that was killed leaves nothing wrong, only something `unjudged`.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from awayteam.contributions import roster
from awayteam.contributions.awaymap import Mapper
from awayteam.contributions.bots import Bots
from awayteam.contributions.identities import Author, Identified, Resolver
from awayteam.contributions.judging_areas import judge_areas, judge_links
from awayteam.contributions.mailmap import Mailmap
from awayteam.contributions.models import (
    AuthorShare,
    Commit,
    CommitAuthor,
    Correction,
    Flow,
    OwnerSet,
    Party,
    Reading,
    Repository,
    Standing,
    Stands,
    Touch,
)
from awayteam.contributions.organisation import Organisation
from awayteam.contributions.records import Interned, Owners
from awayteam.contributions.rules import AuthorClass, Class, classify, date_of
from awayteam.kernel import bulk, rulebook
from awayteam.kernel.models import Event
from awayteam.kernel.rulebook.sections.knowing import Contributions
from awayteam.organisation.models import Identity, Person, Team

STANDS = {Class.HOME: Stands.HOME, Class.AWAY: Stands.AWAY, Class.MIXED: Stands.MIXED, Class.UNOWNED: Stands.UNOWNED}
UNRESOLVED, OUTSIDERS, NO_TEAM = "(unresolved)", "(outsiders)", "(no team)"
AUTHOR_COLUMNS = (
    "kind", "person_id", "identity_id", "person_key", "login", "method", "evidence", "is_guess",
)  # fmt: skip
READINGS = (Reading.COMMIT, Reading.HEAD)


@dataclass(slots=True)
class Bench:
    """What judging needs, loaded once: the organisation, authors with who they are, owner sets, and their numbers."""

    organisation: Organisation
    interned: Interned
    author_number: dict[int, int]
    owner_number: dict[int, int]
    judge: "Judge"
    parties: dict[str, int] = field(default_factory=dict)
    is_dated: bool = False


class Judge(Mapper):
    """The away map's definitions, one commit at a time."""

    def stands(self, author: int, touch: Sequence[tuple[int, int]], day: date | None) -> Stands:
        if self._identified[author].kind is AuthorClass.BOT:
            return Stands.BOT
        if not touch:
            return Stands.NO_FILES
        return STANDS[classify(self._belongs(author, group, day) for group, _ in touch if group >= 0)]

    def at_home(self, author: int, group: int, day: date | None) -> bool:
        return self._belongs(author, group, day)

    def target(self, owners: int) -> str:
        """The party that owns: a team's reference where it is exactly one team, else the words that the rule has."""
        known = self._owners[owners]
        if len(known.teams) == 1 and not known.people and not known.unknown:
            return next(iter(known.teams))
        return known.label or "(nobody)"

    def origin(self, author: int, day: date | None) -> str:
        return self._origin(author, day)

    def teams(self, owners: int) -> set[str]:
        return self._owners[owners].teams

    def _name_origin(self, who: Identified, day: date | None) -> str:
        if who.kind is AuthorClass.UNRESOLVED:
            return UNRESOLVED
        if who.kind is AuthorClass.OUTSIDER:
            return OUTSIDERS
        if who.person is None:
            return f"@{who.login}"
        return self._organisation.home_team(who.person, day) or NO_TEAM


def derive(*, now: datetime, everything: bool = False) -> int:
    """Bring findings in line with facts and organisation; returns how many repositories were judged.

    Judges repositories that are unjudged, and all others when the organisation, an author or a correction changed.
    """
    with transaction.atomic():
        event = Event.objects.aggregate(last=Max("pk"))["last"] or 0
        bench, changed = prepare()
        print_ = roster.fingerprint(bench.organisation, rulebook.current().contributions.nested_teams)
        standing, _ = Standing.objects.get_or_create(pk=1)
        if everything or changed or standing.organisation != print_:
            Repository.objects.exclude(tip="").update(unjudged=True)
        Standing.objects.filter(pk=1).update(
            event=event, organisation=print_, rules=_rules(), derived_at=now, is_dated=bench.organisation.dated
        )
    count = 0
    for repository in Repository.objects.filter(unjudged=True).exclude(tip="").order_by("pk"):
        with transaction.atomic():
            judge(repository, bench)
        count += 1
    return count


def is_stale() -> bool:
    """Whether `derive` has something to do: a cheap look."""
    if Repository.objects.filter(unjudged=True).exclude(tip="").exists():
        return True
    standing = Standing.objects.filter(pk=1).first()
    if standing is None or not Repository.objects.exclude(tip="").exists():
        return False
    if standing.rules != _rules():
        return True
    names = Event.objects.filter(pk__gt=standing.event).values_list("name", flat=True).distinct()
    return any(name.startswith(roster.CHANGED_BY) for name in names)


def _rules() -> str:
    """Equal while the rulebook's answers about authors are the same."""
    rules = rulebook.current().contributions
    kept = (rules.nested_teams, rules.guess_names, rules.bots, rules.more_bots)
    return hashlib.sha256(repr(kept).encode()).hexdigest()


def prepare() -> tuple[Bench, bool]:
    """Resolve every author anew and write what changed; returns the bench, and whether anything did."""
    rules = rulebook.current().contributions
    organisation = roster.organisation(nested=rules.nested_teams)
    interned = Interned()
    rows = list(CommitAuthor.objects.order_by("pk"))
    identified = _identify(organisation, rows, interned, rules)
    changed = _write_authors(rows, identified)
    owner_number = {}
    for number, (pk, written, people) in enumerate(
        OwnerSet.objects.order_by("pk").values_list("pk", "written", "people")
    ):
        owner_number[pk] = number
        interned.owners.append(Owners(tuple(written), tuple(people)))
        interned.groups.append((0, number))
    judge = Judge(interned, identified, organisation, at_head=False)
    numbers = {row.pk: number for number, row in enumerate(rows)}
    bench = Bench(organisation, interned, numbers, owner_number, judge, is_dated=organisation.dated)
    bench.parties = dict(Party.objects.values_list("key", "pk"))
    _name_parties(bench)
    return bench, changed


def _identify(
    organisation: Organisation, rows: Sequence[CommitAuthor], interned: Interned, rules: Contributions
) -> list[Identified]:
    branches: dict[int, Counter[str]] = defaultdict(Counter)
    commits: Counter[int] = Counter()
    for author, count, owners in AuthorShare.objects.values_list("author_id", "commits", "branches"):
        commits[author] += count
        branches[author].update(owners)
    for row in rows:
        interned.authors.append(Author(row.name, row.email, commits[row.pk], branches[row.pk]))
    kept = list(Repository.objects.exclude(tip="").values_list("mailmap", "rule_logins"))
    mailmap = Mailmap("\n".join(text for text, _ in kept if text).encode())
    resolver = Resolver(
        organisation,
        aliases=_corrections(),
        mailmap=mailmap,
        rule_logins={login for _, logins in kept for login in logins},
        bots=Bots((*rules.bots, *rules.more_bots)),
        guess=rules.guess_names,
    )
    return resolver.resolve_all(interned.authors)


def _corrections() -> dict[str, str]:
    words = {Correction.Says.BOT: "bot", Correction.Says.OUTSIDER: "-"}
    rows = Correction.objects.filter(ended_at=None).select_related("author", "person")
    return {str(row.author): row.person.ref if row.person else words[Correction.Says(row.says)] for row in rows}


def _write_authors(rows: Sequence[CommitAuthor], identified: Sequence[Identified]) -> bool:
    people = dict(Person.objects.values_list("ref", "pk"))
    by_name = {(provider == "email", key): pk for pk, provider, key in _identities()}
    wrong = []
    for row, who in zip(rows, identified, strict=True):
        identity = by_name.get((True, row.email.casefold())) or (by_name.get((False, who.login)) if who.login else None)
        wanted = (
            who.kind.value, people.get(who.person or ""), identity if who.person else None, who.key[:400],
            who.login[:320], who.method.value if who.method else "", who.evidence[:1000], who.is_guess,
        )  # fmt: skip
        if wanted != tuple(getattr(row, column) for column in AUTHOR_COLUMNS):
            wrong.append((row.pk, *wanted))
    bulk.update(CommitAuthor, AUTHOR_COLUMNS, wrong)
    return bool(wrong)


def _identities() -> Iterable[tuple[int, str, str]]:
    return Identity.objects.values_list("pk", "provider", "value_key")


def _name_parties(bench: Bench) -> None:
    """Give owner sets their parties, and parties of teams their label and unit of today."""
    number_of = bench.owner_number
    rows = list(OwnerSet.objects.values_list("pk", "party_id"))
    keys = {pk: bench.judge.target(number_of[pk]) for pk, _ in rows}
    _ensure(bench, keys.values())
    wanted = {pk: bench.parties[key[:400]] for pk, key in keys.items()}
    bulk.update(OwnerSet, ["party_id"], [(pk, wanted[pk]) for pk, had in rows if had != wanted[pk]])
    teams = {row.ref: row for row in Team.objects.all()}
    by_pk = {row.pk: row for row in teams.values()}
    wrong = []
    for party in Party.objects.all():
        team = teams.get(party.key)
        unit = _unit(team, by_pk)
        right = (str(team) if team else party.key, team.pk if team else None, unit.pk if unit else None)
        if right != (party.label, party.team_id, party.unit_id):
            wrong.append((party.pk, *right))
    bulk.update(Party, ["label", "team_id", "unit_id"], wrong)


def _unit(team: Team | None, by_pk: dict[int, Team]) -> Team | None:
    """The nearest unit at or above a team; None where there is none (or parents form a circle)."""
    seen: set[int] = set()
    while team is not None and team.pk not in seen:
        if team.is_unit:
            return team
        seen.add(team.pk)
        team = by_pk.get(team.parent_id) if team.parent_id else None
    return None


def _ensure(bench: Bench, keys: Iterable[str]) -> None:
    new = sorted({key[:400] for key in keys} - bench.parties.keys())
    if not new:
        return
    Party.objects.bulk_create([Party(key=key, label=key) for key in new], ignore_conflicts=True)
    bench.parties.update(Party.objects.filter(key__in=new).values_list("key", "pk"))
    teams = {row.ref: row for row in Team.objects.filter(ref__in=new)}
    if teams:
        by_pk = {row.pk: row for row in Team.objects.all()}
        rows = []
        for ref, team in teams.items():
            unit = _unit(team, by_pk)
            rows.append((bench.parties[ref], str(team), team.pk, unit.pk if unit else None))
        bulk.update(Party, ["label", "team_id", "unit_id"], rows)


@dataclass(slots=True)
class _Row:
    """One commit with what it touched: (touch id, owners id, files, reading, flag, flag at head)."""

    pk: int
    committed: int
    author: int
    is_merge: bool
    is_copy: bool
    had: tuple[int | None, ...]
    touches: list[tuple[int, int | None, int, int, bool | None, bool | None]] = field(default_factory=list)


def judge(repository: Repository, bench: Bench) -> None:
    """Derive classes and flows of one repository in the current transaction, and write what differs."""
    newest = date_of(repository.newest or 0) if bench.is_dated else None
    stands: list[tuple[int | None, ...]] = []
    flags: list[tuple[int, bool | None, bool | None]] = []
    flows: dict[int, set[tuple[int, int, int, int]]] = {}
    times: dict[int, int] = {}
    for row in _rows(repository):
        own = date_of(row.committed) if bench.is_dated else None
        found, pairs, at_home = _judge(bench, row, own, newest)
        if found != row.had:
            stands.append((row.pk, *found))
        flags += at_home
        if pairs:
            flows[row.pk] = pairs
            times[row.pk] = row.committed
    bulk.update(Commit, ["stands", "stands_at_head", "origin_id", "origin_at_head_id"], stands)
    bulk.update(Touch, ["at_home", "at_home_at_head"], flags)
    _write_flows(repository, flows, times)
    judge_areas(repository)
    judge_links(repository, bench.organisation)
    Repository.objects.filter(pk=repository.pk).update(unjudged=False)


def _rows(repository: Repository) -> Iterator[_Row]:
    columns = (
        "pk",
        "committed",
        "author_id",
        "is_merge",
        "is_copy",
        "stands",
        "stands_at_head",
        "origin_id",
        "origin_at_head_id",
    )
    touched: dict[int, list[tuple[int, int | None, int, int, bool | None, bool | None]]] = defaultdict(list)
    touches = Touch.objects.filter(commit__repository=repository).values_list(
        "commit_id", "pk", "owners_id", "files", "reading", "at_home", "at_home_at_head"
    )
    for commit, *rest in touches.iterator(chunk_size=5_000):
        touched[commit].append(tuple(rest))  # type: ignore[arg-type]
    commits = Commit.objects.filter(repository=repository).values_list(*columns)
    for pk, committed, author, is_merge, is_copy, *had in commits.iterator(chunk_size=5_000):
        yield _Row(pk, committed, author, is_merge, is_copy, tuple(had), touched.get(pk, []))


def _judge(
    bench: Bench, row: _Row, own: date | None, newest: date | None
) -> tuple[tuple[int | None, ...], set[tuple[int, int, int, int]], list[tuple[int, bool | None, bool | None]]]:
    """The classes in both readings; flows as (reading, origin, target, files); flags of touches that differ."""
    author = bench.author_number[row.author]
    stands: list[int] = []
    origins: list[int | None] = []
    flows: set[tuple[int, int, int, int]] = set()
    homes: dict[int, list[bool | None]] = {touch[0]: [None, None] for touch in row.touches}
    for place, (reading, day) in enumerate(zip(READINGS, (own, newest), strict=True)):
        mine = [touch for touch in row.touches if touch[3] in (Reading.BOTH, reading)]
        groups = [(bench.owner_number[t[1]] if t[1] is not None else -1, t[2]) for t in mine]
        stand = Stands.MERGE if row.is_merge else bench.judge.stands(author, groups, day)
        if row.is_copy and stand is not Stands.MERGE:
            stand = Stands.DUPLICATE
        stands.append(int(stand))
        origins.append(None if stand in (Stands.MERGE, Stands.BOT) else _origin(bench, author, day))
        pairs: Counter[tuple[str, str]] = Counter()
        for touch, (group, files) in zip(mine, groups, strict=True):
            if group < 0:
                continue
            home = bench.judge.at_home(author, group, day)
            homes[touch[0]][place] = home
            target = bench.judge.target(group)
            pairs[(target if home else bench.judge.origin(author, day), target)] += files
        if stand in (Stands.HOME, Stands.AWAY, Stands.MIXED):
            _ensure(bench, (one for pair in pairs for one in pair))
            for (origin, target), files in pairs.items():
                flows.add((int(reading), bench.parties[origin[:400]], bench.parties[target[:400]], files))
    flags = [(pk, homes[pk][0], homes[pk][1]) for pk, _, _, _, *had in row.touches if tuple(had) != tuple(homes[pk])]
    return (*stands, *origins), flows, flags


def _origin(bench: Bench, author: int, day: date | None) -> int:
    key = bench.judge.origin(author, day)
    _ensure(bench, (key,))
    return bench.parties[key[:400]]


def _write_flows(
    repository: Repository, wanted: dict[int, set[tuple[int, int, int, int]]], times: dict[int, int]
) -> None:
    had: dict[int, set[tuple[int, int, int, int]]] = defaultdict(set)
    rows = Flow.objects.filter(repository=repository)
    for commit, *rest in rows.values_list("commit_id", "reading", "origin_id", "target_id", "files").iterator():
        had[commit].add(tuple(rest))  # type: ignore[arg-type]
    differing = [commit for commit in wanted.keys() | had.keys() if wanted.get(commit, set()) != had.get(commit, set())]
    bulk.delete(Flow, "commit_id", [commit for commit in differing if commit in had])
    columns = ["commit_id", "repository_id", "committed", "reading", "origin_id", "target_id", "files"]
    new = (
        (commit, repository.pk, times[commit], *one)
        for commit in sorted(differing)
        for one in sorted(wanted.get(commit, ()))
    )
    bulk.insert(Flow, columns, new)

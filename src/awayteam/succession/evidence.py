"""What is known of the use and the changes of a thing, read from what was observed, and frozen as a document."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Max, Min, Sum

from awayteam.catalog.models import Entity, Relation
from awayteam.contributions.queries.repositories import changers
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.rulebook.sections.succeeding import Succession as Book
from awayteam.organisation.models import Team
from awayteam.sources.declared import RelationType
from awayteam.succession import rules
from awayteam.succession.rules import Belonging, BelongingLimits, Coverage, Facts, Limits, Use, Verdict
from awayteam.usage.models import Coverage as DayCoverage
from awayteam.usage.models import Edge, Name

HOUR = 3600
DAY = timedelta(days=1)
WHAT_USES = (RelationType.CONSUMES_API, RelationType.DEPENDS_ON)
SHOWN = 200
"""Consumers that a frozen document lists; further ones are counted."""
HIDDEN = "something restricted"


@dataclass(frozen=True, slots=True)
class Changes:
    """Commits to the code of a thing: all that count, and those of each team (by id)."""

    commits: int
    by_team: Mapping[int, int]
    repository: str


def limits(book: Book) -> Limits:
    return Limits(
        book.window_days, book.miss_max, book.calls_least, book.gap_hours, book.lost_max, book.fresh_hours
    )  # fmt: skip


def facts(entity: Entity, now: datetime) -> Facts:
    """What was seen of the use of a thing within the rulebook's window; some six statements."""
    since = now - rulebook.current().succession.window_days * DAY
    names = names_of(entity)
    owner = entity.owner.team_id if entity.owner is not None else None
    return Facts(owner, tuple(_uses(names, since)), tuple(_coverage(names, since, now)))


def names_of(entity: Entity) -> list[int]:
    """Ids of the names under which telemetry knows a thing: its own, or those of the only service that offers an API
    and nothing else. One that offers several can't say which of them was called."""
    own = list(Name.objects.filter(entity=entity).values_list("pk", flat=True))
    if own or entity.kind.lower() != "api":
        return own
    provides = Relation.objects.filter(type=RelationType.PROVIDES_API)
    offering = set(provides.filter(target=entity).values_list("source", flat=True))
    offers = Counter(provides.filter(source__in=offering).values_list("source", "target").distinct())
    several = Counter(source for source, _target in offers)
    alone = [service for service in offering if several[service] == 1]
    return list(Name.objects.filter(entity__in=alone).values_list("pk", flat=True))


def _uses(names: Collection[int], since: datetime) -> Iterable[Use]:
    """Every consumer that called within the window, with the calls that its sources estimate (the largest one's)."""
    edges = Edge.objects.filter(provider__in=names, last_seen__gte=since, consumer__ignored=False)
    rows = edges.values_list("consumer", "source").annotate(n=Sum("calls"), last=Max("last_seen"))
    calls: dict[int, float] = defaultdict(float)
    last: dict[int, datetime] = {}
    for consumer, _source, n, at in rows:
        calls[consumer] = max(calls[consumer], n or 0.0)
        last[consumer] = max(last.get(consumer, at), at)
    known = Name.objects.select_related("entity__owner__team").in_bulk(list(calls))
    for pk, name in sorted(known.items()):
        if pk in names:
            continue  # a service that calls itself is no consumer
        thing = name.entity
        team = thing.owner.team if thing is not None and thing.owner is not None else None
        ref, label = _told(name)
        yield Use(ref, label, team.pk if team else None, str(team) if team else "", calls[pk], last[pk])


def _told(name: Name) -> tuple[str, str]:
    """Reference and label of a consumer. Whoever sees the thing reads them, so what is restricted is not named: only
    its team is, which may have to own or miss the thing."""
    thing = name.entity
    if thing is None:
        return name.text, name.text
    return (f"restricted-{thing.pk}", HIDDEN) if thing.restricted else (thing.ref, str(thing))


def _coverage(names: Collection[int], since: datetime, now: datetime) -> Iterable[Coverage]:
    """How each source that saw this thing covered the window: its worst sampling, its gaps, what it lost."""
    seen = Edge.objects.filter(provider__in=names) | Edge.objects.filter(consumer__in=names)
    rows = seen.order_by().values_list("source", "source__name").annotate(p=Min("sampling"))
    told = {source: (label, p) for source, label, p in rows}
    unknown = set(seen.filter(sampling__isnull=True).values_list("source", flat=True).distinct())
    days = DayCoverage.objects.filter(source__in=told, day__gte=since.date(), first_hour__isnull=False)
    by_source: dict[int, list[DayCoverage]] = defaultdict(list)
    for row in days.order_by("day"):
        by_source[row.source_id].append(row)
    for source, many in sorted(by_source.items()):
        label, p = told[source]
        spans = [(_hour(row.first_hour), _hour(row.last_hour) + timedelta(hours=1)) for row in many]
        begin, end = max(since, min(a for a, _ in spans)), min(now, max(b for _, b in spans))
        if begin < end:
            sampling = 0.0 if source in unknown or p is None else p
            yield Coverage(label, begin, end, sampling, rules.gaps(spans, begin, end), _lost(many))


def _lost(days: Collection[DayCoverage]) -> float:
    """The share of what was received whose caller isn't known."""
    saw = sum(row.spans for row in days)
    lost = sum(row.unpaired + row.expired + row.dropped + row.capped + row.nameless for row in days)
    return min(1.0, lost / saw) if saw else 0.0


def _hour(hour: int | None) -> datetime:
    return datetime.fromtimestamp((hour or 0) * HOUR, UTC)


def changes(entity: Entity) -> Changes | None:
    """Who changes the code of a thing, as the away map has it; None where no repository of it is followed."""
    found = changers(SYSTEM, entity)
    if found is None or found.waiting:
        return None
    counts: Counter[str] = Counter()
    for side, n, _stands in found.rows:
        counts[side.ref] += n
    teams = dict(Team.objects.filter(ref__in=[ref for ref in counts if ref]).values_list("ref", "pk"))
    return Changes(sum(counts.values()), {pk: counts[ref] for ref, pk in teams.items()}, found.link.repository.name)


def users(entity: Entity) -> dict[int, str]:
    """Teams whose things declare that they use this, and by what; what is seen comes from `facts`."""
    rows = Relation.objects.filter(target=entity, type__in=[one.value for one in WHAT_USES])
    found = rows.filter(source__owner__team__isnull=False).order_by("source__name")
    by_team: dict[int, list[str]] = defaultdict(list)
    for team, name, hidden in found.values_list("source__owner__team", "source__name", "source__restricted").distinct():
        by_team[team].append(HIDDEN if hidden else name)
    return {team: f"declares to use it: {', '.join(list(dict.fromkeys(names))[:5])}" for team, names in by_team.items()}


@dataclass(frozen=True, slots=True)
class Looked:
    """A look at one thing: `facts`, what they say, where it would belong, and who would notice its end."""

    facts: Facts
    verdict: Verdict
    belonging: Belonging | None
    changes: Changes | None
    declared: Mapping[int, str]
    at: datetime

    @property
    def teams(self) -> frozenset[int]:
        """Teams that use it by what was seen."""
        return frozenset(one.team for one in self.facts.uses if one.team is not None)


def look(entity: Entity, now: datetime) -> Looked:
    """Everything that is known of a thing now."""
    book = rulebook.current()
    own, found, changed = book.succession, facts(entity, now), changes(entity)
    verdict = rules.judge(found, limits(own), now)
    least = BelongingLimits(
        own.belonging_use_share, own.belonging_change_share, book.contributions.belonging_commits_min
    )
    where = rules.belongs(found, changed.by_team, changed.commits, least) if changed is not None else None
    declared = {team: why for team, why in users(entity).items() if team != found.owner}
    return Looked(found, verdict, where, changed, declared, now)


def document(entity: Entity, looked: Looked) -> dict[str, Any]:
    """A look as JSON, to be frozen: times as ISO texts, teams by reference."""
    facts = looked.facts
    ids = {one.team for one in facts.uses} | {facts.owner, looked.verdict.team} | looked.declared.keys()
    ids |= set(looked.changes.by_team) if looked.changes else set()
    refs = dict(Team.objects.filter(pk__in=[pk for pk in ids if pk]).values_list("pk", "ref"))
    book = rulebook.current()
    uses = sorted(facts.uses, key=lambda one: (-one.calls, one.ref))
    return {
        "thing": entity.ref,
        "at": looked.at.isoformat(),
        "owner": entity.owner.ref if entity.owner is not None else None,
        "rulebook": book.version,
        "limits": asdict(limits(book.succession)),
        "finding": looked.verdict.finding.value,
        "team": refs.get(looked.verdict.team or 0),
        "enough": looked.verdict.enough,
        "doubts": list(looked.verdict.doubts),
        "miss": looked.verdict.miss,
        "source": looked.verdict.source,
        "uses": [
            {"ref": one.ref, "label": one.label, "team": refs.get(one.team or 0), "team_label": one.team_label,
             "calls": round(one.calls, 3), "last": one.last.isoformat()}
            for one in uses[:SHOWN]
        ],
        "more_uses": max(0, len(uses) - SHOWN),
        "coverage": [
            {"source": one.source, "since": one.since.isoformat(), "until": one.until.isoformat(),
             "sampling": one.sampling, "lost": round(one.lost, 6),
             "gaps": [[a.isoformat(), b.isoformat()] for a, b in one.gaps[:SHOWN]]}
            for one in facts.coverage
        ],
        "declared": [{"team": refs[team], "why": why} for team, why in sorted(looked.declared.items())],
        "changes": None if looked.changes is None else {
            "repository": looked.changes.repository, "commits": looked.changes.commits,
            "by_team": [
                {"team": refs[team], "commits": n}
                for team, n in sorted(looked.changes.by_team.items(), key=lambda one: (-one[1], one[0]))
            ],
        },
        "belonging": None if looked.belonging is None else {
            "team": refs[looked.belonging.team], "use": round(looked.belonging.use, 4),
            "changes": round(looked.belonging.changes, 4),
        },
    }  # fmt: skip

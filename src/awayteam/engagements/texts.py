"""The text of a contract from an engagement's rows, and back: what was signed becomes the engagement's columns."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from awayteam.engagements import turns
from awayteam.engagements.contracts import (
    AwayParty,
    BaselineLine,
    ContractText,
    HomeParty,
    MemberLine,
    Named,
    RequestLine,
    ScopeLine,
    StandardLine,
    hash_of,
)
from awayteam.engagements.models import BaselineItem, Engagement, Member, Scope, Standard
from awayteam.engagements.rules import DraftFacts, Lack, lacks
from awayteam.organisation.models import Membership, Person
from awayteam.organisation.queries.dates import dated

PEOPLE = ("home_decider", "home_contact", "home_deputy", "away_lead", "manager")


def build(row: Engagement, *, number: int, why: str, scopes: Iterable[tuple[str, str]] | None = None) -> ContractText:
    """What the rows say, as a text; `scopes` (repository, pattern) instead of the rows' own. Five statements.

    Call it for a draft without lacks: `starts_on` and `ends_on` must be set.
    """
    starts, ends = row.starts_on, row.ends_on
    assert starts is not None  # `missing` says so before
    assert ends is not None
    return ContractText(
        engagement=row.pk,
        number=number,
        why=why,
        title=row.title,
        goal=row.goal,
        request=RequestLine(row.request.pk, row.request.title) if row.request is not None else None,
        service=Named(row.service.ref, row.service.title or row.service.name) if row.service is not None else None,
        home=HomeParty(_named(row.home_team), _named(row.home_decider), _named(row.home_contact),
                       _named(row.home_deputy)),
        away=AwayParty(_named(row.away_team), _named(row.away_lead), _named(row.manager)),
        scope=tuple(ScopeLine(*one) for one in sorted(scope_of(row) if scopes is None else set(scopes))),
        members=_members(row),
        starts_on=starts,
        ends_on=ends,
        working_days=row.working_days or 0,
        review_mode=str(row.review_mode),
        standards=tuple(
            StandardLine(one.title, one.repository, one.path, one.commit, one.sha256)
            for one in Standard.objects.filter(engagement=row).order_by("repository", "path", "title", "pk")
        ),
        baseline=_baseline(row),
        pledged_hours=row.pledged_hours,
        done_means=tuple(str(line) for line in row.done_means),
        warranty_days=row.warranty_days,
        pager_on=row.pager_on,
    )  # fmt: skip


def _named(thing: Any) -> Any:
    return None if thing is None else Named(thing.ref, str(thing))


def scope_of(row: Engagement) -> list[tuple[str, str]]:
    return list(Scope.objects.filter(engagement=row).values_list("repository", "pattern"))


def _members(row: Engagement) -> tuple[MemberLine, ...]:
    found = Member.objects.filter(engagement=row, left_at__isnull=True).select_related("person").order_by("person__ref")
    return tuple(MemberLine(Named(one.person.ref, str(one.person)), one.share, one.joins_on, one.leaves_on)
                 for one in found)  # fmt: skip


def _baseline(row: Engagement) -> BaselineLine:
    items = list(BaselineItem.objects.filter(engagement=row).order_by("kind", "key"))
    counts: dict[str, int] = {}
    for one in items:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    rows = [(one.kind, one.key, one.path, "" if one.value is None else f"{one.value:.3f}", one.words) for one in items]
    return BaselineLine(tuple(sorted(counts.items())), hash_of(rows))


def missing(row: Engagement, now: datetime) -> list[Lack]:
    """What this draft lacks before it can be signed; three statements."""
    members = Member.objects.filter(engagement=row, left_at__isnull=True).count()
    home = Membership.objects.filter(dated(now), team=row.home_team_id).values("person").distinct().count()
    return lacks(
        DraftFacts(
            title=row.title, goal=row.goal,
            has_decider=row.home_decider_id is not None, has_contact=row.home_contact_id is not None,
            has_deputy=row.home_deputy_id is not None, has_lead=row.away_lead_id is not None,
            has_manager=row.manager_id is not None, scopes=Scope.objects.filter(engagement=row).count(),
            members=members, done_lines=len(row.done_means), starts_on=row.starts_on, ends_on=row.ends_on,
            working_days=row.working_days, review_mode=str(row.review_mode), pledged_hours=row.pledged_hours,
            home_people=home, today=turns.today(row.away_team, now),
        )
    )  # fmt: skip


PLAIN = ("title", "goal", "starts_on", "ends_on", "working_days", "review_mode", "pledged_hours", "warranty_days")


def put_in_force(row: Engagement, text: ContractText) -> dict[str, tuple[Any, Any]]:
    """Make the columns and the scope of `row` a copy of `text` (unsaved but for the scope); what changed, old and new.

    The parties' people are found by reference; somebody who isn't known any more leaves their place empty.
    """
    people = {person.ref: person for person in Person.objects.filter(ref__in=_references(text))}
    given: dict[str, Any] = {name: getattr(text, name) for name in PLAIN}
    given |= {"pager_on": text.pager_on, "done_means": list(text.done_means)}
    for column, named in _people_of(text).items():
        given[column] = people.get(named.ref) if named is not None else None
    changes = {}
    for name, value in given.items():
        before = getattr(row, name)
        if before != value:
            changes[name] = (_shown(before), _shown(value))
            setattr(row, name, value)
    return changes | _put_scope(row, text)


def _people_of(text: ContractText) -> Mapping[str, Named | None]:
    home, away = text.home, text.away
    return dict(zip(PEOPLE, (home.decider, home.contact, home.deputy, away.lead, away.manager), strict=True))


def _references(text: ContractText) -> list[str]:
    return [named.ref for named in _people_of(text).values() if named is not None]


def _shown(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.ref if isinstance(value, Person) else value


def _put_scope(row: Engagement, text: ContractText) -> dict[str, tuple[Any, Any]]:
    wanted = {(line.repository, line.pattern) for line in text.scope}
    have = {(one.repository, one.pattern): one for one in Scope.objects.filter(engagement=row)}
    gone = [one.pk for key, one in have.items() if key not in wanted]
    if gone:
        Scope.objects.filter(pk__in=gone).delete()
    followed = {one.repository: one.followed_id for one in have.values()}
    new = sorted(wanted - have.keys())
    Scope.objects.bulk_create(
        Scope(engagement=row, repository=repository, pattern=pattern, followed_id=followed.get(repository))
        for repository, pattern in new
    )
    if not gone and not new:
        return {}
    return {"scope": (sorted(": ".join(key) for key in have), sorted(": ".join(key) for key in wanted))}

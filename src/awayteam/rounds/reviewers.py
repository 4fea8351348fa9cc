"""Who looks at a round: reads the people of both sides, and picks by `rules.pick`."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import Count, Q

from awayteam.engagements.models import Engagement, Member
from awayteam.engagements.permissions import Standing
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.organisation.models import Person
from awayteam.requests import deciders
from awayteam.reviews.models import Absence
from awayteam.reviews.pool import assign_reviewer
from awayteam.rounds.models import Round, RoundKind
from awayteam.rounds.rules import Candidate, Picked, pick
from awayteam.stories.plot import Held

DESIGN = ("decider of record",)
CHANGE = ("contact", "deputy", "decider of record")


def home_reviewer(engagement: Engagement, kind: str, *, opened_by: int | None, now: datetime) -> Picked:
    """The person of the home team who is asked first: for a design the decider of record, else contact and deputy."""
    people = _people(engagement, DESIGN if kind == RoundKind.DESIGN else CHANGE, now)
    return _pick(engagement, people, {opened_by}, now)


def deputy(round: Round, *, now: datetime) -> Picked:
    """The person of the home team who is asked when the first was silent."""
    order = ("deputy", "contact", "decider of record") if round.kind == RoundKind.CHANGE else DESIGN
    people = _people(round.engagement, order, now)
    return _pick(round.engagement, people, {round.opened_by_id, round.reviewer_id}, now)


def who_resubmits(round: Round, now: datetime) -> int | None:
    """Whoever opened the round, else the away team's lead; None (anybody of the team) where both have left."""
    asked = [one for one in (round.opened_by_id, round.engagement.away_lead_id) if one is not None]
    gone = set(Person.objects.filter(pk__in=asked, left_at__lte=now).values_list("pk", flat=True))
    return next((one for one in asked if one not in gone), None)


def _people(engagement: Engagement, roles: Iterable[str], now: datetime) -> list[tuple[int, str]]:
    """(person, role), in the order in which they are asked; whoever decides for the home team comes last."""
    named = {
        "contact": engagement.home_contact_id,
        "deputy": engagement.home_deputy_id,
        "decider of record": engagement.home_decider_id,
    }
    found = [(person, role) for role in roles if (person := named[role]) is not None]
    chosen = Standing(SYSTEM, engagement, now).home
    found += [(person, f"home team's {chosen.tier}") for person in chosen.persons]
    seen: set[int] = set()
    return [one for one in found if one[0] not in seen and not seen.add(one[0])]  # type: ignore[func-returns-value]


def _pick(engagement: Engagement, people: Sequence[tuple[int, str]], barred: set[int | None], now: datetime) -> Picked:
    ids = [person for person, _role in people]
    gone = set(Person.objects.filter(pk__in=ids, left_at__lte=now).values_list("pk", flat=True))
    away = set(Member.objects.filter(engagement=engagement, person__in=ids).values_list("person", flat=True))
    waiting = Round.objects.filter(turn_person__in=ids).values("turn_person")
    turns = dict(waiting.annotate(number=Count("pk")).values_list("turn_person", "number"))
    absent = absent_people(ids, now)
    candidates = [Candidate(person, role, turns.get(person, 0), person in absent) for person, role in people]
    nobody = {one for one in barred if one is not None} | gone | away
    return pick(candidates, barred=nobody, busy_from=rulebook.current().rounds.busy_from)


def absent_people(persons: Collection[int], now: datetime) -> set[int]:
    """Those of `persons` who are absent today; one statement."""
    today = now.date()
    rows = Absence.objects.filter(person__in=persons, starts_on__lte=today, ends_on__gte=today)
    return set(rows.values_list("person", flat=True))


def call_independent(held: Held[Round]) -> None:
    """Set who looks independently, or rules: a bar raiser of the rulebook's field, else the manager above both teams.

    Nobody where there is neither; then an administrator helps out.
    """
    row, visit = held.row, held.row.engagement
    standing = Standing(SYSTEM, visit, held.now)
    concerned = {row.opened_by_id, visit.home_decider_id, visit.away_lead_id}
    people = {one for one in concerned if one is not None}
    takes_part = {*standing.away_people, *standing.away.persons, *standing.home_people, *standing.home.persons}
    takes_part |= {row.reviewer_id} if row.reviewer_id is not None else set()
    choice = assign_reviewer(
        rulebook.current().rounds.fallback_field, teams=(visit.home_team, visit.away_team), people=people,
        without=takes_part, now=held.now,
    )  # fmt: skip
    row.independent_id, row.chosen = choice.person, list(choice.reasons)
    if choice.person is None:
        units = deciders.common_units(visit.home_team, visit.away_team)
        level = deciders.level(units, after=None, askers=takes_part | people, decided=(), now=held.now)
        manager = level.chosen if level.unit is not None else deciders.NOBODY
        row.independent_id = manager.first
        row.chosen = [*choice.reasons, manager.because if manager.first else "An administrator helps out."]


def lately_with(persons: Collection[int], teams: Collection[int], since: datetime) -> Iterable[tuple[int, int, str]]:
    """(person, team, words) of those who were in an away team with one of these teams since then; one statement.

    Visits of some teams are few where `persons` may be a pool of thousands: these are looked for among what is read.
    """
    either = Q(engagement__home_team__in=teams) | Q(engagement__away_team__in=teams)
    rows = Member.objects.filter(either, Q(left_at__isnull=True) | Q(left_at__gte=since))
    rows = rows.exclude(engagement__closed_at__lt=since)
    wanted = frozenset(persons)
    for person, title, *sides in rows.values_list(
        "person", "engagement__title", "engagement__home_team", "engagement__away_team"
    ):
        if person in wanted:
            yield from ((person, team, f"Took part in {title} lately.") for team in sides if team in teams)

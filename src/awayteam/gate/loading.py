"""What the gate judges by, out of the database: the organisation from memory, and what concerns the author anew.

An engagement matters to a change through its author alone, so that only the author's are read, for every question: no
memory of access can outlive the access. A change at home takes five statements, an away team's some seventeen.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse

from awayteam.engagements import loading
from awayteam.engagements.access import Grants
from awayteam.engagements.machine import State as Engaged
from awayteam.engagements.models import Engagement, Granting, Member
from awayteam.gate import roster
from awayteam.gate.facts import (
    Agreement,
    Engagements,
    Hold,
    Look,
    Mode,
    Passage,
    Reviews,
    Round,
    Stage,
    Standards,
    Terms,
)
from awayteam.gate.models import Passage as PassageRow
from awayteam.gate.roster import Organisation
from awayteam.gate.terms import standards_of, terms_of
from awayteam.kernel import rulebook
from awayteam.organisation.models import Person
from awayteam.reviews.machine import LIVE as UNDECIDED
from awayteam.reviews.machine import State as Reviewed
from awayteam.reviews.models import Recommendation, Review
from awayteam.rounds.machine import DONE
from awayteam.rounds.machine import State as Shown
from awayteam.rounds.models import Round as RoundRow
from awayteam.rounds.models import RoundKind
from awayteam.rounds.rules import Way

STAGES = {
    Engaged.PREPARING: Stage.BEFORE, Engaged.PROPOSED: Stage.BEFORE, Engaged.AGREED: Stage.BEFORE,
    Engaged.ACTIVE: Stage.ACTIVE, Engaged.HANDING_OVER: Stage.ACTIVE, Engaged.PAUSED: Stage.PAUSED,
    Engaged.PRODUCTION: Stage.WARRANTY, Engaged.WARRANTY: Stage.WARRANTY,
}  # fmt: skip
"""Where an engagement stands, as far as changes are concerned; any other state is over. What was accepted and isn't in
production yet is mended as under warranty."""
LOOKS = {
    Shown.OPEN: Look.WAITING, Shown.DEPUTY: Look.WAITING, Shown.FALL_BACK: Look.WAITING,
    Shown.OWN_REVIEW: Look.WAITING, Shown.DISPUTED: Look.WAITING, Shown.CHANGES: Look.CHANGES,
    Shown.APPROVED: Look.APPROVED, Shown.UNANSWERED: Look.UNANSWERED,
}  # fmt: skip
PEOPLE = ("home_decider", "home_contact", "home_deputy", "away_lead")
COLUMNS = (
    "title", "state", "review_mode", "due_at", "production_at", "warranty_days", "home_team__ref", "away_team__ref",
    *(f"{name}__ref" for name in PEOPLE),
)  # fmt: skip
"""What an agreement is made of."""
LATELY = timedelta(days=90)
NOTHING = Engagements(Grants({}, {}))


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a verdict follows from beside the change and the rules of its base.

    `next_at` is the first moment after `now` at which something of it is over, or begins, by itself.
    """

    organisation: Organisation
    engagements: Engagements
    reviews: Reviews
    standards: Standards
    terms: Terms
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class About:
    """Of what change the facts are asked. `change` is its number, None where the gate wasn't told of it;
    `passages` are the changes whose emergencies count for it."""

    repository: str
    author: str
    head: str
    url: str = ""
    change: int | None = None
    passages: Collection[int] = ()


def facts(about: About, now: datetime) -> Facts:
    """What the gate judges a change by at `now`."""
    book, everybody = rulebook.current(), roster.current()
    organisation = everybody.at(now)
    number = organisation.number(about.author)
    visits = _visits(number, now)
    engagements = _engagements(about.author, number, visits, now) if visits else NOTHING
    held = holds(about, visits)
    reviews = Reviews(_rounds(visits, about), tuple(held), _passages(about, now))
    moments = _moments(engagements, reviews, number, now)
    moments.add(everybody.next_moment(now))
    return Facts(
        organisation, engagements, reviews, standards_of(book), terms_of(book),
        min((one for one in moments if one is not None and one > now), default=None),
    )  # fmt: skip


def _visits(person: int | None, now: datetime) -> dict[int, Engagement]:
    """The engagements that somebody is on the list of, and those that ended lately, which explain why not any more."""
    if person is None:
        return {}
    mine = Member.objects.filter(person=person).order_by().values("engagement")
    lately = Q(closed_at__isnull=True) | Q(closed_at__gt=now - LATELY)
    rows = Engagement.objects.filter(lately, pk__in=mine).select_related("home_team", "away_team", *PEOPLE)
    return {row.pk: row for row in rows.only(*COLUMNS).order_by("pk")}


def _engagements(author: str, number: int | None, visits: Mapping[int, Engagement], now: datetime) -> Engagements:
    grants = loading.grants(persons=[number] if number is not None else [], engagements=list(visits))
    members: dict[int, set[str]] = defaultdict(set)
    on_list = Member.objects.filter(engagement__in=list(visits), joined_at__lte=now)
    on_list = on_list.filter(Q(left_at__isnull=True) | Q(left_at__gt=now))
    for engagement, ref in on_list.values_list("engagement", "person__ref"):
        members[engagement].add(ref)
    return Engagements(
        grants,
        agreements(visits),
        {author: number} if number is not None else {},
        {pk: frozenset(refs) for pk, refs in members.items()},
    )


def _agreement(row: Engagement) -> Agreement:
    stage = STAGES.get(Engaged(row.state), Stage.OVER)
    answering = (row.home_contact, row.home_deputy, row.home_decider)
    return Agreement(
        id=row.pk,
        title=row.title,
        home_team=row.home_team.ref,
        away_team=row.away_team.ref,
        mode=Mode(row.review_mode),
        stage=stage,
        answering=tuple(dict.fromkeys(one.ref for one in answering if one is not None)),
        away_lead=row.away_lead.ref if row.away_lead is not None else "",
        warranty_until=_warranty_until(row) if stage is Stage.WARRANTY else None,
        address=reverse("engagement", args=[row.pk]),
    )


def _warranty_until(row: Engagement) -> datetime | None:
    """The end of the clock of its state; where none runs, that of the warranty from the day of production."""
    if row.due_at is not None or row.production_at is None:
        return row.due_at
    return row.production_at + timedelta(days=row.warranty_days)


def agreements(visits: Mapping[int, Engagement]) -> dict[int, Agreement]:
    """Each engagement, with whether the home side signed its design, or let its time for that run out."""
    found = {pk: _agreement(row) for pk, row in visits.items()}
    if not any(one.mode is Mode.ARCHITECTURE for one in found.values()):
        return found
    done = [state.value for state in DONE]
    rows = RoundRow.objects.filter(engagement__in=list(visits), kind=RoundKind.DESIGN, state__in=done)
    signed = set(rows.order_by().values_list("engagement", flat=True))
    return {pk: replace(one, design_signed=pk in signed) for pk, one in found.items()}


def _rounds(visits: Mapping[int, Engagement], about: About) -> tuple[Round, ...]:
    """Review rounds of changes that say something of this one: by its address, or by a commit."""
    if not visits:
        return ()
    shown = [state.value for state in LOOKS]
    rows = RoundRow.objects.filter(engagement__in=list(visits), kind=RoundKind.CHANGE, state__in=shown)
    here = Q(url__in=[about.url, about.url.rstrip("/") + "/", about.url.rstrip("/")]) if about.url else Q(pk__in=[])
    rows = rows.filter(here | (Q(commit__istartswith=about.head[:7]))).order_by("pk")
    return tuple(map(round_of, rows.select_related("answered_by", "turn_person")))


def round_of(row: RoundRow) -> Round:
    return Round(
        engagement=row.engagement_id,
        url=row.url,
        commit=row.commit,
        look=LOOKS[Shown(row.state)],
        by=row.answered_by.ref if row.answered_by is not None else "",
        independent=row.way == Way.INDEPENDENT,
        own=row.way == Way.OWN,
        turn=row.turn_person.ref if row.turn_person is not None else "",
        due_at=row.due_at,
        address=reverse("round", args=[row.pk]),
    )


def holds(about: About, visits: Mapping[int, Engagement]) -> list[Hold]:
    """What bar raisers keep back: undecided reviews, unmet conditions, and a change that was decided against."""
    asked = Q(subject_kind="engagement", subject_id__in=list(visits)) if visits else Q(pk__in=[])
    if about.change is not None:
        asked |= Q(subject_kind="change", subject_id=about.change)
    elif not visits:
        return []
    rows = Review.objects.filter(asked).exclude(state__in=[Reviewed.WITHDRAWN.value, Reviewed.OVERRIDDEN.value])
    rows = rows.select_related("turn_person", "decider", "opinion").order_by("pk")
    found: list[Hold] = []
    followed: dict[tuple[str, int | None, str], Review] = {}
    for row in rows:
        if row.state in UNDECIDED:
            found.append(_hold(row, about, _UNDECIDED[Reviewed(row.state)], row.turn_person))
        else:
            followed[row.subject_kind, row.subject_id, row.field] = row  # the newest of a field counts
    for row in followed.values():
        if row.opinion.recommendation == Recommendation.CONDITIONS:
            unmet = row.conditions.filter(met_at__isnull=True).values_list("number", flat=True)
            found += [_hold(row, about, f"Condition {number} isn't met yet", row.decider) for number in unmet]
        elif row.opinion.recommendation == Recommendation.AGAINST and row.subject_kind == "change":
            found.append(_hold(row, about, "It was decided not to let it in", row.decider))
    return found


_UNDECIDED = {
    Reviewed.UNASSIGNED: "A bar raiser is to be found",
    Reviewed.ASSIGNED: "A bar raiser looks at it first",
    Reviewed.DELIVERED: "The decider answers what the bar raiser recommends",
}


def _hold(row: Review, about: About, says: str, who: Person | None) -> Hold:
    """Says the field alone: the words of a review are for those who may see it."""
    of_engagement = row.subject_kind == "engagement"
    return Hold(
        engagement=(row.subject_id or 0) if of_engagement else 0,
        repository="" if of_engagement else about.repository,
        says=f"{says} (review in the field {row.field}).",
        who=(who.ref,) if who is not None else (),
        due_at=row.due_at,
        address=reverse("review", args=[row.pk]),
    )


def _passages(about: About, now: datetime) -> tuple[Passage, ...]:
    """Emergencies of this very change: one of another, which somebody may have made up, lets nothing in here."""
    changes = {*about.passages, *([about.change] if about.change is not None else [])}
    if not changes:
        return ()
    rows = PassageRow.objects.filter(change__in=changes, head=about.head, until__gt=now)
    return tuple(
        Passage(
            about.repository, one.head, one.person.ref, one.label, one.reason, one.at, one.until,
            reverse("register_entry", args=[one.entry_id]),
        )
        for one in rows.select_related("person")
    )  # fmt: skip


def _moments(
    engagements: Engagements, reviews: Reviews, number: int | None, now: datetime
) -> set[datetime | None]:  # fmt: skip
    """When something of the author's access, or of what was looked at, begins or ends by itself."""
    found = {one.due_at for one in reviews.rounds} | {one.due_at for one in reviews.holds}
    found |= {one.until for one in reviews.passages}
    found |= {one.warranty_until for one in engagements.agreements.values()}
    if number is not None:
        for right in engagements.grants.rights.get(number, ()):
            found |= {right.start, right.end}
        if engagements.agreements:
            ahead = Granting.objects.filter(engagement__in=list(engagements.agreements), starts_at__gt=now)
            found |= set(ahead.values_list("starts_at", flat=True))
    return found

"""Which events give credit, and what each rule is told of them. A reader gets all events of its names at once."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from awayteam.credit import rules
from awayteam.credit.deriving.consumers import new_consumers
from awayteam.credit.deriving.facts import People, visits
from awayteam.credit.models import Entry
from awayteam.credit.rules import Credit, Given, Happened, Waited
from awayteam.discussions.models import Comment
from awayteam.engagements.models import Engagement
from awayteam.kernel.events import EventName
from awayteam.requests.machine import State as RequestState
from awayteam.requests.machine import Verb as RequestVerb
from awayteam.requests.models import Asker, Request, Step
from awayteam.roadmaps.models import Dependency, Item
from awayteam.rounds.machine import REVIEWERS
from awayteam.rounds.models import Booking, Round


@dataclass
class Derived:
    """What events give: credit, and keys of entries that nothing supports any more."""

    credits: list[Credit] = field(default_factory=list)
    retracted: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Reader:
    names: frozenset[EventName]
    read: Callable[[Sequence[Happened]], Derived]


def _completed(events: Sequence[Happened]) -> Derived:
    found = visits(Q(pk__in={event.subject_id for event in events}))
    return Derived([one for event in events if event.subject_id in found
                    for one in rules.completed(event, found[event.subject_id])])  # fmt: skip


def _consumers(events: Sequence[Happened]) -> Derived:
    return Derived(new_consumers(events))


def _thanks(events: Sequence[Happened]) -> Derived:
    """Words of thanks, as long as the comment that holds them is there."""
    told = [(event, _number(event, "person"), _number(event, "comment")) for event in events]
    there = Comment.objects.filter(pk__in={comment for _, _, comment in told}, deleted_at__isnull=True)
    kept = set(there.values_list("pk", flat=True))
    people = People(person for _, person, _ in told if person)
    return Derived([
        one for event, person, comment in told if comment in kept
        for one in rules.thanked(event, people.team(person, event.at))
    ])  # fmt: skip


def _number(event: Happened, name: str) -> int:
    """A number in the event's data; 0 where there is none."""
    value = event.data.get(name)
    return value if isinstance(value, int) else 0


def _deleted_comments(events: Sequence[Happened]) -> Derived:
    """Thanks whose words were taken back lose their evidence, and go with it."""
    ids = {_number(event, "comment") for event in events}
    gone = Entry.objects.filter(evidence_kind="comment", evidence_id__in=ids).values_list("key", flat=True)
    return Derived([], set(gone))


def _rounds(events: Sequence[Happened]) -> Derived:
    """Answers of the home team's reviewers and of those who stand in for them; a colleague's look gives no credit."""
    answered = [event for event in events if event.data.get("party") in ROUND_REVIEWERS]
    rows = Round.objects.filter(pk__in={event.subject_id for event in answered}).select_related("engagement")
    rounds = {row.pk: row for row in rows}
    people = People(event.person for event in answered if event.person is not None)
    found: list[Credit] = []
    for event in answered:
        row = rounds.get(event.subject_id)
        if row is not None:
            team = people.team(event.person, event.at, (row.engagement.home_team_id,))
            found += rules.reviewed(event, team, ("engagement", row.engagement_id, row.engagement.title[:300]))
    return Derived(found)


def _reviews(events: Sequence[Happened]) -> Derived:
    """Opinions that bar raisers gave in time."""
    people = People(event.person for event in events if event.person is not None)
    return Derived([
        one for event in events
        for one in rules.reviewed(event, people.team(event.person, event.at), ("review", event.subject_id, event.label))
    ])  # fmt: skip


def _hours(events: Sequence[Happened]) -> Derived:
    """Hours that were booked, and not taken back since."""
    rows = Booking.objects.in_bulk({_number(event, "booking") for event in events})
    taken_back = {pk for pk, row in rows.items() if row.cancelled_at is not None}
    people = People(row.person_id for row in rows.values())
    found: list[Credit] = []
    for event in events:
        row = rows.get(_number(event, "booking"))
        if row is None or row.pk in taken_back or event.name != EventName.HOURS_BOOKED:
            continue
        team = people.team(row.person_id, event.at, (_number(event, "team"),))
        given = Given(row.pk, row.person_id, team, row.minutes, row.what)
        found += rules.gave_hours(event, given, ("engagement", event.subject_id, event.label))
    return Derived(found, {rules.hours_key(pk) for pk in taken_back})


def _requests(events: Sequence[Happened]) -> Derived:
    """Requests that ended as done: who did them has what the delay cost those who waited."""
    done = [event for event in events if _became(event, RequestState.DONE.value)]
    ids = {event.subject_id for event in done}
    askers: dict[int, list[Asker]] = defaultdict(list)
    for asker in Asker.objects.filter(request__in=ids).order_by("pk"):
        askers[asker.request_id].append(asker)
    steps = Step.objects.filter(request__in=ids, verb=RequestVerb.FINISH_AWAY.value).order_by("pk")
    away = dict(steps.values_list("request_id", "team_id"))
    away |= _visitors(Q(request__in=ids))
    found: list[Credit] = []
    for event in done:
        team = event.data.get("home_team")
        doer = away.get(event.subject_id) if event.name == EventName.REQUEST_AWAY_FINISHED else team
        if isinstance(doer, int):
            subject = ("request", event.subject_id, event.label)
            rows = [row for row in askers[event.subject_id] if row.left_at is None or row.left_at > event.at]
            waited = [Waited(row.team_id, row.value_per_week, subject) for row in rows]
            found += rules.downstream(event, doer=doer, waited=waited)
    return Derived(found)


def _became(event: Happened, state: str) -> bool:
    changes = event.data.get("changes")
    pair = changes.get("state") if isinstance(changes, dict) else None
    return isinstance(pair, list) and len(pair) == 2 and pair[1] == state


def _visitors(asked: Q) -> dict[int, int]:
    """Away teams by the request that their accepted visit served."""
    rows = Engagement.objects.filter(asked, accepted_at__isnull=False, request__isnull=False).order_by("pk")
    return {request: team for request, team in rows.values_list("request_id", "away_team_id") if request is not None}


def _items(events: Sequence[Happened]) -> Derived:
    """Items that are finished and had to wait for items of other teams."""
    rows = Item.objects.in_bulk([event.subject_id for event in events])
    needed: dict[int, list[Item]] = defaultdict(list)
    for link in Dependency.objects.filter(item__in=rows).select_related("needs").order_by("pk"):
        needed[link.item_id].append(link.needs)
    ids = {one.pk for some in needed.values() for one in some}
    requests = dict(Request.objects.filter(item__in=ids).order_by("pk").values_list("pk", "item_id"))
    visited = {requests[pk]: team for pk, team in _visitors(Q(request__in=sorted(requests))).items()}
    found: list[Credit] = []
    for event in events:
        row = rows.get(event.subject_id)
        for one in needed[event.subject_id]:
            if row is not None and one.done_at is not None and one.done_at <= event.at:
                waited = Waited(row.team_id, row.value_per_week, ("item", one.pk, one.title))
                found += rules.downstream(event, doer=visited.get(one.pk, one.team_id), waited=[waited])
    return Derived(found)


ROUND_REVIEWERS = frozenset(party.value for party in REVIEWERS)
READERS: tuple[Reader, ...] = (
    Reader(frozenset({EventName.ENGAGEMENT_ACCEPTED}), _completed),
    Reader(frozenset({EventName.ROUND_APPROVED, EventName.ROUND_CHANGES_REQUESTED}), _rounds),
    Reader(frozenset({EventName.REVIEW_DELIVERED}), _reviews),
    Reader(frozenset({EventName.HOURS_BOOKED, EventName.HOURS_CANCELLED}), _hours),
    Reader(
        frozenset({EventName.ENTITY_CREATED, EventName.ENTITY_RESTORED, EventName.ENTITY_UPDATED}),
        _consumers,
    ),
    Reader(
        frozenset({EventName.REQUEST_AWAY_FINISHED, EventName.REQUEST_CONFIRMED, EventName.REQUEST_EXPIRED}),
        _requests,
    ),
    Reader(frozenset({EventName.ITEM_FINISHED}), _items),
    Reader(frozenset({EventName.CREDIT_THANKED}), _thanks),
    Reader(frozenset({EventName.COMMENT_DELETED}), _deleted_comments),
)

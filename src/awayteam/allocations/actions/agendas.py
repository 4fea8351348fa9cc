"""The agenda of each team's review: what to talk about with its consumers and providers, made by itself."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse

from awayteam.allocations.actions.finding import told
from awayteam.allocations.machine import GROWTH_ANSWERED, GROWTH_UNANSWERED, WAITING, GrowthState, State
from awayteam.allocations.measuring import holding, used
from awayteam.allocations.models import Agenda, AgendaItem, Allocation, Growth, Look
from awayteam.allocations.rules import agenda_due, percent
from awayteam.allocations.words import calls
from awayteam.allocations.words import day as day_words
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.organisation.models import Team

Topic = AgendaItem.Topic
Points = dict[int, list[AgendaItem]]
SETTLED_DAYS = 28
"""A grant must have held so long before little use of it says anything."""


def is_due(now: datetime) -> bool:
    """Whether it is time for the next agendas."""
    last = Look.objects.values_list("agendas_on", flat=True).first()
    return agenda_due(last, now.date(), rulebook.current().allocations.agenda_days)


def make_agendas(now: datetime) -> int:
    """Make the agenda of every team that has something to talk about, and tell the team; returns how many.

    Made once a day at most: a second call on the same day makes nothing.
    """
    book, day = rulebook.current().allocations, now.date()
    with transaction.atomic():
        row, _new = Look.objects.select_for_update(of=("self",)).get_or_create(pk=1)
        if not agenda_due(row.agendas_on, day, book.agenda_days):
            return 0
        since, row.agendas_on = row.agendas_on, day
        row.save(update_fields=["agendas_on"])
        points: Points = defaultdict(list)
        _growth(points, since)
        _allocations(points, day)
        teams = Team.objects.in_bulk(list(points))
        made = [_make(teams[pk], items, since, now) for pk, items in sorted(points.items()) if pk in teams]
    return len(made)


def _make(team: Team, items: list[AgendaItem], since: date | None, now: datetime) -> Agenda:
    agenda = Agenda.objects.create(team=team, on=now.date(), since=since, made_at=now)
    order = list(Topic)
    for item in items:
        item.agenda = agenda
    AgendaItem.objects.bulk_create(sorted(items, key=lambda item: order.index(Topic(item.topic))))
    subject = Subject("agenda", agenda.pk, f"Review of {team} on {agenda.on}")
    data = {"team": team.ref, "points": len(items)}
    events.append(EventName.AGENDA_MADE, subject=subject, actor=SYSTEM, now=now, data=data)
    tell(
        now=now, subject=subject, event=EventName.AGENDA_MADE, teams=[team.pk], group=Group.TURN,
        text=f"{len(items)} points for the review of allocations and growth of {team}.",
        address=reverse("agenda", args=[agenda.pk]), key=f"agenda-{agenda.pk}",
    )  # fmt: skip
    return agenda


def _add(points: Points, teams: Iterable[int | None], **values: object) -> None:
    """A point for each of the teams; a row of its own, as each agenda keeps its own."""
    for team in {one for one in teams if one is not None}:
        points[team].append(AgendaItem(**values))


def _growth(points: Points, since: date | None) -> None:
    live = [one.value for one in (*GROWTH_UNANSWERED, *GROWTH_ANSWERED)]
    rows = Growth.objects.filter(state__in=live)
    lapsed = Growth.objects.filter(state=GrowthState.LAPSED.value)
    if since is not None:
        lapsed = lapsed.filter(closed_at__date__gte=since)
    answered = {one.value for one in GROWTH_ANSWERED}
    for row in (rows | lapsed).select_related("provider", "consumer").order_by("-level", "pk"):
        topic = Topic.GROWTH if row.state in answered else Topic.UNANSWERED
        figure = told(row)
        if row.until is not None and row.state in answered:
            figure = f"{figure} Answered until {day_words(row.until)}."
        _add(points, (row.home_team_id, row.consumer_team_id), topic=topic, growth=row, figure=figure[:300])


def _allocations(points: Points, day: date) -> None:
    book = rulebook.current().allocations
    waiting = Allocation.objects.filter(state__in=[one.value for one in WAITING]).select_related("provider")
    for row in waiting.order_by("due_at", "pk"):
        figure = f"{row.rate:,} a {row.per} from {day_words(row.starts)}"
        _add(points, (row.home_team_id,), topic=Topic.ASKED, allocation=row, figure=figure)
    held = list(Allocation.objects.filter(holding(day)).order_by("last_day", "pk"))
    calls_used = used(held, day)
    for row in held:
        share = percent(calls_used[row.pk], row.daily) or 0.0
        figure = f"{share:.0f} % of {calls(row.daily)} calls a day used"
        both = (row.home_team_id, row.asking_team_id)
        if share >= book.share_percent:
            _add(points, both, topic=Topic.SHORT, allocation=row, figure=figure)
        elif share < book.idle_percent and (day - row.starts).days >= SETTLED_DAYS:
            _add(points, both, topic=Topic.IDLE, allocation=row, figure=figure)
        if row.state == State.GRANTED and row.last_day and row.last_day < day + timedelta(days=book.agenda_days):
            ends = f"ends on {day_words(row.last_day)}; {figure}"
            _add(points, both, topic=Topic.ENDING, allocation=row, figure=ends)

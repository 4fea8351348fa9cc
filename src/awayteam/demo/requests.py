"""The demonstration's requests: what is going on now, by the real actions at past times, and two years that are over.

The present is played in the order of its days: people act on the day on which they did, clocks run out when they would
have. The past is written in bulk, as the actions would have left it: rows, steps and events that agree.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from awayteam.accounts.actors import actors_of_persons
from awayteam.catalog.models import Entity
from awayteam.demo import past
from awayteam.demo.wishes import WISHES, Join, Move, Say, Wish
from awayteam.discussions import actions as discussions
from awayteam.kernel import businesstime, clocks
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.organisation.queries import dated
from awayteam.requests import actions, turns
from awayteam.requests.actions import Aim, Plan, Worth
from awayteam.requests.machine import State
from awayteam.requests.models import Request
from awayteam.requests.stepping import subject_of
from awayteam.roadmaps.models import Goal

Progress = Callable[[str, int, int], None]
EXPIRED_FIRST = 1_000
"""Clocks that are looked at while the present is played; only those of wishes that ran out are due."""


@dataclass
class Stage:
    """Who and what there is, read once."""

    now: datetime
    teams: dict[str, Team] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    actors: dict[int, Actor] = field(default_factory=dict)
    speakers: dict[str, int] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    goals: dict[int, Goal] = field(default_factory=dict)

    @classmethod
    def of(cls, now: datetime) -> "Stage":
        stage = cls(now)
        stage.teams = {team.name: team for team in Team.objects.filter(dissolved_at__isnull=True, is_unit=False)}
        here = Person.objects.filter(left_at__isnull=True, declared=True)
        stage.people = here.in_bulk()
        stage.actors = actors_of_persons(list(stage.people), now)
        stage.speakers = _speakers(stage)
        entities = Entity.objects.filter(kind="Component", presence=1).select_related("owner")
        stage.entities = {entity.name: entity for entity in entities.defer("document")}
        goals = Goal.objects.filter(state="open").order_by("-ends", "-pk")
        stage.goals = {goal.team_id: goal for goal in goals}
        return stage

    def asker(self, team: str) -> Actor:
        return self.actors[self.speakers[team]]

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)


def _speakers(stage: Stage) -> dict[str, int]:
    """Who asks for each team: a member who decides nothing; in Checkout its lead, whom a visitor is at first."""
    held: dict[int, dict[int, str]] = defaultdict(dict)
    for row in Membership.objects.filter(dated(stage.now)):
        if row.person_id in stage.actors:
            held[row.team_id][row.person_id] = row.role
    found = {}
    for name, team in stage.teams.items():
        roles = held[team.pk]
        wanted = Role.LEAD if name == "checkout" else Role.MEMBER
        people = sorted(person for person, role in roles.items() if role == wanted) or sorted(roles)
        if people:
            found[name] = people[0]
    return found


def fill(*, now: datetime, progress: Progress) -> int:
    """Play the present and write the past into a demonstration that stands; returns how many requests there are."""
    stage = Stage.of(now)
    progress("requests of two years", 0, 2)
    count = past.write(stage.teams, stage.entities, stage.actors, stage.speakers, now)
    progress("requests of these days", 1, 2)
    _play(stage)
    return count + len(WISHES)


def _play(stage: Stage) -> None:
    """Every wish with what became of it, in the order of days; those whose clocks ran out come first."""
    made: dict[str, Request] = {}
    for ran_out in (True, False):
        wishes = [wish for wish in WISHES if any(move.verb == "expire" for move in wish.moves) == ran_out]
        for _at, act in sorted(_acts(stage, wishes, made), key=lambda one: -one[0]):
            act()


def _acts(stage: Stage, wishes: Sequence[Wish], made: dict[str, Request]) -> list[tuple[float, Callable[[], None]]]:
    """(days ago, what to do), of all these wishes."""
    acts: list[tuple[float, Callable[[], None]]] = []

    def add(days: float, act: Callable[..., None], *arguments: Any) -> None:
        acts.append((days, lambda: act(stage, made, *arguments)))

    for wish in wishes:
        days = _days(stage, wish)
        add(days, _ask, wish, days)
        for join in wish.joins:
            add(join.days, _join, wish, join)
        for say in wish.says:
            add(say.days, _say, wish, say)
        for move in wish.moves:
            add(move.days if move.verb != "expire" else days - 0.01, _move, wish, move)
        if wish.into:
            add(0.8, _merge, wish, 0.8)
    return acts


def _days(stage: Stage, wish: Wish) -> float:
    """How long ago it was asked; where its clock should end soon, that follows from the home team's hours."""
    if not wish.left:
        return wish.days
    team = stage.teams[wish.home]
    calendar = turns.calendar_of(team)
    minutes = turns.allowance(Request(kind=wish.kind), State.ASKED)
    for steps in range(24 * 14):
        at = stage.now - timedelta(minutes=30 * steps)
        if businesstime.add(calendar, at, minutes) <= stage.now + timedelta(minutes=wish.left):
            return 30 * (steps - 1) / 1440 if steps else 0.0
    return wish.days


def _ask(stage: Stage, made: dict[str, Request], wish: Wish, days: float) -> None:
    at = stage.ago(days)
    team = stage.teams[wish.asking]
    wanted = (stage.now + timedelta(days=wish.wanted_in)).date() if wish.wanted_in else None
    worth = Worth(Decimal(wish.value), wish.grounds, wish.for_whom, stage.goals.get(team.pk), wanted)
    entity = stage.entities.get(wish.service)
    made[wish.key] = actions.ask(
        actor=stage.asker(wish.asking), now=at, kind=wish.kind, title=wish.title, need=wish.need, asking_team=team,
        home_team=stage.teams[wish.home], worth=worth, can_send_away=not wish.away, away_impossible=wish.away,
        aim=Aim(entity, wish.operation, "", wish.pasted, (f"{wish.home} owns {wish.service}.",)),
    )  # fmt: skip


def _join(stage: Stage, made: dict[str, Request], wish: Wish, join: Join) -> None:
    worth = Worth(Decimal(join.value), join.grounds)
    team, at = stage.teams[join.team], stage.ago(join.days)
    actions.join(made[wish.key].pk, actor=stage.asker(join.team), now=at, team=team, worth=worth)


def _say(stage: Stage, made: dict[str, Request], wish: Wish, say: Say) -> None:
    subject = subject_of(made[wish.key])
    discussions.comment(actor=stage.asker(say.team), now=stage.ago(say.days), subject=subject, text=say.words)


def _merge(stage: Stage, made: dict[str, Request], wish: Wish, days: float) -> None:
    row, into = made[wish.key], made[wish.into]
    actor = stage.actors[Request.objects.get(pk=row.pk).turn_person_id or 0]
    words = "The same wish: an event when the address changes."
    actions.merge(row.pk, actor=actor, now=stage.ago(days), into=into.pk, words=words)


def _move(stage: Stage, made: dict[str, Request], wish: Wish, move: Move) -> None:
    row = Request.objects.get(pk=made[wish.key].pk)
    if move.verb == "expire":
        assert row.due_at is not None
        clocks.run_due(row.due_at + timedelta(minutes=1), limit=EXPIRED_FIRST)
        return
    actor = stage.asker(wish.asking) if move.verb == "withdraw" else stage.actors[row.turn_person_id or 0]
    verb: Callable[..., Any] = getattr(actions, move.verb)
    values = _values(stage, move)
    if move.verb == "postpone" and row.expected_until is not None:
        values["until"] = max(values["until"], row.expected_until + timedelta(days=7))
    verb(row.pk, actor=actor, now=stage.ago(move.days), **values)


def _values(stage: Stage, move: Move) -> dict[str, Any]:
    """The values of a move as the action takes them."""
    values = dict(move.values)
    if "to" in values:
        values["to"] = stage.teams[values["to"]]
    if "in" in values:
        values["until"] = (stage.ago(move.days) + timedelta(days=values.pop("in"))).date()
    if "effort" in values:
        low, likely, high = (Decimal(one) for one in values.pop("effort"))
        values["plan"] = Plan((low, likely, high), values.pop("rank", None))
    return values

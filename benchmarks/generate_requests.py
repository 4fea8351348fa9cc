"""Fills an empty database with an organisation whose teams ask each other: units, teams, people, requests with clocks.

Rows are as the actions leave them: each open request has a turn, a running clock, askers and steps; the same for the
same numbers.
"""

import random
from datetime import datetime, timedelta
from decimal import Decimal

from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.events import Draft, EventName, Subject
from awayteam.kernel.models import Clock
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.requests.machine import ASKING_TURN, FINAL, OPEN, State
from awayteam.requests.models import Asker, Kind, Request, Step

WORDS = """
payment order invoice parcel stock basket price tax refund customer address consent mail search image event log metric
trace alert budget quota gateway proxy edge filter export batch version reason retry date list total
""".split()  # noqa: SIM905 - easier to read so
CALENDAR = Calendar()
TEAM_SIZE = 6


def fill(open_requests: int, closed: int, teams: int, now: datetime) -> None:
    """`teams` teams of six in a unit for each twenty; `open_requests` and `closed` requests among them."""
    chance = random.Random(5)
    rows, people = organisation(teams)
    owned = services(rows, now)
    made = [
        _request(chance, number, rows, people, owned, now, number < open_requests)
        for number in range(open_requests + closed)
    ]
    clocks = [_clock(request) for request in made[:open_requests]]
    Clock.objects.bulk_create(clocks, batch_size=1_000)
    for request, clock in zip(made, clocks, strict=False):
        request.clock = clock
    Request.objects.bulk_create(made, batch_size=1_000)
    for request, clock in zip(made, clocks, strict=False):
        clock.subject_id = request.pk
    Clock.objects.bulk_update(clocks, ["subject_id"], batch_size=1_000)
    Asker.objects.bulk_create((asker for request in made for asker in _askers(chance, request, rows, people)), 2_000)
    Step.objects.bulk_create((step for request in made for step in _steps(request)), batch_size=2_000)
    told = [_event(request, step) for request in made for step in range(3)]
    events.append_many(sorted(told, key=lambda draft: draft.now))


def organisation(count: int) -> tuple[list[Team], dict[int, list[Person]]]:
    top = Team.objects.create(ref="group:default/top", name="top", is_unit=True)
    units = [
        Team(ref=f"group:default/unit-{n}", name=f"unit-{n}", is_unit=True, parent=top) for n in range(count // 20 + 1)
    ]
    Team.objects.bulk_create(units)
    teams = [Team(ref=f"group:default/team-{n}", name=f"team-{n}", parent=units[n // 20]) for n in range(count)]
    Team.objects.bulk_create(teams, batch_size=1_000)
    people = [Person(ref=f"user:default/p-{n}", name=f"p-{n}") for n in range(count * TEAM_SIZE + len(units))]
    Person.objects.bulk_create(people, batch_size=1_000)
    of = {team.pk: people[n * TEAM_SIZE : (n + 1) * TEAM_SIZE] for n, team in enumerate(teams)}
    roles = [Role.LEAD, Role.DECIDER, *[Role.MEMBER] * (TEAM_SIZE - 2)]
    Membership.objects.bulk_create(
        (
            Membership(team_id=pk, person=one, role=role)
            for pk, some in of.items()
            for one, role in zip(some, roles, strict=True)
        ),
        batch_size=2_000,
    )
    managers = people[count * TEAM_SIZE :]
    Membership.objects.bulk_create(
        Membership(team=unit, person=one, role=Role.MANAGER) for unit, one in zip(units, managers, strict=True)
    )
    for team in teams[:20]:
        User.objects.create_user(of[team.pk][1].name, person=of[team.pk][1])
    return teams, of


def services(teams: list[Team], now: datetime) -> dict[int, list[Entity]]:
    """Three services of each team; one in forty is restricted."""
    groups = [
        Entity(
            ref=team.ref,
            kind="Group",
            namespace="default",
            name=team.name,
            team=team,
            changed_at=now,
            first_seen_at=now,
            sort_name=team.name,
        )
        for team in teams
    ]
    Entity.objects.bulk_create(groups, batch_size=1_000)
    found = {
        group.team_id: [
            Entity(
                ref=f"component:default/{group.name}-{n}",
                kind="Component",
                namespace="default",
                name=f"{group.name}-{n}",
                owner=group,
                changed_at=now,
                first_seen_at=now,
                sort_name=f"{group.name}-{n}",
                restricted=(place * 3 + n) % 40 == 0,
            )
            for n in range(3)
        ]
        for place, group in enumerate(groups)
    }
    Entity.objects.bulk_create((one for some in found.values() for one in some), batch_size=1_000)
    return found  # type: ignore[return-value]


def _request(
    chance: random.Random,
    number: int,
    teams: list[Team],
    people: dict[int, list[Person]],
    services: dict[int, list[Entity]],
    now: datetime,
    is_open: bool,
) -> Request:
    home = teams[int(len(teams) * chance.random() ** 2)]  # some teams are asked much more than others
    asking = teams[chance.randrange(len(teams))]
    asking = asking if asking != home else teams[(number + 1) % len(teams)]
    state = (
        chance.choice((State.ASKED, State.ASKED, State.ACCEPTED, *OPEN))
        if is_open
        else chance.choice(sorted(FINAL - {State.MERGED}))
    )
    asked = now - timedelta(minutes=chance.randrange(60, 60_000 if is_open else 1_000_000))
    turn_team = asking if state in ASKING_TURN else home
    turn = people[turn_team.pk][1]
    words = " ".join(chance.sample(WORDS, 4))
    return Request(
        kind=chance.choice(Kind.values),
        title=f"{words} {number}",
        need=f"We need {words}. " * 8,
        state=state.value,
        home_team=home,
        asking_team=asking,
        asker=people[asking.pk][2],
        decider=people[home.pk][1],
        entity=chance.choice(services[home.pk]) if number % 10 else None,
        offered_team=teams[(number + 7) % len(teams)] if state is State.OFFERED else None,
        turn_person=turn if is_open else None,
        turn_team=turn_team if is_open else None,
        due_at=now + timedelta(minutes=chance.randrange(-500, 20_000)) if is_open else None,
        value_per_week=Decimal(chance.randrange(0, 1000)),
        created_at=asked,
        changed_at=asked,
        entered_at=asked,
        closed_at=None if is_open else asked + timedelta(days=9),
        decided_at=asked + timedelta(days=1),
        routing=[],
    )


def _clock(request: Request) -> Clock:
    assert request.due_at is not None
    return Clock(
        kind="request",
        subject_kind="request",
        subject_id=0,
        subject_label=request.title[:300],
        turn_person_id=request.turn_person_id,
        turn_team_id=request.turn_team_id,
        started_at=request.entered_at,
        due_at=request.due_at,
        next_at=request.due_at,
        allowance_minutes=2400,
        calendar=CALENDAR.to_data(),
        data={"state": request.state},
    )


def _askers(chance: random.Random, request: Request, teams: list[Team], people: dict[int, list[Person]]) -> list[Asker]:
    others = [teams[chance.randrange(len(teams))] for _ in range(chance.choice((0, 0, 0, 1, 2)))]
    asking = [request.asking_team, *(team for team in others if team not in (request.home_team, request.asking_team))]
    return [
        Asker(
            request=request,
            team=team,
            person=people[team.pk][2],
            value_per_week=request.value_per_week / len(asking),
            grounds="Counted from the log.",
            joined_at=request.created_at,
        )
        for team in asking
    ]


def _steps(request: Request) -> list[Step]:
    verbs = (
        ("ask", "", State.ASKED),
        ("ask-back", State.ASKED, State.NEEDS_INFORMATION),
        ("answer", State.NEEDS_INFORMATION, State(request.state)),
    )
    return [
        Step(
            request=request,
            at=request.created_at + timedelta(hours=place),
            verb=verb,
            source=source,
            target=target,
            party="home decider",
            person_id=request.decider_id,
            label="somebody",
            team=request.home_team,
            home_team=request.home_team,
            words="Which, and how often?",
            minutes=60 * place,
            on_time=True,
        )
        for place, (verb, source, target) in enumerate(verbs)
    ]


def _event(request: Request, place: int) -> Draft:
    name = (EventName.REQUEST_ASKED, EventName.REQUEST_ASKED_BACK, EventName.REQUEST_ANSWERED)[place]
    at = request.created_at + timedelta(hours=place)
    return Draft(name, Subject("request", request.pk, request.title), SYSTEM, at)

"""Fills an empty database with visits between teams: engagements in every state, signed contracts, members, steps.

Rows are as the actions leave them; the same for the same numbers. The organisation is that of `generate_requests`.
"""

import random
from datetime import datetime, timedelta

from generate_requests import CALENDAR, TEAM_SIZE, WORDS, organisation, services

from awayteam.catalog.models import Entity
from awayteam.engagements import contracts, texts
from awayteam.engagements.machine import FINAL, LIVE, SIGNED, Verb
from awayteam.engagements.models import (
    Contract,
    Engagement,
    EngagementStep,
    Granting,
    Member,
    Scope,
    Signature,
    Standard,
)
from awayteam.kernel.models import Clock
from awayteam.organisation.models import Person, Team

DONE = ["It works for the case that it was asked for, and a test shows it.", "The runbook says what to do."]


def fill(number: int, live: int, teams: int, now: datetime) -> None:
    """`number` engagements, `live` of them in states that aren't final, among `teams` teams of six."""
    chance = random.Random(7)
    rows, people = organisation(teams)
    owned = services(rows, now)
    made = [_engagement(chance, place, rows, people, owned, now, place < live) for place in range(number)]
    wanted = [row.state for row in made]
    for row in made[:live]:
        row.state = "preparing"
    clocks = [_clock(row) for row in made[:live]]
    Clock.objects.bulk_create(clocks, batch_size=1_000)
    for row, clock in zip(made, clocks, strict=False):
        row.clock = clock
    Engagement.objects.bulk_create(made, batch_size=500)
    for row, clock in zip(made, clocks, strict=False):
        clock.subject_id = row.pk
    Clock.objects.bulk_update(clocks, ["subject_id"], batch_size=500)
    _people(chance, made, people)
    Scope.objects.bulk_create((Scope(engagement=row, repository="code", pattern=f"/{row.pk}/") for row in made), 1_000)
    rules = "# Tests\n\nEach change has one.\n"
    Standard.objects.bulk_create(
        (Standard(engagement=row, title="Rules", sha256=contracts.sha256(rules), text=rules) for row in made), 1_000
    )
    _sign(made, wanted, now)
    EngagementStep.objects.bulk_create((step for row in made for step in _steps(row)), batch_size=1_000)


def _engagement(
    chance: random.Random, number: int, teams: list[Team], people: dict[int, list[Person]],
    owned: dict[int, list[Entity]], now: datetime, live: bool,
) -> Engagement:  # fmt: skip
    home = teams[0] if number % 25 == 0 else chance.choice(teams)
    away = chance.choice([team for team in (chance.choice(teams), teams[-1], teams[-2]) if team.pk != home.pk])
    ago = timedelta(days=chance.randrange(1, 40 if live else 700))
    state = chance.choice(LIVE if live else sorted(FINAL))
    starts = (now - ago).date()
    words = " ".join(chance.sample(WORDS, 4))
    mine, theirs = people[away.pk], people[home.pk]
    return Engagement(
        title=f"{words} {number}", goal=f"{words}, so that nobody waits for it.", home_team=home, away_team=away,
        service=chance.choice(owned[home.pk]), opened_by=mine[0], home_decider=theirs[1], home_contact=theirs[2],
        home_deputy=theirs[3], away_lead=mine[0], manager=mine[1], starts_on=starts,
        ends_on=starts + timedelta(days=60),
        working_days=20, pledged_hours=16, done_means=DONE, state=state, created_at=now - ago, entered_at=now - ago / 2,
        changed_at=now - ago / 2, closed_at=None if live else now - ago / 2, turn_person=mine[0] if live else None,
        turn_team=away if live else None, due_at=now + timedelta(days=chance.randrange(1, 60)) if live else None,
    )  # fmt: skip


def _clock(row: Engagement) -> Clock:
    assert row.due_at is not None
    return Clock(
        kind="engagement", subject_kind="engagement", subject_id=0, subject_label=row.title, state="running",
        started_at=row.entered_at, due_at=row.due_at, next_at=row.due_at, allowance_minutes=20_000,
        calendar=CALENDAR.to_data(), turn_person_id=row.turn_person_id, turn_team_id=row.turn_team_id,
    )  # fmt: skip


def _people(chance: random.Random, made: list[Engagement], people: dict[int, list[Person]]) -> None:
    Member.objects.bulk_create(
        (
            Member(engagement=row, person=one, share=40, joins_on=row.starts_on, joined_at=row.created_at,
                   agreed_by=row.manager, agreed_at=row.created_at)
            for row in made
            for one in people[row.away_team_id][2 : 2 + chance.randrange(1, TEAM_SIZE - 2)]
        ),
        1_000,
    )  # fmt: skip


def _sign(made: list[Engagement], wanted: list[str], now: datetime) -> None:
    """A contract in force for what is or was at work; then the states that need one."""
    signed = [row for row, state in zip(made, wanted, strict=True) if state in SIGNED or state in ("closed", "expired")]
    rows = []
    for row in signed:
        text = contracts.canonical(texts.build(row, number=1, why=""))
        rows.append(Contract(
            engagement=row, number=1, text=text, sha256=contracts.sha256(text), proposed_side="away", state="in-force",
            created_at=row.created_at, entered_at=row.created_at, changed_at=now, closed_at=row.created_at,
            in_force_at=row.created_at,
        ))  # fmt: skip
    Contract.objects.bulk_create(rows, batch_size=500)
    sides = (("away", "away_lead_id"), ("home", "home_decider_id"))
    Signature.objects.bulk_create(
        (
            Signature(contract=one, side=side, person_id=getattr(one.engagement, who), label="somebody", role="decider",
                      sha256=one.sha256, signed_at=one.created_at)
            for one in rows
            for side, who in sides
        ),
        1_000,
    )  # fmt: skip
    Granting.objects.bulk_create(
        Granting(engagement=row, starts_at=row.created_at, latest_at=row.due_at)
        for row, state in zip(made, wanted, strict=True)
        if state in ("active", "handing-over") and row.due_at is not None
    )
    of = {one.engagement_id: one for one in rows}
    for row, state in zip(made, wanted, strict=True):
        row.state, row.contract = state, of.get(row.pk)
    Engagement.objects.bulk_update(made, ["state", "contract"], batch_size=300)


def _steps(row: Engagement) -> list[EngagementStep]:
    verbs = ((Verb.OPEN, "", "preparing"), (Verb.PROPOSE, "preparing", "proposed"), (Verb.SIGN, "proposed", row.state))
    return [
        EngagementStep(
            story=row, at=row.created_at + timedelta(hours=place), verb=verb.value, source=source, target=target,
            party="away side", person=row.away_lead, label="somebody", team=row.away_team, minutes=90, on_time=True,
        )
        for place, (verb, source, target) in enumerate(verbs)
    ]  # fmt: skip

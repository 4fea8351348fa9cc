"""Asking: opening a request, and asking for the same with others."""

from datetime import datetime

from django.db import transaction

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.notifications.actions import follow_by_taking_part
from awayteam.organisation.models import Team
from awayteam.requests.actions.noting import note, still_open
from awayteam.requests.actions.values import (
    ANY_AIM,
    HERE,
    LONGEST_PASTED,
    UNKNOWN_WORTH,
    Aim,
    Origin,
    Worth,
    check_ask,
    check_worth,
)
from awayteam.requests.machine import Party
from awayteam.requests.models import Asker, Request
from awayteam.requests.permissions import Standing, can_ask
from awayteam.requests.similar import remember
from awayteam.requests.stepping import Held, hold, start, subject_of, words_of


def ask(
    *,
    actor: Actor,
    now: datetime,
    kind: str,
    title: str,
    need: str,
    asking_team: Team,
    home_team: Team,
    worth: Worth = UNKNOWN_WORTH,
    aim: Aim = ANY_AIM,
    can_send_away: bool = True,
    away_impossible: str = "",
    origin: Origin = HERE,
) -> Request:
    """Ask `home_team` for something, in the name of `asking_team`; its decider has the turn and a clock runs.

    Raises `NotAllowed`, `InvalidInput` (with the field), `Conflict` (this was imported before, or nobody is there).
    """
    can_ask(actor, asking_team).require()
    assert actor.person_id is not None  # only people may ask
    check_ask(kind, title, need, asking_team, home_team)
    check_worth(worth)
    if not can_send_away:
        away_impossible = words_of(away_impossible, what="away_impossible")
    with transaction.atomic():
        if origin.key and Request.objects.filter(external_key=origin.key).exists():
            raise Conflict(f"{origin.key} was imported already.", "", {"external_key": "imported already"})
        request = Request(
            kind=kind,
            title=" ".join(title.split()),
            need=need.strip(),
            home_team=home_team,
            asking_team=asking_team,
            asker_id=actor.person_id,
            entity=aim.entity,
            operation=aim.operation[:300],
            path=aim.path[:1000],
            pasted=aim.pasted[:LONGEST_PASTED],
            routing=list(aim.routing)[:20],
            value_per_week=worth.value_per_week,
            wanted_by=worth.wanted_by,
            can_send_away=can_send_away,
            away_impossible=away_impossible,
            external_key=origin.key,
            external_url=origin.url[:2000],
            created_at=now,
            changed_at=now,
            entered_at=now,
            turn_team=home_team,
        )
        request.save(force_insert=True)
        remember(request)
        _add_asker(request, actor, asking_team, worth, now)
        start(Held(request, Standing(actor, request, now), actor, now, Party.ASKING))
    return request


def _add_asker(request: Request, actor: Actor, team: Team, worth: Worth, now: datetime) -> Asker:
    assert actor.person_id is not None  # `can_ask` says so
    row = Asker.objects.create(
        request=request,
        team=team,
        person_id=actor.person_id,
        value_per_week=worth.value_per_week,
        grounds=worth.grounds.strip(),
        customer_value=worth.customer_value.strip(),
        goal=worth.goal,
        wanted_by=worth.wanted_by,
        joined_at=now,
    )
    follow_by_taking_part(person=actor.person_id, now=now, subject=subject_of(request))
    return row


def join(
    request: Request | int, *, actor: Actor, now: datetime, team: Team, worth: Worth, version: int | None = None
) -> Asker:
    """Ask for the same in the name of another team: its value is added, and the team is named.

    Raises `NotAllowed`, `InvalidInput`, `Conflict` (final, or the team asks already).
    """
    can_ask(actor, team).require()
    check_worth(worth)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        still_open(held)
        if team.pk == held.request.home_team_id:
            raise InvalidInput("The home team doesn't ask itself.", "", {"team": "is the home team"})
        if any(row.team_id == team.pk for row in held.standing.askers):
            raise Conflict(f"{team} asks for this already.", "Change its value instead.")
        row = _add_asker(held.request, actor, team, worth, now)
        note(held, EventName.REQUEST_JOINED, "", {"team": (None, team.ref)}, f"{team} asks for this too.")
    return row

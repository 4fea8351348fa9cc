"""Saying more or less: changing what is asked and what it is worth, and needing it no more."""

from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotAllowed
from awayteam.kernel.events import EventName
from awayteam.organisation.models import Team
from awayteam.requests.actions.escalating import close_unheard
from awayteam.requests.actions.noting import note, still_open
from awayteam.requests.actions.values import Worth, check_ask, check_worth
from awayteam.requests.machine import Party, State, Verb
from awayteam.requests.models import Asker, Escalation, Request
from awayteam.requests.similar import remember
from awayteam.requests.stepping import Held, check, enter, hold, words_of


def revise(
    request: Request | int,
    *,
    actor: Actor,
    now: datetime,
    title: str | None = None,
    need: str | None = None,
    team: Team | None = None,
    worth: Worth | None = None,
    can_send_away: bool | None = None,
    away_impossible: str = "",
    reason: str,
    version: int | None = None,
) -> Request:
    """Change what is asked, or what it is worth to `team` (default: the one that the actor speaks for).

    Raises `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    reason = words_of(reason, what="reason")
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        still_open(held)
        held.standing.of(Party.ASKING).require()
        row, changes = held.request, dict[str, tuple[Any, Any]]()
        check_ask(
            row.kind,
            row.title if title is None else title,
            row.need if need is None else need,
            row.asking_team,
            row.home_team,
        )
        for name, value in (("title", title), ("need", need), ("can_send_away", can_send_away)):
            if value is not None and value != getattr(row, name):
                changes[name] = (getattr(row, name), value)
                setattr(row, name, value)
        if can_send_away is False:
            row.away_impossible = words_of(away_impossible, what="away_impossible")
        if worth is not None:
            changes |= _reprice(held, team, worth)
        if not changes:
            raise InvalidInput("Nothing is to be changed.", "Name what is different.")
        if not changes.keys().isdisjoint({"title", "need"}):
            remember(row)
        note(held, EventName.REQUEST_REVISED, reason, changes, f"{actor.label} changed what #{row.pk} asks: {reason}")
    return held.request


def _reprice(held: Held, team: Team | None, worth: Worth) -> dict[str, tuple[Any, Any]]:
    check_worth(worth)
    asker = _own(held, team)
    changes = {}
    for name in ("value_per_week", "grounds", "customer_value", "goal", "wanted_by"):
        old, new = getattr(asker, name), getattr(worth, name)
        if old != new:
            setattr(asker, name, new)
            changes[name] = (_plain(old), _plain(new))
    asker.save()
    return changes


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def _own(held: Held, team: Team | None) -> Asker:
    """The asker's row that the actor may change: of `team`, else their own, else the first of a team that they lead."""
    actor = held.actor
    mine = actor.leads | actor.decides | actor.manages
    rows = [row for row in held.standing.askers if team is None or row.team_id == team.pk]
    allowed = [row for row in rows if row.person_id == actor.person_id or row.team_id in mine]
    if not allowed and actor.is_administrator:
        allowed = rows
    if not allowed:
        raise NotAllowed("Each asking team speaks for itself.", "Ask whoever asks for it.")
    return next((row for row in allowed if row.person_id == actor.person_id), allowed[0])


def withdraw(
    request: Request | int,
    *,
    actor: Actor,
    now: datetime,
    words: str,
    team: Team | None = None,
    version: int | None = None,
) -> Request:
    """Need it no more. Where others ask too they go on without this team; the last one's leaving ends the request."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.WITHDRAW)
        if leave(held, team, words):
            return held.request
        close_unheard(held, Escalation.Outcome.WITHDRAWN, words)
        enter(held, Verb.WITHDRAW, State.WITHDRAWN, words=words)
    return held.request


def leave(held: Held, team: Team | None, words: str) -> bool:
    """End one team's asking; True where others ask still, and the request goes on for them."""
    asker = _own(held, team)
    others = [row for row in held.standing.askers if row.pk != asker.pk]
    if not others:
        return False
    Asker.objects.filter(pk=asker.pk).update(left_at=held.now)
    text = f"{asker.team} doesn't need #{held.request.pk} any more; {len(others)} still ask."
    note(held, EventName.REQUEST_LEFT, words, {"team": (asker.team.ref, None)}, text)
    return True

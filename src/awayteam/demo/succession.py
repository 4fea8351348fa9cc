"""Successions of the demonstration: offered, asked for, disputed, taken over, kept, and two that end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from awayteam.accounts.actors import actors_of_persons
from awayteam.catalog.models import Entity, Presence
from awayteam.engagements.models import Engagement
from awayteam.kernel import clocks
from awayteam.kernel.actor import Actor
from awayteam.kernel.models import Clock, ClockState
from awayteam.organisation.models import Team
from awayteam.requests import deciders
from awayteam.requests.models import Request
from awayteam.succession import actions
from awayteam.succession.actions.watching import propose_all
from awayteam.succession.models import Succession


@dataclass(frozen=True)
class Tale:
    """What happened to one thing: `how` it began so many days ago, and each step so many days later."""

    how: str
    ago: int
    why: str
    steps: tuple[tuple[int, str, str], ...] = ()


TALES = (
    Tale("offer", 64, "You have changed more of it this year than we have. It should be yours.", (
        (1, "accept", "We plan with it from the next quarter on."),
        (9, "tick-all", "Gone through together, in the room."),
        (10, "accept", "Ours now. Thank you for the good runbook."),
    )),
    Tale("ask", 20, "All our incidents of last month began there. We would rather mend it ourselves.", (
        (2, "accept", "Gladly. Two of us stay on call with you for a month."),
        (6, "tick-half", "Moved."),
    )),
    Tale("ask", 6, "Nobody but us has touched it for a year.", (
        (2, "refuse", "Our settlement depends on it. We can't have its releases decided elsewhere."),
    )),
    Tale("offer", 90, "It fits your domain better than ours.", (
        (3, "refuse", "Two of us leave in summer; we couldn't run it."),
        (5, "kept", "It stays where it is until the other team is whole again. Ask me in autumn."),
    )),
    Tale("offer", 1, "We built it for a campaign. You use it every day."),
    Tale("retire", 2, "The new one has answered every call since March. This one costs us a day a month."),
    Tale("retire", 40, "Its last feature was moved to the gateway.", (
        (15, "expire", ""),
        (18, "tick-half", "Done."),
    )),
    Tale("retire", 120, "Nobody has asked for it in two years.", (
        (4, "object", "Our year-end report reads it."),
        (6, "kept", "The year-end report counts. Look again in January."),
    )),
)  # fmt: skip


def fill(*, now: datetime) -> int:
    """Let the tales happen, and propose what the evidence says; returns how many successions there are."""
    things = _things()
    for tale in TALES:
        _tell(tale, things, now)
    propose_all(now - timedelta(hours=20))
    return Succession.objects.count()


def _things() -> Iterator[Entity]:
    """Services with a decider that nothing else of the demonstration is about, in the order of their names."""
    busy = set(Engagement.objects.exclude(service=None).values_list("service", flat=True))
    busy |= set(Request.objects.exclude(entity=None).values_list("entity", flat=True))
    rows = Entity.objects.filter(kind="Component", type="service", presence=Presence.PRESENT, restricted=False)
    rows = rows.filter(owner__team__isnull=False, owner__team__is_unit=False, owner__presence=Presence.PRESENT)
    quiet = [row for row in rows.select_related("owner__team").order_by("name") if row.pk not in busy]
    yield from quiet[:: max(1, len(quiet) // (2 * len(TALES)))]


def _tell(tale: Tale, things: Iterator[Entity], now: datetime) -> None:
    for thing in things:
        owner = thing.owner.team if thing.owner is not None else None
        other = _neighbour(owner, now) if owner is not None else None
        at = now - timedelta(days=tale.ago)
        if owner is None or other is None or (giver := _speaker(owner, at)) is None:
            continue
        row = _begin(tale, thing, other, giver, at)
        if row is None:
            continue
        for after, verb, words in tale.steps:
            if verb in ANYWAY or _has_turn(row.pk):  # what is still used waits for its users
                STEPS[verb](row.pk, at + timedelta(days=after), words)
        return


def _begin(tale: Tale, thing: Entity, other: Team, giver: Actor, at: datetime) -> Succession | None:
    if tale.how == "retire":
        return actions.retire(thing, actor=giver, now=at, words=tale.why, more="https://docs.example.org/goodbye")
    if tale.how == "offer":
        return actions.offer(thing, actor=giver, now=at, receiver=other, words=tale.why)
    asker = _speaker(other, at)
    return actions.ask(thing, actor=asker, now=at, team=other, words=tale.why) if asker is not None else None


def _neighbour(team: Team, now: datetime) -> Team | None:
    """Another team of the same unit that has somebody who decides."""
    rows = Team.objects.filter(parent=team.parent, is_unit=False, dissolved_at=None, entity__presence=Presence.PRESENT)
    return next((one for one in rows.exclude(pk=team.pk).order_by("name") if _speaker(one, now) is not None), None)


def _speaker(team: Team, at: datetime) -> Actor | None:
    found = deciders.deciders(team, askers=(), asking_teams=(), now=at)
    return actors_of_persons({found.first}, at).get(found.first) if found.first is not None else None


def _has_turn(pk: int) -> bool:
    return Succession.objects.filter(pk=pk, turn_person__isnull=False).exists()


def _turn(pk: int, at: datetime) -> tuple[Succession, Actor]:
    """The row, and whoever has the turn."""
    row = Succession.objects.select_related("receiver", "giver").get(pk=pk)
    assert row.turn_person_id is not None, f"{row} waits for nobody"
    return row, actors_of_persons({row.turn_person_id}, at)[row.turn_person_id]


def _accept(pk: int, at: datetime, words: str) -> None:
    row, actor = _turn(pk, at)
    actions.accept(row, actor=actor, now=at, words=words)


def _refuse(pk: int, at: datetime, words: str) -> None:
    row, actor = _turn(pk, at)
    actions.refuse(row, actor=actor, now=at, words=words)


def _kept(pk: int, at: datetime, words: str) -> None:
    row, actor = _turn(pk, at)
    if row.state == "disputed":
        actions.decide(row, actor=actor, now=at, choice="kept", words=words)


def _object(pk: int, at: datetime, words: str) -> None:
    """A team that would notice is against it, where one would."""
    row = Succession.objects.get(pk=pk)
    teams = [one.team for one in row.concerned.select_related("team").order_by("pk")]
    speakers = [actor for team in teams if (actor := _speaker(team, at)) is not None]
    if speakers:
        actions.object_to(row, actor=speakers[0], now=at, words=words)


def _tick(pk: int, at: datetime, words: str, part: int) -> None:
    row, actor = _turn(pk, at)
    lines = list(row.lines.all())
    for number, line in enumerate(lines[: len(lines) // part]):
        actions.tick(row, line.number, actor=actor, now=at + timedelta(minutes=number), words=words)


def _expire(pk: int, _at: datetime, _words: str) -> None:
    """Let the clock of this one end when it did, without the clocks of others."""
    clock = Succession.objects.select_related("clock").get(pk=pk).clock
    assert clock is not None  # it is open
    clocks.handlers[clock.kind].expire(clock, clock.due_at)
    Clock.objects.filter(pk=clock.pk).update(
        state=ClockState.EXPIRED, next_at=None, reminders=[], ended_at=clock.due_at, lease_until=None
    )


ANYWAY = ("expire", "object")
"""Steps that need nobody whose turn it is."""
STEPS: dict[str, Callable[[int, datetime, str], None]] = {
    "accept": _accept,
    "expire": _expire,
    "kept": _kept,
    "object": _object,
    "refuse": _refuse,
    "tick-all": lambda pk, at, words: _tick(pk, at, words, 1),
    "tick-half": lambda pk, at, words: _tick(pk, at, words, 2),
}

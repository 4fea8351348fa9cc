"""Beginning a succession: offering, asking, proposing on evidence, reorganising, retiring. One is open for a thing."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from awayteam.catalog import permissions as catalog
from awayteam.catalog.actions import state as things
from awayteam.catalog.models import Entity, Presence
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.clocks import calendar_of
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.organisation.models import Team
from awayteam.stories.plot import hours_of
from awayteam.stories.stepping import begin, words_of
from awayteam.succession import evidence, permissions, rules
from awayteam.succession.checklist import fill
from awayteam.succession.evidence import Looked
from awayteam.succession.headers import wrong_address
from awayteam.succession.machine import Kind, Party, State, Verb
from awayteam.succession.models import Concerned, Evidence, Succession
from awayteam.succession.plots import SUCCESSION
from awayteam.succession.rules import Finding


def offer(entity: Entity, *, actor: Actor, now: datetime, receiver: Team, words: str) -> Succession:
    """The owner offers it to another team, which answers.

    Raises `NotFound`, `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    said = words_of(words)
    with transaction.atomic():
        thing = _thing(entity, actor, now)
        permissions.owns(actor, thing).require()
        row = _row(Kind.OFFER, State.ANSWERING, thing, receiver, actor, said)
        row.begun_team = row.giver
        return _begin(row, actor, now, Party.GIVER, evidence.look(thing, now))


def ask(entity: Entity, *, actor: Actor, now: datetime, team: Team, words: str) -> Succession:
    """A team asks for what another owns; the owner answers. Raises as `offer`."""
    said = words_of(words)
    with transaction.atomic():
        thing = _thing(entity, actor, now)
        permissions.speaks_for(actor, team).require()
        row = _row(Kind.ASK, State.ANSWERING, thing, team, actor, said)
        row.begun_team = team
        return _begin(row, actor, now, Party.RECEIVER, evidence.look(thing, now))


def order(entity: Entity, *, actor: Actor, now: datetime, receiver: Team, words: str) -> Succession:
    """Who manages both teams has it change hands, as in a reorganisation: the handover begins at once."""
    said = words_of(words)
    with transaction.atomic():
        thing = _thing(entity, actor, now)
        permissions.orders(actor, thing, receiver).require()
        row = _row(Kind.REORGANISATION, State.HANDING_OVER, thing, receiver, actor, said)
        return _begin(row, actor, now, Party.MANAGER, evidence.look(thing, now))


def propose(entity: Entity, *, actor: Actor, now: datetime, words: str = "") -> Succession:
    """Propose a change of owner because of what was measured; a person confirms it before anybody is given notice.

    Raises `InvalidInput` with every doubt where the evidence isn't enough.
    """
    permissions.takes_part(actor).require()
    with transaction.atomic():
        thing = _thing(entity, actor, now)
        looked = evidence.look(thing, now)
        kind, team, why = reason_for(looked)
        row = _row(kind, State.PROPOSED, thing, team, actor, (words.strip() and words_of(words)) or why)
        return _begin(row, actor, now, Party.AWAYTEAM, looked)


def reason_for(looked: Looked) -> tuple[Kind, Team, str]:
    """Which kind of succession a look is evidence for, to whom, and why. Raises `InvalidInput` where it is for none."""
    verdict, where = looked.verdict, looked.belonging
    if verdict.finding is Finding.SOLE and verdict.enough and verdict.team is not None:
        team = Team.objects.get(pk=verdict.team)
        return Kind.LAST_CONSUMER, team, f"{team} is the only team that was seen to use it, by {verdict.source}."
    if where is not None:
        team = Team.objects.get(pk=where.team)
        return (
            Kind.BELONGING,
            team,
            f"{team} makes {where.use:.0%} of its calls and {where.changes:.0%} of its commits.",
        )
    doubts = verdict.doubts or ("No other team uses or changes it most.",)
    raise InvalidInput(
        "What was measured isn't evidence enough.", " ".join(doubts), {"entity": "not enough evidence"}
    )  # fmt: skip


def retire(
    entity: Entity, *, actor: Actor, now: datetime, sunset_on: date | None = None, words: str, more: str = ""
) -> Succession:
    """The owner says that it ends on a day: who would notice is told and may object, then it is deprecated.

    `sunset_on` is in the owner's time zone (default: the rulebook's days after the notice); `more` the address of a
    page about it.
    """
    said = words_of(words)
    if more and (problem := wrong_address(more)):
        raise InvalidInput(f"The address: {problem}.", fields={"more": problem})
    with transaction.atomic():
        thing = _thing(entity, actor, now)
        permissions.owns(actor, thing).require()
        row = _row(Kind.RETIREMENT, State.NOTICE, thing, None, actor, said)
        row.begun_team = row.giver
        row.sunset_at, row.more = _sunset(row, sunset_on, now), more
        looked = evidence.look(thing, now)
        row.noticing = frozenset(_who_notices(looked))
        return _begin(row, actor, now, Party.GIVER, looked)


def _sunset(row: Succession, day: date | None, now: datetime) -> datetime:
    """The end of the day in the owner's time zone; at least the rulebook's days away."""
    book = rulebook.current().succession
    zone = ZoneInfo((hours_of(row.giver) if row.giver is not None else calendar_of()).time_zone)
    earliest = now.astimezone(zone).date() + timedelta(days=book.retirement_days)
    if day is None:
        day = earliest + timedelta(days=book.notice_minutes // 480 * 7 // 5 + 1)
    if day < earliest:
        what = f"A sunset is at least {book.retirement_days} days away: {earliest.isoformat()} or later."
        raise InvalidInput(what, "Choose a later day.", {"sunset_on": what})
    if day > earliest + timedelta(days=3650):
        raise InvalidInput("A sunset is at most ten years away.", "Choose a day.", {"sunset_on": "too late"})
    return datetime.combine(day, time(23, 59), zone)


def _thing(entity: Entity, actor: Actor, now: datetime) -> Entity:
    """The thing, locked. Raises `NotFound` where the actor may not see it, `Conflict` where it has no successions."""
    if not catalog.visible(actor, Entity.objects.filter(pk=entity.pk), now).exists():
        raise NotFound(f"There is no {entity.ref}.", "Look at the catalog.")
    thing = things.locked(entity)
    allowed = permissions.changes_hands(thing)
    if not allowed:
        raise Conflict(allowed.reason, "Choose a service, an API, a resource, a system or a domain.")
    found = Succession.objects.filter(entity=thing, closed_at__isnull=True).first()
    if found is not None:
        raise Conflict(
            f"A succession of {thing} is open already: number {found.pk}.", "Go on with that one, or wait for its end.",
            extra={"succession": found.pk},
        )  # fmt: skip
    return thing


def _row(kind: Kind, state: State, thing: Entity, receiver: Team | None, actor: Actor, words: str) -> Succession:
    giver = thing.owner.team if thing.owner is not None else None
    person = thing.owner.person if thing.owner is not None and giver is None else None
    if receiver is not None:
        _check_receiver(receiver, giver)
    return Succession(
        kind=kind.value, state=state.value, entity=thing, giver=giver, giver_person=person, receiver=receiver,
        begun_by_id=actor.person_id, words=words,
    )  # fmt: skip


def _check_receiver(receiver: Team, giver: Team | None) -> None:
    group = Entity.objects.filter(team=receiver).first()
    if giver is not None and receiver.pk == giver.pk:
        raise InvalidInput(f"{receiver} owns it already.", "Name another team.", {"receiver": "owns it"})
    if receiver.is_unit:
        raise InvalidInput("A unit owns nothing; its teams do.", "Name a team.", {"receiver": "is a unit"})
    if receiver.dissolved_at is not None or group is None or group.presence != Presence.PRESENT:
        raise InvalidInput(f"{receiver} isn't there any more.", "Name a team that is.", {"receiver": "is gone"})


def _who_notices(looked: Looked) -> Mapping[int, str]:
    """Teams that would notice the end: those that were seen to use it, and those that say so."""
    seen = dict.fromkeys(looked.teams, "was seen to use it")
    found = {**looked.declared, **seen}
    return {team: why for team, why in found.items() if team != looked.facts.owner}


def _begin(row: Succession, actor: Actor, now: datetime, party: Party, looked: Looked) -> Succession:
    document = evidence.document(row.entity, looked)
    begin(
        SUCCESSION, row, Verb.BEGIN, actor=actor, now=now, party=party.value, words=row.words,
        text=_told(row, actor), data={"kind": row.kind, "evidence": rules.frozen(document)},
        persons=[row.giver_person_id] if row.giver_person_id else [],
    )  # fmt: skip
    freeze(row, document, now, [])
    if row.is_retirement:
        concern(row, _who_notices(looked))
    if row.state == State.HANDING_OVER:
        fill(row)
    return row


def _told(row: Succession, actor: Actor) -> str:
    who = actor.label if actor.kind is not SYSTEM.kind else "Awayteam"
    where = {
        Kind.OFFER.value: f"{who} offers {row.entity} to {row.receiver}",
        Kind.ASK.value: f"{who} asks for {row.entity}, for {row.receiver}",
        Kind.REORGANISATION.value: f"{who} has {row.entity} change hands, to {row.receiver}",
        Kind.RETIREMENT.value: f"{who} gives notice that {row.entity} ends",
    }.get(row.kind, f"{row.entity} may belong to {row.receiver}; somebody must confirm it")
    return f"{where}: {row.words[:300]}"


def freeze(row: Succession, document: dict[str, object], now: datetime, says: Collection[str]) -> Evidence:
    """Keep a look for good, with its hash."""
    number = row.evidence.count() + 1
    return Evidence.objects.create(
        succession=row, number=number, at=now, document=document, sha256=rules.frozen(document), says=list(says)
    )


def concern(row: Succession, teams: Mapping[int, str]) -> None:
    """Note who would notice; who is known already stays as they were."""
    Concerned.objects.bulk_create(
        [Concerned(succession=row, team_id=team, why=why[:300]) for team, why in sorted(teams.items())],
        ignore_conflicts=True,
    )

"""A reorganisation in mid-visit: the contract goes with the service, people who left or changed sides stop, turns pass.

Nothing that was signed changes: the engagement's columns say who acts now, its contract what was agreed. Both sides are
told, with the reason.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from awayteam.catalog.models import Ownership
from awayteam.engagements.actions.moving import Holding, end_contracts, hold, move
from awayteam.engagements.actions.running import go
from awayteam.engagements.machine import MACHINE, ContractState, Party, State, Verb
from awayteam.engagements.models import Contract, Engagement, Member
from awayteam.engagements.plots import CONTRACT
from awayteam.engagements.rules import EndReason
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.organisation.models import Membership, Person, Team
from awayteam.organisation.queries.dates import dated
from awayteam.stories import stepping
from awayteam.stories.stepping import hand_on, touch

HOME_PEOPLE = ("home_decider", "home_contact", "home_deputy")
AWAY_PEOPLE = ("away_lead", "manager")
WHY = "Whoever had the turn may not act any more, or left."
Said = list[str]


def reorganise(engagement: Engagement | int, *, now: datetime) -> bool:
    """Let an open engagement follow what became of its teams, its service and its people; True where it did.

    A dissolved or new owner of the service is the home side from now on; a dissolved away team goes on as its lead's
    team, or withdraws. Members who left, or who belong to the home team now, stop working in it.
    """
    with transaction.atomic():
        held = hold(engagement, actor=SYSTEM, now=now)
        row = held.row
        if State(row.state) in MACHINE.terminal:
            return False
        held.party = Party.AWAYTEAM
        said: Said = []
        changes: dict[str, tuple[Any, Any]] = {}
        if not _home(held, said, changes) or not _away(held, said, changes):
            go(held, EndReason.REORGANISED.value, " ".join(said))
            return True
        _members(held, said)
        _named(held, said, changes)
        held.__dict__.pop("standing", None)
        if said:
            _write(held, " ".join(said), changes)
        passed = _pass_on(held, " ".join(said) or WHY)
        return bool(said) or passed


def _home(held: Holding, said: Said, changes: dict[str, tuple[Any, Any]]) -> bool:
    """Let the home side be whoever owns the service; False where the away team owns it now and needn't visit."""
    row, owner = held.row, new_owner(held.row)
    if owner is None:
        return True
    if owner.pk == row.away_team_id:
        if not _may(row, Verb.WITHDRAW):
            return True
        said.append(f"{row.service} belongs to {owner} now: nobody is visited any more.")
        return False
    gone = "was dissolved" if row.home_team.dissolved_at is not None else f"doesn't own {row.service} any more"
    said.append(f"{row.home_team} {gone}; {owner} owns it, and the contract goes with it.")
    changes["home_team"] = (row.home_team.ref, owner.ref)
    row.home_team = owner
    for name in HOME_PEOPLE:
        _replace(row, name, None, changes)
    held.__dict__.pop("standing", None)
    first = Person.objects.filter(pk=held.standing.home.first).first()
    for name in HOME_PEOPLE[:2]:
        _replace(row, name, first, changes)
    return True


def new_owner(row: Engagement) -> Team | None:
    """The team that owns the service now in place of the home team; None where the home team still does, or never did.

    A home team that was dissolved is replaced by whoever owns the service.
    """
    if row.service is None:
        return None
    owner = row.service.owner.team if row.service.owner is not None else None
    if owner is None or owner.dissolved_at is not None or owner.pk == row.home_team_id:
        return None
    if row.home_team.dissolved_at is not None:
        return owner
    lost = Ownership.objects.filter(entity=row.service, owner__team=row.home_team_id, ends__gte=row.created_at)
    return owner if lost.exists() else None


def _away(held: Holding, said: Said, changes: dict[str, tuple[Any, Any]]) -> bool:
    """Let a dissolved away team's visit go on in its lead's team; False where there is none."""
    row = held.row
    if row.away_team.dissolved_at is None:
        return True
    team = _team_of(row, held.now)
    if team is not None:
        said.append(f"{row.away_team} was dissolved; {row.away_lead} goes on for {team}.")
        changes["away_team"] = (row.away_team.ref, team.ref)
        row.away_team = team
        return True
    if not _may(row, Verb.WITHDRAW):
        return True
    said.append(f"{row.away_team} was dissolved, and its lead belongs to no other team.")
    return False


def _team_of(row: Engagement, now: datetime) -> Team | None:
    """Another team of the lead: the primary one first."""
    lead = row.away_lead
    if lead is None or (lead.left_at is not None and lead.left_at <= now):
        return None
    held = Membership.objects.filter(dated(now), person=lead, team__is_unit=False, team__dissolved_at__isnull=True)
    teams = {one.team_id: one.team for one in held.select_related("team").order_by("pk")}
    teams.pop(row.home_team_id, None)
    primary = teams.get(lead.primary_team_id) if lead.primary_team_id is not None else None
    return primary or next(iter(teams.values()), None)


def _may(row: Engagement, verb: Verb) -> bool:
    return MACHINE.find(State(row.state), verb) is not None


def _members(held: Holding, said: Said) -> None:
    """Members who left, or who belong to the home team now, work for it no more: nobody is on both sides."""
    row, now = held.row, held.now
    here = Membership.objects.filter(dated(now), team=row.home_team_id)
    home = set(here.values_list("person_id", flat=True))
    for member in Member.objects.filter(engagement=row, left_at__isnull=True).select_related("person"):
        left = member.person.left_at is not None and member.person.left_at <= now
        if not left and member.person_id not in home:
            continue
        member.left_at = now
        member.why = f"{member.person} left." if left else f"{member.person} belongs to {row.home_team} now."
        member.save(update_fields=["left_at", "why"])
        said.append(member.why)


def _named(held: Holding, said: Said, changes: dict[str, tuple[Any, Any]]) -> None:
    """Whoever is named in a part and left, or changed sides, is followed by who decides for that side."""
    row, now = held.row, held.now
    home = set(Membership.objects.filter(dated(now), team=row.home_team_id).values_list("person_id", flat=True))
    away = set(Membership.objects.filter(dated(now), team=row.away_team_id).values_list("person_id", flat=True))
    for name, other in [(name, away - home) for name in HOME_PEOPLE] + [(name, home - away) for name in AWAY_PEOPLE]:
        person: Person | None = getattr(row, name)
        if person is None:
            continue
        left = person.left_at is not None and person.left_at <= now
        if left or person.pk in other:
            said.append(f"{person}, {name.replace('_', ' ')}, {'left' if left else 'changed sides'}.")
            _replace(row, name, None, changes)
    held.__dict__.pop("standing", None)
    for name in ("home_decider", "home_contact", "away_lead"):
        if getattr(row, name) is None and name in changes:
            chosen = held.standing.away if name == "away_lead" else held.standing.home
            _replace(row, name, Person.objects.filter(pk=chosen.first).first(), changes)


def _replace(row: Engagement, name: str, person: Person | None, changes: dict[str, tuple[Any, Any]]) -> None:
    before = getattr(row, name)
    if before == person:
        return
    first = changes[name][0] if name in changes else (before.ref if before is not None else None)
    changes[name] = (first, person.ref if person is not None else None)
    setattr(row, name, person)


def _write(held: Holding, words: str, changes: dict[str, tuple[Any, Any]]) -> None:
    """Save what changed, and tell both sides. A text that names another home team must be written again."""
    row = held.row
    if row.state == State.PROPOSED.value and {"home_team", "away_team"} & changes.keys():
        end_contracts(held, words)
        move(held, Verb.REVISE, State.PREPARING, words=words)
    else:
        touch(held)
    events.append(
        EventName.ENGAGEMENT_REORGANISED, subject=held.subject, actor=SYSTEM, now=held.now, reason=words,
        changes=changes,
    )  # fmt: skip
    tell(
        now=held.now, subject=held.subject, event=EventName.ENGAGEMENT_REORGANISED, text=f"{row.title}: {words}"[:1000],
        address=held.plot.address(row), persons=hearers(held), teams=(row.home_team_id, row.away_team_id),
        group=Group.TURN, key=f"engagement-{row.pk}-reorganised-{row.version}",
    )  # fmt: skip


def hearers(held: Holding) -> Iterable[int]:
    """Everybody who is named in a part of the engagement, and its members."""
    row = held.row
    named = (row.home_decider_id, row.home_contact_id, row.away_lead_id, row.manager_id)
    members = Member.objects.filter(engagement=row, left_at__isnull=True).values_list("person_id", flat=True)
    return sorted({*(one for one in named if one is not None), *members})


def _pass_on(held: Holding, words: str) -> bool:
    """Give the turns of the engagement, and of an amendment that waits, to whoever may act now."""
    passed = hand_on(held, words=words, name=EventName.ENGAGEMENT_REASSIGNED)
    waiting = Contract.objects.filter(engagement=held.row, state=ContractState.SIGNING.value).first()
    if waiting is None or held.row.contract_id is None:
        return passed
    contract = stepping.hold(CONTRACT, waiting, actor=SYSTEM, now=held.now)
    return hand_on(contract, words=words, name=EventName.CONTRACT_REASSIGNED) or passed


def concerned(now: datetime) -> Q:
    """Open engagements that a reorganisation may have touched, as a condition; `reorganise` looks closely."""
    left = Q(turn_person__isnull=True) | Q(turn_person__left_at__lte=now)
    for name in (*HOME_PEOPLE, *AWAY_PEOPLE):
        left |= Q(**{f"{name}__left_at__lte": now})
    dissolved = Q(home_team__dissolved_at__isnull=False) | Q(away_team__dissolved_at__isnull=False)
    return Q(closed_at__isnull=True) & (left | dissolved)

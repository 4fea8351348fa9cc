"""Who works in the away team: put on the list, agreed by their manager, welcomed by the home side, gone again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from awayteam.engagements import people, turns
from awayteam.engagements.actions.moving import Holding, hold
from awayteam.engagements.machine import FINAL, SIGNED, Party, State
from awayteam.engagements.models import Engagement, Member, Side
from awayteam.engagements.permissions import Standing
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.kernel import events
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.organisation.models import Membership, Person
from awayteam.organisation.queries.dates import dated
from awayteam.stories import stepping

LONGEST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Joining:
    """A member as they are now; `warning` is what should be known ("" for nothing), `needs` who must still agree."""

    member: Member
    warning: str = ""
    needs: tuple[str, ...] = ()


def add_member(
    engagement: Engagement | int, *, actor: Actor, now: datetime, person: Person, share: int = 100,
    joins_on: date | None = None, leaves_on: date | None = None, words: str = "", version: int | None = None,
) -> Joining:  # fmt: skip
    """Put somebody on the list of an away team. Their manager must agree; after signing the home side as well.

    Raises `NotAllowed`, `Conflict` (a text waits for its signature, or it is over), `InvalidInput` (who is of the home
    side, has left, or is on the list; dates; a share that isn't 1 to 100 percent).
    """
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        changing(held)
        row = held.row
        first = joins_on or max(row.starts_on or date.min, turns.today(row.away_team, now))
        check_place(share, first, leaves_on)
        check_person(held, person)
        member = Member.objects.create(
            engagement=row, person=person, share=share, joins_on=first, leaves_on=leaves_on, joined_at=now,
            why=checked_words(words),
        )  # fmt: skip
        by_manager = bool(people.agrees(actor, person, now)) and actor.person_id in people.managers_of(person, now)
        if by_manager:
            member.agreed_by_id, member.agreed_at = actor.person_id, now
        if _is_home(held):
            member.home_agreed_by_id, member.home_agreed_at = actor.person_id, now
        member.save()
        note(held, EventName.ENGAGEMENT_MEMBER_ADDED, member, words, share=share, joins_on=first.isoformat())
        found = joining(held, member)
        _ask(held, member, found)
    return found


def changing(held: Holding) -> None:
    """Refuse to change the list where nothing changes any more, or to somebody who may not."""
    if State(held.row.state) in FINAL or held.row.state == State.WARRANTY.value:
        raise Conflict(f"The engagement is {held.row.state}; nobody joins it any more.", "Open another one.")
    if held.row.state == State.PROPOSED.value:
        raise Conflict(
            "A text waits for its second signature; who is in it stands fixed.",
            "Take the text back first, or wait until it is signed.",
        )
    may_staff(held).require()


def may_staff(held: Holding) -> Decision:
    """Whether the actor may say who comes: both sides while the contract is a draft, then the away side."""
    standing: Standing = held.standing
    if held.row.state == State.PREPARING.value:
        return standing.writes
    return standing.of(Party.AWAY)


def _is_home(held: Holding) -> bool:
    standing: Standing = held.standing
    return held.row.state in SIGNED and bool(standing.signs(Side.HOME))


def check_place(share: int, first: date, last: date | None) -> None:
    """Raises `InvalidInput` for a share or dates that make no place."""
    if not 1 <= share <= 100:
        raise InvalidInput("A share of time is 1 to 100 percent.", "", {"share": "1 to 100"})
    if last is not None and last < first:
        raise InvalidInput("The last day is before the first.", "", {"leaves_on": "before the first day"})


def check_person(held: Holding, person: Person) -> None:
    """Raises `InvalidInput` for somebody who can't be on the away side of this engagement."""
    row, now = held.row, held.now
    if person.left_at is not None and person.left_at <= now:
        raise InvalidInput(f"{person} has left.", "Name somebody who is here.", {"person": "has left"})
    named = {row.home_decider_id, row.home_contact_id, row.home_deputy_id}
    if person.pk in named or Membership.objects.filter(dated(now), team=row.home_team_id, person=person).exists():
        what = "is on the home side; nobody is on both"
        raise InvalidInput(f"{person} {what}.", "Name somebody of another team.", {"person": what})
    if Member.objects.filter(engagement=row, person=person, left_at__isnull=True).exists():
        raise InvalidInput(f"{person} is on the list already.", "Change their place.", {"person": "on the list"})


def checked_words(words: str) -> str:
    """Words that may be empty, tidied. Raises `InvalidInput` where they are too long."""
    words = words.strip()
    if len(words) > LONGEST_WORDS or "\0" in words:
        raise InvalidInput(f"At most {LONGEST_WORDS:,} characters.", "Shorten it.", {"words": "too long"})
    return words


def joining(held: Holding, member: Member) -> Joining:
    """How a member stands: who must still agree, and whether too much of their time is promised."""
    needs = [] if member.agreed_at is not None else ["their manager"]
    if needs_welcome(held.row, member):
        needs.append("the home side")
    load = people.load_of(
        member.person, member.joins_on, member.leaves_on or held.row.ends_on, plus=member.share, without=[member.pk]
    )
    return Joining(member, people.warning(member.person, load), tuple(needs))


def needs_welcome(engagement: Engagement, member: Member) -> bool:
    """Whether the home side has yet to agree to somebody who came after its last signature."""
    contract = engagement.contract
    if contract is None or member.home_agreed_at is not None:
        return False
    return not engagement.contracts.filter(state="in-force", created_at__gte=member.joined_at).exists()


def _ask(held: Holding, member: Member, found: Joining) -> None:
    """Tell whoever must agree, and the person."""
    row, who, standing = held.row, member.person, held.standing
    said = f"{member.share}% of {who}'s time for {ENGAGEMENT.label(row)}"
    if member.agreed_at is None:
        managers = people.managers_of(who, held.now) or people.administrators()
        message(held, member, "agree", f"Do you agree to {said}? {found.warning}", managers)
    if "the home side" in found.needs and (first := standing.home.first) is not None:
        message(held, member, "welcome", f"{who} is to join {ENGAGEMENT.label(row)}: do you agree?", [first])
    message(held, member, "added", f"You are on the list of {ENGAGEMENT.label(row)}: {member.share}%.", [who.pk])


def message(held: Holding, member: Member, what: str, text: str, persons: Iterable[int]) -> None:
    """Tell people something about a member's place, once for each version of the engagement."""
    tell(
        now=held.now, subject=held.subject, event=f"engagement.member-{what}", text=text.strip(),
        address=reverse("engagement_setup", args=[held.row.pk, "members"]), persons=sorted(set(persons)),
        group=Group.TURN, actor=held.actor,
        key=f"engagement-member-{member.pk}-{what}-{held.row.version}",
    )  # fmt: skip


def note(held: Holding, name: EventName, member: Member, words: str, **data: Any) -> None:
    """Count the change and write its event."""
    stepping.touch(held)
    told: Mapping[str, Any] = {"member": member.pk, "person": member.person_id, "label": str(member.person), **data}
    events.append(name, subject=held.subject, actor=held.actor, now=held.now, reason=words.strip(), data=told)


def take(member: Member | int, *, actor: Actor, now: datetime, version: int | None = None) -> tuple[Holding, Member]:
    """The member and their engagement, locked. Raises `NotFound`, `Conflict` (they have left)."""
    pk = member if isinstance(member, int) else member.pk
    engagement = Member.objects.filter(pk=pk).values_list("engagement", flat=True).first()
    if engagement is None:
        raise NotFound(f"There is no member {pk}.", "Look at the engagement's list.")
    held = hold(engagement, actor=actor, now=now, version=version)
    found = Member.objects.select_related("person").get(pk=pk)
    found.engagement = held.row
    if found.left_at is not None:
        raise Conflict(f"{found.person} has left this engagement.", "Put them on the list again.")
    return held, found


def agree_to_member(
    member: Member | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Joining:
    """Agree to somebody's share of time, as their manager; a warning never hinders it."""
    with transaction.atomic():
        held, found = take(member, actor=actor, now=now, version=version)
        people.agrees(actor, found.person, now).require()
        if found.agreed_at is None:
            found.agreed_by_id, found.agreed_at = actor.person_id, now
            found.save(update_fields=["agreed_by", "agreed_at"])
            note(held, EventName.ENGAGEMENT_MEMBER_AGREED, found, checked_words(words), share=found.share)
            text = f"{actor.label} agreed to {found.share}% of {found.person}'s time."
            message(held, found, "agreed", text, [found.person_id, *_leads(held)])
        return joining(held, found)


def welcome_member(
    member: Member | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Joining:
    """Agree for the home side to somebody who joins after its signature."""
    with transaction.atomic():
        held, found = take(member, actor=actor, now=now, version=version)
        standing: Standing = held.standing
        standing.of(Party.HOME).require()
        if not needs_welcome(held.row, found):
            raise Conflict(f"{found.person} needs no word of the home side.", "It signed with them on the list.")
        found.home_agreed_by_id, found.home_agreed_at = actor.person_id, now
        found.save(update_fields=["home_agreed_by", "home_agreed_at"])
        note(held, EventName.ENGAGEMENT_MEMBER_WELCOMED, found, checked_words(words))
        message(held, found, "welcomed", f"The home side agreed to {found.person}.", [found.person_id, *_leads(held)])
        return joining(held, found)


def change_member(
    member: Member | int, *, actor: Actor, now: datetime, share: int | None = None, joins_on: date | None = None,
    leaves_on: date | None = None, words: str = "", version: int | None = None,
) -> Joining:  # fmt: skip
    """Change somebody's share or days. Where that asks for more than was agreed, their manager must agree anew."""
    with transaction.atomic():
        held, found = take(member, actor=actor, now=now, version=version)
        changing(held)
        before = (found.share, found.joins_on, found.leaves_on)
        after = (share or found.share, joins_on or found.joins_on, leaves_on or found.leaves_on)
        check_place(*after)
        found.share, found.joins_on, found.leaves_on = after
        last = (before[2] or date.max, after[2] or date.max)
        more = after[0] > before[0] or after[1] < before[1] or last[1] > last[0]
        if more and bool(people.agrees(actor, found.person, now)):
            found.agreed_by_id, found.agreed_at = actor.person_id, now
        elif more:
            found.agreed_by_id = found.agreed_at = None
        found.save()
        shown = [[str(one) if one is not None else None for one in some] for some in (before, after)]
        note(held, EventName.ENGAGEMENT_MEMBER_CHANGED, found, checked_words(words), before=shown[0], after=shown[1])
        answer = joining(held, found)
        if found.agreed_at is None:
            _ask(held, found, answer)
    return answer


def end_membership(
    member: Member | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Engagement:
    """End somebody's place now, and their access with it: themselves, the away side, or their manager."""
    with transaction.atomic():
        held, found = take(member, actor=actor, now=now, version=version)
        _may_end(held, found).require()
        found.left_at, found.why = now, checked_words(words) or found.why
        found.save(update_fields=["left_at", "why"])
        note(held, EventName.ENGAGEMENT_MEMBER_LEFT, found, words)
        text = f"{found.person} is not on the list of {ENGAGEMENT.label(held.row)} any more."
        message(held, found, "left", text, [found.person_id, *_leads(held)])
    return held.row


def _may_end(held: Holding, member: Member) -> Decision:
    actor = held.actor
    if actor.kind is ActorKind.SYSTEM:
        return Decision(True, "The software itself.", "system")
    if actor.may_write and actor.person_id == member.person_id:
        return Decision(True, "It is your own place.", "own-place")
    staffing = may_staff(held)
    return staffing if staffing else people.agrees(actor, member.person, held.now)


def _leads(held: Holding) -> list[int]:
    row = held.row
    return [one for one in (row.away_lead_id, row.home_contact_id) if one is not None]

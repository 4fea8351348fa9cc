"""Open places in away teams: offered to everybody, applied for, taken, refused, closed. The gig marketplace."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from awayteam.engagements import turns
from awayteam.engagements.actions.members import (
    Joining,
    add_member,
    changing,
    check_person,
    checked_words,
    may_staff,
)
from awayteam.engagements.actions.moving import Holding, hold
from awayteam.engagements.machine import FINAL, State
from awayteam.engagements.models import Application, Engagement, Place
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.events import EventName
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.organisation.models import Person
from awayteam.stories import stepping

MOST_SKILLS = 20
LONGEST_SKILL = 60
LONGEST_TITLE = 200
MOST_HOURS = 10_000
TAKEN, REFUSED = "taken", "refused"


def offer_place(
    engagement: Engagement | int, *, actor: Actor, now: datetime, title: str, hours: int, skills: Iterable[str] = (),
    words: str = "", open_until: date | None = None, version: int | None = None,
) -> Place:  # fmt: skip
    """Offer a place in an away team to everybody. Raises `NotAllowed`, `Conflict`, `InvalidInput`."""
    title = " ".join(title.split())
    if not title or len(title) > LONGEST_TITLE or "\0" in title:
        raise InvalidInput("Say what the place is for.", f"At most {LONGEST_TITLE} characters.", {"title": "say it"})
    if not 1 <= hours <= MOST_HOURS:
        raise InvalidInput("Say how many hours it takes.", f"1 to {MOST_HOURS:,}.", {"hours": f"1 to {MOST_HOURS:,}"})
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        _offering(held)
        if open_until is not None and open_until < turns.today(held.row.away_team, now):
            raise InvalidInput("That day is past.", "Name one to come.", {"open_until": "is past"})
        place = Place.objects.create(
            engagement=held.row, title=title, skills=_skills(skills), hours=hours, words=checked_words(words),
            open_until=open_until, created_at=now,
        )  # fmt: skip
        _note(held, EventName.ENGAGEMENT_PLACE_OFFERED, place, hours=hours, skills=place.skills)
    return place


def _offering(held: Holding) -> None:
    if State(held.row.state) in FINAL or held.row.state == State.WARRANTY.value:
        raise Conflict(f"The engagement is {held.row.state}; nobody joins it any more.", "Open another one.")
    may_staff(held).require()


def _skills(skills: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(" ".join(one.split()).lower() for one in skills))
    found = [one for one in found if one]
    if len(found) > MOST_SKILLS or any(len(one) > LONGEST_SKILL or "\0" in one for one in found):
        what = f"at most {MOST_SKILLS}, each of at most {LONGEST_SKILL} characters"
        raise InvalidInput(f"Skills: {what}.", "", {"skills": what})
    return found


def close_place(
    place: Place | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Place:
    """Offer a place no more; who applied is told."""
    with transaction.atomic():
        held, found = _take(place, actor, now, version)
        may_staff(held).require()
        _require_open(found)
        found.closed_at = now
        found.save(update_fields=["closed_at"])
        _refuse_rest(held, found, checked_words(words) or "The place isn't offered any more.")
        _note(held, EventName.ENGAGEMENT_PLACE_CLOSED, found, words)
    return found


def apply_for_place(place: Place | int, *, actor: Actor, now: datetime, words: str = "") -> Application:
    """Say that one would take a place; for oneself alone.

    Raises `NotAllowed` (nobody in person), `Conflict` (it isn't open, or one has applied), `InvalidInput` (one is of
    the home side, or on the list).
    """
    with transaction.atomic():
        held, found = _take(place, actor, now, None)
        if not actor.may_write or actor.person_id is None:
            raise NotAllowed("Only people apply; this account is not linked to a person, or may only read.")
        _require_open(found)
        if found.open_until is not None and found.open_until < turns.today(held.row.away_team, now):
            raise Conflict(f"This place was open until {found.open_until}.", "Ask the away team's lead.")
        person = Person.objects.get(pk=actor.person_id)
        check_person(held, person)
        made, is_new = Application.objects.get_or_create(
            place=found, person=person, defaults={"words": checked_words(words), "applied_at": now}
        )
        if not is_new:
            raise Conflict("You have applied for this place already.", "Wait for the answer.")
        _note(held, EventName.ENGAGEMENT_PLACE_APPLIED, found, words, person=person.pk)
        _tell(held, made, "applied", f"{person} would take the place {found.title!r}.", _staffing(held))
    return made


def take_application(
    application: Application | int, *, actor: Actor, now: datetime, share: int = 100, joins_on: date | None = None,
    leaves_on: date | None = None, words: str = "", version: int | None = None,
) -> Joining:  # fmt: skip
    """Give a place to who applied: they are on the list then, as `add_member` puts them there; others are refused."""
    with transaction.atomic():
        held, place, found = _application(application, actor, now, version)
        changing(held)
        _require_open(place)
        joined = add_member(
            held.row, actor=actor, now=now, person=found.person, share=share, joins_on=joins_on, leaves_on=leaves_on,
            words=f"By the place {place.title!r}.",
        )  # fmt: skip
        held.row.refresh_from_db(fields=["version", "changed_at"])
        _answer(held, found, TAKEN, words)
        place.filled_by, place.closed_at = joined.member, now
        place.save(update_fields=["filled_by", "closed_at"])
        _refuse_rest(held, place, "The place was taken.")
        _note(held, EventName.ENGAGEMENT_PLACE_ANSWERED, place, words, person=found.person_id, answer=TAKEN)
    return joined


def refuse_application(
    application: Application | int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> Application:
    """Say no to who applied, with words."""
    words = stepping.words_of(words)
    with transaction.atomic():
        held, place, found = _application(application, actor, now, version)
        may_staff(held).require()
        _answer(held, found, REFUSED, words)
        _note(held, EventName.ENGAGEMENT_PLACE_ANSWERED, place, words, person=found.person_id, answer=REFUSED)
    return found


def _take(place: Place | int, actor: Actor, now: datetime, version: int | None) -> tuple[Holding, Place]:
    pk = place if isinstance(place, int) else place.pk
    engagement = Place.objects.filter(pk=pk).values_list("engagement", flat=True).first()
    if engagement is None:
        raise NotFound(f"There is no place {pk}.", "Look at the open places.")
    held = hold(engagement, actor=actor, now=now, version=version)
    return held, Place.objects.get(pk=pk)


def _application(
    application: Application | int, actor: Actor, now: datetime, version: int | None
) -> tuple[Holding, Place, Application]:
    pk = application if isinstance(application, int) else application.pk
    place = Application.objects.filter(pk=pk).values_list("place", flat=True).first()
    if place is None:
        raise NotFound(f"There is no application {pk}.", "Look at the place.")
    held, found = _take(place, actor, now, version)
    one = Application.objects.select_related("person").get(pk=pk)
    if one.answer:
        raise Conflict(f"{one.person} has an answer already: {one.answer}.", "Look at the place.")
    return held, found, one


def _require_open(place: Place) -> None:
    if place.closed_at is not None:
        raise Conflict("This place isn't offered any more.", "Look at the open places.")


def _answer(held: Holding, one: Application, answer: str, words: str) -> None:
    one.answer, one.answered_at, one.answer_words = answer, held.now, checked_words(words)
    one.save(update_fields=["answer", "answered_at", "answer_words"])
    said = f"You were {answer} for {one.place.title!r} in {ENGAGEMENT.label(held.row)}. {one.answer_words}"
    _tell(held, one, answer, said, [one.person_id])


def _refuse_rest(held: Holding, place: Place, words: str) -> None:
    for one in Application.objects.filter(place=place, answer="").select_related("person", "place"):
        _answer(held, one, REFUSED, words)


def _staffing(held: Holding) -> list[int]:
    row = held.row
    return [row.away_lead_id] if row.away_lead_id is not None else list(held.standing.away.persons[:1])


def _tell(held: Holding, one: Application, what: str, text: str, persons: Iterable[int]) -> None:
    tell(
        now=held.now, subject=held.subject, event=f"engagement.place-{what}", text=text.strip(),
        address=ENGAGEMENT.address(held.row), persons=sorted(set(persons)), group=Group.TURN, actor=held.actor,
        key=f"engagement-application-{one.pk}-{what}",
    )  # fmt: skip


def _note(held: Holding, name: EventName, place: Place, words: str = "", **data: Any) -> None:
    stepping.touch(held)
    told = {"place": place.pk, "title": place.title, **data}
    events.append(name, subject=held.subject, actor=held.actor, now=held.now, reason=words.strip(), data=told)

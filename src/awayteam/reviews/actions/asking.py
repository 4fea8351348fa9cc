"""Asking for a review, and taking that back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible as entity_visible
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.events import Subject
from awayteam.notifications.actions import follow_by_taking_part
from awayteam.organisation.models import Person, Team
from awayteam.reviews import hooks
from awayteam.reviews.actions import checking
from awayteam.reviews.actions.assigning import find_for, keep_choice
from awayteam.reviews.machine import Party, State, Verb
from awayteam.reviews.models import Review
from awayteam.reviews.permissions import can_request
from awayteam.reviews.plots import REVIEW
from awayteam.stories.stepping import begin, check, enter, hold, words_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be reviewed: `decider` of `team` decides `question`; `teams` are the other involved teams.

    `subject` and `address` name what it is about, None where it stands for itself. `because` holds the rulebook's
    triggers that asked for it ({"rule", "fact", "value"} each). `without` are people who take part in what is reviewed.
    """

    field: str
    title: str
    question: str
    team: Team
    decider: Person
    teams: Sequence[Team] = ()
    entity: Entity | None = None
    subject: Subject | None = None
    address: str = ""
    because: Sequence[Mapping[str, str]] = ()
    without: Sequence[int] = ()


def request_review(wanted: Wanted, *, actor: Actor, now: datetime) -> Review:
    """Ask for a review; an independent bar raiser is assigned at once, or the keepers of the pool are asked.

    Raises `NotAllowed`, `NotFound` (a service that the actor may not see), `Conflict` (one is open), `InvalidInput`.
    """
    teams = _involved(wanted)
    can_request(actor, teams).require()
    entity = wanted.entity
    if entity is not None and not entity_visible(actor, Entity.objects.filter(pk=entity.pk), now).exists():
        raise NotFound(f"There is no {entity.ref}.")
    checking.refuse(_wrong(wanted, now))
    subject = wanted.subject
    row = Review(
        field=wanted.field, title=wanted.title.strip(), question=wanted.question.strip(), team=wanted.team,
        decider=wanted.decider, requester_id=actor.person_id, entity=entity, because=list(wanted.because),
        subject_kind=subject.kind if subject else "", subject_id=subject.id if subject else None,
        subject_label=subject.label[:300] if subject else "", subject_address=wanted.address,
    )  # fmt: skip
    row.assignment = {"without": sorted(set(wanted.without))}
    with transaction.atomic():
        _not_twice(row)
        choice = find_for(row, teams, now)
        keep_choice(row, choice, now=now, by="Awayteam")
        row.state = (State.UNASSIGNED if choice.person is None else State.ASSIGNED).value
        data = {"field": row.field, "team": wanted.team.ref, "bar_raiser": choice.name, "because": list(row.because)}
        try:
            with transaction.atomic():
                begin(
                    REVIEW, row, Verb.REQUEST, actor=actor, now=now, party=Party.REQUESTER, words=row.question[:2000],
                    data=data, text=_told(row, actor, choice.name), persons=[wanted.decider.pk],
                )  # fmt: skip
        except IntegrityError as error:
            raise _twice(row) from error
        row.teams.set(teams)
        if actor.person_id is not None:
            follow_by_taking_part(person=actor.person_id, now=now, subject=REVIEW.subject(row))
    return row


def _involved(wanted: Wanted) -> list[Team]:
    """The teams of the review: the deciding one, those named, and the owner of the service."""
    owner = wanted.entity.owner if wanted.entity is not None else None
    named = [wanted.team, *wanted.teams, *([owner.team] if owner is not None and owner.team is not None else [])]
    return list({team.pk: team for team in named}.values())


def _wrong(wanted: Wanted, now: datetime) -> dict[str, str]:
    wrong = checking.texts(
        title=(wanted.title, checking.MAX_TITLE), question=(wanted.question, checking.MAX_TEXT)
    ) | checking.field(wanted.field)  # fmt: skip
    if wanted.decider.left_at is not None and wanted.decider.left_at <= now:
        wrong["decider"] = "has left"
    if wanted.team.dissolved_at is not None and wanted.team.dissolved_at <= now:
        wrong["team"] = "is dissolved"
    if len(wanted.teams) > 50:
        wrong["teams"] = "are at most 50"
    return wrong


def _not_twice(row: Review) -> None:
    same = Review.objects.filter(subject_kind=row.subject_kind, subject_id=row.subject_id, field=row.field)
    if row.subject_id is not None and same.filter(closed_at__isnull=True).exists():
        raise _twice(row)


def _twice(row: Review) -> Conflict:
    label = row.subject_label or row.title
    return Conflict(f"A review of {label} in {row.field} is open.", "Look at that one; it stands in the list.")


def _told(row: Review, actor: Actor, name: str) -> str:
    who = f"{name} reviews it" if name else "nobody is free for it yet"
    return f"{actor.label} asks for a review in {row.field}: {row.title} ({who})."


def withdraw(
    review: Review | int, *, words: str, actor: Actor, now: datetime, version: int | None = None
) -> Review:  # fmt: skip
    """There is nothing to review any more. Once a recommendation was delivered it stays, and is followed or overridden.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput`.
    """
    words = words_of(words)
    with transaction.atomic():
        held = hold(REVIEW, review, actor=actor, now=now, version=version)
        check(held, Verb.WITHDRAW)
        raiser = held.row.bar_raiser_id
        enter(held, Verb.WITHDRAW, State.WITHDRAWN, words=words, persons=[raiser] if raiser else [])
        hooks.decided(held.row, actor=actor, now=now)
    return held.row

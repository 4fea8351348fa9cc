"""Saying that a team builds its own: it takes a minute."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible
from awayteam.duplicates import moving
from awayteam.duplicates.machine import State
from awayteam.duplicates.models import Duplicate
from awayteam.duplicates.permissions import can_add
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications.actions import follow_by_taking_part
from awayteam.organisation.models import Team

MAX_TITLE, MAX_WORDS, MAX_TEXT = 200, 300, 20_000
KINDS = frozenset({"API", "Component", "Domain", "Resource", "System"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody says: `what` is duplicated and `why`. One of `entity` and `words` names it; `own` is the own build.

    `title` and `on` (the date to look again) may be left out. `about` names what it came from: ("request", 17).
    """

    team: Team
    what: str
    why: str
    entity: Entity | None = None
    words: str = ""
    own: Entity | None = None
    home_team: Team | None = None
    on: date | None = None
    title: str = ""
    customer_facing: bool = False
    about: tuple[str, int] | None = None


def add(wanted: Wanted, *, actor: Actor, now: datetime) -> Duplicate:
    """Register that a team builds its own. The home team is told, and a clock runs until the date to look again.

    Raises `NotAllowed`, `NotFound` (a thing that the actor may not see), `InvalidInput`.
    """
    can_add(actor, wanted.team).require()
    for thing in (wanted.entity, wanted.own):
        if thing is not None and not visible(actor, Entity.objects.filter(pk=thing.pk), now).exists():
            raise NotFound(f"There is no {thing.ref}.")
    book = rulebook.current().duplicates
    today = moving.today(wanted.team, now)
    on = wanted.on or today + timedelta(days=book.look_again_days)
    home = wanted.home_team or _owner(wanted.entity)
    wrong = _wrong(wanted, home) | moving.wrong_date(on, today, book.days_max)
    if wrong:
        what = "; ".join(f"{name} {text}" for name, text in wrong.items())
        raise InvalidInput(f"The duplicate can't be registered: {what}.", "Mend these.", wrong)
    subject = str(wanted.entity) if wanted.entity else wanted.words.strip()
    with transaction.atomic():
        row = Duplicate(
            title=wanted.title.strip() or f"{wanted.team} builds its own {subject}"[:MAX_TITLE],
            entity=wanted.entity, words="" if wanted.entity else wanted.words.strip(), own=wanted.own,
            team=wanted.team, home_team=home, what=wanted.what.strip(), why=wanted.why.strip(),
            customer_facing=wanted.customer_facing, state=State.OPEN, on=on, due_at=moving.moment(wanted.team, on),
            about_kind=wanted.about[0] if wanted.about else "", about_id=wanted.about[1] if wanted.about else None,
            created_by_id=actor.person_id, created_at=now, changed_at=now,
        )  # fmt: skip
        row.save(force_insert=True)
        moving.start_date(row, actor=actor, now=now)
        data = {"of": wanted.entity.ref if wanted.entity else row.words, "team": wanted.team.ref, "on": on.isoformat()}
        name = EventName.DUPLICATE_ADDED
        events.append(name, subject=subject_of(row), actor=actor, now=now, reason=row.why[:2000], data=data)
        if actor.person_id is not None:
            follow_by_taking_part(person=actor.person_id, now=now, subject=subject_of(row))
        text = f"{wanted.team} builds its own {subject}; both teams look at it again on {on:%-d %B %Y}."
        moving.tell(row, name, text, teams=[home.pk] if home else [], actor=actor, now=now, key="added")
    return row


def subject_of(row: Duplicate) -> Subject:
    return moving.subject(row)


def _owner(entity: Entity | None) -> Team | None:
    """The team that owns the thing; None where nobody or a person does."""
    owner = entity.owner if entity is not None else None
    return owner.team if owner is not None else None


def _wrong(wanted: Wanted, home: Team | None) -> dict[str, str]:
    wrong: dict[str, str] = {}
    texts = {"title": (wanted.title, MAX_TITLE), "words": (wanted.words, MAX_WORDS)}
    texts |= {"what": (wanted.what, MAX_TEXT), "why": (wanted.why, MAX_TEXT)}
    for name, (text, most) in texts.items():
        if "\0" in text or len(text) > most:
            wrong[name] = f"has at most {most} characters"
    for name in ("what", "why"):
        if not texts[name][0].strip():
            wrong[name] = "is missing"
    if wanted.entity is None and not wanted.words.strip():
        wrong["entity"] = "is missing: name what is duplicated, from the catalog or in words"
    if wanted.entity is not None and wanted.entity.kind not in KINDS:
        wrong["entity"] = f"can't be a {wanted.entity.kind}; name a service, an API, a resource or a system"
    if wanted.own is not None and wanted.entity is not None and wanted.own.pk == wanted.entity.pk:
        wrong["own"] = "is the very thing that it duplicates"
    if home is not None and home.pk == wanted.team.pk:
        wrong["team"] = "owns the thing itself; nobody duplicates their own"
    if wanted.team.dissolved_at is not None:
        wrong["team"] = "is dissolved"
    return wrong

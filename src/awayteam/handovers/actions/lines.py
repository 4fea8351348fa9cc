"""Filling in the checklist: evidence, ticks, waivers. Each changes the handover's version, and appends an event."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from awayteam.engagements.models import Side
from awayteam.handovers import rules
from awayteam.handovers.actions.handing import held
from awayteam.handovers.checklist import line_of
from awayteam.handovers.machine import Party, State
from awayteam.handovers.models import ChecklistLine, Evidence, Handover
from awayteam.handovers.results import figures_of
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Person
from awayteam.stories.plot import Held
from awayteam.stories.stepping import touch, words_of

LONGEST_URL = 2_000
MOST_EVIDENCE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """What shows that a line is done, exactly one of: `url`; `words`; `file` with its `data` (results of checks); the
    day `on` of a walkthrough with the home side's `attended_by`. Words may go with each."""

    url: str = ""
    words: str = ""
    file: str = ""
    data: bytes = b""
    on: date | None = None
    attended_by: Person | None = None


def add_evidence(
    handover: Handover | int, line: int, *, actor: Actor, now: datetime, shown: Shown, version: int | None = None
) -> Evidence:
    """Add what shows that a line is done."""
    with transaction.atomic():
        one, row = _line(handover, line, actor, now, version)
        one.standing.works().require()
        if row.evidence.count() >= MOST_EVIDENCE:
            raise Conflict(f"A line has at most {MOST_EVIDENCE} pieces of evidence.", "Remove one first.")
        made = _evidence(one, shown)
        made.line, made.added_by_id, made.label, made.added_at = row, actor.person_id, actor.label[:200], now
        made.save(force_insert=True)
        _note(one, EventName.HANDOVER_EVIDENCE_ADDED, row, data={"evidence": made.pk, "kind": made.kind})
        return made


def _evidence(one: Held[Handover], shown: Shown) -> Evidence:
    if shown.data or shown.file:
        figures = figures_of(shown.file, shown.data)
        digest = hashlib.sha256(shown.data).hexdigest()
        return Evidence(
            kind=Evidence.Kind.RESULTS, file=shown.file[:300], sha256=digest, figures=figures, words=shown.words.strip()
        )
    if shown.on is not None or shown.attended_by is not None:
        return _walkthrough(one, shown)
    if shown.url.strip():
        return Evidence(kind=Evidence.Kind.LINK, url=_link(shown.url.strip()), words=shown.words.strip())
    return Evidence(kind=Evidence.Kind.WORDS, words=words_of(shown.words))


def _link(url: str) -> str:
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        raise InvalidInput("This is no link.", "Begin it with https://.", {"url": "no link"}) from None
    if len(url) > LONGEST_URL:
        raise InvalidInput("The link is too long.", "", {"url": f"at most {LONGEST_URL} characters"})
    return url


def _walkthrough(one: Held[Handover], shown: Shown) -> Evidence:
    if shown.on is None or shown.attended_by is None:
        what = "A walkthrough needs its day, and who of the home side was there."
        raise InvalidInput(what, "", {"on" if shown.on is None else "attended_by": what})
    if shown.on > one.now.date():
        raise InvalidInput("The walkthrough is still ahead.", "Add it when it has been.", {"on": "in the future"})
    if one.standing.sides.side(shown.attended_by.pk) != Side.HOME:
        what = f"{shown.attended_by} isn't of the home side."
        raise InvalidInput(what, "Name somebody who will have to know it.", {"attended_by": what})
    return Evidence(
        kind=Evidence.Kind.WALKTHROUGH, on=shown.on, attended_by=shown.attended_by, words=shown.words.strip()
    )


def remove_evidence(handover: Handover | int, evidence: int, *, actor: Actor, now: datetime) -> None:
    """Take a piece of evidence away; a line that nothing shows any more is open again."""
    with transaction.atomic():
        found = Evidence.objects.filter(pk=evidence).values_list("line__number", "line__handover").first()
        pk = handover if isinstance(handover, int) else handover.pk
        if found is None or found[1] != pk:
            raise NotFound("There is no such evidence.")
        one, row = _line(handover, found[0], actor, now, None)
        one.standing.works().require()
        row.evidence.filter(pk=evidence).delete()
        if row.done_at is not None and rules.lacks(line_of(row)):
            row.done_at = row.done_by = None
            row.save(update_fields=["done_at", "done_by"])
        _note(one, EventName.HANDOVER_EVIDENCE_REMOVED, row, data={"evidence": evidence})


def tick(handover: Handover | int, line: int, *, actor: Actor, now: datetime, version: int | None = None) -> None:
    """Say that a line is done; it needs something that shows it."""
    with transaction.atomic():
        one, row = _line(handover, line, actor, now, version)
        one.standing.works().require()
        if row.done_at is not None or row.waived_at is not None:
            raise Conflict("This line is done or waived already.", "Go on with the next one.")
        if why := rules.lacks(line_of(row)):
            raise InvalidInput(why, "", {"line": why})
        row.done_at, row.done_by_id = now, actor.person_id
        row.save(update_fields=["done_at", "done_by"])
        _note(one, EventName.HANDOVER_LINE_DONE, row)


def reopen(
    handover: Handover | int, line: int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> None:
    """Say that a line isn't done after all (the away side), or take a waiver back (the home side)."""
    with transaction.atomic():
        one, row = _line(handover, line, actor, now, version)
        _may_reopen(one, row).require()
        if row.done_at is None and row.waived_at is None:
            raise Conflict("This line is open.", "There is nothing to take back.")
        reason = words_of(words)
        row.done_at = row.done_by = row.waived_at = row.waived_by = None
        row.waived_reason = ""
        row.save()
        _note(one, EventName.HANDOVER_LINE_REOPENED, row, reason=reason)


def _may_reopen(one: Held[Handover], row: ChecklistLine) -> Decision:
    waived: Decision = one.standing.answers(Side.HOME)
    done: Decision = one.standing.works()
    return waived if row.waived_at is not None else done


def waive(
    handover: Handover | int, line: int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> None:
    """Do without a line, with the reason: for the home side, whom it protects."""
    with transaction.atomic():
        one, row = _line(handover, line, actor, now, version)
        one.standing.of(Party.HOME).require()
        if row.waived_at is not None:
            raise Conflict("This line is waived already.", "There is nothing more to do.")
        row.waived_reason = words_of(words)
        row.waived_at, row.waived_by_id = now, actor.person_id
        row.done_at = row.done_by = None
        row.save()
        _note(one, EventName.HANDOVER_LINE_WAIVED, row, reason=row.waived_reason)


def _line(
    handover: Handover | int, number: int, actor: Actor, now: datetime, version: int | None
) -> tuple[Held[Handover], ChecklistLine]:
    one = held(handover, actor=actor, now=now, version=version)
    row = one.row.lines.filter(number=number).first()
    if row is None:
        raise NotFound(f"The checklist has no line {number}.", "Give the number of a line.")
    if one.row.state != State.PREPARING:
        said = one.row.state.replace("-", " ")
        raise Conflict(f"The handover is {said}; its checklist doesn't change now.", "Take it back to change it.")
    return one, row


def _note(
    one: Held[Handover], name: EventName, row: ChecklistLine, *, reason: str = "", data: dict[str, Any] | None = None
) -> None:
    touch(one)
    told = {"line": row.number, "text": row.text[:200], **(data or {})}
    events.append(name, subject=one.subject, actor=one.actor, now=one.now, reason=reason, data=told)

"""Ticking the checklist: by whoever has the thing then."""

from datetime import datetime

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import may_write
from awayteam.stories.plot import Held
from awayteam.stories.stepping import LONGEST_WORDS, hold, touch
from awayteam.succession.machine import TICKING
from awayteam.succession.models import Line, Succession
from awayteam.succession.plots import SUCCESSION


def tick(
    row: Succession | int, number: int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Line:
    """Say that one's side has this. `words` say where it is, or why there is nothing. Raises as `stepping.hold`, and
    `NotFound` for a line that isn't there, `Conflict` where it is ticked."""
    said = words.strip()
    if len(said) > LONGEST_WORDS or "\0" in said:
        raise InvalidInput(f"At most {LONGEST_WORDS:,} characters.", "Shorten it.", {"words": "too long"})
    with transaction.atomic():
        held, line = _held(row, number, actor, now, version)
        if line.done_at is not None:
            raise Conflict(f"Line {number} is ticked already, by {line.label}.", "Untick it first.")
        line.done_at, line.done_by_id, line.label, line.words = now, actor.person_id, actor.label[:200], said
        line.save(update_fields=["done_at", "done_by", "label", "words"])
        _note(held, line, EventName.SUCCESSION_TICKED, said)
    return line


def untick(row: Succession | int, number: int, *, actor: Actor, now: datetime, version: int | None = None) -> Line:
    """Take a tick back."""
    with transaction.atomic():
        held, line = _held(row, number, actor, now, version)
        if line.done_at is None:
            raise Conflict(f"Line {number} isn't ticked.", "Look at it again.")
        line.done_at, line.done_by, line.label, line.words = None, None, "", ""
        line.save(update_fields=["done_at", "done_by", "label", "words"])
        _note(held, line, EventName.SUCCESSION_UNTICKED, "")
    return line


def _held(
    row: Succession | int, number: int, actor: Actor, now: datetime, version: int | None
) -> tuple[Held[Succession], Line]:
    held = hold(SUCCESSION, row, actor=actor, now=now, version=version)
    may_write(actor).require()
    held.standing.ticks().require()
    if held.row.state not in TICKING:
        raise Conflict("The checklist is open while it is handed over, or deprecated.", "Look at it again.")
    line = Line.objects.filter(succession=held.row, number=number).first()
    if line is None:
        raise NotFound(f"There is no line {number}.", "Look at the checklist.")
    return held, line


def _note(held: Held[Succession], line: Line, name: EventName, words: str) -> None:
    touch(held)
    events.append(
        name, subject=held.subject, actor=held.actor, now=held.now, reason=words[:2000],
        data={"line": line.number, "key": line.key, "text": line.text},
    )  # fmt: skip

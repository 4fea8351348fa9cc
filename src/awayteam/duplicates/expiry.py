"""What happens when a clock of a duplicate runs out; in the clock's own transaction."""

from dataclasses import replace
from datetime import datetime, timedelta

from awayteam.duplicates import moving, rules, sides
from awayteam.duplicates.actions.deciding import facts
from awayteam.duplicates.machine import FINAL, State
from awayteam.duplicates.models import Duplicate
from awayteam.duplicates.rules import Choice, Said
from awayteam.kernel import clocks, rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.clocks import Handler
from awayteam.kernel.events import EventName
from awayteam.kernel.models import Clock


def expire(clock: Clock, now: datetime) -> None:
    """The date has come, a side was silent, or a manager didn't decide."""
    rows = Duplicate.objects.select_for_update(of=("self",)).select_related("team", "home_team")
    row = rows.filter(pk=clock.subject_id).first()
    if row is None or row.state in FINAL or clock.data.get("for") != moving.token(row):
        return
    book = rulebook.current().duplicates
    state = State(row.state)
    level = sides.level(row, now, after=row.unit_id) if state is State.ARBITRATION else None
    known = replace(facts(row), at_top=level is not None and level.manager is None)
    target = rules.expired(known, book.asked_max)
    if target is State.ARBITRATION and level is None:
        level = sides.level(row, now)
    said = None
    if target is State.KEPT:
        said = Said(Choice.KEEP, moving.today(row.team, now) + timedelta(days=book.again_days))
    name = EventName.DUPLICATE_PASSED_UP if target is State.ARBITRATION else EventName.DUPLICATE_ASKED
    name = EventName.DUPLICATE_SETTLED if target is State.KEPT else name
    reason = _reason(state, target)
    text = f"{reason} ({row.title})"
    moving.move(
        row, target, name, actor=SYSTEM, now=now, text=text, reason=reason, said=said, running_out=clock.pk, level=level
    )


def _reason(state: State, target: State) -> str:
    if state is State.REVIEW and target is State.REVIEW:
        return "Not everybody has answered; both teams are asked once more."
    if target is State.ARBITRATION:
        silent = "Somebody was silent" if state is State.REVIEW else "Nobody decided"
        return f"{silent}; the manager above both decides."
    if target is State.KEPT:
        return "No manager decided, so it is kept for now."
    if state in (State.CONVERGING, State.RETIRING):
        return "The agreed date has passed; both teams are asked again."
    return "The date has come; both teams are asked: converge, keep, or retire."


def remind(clock: Clock, now: datetime) -> None:
    """Tell whose turn it is, while somebody has one; of a date that is months away nobody needs to hear."""
    row = Duplicate.objects.select_related("team", "home_team").filter(pk=clock.subject_id).first()
    if row is None or clock.kind == moving.DATE:
        return
    words = "answer" if clock.kind == moving.REVIEW else "decide"
    text = f"It is still your turn to {words}: {row.title}."
    persons = [clock.turn_person_id] if clock.turn_person_id else []
    teams = [clock.turn_team_id] if clock.turn_team_id and not persons else []
    name = EventName.CLOCK_REMINDED
    key = f"remind-{clock.pk}-{len(clock.reminders)}"
    moving.tell(row, name, text, teams=teams, persons=persons, actor=SYSTEM, now=now, key=key, urgent=True)


def register() -> None:
    for kind in moving.KINDS:
        clocks.register(Handler(kind, expire, remind))

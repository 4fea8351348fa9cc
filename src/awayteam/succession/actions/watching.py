"""What the software does by itself: clocks that end, evidence that contradicts, owners that changed, proposals."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from awayteam.catalog.actions import state as things
from awayteam.catalog.models import Entity
from awayteam.kernel import businesstime, rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.errors import AwayteamError, NotFound
from awayteam.kernel.events import EventName
from awayteam.kernel.log import Log
from awayteam.kernel.machines import CLOCK
from awayteam.organisation.models import Membership, Team
from awayteam.organisation.queries.dates import dated
from awayteam.stories.plot import Held
from awayteam.stories.stepping import enter, hand_on, hold, run_out
from awayteam.succession import evidence, rules
from awayteam.succession.actions import following
from awayteam.succession.actions.beginning import concern, freeze, propose
from awayteam.succession.candidates import proposable
from awayteam.succession.evidence import Looked
from awayteam.succession.machine import HALTING, Kind, Party, State, Verb
from awayteam.succession.models import Evidence, Succession
from awayteam.succession.plots import SUCCESSION, overtaken
from awayteam.succession.sides import at_or_above, level_of

LATELY = timedelta(days=7)
"""Use within these days keeps something from being retired."""
WATCHED = frozenset({Kind.LAST_CONSUMER.value, Kind.RETIREMENT.value})
"""Kinds whose evidence a new consumer contradicts."""
MOST = 2_000
SILENT = "No manager above answered; the owner stays."
log = Log(__name__)


def expire(held: Held[Succession]) -> None:
    """The clock of the present state has run out."""
    row = held.row
    state = State(row.state)
    if state is State.DISPUTED:
        _silent(held)
    elif state in (State.NOTICE, State.RETIRING):
        _run_out(held, state)
    elif state is State.HANDING_OVER:
        row.level, row.objector, row.objected_by = None, None, None
        words = "The handover wasn't finished in its time."
        enter(held, Verb.EXPIRE, State.DISPUTED, words=words, reason_code="handover-late")
    else:
        following.undo_deprecation(held)
        run_out(held)


def _run_out(held: Held[Succession], state: State) -> None:
    """The notice, or the time until the sunset, is over: look once more before anything follows."""
    row = held.row
    row.entity = _locked(row.entity) or row.entity
    if why := overtaken(row):
        following.undo_deprecation(held)
        enter(held, Verb.LAPSE, State.LAPSED, words=why)
        return
    looked = evidence.look(row.entity, held.now)
    says = _used_lately(row, looked) if state is State.RETIRING else contradicts(row, looked)
    if says:
        _halt(held, looked, says)
    elif state is State.RETIRING:
        following.retired(held)
        enter(held, Verb.EXPIRE, State.RETIRED)
    else:
        target = State.RETIRING if row.is_retirement else State.HANDING_OVER
        following.before(held, target)
        enter(held, Verb.EXPIRE, target, words="Nobody objected.")
        following.prepare(held)


def _used_lately(row: Succession, looked: Looked) -> tuple[str, ...]:
    """Use in the last days before a sunset, whoever was expected."""
    since = max(looked.at - LATELY, row.entered_at)
    return rules.contradictions(looked.facts, expected=frozenset(), since=since)


def _silent(held: Held[Succession]) -> None:
    row = held.row
    if row.level_id is not None:
        following_level = level_of(row, after=row.level_id, now=held.now)
        if following_level.unit is not None:
            row.level = following_level.unit
            enter(held, Verb.PASS_UP, State.DISPUTED, words=f"Silent; {following_level.unit} is asked.")
            return
    row.answer = SILENT
    following.undo_deprecation(held)
    enter(held, Verb.EXPIRE, State.KEPT, words=SILENT, reason_code="silence")


def _locked(entity: Entity) -> Entity | None:
    try:
        return things.locked(entity)
    except NotFound:
        return None


def contradicts(row: Succession, looked: Looked) -> tuple[str, ...]:
    """What is seen now that the frozen evidence denied, and that nobody said doesn't matter."""
    if row.kind not in WATCHED:
        return ()
    frozen = list(Evidence.objects.filter(succession=row).order_by("number"))
    refs = {one["team"] for look in frozen for one in look.document["uses"] if one["team"]}
    strange = frozenset(one["ref"] for look in frozen for one in look.document["uses"] if not one["team"])
    expected = set(Team.objects.filter(ref__in=refs).values_list("pk", flat=True)) | {row.receiver_id or 0}
    since = frozen[-1].at if frozen else row.created_at
    return rules.contradictions(looked.facts, expected=frozenset(expected), since=since, known=strange)


def _halt(held: Held[Succession], looked: Looked, says: tuple[str, ...]) -> None:
    row, clock = held.row, held.row.clock
    row.halted_from = row.state
    row.halted_minutes = 0
    if clock is not None and held.party != CLOCK and clock.due_at > held.now:
        row.halted_minutes = businesstime.between(Calendar.from_data(clock.calendar), held.now, clock.due_at)
    freeze(row, evidence.document(row.entity, looked), held.now, says)
    if row.is_retirement:
        concern(row, dict.fromkeys(looked.teams - {looked.facts.owner}, "was seen to use it after the notice"))
    words = " ".join(says)
    held.party = Party.AWAYTEAM.value if held.party != CLOCK else held.party
    verb = Verb.EXPIRE if held.party == CLOCK and row.state == State.RETIRING else Verb.HALT
    enter(held, verb, State.HALTED, words=words, text=f"{SUCCESSION.label(row)} is halted: {words}", urgent=True)


def look_again(now: datetime) -> int:
    """Compare every succession that rests on evidence with what is seen now; returns how many were stopped."""
    states = [state.value for state in (*HALTING, State.PROPOSED)]
    rows = Succession.objects.filter(kind__in=WATCHED, state__in=states)
    return _each(rows, lambda pk: _look_again(pk, now), "succession.look.failed")


def _look_again(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        held = hold(SUCCESSION, pk, actor=SYSTEM, now=now)
        row = held.row
        if row.state not in HALTING and row.state != State.PROPOSED:
            return False
        looked = evidence.look(row.entity, now)
        says = contradicts(row, looked)
        if not says:
            return False
        if row.state == State.PROPOSED:
            held.party = Party.AWAYTEAM.value
            freeze(row, evidence.document(row.entity, looked), now, says)
            enter(held, Verb.LAPSE, State.LAPSED, words=" ".join(says))
        else:
            _halt(held, looked, says)
    return True


def lapse_overtaken(now: datetime) -> int:
    """End those whose owner changed another way, whose team or thing is gone; returns how many."""
    return _each(Succession.objects.filter(closed_at=None), lambda pk: lapse(pk, now), "succession.lapse.failed")


def lapse(pk: int, now: datetime) -> bool:
    """End one where it was overtaken."""
    with transaction.atomic():
        held = hold(SUCCESSION, pk, actor=SYSTEM, now=now)
        if held.row.closed_at is not None or not (why := overtaken(held.row)):
            return False
        held.party = Party.AWAYTEAM.value
        following.undo_deprecation(held)
        enter(held, Verb.LAPSE, State.LAPSED, words=why)
    return True


def pass_on(now: datetime) -> int:
    """Give turns of people who left, or don't speak for their side any more, to others; returns how many."""
    gone = Q(turn_person__isnull=True) | Q(turn_person__left_at__lte=now)
    here = Membership.objects.filter(dated(now)).values("person")
    rows = Succession.objects.filter(gone | ~Q(turn_person__in=here), closed_at=None)
    return _each(rows, lambda pk: _pass_on(pk, now), "succession.turn.failed")


def _pass_on(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        held = hold(SUCCESSION, pk, actor=SYSTEM, now=now)
        if held.row.closed_at is not None:
            return False
        if held.row.state == State.DISPUTED:
            held.row.level = at_or_above(held.row, now).unit
        words = "Whoever had the turn left, or doesn't decide any more."
        return hand_on(held, words=words, name=EventName.SUCCESSION_PASSED_UP)


def propose_all(now: datetime) -> int:
    """Propose what the evidence of today says, where nothing was said about it lately; returns how many."""
    again = now - timedelta(days=rulebook.current().succession.again_days)
    made = 0
    for entity in proposable(now, again):
        try:
            propose(entity, actor=SYSTEM, now=now)
            made += 1
        except AwayteamError:
            continue  # a closer look didn't bear it out
        except Exception:
            log.exception("succession.propose.failed", entity=entity.pk)
    return made


def _each(rows: "QuerySet[Succession]", act: Callable[[int], bool], failed: str) -> int:
    """Do it for each in a transaction of its own; one that fails doesn't stop the others."""
    done = 0
    keys: Iterable[int] = list(rows.order_by("pk").values_list("pk", flat=True)[:MOST])
    for pk in keys:
        try:
            done += act(pk)
        except Exception:
            log.exception(failed, succession=pk)
    return done

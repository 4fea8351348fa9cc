"""The reviewer's side of a round: approve, request changes with citations, give advice, demand more."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import may_write
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.rounds import reviewers, rules, trips
from awayteam.rounds.actions.hours import book_for_round, check_minutes
from awayteam.rounds.frozen import frozen_of
from awayteam.rounds.machine import Party, State, Verb
from awayteam.rounds.models import Remark, RemarkKind, Round
from awayteam.rounds.plots import ROUND
from awayteam.rounds.rules import Point
from awayteam.stories.plot import Held
from awayteam.stories.stepping import check, enter, hold, touch, words_of

MOST_POINTS = 100


def approve(
    round: Round | int, *, actor: Actor, now: datetime, words: str = "", minutes: int = 0, version: int | None = None
) -> Round:
    """Let it pass. `minutes` of the home team's time are booked with it, where any are named.

    Raises `NotFound`, `NotAllowed` (own work, or the wrong side), `Conflict`, `InvalidInput`.
    """
    with transaction.atomic():
        held = hold(ROUND, round, actor=actor, now=now, version=version)
        check(held, Verb.APPROVE)
        _answer(held, Verb.APPROVE, State.APPROVED, words.strip(), minutes, [])
    return held.row


def request_changes(
    round: Round | int,
    *,
    actor: Actor,
    now: datetime,
    points: Sequence[Point],
    words: str = "",
    minutes: int = 0,
    version: int | None = None,
) -> Round:
    """Ask for changes; every point of kind change cites a frozen standard or the baseline, others may be advice.

    Raises as `approve` does; `InvalidInput` names the point that isn't cited, or that was red before the visit.
    """
    with transaction.atomic():
        held = hold(ROUND, round, actor=actor, now=now, version=version)
        check(held, Verb.REQUEST_CHANGES)
        made = _remarks(held, points, {RemarkKind.CHANGE, RemarkKind.ADVICE})
        if not any(one.kind == RemarkKind.CHANGE for one in made):
            raise InvalidInput(
                "Nothing here must be changed: advice doesn't block.", "Cite a rule, or approve with advice.",
                {"points": "name at least one change, with its citation"},
            )  # fmt: skip
        _answer(held, Verb.REQUEST_CHANGES, State.CHANGES, words.strip(), minutes, made)
    return held.row


def demand(
    round: Round | int,
    *,
    actor: Actor,
    now: datetime,
    points: Sequence[Point],
    words: str = "",
    minutes: int = 0,
    version: int | None = None,
) -> Round:
    """Demand what the frozen standards don't say; a bar raiser rules on it. Raises as `request_changes`."""
    with transaction.atomic():
        held = hold(ROUND, round, actor=actor, now=now, version=version)
        check(held, Verb.DEMAND)
        made = _remarks(held, points, {RemarkKind.DEMAND, RemarkKind.ADVICE})
        if len([one for one in made if one.kind == RemarkKind.DEMAND]) != 1:
            wrong = {"points": "name one demand; each is ruled on alone"}
            raise InvalidInput("A ruling is about one demand.", "Make them one after the other.", wrong)
        reviewers.call_independent(held)
        _answer(held, Verb.DEMAND, State.DISPUTED, words.strip(), minutes, made)
    return held.row


def _answer(held: Held[Round], verb: Verb, state: State, words: str, minutes: int, remarks: Sequence[Remark]) -> None:
    """Write an answer: the wait ends, remarks and booked time go with it."""
    row = held.row
    if words:
        words_of(words)
    check_minutes(minutes)
    row.answered_by_id = held.actor.person_id
    trip = trips.end(held, state)
    Remark.objects.bulk_create(remarks)
    if minutes and held.party == Party.REVIEWER:
        book_for_round(held, minutes)
    data = {
        "engagement": row.engagement_id, "kind": row.kind, "trip": row.trip, "remarks": len(remarks),
        "in_time": trip.in_time if trip else None, "waited_minutes": trip.minutes if trip else None,
    }  # fmt: skip
    opener = [row.opened_by_id] if row.opened_by_id else []
    enter(held, verb, state, words=words, data=data, persons=opener)


def advise(
    round: Round | int, *, actor: Actor, now: datetime, points: Sequence[Point], version: int | None = None
) -> Round:
    """Give advice, which doesn't block; anybody who sees the round may. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    with transaction.atomic():
        held = hold(ROUND, round, actor=actor, now=now, version=version)
        may_write(actor).require()
        row = held.row
        if row.closed_at is not None:
            raise Conflict("This round is over.", "Write a comment on the engagement.")
        made = _remarks(held, points, {RemarkKind.ADVICE})
        Remark.objects.bulk_create(made)
        touch(held)
        text = f"{actor.label} gives advice: {ROUND.label(row)}."
        data = {"engagement": row.engagement_id, "remarks": len(made)}
        events.append(EventName.ROUND_ADVISED, subject=held.subject, actor=actor, now=now, data=data)
        tell(
            now=now, subject=held.subject, event=EventName.ROUND_ADVISED, text=text, address=ROUND.address(row),
            persons=[row.opened_by_id] if row.opened_by_id else [], actor=actor, group=Group.TURN,
            key=f"round-{row.pk}-advice-{row.version}",
        )  # fmt: skip
    return row


def _remarks(held: Held[Round], points: Sequence[Point], kinds: set[RemarkKind]) -> list[Remark]:
    """The points as remarks, checked against what the engagement froze. Raises `InvalidInput`."""
    row, frozen = held.row, frozen_of(held.row.engagement)
    wrong: dict[str, str] = {}
    if not 1 <= len(points) <= MOST_POINTS:
        wrong["points"] = f"name 1 to {MOST_POINTS} points"
    for place, point in enumerate(points, 1):
        found = rules.wrong_with(point, frozen)
        if point.kind not in kinds:
            found["kind"] = f"is {' or '.join(sorted(kinds))} here"
        if len(point.path) > 1000 or len(point.section) > 300 or "\0" in point.path + point.section:
            found["path"] = "too long"
        prefix = "" if len(points) == 1 else f"points.{place}."
        wrong |= {f"{prefix}{name}": text for name, text in found.items()}
    if wrong:
        said = "; ".join(f"{name}: {text}" for name, text in wrong.items())
        raise InvalidInput(f"This can't be said so. {said}.", "Mend these, or say it as advice.", wrong)
    return [_remark(held, row, point) for point in points]


def _remark(held: Held[Round], row: Round, point: Point) -> Remark:
    return Remark(
        round=row, trip=row.trip, kind=point.kind, words=point.words.strip(), standard_id=point.standard,
        section=point.section.strip(), standard_line=point.standard_line, baseline_id=point.baseline,
        figure=point.figure, check_key=point.check.strip(), path=point.path.strip(), line=point.line,
        person_id=held.actor.person_id, label=held.actor.label[:200], at=held.now,
    )  # fmt: skip

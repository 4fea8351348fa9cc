"""A run: its start, every change of its allocation, its end, and the removal of what it left in the code."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from awayteam.experiments import rules, serving
from awayteam.experiments.actions.analysing import ask_analysis
from awayteam.experiments.actions.submitting import registered
from awayteam.experiments.machine import Party, State, Verb
from awayteam.experiments.models import Epoch, Experiment
from awayteam.experiments.plots import EXPERIMENT
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.stories.plot import Held
from awayteam.stories.stepping import check, enter, hold, words_of


def start(experiment: Experiment | int, *, actor: Actor, now: datetime, version: int | None = None) -> Experiment:
    """Assign units from now on: the first epoch. Where it has a layer, it takes slots that nobody else holds.

    Raises `NotFound`, `NotAllowed`, `Conflict` (the layer is full).
    """
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        check(held, Verb.START)
        row, found = held.row, registered(held.row)
        if row.layer:
            row.layer_from, row.layer_to = _slots(row)
        row.started_at = now
        shares = {one.key: one.share for one in found.arms}
        Epoch.objects.create(
            experiment=row, number=1, starts_at=now, traffic=found.traffic, shares=shares, why="The start."
        )
        assert row.registration is not None
        data = {"sha256": row.registration.sha256, "traffic": found.traffic, "shares": shares}
        enter(held, Verb.START, State.RUNNING, data=data, text=f"{row.title} runs for {row.days} days.")
        serving.publish(row, actor=actor, now=now)
    return row


def _slots(row: Experiment) -> tuple[int, int]:
    """A free stretch of the layer, with all its runs locked against others that start at the same time."""
    running = Experiment.objects.select_for_update(of=("self",)).filter(layer=row.layer, state=State.RUNNING.value)
    taken = [(one.layer_from or 0, one.layer_to or 0) for one in running.order_by("pk")]
    found = rules.free_range(taken, row.traffic)
    if found is None:
        raise Conflict(
            f"The layer {row.layer} has no stretch of {row.traffic / 100:g}% left.",
            "Wait until another experiment in it ends, take less traffic, or choose another layer.",
        )
    return found


def reallocate(
    experiment: Experiment | int, *, words: str, traffic: int | None = None, shares: Mapping[str, int] | None = None,
    drop: Collection[str] = (), actor: Actor, now: datetime, version: int | None = None,
) -> Experiment:  # fmt: skip
    """Take more traffic, share it otherwise, or drop an arm: a new epoch. Nobody who is enrolled changes arms.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput` (no reason, or what the allocation can't be).
    """
    words = words_of(words)
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        check(held, Verb.REALLOCATE)
        _reallocate(held, words, traffic, shares, drop)
    return held.row


def _reallocate(
    held: Held[Experiment], words: str, traffic: int | None, shares: Mapping[str, int] | None, drop: Collection[str]
) -> None:  # fmt: skip
    row, design, last = held.row, registered(held.row), _last(held.row)
    new, gone = traffic or last.traffic, [*last.dropped, *(one for one in drop if one not in last.dropped)]
    given = dict(shares) if shares is not None else _without(last.shares, gone)
    arms = [one.key for one in design.arms]
    wrong = rules.wrong_allocation(arms, last.dropped, given, list(drop), (last.traffic, new))
    if row.layer and new > row.traffic:
        wrong["traffic"] = f"the layer holds {row.traffic / 100:g}% for it, as its ramp was registered"
    if wrong:
        said = "; ".join(f"{name}: {text}" for name, text in wrong.items())
        raise InvalidInput(f"This can't be the allocation: {said}.", "Mend these.", wrong)
    Epoch.objects.filter(pk=last.pk).update(ends_at=held.now)
    made = Epoch.objects.create(
        experiment=row, number=last.number + 1, starts_at=held.now, traffic=new, shares=given, dropped=gone, why=words
    )
    minutes = max(round((row.due_at - held.now).total_seconds() / 60), 1) if row.due_at else None
    data = {"epoch": made.number, "traffic": new, "shares": given, "dropped": gone}
    enter(held, Verb.REALLOCATE, State.RUNNING, words=words, data=data, minutes=minutes)
    serving.publish(row, actor=held.actor, now=held.now)


def _without(shares: Mapping[str, int], gone: Collection[str]) -> dict[str, int]:
    """The shares with the dropped arms at 0, what they had given to the rest in proportion."""
    rest = {arm: share for arm, share in shares.items() if arm not in gone}
    whole = sum(rest.values()) or 1
    made = {arm: rest[arm] * 10_000 // whole if arm in rest else 0 for arm in shares}
    first = next(iter(rest), None)
    if first is not None:
        made[first] += 10_000 - sum(made.values())
    return made


def _last(row: Experiment) -> Epoch:
    found = row.epochs.filter(ends_at__isnull=True).first()
    assert found is not None, "a run has an open epoch"
    return found


def dial_up(experiment: Experiment | int, traffic: int, *, actor: Actor, now: datetime) -> Experiment:
    """The next step of a ramp, by Awayteam itself."""
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now)
        held.party = Party.AWAYTEAM
        if held.row.state != State.RUNNING:
            raise Conflict("It runs no more.", "Nothing is to be done.")
        _reallocate(held, f"The ramp: {traffic / 100:g}% of traffic.", traffic, None, ())
    return held.row


def stop(
    experiment: Experiment | int, *, words: str, actor: Actor, now: datetime, version: int | None = None
) -> Experiment:  # fmt: skip
    """Assign nobody new; everybody sees the control, and the decider has the turn.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput` (no reason).
    """
    words = words_of(words)
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        check(held, Verb.STOP)
        stop_held(held, words)
    return held.row


def stop_held(held: Held[Experiment], words: str, *, urgent: bool = False) -> None:
    """End a run that is held; a last look at the facts is asked for."""
    row = held.row
    row.epochs.filter(ends_at__isnull=True).update(ends_at=held.now)
    row.stopped_at, row.stop_reason, row.silent = held.now, words, 0
    row.layer_from = row.layer_to = None
    persons = [one for one in (row.owner_id, row.decider_id) if one is not None]
    enter(held, Verb.STOP, State.STOPPED, words=words, persons=persons, urgent=urgent)
    serving.publish(row, actor=held.actor, now=held.now)
    ask_analysis(row, actor=held.actor, now=held.now)


def clean_up(
    experiment: Experiment | int, *, words: str, actor: Actor, now: datetime, version: int | None = None
) -> Experiment:  # fmt: skip
    """The flag and the losing code are gone; `words` say where that can be seen.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput` (nothing said).
    """
    words = words_of(words)
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        check(held, Verb.CLEAN_UP)
        enter(held, Verb.CLEAN_UP, State.CLEANED_UP, words=words)
        serving.retire(held.row, actor=actor, now=now)
    return held.row

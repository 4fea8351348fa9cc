"""The worker's lane of experiments: looks that were asked for, those that are due, ramps, and guardrails that stop.

A look is taken by a lease and told apart by its token, so that any worker may be killed at any moment: another takes it
up when the lease has run out. How far it is, and whether it was called off, goes through the database.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from awayteam.experiments import serving
from awayteam.experiments.actions.analysing import ask_analysis
from awayteam.experiments.actions.running import dial_up, stop_held
from awayteam.experiments.actions.submitting import registered
from awayteam.experiments.design import Design
from awayteam.experiments.facts import store
from awayteam.experiments.facts.reading import Wanted, facts
from awayteam.experiments.machine import Party, State
from awayteam.experiments.measuring.card import Allocation, read
from awayteam.experiments.measuring.units import Run
from awayteam.experiments.models import Analysis, Experiment, Working
from awayteam.experiments.plots import EXPERIMENT
from awayteam.experiments.rules import Standing
from awayteam.kernel import jobs, rulebook, worker
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.log import Log
from awayteam.stories.plot import hours_of
from awayteam.stories.stepping import hold

log = Log(__name__)
LEASE_SECONDS = 120
MOST_ATTEMPTS = 3
LANE = "experiments"


class Cancelled(Exception):
    """Somebody called the look off, or another worker has it now."""


def work(now: datetime, limit: int, stopping: Callable[[], bool]) -> int:
    """Do what is due: looks, up to `limit`; returns how many."""
    done = 0
    while done < limit and not stopping() and (taken := _take(timezone.now() if done else now)) is not None:
        _look(taken)
        done += 1
    return done


def _take(now: datetime) -> Analysis | None:
    """The oldest look that nobody works on, leased; None where there is none."""
    free = Q(state=Working.WAITING) | Q(state=Working.RUNNING, lease_until__lte=now)
    for one in Analysis.objects.filter(free).order_by("asked_at")[:5]:
        token = secrets.token_hex(16)
        mine = Analysis.objects.filter(free, pk=one.pk, attempts=one.attempts)
        if mine.update(
            state=Working.RUNNING, lease_until=now + timedelta(seconds=LEASE_SECONDS), lease_token=token,
            attempts=F("attempts") + 1, started_at=now, doing="Opening the facts", progress=1,
        ):  # fmt: skip
            return Analysis.objects.select_related("experiment__team", "experiment__source", "registration").get(
                pk=one.pk
            )
    return None


def _look(row: Analysis) -> None:
    """Make the scorecard of a look that is leased, and keep what came of it."""
    if row.cancel:
        _end(row, Working.CANCELLED)
        return
    if row.attempts > MOST_ATTEMPTS:
        _end(row, Working.FAILED, problem=f"It was begun {MOST_ATTEMPTS} times and never finished.")
        return
    try:
        result = card_of(row.experiment, row.started_at or row.asked_at, lambda share, doing: _tell(row, share, doing))
    except Cancelled:
        _end(row, Working.CANCELLED)
    except AwayteamError as error:
        _end(row, Working.FAILED, problem=str(error))
    except Exception as error:
        log.exception("experiments.look-failed", analysis=row.pk)
        _end(row, Working.FAILED, problem=f"{type(error).__name__}: {error}")
    else:
        _keep(row, result)


def card_of(row: Experiment, now: datetime, tell: Callable[[int, str], None]) -> dict[str, Any]:
    """The scorecard of an experiment as of `now`. Raises `Unavailable` where its facts can't be read."""
    design = registered(row)
    run, epochs = run_of(row, design, now)
    names = sorted({name for one in design.uses for name in (one.metric.event, one.metric.over) if name})
    since = run.since - timedelta(days=design.cuped_days)
    with facts(row.source, Wanted(row.key, names, since, run.until)) as connection:
        tell(8, "Read the facts")
        return read(connection, design, run, epochs, level=rulebook.current().experiments.ratio_level, tell=tell)


def run_of(row: Experiment, design: Design, now: datetime) -> tuple[Run, list[Allocation]]:
    """What counting needs of a run. Only for facts of our own does our rule say which epoch took a unit in."""
    assert row.started_at is not None
    epochs = list(row.epochs.order_by("number"))
    until = min(row.stopped_at or now, now)
    rule = serving.rule_of(row)
    run = Run(row.key, row.started_at, until, design.time_zone or hours_of(row.team).time_zone,
              tuple(one.starts_at for one in epochs), rule)  # fmt: skip
    made = [Allocation(one.number, one.starts_at, one.traffic, one.shares, tuple(one.dropped)) for one in epochs]
    return run, made


def _tell(row: Analysis, share: int, doing: str) -> None:
    """Write how far it is, and hold the lease longer. Raises `Cancelled`."""
    mine = Analysis.objects.filter(pk=row.pk, lease_token=row.lease_token, cancel=False)
    until = timezone.now() + timedelta(seconds=LEASE_SECONDS)
    if not mine.update(progress=share, doing=doing[:200], lease_until=until):
        raise Cancelled


def _end(row: Analysis, state: str, *, problem: str = "", **more: Any) -> bool:
    """Write what came of it; False where another worker has it."""
    mine = Analysis.objects.filter(pk=row.pk, lease_token=row.lease_token)
    return bool(mine.update(
        state=state, problem=problem.replace("\0", "")[:2000], ended_at=timezone.now(), lease_until=None,
        lease_token="",
        **more,
    ))  # fmt: skip


def _keep(row: Analysis, result: dict[str, Any]) -> None:
    """The scorecard, and what follows from it at once: a guardrail that is broken stops the run."""
    with transaction.atomic():
        if not _end(row, Working.DONE, result=result, progress=100, doing="Done"):
            return
        Experiment.objects.filter(pk=row.experiment_id).update(scorecard=row.pk)
        broken = _broken(result)
        if broken and row.experiment.state == State.RUNNING:
            held = hold(EXPERIMENT, row.experiment_id, actor=SYSTEM, now=timezone.now())
            if held.row.state == State.RUNNING:
                held.party = Party.AWAYTEAM
                stop_held(held, f"A guardrail is broken: {', '.join(broken)}.", urgent=True)


def _broken(result: dict[str, Any]) -> list[str]:
    """Guardrails that are worse than their margin in any arm; what can't be trusted stops nothing."""
    if result["blockers"]:
        return []
    found = [one["title"] for arm in result["arms"] for one in arm["metrics"] if one["standing"] == Standing.BEYOND]
    return sorted(set(found))


def due(now: datetime) -> int:
    """Ask for looks at runs that weren't looked at for a while, and take the next steps of ramps."""
    minutes, done = rulebook.current().experiments.analyse_minutes, 0
    for row in Experiment.objects.filter(state=State.RUNNING.value).select_related("registration").order_by("pk"):
        last = row.analyses.order_by("-pk").values_list("asked_at", flat=True).first()
        if last is None or last <= now - timedelta(minutes=minutes):
            ask_analysis(row, actor=SYSTEM, now=now)
            done += 1
        done += _ramp(row, now)
    return done


def _ramp(row: Experiment, now: datetime) -> int:
    """The step of the ramp whose time has come, unless the scorecard forbids it."""
    assert row.started_at is not None
    hours = (now - row.started_at).total_seconds() / 3600
    wanted = max((one.traffic for one in registered(row).ramp if one.hours <= hours), default=0)
    last = row.epochs.order_by("-number").first()
    if last is None or wanted <= last.traffic:
        return 0
    card = row.analyses.filter(state=Working.DONE, started_at__gte=last.starts_at).order_by("-pk").first()
    if card is None or card.result is None or card.result["blockers"] or _broken(card.result):
        return 0
    dial_up(row, wanted, actor=SYSTEM, now=now)
    return 1


def register() -> None:
    worker.register_lane(LANE, work)
    running = Experiment.objects.filter(state=State.RUNNING.value)
    jobs.register(jobs.Job("experiments.due", every_seconds=300, run=due, pending=lambda _now: running.exists()))
    jobs.register(jobs.Job("experiments.pack", every_seconds=600, run=store.pack, pending=store.pending))

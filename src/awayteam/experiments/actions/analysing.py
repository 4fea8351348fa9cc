"""Looks at the facts: asking for one, calling it off. The worker does them (`measuring.working`)."""

from datetime import datetime

from django.db import IntegrityError, transaction

from awayteam.experiments.machine import Party, State
from awayteam.experiments.models import Analysis, Experiment, Working
from awayteam.experiments.permissions import as_party, visible
from awayteam.kernel import worker
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.errors import Conflict, NotFound

OPEN = (Working.WAITING, Working.RUNNING)
MEASURED = (State.RUNNING, State.STOPPED, State.DECIDED)


def ask_analysis(experiment: Experiment, *, actor: Actor, now: datetime) -> Analysis:
    """Ask for a look; one that waits or runs already is that look. The worker begins at once.

    Raises `NotFound`, `NotAllowed`, `Conflict` (nothing was measured yet).
    """
    row = visible(actor, Experiment.objects.filter(pk=experiment.pk), now).select_related("registration").first()
    if row is None:
        raise NotFound(f"There is no experiment {experiment.pk}.", "Look at the list.")
    if actor.kind is not ActorKind.SYSTEM:
        as_party(actor, row, Party.OWNER).require()
    if row.state not in MEASURED or row.registration is None:
        raise Conflict(f"The experiment is {row.state}: there is nothing to look at.", "Start it first.")
    try:
        with transaction.atomic():
            made = Analysis.objects.create(
                experiment=row, registration=row.registration, asked_at=now, asked_by_id=actor.person_id
            )
    except IntegrityError:
        return Analysis.objects.get(experiment=row, state__in=OPEN)
    transaction.on_commit(worker.wake)
    return made


def cancel(analysis: Analysis, *, actor: Actor, now: datetime) -> Analysis:
    """Call a look off: one that waits ends at once, one that runs at its next step.

    Raises `NotFound`, `NotAllowed`, `Conflict` (it has ended).
    """
    seen = visible(actor, Experiment.objects.filter(pk=analysis.experiment_id), now).select_related("team").first()
    if seen is None:
        raise NotFound(f"There is no analysis {analysis.pk}.", "Look at the experiment.")
    as_party(actor, seen, Party.OWNER).require()
    waiting = Analysis.objects.filter(pk=analysis.pk, state=Working.WAITING)
    if waiting.update(state=Working.CANCELLED, ended_at=now, cancel=True):
        return Analysis.objects.get(pk=analysis.pk)
    if not Analysis.objects.filter(pk=analysis.pk, state=Working.RUNNING).update(cancel=True):
        raise Conflict("This look has ended already.", "Ask for another one.")
    return Analysis.objects.get(pk=analysis.pk)

"""Everything that the page of one experiment shows."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awayteam.experiments import design as designs
from awayteam.experiments.actions.reviewing import of_experiment
from awayteam.experiments.design import Design
from awayteam.experiments.machine import MACHINE, Party, State
from awayteam.experiments.models import Analysis, Epoch, Experiment, Registration, Working
from awayteam.experiments.permissions import as_party, visible
from awayteam.experiments.plots import EXPERIMENT
from awayteam.experiments.queries.lists import RELATED, ExperimentRow, rows_of
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.permissions import Decision
from awayteam.reviews.models import Review
from awayteam.stories.stepping import Offer, look, offers

MORE = ("entity", "request", "engagement", "goal", "source", "registration", "entry", "scorecard")


def experiment(actor: Actor, pk: int) -> Experiment:
    """One experiment. Raises `NotFound`."""
    found = visible(actor, Experiment.objects.filter(pk=pk)).select_related(*RELATED, *MORE).first()
    if found is None:
        raise NotFound("There is no such experiment.", "See the list of experiments.")
    return found


def named(actor: Actor, key: str) -> Experiment:
    """One experiment by its number or key. Raises `NotFound`."""
    rows = visible(actor, Experiment.objects.all())
    own = rows.filter(pk=int(key)) if key.isdecimal() and len(key) < 18 else rows.filter(key=key)
    found = own.first()
    if found is None:
        raise NotFound(f"There is no experiment {key[:63]!r}.", "See the list of experiments.")
    return experiment(actor, found.pk)


@dataclass(frozen=True, slots=True)
class Amendment:
    """A registration after the start, with what it changed: (part, old, new)."""

    registration: Registration
    changes: Sequence[tuple[str, Any, Any]]


@dataclass(frozen=True, slots=True)
class Story:
    """`design` is the registered one, else the draft, None where that can't be read. `card` is the newest scorecard,
    `analysis` the newest look, which may still run or have failed; `stale` says that a look after it gave none."""

    row: ExperimentRow
    design: Design | None
    problems: tuple[designs.Problem, ...]
    findings: tuple[dict[str, Any], ...]
    registrations: tuple[Registration, ...]
    amendments: tuple[Amendment, ...]
    epochs: tuple[Epoch, ...]
    reviews: tuple[Review, ...]
    offers: tuple[Offer, ...]
    analysis: Analysis | None
    card: Analysis | None
    then: str
    owns: Decision

    @property
    def experiment(self) -> Experiment:
        return self.row.experiment

    @property
    def stale(self) -> bool:
        return self.analysis is not None and self.analysis.state == Working.FAILED


def story(actor: Actor, pk: int, now: datetime) -> Story:
    """Raises `NotFound`."""
    found = experiment(actor, pk)
    registrations = tuple(found.registrations.order_by("number"))
    design = _design(found)
    newest = found.analyses.select_related("registration").order_by("-pk").first()
    card = found.scorecard if newest is None or newest.pk != found.scorecard_id else newest
    waiting = MACHINE.waiting.get(State(found.state))
    return Story(
        row=rows_of([found], now)[0], design=design, problems=tuple(designs.problems(design)) if design else (),
        findings=tuple(found.findings), registrations=registrations, amendments=_amendments(registrations),
        epochs=tuple(found.epochs.order_by("number")), reviews=tuple(of_experiment(found)),
        offers=tuple(offers(look(EXPERIMENT, found, actor=actor, now=now))), analysis=newest,
        card=card if card is not None and card.state == Working.DONE else None, then=waiting.then if waiting else "",
        owns=as_party(actor, found, Party.OWNER),
    )  # fmt: skip


def _design(row: Experiment) -> Design | None:
    try:
        return designs.read(json.loads(row.registration.text) if row.registration is not None else row.design)
    except ValueError:
        return None


def _amendments(found: Sequence[Registration]) -> tuple[Amendment, ...]:
    pairs = itertools.pairwise(found)
    return tuple(
        Amendment(after, designs.differences(json.loads(before.text), json.loads(after.text)))
        for before, after in pairs
        if after.amends
    )

"""Experiments over HTTP."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Status

from awayteam.experiments import actions, inputs, queries
from awayteam.experiments.api.schemas import (
    ExperimentAllocateIn,
    ExperimentAmendIn,
    ExperimentDecideIn,
    ExperimentIn,
    ExperimentOut,
    ExperimentsQuery,
    ExperimentStoryOut,
    ExperimentSubmitIn,
    ExperimentWordsIn,
    LearningOut,
    LearningsQuery,
    MetricIn,
    MetricOut,
    PooledOut,
    ScorecardOut,
    learning_out,
    metric_out,
    story_out,
    values,
)
from awayteam.experiments.models import Experiment
from awayteam.experiments.queries import ExperimentFilter
from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, Word, guarded, page_of
from awayteam.organisation import queries as organisation

router = Router(tags=["experiments"])


def _story(request: Request, pk: int) -> ExperimentStoryOut:
    """An experiment as GET shows it."""
    return story_out(queries.story(request.actor, pk, timezone.now()))


def _act(request: Request, pk: int, act: Callable[[Experiment], Any]) -> ExperimentStoryOut:
    row = queries.experiment(request.actor, pk)
    with guarded(request, row, lambda: _story(request, pk)):
        act(row)
    return _story(request, pk)


@router.get("", response=PageOf[ExperimentOut])
def list_experiments(request: Request, query: Annotated[ExperimentsQuery, Query()]) -> Any:
    """Experiments, the most pressing first."""
    chosen = {name: tuple(getattr(query, name)) for name in ("state", "team", "outcome", "surface")}
    wanted = ExperimentFilter(**chosen, live=not query.ended, mine=query.mine, text=query.q)
    page = queries.experiments(
        request.actor, wanted, now=timezone.now(), sort=query.sort, cursor=query.cursor, limit=query.limit
    )
    return page_of(page, [ExperimentOut(**values(row)) for row in page.items])


@router.post("", response={201: ExperimentStoryOut})
def design_experiment(request: Request, body: ExperimentIn) -> Any:
    """Open a draft."""
    now = timezone.now()
    made = actions.design(inputs.wanted(request.actor, body.model_dump(), now), actor=request.actor, now=now)
    return Status(201, _story(request, made.pk))


@router.get("/learnings", response=PageOf[LearningOut])
def list_learnings(request: Request, query: Annotated[LearningsQuery, Query()]) -> Any:
    """What ended experiments taught, the newest first."""
    page = queries.learnings(
        request.actor, text=query.q, outcome=query.outcome, team=query.team, cursor=query.cursor, limit=query.limit
    )
    return page_of(page, [learning_out(row) for row in page.items])


@router.get("/effects", response=list[PooledOut])
def pool_effects(request: Request, team: Word = "", by_team: bool = False) -> Any:
    """Past effects by metric: random effects over decided experiments."""
    return [PooledOut(**asdict(one)) for one in queries.pooled(request.actor, by_team=by_team, team=team)]


@router.get("/metrics", response=list[MetricOut])
def list_metrics(request: Request, retired: bool = False) -> Any:
    """Metrics of the organisation by key."""
    return [metric_out(row) for row in queries.metrics(request.actor, retired=retired)]


@router.post("/metrics", response={201: MetricOut})
def define_metric(request: Request, body: MetricIn) -> Any:
    """Define a metric once, for everybody."""
    given = body.model_dump()
    given["team"] = organisation.team(request.actor, given["team"])
    made = actions.define(actions.Definition(**given), actor=request.actor, now=timezone.now())
    return Status(201, metric_out(made))


@router.get("/{id}", response=ExperimentStoryOut)
def show_experiment(request: Request, id: Id) -> Any:
    """One experiment with its design, registrations, epochs, and what the caller may do."""
    return _story(request, id)


@router.get("/{id}/scorecard", response=ScorecardOut)
def show_scorecard(request: Request, id: Id) -> Any:
    """The newest whole scorecard."""
    told = queries.story(request.actor, id, timezone.now())
    if told.card is None or told.card.result is None:
        raise NotFound("There is no scorecard yet.", "Ask for a look at the facts.")
    problem = told.analysis.problem if told.stale and told.analysis else ""
    row = told.experiment
    return ScorecardOut(
        experiment=row.pk, key=row.key, made_at=told.card.ended_at, problem=problem, card=told.card.result
    )


@router.put("/{id}", response=ExperimentStoryOut)
def edit_experiment(request: Request, id: Id, body: ExperimentIn) -> Any:
    """Change a draft; what is left out is as in a new one."""
    now = timezone.now()
    wanted = inputs.wanted(request.actor, body.model_dump(), now)
    return _act(request, id, lambda row: actions.edit(row, wanted, actor=request.actor, now=now))


@router.post("/{id}/check", response=ExperimentStoryOut)
def check_experiment(request: Request, id: Id) -> Any:
    """Let the machine check a draft; its findings say what forbids it."""
    return _act(request, id, lambda row: actions.check(row, actor=request.actor, now=timezone.now()))


@router.post("/{id}/submit", response=ExperimentStoryOut)
def submit_experiment(request: Request, id: Id, body: ExperimentSubmitIn) -> Any:
    """Register the design by its hash; the rulebook says whether a bar raiser looks first."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.submit(row, words=body.words, actor=request.actor, now=now))


@router.post("/{id}/revise", response=ExperimentStoryOut)
def revise_experiment(request: Request, id: Id, body: ExperimentWordsIn) -> Any:
    """Back to the draft."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.revise(row, words=body.words, actor=request.actor, now=now))


@router.post("/{id}/withdraw", response=ExperimentStoryOut)
def withdraw_experiment(request: Request, id: Id, body: ExperimentWordsIn) -> Any:
    """It won't be run."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.withdraw(row, words=body.words, actor=request.actor, now=now))


@router.post("/{id}/start", response=ExperimentStoryOut)
def start_experiment(request: Request, id: Id) -> Any:
    """Assign units from now on."""
    return _act(request, id, lambda row: actions.start(row, actor=request.actor, now=timezone.now()))


@router.post("/{id}/allocation", response=ExperimentStoryOut)
def reallocate_experiment(request: Request, id: Id, body: ExperimentAllocateIn) -> Any:
    """More traffic, other shares of new units, or a dropped arm: a new epoch."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.reallocate(
        row, words=body.words, traffic=body.traffic, shares=body.shares, drop=body.drop, actor=request.actor, now=now
    ))  # fmt: skip


@router.post("/{id}/amend", response=ExperimentStoryOut)
def amend_experiment(request: Request, id: Id, body: ExperimentAmendIn) -> Any:
    """Change what was registered while it runs, in public."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.amend(row, body.changes, why=body.why, actor=request.actor, now=now))


@router.post("/{id}/stop", response=ExperimentStoryOut)
def stop_experiment(request: Request, id: Id, body: ExperimentWordsIn) -> Any:
    """Assign nobody new; the decider has the turn."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.stop(row, words=body.words, actor=request.actor, now=now))


@router.post("/{id}/look", response=ExperimentStoryOut)
def look_at_facts(request: Request, id: Id) -> Any:
    """Ask for a look at the facts; the worker does it, its progress stands in `analysis`."""
    actions.ask_analysis(queries.experiment(request.actor, id), actor=request.actor, now=timezone.now())
    return _story(request, id)


@router.post("/{id}/look/cancel", response=ExperimentStoryOut)
def cancel_look(request: Request, id: Id) -> Any:
    """Call a look off."""
    told = queries.story(request.actor, id, timezone.now())
    if told.analysis is None:
        raise NotFound("Nobody looks at its facts now.", "Ask for a look.")
    actions.cancel(told.analysis, actor=request.actor, now=timezone.now())
    return _story(request, id)


@router.post("/{id}/decide", response=ExperimentStoryOut)
def decide_experiment(request: Request, id: Id, body: ExperimentDecideIn) -> Any:
    """Decide by the scorecard; against the rule it stands in the public register."""
    now, given = timezone.now(), body.model_dump()
    return _act(request, id, lambda row: actions.decide(row, **given, actor=request.actor, now=now))


@router.post("/{id}/clean-up", response=ExperimentStoryOut)
def clean_up_experiment(request: Request, id: Id, body: ExperimentWordsIn) -> Any:
    """The flag and the losing code are gone."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.clean_up(row, words=body.words, actor=request.actor, now=now))


@router.post("/{id}/learn", response=ExperimentStoryOut)
def write_learning(request: Request, id: Id, body: ExperimentWordsIn) -> Any:
    """Write down what was learnt, for everybody who searches."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.learn(row, words=body.words, actor=request.actor, now=now))

"""Bar raisers: which reviews a design needs by the rulebook, asking for them, and hearing what was decided."""

from collections.abc import Sequence
from datetime import datetime

from awayteam.experiments import design as designs
from awayteam.experiments.actions.designing import back_to_draft
from awayteam.experiments.design import Design, Role
from awayteam.experiments.machine import Party, State, Verb
from awayteam.experiments.models import Experiment
from awayteam.experiments.plots import EXPERIMENT
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.reviews import actions as reviews
from awayteam.reviews import triggers
from awayteam.reviews.machine import State as ReviewState
from awayteam.reviews.models import Review
from awayteam.reviews.queries import needed_for
from awayteam.reviews.triggers import Facts, Needed
from awayteam.stories.stepping import enter, hold


def needed(row: Experiment, found: Design) -> Sequence[Needed]:
    """The fields in which a bar raiser must look first, with the triggers of the rulebook that say so."""
    if row.entity is not None:
        return needed_for(row.entity, customer_experiment=found.customers).needed
    book = rulebook.current().reviews
    lines = triggers.read((*book.triggers, *book.more_triggers))
    return triggers.judge(lines, Facts(customer_experiment=found.customers)).needed


def ask_reviews(row: Experiment, wanted: Sequence[Needed], *, actor: Actor, now: datetime) -> None:
    """Ask for each review that has no open one. Raises what `request_review` does."""
    assert row.decider is not None
    assert row.registration is not None
    without = [one for one in (row.owner_id, row.decider_id) if one is not None]
    for one in wanted:
        reviews.request_review(
            reviews.Wanted(
                field=one.field, title=row.title, question=question(row, designs.read(row.design)), team=row.team,
                decider=row.decider, entity=row.entity, subject=EXPERIMENT.subject(row),
                address=EXPERIMENT.address(row), because=triggers.plain(one.because), without=without,
            ),
            actor=actor, now=now,
        )  # fmt: skip


def question(row: Experiment, found: Design) -> str:
    """What the bar raiser reads, as Markdown: the registered design in words, with its hash."""
    assert row.registration is not None
    lines = [found.hypothesis.strip(), ""]
    arms = ", ".join(f"{one.key} {one.share / 100:g}%" for one in found.arms)
    lines.append(f"- Unit: {found.unit}; arms: {arms}; {found.traffic / 100:g}% of traffic for {found.days} days")
    for use in found.uses:
        what = f"smallest change {use.effect:.2%}" if use.effect and use.role is Role.SUCCESS else ""
        what = f"margin {use.margin:.2%}" if use.margin and use.role is Role.GUARDRAIL else what
        lines.append(
            f"- {use.role.value}: {use.metric.title} "
            f"({use.metric.direction.value} is better{', ' if what else ''}{what})"
        )
    lines.append(
        f"- Read {found.horizon.value}, level {found.alpha:g}, power {found.power:g}, "
        f"correction {found.correction.value}"
    )
    return "\n".join([*lines, "", f"Registered as `{row.registration.sha256}`. Is this a fair question, asked well?"])


def of_experiment(row: Experiment) -> list[Review]:
    """Its reviews, the newest first."""
    rows = Review.objects.filter(subject_kind=EXPERIMENT.kind, subject_id=row.pk)
    return list(rows.select_related("bar_raiser", "decider", "opinion").order_by("-pk"))


def withdraw_reviews(row: Experiment, *, now: datetime) -> None:
    """Take back what nobody has spoken about yet; a recommendation that was given stays to be decided."""
    for one in of_experiment(row):
        if one.state in (ReviewState.UNASSIGNED, ReviewState.ASSIGNED):
            reviews.withdraw(one, words="The design is a draft again, or given up.", actor=SYSTEM, now=now)


def decided(review: Review, actor: Actor, now: datetime) -> None:
    """A review of an experiment was decided: with the last one it is ready, or a draft again.

    A recommendation against that was followed sends it back; one that was overridden doesn't, and is in the register.
    """
    row = Experiment.objects.filter(pk=review.subject_id or 0).first()
    if row is None or row.state != State.IN_REVIEW:
        return
    held = hold(EXPERIMENT, row, actor=SYSTEM, now=now)
    held.party = Party.AWAYTEAM
    if held.row.state != State.IN_REVIEW:
        return
    if review.state == ReviewState.WITHDRAWN:
        back_to_draft(held, Verb.APPROVE, f"The review was withdrawn by {actor.label}.")
    elif review.state == ReviewState.FOLLOWED and review.opinion.recommendation == "against":
        back_to_draft(held, Verb.APPROVE, f"{review.opinion.label} advised against it, and that is followed.")
    elif all(one.closed_at is not None for one in of_experiment(row)):
        enter(held, Verb.APPROVE, State.READY, words=f"Reviewed by {review.opinion.label}.")

"""What an experiment tells assignment: its rule, as flags evaluate it; and nothing else knows both."""

from datetime import datetime

from awayteam.experiments.design import WHOLE
from awayteam.experiments.machine import State
from awayteam.experiments.models import Epoch, Experiment
from awayteam.flags import assignment
from awayteam.flags.assignment import Arm, ExperimentRule, Layer
from awayteam.kernel.actor import Actor


def rule_of(row: Experiment, at: datetime | None = None) -> ExperimentRule | None:
    """The rule of a run as it is, or as it was at a moment; None before its first epoch.

    An epoch that only drops an arm takes nobody in: it is no epoch of the rule, for nobody's place moves.
    """
    epochs = [one for one in row.epochs.order_by("number") if at is None or one.starts_at <= at]
    if not epochs:
        return None
    wide = row.traffic if row.layer else WHOLE
    layer = None
    if row.layer and row.layer_from is not None and row.layer_to is not None:
        layer = Layer(row.layer, row.layer_from, row.layer_to)
    return ExperimentRule(
        salt=row.key, epochs=tuple(_epoch(one, wide) for one in growing(epochs)), layer=layer,
        dropped=frozenset(epochs[-1].dropped),
    )  # fmt: skip


def growing(epochs: list[Epoch]) -> list[Epoch]:
    """Those that take units in."""
    return [one for before, one in zip([None, *epochs], epochs, strict=False)
            if before is None or one.traffic > before.traffic]  # fmt: skip


def _epoch(one: Epoch, wide: int) -> assignment.Epoch:
    """Traffic counts within the slots of the layer, where there is one."""
    arms = tuple(Arm(name, share) for name, share in one.shares.items() if share)
    return assignment.Epoch(min(round(one.traffic * WHOLE / wide), WHOLE), arms)


def publish(row: Experiment, *, actor: Actor, now: datetime) -> None:  # noqa: ARG001
    """Let evaluation follow what the run is now."""
    rule = rule_of(row)
    if rule is not None and row.state == State.RUNNING:
        assignment.parse(assignment.to_data(rule))


def retire(row: Experiment, *, actor: Actor, now: datetime) -> None:
    """The flag is gone from the code: evaluation needs it no more."""

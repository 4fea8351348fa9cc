"""What an experiment tells assignment: its rule, as flags evaluate it; and nothing else knows both."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from awayteam.experiments.design import WHOLE
from awayteam.experiments.machine import State
from awayteam.experiments.models import Epoch, Experiment
from awayteam.flags import actions as flags
from awayteam.flags import assignment
from awayteam.flags.assignment import Arm, ExperimentRule, Layer
from awayteam.flags.models import Flag
from awayteam.flags.rules import Purpose
from awayteam.kernel.actor import SYSTEM, Actor


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


def publish(row: Experiment, *, actor: Actor, now: datetime) -> None:  # noqa: ARG001 - the event says who acts
    """Let the flag of the experiment, which has its key, serve what the run is now, in the caller's transaction.

    It is served where customers are: in the first environment. While it runs, units get the arms that the rule gives
    them, and all others the control; after it everybody gets the control, and once one ships, that.
    """
    keys = list(row.epochs.order_by("number").values_list("shares", flat=True)[:1])
    if not keys:
        return
    arms = list(keys[0])
    everybody = row.shipped_arm if row.state == State.DECIDED and row.shipped_arm in arms else control_of(row)
    text, why = definition(row, arms, everybody), f"Experiment {row.pk} is {row.state}."
    environment = flags.ensure_environments(actor=SYSTEM, now=now)[0]
    flag = Flag.objects.filter(key=row.key).first()
    if flag is None:
        wanted = flags.Wanted(
            row.key, row.team, text, purpose=Purpose.EXPERIMENT, title=row.title[:200], environments=[environment]
        )
        flags.create(wanted, actor=SYSTEM, now=now, reason=why)
    elif flag.archived_at is None:
        flags.define(flag, environment, text, actor=SYSTEM, now=now, reason=why)


def definition(row: Experiment, arms: Sequence[str], everybody: str) -> str:
    """The flag as flagd writes it; its variants are the arms by name."""
    made: dict[str, Any] = {
        "state": "ENABLED", "variants": {one: one for one in arms}, "defaultVariant": everybody,
    }  # fmt: skip
    rule = rule_of(row)
    if rule is not None and row.state == State.RUNNING:
        made["targeting"] = assignment.targeting_of(rule)
    return json.dumps(made, indent=2, ensure_ascii=False)


def control_of(row: Experiment) -> str:
    """The first arm of the registered design."""
    text = row.registration.text if row.registration is not None else json.dumps(row.design)
    return str(json.loads(text)["arms"][0]["key"])


def retire(row: Experiment, *, actor: Actor, now: datetime) -> None:  # noqa: ARG001
    """The flag is gone from the code: it is served no more."""
    flag = Flag.objects.filter(key=row.key, archived_at__isnull=True).first()
    if flag is not None:
        flags.archive(flag, actor=SYSTEM, now=now, reason=f"Experiment {row.pk} was cleaned up.")


def is_free(key: str) -> bool:
    """Whether no flag has this key."""
    return not Flag.objects.filter(key=key).exists()

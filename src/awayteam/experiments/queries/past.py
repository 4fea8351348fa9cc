"""What past experiments say together: effects by metric and team, with how much they differ from each other."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from awayteam.experiments.models import Effect, Experiment
from awayteam.experiments.permissions import visible
from awayteam.kernel.actor import Actor

MOST = 5_000


@dataclass(frozen=True, slots=True)
class Pooled:
    """Effects of one metric, random effects by DerSimonian and Laird (1986). `mean` and its interval, at 95%, are
    relative changes; `spread` is how much true effects differ (a standard deviation). `better`: how many were shown to
    be good."""

    metric: str
    title: str
    team: str
    experiments: int
    effects: int
    better: int
    worse: int
    mean: float
    low: float
    high: float
    spread: float


def pooled(actor: Actor, *, by_team: bool = False, team: str = "") -> list[Pooled]:
    """Past effects of success metrics and guardrails that the actor may see, by metric (and team)."""
    seen = visible(actor, Experiment.objects.filter(decided_at__isnull=False)).order_by().values("pk")
    rows = Effect.objects.filter(experiment__in=seen).exclude(role="secondary").select_related("team")
    if team:
        rows = rows.filter(team__ref=team)
    groups: dict[tuple[str, str], list[Effect]] = defaultdict(list)
    for one in rows.order_by("-at", "id")[:MOST]:
        groups[one.metric, str(one.team) if by_team else ""].append(one)
    made = [_pooled(metric, name, found) for (metric, name), found in groups.items()]
    return sorted(made, key=lambda one: (-one.experiments, one.title, one.team))


def _pooled(metric: str, team: str, found: Sequence[Effect]) -> Pooled:
    mean, error, spread = random_effects([(one.change, one.standard_error) for one in found])
    signs = [(1 if one.direction == "up" else -1, one) for one in found]
    better = sum(1 for sign, one in signs if min(sign * one.low, sign * one.high) > 0)
    worse = sum(1 for sign, one in signs if max(sign * one.low, sign * one.high) < 0)
    return Pooled(
        metric, found[0].title, team, len({one.experiment_id for one in found}), len(found), better, worse,
        mean, mean - 1.96 * error, mean + 1.96 * error, spread,
    )  # fmt: skip


def random_effects(pairs: Iterable[tuple[float, float]]) -> tuple[float, float, float]:
    """The mean of (effect, standard error), its standard error, and how much the true effects spread."""
    known = [(effect, error) for effect, error in pairs if error > 0]
    if not known:
        return 0.0, 0.0, 0.0
    weights = [1 / error**2 for _effect, error in known]
    total = sum(weights)
    fixed = sum(w * effect for w, (effect, _error) in zip(weights, known, strict=True)) / total
    q = sum(w * (effect - fixed) ** 2 for w, (effect, _error) in zip(weights, known, strict=True))
    c = total - sum(w * w for w in weights) / total
    variance = max((q - len(known) + 1) / c, 0.0) if c > 0 else 0.0
    weights = [1 / (error**2 + variance) for _effect, error in known]
    mean = sum(w * effect for w, (effect, _error) in zip(weights, known, strict=True)) / sum(weights)
    return mean, 1 / sqrt(sum(weights)), sqrt(variance)

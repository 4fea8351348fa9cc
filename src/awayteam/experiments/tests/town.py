"""The town of the reviews' tests with bar raisers for A/B tests, metrics, and facts that assignment really made.

Olga and oscar belong to orders; olga owns experiments and mona, its manager above, decides. Facts come from units that
the experiment's own rule assigns, with the effects that a test asks for.
"""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from awayteam.experiments import actions, serving
from awayteam.experiments.actions import Definition, Wanted
from awayteam.experiments.facts import store
from awayteam.experiments.measuring import working
from awayteam.experiments.models import Analysis, Experiment, Metric
from awayteam.flags.assignment import assign_many
from awayteam.requests.tests.town import Town
from awayteam.reviews.tests import town as towns
from awayteam.reviews.tests.town import NOON, raiser

__all__ = ["NOON", "Town", "analyse", "design", "found", "metric", "ready", "running", "send", "simulate", "wanted"]


def found() -> Town:
    town = towns.found()
    for name, field in (("rita", "ab-testing"), ("rob", "ab-testing"), ("di", "customer-experience")):
        raiser(town, name, field)
    for key, title, kind, direction, event in (
        ("bought", "Buyers", "proportion", "up", "order"), ("spent", "Money spent", "mean", "up", "order"),
        ("slow", "Waiting time", "mean", "down", "wait"),
    ):  # fmt: skip
        metric(town, key, title, kind, direction, event)
    return town


def metric(town: Town, key: str, title: str, kind: str, direction: str, event: str, **more: Any) -> Metric:
    wanted = Definition(
        key=key, title=title, team=town.team("orders"), kind=kind, direction=direction, event=event, **more
    )
    return actions.define(wanted, actor=town.actor("olga", town.now), now=town.now)


def plain_metric(key: str) -> dict[str, Any]:
    from awayteam.experiments.queries.metrics import plain_of

    return plain_of(Metric.objects.get(key=key))


def use(key: str, role: str = "success", **more: Any) -> dict[str, Any]:
    known = {"success": {"effect": 0.2}, "guardrail": {"margin": 0.1}, "secondary": {}}[role]
    return {"metric": plain_metric(key), "role": role, "effect": None, "margin": None, "mean": None, "deviation": None,
            **known, **more}  # fmt: skip


def design(**more: Any) -> dict[str, Any]:
    """A whole design with power for what the tests simulate."""
    return {
        "hypothesis": "One page for paying lets more visitors buy, because fewer give up on the way.", "unit": "user",
        "days": 14, "surface": "checkout", "daily_units": 500.0, "cuped_days": 0,
        "arms": [
            {"key": "control", "title": "Two pages", "share": 5000}, {"key": "one", "title": "One", "share": 5000},
        ],
        "uses": [use("bought", mean=0.3, deviation=0.46), use("slow", "guardrail")], **more,
    }  # fmt: skip


def wanted(town: Town, title: str = "One page for paying", **more: Any) -> Wanted:
    values: dict[str, Any] = {
        "title": title, "team": town.team("orders"), "owner": town.person("olga"), "decider": town.person("oscar"),
    }  # fmt: skip
    kept = {name: more.pop(name) for name in list(more) if name in Wanted.__dataclass_fields__}
    return Wanted(**{**values, **kept}, design=kept.pop("design", None) or design(**more))


def ready(town: Town, now: datetime | None = None, **more: Any) -> Experiment:
    """Designed, checked and registered, without customers, so that nobody reviews it."""
    at = now or town.now
    olga = town.actor("olga", at)
    row = actions.design(wanted(town, **more), actor=olga, now=at)
    row = actions.check(row, actor=olga, now=at)
    assert row.state == "checked", row.findings
    return actions.submit(row, actor=olga, now=at)


def running(town: Town, now: datetime | None = None, **more: Any) -> Experiment:
    at = now or town.now
    return actions.start(ready(town, at, **more), actor=town.actor("olga", at), now=at)


def simulate(
    row: Experiment, *, units: int = 4000, days: int = 14, rates: Mapping[str, float] | None = None,
    waits: Mapping[str, float] | None = None, start: datetime | None = None, seed: int = 7, prefix: str = "u",
) -> list[str]:  # fmt: skip
    """Send facts of `units` visitors that the experiment's rule assigns; returns their names, in an arm or not."""
    rule = serving.rule_of(row)
    assert rule is not None
    assert row.started_at is not None
    rates, waits = rates or {"control": 0.3, "one": 0.4}, waits or {}
    chance, begin = random.Random(seed), start or row.started_at
    names = [f"{prefix}{number}" for number in range(units)]
    given = assign_many(rule, names)
    exposures, events = [], []
    for name, number in zip(names, given.arm.tolist(), strict=True):
        if number < 0:
            continue
        arm = given.names[number]
        at = begin + timedelta(seconds=chance.random() * days * 86_400 * 0.9)
        exposures.append(exposure(row.key, name, arm, at, country=chance.choice(["de", "fr"])))
        if chance.random() < rates.get(arm, 0.3):
            events.append(event(name, "order", at + timedelta(minutes=5), 20 + 10 * chance.random()))
        events.append(
            event(name, "wait", at + timedelta(seconds=1), waits.get(arm, 1.0) * (0.8 + 0.4 * chance.random()))
        )
    send(exposures, events)
    return names


def exposure(key: str, unit: str, arm: str, at: datetime, **properties: str) -> dict[str, Any]:
    return {"experiment": key, "unit": unit, "arm": arm, "at": at.isoformat(), "properties": properties}


def event(unit: str, name: str, at: datetime, value: float = 1.0, **more: Any) -> dict[str, Any]:
    return {"unit": unit, "name": name, "at": at.isoformat(), "value": value, **more}


def send(exposures: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
    """As the endpoint keeps a batch."""
    import orjson

    from awayteam.experiments.facts.taking import take

    body = orjson.dumps({"exposures": exposures, "events": events})
    taken = take(body, now=NOON + timedelta(days=4000), most=10**6, ahead_seconds=300)
    assert taken.refused == []
    store.keep("exposures", taken.exposures)
    store.keep("events", taken.events)


def analyse(row: Experiment, now: datetime) -> Analysis:
    """Ask for a look and do it."""
    from awayteam.kernel.actor import SYSTEM

    actions.ask_analysis(row, actor=SYSTEM, now=now)
    working.work(now, 10, lambda: False)
    found = row.analyses.order_by("-pk").first()
    assert found is not None
    return found

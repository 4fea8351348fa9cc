# ruff: noqa: E501 - texts read better whole
"""Experiments of the demonstration: one in each state, with visitors whom the experiments' own rules assigned."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from awayteam.accounts.actors import actors_of_persons
from awayteam.experiments import actions, queries, serving
from awayteam.experiments.actions import Definition, Wanted
from awayteam.experiments.facts import store
from awayteam.experiments.facts.taking import take
from awayteam.experiments.measuring import working
from awayteam.experiments.models import Experiment, Metric
from awayteam.flags.assignment import assign_many
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.organisation.queries import dated

METRICS = (
    ("buyers", "Visitors who buy", "proportion", "up", "order", "", "Visitors with at least one order."),
    ("revenue", "Revenue of a visitor", "mean", "up", "order", "EUR", "All orders of a visitor, 0 for those without."),
    ("waiting", "Waiting for a page", "mean", "down", "wait", "ms", "Until the page can be used."),
    ("complaints", "Visitors who complain", "proportion", "down", "complaint", "", "By form, chat or telephone."),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What happened: it was designed `ago` days back and came as far as `until` (a state, or an outcome)."""

    title: str
    hypothesis: str
    surface: str
    ago: float
    until: str
    arms: tuple[tuple[str, str], ...]
    buys: Mapping[str, float] = field(default_factory=dict)
    waits: Mapping[str, float] = field(default_factory=dict)
    words: str = ""
    customers: bool = False
    layer: str = ""
    lost: int = 0


STORIES = (
    Told("Gift wrapping before paying", "If wrapping is offered before paying instead of after it, more visitors add it, "
         "because they still think of the person whom it is for.", "checkout", 1, "draft", (("control", "After"), ("before", "Before paying"))),
    Told("Shorter names of sizes", "Sizes as numbers instead of words let visitors choose faster, and fewer come back "
         "to change an order.", "product page", 2, "checked", (("control", "Words"), ("numbers", "Numbers"))),
    Told("Delivery date beside the price", "A delivery date beside the price lets more visitors buy, because one in six "
         "leaves the product page to look for it.", "product page", 3, "in-review",
         (("control", "On the last page"), ("beside", "Beside the price")), customers=True),
    Told("Search that forgives spelling", "Forgiving two wrong letters instead of one lets more visitors find and buy; "
         "one search in nine finds nothing today.", "search", 2, "ready", (("control", "One letter"), ("two", "Two letters")), layer="finding"),
    Told("Sorting by what others bought", "Sorting results by what others bought after the same search lets more visitors "
         "buy than sorting by words alone.", "search", 6, "running", (("control", "By words"), ("bought", "By purchases")),
         {"control": 0.21, "bought": 0.25}, {"control": 310, "bought": 318}, layer="finding"),
    Told("Pictures that load later", "Loading pictures below the fold later lets pages be used sooner, and no fewer "
         "visitors buy.", "product page", 16, "stopped", (("control", "All at once"), ("later", "When they are near")),
         {"control": 0.22, "later": 0.235}, {"control": 420, "later": 322}),
    Told("One page for paying", "One page for paying instead of three lets more visitors buy, because a fifth of them "
         "leaves between the pages.", "checkout", 34, "ship", (("control", "Three pages"), ("one", "One page")),
         {"control": 0.24, "one": 0.31}, {"control": 390, "one": 396},
         "One page brings more buyers, and waits no longer. The second page was where most of them left."),
    Told("A face beside the help button", "A photograph beside the help button lets fewer visitors give up, so that more "
         "of them buy.", "checkout", 60, "dont-ship", (("control", "A question mark"), ("face", "A face")),
         {"control": 0.25, "face": 0.25}, {"control": 400, "face": 402},
         "A face changes nothing that we could find, with the sample that we had planned."),
    Told("Larger buttons on telephones", "Buttons of 48 pixels on telephones let more visitors buy, because they miss "
         "fewer of them.", "checkout", 90, "override", (("control", "36 pixels"), ("large", "48 pixels")),
         {"control": 0.26, "large": 0.26}, {"control": 380, "large": 381},
         "It moves no number, and people with unsteady hands asked for it. It costs nothing to keep, so it ships."),
    Told("Prices without cents", "Prices without cents read faster, so more visitors compare and buy.", "product page", 45,
         "invalid", (("control", "With cents"), ("without", "Without")), {"control": 0.23, "without": 0.27}, {},
         "A redirect lost visitors of one arm only. The numbers look fine and mean nothing.", lost=260),
)  # fmt: skip
TEAMS = {"checkout": "checkout", "product page": "basket", "search": "product-search"}
"""Whose experiments are those on each surface."""
ENDED = ("ship", "dont-ship", "override", "invalid")


def fill(*, now: datetime) -> None:
    """Define the metrics, and let every story happen on its days."""
    sides = {surface: side for surface, name in TEAMS.items() if (side := _side(name, now)) is not None}
    if len(sides) < len(TEAMS):
        return
    team, (_owner, keeper), _decider = sides["checkout"]
    begun = now - timedelta(days=120)
    for key, title, kind, direction, event, unit, description in METRICS:
        wanted = Definition(key=key, title=title, team=team, kind=kind, direction=direction, event=event, unit=unit,
                            description=description)  # fmt: skip
        actions.define(wanted, actor=keeper, now=begun)
    actions.add_sender("web shop", team, actor=keeper, now=begun)
    for number, told in enumerate(STORIES):
        _tell(told, number, *sides[told.surface], now)
    store.pack(now)


Side = tuple[Team, tuple[Person, Actor], tuple[Person, Actor]]


def _side(name: str, now: datetime) -> Side | None:
    """A team with somebody who owns and somebody who decides; None where it has neither any more."""
    rows = Membership.objects.filter(dated(now), person__left_at__isnull=True, team__name=name)
    people = [row.person for row in rows.select_related("person").order_by("role", "person__name")]
    decides = rows.filter(role__in=[Role.DECIDER, Role.LEAD]).select_related("person").order_by("role", "pk").first()
    if decides is None or len(people) < 2:
        return None
    decider, owner = decides.person, next(one for one in people if one != decides.person)
    actors = actors_of_persons([owner.pk, decider.pk], now)
    return decides.team, (owner, actors[owner.pk]), (decider, actors[decider.pk])


def _use(key: str, role: str, size: float | None, mean: float | None, deviation: float | None) -> dict[str, Any]:
    return {"metric": queries.plain_of(Metric.objects.get(key=key)), "role": role, "mean": mean, "deviation": deviation,
            "effect": size if role == "success" else None, "margin": size if role == "guardrail" else None}  # fmt: skip


def _design(told: Told) -> dict[str, Any]:
    return {
        "hypothesis": told.hypothesis, "unit": "visitor", "days": 28 if told.until == "ready" else 14, "surface": told.surface, "layer": told.layer,
        "arms": [{"key": key, "title": title, "share": 5_000} for key, title in told.arms],
        "uses": [_use("buyers", "success", 0.2, 0.24, 0.43), _use("waiting", "guardrail", 0.05, 400.0, 80.0),
                 _use("complaints", "guardrail", 0.5, 0.03, 0.17), _use("revenue", "secondary", None, None, None)],
        "daily_units": 900.0 if told.layer else 420.0, "cuped_days": 0, "segments": ["device"], "customers": told.customers,
        "traffic": 5_000 if told.layer else 10_000,
    }  # fmt: skip


def _tell(
    told: Told, number: int, team: Team, owner: tuple[Person, Actor], decider: tuple[Person, Actor], now: datetime
) -> None:
    at = now - timedelta(days=told.ago)
    wanted = Wanted(title=told.title, team=team, owner=owner[0], decider=decider[0], design=_design(told))
    row = actions.design(wanted, actor=owner[1], now=at - timedelta(hours=3))
    if told.until == "draft":
        return
    row = actions.check(row, actor=owner[1], now=at - timedelta(hours=2))
    if told.until == "checked" or row.state != "checked":
        return
    row = actions.submit(row, words="Please mind the margins.", actor=owner[1], now=at - timedelta(hours=1))
    if told.until in ("in-review", "ready") or row.state != "ready":
        return
    row = actions.start(row, actor=owner[1], now=at)
    days = min(told.ago, 14)
    _visit(row, told, number, days, now)
    if told.until == "running":
        _look(row, now)
        return
    end = at + timedelta(days=14)
    row = actions.stop(row, words="The planned days are over.", actor=owner[1], now=end)
    _look(row, end + timedelta(hours=1))
    if told.until in ENDED:
        outcome = "ship" if told.until == "override" else told.until
        row = actions.decide(row, outcome=outcome, words=told.words, actor=decider[1], now=end + timedelta(days=1))
        if told.until != "ship":
            gone = end + timedelta(days=4)
            actions.clean_up(row, words="The flag and the code of the other arm are gone.", actor=owner[1], now=gone)


def _look(row: Experiment, at: datetime) -> None:
    """Let the facts be looked at, as the worker does."""
    from awayteam.kernel.actor import SYSTEM

    actions.ask_analysis(row, actor=SYSTEM, now=at)
    working.work(at, 5, lambda: False)


def _visit(row: Experiment, told: Told, number: int, days: float, now: datetime) -> None:
    """Some hundreds of visitors a day whom the experiment's rule assigns, with what they did."""
    rule, chance = serving.rule_of(row), random.Random(number)  # noqa: S311 - the same demonstration each time
    assert rule is not None
    assert row.started_at is not None
    names = [f"v{number}-{one}" for one in range(round(420 * days))]
    given = assign_many(rule, names)
    exposures, events = [], []
    for name, arm_number in zip(names, given.arm.tolist(), strict=True):
        if arm_number < 0:
            continue
        arm = given.names[arm_number]
        at = row.started_at + timedelta(days=chance.random() * (days - 0.1))
        exposures.append(_exposure(row, name, arm, at, chance.choice(("desk", "telephone", "telephone"))))
        wait = chance.gauss(told.waits.get(arm, 400), 80)
        events.append({"unit": name, "name": "wait", "at": (at + timedelta(seconds=1)).isoformat(), "value": wait})
        if chance.random() < told.buys.get(arm, 0.24):
            bought = at + timedelta(minutes=chance.uniform(1, 40))
            events.append({"unit": name, "name": "order", "at": bought.isoformat(), "value": chance.uniform(8, 120)})
        if chance.random() < 0.05:
            events.append({"unit": name, "name": "complaint", "at": (at + timedelta(minutes=50)).isoformat()})
    last = told.arms[-1][0]
    for lost in range(told.lost):
        at = row.started_at + timedelta(days=chance.random() * (days - 0.1))
        exposures.append(_exposure(row, f"v{number}-again-{lost}", last, at, "desk"))
    taken = take(orjson.dumps({"exposures": exposures, "events": events}), now=now, most=10**6, ahead_seconds=300)
    store.keep("exposures", taken.exposures)
    store.keep("events", taken.events)


def _exposure(row: Experiment, name: str, arm: str, at: datetime, device: str) -> dict[str, Any]:
    return {"experiment": row.key, "unit": name, "arm": arm, "at": at.isoformat(), "properties": {"device": device}}

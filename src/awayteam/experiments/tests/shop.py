"""Experiments in the shop of the page tests: one in each state that pages tell apart."""

import shutil
from datetime import datetime, timedelta
from typing import Any

from awayteam.experiments import actions
from awayteam.experiments.actions import Definition, Wanted
from awayteam.experiments.facts import store
from awayteam.experiments.models import Experiment
from awayteam.experiments.tests import town as towns
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Person, Team

DRAFT, REVIEWED, READY = "A <draft> of baskets", "Baskets that customers see", "Baskets in green"
RUNNING, DECIDED, BROKEN = "Baskets by voice", "Baskets with music", "Baskets that vanish"


def build(orders: Team, ada: Actor, zoe: Actor, now: datetime) -> None:
    """Ada designs for orders and decides; one went against the rule, one must not be trusted."""
    shutil.rmtree(store.folder(), ignore_errors=True)
    begun = now - timedelta(days=20)
    for key, title, kind, direction, event in (
        ("bought", "Buyers", "proportion", "up", "order"), ("slow", "Waiting time", "mean", "down", "wait"),
    ):  # fmt: skip
        wanted = Definition(key=key, title=title, team=orders, kind=kind, direction=direction, event=event, unit="s")
        actions.define(wanted, actor=ada, now=begun)
    actions.add_sender("basket <web>", orders, actor=ada, now=begun)
    _designed(orders, ada, begun, DRAFT)
    _submitted(orders, ada, begun, REVIEWED, customers=True)
    _submitted(orders, ada, begun, READY)
    running = actions.start(_submitted(orders, ada, begun, RUNNING, segments=["country"]), actor=ada, now=begun)
    towns.simulate(running, units=900, days=3)
    towns.analyse(running, now)
    for title in (DECIDED, BROKEN):
        row = actions.start(_submitted(orders, ada, begun, title), actor=ada, now=begun)
        towns.simulate(row, units=900, days=3, rates={"control": 0.3, "one": 0.3}, prefix=row.key)
        if title == BROKEN:
            at = begun + timedelta(days=1)
            towns.send([towns.exposure(row.key, f"lost{number}", "one", at) for number in range(300)], [])
        row = actions.stop(row, words="The season *ends*.", actor=ada, now=now - timedelta(days=1))
        towns.analyse(row, now)
        outcome = "ship" if title == DECIDED else "dont-ship"
        actions.decide(row, outcome=outcome, words="Half a <second> less to wait.", actor=ada, now=now)
    assert zoe.is_administrator


def _designed(orders: Team, ada: Actor, at: datetime, title: str, **more: Any) -> Experiment:
    person = Person.objects.get(pk=ada.person_id)
    wanted = Wanted(title=title, team=orders, owner=person, decider=person, design=towns.design(**more))
    return actions.design(wanted, actor=ada, now=at)


def _submitted(orders: Team, ada: Actor, at: datetime, title: str, **more: Any) -> Experiment:
    row = actions.check(_designed(orders, ada, at, title, **more), actor=ada, now=at)
    return actions.submit(row, actor=ada, now=at)


def number(title: str) -> int:
    return Experiment.objects.get(title=title).pk

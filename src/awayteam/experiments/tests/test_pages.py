"""The pages of experiments: what they say, and what their forms do or refuse."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from awayteam.accounts.models import User
from awayteam.experiments import actions
from awayteam.experiments.models import Experiment, FactSource, Metric, Sender
from awayteam.experiments.tests import town as towns
from awayteam.experiments.tests.town import Town
from awayteam.kernel import clocks

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(settings: Any, tmp_path: Path) -> Town:
    settings.DATA = tmp_path
    made = towns.found()
    made.now = timezone.now() - timedelta(days=15)
    return made


def client(town: Town, who: str) -> Client:
    user, _new = User.objects.get_or_create(username=who, defaults={"person": town.person(who)})
    made = Client()
    made.force_login(user)
    return made


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def form(**more: str) -> dict[str, str]:
    return {
        "title": "One page for paying", "team": "orders", "decider": "oscar", "unit": "user",
        "hypothesis": "One page for paying lets more visitors buy, because fewer give up.",
        "arms": "control 50 Two pages\none 50 One page", "traffic": "100", "days": "14", "daily_units": "500",
        "horizon": "sequential", "alpha": "5", "power": "80", "correction": "holm", "cuped_days": "0",
        "time_zone": "UTC",
        "metric_1": "bought", "role_1": "success", "size_1": "20", "mean_1": "0.3", "deviation_1": "0.46",
        "metric_2": "slow", "role_2": "guardrail", "size_2": "10", "surface": "checkout", **more,
    }  # fmt: skip


def test_from_the_designer_to_the_removal_by_pages(town: Town) -> None:
    olga, oscar = client(town, "olga"), client(town, "oscar")
    page = text(olga.get("/experiments/new/"))
    assert "Why it matters, and an example" in page
    assert "Half the effect needs four times the units." in page
    refused = olga.post("/experiments/new/", form(arms="control fifty", decider="nobody", ramp="soon"))
    assert refused.status_code == 422
    assert "write a name, a share in percent" in text(refused)
    assert "There is nobody called nobody." in text(refused)
    assert olga.post("/experiments/new/", form(mean_1="", deviation_1="")).status_code == 303
    row = Experiment.objects.get()
    where = f"/experiments/{row.pk}/"
    assert olga.post(f"{where}check/", {}).status_code == 303
    page = text(olga.get(where))
    assert "forbids it" in page
    assert "nobody can tell its power" in page
    assert olga.post(f"{where}design/", form()).status_code == 303
    assert olga.post(f"{where}check/", {}).status_code == 303
    assert olga.post(f"{where}submit/", {"words": "Look at the margin"}).status_code == 303
    assert client(town, "sam").post(f"{where}start/", {}).status_code == 422
    assert olga.post(f"{where}start/", {}).status_code == 303
    row.refresh_from_db()
    assert row.state == "running"
    assert "Only people of orders and managers above do this." in text(client(town, "sam").get(where))
    assert olga.post(f"{where}reallocate/", {"words": "More", "traffic": "50"}).status_code == 422
    assert olga.post(f"{where}stop/", {"words": ""}).status_code == 422
    assert olga.post(f"{where}stop/", {"words": "Enough came"}).status_code == 303
    assert "waiting for a worker" in text(olga.get(where))
    assert olga.post(f"{where}look/cancel/").status_code == 303
    assert "called off" in text(olga.get(where))
    assert olga.post(f"{where}look/").status_code == 303
    towns.analyse(row, timezone.now())
    assert "No exposure has come yet." in text(olga.get(f"{where}scorecard/"))
    assert oscar.post(f"{where}decide/", {"outcome": "ship", "words": "x", "arm": "one"}).status_code == 303
    page = text(oscar.get(where))
    assert "It was decided against the registered rule." in page
    assert olga.post(f"{where}clean-up/", {"words": "Gone with change 17"}).status_code == 303
    assert "One page for paying" in text(olga.get("/experiments/learnings/?q=visitors"))
    assert "Nothing fits." in text(olga.get("/experiments/learnings/?q=nowhere"))


def test_the_scorecard_reads_like_a_page(town: Town) -> None:
    row = towns.running(town, segments=["country"])
    towns.simulate(row)
    at = timezone.now()
    clocks.run_due(at)
    row.refresh_from_db()
    towns.analyse(row, at)
    page = text(client(town, "ann").get(f"/experiments/{row.pk}/scorecard/"))
    for said in ("What was asked", "What the rule recommends", "What it doesn’t know", "country: de", "<svg",
                 "Buyers improves.",
                 "Whether units came in as designed", "A second view: Bayesian, read by no rule",
                 "By day"):  # fmt: skip
        assert said in page, said


def test_lists_metrics_and_sources(town: Town, settings: Any, tmp_path: Path) -> None:
    row = towns.running(town)
    olga, ann = client(town, "olga"), client(town, "ann")
    assert row.title in text(ann.get("/experiments/"))
    assert row.title in text(ann.get("/experiments/?state=running&team=group:default/orders&sort=title"))
    assert "Nothing fits." in text(ann.get("/experiments/?q=zzz"))
    assert row.key in b"".join(ann.get("/experiments/?format=csv").streaming_content).decode()  # type: ignore[attr-defined]
    values = {"key": "returns", "title": "Coming back", "team": "orders", "kind": "retention", "direction": "up",
              "event": "visit", "quantile": "0.5", "after_days": "7", "winsor": "1"}  # fmt: skip
    assert olga.post("/experiments/metrics/new/", {**values, "after_days": "0"}).status_code == 422
    assert ann.post("/experiments/metrics/new/", values).status_code == 403 or not Metric.objects.filter(key="returns")
    assert olga.post("/experiments/metrics/new/", values).status_code == 303
    changed = olga.post("/experiments/metrics/returns/", {**values, "title": "Back", "reason": "Shorter"})
    assert changed.status_code == 303
    assert Metric.objects.get(key="returns").title == "Back"
    made = olga.post("/experiments/sources/", {"send": "yes", "name": "shop", "team": "orders"})
    assert "awfs_" in text(made)
    assert "awfs_" not in text(olga.get("/experiments/sources/"))
    sender = Sender.objects.get()
    assert olga.post(f"/experiments/sources/sender/{sender.pk}/end/", {"reason": "Gone"}).status_code == 303
    named = {
        "connect": "yes",
        "name": "lake",
        "kind": "parquet",
        "exposures": "/etc/x.parquet",
        "events": "/etc/y.parquet",
    }
    assert client(town, "zoe").post("/experiments/sources/", named).status_code == 422
    assert not FactSource.objects.exists()


def test_a_thousand_open_take_few_statements(town: Town, django_assert_max_num_queries: Any) -> None:
    olga = town.actor("olga", town.now)
    for number in range(30):
        actions.design(towns.wanted(town, title=f"Question {number}"), actor=olga, now=town.now)
    ann = client(town, "ann")
    ann.get("/experiments/")
    with django_assert_max_num_queries(22):
        ann.get("/experiments/")

"""Experiments by API and by command."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from django.utils import timezone
from typer.testing import CliRunner

from awayteam.cli import experiment
from awayteam.experiments.models import Experiment
from awayteam.experiments.tests import town as towns
from awayteam.experiments.tests.town import Town
from awayteam.reviews.tests.test_interfaces import client, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(settings: Any, tmp_path: Path) -> Town:
    settings.DATA = tmp_path
    made = towns.found()
    made.now = timezone.now()
    return made


def body(**more: Any) -> dict[str, Any]:
    uses = [{**one, "metric": one["metric"]["key"]} for one in towns.design()["uses"]]
    return {"title": "One page", "team": "orders", "owner": "olga", "decider": "oscar",
            "design": {**towns.design(), "uses": uses}, **more}  # fmt: skip


def test_the_whole_life_over_http(town: Town) -> None:
    olga, oscar, ann = (client(town, name) for name in ("olga", "oscar", "ann"))
    assert post(ann, "/experiments", body()).status_code == 403
    assert post(olga, "/experiments", body(design={"uses": 7})).status_code == 422
    assert post(olga, "/experiments", body(request=99)).status_code == 404
    made = post(olga, "/experiments", body())
    assert made.status_code == 201, made.content
    where = f"/experiments/{made.json()['id']}"
    assert post(oscar, f"{where}/start", {}).status_code == 409
    assert post(olga, f"{where}/check", {}).json()["state"] == "checked"
    ready = post(olga, f"{where}/submit", {}).json()
    assert (ready["state"], len(ready["registrations"][0]["sha256"])) == ("ready", 64)
    assert post(ann, f"{where}/start", {}).status_code == 403
    started = post(olga, f"{where}/start", {}).json()
    assert started["epochs"][0]["shares"] == {"control": 5000, "one": 5000}
    assert post(olga, f"{where}/allocation", {"words": "x", "traffic": 10_000}).status_code == 422
    refused = post(olga, f"{where}/amend", {"why": "x", "changes": {"alpha": 0.2}})
    assert refused.status_code == 422
    assert "was registered" in refused.content.decode()
    amended = post(olga, f"{where}/amend", {"why": "A holiday", "changes": {"days": 21}}).json()
    assert [one["amends"] for one in amended["registrations"]] == [False, True]
    assert amended["due_at"] > started["due_at"]
    row = Experiment.objects.get()
    towns.simulate(row, units=600, start=row.started_at - timedelta(days=1), days=1)  # before the start: nobody counts
    assert post(olga, f"{where}/stop", {"words": "Enough"}).json()["state"] == "stopped"
    assert post(oscar, f"{where}/decide", {"outcome": "ship", "words": "x"}).status_code == 409
    towns.analyse(row, timezone.now())
    card = ann.get(f"/api/v1{where}/scorecard").json()
    assert card["card"]["recommendation"]["outcome"] == "invalid"
    decided = post(oscar, f"{where}/decide", {"outcome": "invalid", "words": "Nobody came"}).json()
    assert (decided["outcome"], decided["register_entry"]) == ("invalid", None)
    assert post(olga, f"{where}/clean-up", {"words": "Gone"}).json()["state"] == "cleaned-up"
    assert post(olga, f"{where}/learn", {"words": "Tell the newsletter first"}).json()["learnt"].startswith("Tell")
    found = ann.get("/api/v1/experiments/learnings?q=newsletter").json()
    assert [one["key"] for one in found["items"]] == ["one-page"]
    assert ann.get("/api/v1/experiments?ended=true").json()["total"] == 1
    assert {one["key"] for one in ann.get("/api/v1/experiments/metrics").json()} == {"bought", "spent", "slow"}
    assert ann.get("/api/v1/experiments/effects").json() == []


def run(*arguments: object, code: int = 0) -> Any:
    root = typer.Typer()
    root.callback()(lambda: None)
    experiment.register(root)
    given = ["experiment", *map(str, arguments), "--json"]
    done = CliRunner().invoke(root, given, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_the_whole_life_by_command(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awayteam.cli.experiment_server.django", lambda: None)
    file = tmp_path / "design.json"
    file.write_text(json.dumps(body()))
    made = run("design", file, "--as", "olga")
    key = made["key"]
    assert [one["key"] for one in run("list")["items"]] == [key]
    assert run("check", key, "--as", "olga")["state"] == "checked"
    assert run("submit", key, "--as", "olga")["state"] == "ready"
    assert run("start", key, "--as", "olga")["state"] == "running"
    row = Experiment.objects.get()
    towns.send([towns.exposure(key, "u1", "one", timezone.now())], [])
    assert run("look", key)["card"]["counts"] == {"control": 0, "one": 1}
    assert run("stop", key, "--words", "Enough", "--as", "olga")["state"] == "stopped"
    towns.analyse(row, timezone.now())
    run("scorecard", key)
    told = run("decide", key, "--outcome", "dont-ship", "--words", "Too few", "--as", "oscar")
    assert told["outcome"] == "dont-ship"
    assert run("clean-up", key, "--words", "Gone", "--as", "olga")["state"] == "cleaned-up"
    assert run("show", key)["state"] == "cleaned-up"
    assert run("learnings", "few")["total"] == 1

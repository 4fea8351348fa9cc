"""Defects through their actions: whose they are by paths, commits and blame, and what happens with them then."""

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.db import models

from awayteam.contributions.models import Repository
from awayteam.contributions.tests.gitrepo import Repo
from awayteam.engagements import actions as engagements
from awayteam.engagements.models import Engagement, Scope
from awayteam.handovers import actions
from awayteam.handovers.actions import Found
from awayteam.handovers.machine import DEFECT_OPEN
from awayteam.handovers.models import Defect, DefectStep, Deployment
from awayteam.handovers.seeing import Spot
from awayteam.handovers.tests.hamlet import BEGIN, LATER, Hamlet, build
from awayteam.kernel import clocks
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Clock, Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Identity

pytestmark = pytest.mark.django_db
AFTER = LATER + timedelta(days=2)
TRACE = """Traceback (most recent call last):
  File "/srv/app/web/server.py", line 10, in handle
    run()
  File "/srv/app/refunds/lines.py", line 2, in run
    raise ValueError("cents")
ValueError: cents
"""


@pytest.fixture(scope="module")
def built(of_module: None) -> Hamlet:
    return build()


@pytest.fixture
def hamlet(built: Hamlet, db: None) -> Hamlet:
    return deepcopy(built)


def follow(hamlet: Hamlet, folder: Path, engagement: Engagement) -> tuple[Repo, dict[str, str]]:
    """A followed repository: oscar's older file, and what paul changed during the visit."""
    repo, shas = Repo(folder / "orders"), {}
    for name in ("paul", "oscar"):
        email = f"{name}@example.org"
        Identity.objects.create(
            person=hamlet.person(name), provider="email", value=email, value_key=email, created_at=BEGIN
        )
    old = {"refunds/lines.py": "def run():\n    raise ValueError\n", "core/old.py": "x = 1\n"}
    before = int((BEGIN - timedelta(days=30)).timestamp())
    shas["old"] = repo.commit(old, name="Oscar", email="oscar@example.org", when=before)
    during = int((BEGIN + timedelta(days=2)).timestamp())
    new = {"refunds/lines.py": "def run():\n    raise KeyError\n", "refunds/new.py": "y = 1\n"}
    shas["visit"] = repo.commit(new, name="Paul", email="paul@example.org", when=during)
    shas["home"] = repo.commit({"refunds/new.py": "y = 2\n"}, name="Oscar", email="oscar@example.org", when=during + 60)
    row = Repository.objects.create(
        name="orders", location=str(repo.path), tip=repo.git("rev-parse", "HEAD"), created_at=BEGIN
    )
    Scope.objects.filter(engagement=engagement).update(followed=row)
    return repo, shas


def report(
    hamlet: Hamlet, engagement: Engagement | None, path: str = "", line: int | None = None, **more: Any
) -> Defect:
    now = more.pop("now", AFTER)
    found = Found("Cents are lost", spot=Spot("", path, line), **more)
    return actions.report(actor=hamlet.actor("sue", now), now=now, found=found, engagement=engagement)


def everything() -> str:
    tables: tuple[type[models.Model], ...] = (Defect, DefectStep, Clock, Event, Notification)
    return "".join(serializers.serialize("json", table._default_manager.order_by("pk")) for table in tables)


def denied(action: Any, *arguments: Any, error: type[AwayteamError] = NotAllowed, **more: Any) -> AwayteamError:
    before = everything()
    with pytest.raises(error) as refused:
        action(*arguments, **more)
    assert everything() == before
    return refused.value


def run_out(defect: Defect) -> Defect:
    defect.refresh_from_db()
    assert defect.due_at is not None
    now = defect.due_at + timedelta(minutes=1)
    while clocks.run_due(now, limit=500):
        pass
    defect.refresh_from_db()
    return defect


def test_scope_decides_where_no_history_can_be_asked(hamlet: Hamlet) -> None:
    engagement = hamlet.in_warranty()
    inside = report(hamlet, engagement, "refunds/lines.py")
    assert (inside.state, inside.rule, inside.turn_person) == ("away", "in-scope", hamlet.person("pia"))
    assert any("isn't followed" in one["text"] for one in inside.reasons)
    assert report(hamlet, engagement, "billing/tax.py").rule == "out-of-scope"
    assert report(hamlet, engagement).rule == "unknown"


def test_blame_and_the_log_decide_where_the_repository_is_followed(hamlet: Hamlet, tmp_path: Path) -> None:
    engagement = hamlet.in_warranty()
    _repo, shas = follow(hamlet, tmp_path, engagement)
    for path, line, side, rule, sha in (
        ("refunds/lines.py", 2, "away", "blame-visit", shas["visit"]),
        ("refunds/lines.py", 1, "home", "blame-others", shas["old"]),
        ("refunds/new.py", 1, "home", "blame-others", shas["home"]),
        ("refunds/new.py", None, "away", "changed", shas["visit"]),
        ("refunds/lines.py", 99, "away", "changed", shas["visit"]),
        ("core/old.py", None, "home", "unchanged", ""),
    ):
        made = report(hamlet, engagement, path, line)
        assert (made.routed, made.rule, made.commit) == (side, rule, sha), (path, line, made.reasons)
        assert made.state == side


def test_a_pasted_trace_names_file_and_line(hamlet: Hamlet, tmp_path: Path) -> None:
    engagement = hamlet.in_warranty()
    _repo, shas = follow(hamlet, tmp_path, engagement)
    made = report(hamlet, engagement, pasted=TRACE)
    assert (made.path, made.line, made.rule, made.commit) == ("refunds/lines.py", 2, "blame-visit", shas["visit"])


def test_a_repository_that_is_gone_leaves_a_note_and_the_scope(hamlet: Hamlet, tmp_path: Path) -> None:
    engagement = hamlet.in_warranty()
    follow(hamlet, tmp_path, engagement)
    Repository.objects.update(location=str(tmp_path / "gone"))
    made = report(hamlet, engagement, "refunds/lines.py", 2)
    assert made.rule == "in-scope"
    assert any("couldn't be read" in one["text"] for one in made.reasons)


def test_hostile_paths_are_refused_or_taken_as_names(hamlet: Hamlet, tmp_path: Path) -> None:
    engagement = hamlet.in_warranty()
    follow(hamlet, tmp_path, engagement)
    for path in ("../../etc/passwd", "--output=x", "refunds/../core/old.py", ":(top)*", "*"):
        assert report(hamlet, engagement, path, 1).routed == "home", path
    denied(report, hamlet, engagement, "a\0b", error=InvalidInput)
    denied(report, hamlet, engagement, "a" * 1001, error=InvalidInput)


def test_after_the_warranty_the_home_team_has_it(hamlet: Hamlet, tmp_path: Path) -> None:
    engagement = hamlet.in_warranty()
    follow(hamlet, tmp_path, engagement)
    assert engagement.due_at is not None
    late = engagement.due_at + timedelta(days=1)
    made = report(hamlet, engagement, "refunds/lines.py", 2, now=late)
    assert (made.routed, made.rule, made.under_warranty) == ("home", "after-warranty", False)
    found_before = report(hamlet, engagement, "refunds/lines.py", 2, now=late, found_at=AFTER)
    assert (found_before.routed, found_before.under_warranty) == ("away", True)


def test_a_warranty_that_the_home_team_ends_early_is_over(hamlet: Hamlet) -> None:
    engagement = hamlet.in_warranty()
    engagements.close(engagement, actor=hamlet.actor("olga", AFTER), now=AFTER, words="All is well.")
    made = report(hamlet, engagement, "refunds/lines.py", now=AFTER + timedelta(hours=1))
    assert made.rule == "after-warranty"


def test_of_a_service_the_visit_is_found(hamlet: Hamlet) -> None:
    engagement = hamlet.in_warranty()
    found = Found("Cents are lost", spot=Spot("", "refunds/lines.py"))
    sue: dict[str, Any] = {"actor": hamlet.actor("sue", AFTER), "now": AFTER, "found": found}
    assert actions.report(service=hamlet.village.service, **sue).engagement == engagement
    denied(actions.report, error=InvalidInput, **sue)
    Engagement.objects.update(service=None)
    denied(actions.report, service=hamlet.village.service, error=NotFound, **sue)


def test_where_nothing_is_named_the_trace_leads_to_the_service(hamlet: Hamlet) -> None:
    engagement = hamlet.in_warranty()
    found = Found("Cents are lost", pasted=f"component:default/orders-api fails\n{TRACE}")
    made = actions.report(actor=hamlet.actor("sue", AFTER), now=AFTER, found=found)
    assert (made.engagement, made.path, made.rule) == (engagement, "refunds/lines.py", "in-scope")


def test_what_is_wrong_with_a_report_is_said_by_field(hamlet: Hamlet) -> None:
    engagement = hamlet.in_warranty()
    sue: dict[str, Any] = {"actor": hamlet.actor("sue", AFTER), "now": AFTER, "engagement": engagement}
    for found, field in (
        (Found(" "), "title"),
        (Found("x", severity="worst"), "severity"),
        (Found("x", found_at=AFTER + timedelta(minutes=1)), "found_at"),
        (Found("x", spot=Spot(line=3)), "line"),
    ):
        refused = denied(actions.report, found=found, error=InvalidInput, **sue)
        assert field in refused.fields


def test_a_dispute_goes_to_the_manager_above_both_once(hamlet: Hamlet) -> None:
    defect = report(hamlet, hamlet.in_warranty(), "refunds/lines.py")
    denied(actions.dispute, defect, actor=hamlet.actor("olga", AFTER), now=AFTER, words="x")
    actions.dispute(defect, actor=hamlet.actor("paul", AFTER), now=AFTER, words="It was red before.")
    defect.refresh_from_db()
    assert (defect.state, defect.turn_person) == ("disputed", hamlet.person("dana"))
    for name in ("paul", "pia", "olga", "oscar", "sam"):
        denied(actions.rule, defect, actor=hamlet.actor(name, AFTER), now=AFTER, side="home", words="x")
    actions.rule(defect, actor=hamlet.actor("dana", AFTER), now=AFTER, side="away", words="They changed it.")
    denied(actions.dispute, defect, actor=hamlet.actor("paul", AFTER), now=AFTER, words="x", error=Conflict)
    actions.fix(defect, actor=hamlet.actor("paul", AFTER), now=AFTER, commit="ABCDEF12")
    defect.refresh_from_db()
    assert (defect.state, defect.fixed_by) == ("fixed", "abcdef12")


def test_silence_goes_to_the_manager_then_back_and_then_to_the_home_team(hamlet: Hamlet) -> None:
    defect = run_out(report(hamlet, hamlet.in_warranty(), "refunds/lines.py", severity="low"))
    assert defect.state == "disputed"
    defect = run_out(defect)
    assert defect.state == "away"
    defect = run_out(defect)
    assert defect.state == "home"
    defect = run_out(defect)
    assert defect.state == "lapsed"


def test_either_side_takes_it_and_strangers_do_nothing(hamlet: Hamlet) -> None:
    defect = report(hamlet, hamlet.in_warranty(), "refunds/lines.py")
    for name in ("sam", "ann", "dana"):
        for action, more in ((actions.take, {}), (actions.fix, {"words": "x"}), (actions.dismiss, {"words": "x"})):
            denied(action, defect, actor=hamlet.actor(name, AFTER), now=AFTER, **more)
    denied(actions.take, defect, actor=hamlet.actor("paul", AFTER), now=AFTER)
    actions.take(defect, actor=hamlet.actor("oscar", AFTER), now=AFTER, words="We are at it anyway.")
    actions.take(defect, actor=hamlet.actor("paul", AFTER), now=AFTER)
    denied(actions.fix, defect, actor=hamlet.actor("paul", AFTER), now=AFTER, commit="xyz", error=InvalidInput)
    denied(actions.fix, defect, actor=hamlet.actor("paul", AFTER), now=AFTER, error=InvalidInput)
    actions.dismiss(defect, actor=hamlet.actor("sue", AFTER), now=AFTER, words="I misread it.")
    defect.refresh_from_db()
    assert (defect.state, defect.turn_person) == ("dismissed", None)
    assert defect.state not in DEFECT_OPEN


def test_the_warranty_starts_with_production_whenever_that_was_recorded(hamlet: Hamlet) -> None:
    engagement = hamlet.active()
    at = BEGIN + timedelta(days=3)
    deploy: dict[str, Any] = {"actor": hamlet.actor("paul"), "now": LATER, "at": at}
    actions.deploy(engagement, environment="staging", reference="v1", **deploy)
    assert Engagement.objects.get().production_at is None
    made = actions.deploy(engagement, environment="Production", reference="v2", **deploy)
    assert actions.deploy(engagement, environment="Production", reference="v2", **deploy) == made
    assert (Deployment.objects.count(), Engagement.objects.get().production_at) == (2, at)
    handover = hamlet.submitted(hamlet.begun(engagement))
    actions.accept(handover, actor=hamlet.actor("olga"), now=LATER)
    after = Engagement.objects.get()
    assert after.state == "warranty"
    assert after.due_at is not None
    assert after.due_at - LATER >= timedelta(days=after.warranty_days)


def test_deployments_are_checked(hamlet: Hamlet) -> None:
    engagement = hamlet.active()
    for name in ("sam", "ann"):
        with pytest.raises(NotAllowed):
            actions.deploy(engagement, actor=hamlet.actor(name), now=LATER)
    paul: dict[str, Any] = {"actor": hamlet.actor("paul"), "now": LATER}
    for given in ({"at": LATER + timedelta(hours=1)}, {"at": BEGIN - timedelta(days=9)}, {"environment": " "}):
        with pytest.raises(InvalidInput):
            actions.deploy(engagement, **paul, **given)
    assert not Deployment.objects.exists()


def test_a_pipeline_records_for_every_visit_of_a_service_that_it_takes_part_in(hamlet: Hamlet) -> None:
    engagement = hamlet.active()
    service = hamlet.village.service
    made = actions.deploy_service(
        service, actor=hamlet.actor("oscar"), now=LATER, environment="prod", reference="abc1234"
    )
    assert [one.engagement for one in made] == [engagement]
    with pytest.raises(NotAllowed):
        actions.deploy_service(service, actor=hamlet.actor("sam"), now=LATER, environment="prod")
    Engagement.objects.update(service=None)
    with pytest.raises(NotFound):
        actions.deploy_service(service, actor=hamlet.actor("oscar"), now=LATER, environment="prod")

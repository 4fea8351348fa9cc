"""Handovers through their actions: what each side may do, what clocks do, and what stands in the rows after it."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.core import serializers
from django.db import IntegrityError, models, transaction

from awayteam.engagements import actions as engagements
from awayteam.engagements.models import Engagement, Extension, Granting, Standard
from awayteam.engagements.turns import end_of
from awayteam.handovers import actions
from awayteam.handovers.actions import Citation, Shown
from awayteam.handovers.models import (
    ChecklistLine,
    Deployment,
    Evidence,
    Handover,
    HandoverStep,
    PagerMove,
    Refusal,
)
from awayteam.handovers.tests.hamlet import LATER, WORDS, Hamlet, build
from awayteam.kernel import clocks
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Clock, Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Membership, Person, Role
from awayteam.rounds.models import Round

pytestmark = pytest.mark.django_db
TABLES: tuple[type[models.Model], ...] = (
    Handover, HandoverStep, ChecklistLine, Evidence, Refusal, Deployment, Engagement, Clock, Event, Notification,
)  # fmt: skip
JUNIT = (
    b'<testsuite name="all" tests="2"><testcase classname="a" name="b"/><testcase classname="a" name="c"/></testsuite>'
)


@pytest.fixture(scope="module")
def built(of_module: None) -> Hamlet:
    return build()


@pytest.fixture
def hamlet(built: Hamlet, db: None) -> Hamlet:
    return deepcopy(built)


def everything() -> str:
    return "".join(serializers.serialize("json", table._default_manager.order_by("pk")) for table in TABLES)


def denied(action: Any, *arguments: Any, error: type[AwayteamError] = NotAllowed, **more: Any) -> AwayteamError:
    """The action is refused with `error`, and nothing changed."""
    before = everything()
    with pytest.raises(error) as refused:
        action(*arguments, **more)
    assert everything() == before
    return refused.value


def run_out(handover: Handover) -> Handover:
    handover.refresh_from_db()
    assert handover.due_at is not None
    now = handover.due_at + timedelta(minutes=1)
    while clocks.run_due(now, limit=500):
        pass
    handover.refresh_from_db()
    return handover


def test_the_checklist_has_the_contracts_lines_first_and_then_the_rulebooks(hamlet: Hamlet) -> None:
    handover = hamlet.begun()
    lines = list(handover.lines.values_list("number", "origin", "key", "text"))
    assert lines[0] == (1, "contract", "", "Refunds work line by line.")
    keys = [key for _number, _origin, key, _text in lines[1:]]
    assert keys == ["tests", "documentation", "runbook", "alerts", "walkthrough", "no-open-review"]
    assert Engagement.objects.get().state == "handing-over"
    assert (handover.state, handover.turn_person) == ("preparing", hamlet.person("pia"))


def test_only_the_away_side_begins_and_one_at_a_time(hamlet: Hamlet) -> None:
    engagement = hamlet.active()
    for name in ("olga", "oscar", "sam", "ann"):
        denied(actions.begin, engagement, actor=hamlet.actor(name), now=LATER)
    hamlet.begun(engagement)
    denied(actions.begin, engagement, actor=hamlet.actor("pia"), now=LATER, error=Conflict)


def test_a_draft_has_nothing_to_hand_over(hamlet: Hamlet) -> None:
    engagement = hamlet.village.open()
    denied(actions.begin, engagement, actor=hamlet.actor("pia"), now=LATER, error=Conflict)


def test_a_line_needs_what_shows_it(hamlet: Hamlet) -> None:
    handover = hamlet.begun()
    who: dict[str, Any] = {"actor": hamlet.actor("paul"), "now": LATER}
    denied(actions.tick, handover, 1, error=InvalidInput, **who)
    actions.add_evidence(handover, 1, shown=Shown(url="https://ci.example.org/7", words="Green."), **who)
    actions.tick(handover, 1, **who)
    line = handover.lines.get(number=1)
    assert (line.done_by, line.done_at) == (hamlet.person("paul"), LATER)
    actions.remove_evidence(handover, line.evidence.get().pk, **who)
    line.refresh_from_db()
    assert line.done_at is None


def test_what_is_no_evidence_is_refused_by_its_field(hamlet: Hamlet) -> None:
    handover = hamlet.begun()
    who: dict[str, Any] = {"actor": hamlet.actor("paul"), "now": LATER, "error": InvalidInput}
    for shown, field in (
        (Shown(url="javascript:alert(1)"), "url"),
        (Shown(words="  "), "words"),
        (Shown(file="a.xml", data=b"<html/>"), "file"),
        (Shown(on=LATER.date()), "attended_by"),
        (Shown(on=LATER.date() + timedelta(days=1), attended_by=hamlet.person("oscar")), "on"),
        (Shown(on=LATER.date(), attended_by=hamlet.person("paul")), "attended_by"),
        (Shown(on=LATER.date(), attended_by=hamlet.person("ann")), "attended_by"),
    ):
        refused = denied(actions.add_evidence, handover, 1, shown=shown, **who)
        assert field in refused.fields, shown


def test_results_are_read_into_figures_and_the_file_is_not_kept(hamlet: Hamlet) -> None:
    handover = hamlet.begun()
    shown = Shown(file="report.xml", data=JUNIT)
    made = actions.add_evidence(handover, 2, actor=hamlet.actor("paul"), now=LATER, shown=shown)
    assert (made.figures["seen"], made.figures["bad"], len(made.sha256)) == (2, 0, 64)


def test_a_walkthrough_needs_somebody_of_the_home_side(hamlet: Hamlet) -> None:
    handover = hamlet.begun()
    line = handover.lines.get(key="walkthrough").number
    who: dict[str, Any] = {"actor": hamlet.actor("paul"), "now": LATER}
    actions.add_evidence(handover, line, shown=WORDS, **who)
    denied(actions.tick, handover, line, error=InvalidInput, **who)
    actions.add_evidence(handover, line, shown=Shown(on=LATER.date(), attended_by=hamlet.person("oscar")), **who)
    actions.tick(handover, line, **who)


def test_only_the_home_side_waives_and_only_the_away_side_ticks(hamlet: Hamlet) -> None:
    handover = hamlet.begun()
    for name in ("pia", "paul", "sam", "ann"):
        denied(actions.waive, handover, 3, actor=hamlet.actor(name), now=LATER, words="Not needed.")
    for name in ("olga", "oscar", "sam"):
        denied(actions.add_evidence, handover, 3, actor=hamlet.actor(name), now=LATER, shown=WORDS)
    denied(actions.waive, handover, 3, actor=hamlet.actor("olga"), now=LATER, words=" ", error=InvalidInput)
    actions.waive(handover, 3, actor=hamlet.actor("olga"), now=LATER, words="We have that.")
    line = handover.lines.get(number=3)
    assert (line.waived_by, line.waived_reason) == (hamlet.person("olga"), "We have that.")
    denied(actions.reopen, handover, 3, actor=hamlet.actor("paul"), now=LATER, words="No.")
    actions.reopen(handover, 3, actor=hamlet.actor("olga"), now=LATER, words="After all.")
    assert handover.lines.get(number=3).waived_at is None


def test_submission_needs_every_line_and_no_open_round(hamlet: Hamlet) -> None:
    handover = hamlet.begun()
    give: dict[str, Any] = {"actor": hamlet.actor("pia"), "now": LATER, "summary": "Refunds."}
    refused = denied(actions.submit, handover, error=Conflict, **give)
    assert "Refunds work line by line" in str(refused)
    hamlet.filled(handover)
    round = Round.objects.create(
        engagement=handover.engagement, number=1, kind="change", title="x", way="home", state="open",
        created_at=LATER, entered_at=LATER, changed_at=LATER,
    )  # fmt: skip
    refused = denied(actions.submit, handover, error=Conflict, **give)
    assert "one is open" in str(refused)
    round.delete()
    assert actions.submit(handover, **give).state == "submitted"


def test_the_home_side_accepts_and_nothing_of_ownership_changes(hamlet: Hamlet) -> None:
    service = hamlet.village.service
    owner, team = service.owner_id, hamlet.village.town.team("orders")
    handover = hamlet.submitted()
    for name in ("pia", "paul", "sam", "ann"):
        denied(actions.accept, handover, actor=hamlet.actor(name), now=LATER)
    assert actions.accept(handover, actor=hamlet.actor("olga"), now=LATER).state == "accepted"
    engagement = Engagement.objects.get()
    assert (engagement.state, engagement.accepted_at, engagement.home_team) == ("production", LATER, team)
    assert not Granting.objects.filter(ends_at__isnull=True).exists()
    service.refresh_from_db()
    assert service.owner_id == owner
    assert not Event.objects.filter(name="ownership.changed").exists()


def test_a_refusal_cites_and_gives_the_turn_back(hamlet: Hamlet) -> None:
    handover = hamlet.submitted()
    standard = Standard.objects.create(engagement=handover.engagement, title="Guide", sha256="0" * 64, text="Be kind.")
    refuse: dict[str, Any] = {"actor": hamlet.actor("olga"), "now": LATER, "words": "There is no runbook."}
    denied(actions.refuse, handover, citation=Citation(), error=InvalidInput, **refuse)
    denied(actions.refuse, handover, citation=Citation(standard=999), error=InvalidInput, **refuse)
    denied(actions.refuse, handover, citation=Citation(line=99), error=InvalidInput, **refuse)
    actions.refuse(handover, citation=Citation(standard=standard.pk, section="2", line=4), **refuse)
    handover.refresh_from_db()
    refusal = Refusal.objects.get()
    assert (handover.state, handover.turn_person) == ("preparing", hamlet.person("pia"))
    assert (refusal.standard, refusal.section, refusal.line and refusal.line.number) == (standard, "2", 4)
    assert handover.lines.get(number=4).done_at is None
    assert Engagement.objects.get().state == "handing-over"


def test_a_waived_line_cannot_be_cited(hamlet: Hamlet) -> None:
    handover = hamlet.begun()
    actions.waive(handover, 4, actor=hamlet.actor("olga"), now=LATER, words="We have that.")
    hamlet.submitted(handover)
    refuse: dict[str, Any] = {"actor": hamlet.actor("olga"), "now": LATER, "words": "No."}
    denied(actions.refuse, handover, citation=Citation(line=4), error=InvalidInput, **refuse)


def test_the_checklist_rests_while_somebody_decides(hamlet: Hamlet) -> None:
    handover = hamlet.submitted()
    denied(actions.add_evidence, handover, 1, actor=hamlet.actor("paul"), now=LATER, shown=WORDS, error=Conflict)
    denied(actions.waive, handover, 1, actor=hamlet.actor("olga"), now=LATER, words="x", error=Conflict)


def test_the_home_sides_time_is_added_to_the_engagements(hamlet: Hamlet) -> None:
    handover = hamlet.filled()
    before = Engagement.objects.get()
    hamlet.submitted(handover)
    after = Engagement.objects.get()
    assert before.due_at is not None
    assert after.due_at is not None
    assert after.due_at > before.due_at
    assert after.clock is not None
    assert after.clock.due_at == after.due_at
    assert after.ends_on == before.ends_on
    assert after.ends_on is not None
    assert Granting.objects.get().latest_at == end_of(after.ends_on, after.away_team) < after.due_at


def test_what_the_home_side_took_to_refuse_is_given_back(hamlet: Hamlet) -> None:
    handover = hamlet.submitted()
    before, later = Engagement.objects.get(), LATER + timedelta(days=3)
    actions.refuse(handover, actor=hamlet.actor("olga", later), now=later, citation=Citation(line=4), words="Not yet.")
    after, given = Engagement.objects.get(), Extension.objects.get()
    assert (given.cause, given.days, given.before, given.after) == ("silence", 3, before.ends_on, after.ends_on)
    assert given.why.endswith("waited that long for an answer.")
    assert after.ends_on is not None
    assert after.due_at is not None
    assert Granting.objects.get().latest_at == min(end_of(after.ends_on, after.away_team), after.due_at)
    assert Event.objects.get(name="engagement.extended").data["subject"] == ["handover", handover.pk]


def test_a_refusal_on_the_same_day_gives_nothing_back(hamlet: Hamlet) -> None:
    handover = hamlet.submitted()
    actions.refuse(handover, actor=hamlet.actor("olga"), now=LATER, citation=Citation(line=4), words="Not yet.")
    assert not Extension.objects.exists()


def test_silence_goes_to_the_fall_back_reviewer_and_then_counts(hamlet: Hamlet) -> None:
    handover = run_out(hamlet.submitted())
    assert (handover.state, handover.reviewer, handover.turn_person) == (
        "looking-over", hamlet.person("dana"), hamlet.person("dana"),
    )  # fmt: skip
    assert handover.reviewer_because
    handover = run_out(handover)
    assert (handover.state, handover.silent) == ("accepted", True)
    assert Engagement.objects.get().state in ("production", "warranty")


def test_the_fall_back_reviewer_or_the_home_side_answers_and_nobody_else(hamlet: Hamlet) -> None:
    handover = run_out(hamlet.submitted())
    now = handover.entered_at
    for name in ("pia", "paul", "sam", "mona"):
        denied(actions.accept, handover, actor=hamlet.actor(name, now), now=now)
    actions.refuse(
        handover, actor=hamlet.actor("dana", now), now=now, citation=Citation(line=2), words="The tests are red."
    )
    handover.refresh_from_db()
    assert (handover.state, handover.reviewer) == ("preparing", None)


def test_a_handover_that_is_not_submitted_is_taken_back_and_work_goes_on(hamlet: Hamlet) -> None:
    handover = run_out(hamlet.begun())
    assert handover.state == "taken-back"
    again = hamlet.begun(Engagement.objects.get(), handover.changed_at)
    assert again.number == 2


def test_taking_it_back_lets_the_away_team_work_on(hamlet: Hamlet) -> None:
    handover = hamlet.submitted()
    denied(actions.take_back, handover, actor=hamlet.actor("olga"), now=LATER, words="x")
    actions.take_back(handover, actor=hamlet.actor("pia"), now=LATER, words="One thing is missing.")
    assert (Handover.objects.get().state, Engagement.objects.get().state) == ("taken-back", "active")


@pytest.mark.parametrize("how", ["withdraw", "pause", "work_on"])
def test_an_open_handover_lapses_with_what_happens_to_the_engagement(hamlet: Hamlet, how: str) -> None:
    handover = hamlet.submitted()
    pia: dict[str, Any] = {"actor": hamlet.actor("pia"), "now": LATER, "words": "It is so."}
    if how == "withdraw":
        engagements.withdraw(handover.engagement_id, reason="blocked", **pia)
    elif how == "pause":
        engagements.pause(handover.engagement_id, until=(LATER + timedelta(days=3)).date(), **pia)
    else:
        engagements.work_on(handover.engagement_id, **pia)
    handover.refresh_from_db()
    assert (handover.state, handover.turn_person) == ("lapsed", None)
    assert handover.closed_at == LATER


def test_somebody_elses_version_is_not_overwritten(hamlet: Hamlet) -> None:
    handover = hamlet.filled()
    give: dict[str, Any] = {"actor": hamlet.actor("pia"), "now": LATER, "summary": "x"}
    denied(actions.submit, handover, version=1, error=Conflict, **give)
    handover.refresh_from_db()
    assert actions.submit(handover, version=handover.version, **give).state == "submitted"


def test_what_one_may_not_see_is_not_there(hamlet: Hamlet) -> None:
    hamlet.village.service.restricted = True
    hamlet.village.service.save()
    handover = hamlet.submitted()
    denied(actions.accept, handover, actor=hamlet.actor("sam"), now=LATER, error=NotFound)
    assert actions.accept(handover, actor=hamlet.actor("olga"), now=LATER).state == "accepted"


def test_whoever_joins_the_away_team_stops_deciding_for_the_home_side(hamlet: Hamlet) -> None:
    handover = hamlet.submitted()
    Membership.objects.create(team=hamlet.village.town.team("payments"), person=hamlet.person("olga"), role=Role.MEMBER)
    denied(actions.accept, handover, actor=hamlet.actor("olga"), now=LATER)


def test_a_turn_is_handed_on_when_its_person_leaves(hamlet: Hamlet) -> None:
    from awayteam.handovers import jobs

    handover = hamlet.submitted()
    Person.objects.filter(pk=hamlet.person("olga").pk).update(left_at=LATER)
    assert jobs.pass_on(LATER + timedelta(minutes=1)) == 1
    handover.refresh_from_db()
    assert handover.turn_person == hamlet.person("oscar")


def test_a_reviewer_who_leaves_is_replaced(hamlet: Hamlet) -> None:
    from awayteam.handovers import jobs

    handover = run_out(hamlet.submitted())
    now = handover.entered_at + timedelta(minutes=5)
    Person.objects.filter(pk=hamlet.person("dana").pk).update(left_at=now)
    assert jobs.pass_on(now) == 1
    handover.refresh_from_db()
    assert handover.reviewer != hamlet.person("dana")
    assert handover.turn_person == handover.reviewer


def test_a_service_that_moves_takes_the_turn_along(hamlet: Hamlet) -> None:
    from awayteam.handovers import jobs

    handover = hamlet.submitted()
    search = hamlet.village.town.team("search")
    Engagement.objects.update(home_team=search, home_decider=hamlet.person("sam"))
    assert jobs.pass_on(LATER + timedelta(minutes=1)) == 1
    handover.refresh_from_db()
    assert (handover.turn_person, handover.turn_team) == (hamlet.person("sam"), search)


def test_the_database_keeps_one_open_handover_and_refusals_that_cite(hamlet: Hamlet) -> None:
    handover = hamlet.begun()
    with pytest.raises(IntegrityError), transaction.atomic():
        Handover.objects.create(
            engagement=handover.engagement, number=2, state="preparing", created_at=LATER, entered_at=LATER,
            changed_at=LATER,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Refusal.objects.create(handover=handover, words="No.", label="x", at=LATER)


def test_the_pager_moves_on_its_day_and_both_sides_hear(hamlet: Hamlet) -> None:
    from awayteam.handovers import pager

    hamlet.accepted()
    move = PagerMove.objects.get()
    assert pager.side(move.engagement, LATER) == "away"
    moves = pager.moment(move)
    assert pager.run(moves - timedelta(days=4)) == 0
    assert pager.run(moves - timedelta(days=2)) == 1
    assert pager.run(moves - timedelta(days=2)) == 0
    assert pager.run(moves) == 1
    assert pager.run(moves + timedelta(days=1)) == 0
    assert pager.side(move.engagement, moves) == "home"
    assert list(Event.objects.filter(name__startswith="pager.").values_list("name", flat=True).order_by("pk")) == [
        "pager.announced", "pager.moved",
    ]  # fmt: skip
    told = set(Notification.objects.filter(event="pager.moved").values_list("person__name", flat=True))
    assert {"olga", "pia"} <= told

"""The life of an engagement through its actions: what follows, what is refused, and that a refusal changes nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from awayteam.engagements import actions, queries
from awayteam.engagements.actions import ScopeLine
from awayteam.engagements.loading import grants
from awayteam.engagements.machine import CONTRACT, MACHINE
from awayteam.engagements.models import Contract, Engagement, Extension, Granting, Member, Signature
from awayteam.engagements.tests.village import FIRST, LAST, NOON, Village, after, settle
from awayteam.kernel import clocks
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.events import Subject
from awayteam.kernel.machines import problems
from awayteam.kernel.models import Clock, Event
from awayteam.organisation.models import Membership, Role
from awayteam.requests import actions as requests
from awayteam.requests.models import Request

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 9, 9, tzinfo=UTC)


def _now(row: Engagement) -> Engagement:
    return Engagement.objects.select_related("contract", "clock").get(pk=row.pk)


def run_clock(row: Engagement) -> datetime:
    """Let the engagement's clock run out; when that was."""
    clock = _now(row).clock
    assert clock is not None
    Clock.objects.exclude(pk=clock.pk).filter(state="running").update(next_at=clock.due_at + timedelta(days=999))
    at = clock.due_at + timedelta(seconds=1)
    Clock.objects.filter(pk=clock.pk).update(next_at=at)
    assert clocks.run_due(at) == 1
    return at


@pytest.mark.parametrize("machine", [MACHINE, CONTRACT])
def test_the_tables_are_sound(machine: Any) -> None:
    assert problems(machine) == []


def test_opening_fills_in_what_is_known() -> None:
    village = settle()
    row = actions.open_engagement(
        actor=village.actor("paul"), now=NOON, home_team=village.town.team("orders"),
        away_team=village.town.team("payments"), service=village.service,
    )  # fmt: skip
    assert (row.state, row.title, row.pledged_hours, row.warranty_days) == ("preparing", "payments at orders", 16, 30)
    assert (str(row.home_decider), str(row.away_lead), str(row.manager)) == ("olga", "paul", "mona")
    assert row.home_contact_id != row.home_deputy_id
    assert row.starts_on == date(2026, 3, 9)
    assert row.ends_on == date(2026, 4, 3)
    assert row.turn_person == village.person("paul")
    assert Event.objects.filter(name="engagement.opened", subject_id=row.pk).count() == 1


def test_a_stranger_opens_nothing() -> None:
    village = settle()
    with pytest.raises(NotAllowed, match="Only people of"):
        village.open("sam")
    assert not Engagement.objects.exists()


def test_a_draft_with_gaps_isnt_signed_and_all_gaps_are_named() -> None:
    village = settle()
    row = actions.open_engagement(
        actor=village.actor("pia"), now=NOON, home_team=village.town.team("orders"),
        away_team=village.town.team("payments"), prefill=False,
    )  # fmt: skip
    actions.write_draft(row, actor=village.actor("pia"), now=NOON, away_lead=village.person("pia"))
    with pytest.raises(InvalidInput) as refused:
        actions.propose(row, actor=village.actor("pia"), now=NOON)
    assert {"goal", "home_decider", "scope", "members", "starts_on", "ends_on", "done_means"} <= set(
        refused.value.fields
    )
    assert not Contract.objects.exists()


def test_a_host_who_pledges_nothing_doesnt_review_every_change() -> None:
    village = settle()
    row = village.open(pledged_hours=0, review_mode="every-change")
    with pytest.raises(InvalidInput) as refused:
        actions.propose(row, actor=village.actor("pia"), now=NOON)
    assert set(refused.value.fields) == {"pledged_hours"}


def test_both_sign_the_same_hash_and_the_contract_is_in_force() -> None:
    village = settle()
    row = village.propose()
    waiting = village.waiting(row)
    assert (row.state, row.turn_person) == ("proposed", village.person("olga"))
    village.sign(row)
    row = _now(row)
    contract = Contract.objects.get(engagement=row)
    assert (row.state, row.contract, contract.state) == ("agreed", contract, "in-force")
    signed = list(Signature.objects.order_by("pk").values_list("side", "person__name", "sha256"))
    assert signed == [("away", "pia", waiting.sha256), ("home", "olga", waiting.sha256)]
    assert not Granting.objects.exists()


def test_the_home_side_may_propose_and_then_the_away_side_signs() -> None:
    village = settle()
    row = village.open()
    actions.propose(row, actor=village.actor("olga"), now=NOON)
    assert _now(row).turn_person == village.person("pia")
    with pytest.raises(Conflict, match="Your side has signed"):
        village.sign(row, "olga")
    village.sign(row, "pia")
    assert _now(row).state == "agreed"


def test_another_hash_is_refused_with_what_differs() -> None:
    village = settle()
    row = village.propose()
    old = village.waiting(row).sha256
    actions.revise(row, actor=village.actor("pia"), now=NOON, words="more hours")
    actions.write_draft(row, actor=village.actor("pia"), now=NOON, pledged_hours=40)
    actions.propose(row, actor=village.actor("pia"), now=NOON)
    with pytest.raises(Conflict) as refused:
        actions.sign(row, actor=village.actor("olga"), now=NOON, sha256=old)
    assert refused.value.extra["differences"] == [
        {"field": "pledged_hours", "label": "Pledged hours", "before": "16", "after": "40"}
    ]
    assert Signature.objects.filter(side="home").count() == 0
    with pytest.raises(Conflict, match="isn't the hash"):
        actions.sign(row, actor=village.actor("olga"), now=NOON, sha256="0" * 64)


def test_a_text_that_changed_since_it_was_read_isnt_proposed() -> None:
    village = settle()
    row = village.open()
    _text, read = actions.preview(row, NOON)
    actions.write_draft(row, actor=village.actor("pia"), now=NOON, pledged_hours=40)
    with pytest.raises(Conflict, match="has changed since"):
        actions.propose(row, actor=village.actor("pia"), now=NOON, sha256=read)
    assert not Contract.objects.exists()


@pytest.mark.parametrize("who", ["paul", "oscar", "sam", "ann", "mona"])
def test_who_may_not_sign_signs_nothing(who: str) -> None:
    village = settle()
    row = village.propose()
    with pytest.raises((NotAllowed, Conflict)):
        village.sign(row, who)
    assert (_now(row).state, Signature.objects.filter(side="home").count()) == ("proposed", 0)


def test_nobody_signs_for_both_sides() -> None:
    village = settle()
    row = village.propose()
    for role in (Role.DECIDER, Role.LEAD):
        Membership.objects.create(team=village.town.team("orders"), person=village.person("pia"), role=role)
    with pytest.raises((NotAllowed, Conflict)):
        village.sign(row, "pia")
    assert list(Signature.objects.values_list("person__name", flat=True)) == ["pia"]


def test_declining_ends_it_with_its_reason() -> None:
    village = settle()
    row = village.propose()
    with pytest.raises(InvalidInput):
        actions.decline(row, actor=village.actor("olga"), now=NOON, reason="because", words="no")
    actions.decline(row, actor=village.actor("olga"), now=NOON, reason="terms-not-acceptable", words="Too long.")
    row = _now(row)
    assert (row.state, row.reason, row.turn_person) == ("declined", "terms-not-acceptable", None)
    assert Contract.objects.get(engagement=row).state == "declined"


def test_silence_lets_the_text_lapse_and_says_whose_it_was() -> None:
    village = settle()
    row = village.propose()
    run_clock(row)
    row = _now(row)
    assert (row.state, Contract.objects.get(engagement=row).state) == ("expired", "lapsed")
    assert Event.objects.get(name="engagement.expired").data["silent"] == "home"


def test_work_begins_by_itself_on_the_first_day_and_ends_after_the_last() -> None:
    village = settle()
    row = village.agreed()
    began = run_clock(row)
    assert began.date() == FIRST
    row = _now(row)
    granting = Granting.objects.get(engagement=row)
    assert (row.state, granting.ends_at) == ("active", None)
    assert granting.latest_at == datetime(2026, 4, 4, tzinfo=UTC)
    run_clock(row)
    granting.refresh_from_db()
    assert (_now(row).state, granting.ends_at) == ("expired", datetime(2026, 4, 4, tzinfo=UTC))


def test_signing_after_the_first_day_begins_at_once_and_after_the_last_not_at_all() -> None:
    village = settle()
    row, late = village.propose(), village.propose(title="Another")
    village.sign(row, now=after(9))
    assert (_now(row).state, Granting.objects.filter(engagement=row).count()) == ("active", 1)
    with pytest.raises(Conflict, match="ended on"):
        village.sign(late, now=after(60))


def test_it_may_begin_a_few_days_early_and_no_earlier() -> None:
    village = settle()
    row = village.agreed(starts_on=date(2026, 3, 16))
    with pytest.raises(Conflict, match="may begin early"):
        actions.start(row, actor=village.actor("pia"), now=after(1))
    assert not Granting.objects.exists()
    actions.start(row, actor=village.actor("pia"), now=after(10))
    assert (_now(row).starts_on, _now(row).ends_on) == (date(2026, 3, 12), LAST)


def test_a_pause_rests_access_and_the_time_box_grows_by_its_working_days() -> None:
    village = settle()
    row = village.active()
    monday = START + timedelta(days=7)
    actions.pause(row, actor=village.actor("olga", monday), now=monday, until=date(2026, 3, 20), words="freeze")
    row = _now(row)
    assert (row.state, row.turn_person) == ("paused", village.person("olga"))
    assert not Granting.objects.filter(ends_at__isnull=True).exists()
    at = run_clock(row)
    row = _now(row)
    assert (row.state, at.date(), row.ends_on, row.paused_until) == (
        "active", date(2026, 3, 20), date(2026, 4, 9), None,
    )  # fmt: skip
    assert Extension.objects.get().days == 4
    assert Granting.objects.filter(ends_at__isnull=True).get().starts_at == at


def test_an_amendment_in_a_pause_leaves_the_pause_as_it_was() -> None:
    village = settle()
    row = village.active()
    monday = START + timedelta(days=7)
    actions.pause(row, actor=village.actor("olga", monday), now=monday, until=date(2026, 3, 20), words="freeze")
    tuesday = monday + timedelta(days=1)
    contract = actions.amend(row, actor=village.actor("olga"), now=tuesday, why="Fewer hours", pledged_hours=8)
    actions.sign_amendment(contract, actor=village.actor("pia"), now=tuesday, sha256=contract.sha256)
    row = _now(row)
    assert (row.state, row.pledged_hours, row.turn_person) == ("paused", 8, village.person("olga"))
    assert row.due_at == datetime(2026, 3, 20, tzinfo=UTC)
    run_clock(row)
    assert (_now(row).state, Extension.objects.get().days) == ("active", 4)


@pytest.mark.parametrize("until", [date(2026, 3, 9), date(2026, 1, 1), date(2027, 1, 1)])
def test_a_pause_has_a_day_that_can_be(until: date) -> None:
    village = settle()
    row = village.active()
    with pytest.raises(InvalidInput):
        actions.pause(row, actor=village.actor("pia", START), now=START, until=until, words="rest")
    assert _now(row).state == "active"


def test_an_amendment_changes_what_both_signed_and_nothing_before() -> None:
    village = settle()
    row = village.active()
    pia, olga = village.actor("pia", START), village.actor("olga", START)
    contract = actions.amend(
        row, actor=pia, now=START, why="More to do", ends_on=date(2026, 4, 17),
        scope=[ScopeLine("orders", "/refunds/"), ScopeLine("orders", "/ledger/")],
    )  # fmt: skip
    assert (contract.number, contract.turn_person) == (2, village.person("olga"))
    assert (_now(row).ends_on, row.scopes.count()) == (LAST, 1)
    with pytest.raises(Conflict, match="Another amendment"):
        actions.amend(row, actor=olga, now=START, why="And hours", pledged_hours=40)
    with pytest.raises(Conflict, match="Your side has signed"):
        actions.sign_amendment(contract, actor=pia, now=START, sha256=contract.sha256)
    actions.sign_amendment(contract, actor=olga, now=START, sha256=contract.sha256)
    row = _now(row)
    assert (row.state, row.ends_on, row.contract) == ("active", date(2026, 4, 17), contract)
    assert sorted(row.scopes.values_list("pattern", flat=True)) == ["/ledger/", "/refunds/"]
    assert row.clock is not None
    assert row.clock.due_at == Granting.objects.get().latest_at == datetime(2026, 4, 18, tzinfo=UTC)


@pytest.mark.parametrize("how", ["declined", "withdrawn", "lapsed"])
def test_what_was_in_force_stays_where_an_amendment_fails(how: str) -> None:
    village = settle()
    row = village.active()
    contract = actions.amend(row, actor=village.actor("pia", START), now=START, why="More", pledged_hours=40)
    if how == "declined":
        actions.decline_amendment(contract, actor=village.actor("olga", START), now=START, words="No hours left")
    elif how == "withdrawn":
        with pytest.raises(Conflict, match="decline it"):
            actions.withdraw_amendment(contract, actor=village.actor("olga", START), now=START, words="no")
        actions.withdraw_amendment(contract, actor=village.actor("pia", START), now=START, words="Not needed")
    else:
        assert contract.clock is not None
        Clock.objects.exclude(pk=contract.clock.pk).update(next_at=START + timedelta(days=900))
        assert clocks.run_due(contract.clock.due_at + timedelta(seconds=1)) == 1
    contract.refresh_from_db()
    row = _now(row)
    assert (contract.state, row.pledged_hours, row.contract and row.contract.number) == (how, 16, 1)


def test_a_ruling_lets_the_time_box_grow() -> None:
    village = settle()
    row = village.active()
    actor, subject = village.actor("sam", START), Subject("round", 7, "Round 7")
    actions.extend_by_ruling(row, days=3, why="A demand was accepted", subject=subject, actor=actor, now=START)
    row = _now(row)
    assert row.ends_on == date(2026, 4, 8)
    assert row.clock is not None
    assert row.clock.due_at == row.due_at == Granting.objects.get().latest_at == datetime(2026, 4, 9, tzinfo=UTC)
    for days in (0, 41):
        with pytest.raises(InvalidInput):
            actions.extend_by_ruling(row, days=days, why="x", subject=subject, actor=actor, now=START)


def test_a_handover_ends_access_and_the_warranty_runs_from_production() -> None:
    village = settle()
    row = village.active()
    at = START + timedelta(days=3)
    actions.hand_over(row, actor=village.actor("pia", at), now=at)
    assert Granting.objects.get().ends_at is None
    actions.accept(row, actor=village.actor("olga", at), now=at)
    assert (_now(row).state, Granting.objects.get().ends_at) == ("production", at)
    later = at + timedelta(days=2)
    actions.deploy(row, actor=village.actor("pia", later), now=later)
    row = _now(row)
    assert row.state == "warranty"
    assert row.due_at == later + timedelta(days=30)
    run_clock(row)
    assert _now(row).state == "closed"


def test_production_before_acceptance_is_noted_and_counts_from_acceptance() -> None:
    village = settle()
    row = village.active()
    at = START + timedelta(days=3)
    actions.deploy(row, actor=village.actor("pia", at), now=at, at=at - timedelta(days=1))
    assert (_now(row).state, _now(row).production_at) == ("active", at - timedelta(days=1))
    actions.hand_over(row, actor=village.actor("pia", at), now=at)
    actions.accept(row, actor=village.actor("olga", at), now=at)
    assert (_now(row).state, _now(row).due_at) == ("warranty", at + timedelta(days=30))


def test_work_goes_on_within_the_time_box_alone() -> None:
    village = settle()
    row = village.active()
    at = START + timedelta(days=3)
    actions.hand_over(row, actor=village.actor("pia", at), now=at)
    late = datetime(2026, 4, 6, 9, tzinfo=UTC)
    with pytest.raises(Conflict, match="time-box ended"):
        actions.work_on(row, actor=village.actor("pia", late), now=late, words="a test is missing")
    with pytest.raises(Conflict, match="time-box ended"):
        actions.work_on(row, actor=village.actor("olga", late), now=late, words="it is missing", awayteam=True)
    actions.work_on(row, actor=village.actor("pia", at), now=at, words="a test is missing")
    assert _now(row).due_at == datetime(2026, 4, 4, tzinfo=UTC)


OVER = datetime(2026, 4, 6, 9, tzinfo=UTC)
"""The Monday after the last day of the time-box."""


@pytest.mark.parametrize("handing_over", [False, True])
def test_nothing_goes_on_after_the_time_box_and_access_is_off(handing_over: bool) -> None:
    village = settle()
    row = village.active()
    if handing_over:
        actions.hand_over(row, actor=village.actor("pia", LATE), now=LATE)
    with pytest.raises(Conflict, match="time-box ended on 2026-04-03"):
        actions.pause(row, actor=village.actor("pia", OVER), now=OVER, until=date(2026, 4, 9), words="A rest.")
    granting = Granting.objects.get(engagement=row)
    assert (granting.ends_at, granting.latest_at) == (None, datetime(2026, 4, 4, tzinfo=UTC))
    paul = village.person("paul").pk
    assert grants(engagements=[row.pk]).may(paul, "refunds/lines.py", LATE)
    assert not grants(engagements=[row.pk]).may(paul, "refunds/lines.py", OVER)
    shown = queries.story(village.actor("pia", OVER), queries.load(village.actor("pia", OVER), row.pk, OVER), OVER)
    assert (shown.granting, shown.row.state) == (False, "handing-over" if handing_over else "active")


LATE = datetime(2026, 4, 3, 9, tzinfo=UTC)
"""The last day."""


def test_an_amendment_after_the_last_day_gives_access_from_then_on_and_not_for_the_days_between() -> None:
    village = settle()
    row = village.active()
    actions.hand_over(row, actor=village.actor("pia", LATE), now=LATE)
    actions.amend(row, actor=village.actor("pia", OVER), now=OVER, why="A test is missing", ends_on=date(2026, 4, 10))
    waiting = village.waiting(row)
    actions.sign_amendment(waiting, actor=village.actor("olga", OVER), now=OVER, sha256=waiting.sha256)
    spans = list(Granting.objects.filter(engagement=row).values_list("starts_at", "ends_at", "latest_at"))
    ended = datetime(2026, 4, 4, tzinfo=UTC)
    assert spans == [(START, ended, ended), (OVER, None, datetime(2026, 4, 11, tzinfo=UTC))]
    paul, found = village.person("paul").pk, grants(engagements=[row.pk])
    days = [found.may(paul, "refunds/lines.py", OVER + timedelta(days=day)).allowed for day in (-3, -2, -1, 1, 4, 5)]
    assert days == [True, False, False, True, True, False]
    actions.work_on(row, actor=village.actor("pia", OVER), now=OVER, words="the test")
    assert _now(row).state == "active"


def test_an_agreed_visit_whose_time_box_is_over_doesnt_begin() -> None:
    village = settle()
    row = village.agreed()
    with pytest.raises(Conflict, match="time-box ended"):
        actions.start(row, actor=village.actor("pia", OVER), now=OVER)
    run_clock(row)  # by itself it begins on its first day


def test_an_agreed_visit_that_nothing_looked_at_before_its_last_day_was_over_ends_by_its_clock() -> None:
    village = settle()
    row = village.agreed()
    assert clocks.run_due(NOON + timedelta(days=60)) >= 1
    row = _now(row)
    assert (row.state, row.reason, row.began_at) == ("expired", "time-over", None)
    assert row.steps.order_by("-pk").values_list("words", flat=True).first() == (
        "The time-box was over before work began."
    )
    assert not Granting.objects.exists()


def test_a_pause_that_ends_after_the_last_day_gives_no_access() -> None:
    """It began on a day off, so that the time-box doesn't grow by it."""
    village = settle()
    sunday = date(2026, 3, 15)
    row = village.active(ends_on=sunday)
    saturday = datetime(2026, 3, 14, 12, tzinfo=NOON.tzinfo)
    actions.pause(row, actor=village.actor("pia", saturday), now=saturday, until=date(2026, 3, 16), words="Rest.")
    monday = datetime(2026, 3, 16, 8, tzinfo=NOON.tzinfo)
    actions.resume(row, actor=village.actor("pia", monday), now=monday)
    assert (_now(row).state, _now(row).ends_on) == ("active", sunday)
    assert [one.starts_at < one.latest_at for one in Granting.objects.all()] == [True]


def test_a_text_whose_last_day_is_past_isnt_signed() -> None:
    village = settle()
    row = village.propose()
    with pytest.raises(Conflict, match="take it back, and name a later day"):
        village.sign(row, now=OVER)
    assert not _now(row).contract_id
    assert actions.revise(row, actor=village.actor("pia", OVER), now=OVER, words="Later.").state == "preparing"


Denied = Callable[[Village, Engagement], object]
DENIED: dict[str, tuple[str, Denied]] = {
    "a draft by a stranger": ("open", lambda v, r: actions.write_draft(r, actor=v.actor("sam"), now=NOON, title="x")),
    "proposing by a member": ("open", lambda v, r: actions.propose(r, actor=v.actor("paul"), now=NOON)),
    "a start by the home side": ("agreed", lambda v, r: actions.start(r, actor=v.actor("olga", START), now=START)),
    "an amendment by a member": (
        "active", lambda v, r: actions.amend(r, actor=v.actor("paul"), now=START, why="x", pledged_hours=1),
    ),
    "a pause by a stranger": (
        "active", lambda v, r: actions.pause(r, actor=v.actor("sam"), now=START, until=LAST, words="x"),
    ),
    "a handover by the home side": ("active", lambda v, r: actions.hand_over(r, actor=v.actor("olga"), now=START)),
    "a withdrawal by the home side": (
        "active",
        lambda v, r: actions.withdraw(r, actor=v.actor("olga"), now=START, reason="blocked", words="x"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(DENIED))
def test_denied_and_nothing_changed(what: str) -> None:
    village = settle()
    how, act = DENIED[what]
    row = getattr(village, how)()
    before = (Engagement.objects.values().get(pk=row.pk), Event.objects.count(), Contract.objects.count())
    with pytest.raises(NotAllowed):
        act(village, row)
    assert (Engagement.objects.values().get(pk=row.pk), Event.objects.count(), Contract.objects.count()) == before


def _asked(village: Village) -> Request:
    asked = village.town.ask("pia")
    return requests.welcome(asked, actor=village.actor("olga"), now=NOON, words="Come")


def test_the_request_follows_the_engagement() -> None:
    village = settle()
    request = _asked(village)
    row = village.active(request=request)
    request.refresh_from_db()
    assert request.state == "away"
    actions.hand_over(row, actor=village.actor("pia", START), now=START)
    actions.accept(row, actor=village.actor("olga", START), now=START)
    request.refresh_from_db()
    assert request.state == "done"


def test_a_withdrawn_visit_counts_as_tried() -> None:
    village = settle()
    request = _asked(village)
    row = village.active(request=request)
    actions.withdraw(row, actor=village.actor("pia", START), now=START, reason="blocked", words="We can't")
    request.refresh_from_db()
    assert (request.state, request.away_tried_at) == ("overdue", START)
    assert _now(row).reason == "blocked"


def test_a_longer_time_box_gives_the_request_time() -> None:
    village = settle()
    request = _asked(village)
    row = village.active(request=request)
    request.refresh_from_db()
    before = request.due_at
    subject = Subject("round", 1, "Round 1")
    actions.extend_by_ruling(row, days=5, why="x", subject=subject, actor=village.actor("sam", START), now=START)
    request.refresh_from_db()
    assert before is not None
    assert request.due_at is not None
    assert request.due_at > before + timedelta(days=4)


def test_a_request_that_nobody_answered_yet_opens_nothing() -> None:
    village = settle()
    asked = village.town.ask("pia")
    with pytest.raises(Conflict):
        village.open(request=asked)
    assert not Engagement.objects.exists()


def test_a_visitor_is_never_named_for_the_home_side() -> None:
    village = settle()
    row = village.open()
    with pytest.raises(InvalidInput, match="nobody is on both"):
        actions.write_draft(row, actor=village.actor("pia"), now=NOON, home_decider=village.person("paul"))
    with pytest.raises(InvalidInput, match="nobody is on both"):
        actions.write_draft(row, actor=village.actor("pia"), now=NOON, manager=village.person("olga"))
    assert Member.objects.filter(engagement=row).count() == 1

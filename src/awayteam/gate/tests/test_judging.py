"""Verdicts about changes in the database: what is written, when again, and by what they are judged."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from awayteam.engagements import actions as engagements
from awayteam.gate import hooks, roster
from awayteam.gate.actions import judge, judging, record, record_checks, rejudging
from awayteam.gate.change import Author, Check, Said
from awayteam.gate.folder import organisation
from awayteam.gate.judged import Judged
from awayteam.gate.models import Change, Judgement, Watch
from awayteam.gate.tests.yard import HEAD, MONDAY, NEXT, Yard, files, lay_out, ref, told
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName, Subject, append
from awayteam.kernel.models import Event
from awayteam.organisation.actions import add_identity, edit_person
from awayteam.organisation.models import Membership, Person, Role
from awayteam.rounds import actions as rounds

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)


@pytest.fixture
def yard() -> Yard:
    return lay_out()


def reasons(judged: Judged) -> set[str]:
    return {one.rule for section in judged.verdict.sections for one in section.reasons}


def needs(judged: Judged) -> list[str]:
    return [one.rule for one in judged.verdict.needs]


def test_an_away_change_waits_for_the_home_side_and_goes_in_on_its_word(yard: Yard) -> None:
    first = yard.judged()
    assert (first.verdict.outcome, needs(first), first.is_new) == ("waiting", ["home-side"], True)
    change = Change.objects.get()
    assert change.home_team is not None
    assert (change.outcome, change.home_team.name) == ("waiting", "orders")
    assert [one.pk for one in change.engagements.all()] == [yard.engagement.pk]
    assert {one.name for one in change.asked.all()} == {"olga", "oscar"}
    second = yard.review(change, "olga")
    assert (second.verdict.outcome, second.verdict.until) == ("allowed", second.again_at)
    assert Change.objects.get().outcome == "allowed"
    assert [one.outcome for one in Judgement.objects.all()] == ["waiting", "allowed"]


def test_the_same_verdict_is_written_once_for_each_head(yard: Yard) -> None:
    change = yard.tell()
    first = judge(change=change, now=MONDAY)
    again = judge(change=change, now=LATER)
    assert (again.judgement.pk, again.is_new, Judgement.objects.count()) == (first.judgement.pk, False, 1)
    record(told=told(head=NEXT, at=LATER), now=LATER)
    moved = judge(change=change, now=LATER)
    assert (moved.is_new, moved.judgement.head, moved.verdict.outcome) == (True, NEXT, "waiting")
    assert Event.objects.filter(name="change.judged").count() == 2


def test_another_version_of_the_rulebook_alone_is_no_other_verdict(yard: Yard, rulebook: Any) -> None:
    change = yard.tell()
    judge(change=change, now=MONDAY)
    rulebook("[rounds]\nopen_max = 3\n")
    assert not judge(change=change, now=LATER).is_new
    rulebook("[gate]\nhome_approvals = 2\naway_without_engagement = 'deny'\n")
    assert not judge(change=change, now=LATER).is_new
    assert Judgement.objects.count() == 1


def test_whoever_listens_hears_of_new_verdicts_and_can_undo_them(yard: Yard) -> None:
    heard: list[Judged] = []
    hooks.on_judged("test", heard.append)
    try:
        first = yard.judged()
        judge(change=first.change, now=LATER)
        assert [one.judgement.pk for one in heard] == [first.judgement.pk]

        def fail(_judged: Judged) -> None:
            raise RuntimeError("no")

        hooks.on_judged("test", fail)
        record(told=told(head=NEXT, at=LATER), now=LATER)
        before = (Judgement.objects.count(), Event.objects.count())
        with pytest.raises(RuntimeError):
            judge(change=first.change, now=LATER)
        assert (Judgement.objects.count(), Event.objects.count()) == before
        assert Change.objects.get().judge_at == LATER  # so that it is judged again
    finally:
        del hooks._judged["test"]


def test_an_approval_before_a_push_does_not_count_after_it(yard: Yard) -> None:
    change = yard.tell()
    assert yard.review(change, "olga").verdict.is_allowed
    record(told=told(head=NEXT, at=LATER), now=LATER)
    after = judge(change=change, now=LATER)
    assert after.verdict.outcome == "waiting"
    assert {one.rule for one in after.verdict.whole} == {"stale-approval"}


def test_a_member_does_not_speak_for_the_home_side(yard: Yard) -> None:
    assert yard.review(yard.tell(), "pia").verdict.outcome == "waiting"
    assert yard.review(yard.tell(), "paul").verdict.outcome == "waiting"


def test_co_authors_do_not_approve_own_work(yard: Yard) -> None:
    change = yard.tell(hands=(Author(ref("olga"), "olga"),))
    assert yard.review(change, "olga").verdict.outcome == "waiting"
    assert yard.review(change, "oscar").verdict.is_allowed


def test_without_an_engagement_an_owner_says_it(yard: Yard) -> None:
    change = yard.tell("search/index.py", by="oscar")
    assert needs(judge(change=change, now=MONDAY)) == ["owner"]
    assert yard.review(change, "olga").verdict.outcome == "waiting"
    assert yard.review(change, "sam").verdict.is_allowed


def test_a_round_that_was_approved_at_the_head_lets_it_in(yard: Yard) -> None:
    change = yard.tell()
    shown = rounds.open_round(
        yard.engagement, actor=yard.actor("paul"), now=MONDAY, kind="change", title="Refund lines", words="",
        url=change.url, commit=HEAD,
    )  # fmt: skip
    waiting = judge(change=change, now=MONDAY)
    [need] = waiting.verdict.needs
    assert (need.people, need.address, need.until) == ((ref("olga"),), f"/rounds/{shown.pk}/", shown.due_at)
    rounds.approve(shown, actor=yard.actor("olga"), now=LATER)
    assert judge(change=change, now=LATER).verdict.is_allowed
    record(told=told(head=NEXT, at=LATER), now=LATER)
    assert judge(change=change, now=LATER).verdict.outcome == "waiting"


def test_by_a_signed_design_the_away_team_merges_on_its_own_review_and_green_checks() -> None:
    yard = lay_out(review_mode="architecture")
    change = yard.tell()
    assert needs(judge(change=change, now=MONDAY)) == ["design", "own-review", "checks"]
    shown = rounds.open_round(
        yard.engagement, actor=yard.actor("paul"), now=MONDAY, kind="design", title="Lines", words=""
    )
    rounds.approve(shown, actor=yard.actor("olga"), now=MONDAY)
    yard.village.join(yard.engagement, "sue")
    yard.review(change, "olga")
    record_checks(change=change, checks=[Check("tests", None)], now=LATER)
    assert needs(judge(change=change, now=LATER)) == ["checks"]
    record_checks(change=change, checks=[Check("tests", True)], now=LATER)
    assert judge(change=change, now=LATER).verdict.is_allowed


def test_rules_that_nobody_knows_let_nothing_in(yard: Yard) -> None:
    change = yard.tell(rule_files=None)
    judged = yard.review(change, "olga")
    assert (judged.verdict.outcome, needs(judged), judged.verdict.sections) == ("waiting", ["rules"], ())
    none = yard.judged(rule_files={}, origin_key="8")
    assert (none.verdict.sections[0].standing, needs(none)) == ("visit", ["home-side"])


def test_paths_that_were_left_out_let_nothing_in(yard: Yard) -> None:
    judged = yard.review(yard.tell(is_whole=False), "olga")
    assert (judged.verdict.outcome, needs(judged)) == ("waiting", ["paths"])


def test_the_rules_of_the_base_count_and_not_those_that_the_change_brings(yard: Yard) -> None:
    change = yard.tell("search/index.py", ".github/CODEOWNERS", by="paul", rule_files=files("/search/ @search\n"))
    judged = judge(change=change, now=MONDAY)
    assert judged.verdict.outcome == "waiting"
    assert {section.owners for section in judged.verdict.sections} == {("@search",), ()}


def test_what_was_merged_is_judged_at_its_last_head_once(yard: Yard) -> None:
    change = yard.tell(stand="merged")
    first = judge(change=change, now=MONDAY)
    assert (first.is_new, first.again_at, first.verdict.outcome) == (True, None, "waiting")
    later = judge(change=change, now=MONDAY + timedelta(days=100))
    assert (later.judgement.pk, later.is_new) == (first.judgement.pk, False)
    assert Change.objects.get().judge_at is None


def test_verdicts_are_never_changed_or_deleted(yard: Yard) -> None:
    made = yard.judged().judgement
    for statement in ("UPDATE gate_judgement SET outcome = 'allowed'", "DELETE FROM gate_judgement"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Judgement.objects.get() == made


def test_a_verdict_is_read_as_it_was_written(yard: Yard) -> None:
    judged = yard.judged("refunds/caf\udce9.py", "free.txt")
    assert judging.verdict_of(Judgement.objects.get()) == judged.verdict


class TestAgain:
    """Open changes are judged again when what they are judged by is another."""

    def settle(self, now: Any = MONDAY) -> None:
        rejudging.run(now)
        assert not rejudging.is_due(now)

    def test_nothing_is_due_while_nothing_happens(self, yard: Yard) -> None:
        yard.judged()
        self.settle()
        assert rejudging.run(LATER) == 0

    def test_a_change_that_nobody_judged_is(self, yard: Yard) -> None:
        yard.tell()
        assert rejudging.is_due(MONDAY)
        assert rejudging.run(MONDAY) == 1
        assert Judgement.objects.get().cause == "something changed"

    def test_the_end_of_a_visit_ends_what_it_let_in(self, yard: Yard) -> None:
        change = yard.tell()
        yard.review(change, "olga")
        self.settle()
        engagements.withdraw(
            yard.engagement, actor=yard.actor("pia", LATER), now=LATER, reason="blocked", words="No more."
        )
        assert rejudging.is_due(LATER)
        rejudging.run(LATER)
        last = Judgement.objects.latest("pk")
        assert Change.objects.get().outcome == "allowed"  # an owner's word is one all the same
        assert '"no-engagement"' in last.verdict

    def test_the_last_moment_of_the_time_box_is_a_moment_to_look_again(self, yard: Yard) -> None:
        change = yard.tell()
        judged = yard.review(change, "olga")
        assert judged.again_at is not None
        self.settle()
        assert Change.objects.get().judge_at == judged.again_at
        assert not rejudging.is_due(judged.again_at - timedelta(seconds=1))
        assert rejudging.is_due(judged.again_at)

    def test_a_pause_and_going_on(self, yard: Yard) -> None:
        yard.judged()
        self.settle()
        until = (MONDAY + timedelta(days=3)).date()
        engagements.pause(yard.engagement, actor=yard.actor("olga", LATER), now=LATER, until=until, words="A freeze.")
        rejudging.run(LATER)
        assert "no-engagement" in reasons(judge(change=Change.objects.get(), now=LATER))

    def test_an_answered_round(self, yard: Yard) -> None:
        change = yard.tell()
        shown = rounds.open_round(
            yard.engagement, actor=yard.actor("paul"), now=MONDAY, kind="change", title="x", words="", commit=HEAD
        )
        judge(change=change, now=MONDAY)
        self.settle()
        rounds.approve(shown, actor=yard.actor("olga"), now=LATER)
        assert rejudging.run(LATER) == 1
        assert Change.objects.get().outcome == "allowed"

    def test_somebody_who_changed_teams(self, yard: Yard) -> None:
        change = yard.tell("search/index.py", by="oscar")
        yard.review(change, "sue")
        self.settle()
        assert Change.objects.get().outcome == "allowed"
        Membership.objects.filter(person__name="sue").update(ends=LATER)
        row = Person.objects.get(name="sue")
        append(EventName.MEMBERSHIP_ENDED, subject=Subject("person", row.pk, "sue"), actor=SYSTEM, now=LATER)
        rejudging.run(LATER)
        assert Change.objects.get().outcome == "waiting"

    def test_the_rulebook(self, yard: Yard, rulebook: Any) -> None:
        yard.judged("search/index.py", by="oscar")
        self.settle()
        rulebook("[gate]\naway_without_engagement = 'deny'\n")
        assert rejudging.is_due(LATER)
        rejudging.run(LATER)
        assert Change.objects.get().outcome == "denied"

    def test_what_is_committed_late_is_seen_all_the_same(self, yard: Yard) -> None:
        yard.judged()
        self.settle()
        late = append(
            EventName.ENGAGEMENT_EDITED, subject=Subject("engagement", yard.engagement.pk, "x"), actor=SYSTEM, now=LATER
        )
        Watch.objects.update(event=late.pk + 40)  # others were committed meanwhile
        rejudging.look(LATER)
        assert Change.objects.get().judge_at == LATER
        Change.objects.update(judge_at=None)
        rejudging.look(LATER)
        assert Change.objects.get().judge_at is None  # and is seen once

    def test_one_that_fails_does_not_stop_the_others(self, yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = yard.tell(), yard.tell(origin_key="8")
        usual = judge

        def some(*, change: Change, **more: Any) -> Judged:
            if change.pk == first.pk:
                raise RuntimeError("no")
            return usual(change=change, **more)

        monkeypatch.setattr(rejudging, "judge", some)
        assert rejudging.run(MONDAY) == 1
        assert Change.objects.get(pk=first.pk).judge_at == MONDAY + rejudging.AGAIN
        assert Change.objects.get(pk=second.pk).outcome == "waiting"

    def test_what_is_over_is_not_judged_again(self, yard: Yard) -> None:
        judge(change=yard.tell(stand="closed"), now=MONDAY)
        self.settle()
        assert rejudging.mark(Q(), LATER) == 0


class TestOrganisation:
    """The organisation is read once, and again when it is another."""

    def test_it_is_kept_while_nothing_changes(self, yard: Yard) -> None:
        first = roster.current()
        yard.judged()
        assert roster.current() is first

    def test_a_row_or_an_event_brings_another(self, yard: Yard) -> None:
        first = roster.current()
        Membership.objects.create(team=yard.village.town.team("orders"), person=yard.village.person("ann"))
        second = roster.current()
        assert second is not first
        assert "group:default/orders" in second.at(MONDAY).teams_of(ref("ann"))
        append(EventName.PERSON_UPDATED, subject=Subject("person", 1, "x"), actor=SYSTEM, now=MONDAY)
        assert roster.current() is not second

    def test_roles_come_first_and_units_are_above(self, yard: Yard) -> None:
        town = yard.village.town
        Membership.objects.create(team=town.team("orders"), person=town.person("ann"), role=Role.TRUSTED_COMMITTER)
        known = roster.current().at(MONDAY)
        assert known.people_of("group:default/orders") == (ref("olga"), ref("ann"), ref("oscar"))
        assert list(known.managers_of("group:default/orders")) == [ref("mona"), ref("dana")]
        assert {"group:default/commerce", "group:default/division"} < known.teams_of(ref("olga"))

    def test_who_left_is_not_there_and_dates_count(self, yard: Yard) -> None:
        Person.objects.filter(name="oscar").update(left_at=LATER)
        Membership.objects.filter(person__name="sue").update(ends=LATER)
        roster.forget()
        known = roster.current()
        assert known.at(MONDAY).is_present(ref("oscar"))
        assert not known.at(LATER).is_present(ref("oscar"))
        assert known.at(LATER).teams_of(ref("sue")) == frozenset()
        assert known.next_moment(MONDAY) == LATER
        assert known.next_moment(LATER) is None

    def test_a_name_of_two_means_nobody(self, yard: Yard) -> None:
        Person.objects.create(ref="user:other/olga", name="olga")
        known = roster.current().at(MONDAY)
        assert (known.owner("@olga").person, known.owner("user:default/olga").person) == ("", ref("olga"))
        assert known.owner("@anything/orders").team == "group:default/orders"
        assert known.owner("@nobody").team == known.owner("@nobody").person == ""

    def test_nobody_takes_the_name_of_an_owner_by_their_own_word(self, yard: Yard) -> None:
        paul, actor = yard.village.person("paul"), yard.actor("paul")
        for value in ("olga", "olga-gh", "user:default/olga", "olga@example.org"):
            provider = "email" if "@" in value else f"p{len(value)}"
            add_identity(actor=actor, now=MONDAY, person=paul, provider=provider, value=value, reason="mine")
        edit_person(actor=actor, now=MONDAY, person=paul, field="email", value="o@example.org", reason="mine")
        known = roster.current().at(MONDAY)
        assert {known.owner(name).person for name in ("@olga", "user:default/olga")} == {ref("olga")}
        assert {known.owner(name).person for name in ("@olga-gh", "olga@example.org", "o@example.org")} == {""}
        assert {known.writer(name) for name in ("@olga-gh", "O@example.org", "paul")} == {ref("paul")}
        judged = yard.judged("refunds/x.py", by="paul", rule_files=files("* @olga-gh\n"))
        assert not judged.verdict.is_allowed
        exported = organisation.text(MONDAY)[0]
        assert "olga-gh" not in exported
        assert "o@example.org" not in exported


def test_a_change_at_home_takes_few_statements(yard: Yard) -> None:
    change = yard.tell("search/index.py", by="sue")
    judge(change=change, now=MONDAY)
    with CaptureQueriesContext(
        connection,
    ) as known:
        judge(change=change, now=LATER)
    assert len(known) <= 18, [one["sql"][:120] for one in known]


def test_an_away_change_takes_a_bounded_number_of_statements(yard: Yard) -> None:
    change = yard.tell()
    with CaptureQueriesContext(connection) as known:
        judge(change=change, now=MONDAY)
    assert len(known) <= 45, [one["sql"][:120] for one in known]
    said = Said.COMMENTED
    for number in range(20):
        yard.review(change, "olga", key=str(number), what=said)
    with CaptureQueriesContext(connection) as more:
        judge(change=change, now=LATER)
    assert len(more) <= len(known), [one["sql"][:120] for one in more]

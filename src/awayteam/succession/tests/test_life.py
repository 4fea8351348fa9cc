"""From the evidence to the new owner, and every other end, as people live through it."""

from datetime import timedelta

import pytest

from awayteam.catalog.models import Entity, Ownership, Presence
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification as Notice
from awayteam.succession import actions, evidence, rules
from awayteam.succession.actions.watching import lapse_overtaken, look_again, pass_on, propose_all
from awayteam.succession.machine import Kind, State
from awayteam.succession.models import Succession
from awayteam.succession.tests.parish import DAY, NOON, Parish, parish

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Parish:
    return parish()


def proposed(town: Parish) -> Succession:
    town.sole()
    assert propose_all(NOON) == 1
    return Succession.objects.get()


def noticed(town: Parish) -> Succession:
    return actions.confirm(proposed(town), actor=town.actor("olga"), now=NOON)


def handing(town: Parish) -> Succession:
    row = noticed(town)
    return actions.accept(row, actor=town.actor("pia"), now=NOON)


def tick_all(town: Parish, row: Succession, who: str = "paul") -> None:
    for line in row.lines.all():
        actions.tick(row, line.number, actor=town.actor(who), now=NOON, words="We have it.")


def test_the_last_consumer_becomes_the_owner_once_people_say_so(town: Parish) -> None:
    row = proposed(town)
    assert (row.kind, row.giver, row.receiver) == (Kind.LAST_CONSUMER, town.team("orders"), town.team("payments"))
    assert row.turn_person == town.town.person("olga")
    assert "only team" in row.words
    proof = row.evidence.get()
    assert proof.sha256 == rules.frozen(proof.document)
    assert [one["ref"] for one in proof.document["uses"]] == ["component:default/till"]
    assert proof.document["enough"] is True
    row = actions.confirm(row, actor=town.actor("olga"), now=NOON)
    assert (row.state, row.turn_person) == (State.NOTICE, town.town.person("pia"))
    told = set(Notice.objects.filter(text__contains="unless somebody objects").values_list("person__name", flat=True))
    assert {"oscar", "paul", "pia"} <= told, "both teams are given notice"
    at = town.wait(row, NOON)
    assert row.state == State.HANDING_OVER
    assert [line.key for line in row.lines.all()] == ["code", "on-call", "data", "money", "requests", "engagements"]
    with pytest.raises(Conflict, match="Line 1 isn't ticked"):
        actions.accept(row, actor=town.actor("pia", at), now=at)
    with pytest.raises(NotAllowed, match="payments ticks what it has"):
        actions.tick(row, 1, actor=town.actor("oscar", at), now=at)
    for line in row.lines.all():
        actions.tick(row, line.number, actor=town.actor("paul", at), now=at)
    assert town.owner() == "orders"
    row = actions.accept(row, actor=town.actor("pia", at), now=at, words="Ours now.")
    assert (row.state, town.owner(), row.owned_since) == (State.TRANSFERRED, "payments", at)
    periods = list(Ownership.objects.filter(entity=town.ledger).order_by("pk").values_list("starts", "ends"))
    assert periods == [(None, at), (at, None)]
    assert "only team" in Ownership.objects.get(entity=town.ledger, ends=None).reason
    event = Event.objects.get(name="ownership.changed", subject_id=town.ledger.pk)
    assert event.actor_label == "pia"
    assert event.data["changes"]["owner"] == ["group:default/orders", "group:default/payments"]


def test_evidence_that_is_not_good_enough_proposes_nothing_and_says_why(town: Parish) -> None:
    town.covered()
    town.uses(town.till, sampling=0.01)
    assert propose_all(NOON) == 0
    with pytest.raises(InvalidInput, match=r"36\.6%"):
        actions.propose(town.ledger, actor=town.actor("olga"), now=NOON)
    town.uses(town.till, sampling=1.0)
    town.uses("somebody-odd", calls=1)
    with pytest.raises(InvalidInput, match="somebody-odd"):
        actions.propose(town.ledger, actor=town.actor("olga"), now=NOON)
    assert not Succession.objects.exists()


@pytest.mark.parametrize("without", [(3,), (0, 1, 2, 3), tuple(range(60, 121))])
def test_a_source_with_a_gap_a_stop_or_a_short_memory_is_not_enough(town: Parish, without: tuple[int, ...]) -> None:
    town.covered(without=without)
    town.uses(town.till)
    assert propose_all(NOON) == 0


def test_the_owner_who_uses_it_itself_keeps_it(town: Parish) -> None:
    from awayteam.succession.tests.parish import thing

    town.sole()
    town.uses(thing(town.town, "clearing", "orders"), calls=1)
    assert propose_all(NOON) == 0


def test_what_was_dismissed_is_not_proposed_again_for_a_while(town: Parish) -> None:
    row = actions.dismiss(proposed(town), actor=town.actor("olga"), now=NOON, words="search comes back in May.")
    assert (row.state, row.answer) == (State.DISMISSED, "search comes back in May.")
    assert propose_all(NOON + 2 * DAY) == 0
    later = NOON + 190 * DAY
    town.covered(now=later)
    town.uses(town.till, now=later)
    assert propose_all(later) == 1


def test_a_refusal_goes_to_the_lowest_unit_above_both_and_the_decision_stands_there(town: Parish) -> None:
    row = noticed(town)
    with pytest.raises(InvalidInput, match="Say why"):
        actions.refuse(row, actor=town.actor("pia"), now=NOON, words=" ")
    row = actions.refuse(row, actor=town.actor("pia"), now=NOON, words="We leave it in summer.")
    assert (row.state, row.turn_person, row.level) == (
        State.DISPUTED, town.town.person("mona"), town.team("commerce"),
    )  # fmt: skip
    with pytest.raises(NotAllowed, match="lowest unit above both"):
        actions.decide(row, actor=town.actor("dana"), now=NOON, choice="kept", words="No.")
    with pytest.raises(InvalidInput, match="Choose handing-over"):
        actions.decide(row, actor=town.actor("mona"), now=NOON, choice="retiring", words="No.")
    row = actions.decide(row, actor=town.actor("mona"), now=NOON, choice="handing-over", words="You use it alone.")
    assert (row.state, row.answer) == (State.HANDING_OVER, "You use it alone.")
    assert Notice.objects.filter(person=town.town.person("oscar"), text__contains="You use it alone.").exists()


def test_silence_of_a_manager_goes_up_and_ends_with_the_owner(town: Parish) -> None:
    row = actions.refuse(noticed(town), actor=town.actor("pia"), now=NOON, words="No.")
    at = town.wait(row, NOON)
    assert (row.state, row.level, row.turn_person) == (
        State.DISPUTED, town.team("division"), town.town.person("dana"),
    )  # fmt: skip
    town.wait(row, at)
    assert (row.state, town.owner()) == (State.KEPT, "orders")
    assert "owner stays" in row.answer


def test_silence_changes_no_owner(town: Parish) -> None:
    row = proposed(town)
    town.wait(row, NOON)
    assert (row.state, town.owner()) == (State.LAPSED, "orders")
    offered = actions.offer(
        town.ledger, actor=town.actor("olga"), now=NOON + 60 * DAY, receiver=town.team("search"), words="Yours?"
    )
    assert offered.turn_person == town.town.person("sam")
    town.wait(offered, NOON + 60 * DAY)
    assert (offered.state, town.owner()) == (State.LAPSED, "orders")


def test_a_handover_that_is_not_finished_goes_to_the_manager(town: Parish) -> None:
    row = handing(town)
    town.wait(row, NOON, 60)
    assert (row.state, row.turn_person, town.owner()) == (State.DISPUTED, town.town.person("mona"), "orders")


def test_an_offer_and_a_wish_go_the_same_way(town: Parish) -> None:
    with pytest.raises(NotAllowed):
        actions.offer(town.ledger, actor=town.actor("sam"), now=NOON, receiver=town.team("search"), words="Mine.")
    row = actions.ask(town.ledger, actor=town.actor("sue"), now=NOON, team=town.team("search"), words="We'd tend it.")
    assert row.turn_person == town.town.person("olga")
    with pytest.raises(Conflict, match="open already"):
        actions.offer(town.ledger, actor=town.actor("olga"), now=NOON, receiver=town.team("payments"), words="Yours.")
    with pytest.raises(NotAllowed):
        actions.accept(row, actor=town.actor("sue"), now=NOON)
    row = actions.accept(row, actor=town.actor("olga"), now=NOON)
    tick_all(town, row, "sue")
    with pytest.raises(NotAllowed):
        actions.accept(row, actor=town.actor("olga"), now=NOON)
    row = actions.accept(row, actor=town.actor("sam"), now=NOON)
    assert (row.state, town.owner()) == (State.TRANSFERRED, "search")
    offered = actions.offer(
        town.ledger, actor=town.actor("sam"), now=NOON + DAY, receiver=town.team("orders"), words="Back to you."
    )
    offered = actions.withdraw(offered, actor=town.actor("sam"), now=NOON + DAY, words="We keep it.")
    assert (offered.state, town.owner()) == (State.WITHDRAWN, "search")


def test_a_reorganisation_begins_with_the_handover(town: Parish) -> None:
    with pytest.raises(NotAllowed, match="manages both"):
        actions.order(town.ledger, actor=town.actor("mona"), now=NOON, receiver=town.team("search"), words="So.")
    row = actions.order(town.ledger, actor=town.actor("dana"), now=NOON, receiver=town.team("search"), words="So.")
    assert (row.state, row.lines.count()) == (State.HANDING_OVER, 6)
    row = actions.refuse(row, actor=town.actor("sam"), now=NOON, words="We are three people.")
    assert row.turn_person is None, "the one manager above both began it; administrators decide"


def test_a_new_consumer_stops_the_clock_and_is_told(town: Parish) -> None:
    row = noticed(town)
    assert look_again(NOON + DAY) == 0
    later = NOON + DAY
    town.uses(town.finder, last=later - timedelta(hours=1), calls=3)
    assert look_again(later) == 1
    row.refresh_from_db()
    assert (row.state, row.halted_from, row.turn_person) == (State.HALTED, State.NOTICE, town.town.person("olga"))
    left = row.halted_minutes
    assert left is not None
    assert 0 < left < 4800
    second = row.evidence.get(number=2)
    assert second.says == ["search uses it: finder."]
    assert second.sha256 == rules.frozen(second.document)
    assert Notice.objects.filter(person=town.town.person("pia"), text__contains="is halted").exists()
    row = actions.go_on(row, actor=town.actor("olga", later), now=later, words="A test of theirs, over by now.")
    assert (row.state, row.clock.allowance_minutes) == (State.NOTICE, left)  # type: ignore[union-attr]
    assert look_again(later + DAY) == 0, "what people said doesn't matter is not told again"
    town.uses("stranger", last=later + DAY, calls=1)
    assert look_again(later + 2 * DAY) == 1
    at = town.wait(row, later, 90)
    assert (row.state, town.owner()) == (State.LAPSED, "orders")
    assert at > later


def test_a_proposal_whose_evidence_is_gone_lapses(town: Parish) -> None:
    row = proposed(town)
    town.uses(town.finder, last=NOON + timedelta(hours=5))
    assert look_again(NOON + DAY) == 1
    row.refresh_from_db()
    assert row.state == State.LAPSED


def test_the_end_of_a_notice_looks_once_more(town: Parish) -> None:
    row = noticed(town)
    town.uses(town.finder, last=NOON + timedelta(hours=5))
    town.wait(row, NOON)
    assert row.state == State.HALTED


def test_an_owner_who_changed_another_way_and_a_team_that_is_gone_end_it(town: Parish) -> None:
    from awayteam.catalog.actions import transfer_ownership

    row = handing(town)
    tick_all(town, row)
    transfer_ownership(actor=SYSTEM, now=NOON, entity=town.ledger, owner="group:default/search", reason="By hand.")
    with pytest.raises(Conflict, match="another way"):
        actions.accept(row, actor=town.actor("pia"), now=NOON)
    assert lapse_overtaken(NOON + DAY) == 1
    row.refresh_from_db()
    assert (row.state, town.owner()) == (State.LAPSED, "search")
    second = actions.ask(town.ledger, actor=town.actor("pia"), now=NOON + DAY, team=town.team("payments"), words="Us.")
    Entity.objects.filter(ref="group:default/payments").update(presence=Presence.REMOVED)
    with pytest.raises(Conflict, match="gone"):
        actions.accept(second, actor=town.actor("sam"), now=NOON + DAY)
    assert lapse_overtaken(NOON + DAY) == 1
    assert town.owner() == "search"


def test_turns_of_those_who_left_go_on(town: Parish) -> None:
    row = noticed(town)
    pia = town.town.person("pia")
    pia.left_at = NOON
    pia.save()
    assert pass_on(NOON + DAY) == 1
    row.refresh_from_db()
    assert row.turn_person == town.town.person("paul")


def test_where_the_source_counts_more_the_owner_must_change_there(town: Parish, rulebook) -> None:  # type: ignore[no-untyped-def]
    rulebook('[catalog]\nedit_wins = "source"\n')
    row = handing(town)
    tick_all(town, row)
    with pytest.raises(Conflict, match="its source says"):
        actions.accept(row, actor=town.actor("pia"), now=NOON)
    row.refresh_from_db()
    assert (row.state, town.owner()) == (State.HANDING_OVER, "orders")


def test_something_that_nobody_uses_is_retired_with_notice_headers_and_its_day(town: Parish) -> None:
    town.covered()
    town.uses(town.finder, calls=40)
    row = actions.retire(
        town.ledger, actor=town.actor("olga"), now=NOON, words="Nobody needs it.", more="https://docs.example.org/end"
    )
    assert (row.state, row.turn_person) == (State.NOTICE, town.town.person("olga"))
    assert [one.team.name for one in row.concerned.all()] == ["search"]
    assert Notice.objects.filter(person=town.town.person("sue"), text__contains="gives notice").exists()
    with pytest.raises(Conflict, match="nobody gets it"):
        actions.accept(row, actor=town.actor("olga"), now=NOON)
    with pytest.raises(NotAllowed, match="teams that use it"):
        actions.object_to(row, actor=town.actor("ann"), now=NOON, words="No.")
    at = town.wait(row, NOON)
    assert (row.state, row.deprecated_at) == (State.RETIRING, at)
    town.ledger.refresh_from_db()
    assert town.ledger.lifecycle == "deprecated"
    assert row.due_at is not None
    assert row.sunset_at is not None
    assert abs(row.due_at - row.sunset_at) < timedelta(minutes=2)
    at = town.wait(row, at, 200)
    town.ledger.refresh_from_db()
    assert (row.state, town.ledger.lifecycle, town.owner()) == (State.RETIRED, "retired", "orders")


def test_what_is_still_used_is_not_retired_and_a_cancel_takes_the_deprecation_back(town: Parish) -> None:
    town.covered()
    row = actions.retire(town.ledger, actor=town.actor("olga"), now=NOON, words="Old.")
    at = town.wait(row, NOON)
    assert row.sunset_at is not None
    town.uses(town.finder, last=row.sunset_at - DAY)
    at = town.wait(row, at, 200)
    assert (row.state, row.halted_from) == (State.HALTED, State.RETIRING)
    row = actions.withdraw(row, actor=town.actor("olga", at), now=at, words="They need it.")
    town.ledger.refresh_from_db()
    assert (row.state, town.ledger.lifecycle) == (State.WITHDRAWN, "")


def test_a_consumer_may_object_to_the_end_and_the_manager_may_end_it_all_the_same(town: Parish) -> None:
    town.covered()
    town.uses(town.finder)
    row = actions.retire(town.ledger, actor=town.actor("olga"), now=NOON, words="Old.")
    row = actions.object_to(row, actor=town.actor("sue"), now=NOON, words="We call it daily.")
    assert (row.state, row.level, row.objector) == (State.DISPUTED, town.team("division"), town.team("search"))
    at = NOON + 150 * DAY
    row = actions.decide(row, actor=town.actor("dana", at), now=at, choice="retiring", words="It costs too much.")
    assert row.sunset_at is not None
    assert row.sunset_at >= at + 90 * DAY, "those who use it don't lose the time that the dispute took"


def test_a_sunset_needs_its_days_and_an_address_that_a_header_can_carry(town: Parish) -> None:
    olga = town.actor("olga")
    with pytest.raises(InvalidInput, match="at least 90 days"):
        actions.retire(town.ledger, actor=olga, now=NOON, words="Old.", sunset_on=(NOON + 9 * DAY).date())
    with pytest.raises(InvalidInput, match="https"):
        actions.retire(town.ledger, actor=olga, now=NOON, words="Old.", more="ftp://x")
    assert not Succession.objects.exists()


def test_an_api_is_judged_by_the_service_that_offers_it_alone(town: Parish) -> None:
    from awayteam.catalog.models import Relation
    from awayteam.sources.declared import RelationType

    api = Entity.objects.create(
        ref="api:default/entries", kind="API", name="entries", owner=town.ledger.owner, sort_name="entries",
        changed_at=NOON, first_seen_at=NOON,
    )  # fmt: skip
    Relation.objects.create(type=RelationType.PROVIDES_API, source=town.ledger, target=api, declared_by=town.ledger)
    town.sole()
    assert evidence.look(api, NOON).verdict.enough
    other = Entity.objects.create(
        ref="api:default/sums", kind="API", name="sums", owner=town.ledger.owner, sort_name="sums", changed_at=NOON,
        first_seen_at=NOON,
    )  # fmt: skip
    Relation.objects.create(type=RelationType.PROVIDES_API, source=town.ledger, target=other, declared_by=town.ledger)
    assert not evidence.look(api, NOON).verdict.enough, "nobody can tell which of the two was called"

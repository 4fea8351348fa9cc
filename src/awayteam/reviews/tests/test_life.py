"""The life of a review and of an entry of the register: every verb by the people who may, and refused to the others."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from awayteam.kernel import clocks
from awayteam.kernel.actor import ANONYMOUS, SYSTEM
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.events import Subject
from awayteam.kernel.machines import problems
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Membership, Person, Role
from awayteam.reviews import actions, hooks, jobs, queries
from awayteam.reviews.actions import Deviation, Terms
from awayteam.reviews.machine import ENTRY, MACHINE
from awayteam.reviews.models import Absence, BarRaiser, Opinion, RegisterEntry, RegisterStep, Review
from awayteam.reviews.permissions import visible
from awayteam.reviews.tests import town as towns
from awayteam.reviews.tests.town import NOON, Town, ask, deliver, overridden, raiser, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return towns.found()


def end_of(row: Review | RegisterEntry) -> None:
    """Let its clock run out."""
    row.refresh_from_db()
    assert row.due_at is not None
    clocks.run_due(row.due_at + timedelta(minutes=1))
    row.refresh_from_db()


def test_both_machines_are_whole() -> None:
    assert [*problems(MACHINE), *problems(ENTRY)] == []


def test_asked_for_assigned_delivered_followed(town: Town) -> None:
    review = ask(town)
    assert (review.state, str(review.bar_raiser)) == ("assigned", "rita")
    assert review.turn_person == town.person("rita")
    assert any("independent" in reason for reason in review.assignment["reasons"])
    later = NOON + timedelta(hours=1)
    actions.save_draft(review, said(answers={}), actor=town.actor("rita"), now=NOON)
    deliver(town, review, later, recommendation="with-conditions")
    review.refresh_from_db()
    assert (review.state, review.turn_person, review.draft) == ("delivered", town.person("olga"), {})
    done = actions.follow(review, actor=town.actor("olga"), now=later)
    assert (done.state, done.decided_at, done.turn_person) == ("followed", later, None)
    actions.meet(review, 1, evidence="https://example.org/measured", actor=town.actor("oscar"), now=later)
    with pytest.raises(Conflict, match="met already"):
        actions.meet(review, 1, evidence="again", actor=town.actor("olga"), now=later)
    names = list(Event.objects.filter(name__startswith="review.").order_by("id").values_list("name", flat=True))
    assert names == [
        "review.requested", "review.drafted", "review.delivered", "review.followed", "review.condition-met",
    ]  # fmt: skip
    assert [step.verb for step in review.steps.all()] == ["request", "deliver", "follow"]


def test_silence_of_the_decider_follows(town: Town) -> None:
    review = deliver(town, ask(town))
    end_of(review)
    assert (review.state, review.steps.last().party) == ("followed", "the clock")


def test_silence_of_the_bar_raiser_goes_to_another_and_then_to_the_keepers(town: Town) -> None:
    review = ask(town)
    end_of(review)
    assert (review.state, str(review.bar_raiser)) == ("assigned", "rob")
    end_of(review)
    assert (review.state, review.bar_raiser, review.turn_person) == ("unassigned", None, town.person("zoe"))
    end_of(review)
    assert review.state == "unassigned"
    town.people["ron"] = Person.objects.create(ref="user:default/ron", name="ron")
    raiser(town, "ron")
    end_of(review)
    assert (review.state, str(review.bar_raiser)) == ("assigned", "ron")


def test_declining_is_possible_once(town: Town) -> None:
    review = ask(town)
    with pytest.raises(NotAllowed):
        actions.decline(review, words="No", actor=town.actor("rob"), now=NOON)
    with pytest.raises(InvalidInput):
        actions.decline(review, words=" ", actor=town.actor("rita"), now=NOON)
    review = actions.decline(review, words="My brother works there", actor=town.actor("rita"), now=NOON)
    assert (str(review.bar_raiser), review.declined) == ("rob", 1)
    with pytest.raises(Conflict, match="declined before"):
        actions.decline(review, words="Me neither", actor=town.actor("rob"), now=NOON)


def test_an_override_is_in_the_register_at_once_and_everybody_above_hears_of_it(town: Town) -> None:
    entry = overridden(town)
    assert (entry.kind, entry.recommendation, entry.decider_label, entry.state) == (
        "override", "against", "olga", "standing",
    )  # fmt: skip
    assert entry.review is not None
    assert entry.review.state == "overridden"
    told = Notification.objects.filter(subject_kind="register", subject_id=entry.pk).values_list(
        "person__name", flat=True
    )
    assert {"mona", "dana"} <= set(told)
    rows = queries.register(town.actor("ann"), queries.RegisterFilter())
    assert [row.entry.pk for row in rows.items] == [entry.pk]
    assert entry.look_again_on == NOON.date() + timedelta(days=90)


def test_an_override_needs_a_reason_and_the_decider(town: Town) -> None:
    review = deliver(town, ask(town))
    with pytest.raises(InvalidInput, match="why"):
        actions.override(review, reason="  ", actor=town.actor("olga"), now=NOON)
    for who in ("paul", "rita", "mona", "zoe"):
        with pytest.raises(NotAllowed):
            actions.override(review, reason="No", actor=town.actor(who), now=NOON)
        with pytest.raises(NotAllowed):
            actions.follow(review, actor=town.actor(who), now=NOON)
    with pytest.raises(Conflict, match="Only the person"):
        actions.override(review, reason="No", actor=SYSTEM, now=NOON)
    assert not RegisterEntry.objects.exists()
    review.refresh_from_db()
    assert (review.state, review.version) == ("delivered", 2)


def test_a_recommendation_cannot_be_withdrawn_from(town: Town) -> None:
    review = deliver(town, ask(town))
    with pytest.raises(Conflict):
        actions.withdraw(review, words="Never mind", actor=town.actor("paul"), now=NOON)


def test_withdrawing_is_for_whoever_asked(town: Town) -> None:
    review = ask(town)
    with pytest.raises(NotAllowed):
        actions.withdraw(review, words="Never mind", actor=town.actor("olga"), now=NOON)
    assert actions.withdraw(review, words="Never mind", actor=town.actor("paul"), now=NOON).state == "withdrawn"


def test_the_database_keeps_what_was_said(town: Town) -> None:
    entry = overridden(town)
    opinion = Opinion.objects.get()
    for act in (
        lambda: RegisterEntry.objects.filter(pk=entry.pk).update(reason="Nothing to see"),
        lambda: RegisterEntry.objects.filter(pk=entry.pk).update(review=None),
        lambda: RegisterEntry.objects.filter(pk=entry.pk)._raw_delete("default"),
        lambda: RegisterStep.objects.filter(story=entry)._raw_delete("default"),
        lambda: RegisterStep.objects.filter(story=entry).update(words="x"),
        lambda: Opinion.objects.filter(pk=opinion.pk).update(recommendation="for"),
        lambda: Opinion.objects.filter(pk=opinion.pk)._raw_delete("default"),
        entry.delete,
        entry.review.delete,  # type: ignore[union-attr]
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    entry.refresh_from_db()
    assert entry.reason == "We lose the season otherwise."
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reviews_registerentry")
        assert cursor.fetchone() == (1,)


def test_an_entry_is_looked_at_again(town: Town) -> None:
    entry = overridden(town)
    end_of(entry)
    assert (entry.state, entry.turn_person) == ("due", town.person("olga"))
    now = entry.entered_at
    later = actions.look_later(
        entry, on=now.date() + timedelta(days=30), words="The season isn't over", actor=town.actor("olga"), now=now
    )
    assert later.state == "standing"
    end_of(entry)
    end_of(entry)
    assert (entry.state, entry.silent, entry.turn_person) == ("unanswered", 1, town.person("mona"))
    with pytest.raises(NotAllowed):
        actions.tell_what_happened(entry, outcome="both", happened="x", actor=town.actor("paul"), now=now)
    with pytest.raises(InvalidInput):
        actions.tell_what_happened(entry, outcome="fine", happened="x", actor=town.actor("mona"), now=now)
    done = actions.tell_what_happened(
        entry, outcome="as-warned", happened="Two stores, two truths.", actor=town.actor("mona"), now=now
    )
    assert (done.state, done.outcome, done.turn_person) == ("told", "as-warned", None)


def test_a_deviation_is_shown_with_data(town: Town) -> None:
    wanted = Deviation(
        team=town.team("orders"), title="Our own queue", practice="The common queue", reason="It loses messages",
        data=[{"words": "Loss of a month", "url": "https://example.org/loss"}],
    )  # fmt: skip
    entry = actions.deviate(wanted, actor=town.actor("olga"), now=NOON)
    assert (entry.kind, entry.state) == ("deviation", "standing")
    with pytest.raises(NotAllowed):
        actions.deviate(wanted, actor=town.actor("oscar"), now=NOON)
    bare = Deviation(town.team("orders"), "Our own queue", "The common queue", "We like it", [])
    with pytest.raises(InvalidInput, match="data are missing"):
        actions.deviate(bare, actor=town.actor("olga"), now=NOON)
    assert RegisterEntry.objects.count() == 1


def test_only_parties_ask_and_one_open_review_for_each_field(town: Town) -> None:
    subject = Subject("engagement", 7, "Refunds")
    for who in ("sam", "ann"):
        with pytest.raises(NotAllowed):
            ask(town, who)
    ask(town, subject=subject, address="/engagements/7/")
    with pytest.raises(Conflict, match="is open"):
        ask(town, subject=subject)
    assert ask(town, "olga", subject=subject, field="design").field == "design"
    with pytest.raises(InvalidInput) as error:
        ask(town, field="weather", title=" ")
    assert set(error.value.fields) == {"field", "title"}
    assert Review.objects.count() == 2


def test_nobody_reviews_near_or_in_the_line_or_what_they_decide(town: Town) -> None:
    for name in ("olga", "oscar", "mona", "dana", "pia"):
        raiser(town, name)
    BarRaiser.objects.filter(person__name__in=["rita", "rob"]).delete()
    review = ask(town)
    assert (review.state, review.bar_raiser) == ("unassigned", None)
    why = {one["name"]: one["why"] for one in review.assignment["passed_over"]}
    assert why == {"olga": "barred", "oscar": "near", "pia": "near", "mona": "near", "dana": "line"}
    for name in ("oscar", "mona", "dana"):
        with pytest.raises(Conflict, match="can't review this"):
            actions.assign(review, person=town.person(name), actor=town.actor("zoe"), now=NOON)
    with pytest.raises(NotAllowed):
        actions.assign(review, person=town.person("oscar"), actor=town.actor("mona"), now=NOON)


def test_who_reviewed_lately_there_is_passed_over(town: Town) -> None:
    first = ask(town)
    second = ask(town, title="Another")
    third = ask(town, title="A third")
    assert [str(one.bar_raiser) for one in (first, second)] == ["rita", "rob"]
    assert third.state == "unassigned"
    assert {one["why"] for one in third.assignment["passed_over"]} == {"recent"}


def test_a_keeper_names_somebody_with_a_full_load(town: Town) -> None:
    BarRaiser.objects.filter(person=town.person("rob")).update(load_max=1)
    Membership.objects.create(team=town.team("search"), person=town.person("ann"), role=Role.LEAD)
    review = ask(town, "ann", team=town.team("search"), decider=town.person("sam"), teams=[])
    assert str(review.bar_raiser) == "rita"
    busy = ask(town, title="For rob")
    assert str(busy.bar_raiser) == "rob"
    review = actions.assign(review, person=town.person("rob"), words="Knows it", actor=town.actor("zoe"), now=NOON)
    assert str(review.bar_raiser) == "rob"
    assert any("1 open" in reason for reason in review.assignment["reasons"])


def test_who_leaves_gives_way(town: Town) -> None:
    review, entry = ask(town), None
    BarRaiser.objects.filter(person=town.person("rita")).update(ended_at=NOON)
    assert jobs.run(NOON) == 1
    review.refresh_from_db()
    assert str(review.bar_raiser) == "rob"
    entry = actions.override(
        deliver(town, review), reason="Season", actor=town.actor("olga"), now=NOON + timedelta(hours=2)
    )
    second = ask(town, field="design", title="The page")
    Person.objects.filter(name="olga").update(left_at=NOON + timedelta(hours=3))
    assert jobs.run(NOON + timedelta(hours=4)) == 2
    second.refresh_from_db()
    entry.refresh_from_db()
    assert (str(second.decider), entry.turn_person) == ("oscar", town.person("mona"))
    assert jobs.run(NOON + timedelta(hours=5)) == 0


def test_the_document_is_whole_or_refused(town: Town) -> None:
    review = ask(town)
    for wrong, field in (
        (said(answers={}), "answer_1"),
        (said(summary=""), "summary"),
        (said("maybe"), "recommendation"),
        (said("with-conditions", conditions=[]), "conditions"),
        (said("for", conditions=["But"]), "conditions"),
        (said(evidence=[{"words": "", "url": "javascript:alert(1)"}]), "evidence"),
    ):
        with pytest.raises(InvalidInput) as error:
            actions.deliver(review, wrong, actor=town.actor("rita"), now=NOON)
        assert field in error.value.fields
    for who in ("rob", "olga", "zoe"):
        with pytest.raises(NotAllowed):
            actions.deliver(review, said(), actor=town.actor(who), now=NOON)
    with pytest.raises(Conflict):
        actions.deliver(review, said(), actor=town.actor("rita"), now=NOON, version=9)
    assert not Opinion.objects.exists()


def test_what_is_restricted_is_seen_by_its_people_and_its_override_by_all(town: Town) -> None:
    entity = towns.service(town, "vault", restricted=True)
    review = ask(town, "olga", entity=entity, title="The vault")
    assert not visible(town.actor("ann"), Review.objects.all()).exists()
    assert visible(town.actor("rita"), Review.objects.all()).exists()
    with pytest.raises(NotFound):
        ask(town, "paul", entity=entity)
    entry = actions.override(deliver(town, review), reason="Secret plan", actor=town.actor("olga"), now=NOON)
    row = queries.register(town.actor("ann"), queries.RegisterFilter()).items[0]
    assert (row.entry.pk, row.title, row.reason) == (entry.pk, "Something restricted", "")
    assert queries.register(town.actor("olga"), queries.RegisterFilter()).items[0].title == "The vault"
    assert queries.register(ANONYMOUS, queries.RegisterFilter()).items == []


def test_an_upper_app_hears_of_decisions_in_the_transaction(town: Town) -> None:
    heard: list[tuple[str, str]] = []

    def listen(review: Review, actor: object, now: object) -> None:
        heard.append((review.subject_label, review.state))
        if review.title == "Refuse":
            raise Conflict("Not now.")

    hooks.register("thing", listen)
    try:
        subject = Subject("thing", 1, "Thing")
        review = deliver(town, ask(town, subject=subject))
        actions.follow(review, actor=town.actor("olga"), now=NOON)
        other = ask(town, title="Refuse", subject=subject, field="design")
        with pytest.raises(Conflict):
            actions.withdraw(other, words="x", actor=town.actor("paul"), now=NOON)
    finally:
        hooks._decided.pop("thing")
    other.refresh_from_db()
    assert heard == [("Thing", "followed"), ("Thing", "withdrawn")]
    assert other.state == "assigned"


def test_the_pool_is_kept_by_managers_and_keepers(town: Town) -> None:
    sue = town.person("sue")
    terms = Terms(trained_on=date(2026, 1, 1), load_max=2)
    for who in ("sue", "sam", "mona"):
        with pytest.raises(NotAllowed):
            actions.join(sue, "design", terms, actor=town.actor(who), now=NOON)
    row = actions.join(sue, "design", terms, actor=town.actor("dana"), now=NOON)
    with pytest.raises(Conflict):
        actions.join(sue, "design", terms, actor=town.actor("zoe"), now=NOON)
    actions.change(row, Terms(load_max=5), actor=town.actor("zoe"), now=NOON)
    away = actions.be_away(sue, date(2026, 3, 9), date(2026, 3, 13), actor=town.actor("sue"), now=NOON)
    with pytest.raises(NotAllowed):
        actions.back(away, actor=town.actor("paul"), now=NOON)
    actions.back(away, actor=town.actor("sue"), now=NOON)
    assert not Absence.objects.exists()
    actions.leave(row, words="Enough", actor=town.actor("sue"), now=NOON)
    row.refresh_from_db()
    assert (row.load_max, row.trained_on, row.ended_why) == (5, None, "Enough")
    with pytest.raises(Conflict):
        actions.leave(row, words="Again", actor=town.actor("sue"), now=NOON)
    with pytest.raises(InvalidInput):
        actions.join(sue, "weather", terms, actor=town.actor("zoe"), now=NOON)


def test_an_independent_person_for_other_apps(town: Town) -> None:
    choice = actions.assign_reviewer(
        "architecture", teams=[town.team("orders")], people=[town.person("olga").pk], now=NOON
    )
    assert choice.name == "rita"
    again = actions.assign_reviewer(
        "architecture", teams=[town.team("orders")], without=[town.person("rita").pk], now=NOON
    )
    assert again.name == "rob"
    assert not Review.objects.exists()


def test_what_cannot_be_raises_our_errors(town: Town) -> None:
    for act in (
        lambda: actions.follow(99, actor=town.actor("olga"), now=NOON),
        lambda: actions.tell_what_happened(99, outcome="both", happened="x", actor=town.actor("olga"), now=NOON),
        lambda: actions.leave(99, words="x", actor=town.actor("zoe"), now=NOON),
        lambda: actions.back(99, actor=town.actor("zoe"), now=NOON),
    ):
        with pytest.raises(AwayteamError):
            act()

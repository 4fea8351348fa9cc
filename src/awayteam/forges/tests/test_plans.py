"""The plan for one repository: each rule by a case of its own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awayteam.forges.port import Account, Held, Level, Wanted
from awayteam.forges.reconciling import (
    FOREVER,
    Due,
    Granted,
    Kind,
    Plan,
    Terms,
    is_gone,
    plan,
    retry_at,
    shows,
    steady,
)

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
DAY = timedelta(days=1)
PAUL, PIA = Account("1", "paul"), Account("2", "pia")


def due(account: Account | None = PAUL, since: datetime = NOW - DAY, until: datetime = NOW + DAY, **more: Any) -> Due:
    return Due(person=7, engagement=more.pop("engagement", 3), since=since, until=until, account=account,
               patterns=more.pop("patterns", ("/a/",)))  # fmt: skip


def held(level: Level = Level.WRITE, account: Account = PAUL, **more: Any) -> Held:
    return Held(account, level, **more)


def wish(*dues: Due) -> Wanted:
    """What these dues make of Paul's right."""
    found = plan(dues, (), (), Terms(), NOW).of(Kind.GIVE)[0].wanted
    assert found is not None
    return found


def record(asked: Wanted | None = None, **more: Any) -> Granted:
    """A right of ours that was given, answered and seen."""
    given: dict[str, Any] = {"id": 1, "account": PAUL, "asked": asked or wish(due()), "asked_at": NOW - DAY,
                             "applied": True, "seen": True}  # fmt: skip
    return Granted(**{**given, **more})


def kinds(made: Plan) -> list[Kind]:
    return [step.kind for step in made.steps]


def test_what_begins_is_given_with_everything_that_several_engagements_say() -> None:
    later = due(until=NOW + 3 * DAY, engagement=4, patterns=("/b/", "/a/"))
    after = due(since=NOW + 3 * DAY, until=NOW + 5 * DAY, engagement=5, patterns=("/c/",))
    made = plan([due(), later, after], (), (), Terms(), NOW)
    assert kinds(made) == [Kind.GIVE]
    wanted = made.steps[0].wanted
    assert wanted is not None
    assert (wanted.level, wanted.until, wanted.patterns) == (Level.WRITE, NOW + 5 * DAY, ("/a/", "/b/"))
    assert [(part.engagement, part.until) for part in wanted.parts] == [(3, NOW + DAY), (4, NOW + 3 * DAY)]
    assert (made.next_at, made.revokes_at) == (NOW + DAY, NOW + DAY)


@pytest.mark.parametrize(("since", "until"), [(NOW + DAY, NOW + 2 * DAY), (NOW - 2 * DAY, NOW - DAY), (NOW - DAY, NOW)])
def test_nothing_is_given_before_it_begins_or_from_the_moment_it_ends(since: datetime, until: datetime) -> None:
    made = plan([due(since=since, until=until)], (), (), Terms(), NOW)
    assert made.steps == ()
    assert made.next_at == (since if since > NOW else None)


def test_a_right_that_was_there_already_is_kept_unrecorded_and_survives() -> None:
    made = plan([due()], [held()], (), Terms(), NOW)
    assert kinds(made) == [Kind.KEEP]
    assert made.steps[0].grant is None
    after = plan((), [held()], (), Terms(at_home=frozenset({"1"})), NOW)
    assert after.steps == ()


def test_a_lesser_right_that_was_there_is_remembered_and_remains() -> None:
    made = plan([due()], [held(Level.READ, ends_at=NOW + 9 * DAY)], (), Terms(), NOW)
    assert kinds(made) == [Kind.GIVE]
    assert made.steps[0].before == held(Level.READ, ends_at=NOW + 9 * DAY)
    ended = plan((), [held()], [record(before=Level.READ, before_until=NOW + 9 * DAY)], Terms(), NOW)
    assert kinds(ended) == [Kind.TAKE]
    assert ended.steps[0].back_to == Wanted(PAUL, Level.READ, NOW + 9 * DAY)
    half = plan((), (), [record(before=Level.READ, taking=True)], Terms(), NOW)
    assert [step.back_to and step.back_to.level for step in half.steps] == [Level.READ]
    done = plan((), [held(Level.READ)], [record(before=Level.READ, taken=True)], Terms(), NOW)
    assert kinds(done) == [Kind.NOTHING]


def test_rights_through_a_team_need_nothing_of_ours_and_arent_strays() -> None:
    team = held(Level.MAINTAIN, direct=False)
    assert kinds(plan([due()], [team], (), Terms(), NOW)) == [Kind.KEEP]
    assert plan((), [team], (), Terms(), NOW).steps == ()
    assert kinds(plan([due()], [held(Level.READ, direct=False)], (), Terms(), NOW)) == [Kind.GIVE]


def test_ours_ends_though_the_forge_doesnt_show_it_and_is_closed_once_told() -> None:
    assert kinds(plan((), (), [record()], Terms(), NOW)) == [Kind.TAKE]
    assert kinds(plan((), (), [record(taken=True)], Terms(), NOW)) == [Kind.NOTHING]
    assert kinds(plan((), [held()], [record(taken=True)], Terms(), NOW)) == [Kind.TAKE]


def test_what_was_begun_and_not_finished_is_given_again() -> None:
    assert kinds(plan([due()], [held()], [record(applied=False, seen=False)], Terms(), NOW)) == [Kind.GIVE]
    assert kinds(plan([due()], (), [record()], Terms(), NOW)) == [Kind.GIVE]
    assert kinds(plan([due()], [held()], [record(taken=True)], Terms(), NOW)) == [Kind.GIVE]
    assert kinds(plan([due()], [held()], [record()], Terms(), NOW)) == [Kind.KEEP]


def test_another_end_or_other_paths_are_given_anew() -> None:
    longer = due(until=NOW + 2 * DAY)
    assert kinds(plan([longer], [held()], [record()], Terms(), NOW)) == [Kind.GIVE]
    assert kinds(plan([due(patterns=("/z/",))], [held()], [record()], Terms(), NOW)) == [Kind.GIVE]


@pytest.mark.parametrize("wanted", [(due(),), ()])
def test_what_was_raised_by_hand_is_reported_and_stays(wanted: tuple[Due, ...]) -> None:
    made = plan(wanted, [held(Level.ADMIN)], [record()], Terms(is_home_known=True), NOW)
    assert Kind.STRAY in kinds(made)
    assert not any(step.changes for step in made.steps)
    again = plan(wanted, [held(Level.MAINTAIN)], [record(before=Level.READ)], Terms(), NOW)
    assert not any(step.changes for step in again.steps)


def test_where_the_rulebook_says_so_what_was_raised_is_lowered() -> None:
    terms = Terms(remove_strays=True, is_home_known=True)
    assert kinds(plan([due()], [held(Level.MAINTAIN)], [record()], terms, NOW)) == [Kind.STRAY, Kind.GIVE]
    ended = plan((), [held(Level.MAINTAIN)], [record(before=Level.READ)], terms, NOW)
    assert [(step.kind, step.back_to and step.back_to.level) for step in ended.steps] == [(Kind.TAKE, Level.READ)]
    for wanted in ([due()], []):
        assert not any(step.changes for step in plan(wanted, [held(Level.ADMIN)], [record()], terms, NOW).steps)
        nobody = replace(terms, is_home_known=False)
        assert not any(step.changes for step in plan(wanted, [held(Level.MAINTAIN)], [record()], nobody, NOW).steps)


def test_an_invitation_is_cancelled_at_the_end_and_repeated_late() -> None:
    waiting = held(pending=True, key="99")
    assert kinds(plan([due()], [waiting], [record()], Terms(), NOW)) == [Kind.KEEP]
    ended = plan((), [waiting], [record(pending=True)], Terms(), NOW)
    assert (kinds(ended), ended.steps[0].held) == ([Kind.TAKE], (waiting,))
    declined = record(pending=True, asked_at=NOW - timedelta(hours=23))
    made = plan([due()], (), [declined], Terms(), NOW)
    assert (kinds(made), made.next_at) == ([Kind.WAIT], NOW + timedelta(hours=1))
    assert kinds(plan([due()], (), [declined], Terms(), NOW + timedelta(hours=1))) == [Kind.GIVE]


def test_people_without_an_account_wait() -> None:
    made = plan([due(None), replace(due(None), engagement=4)], (), (), Terms(), NOW)
    assert [(step.kind, step.people, step.engagements) for step in made.steps] == [(Kind.WAIT, (7,), (3, 4))]
    assert made.is_quiet


def test_strays_are_reported_and_only_removed_where_that_is_asked_for_and_safe() -> None:
    rights = [held(account=PIA), held(Level.READ)]
    made = plan((), rights, (), Terms(is_home_known=True), NOW)
    assert [(step.kind, step.account, step.removes) for step in made.steps] == [(Kind.STRAY, PIA, False)]
    removing = Terms(remove_strays=True, is_home_known=True)
    assert plan((), rights, (), removing, NOW).steps[0].removes
    assert not plan((), rights, (), replace(removing, is_home_known=False), NOW).steps[0].removes
    assert not plan((), [held(Level.ADMIN)], (), removing, NOW).steps[0].removes


@pytest.mark.parametrize(
    ("terms", "right"),
    [
        (Terms(at_home=frozenset({"1"})), held()),
        (Terms(leave_alone=frozenset({"paul"})), held(account=Account("1", "Paul"))),
        (Terms(), held(account=Account("1", "ci", is_bot=True))),
        (Terms(), held(Level.READ)),
    ],
)
def test_those_at_home_robots_and_readers_are_no_strays(terms: Terms, right: Held) -> None:
    assert plan((), [right], (), replace(terms, remove_strays=True, is_home_known=True), NOW).steps == ()


def test_what_a_forge_knows_to_be_ours_or_not_decides() -> None:
    assert kinds(plan((), [held(ours=True)], (), Terms(), NOW)) == [Kind.TAKE]
    assert kinds(plan([due()], [held(ours=True)], (), Terms(), NOW)) == [Kind.GIVE]
    theirs = plan((), [held(ours=False)], [record()], Terms(), NOW)
    assert kinds(theirs) == [Kind.TAKE, Kind.STRAY]
    both = [held(Level.ADMIN, ours=False), held(ours=True)]
    assert kinds(plan((), both, [record()], Terms(), NOW)) == [Kind.TAKE]
    assert kinds(plan([due()], both, [record()], Terms(), NOW)) == [Kind.KEEP]
    assert kinds(plan([due()], [held(ours=False)], (), Terms(), NOW)) == [Kind.KEEP]
    assert kinds(plan((), [held(ours=False, direct=False)], (), Terms(), NOW)) == [Kind.STRAY]


def test_revocations_come_before_everything_that_is_given() -> None:
    made = plan([due(PIA)], [held()], [record()], Terms(), NOW)
    assert kinds(made) == [Kind.TAKE, Kind.GIVE]


def test_repeats_and_order_of_what_the_forge_says_dont_matter() -> None:
    rights = [held(), held(Level.READ, PIA), held()]
    one = plan([due()], rights, [record()], Terms(), NOW)
    assert kinds(one) == kinds(plan([due()], rights[::-1], [record()], Terms(), NOW)) == [Kind.KEEP]


def test_what_shows_and_what_is_gone() -> None:
    wanted = wish(due())
    assert shows(wanted, [held(Level.READ), held(account=PIA)]) is None
    assert shows(wanted, [held(pending=True)]) == held(pending=True)
    assert not is_gone(PAUL, None, [held(Level.READ)])
    assert is_gone(PAUL, None, [held(account=PIA), held(direct=False), held(ours=False)])
    assert is_gone(PAUL, Wanted(PAUL, Level.READ, FOREVER), [held(Level.READ)])
    assert not is_gone(PAUL, Wanted(PAUL, Level.READ, FOREVER), [held(Level.READ, pending=True)])


def test_waits_grow_to_the_longest_and_heed_what_the_forge_asks_for() -> None:
    longest = timedelta(minutes=5)
    waits = [(retry_at(NOW, number, longest=longest, chance=1) - NOW).total_seconds() for number in (1, 2, 8, 9, 500)]
    assert waits == [2, 4, 256, 300, 300]
    assert retry_at(NOW, 1, longest=longest, chance=0) == NOW + timedelta(seconds=1)
    assert retry_at(NOW, 1, longest=longest, chance=0, says=NOW + longest) == NOW + longest
    assert retry_at(NOW, 1, longest=longest, chance=0, says=NOW + 99 * DAY) == NOW + 10 * longest


def test_clocks_that_differ_dont_turn_back_and_nonsense_is_passed_over() -> None:
    ahead = NOW + timedelta(minutes=3)
    assert steady(NOW, ahead) == ahead
    assert steady(ahead, NOW) == ahead
    assert steady(NOW, NOW + 999 * DAY) == NOW
    assert steady(NOW, None) == NOW


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        plan((), (), (), Terms(), NOW.replace(tzinfo=None))

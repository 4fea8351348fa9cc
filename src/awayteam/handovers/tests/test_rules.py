"""The rules as properties: what a checklist needs, whose a defect is, what may be read when, when to serve oneself."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from awayteam.handovers import rules
from awayteam.handovers.machine import DEFECT, MACHINE
from awayteam.handovers.rules import (
    Blame,
    Changes,
    CommitFact,
    Facts,
    Line,
    Rule,
    Visit,
    Visited,
    Warranty,
    checklist,
    lacks,
    may_read,
    route,
    to_serve_itself,
    unmet,
    warranty,
)
from awayteam.kernel.machines import problems
from awayteam.kernel.rulebook import checks

T0 = datetime(2026, 3, 2, 12, tzinfo=UTC)
moments = st.integers(-400, 400).map(lambda hours: T0 + timedelta(hours=hours))
kinds = st.frozensets(st.sampled_from(["link", "words", "results", "walkthrough"]))
lines = st.builds(
    Line, number=st.integers(1, 30), text=st.just("Tests pass."), done=st.booleans(), waived=st.booleans(), shows=kinds,
    key=st.sampled_from(["", "tests", rules.WALKTHROUGH, rules.BY_ITSELF]),
)  # fmt: skip
warranties = st.one_of(
    st.just(Warranty(None, None)), st.tuples(moments, moments).map(lambda two: Warranty(min(two), max(two)))
)
blames = st.none() | st.builds(Blame, sha=st.just("a" * 40), author=st.just("Ada"), at=moments, ours=st.booleans())
changes = st.none() | st.builds(Changes, count=st.integers(0, 5), sha=st.just("b" * 40), at=st.none() | moments)
facts = st.builds(
    Facts, found_at=moments, warranty=warranties, path=st.just("a.py"), in_scope=st.none() | st.booleans(),
    changes=changes, blame=blames,
)  # fmt: skip


def test_the_machines_have_no_dead_ends() -> None:
    assert problems(MACHINE) + problems(DEFECT) == []


@given(st.lists(lines, max_size=8), st.integers(0, 3))
def test_a_checklist_is_complete_exactly_when_each_line_is_met(some: list[Line], open_reviews: int) -> None:
    def met(line: Line) -> bool:
        return line.waived or (open_reviews == 0 if line.key == rules.BY_ITSELF else line.done)

    assert (unmet(some, open_reviews) == []) == all(met(line) for line in some)
    assert len(unmet(some, open_reviews)) == sum(not met(line) for line in some)


@given(lines)
def test_nothing_is_ticked_without_what_shows_it(line: Line) -> None:
    if lacks(line) == "":
        assert line.shows
        assert line.key != rules.BY_ITSELF
        assert line.key != rules.WALKTHROUGH or "walkthrough" in line.shows


def test_the_contracts_lines_come_first_and_are_not_repeated() -> None:
    made = checklist(["Refunds work.", " ", "Tests pass."], ["tests: tests pass.", "runbook: There is one."])
    assert made == [
        ("contract", "", "Refunds work."), ("contract", "", "Tests pass."), ("rulebook", "runbook", "There is one."),
    ]  # fmt: skip


def test_lines_and_questions_of_a_rulebook_are_checked() -> None:
    assert checks.keyed_lines(["a: b", "c: d: e"]) is None
    for bad in (["no colon"], [": x"], ["a:"], ["a: b", "a: c"], [f"{'k' * 41}: x"]):
        assert checks.keyed_lines(bad)
    assert checks.five_questions(["?"] * 5) is None
    assert checks.five_questions(["?"] * 4)
    assert checks.five_questions(["?", "?", "?", "?", " "])


@given(facts)
def test_after_the_warranty_a_defect_is_the_home_teams(known: Facts) -> None:
    verdict = route(known)
    assert verdict.under_warranty == known.warranty.holds(known.found_at)
    if not verdict.under_warranty:
        assert (verdict.side, verdict.rule) == ("home", Rule.AFTER_WARRANTY)
    assert verdict.reasons


@given(facts)
def test_the_strongest_evidence_decides_within_the_warranty(known: Facts) -> None:
    verdict = route(known)
    if not verdict.under_warranty:
        return
    if known.blame is not None:
        assert verdict.side == ("away" if known.blame.ours else "home")
    elif known.changes is not None:
        assert verdict.side == ("away" if known.changes.count else "home")
    elif known.in_scope is not None:
        assert verdict.side == ("away" if known.in_scope else "home")
    else:
        assert (verdict.side, verdict.rule) == ("home", Rule.UNKNOWN)


@given(facts)
def test_the_away_team_never_gets_a_defect_without_evidence_against_it(known: Facts) -> None:
    if route(known).side == "away":
        blamed = known.blame is not None and known.blame.ours
        assert blamed or (known.changes is not None and known.changes.count) or known.in_scope


@given(st.none() | moments, st.integers(0, 90), st.none() | moments, moments)
def test_a_warranty_ends_once_and_for_all(
    start: datetime | None, days: int, ended: datetime | None, at: datetime
) -> None:
    found = warranty(start, days, ended)
    if not found.holds(at):
        assert not found.holds(at + timedelta(days=1))
    if ended is not None:
        assert not found.holds(ended)
    if start is not None:
        assert not found.holds(start + timedelta(days=days))


@given(moments, st.none() | moments, moments, st.integers(1, 3))
def test_a_commit_is_of_the_visit_only_by_a_member_while_they_worked(
    begins: datetime, ends: datetime | None, at: datetime, person: int
) -> None:
    visit = Visit(((1, begins, ends),), begins, ends)
    made = visit.made(CommitFact("c" * 40, at, person, "Ada"))
    assert made == (person == 1 and begins <= at and (ends is None or at <= ends))
    assert not visit.made(CommitFact("c" * 40, at, None, "somebody"))


@given(st.booleans(), st.sets(st.sampled_from(["away", "home"])), st.none() | moments, moments)
def test_answers_open_for_others_when_both_sides_answered_or_the_time_has_come(
    own: bool, sides: set[str], opens: datetime | None, now: datetime
) -> None:
    assert may_read(own, sides, opens, now) == (own or len(sides) == 2 or (opens is not None and now >= opens))


visits = st.lists(st.builds(Visited, engagement=st.integers(1, 99), service=st.integers(1, 3), began_at=moments))


@given(visits, st.dictionaries(st.integers(1, 3), moments), moments, st.integers(1, 20), st.integers(2, 4))
def test_only_visits_of_the_window_and_after_a_dismissal_count(
    some: list[Visited], aside: dict[int, datetime], now: datetime, days: int, least: int
) -> None:
    found = to_serve_itself(some, aside, now=now, days=days, least=least)
    for service, counted in found.items():
        assert len(counted) >= least
        assert all(one.service == service and now - timedelta(days=days) <= one.began_at <= now for one in counted)
        assert all(service not in aside or one.began_at > aside[service] for one in counted)
    assert [len(one) for one in found.values()] == sorted((len(one) for one in found.values()), reverse=True)

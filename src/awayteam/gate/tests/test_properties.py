"""No way to a merge without a right: random stories of a change, and an oracle that shares no code with the gate."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from awayteam.engagements.access import Interval
from awayteam.gate.change import Approval, Author, Change, Said
from awayteam.gate.facts import (
    Engagements,
    Hold,
    Look,
    Mode,
    Passage,
    Policy,
    Reviews,
    Round,
    Stage,
    Standards,
    Terms,
)
from awayteam.gate.supposing import parse, suppose
from awayteam.gate.tests.world import MANAGERS, NOW, ORDERS, PARENTS, TEAMS, Org, ask, change, engagements, ref
from awayteam.gate.verdict import Outcome, Verdict

PEOPLE = sorted({ref(name) for people in TEAMS.values() for name in people} | {ref("mia"), ref("mona")})
PATHS = ("orders/a", "orders/api/b", "search/c", "web/d", "both/e", "free/f", "lost/g", "README", ".github/CODEOWNERS")
OWNERS = {
    "orders": ("orders",), "search": ("search",), "web": ("web",), "both": ("orders", "search"),
    ".github": ("orders",),
}  # fmt: skip
HEARD = [ref(name) for name in ("sue", "sam", "omar", "wim", "mona")]
WORDS = [Said.APPROVED, Said.APPROVED, Said.APPROVED, Said.CHANGES, Said.DISMISSED, Said.COMMENTED]
URL = "https://forge.example/shop/12"


def owners_of(path: str) -> tuple[str, ...]:
    return tuple(f"group:default/{name}" for name in OWNERS.get(path.partition("/")[0], ()))


def has_a_right(machine: "Story", path: str) -> bool:
    """The oracle: whether the words that were really given let this path in, told from the story alone."""
    head, hands = machine.heads[-1], machine.hands
    last: dict[str, tuple[Said, int]] = {}
    for person, what, commit in machine.words:
        if what is not Said.COMMENTED:
            last[person] = (what, commit)
    approving = {who for who, (what, at) in last.items() if what is Said.APPROVED and at == len(machine.heads) - 1}
    approving = {who for who in approving if who not in hands and who not in machine.gone}
    owners = owners_of(path)
    members_of = {who for team in owners for who in map(ref, TEAMS[team])}
    staying = [who for who in members_of if who not in hands and who not in machine.gone]
    above = {ref(name) for team in owners for unit in (team, PARENTS.get(team, "")) for name in MANAGERS.get(unit, ())}
    able = members_of if staying else members_of | above
    if approving & able:
        return True
    on_visit = machine.visiting(path)
    home = {ref(name) for name in TEAMS[ORDERS]} - machine.members
    if on_visit and (ORDERS in owners or path.startswith("lost/") or not owners):
        shown = [one for one in machine.rounds if one.commit == head and not one.own]
        answered = any(
            one.look is Look.UNANSWERED or (one.look is Look.APPROVED and one.by not in hands) for one in shown
        )
        if answered or approving & home:
            return True
        if machine.mode is Mode.ARCHITECTURE:
            own = bool(approving & machine.members) or any(
                one.own and one.commit == head and one.look is Look.APPROVED and one.by not in hands
                for one in machine.rounds
            )
            return machine.signed and own
        return False
    return not owners and not path.startswith("lost/") and bool(approving)


class Story(RuleBasedStateMachine):
    """A change by somebody of search, in a world in which everything around it moves."""

    @initialize(
        paths=st.lists(st.sampled_from(PATHS), min_size=1, max_size=4, unique=True), mode=st.sampled_from(list(Mode)),
        pattern=st.sampled_from(["/", "/orders/", "/orders/api/", "/lost/", "/web/"]),
    )  # fmt: skip
    def begin(self, paths: list[str], mode: Mode, pattern: str) -> None:
        self.paths, self.mode, self.pattern = tuple(paths), mode, pattern
        self.now = NOW
        self.heads = ["0" * 39 + "0"]
        self.hands = {ref("sue")}
        self.words: list[tuple[str, Said, int]] = []
        self.rounds: list[Round] = []
        self.gone: set[str] = set()
        self.members = {ref("sue"), ref("sam")}
        self.signed = False
        self.ends = NOW + timedelta(days=10)
        self.passage: Passage | None = None
        self.holds: tuple[Hold, ...] = ()

    def visiting(self, path: str) -> bool:
        inside = self.pattern == "/" or path.startswith(self.pattern.strip("/") + "/")
        return inside and NOW - timedelta(days=10) <= self.now < self.ends and ref("sue") in self.members

    def verdict(self) -> Verdict:
        approvals = tuple(
            Approval(who, who, said, self.heads[commit], NOW - timedelta(days=1) + timedelta(seconds=number))
            for number, (who, said, commit) in enumerate(self.words)
        )
        hands = tuple(Author(who, who) for who in sorted(self.hands - {ref("sue")}))
        what = change(*self.paths, by="sue", head=self.heads[-1], approvals=approvals, hands=hands)
        names = tuple(sorted(one.rpartition("/")[2] for one in self.members))
        under = engagements(
            mode=self.mode, members=names, pattern=self.pattern, design_signed=self.signed,
            grants=Interval(NOW - timedelta(days=10), self.ends),
        )  # fmt: skip
        reviews = Reviews(tuple(self.rounds), self.holds, (self.passage,) if self.passage else ())
        return ask(what, under=under, reviews=reviews, org=Org(gone=set(self.gone)), now=self.now)

    @rule(who=st.sampled_from(HEARD), what=st.sampled_from(WORDS), back=st.sampled_from([0, 0, 0, 1]))
    def review(self, who: str, what: Said, back: int) -> None:
        self.words.append((who, what, max(0, len(self.heads) - 1 - back)))

    @rule(who=st.sampled_from([ref("sue"), ref("sam"), ref("omar")]))
    def push(self, who: str) -> None:
        self.heads.append(f"{len(self.heads):040d}")
        self.hands.add(who)

    @rule(
        look=st.sampled_from(list(Look)), by=st.sampled_from(PEOPLE), own=st.booleans(), back=st.integers(0, 1),
    )  # fmt: skip
    def answer_round(self, look: Look, by: str, own: bool, back: int) -> None:
        if own and by not in self.members:
            by = ref("sam")
        if not own and by in self.members:
            return  # Awayteam lets nobody of the away side answer for the home side
        commit = self.heads[max(0, len(self.heads) - 1 - back)]
        self.rounds.append(Round(1, URL, commit, look, by=by if look is Look.APPROVED else "", own=own))

    @rule(days=st.integers(1, 8))
    def pass_time(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(days=st.integers(-5, 12))
    def amend(self, days: int) -> None:
        self.ends += timedelta(days=days)

    @rule()
    def sign_design(self) -> None:
        self.signed = True

    @rule(who=st.sampled_from(["sue", "sam", "sol"]))
    def leave_or_join(self, who: str) -> None:
        self.members ^= {ref(who)}

    @rule(who=st.sampled_from([one for one in PEOPLE if one != ref("sue")]))
    def quit(self, who: str) -> None:
        self.gone.add(who)

    @rule()
    def bar_raiser(self) -> None:
        self.holds = () if self.holds else (Hold(1, "", "not decided"),)

    @precondition(lambda self: self.passage is None)
    @rule()
    def emergency(self) -> None:
        end = self.now + timedelta(days=2)
        self.passage = Passage("shop", self.heads[-1], ref("mia"), "mia", "now", self.now, end)

    @invariant()
    def no_merge_without_a_right(self) -> None:
        verdict = self.verdict()
        assert sorted(path for one in verdict.sections for path in one.paths) == sorted(self.paths)
        if self.passage and self.passage.head == self.heads[-1] and self.now < self.passage.until:
            assert verdict.is_allowed
        elif verdict.is_allowed:
            assert all(has_a_right(self, path) for path in self.paths), verdict
            assert not (self.holds and any(one.engagement for one in verdict.sections)), verdict
        else:
            assert verdict.needs or verdict.outcome is Outcome.DENIED, "whoever waits is told for what"


Story.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestStory = Story.TestCase


# More words never let less in, but for objections


@st.composite
def situations(draw: st.DrawFn) -> tuple[Change, dict[str, Any]]:
    paths = draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=5, unique=True))
    who = draw(st.sampled_from(["sue", "olga", "wim", "renovate", ""]))
    mode, policy = draw(st.sampled_from(list(Mode))), draw(st.sampled_from(list(Policy)))
    given = draw(st.lists(st.sampled_from(PEOPLE), max_size=3, unique=True))
    approvals = tuple(Approval(one, one, Said.APPROVED, "a" * 40, NOW) for one in given)
    terms = Terms(home_approvals=draw(st.integers(0, 3)), away_without_engagement=policy, bots=policy)
    return change(*paths, by=who, approvals=approvals), {
        "under": engagements(
            mode=mode, pattern=draw(st.sampled_from(["/", "/orders/"])), design_signed=draw(st.booleans())
        ),
        "terms": terms,
    }


RANK = {Outcome.DENIED: 0, Outcome.WAITING: 1, Outcome.ALLOWED: 2}


@given(situations(), st.sampled_from(PEOPLE))
@settings(max_examples=150, deadline=None)
def test_one_approval_more_never_lets_less_in(situation: tuple[Change, dict[str, Any]], who: str) -> None:
    what, around = situation
    before = ask(what, **around)
    more = Approval(who, who, Said.APPROVED, what.head, NOW)
    after = ask(replace(what, approvals=(*what.approvals, more)), **around)
    assert RANK[after.outcome] >= RANK[before.outcome]


@given(situations())
@settings(max_examples=150, deadline=None)
def test_a_change_is_let_in_exactly_where_each_of_its_paths_is(situation: tuple[Change, dict[str, Any]]) -> None:
    what, around = situation
    alone = [ask(replace(what, paths=(path,)), **around).outcome for path in what.paths]
    assert RANK[ask(what, **around).outcome] == min(RANK[one] for one in alone)


@given(situations())
@settings(max_examples=100, deadline=None)
def test_doing_what_is_lacking_lets_it_in_or_shows_what_else_is(situation: tuple[Change, dict[str, Any]]) -> None:
    """Each need names people whose words help: after at most ten rounds of giving them nothing of that kind is left."""
    what, around = situation
    for _ in range(10):
        needs = [
            one for one in ask(what, **around).needs if one.rule in {"owner", "home-side", "somebody", "own-review"}
        ]
        if not needs:
            break
        able: Iterable[str] = needs[0].people or (ref("olga"), ref("sol"))
        given = tuple(Approval(one, one, Said.APPROVED, what.head, NOW) for one in able)
        what = replace(what, approvals=(*what.approvals, *given))
    left = {one.rule for one in ask(what, **around).needs}
    possible = sum(len(people) for people in TEAMS.values()) > around["terms"].home_approvals
    assert left <= {"unknown-owner", "design", "checks", "independent", "owner"}
    assert possible
    if around["terms"].home_approvals <= 1:
        assert "owner" not in left


# What if


def test_suppositions_answer_what_would_be() -> None:
    past = Interval(NOW - timedelta(days=10), NOW - timedelta(days=1))
    under = engagements(mode=Mode.ARCHITECTURE, grants=past, stage=Stage.OVER)
    standards = Standards(("tests",))
    what = change("orders/a", by="sue")
    reviews = Reviews(holds=(Hold(1, "", "not decided"),))

    def outcome(*texts: str) -> Outcome:
        given = suppose(map(parse, texts), what, under, reviews, standards, NOW)
        return ask(given[0], under=given[1], reviews=given[2], standards=standards).outcome

    every = ["extended:1:2026-03-31", "signed:1", f"approved:{ref('sam')}", "green:*", "met:1"]
    assert outcome(*every) is Outcome.ALLOWED
    for left_out in every:
        assert outcome(*(one for one in every if one != left_out)) is Outcome.WAITING
    assert outcome("extended:7:2026-03-31") is outcome()


def test_extending_gives_nothing_to_who_left_before() -> None:
    under = engagements()
    gone = replace(under, grants=_without(under, ref("sam"), NOW - timedelta(days=2)))
    _, after, _ = suppose([parse("extended:1:2026-05-01")], change("a"), gone, Reviews(), Standards(), NOW)
    at = NOW + timedelta(days=30)
    assert after.grants.may(under.ids[ref("sue")], "orders/a", at, "shop")
    assert not after.grants.may(under.ids[ref("sam")], "orders/a", at, "shop")


def _without(under: Engagements, person: str, end: Any) -> Any:
    number = under.ids[person]
    rights = {**under.grants.rights, number: tuple(one._replace(end=end) for one in under.grants.rights[number])}
    return replace(under.grants, rights=rights)


@pytest.mark.parametrize(
    "text",
    ["", "approved", "approved:", "maybe:1", "extended:1", "extended:1:soon", "extended:x:2026-01-01",
     "extended:1:9999-12-31", "signed:\u00b2", "met:-1", "green:" + "x" * 500],
)  # fmt: skip
def test_what_is_no_supposition_is_refused_in_few_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"^.{10,200}$"):
        parse(text)

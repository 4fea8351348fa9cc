"""What the gate answers, case by case: home, away, visits in each mode, warranty, strangers, programs, emergencies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from awayteam.engagements.access import Interval
from awayteam.gate.change import Author, Check, Said, Way
from awayteam.gate.facts import Hold, Look, Mode, Passage, Policy, Reviews, Round, Stage, Standards, Terms
from awayteam.gate.tests.world import (
    HEAD,
    NOW,
    OLD,
    ORDERS,
    WEB,
    Org,
    ask,
    change,
    codes,
    engagements,
    ref,
    rules,
    said,
    why,
)  # fmt: skip
from awayteam.gate.verdict import Outcome, Standing

ALLOWED, WAITING, DENIED = Outcome.ALLOWED, Outcome.WAITING, Outcome.DENIED
URL = "https://forge.example/shop/12"


def round_(look: Look, commit: str = HEAD, **more: object) -> Round:
    values: dict[str, object] = {"engagement": 1, "url": URL, "commit": commit, "look": look}
    return Round(**{**values, **more})  # type: ignore[arg-type]


# Home


def test_a_home_change_waits_for_a_colleague() -> None:
    verdict = ask(change("orders/a.py", by="olga"))
    assert verdict.outcome is WAITING
    assert verdict.sections[0].standing is Standing.HOME
    assert verdict.needs[0].people == (ref("oscar"), ref("omar"))
    assert ask(change("orders/a.py", by="olga", approvals=(said("omar"),))).outcome is ALLOWED


def test_at_home_nobody_is_needed_where_the_rulebook_says_so() -> None:
    assert ask(change("orders/a.py"), terms=Terms(home_approvals=0)).outcome is ALLOWED


def test_owners_may_push_to_their_own_code() -> None:
    assert ask(change("orders/a.py", way=Way.PUSH)).outcome is ALLOWED
    assert ask(change("orders/a.py", way=Way.PUSH), terms=Terms(home_pushes=False)).outcome is WAITING
    assert ask(change("search/a.py", way=Way.PUSH)).outcome is WAITING


def test_in_a_team_of_one_those_above_stand_in() -> None:
    lonely = change("web/a.css", by="wim")
    verdict = ask(lonely)
    assert verdict.needs[0].people == (ref("mia"),)
    assert "Nobody else of web is left" in verdict.needs[0].says
    assert ask(replace(lonely, approvals=(said("mia"),))).outcome is ALLOWED
    assert ask(change("orders/a.py", approvals=(said("mia"),))).outcome is WAITING  # others of orders are there


def test_one_own_approval_is_none() -> None:
    verdict = ask(change("orders/a.py", approvals=(said("olga"),)))
    assert (verdict.outcome, "self-approval" in why(verdict)) == (WAITING, True)
    assert ask(change("orders/a.py", approvals=(said("olga"),)), terms=Terms(self_approval=True)).outcome is ALLOWED


def test_who_wrote_a_commit_in_it_approves_own_work() -> None:
    verdict = ask(change("orders/a.py", hands=(Author(ref("omar"), "omar"),), approvals=(said("omar"),)))
    assert verdict.outcome is WAITING
    assert verdict.needs[0].people == (ref("oscar"),)


def test_an_approval_is_stale_after_a_push() -> None:
    pushed = change("orders/a.py", approvals=(said("omar", commit=OLD),))
    assert "stale-approval" in why(ask(pushed))
    assert ask(pushed).outcome is WAITING
    assert ask(pushed, terms=Terms(keep_stale_approvals=True)).outcome is ALLOWED


@pytest.mark.parametrize(
    ("later", "outcome"),
    [(Said.COMMENTED, ALLOWED), (Said.DISMISSED, WAITING), (Said.CHANGES, WAITING)],
)
def test_only_the_last_word_counts_and_a_comment_is_none(later: Said, outcome: Outcome) -> None:
    words = (said("omar", later, minutes=5), said("omar"))
    assert ask(change("orders/a.py", approvals=words)).outcome is outcome


def test_an_owners_objection_stands_at_any_commit_and_that_of_a_passer_by_does_not() -> None:
    approved = change("orders/a.py", approvals=(said("omar"), said("oscar", Said.CHANGES, commit=OLD)))
    verdict = ask(approved)
    assert (verdict.outcome, codes(verdict), verdict.needs[0].people) == (WAITING, {"objection"}, (ref("oscar"),))
    assert ask(change("orders/a.py", approvals=(said("omar"), said("sol", Said.CHANGES)))).outcome is ALLOWED


@pytest.mark.parametrize("name", ["", "renovate-bot", "gone"])
def test_strangers_programs_and_people_who_left_approve_nothing(name: str) -> None:
    org = Org(gone={ref("omar")})
    who = {"": said(""), "renovate-bot": said("omar", is_bot=True), "gone": said("omar")}[name]
    assert ask(change("orders/a.py", approvals=(who,)), org=org).outcome is WAITING


# Sections of rules

SECTIONS = b"""[Code][2] @shop/orders
/orders/
[Security] @shop/search
/orders/secret/
^[Words] @shop/web
/orders/
"""


def test_each_section_asks_for_its_approvals() -> None:
    owners = rules(SECTIONS, ".gitlab/CODEOWNERS")
    one = change("orders/secret/k.py", by="olga", approvals=(said("omar"),))
    assert [need.count for need in ask(one, owners=owners).needs] == [1, 1]
    two = replace(one, approvals=(said("omar"), said("oscar")))
    assert [need.teams for need in ask(two, owners=owners).needs] == [("group:default/search",)]
    assert ask(replace(two, approvals=(*two.approvals, said("sol"))), owners=owners).outcome is ALLOWED


def test_optional_sections_make_nobody_at_home() -> None:
    owners = rules(SECTIONS, ".gitlab/CODEOWNERS")
    verdict = ask(change("orders/a.py", by="wim"), owners=owners, terms=Terms(away_without_engagement=Policy.DENY))
    assert (verdict.outcome, verdict.sections[0].standing) == (DENIED, Standing.AWAY)


# Away


def test_the_code_of_others_waits_for_an_owner() -> None:
    verdict = ask(change("orders/a.py", by="sue"))
    assert (verdict.outcome, verdict.sections[0].standing) == (WAITING, Standing.AWAY)
    assert ask(change("orders/a.py", by="sue", approvals=(said("sam"),))).outcome is WAITING
    assert ask(change("orders/a.py", by="sue", approvals=(said("olga"),))).outcome is ALLOWED


@pytest.mark.parametrize(
    ("policy", "outcome"), [(Policy.ALLOW, ALLOWED), (Policy.APPROVAL, WAITING), (Policy.DENY, DENIED)]
)
def test_the_rulebook_says_what_becomes_of_changes_without_engagement(policy: Policy, outcome: Outcome) -> None:
    verdict = ask(change("orders/a.py", by="sue"), terms=Terms(away_without_engagement=policy))
    assert verdict.outcome is outcome


def test_denied_takes_no_approval() -> None:
    terms = Terms(away_without_engagement=Policy.DENY)
    verdict = ask(change("orders/a.py", "search/b.py", by="sue", approvals=(said("olga"), said("sam"))), terms=terms)
    assert [one.outcome for one in verdict.sections] == [DENIED, ALLOWED]
    assert (verdict.outcome, verdict.needs) == (DENIED, ())


def test_owners_that_nobody_knows_are_named() -> None:
    verdict = ask(change("lost/a.py", by="sue", approvals=(said("olga"),)))
    assert codes(verdict) == {"unknown-owner"}
    assert "@shop/nobody-knows" in verdict.needs[0].says
    assert ".github/CODEOWNERS:6" in verdict.needs[0].says


def test_unowned_paths_follow_the_rulebook() -> None:
    for policy, outcome in ((Policy.ALLOW, ALLOWED), (Policy.APPROVAL, WAITING), (Policy.DENY, DENIED)):
        assert ask(change("free/a", "README.md", by="sue"), terms=Terms(unowned=policy)).outcome is outcome
    assert ask(change("free/a", by="sue", approvals=(said("sam"),))).outcome is ALLOWED


def test_programs_and_strangers_follow_the_rulebook_and_never_come_off_better_on_unowned_paths() -> None:
    for who, terms in (("renovate", Terms(bots=Policy.ALLOW)), ("", Terms(unknown_authors=Policy.ALLOW))):
        assert ask(change("orders/a", by=who), terms=terms).outcome is ALLOWED
        assert ask(change("free/a", by=who), terms=terms).outcome is WAITING
        assert ask(change("free/a", by=who), terms=replace(terms, unowned=Policy.DENY)).outcome is DENIED


def test_who_left_is_a_stranger() -> None:
    org = Org(gone={ref("omar")})
    verdict = ask(change("orders/a.py", by="omar"), org=org)
    assert verdict.sections[0].standing is Standing.UNKNOWN
    assert "doesn't work here" in verdict.sections[0].reasons[0].says


# Rules themselves


def test_rules_are_changed_by_the_base_rules() -> None:
    verdict = ask(change(".github/CODEOWNERS", by="sue"))
    assert verdict.needs[0].teams == (ORDERS,)


@pytest.mark.parametrize("path", ["CODEOWNERS", "docs/CODEOWNERS", "deep/OWNERS", ".awayteam/rulebook.toml"])
def test_new_rules_are_guarded_by_the_owners_of_the_rules(path: str) -> None:
    terms = Terms(unowned=Policy.ALLOW)
    verdict = ask(change(path, by="sue", approvals=(said("sam"),)), terms=terms)
    assert (verdict.outcome, verdict.needs[0].teams) == (WAITING, (ORDERS,))
    assert ask(change(path, by="sue", approvals=(said("omar"),)), terms=terms).outcome is ALLOWED


def test_the_first_rules_are_nobodys_alone() -> None:
    owners = rules(b"/search/ @shop/search\n", "CODEOWNERS")
    assert ask(change("CODEOWNERS", by="sue"), owners=owners, terms=Terms(unowned=Policy.ALLOW)).outcome is WAITING


# Visits


def test_every_change_of_a_visit_is_approved_by_the_home_side() -> None:
    mine = change("orders/a.py", by="sue")
    verdict = ask(mine, under=engagements())
    assert (verdict.sections[0].standing, verdict.outcome) == (Standing.VISIT, WAITING)
    assert verdict.needs[0].people[0] == ref("olga")
    assert ask(replace(mine, approvals=(said("sam"),)), under=engagements()).outcome is WAITING
    assert ask(replace(mine, approvals=(said("omar"),)), under=engagements()).outcome is ALLOWED
    assert ask(replace(mine, approvals=(said("mia"),)), under=engagements()).outcome is WAITING


def test_nobody_of_the_away_team_speaks_for_the_home_side() -> None:
    both = engagements(members=("sue", "omar"))  # omar came to the home team after they had joined the visit
    assert ask(change("orders/a.py", by="sue", approvals=(said("omar"),)), under=both).outcome is WAITING
    assert ask(change("orders/a.py", by="sue", approvals=(said("oscar"),)), under=both).outcome is ALLOWED


def test_a_verdict_that_rests_on_an_engagement_says_until_when() -> None:
    verdict = ask(change("orders/a.py", by="sue", approvals=(said("omar"),)), under=engagements())
    assert verdict.until == NOW + timedelta(days=10)


def test_a_round_approves_the_commit_that_it_was_shown() -> None:
    mine, under = change("orders/a.py", by="sue"), engagements()
    for one, outcome in (
        (round_(Look.APPROVED, by=ref("omar")), ALLOWED),
        (round_(Look.APPROVED, HEAD[:16], by=ref("omar")), ALLOWED),
        (round_(Look.APPROVED, HEAD[:12], by=ref("omar")), WAITING),
        (round_(Look.APPROVED, OLD, by=ref("omar")), WAITING),
        (round_(Look.APPROVED, "", by=ref("omar")), WAITING),
        (round_(Look.APPROVED, by=ref("sue")), WAITING),
        (round_(Look.APPROVED, by=ref("sam"), own=True), WAITING),
        (round_(Look.UNANSWERED), ALLOWED),
        (round_(Look.UNANSWERED, OLD), WAITING),
        (round_(Look.APPROVED, by=ref("omar"), engagement=2), WAITING),
    ):
        assert ask(mine, under=under, reviews=Reviews((one,))).outcome is outcome, one


def test_an_open_round_says_whose_turn_it_is_and_until_when() -> None:
    due = NOW + timedelta(hours=3)
    one = round_(Look.WAITING, turn=ref("oscar"), due_at=due, address="/rounds/1")
    need = ask(change("orders/a.py", by="sue"), under=engagements(), reviews=Reviews((one,))).needs[0]
    assert (need.people, need.until, need.address) == ((ref("oscar"),), due, "/rounds/1")
    assert ref("olga") in need.else_
    back = ask(change("orders/a.py", by="sue"), under=engagements(), reviews=Reviews((round_(Look.CHANGES, OLD),)))
    assert (codes(back), back.needs[0].people) == ({"changes"}, (ref("sue"),))


def test_scope_and_time_end_a_visit() -> None:
    under = engagements(pattern="/orders/api/")
    verdict = ask(change("orders/a.py", "orders/api/b.py", by="sue"), under=under)
    assert {one.paths: one.standing for one in verdict.sections} == {
        ("orders/a.py",): Standing.AWAY, ("orders/api/b.py",): Standing.VISIT,
    }  # fmt: skip
    later = ask(change("orders/a.py", by="sue"), under=engagements(), now=NOW + timedelta(days=10))
    assert later.sections[0].standing is Standing.AWAY
    assert "not active, or its time is over" in later.sections[0].reasons[0].says
    other = ask(change("orders/a.py", by="sue", repository="elsewhere"), under=engagements())
    assert other.sections[0].standing is Standing.AWAY


def test_a_contract_binds_only_the_home_team_that_signed_it() -> None:
    under = engagements(pattern="/")
    verdict = ask(change("web/a.css", by="sue", approvals=(said("olga"),)), under=under)
    assert (verdict.outcome, verdict.needs[0].teams, "other-owners" in why(verdict)) == (WAITING, (WEB,), True)
    assert ask(change("web/a.css", by="sue", approvals=(said("wim"),)), under=under).outcome is ALLOWED


def test_where_nobody_knows_the_owners_the_contract_is_all_there_is() -> None:
    mine = change("lost/a.py", by="sue", approvals=(said("olga"),))
    assert ask(mine, under=engagements(pattern="/lost/")).outcome is ALLOWED
    assert ask(replace(mine, approvals=()), under=engagements(pattern="/lost/")).outcome is WAITING


def test_architecture_mode_takes_a_design_another_pair_of_eyes_and_green_checks() -> None:
    mode = {"mode": Mode.ARCHITECTURE}
    standards = Standards(("tests",))
    mine = change("orders/a.py", by="sue")
    assert codes(ask(mine, under=engagements(**mode), standards=standards)) == {"design", "own-review", "checks"}
    ready = replace(mine, approvals=(said("sam"),), checks=(Check("tests", True),))
    assert codes(ask(ready, under=engagements(**mode), standards=standards)) == {"design"}
    signed = engagements(**mode, design_signed=True)
    assert ask(ready, under=signed, standards=standards).outcome is ALLOWED
    for state in (False, None):
        red = replace(ready, checks=(Check("tests", state),))
        assert codes(ask(red, under=signed, standards=standards)) == {"checks"}
    own = Reviews((round_(Look.APPROVED, by=ref("sam"), own=True),))
    assert ask(replace(ready, approvals=()), under=signed, standards=standards, reviews=own).outcome is ALLOWED
    assert codes(ask(replace(ready, approvals=(said("sue"),)), under=signed)) == {"own-review"}
    assert codes(ask(mine, under=signed, standards=Standards(("*",)))) == {"own-review", "checks"}


def test_bar_raiser_mode_takes_an_independent_reviewer() -> None:
    under = engagements(mode=Mode.BAR_RAISER)
    mine = change("orders/a.py", by="sue")
    assert codes(ask(mine, under=under)) == {"independent"}
    independent = round_(Look.APPROVED, by=ref("mona"), independent=True)
    assert ask(mine, under=under, reviews=Reviews((independent,))).outcome is ALLOWED
    assert ask(replace(mine, approvals=(said("olga"),)), under=under).outcome is ALLOWED
    assert ask(replace(mine, approvals=(said("sol"),)), under=under).outcome is WAITING


def test_warranty_lets_members_repair_on_the_home_sides_word() -> None:
    past = Interval(NOW - timedelta(days=30), NOW - timedelta(days=5))
    terms = Terms(away_without_engagement=Policy.DENY)
    under = engagements(stage=Stage.WARRANTY, warranty_until=NOW + timedelta(days=9), grants=past)
    mine = change("orders/a.py", by="sue")
    verdict = ask(mine, under=under, terms=terms)
    assert (verdict.sections[0].standing, codes(verdict)) == (Standing.WARRANTY, {"home-side"})
    assert ask(replace(mine, approvals=(said("omar"),)), under=under, terms=terms).outcome is ALLOWED
    assert ask(change("orders/a.py", by="sol"), under=under, terms=terms).outcome is DENIED
    over = engagements(stage=Stage.WARRANTY, warranty_until=NOW, grants=past)
    assert ask(mine, under=over, terms=terms).outcome is DENIED


# Bar raisers, emergencies


def test_a_bar_raisers_condition_keeps_the_changes_of_its_engagement_back() -> None:
    hold = Hold(1, "", "The review of the design isn't decided.", (ref("mona"),))
    mine = change("orders/a.py", by="sue", approvals=(said("omar"),))
    assert codes(ask(mine, under=engagements(), reviews=Reviews(holds=(hold,)))) == {"bar-raiser"}
    home = change("orders/a.py", approvals=(said("omar"),))
    assert ask(home, under=engagements(), reviews=Reviews(holds=(hold,))).outcome is ALLOWED
    everywhere = replace(hold, engagement=0, repository="shop.git")
    assert ask(home, reviews=Reviews(holds=(everywhere,))).outcome is WAITING
    assert ask(home, reviews=Reviews(holds=(replace(everywhere, repository="other"),))).outcome is ALLOWED


def test_an_emergency_lets_one_head_in_for_a_while_and_hides_nothing() -> None:
    passage = Passage("shop", HEAD, ref("mia"), "mia", "Refunds are lost.", NOW, NOW + timedelta(hours=4))
    terms = Terms(away_without_engagement=Policy.DENY)
    mine = change("orders/a.py", by="sue")
    verdict = ask(mine, reviews=Reviews(passages=(passage,)), terms=terms)
    assert (verdict.outcome, verdict.sections[0].outcome) == (ALLOWED, DENIED)
    assert "Refunds are lost." in verdict.whole[0].says
    assert verdict.until == passage.until
    for other in (
        replace(mine, head=OLD), replace(mine, repository="other"),
    ):  # fmt: skip
        assert ask(other, reviews=Reviews(passages=(passage,)), terms=terms).outcome is DENIED
    for at in (NOW - timedelta(seconds=1), passage.until):
        assert ask(mine, reviews=Reviews(passages=(passage,)), terms=terms, now=at).outcome is DENIED


# The question itself


def test_a_change_of_nothing_may_go_in() -> None:
    verdict = ask(change())
    assert (verdict.outcome, why(verdict)) == (ALLOWED, {"empty"})


def test_a_moment_has_a_time_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        ask(change("a"), now=datetime(2026, 3, 1))  # noqa: DTZ001
    assert ask(change("orders/a"), now=datetime(2026, 3, 1, tzinfo=UTC)).at.year == 2026


def test_paths_are_judged_once_and_all_of_them() -> None:
    verdict = ask(change("orders/a", "web/b", "orders/a", "orders/c"))
    assert sorted(path for one in verdict.sections for path in one.paths) == ["orders/a", "orders/c", "web/b"]

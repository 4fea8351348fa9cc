"""What origins tell: twice is once, older never replaces newer, and nothing that can't be used gets in."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from awayteam.gate.actions import judge, record, record_checks, record_reviews
from awayteam.gate.change import Author, Check, Said
from awayteam.gate.models import Change, ChangeReview, Judgement, RuleSet
from awayteam.gate.tests.yard import HEAD, MONDAY, NEXT, Yard, lay_out, ref, said, told
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.models import Event

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(minutes=10)


@pytest.fixture
def yard() -> Yard:
    return lay_out()


def names() -> list[str]:
    return list(Event.objects.filter(subject_kind="change").order_by("pk").values_list("name", flat=True))


def rows() -> dict[str, Any]:
    return {
        model.__name__: sorted(map(str, model._default_manager.values_list()))
        for model in (Change, ChangeReview, Judgement, RuleSet, Event)
    }


def test_a_change_is_taken_down_once_however_often_it_is_told(yard: Yard) -> None:
    first = yard.tell()
    before = rows()
    again = record(told=told(), now=LATER)
    assert (again.pk, rows()) == (first.pk, before)
    assert first.author is not None
    assert (first.author.ref, first.state, first.paths) == (ref("paul"), "open", ["refunds/lines.py"])
    assert (first.judge_at, first.recorded_at) == (MONDAY, MONDAY)
    assert names() == ["change.opened"]


def test_a_push_brings_a_new_head_and_takes_the_checks_of_the_old_one(yard: Yard) -> None:
    change = yard.tell()
    assert record_checks(change=change, checks=[Check("tests", True)], now=MONDAY)
    moved = record(told=told(head=NEXT, at=LATER), now=LATER)
    assert (moved.pk, moved.head, moved.checks, moved.pushed_at) == (change.pk, NEXT, [], LATER)
    assert names() == ["change.opened", "change.pushed"]
    event = Event.objects.get(name="change.pushed")
    assert event.data["changes"] == {"head": [HEAD, NEXT]}


def test_an_older_telling_never_brings_back_an_older_head(yard: Yard) -> None:
    change = record(told=told(head=NEXT, at=LATER), now=LATER)
    before = rows()
    assert record(told=told(head=HEAD, at=MONDAY, title="As it was"), now=LATER).pk == change.pk
    assert rows() == before


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 0, 2, 1, 2)])
def test_in_whatever_order_it_is_told_the_end_is_the_same(yard: Yard, order: tuple[int, ...]) -> None:
    story = [
        told(), told(head=NEXT, at=LATER),
        told(head=NEXT, at=LATER + timedelta(minutes=1), stand="merged", merged_by=Author(ref("olga"), "olga")),
    ]  # fmt: skip
    for place in order:
        change = record(told=story[place], now=LATER)
    found = Change.objects.get()
    assert (found.pk, found.head, found.state) == (change.pk, NEXT, "merged")
    assert (found.merged_at, found.merged_by_label) == (LATER + timedelta(minutes=1), "olga")
    assert names().count("change.merged") == 1


def test_what_was_merged_stays_merged_and_is_told_late(yard: Yard) -> None:
    record(told=told(at=LATER, title="Newer words"), now=LATER)
    record(told=told(stand="merged"), now=LATER)
    after = record(told=told(at=LATER + timedelta(hours=1)), now=LATER + timedelta(hours=1))
    assert (after.state, after.merged_at, after.title) == ("merged", MONDAY, "Refund lines")


def test_a_closed_change_may_be_opened_again(yard: Yard) -> None:
    closed = record(told=told(stand="closed"), now=MONDAY)
    assert closed.closed_at == MONDAY
    opened = record(told=told(at=LATER), now=LATER)
    assert (opened.state, opened.closed_at) == ("open", None)
    assert names() == ["change.opened", "change.closed", "change.opened"]


def test_two_origins_may_use_the_same_key(yard: Yard) -> None:
    assert yard.tell().pk != yard.tell(origin="forge:2").pk


def test_a_name_leads_to_a_person_only_by_reference(yard: Yard) -> None:
    change = yard.tell(author=Author("", "olga"))
    assert (change.author_id, change.author_label) == (None, "olga")
    assert judge(change=change, now=MONDAY).verdict.sections[0].standing == "unknown"


def test_words_of_strangers_are_kept_in_one_line_and_paths_as_git_names_them(yard: Yard) -> None:
    change = yard.tell("caf\udce9/x.py", "caf\udce9/x.py", title="A\nline\x00 of\u202e words", key="#1\t2")
    found = Change.objects.get(pk=change.pk)
    assert (found.title, found.key, found.paths) == ("A line of words", "#1 2", ['"caf\\351/x.py"'])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"head": "HEAD"}, "head"), ({"base": "c" * 39}, "base"), ({"head": "A" * 40}, "head"),
        ({"at": MONDAY.replace(tzinfo=None)}, "at"), ({"origin": ""}, "origin"),
        ({"repository": "r" * 301}, "repository"),
        ({"url": "javascript:alert(1)"}, "url"), ({"paths": ("a\0b",)}, "paths"), ({"paths": ("",)}, "paths"),
        ({"paths": ("a",) * 100_001}, "paths"), ({"paths": ("a" * 4_097,)}, "paths"),
        ({"rule_files": {"CODEOWNERS": b"x" * (8 * 1024 * 1024 + 1)}}, "rule_files"),
        ({"hands": (Author("", "x"),) * 2_001}, "hands"), ({"origin_key": "k" * 201}, "origin_key"),
    ],
)  # fmt: skip
def test_what_can_not_be_used_is_refused_and_changes_nothing(yard: Yard, wrong: dict[str, Any], field: str) -> None:
    yard.tell()
    before = rows()
    with pytest.raises(InvalidInput) as refused:
        record(told=replace(told(at=LATER), **wrong), now=LATER)
    assert list(refused.value.fields) == [field]
    assert rows() == before


def test_a_review_is_known_by_its_key_and_its_last_word_counts(yard: Yard) -> None:
    change = yard.tell()
    assert record_reviews(change=change, reviews=[("1", said("olga"))], now=LATER) == 1
    before = rows()
    assert record_reviews(change=change, reviews=[("1", said("olga"))], now=LATER) == 0
    assert rows() == before
    assert record_reviews(change=change, reviews=[("1", said("olga", Said.CHANGES, minutes=10))], now=LATER) == 0
    assert record_reviews(change=change, reviews=[("1", said("olga", Said.CHANGES, minutes=40))], now=LATER) == 1
    assert [one.said for one in ChangeReview.objects.all()] == ["changes-requested"]


def test_a_dismissal_of_the_same_moment_is_not_undone_by_a_late_delivery(yard: Yard) -> None:
    change = yard.tell()
    record_reviews(change=change, reviews=[("1", said("olga", Said.DISMISSED))], now=LATER)
    assert record_reviews(change=change, reviews=[("1", said("olga"))], now=LATER) == 0
    assert ChangeReview.objects.get().said == "dismissed"


def test_the_first_review_is_that_of_somebody_who_has_no_hand_in_it(yard: Yard) -> None:
    change = yard.tell(hands=(Author(ref("pia"), "pia"),))
    for key, one in [
        ("1", said("paul", Said.COMMENTED, minutes=1)), ("2", said("pia", minutes=2)),
        ("3", said("lint", Said.COMMENTED, minutes=3, is_bot=True)), ("4", said("olga", Said.COMMENTED, minutes=9)),
        ("5", said("oscar", minutes=12)),
    ]:  # fmt: skip
        record_reviews(change=change, reviews=[(key, one)], now=LATER)
    assert Change.objects.get().first_reviewed_at == MONDAY + timedelta(minutes=9)


def test_checks_of_another_commit_are_left(yard: Yard) -> None:
    change = yard.tell()
    green = [Check("tests", True)]
    assert not record_checks(change=change, checks=green, now=LATER, head=NEXT)
    assert record_checks(change=change, checks=green, now=LATER, head=HEAD)
    assert not record_checks(change=change, checks=green, now=LATER)
    assert Change.objects.get().checks == [{"name": "tests", "passed": True}]


def test_rule_files_are_kept_once(yard: Yard) -> None:
    yard.tell()
    yard.tell(origin_key="8")
    assert RuleSet.objects.count() == 1

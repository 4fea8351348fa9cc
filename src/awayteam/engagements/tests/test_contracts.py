"""The text of a contract: one spelling, one hash, and what differs between two."""

import hashlib
import json
import unicodedata
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.engagements import contracts
from awayteam.engagements.contracts import (
    AwayParty,
    BaselineLine,
    ContractText,
    HomeParty,
    MemberLine,
    Named,
    RequestLine,
    ScopeLine,
    StandardLine,
    canonical,
    differences,
    parse,
    sha256,
)

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
NAMED = st.builds(Named, WORDS, WORDS)
MAYBE = st.none() | NAMED
HASH = st.text("0123456789abcdef", min_size=64, max_size=64)


def _many(one: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(one, max_size=3).map(tuple)


TEXTS = st.builds(
    ContractText,
    engagement=st.integers(1, 10**6), number=st.integers(1, 99), why=WORDS, title=WORDS, goal=WORDS,
    request=st.none() | st.builds(RequestLine, st.integers(1, 10**6), WORDS), service=MAYBE,
    home=st.builds(HomeParty, NAMED, MAYBE, MAYBE, MAYBE), away=st.builds(AwayParty, NAMED, MAYBE, MAYBE),
    scope=_many(st.builds(ScopeLine, WORDS, WORDS)),
    members=_many(st.builds(MemberLine, NAMED, st.integers(1, 100), DAYS, st.none() | DAYS)),
    starts_on=DAYS, ends_on=DAYS, working_days=st.integers(0, 500), review_mode=WORDS,
    standards=_many(st.builds(StandardLine, WORDS, WORDS, WORDS, WORDS, HASH)),
    baseline=st.builds(BaselineLine, _many(st.tuples(WORDS, st.integers(0, 99))), HASH),
    pledged_hours=st.integers(0, 999), done_means=_many(WORDS), warranty_days=st.integers(0, 366),
    pager_on=st.none() | DAYS,
)  # fmt: skip
ADA = Named("user:default/ada", "Ada")
PLAIN = ContractText(
    engagement=1, number=1, why="", title="Refunds", goal="Customers get money back", request=None, service=None,
    home=HomeParty(Named("group:default/orders", "orders"), ADA, ADA, None),
    away=AwayParty(Named("group:default/payments", "payments"), None, None), scope=(ScopeLine("orders", "/refunds/"),),
    members=(), starts_on=date(2026, 3, 9), ends_on=date(2026, 4, 3), working_days=20, review_mode="every-change",
    standards=(), baseline=BaselineLine((), "0" * 64), pledged_hours=16, done_means=("It works",), warranty_days=30,
    pager_on=None,
)  # fmt: skip


@given(TEXTS)
def test_a_text_has_one_spelling_with_sorted_keys(text: ContractText) -> None:
    written = canonical(text)
    again = json.dumps(json.loads(written), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again == written
    assert unicodedata.is_normalized("NFC", written)
    assert "\r" not in json.loads(written)["goal"]
    assert sha256(written) == hashlib.sha256(written.encode()).hexdigest()


@given(TEXTS)
def test_what_was_written_is_read_back(text: ContractText) -> None:
    assert canonical(parse(canonical(text))) == canonical(text)
    assert differences(text, parse(canonical(text))) == []


@given(TEXTS, TEXTS)
def test_other_words_have_another_hash(text: ContractText, other: ContractText) -> None:
    same = canonical(text) == canonical(other)
    assert (sha256(canonical(text)) == sha256(canonical(other))) == same


@given(TEXTS)
def test_every_change_that_counts_is_told(text: ContractText) -> None:
    changed = replace(text, pledged_hours=text.pledged_hours + 1, ends_on=date(2041, 1, 1))
    found = {one.field: (one.before, one.after) for one in differences(text, changed)}
    assert found == {
        "pledged_hours": (str(text.pledged_hours), str(text.pledged_hours + 1)),
        "ends_on": (text.ends_on.isoformat(), "2041-01-01"),
    }


def test_lists_differ_line_by_line() -> None:
    changed = replace(PLAIN, scope=(ScopeLine("orders", "/refunds/"), ScopeLine("orders", "/ledger/")))
    (found,) = differences(PLAIN, changed)
    assert (found.field, found.before, found.after) == ("scope", "", "orders: /ledger/")
    (back,) = differences(changed, PLAIN)
    assert (back.before, back.after) == ("orders: /ledger/", "")


def test_composed_and_decomposed_letters_and_line_breaks_are_the_same_text() -> None:
    composed, apart = replace(PLAIN, goal="caf\u00e9\nopen"), replace(PLAIN, goal="cafe\u0301\r\nopen")
    assert canonical(composed) == canonical(apart)


@pytest.mark.parametrize("value", [1.5, float("nan"), b"bytes", {"a": 1}])
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="contract can't hold"):
        canonical(replace(PLAIN, pledged_hours=value))  # type: ignore[arg-type]


def test_half_a_letter_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        canonical(replace(PLAIN, goal="\ud800"))


@pytest.mark.parametrize("text", ["[]", "{}", '{"version": 2}', '{"version": 1, "title": "x"}', "null"])
def test_what_is_no_contract_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="contract"):
        parse(text)


def test_the_hash_of_rows_doesnt_depend_on_their_order() -> None:
    rows = [("check", "a"), ("defect", "b")]
    assert contracts.hash_of(rows) == contracts.hash_of(rows[::-1])
    assert contracts.hash_of(rows) != contracts.hash_of(rows[:1])

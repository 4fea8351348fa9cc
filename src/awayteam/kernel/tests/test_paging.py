from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, encode_cursor, page_of

TEXTS = st.text(max_size=300).filter(lambda text: "\0" not in text and text.isprintable())


@given(
    st.tuples(TEXTS, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
)
def test_a_cursor_comes_back_as_it_went(parts: tuple[str, int, bool, float]) -> None:
    assert decode_cursor(encode_cursor(*parts), str, int, bool, float) == parts


def test_times_and_missing_values_come_back_too() -> None:
    moment = datetime(2026, 3, 29, 1, 30, 0, 5, tzinfo=UTC)
    assert decode_cursor(encode_cursor(moment, None, 4), datetime, str | None, int) == (moment, None, 4)


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("latin-1")), TEXTS.map(encode_cursor)))
def test_what_was_not_made_here_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_cursor(cursor, int, str)
    assert (caught.value.status, list(caught.value.fields)) == (422, ["cursor"])


@pytest.mark.parametrize(
    ("cursor", "types"),
    [
        (encode_cursor(2**63), (int,)),
        (encode_cursor(True), (int,)),
        (encode_cursor("a\0b"), (str,)),
        (encode_cursor("2026-01-01T00:00:00"), (datetime,)),
        (encode_cursor("soon"), (datetime,)),
        (encode_cursor("x" * 5000), (str,)),
        (encode_cursor(1, 2), (int,)),
    ],
)
def test_a_part_that_no_database_takes_is_refused(cursor: str, types: tuple[type, ...]) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(cursor, *types)


def test_a_page_has_a_cursor_only_when_there_is_more() -> None:
    assert page_of([1, 2], 2, lambda row: (row,)) == Page([1, 2], None, None)
    page = page_of([1, 2, 3], 2, lambda row: (row,), total=9)
    assert (page.items, page.total) == ([1, 2], 9)
    assert decode_cursor(page.next_cursor or "", int) == (2,)
    assert page.map(str).items == ["1", "2"]

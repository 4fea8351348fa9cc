"""Times as HTML: how long ago or exactly, with the other on hover, in UTC whatever zone they came in."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import time_machine

from awayteam.web import moments

AT = datetime(2026, 3, 2, 11, 30, tzinfo=timezone(timedelta(hours=1)))


@time_machine.travel(datetime(2026, 3, 2, 12, 30, tzinfo=UTC), tick=False)
def test_a_time_is_shown_with_its_other_form_on_hover() -> None:
    stamp, exact = "2026-03-02T10:30:00+00:00", "2026-03-02 10:30 UTC"
    assert moments.ago(AT) == f'<time datetime="{stamp}" title="{exact}" data-time="relative">2 h ago</time>'
    assert moments.moment(AT) == f'<time datetime="{stamp}" title="2 h ago" data-time="exact">{exact}</time>'
    assert moments.day(AT) == f'<time datetime="{stamp}" title="{exact}" data-time="day">2026-03-02</time>'
    assert [type(show(AT)).__name__ for show in (moments.ago, moments.moment, moments.day)] == ["Markup"] * 3


def test_a_date_has_no_hour() -> None:
    shown = moments.day(date(2026, 3, 2))
    assert shown == '<time datetime="2026-03-02">2026-03-02</time>'
    assert moments.day(date(2026, 3, 2)) is shown


@pytest.mark.parametrize(
    ("show", "never"), [(moments.ago, "never"), (moments.moment, "—"), (moments.day, "—")], ids=["ago", "moment", "day"]
)
def test_no_time_is_said_and_stays_to_be_escaped(show: object, never: str) -> None:
    assert callable(show)
    assert (show(None), show(None, "<b>")) == (never, "<b>")
    assert type(show(None, "<b>")) is str

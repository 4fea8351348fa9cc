"""What a page of an engagement has read serves its panels, and nobody else."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from awayteam.engagements import looking, queries
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import Standing
from awayteam.engagements.queries.rows import row_of, rows_of
from awayteam.engagements.tests.village import settle
from awayteam.kernel.actor import ANONYMOUS, SYSTEM
from awayteam.kernel.requests import Request

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_what_the_page_has_read_is_asked_once_and_by_the_same_actor_only() -> None:
    visit, other = Engagement(pk=3), Engagement(pk=4)
    request = Request()
    request.actor = SYSTEM
    known = Standing(SYSTEM, visit, NOW)
    looking.remember(request, known)
    assert looking.standing(request, Engagement(pk=3), NOW) is known
    of_other = looking.standing(request, other, NOW)
    assert (of_other.engagement, of_other.actor) == (other, SYSTEM)
    assert looking.standing(request, other, NOW) is of_other
    request.actor = ANONYMOUS
    assert looking.standing(request, other, NOW).actor is ANONYMOUS


@pytest.mark.django_db
def test_the_row_of_what_was_read_is_the_row_of_lists_without_a_statement() -> None:
    village = settle()
    visit = queries.load(village.actor("pia", NOW), village.active().pk, NOW)
    with CaptureQueriesContext(connection) as statements:
        shown = row_of(visit, NOW)
    assert len(statements) == 0
    assert [shown] == rows_of([visit.pk], NOW)
    assert shown.title == visit.title

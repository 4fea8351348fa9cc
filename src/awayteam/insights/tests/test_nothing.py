"""Figures of an organisation in which nothing was asked yet."""

from datetime import timedelta

import pytest

from awayteam.insights import queries, words
from awayteam.insights.scope import Asked, scope
from awayteam.kernel.actor import SYSTEM
from awayteam.requests.tests.town import Town

pytestmark = pytest.mark.django_db


def test_nothing_yet_is_no_accident() -> None:
    found = queries.figures(scope(SYSTEM, Asked(), Town().now + timedelta(days=1)))
    assert (found.open, found.decided.now.n, found.parts, found.worst, found.change) == (0, 0, [], None, None)
    assert words.promise_verdict(found.promises) == "No promise ended in this window."

"""Lists of budgets: what is nearest to its end comes first, then what is used most of what nobody limited."""

from datetime import UTC, datetime

import pytest

from awayteam.allocations import queries
from awayteam.allocations.models import Budget
from awayteam.catalog.tests.world import entity
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import InvalidInput

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _budgets() -> None:
    shares = {"quiet": (-1, 5), "full": (95, 10), "busy": (-1, 5_000), "unused": (0, 0), "half": (50, 3)}
    for name, (share, used) in shares.items():
        Budget.objects.create(
            provider=entity("Component", name), granted=10 if share >= 0 else 0, share=share, used=used
        )  # fmt: skip


def names(sort: str, limit: int = 50) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = queries.budgets(SYSTEM, NOW, sort=sort, cursor=cursor, limit=limit)
        found += [one.provider.name for one in page.items]
        if (cursor := page.next_cursor) is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_the_fullest_come_first_and_then_the_most_used(limit: int) -> None:
    assert names("share", limit) == ["full", "half", "unused", "busy", "quiet"]
    assert names("-share", limit) == ["quiet", "busy", "unused", "half", "full"]
    assert names("used", limit) == ["busy", "full", "quiet", "half", "unused"]
    assert names("name", limit) == sorted(names("name"))


def test_an_unknown_sort_is_said() -> None:
    with pytest.raises(InvalidInput, match="no sort"):
        names("colour")

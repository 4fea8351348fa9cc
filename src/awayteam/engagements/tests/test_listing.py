"""The page of the list asks who sees what once: its rows, numbers and facets are those of the single questions."""

from typing import Any

import pytest

from awayteam.engagements import permissions, queries
from awayteam.engagements.models import Engagement, Member
from awayteam.engagements.queries import EngagementFilter
from awayteam.engagements.tests.village import NOON, Village, settle
from awayteam.requests.tests.town import service

pytestmark = [pytest.mark.django_db, pytest.mark.database]
EVERYTHING = EngagementFilter(state=("all",))
FILTERS = [
    EngagementFilter(), EVERYTHING, EngagementFilter(state=("closed",)), EngagementFilter(state=("active",)),
    EngagementFilter(text="keys"), EngagementFilter(home=("orders",)), EngagementFilter(away=("nobody",)),
    EngagementFilter(unit=("division",)), EngagementFilter(turn=("me",)), EngagementFilter(mode=("every-change",)),
    EngagementFilter(person=("me",), state=("all",)),
]  # fmt: skip


@pytest.fixture
def village() -> Village:
    village = settle()
    village.active(title="Refunds")
    village.open(title="Vault keys", service=service(village.town, "vault", "orders", restricted=True))
    return village


@pytest.mark.parametrize("named", [0, 2_000])
@pytest.mark.parametrize("who", ["olga", "paul", "sue", "ann", "mona"])
def test_the_page_says_what_the_single_questions_say(
    village: Village, monkeypatch: pytest.MonkeyPatch, who: str, named: int
) -> None:
    monkeypatch.setattr(permissions, "UNSEEN_MOST", named)
    actor = village.actor(who)
    for wanted in FILTERS:
        shown = queries.listing(actor, wanted, sort="title", cursor=None, limit=50, most=12, now=NOON)
        assert shown.page == queries.list_engagements(actor, wanted, sort="title", now=NOON), wanted
        assert shown.total == queries.total(actor, wanted, NOON) == len(shown.page.items), wanted
        assert shown.facets == queries.facets(actor, wanted, now=NOON), wanted
    every = set(permissions.visible(actor, Engagement.objects.all(), NOON))
    assert every == set(permissions.visible_at_once(actor, NOON))
    assert len(every) == (1 if who in ("sue", "ann") else 2)


def test_facets_count_what_lists_show_and_name_the_most_frequent(village: Village) -> None:
    other = village.open(title="Another", service=None)
    Engagement.objects.filter(pk=other.pk).update(home_team=village.town.team("search"))
    actor: Any = village.actor("olga")
    facets = {one.name: one for one in queries.facets(actor, EngagementFilter(), now=NOON, most=1)}
    assert [(one.value, one.count) for one in facets["home"].values] == [("group:default/orders", 2)]
    assert facets["home"].more == 1
    for facet in facets.values():
        for value in facet.values:
            wanted = EngagementFilter(**{facet.name: (value.value,)})
            assert len(queries.list_engagements(actor, wanted, now=NOON).items) == value.count, (facet.name, value)


def test_whose_manager_one_is_shows_a_hidden_visit_as_long_as_they_are_there(village: Village) -> None:
    sue, ann = village.person("sue"), village.person("ann")
    hidden = Engagement.objects.get(title="Vault keys")
    member = village.join(hidden, "sue")
    sue.manager = ann
    sue.save()
    for who in ("sue", "ann"):
        assert hidden in permissions.visible(village.actor(who), Engagement.objects.all(), NOON), who
    Member.objects.filter(pk=member.pk).update(left_at=NOON)
    assert hidden in permissions.visible(village.actor("sue"), Engagement.objects.all(), NOON)
    assert hidden not in permissions.visible(village.actor("ann"), Engagement.objects.all(), NOON)

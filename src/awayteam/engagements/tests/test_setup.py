"""What is known already for the draft of a contract: scope, people, dates, each with its reason."""

from dataclasses import replace
from typing import Any

import pytest

from awayteam.contributions.models import Area, Party, Repository, RepositoryEntity
from awayteam.engagements import actions, setup
from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import NOON, Village, settle
from awayteam.organisation.models import Membership, Role
from awayteam.requests import actions as requests
from awayteam.requests.actions import Aim

pytestmark = pytest.mark.django_db


def _repository(name: str = "orders") -> Repository:
    return Repository.objects.create(name=name, location=f"/srv/{name}", created_at=NOON)


def _open(village: Village, **more: Any) -> Engagement:
    return actions.open_engagement(
        actor=village.actor("pia"), now=NOON, home_team=village.town.team("orders"),
        away_team=village.town.team("payments"), **{"service": village.service, **more},
    )  # fmt: skip


def _scope(row: Engagement) -> list[tuple[str, str, str]]:
    return list(row.scopes.values_list("repository", "pattern", "why"))


def test_the_scope_is_where_the_service_is() -> None:
    village, repository = settle(), _repository()
    RepositoryEntity.objects.create(
        repository=repository, entity=village.service, folder="services/orders", evidence="file"
    )
    row = _open(village)
    assert _scope(row) == [("orders", "/services/orders/", "orders-api: file")]
    assert row.scopes.get().followed == repository


def test_the_folder_that_the_request_names_goes_first() -> None:
    village, repository = settle(), _repository()
    RepositoryEntity.objects.create(repository=repository, entity=village.service, evidence="file")
    asked = village.town.ask("paul", aim=replace(Aim(entity=village.service), path="refunds/lines.py"))
    asked = requests.welcome(asked, actor=village.actor("olga"), now=NOON)
    row = _open(village, request=asked)
    assert _scope(row) == [("orders", "/refunds/", "named in the request")]
    assert (row.title, row.goal, str(row.away_lead)) == (asked.title, asked.need, "paul")


def test_rules_that_name_the_home_team_help_where_nothing_is_linked() -> None:
    village, repository = settle(), _repository()
    orders, _new = Party.objects.get_or_create(
        key="group:default/orders", defaults={"label": "orders", "team": village.town.team("orders")}
    )
    Area.objects.create(repository=repository, name="/ledger/", digest="1", party=orders, file="CODEOWNERS", line=3)
    Area.objects.create(repository=repository, name=" ", digest="2", party=orders, file="CODEOWNERS", line=4)
    assert _scope(_open(village)) == [("orders", "/ledger/", "CODEOWNERS:3 gives it to orders")]


def test_people_are_suggested_with_reasons_and_from_their_own_side_alone() -> None:
    village = settle()
    Membership.objects.create(
        team=village.town.team("orders"), person=village.person("ann"), role=Role.TRUSTED_COMMITTER
    )
    Membership.objects.create(team=village.town.team("orders"), person=village.person("paul"), role=Role.MEMBER)
    found = setup.suggest(_open(village), actor=village.actor("pia"), now=NOON)
    first = found.home_contacts[0]
    assert (str(first.person), first.why) == ("ann", "trusted committer of orders")
    assert "paul" not in [str(one.person) for one in (*found.home_contacts, *found.home_deciders)]
    assert [str(one.person) for one in found.home_deciders] == ["olga"]
    assert str(found.managers[0].person) == "mona"
    assert {str(one.person) for one in found.members} == {"paul", "pia"}


def test_what_is_given_stays() -> None:
    village = settle()
    row = _open(village, title="Mine", pledged_hours=0, review_mode="architecture", manager=None)
    assert (row.title, row.pledged_hours, row.review_mode, row.manager) == ("Mine", 0, "architecture", None)

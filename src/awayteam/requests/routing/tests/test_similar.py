"""Requests that ask for the same are found while typing; closed ones, other words and what is restricted are not."""

import pytest
from django.test import Client

from awayteam.accounts.models import User
from awayteam.duplicates.tests.world import NOW, Small, build
from awayteam.requests import actions
from awayteam.requests.actions import Aim
from awayteam.requests.models import Request, RequestTerm
from awayteam.requests.similar import Similar, is_incomplete, remember_missing, similar

pytestmark = pytest.mark.django_db
EXPORT = ("Export invoices as CSV", "Accounting needs all invoices of a month as a file with separators.")
OTHERS = [
    ("Faster search", "The search takes three seconds for long words."),
    ("Login with a key", "People want to sign in with hardware keys."),
    ("Show weight of parcels", "The label needs the weight in kilograms."),
    ("Refunds in other currencies", "Customers from abroad wait for refunds."),
]


@pytest.fixture
def small() -> Small:
    made = build()
    for title, need in [EXPORT, *OTHERS]:
        ask(made, title, need)
    return made


def ask(small: Small, title: str, need: str, who: str = "sam", **values: object) -> Request:
    return actions.ask(
        actor=small.actor(who), now=NOW, kind="feature", title=title, need=need, asking_team=small.team("search"),
        home_team=small.team("orders"), **values,
    )  # type: ignore[arg-type] # fmt: skip


def like(small: Small, title: str, need: str = "", who: str = "ned", **values: object) -> list[Similar]:
    return similar(small.actor(who), title=title, need=need, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "title",
    ["CSV export of invoices", "export invoice", "Invoices as a CSV file, please", "Exporting all the invoices"],
)
def test_the_same_in_other_words(small: Small, title: str) -> None:
    found = like(small, title)
    assert found[0].request.title == EXPORT[0]
    assert "invoice" in found[0].why


def test_the_more_alike_the_higher_and_never_above_one(small: Small) -> None:
    [same] = like(small, *EXPORT)
    [less] = like(small, "Invoices of a month in a table")
    assert 0.9 < same.score <= 1
    assert less.score < same.score
    [here] = like(small, "Invoices of a month in a table", home_team_id=small.teams["orders"].pk)
    assert here.score > less.score
    assert "the same team" in here.why


@pytest.mark.parametrize("title", ["", "the a of", "Zebra crossing", "Invoices for zebras", "\x00"])
def test_what_is_different_is_not_named(small: Small, title: str) -> None:
    assert like(small, title) == []


def test_closed_and_excluded_ones_are_left_out(small: Small) -> None:
    row = Request.objects.get(title=EXPORT[0])
    assert like(small, EXPORT[0], without=[row.pk]) == []
    actions.withdraw(row, actor=small.actor("sam"), now=NOW, words="Not needed")
    assert like(small, EXPORT[0]) == []
    remember_missing()
    assert not RequestTerm.objects.filter(request=row).exists()


def test_what_is_reworded_is_found_by_its_new_words(small: Small) -> None:
    row = Request.objects.get(title=EXPORT[0])
    actions.revise(
        row, actor=small.actor("sam"), now=NOW, title="Tax report", need="For the revenue office.", reason="Clearer"
    )
    assert like(small, "csv invoices") == []
    assert like(small, "report of taxes")[0].request == row


def test_requests_about_the_restricted_stay_unseen(small: Small) -> None:
    ask(small, "Rotate keys of the safe", "Every quarter.", "mia", aim=Aim(entity=small.things["vault"]))
    assert like(small, "rotate keys of the safe") == []
    assert len(like(small, "rotate keys of the safe", who="ada")) == 1


def test_requests_that_came_in_bulk_get_their_words(small: Small) -> None:
    RequestTerm.objects.all().delete()
    assert is_incomplete()
    assert remember_missing() == 5
    assert not is_incomplete()
    assert like(small, EXPORT[0])[0].score > 0.8


def test_six_statements_at_most(small: Small, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    ned = small.actor("ned")
    with django_assert_max_num_queries(6):
        assert similar(ned, title=EXPORT[0], need=EXPORT[1])


def test_the_fragment_appears_while_typing(small: Small) -> None:
    client = Client()
    client.force_login(User.objects.get(username="ned"))
    found = client.post("/ask/similar/", {"title": "csv export of invoices", "need": "", "target": "e:1"})
    assert (found.status_code, EXPORT[0].encode() in found.content) == (200, True)
    assert b"Nothing like it is open" in client.post("/ask/similar/", {"title": "zebra crossing"}).content
    assert client.post("/ask/similar/", {"title": "x", "target": "e:99999999999999999999999"}).status_code == 200

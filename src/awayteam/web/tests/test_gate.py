"""Pages of changes: what stands there in each state, who may do what, what the address may say, and what means harm."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from awayteam.accounts.actors import actor_of_person
from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.engagements.models import Engagement
from awayteam.gate import places
from awayteam.gate.actions.changes import record
from awayteam.gate.actions.judging import judge
from awayteam.gate.change import Author
from awayteam.gate.models import Change, Judgement, Passage
from awayteam.gate.queries import pages
from awayteam.gate.queries.narrowing import ChangeFilter
from awayteam.gate.tests import shop as gate
from awayteam.kernel import rulebook, turns
from awayteam.kernel.actor import Actor
from awayteam.kernel.models import Event
from awayteam.kernel.turns import Place
from awayteam.organisation.models import Person
from awayteam.reviews.models import RegisterEntry
from awayteam.web.tests.shop import Shop
from awayteam.web.tests.test_pages import problems


def read(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content[:1000]
    html = response.content.decode()
    assert problems(html) == []
    return html


def page(title: str, query: str = "") -> str:
    return f"{reverse('change', args=[gate.change(title)])}{query}"


def box(html: str, id: str) -> str:
    """The text of a box, without its tags' attributes."""
    return html.split(f'id="{id}"', 1)[1].split("</section>", 1)[0]


def rows(html: str) -> list[str]:
    """Titles in the list, as they stand in the page."""
    return [unescape(part.split('title="', 1)[1].split('"', 1)[0]) for part in html.split("<a data-row ")[1:]]


def counted() -> list[int]:
    return [model.objects.count() for model in (Judgement, Passage, RegisterEntry, Event)]


def test_the_list_has_the_open_ones_and_is_narrowed(shop: Shop, ada: Client, sam: Client) -> None:
    open_ones = rows(read(ada, "/changes/"))
    assert gate.ALLOWED in open_ones
    assert gate.MERGED not in open_ones
    assert rows(read(ada, "/changes/?state=merged")) == [gate.MERGED]
    assert set(rows(read(ada, "/changes/?state=all"))) > {gate.MERGED, gate.ALLOWED}
    allowed = rows(read(ada, "/changes/?outcome=allowed"))
    assert set(allowed) == {gate.ALLOWED, gate.HURRY}
    assert rows(read(ada, "/changes/?q=sort+letters")) == [gate.ALLOWED]
    assert rows(read(ada, "/changes/?q=sort+nothing")) == []
    assert set(rows(read(sam, "/changes/?mine=made"))) == {gate.REFUSED, Change.objects.get(pk=gate.visiting()).title}
    visit = Engagement.objects.get(changes=gate.visiting())
    assert len(rows(read(sam, f"/changes/?engagement={visit.pk}"))) == 1
    assert set(rows(read(sam, "/changes/?by=search"))) == set(rows(read(sam, "/changes/?mine=made")))
    assert rows(read(sam, "/changes/?repository=basket")) == [Change.objects.get(pk=gate.visiting()).title]


@pytest.mark.parametrize("sort", [*pages.SORTS, *(f"-{one}" for one in pages.SORTS)])
def test_every_sort_goes_on_where_the_page_ended(shop: Shop, sort: str) -> None:
    actor, now, seen, cursor = shop.actor("zoe"), timezone.now(), [], None
    while True:
        wanted = ChangeFilter(state="all")
        found = pages.list_changes(actor, wanted, now=now, sort=sort, cursor=cursor, limit=2)
        seen += [row.change.pk for row in found.items]
        cursor = found.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == Change.objects.count()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?sort=colour", "There is no sort"),
        ("?cursor=nonsense", "not one that this list gave"),
        ("?state=half", "There is no state"),
        ("?outcome=perhaps", "There is no outcome"),
        ("?mine=yours", "There is no mine"),
        ("?engagement=-1", "is no number of an engagement"),
        ("?home=%20:%20/", "That is no reference"),
    ],
)
def test_what_the_list_cannot_be_narrowed_by_is_said(shop: Shop, ada: Client, query: str, words: str) -> None:
    assert words in read(ada, f"/changes/{query}", 422)


def test_the_list_is_there_as_csv_and_no_title_is_a_formula(shop: Shop, ada: Client) -> None:
    Change.objects.filter(title=gate.ALLOWED).update(title="=HYPERLINK(1)")
    response = ada.get("/changes/?state=all&format=csv")
    lines = list(csv.DictReader(io.StringIO(response.getvalue().decode())))
    assert len(lines) == Change.objects.count()
    by_title = {line["title"]: line for line in lines}
    assert by_title["'=HYPERLINK(1)"]["outcome"] == "allowed"
    waiting = by_title[gate.WAITING]
    assert waiting["author"] == gate.ADA
    assert "user:default/bob" in waiting["asked"]
    assert waiting["is"] == "home, away, unowned"


def test_an_empty_list_says_what_to_do(shop: Shop, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Take a filter away." in read(ada, "/changes/?q=nothing-is-called-so")
    Change.objects.update(state="closed", closed_at=timezone.now(), merged_at=None)
    assert "No change is open." in read(ada, "/changes/")
    monkeypatch.setattr(Change.objects, "exists", lambda: False, raising=False)
    assert "Nobody has told of a change yet." in read(ada, "/changes/")


def test_the_page_says_in_a_sentence_whose_word_is_lacking(shop: Shop, ada: Client, sam: Client) -> None:
    waiting = box(read(ada, page(gate.WAITING)), "next")
    assert "It may not go in yet: it lacks the word of Order Taking and of" in waiting
    assert "One of Order Taking approves." in waiting
    assert "/people/default/bob/" in waiting
    assert "It may go in.</b>" in box(read(sam, page(gate.ALLOWED)), "next")
    assert "<b>It went in</b>" in box(read(sam, page(gate.MERGED)), "next")
    hurry = box(read(sam, page(gate.HURRY)), "next")
    assert "It may go in, as an emergency." in hurry
    assert "These words are passed over:" in hurry
    assert "The &lt;shop&gt; is down." in hurry


def test_words_and_paths_of_strangers_are_text(shop: Shop, ada: Client) -> None:
    html = read(ada, page(gate.WAITING, "?explain=yes"))
    assert "Count &lt;b&gt;baskets&lt;/b&gt; &amp; more" in html
    assert "<b>baskets" not in html
    assert "&lt;lint&gt; runs" in html
    assert html.count("a;rm -<wbr>rf.") == 30
    assert "10 more paths" in html


def test_an_address_that_is_no_link_is_none(shop: Shop, ada: Client) -> None:
    Change.objects.filter(title=gate.WAITING).update(url="javascript:alert(1)")
    assert "javascript:" not in read(ada, page(gate.WAITING))


def test_explaining_shows_what_passes_too(shop: Shop, ada: Client) -> None:
    plain, whole = read(ada, page(gate.WAITING)), read(ada, page(gate.WAITING, "?explain=yes"))
    assert "ada belongs to the owners" not in box(plain, "paths").lower()
    assert "ada belongs to the owners" in box(whole, "paths").lower()
    assert "No engagement lets Ada change this." in box(plain, "paths")


def test_every_path_is_in_the_file(shop: Shop, ada: Client) -> None:
    response = ada.get(page(gate.WAITING, "?format=csv"))
    lines = list(csv.DictReader(io.StringIO(response.getvalue().decode())))
    assert len(lines) == 32
    assert {line["rule"] for line in lines} == {"CODEOWNERS:1", "CODEOWNERS:2", "CODEOWNERS:3"}
    assert next(line for line in lines if line["path"] == "nobody/2")["is"] == "unowned"


def test_a_stale_approval_is_named_and_the_past_stays(shop: Shop, ada: Client) -> None:
    html = read(ada, page(gate.STALE))
    assert "since then the change became" in box(html, "paths")
    assert "an earlier one" in box(html, "reviews")
    assert box(html, "history").count("<li>") == 2


def test_what_is_refused_says_what_would_help(shop: Shop, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rulebook lets nobody change the code of others without an engagement."""
    strict(monkeypatch)
    row = record(
        told=gate.told("Not ours", Author(gate.SAM, "Sam"), timezone.now(), origin_key="strict"), now=timezone.now()
    )
    judge(change=row, now=timezone.now())
    html = read(ada, f"/changes/{row.pk}/")
    assert "It may not go in." in box(html, "next")
    assert "Nobody’s approval changes that." in box(html, "next")
    assert rows(read(ada, "/changes/?outcome=denied")) == ["Not ours"]


def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    book = rulebook.current()
    changed = replace(book, gate=replace(book.gate, away_without_engagement="deny"))
    monkeypatch.setattr(rulebook, "current", lambda: changed)


def test_what_if_shows_the_other_answer_and_writes_nothing(shop: Shop, ada: Client) -> None:
    before = counted()
    html = box(read(ada, page(gate.REFUSED, "?suppose=approved:bob")), "what-if")
    assert "bob approves" in html
    assert html.count("It may go in.") == 1
    assert html.count("It may not go in yet") == 1
    assert counted() == before
    assert Change.objects.get(pk=gate.change(gate.REFUSED)).outcome == "waiting"


def test_the_form_of_what_if_leads_to_an_address_that_says_it(shop: Shop, sam: Client) -> None:
    here = f"/changes/{gate.visiting()}/"
    visit = Engagement.objects.get(changes=gate.visiting())
    given = f"person=ada&until-{visit.pk}=2031-02-03&green=yes&met=yes&suppose=approved:bob&explain=yes"
    response = sam.get(f"{here}?{given}")
    assert response.status_code == 302
    assert response["Location"] == (
        f"{here}?suppose=approved%3Abob&suppose=approved%3Aada&suppose=extended%3A{visit.pk}%3A2031-02-03"
        "&suppose=met%3A%2A&suppose=green%3A%2A&explain=yes#what-if"
    )
    html = read(sam, response["Location"])
    assert "lasts until 2031-02-03" in html
    assert "all checks are green" in html
    assert sam.get(f"{here}?person=")["Location"] == f"{here}#what-if"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("approved:nobody-is-called-so", "Nobody is called"),
        ("approved:<b>x</b>", "Nobody is called"),
        ("merged:ada", "begin with one of"),
        ("extended:1:soon", "is no day"),
        ("extended:x:2030-01-01", "is no number of an engagement"),
        ("green:", "names nothing after"),
    ],
)
def test_what_cannot_be_supposed_is_said(shop: Shop, ada: Client, text: str, words: str) -> None:
    html = read(ada, page(gate.REFUSED, f"?suppose={text}"), 422)
    assert words in html
    assert "<b>x</b>" not in html
    assert "verdict-other" not in html


def test_too_much_cannot_be_supposed(shop: Shop, ada: Client) -> None:
    many = "&".join(f"suppose=green:check-{number}" for number in range(30))
    assert "at most 20" in read(ada, page(gate.REFUSED, f"?{many}"), 422)


def test_whoever_may_not_let_it_in_is_told_why_and_nothing_changes(shop: Shop, sam: Client) -> None:
    before = counted()
    html = read(sam, page(gate.WAITING))
    assert "(gate.emergency)" in box(html, "emergency")
    address = reverse("change_emergency", args=[gate.change(gate.WAITING)])
    assert "This can’t be done." in read(sam, address)
    row = Change.objects.get(pk=gate.change(gate.WAITING))
    response = sam.post(address, {"reason": "I want to.", "head": row.head})
    assert response.status_code == 422
    assert counted() == before
    row.refresh_from_db()
    assert row.outcome == "waiting"


def test_an_emergency_needs_a_reason_and_the_commit_that_was_seen(shop: Shop, zoe: Client) -> None:
    before, row = counted(), Change.objects.get(pk=gate.change(gate.WAITING))
    address = reverse("change_emergency", args=[row.pk])
    assert zoe.post(address, {"reason": " ", "head": row.head}).status_code == 422
    response = zoe.post(address, {"reason": "It burns.", "head": "d" * 40})
    assert response.status_code == 422
    assert "moved on" in response.content.decode()
    assert counted() == before
    assert zoe.post(address, {"reason": "It burns.", "head": row.head}).status_code == 303
    passage = Passage.objects.get(change=row)
    assert (passage.reason, passage.entry.kind, passage.head) == ("It burns.", "emergency", row.head)
    assert "nothing has to be passed over" in read(zoe, address)


def test_what_is_restricted_is_not_shown_to_others(shop: Shop, ada: Client, sam: Client, zoe: Client) -> None:
    """A change of a visit to something restricted: its sides see it, a stranger's page says that there is none."""
    visit = Engagement.objects.get(changes=gate.visiting())
    vault = Entity.objects.get(name="vault")
    Engagement.objects.filter(pk=visit.pk).update(service=vault)
    stranger = Client()
    stranger.force_login(_account(shop))
    address = f"/changes/{gate.visiting()}/"
    assert "There is no change" in read(stranger, address, 404)
    assert visit.title not in read(stranger, "/changes/?state=all")
    assert stranger.post(f"{address}emergency/", {"reason": "x", "head": "y"}).status_code == 404
    assert visit.title in read(sam, address)


def _account(shop: Shop) -> User:
    return User.objects.create_user("stranger", "stranger@shop.example", "correct horse")


@pytest.mark.parametrize("number", [0, 999_999, 2**63, 10**30])
def test_there_is_no_such_change(shop: Shop, ada: Client, number: int) -> None:
    assert "There is no change" in read(ada, f"/changes/{number}/", 404)


def test_nobody_looks_without_signing_in(shop: Shop) -> None:
    for address in ("/changes/", f"/changes/{gate.change(gate.WAITING)}/"):
        assert Client().get(address).status_code == 302


def test_the_engagement_lists_its_changes(shop: Shop, sam: Client) -> None:
    visit = Engagement.objects.get(changes=gate.visiting())
    html = box(read(sam, f"/engagements/{visit.pk}/"), "panel-changes")
    assert f"/changes/{gate.visiting()}/" in html
    assert "<b>1</b> open" in html


def test_the_repository_lists_what_waits(shop: Shop, ada: Client) -> None:
    followed = Change.objects.get(pk=gate.visiting()).followed_id
    assert followed is not None
    assert f"/changes/{gate.visiting()}/" in box(read(ada, f"/away-map/?repository={followed}"), "panel-changes")


def test_home_has_what_waits_for_ones_word_and_ones_own(shop: Shop) -> None:
    now, bob = timezone.now(), _person(shop, "bob")
    yours = [row for row in places.waiting(bob, now) if row.place is Place.YOURS]
    assert gate.change(gate.WAITING) in {row.subject.id for row in yours}
    assert all(row.whose == "you" for row in yours)
    ada = {row.subject.id: row.place for row in places.waiting(shop.actor("ada"), now)}
    assert ada[gate.change(gate.WAITING)] is Place.WAITING
    assert gate.change(gate.ALLOWED) not in ada
    Change.objects.update(state="closed", closed_at=now + timedelta(seconds=1), merged_at=None)
    assert list(places.waiting(bob, now)) == []


def test_home_asks_two_statements_of_who_has_something_one_of_who_has_not(
    shop: Shop, django_assert_num_queries: object
) -> None:
    bob = _person(shop, "bob")
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert list(places.waiting(bob, timezone.now()))
    stranger = actor_of_person(Person.objects.create(ref="user:default/new", name="new"), timezone.now())
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert not list(places.waiting(stranger, timezone.now()))
    assert "change" in {row.subject.kind for row in turns.gather(bob, timezone.now())[Place.YOURS].rows}


def _person(shop: Shop, name: str) -> Actor:
    return actor_of_person(Person.objects.get(name=name), timezone.now())


def test_the_list_asks_as_much_for_many_as_for_two(shop: Shop) -> None:
    actor, now = shop.actor("zoe"), timezone.now()

    def statements(limit: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            found = pages.list_changes(actor, ChangeFilter(state="all"), now=now, sort="-age", limit=limit)
            assert len(found.items) == limit
        return len(asked)

    statements(2)
    assert statements(2) == statements(7) <= 5

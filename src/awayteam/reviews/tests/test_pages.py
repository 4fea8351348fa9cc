"""The pages of reviews, the pool and the register: what they say, and what their forms do or refuse."""

import xml.etree.ElementTree as ElementTree
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from awayteam.accounts.models import User
from awayteam.reviews import actions
from awayteam.reviews.models import BarRaiser, RegisterEntry, Review
from awayteam.reviews.tests import town as towns
from awayteam.reviews.tests.town import Town, ask, deliver, overridden

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    made = towns.found()
    made.now = timezone.now()
    return made


def client(town: Town, who: str) -> Client:
    user, _new = User.objects.get_or_create(username=who, defaults={"person": town.person(who)})
    made = Client()
    made.force_login(user)
    return made


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def document(review: Review, **more: str) -> dict[str, str]:
    from awayteam.reviews.actions.checking import questions

    answers = {f"answer_{number}": "It waits." for number, _ in enumerate(questions(review.field), 1)}
    return {**answers, "summary": "Wait", "recommendation": "against", "conditions": "",
            "evidence": "Load of a year https://example.org/load", **more}  # fmt: skip


def test_from_asking_to_the_register_by_pages(town: Town) -> None:
    paul = client(town, "paul")
    assert "Ask for a review" in text(paul.get("/reviews/new/"))
    form = {"field": "architecture", "title": "Split the store", "question": "Two?", "team": "orders",
            "decider": "olga", "teams": "payments", "entity": ""}  # fmt: skip
    refused = paul.post("/reviews/new/", {**form, "decider": "nobody", "teams": "payments, moon"})
    assert refused.status_code == 422
    assert "There is nobody called nobody." in text(refused)
    assert "There is no team moon." in text(refused)
    assert paul.post("/reviews/new/", form).status_code == 303
    review = Review.objects.get()
    where = f"/reviews/{review.pk}/"
    assert "Is independent" in text(paul.get(where))
    assert "Only the bar raiser does this." in text(paul.get(where))
    rita = client(town, "rita")
    assert rita.post(f"{where}write/", {**document(review), "save": "yes", "answer_1": ""}).status_code == 303
    assert "Go on with the document" in text(rita.get(where))
    assert "Load of a year https://example.org/load" in text(rita.get(f"{where}write/"))
    assert rita.post(f"{where}write/", {**document(review), "answer_1": ""}).status_code == 422
    assert client(town, "rob").get(f"{where}write/").status_code == 200
    assert client(town, "rob").post(f"{where}write/", document(review)).status_code == 422
    assert rita.post(f"{where}write/", document(review)).status_code == 303
    olga = client(town, "olga")
    assert olga.post(f"{where}override/", {"reason": "", "look_again_on": "2099-01-01"}).status_code == 422
    later = (timezone.now() + timedelta(days=30)).date().isoformat()
    assert olga.post(f"{where}override/", {"reason": "The season", "look_again_on": later}).status_code == 303
    entry = RegisterEntry.objects.get()
    ann = client(town, "ann")
    assert "The season" in text(ann.get("/register/"))
    assert "The recommendation was overridden." in text(ann.get(where))
    page = text(ann.get(f"/register/{entry.pk}/"))
    assert "Whoever decided, or a manager above, says what happened" in page or "says what happened" in page
    assert ann.post(f"/register/{entry.pk}/tell/", {"outcome": "both", "happened": "x"}).status_code == 422
    assert olga.post(f"/register/{entry.pk}/tell/", {"outcome": "later", "happened": "Too soon"}).status_code == 422
    told = olga.post(f"/register/{entry.pk}/tell/", {"outcome": "as-warned", "happened": "Two truths"})
    assert told.status_code == 303
    assert "Two truths" in text(ann.get(f"/register/{entry.pk}/"))


def test_lists_narrow_sort_and_download(town: Town) -> None:
    overridden(town)
    ask(town, field="design", title="The page")
    ann = client(town, "ann")
    assert "Split the order store" not in text(ann.get("/reviews/"))
    assert "Split the order store" in text(ann.get("/reviews/?ended=yes&sort=-created"))
    assert "Nothing fits." in text(ann.get("/reviews/?state=delivered&sort=title"))
    assert "The page" in text(ann.get("/reviews/?field=design&team=group:default/payments"))
    assert "Nothing fits." in text(ann.get("/reviews/?mine=yes"))
    assert ann.get("/reviews/?sort=x").status_code == 422
    assert ann.get("/reviews/?cursor=x").status_code == 422
    assert ann.get("/register/?since=x").status_code == 422
    for sort in ("decided", "look-again", "title", "-decided"):
        assert "Split the order store" in text(
            ann.get(f"/register/?sort={sort}&kind=override&team=group:default/orders")
        )
    assert "Nothing fits." in text(ann.get("/register/?since=2099-01-01"))
    csv = b"".join(ann.get("/register/?format=csv").streaming_content).decode()
    assert "We lose the season otherwise." in csv
    assert "The page" in b"".join(ann.get("/reviews/?format=csv").streaming_content).decode()


def test_the_feed_is_atom_and_narrows(town: Town) -> None:
    overridden(town)
    ann = client(town, "ann")
    root = ElementTree.fromstring(ann.get("/register/feed/").content)
    atom = "{http://www.w3.org/2005/Atom}"
    assert root.tag == f"{atom}feed"
    titles = [entry.findtext(f"{atom}title") for entry in root.iter(f"{atom}entry")]
    assert titles == ["Override: Split the order store"]
    empty = ElementTree.fromstring(ann.get("/register/feed/?kind=deviation").content)
    assert list(empty.iter(f"{atom}entry")) == []
    assert Client().get("/register/feed/").status_code in (302, 401, 403)


def test_the_pool_by_pages(town: Town) -> None:
    dana, sue = client(town, "dana"), client(town, "sue")
    assert "rita" in text(sue.get("/reviews/pool/"))
    form = {"person": "sue", "field": "design", "since": "2026-01-01", "term_until": "2099-01-01", "trained_on": "",
            "trained_by": "", "load_max": "", "reason": ""}  # fmt: skip
    assert sue.post("/reviews/pool/new/", form).status_code == 422
    assert dana.post("/reviews/pool/new/", form).status_code == 303
    row = BarRaiser.objects.get(person=town.person("sue"))
    where = f"/reviews/pool/{row.pk}/"
    assert "not trained yet" in text(sue.get("/reviews/pool/?field=design"))
    changed = {**form, "trained_on": "2026-01-05", "load_max": "2", "what": "terms"}
    assert sue.post(where, changed).status_code == 422
    assert dana.post(where, changed).status_code == 303
    away = {"starts_on": "2098-01-01", "ends_on": "2098-01-05", "what": "away"}
    assert sue.post(where, away).status_code == 303
    assert "2098" in text(sue.get(where))
    absence = town.person("sue").absences.get()
    assert client(town, "paul").post(f"/reviews/absences/{absence.pk}/remove/").status_code == 403
    assert sue.post(f"/reviews/absences/{absence.pk}/remove/").status_code == 303
    assert sue.post(where, {"what": "leave", "words": "Enough"}).status_code == 303
    row.refresh_from_db()
    assert (row.ended_why, row.load_max) == ("Enough", 2)
    assert "Enough" in text(sue.get(where))
    assert sue.get("/reviews/pool/999/").status_code == 404


def test_a_deviation_by_its_form(town: Town) -> None:
    olga = client(town, "olga")
    form = {"team": "orders", "title": "Our own queue", "practice": "The common queue", "field": "",
            "reason": "It loses", "figures": "One in a million https://example.org/loss", "entity": "",
            "look_again_on": "2099-01-01"}  # fmt: skip
    assert olga.post("/register/new/", {**form, "look_again_on": "2001-01-01"}).status_code == 422
    form["look_again_on"] = (timezone.now() + timedelta(days=9)).date().isoformat()
    assert client(town, "paul").post("/register/new/", form).status_code == 422
    assert olga.post("/register/new/", form).status_code == 303
    assert "One in a million" in text(olga.get(f"/register/{RegisterEntry.objects.get().pk}/"))


def test_panels_and_conditions(town: Town) -> None:
    review = deliver(town, ask(town), recommendation="with-conditions")
    actions.follow(review, actor=town.actor("olga"), now=town.now + timedelta(hours=2))
    where = f"/reviews/{review.pk}/"
    assert "Measure it first." in text(client(town, "olga").get(where))
    met = client(town, "olga").post(f"{where}conditions/1/met/", {"evidence": "Measured"})
    assert met.status_code == 303
    assert "Measured" in text(client(town, "ann").get(where))
    assert client(town, "ann").post(f"{where}conditions/1/met/", {"evidence": "x"}).status_code == 403
    another = deliver(town, ask(town, title="Another store"))
    actions.override(another, reason="Because", actor=town.actor("olga"), now=town.now + timedelta(hours=2))
    assert "Another store" in text(client(town, "ann").get("/teams/default/orders/"))
    assert "Raises the bar in" in text(client(town, "ann").get("/people/default/rita/"))


def test_what_is_restricted_keeps_its_name_but_not_its_override(town: Town) -> None:
    entity = towns.service(town, "vault", restricted=True)
    review = ask(town, "olga", entity=entity, title="The vault")
    entry = actions.override(deliver(town, review), reason="Secret plan", actor=town.actor("olga"), now=town.now)
    ann = client(town, "ann")
    for address in ("/register/", f"/register/{entry.pk}/", "/register/feed/", "/activity/", "/people/default/olga/"):
        page = text(ann.get(address))
        assert "Secret plan" not in page, address
        assert "The vault" not in page, address
    assert "Something restricted" in text(ann.get("/register/"))
    assert ann.get(f"/reviews/{review.pk}/").status_code == 404
    assert "Secret plan" in text(client(town, "olga").get(f"/register/{entry.pk}/"))

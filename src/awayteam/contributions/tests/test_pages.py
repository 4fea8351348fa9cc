"""Pages, CSV and the API of the away map; who may do what, and that what is denied changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from awayteam.accounts import rules
from awayteam.accounts.models import ApiToken
from awayteam.contributions import actions
from awayteam.contributions.models import Area, Commit, CommitAuthor, Correction, Flow, Repository, Stands
from awayteam.contributions.tests.team import NOW, Small, build
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.models import Event

pytestmark = pytest.mark.django_db

PAGES = {
    "/away-map/": 15,
    "/away-map/?by=unit&since=24mo&as_of=head": 21,
    "/away-map/?since=1d&until=2001-01-01": 15,
    "/away-map/areas/": 14,
    "/away-map/areas/?sole=yes&sort=away": 14,
    "/away-map/authors/": 9,
    "/away-map/authors/?kind=all&q=a": 9,
    "/away-map/belonging/": 14,
    "/away-map/commits/?class=away": 14,
    "/away-map/commits/?from=p1&to=p2&person=user:default/ada": 16,
    "/away-map/contradictions/": 6,
    "/away-map/repositories/": 7,
}
"""The most statements that each page takes at the second look; three are for session, account and roles."""


@pytest.fixture
def small(settings: Any, tmp_path: Path) -> Small:
    settings.DATA = tmp_path
    return build(tmp_path)


def state() -> dict[str, Any]:
    return {
        "corrections": list(Correction.objects.values_list("author", "says", "ended_at")),
        "authors": list(CommitAuthor.objects.order_by("pk").values_list("kind", "person", "method")),
        "stands": list(Commit.objects.order_by("pk").values_list("stands", "stands_at_head", "origin")),
        "flows": Flow.objects.count(),
        "repositories": list(Repository.objects.values_list("name", "refresh_requested_at")),
        "events": Event.objects.count(),
    }


@pytest.mark.parametrize("address", PAGES)
def test_pages_keep_their_budget(small: Small, address: str) -> None:
    client = small.client("ned")
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(
        connection,
    ) as captured:
        page = client.get(address)
    assert page.status_code == 200
    assert len(captured) <= PAGES[address], [one["sql"][:150] for one in captured]
    assert b"<b>at once</b>" not in page.content


def test_details_and_forms_are_shown(small: Small) -> None:
    area = Area.objects.get(name="/a/")
    author = CommitAuthor.objects.get(email="some.one@elsewhere.org")
    shown = small.client("ned").get(f"/away-map/areas/{area.pk}/").content.decode()
    assert "Who knows it" in shown
    assert "48.0 h" in shown
    assert "some.one@elsewhere.org" in small.client("ada").get(f"/away-map/authors/{author.pk}/").content.decode()
    assert small.client("zoe").get("/away-map/repositories/new/").status_code == 200
    person = small.client("ned").get("/people/default/ada/").content.decode()
    assert "What they changed" in person
    assert "person=user%3Adefault/ada&amp;class=mixed" in person
    assert "/away-map/areas/" in person
    assert "What they changed" not in small.client("ned").get("/people/default/mia/").content.decode()
    team = small.client("ned").get("/teams/default/one/").content.decode()
    assert "Help given and taken" in team
    service = small.client("ned").get("/catalog/default/component/shop/").content.decode()
    assert "Who changes it" in service
    assert "the rules name other owners" in service


@pytest.mark.parametrize("address", ["/away-map/", "/away-map/areas/", "/away-map/belonging/", "/away-map/commits/",
                                     "/away-map/contradictions/", "/away-map/authors/"])  # fmt: skip
def test_every_list_is_a_csv_file_too(small: Small, address: str) -> None:
    answer = small.client("ned").get(address + "?format=csv" + ("&kind=all" if "authors" in address else ""))
    lines = b"".join(answer).decode().splitlines()  # type: ignore[arg-type]
    assert answer["Content-Type"].startswith("text/csv")
    assert len(lines) > 0 if address == "/away-map/belonging/" else len(lines) > 1


def test_empty_states_say_what_to_do(small: Small) -> None:
    Repository.objects.update(tip="")
    for address in ("/away-map/", "/away-map/areas/", "/away-map/belonging/"):
        assert "Follow a repository" in small.client("ned").get(address).content.decode()
    actions.unfollow(small.repository, actor=small.actor("zoe"), now=NOW, wait_seconds=0)
    assert "No history was read yet" in small.client("ned").get("/away-map/repositories/").content.decode()


def test_a_wrong_window_is_an_error_with_advice(small: Small) -> None:
    for query in ("since=soon", "until=x", "as_of=z", "repository=x", "by=q"):
        assert small.client("ned").get(f"/away-map/?{query}").status_code == 422
    assert small.client("ned").get("/away-map/?repository=999999").status_code == 404
    assert Client().get("/away-map/").status_code in (302, 401)


def author(small: Small) -> CommitAuthor:
    return CommitAuthor.objects.get(email="some.one@elsewhere.org")


@pytest.mark.parametrize("who", ["ada", "mia", "zoe"])
def test_leads_managers_and_administrators_correct_authors_on_a_page(small: Small, who: str) -> None:
    found = author(small)
    form = {"says": "person", "person": "bob", "reason": "his old laptop"}
    answer = small.client(who).post(f"/away-map/authors/{found.pk}/", form)
    assert answer.status_code == 303
    found.refresh_from_db()
    assert (found.kind, found.person, found.method) == ("member", small.people["bob"], "manual alias")
    commit = Commit.objects.get(author=found)
    assert (commit.stands, commit.origin and commit.origin.key) == (Stands.HOME, "group:default/one")
    event = Event.objects.get(name="author.corrected")
    assert event.data["changes"] == {"is": ["unresolved", "user:default/bob"]}
    one = Correction.objects.get()
    assert small.client(who).post(f"/away-map/corrections/{one.pk}/withdraw/").status_code == 303
    assert (author(small).kind, Commit.objects.get(author=found).stands) == ("unresolved", Stands.AWAY)
    assert Event.objects.filter(name="author.correction-withdrawn").count() == 1


@pytest.mark.parametrize(
    ("says", "kind", "stands"), [("bot", "bot", Stands.BOT), ("outsider", "outsider", Stands.AWAY)]
)
def test_an_author_may_be_a_bot_or_from_outside(small: Small, says: str, kind: str, stands: Stands) -> None:
    actions.correct(actor=small.actor("ada"), now=NOW, author=author(small), says=Correction.Says(says), reason="known")
    assert (author(small).kind, Commit.objects.get(author=author(small)).stands) == (kind, stands)
    with pytest.raises(Conflict):
        actions.correct(
            actor=small.actor("ada"), now=NOW, author=author(small), says=Correction.Says(says), reason="known"
        )


def test_members_and_strangers_may_not_and_nothing_changes(small: Small) -> None:
    before = state()
    found = author(small)
    for who in ("bob", "ned"):
        client = small.client(who)
        assert client.get(f"/away-map/authors/{found.pk}/").status_code == 403
        assert client.post(f"/away-map/authors/{found.pk}/", {"says": "bot", "reason": "x"}).status_code == 403
    for who in ("bob", "ada", "mia"):
        client = small.client(who)
        pk = small.repository.pk
        assert client.post("/away-map/repositories/new/", {"location": str(small.repo.path)}).status_code == 403
        assert client.post(f"/away-map/repositories/{pk}/refresh/").status_code == 403
        assert client.post(f"/away-map/repositories/{pk}/remove/", {"reason": "x"}).status_code == 403
    assert state() == before
    one = actions.correct(actor=small.actor("ada"), now=NOW, author=found, says=Correction.Says.BOT, reason="a machine")
    before = state()
    assert small.client("bob").post(f"/away-map/corrections/{one.pk}/withdraw/").status_code == 403
    with pytest.raises(NotAllowed):
        actions.withdraw(actor=small.actor("ned"), now=NOW, correction=one)
    assert state() == before


def test_a_correction_needs_a_reason_and_a_person_who_is_here(small: Small) -> None:
    before = state()
    client, found = small.client("zoe"), author(small)
    for form in (
        {"says": "person", "person": "bob"},
        {"says": "person", "person": "nobody-here", "reason": "x"},
        {"says": "person", "reason": "x"},
    ):
        assert client.post(f"/away-map/authors/{found.pk}/", form).status_code == 422
    with pytest.raises(InvalidInput):
        actions.correct(actor=small.actor("zoe"), now=NOW, author=found, says=Correction.Says.PERSON, reason="x")
    assert state() == before


def test_a_repository_of_a_restricted_entity_is_seen_by_those_who_see_the_entity(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    small = build(tmp_path, restricted=True)
    area, found = Area.objects.get(name="/a/"), author(small)
    for who, seen in (("zoe", 6), ("eve", 6), ("mia", 6), ("ada", 0), ("ned", 0)):
        client = small.client(who)
        answer = client.get("/api/v1/contributions/map")
        assert sum(answer.json()["classes"].values()) == seen, who
        assert client.get(f"/away-map/areas/{area.pk}/").status_code == (200 if seen else 404)
        assert len(client.get("/api/v1/contributions/commits").json()["items"]) == (8 if seen else 0)
        assert len(client.get("/api/v1/contributions/repositories").json()) == bool(seen)
        assert len(client.get("/api/v1/contributions/authors?kind=").json()["items"]) == (5 if seen else 0)
        assert client.get(f"/away-map/?repository={small.repository.pk}").status_code == (200 if seen else 404)
        assert b"/a/" not in client.get(f"/away-map/commits/?area={area.pk}").content or seen
    before = state()
    assert small.client("ada").get(f"/away-map/authors/{found.pk}/").status_code == 404
    assert small.client("ada").post(f"/away-map/authors/{found.pk}/", {"says": "bot", "reason": "x"}).status_code == 404
    assert state() == before


def token(small: Small, who: str, *scopes: str) -> Client:
    secret = f"awat_{who}-{'-'.join(scopes)}"
    ApiToken.objects.create(
        user=small.users[who], name="test", prefix=secret[:12], digest=rules.digest(secret), scopes=list(scopes),
        created_at=timezone.now(), expires_at=timezone.now() + timezone.timedelta(days=1),
    )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_the_api_says_what_the_pages_say(small: Small) -> None:
    client = small.client("ned")
    base = "/api/v1/contributions"
    found = client.get(f"{base}/map").json()
    assert found["classes"] == {"home": 1, "away": 3, "mixed": 1, "unowned": 1}
    assert set(found["definitions"]) >= {"home", "away", "mixed", "unowned", "window"}
    assert client.get(f"{base}/flows").json() == found["flows"]
    areas = client.get(f"{base}/areas").json()
    assert [row["area"] for row in areas["items"]] == ["/a/", "/b/"]
    detail = client.get(f"{base}/areas/{areas['items'][0]['id']}").json()
    assert detail["away_latency"] == {"branches": 1, "median_hours": 48.0, "unknown": 0}
    first = client.get(f"{base}/commits?stands=away&limit=2").json()
    assert (len(first["items"]), first["total"]) == (2, 3)
    rest = client.get(f"{base}/commits?stands=away&limit=2&cursor={first['next_cursor']}").json()
    assert len(rest["items"]) == 1
    assert client.get(f"{base}/belonging").json() == []
    assert [one["entity"] for one in client.get(f"{base}/contradictions").json()] == ["component:default/shop"]
    assert client.get(f"{base}/map?since=soon").status_code == 422
    assert Client().get(f"{base}/map").status_code == 401


def test_corrections_over_http_follow_the_same_rules(small: Small) -> None:
    base = "/api/v1/contributions/corrections"
    body = json.dumps({"author": author(small).pk, "says": "person", "person": "bob", "reason": "his laptop"})
    before = state()
    for client in (token(small, "bob", "read", "write"), token(small, "ada", "read")):
        assert client.post(base, body, content_type="application/json").status_code == 403
    assert state() == before
    ada = token(small, "ada", "read", "write")
    made = ada.post(base, body, content_type="application/json")
    assert (made.status_code, made.json()["person"]) == (201, "user:default/bob")
    assert [one["id"] for one in ada.get(base).json()] == [made.json()["id"]]
    assert ada.delete(f"{base}/{made.json()['id']}").status_code == 204
    assert ada.get(base).json() == []


def test_repositories_over_http(small: Small) -> None:
    base = "/api/v1/contributions/repositories"
    zoe = token(small, "zoe", "read", "write")
    body = json.dumps({"location": str(small.repo.path), "ref": "topic"})
    made = zoe.post(base, body, content_type="application/json")
    assert (made.status_code, made.json()["state"]) == (201, "waiting")
    assert zoe.post(f"{base}/{made.json()['id']}/refresh").status_code == 202
    assert zoe.delete(f"{base}/{made.json()['id']}").status_code == 204
    assert len(zoe.get(base).json()) == 1
    nowhere = zoe.post(base, json.dumps({"location": "/nowhere/at/all"}), content_type="application/json")
    assert nowhere.status_code == 422

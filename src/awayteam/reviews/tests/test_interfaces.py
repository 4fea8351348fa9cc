"""Reviews and the register by API and by command."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from typer.testing import CliRunner

from awayteam.accounts import rules
from awayteam.accounts.models import ApiToken, User
from awayteam.reviews.actions.checking import questions
from awayteam.reviews.models import RegisterEntry, Review
from awayteam.reviews.tests import town as towns
from awayteam.reviews.tests.town import Town, overridden

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def town() -> Town:
    made = towns.found()
    made.now = timezone.now()
    return made


def client(town: Town, who: str) -> Client:
    user, _new = User.objects.get_or_create(username=who, defaults={"person": town.person(who)})
    now = timezone.now()
    ApiToken.objects.get_or_create(
        digest=rules.digest(f"awat_{who}"),
        defaults={"user": user, "name": "t", "prefix": "awat_", "scopes": ["read", "write"], "created_at": now,
                  "expires_at": now + timedelta(days=1)},
    )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer awat_{who}"})


def post(asking: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return asking.post(f"{API}{path}", json.dumps(body), content_type="application/json", headers=headers)


def document(**more: Any) -> dict[str, Any]:
    answers = dict.fromkeys(questions("architecture"), "It waits.")
    return {"recommendation": "against", "summary": "Wait", "answers": answers, "evidence": [{"words": "Load"}], **more}


def test_the_whole_life_over_http(town: Town) -> None:
    body = {"field": "architecture", "title": "Split", "question": "Two?", "team": "orders", "decider": "olga",
            "teams": ["payments"]}  # fmt: skip
    made = post(client(town, "paul"), "/reviews", body)
    assert made.status_code == 201, made.content
    story = made.json()
    assert (story["bar_raiser"]["label"], story["state"], story["may"]) == ("rita", "assigned", ["withdraw"])
    assert story["may_not"]["deliver"] == "Only the bar raiser does this."
    where = f"/reviews/{story['id']}"
    rita, olga = client(town, "rita"), client(town, "olga")
    assert post(rita, f"{where}/deliver", {"draft": True, "summary": "So far"}).status_code == 200
    assert post(rita, f"{where}/deliver", document(recommendation="")).status_code == 422
    assert post(olga, f"{where}/deliver", document()).status_code == 403
    old = olga.get(f"{API}{where}")["ETag"]
    assert post(rita, f"{where}/deliver", document()).json()["recommendation"] == "against"
    assert post(olga, f"{where}/override", {"reason": "Season"}, **{"If-Match": old}).status_code == 412
    assert not RegisterEntry.objects.exists()
    done = post(olga, f"{where}/override", {"reason": "Season"}, **{"Idempotency-Key": "once"})
    assert done.json()["state"] == "overridden"
    again = post(olga, f"{where}/override", {"reason": "Season"}, **{"Idempotency-Key": "once"})
    assert (again.status_code, RegisterEntry.objects.count()) == (200, 1)
    entry = f"/register/{done.json()['register_entry']}"
    ann = client(town, "ann")
    assert ann.get(f"{API}/register?kind=override").json()["items"][0]["reason"] == "Season"
    assert ann.get(f"{API}/register/feed")["Content-Type"].startswith("application/atom+xml")
    assert post(olga, f"{entry}/tell", {"outcome": "later", "happened": "Soon"}).status_code == 422
    assert post(ann, f"{entry}/tell", {"outcome": "both", "happened": "x"}).status_code == 403
    assert post(olga, f"{entry}/tell", {"outcome": "both", "happened": "So"}).json()["outcome"] == "both"
    assert ann.get(f"{API}{entry}").json()["state"] == "told"
    assert [row["state"] for row in ann.get(f"{API}/reviews?ended=true").json()["items"]] == ["overridden"]


def test_the_pool_and_what_is_needed_over_http(town: Town) -> None:
    dana, ann = client(town, "dana"), client(town, "ann")
    made = post(dana, "/reviews/pool", {"person": "sue", "field": "design", "trained_on": "2026-01-01"})
    assert made.status_code == 201, made.content
    names = [row["person"]["label"] for row in ann.get(f"{API}/reviews/pool?field=design").json()]
    assert names == ["di", "sue"]
    assert post(ann, f"/reviews/pool/{made.json()['id']}/leave", {"words": "x"}).status_code == 403
    assert post(dana, f"/reviews/pool/{made.json()['id']}/leave", {"words": "x"}).status_code == 200
    towns.service(town, "orders-api", tags=["tier-1"])
    found = post(ann, "/reviews/needed", {"entity": "component:orders-api", "customer_experiment": True}).json()
    assert {one["field"] for one in found["needed"]} == {"architecture", "ab-testing", "customer-experience"}
    assert "breaking-api -> architecture" in found["unknown"]


def run(*arguments: object, code: int = 0) -> Any:
    from awayteam.cli import main

    done = CliRunner().invoke(_typer(main), [*map(str, arguments), "--json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def _typer(_main: Any) -> Any:
    import typer

    from awayteam.cli import review

    root = typer.Typer()
    root.callback()(lambda: None)
    review.register(root)
    return root


def test_the_whole_life_by_command(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("review", "review_pool"):
        monkeypatch.setattr(f"awayteam.cli.{module}.django", lambda: None)
    made = run("review", "request", "architecture", "Split", "--question", "Two?", "--team", "orders", "--decider",
               "olga", "--involved", "payments", "--as", "paul")  # fmt: skip
    number = made["id"]
    assert [row["id"] for row in run("review", "list")["items"]] == [number]
    assert run("review", "assign", number, "--as", "zoe", "--to", "rob")["bar_raiser"]["label"] == "rob"
    answers = [part for one in made["questions"] for part in ("--answer", f"About {one[:20]}")]
    done = run("review", "deliver", number, "with-conditions", "--summary", "Fine", *answers, "--condition", "Measure",
               "--evidence", "Load https://example.org", "--as", "rob")  # fmt: skip
    assert (done["state"], done["evidence"][0]["url"]) == ("delivered", "https://example.org")
    assert run("review", "override", number, "--reason", "Season", "--as", "olga")["state"] == "overridden"
    entry = run("review", "register", "list")["items"][0]
    assert entry["decided_by"] == "olga"
    told = run("review", "register", "tell", entry["id"], "as-expected", "--words", "All well", "--as", "olga")
    assert told["happened"] == "All well"
    deviation = run("review", "register", "deviate", "Own queue", "--team", "orders", "--practice", "The queue",
                    "--reason", "Loss", "--data", "1 of 9 https://example.org", "--as", "olga")  # fmt: skip
    assert run("review", "register", "show", deviation["id"])["kind"] == "deviation"
    assert run("review", "show", number)["register_entry"] == entry["id"]
    joined = run("review", "pool", "join", "sue", "design", "--trained", "2026-01-01", "--as", "dana")
    assert "sue is in the pool" in joined["said"]
    assert "away" in run("review", "pool", "away", "sue", "2099-01-01", "2099-01-02", "--as", "sue")["said"]
    assert "has left" in run("review", "pool", "leave", joined["id"], "--words", "Enough", "--as", "sue")["said"]
    assert len(run("review", "pool", "list")["items"]) == 3
    towns.service(town, "orders-api", tags=["tier-1"])
    assert run("review", "needed", "component:orders-api")["needed"][0]["field"] == "architecture"
    assert Review.objects.count() == 1


def test_commands_speak_to_people_too(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awayteam.cli.review.django", lambda: None)
    monkeypatch.setattr("awayteam.cli.review_pool.django", lambda: None)
    overridden(town)
    for arguments, words in (
        (("review", "list", "--ended"), "Split the order store"), (("review", "show", "1"), "overridden"),
        (("review", "register", "list"), "olga"), (("review", "pool", "list"), "rita"),
    ):  # fmt: skip
        number = Review.objects.get().pk
        said = CliRunner().invoke(_typer(None), [str(number) if one == "1" else one for one in arguments])
        assert (said.exit_code, words in said.output) == (0, True), said.output

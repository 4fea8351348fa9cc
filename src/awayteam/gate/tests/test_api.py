"""The gate over HTTP: the question, changes that a CI tells of, reviews, emergencies; and who is told what."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from awayteam.accounts import rules
from awayteam.accounts.models import ApiToken, User
from awayteam.catalog.models import Entity
from awayteam.contributions.models import Repository, RepositoryEntity
from awayteam.contributions.tests.gitrepo import Repo
from awayteam.engagements.models import Granting
from awayteam.gate import fromgit, fromserver, plain
from awayteam.gate.asking import Words
from awayteam.gate.models import Change, ChangeReview, Judgement, Passage
from awayteam.gate.tests.yard import BASE, HEAD, NEXT, Yard, lay_out, told
from awayteam.kernel.models import Event

pytestmark = pytest.mark.django_db
GATE, CHANGES = "/api/v1/gate", "/api/v1/changes"
RULES = {".github/CODEOWNERS": "/refunds/ @orders\n/search/ @search\n"}
QUESTION = {
    "repository": "orders", "base": BASE, "head": HEAD, "author": "paul", "paths": ["refunds/x.py"],
    "rule_files": RULES,
}  # fmt: skip
CHANGE = {
    "origin": "ci", "key": "7", "repository": "orders", "author": "paul", "base": BASE, "head": HEAD,
    "paths": ["refunds/x.py"], "rule_files": RULES, "title": "Refund lines", "name": "!7",
}  # fmt: skip


@pytest.fixture
def yard() -> Yard:
    """The visit goes on by the clock of the wall."""
    yard = lay_out()
    Granting.objects.update(latest_at=timezone.now() + timedelta(days=10))
    yard.engagement.refresh_from_db()
    type(yard.engagement).objects.update(ends_on=(timezone.now() + timedelta(days=10)).date())
    return yard


def client(yard: Yard, name: str, *scopes: str) -> Client:
    user, _ = User.objects.get_or_create(username=name, defaults={"person": yard.village.person(name)})
    held = list(scopes or ("read", "write"))
    secret, now = f"awat_{name}-{'-'.join(held)}", timezone.now()
    ApiToken.objects.get_or_create(
        digest=rules.digest(secret),
        defaults={
            "user": user, "name": "t", "prefix": secret[:12], "scopes": held, "created_at": now,
            "expires_at": now + timedelta(days=1),
        },
    )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer {secret}"})


def send(one: Client, method: str, path: str, body: Any) -> Any:
    return getattr(one, method)(path, json.dumps(body), content_type="application/json")


def everything() -> list[Any]:
    return [
        sorted(map(str, model._default_manager.values_list()))
        for model in (Change, ChangeReview, Judgement, Passage, Event)
    ]


class TestQuestion:
    def ask(self, yard: Yard, who: str = "sam", **more: Any) -> Any:
        return send(client(yard, who, "read"), "post", GATE, {**QUESTION, **more})

    def test_it_is_answered_and_nothing_is_recorded(self, yard: Yard) -> None:
        client(yard, "sam", "read")
        before = everything()
        answer = self.ask(yard)
        assert answer.status_code == 200, answer.content
        verdict = answer.json()["verdict"]
        assert (verdict["outcome"], verdict["allowed"], verdict["sections"][0]["standing"]) == (
            "waiting",
            False,
            "visit",
        )
        assert verdict["needs"] == []
        assert verdict["sections"][0]["needs"][0]["people"] == ["user:default/olga", "user:default/oscar"]
        assert "else" in verdict["sections"][0]["needs"][0]
        assert answer.json()["title"].startswith("Waits for")
        assert everything() == before

    def test_approvals_suppositions_and_checks_count(self, yard: Yard) -> None:
        said = [{"person": "olga"}]
        assert self.ask(yard, approvals=said).json()["verdict"]["allowed"]
        stale = [{"person": "olga", "commit": NEXT}]
        assert not self.ask(yard, approvals=stale).json()["verdict"]["allowed"]
        own = self.ask(yard, approvals=said, hands=["olga"])
        assert not own.json()["verdict"]["allowed"]
        supposed = self.ask(yard, suppose=["approved:oscar"]).json()
        assert (supposed["verdict"]["allowed"], supposed["suppose"]) == (True, ["approved:oscar"])

    def test_the_question_of_the_command_is_understood(self, yard: Yard, tmp_path: Path) -> None:
        repo = Repo(tmp_path / "elsewhere")
        base = repo.commit({".github/CODEOWNERS": RULES[".github/CODEOWNERS"]})
        head = repo.commit({"refunds/café.py": "1\n"})
        body = fromserver.body(Words("orders", author="paul", approvals=("olga",)), fromgit.span(repo.path, base, head))
        answer = send(client(yard, "sam", "read"), "post", GATE, body)
        assert answer.status_code == 200, answer.content
        verdict = fromserver._verdict("x", 200, answer.content)
        assert (verdict.is_allowed, verdict.sections[0].paths) == (True, ("refunds/café.py",))

    def test_who_is_not_known_is_a_stranger(self, yard: Yard) -> None:
        verdict = self.ask(yard, author="nobody@else.example").json()["verdict"]
        assert verdict["sections"][0]["standing"] == "unknown"
        assert self.ask(yard, bot=True).json()["verdict"]["sections"][0]["standing"] == "bot"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"head": "HEAD"}, {"head": ""}, {"base": "x"}, {"paths": [""]}, {"way": "beam"},
            {"suppose": ["sunshine"]}, {"suppose": ["approved:nobody-here"]}, {"surprise": 1}, {"author": 7},
            {"repository": ""}, {"approvals": [{"person": "olga", "said": "maybe"}]}, {"paths": None},
        ],
    )  # fmt: skip
    def test_what_can_not_be_used_is_refused(self, yard: Yard, wrong: dict[str, Any]) -> None:
        answer = self.ask(yard, **wrong)
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")

    def test_without_rules_nothing_goes_in(self, yard: Yard) -> None:
        verdict = self.ask(yard, rule_files=None, approvals=[{"person": "olga"}]).json()["verdict"]
        assert (verdict["outcome"], [one["rule"] for one in verdict["needs"]]) == ("waiting", ["rules"])

    def test_paths_writers_and_rules_come_out_of_the_clone(self, yard: Yard, tmp_path: Path) -> None:
        repo = Repo(tmp_path / "orders")
        base = repo.commit({".github/CODEOWNERS": RULES[".github/CODEOWNERS"], "refunds/x.py": "1\n"})
        olga = yard.village.person("olga")
        type(olga).objects.filter(pk=olga.pk).update(email="olga@x.org")
        head = repo.commit({"refunds/x.py": "2\n", ".github/CODEOWNERS": "* @payments\n"}, email="olga@x.org")
        Repository.objects.create(name="orders", location=str(repo.path), format="github", created_at=timezone.now())
        asked: dict[str, Any] = {"base": base, "head": head, "paths": None, "rule_files": None}
        verdict = self.ask(yard, **asked, approvals=[{"person": "olga"}]).json()["verdict"]
        assert [one["paths"] for one in verdict["sections"]] == [[".github/CODEOWNERS"], ["refunds/x.py"]]
        assert "self-approval" in {one["rule"] for one in verdict["reasons"]}
        assert not verdict["allowed"]
        again = self.ask(yard, **asked, approvals=[{"person": "oscar"}]).json()["verdict"]
        assert [one["outcome"] for one in again["sections"]][1] == "allowed"

    def test_a_clone_that_lacks_a_rule_file_knows_no_rules(self, yard: Yard, tmp_path: Path) -> None:
        repo = Repo(tmp_path / "orders")
        base = repo.commit({"CODEOWNERS": RULES[".github/CODEOWNERS"]})
        head = repo.commit({"refunds/x.py": "2\n"})
        for blob in (repo.path / ".git" / "objects").glob("??/*"):
            if repo.git("cat-file", "-t", blob.parent.name + blob.name).strip() == "blob":
                blob.unlink()
        Repository.objects.create(name="orders", location=str(repo.path), format="github", created_at=timezone.now())
        answer = self.ask(yard, base=base, head=head, rule_files=None, approvals=[{"person": "olga"}])
        [need] = answer.json()["verdict"]["needs"]
        assert (need["rule"], "isn't in the clone" in need["says"]) == ("rules", True)


class TestChanges:
    def test_a_ci_tells_and_is_answered(self, yard: Yard) -> None:
        paul = client(yard, "paul")
        first = send(paul, "put", CHANGES, CHANGE)
        assert first.status_code == 200, first.content
        told = first.json()
        assert (told["origin"], told["key"], told["outcome"], told["home"]["label"]) == (
            "ci:ci",
            "!7",
            "waiting",
            "orders",
        )
        assert told["verdict"]["sections"][0]["needs"][0]["teams"] == ["group:default/orders"]
        before = Judgement.objects.count(), Event.objects.count()
        again = send(paul, "put", CHANGES, {**CHANGE, "at": told["opened_at"]})
        assert (again.json()["id"], (Judgement.objects.count(), Event.objects.count())) == (told["id"], before)
        moved = send(paul, "put", CHANGES, {**CHANGE, "head": NEXT, "checks": [{"name": "t", "passed": True}]}).json()
        assert (moved["head"], moved["checks"], len(moved["history"])) == (NEXT, [{"name": "t", "passed": True}], 2)
        merged = send(paul, "put", CHANGES, {**CHANGE, "head": NEXT, "state": "merged", "merged_by": "olga"}).json()
        assert (merged["state"], merged["merged_at"] is not None) == ("merged", True)

    def test_reviews_are_told_by_the_same_account(self, yard: Yard) -> None:
        paul = client(yard, "paul")
        pk = send(paul, "put", CHANGES, CHANGE).json()["id"]
        said = {"reviews": [{"key": "1", "person": "olga"}]}
        before = everything()
        for who in ("pia", "olga"):
            assert send(client(yard, who), "post", f"{CHANGES}/{pk}/reviews", said).status_code == 403
            assert send(client(yard, who), "put", CHANGES, {**CHANGE, "head": NEXT}).status_code == 403
        assert send(client(yard, "paul", "read"), "put", CHANGES, CHANGE).status_code == 403
        assert everything() == before
        answer = send(paul, "post", f"{CHANGES}/{pk}/reviews", said)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "allowed")
        assert answer.json()["reviews"][0]["by"] == {"ref": "user:default/olga", "label": "olga"}

    def test_what_a_forge_told_is_for_no_account_to_tell(self, yard: Yard) -> None:
        change = yard.tell()
        before = everything()
        said = {"reviews": [{"key": "1", "person": "olga"}]}
        assert send(client(yard, "paul"), "post", f"{CHANGES}/{change.pk}/reviews", said).status_code == 403
        assert send(client(yard, "paul"), "put", CHANGES, {**CHANGE, "origin": "forge:1"}).status_code == 422
        assert everything() == before

    def test_they_are_listed_shown_and_explained(self, yard: Yard) -> None:
        judged = yard.judged()
        sam = client(yard, "sam", "read")
        [row] = sam.get(CHANGES).json()["items"]
        assert (row["id"], row["outcome"], row["author"]["label"]) == (judged.change.pk, "waiting", "paul")
        assert sam.get(f"{CHANGES}?outcome=allowed").json()["items"] == []
        assert [one["id"] for one in sam.get(f"{CHANGES}?home=orders&engagement={yard.engagement.pk}").json()["items"]]
        shown = sam.get(f"{CHANGES}/{judged.change.pk}").json()
        assert shown["verdict"] == plain.as_json(judged.verdict)
        assert (shown["history"][0]["cause"], shown["may_pass"]) == ("told", False)
        why = sam.get(f"{CHANGES}/{judged.change.pk}/explain?suppose=approved:olga").json()
        assert why["suppose"] == ["approved:olga"]
        assert sam.get(f"{CHANGES}/999").status_code == 404
        assert sam.get(f"{CHANGES}/{judged.change.pk}/explain?suppose=rain").status_code == 422

    def test_a_manager_lets_one_in(self, yard: Yard) -> None:
        pk = send(client(yard, "paul"), "put", CHANGES, CHANGE).json()["id"]
        body = {"reason": "Customers can't pay.", "head": HEAD}
        before = everything()
        assert send(client(yard, "paul"), "post", f"{CHANGES}/{pk}/emergency", body).status_code == 403
        stale = send(client(yard, "mona"), "post", f"{CHANGES}/{pk}/emergency", {**body, "head": NEXT})
        assert stale.status_code == 409
        assert everything() == before
        answer = send(client(yard, "mona"), "post", f"{CHANGES}/{pk}/emergency", body)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "allowed")
        [passage] = answer.json()["passages"]
        assert (passage["by"], passage["head"]) == ("mona", HEAD)
        entry = client(yard, "sam").get(f"/api/v1/register/{passage['entry']}").json()
        assert (entry["kind"], entry["reason"]) == ("emergency", "Customers can't pay.")

    def test_an_emergency_of_somebody_elses_story_is_none_of_the_question(self, yard: Yard) -> None:
        pk = send(client(yard, "pia"), "put", CHANGES, CHANGE).json()["id"]
        send(client(yard, "mona"), "post", f"{CHANGES}/{pk}/emergency", {"reason": "x", "head": HEAD})
        ask = {**QUESTION, "paths": ["refunds/x.py", "search/x.py"]}
        assert not send(client(yard, "sam"), "post", GATE, ask).json()["verdict"]["allowed"]
        assert send(client(yard, "pia"), "post", GATE, ask).json()["verdict"]["allowed"]


class TestRestricted:
    """What is restricted is neither listed nor named to those who may not see it."""

    def hide(self, yard: Yard) -> None:
        Entity.objects.filter(pk=yard.village.service.pk).update(restricted=True)

    def test_changes_of_a_hidden_repository(self, yard: Yard) -> None:
        self.hide(yard)
        followed = Repository.objects.create(name="orders", location="/nowhere", created_at=timezone.now())
        RepositoryEntity.objects.create(repository=followed, entity=yard.village.service, evidence="x")
        change = yard.judged("free.txt", by="sue").change
        sam, oscar, sue = (client(yard, name) for name in ("sam", "oscar", "sue"))
        assert sam.get(CHANGES).json()["items"] == []
        assert sam.get(f"{CHANGES}/{change.pk}").status_code == 404
        assert sam.get(f"{CHANGES}/{change.pk}/explain").status_code == 404
        for path, body in (
            ("emergency", {"reason": "x", "head": HEAD}),
            ("reviews", {"reviews": [{"key": "1", "person": "x"}]}),
        ):
            assert send(sam, "post", f"{CHANGES}/{change.pk}/{path}", body).status_code == 404
        assert send(sam, "post", GATE, QUESTION).status_code == 404
        assert send(sam, "put", CHANGES, CHANGE).status_code == 404
        assert [one["id"] for one in oscar.get(CHANGES).json()["items"]] == [change.pk]
        assert sue.get(f"{CHANGES}/{change.pk}").status_code == 200

    def test_changes_of_a_hidden_visit_and_its_title(self, yard: Yard) -> None:
        judged = yard.judged()
        self.hide(yard)
        sam, paul = client(yard, "sam"), client(yard, "paul")
        assert sam.get(f"{CHANGES}/{judged.change.pk}").status_code == 404
        assert paul.get(f"{CHANGES}/{judged.change.pk}").json()["verdict"]["sections"][0]["engagement"]
        answer = send(sam, "post", GATE, QUESTION)
        assert answer.json()["verdict"]["outcome"] == "waiting"
        for hidden in (yard.engagement.title, f"/engagements/{yard.engagement.pk}/"):
            assert hidden not in answer.content.decode()
        assert yard.engagement.title in send(paul, "post", GATE, QUESTION).content.decode()

    def test_what_a_forge_shows_to_everybody_names_nothing_hidden(self, yard: Yard) -> None:
        self.hide(yard)
        judged = yard.judged()
        assert yard.engagement.title in str(judged.verdict)
        assert yard.engagement.title not in str(judged.public)
        assert judged.public.outcome == judged.verdict.outcome
        assert yard.engagement.title not in Change.objects.get().says


def test_a_change_told_of_by_a_forge_is_shown_as_one(yard: Yard) -> None:
    assert yard.tell().origin == told().origin == "forge:1"

"""Whose account it is, which repository it is: ids decide, names only help. What went in past the gate. Issues."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client as Browser

from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.contributions.models import Repository, RepositoryEntity
from awayteam.forges import accounts, repositories
from awayteam.forges.actions import bypasses
from awayteam.forges.models import AccountLink, ForgeBypass, ForgeIssue
from awayteam.forges.port import Account, BypassHeard, Place
from awayteam.forges.tests.yard import Yard, person, team, yard
from awayteam.kernel.actor import SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import Conflict, NotAllowed
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Confidence, Identity
from awayteam.requests.models import Request
from awayteam.reviews.models import Absence, RegisterEntry
from awayteam.reviews.queries import RegisterFilter, register

pytestmark = pytest.mark.django_db
NOBODY = Actor(ActorKind.PERSON, "somebody", user_id=1, person_id=1)


@pytest.fixture
def here(client: Browser) -> Iterator[Yard]:
    with yard(client) as made:
        yield made


# Accounts


def test_a_confirmed_handle_leads_to_its_person_at_the_first_contact(here: Yard) -> None:
    row = accounts.heard(here.forge, Account("7", "Ada"), here.now)
    assert (row.person, row.linked_by) == (person("ada"), AccountLink.IDENTITY)
    assert Event.objects.filter(name="forge.account-linked").count() == 1


@pytest.mark.parametrize("confidence", [Confidence.DECLARED, Confidence.INFERRED, Confidence.GUESS])
def test_a_handle_that_is_not_confirmed_leads_to_nobody(here: Yard, confidence: str) -> None:
    Identity.objects.update(confidence=confidence)
    assert accounts.heard(here.forge, Account("7", "ada"), here.now).person is None


def test_whoever_takes_a_name_that_became_free_inherits_nothing(here: Yard) -> None:
    ada = accounts.heard(here.forge, Account("7", "ada"), here.now)
    accounts.heard(here.forge, Account("7", "ada-renamed"), here.now)
    thief = accounts.heard(here.forge, Account("666", "ada"), here.now)
    assert thief.person is None
    ada.refresh_from_db()
    assert (ada.login, ada.person) == ("ada-renamed", person("ada"))
    assert Event.objects.filter(name="forge.account-renamed").count() == 1


def test_a_known_account_that_takes_the_name_of_somebody_inherits_nothing(here: Yard) -> None:
    accounts.heard(here.forge, Account("666", "mallory"), here.now)
    assert accounts.heard(here.forge, Account("666", "ada"), here.now).person is None
    # and nobody is linked by a name that two accounts have borne
    assert accounts.heard(here.forge, Account("7", "ada"), here.now).person is None


def test_confused_deputy_the_approval_of_a_renamed_stranger_counts_nothing(here: Yard) -> None:
    pull = here.pull("ada")
    here.github.review(pull, "bob")
    here.hear()
    assert here.outcome(pull) == "allowed"
    here.github.user("bob").login = "bob-left"
    here.github.user("mallory").login = "bob"
    other = here.pull("ada", "more.py")
    here.github.review(other, "bob")
    here.hear()
    assert here.account("bob").login == "bob"
    assert here.account("bob").person is None
    assert here.outcome(other) == "waiting"
    third = here.pull("ada", "third.py")
    here.github.review(third, "bob-left")
    here.hear()
    assert here.outcome(third) == "allowed"


def test_a_handle_that_is_taken_away_takes_the_link_with_it(here: Yard) -> None:
    row = accounts.heard(here.forge, Account("7", "ada"), here.now)
    Identity.objects.filter(value="ada").delete()
    assert accounts.heard(here.forge, Account("7", "ada"), here.now).person is None
    assert Event.objects.filter(name="forge.account-unlinked", subject_id=row.pk).count() == 1


def signed_in(who: str, uid: str) -> None:
    user = User.objects.create(username=who, person=person(who))
    SocialAccount.objects.create(user=user, provider="github", uid=uid)


def test_an_account_that_somebody_signed_in_with_is_theirs_whatever_its_name(here: Yard) -> None:
    here.forge.address = "https://api.github.com"
    here.forge.save()
    signed_in("sam", "42")
    row = accounts.heard(here.forge, Account("42", "ada"), here.now)
    assert (row.person, row.linked_by) == (person("sam"), AccountLink.SIGNED_IN)
    with pytest.raises(Conflict):
        accounts.link(row, person("ada"), actor=SYSTEM, now=here.now)


@pytest.mark.parametrize("address", ["https://github.example", "http://api.github.com", "https://api.github.com:444"])
def test_an_id_of_another_site_means_somebody_else(here: Yard, address: str) -> None:
    here.forge.address = address
    here.forge.save()
    signed_in("sam", "42")
    assert accounts.heard(here.forge, Account("42", "stranger"), here.now).person is None


def test_links_by_hand_are_administrators_and_stay(here: Yard) -> None:
    row = accounts.heard(here.forge, Account("9", "stranger"), here.now)
    with pytest.raises(NotAllowed):
        accounts.link(row, person("ada"), actor=NOBODY, now=here.now)
    row.refresh_from_db()
    assert row.person is None
    accounts.link(row, person("ada"), actor=SYSTEM, now=here.now, reason="they told me")
    again = accounts.heard(here.forge, Account("9", "renamed"), here.now)
    assert (again.person, again.linked_by) == (person("ada"), AccountLink.BY_HAND)
    with pytest.raises(NotAllowed):
        accounts.unlink(again, actor=NOBODY, now=here.now)
    accounts.unlink(again, actor=SYSTEM, now=here.now)
    ada = accounts.heard(here.forge, Account("7", "ada"), here.now)
    accounts.unlink(ada, actor=SYSTEM, now=here.now)
    assert accounts.heard(here.forge, Account("7", "ada"), here.now).person is None


def test_a_bot_is_nobody(here: Yard) -> None:
    assert accounts.heard(here.forge, Account("5", "ada", is_bot=True), here.now).person is None


# Repositories


def test_a_rename_keeps_the_name_that_agreements_know(here: Yard) -> None:
    row = repositories.heard(here.forge, Place("1", "acme/pay"), here.now)
    later = here.now + timedelta(minutes=1)
    row = repositories.heard(here.forge, Place("1", "acme/payments"), later)
    assert (row.slug, repositories.known_as(row)) == ("acme/payments", "acme/pay")
    # older news of the former name
    row = repositories.heard(here.forge, Place("1", "acme/pay"), later, at=here.now)
    assert row.slug == "acme/payments"


def test_a_repository_that_takes_a_free_name_takes_no_rights_with_it(here: Yard) -> None:
    repositories.heard(here.forge, Place("1", "acme/pay"), here.now)
    repositories.heard(here.forge, Place("1", "acme/old"), here.now + timedelta(minutes=1))
    thief = repositories.heard(here.forge, Place("2", "Acme/Pay"), here.now + timedelta(minutes=2))
    assert repositories.known_as(thief) == "Acme/Pay~2"


def test_a_followed_repository_is_bound_once_and_by_host(here: Yard) -> None:
    there = Repository.objects.create(name="pay", location="https://elsewhere.example/acme/pay", slug="acme/pay",
                                      created_at=here.now)  # fmt: skip
    row = repositories.heard(here.forge, Place("1", "acme/pay"), here.now)
    assert (row.repository, repositories.known_as(row)) == (None, "acme/pay~1")
    there.location = "/srv/git/pay.git"
    there.save()
    ours = repositories.heard(here.forge, Place("2", "acme/pay"), here.now)
    assert repositories.known_as(ours) == "pay"
    third = repositories.heard(here.forge, Place("3", "acme/pay"), here.now)
    assert third.repository is None
    with pytest.raises(Conflict):
        repositories.link(third, there, actor=SYSTEM, now=here.now)
    with pytest.raises(NotAllowed):
        repositories.link(ours, None, actor=NOBODY, now=here.now)


def test_what_another_repository_answers_under_the_old_name_is_refused(here: Yard) -> None:
    pull = here.pull("ada")
    here.hear()
    theirs = here.github.add_repository("acme/theirs", {"a": b"1"})
    stranger = here.github.open_pull(theirs, "mallory", {"a": b"2"})
    assert stranger.number == pull.number
    here.orders.slug, theirs.slug = "acme/moved", "acme/orders"
    here.github.outbox.clear()
    row = here.row(pull)
    before = here.change(pull).title, here.change(pull).head
    row.wanted += 1
    row.save()
    here.work()
    assert (here.change(pull).title, here.change(pull).head) == before
    assert "another repository" in here.row(pull).last_error


# Past the gate


def test_a_merge_past_the_gate_is_in_the_register_once(here: Yard) -> None:
    pull = here.pull("ada")
    here.hear()
    assert here.outcome(pull) == "waiting"
    here.github.merge(pull, "sam")
    here.deliver(times=2)
    here.work()
    bypass = ForgeBypass.objects.get()
    entry = RegisterEntry.objects.get(pk=bypass.entry_id)
    assert (entry.kind, entry.decider, entry.team) == ("emergency", person("sam"), team("orders"))
    assert pull.head[:12] in entry.reason
    here.poll(minutes=16)
    row = here.row(pull)
    row.wanted += 1
    row.save()
    here.work()
    assert ForgeBypass.objects.count() == RegisterEntry.objects.count() == 1


def test_past_the_gate_of_what_is_restricted_is_in_the_register_without_its_words(here: Yard) -> None:
    followed = Repository.objects.create(name="orders", location="/nowhere", slug="acme/orders", created_at=here.now)
    secret = Entity.objects.create(
        ref="component:default/secret", kind="component", name="secret", restricted=True, first_seen_at=here.now,
        changed_at=here.now,
    )  # fmt: skip
    RepositoryEntity.objects.create(repository=followed, entity=secret, evidence="x")
    pull = here.pull("ada")
    pull.title = "Merge with Initech"
    here.hear()
    here.github.merge(pull, "sam")
    before = here.orders.branches["main"]
    after = here.github.push_to_branch(here.orders, "mallory", {"cart.py": b"9"})
    here.hear()
    bypasses.heard(
        repositories.heard(here.forge, Place(str(here.orders.id), "acme/orders"), here.now),
        BypassHeard(
            Place(str(here.orders.id), "acme/orders"), "9", Account("8", "mallory"), "refs/heads/main", before, after,
            "a rule", here.now,
        ),
        here.now,
    )  # fmt: skip
    sue = Actor(ActorKind.PERSON, "sue", user_id=1, person_id=person("sue").pk)
    rows = register(sue, RegisterFilter()).items
    assert [(row.hidden, row.title, row.reason) for row in rows] == [(True, "Something restricted", "")] * 2
    told = " ".join(Notification.objects.values_list("text", flat=True))
    assert "Initech" not in told
    assert "acme/orders" not in told


def test_what_was_approved_and_merged_at_once_is_no_bypass(here: Yard) -> None:
    pull = here.pull("ada")
    here.hear()
    here.github.review(pull, "bob")
    here.github.merge(pull, "bob")
    here.hear()
    assert here.change(pull).state == "merged"
    assert not ForgeBypass.objects.exists()
    assert not RegisterEntry.objects.exists()


def test_an_approval_after_the_merge_launders_nothing(here: Yard) -> None:
    pull = here.pull("ada")
    here.hear()
    here.github.merge(pull, "ada")
    here.github.review(pull, "bob").at += timedelta(minutes=5)
    here.work()
    here.hear()
    assert ForgeBypass.objects.count() == 1


def test_a_bypassed_rule_is_read_once(here: Yard) -> None:
    here.poll()
    before = here.orders.branches["main"]
    after = here.github.push_to_branch(here.orders, "mallory", {"cart.py": b"9"})
    here.github.bypass(here.orders, "mallory", before, after, "pull_request")
    for _ in range(3):
        here.poll(minutes=16)
    bypass = ForgeBypass.objects.get()
    assert (bypass.after, bypass.by and bypass.by.login) == (after, "mallory")
    entry = RegisterEntry.objects.get(pk=bypass.entry_id)
    assert "mallory" in entry.title
    assert entry.decider is None


# Reviewers


def asked(here: Yard, pull: Any) -> set[str]:
    return {one.login for one in pull.requested}


def test_people_who_are_there_are_asked_at_most_two_and_never_the_author(here: Yard) -> None:
    accounts_of(here, "bob", "cy", "ada")
    pull = here.pull("ada")
    here.hear()
    assert asked(here, pull) == {"bob", "cy"}
    here.github.push(pull, "ada", {"cart.py": b"3"})
    here.hear()
    assert asked(here, pull) == {"bob", "cy"}


def test_absent_people_and_hands_are_not_asked(here: Yard) -> None:
    accounts_of(here, "bob", "cy", "ada")
    Absence.objects.create(person=person("bob"), starts_on=here.now.date(), ends_on=here.now.date(), noted_at=here.now)
    pull = here.pull("sam")
    here.github.push(pull, "cy", {"cart.py": b"4"})
    here.hear()
    assert asked(here, pull) == {"ada"}


def accounts_of(here: Yard, *logins: str) -> None:
    for login in logins:
        accounts.heard(here.forge, Account(str(here.github.user(login).id), login), here.now)


# Issues


def test_a_labelled_issue_becomes_a_request_once_with_links_both_ways(here: Yard) -> None:
    owner_of_orders(here)
    number = here.github.open_issue(here.orders, "sam", "Count <b>faster</b>", ["awayteam:request", "bug"], "Please.")
    here.deliver(times=2)
    here.work()
    request = Request.objects.get()
    assert (request.asker, request.home_team, request.asking_team) == (person("sam"), team("orders"), team("search"))
    assert (request.kind, request.title) == ("bug", "Count <b>faster</b>")
    assert request.external_url.endswith(f"/issues/{number}")
    [comment] = [one for one in here.orders.comments.values() if one["number"] == number]
    assert f"/requests/{request.pk}/" in comment["body"]
    issue = ForgeIssue.objects.get()
    assert issue.request == request
    told = here.orders.issues[number]
    told["title"] = "Another title"
    here.github.tell("issues", "edited", here.orders, here.github.user("sam"), issue=told)
    here.hear()
    assert Request.objects.count() == 1


def test_a_stranger_s_issue_is_answered_with_what_to_do(here: Yard) -> None:
    owner_of_orders(here)
    number = here.github.open_issue(here.orders, "mallory", "Give me", ["awayteam:request"])
    here.github.open_issue(here.orders, "sam", "Not asked", ["bug"])
    here.hear()
    assert not Request.objects.exists()
    [comment] = here.orders.comments.values()
    assert comment["number"] == number
    assert "Sign in" in comment["body"]


def owner_of_orders(here: Yard) -> None:
    """Changes tell whose repository it is, where the catalog doesn't."""
    here.pull("ada")
    here.hear()
    here.orders.comments.clear()

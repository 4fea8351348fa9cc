"""Access on a forge through the real actions and the worker's lane: given, taken, recorded, told."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from awayteam.engagements import actions
from awayteam.engagements.models import Engagement, Member
from awayteam.forges import jobs_access
from awayteam.forges.actions import reconciling
from awayteam.forges.models import (
    Forge,
    ForgeGrant,
    ForgeRepository,
    Reconciliation,
    RepositoryAccess,
    StrayRight,
)
from awayteam.forges.port import Level
from awayteam.forges.tests.hosting import Host, Killed, hosting, joined
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def host() -> Iterator[Host]:
    with hosting() as made:
        yield made


@pytest.fixture
def visit(host: Host) -> Engagement:
    return host.village.active()


def told(*names: str) -> list[str]:
    return list(Event.objects.filter(name__in=names).order_by("pk").values_list("name", flat=True))


def work(row: Any, now: Any) -> int:
    assert row is not None
    return jobs_access.work(now)


def test_access_begins_with_the_visit_and_ends_with_it(host: Host, visit: Engagement) -> None:
    now = visit.changed_at
    assert jobs_access.work(now) == 1
    assert host.rights.level(host.key("paul")) is Level.WRITE
    grant = ForgeGrant.objects.get()
    assert (grant.engagement, grant.person, grant.level, grant.before) == (
        visit,
        host.village.person("paul"),
        "write",
        "",
    )
    assert grant.applied_at is not None
    assert grant.seen_at is not None
    assert grant.asked["parts"][0][2] == ["/refunds/"]
    assert told("access.granted", "access.removed") == ["access.granted"]
    assert jobs_access.work(now + MINUTE) == 0
    end = grant.until
    state = RepositoryAccess.objects.get()
    assert state.revokes_at == end
    RepositoryAccess.objects.update(next_at=end)
    assert jobs_access.work(end - timedelta(seconds=1)) == 0
    assert host.rights.level(host.key("paul")) is Level.WRITE
    assert jobs_access.work(end) == 1
    assert host.rights.level(host.key("paul")) is None
    grant.refresh_from_db()
    assert (grant.removed_at, grant.ended) == (pytest.approx(end, abs=timedelta(seconds=2)), "taken")
    assert told("access.granted", "access.removed") == ["access.granted", "access.removed"]
    assert Event.objects.get(name="access.removed").subject_id == visit.pk


def test_the_next_look_is_when_something_ends(host: Host, visit: Engagement) -> None:
    soon = visit.changed_at + timedelta(minutes=4)
    Member.objects.update(left_at=soon)
    jobs_access.work(visit.changed_at)
    assert RepositoryAccess.objects.get().next_at == soon
    assert jobs_access.work(soon) == 1
    assert host.rights.level(host.key("paul")) is None


@pytest.mark.parametrize("how", ["pause", "leave", "gone", "home", "unlink", "withdraw"])
def test_whatever_ends_access_is_seen_within_a_minute(host: Host, visit: Engagement, how: str) -> None:
    now = visit.changed_at
    jobs_access.work(now)
    now += timedelta(hours=3)
    pia, paul = host.village.actor("pia", now), host.village.person("paul")
    if how == "pause":
        actions.pause(visit.pk, actor=pia, now=now, until=(now + timedelta(days=2)).date(), words="Rest.")
    elif how == "leave":
        member = Member.objects.get(person=paul)
        actions.end_membership(member, actor=pia, now=now, words="Elsewhere.")
    elif how == "gone":
        paul.left_at = now
        paul.save(update_fields=["left_at"])
    elif how == "home":
        Engagement.objects.filter(pk=visit.pk).update(home_deputy=paul)
    elif how == "unlink":
        host.accounts["paul"].person = None
        host.accounts["paul"].save(update_fields=["person"])
    else:
        actions.withdraw(visit.pk, actor=pia, now=now, reason="blocked", words="We go.")
    assert jobs_access.work(now + MINUTE) == 1
    assert host.rights.level(host.key("paul")) is None
    assert ForgeGrant.objects.get().ended == "taken"


def test_a_pause_ends_and_access_comes_back(host: Host, visit: Engagement) -> None:
    now = visit.changed_at
    jobs_access.work(now)
    pia = host.village.actor("pia", now)
    actions.pause(visit.pk, actor=pia, now=now, until=(now + timedelta(days=2)).date(), words="Rest.")
    jobs_access.work(now + MINUTE)
    assert host.rights.level(host.key("paul")) is None
    actions.resume(visit.pk, actor=pia, now=now + 3 * MINUTE)
    jobs_access.work(now + 3 * MINUTE)
    assert host.rights.level(host.key("paul")) is Level.WRITE
    assert told("access.granted", "access.removed") == ["access.granted", "access.removed", "access.granted"]


@pytest.mark.parametrize("only_raises", [False, True])
def test_a_right_of_before_survives_and_a_lesser_one_is_restored(
    host: Host, visit: Engagement, only_raises: bool
) -> None:  # fmt: skip
    host.rights.only_raises = only_raises
    host.rights.by_hand(host.key("paul"), Level.WRITE)
    host.rights.by_hand(host.key("pia"), Level.READ)
    now = visit.changed_at
    joined(host, visit, "pia", now)
    jobs_access.work(now)
    assert [grant.account.login for grant in ForgeGrant.objects.all()] == ["pia"]
    actions.withdraw(visit.pk, actor=host.village.actor("pia", now), now=now, reason="blocked", words="We go.")
    jobs_access.work(now + MINUTE)
    assert host.rights.level(host.key("paul")) is Level.WRITE
    assert host.rights.level(host.key("pia")) is Level.READ
    assert ForgeGrant.objects.get().ended == "lowered"


def test_strays_are_reported_once_and_left_alone(host: Host, visit: Engagement) -> None:
    for name in ("ann", "oscar"):
        host.rights.by_hand(host.key(name), Level.WRITE)
    now = visit.changed_at
    for number in range(3):
        reconciling.reconcile(host.row, now=now + number * MINUTE)
    stray = StrayRight.objects.get()
    assert (stray.login, stray.level, stray.gone_at) == ("ann", "write", None)
    assert told("access.stray-found") == ["access.stray-found"]
    assert set(Notification.objects.filter(key=f"stray-right-{stray.pk}").values_list("person__name", flat=True)) == {
        "olga", "oscar",
    }  # fmt: skip
    assert host.rights.level(host.key("ann")) is Level.WRITE
    host.rights.by_hand(host.key("ann"), None)
    reconciling.reconcile(host.row, now=now + 5 * MINUTE)
    stray.refresh_from_db()
    assert stray.gone_at is not None
    assert not stray.removed


def test_strays_are_removed_where_the_rulebook_says_so(host: Host, visit: Engagement, rulebook: Any) -> None:
    rulebook("[forges]\nremove_strays = true\nleave_alone = ['SAM']\n")
    for name, level in (("ann", Level.WRITE), ("oscar", Level.WRITE), ("olga", Level.ADMIN), ("sam", Level.MAINTAIN)):
        host.rights.by_hand(host.key(name), level)
    jobs_access.work(visit.changed_at)
    left = {name: host.rights.level(host.key(name)) for name in ("ann", "oscar", "olga", "sam", "paul")}
    assert left == {"ann": None, "oscar": "write", "olga": "admin", "sam": "maintain", "paul": "write"}
    assert StrayRight.objects.get().removed


def test_people_without_an_account_are_told_once_and_listed(host: Host, visit: Engagement) -> None:
    paul = host.village.person("paul")
    host.accounts["paul"].person = None
    host.accounts["paul"].save(update_fields=["person"])
    for number in range(3):
        reconciling.reconcile(host.row, now=visit.changed_at + number * MINUTE)
    assert RepositoryAccess.objects.get().waiting == [{"person": paul.pk, "engagements": [visit.pk]}]
    sent = Notification.objects.get(event="access.account-lacking")
    assert (sent.person, sent.subject_id) == (paul, visit.pk)
    assert "nobody knows your account" in sent.text
    host.accounts["paul"].person = paul
    host.accounts["paul"].save(update_fields=["person"])
    jobs_access.work(visit.changed_at + 5 * MINUTE)
    assert host.rights.level(host.key("paul")) is Level.WRITE
    assert RepositoryAccess.objects.get().waiting == []


def test_a_preview_changes_nothing(host: Host, visit: Engagement) -> None:
    made = reconciling.preview(host.row, now=visit.changed_at)
    assert [(step.kind, step.account and step.account.login) for step in made.steps] == [("give", "paul")]
    assert not ForgeGrant.objects.exists()
    assert host.rights.calls == [("held", "")]
    assert not RepositoryAccess.objects.exists()


def test_a_forge_that_is_down_is_tried_again_and_revokes_once_it_answers(host: Host, visit: Engagement) -> None:
    now = visit.changed_at
    jobs_access.work(now)
    end = ForgeGrant.objects.get().until
    RepositoryAccess.objects.update(next_at=end)
    host.rights.down = True
    at, waits = end, []
    for _ in range(12):
        jobs_access.work(at)
        state = RepositoryAccess.objects.get()
        waits.append((state.next_at - at).total_seconds())
        at = state.next_at
    assert state.last_error == "out of order"
    assert waits[0] <= 2.1
    assert max(waits) <= 300.1
    assert waits[-1] > 100
    host.rights.down = False
    jobs_access.work(at)
    assert host.rights.level(host.key("paul")) is None
    assert RepositoryAccess.objects.get().attempts == 0
    assert Reconciliation.objects.filter(error="out of order").count() == 1, "a failure that goes on is kept once"


def test_one_broken_repository_keeps_back_no_other_and_ends_come_first(
    host: Host, visit: Engagement, monkeypatch: Any
) -> None:
    looked: list[str] = []
    now = visit.changed_at

    def look(row: ForgeRepository, *, now: Any, **_more: Any) -> reconciling.Outcome:
        looked.append(row.slug)
        broken = row.slug.startswith("broken")
        RepositoryAccess.objects.filter(repository=row).update(next_at=now + (MINUTE if broken else timedelta(days=1)))
        return reconciling.Outcome(error="500" if broken else "")

    monkeypatch.setattr(jobs_access, "reconcile", look)
    other = Forge.objects.create(kind="tested", name="other", address="https://other.example", created_at=now)
    slugs = [*(f"broken{number}" for number in range(8)), "well", "elsewhere", "ends"]
    for number, slug in enumerate(slugs):
        row = ForgeRepository.objects.create(
            forge=other if slug == "elsewhere" else host.forge, external_id=slug, slug=slug, name=slug,
            first_seen_at=now, seen_at=now,
        )  # fmt: skip
        RepositoryAccess.objects.create(
            repository=row, next_at=now - timedelta(seconds=100 - number), revokes_at=now if slug == "ends" else None
        )
    jobs_access.look_at_due(now, {})
    assert looked == ["ends", "broken0", "broken1", "broken2", "elsewhere"]
    for _ in range(3):
        jobs_access.look_at_due(now, {})
    assert set(looked) == set(slugs)
    assert looked.count("broken0") == 1


def test_a_killed_look_is_taken_up_when_its_lease_ends(host: Host, visit: Engagement) -> None:
    now = visit.changed_at
    host.rights.kill_in = 3  # after the right was given, before that is written down
    with pytest.raises(Killed):
        jobs_access.work(now)
    assert host.rights.level(host.key("paul")) is Level.WRITE
    grant = ForgeGrant.objects.get()
    assert grant.applied_at is None
    assert reconciling.reconcile(host.row, now=now + MINUTE).busy
    jobs_access.work(now + 3 * MINUTE)
    grant.refresh_from_db()
    assert grant.applied_at is not None
    assert grant.seen_at is not None
    assert told("access.granted") == ["access.granted"]


def test_a_wish_during_a_look_isnt_lost(host: Host, visit: Engagement) -> None:
    now = visit.changed_at
    wished = now + timedelta(seconds=1)
    host.rights.meanwhile = lambda: reconciling.look_soon(host.row, now - MINUTE)
    RepositoryAccess.objects.create(repository=host.row, next_at=wished)
    reconciling.reconcile(host.row, now=wished)
    assert RepositoryAccess.objects.get().next_at == now - MINUTE


def test_renamed_repositories_give_nothing_by_their_new_name(host: Host, visit: Engagement) -> None:
    ForgeRepository.objects.filter(pk=host.row.pk).update(name="things")
    ForgeRepository.objects.create(
        forge=host.forge, external_id="78", slug="orders", name="orders~78",
        first_seen_at=visit.changed_at, seen_at=visit.changed_at,
    )  # fmt: skip
    jobs_access.work(visit.changed_at)
    assert not ForgeGrant.objects.exists()
    assert host.rights.level(host.key("paul")) is None

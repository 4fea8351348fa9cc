"""The whole way: an engagement begins, a worker gives access in a real gitolite, pushes follow the agreement's life."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.engagements import actions
from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import Village, settle
from awayteam.forges import jobs_access, registry
from awayteam.forges.actions import setting
from awayteam.forges.gitolite.tests.server import Clone, Server, needs_gitolite, serve
from awayteam.forges.models import ForgeAccount, ForgeGrant, ForgeRepository, StrayRight
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.models import Event
from awayteam.organisation.models import Confidence, Identity

pytestmark = [needs_gitolite, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    made = serve(tmp_path)
    olga = made.clone("olga", "orders")
    olga.commit("refunds/a.py", "core/b.py")
    assert olga.push("refs/heads/master").returncode == 0
    return made


@pytest.fixture
def village(server: Server) -> Iterator[Village]:
    """paul and olga are known to gitolite by confirmed handles; the forge is set up as an administrator does it."""
    made = settle()
    now = made.town.now
    setting.add(kind="gitolite", name="git", values={"home": str(server.home)}, actor=SYSTEM, now=now)
    for name in ("paul", "olga"):
        Identity.objects.create(
            person=made.person(name), provider="gitolite", value=name, value_key=name,
            confidence=Confidence.CONFIRMED, created_at=now,
        )  # fmt: skip
    yield made
    registry._connections.clear()


def push(clone: Clone, visit: Engagement, name: str) -> Any:
    clone.commit(f"refunds/{name}.py")
    return clone.push(f"refs/heads/away/{visit.pk}/work")


def test_pushes_follow_the_life_of_an_engagement(village: Village, server: Server) -> None:
    visit = village.active()
    now = visit.changed_at
    pia = village.actor("pia", now)
    assert jobs_access.work(now) >= 1
    assert set(ForgeRepository.objects.values_list("slug", flat=True)) >= {"orders", "payments"}
    grant = ForgeGrant.objects.get()
    assert (grant.account.login, grant.person, grant.repository.slug) == ("paul", village.person("paul"), "orders")
    assert grant.seen_at is not None
    _keep_open(server)
    clone = server.clone("paul", "orders")
    assert push(clone, visit, "one").returncode == 0
    clone.commit("core/b.py", text="changed")
    assert "doesn't name these paths" in clone.push(f"refs/heads/away/{visit.pk}/work").stderr
    clone.git("reset", "--quiet", "--hard", "HEAD~1")
    actions.pause(visit.pk, actor=pia, now=now, until=(now + timedelta(days=2)).date(), words="Rest.")
    assert jobs_access.work(now + MINUTE) == 1
    assert "DENIED" in push(clone, visit, "paused").stderr
    actions.resume(visit.pk, actor=pia, now=now + 5 * MINUTE)
    assert jobs_access.work(now + 5 * MINUTE) == 1
    _keep_open(server)
    assert push(clone, visit, "resumed").returncode == 0
    actions.withdraw(visit.pk, actor=pia, now=now + 9 * MINUTE, reason="blocked", words="We go.")
    assert jobs_access.work(now + 9 * MINUTE) == 1
    assert "DENIED" in push(clone, visit, "gone").stderr
    names = list(Event.objects.filter(name__startswith="access.").order_by("pk").values_list("name", flat=True))
    assert names == ["access.granted", "access.removed", "access.granted", "access.removed"]
    assert (server.home / ".gitolite" / "conf" / "awayteam.paths").read_text() == "awayteam 1\n"


def _keep_open(server: Server) -> None:
    """The village lives in a past that gitolite's clock doesn't: its ends are put off in the helper's list."""
    place = server.home / ".gitolite" / "conf" / "awayteam.paths"
    place.write_text(place.read_text().replace("\t2026-", "\t2126-"))


def test_rights_by_gitolites_own_configuration_are_kept_and_told(village: Village, server: Server) -> None:
    own = (server.folder / "admin" / "conf" / "gitolite.conf").read_text()
    server.configure(own.replace("    RW+ = olga", "    RW+ = olga paul mallory", 1))
    visit = village.active()
    jobs_access.work(visit.changed_at)
    assert not ForgeGrant.objects.exists(), "paul could push already; nothing of ours is needed"
    assert ForgeAccount.objects.get(login="olga").person == village.person("olga")
    row = ForgeRepository.objects.get(slug="orders")
    found = {one.login for one in StrayRight.objects.filter(repository=row)}
    assert found == {"mallory"}, "olga is at home, and an engagement names paul"
    assert server.clone("paul", "orders").push("refs/heads/any").returncode == 0


def test_a_server_whose_configuration_lost_our_line_is_tried_again_and_said(village: Village, server: Server) -> None:
    own = (server.folder / "admin" / "conf" / "gitolite.conf").read_text()
    server.configure(own.replace('include "awayteam.conf"', ""))
    visit = village.active()
    jobs_access.work(visit.changed_at)
    row = ForgeRepository.objects.get(slug="orders")
    assert "has no line include" in row.access.last_error
    assert ForgeGrant.objects.get().applied_at is None
    server.configure(own)
    jobs_access.work(visit.changed_at + 6 * MINUTE)
    row.access.refresh_from_db()
    assert row.access.last_error == ""
    assert ForgeGrant.objects.get().seen_at is not None

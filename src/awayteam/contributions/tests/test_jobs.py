"""What the worker does by itself: refreshes that were asked for, pushes of sources, and a changed organisation."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.contributions import actions, jobs
from awayteam.contributions.linking import place_of
from awayteam.contributions.models import Commit, Repository, RepositoryEntity, Stands
from awayteam.contributions.reading import slug_of
from awayteam.contributions.tests.team import NOW, START, Small, build
from awayteam.imports import actions as imports
from awayteam.kernel.actor import SYSTEM
from awayteam.organisation import actions as organisation
from awayteam.organisation.models import Role
from awayteam.sources.models import Source

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def small(settings: Any, tmp_path: Path) -> Small:
    settings.DATA = tmp_path
    return build(tmp_path)


def grow(small: Small, number: int = 1) -> None:
    small.repo.commit({f"a/new{number}": "1"}, name="Eve", email="eve@x.org", when=START + 40 * 86_400)


def test_nothing_is_due_after_a_refresh(small: Small) -> None:
    assert not jobs.pending(LATER)
    assert jobs.work(LATER) == 0


def test_a_request_is_served_once(small: Small) -> None:
    grow(small)
    actions.request_refresh(small.repository, actor=small.actor("zoe"), now=LATER)
    assert jobs.pending(LATER)
    assert jobs.work(LATER) == 1
    assert Commit.objects.count() == 9
    assert not jobs.pending(LATER)


def test_the_regular_look_comes_by_the_rulebook(small: Small, rulebook: Any) -> None:
    rulebook("[contributions]\nrefresh_minutes = 60\n")
    grow(small)
    assert not jobs.pending(NOW + timedelta(minutes=59))
    assert jobs.work(NOW + timedelta(minutes=61)) == 1
    assert Commit.objects.count() == 9


def test_a_push_to_the_source_refreshes_the_repository_too(small: Small) -> None:
    source = imports.create(imports.Wanted(str(small.repo.path), ref="main"), actor=SYSTEM, now=NOW)
    Repository.objects.update(source=source)
    assert not jobs.pending(LATER), "nothing was read of the source yet"
    grow(small)
    Source.objects.filter(pk=source.pk).update(revision=small.repo.git("rev-parse", "main"))
    assert jobs.work(LATER) == 1
    assert Commit.objects.count() == 9
    assert not jobs.pending(LATER)


def test_a_repository_that_is_gone_keeps_its_error_and_the_worker_its_peace(small: Small, tmp_path: Path) -> None:
    small.repo.path.rename(tmp_path / "moved")
    actions.request_refresh(small.repository, actor=SYSTEM, now=LATER)
    assert jobs.work(LATER) == 1
    assert "doesn't exist" in Repository.objects.get().last_error
    assert not jobs.pending(LATER + timedelta(minutes=1))
    assert Commit.objects.count() == 8


def test_a_new_membership_counts_by_itself(small: Small) -> None:
    assert Commit.objects.filter(stands_at_head=Stands.AWAY).count() == 3
    organisation.start_membership(
        actor=SYSTEM, now=LATER, team=small.teams["two"], person=small.people["bob"], role=Role.MEMBER, reason="moved"
    )
    assert jobs.pending(LATER)
    jobs.work(LATER)
    assert not jobs.pending(LATER)
    assert Commit.objects.filter(stands=Stands.AWAY).count() == 3, "he wasn't there at the time"


def test_links_follow_the_catalog(small: Small) -> None:
    assert RepositoryEntity.objects.count() == 1
    small.service.document = {"metadata": {"annotations": {"github.com/project-slug": "acme/other"}}}
    small.service.save()
    grow(small)
    actions.request_refresh(small.repository, actor=SYSTEM, now=LATER)
    jobs.work(LATER)
    assert RepositoryEntity.objects.count() == 0


@pytest.mark.parametrize(
    ("annotations", "found"),
    [
        ({"github.com/project-slug": "Acme/Shop"}, ("acme/shop", ("", "github.com/project-slug"))),
        ({"gitlab.com/project-slug": "acme/tools/shop"}, ("acme/tools/shop", ("", "gitlab.com/project-slug"))),
        (
            {"backstage.io/source-location": "url:https://git.example/acme/shop/tree/main/services/a/"},
            ("acme/shop", ("services/a", "backstage.io/source-location")),
        ),
        ({"backstage.io/source-location": "dir:./here"}, None),
        ({"github.com/project-slug": 7}, None),
    ],
)
def test_places_are_read_from_annotations(annotations: dict[str, Any], found: Any) -> None:
    assert place_of(annotations) == found


def test_slugs_come_from_addresses() -> None:
    assert slug_of("https://git.example/acme/shop.git") == "acme/shop"
    assert slug_of("git@git.example:acme/shop.git") == "acme/shop"
    assert slug_of("/srv/git/shop") == ""

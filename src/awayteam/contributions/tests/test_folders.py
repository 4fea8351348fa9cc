"""Services that share a repository: their commits are told apart by the folder that the catalog names."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.catalog.models import Entity
from awayteam.contributions import jobs, queries, refresh
from awayteam.contributions.folders import Folders
from awayteam.contributions.models import Folder, FolderTouch, Repository
from awayteam.contributions.queries import Choice, CommitFilter
from awayteam.contributions.tests.team import NOW, SLUG, START, Small, build
from awayteam.kernel.actor import SYSTEM

paths = st.lists(st.sampled_from(["a", "b", "ab", "ö"]), min_size=1, max_size=4).map("/".join)


@given(st.lists(paths, max_size=5, unique=True), st.lists(paths, max_size=8))
def test_a_file_lies_in_every_folder_that_holds_it(folders: list[str], files: list[str]) -> None:
    expected = {
        place: count
        for place, folder in enumerate(folders)
        if (count := sum(file == folder or file.startswith(f"{folder}/") for file in files))
    }
    assert Folders(folders).touched([file.encode() for file in files]) == expected


@pytest.fixture
def small(db: None, settings: Any, tmp_path: Path) -> Small:
    settings.DATA = tmp_path
    return build(tmp_path)


def service(name: str, folder: str) -> Entity:
    annotations = {"backstage.io/source-location": f"url:https://git.example/{SLUG}/tree/main/{folder}/"}
    return Entity.objects.create(
        ref=f"component:default/{name}", kind="Component", name=name, sort_name=name, first_seen_at=NOW, changed_at=NOW,
        document={"metadata": {"annotations": annotations}},
    )  # fmt: skip


def again(small: Small) -> refresh.Refreshed:
    [done] = refresh.refresh([small.repository], actor=SYSTEM, now=NOW, wait_seconds=0)
    return done


def rows(small: Small, entity: Entity) -> dict[tuple[str, str], int]:
    found = queries.changers(small.actor("ned"), entity)
    assert found is not None
    for side, count, stands in found.rows:
        assert found.folder is not None
        which = CommitFilter(stands=stands.label, origin=side.key, folder=found.folder.pk)
        assert queries.commits(small.actor("ned"), Choice(repository=small.repository.pk), which).total == count
    return {(side.label, stands.label): count for side, count, stands in found.rows}


def test_commits_are_told_apart_by_folder_not_by_the_names_of_rules(small: Small) -> None:
    inner, other = service("inner", "a"), service("other", "a/2")
    absent = service("absent", "never/was")
    refresh.relink(NOW)
    found = queries.changers(small.actor("ned"), inner)
    assert found is not None
    assert (found.waiting, found.rows) == (True, ())
    assert jobs.due(NOW) == [small.repository], "folders that nobody followed are asked for"
    done = again(small)
    assert (done.whole, done.why, done.error) == (True, "the catalog names 3 more of its folders", "")
    assert rows(small, inner) == {
        ("one", "home"): 1,
        ("one", "mixed"): 1,
        ("(unresolved)", "away"): 1,
        ("two", "away"): 1,
    }
    assert rows(small, other) == {("(unresolved)", "away"): 1}, "a folder may as well be a file"
    assert rows(small, absent) == {}
    small.repository.refresh_from_db()
    assert small.repository.refresh_requested_at is None
    assert again(small).new == 0


def test_increments_follow_folders_too(small: Small) -> None:
    inner = service("inner", "b")
    refresh.relink(NOW)
    again(small)
    small.repo.commit({"b/9": "x", "bb/9": "x"}, name="Eve", email="eve@x.org", when=START + 50 * 86_400)
    done = again(small)
    assert (done.new, done.whole) == (1, False)
    assert rows(small, inner)[("two", "home")] == 1
    newest = FolderTouch.objects.order_by("-commit__committed").first()
    assert newest is not None
    assert newest.files == 1


def test_what_is_forgotten_leaves_no_folder(small: Small) -> None:
    from awayteam.contributions import actions

    service("inner", "b")
    refresh.relink(NOW)
    again(small)
    assert Folder.objects.count() == 1
    actions.unfollow(small.repository, actor=SYSTEM, now=NOW)
    assert not Folder.objects.exists()
    assert not FolderTouch.objects.exists()


def test_a_first_reading_knows_the_folders_already(small: Small) -> None:
    from awayteam.contributions import actions

    inner = service("inner", "b")
    actions.unfollow(small.repository, actor=SYSTEM, now=NOW)
    small.repository = actions.follow(str(small.repo.path), actor=SYSTEM, now=NOW)
    again(small)
    assert rows(small, inner)
    assert not Repository.objects.exclude(refresh_requested_at=None).exists()

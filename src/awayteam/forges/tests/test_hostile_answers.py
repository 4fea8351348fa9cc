"""Answers of GitLab and Gitea with any value in any place: read, or refused as an error of the forge."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.forges.gitea import answers as gitea
from awayteam.forges.gitea.inbound import change_of
from awayteam.forges.gitlab import answers as gitlab
from awayteam.forges.gitlab.tests.fake import TOKEN, FakeGitLab
from awayteam.forges.gitlab.tests.test_client import World
from awayteam.forges.port import Account, ChangeHeard, ForgeError, Place, Stand
from awayteam.forges.reading import Node

PLACE = Place("15", "shop/orders")
AT = datetime(2026, 3, 2, tzinfo=UTC)
CHANGE = ChangeHeard(PLACE, "1", 1, "t", "", Account("7", "ada"), "main", "b" * 40, "a" * 40, Stand.OPEN, AT, AT)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12) | st.just("a" * 40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ("id", "iid", "number", "project_id", "title", "state", "status", "name", "context", "user", "author", "commit",
     "sha", "created_at", "approved_at", "submitted_at", "updated_at", "body", "system", "old_path",
     "new_path", "filename",
     "previous_filename", "head", "base", "repo_id", "diff_refs", "references", "email", "author_email", "username",
     "login",
     "head_commit_sha", "real_size", "rule_name", "status_check_contexts", "enable_status_check", "merged", "dismissed")
)  # fmt: skip
OBJECTS = st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=4), max_size=12)


def reviewed(some: list[Node]) -> Any:
    return gitlab.reviews_of(CHANGE, some, some, some, gitlab.versions_of(some))


READERS: list[Callable[[list[Node]], Any]] = [
    lambda some: [gitlab.change_of(one, PLACE, Account("", ""), None) for one in some],
    lambda some: gitlab.paths_of(some),
    lambda some: gitlab.checks_of(some, ours="awayteam"),
    lambda some: [gitlab.writers_of(one) for one in some],
    reviewed,
    lambda some: [change_of(one, PLACE) for one in some],
    lambda some: gitea.paths_of(some),
    lambda some: gitea.checks_of(some, ours="awayteam"),
    lambda some: [gitea.review_of(one, CHANGE) for one in some],
    lambda some: [gitea.writers_of(one) for one in some],
    lambda some: [gitea.protection_of(one).lacks("awayteam") for one in some],
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(READERS), st.lists(OBJECTS | JSON, max_size=4))
def test_any_answer_is_read_or_refused(read: Callable[[list[Node]], Any], some: list[Any]) -> None:
    try:
        read([Node(each) for each in some])
    except ForgeError as error:
        if not error.final:
            raise


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with FakeGitLab() as fake:
        assert isinstance(fake, FakeGitLab)
        made = World(fake)
        made.client.http.get("/user")
        yield made
        made.client.http.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON | OBJECTS | st.lists(OBJECTS, max_size=3), st.sampled_from(("change", "open", "paths", "reviews", "held")))
def test_any_json_over_http_is_an_answer_or_an_error_of_the_forge(world: World, answer: Any, ask: str) -> None:
    calls: dict[str, Callable[[], Any]] = {
        "change": lambda: world.client.change(world.place, 1),
        "open": lambda: world.client.open_changes(world.place),
        "paths": lambda: world.client.paths(world.place, CHANGE),
        "reviews": lambda: world.client.reviews(world.place, CHANGE),
        "held": lambda: world.grants.held(world.place),
    }
    world.fake.faults.clear()
    for _ in range(6):
        world.fake.fail("status", "GET", json=answer)
    try:
        calls[ask]()
    except ForgeError as error:
        if TOKEN in str(error):
            raise

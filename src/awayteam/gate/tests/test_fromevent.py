"""Event files: what is taken of them, and that nothing else is believed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.gate import fromevent
from awayteam.gate.change import Way
from awayteam.gate.fromevent import Event

A, B = "a" * 40, "b" * 40
PULL = {
    "action": "synchronize", "repository": {"full_name": "acme/shop"},
    "pull_request": {
        "number": 3, "html_url": "https://github.example/acme/shop/pull/3", "title": "Two\nlines", "draft": True,
        "base": {"sha": B, "repo": {"id": 1}}, "head": {"sha": A, "repo": {"id": 2}},
        "user": {"login": "bob-gh", "id": 77, "type": "User"},
    },
}  # fmt: skip


def read(value: Any) -> Event:
    return fromevent.read(json.dumps(value).encode())


def test_a_pull_request() -> None:
    expected = Event("github", "acme/shop", B, A, "bob-gh", "77", False, Way.MERGE, "#3",
                     "https://github.example/acme/shop/pull/3", "Two lines", True, True)  # fmt: skip
    assert read(PULL) == expected
    assert read({**PULL, "review": {"state": "approved"}}) == expected


def test_a_push() -> None:
    told = read({"ref": "refs/heads/main", "before": B, "after": A, "pusher": {"name": "other"},
                 "sender": {"login": "bot[bot]", "id": 9, "type": "Bot"}})  # fmt: skip
    assert (told.base, told.head, told.login, told.number, told.is_bot, told.way, told.key) == (
        B, A, "bot[bot]", "9", True, Way.PUSH, "main",
    )  # fmt: skip


def test_merge_requests_in_three_forms() -> None:
    hook = read({"object_kind": "merge_request", "user": {"id": 1, "username": "whoever"}, "project":
                 {"path_with_namespace": "acme/shop"}, "object_attributes": {"iid": 4, "author_id": 77, "last_commit":
                 {"id": A}, "source_project_id": 5, "target_project_id": 5}})  # fmt: skip
    assert (hook.number, hook.login, hook.head, hook.key, hook.from_fork) == ("77", "", A, "!4", False)
    merge = read({"iid": 4, "sha": A, "author": {"id": 77, "username": "bob-gl"}, "diff_refs": {"base_sha": B},
                  "source_project_id": 6, "target_project_id": 5})  # fmt: skip
    assert (merge.number, merge.login, merge.base, merge.head, merge.from_fork) == ("77", "bob-gl", B, A, True)
    variables = read({"CI_MERGE_REQUEST_IID": "4", "CI_COMMIT_SHA": A, "CI_MERGE_REQUEST_DIFF_BASE_SHA": B,
                      "GITLAB_USER_LOGIN": "whoever", "CI_MERGE_REQUEST_PROJECT_PATH": "acme/shop"})  # fmt: skip
    assert (variables.base, variables.head, variables.login, variables.number) == (B, A, "", ""), "not who starts it"


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"3", b"{}", b"\xff", b"{" * 100_000, b'{"pull_request": 3}', b'{"zen": "x"}', b"NaN"]
)
def test_what_is_no_event_says_so(data: bytes) -> None:
    with pytest.raises(ValueError, match="it is"):
        fromevent.read(data)


@pytest.mark.parametrize("sha", ["main", "--upload-pack=x", "a" * 39, "a" * 41, 3, None, ["a" * 40], "A" * 40])
def test_only_whole_commit_ids_are_taken(sha: Any) -> None:
    pull = {**PULL["pull_request"], "base": {"sha": sha}}  # type: ignore[dict-item]
    assert read({**PULL, "pull_request": pull}).base == ("a" * 40 if sha == "A" * 40 else "")


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
                    max_leaves=8)  # fmt: skip


@given(
    st.fixed_dictionaries(dict.fromkeys(("base", "head", "user", "number", "title", "html_url", "draft"), JSON)), JSON
)
def test_whatever_types_an_event_has_nothing_breaks(pull: dict[str, Any], repository: Any) -> None:
    told = read({"pull_request": pull, "repository": repository})
    assert told.base == "" or len(told.base) in (40, 64)
    assert told.number == "" or told.number.isdecimal()
    assert "\n" not in told.title

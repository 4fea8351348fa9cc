"""Every payload that GitHub's own tools recorded, through verify and read: none fails, and the words are right.

`make test` fetches them with npm into the virtual environment; `AWAYTEAM_OCTOKIT` names another folder
(of the unpacked package).
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from awayteam.forges.github.inbound import GithubInbound, signature
from awayteam.forges.port import ChangeHeard, Heard, PushHeard, ReviewHeard, Stand
from awayteam.gate.change import Said

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
RECORDED = Path(os.environ.get("AWAYTEAM_OCTOKIT") or Path(sys.prefix) / "octokit/package")
needs_them = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="no recorded payloads: make octokit (needs npm), or set AWAYTEAM_OCTOKIT"
)


@cache
def recorded(host: str) -> list[tuple[str, dict[str, Any]]]:
    kinds = orjson.loads((RECORDED / host / "index.json").read_bytes())
    return [(kind["name"], payload) for kind in kinds for payload in kind["examples"]]


def heard(kind: str, payload: dict[str, Any]) -> list[Heard]:
    body = orjson.dumps(payload)
    inbound = GithubInbound(lambda: NOW)
    headers = {
        "x-hub-signature-256": signature("s", body),
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "x-github-event": kind,
    }
    return list(inbound.read(inbound.verify(headers, body, ["s"])))


def of(kind: str) -> Iterator[tuple[dict[str, Any], list[Heard]]]:
    found = [payload for name, payload in recorded("api.github.com") if name == kind]
    assert found
    return ((payload, heard(kind, payload)) for payload in found)


@needs_them
def test_all_329_are_read() -> None:
    told = Counter(
        (kind, type(one).__name__) for kind, payload in recorded("api.github.com") for one in heard(kind, payload)
    )
    assert len(recorded("api.github.com")) == 329
    assert told["push", "PushHeard"] >= 1
    assert told["issues", "IssueHeard"] >= 10
    assert told["check_run", "ChecksHeard"] == 9
    assert told["check_suite", "ChecksHeard"] == 9
    assert told["status", "ChecksHeard"] == 4
    assert told["member", "AccessHeard"] == 4
    assert not {kind for kind, _word in told} & {"ping", "issue_comment", "pull_request_review_comment", "star"}


@needs_them
@pytest.mark.parametrize("version", ["ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"])
def test_those_of_enterprise_servers_are_read(version: str) -> None:
    assert sum(len(heard(kind, payload)) for kind, payload in recorded(version)) >= 10


@needs_them
def test_pull_requests_say_the_right_words() -> None:
    for payload, words in of("pull_request"):
        pull = payload["pull_request"]
        if not words:
            assert payload["action"] in {
                "assigned", "unassigned", "labeled", "unlabeled", "locked", "unlocked", "milestoned", "demilestoned",
                "review_requested", "review_request_removed", "auto_merge_enabled", "auto_merge_disabled", "enqueued",
                "dequeued",
            }  # fmt: skip
            continue
        (one,) = words
        assert isinstance(one, ChangeHeard)
        assert (one.id, one.number, one.head) == (str(pull["id"]), pull["number"], pull["head"]["sha"])
        assert (one.base, one.author.id) == (pull["base"]["sha"], str(pull["user"]["id"]))
        assert one.place.id == str(payload["repository"]["id"])
        closed = Stand.MERGED if pull["merged"] else Stand.CLOSED
        assert one.stand is (closed if pull["state"] == "closed" else Stand.OPEN)
        assert one.is_draft is pull["draft"]


@needs_them
def test_reviews_say_the_right_words() -> None:
    said = {"approved": Said.APPROVED, "changes_requested": Said.CHANGES, "dismissed": Said.DISMISSED}
    for payload, words in of("pull_request_review"):
        (one,) = words
        assert isinstance(one, ReviewHeard)
        review = payload["review"]
        assert one.said is said.get(review["state"], Said.COMMENTED)
        assert (one.id, one.commit, one.by.id) == (str(review["id"]), review["commit_id"], str(review["user"]["id"]))
        assert (one.change, one.number) == (str(payload["pull_request"]["id"]), payload["pull_request"]["number"])


@needs_them
def test_pushes_say_the_right_words() -> None:
    for payload, words in of("push"):
        if not payload["ref"].startswith("refs/heads/"):
            assert words == []
            continue
        (one,) = words
        assert isinstance(one, PushHeard)
        assert (one.ref, one.before, one.after) == (payload["ref"], payload["before"], payload["after"])
        assert (one.by.id, one.forced) == (str(payload["sender"]["id"]), payload["forced"])

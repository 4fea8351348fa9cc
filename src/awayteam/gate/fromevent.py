"""What a CI's event file says of a change: GitHub's events, GitLab's webhooks, merge requests and variables.

Only commits, accounts by id and login, and a few words for people are taken; of everything else nothing is believed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awayteam.gate.change import Way

MAX_BYTES = 25 * 1024 * 1024
"""As GitHub sends at most."""
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Event:
    """A change as an event file has it; "" for what it doesn't say. `number` is the forge's id of the author."""

    forge: str
    repository: str = ""
    base: str = ""
    head: str = ""
    login: str = ""
    number: str = ""
    is_bot: bool = False
    way: Way = Way.MERGE
    key: str = ""
    url: str = ""
    title: str = ""
    is_draft: bool = False
    from_fork: bool = False


def read(data: bytes) -> Event:
    """The change of an event. Raises `ValueError` that says what isn't understood."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        root = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(root, dict):
        raise ValueError("it is no object")
    for reader in (_github_pull, _github_push, _gitlab_hook, _gitlab_merge, _gitlab_variables):
        found = reader(root)
        if found is not None:
            return found
    raise ValueError("it is none of GitHub's pull_request and push events, nor GitLab's merge requests")


def _github_pull(root: Mapping[str, Any]) -> Event | None:
    pull = root.get("pull_request")
    if not isinstance(pull, dict):
        return None
    base, head, user = _of(pull, "base"), _of(pull, "head"), _of(pull, "user")
    from_, to = _number(_of(head, "repo").get("id")), _number(_of(base, "repo").get("id"))
    return Event(
        forge="github",
        repository=_text(_of(root, "repository").get("full_name")),
        base=_commit(base.get("sha")),
        head=_commit(head.get("sha")),
        login=_text(user.get("login")),
        number=_number(user.get("id")),
        is_bot=user.get("type") == "Bot",
        key=f"#{_number(pull.get('number'))}" if _number(pull.get("number")) else "",
        url=_text(pull.get("html_url")),
        title=_text(pull.get("title")),
        is_draft=pull.get("draft") is True,
        from_fork=not from_ or from_ != to,
    )


def _github_push(root: Mapping[str, Any]) -> Event | None:
    if not ("before" in root and "after" in root and "pusher" in root):
        return None
    sender = _of(root, "sender")
    return Event(
        forge="github",
        repository=_text(_of(root, "repository").get("full_name")),
        base=_commit(root.get("before")),
        head=_commit(root.get("after")),
        login=_text(sender.get("login")),
        number=_number(sender.get("id")),
        is_bot=sender.get("type") == "Bot",
        way=Way.PUSH,
        key=_text(root.get("ref")).removeprefix("refs/heads/"),
        url=_text(root.get("compare")),
    )


def _gitlab_hook(root: Mapping[str, Any]) -> Event | None:
    if root.get("object_kind") != "merge_request":
        return None
    about = _of(root, "object_attributes")
    source, target = _number(about.get("source_project_id")), _number(about.get("target_project_id"))
    return Event(
        forge="gitlab",  # its `user` is whoever caused the event, not the author
        repository=_text(_of(root, "project").get("path_with_namespace")),
        head=_commit(_of(about, "last_commit").get("id")),
        number=_number(about.get("author_id")),
        key=f"!{_number(about.get('iid'))}" if _number(about.get("iid")) else "",
        url=_text(about.get("url")),
        title=_text(about.get("title")),
        is_draft=about.get("draft") is True or about.get("work_in_progress") is True,
        from_fork=not source or source != target,
    )


def _gitlab_merge(root: Mapping[str, Any]) -> Event | None:
    """A merge request as GitLab's API gives it."""
    if not ("iid" in root and "sha" in root and "author" in root):
        return None
    author, differing = _of(root, "author"), _of(root, "diff_refs")
    source, target = _number(root.get("source_project_id")), _number(root.get("target_project_id"))
    return Event(
        forge="gitlab",
        base=_commit(differing.get("base_sha")),
        head=_commit(root.get("sha")),
        login=_text(author.get("username")),
        number=_number(author.get("id")),
        is_bot=author.get("bot") is True,
        key=f"!{_number(root.get('iid'))}",
        url=_text(root.get("web_url")),
        title=_text(root.get("title")),
        is_draft=root.get("draft") is True,
        from_fork=not source or source != target,
    )


def _gitlab_variables(root: Mapping[str, Any]) -> Event | None:
    """CI's own variables as an object. They don't name the author: who starts a pipeline may be somebody else."""
    if "CI_MERGE_REQUEST_IID" not in root:
        return None
    number, source = _text(root.get("CI_MERGE_REQUEST_IID")), _text(root.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"))
    address = _text(root.get("CI_MERGE_REQUEST_PROJECT_URL"))
    return Event(
        forge="gitlab",
        repository=_text(root.get("CI_MERGE_REQUEST_PROJECT_PATH")),
        base=_commit(root.get("CI_MERGE_REQUEST_DIFF_BASE_SHA")),
        head=_commit(root.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or root.get("CI_COMMIT_SHA")),
        key=f"!{number}" if number.isdecimal() else "",
        url=f"{address}/-/merge_requests/{number}" if address and number.isdecimal() else "",
        title=_text(root.get("CI_MERGE_REQUEST_TITLE")),
        from_fork=source != _text(root.get("CI_MERGE_REQUEST_PROJECT_ID")),
    )


def _of(root: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = root.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    """A text on one line; "" for anything else."""
    return " ".join(value.split())[:_LONGEST] if isinstance(value, str) else ""


def _number(value: Any) -> str:
    """A positive whole number, as text."""
    return str(value) if type(value) is int and 0 < value < 2**63 else ""


def _commit(value: Any) -> str:
    """A full commit id, "" for anything else: a name could mean another commit, or an option."""
    return value.lower() if isinstance(value, str) and _COMMIT.fullmatch(value.lower()) else ""

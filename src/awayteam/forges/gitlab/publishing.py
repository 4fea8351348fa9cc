"""Saying a verdict on GitLab: an external status check or a commit status, one note, reviewers, one approval rule."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from awayteam.forges.gitlab.inbound import OURS
from awayteam.forges.http import HttpError, join
from awayteam.forges.port import Account, ChangeHeard, Colour, ForgeError, Notice, Place
from awayteam.forges.reading import Node

if TYPE_CHECKING:
    from awayteam.forges.gitlab.client import GitLabClient

CONTEXT: Final = "awayteam"
"""The name of our commit status: never another, since rules of branches name it."""
MOST_NOTE: Final = 60_000
_STATES: Final[Mapping[Colour, str]] = {Colour.GREEN: "success", Colour.WAITING: "pending", Colour.RED: "failed"}
_COMMAND: Final = re.compile(r"^(\s*)/", re.MULTILINE)
_REFUSED: Final = frozenset({401, 403, 404, 405, 422})


def publish(client: "GitLabClient", place: Place, change: ChangeHeard, notice: Notice) -> None:
    """As the project's external status check, or as a commit status where it has none of ours."""
    check = _check_of(client, place)
    if check:
        _respond(client, place, change, notice, check)
    else:
        _set_status(client, place, change, notice)


def _check_of(client: "GitLabClient", place: Place) -> str:
    """The number of the project's check by the name that was set up; "" without one, or without GitLab's tier for it.
    A setting of digits is the number itself."""
    wanted = client.status_check.strip()
    if not wanted or wanted.isdigit():
        return wanted
    try:
        found = client.pages(join("projects", place.id, "external_status_checks"))
    except HttpError as error:
        if error.status in _REFUSED:
            return ""
        raise
    return next((one.id("id") for one in found if one.line("name") == wanted), "")


def _respond(client: "GitLabClient", place: Place, change: ChangeHeard, notice: Notice, check: str) -> None:
    """A verdict that waits is a failed check: GitLab would fail a pending one by itself after two minutes."""
    path = join("projects", place.id, "merge_requests", change.number, "status_check_responses")
    status = "passed" if notice.colour is Colour.GREEN else "failed"
    told = {"sha": change.head, "external_status_check_id": int(check), "status": status}
    try:
        client.http.call("POST", path, json=told, repeatable=True)
    except HttpError as error:
        if error.status == 409:
            raise ForgeError("The merge request has another head by now.", final=True) from error
        raise


def _set_status(client: "GitLabClient", place: Place, change: ChangeHeard, notice: Notice) -> None:
    """Nothing is sent where the newest status of ours says the same already."""
    state, title = _STATES[notice.colour], notice.title[:140]
    known = client.pages(
        join("projects", place.id, "repository", "commits", change.head, "statuses"), {"name": CONTEXT}
    )
    last = max((one for one in known if one.line("name") == CONTEXT), key=lambda one: one.number("id"), default=None)
    if last is not None and (last.text("status"), last.text("description")) == (state, title):
        return
    told: dict[str, Any] = {"state": state, "name": CONTEXT, "description": title, "target_url": notice.url[:255]}
    if pipeline := _pipeline_of(client, place, change):
        told["pipeline_id"] = pipeline
    path = join("projects", place.id, "statuses", change.head)
    try:
        client.http.call("POST", path, json=told, repeatable=True)
    except HttpError as error:
        # It stands at that state already: somebody published the same between our looking and our telling.
        if error.status != 400 or "annot transition status" not in error.says:
            raise


def _pipeline_of(client: "GitLabClient", place: Place, change: ChangeHeard) -> int:
    """The merge request's pipeline at its head, where GitLab looks for whether pipelines succeeded; 0 without one."""
    path = join("projects", place.id, "merge_requests", change.number, "pipelines")
    found = [one for one in client.pages(path) if one.commit("sha") == change.head and one.id("project_id") == place.id]
    return max((one.number("id") for one in found), default=0)


def write_note(client: "GitLabClient", path: str, text: str) -> None:
    """The one note of ours below `path`: written, or edited where it says something else.

    It is known by its first line and by our being its author; a note of somebody else that begins alike is theirs.
    """
    body = f"{OURS}\n{harmless(text)}"
    notes = client.pages(path, {"order_by": "created_at", "sort": "asc"})
    mine = [one for one in notes if one.id("author", "id") == client.me() and one.text("body").startswith(OURS)]
    if not mine:
        client.http.call("POST", path, json={"body": body})
    elif mine[0].text("body", most=MOST_NOTE + 100) != body:
        client.http.call("PUT", path + join(mine[0].need("id", "id")), json={"body": body})


def harmless(text: str) -> str:
    """A text without commands: GitLab carries out each line of a note that begins with `/` (`/merge`, `/approve`), in
    our name, and a path or a title of somebody else may stand at the begin of one."""
    return _COMMAND.sub(r"\1\\/", text[:MOST_NOTE].replace("\r", "\n")).strip()


def ask_review(client: "GitLabClient", place: Place, change: ChangeHeard, accounts: Sequence[Account]) -> None:
    """Those who review already stay; GitLab's free tier keeps only the first of several."""
    asked = [int(one.id) for one in accounts if one.id.isdigit()]
    path = join("projects", place.id, "merge_requests", change.number)
    now = [one.number("id") for one in Node(client.http.get(path)).items("reviewers", most=200)]
    both = list(dict.fromkeys([*now, *asked]))
    if both != now:
        client.http.call("PUT", path, json={"reviewer_ids": both})
    if client.approval_rule and asked:
        _keep_rule(client, path + "/approval_rules", client.approval_rule, asked)


def _keep_rule(client: "GitLabClient", path: str, name: str, users: Sequence[int]) -> None:
    """One approval of one of them, as a rule of this merge request. Not where GitLab's tier or the project's settings
    don't allow it: the check holds without it."""
    told = {"name": name, "approvals_required": 1, "user_ids": sorted(users)}
    try:
        rule = next((one for one in client.pages(path) if one.line("name") == name), None)
        if rule is None:
            client.http.call("POST", path, json=told)
        elif sorted(one.number("id") for one in rule.items("users")) != told["user_ids"]:
            client.http.call("PUT", path + join(rule.need("id", "id")), json=told)
    except HttpError as error:
        if error.status not in _REFUSED:
            raise

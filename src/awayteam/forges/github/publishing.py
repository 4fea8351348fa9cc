"""What we show on GitHub: a check run at the head, one comment, requests for review."""

from collections.abc import Sequence
from typing import Any

from awayteam.forges.github import reading
from awayteam.forges.github.api import Api, Repository
from awayteam.forges.github.reading import Json, obj
from awayteam.forges.http import HttpError
from awayteam.forges.port import Account, ChangeHeard, Colour, ForgeError, Notice

NAME = "Awayteam"
"""The check's name, for branch rules: they should pin the App as its source, too."""
MARK = "<!-- awayteam: the one comment -->"
STALE = "stale"
"""What GitHub makes of a run that has been in progress for 14 days."""
LONGEST_TITLE = 250
LONGEST_TEXT = 60_000
"""GitHub takes 65,535 characters."""
MOST_REVIEWERS = 15
_ENDED = {Colour.GREEN: "success", Colour.RED: "failure"}


class Publishing:
    """Everything here may be done twice and counts once."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def is_ours(self, of: Json, app: str = "app") -> bool:
        """Whether a check run or comment was made by this very App: names can be borne by others."""
        return reading.ident(obj(of, app)) == self.api.app_id

    def check(self, where: Repository, change: ChangeHeard, notice: Notice) -> None:
        """A check run at the head. A verdict that waits is a run in progress: yellow, and it doesn't let a merge pass.

        Raises `ForgeError(final=True)` where the change has another head by now.
        """
        now = reading.change(where.object("pulls", change.number))
        if now is None or now.head != change.head:
            says = f"{where.place.slug}#{change.number} has another head by now than {change.head[:12]}."
            raise ForgeError(says, final=True)
        query = {"check_name": NAME, "app_id": self.api.app_id, "filter": "latest"}
        listed = where.list("commits", change.head, "check-runs", within="check_runs", query=query)
        ours = max((one for one in listed if self.is_ours(one)), key=reading.number, default=None)
        if ours is not None and ours.get("external_id") == notice.key and ours.get("conclusion") != STALE:
            return
        body = _run(notice)
        if ours is not None and not (ours.get("status") == "completed" and "conclusion" not in body):
            where.call("PATCH", "check-runs", reading.number(ours), json=body, repeatable=True)
        else:
            where.call("POST", "check-runs", json={**body, "head_sha": change.head})

    def comment(self, where: Repository, number: int, text: str) -> None:
        """Write, or edit where ours stands already; further ones of ours (two writers at once) are removed."""
        body = f"{_bounded(text)}\n\n{MARK}"
        listed = where.list("issues", number, "comments")
        ours = [one for one in listed if self._is_our_comment(one)]
        if not ours:
            where.call("POST", "issues", number, "comments", json={"body": body})
            return
        if ours[0].get("body") != body:
            where.call("PATCH", "issues", "comments", reading.number(ours[0]), json={"body": body}, repeatable=True)
        for one in ours[1:]:
            _gone_is_fine(where, "DELETE", "issues", "comments", reading.number(one))

    def _is_our_comment(self, one: Json) -> bool:
        written = reading.text(one, "body", 70_000)
        return bool(reading.number(one)) and MARK in written and self.is_ours(one, "performed_via_github_app")

    def ask_review(self, where: Repository, change: ChangeHeard, accounts: Sequence[Account]) -> None:
        """Ask those who aren't asked yet; the author never. GitHub refuses all where it refuses one, so each is asked
        alone then. Raises `ForgeError(final=True)` naming those who couldn't be asked."""
        asked = {reading.ident(one) for one in reading.objs(self._asked(where, change.number).get("users"))}
        wanted = [one for one in accounts if one.id not in asked and one.id != change.author.id][:MOST_REVIEWERS]
        logins = [known.login for one in wanted if (known := self.api.account(where.http, one)) is not None]
        if not logins:
            return
        try:
            self._ask(where, change.number, logins)
        except HttpError as error:
            if error.status != 422 or len(logins) == 1:
                raise
            refused = [login for login in logins if not self._asked_alone(where, change.number, login)]
            if refused:
                raise HttpError(
                    f"{', '.join(refused)} can't be asked for a review of {where.place.slug}#{change.number}: "
                    "only who may read the repository can",
                    status=422,
                    final=True,
                ) from error

    def _asked(self, where: Repository, number: int) -> Json:
        return where.object("pulls", number, "requested_reviewers")

    def _ask(self, where: Repository, number: int, logins: Sequence[str]) -> None:
        json = {"reviewers": list(logins)}
        where.call("POST", "pulls", number, "requested_reviewers", json=json, repeatable=True)

    def _asked_alone(self, where: Repository, number: int, login: str) -> bool:
        try:
            self._ask(where, number, [login])
        except HttpError as error:
            if error.status != 422:
                raise
            return False
        return True


def _run(notice: Notice) -> dict[str, Any]:
    output = {"title": notice.title[:LONGEST_TITLE] or NAME, "summary": _bounded(notice.summary)}
    body: dict[str, Any] = {"name": NAME, "external_id": notice.key, "output": output}
    ended = _ENDED.get(notice.colour)
    body |= {"status": "completed", "conclusion": ended} if ended else {"status": "in_progress"}
    if notice.url.startswith(("https://", "http://")):
        body["details_url"] = notice.url
    return body


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "\n\n(The rest is on the page.)"


def _gone_is_fine(where: Repository, method: str, *parts: str | int) -> None:
    try:
        where.call(method, *parts)
    except HttpError as error:
        if error.status != 404:
            raise

"""Asking Gitea and Forgejo, and publishing on them (REST v1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from awayteam.forges import diffs
from awayteam.forges.gitea import answers
from awayteam.forges.gitea.calls import PAGE, Calls
from awayteam.forges.gitea.inbound import change_of, place_of
from awayteam.forges.http import Http, HttpError
from awayteam.forges.port import (
    Account,
    BypassHeard,
    ChangeHeard,
    CheckRun,
    Colour,
    Finding,
    ForgeError,
    Limits,
    Notice,
    Place,
    ReviewHeard,
    Wrote,
)
from awayteam.forges.reading import Node, document

CONTEXT: Final = "awayteam"
"""The name of our status: never another, since rules of branches name it."""
MOST_FILE: Final = 2_000_000
MOST_TEXT: Final = 60_000
EXAMINED: Final = 20
_ASKED: Final = "REQUEST_REVIEW"
_STATES: Final[Mapping[Colour, str]] = {
    Colour.GREEN: "success", Colour.WAITING: "pending", Colour.RED: "failure",
}  # fmt: skip


class GiteaClient:
    """`port.Client` for Gitea and Forgejo."""

    def __init__(self, http: Http) -> None:
        self.http, self.calls = http, Calls(http)

    def examine(self) -> Sequence[Finding]:
        """Who we are, and for some of the repositories whether their rules wait for the gate."""
        found = [Finding(True, f"We are {self.calls.me().login} there.")]
        mine = [one for one in self._repositories(most=1) if one.flag("permissions", "admin")]
        if not mine:
            found.append(Finding(False, "It administers no repository: it can't give or take access."))
        for one in mine[:EXAMINED]:
            place = place_of(one)
            says = self._lacking(place, one.line("default_branch"))
            found += [Finding(False, f"{place.slug}: {each}") for each in says] or [
                Finding(True, f"{place.slug}: its rules wait for the gate.")
            ]
        return found

    def _lacking(self, place: Place, branch: str) -> list[str]:
        rules = self.protections(place)
        own = [rule for rule in rules if rule.rule == branch] or [rule for rule in rules if "*" in rule.rule]
        if not own:
            return [f"No rule protects {branch}: anybody who may write gets in without the gate."]
        return [each for rule in own for each in rule.lacks(CONTEXT)]

    def protections(self, place: Place) -> list[answers.Protection]:
        """The rules of a repository's branches; reading them takes administration."""
        return [
            answers.protection_of(one) for one in self.calls.listed(self.calls.repository(place, "branch_protections"))
        ]

    def limits(self) -> Limits:
        return self.http.limits()

    def places(self) -> Sequence[Place]:
        return [place_of(one) for one in self._repositories(most=None) if one.flag("permissions", "push")]

    def _repositories(self, *, most: int | None) -> list[Node]:
        found = self.http.pages("/user/repos", {"limit": PAGE}, per_page=PAGE, most=most, cut=most is not None)
        return [Node(one) for one in found]

    def change(self, place: Place, number: int) -> ChangeHeard:
        return self._change(Node(self.http.get(self.calls.repository(place, "pulls", number))), place)

    def _change(self, one: Node, place: Place) -> ChangeHeard:
        if one.id("base", "repo_id") != place.id:
            raise ForgeError("The forge answered with a pull request of another repository.", final=True)
        repository = one.at("base", "repo")
        return change_of(one, place_of(repository) if repository.id("id") == place.id else place)

    def open_changes(self, place: Place) -> Sequence[ChangeHeard]:
        path = self.calls.repository(place, "pulls")
        return [self._change(one, place) for one in self.calls.pages(path, {"state": "open", "sort": "recentupdate"})]

    def paths(self, place: Place, change: ChangeHeard) -> Sequence[str]:
        """By the list of files where it is whole, else by the diff. Raises `ForgeError` where the forge hasn't taken
        over the head yet, or has another."""
        path = self.calls.repository(place, "pulls", change.number)
        self._must_be_at(path, change.head)
        found = self._files(path)
        count = Node(self.http.get(path)).number("changed_files")
        if found is not None and count in (0, len(found)):
            paths = answers.paths_of(found)
        else:
            paths = diffs.touched(self.http.call("GET", path + ".diff").body)
        self._must_be_at(path, change.head)
        return paths

    def _must_be_at(self, path: str, head: str) -> None:
        """What a pull request changes is taken over some moments after a push, when its head is told as new already:
        until then, files and commits are those of the head before. The commits say how far that has come."""
        newest = Node(self.http.get(path + "/commits", {"limit": 1, "verification": False, "files": False})).items()
        if not newest or newest[0].commit("sha") != head:
            raise ForgeError("The pull request has another head, or the forge hasn't taken over this one yet.")

    def _files(self, path: str) -> list[Node] | None:
        """None where the release has no such list (before 1.18)."""
        try:
            return self.calls.pages(path + "/files")
        except HttpError as error:
            if error.status == 404:
                return None
            raise

    def commits(self, place: Place, change: ChangeHeard) -> Sequence[Wrote]:
        path = self.calls.repository(place, "pulls", change.number)
        found = self.calls.pages(path + "/commits", {"verification": False, "files": False})
        if not found or found[0].commit("sha") != change.head:
            self._must_be_at(path, change.head)
        return [wrote for one in found for wrote in answers.writers_of(one)]

    def reviews(self, place: Place, change: ChangeHeard) -> Sequence[ReviewHeard]:
        found = self.calls.pages(self.calls.repository(place, "pulls", change.number, "reviews"))
        return [heard for one in found if (heard := answers.review_of(one, change)) is not None]

    def checks(self, place: Place, commit: str) -> Sequence[CheckRun]:
        return answers.checks_of(self._statuses(place, commit), ours=CONTEXT)

    def _statuses(self, place: Place, commit: str) -> list[Node]:
        return self.calls.pages(self.calls.repository(place, "commits", commit, "statuses"), {"sort": "recentupdate"})

    def tip(self, place: Place, branch: str) -> str:
        body = self.calls.maybe(self.calls.repository(place, "branches", branch))
        return "" if body is None else str(document(body).need("commit", "commit", "id"))

    def files(self, place: Place, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        if not commit:
            raise ForgeError("The forge hasn't told the base of this change.")
        found = {}
        for path in paths:
            try:
                target = self.calls.repository(place, "raw", *path.split("/"))
            except ValueError:
                continue
            body = self.calls.maybe(target, {"ref": commit})
            if body is not None and len(body) > MOST_FILE:
                raise ForgeError(f"{path[:200]} has more than {MOST_FILE:,} bytes.", final=True)
            if body is not None:
                found[path] = body
        return found

    def publish(self, place: Place, change: ChangeHeard, notice: Notice) -> None:
        """Nothing is sent where the newest status of ours says the same already."""
        state, title = _STATES[notice.colour], notice.title[:140]
        mine = [one for one in self._statuses(place, change.head) if one.line("context") == CONTEXT]
        last = max(mine, key=lambda one: one.number("id"), default=None)
        if last is not None and (last.text("status"), last.text("description")) == (state, title):
            return
        told = {"state": state, "context": CONTEXT, "description": title, "target_url": notice.url}
        self.http.call("POST", self.calls.repository(place, "statuses", change.head), json=told, repeatable=True)

    def comment(self, place: Place, change: ChangeHeard, text: str) -> None:
        self.comment_issue(place, change.number, text)

    def comment_issue(self, place: Place, number: int, text: str) -> None:
        """It is known by its first line and by our being its author."""
        body = f"{answers.OURS}\n{text[:MOST_TEXT]}"
        path = self.calls.repository(place, "issues", number, "comments")
        me = self.calls.me().id
        mine = [
            one
            for one in self.calls.listed(path)
            if one.id("user", "id") == me and one.text("body").startswith(answers.OURS)
        ]
        if not mine:
            self.http.call("POST", path, json={"body": body})
        elif mine[0].text("body", most=MOST_TEXT + 100) != body:
            own = self.calls.repository(place, "issues", "comments", mine[0].need("id", "id"))
            self.http.call("PATCH", own, json={"body": body}, repeatable=True)

    def ask_review(self, place: Place, change: ChangeHeard, accounts: Sequence[Account]) -> None:
        """Each by themselves, so that one who can't read there doesn't keep the others from being asked. Raises the
        last refusal where nobody could be."""
        path = self.calls.repository(place, "pulls", change.number)
        asked = {one.id("user", "id") for one in self.calls.pages(path + "/reviews") if one.text("state") == _ASKED}
        failed: HttpError | None = None
        for account in accounts:
            login = "" if account.id in asked else self.calls.login(account)
            if not login:
                continue
            try:
                self.http.call("POST", path + "/requested_reviewers", json={"reviewers": [login]})
                asked.add(account.id)
            except HttpError as error:
                if error.status not in (403, 404, 422):
                    raise
                failed = error
        if failed is not None and not asked:
            raise failed

    def bypasses(self, place: Place, since: datetime) -> Sequence[BypassHeard]:  # noqa: ARG002 - as the port has it
        """None: neither Gitea nor Forgejo tells that an administrator merged against a rule. What was merged against a
        verdict of ours is noticed when the merge is heard of."""
        return ()

"""Asking GitLab, and publishing on it (REST v4).

python-gitlab isn't used: it brings its own transport (requests), which would go around our guard against addresses
inside the network and around our bounds, and what it would save here is the joining of paths.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from awayteam.forges import diffs
from awayteam.forges.gitlab import answers, publishing
from awayteam.forges.http import Http, HttpError, join
from awayteam.forges.http.addresses import Query
from awayteam.forges.port import (
    Account,
    BypassHeard,
    ChangeHeard,
    CheckRun,
    Finding,
    ForgeError,
    Limits,
    Notice,
    Place,
    ReviewHeard,
    Wrote,
)
from awayteam.forges.reading import Node

MOST_FILE: Final = 2_000_000
KEPT_ACCOUNTS: Final = 4096


class GitLabClient:
    """`port.Client` for GitLab. `status_check` names the external status check of a project ("": commit statuses),
    `approval_rule` the rule of a merge request that is kept for the home team ("": none)."""

    def __init__(self, http: Http, *, status_check: str = "", approval_rule: str = "") -> None:
        self.http, self.status_check, self.approval_rule = http, status_check, approval_rule
        self._bots: dict[str, bool] = {}
        self._me = ""

    def examine(self) -> Sequence[Finding]:
        me = Node(self.http.get("/user"))
        found = [Finding(True, f"We are {me.line('username')} there.")]
        try:
            scopes = Node(self.http.get(join("personal_access_tokens", "self")))
        except HttpError as error:
            return [*found, Finding(False, f"What the token may do can't be asked ({error.says}).")]
        may = any(one.value == "api" for one in scopes.items("scopes"))
        found.append(Finding(may, "The token has the scope api." if may else "The token lacks the scope api."))
        if ends := scopes.line("expires_at", most=40):
            found.append(Finding(True, f"The token expires on {ends}: renew it before."))
        is_some = bool(self._projects(40, most=1))
        found.append(
            Finding(
                is_some,
                "It is Maintainer in a project at least, and can give access there."
                if is_some
                else "It is Maintainer in no project: it can't give or take access.",
            )
        )
        return found

    def limits(self) -> Limits:
        return self.http.limits()

    def places(self) -> Sequence[Place]:
        return [
            Place(one.need("id", "id"), one.line("path_with_namespace"), one.url("web_url"))
            for one in self._projects(30, most=None)
        ]

    def change(self, place: Place, number: int) -> ChangeHeard:
        one = Node(self.http.get(merge_request(place, number)))
        by = one.at("merge_user") if one.at("merge_user") else one.at("merged_by")
        merged_by = self.account(by) if by.id("id") else None
        return answers.change_of(one, place, self.account(one.at("author")), merged_by)

    def open_changes(self, place: Place) -> Sequence[ChangeHeard]:
        """What a list tells of them: their bases stand only in the change itself."""
        found = self.pages(project(place) + "/merge_requests", {"state": "opened", "order_by": "updated_at"})
        return [answers.change_of(one, place, self.account(one.at("author")), None) for one in found]

    def paths(self, place: Place, change: ChangeHeard) -> Sequence[str]:
        """By the list of files, or, where GitLab cut that short, by the whole diff. Raises `ForgeError` where GitLab
        hasn't got to the head yet, and where neither is whole."""
        base = merge_request(place, change.number)
        newest = self._versions(place, change)[-1:]
        if not newest or newest[0].head != change.head:
            raise ForgeError("GitLab hasn't made the diff of this head yet, or it has another one.")
        version = newest[0]
        if version.is_whole:
            files = self.pages(base + "/diffs")
            if version.files is None or len(files) == version.files:
                return answers.paths_of(files)
        try:
            return diffs.touched(self.http.call("GET", base + "/raw_diffs").body)
        except HttpError as error:
            if error.status != 404:
                raise
        return self._compared(place, version.base, change.head)

    def _compared(self, place: Place, base: str, head: str) -> Sequence[str]:
        """For releases that don't give a whole diff: the comparison, where that isn't cut short too."""
        query: Query = {"from": base, "to": head, "straight": True}
        found = Node(self.http.get(project(place) + "/repository/compare", query))
        files = found.items("diffs")
        if found.flag("compare_timeout") or len(files) >= 1000:
            raise ForgeError("This change is too large for GitLab to list all of its files.", final=True)
        return answers.paths_of(files)

    def commits(self, place: Place, change: ChangeHeard) -> Sequence[Wrote]:
        """Authors, and committers who are somebody else. GitLab leads no commit to an account: there are names and
        addresses only, as whoever made the commit wrote them."""
        found = self.pages(merge_request(place, change.number) + "/commits")
        if not found or found[0].commit("id") != change.head:
            raise ForgeError("GitLab hasn't taken over this head yet, or it has another one.")
        return [wrote for one in found for wrote in answers.writers_of(one)]

    def reviews(self, place: Place, change: ChangeHeard) -> Sequence[ReviewHeard]:
        base = merge_request(place, change.number)
        approvals = Node(self.http.get(base + "/approvals")).items("approved_by")
        heard = answers.reviews_of(
            change,
            approvals,
            self.pages(base + "/reviewers"),
            self.pages(base + "/notes", {"order_by": "created_at", "sort": "desc"}),
            self._versions(place, change),
        )
        return [
            ReviewHeard(one.place, one.change, one.number, one.id, self._known(one.by), one.said, one.commit, one.at)
            for one in heard
        ]

    def checks(self, place: Place, commit: str) -> Sequence[CheckRun]:
        path = project(place) + join("repository", "commits", commit, "statuses")
        return answers.checks_of(self.pages(path), ours=publishing.CONTEXT)

    def tip(self, place: Place, branch: str) -> str:
        try:
            found = Node(self.http.get(project(place) + join("repository", "branches", branch)))
        except HttpError as error:
            if error.status == 404:
                return ""
            raise
        return str(found.need("commit", "commit", "id"))

    def files(self, place: Place, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        if not commit:
            raise ForgeError("GitLab hasn't told the base of this change yet.")
        found = {}
        for path in paths:
            target = project(place) + join("repository", "files", path, "raw")
            try:
                body = self.http.call("GET", target, query={"ref": commit}).body
            except HttpError as error:
                if error.status == 404:
                    continue
                raise
            if len(body) > MOST_FILE:
                raise ForgeError(f"{path[:200]} has more than {MOST_FILE:,} bytes.", final=True)
            found[path] = body
        return found

    def publish(self, place: Place, change: ChangeHeard, notice: Notice) -> None:
        publishing.publish(self, place, change, notice)

    def comment(self, place: Place, change: ChangeHeard, text: str) -> None:
        publishing.write_note(self, merge_request(place, change.number) + "/notes", text)

    def comment_issue(self, place: Place, number: int, text: str) -> None:
        publishing.write_note(self, project(place) + join("issues", number, "notes"), text)

    def ask_review(self, place: Place, change: ChangeHeard, accounts: Sequence[Account]) -> None:
        publishing.ask_review(self, place, change, accounts)

    def bypasses(self, place: Place, since: datetime) -> Sequence[BypassHeard]:  # noqa: ARG002 - as the port has it
        """None: no interface of GitLab tells that a merge request was merged against a check. What was merged against a
        verdict of ours is noticed when the merge is heard of."""
        return ()

    def find(self, login: str) -> Account | None:
        """The account that is called so now."""
        found = [Node(one) for one in self.http.pages("/users", {"username": login}, most=1, cut=True)]
        same = [one for one in found if one.line("username").lower() == login.lower() and one.id("id")]
        return self.account(same[0]) if len(same) == 1 else None

    def me(self) -> str:
        """The id of the account that the token acts as."""
        if not self._me:
            self._me = Node(self.http.get("/user")).need("id", "id")
        return self._me

    def account(self, user: Node) -> Account:
        return self._known(answers.account_of(user))

    def _known(self, account: Account) -> Account:
        """With whether it is a bot, which stands in the account itself and nowhere else. Asked once of each."""
        if not account.id:
            return account
        if account.id not in self._bots:
            try:
                is_bot = Node(self.http.get(join("users", account.id))).flag("bot")
            except HttpError as error:
                if error.status not in (403, 404):
                    raise
                is_bot = False
            if len(self._bots) >= KEPT_ACCOUNTS:
                self._bots.clear()
            self._bots[account.id] = is_bot
        return Account(account.id, account.login, self._bots[account.id])

    def pages(self, path: str, query: Query | None = None) -> list[Node]:
        return [Node(one) for one in self.http.pages(path, query)]

    def _projects(self, level: int, *, most: int | None) -> list[Node]:
        query: Query = {
            "membership": True,
            "archived": False,
            "simple": True,
            "min_access_level": level,
            "order_by": "id",
        }
        return [Node(one) for one in self.http.pages("/projects", query, most=most, cut=most is not None)]

    def _versions(self, place: Place, change: ChangeHeard) -> list[answers.Version]:
        return answers.versions_of(self.pages(merge_request(place, change.number) + "/versions"))


def project(place: Place) -> str:
    """By its id: a name may be another project's by now."""
    return join("projects", place.id)


def merge_request(place: Place, number: int) -> str:
    return project(place) + join("merge_requests", number)

"""Asking GitHub about changes. What is published there is in `publishing`, access in `grants`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from awayteam.forges.github import examining, reading
from awayteam.forges.github.api import Api, Repository
from awayteam.forges.github.publishing import Publishing
from awayteam.forges.github.reading import Json, obj
from awayteam.forges.github.trees import Objects
from awayteam.forges.http import HttpError
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

FILES_LISTED = 300
"""GitHub's comparison names at most so many files."""
PASSED = frozenset({"success", "neutral", "skipped"})
WEB = "web-flow"
"""GitHub's own account, the committer of what is done in the browser."""
MOST_BYPASSES = 200


class GithubClient:
    """`port.Client`. Every answer is about the repository with the place's id, whatever it is called now; before
    something is written, its name is asked for again."""

    def __init__(self, api: Api) -> None:
        self.api, self.objects, self.publishing = api, Objects(), Publishing(api)

    def examine(self) -> Sequence[Finding]:
        return examining.examine(self.api)

    def limits(self) -> Limits:
        return self.api.limits()

    def places(self) -> Sequence[Place]:
        return self.api.places()

    def change(self, place: Place, number: int) -> ChangeHeard:
        where = self.api.repository(place)
        return _change(where, where.object("pulls", number))

    def open_changes(self, place: Place) -> Sequence[ChangeHeard]:
        where = self.api.repository(place)
        query = {"state": "open", "sort": "created", "direction": "asc"}
        return [_change(where, one) for one in where.list("pulls", query=query)]

    def paths(self, place: Place, change: ChangeHeard) -> Sequence[str]:
        """By comparing the change's very commits, not by the pull request's list of files: that ends at 3,000, and
        another push while it is read would exchange it. From 300 files on, git's trees are compared."""
        where = self.api.repository(place)
        told = where.object("compare", f"{change.base}...{change.head}", per_page=1, page=1)
        files = reading.entries(told.get("files", []), "files")
        if "files" in told and len(files) < FILES_LISTED:
            return sorted(_names(files))
        common = reading.sha(obj(told, "merge_base_commit"), "sha")
        if not common:
            raise ForgeError(f"{where.place.slug}: GitHub names no common ancestor of the change and its base")
        return sorted(self.objects.differing(where, common, change.head))

    def commits(self, place: Place, change: ChangeHeard) -> Sequence[Wrote]:
        """Authors, and committers who are somebody else: they had their hands in it, too."""
        where = self.api.repository(place)
        basehead = f"{change.base}...{change.head}"
        found = where.list("compare", basehead, within="commits")
        return [wrote for one in found for wrote in _wrote(one)]

    def reviews(self, place: Place, change: ChangeHeard) -> Sequence[ReviewHeard]:
        where = self.api.repository(place)
        listed = where.list("pulls", change.number, "reviews")
        heard = (reading.review(one, where.place, change.id, change.number) for one in listed)
        return [one for one in heard if one is not None]

    def checks(self, place: Place, commit: str) -> Sequence[CheckRun]:
        """Check runs and statuses, ours left out. Of several with one name the worst counts: anybody who may write can
        set a status under any name."""
        where = self.api.repository(place)
        found: dict[str, bool | None] = {}
        runs = where.list("commits", commit, "check-runs", within="check_runs", query={"filter": "latest"})
        named = [(reading.line(one, "name"), _passed(one)) for one in runs if not self.publishing.is_ours(one)]
        statuses = where.list("commits", commit, "status", within="statuses")
        named += [(reading.line(one, "context"), _stood(one)) for one in statuses]
        for name, passed in named:
            if name:
                found[name] = _worse(found[name], passed) if name in found else passed
        return [CheckRun(name, passed) for name, passed in sorted(found.items())]

    def tip(self, place: Place, branch: str) -> str:
        try:
            told = self.api.repository(place).object("branches", branch)
        except HttpError as error:
            if error.status == 404:
                return ""
            raise
        return reading.sha(obj(told, "commit"), "sha")

    def files(self, place: Place, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        return self.objects.files(self.api.repository(place), commit, paths)

    def publish(self, place: Place, change: ChangeHeard, notice: Notice) -> None:
        self.publishing.check(self.api.repository(place, fresh=True), change, notice)

    def comment(self, place: Place, change: ChangeHeard, text: str) -> None:
        self.publishing.comment(self.api.repository(place, fresh=True), change.number, text)

    def comment_issue(self, place: Place, number: int, text: str) -> None:
        self.publishing.comment(self.api.repository(place, fresh=True), number, text)

    def ask_review(self, place: Place, change: ChangeHeard, accounts: Sequence[Account]) -> None:
        self.publishing.ask_review(self.api.repository(place, fresh=True), change, accounts)

    def bypasses(self, place: Place, since: datetime) -> Sequence[BypassHeard]:
        """From rule suites, oldest first. Members whose bypass mode is `exempt` leave no trace there."""
        where = self.api.repository(place)
        period = reading.since(since, self.api.forge_now())
        query = {"rule_suite_result": "bypass", "time_period": period}
        found = []
        for one in where.list("rulesets", "rule-suites", query=query):
            at = reading.moment(one, "pushed_at")
            if at is not None and at >= since and reading.ident(one):
                found.append((at, one))
        if len(found) > MOST_BYPASSES:
            raise ForgeError(f"{where.place.slug}: more than {MOST_BYPASSES} bypasses since {since:%Y-%m-%d %H:%M} UTC")
        return [_bypass(where, one, at) for at, one in sorted(found, key=lambda pair: pair[0])]


def _change(where: Repository, told: Json) -> ChangeHeard:
    heard = reading.change(told)
    if heard is None:
        raise ForgeError(f"GitHub answered with a pull request of {where.place.slug} that lacks ids or commits")
    if heard.place.id != where.place.id:
        raise ForgeError(f"GitHub answered with a pull request of another repository than {where.place.slug}")
    return heard


def _names(files: Sequence[Json]) -> set[str]:
    names = [one.get("filename") for one in files]
    names += [one["previous_filename"] for one in files if one.get("previous_filename") is not None]
    found = {name for name in names if isinstance(name, str) and name}
    if not all(isinstance(name, str) and name for name in names):
        raise ForgeError("GitHub listed a file without a name")
    return found


def _wrote(of: Json) -> list[Wrote]:
    commit = reading.sha(of, "sha")
    if not commit:
        raise ForgeError("GitHub listed a commit without an id")
    found = []
    for role in ("author", "committer"):
        account, signed = reading.account(obj(of, role)), obj(of, "commit", role)
        wrote = Wrote(commit, account, reading.line(signed, "email"), reading.line(signed, "name"))
        is_web = role == "committer" and account is not None and account.login == WEB
        if not is_web and wrote not in found:
            found.append(wrote)
    return found


def _passed(run: Json) -> bool | None:
    return None if run.get("status") != "completed" else reading.text(run, "conclusion") in PASSED


def _stood(status: Json) -> bool | None:
    return {"success": True, "pending": None}.get(reading.text(status, "state"), False)


def _worse(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _bypass(where: Repository, suite: Json, at: datetime) -> BypassHeard:
    known = reading.ident(suite)
    try:
        rules = reading.objs(where.object("rulesets", "rule-suites", known).get("rule_evaluations"), 100)
    except HttpError as error:
        if error.status != 404:
            raise
        rules = []
    failed = [reading.line(one, "rule_type", 80) for one in rules if one.get("result") == "fail"]
    actor, login = reading.ident(suite, "actor_id"), reading.line(suite, "actor_name", 100)
    return BypassHeard(
        place=where.place,
        id=known,
        by=Account(actor, login, login.endswith("[bot]")) if actor and login else reading.GHOST,
        ref=reading.line(suite, "ref"),
        before=reading.sha(suite, "before_sha"),
        after=reading.sha(suite, "after_sha"),
        says="went around: " + ", ".join(dict.fromkeys(filter(None, failed))) if any(failed) else "went around a rule",
        at=at,
    )

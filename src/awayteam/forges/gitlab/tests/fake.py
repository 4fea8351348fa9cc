"""A GitLab of ours for tests: projects, merge requests, approvals, notes, statuses and members, over real HTTP."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from awayteam.forges.tests.peer import Asked, Peer, Reply, hexes

TOKEN = "glpat-only-for-tests"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOT_FOUND = Reply(404, {"message": "404 Not found"})


@dataclass
class Merge:
    """A merge request."""

    number: int
    project: int
    author: int
    title: str
    target: str
    made: datetime
    source_project: int
    versions: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    diff: bytes = b""
    commits: list[dict[str, Any]] = field(default_factory=list)
    approvals: dict[int, datetime] = field(default_factory=dict)
    requested: set[int] = field(default_factory=set)
    reviewers: list[int] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    responses: list[dict[str, Any]] = field(default_factory=list)
    state: str = "opened"
    draft: bool = False
    merged_by: int = 0
    updated: datetime = START

    @property
    def head(self) -> str:
        return str(self.versions[-1]["head_commit_sha"])


class FakeGitLab(Peer):
    """`tier` is "free", "premium" or "ultimate": what the tier hasn't answers 404, or 403 for rules."""

    prefix = "/api/v4"

    def __init__(self, tier: str = "ultimate") -> None:
        super().__init__()
        self.tier = tier
        self.now, self.ids, self.shas = START, 100, hexes()
        self.users: dict[int, dict[str, Any]] = {}
        self.projects: dict[int, str] = {}
        self.merges: dict[tuple[int, int], Merge] = {}
        self.members: dict[int, dict[int, dict[str, Any]]] = {}
        self.inherited: dict[int, dict[int, dict[str, Any]]] = {}
        self.invitations: dict[int, list[dict[str, Any]]] = {}
        self.statuses: list[dict[str, Any]] = []
        self.pipelines: list[dict[str, Any]] = []
        self.contents: dict[tuple[int, str, str], bytes] = {}
        self.branches: dict[tuple[int, str], str] = {}
        self.checks: dict[int, list[dict[str, Any]]] = {}
        self.issue_notes: dict[tuple[int, int], list[dict[str, Any]]] = {}
        self.scopes = ["api"]
        self.me = self.user("awayteam-bot", bot=True)
        self._routes()

    def tick(self, seconds: int = 1) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def id(self) -> int:
        self.ids += 1
        return self.ids

    # -- what tests set up

    def user(self, name: str, *, bot: bool = False) -> int:
        number = self.id()
        url = f"{self.address}/{name}"
        self.users[number] = {"id": number, "username": name, "name": name.title(), "state": "active", "locked": False,
                              "avatar_url": f"{url}.png", "web_url": url, "bot": bot}  # fmt: skip
        return number

    def project(self, path: str) -> int:
        number = self.id()
        self.projects[number] = path
        self.members[number] = {self.me: self._member(self.me, 50)}
        self.inherited[number], self.invitations[number], self.checks[number] = {}, [], []
        return number

    def check(self, project: int, name: str = "Awayteam") -> int:
        number = self.id()
        self.checks[project].append({"id": number, "name": name, "project_id": project, "protected_branches": [],
                                     "external_url": "https://awayteam.example/", "hmac": False})  # fmt: skip
        return number

    def inherit(self, project: int, user: int, level: int) -> None:
        self.inherited[project][user] = self._member(user, level)

    def merge(self, project: int, author: int, title: str = "Count orders", *, source: int = 0) -> Merge:
        number = 1 + sum(1 for key in self.merges if key[0] == project)
        one = Merge(number, project, author, title, "main", self.tick(), source or project, updated=self.now)
        self.merges[(project, number)] = one
        self.push(one, ["src/count.py"])
        return one

    def push(self, one: Merge, paths: list[str], *, state: str = "collected") -> str:
        """A new head that touches `paths`; approvals are kept, as without the project's setting."""
        head = next(self.shas)
        base = one.versions[0]["base_commit_sha"] if one.versions else next(self.shas)
        at = self.tick()
        one.files = [_file(path) for path in paths]
        one.commits.insert(0, {"id": head, "short_id": head[:8], "title": "Work", "message": "Work",
                               "parent_ids": [base],
                               "author_name": "Ada", "author_email": "ada@example.com", "authored_date": _at(at),
                               "committer_name": "Ada", "committer_email": "ada@example.com", "committed_date": _at(at),
                               "created_at": _at(at), "web_url": f"{self.address}/-/commit/{head}"})  # fmt: skip
        one.versions.append({"id": self.id(), "head_commit_sha": head, "base_commit_sha": base,
                             "start_commit_sha": base,
                             "created_at": _at(at), "merge_request_id": one.number, "state": state,
                             "real_size": str(len(paths))})  # fmt: skip
        one.updated = at
        return head

    def approve(self, one: Merge, user: int) -> None:
        one.approvals[user] = self.tick()
        self._noted(one, user, "approved this merge request")

    def unapprove(self, one: Merge, user: int) -> None:
        self.tick()
        one.approvals.pop(user)
        self._noted(one, user, "unapproved this merge request")

    def request_changes(self, one: Merge, user: int) -> None:
        self.tick()
        one.approvals.pop(user, None)
        one.requested.add(user)
        self._noted(one, user, "requested changes")

    def note(self, one: Merge, user: int, body: str, *, system: bool = False) -> dict[str, Any]:
        self.tick()
        return self._noted(one, user, body, system=system)

    def _noted(self, one: Merge, user: int, body: str, *, system: bool = True) -> dict[str, Any]:
        made = self._note(user, body, "MergeRequest", system=system)
        one.notes.append(made)
        return made

    def _note(self, user: int, body: str, kind: str, *, system: bool) -> dict[str, Any]:
        return {"id": self.id(), "body": body, "author": self.basic(user), "created_at": _at(self.now),
                "updated_at": _at(self.now), "system": system, "noteable_type": kind, "internal": False}  # fmt: skip

    def basic(self, user: int) -> dict[str, Any]:
        return {name: value for name, value in self.users[user].items() if name != "bot"}

    def _member(self, user: int, level: int, expires_at: str | None = None) -> dict[str, Any]:
        return {**self.basic(user), "access_level": level, "expires_at": expires_at, "membership_state": "active",
                "created_at": _at(self.now)}  # fmt: skip

    # -- what it answers

    def allowed(self, asked: Asked) -> Reply | None:
        return None if asked.headers.get("private-token") == TOKEN else Reply(401, {"message": "401 Unauthorized"})

    def _routes(self) -> None:
        mine = "/projects/{id}"
        mr = mine + "/merge_requests/{iid}"
        for method, path, handler in (
            ("GET", "/user", lambda asked: Reply(200, self.users[self.me])),
            ("GET", "/users", lambda asked: self.page(asked, self._called(asked.get("username")))),
            ("GET", "/users/{user}", lambda asked: Reply(200, self.users[int(asked.parts["user"])])),
            ("GET", "/personal_access_tokens/self", self._token),
            ("GET", "/projects", self._projects),
            ("GET", mine + "/merge_requests", self._merges),
            ("GET", mr, lambda asked: Reply(200, self._shown(self._merge(asked), whole=True))),
            ("PUT", mr, self._review),
            ("GET", mr + "/versions", lambda asked: self.page(asked, self._merge(asked).versions[::-1])),
            ("GET", mr + "/diffs", lambda asked: self.page(asked, self._merge(asked).files)),
            ("GET", mr + "/raw_diffs", lambda asked: Reply(raw=self._merge(asked).diff)),
            ("GET", mr + "/commits", lambda asked: self.page(asked, self._merge(asked).commits)),
            ("GET", mr + "/approvals", self._approvals),
            ("GET", mr + "/reviewers", self._reviewers),
            ("GET", mr + "/pipelines", lambda asked: self.page(asked, self.pipelines)),
            ("GET", mr + "/notes", lambda asked: self._notes(asked, self._merge(asked).notes)),
            ("POST", mr + "/notes", lambda asked: self._write_note(asked, self._merge(asked).notes)),
            ("PUT", mr + "/notes/{note}", lambda asked: self._edit_note(asked, self._merge(asked).notes)),
            ("GET", mr + "/approval_rules", self._rules),
            ("POST", mr + "/approval_rules", self._make_rule),
            ("PUT", mr + "/approval_rules/{rule}", self._change_rule),
            ("POST", mr + "/status_check_responses", self._respond),
            ("GET", mine + "/issues/{iid}/notes", lambda asked: self._notes(asked, self._issue(asked))),
            ("POST", mine + "/issues/{iid}/notes", lambda asked: self._write_note(asked, self._issue(asked))),
            ("PUT", mine + "/issues/{iid}/notes/{note}", lambda asked: self._edit_note(asked, self._issue(asked))),
            ("GET", mine + "/external_status_checks", self._external),
            ("GET", mine + "/repository/commits/{sha}/statuses", self._statuses_of),
            ("POST", mine + "/statuses/{sha}", self._set_status),
            ("GET", mine + "/repository/files/{path}/raw", self._file),
            ("GET", mine + "/repository/branches/{branch}", self._branch),
            ("GET", mine + "/members", lambda asked: self.page(asked, list(self.members[_project(asked)].values()))),
            ("POST", mine + "/members", self._add),
            ("GET", mine + "/members/all", self._every),
            ("GET", mine + "/members/{user}", self._one),
            ("PUT", mine + "/members/{user}", self._set),
            ("DELETE", mine + "/members/{user}", self._remove),
            ("GET", mine + "/invitations", lambda asked: self.page(asked, self.invitations[_project(asked)])),
            ("DELETE", mine + "/invitations/{email}", self._uninvite),
        ):  # fmt: skip
            self.route(method, path, _safely(handler))

    def _called(self, name: str) -> list[dict[str, Any]]:
        return [self.basic(number) for number, user in self.users.items() if user["username"] == name.lower()]

    def _token(self, asked: Asked) -> Reply:
        return Reply(200, {"id": 1, "name": "awayteam", "revoked": False, "created_at": _at(START), "user_id": self.me,
                           "scopes": self.scopes, "active": True, "expires_at": "2026-12-31"})  # fmt: skip

    def _projects(self, asked: Asked) -> Reply:
        least = asked.whole("min_access_level", 0)
        mine = {number for number, members in self.members.items() if members[self.me]["access_level"] >= least}
        found = [
            {"id": number, "path_with_namespace": self.projects[number], "web_url": self.address} for number in mine
        ]
        return self.page(asked, found)

    def _merge(self, asked: Asked) -> Merge:
        return self.merges[(_project(asked), int(asked.parts["iid"]))]

    def _merges(self, asked: Asked) -> Reply:
        state = asked.get("state", "all")
        found = [one for key, one in self.merges.items() if key[0] == _project(asked) and state in ("all", one.state)]
        return self.page(asked, [self._shown(one, whole=False) for one in found])

    def _shown(self, one: Merge, *, whole: bool) -> dict[str, Any]:
        by = self.basic(one.merged_by) if one.merged_by else None
        shown = {
            "id": one.project * 1000 + one.number, "iid": one.number, "project_id": one.project, "title": one.title,
            "description": "", "state": one.state, "created_at": _at(one.made), "updated_at": _at(one.updated),
            "target_branch": one.target, "source_branch": "visit", "author": self.basic(one.author), "sha": one.head,
            "source_project_id": one.source_project, "target_project_id": one.project, "draft": one.draft,
            "work_in_progress": one.draft, "merge_user": by, "merged_by": by,
            "merged_at": _at(one.updated) if one.state == "merged" else None,
            "closed_at": _at(one.updated) if one.state == "closed" else None,
            "references": {"full": f"{self.projects[one.project]}!{one.number}"},
            "web_url": f"{self.address}/{self.projects[one.project]}/-/merge_requests/{one.number}",
            "reviewers": [self.basic(user) for user in one.reviewers],
        }  # fmt: skip
        last = one.versions[-1]
        refs = {"base_sha": last["base_commit_sha"], "head_sha": one.head, "start_sha": last["start_commit_sha"]}
        return {**shown, "changes_count": last["real_size"], "diff_refs": refs} if whole else shown

    def _review(self, asked: Asked) -> Reply:
        one = self._merge(asked)
        wanted = asked.body["reviewer_ids"]
        one.reviewers = wanted[:1] if self.tier == "free" else wanted
        return Reply(200, self._shown(one, whole=True))

    def _approvals(self, asked: Asked) -> Reply:
        one = self._merge(asked)
        given = [{"user": self.basic(user), "approved_at": _at(at)} for user, at in one.approvals.items()]
        return Reply(
            200, {"user_has_approved": False, "user_can_approve": True, "approved": bool(given), "approved_by": given}
        )

    def _reviewers(self, asked: Asked) -> Reply:
        one = self._merge(asked)
        every = list(dict.fromkeys([*one.reviewers, *one.requested]))
        return self.page(asked, [{"user": self.basic(user), "created_at": _at(one.made),
                                  "state": "requested_changes" if user in one.requested else "unreviewed"}
                                 for user in every])  # fmt: skip

    def _notes(self, asked: Asked, notes: list[dict[str, Any]]) -> Reply:
        return self.page(asked, notes if asked.get("sort") == "asc" else notes[::-1])

    def _issue(self, asked: Asked) -> list[dict[str, Any]]:
        return self.issue_notes.setdefault((_project(asked), int(asked.parts["iid"])), [])

    def _write_note(self, asked: Asked, notes: list[dict[str, Any]]) -> Reply:
        self.tick()
        kind = "MergeRequest" if "merge_requests" in asked.path else "Issue"
        notes.append(self._note(self.me, asked.body["body"], kind, system=False))
        return Reply(201, notes[-1])

    def _edit_note(self, asked: Asked, notes: list[dict[str, Any]]) -> Reply:
        (one,) = [each for each in notes if each["id"] == int(asked.parts["note"])]
        if one["author"]["id"] != self.me:
            return Reply(403, {"message": "403 Forbidden"})
        one["body"] = asked.body["body"]
        return Reply(200, one)

    def _rules(self, asked: Asked) -> Reply:
        return self.page(asked, self._merge(asked).rules) if self.tier != "free" else NOT_FOUND

    def _make_rule(self, asked: Asked) -> Reply:
        if self.tier == "free":
            return NOT_FOUND
        told = asked.body
        rule = {"id": self.id(), "name": told["name"], "rule_type": "regular", "groups": [],
                "approvals_required": told["approvals_required"],
                "users": [self.basic(user) for user in told["user_ids"]]}  # fmt: skip
        self._merge(asked).rules.append(rule)
        return Reply(201, rule)

    def _change_rule(self, asked: Asked) -> Reply:
        (rule,) = [one for one in self._merge(asked).rules if one["id"] == int(asked.parts["rule"])]
        rule["users"] = [self.basic(user) for user in asked.body["user_ids"]]
        return Reply(200, rule)

    def _external(self, asked: Asked) -> Reply:
        return self.page(asked, self.checks[_project(asked)]) if self.tier == "ultimate" else NOT_FOUND

    def _respond(self, asked: Asked) -> Reply:
        one, told = self._merge(asked), asked.body
        known = {check["id"] for check in self.checks[_project(asked)]}
        if self.tier != "ultimate" or told["external_status_check_id"] not in known:
            return NOT_FOUND
        if told["sha"] != one.head:
            return Reply(409, {"message": "409 Conflict: SHA does not match HEAD of source branch"})
        one.responses.append(told)
        return Reply(201, {"id": self.id(), "merge_request": {"id": one.number, "iid": one.number},
                           "external_status_check": {"id": told["external_status_check_id"]}})  # fmt: skip

    def _statuses_of(self, asked: Asked) -> Reply:
        name = asked.get("name")
        found = [one for one in self.statuses if one["sha"] == asked.parts["sha"] and name in ("", one["name"])]
        newest = {one["name"]: one for one in found}
        return self.page(asked, list(newest.values()))

    def status(self, sha: str, name: str, state: str, user: int) -> dict[str, Any]:
        made = {"id": self.id(), "sha": sha, "ref": "visit", "status": state, "name": name, "description": "",
                "target_url": "", "created_at": _at(self.tick()), "started_at": None, "finished_at": None,
                "allow_failure": False, "coverage": None, "author": self.basic(user), "pipeline_id": 1}  # fmt: skip
        self.statuses.append(made)
        return made

    def _set_status(self, asked: Asked) -> Reply:
        told, sha = asked.body, asked.parts["sha"]
        if not any(sha == version["head_commit_sha"] for one in self.merges.values() for version in one.versions):
            return NOT_FOUND
        mine = [one for one in self.statuses if (one["sha"], one["name"]) == (sha, told["name"])]
        if mine and mine[-1]["status"] == told["state"] == "pending":
            return Reply(400, {"message": "Cannot transition status via :enqueue from :pending (Reason(s): Status)"})
        made = self.status(sha, told["name"], told["state"], self.me)
        made.update(description=told["description"], target_url=told["target_url"],
                    pipeline_id=told.get("pipeline_id", 1))  # fmt: skip
        return Reply(201, made)

    def _branch(self, asked: Asked) -> Reply:
        tip = self.branches.get((_project(asked), asked.parts["branch"]))
        return NOT_FOUND if tip is None else Reply(200, {"name": asked.parts["branch"], "commit": {"id": tip}})

    def _file(self, asked: Asked) -> Reply:
        body = self.contents.get((_project(asked), asked.get("ref"), asked.parts["path"]))
        return NOT_FOUND if body is None else Reply(raw=body, headers={"Content-Type": "text/plain"})

    def _every(self, asked: Asked) -> Reply:
        project = _project(asked)
        found = dict(self.inherited[project])
        for user, member in self.members[project].items():
            if user not in found or found[user]["access_level"] < member["access_level"]:
                found[user] = member
        return self.page(asked, list(found.values()))

    def _one(self, asked: Asked) -> Reply:
        return Reply(200, self.members[_project(asked)][int(asked.parts["user"])])

    def _add(self, asked: Asked) -> Reply:
        project, user, level = _project(asked), asked.body["user_id"], asked.body["access_level"]
        above = self.inherited[project].get(user)
        if above and above["access_level"] > level:
            says = "should be greater than or equal to Developer inherited membership from group shop"
            return Reply(400, {"message": {"access_level": [says]}})
        if user in self.members[project]:
            return Reply(409, {"message": "Member already exists"})
        self.members[project][user] = self._member(user, level, asked.body["expires_at"])
        return Reply(201, self.members[project][user])

    def _set(self, asked: Asked) -> Reply:
        project, user = _project(asked), int(asked.parts["user"])
        self.members[project][user].update(access_level=asked.body["access_level"], expires_at=asked.body["expires_at"])
        return Reply(200, self.members[project][user])

    def _remove(self, asked: Asked) -> Reply:
        self.members[_project(asked)].pop(int(asked.parts["user"]))
        return Reply(204)

    def _uninvite(self, asked: Asked) -> Reply:
        found = self.invitations[_project(asked)]
        self.invitations[_project(asked)] = [one for one in found if one["invite_email"] != asked.parts["email"]]
        return Reply(204) if len(found) > len(self.invitations[_project(asked)]) else NOT_FOUND


def _safely(handler: Any) -> Any:
    """Whatever isn't there is 404."""

    def answer(asked: Asked) -> Reply:
        try:
            return handler(asked)
        except (KeyError, ValueError):
            return NOT_FOUND

    return answer


def _project(asked: Asked) -> int:
    return int(asked.parts["id"])


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _file(path: str) -> dict[str, Any]:
    old, _, new = path.partition(" -> ")
    return {"old_path": old, "new_path": new or old, "a_mode": "100644", "b_mode": "100644", "diff": "",
            "new_file": False, "renamed_file": bool(new), "deleted_file": False, "generated_file": False}  # fmt: skip

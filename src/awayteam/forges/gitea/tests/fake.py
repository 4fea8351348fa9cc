"""A Gitea of ours for tests: repositories, pull requests, reviews, statuses, comments, collaborators and teams."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from awayteam.forges.tests.peer import Asked, Peer, Reply, hexes

TOKEN = "only-for-tests"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOT_FOUND = Reply(404, {"message": "The target couldn't be found.", "url": "https://example.com/api/swagger"})


@dataclass
class Pull:
    """A pull request. `taken` is the head that files and commits are of: the forge takes a push over later."""

    number: int
    repo: int
    author: int
    title: str
    base: str
    head_repo: int
    heads: list[str] = field(default_factory=list)
    taken: int = 1
    files: list[dict[str, Any]] = field(default_factory=list)
    diff: bytes = b""
    reviews: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    state: str = "open"
    merged_by: int = 0
    draft: bool = False
    updated: datetime = START

    @property
    def head(self) -> str:
        return self.heads[-1]


class FakeGitea(Peer):
    """Names of repositories and users may change; ids don't. `has_files` is False for releases before 1.18."""

    prefix = "/api/v1"

    def __init__(self) -> None:
        super().__init__()
        self.now, self.ids, self.shas = START, 0, hexes()
        self.users: dict[int, dict[str, Any]] = {}
        self.hidden: set[int] = set()
        self.repos: dict[int, dict[str, Any]] = {}
        self.pulls: dict[tuple[int, int], Pull] = {}
        self.statuses: list[dict[str, Any]] = []
        self.collaborators: dict[int, dict[int, str]] = {}
        self.teams: dict[int, list[dict[str, Any]]] = {}
        self.members: dict[int, list[int]] = {}
        self.protections: dict[int, list[dict[str, Any]]] = {}
        self.contents: dict[tuple[int, str, str], bytes] = {}
        self.branches: dict[tuple[int, str], str] = {}
        self.has_files = self.has_permission = True
        self.me = self.user("awayteam-bot")
        self._routes()

    def id(self) -> int:
        self.ids += 1
        return self.ids

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    # -- what tests set up

    def user(self, login: str) -> int:
        number = self.id()
        self.users[number] = {"id": number, "login": login, "full_name": "", "email": f"{login}@example.com",
                              "avatar_url": "", "is_admin": False, "created": _at(START)}  # fmt: skip
        return number

    def repo(self, owner: int, name: str) -> int:
        number = self.id()
        self.repos[number] = {"id": number, "name": name, "owner": owner}
        self.collaborators[number], self.teams[number], self.protections[number] = {}, [], []
        return number

    def team(self, repo: int, permission: str, users: list[int], **units: str) -> int:
        number = self.id()
        self.teams[repo].append({"id": number, "name": f"team{number}", "permission": permission, "units_map": units})
        self.members[number] = users
        return number

    def pull(self, repo: int, author: int, title: str = "Count orders", *, head_repo: int = 0) -> Pull:
        number = 1 + sum(1 for key in self.pulls if key[0] == repo)
        one = Pull(number, repo, author, title, next(self.shas), head_repo or repo, updated=self.tick())
        self.pulls[(repo, number)] = one
        self.push(one, ["src/count.py"])
        return one

    def push(self, one: Pull, paths: list[str], *, taken: bool = True) -> str:
        one.heads.append(next(self.shas))
        one.files = [_file(path) for path in paths]
        one.taken = len(one.heads) if taken else one.taken
        one.updated = self.tick()
        return one.head

    def review(self, one: Pull, user: int, state: str, **more: Any) -> dict[str, Any]:
        made = {"id": self.id(), "user": self.users[user], "state": state, "commit_id": one.head, "stale": False,
                "official": True, "dismissed": False, "body": "", "submitted_at": _at(self.tick()), **more}  # fmt: skip
        one.reviews.append(made)
        return made

    def status(self, sha: str, context: str, state: str) -> dict[str, Any]:
        made = {"id": self.id(), "status": state, "context": context, "description": "", "target_url": "",
                "creator": self.users[self.me], "created_at": _at(self.tick()),
                    "updated_at": _at(self.now)}  # fmt: skip
        self.statuses.append({**made, "sha": sha})
        return self.statuses[-1]

    # -- what it answers

    def allowed(self, asked: Asked) -> Reply | None:
        good = asked.headers.get("authorization") == f"token {TOKEN}"
        return None if good else Reply(401, {"message": "token is required", "url": ""})

    def _routes(self) -> None:
        mine = "/repos/{owner}/{repo}"
        pull, who = mine + "/pulls/{index}", mine + "/collaborators/{who}"
        for method, path, handler in (
            ("GET", "/user", lambda asked: Reply(200, self.users[self.me])),
            ("GET", "/users/search", self._search),
            ("GET", "/users/{who}", lambda asked: Reply(200, self.users[self._who(asked)])),
            ("GET", "/user/repos", lambda asked: self._page(asked, [self._shown_repo(one) for one in self.repos])),
            ("GET", "/repositories/{id}", lambda asked: Reply(200, self._shown_repo(int(asked.parts["id"])))),
            ("GET", mine, lambda asked: Reply(200, self._shown_repo(self._repo(asked)))),
            ("GET", mine + "/branch_protections", lambda asked: Reply(200, self.protections[self._repo(asked)])),
            ("GET", mine + "/pulls", self._pulls),
            ("GET", pull + ".diff", lambda asked: Reply(raw=self._pull(asked).diff)),
            ("GET", pull + "/files", self._files),
            ("GET", pull + "/commits", self._commits),
            ("GET", pull + "/reviews", lambda asked: self._page(asked, self._pull(asked).reviews)),
            ("POST", pull + "/requested_reviewers", self._ask),
            ("GET", pull, lambda asked: Reply(200, self._shown(self._pull(asked)))),
            ("GET", mine + "/commits/{sha}/statuses", self._statuses_of),
            ("POST", mine + "/statuses/{sha}", self._set_status),
            ("GET", mine + "/raw/{path...}", self._raw),
            ("GET", mine + "/branches/{branch}", self._branch),
            ("GET", mine + "/issues/{index}/comments", lambda asked: Reply(200, self._pull(asked).comments)),
            ("POST", mine + "/issues/{index}/comments", self._comment),
            ("PATCH", mine + "/issues/comments/{id}", self._edit),
            ("GET", mine + "/collaborators", self._collaborators),
            ("GET", who + "/permission", self._permission),
            ("PUT", who, self._give),
            ("DELETE", who, self._take),
            ("GET", mine + "/teams", lambda asked: Reply(200, self.teams[self._repo(asked)])),
            ("GET", "/teams/{id}/members", self._members),
        ):  # fmt: skip
            self.route(method, path, _safely(handler))

    def _page(self, asked: Asked, entries: list[Any]) -> Reply:
        return self.page(asked, entries, size="limit", default=30, most=50)

    def _who(self, asked: Asked) -> int:
        return next(number for number, user in self.users.items() if user["login"] == asked.parts["who"])

    def _search(self, asked: Asked) -> Reply:
        number = asked.whole("uid", 0)
        found = [self.users[number]] if number in self.users and number not in self.hidden else []
        return Reply(200, {"data": found, "ok": True})

    def _repo(self, asked: Asked) -> int:
        wanted = (asked.parts["owner"], asked.parts["repo"])
        return next(number for number, one in self.repos.items() if self._name(number) == wanted)

    def _name(self, number: int) -> tuple[str, str]:
        one = self.repos[number]
        return self.users[one["owner"]]["login"], one["name"]

    def _shown_repo(self, number: int) -> dict[str, Any]:
        owner, name = self._name(number)
        return {"id": number, "name": name, "full_name": f"{owner}/{name}",
            "owner": self.users[self.repos[number]["owner"]],
                "html_url": f"{self.address}/{owner}/{name}", "default_branch": "main",
                "permissions": {"admin": True, "push": True, "pull": True}}  # fmt: skip

    def _pull(self, asked: Asked) -> Pull:
        return self.pulls[(self._repo(asked), int(asked.parts["index"]))]

    def _pulls(self, asked: Asked) -> Reply:
        state, repo = asked.get("state", "open"), self._repo(asked)
        found = [self._shown(one) for key, one in self.pulls.items() if key[0] == repo and one.state == state]
        return self._page(asked, found)

    def _shown(self, one: Pull) -> dict[str, Any]:
        owner, name = self._name(one.repo)
        return {
            "id": one.repo * 1000 + one.number, "number": one.number, "title": one.title, "state": one.state,
            "user": self.users[one.author], "draft": one.draft, "merged": bool(one.merged_by),
            "merged_at": _at(one.updated) if one.merged_by else None,
            "closed_at": None if one.state == "open" else _at(one.updated),
            "merged_by": self.users[one.merged_by] if one.merged_by else None, "changed_files": len(one.files),
            "html_url": f"{self.address}/{owner}/{name}/pulls/{one.number}", "merge_base": one.base,
            "base": {"ref": "main", "label": "main", "sha": one.base, "repo_id": one.repo,
                     "repo": self._shown_repo(one.repo)},
            "head": {"ref": "visit", "label": "visit", "sha": one.head, "repo_id": one.head_repo},
            "created_at": _at(START), "updated_at": _at(one.updated),
        }  # fmt: skip

    def _files(self, asked: Asked) -> Reply:
        return self._page(asked, self._pull(asked).files) if self.has_files else NOT_FOUND

    def _commits(self, asked: Asked) -> Reply:
        one = self._pull(asked)
        author = {"name": "Ada", "email": "ada@example.com", "date": _at(START)}
        found = [{"sha": sha, "author": self.users[one.author], "committer": self.users[one.author],
            "created": _at(START),
                  "url": "", "html_url": "", "commit": {"author": author, "committer": author, "message": "Work"}}
                 for sha in one.heads[: one.taken][::-1]]  # fmt: skip
        return self._page(asked, found)

    def _ask(self, asked: Asked) -> Reply:
        one, repo = self._pull(asked), self._repo(asked)
        logins = {user["login"]: number for number, user in self.users.items()}
        for login in asked.body["reviewers"]:
            number = logins.get(login, 0)
            if number == one.author or number not in self.collaborators[repo]:
                return Reply(422, {"message": f"{login} can't be asked", "url": ""})
        made = [self.review(one, logins[login], "REQUEST_REVIEW") for login in asked.body["reviewers"]]
        return Reply(201, made)

    def _statuses_of(self, asked: Asked) -> Reply:
        found = [one for one in self.statuses if one["sha"] == asked.parts["sha"]]
        return self._page(asked, [{key: value for key, value in one.items() if key != "sha"} for one in found[::-1]])

    def _set_status(self, asked: Asked) -> Reply:
        told = asked.body
        if not any(asked.parts["sha"] in one.heads for one in self.pulls.values()):
            return NOT_FOUND
        made = self.status(asked.parts["sha"], told["context"], told["state"])
        made.update(description=told["description"], target_url=told["target_url"])
        return Reply(201, {key: value for key, value in made.items() if key != "sha"})

    def _branch(self, asked: Asked) -> Reply:
        tip = self.branches.get((self._repo(asked), asked.parts["branch"]))
        return NOT_FOUND if tip is None else Reply(200, {"name": asked.parts["branch"], "commit": {"id": tip}})

    def _raw(self, asked: Asked) -> Reply:
        return Reply(raw=self.contents[(self._repo(asked), asked.get("ref"), asked.parts["path"])])

    def comment(self, one: Pull, user: int, body: str) -> dict[str, Any]:
        made = {"id": self.id(), "user": self.users[user], "body": body, "html_url": "", "issue_url": "",
                "created_at": _at(self.tick()), "updated_at": _at(self.now)}  # fmt: skip
        one.comments.append(made)
        return made

    def _comment(self, asked: Asked) -> Reply:
        return Reply(201, self.comment(self._pull(asked), self.me, asked.body["body"]))

    def _edit(self, asked: Asked) -> Reply:
        every = [one for pull in self.pulls.values() for one in pull.comments]
        (one,) = [each for each in every if each["id"] == int(asked.parts["id"])]
        one["body"] = asked.body["body"]
        return Reply(200, one)

    def _collaborators(self, asked: Asked) -> Reply:
        return self._page(asked, [self.users[number] for number in self.collaborators[self._repo(asked)]])

    def _permission(self, asked: Asked) -> Reply:
        if not self.has_permission:
            return NOT_FOUND
        number = self._who(asked)
        permission = self.collaborators[self._repo(asked)].get(number, "none")
        return Reply(200, {"permission": permission, "role_name": permission, "user": self.users[number]})

    def _give(self, asked: Asked) -> Reply:
        self.collaborators[self._repo(asked)][self._who(asked)] = asked.body["permission"]
        return Reply(204)

    def _take(self, asked: Asked) -> Reply:
        self.collaborators[self._repo(asked)].pop(self._who(asked), None)
        return Reply(204)

    def _members(self, asked: Asked) -> Reply:
        return self._page(asked, [self.users[number] for number in self.members[int(asked.parts["id"])]])


def _safely(handler: Any) -> Any:
    """Whatever isn't there is 404."""

    def answer(asked: Asked) -> Reply:
        try:
            return handler(asked)
        except (KeyError, ValueError, StopIteration):
            return NOT_FOUND

    return answer


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _file(path: str) -> dict[str, Any]:
    old, _, new = path.partition(" -> ")
    shown = {"filename": new or old, "status": "renamed" if new else "changed", "additions": 1, "deletions": 1,
        "changes": 2,
             "html_url": "", "contents_url": "", "raw_url": ""}  # fmt: skip
    return {**shown, "previous_filename": old} if new else shown

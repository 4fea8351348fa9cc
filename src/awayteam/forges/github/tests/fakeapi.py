"""The calls that the fake GitHub answers. Each takes the fake, the request and what the path names."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from awayteam.forges.github.tests import shapes
from awayteam.forges.github.tests.world import RANKS, Invitation, Repository, User

if TYPE_CHECKING:
    from awayteam.forges.github.tests.fake import FakeGitHub


@dataclass
class Request:
    """As it arrived; header names in lower case, `json` is {} where nothing was sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    json: dict[str, Any]
    body: bytes = b""


@dataclass
class Reply:
    status: int = 200
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Wrong(Exception):
    """An answer that isn't a 2xx."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.reply = Reply(status, {"message": message, "documentation_url": shapes.WEB}, headers)


Handler = Callable[..., Reply]
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []
REPOSITORY = r"/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)"


def route(method: str, pattern: str) -> Callable[[Handler], Handler]:
    def keep(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(pattern), handler))
        return handler

    return keep


def listed(request: Request, entries: list[Any], within: str = "", **more: Any) -> Reply:
    """One page, with the header `Link`."""
    size, page = min(int(request.query.get("per_page", 30)), 100), int(request.query.get("page", 1))
    shown = entries[(page - 1) * size : page * size]
    links = []
    if page * size < len(entries):
        query = "&".join(f"{key}={value}" for key, value in (request.query | {"page": str(page + 1)}).items())
        links.append(f'<{request.headers["x-base"]}{request.path}?{query}>; rel="next"')
    value = {"total_count": len(entries), **more, within: shown} if within else shown
    return Reply(200, value, {"Link": ", ".join(links)} if links else {})


def app_told(fake: "FakeGitHub") -> dict[str, Any]:
    return shapes.app(fake.app_id, fake.permissions, fake.events)


@route("GET", "/app")
def app(fake: "FakeGitHub", request: Request) -> Reply:
    fake.as_app(request)
    return Reply(200, app_told(fake))


def _installation(fake: "FakeGitHub") -> dict[str, Any]:
    return shapes.installation(fake.installation_id, fake.app_id, fake.permissions, fake.events)


@route("GET", "/app/installations")
def installations(fake: "FakeGitHub", request: Request) -> Reply:
    fake.as_app(request)
    return listed(request, [_installation(fake)] if fake.installed else [])


@route("POST", "/app/installations/(?P<known>[0-9]+)/access_tokens")
def access_token(fake: "FakeGitHub", request: Request, known: str) -> Reply:
    fake.as_app(request)
    if int(known) != fake.installation_id or not fake.installed:
        raise Wrong(404, "Not Found")
    token = f"ghs_{len(fake.tokens):036}"
    fake.tokens[token] = fake.now() + timedelta(hours=1)
    return Reply(201, {"token": token, "expires_at": shapes.moment(fake.tokens[token]), "permissions": {}})


@route("POST", "/app-manifests/(?P<code>[^/]+)/conversions")
def conversion(fake: "FakeGitHub", request: Request, code: str) -> Reply:
    if code not in fake.manifest_codes:
        raise Wrong(404, "Not Found")
    fake.manifest_codes.remove(code)
    secrets = {"client_secret": "c" * 40, "webhook_secret": fake.secret, "pem": fake.private_key}
    return Reply(201, app_told(fake) | secrets)


@route("GET", f"{REPOSITORY}/installation")
def installation_of(fake: "FakeGitHub", request: Request, owner: str, name: str) -> Reply:
    fake.as_app(request)
    fake.find(owner, name, "/installation")
    if not fake.installed:
        raise Wrong(404, "Not Found")
    return Reply(200, _installation(fake))


@route("GET", "/installation/repositories")
def repositories(fake: "FakeGitHub", request: Request) -> Reply:
    return listed(request, [shapes.repository(one) for one in fake.repositories.values()], "repositories")


@route("GET", "/repositories/(?P<known>[0-9]+)(?P<rest>/.*)?")
def by_id(fake: "FakeGitHub", request: Request, known: str, rest: str | None) -> Reply:
    found = fake.repositories.get(int(known))
    if found is None:
        raise Wrong(404, "Not Found")
    if rest:
        return fake.route(Request("GET", f"/repos/{found.slug}{rest}", request.query, request.headers, {}))
    return Reply(200, shapes.repository(found))


@route("GET", REPOSITORY)
def repository(fake: "FakeGitHub", request: Request, owner: str, name: str) -> Reply:
    return Reply(200, shapes.repository(fake.find(owner, name)))


@route("GET", "/user/(?P<known>[0-9]+)")
def account(fake: "FakeGitHub", request: Request, known: str) -> Reply:
    return _account(fake, fake.users.get(int(known)))


@route("GET", "/users/(?P<login>[^/]+)")
def account_by_name(fake: "FakeGitHub", request: Request, login: str) -> Reply:
    return _account(fake, fake.login(login))


def _account(fake: "FakeGitHub", who: User | None) -> Reply:
    if who is None:
        raise Wrong(404, "Not Found")
    empty = dict.fromkeys(("bio", "blog", "company", "email", "hireable", "location", "name"))
    counts = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
    made = shapes.moment(fake.began)
    return Reply(200, shapes.user(who) | empty | counts | {"created_at": made, "updated_at": made})


@route("GET", f"{REPOSITORY}/pulls")
def pulls(fake: "FakeGitHub", request: Request, owner: str, name: str) -> Reply:
    state = request.query.get("state", "open")
    held = fake.find(owner, name, "/pulls").pulls.values()
    return listed(request, [shapes.pull(one) for one in held if state in {"all", one.state}])


@route("GET", f"{REPOSITORY}/pulls/(?P<number>[0-9]+)")
def pull(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    return Reply(200, shapes.pull(fake.pull(owner, name, number), whole=True))


@route("GET", f"{REPOSITORY}/pulls/(?P<number>[0-9]+)/reviews")
def reviews(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    of = fake.pull(owner, name, number)
    return listed(request, [shapes.review(one, of) for one in of.reviews])


@route("GET", f"{REPOSITORY}/pulls/(?P<number>[0-9]+)/requested_reviewers")
def requested(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    return Reply(200, {"users": [shapes.user(one) for one in fake.pull(owner, name, number).requested], "teams": []})


@route("POST", f"{REPOSITORY}/pulls/(?P<number>[0-9]+)/requested_reviewers")
def request_review(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    of = fake.pull(owner, name, number)
    wanted = [fake.login(login) for login in request.json["reviewers"]]
    may = set(of.repository.collaborators) | set(of.repository.through) | fake.members
    if any(one is None or one.id not in may or one == of.author for one in wanted):
        raise Wrong(422, "Reviews may only be requested from collaborators.")
    of.requested += [one for one in wanted if one and one not in of.requested]
    return Reply(201, shapes.pull(of))


@route("GET", f"{REPOSITORY}/compare/(?P<basehead>.+)")
def compare(fake: "FakeGitHub", request: Request, owner: str, name: str, basehead: str) -> Reply:
    where = fake.find(owner, name, f"/compare/{basehead}")
    base, _, head = basehead.partition("...")
    common = where.merge_base(base, head) if base in where.commits and head in where.commits else None
    if common is None:
        raise Wrong(404, "Not Found")
    theirs = set(where.ancestors(base))
    ahead = [where.commits[sha] for sha in reversed(where.ancestors(head)) if sha not in theirs]
    url = f"{shapes.API}/repos/{where.slug}/compare"
    reply = listed(
        request, [shapes.commit(one, where) for one in ahead], "commits", total_commits=len(ahead), url=url,
        html_url=url, permalink_url=url, diff_url=url, patch_url=url, ahead_by=len(ahead), behind_by=0,
        status="ahead" if ahead else "identical", base_commit=shapes.commit(where.commits[base], where),
        merge_base_commit=shapes.commit(where.commits[common], where),
    )  # fmt: skip
    if request.query.get("page", "1") == "1":
        reply.json["files"] = _files(where, common, head, url)[:300]
    return reply


def _files(where: Repository, old: str, new: str, url: str) -> list[dict[str, Any]]:
    before, after = where.flat(where.commits[old].tree), where.flat(where.commits[new].tree)
    gone = {sha: path for path, sha in before.items() if path not in after}
    found = []
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path) or (path in gone.values() and before[path] in after.values()):
            continue
        status = "added" if path not in before else "removed" if path not in after else "modified"
        sha = after.get(path) or before[path]
        one = {"sha": sha, "filename": path, "status": status, "additions": 1, "deletions": 0, "changes": 1,
               "blob_url": url, "raw_url": url, "contents_url": url}  # fmt: skip
        if status == "added" and sha in gone:
            one |= {"status": "renamed", "previous_filename": gone[sha]}
        found.append(one)
    return found


@route("GET", f"{REPOSITORY}/branches/(?P<branch>.+)")
def branch(fake: "FakeGitHub", request: Request, owner: str, name: str, branch: str) -> Reply:
    where = fake.find(owner, name, f"/branches/{branch}")
    if branch not in where.branches:
        raise Wrong(404, "Branch not found")
    url = f"{shapes.API}/repos/{where.slug}/branches/{branch}"
    links = {"html": url, "self": url}
    commit = shapes.commit(where.commits[where.branches[branch]], where)
    told = {"name": branch, "commit": commit, "_links": links, "protected": False, "protection_url": url}
    return Reply(200, told | {"protection": {"enabled": False}})


@route("GET", f"{REPOSITORY}/git/trees/(?P<sha>[0-9a-f]+)")
def tree(fake: "FakeGitHub", request: Request, owner: str, name: str, sha: str) -> Reply:
    where = fake.find(owner, name, f"/git/trees/{sha}")
    sha = where.commits[sha].tree if sha in where.commits else sha
    if sha not in where.objects or where.objects[sha][0] != "tree":
        raise Wrong(404, "Not Found")

    def entries(of: str, prefix: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for mode, entry, known, size in where.objects[of][1]:
            kind = "tree" if mode == "040000" else "blob"
            one: dict[str, Any] = {"path": prefix + entry, "mode": mode, "type": kind, "sha": known}
            found.append(one | ({"size": size} if kind == "blob" else {}))
            if kind == "tree" and "recursive" in request.query:
                found += entries(known, f"{prefix}{entry}/")
        return found

    held = entries(sha, "")
    cut = "recursive" in request.query and len(held) > where.truncates_above
    shown = held[: where.truncates_above] if cut else held
    return Reply(200, {"sha": sha, "url": shapes.API, "tree": shown, "truncated": cut})


@route("GET", f"{REPOSITORY}/git/blobs/(?P<sha>[0-9a-f]+)")
def blob(fake: "FakeGitHub", request: Request, owner: str, name: str, sha: str) -> Reply:
    kind, content = fake.find(owner, name, f"/git/blobs/{sha}").objects.get(sha, ("", b""))
    if kind != "blob":
        raise Wrong(404, "Not Found")
    text = base64.encodebytes(content).decode()
    told = {"sha": sha, "url": shapes.API, "node_id": f"B_{sha[:8]}", "size": len(content)}
    return Reply(200, told | {"content": text, "encoding": "base64"})


@route("GET", f"{REPOSITORY}/commits/(?P<sha>[0-9a-f]+)/check-runs")
def check_runs(fake: "FakeGitHub", request: Request, owner: str, name: str, sha: str) -> Reply:
    where = fake.find(owner, name, f"/commits/{sha}/check-runs")
    held = [one for one in where.runs.values() if one["head_sha"] == sha]
    wanted, by = request.query.get("check_name"), request.query.get("app_id")
    held = [one for one in held if wanted in {None, one["name"]} and by in {None, str(one["app"])}]
    if request.query.get("filter", "latest") == "latest":
        held = list({(one["name"], one["app"]): one for one in held}.values())
    return listed(request, [shapes.run(one, where, app_told(fake)) for one in held], "check_runs")


@route("POST", f"{REPOSITORY}/check-runs")
def make_run(fake: "FakeGitHub", request: Request, owner: str, name: str) -> Reply:
    where = fake.find(owner, name, "/check-runs")
    if request.json["head_sha"] not in where.commits:
        raise Wrong(422, "No commit found for SHA")
    made = request.json | {"id": fake.next_id(), "app": fake.app_id, "at": shapes.moment(fake.now())}
    where.runs[made["id"]] = made
    return Reply(201, shapes.run(made, where, app_told(fake)))


@route("PATCH", f"{REPOSITORY}/check-runs/(?P<number>[0-9]+)")
def change_run(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    where = fake.find(owner, name, f"/check-runs/{number}")
    held = where.runs.get(int(number))
    if held is None or held["app"] != fake.app_id:
        raise Wrong(404, "Not Found")
    held.update(request.json)
    return Reply(200, shapes.run(held, where, app_told(fake)))


@route("GET", f"{REPOSITORY}/commits/(?P<sha>[0-9a-f]+)/status")
def status(fake: "FakeGitHub", request: Request, owner: str, name: str, sha: str) -> Reply:
    where = fake.find(owner, name, f"/commits/{sha}/status")
    held = list({one["context"]: one for one in where.statuses if one["sha"] == sha}.values())
    url = f"{shapes.API}/repos/{where.slug}/commits/{sha}"
    told = [{key: value for key, value in one.items() if key != "sha"} for one in held]
    return listed(
        request, told, "statuses", state="pending", sha=sha, commit_url=url, url=url,
        repository=shapes.repository(where),
    )  # fmt: skip


@route("GET", f"{REPOSITORY}/issues/(?P<number>[0-9]+)/comments")
def comments(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    where = fake.find(owner, name, f"/issues/{number}/comments")
    held = [one for one in where.comments.values() if one["number"] == int(number)]
    return listed(request, [shapes.comment(one, where, app_told(fake)) for one in held])


@route("POST", f"{REPOSITORY}/issues/(?P<number>[0-9]+)/comments")
def make_comment(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    where = fake.find(owner, name, f"/issues/{number}/comments")
    made = fake.comment(where, int(number), request.json["body"], fake.bot, app=fake.app_id)
    return Reply(201, shapes.comment(made, where, app_told(fake)))


@route("PATCH", f"{REPOSITORY}/issues/comments/(?P<number>[0-9]+)")
def change_comment(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    where = fake.find(owner, name, f"/issues/comments/{number}")
    if int(number) not in where.comments:
        raise Wrong(404, "Not Found")
    where.comments[int(number)]["body"] = request.json["body"]
    return Reply(200, shapes.comment(where.comments[int(number)], where, app_told(fake)))


@route("DELETE", f"{REPOSITORY}/issues/comments/(?P<number>[0-9]+)")
def remove_comment(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    if fake.find(owner, name).comments.pop(int(number), None) is None:
        raise Wrong(404, "Not Found")
    return Reply(204)


@route("GET", f"{REPOSITORY}/rulesets/rule-suites")
def suites(fake: "FakeGitHub", request: Request, owner: str, name: str) -> Reply:
    held = fake.find(owner, name, "/rulesets/rule-suites").suites
    wanted = request.query.get("rule_suite_result", "all")
    shown = [one for one in held if wanted in {"all", one["result"]}]
    return listed(request, [{k: v for k, v in one.items() if k != "rule_evaluations"} for one in shown])


@route("GET", f"{REPOSITORY}/rulesets/rule-suites/(?P<number>[0-9]+)")
def suite(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    held = fake.find(owner, name, f"/rulesets/rule-suites/{number}").suites
    found = next((one for one in held if one["id"] == int(number)), None)
    if found is None:
        raise Wrong(404, "Not Found")
    return Reply(200, found)


@route("GET", f"{REPOSITORY}/collaborators")
def collaborators(fake: "FakeGitHub", request: Request, owner: str, name: str) -> Reply:
    where = fake.find(owner, name, "/collaborators")
    roles = dict(where.collaborators)
    for known, role in where.through.items():
        if known in roles or request.query.get("affiliation", "all") == "all":
            roles[known] = max(roles.get(known, role), role, key=lambda one: RANKS[one])
    least = RANKS["write"] if request.query.get("permission") == "push" else 0
    roles = {known: role for known, role in roles.items() if RANKS[role] >= least}
    return listed(request, [shapes.collaborator(fake.users[known], role) for known, role in roles.items()])


def _wanted(fake: "FakeGitHub", login: str) -> User:
    who = fake.login(login)
    if who is None:
        raise Wrong(404, "Not Found")
    return who


@route("GET", f"{REPOSITORY}/collaborators/(?P<login>[^/]+)/permission")
def permission(fake: "FakeGitHub", request: Request, owner: str, name: str, login: str) -> Reply:
    where, who = fake.find(owner, name, f"/collaborators/{login}/permission"), _wanted(fake, login)
    roles = [held[who.id] for held in (where.collaborators, where.through) if who.id in held]
    role = max(roles, key=lambda one: RANKS[one], default=None)
    if role is None:
        none = shapes.collaborator(who, "read")
        none["permissions"] = dict.fromkeys(none["permissions"], False)
        return Reply(200, {"permission": "none", "role_name": "", "user": none | {"role_name": ""}})
    told = {"read": "read", "triage": "read", "maintain": "write"}.get(role, role)
    return Reply(200, {"permission": told, "role_name": role, "user": shapes.collaborator(who, role)})


@route("PUT", f"{REPOSITORY}/collaborators/(?P<login>[^/]+)")
def give(fake: "FakeGitHub", request: Request, owner: str, name: str, login: str) -> Reply:
    where, who = fake.find(owner, name, f"/collaborators/{login}"), _wanted(fake, login)
    role = {"pull": "read", "push": "write"}.get(request.json.get("permission", "push"), request.json["permission"])
    if who.id in where.collaborators or who.id in fake.members:
        where.collaborators[who.id] = role
        return Reply(204)
    made = Invitation(fake.next_id(), who, role, fake.now())
    where.invitations[made.id] = made
    return Reply(201, shapes.invitation(made, where))


@route("DELETE", f"{REPOSITORY}/collaborators/(?P<login>[^/]+)")
def take(fake: "FakeGitHub", request: Request, owner: str, name: str, login: str) -> Reply:
    where, who = fake.find(owner, name, f"/collaborators/{login}"), _wanted(fake, login)
    where.collaborators.pop(who.id, None)
    return Reply(204)


@route("GET", f"{REPOSITORY}/invitations")
def invitations(fake: "FakeGitHub", request: Request, owner: str, name: str) -> Reply:
    where = fake.find(owner, name, "/invitations")
    return listed(request, [shapes.invitation(one, where) for one in where.invitations.values()])


@route("PATCH", f"{REPOSITORY}/invitations/(?P<number>[0-9]+)")
def change_invitation(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    where = fake.find(owner, name, f"/invitations/{number}")
    where.invitations[int(number)].role = request.json["permissions"]
    return Reply(200, shapes.invitation(where.invitations[int(number)], where))


@route("DELETE", f"{REPOSITORY}/invitations/(?P<number>[0-9]+)")
def cancel(fake: "FakeGitHub", request: Request, owner: str, name: str, number: str) -> Reply:
    if fake.find(owner, name).invitations.pop(int(number), None) is None:
        raise Wrong(404, "Not Found")
    return Reply(204)

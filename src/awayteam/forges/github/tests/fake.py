"""A GitHub of our own on loopback, for tests: it holds state, answers over real HTTP, and fails as it is told.

    with running() as github:
        github.add_user("ada"); orders = github.add_repository("acme/orders", {"README": b""})
        pull = github.open_pull(orders, "ada", {"a.py": b"1"}); github.review(pull, "bo", "APPROVED")
        github.deliver("http://127.0.0.1:8000/...")  # everything that happened since the last time, signed
        settings = github.settings()                  # what a client is connected with

`trouble(pattern, kind, times=1)` makes the next calls whose "METHOD /path" matches fail: an int is a status, else one
of "slow", "garbage", "drop", "lost" (done, but the answer is dropped), "truncated", "elsewhere" (a redirect to another
host), "limited" (a secondary limit).
"""

import http.client
import itertools
import json
import re
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from awayteam.forges.github.examining import EVENTS, PERMISSIONS
from awayteam.forges.github.inbound import signature
from awayteam.forges.github.tests import shapes
from awayteam.forges.github.tests.fakeapi import ROUTES, Reply, Request, Wrong
from awayteam.forges.github.tests.serving import handler
from awayteam.forges.github.tests.world import Pull, Repository, Review, User
from awayteam.forges.port import Settings

NO_COMMIT = "0" * 40


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Trouble:
    pattern: re.Pattern[str]
    kind: int | str
    times: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Event:
    """A webhook that waits for its delivery."""

    kind: str
    payload: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload).encode()


class FakeGitHub:
    """`outbox` is what waits to be delivered, `asked` every request that came."""

    def __init__(self) -> None:
        self.app_id, self.installation_id, self.installed = 7, 11, True
        self.permissions, self.events = dict(PERMISSIONS), list(EVENTS)
        self.secret, self.address = "it is our secret", ""
        self.private_key = _key().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()  # fmt: skip
        self.began = datetime(2026, 3, 2, 10, tzinfo=UTC)
        self.skew = timedelta()
        self.tokens: dict[str, datetime] = {}
        self.manifest_codes: set[str] = set()
        self.users: dict[int, User] = {}
        self.members: set[int] = set()
        self.repositories: dict[int, Repository] = {}
        self.former: dict[str, int] = {}
        self.outbox: list[Event] = []
        self.asked: list[Request] = []
        self.troubles: list[Trouble] = []
        self.limit, self.remaining = 5_000, 5_000
        self.slow = threading.Event()
        self.lock = threading.RLock()
        self._ids = itertools.count(1_000)
        self.bot = self.add_user("awayteam[bot]", is_bot=True)

    # What a test tells it

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def next_id(self) -> int:
        return next(self._ids)

    def settings(self, **more: str) -> Settings:
        values = {"app_id": str(self.app_id), "private_key": self.private_key, "webhook_secret": self.secret}
        return Settings(self.address, values | more, allow_private=True)

    def add_user(self, login: str, *, is_bot: bool = False, member: bool = True) -> User:
        made = User(self.next_id(), login, is_bot)
        self.users[made.id] = made
        if member:
            self.members.add(made.id)
        return made

    def user(self, who: User | str) -> User:
        found = who if isinstance(who, User) else self.login(who)
        assert found is not None, f"nobody is called {who}"
        return found

    def login(self, login: str) -> User | None:
        return next((one for one in self.users.values() if one.login.lower() == login.lower()), None)

    def add_repository(self, slug: str, files: Mapping[str, bytes]) -> Repository:
        made = Repository(self.next_id(), slug)
        made.branches["main"] = made.commit(dict(files), (), None, self.began)
        self.repositories[made.id] = made
        return made

    def rename(self, repository: Repository, slug: str) -> None:
        self.former[repository.slug] = repository.id
        repository.slug = slug
        self.tell("repository", "renamed", repository, self.bot)

    def open_pull(
        self, repository: Repository, author: User | str, changes: Mapping[str, bytes | None], *, title: str = "Change",
        base: str = "main", branch: str = "", from_fork: bool = False, draft: bool = False,
    ) -> Pull:  # fmt: skip
        """`changes` are contents by path, None removes a file."""
        number = len(repository.pulls) + len(repository.issues) + 1
        who, branch = self.user(author), branch or f"change-{number}"
        tip = repository.branches[base]
        head = self._commit(repository, tip, changes, who)
        repository.branches[branch] = head
        made = Pull(
            self.next_id(), number, repository, who, title, base, tip, branch, head, self.now(), self.now(),
            from_fork, draft,
        )  # fmt: skip
        repository.pulls[number] = made
        self.tell("pull_request", "opened", repository, who, pull_request=shapes.pull(made, whole=True), number=number)
        return made

    def _commit(
        self, repository: Repository, on: str, changes: Mapping[str, bytes | None], who: User | None,
        committer: User | None = None,
    ) -> str:  # fmt: skip
        files: dict[str, bytes | None] = {**repository.files(on), **changes}
        kept = {path: content for path, content in files.items() if content is not None}
        return repository.commit(kept, (on,), who, self.now(), committer)

    def push(
        self, to: Pull, by: User | str, changes: Mapping[str, bytes | None], *, force: bool = False,
        committer: User | None = None,
    ) -> str:  # fmt: skip
        """Another commit on the branch of a pull request (`force`: instead of those that were there)."""
        who, before = self.user(by), to.head
        to.head = self._commit(to.repository, to.base if force else before, changes, who, committer)
        to.repository.branches[to.head_ref] = to.head
        to.updated_at = self.now()
        self.tell_of_push(to.repository, who, to.head_ref, before, to.head, force)
        pull = shapes.pull(to, whole=True)
        self.tell("pull_request", "synchronize", to.repository, who, pull_request=pull, number=to.number)
        return to.head

    def push_to_branch(
        self, repository: Repository, by: User | str, changes: Mapping[str, bytes | None], *, branch: str = "main"
    ) -> str:
        who, before = self.user(by), repository.branches.get(branch, NO_COMMIT)
        tip = repository.branches.get(branch, repository.branches["main"])
        repository.branches[branch] = self._commit(repository, tip, changes, who)
        self.tell_of_push(repository, who, branch, before, repository.branches[branch], False, tuple(changes))
        return repository.branches[branch]

    def tell_of_push(
        self, repository: Repository, who: User, branch: str, before: str, after: str, forced: bool,
        names: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        more = {"ref": f"refs/heads/{branch}", "before": before, "after": after, "forced": forced}
        commits = [{"id": after, "added": [], "removed": [], "modified": list(names)}] if names else []
        self.tell("push", "", repository, who, **more, created=before == NO_COMMIT, deleted=False, commits=commits)

    def review(self, pull: Pull, by: User | str, state: str = "APPROVED", *, commit: str = "") -> Review:
        """APPROVED, CHANGES_REQUESTED or COMMENTED."""
        who = self.user(by)
        made = Review(self.next_id(), who, state, commit or pull.head, self.now())
        pull.reviews.append(made)
        pull.requested = [one for one in pull.requested if one != who]
        self._tell_of_review("submitted", pull, made, who)
        return made

    def dismiss(self, pull: Pull, review: Review, by: User | str) -> None:
        review.state = "DISMISSED"
        pull.updated_at = self.now()
        self._tell_of_review("dismissed", pull, review, self.user(by))

    def _tell_of_review(self, action: str, pull: Pull, review: Review, who: User) -> None:
        told = shapes.review(review, pull) | {"state": review.state.lower()}
        self.tell("pull_request_review", action, pull.repository, who, review=told, pull_request=shapes.pull(pull))

    def merge(self, pull: Pull, by: User | str) -> str:
        """As a merge commit, whatever checks say."""
        who, where = self.user(by), pull.repository
        tip = where.branches[pull.base_ref]
        files = where.files(tip) | where.files(pull.head)
        where.branches[pull.base_ref] = where.commit(files, (tip, pull.head), who, self.now(), message="Merge")
        pull.state, pull.merged_by, pull.merged_at, pull.updated_at = "closed", who, self.now(), self.now()
        told = shapes.pull(pull, whole=True)
        self.tell("pull_request", "closed", where, who, pull_request=told, number=pull.number)
        self.tell_of_push(where, who, pull.base_ref, tip, where.branches[pull.base_ref], False)
        return where.branches[pull.base_ref]

    def close(self, pull: Pull, by: User | str) -> None:
        pull.state, pull.updated_at = "closed", self.now()
        told = shapes.pull(pull, whole=True)
        self.tell("pull_request", "closed", pull.repository, self.user(by), pull_request=told, number=pull.number)

    def open_issue(self, repository: Repository, by: User | str, title: str, labels: list[str], body: str = "") -> int:
        who, number = self.user(by), len(repository.pulls) + len(repository.issues) + 1
        at = shapes.moment(self.now())
        told = {
            "id": self.next_id(), "number": number, "title": title, "body": body, "state": "open",
            "user": shapes.user(who), "labels": [{"id": 1, "name": name} for name in labels], "created_at": at,
            "updated_at": at, "html_url": f"{shapes.WEB}/{repository.slug}/issues/{number}",
        }  # fmt: skip
        repository.issues[number] = told
        self.tell("issues", "opened", repository, who, issue=told)
        return number

    def comment(self, where: Repository, number: int, body: str, by: User, app: int = 0) -> dict[str, Any]:
        at = shapes.moment(self.now())
        made = {"id": self.next_id(), "number": number, "body": body, "by": by, "app": app, "at": at}
        where.comments[made["id"]] = made
        return made

    def status(self, where: Repository, sha: str, context: str, state: str) -> None:
        at = shapes.moment(self.now())
        where.statuses.append({
            "sha": sha, "id": self.next_id(), "node_id": "S", "state": state, "context": context, "description": None,
            "target_url": None, "avatar_url": None, "url": shapes.API, "created_at": at, "updated_at": at,
        })  # fmt: skip
        self.tell("status", "", where, self.bot, sha=sha, state=state, context=context, id=1, updated_at=at)

    def check(self, where: Repository, sha: str, name: str, conclusion: str | None, app: int = 99) -> None:
        made = {
            "id": self.next_id(), "head_sha": sha, "name": name, "conclusion": conclusion, "app": app,
            "status": "completed" if conclusion else "in_progress", "at": shapes.moment(self.now()),
        }  # fmt: skip
        where.runs[made["id"]] = made
        told = shapes.run(made, where, shapes.app(app, {}, []))
        self.tell("check_run", "completed" if conclusion else "created", where, self.bot, check_run=told)

    def bypass(self, where: Repository, by: User | str, before: str, after: str, *rules: str) -> int:
        who, known = self.user(by), self.next_id()
        where.suites.append({
            "id": known, "actor_id": who.id, "actor_name": who.login, "before_sha": before, "after_sha": after,
            "ref": "refs/heads/main", "repository_id": where.id, "repository_name": where.slug.partition("/")[2],
            "pushed_at": shapes.moment(self.now()), "result": "bypass", "evaluation_result": "fail",
            "rule_evaluations": [
                {"rule_source": {"type": "ruleset", "id": 2, "name": "main"}, "enforcement": "active",
                 "result": "fail", "rule_type": rule} for rule in rules
            ],
        })  # fmt: skip
        return known

    def accept(self, where: Repository, who: User | str) -> None:
        """Somebody accepts their invitation."""
        user = self.user(who)
        found = next(one for one in where.invitations.values() if one.invitee == user)
        del where.invitations[found.id]
        where.collaborators[user.id] = found.role
        self.tell("member", "added", where, user, member=shapes.user(user))

    def trouble(self, pattern: str, kind: int | str, times: int = 1, body: bytes = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.troubles.append(Trouble(re.compile(pattern), kind, times, named, body))

    def expire_tokens(self) -> None:
        self.tokens = dict.fromkeys(self.tokens, self.now() - timedelta(seconds=1))

    # Webhooks

    def tell(self, kind: str, action: str, where: Repository, sender: User, **payload: Any) -> None:
        told = {
            **({"action": action} if action else {}), **payload, "repository": shapes.repository(where),
            "sender": shapes.user(sender), "installation": {"id": self.installation_id, "node_id": "I"},
        }  # fmt: skip
        self.outbox.append(Event(kind, told))

    def headers(self, event: Event, secret: str | None = None) -> dict[str, str]:
        return {
            "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/fake", "X-GitHub-Event": event.kind,
            "X-GitHub-Delivery": event.id, "X-Hub-Signature-256": signature(secret or self.secret, event.body),
        }  # fmt: skip

    def deliver(self, to: str, *, order: str = "right", times: int = 1) -> list[int]:
        """Send what waits ("right" order or "reverse", each `times`); the statuses that came back."""
        waiting, self.outbox = self.outbox, []
        if order == "reverse":
            waiting.reverse()
        parts = urlsplit(to)
        answers = []
        for event in waiting:
            for _ in range(times):
                connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
                connection.request("POST", parts.path, event.body, self.headers(event))
                answer = connection.getresponse()
                answer.read()
                answers.append(answer.status)
                connection.close()
        return answers

    # Answering

    def as_app(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(
                token, _key().public_key(), ["RS256"], issuer=str(self.app_id),
                options={"verify_iat": False, "verify_exp": False},
            )  # fmt: skip
        except jwt.PyJWTError:
            raise Wrong(401, "A JSON web token could not be decoded") from None
        now = self.now().timestamp()
        if claims["iat"] > now or not now < claims["exp"] <= now + 600:
            raise Wrong(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")

    def find(self, owner: str, name: str, rest: str = "") -> Repository:
        slug = f"{owner}/{name}"
        found = next((one for one in self.repositories.values() if one.slug == slug), None)
        if found is None and slug in self.former:
            raise Wrong(301, "Moved Permanently", Location=f"{self.address}/repositories/{self.former[slug]}{rest}")
        if found is None:
            raise Wrong(404, "Not Found")
        return found

    def pull(self, owner: str, name: str, number: str) -> Pull:
        found = self.find(owner, name, f"/pulls/{number}").pulls.get(int(number))
        if found is None:
            raise Wrong(404, "Not Found")
        return found

    def answer(self, request: Request) -> Reply:
        with self.lock:
            self.asked.append(request)
            try:
                reply = self._allowed(request) or self.route(request)
            except Wrong as wrong:
                reply = wrong.reply
        reset = str(int((self.now() + timedelta(minutes=30)).timestamp()))
        reply.headers |= {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Remaining": str(self.remaining)}
        reply.headers |= {"X-RateLimit-Reset": reset}
        return reply

    def _allowed(self, request: Request) -> Reply | None:
        if request.path.startswith("/app-manifests/"):
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        is_app = request.path.startswith("/app") or request.path.endswith("/installation")
        if not is_app and not self.tokens.get(token, self.began) > self.now():
            raise Wrong(401, "Bad credentials")
        if self.remaining <= 0:
            raise Wrong(403, "API rate limit exceeded for installation ID 11.")
        self.remaining -= 1
        return None

    def route(self, request: Request) -> Reply:
        for method, pattern, call in ROUTES:
            found = pattern.fullmatch(request.path) if method == request.method else None
            if found:
                return call(self, request, **found.groupdict())
        raise Wrong(404, "Not Found")

    def trouble_for(self, request: Request) -> Trouble | None:
        with self.lock:
            for one in self.troubles:
                if one.times and one.pattern.search(f"{request.method} {request.path}"):
                    one.times -= 1
                    return one
        return None


@contextmanager
def running(prefix: str = "") -> Iterator[FakeGitHub]:
    """A fake for the time of the block. `prefix` "/api/v3" makes it an Enterprise server."""
    fake = FakeGitHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(fake))
    server.daemon_threads = True
    fake.address = f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.slow.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""What a fake GitHub holds: accounts, repositories with real git ids, pull requests, reviews, checks, access."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

RANKS = {"read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5}


@dataclass
class User:
    id: int
    login: str
    is_bot: bool = False


@dataclass
class Commit:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: User | None
    committer: User | None
    message: str
    at: datetime


@dataclass
class Review:
    id: int
    by: User | None
    state: str
    commit: str
    at: datetime


@dataclass
class Pull:
    id: int
    number: int
    repository: "Repository"
    author: User | None
    title: str
    base_ref: str
    base: str
    head_ref: str
    head: str
    at: datetime
    updated_at: datetime
    from_fork: bool = False
    is_draft: bool = False
    state: str = "open"
    merged_by: User | None = None
    merged_at: datetime | None = None
    reviews: list[Review] = field(default_factory=list)
    requested: list[User] = field(default_factory=list)


@dataclass
class Invitation:
    id: int
    invitee: User
    role: str
    at: datetime
    expired: bool = False


@dataclass
class Repository:
    """`collaborators` are direct, `through` have their role from a team; both by the account's id."""

    id: int
    slug: str
    objects: dict[str, tuple[str, Any]] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    collaborators: dict[int, str] = field(default_factory=dict)
    through: dict[int, str] = field(default_factory=dict)
    invitations: dict[int, Invitation] = field(default_factory=dict)
    suites: list[dict[str, Any]] = field(default_factory=list)
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    truncates_above: int = 100_000

    def keep(self, kind: str, content: bytes) -> str:
        sha = hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()
        if kind == "blob":
            self.objects[sha] = kind, content
        return sha

    def tree(self, files: dict[str, bytes]) -> str:
        """Keep a tree of files by path; returns its id."""
        here: dict[str, bytes] = {}
        below: dict[str, dict[str, bytes]] = {}
        for path, content in files.items():
            first, slash, rest = path.partition("/")
            if slash:
                below.setdefault(first, {})[rest] = content
            else:
                here[first] = content
        entries = [("100644", name, self.keep("blob", content), len(content)) for name, content in here.items()]
        entries += [("040000", name, self.tree(held), 0) for name, held in below.items()]
        entries.sort(key=lambda entry: entry[1] + ("/" if entry[0] == "040000" else ""))
        raw = b"".join(f"{mode.lstrip('0')} {name}\0".encode() + bytes.fromhex(sha) for mode, name, sha, _ in entries)
        sha = self.keep("tree", raw)
        self.objects[sha] = "tree", entries
        return sha

    def commit(
        self, files: dict[str, bytes], parents: tuple[str, ...], author: User | None, at: datetime,
        committer: User | None = None, message: str = "Change",
    ) -> str:  # fmt: skip
        tree = self.tree(files)
        who = author.id if author else 0
        raw = f"tree {tree}\n{parents}\n{who}\n{at.timestamp()}\n{message}".encode()
        sha = self.keep("commit", raw)
        self.commits[sha] = Commit(sha, tree, parents, author, committer or author, message, at)
        return sha

    def flat(self, tree: str, prefix: str = "") -> dict[str, str]:
        """Blobs by path."""
        found: dict[str, str] = {}
        for mode, name, sha, _size in self.objects[tree][1]:
            if mode == "040000":
                found |= self.flat(sha, f"{prefix}{name}/")
            else:
                found[prefix + name] = sha
        return found

    def files(self, commit: str) -> dict[str, bytes]:
        blobs = self.flat(self.commits[commit].tree)
        return {path: self.objects[sha][1] for path, sha in blobs.items()}

    def ancestors(self, commit: str) -> list[str]:
        found: list[str] = []
        waiting = [commit]
        while waiting:
            sha = waiting.pop(0)
            if sha not in found and sha in self.commits:
                found.append(sha)
                waiting += self.commits[sha].parents
        return found

    def merge_base(self, one: str, other: str) -> str | None:
        theirs = set(self.ancestors(other))
        return next((sha for sha in self.ancestors(one) if sha in theirs), None)

"""Addresses: files, commits and pull requests on forges, and hosts, paths and pages of services."""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from awayteam.requests.routing.parse.findings import Finding, Kind

ADDRESS = re.compile(r"(?:https?|wss?|grpcs?)://[^\s<>\"'`|\\^{}]{1,1500}")
CLONE = re.compile(r"(?:ssh://)?git@([\w.\-]{1,200})[:/]((?:[\w.\-]{1,100}/){1,6}[\w.\-]{1,100})")
TRAILING = ".,;:!?)]}'\""
FORGES = ("github.", "gitlab.", "bitbucket.", "codeberg.org", "gitea.", "forgejo.", "git.", "code.")
FILES = frozenset({"blob", "tree", "raw", "blame", "edit", "src", "commits"})
CHANGES = frozenset({"commit", "pull", "pulls", "issues", "compare", "actions", "merge_requests", "pull-requests", "discussions", "releases", "jobs", "pipelines", "wiki", "tags", "branches"})  # fmt: skip # noqa: E501
NO_ORGANISATION = frozenset({"api", "apps", "features", "login", "orgs", "search", "settings", "topics", "users", "-"})
LOCAL = re.compile(
    r"(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[?::1\]?|10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2})\Z"
)


def read(line: str, number: int) -> Iterator[Finding]:
    """What the addresses in a line say."""
    for match in ADDRESS.finditer(line):
        yield from of_address(match[0].rstrip(TRAILING), number)
    if "git@" in line:
        for match in CLONE.finditer(line):
            yield Finding(Kind.REPOSITORY, _slug(match[2]), number, 0.5, match[0])


def of_address(address: str, number: int) -> Iterator[Finding]:
    """What one address says; nothing where it can't be read."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return
    if not host:
        return
    path = [unquote(part) for part in parts.path.split("/") if part]
    forge = list(_of_forge(host, path, number, address))
    if forge:
        yield from forge
        return
    if not LOCAL.match(host):
        yield Finding(Kind.HOST, host, number, 0.75, address)
        if parts.path.strip("/"):
            yield Finding(Kind.LINK, link(address), number, 0.9, address)
    if len(path) > 0:
        yield Finding(Kind.OPERATION, f" /{'/'.join(path)}", number, 0.6, address)


def link(address: str) -> str:
    """An address as links of the catalog are kept: host and path in lower case, without scheme, query and fragment."""
    parts = urlsplit(address)
    return f"{(parts.hostname or '').lower()}{parts.path.rstrip('/').lower()}"[:300]


def _of_forge(host: str, path: list[str], number: int, address: str) -> Iterator[Finding]:
    if "-" in path[2:] or (len(path) > 2 and path[-1] == "-"):  # GitLab, also with sub-groups
        place = path.index("-", 2)
        yield from _of_repository("/".join(path[:place]), path[place + 1 :], number, address)
        return
    if len(path) > 4 and path[0] == "projects" and path[2] == "repos":  # Bitbucket on a server of one's own
        rest = path[4:]
        at = ["src", "HEAD", *rest[1:]] if rest[:1] == ["browse"] else rest
        yield from _of_repository(f"{path[1]}/{path[3]}", at, number, address)
        return
    known = host.startswith(FORGES) or f".{host}".find(".git") >= 0
    says = len(path) > 2 and path[2] in FILES | CHANGES
    if host.startswith("raw.githubusercontent.") and len(path) > 3:
        yield from _of_repository("/".join(path[:2]), ["raw", *path[2:]], number, address)
    elif (known or says) and len(path) >= 2 and path[0] not in NO_ORGANISATION:
        yield from _of_repository("/".join(path[:2]), path[2:], number, address)


def _of_repository(name: str, rest: list[str], number: int, address: str) -> Iterator[Finding]:
    slug = _slug(name)
    if rest and rest[0] in FILES and len(rest) > 2:
        after = rest[3:] if rest[0] == "src" and rest[1] in ("branch", "commit", "tag") else rest[2:]
        path = "/".join(after)
        if path:
            yield Finding(Kind.PATH, path, number, 0.95, address, slug)
            return
    weight = 0.6 if rest and rest[0] in CHANGES else 0.5
    yield Finding(Kind.REPOSITORY, slug, number, weight, address)


def _slug(name: str) -> str:
    return name.strip("/").removesuffix(".git").lower()

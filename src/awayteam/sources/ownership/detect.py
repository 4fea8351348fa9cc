"""Which format a tree uses, and the resolver for it."""

import re

from awayteam.sources.ownership import gerrit, gitea, github, gitlab, maintainers, prow
from awayteam.sources.ownership.base import Resolver, Tree

FORMATS = {
    "github": github.load,
    "gitlab": gitlab.load,
    "gitea": gitea.load,
    "prow": prow.load,
    "gerrit": gerrit.load,
    "maintainers": maintainers.load,
}
_HEADING = re.compile(rb"^\^?\[[^\]\n]+\](?:\[\d+\])?\s*(?:@[^\n]*)?$", re.MULTILINE)
_REGULAR = re.compile(rb"^\s*!?[^\s#]*(?:\.\*|\\\\\.|\([^)\s]*\|)[^\n]*\s@", re.MULTILINE)
_SECTION = re.compile(rb"^F:\s*\S", re.MULTILINE)
_YAML = re.compile(rb"^(?:approvers|reviewers|filters|options|labels)\s*:", re.MULTILINE)
_ROLE = re.compile(rb"\s@@\w")
_LOOK = 256 * 1024


def resolver(tree: Tree, format: str = "auto") -> Resolver:
    """The resolver of a tree. Raises `ValueError` for an unknown format's name."""
    if format == "auto":
        format = detect(tree)
    if format not in FORMATS:
        raise ValueError(f"{format!r} is no format of ownership; choose auto, {', '.join(FORMATS)}")
    return FORMATS[format](tree)


def detect(tree: Tree) -> str:
    """The format that the tree most probably uses (docs/ownership.md, "Which format"); `github` where none is found."""
    has = {place: tree.size(place) is not None for place in (*github.PLACES, *gitlab.PLACES, *gitea.PLACES)}
    if has[".github/CODEOWNERS"]:
        return "github"
    if has[".gitlab/CODEOWNERS"]:
        return "gitlab"
    if has[".gitea/CODEOWNERS"] or has[".forgejo/CODEOWNERS"]:
        return "gitea"
    for place in ("CODEOWNERS", "docs/CODEOWNERS"):
        if has[place]:
            return _by_content(tree, (tree.read(place) or b"")[:_LOOK])
    for place in maintainers.PLACES:
        if tree.size(place) is not None and _SECTION.search((tree.read(place) or b"")[:_LOOK]):
            return "maintainers"
    owners = [path for path in tree.paths() if path == "OWNERS" or path.endswith("/OWNERS")]
    for path in sorted(owners, key=lambda path: (path.count("/"), path))[:20]:
        data = (tree.read(path) or b"")[:_LOOK]
        if _YAML.search(data):
            return "prow"
        if data.strip():
            return "gerrit"
    return "prow" if tree.size("OWNERS_ALIASES") is not None else "github"


def _by_content(tree: Tree, data: bytes) -> str:
    if _HEADING.search(data) or _ROLE.search(data):
        return "gitlab"
    paths = tree.paths()
    if _REGULAR.search(data):
        return "gitea"
    if any(path.startswith(".github/") for path in paths):
        return "github"
    if tree.size(".gitlab-ci.yml") is not None or any(path.startswith(".gitlab/") for path in paths):
        return "gitlab"
    if any(path.startswith((".gitea/", ".forgejo/")) for path in paths):
        return "gitea"
    return "github"

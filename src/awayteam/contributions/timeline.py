"""The ownership rules of a repository as they were: from the newest commit's, backwards through the commits seen."""

from collections.abc import Callable, Iterable

from awayteam.contributions.rules import date_of
from awayteam.sources.githistory.log import Change
from awayteam.sources.ownership import gerrit, gitea, github, gitlab, maintainers, prow
from awayteam.sources.ownership.base import Resolver
from awayteam.sources.ownership.prowfile import File

ReadBlob = Callable[[str], bytes | None]
MAX_PARSED = 48 * 1024 * 1024
"""Bytes of rules parsed for old versions; beyond, rules are followed from month to month only."""
_PLACES: dict[str, tuple[str, ...]] = {
    "github": github.PLACES,
    "gitlab": gitlab.PLACES,
    "gitea": gitea.PLACES,
    "maintainers": maintainers.PLACES,
}
_CODEOWNERS = (b"CODEOWNERS",)
_ENDINGS: dict[str, tuple[bytes, ...]] = {
    "maintainers": (b"MAINTAINERS", b"Maintainers.txt"),
    "prow": (b"OWNERS", b"OWNERS_ALIASES"),
    "gerrit": (b"",),
}
"""How the names of a format's rule files end: a quick look before the careful one."""
_ONE_FILE: dict[str, type[github.GitHub] | type[gitlab.GitLab] | type[gitea.Gitea] | type[maintainers.Maintainers]] = {
    "github": github.GitHub,
    "gitlab": gitlab.GitLab,
    "gitea": gitea.Gitea,
    "maintainers": maintainers.Maintainers,
}


class Timeline:
    """The rules in force, going back in time. `missing` tells whether some old version couldn't be read."""

    def __init__(self, format: str, blobs: dict[str, str], read: ReadBlob) -> None:
        """`blobs` maps the newest commit's rule files to object ids; `read` gives an object's content."""
        self.format = format
        self._endings = _ENDINGS.get(format, _CODEOWNERS)
        self.missing = False
        self.coarse = False
        self._read = read
        self._blobs = blobs
        self._texts: dict[str, bytes | None] = {}
        self._resolvers: dict[tuple[str, str], Resolver] = {}
        self._files: dict[tuple[str, bytes], File] = {}
        self._parsed = 0
        self._month = ""
        self._pending = False

    def watched(self, paths: list[bytes]) -> list[bytes]:
        """Those paths that are rule files of this format."""
        endings = self._endings
        near = [path for path in paths if path.endswith(endings)]
        return [path for path in near if self._is_rule_file(path)] if near else near

    def _is_rule_file(self, path: bytes) -> bool:
        if self.format in _PLACES:
            return path.decode("utf-8", "replace") in _PLACES[self.format]
        name = path.rpartition(b"/")[2]
        if self.format == "prow":
            return name == b"OWNERS" or path == b"OWNERS_ALIASES"
        return name == b"OWNERS" or name.endswith(b"_OWNERS") or name.startswith(b"OWNERS_")

    def before(self, changes: Iterable[Change], committed: int) -> Resolver | None:
        """Take back a commit's changes of rule files; the rules before it, None where they are still the same."""
        for change in changes:
            path = change.path.decode("utf-8", "surrogateescape")
            if change.before is None:
                self._blobs.pop(path, None)
            else:
                self._blobs[path] = change.before
            self._pending = True
        if not self._pending:
            return None
        if self._parsed > MAX_PARSED:
            self.coarse = True
            month = f"{date_of(committed):%Y-%m}"
            if month == self._month:
                return None
            self._month = month
        self._pending = False
        return self.resolver()

    def resolver(self) -> Resolver:
        if self.format in _ONE_FILE:
            return self._one_file()
        files: dict[str, bytes] = {}
        for path, blob in self._blobs.items():
            data = self._text(blob)
            if data is not None:
                files[path] = data
        if self.format == "prow":
            aliases = files.pop(prow.ALIASES, None)
            return prow.Prow(files, aliases, self._files)
        self._parsed += sum(map(len, files.values()))
        return gerrit.Gerrit(files)

    def _one_file(self) -> Resolver:
        place = next((place for place in _PLACES[self.format] if place in self._blobs), "")
        blob = self._blobs.get(place, "")
        known = self._resolvers.get((place, blob))
        if known is not None:
            return known
        data = self._text(blob) if blob else None
        self._parsed += len(data or b"")
        made = _ONE_FILE[self.format](data, place or _PLACES[self.format][0])
        if len(self._resolvers) > 16:
            self._resolvers.clear()
        self._resolvers[(place, blob)] = made
        return made

    def _text(self, blob: str) -> bytes | None:
        if blob not in self._texts:
            self._texts[blob] = self._read(blob)
            self.missing = self.missing or self._texts[blob] is None
        return self._texts[blob]

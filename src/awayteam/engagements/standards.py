"""The home team's written rules: which files of a repository hold them, and where in a text a line stands. Pure."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

MOST_DOCUMENTS = 60
MAX_DOCUMENT = 512 * 1024
"""Bytes of one document; longer ones are left out and told."""
MAX_TOGETHER = 4 * 1024 * 1024


class Kind(IntEnum):
    """What a document is for, the most telling first."""

    CONTRIBUTING = 1
    STYLE = 2
    SECURITY = 3
    DEVELOPMENT = 4
    REVIEW = 5
    CHECKS = 6
    BUILD = 7


WORDS = {
    Kind.CONTRIBUTING: "How to contribute",
    Kind.STYLE: "Coding guide",
    Kind.SECURITY: "Security policy",
    Kind.DEVELOPMENT: "How to develop and test",
    Kind.REVIEW: "What a change must say",
    Kind.CHECKS: "Checks on code",
    Kind.BUILD: "Continuous integration",
}
_PLACES = frozenset({"", ".github", ".gitlab", ".gitea", ".forgejo", "docs", "doc", "documentation"})
_FOLDERS = re.compile(r"(?:docs?|documentation)/(contributing|contributor|style|coding|guidelines|security|"
                      r"development|developer|dev|testing)(?:-guides?)?", re.ASCII)  # fmt: skip
_PROSE = re.compile(r"\.(?:md|markdown|rst|txt|adoc|asciidoc|org|mdx)\Z")
_TITLES = (
    (Kind.CONTRIBUTING, re.compile(r"(?:how[-_]?to[-_]?)?contribut(?:ing|e|ion|ions)(?:[-_.]?guide(?:lines)?)?")),
    (Kind.STYLE, re.compile(r"(?:(?:code|coding|\w+)[-_])?(?:style|conventions?|standards?)(?:[-_]?guide)?|styleguide|"
                            r"cod(?:e|ing)[-_]?(?:guide(?:lines)?|rules)|guidelines")),
    (Kind.SECURITY, re.compile(r"security(?:[-_]?(?:policy|guide(?:lines)?))?")),
    (Kind.DEVELOPMENT, re.compile(r"hacking|develop(?:ing|ment|ers?)|testing|agents|building")),
    (Kind.REVIEW, re.compile(r"pull_request_template|merge_request_template|(?:code[-_])?review(?:ing|s)?"
                             r"(?:[-_]?(?:guide(?:lines)?|checklist))?|definition[-_]of[-_]done")),
)  # fmt: skip
_CHECKS = frozenset({
    ".pre-commit-config.yaml", ".pre-commit-config.yml", ".editorconfig", "ruff.toml", ".ruff.toml", ".flake8",
    "mypy.ini", ".mypy.ini", ".pylintrc", "pylintrc", "pyrightconfig.json", ".golangci.yml", ".golangci.yaml",
    ".rubocop.yml", ".clang-format", ".clang-tidy", "rustfmt.toml", ".rustfmt.toml", "clippy.toml", "deny.toml",
    "checkstyle.xml",
    "detekt.yml", "biome.json", ".stylelintrc", ".swiftlint.yml", ".scalafmt.conf", ".yamllint", ".yamllint.yml",
    ".markdownlint.json", ".hadolint.yaml", "sonar-project.properties", "codecov.yml", ".codecov.yml", ".coveragerc",
    "commitlint.config.js", ".commitlintrc.json", "lefthook.yml", "phpcs.xml", "phpstan.neon",
    ".credo.exs", ".formatter.exs",
})  # fmt: skip
_CHECKS_LIKE = re.compile(r"\.?(?:eslint|prettier|stylelint)(?:rc)?(?:\.config)?(?:\.(?:c?js|mjs|ts|json|ya?ml|toml))?")
_BUILD = frozenset({
    ".gitlab-ci.yml", "jenkinsfile", "azure-pipelines.yml", ".travis.yml", "bitbucket-pipelines.yml", ".drone.yml",
    "cloudbuild.yaml", ".cirrus.yml", "appveyor.yml", ".appveyor.yml", ".woodpecker.yml", "buildkite.yml",
})  # fmt: skip
_BUILD_FOLDERS = frozenset({".github/workflows", ".gitea/workflows", ".forgejo/workflows", ".circleci", ".buildkite",
                            ".woodpecker", ".gitlab/ci"})  # fmt: skip
_LINT_TABLE = re.compile(r"^\[tool\.(?:ruff|black|isort|mypy|pylint|flake8|pyright|bandit|coverage|pytest|ty|"
                         r"importlinter|djlint)\b", re.MULTILINE)  # fmt: skip
_PARTLY = frozenset({"pyproject.toml", "setup.cfg", "tox.ini"})
_SETUP_TABLE = re.compile(r"^\[(?:flake8|mypy|isort|pycodestyle|pylint|tool:pytest|testenv)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may hold standards; one that is `partly` about other things only does if `worth_it` says so."""

    path: str
    kind: Kind
    partly: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text from `line` to `end` (both included, from 1); `anchor` is its own within the text."""

    title: str
    level: int
    line: int
    end: int
    anchor: str


def candidates(paths: Iterable[str], folders: Sequence[str] = ("",)) -> list[Candidate]:
    """The files that usually hold standards, of the whole repository and of these folders in it, best first."""
    found = {}
    for path in paths:
        for folder in dict.fromkeys(("", *folders)):
            start = f"{folder}/" if folder else ""
            if path.startswith(start) and (one := _candidate(path, path[len(start) :])) is not None:
                found[path] = one
                break
    return sorted(found.values(), key=lambda one: (one.kind, one.path.count("/"), one.path))


def _candidate(path: str, inside: str) -> Candidate | None:
    """What a file is whose path within its folder is `inside`."""
    place, _, name = inside.lower().rpartition("/")
    if place in _PLACES:
        if (kind := _prose(name)) is not None:
            return Candidate(path, kind)
        if name in _CHECKS or _CHECKS_LIKE.fullmatch(name):
            return Candidate(path, Kind.CHECKS)
        if name in _BUILD:
            return Candidate(path, Kind.BUILD)
        if name in _PARTLY:
            return Candidate(path, Kind.CHECKS, partly=True)
    if place in _BUILD_FOLDERS and name.endswith((".yml", ".yaml")):
        return Candidate(path, Kind.BUILD)
    folder = _FOLDERS.fullmatch(place)
    if folder and _PROSE.search(name):
        return Candidate(path, _prose(folder[1]) or Kind.CONTRIBUTING)
    return None


def _prose(name: str) -> Kind | None:
    stem = _PROSE.sub("", name)
    if "." in stem:
        return None
    return next((kind for kind, pattern in _TITLES if pattern.fullmatch(stem)), None)


def worth_it(candidate: Candidate, text: str) -> bool:
    """Whether a file that is partly about other things holds rules for a change."""
    if not candidate.partly:
        return True
    return bool((_LINT_TABLE if candidate.path.endswith(".toml") else _SETUP_TABLE).search(text))


_BUILD_OF_CHANGES = re.compile(r"(?:\A|[-_./])(?:ci|test|tests|lint|check|checks|verify|style|build|codeql|gitlab-ci|"
                               r"jenkinsfile|azure-pipelines|travis|config)(?:\Z|[-_.])")  # fmt: skip


def is_suggested(kind: Kind, path: str) -> bool:
    """Whether a document is proposed at first: all but builds that look after other things than a change."""
    return kind is not Kind.BUILD or bool(_BUILD_OF_CHANGES.search(path.lower().rpartition("/")[2]))


def text_of(data: bytes) -> str | None:
    """A document's text with line feeds alone; None for what isn't text in UTF-8."""
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")


def sha256(text: str) -> str:
    """The hash that freezes a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


_ATX = re.compile(r"(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*\Z")
_ASCIIDOC = re.compile(r"(={1,6})[ \t]+(\S.*)\Z")
_TABLE = re.compile(r"\[{1,2}([^\[\]]+)\]{1,2}\s*(?:[#;].*)?\Z")
_YAML_KEY = re.compile(r"(?:\"([^\"]+)\"|'([^']+)'|([A-Za-z0-9_.$-][^:#]*)):(?:\s|\Z)")
_UNDERLINE = re.compile(r"([=\-~^\"'`*+#])\1{2,}\s*\Z")
_MARKS = "=-"
"""Markdown's levels of underlined headings."""
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def sections(text: str, path: str = "") -> list[Section]:
    """The headings of a text, by the name of its file: of prose, of tables (TOML, INI), or the first keys of YAML."""
    lines = text.split("\n")
    name = path.lower().rpartition("/")[2]
    if name.endswith((".yml", ".yaml")):
        heads = [(title, 1, number) for number, line in enumerate(lines, 1) if (title := _yaml_key(line))]
    elif name.endswith((".toml", ".cfg", ".ini", ".editorconfig", ".flake8", ".coveragerc", "pylintrc")):
        heads = [(match[1].strip(), 1, number) for number, line in enumerate(lines, 1) if (match := _TABLE.match(line))]
    else:
        heads = _headings(lines, marks="" if name.endswith(".rst") else _MARKS)
    return _with_ends(heads, len(lines) - (not lines[-1]))


def _yaml_key(line: str) -> str:
    match = _YAML_KEY.match(line)
    return (match[1] or match[2] or match[3]).strip() if match else ""


def _headings(lines: Sequence[str], marks: str) -> list[tuple[str, int, int]]:
    """Headings of Markdown, reStructuredText and AsciiDoc: (title, level, line). Fenced code has none.

    `marks` are characters that underline, by level; others follow them as they turn up (reStructuredText's rule).
    """
    found: list[tuple[str, int, int]] = []
    fence = ""
    for number, line in enumerate(lines, 1):
        if match := _FENCE.match(line):
            if not fence:
                fence = match[1]
            elif match[1].startswith(fence):
                fence = ""
            continue
        if fence:
            continue
        if match := _ATX.match(line) or _ASCIIDOC.match(line):
            found.append((match[2], len(match[1]), number))
        elif (match := _UNDERLINE.match(line)) and number > 1 and _is_title(lines[number - 2], line):
            if match[1] not in marks:
                marks += match[1]
            found.append((lines[number - 2].strip(), marks.index(match[1]) + 1, number - 1))
    return found


def _is_title(title: str, underline: str) -> bool:
    plain = title.strip()
    return bool(plain) and title[0] not in " \t|>" and len(underline.rstrip()) >= min(len(plain), 3) and not (
        _UNDERLINE.match(title) or _ATX.match(title) or plain.startswith(("- ", "* "))
    )  # fmt: skip


def _with_ends(heads: Sequence[tuple[str, int, int]], last: int) -> list[Section]:
    """Sections that end before the next heading of their level or above; anchors are told apart by a number."""
    found: list[Section] = []
    used: dict[str, int] = {}
    open_heads: list[int] = []
    ends = [last] * len(heads)
    for at, (_title, level, line) in enumerate(heads):
        while open_heads and heads[open_heads[-1]][1] >= level:
            ends[open_heads.pop()] = line - 1
        open_heads.append(at)
    for (title, level, line), end in zip(heads, ends, strict=True):
        slug = re.sub(r"[^\w]+", "-", title.lower()).strip("-")[:80] or "section"
        used[slug] = used.get(slug, 0) + 1
        anchor = slug if used[slug] == 1 else f"{slug}-{used[slug]}"
        found.append(Section(title[:200], level, line, max(line, end), anchor))
    return found


def section_at(found: Iterable[Section], line: int) -> Section | None:
    """The innermost section in which a line stands; None before the first heading."""
    return max((one for one in found if one.line <= line <= one.end), key=lambda one: one.line, default=None)


def citation(title: str, text: str, line: int, path: str = "") -> str:
    """A place in a standard as people write it: "CONTRIBUTING.md § Tests, line 42". Lines count from 1."""
    section = section_at(sections(text, path), line)
    return f"{title}{f' § {section.title}' if section else ''}, line {line}"

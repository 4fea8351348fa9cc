"""What stands in the two files of ours: who may push where (`awayteam.conf`), and which paths (`awayteam.paths`).

The second is the state: it is read back, and the first follows from it. Names that gitolite would read as something
else are refused here, so that nothing else needs escaping.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from awayteam.forges.gitolite.patterns import expression
from awayteam.forges.port import Level, Wanted

CONF, PATHS = "awayteam.conf", "awayteam.paths"
MARK = "awayteam 1"
INCLUDE = f'include "{CONF}"'
HELPER = "awayteam"
LONGEST_NAME = 200
_REPOSITORY = re.compile(r"[0-9A-Za-z][-0-9A-Za-z._@/+]*", re.ASCII)
_USER = re.compile(r"[0-9A-Za-z][-0-9A-Za-z._@+]*", re.ASCII)
_SPECIAL = frozenset({"all", "creator", "readers", "writers", "owners", "gitolite-admin", "testing"})
_HEADER = f"""\
# Awayteam writes this file; what is changed here by hand is lost.
# Access ends by itself: it follows from engagements. Leave "{INCLUDE}" in gitolite.conf.
"""


class LineError(ValueError):
    """A name that can't stand in gitolite's configuration, or a file that isn't ours."""


@dataclass(frozen=True, slots=True)
class Right:
    """What one engagement lets one user do in one repository; `expressions` are of paths (`patterns`)."""

    repository: str
    user: str
    level: Level
    until: datetime
    engagement: int
    expressions: tuple[str, ...] = ()


def rights_of(repository: str, wanted: Wanted) -> list[Right]:
    """A wish as lines. Raises `LineError` for names that gitolite couldn't tell from something else."""
    check_repository(repository)
    check_user(wanted.account.login)
    level = Level.READ if wanted.level is Level.READ else Level.WRITE
    return [
        Right(repository, wanted.account.login, level, part.until, part.engagement, _expressions(part.patterns))
        for part in wanted.parts
    ]


def _expressions(patterns: Iterable[str]) -> tuple[str, ...]:
    found = []
    for pattern in patterns:
        try:
            found.append(expression(pattern))
        except ValueError:
            continue  # names no path, here as everywhere
    return tuple(found)


def check_repository(name: str) -> None:
    """Raise `LineError` unless gitolite takes this for the name of one repository, which isn't its own."""
    odd = ".." in name or "//" in name or ".git/" in name or name.endswith((".git", "/"))
    if not _REPOSITORY.fullmatch(name) or odd or len(name) > LONGEST_NAME or _is_special(name):
        raise LineError(f"{name[:60]!r} can't be the name of a repository in gitolite's configuration.")


def check_user(name: str) -> None:
    """Raise `LineError` unless gitolite takes this for the name of one user."""
    if not _USER.fullmatch(name) or len(name) > LONGEST_NAME or _is_special(name):
        raise LineError(f"{name[:60]!r} can't be the name of a user in gitolite's configuration.")


def _is_special(name: str) -> bool:
    return not _SPECIAL.isdisjoint(part.lower() for part in name.split("/"))


def write_paths(rights: Iterable[Right], check: Sequence[str] = ()) -> str:
    """The state: a line for each expression (one without, where an engagement names none), sorted."""
    lines = {
        "\t".join((one.repository, one.user, one.level.value, one.until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                   str(one.engagement), said))
        for one in rights
        for said in one.expressions or ("-",)
    }  # fmt: skip
    gate = ["\t".join(("check", *check))] if check else []
    return "\n".join([MARK, *gate, *sorted(lines)]) + "\n"


def read_paths(text: str) -> list[Right]:
    """What `write_paths` wrote. Raises `LineError` for anything else: it isn't guessed who may do what."""
    lines = text.split("\n")
    if lines[0] != MARK or lines[-1] != "":
        raise LineError(f"{PATHS} isn't as Awayteam writes it; take it away, and access is given anew.")
    found: dict[tuple[str, str, str, str, str], list[str]] = defaultdict(list)
    for line in lines[1:-1]:
        if line.startswith("check\t"):
            continue
        parts = line.split("\t")
        if len(parts) != 6:
            raise LineError(f"{PATHS} has a line that Awayteam didn't write: {line[:60]!r}.")
        repository, user, level, until, engagement, said = parts
        found[repository, user, level, until, engagement].append(said)
    return [_right(key, some) for key, some in found.items()]


def _right(key: tuple[str, str, str, str, str], some: Sequence[str]) -> Right:
    repository, user, level, until, engagement = key
    check_repository(repository)
    check_user(user)
    moment = datetime.fromisoformat(until)
    return Right(repository, user, Level(level), moment, int(engagement), tuple(one for one in some if one != "-"))


def write_conf(rights: Iterable[Right], *, gated: bool = False) -> str:
    """gitolite's configuration that follows from the state. `gated` lets members try to push to any branch, which the
    gate then decides about; otherwise they have branches of their own alone."""
    by_repository: dict[str, dict[str, list[Right]]] = defaultdict(lambda: defaultdict(list))
    for one in rights:
        by_repository[one.repository][one.user].append(one)
    text = _HEADER
    for repository, users in sorted(by_repository.items()):
        text += f"\nrepo {repository}\n"
        for user, some in sorted(users.items()):
            text += _user_lines(user, some, gated)
    return text


def _user_lines(user: str, some: Sequence[Right], gated: bool) -> str:
    writing = sorted({one.engagement for one in some if one.level is not Level.READ})
    lines = [f"    RW+ refs/heads/away/{number}/ = {user}" for number in writing]
    if not writing:
        lines.append(f"    R = {user}")
    else:
        lines += [f"    RW refs/heads/ = {user}"] * gated
        lines.append(f"    - VREF/{HELPER} = {user}")
    return "\n".join(lines) + "\n"

"""Enhancement proposals (KEPs): what a group with an owner proposes with others, in files `kep.yaml` of a folder.

The owning group is the home team. Of the participating groups the first one asks and the others ask too; a proposal in
which nobody else takes part is no request to another team, and is told so. Authors are tried as askers.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from awayteam.kernel.errors import InvalidInput
from awayteam.requests.exchange import rows
from awayteam.requests.exchange.rows import Read, RowError
from awayteam.sources import yamldoc

NAME = "kep.yaml"
MOST_FILES = 20_000
STATES = {
    "implemented": "done", "implementable": "open", "provisional": "open", "deferred": "open", "withdrawn": "withdrawn",
    "rejected": "dropped", "replaced": "dropped", "superseded": "dropped", "removed": "dropped",
}  # fmt: skip


def read_keps(folder: Path) -> Read:
    """All proposals below a folder, by path. Raises `InvalidInput` where there are none."""
    found, count = Read(), 0
    for path in _files(folder):
        count += 1
        if count > MOST_FILES:
            raise InvalidInput(f"{folder} holds more than {MOST_FILES:,} proposals.", "Import it in parts.")
        _file(found, path, path.relative_to(folder).as_posix())
    if not count:
        raise InvalidInput(f"{folder} holds no {NAME}.", "Name the folder of the proposals.")
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Regular files only: a link may lead anywhere."""
    for place, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        path = Path(place) / NAME
        if NAME in names and path.is_file() and not path.is_symlink():
            yield path


def _file(found: Read, path: Path, name: str) -> None:
    try:
        documents = yamldoc.load(path.read_bytes(), max_bytes=1_000_000)
    except OSError as error:
        found.errors.append(RowError(name, 1, "", f"can't be read: {error.strerror}"))
        return
    for document in documents:
        if document.problem is not None:
            found.errors.append(RowError(name, document.problem.line or 1, "", document.problem.message))
        elif isinstance(document.value, dict):
            _proposal(found, name, document.line, document.value)


def _proposal(found: Read, name: str, line: int, kep: dict[str, Any]) -> None:
    owner = _group(kep.get("owning-sig"))
    groups = [group for one in _texts(kep.get("participating-sigs")) if (group := _group(one)) and group != owner]
    if not owner:
        found.errors.append(RowError(name, line, "owning-sig", "names nobody"))
        return
    if not groups:
        found.errors.append(
            RowError(name, line, "participating-sigs", "nobody but the owner takes part; not a request")
        )
        return
    links = [*_texts(kep.get("see-also")), *(f"Replaces {one}" for one in _texts(kep.get("replaces")))]
    milestones = kep.get("milestone") if isinstance(kep.get("milestone"), dict) else {}
    aims = [f"{stage}: {version}" for stage, version in milestones.items()] if isinstance(milestones, dict) else []
    need = "\n".join([str(kep.get("title") or ""), *(f"- {text}" for text in [*aims, *links])])
    status = str(kep.get("status") or "").strip().lower()
    rows.add(
        found,
        name,
        line,
        {
            "key": f"kep-{kep['kep-number']}" if kep.get("kep-number") else name,
            "title": str(kep.get("title") or "")[:200],
            "need": need,
            "home_team": owner,
            "asking_team": groups[0],
            "also_asking": groups[1:],
            "asker": [one.lstrip("@") for one in _texts(kep.get("authors"))],
            "state": STATES.get(status, status or "open"),
            "created_at": _date(kep.get("creation-date")),
            "closed_at": _date(kep.get("last-updated")) if STATES.get(status) != "open" else None,
        },
    )


def _texts(value: Any) -> list[str]:
    return [str(one).strip() for one in value if str(one).strip()] if isinstance(value, list) else []


def _group(value: Any) -> str:
    """The group's name as the organisation's own file has it: "sig-node"."""
    return value.strip().lower() if isinstance(value, str) else ""


def _date(value: Any) -> str | None:
    """The day where it is one: proposals write all sorts of things there."""
    text = str(value or "").strip()
    try:
        rows.day(text)
    except ValueError:
        return None
    return text

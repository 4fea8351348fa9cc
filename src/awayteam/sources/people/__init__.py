"""Lists of people: a CSV file as every personnel system can write it, or JSON."""

import re
from pathlib import PurePosixPath

from awayteam.sources.context import Context
from awayteam.sources.declared import Reading
from awayteam.sources.people.columns import column_of
from awayteam.sources.people.roster import Roster
from awayteam.sources.shapes import Notes
from awayteam.sources.table import delimiter_of, rows

NAME = "list of people"
_STEMS = frozenset(
    ("people", "persons", "staff", "employees", "users", "members", "roster", "team-members", "directory", "org-chart")
)
_WHO = {"handle", "github", "gitlab", "email"}
_WHERE = {"team", "role", "manager", "unit"}
_KEY = re.compile(rb'"([^"\\\n]{1,40})"\s*:')
_HEAD = 4096


def recognises(path: str, data: bytes) -> bool:
    """Whether a CSV's header names people and where they belong, or a JSON file is called `people.json` or alike."""
    name = PurePosixPath(path.lower())
    head = data[:_HEAD]
    if name.suffix in (".csv", ".tsv"):
        text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
        header = next((line for line in text.splitlines() if line.strip()), "")
        columns = {column_of(cell.strip().strip('"')) for cell in header.split(delimiter_of(header))}
    elif name.suffix == ".json" and name.stem in _STEMS:
        columns = {column_of(key.decode("utf-8", "replace")) for key in _KEY.findall(head)}
    else:
        return False
    return bool(columns & _WHO) and (bool(columns & _WHERE) or name.stem in _STEMS)


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """The people of the file, with the teams and units that they name.

    A row is one person in one or more teams; further rows of the same person add teams. In JSON the list stands
    alone or under the key `people`.
    """
    context = context or Context()
    notes = Notes(file=path, document=0)
    at: tuple[str, ...] = ()
    if not path.lower().endswith((".csv", ".tsv")) and data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        at = ("people",)
    roster = Roster(notes, context.namespace)
    for row in rows(path, data, notes, at, context.max_bytes):
        roster.add(row)
    return Reading(tuple(roster.declared()), notes.all())

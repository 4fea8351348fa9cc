"""Reading a file of requests in whichever of our formats it is."""

from collections.abc import Callable, Mapping

from awayteam.kernel.errors import InvalidInput
from awayteam.requests.exchange import tables, trackers
from awayteam.requests.exchange.rows import COLUMNS, Read

AUTO = "auto"
READERS: Mapping[str, Callable[[bytes, str, Mapping[str, str]], Read]] = {
    "csv": tables.read_csv,
    "json": tables.read_json,
    "github": trackers.read_github,
    "jira-csv": trackers.read_jira_csv,
    "jira-json": trackers.read_jira_json,
}


def read(data: bytes, name: str, format: str, mapping: Mapping[str, str]) -> Read:
    """The rows of a file; `mapping` names our column for columns of theirs. Raises `InvalidInput`."""
    if format not in (AUTO, *READERS):
        what = f"There is no format {format[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join((AUTO, *READERS))}.", {"format": what})
    for theirs, ours in mapping.items():
        if ours not in COLUMNS:
            what = f"{theirs[:60]!r} can't stand for {ours[:60]!r}."
            raise InvalidInput(what, f"Our columns are {', '.join(COLUMNS)}.", {"mapping": what})
    return READERS[guess(data) if format == AUTO else format](data, name, mapping)


def guess(data: bytes) -> str:
    """The format of a file by its first bytes: what Jira and GitHub always write."""
    head = data[:20_000]
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        if b'"fields"' in head and b'"issues"' in head:
            return "jira-json"
        return "github" if b"github.com/" in head and (b'"number"' in head or b'"state"' in head) else "json"
    first = head.partition(b"\n")[0]
    return "jira-csv" if b"Issue key" in first and b"Summary" in first else "csv"

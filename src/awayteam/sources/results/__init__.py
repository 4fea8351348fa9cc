"""Result files of builds: what failed, what was found, how much is covered. JUnit XML, SARIF 2.1.0, Cobertura XML.

Such files come from build machines that run everybody's code, so they are read as hostile: bounded in size and depth,
without entities or documents from elsewhere. A file that can't be read is a `ResultError` with its line; one bad entry
is a problem beside the others.
"""

from awayteam.sources.results import cobertura, junit, sarif, xmlread
from awayteam.sources.results.base import MAX_BYTES, Item, Kind, Problem, ResultError, Results

__all__ = ["MAX_BYTES", "Item", "Kind", "Problem", "ResultError", "Results", "read"]

_ROOTS = {"testsuites": junit.read, "testsuite": junit.read, "coverage": cobertura.read}
_KNOWN = "JUnit XML (<testsuites>), Cobertura XML (<coverage>) and SARIF 2.1.0 are read"


def read(data: bytes) -> Results:
    """What a result file says; its format is told by its content. Raises `ResultError`."""
    if len(data) > MAX_BYTES:
        raise ResultError(f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if not start:
        raise ResultError("the file is empty")
    if start in (b"{", b"["):
        return sarif.read(data)
    root = xmlread.root(data)
    reader = _ROOTS.get(root)
    if reader is None:
        hint = "; let JaCoCo's report be written as Cobertura" if root == "report" else ""
        raise ResultError(f"<{root[:100]}> is no result file that is known: {_KNOWN}{hint}", 1)
    return reader(data)

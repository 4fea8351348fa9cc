"""What a file of results says, as the few figures that stand beside a line of the checklist."""

from typing import Any

from awayteam.kernel.errors import InvalidInput
from awayteam.sources import results
from awayteam.sources.results import Kind, ResultError

MOST_NAMED = 5
TOTAL = "total"


def figures_of(name: str, data: bytes) -> dict[str, Any]:
    """Format, how many were seen, how many failed or were found, and the first of them by name; coverage in percent.

    Raises `InvalidInput` for what isn't JUnit XML, SARIF or Cobertura.
    """
    try:
        read = results.read(data)
    except ResultError as error:
        what = f"{name or 'The file'}: {error}"
        raise InvalidInput(
            what, "Give JUnit XML, SARIF 2.1.0 or Cobertura XML; or a link to it.", {"file": what}
        ) from error
    items = list(read.items.values())
    bad = [one for one in items if one.kind in (Kind.CHECK, Kind.FINDING)]
    covered = [one for one in items if one.kind is Kind.COVERAGE and one.value is not None]
    figures: dict[str, Any] = {
        "format": read.format,
        "seen": read.seen,
        "bad": len(bad),
        "named": [one.key for one in bad[:MOST_NAMED]],
        "problems": len(read.problems),
    }
    if covered:
        whole = next((one for one in covered if not one.path), covered[0])
        figures["coverage"] = str(whole.value)
    return figures


def sentence(figures: dict[str, Any]) -> str:
    """The figures as people read them: "412 seen, none failed"."""
    if "coverage" in figures:
        return f"{figures['coverage']} % covered ({figures.get('format', '')})"
    bad = figures.get("bad", 0)
    said = "none failed" if not bad else f"{bad} failed or found"
    named = f": {', '.join(figures.get('named', ()))}" if bad else ""
    return f"{figures.get('seen', 0)} seen, {said}{named} ({figures.get('format', '')})"

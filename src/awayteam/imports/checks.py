"""What `awayteam doctor` says of sources: those that can't be read, and those that nobody has read for long."""

from collections.abc import Iterator
from datetime import datetime

from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.doctor import Diagnosis, Health, check

MOST = 20
"""Sources that are named one by one; of the rest there is a number."""
ADVICE = {
    "failing": "Mend what it says, then `awayteam sources refresh {name}`; until then the last good state is shown.",
    "stale": "Is a worker running? `awayteam sources refresh {name}` reads it now.",
    "never imported": "`awayteam sources refresh {name}` reads it now.",
}


@check
def sources(now: datetime) -> Iterator[Diagnosis]:
    from awayteam.imports import queries  # brings every reader along

    rows = queries.sources(SYSTEM, now=now)
    ailing = [row for row in rows if row.health in ADVICE]
    for row in ailing[:MOST]:
        why = f": {row.last_error}" if row.health == "failing" and row.last_error else ""
        advice = ADVICE[row.health].format(name=_quoted(row.name))
        yield Diagnosis(f"source {row.name}", Health.WARNING, f"{row.health}{why}", advice)
    if len(ailing) > MOST:
        yield Diagnosis(
            "sources", Health.WARNING, f"{len(ailing) - MOST} more fail or are stale", "See the Sources page."
        )
    if not ailing:
        yield Diagnosis("sources", Health.GOOD, f"{len(rows)} in order" if rows else "none yet")


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name

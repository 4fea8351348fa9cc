"""What `awayteam doctor` says of use: whether every part is there, and whether what was received is being stored."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from awayteam.kernel.doctor import Diagnosis, Health, check
from awayteam.kernel.errors import Conflict

LATE_SECONDS = 600


@check
def parts_of_use(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    from awayteam.usage.models import Part
    from awayteam.usage.store import files

    place, missing, changed = files.folder(), [], []
    rows = list(Part.objects.filter(retired_at=None).values_list("file", "size", "rows"))
    for file, size, _ in rows:
        try:
            if (place / file).stat().st_size != size:
                changed.append(file)
        except FileNotFoundError:
            missing.append(file)
    if missing or changed:
        finding = (
            f"{len(missing)} files are missing and {len(changed)} were changed: {', '.join((missing + changed)[:5])}"
        )
        advice = "Restore the newest backup; nothing but Awayteam may write in usage/store of the data folder."
        yield Diagnosis("counts of use", Health.BAD, finding, advice)
    else:
        whole = sum(size for _, size, _ in rows)
        finding = f"{sum(number for *_, number in rows):,} rows in {len(rows)} files, {whole / 1e6:.1f} MB"
        yield Diagnosis("counts of use", Health.GOOD, finding if rows else "none yet")


@check
def spool_of_use(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    from awayteam.usage import spool

    waiting = spool.waiting()
    oldest = min((path.stat().st_mtime for path in waiting if path.exists()), default=time.time())
    if time.time() - oldest > LATE_SECONDS:
        finding = f"{len(waiting)} batches of counts wait, the oldest for {(time.time() - oldest) / 60:.0f} minutes"
        yield Diagnosis("spool of use", Health.BAD, finding, "Is a worker running? awayteam serve has one.")
    refused = spool.folder() / "refused"
    if number := len(list(refused.glob("*"))) if refused.is_dir() else 0:
        finding = f"{number} batches couldn't be read; they lie in {refused}"
        yield Diagnosis("spool of use", Health.WARNING, finding, "Look at the log for why; then delete them.")


def parts_to_keep() -> list[Path]:
    """The files that a backup needs."""
    from awayteam.usage.models import Part
    from awayteam.usage.store import files

    rows = Part.objects.filter(retired_at=None).order_by("pk").values_list("file", flat=True)
    found = [files.folder() / file for file in rows]
    if missing := [path.name for path in found if not path.is_file()]:
        raise Conflict(f"Files of counts are missing: {', '.join(missing[:5])}.", "See awayteam doctor.")
    return found

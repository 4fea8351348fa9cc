"""Builds the demonstration: writes its files as they were on some days of two years, and imports each state on its day.

Nothing is put into tables by hand: the history on every page is what the import engine and the actions made of it.
"""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from awayteam.contributions import actions as contributions
from awayteam.contributions import refresh
from awayteam.demo import (
    changes,
    credit,
    duplicates,
    engagements,
    experiments,
    files,
    handovers,
    history,
    notifications,
    requests,
    reviews,
    roadmaps,
    rounds,
    succession,
    usage,
    world,
)
from awayteam.imports import actions, engine
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Conflict
from awayteam.requests.routing import index
from awayteam.sources.models import Source

NAME = "Demonstration"
EVERY_DAYS = 61
REPOSITORIES = "demonstration-repositories"
Progress = Callable[[str, int, int], None]


def exists(folder: Path) -> bool:
    """Whether it stands already. Raises `Conflict` where it was cut off while it was built: the days of its history
    can't be imported again after later ones."""
    if not Source.objects.filter(name=NAME).exists():
        return False
    if not _mark(folder).exists():
        what = f"The demonstration in {folder.parent} was cut off while it was built."
        raise Conflict(what, "Remove that folder (with PostgreSQL the database too), or choose another --data folder.")
    return True


def _mark(folder: Path) -> Path:
    """A file that says that `folder` was built to the end; what the source counts changes with every import."""
    return folder.with_name(f"{folder.name}.whole")


def build(folder: Path, *, now: datetime, progress: Progress) -> None:
    """Build into an empty installation; `folder` keeps the files, so that a visitor can change one and import again."""
    demonstration = world.create(now.date())
    days = list(_days(demonstration.first_day, now.date()))
    folder.mkdir(parents=True, exist_ok=True)
    for number, day in enumerate(days):
        at = now if day == now.date() else datetime.combine(day, time(9), UTC)
        progress(f"{day:%B %Y}", number, len(days))
        files.write(demonstration, day, folder)
        source = actions.source_for(actions.Wanted(str(folder), name=NAME, watched=True), actor=SYSTEM, now=at)
        engine.run(source, actor=SYSTEM, now=at, workers=1)
    _follow(demonstration, folder.parent / REPOSITORIES, now, progress)
    progress("goals and roadmaps", len(days), len(days))
    roadmaps.fill(now=now, services=roadmaps.services_of(demonstration))
    requests.fill(now=now, progress=progress)
    progress("own builds and the index of routing", len(days), len(days))
    duplicates.fill(now=now)
    progress("away teams", len(days), len(days))
    engagements.fill(now=now)
    rounds.fill(now=now)
    reviews.fill(now=now)
    handovers.fill(now=now)
    changes.fill(now=now)
    progress("experiments", len(days), len(days))
    experiments.fill(now=now)
    credit.fill(now=now)
    progress("use between services", len(days), len(days))
    usage.fill(demonstration, now=now)
    succession.fill(now=now)
    notifications.fill(now=now)
    index.bring_up_to_date(now)
    _mark(folder).write_text(f"{now:%Y-%m-%d}\n")
    progress("done", len(days), len(days))


def _follow(demonstration: world.World, folder: Path, now: datetime, progress: Progress) -> None:
    """Write the repositories and read them for the away map."""
    shutil.rmtree(folder, ignore_errors=True)
    paths = history.write(demonstration, folder, progress)
    rows = [contributions.follow(str(path), actor=SYSTEM, now=now) for path in paths]
    done = 0

    def tell(name: str, _count: int) -> None:
        nonlocal done
        done += 1
        progress(f"history of {name}", min(done, len(rows)), len(rows))

    refresh.refresh(rows, actor=SYSTEM, now=now, progress=tell)


def _days(first: date, last: date) -> list[date]:
    count = (last - first).days // EVERY_DAYS
    return [first + timedelta(days=EVERY_DAYS * number) for number in range(count)] + [last]

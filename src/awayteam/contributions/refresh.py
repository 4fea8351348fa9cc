"""One refresh: read what is new in a repository, write it in one transaction, and derive what follows.

Reading happens before the transaction and writes nothing but the progress; a refresh that is killed at any moment has
either done all of its writing or none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from awayteam.contributions import judging, linking, reading, storing
from awayteam.contributions.models import Commit, Repository
from awayteam.contributions.reading import Facts
from awayteam.imports.lock import exclusive
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Unavailable
from awayteam.kernel.events import EventName, Subject
from awayteam.sources.gitcmd import GitError
from awayteam.sources.githistory import log

KEY = 0x61776D70
"""Any number that no other advisory lock of the database uses."""
WAIT_SECONDS = 600.0

Progress = Callable[[str, int], None]
"""Is told a repository's name and how many of its commits were read."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did. `whole` says that everything was read anew, `why` for which reason."""

    repository: Repository
    new: int
    commits: int
    whole: bool
    why: str
    notes: tuple[str, ...]
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "repository": self.repository.name,
            "location": self.repository.location,
            "commit": self.repository.tip,
            "new": self.new,
            "commits": self.commits,
            "whole": self.whole,
            "why": self.why,
            "notes": list(self.notes),
            "error": self.error,
        }


def refresh(
    repositories: list[Repository],
    *,
    actor: Actor,
    now: datetime,
    progress: Progress | None = None,
    wait_seconds: float = WAIT_SECONDS,
) -> list[Refreshed]:
    """Refresh repositories one after another; one that can't be read keeps its error and none of the others waiting.

    Waits for another refresh at most `wait_seconds`, then raises `Conflict`.
    """
    done = []
    with exclusive("refresh of the away map", KEY, wait_seconds=wait_seconds):
        for repository in repositories:
            done.append(_refresh(repository, actor, now, progress))
        relink(now)
    return done


def relink(now: datetime) -> None:
    """Bring links and findings in line with the catalog and the organisation as they are now."""
    with transaction.atomic():
        linking.link_all(now)
    judging.derive(now=now)


def _refresh(repository: Repository, actor: Actor, now: datetime, progress: Progress | None) -> Refreshed:
    repository.refresh_from_db()
    asked = repository.refresh_requested_at
    error = ""
    facts: Facts | None = None
    try:
        facts = _read(repository, now, progress)
    except (GitError, OSError, ValueError) as failure:
        error = str(failure)[:2000]
    new = 0
    was = repository.tip
    with transaction.atomic():
        if facts is not None and (facts.tip != was or facts.whole):
            new = _write(repository, facts, actor, now, first=not was)
        _note_attempt(repository, now, error)
        Repository.objects.filter(pk=repository.pk, refresh_requested_at=asked).update(refresh_requested_at=None)
    repository.refresh_from_db()
    commits = Commit.objects.filter(repository=repository).count()
    whole = facts is not None and facts.whole
    why = facts.why if facts is not None else ""
    return Refreshed(repository, new, commits, whole, why, tuple(repository.notes), error)


def _note_attempt(repository: Repository, now: datetime, error: str) -> None:
    values: dict[str, Any] = {"last_attempt_at": now, "last_error": error, "progress": None}
    if not error:
        values["last_success_at"] = now
    if repository.source_id is not None and repository.source is not None:
        values["source_revision"] = repository.source.revision
    Repository.objects.filter(pk=repository.pk).update(**values)


def _read(repository: Repository, now: datetime, progress: Progress | None) -> Facts | None:
    """The facts that are new, None where the newest commit is still the same."""
    place, ref = reading.local(repository.location, repository.ref, settings.DATA / "histories")
    _introduce(repository, place)
    folders, missing = linking.folders_of(repository)
    known = "" if missing else repository.tip
    if known and reading.newest_commit(place, ref) == known:
        return None

    def tell(count: int) -> None:
        Repository.objects.filter(pk=repository.pk).update(progress=count)
        if progress is not None:
            progress(repository.name, count)

    facts = reading.read(
        place,
        repository.name,
        ref,
        known=known,
        months=rulebook.current().contributions.history_months,
        now=int(now.timestamp()),
        slug=repository.slug,
        folders=folders,
        progress=tell,
    )
    if missing and repository.tip:
        facts.why = f"the catalog names {len(missing)} more of its folders"
    if progress is not None:
        progress(repository.name, facts.records.total + len(facts.merges))
    return facts


def _introduce(repository: Repository, place: str) -> None:
    """Before the first reading: what it is called on its forge, and so which entities live in it."""
    if repository.slug:
        return
    repository.slug = (reading.slug_of(repository.location) or log.remote_name(place))[:300]
    if repository.slug:
        with transaction.atomic():
            Repository.objects.filter(pk=repository.pk).update(slug=repository.slug)
            linking.link_all()


def _write(repository: Repository, facts: Facts, actor: Actor, now: datetime, *, first: bool) -> int:
    before = (
        set()
        if not facts.whole or first
        else set(Commit.objects.filter(repository=repository).values_list("sha", flat=True))
    )
    storing.store(repository, facts)
    repository.tip = facts.tip
    repository.newest = facts.newest
    repository.slug = facts.slug[:300]
    repository.format, repository.rule_file = facts.format, facts.head.file
    if facts.whole:
        repository.rule_versions = facts.records.rule_versions
        repository.notes = list(facts.records.notes)
    repository.mailmap = storing.clean(facts.mailmap.decode("utf-8", "replace"), reading.MAX_MAILMAP)
    repository.rule_logins = facts.logins
    repository.unjudged = True
    repository.save(
        update_fields=[
            "tip", "newest", "slug", "format", "rule_file", "rule_versions", "notes", "mailmap", "rule_logins",
            "unjudged",
        ]
    )  # fmt: skip
    linking.link_all(now)
    linking.follow_rules(repository, facts)
    bench, _ = judging.prepare()
    judging.judge(repository, bench)
    shas = {facts.records.sha(place) for place in range(len(facts.records.author))} | {m.sha for m in facts.merges}
    new = len(shas - before)
    data = {"commit": facts.tip, "new": new, "whole": facts.whole, "why": facts.why}
    events.append(EventName.REPOSITORY_READ, subject=subject(repository), actor=actor, now=now, data=data)
    return new


def subject(repository: Repository) -> Subject:
    return Subject("repository", repository.pk, repository.name)


def one(repository: Repository, **more: Any) -> Refreshed:
    """Refresh one repository; raises `Unavailable` where it can't be read."""
    [done] = refresh([repository], **more)
    if done.error:
        raise Unavailable(f"{repository.name} can't be read: {done.error}.", "Mend it, then refresh again.")
    return done

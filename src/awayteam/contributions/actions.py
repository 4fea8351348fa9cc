"""What people and programs do with the away map: follow repositories, ask for a refresh, say who an author is."""

from datetime import datetime

from django.db import transaction

from awayteam.contributions import judging, storing
from awayteam.contributions.models import Commit, CommitAuthor, Correction, OwnerSet, Repository, Touch
from awayteam.contributions.permissions import Verb, can
from awayteam.contributions.refresh import KEY, subject
from awayteam.imports.actions import MAX_NAME, absolute, shown
from awayteam.imports.lock import exclusive
from awayteam.kernel import events, worker
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.models import Person
from awayteam.organisation.rules import require_reason
from awayteam.sources import gitcmd
from awayteam.sources.models import Source
from awayteam.sources.readers import ReadError, is_remote
from awayteam.sources.readers.remote import protocol_of


def follow(
    location: str, *, actor: Actor, now: datetime, name: str = "", ref: str = "", source: Source | None = None
) -> Repository:
    """Follow the repository at a path or address; nothing is read yet. One that is followed already is given back.

    Raises `NotAllowed`, `InvalidInput`, `Conflict` (the name is taken).
    """
    can(actor, Verb.FOLLOW, None, now).require()
    location = absolute(location)
    _require_readable(location)
    if ref.startswith("-") or any(ord(character) < 33 for character in ref):
        raise InvalidInput(f"{ref!r} is no name of a branch, tag or commit.", "", {"ref": "not a name of a ref"})
    found = Repository.objects.filter(location=location, ref=ref).first()
    if found is not None:
        return found
    with transaction.atomic():
        made = Repository.objects.create(
            name=_free_name(name.strip(), location),
            location=location,
            ref=ref,
            source=source or Source.objects.filter(location=location, ref=ref).first(),
            refresh_requested_at=now,
            created_at=now,
        )
        data = {"location": shown(location), "ref": ref}
        events.append(EventName.REPOSITORY_FOLLOWED, subject=subject(made), actor=actor, now=now, data=data)
        transaction.on_commit(worker.wake)
    return made


def _require_readable(location: str) -> None:
    what = ""
    if is_remote(location):
        try:
            protocol_of(location)
        except ReadError as error:
            what = f"{error}."
    elif not gitcmd.is_repository(location):
        what = f"{location} is no git repository."
    if what:
        raise InvalidInput(what, "Name its root folder, a bare repository, or an address.", {"location": what})


def _free_name(name: str, location: str) -> str:
    fixed = bool(name)
    name = name or location.rstrip("/").removesuffix("/.git").rpartition("/")[2].removesuffix(".git")[:MAX_NAME]
    if len(name) > MAX_NAME or "\0" in name or not name:
        raise InvalidInput(f"A repository's name has 1 to {MAX_NAME} characters.", "Shorten it.", {"name": "too long"})
    taken = set(Repository.objects.filter(name__startswith=name[: MAX_NAME - 8]).values_list("name", flat=True))
    if name not in taken:
        return name
    if fixed:
        raise Conflict(f"There is a repository named {name!r} already.", "Choose another name.", {"name": "taken"})
    return next(one for n in range(2, len(taken) + 3) if (one := f"{name[: MAX_NAME - 8]} {n}") not in taken)


def request_refresh(repository: Repository, *, actor: Actor, now: datetime) -> None:
    """Ask the worker to read this repository at once."""
    can(actor, Verb.REFRESH, repository, now).require()
    with transaction.atomic():
        Repository.objects.filter(pk=repository.pk).update(refresh_requested_at=now)
        events.append(EventName.REPOSITORY_REFRESH_REQUESTED, subject=subject(repository), actor=actor, now=now)
        transaction.on_commit(worker.wake)


def unfollow(
    repository: Repository, *, actor: Actor, now: datetime, reason: str = "", wait_seconds: float = 60
) -> None:
    """Stop following a repository and forget its commits. Copies of them elsewhere count again.

    Raises `Conflict` when a refresh keeps running for `wait_seconds`.
    """
    can(actor, Verb.UNFOLLOW, repository, now).require()
    with exclusive("refresh of the away map", KEY, wait_seconds=wait_seconds):
        with transaction.atomic():
            marks = set(Commit.objects.filter(repository=repository, is_merge=False).values_list("mark", flat=True))
            storing.forget(repository)
            events.append(
                EventName.REPOSITORY_UNFOLLOWED, subject=subject(repository), actor=actor, now=now, reason=reason
            )
            repository.delete()
            storing.recount(marks)
            CommitAuthor.objects.exclude(pk__in=Commit.objects.values("author_id")).filter(corrections=None).delete()
            OwnerSet.objects.exclude(pk__in=Touch.objects.filter(owners__isnull=False).values("owners_id")).delete()
        judging.derive(now=now)


def correct(
    *,
    actor: Actor,
    now: datetime,
    author: CommitAuthor,
    says: Correction.Says,
    person: Person | None = None,
    reason: str,
) -> Correction:
    """Say who an author is: a person of the organisation, a bot, or somebody outside. Commits are classed anew at once.

    Replaces an earlier correction. Raises `NotAllowed`, `InvalidInput`, `Conflict` (it says so already).
    """
    can(actor, Verb.CORRECT, None, now).require()
    require_reason(reason)
    if (says == Correction.Says.PERSON) != (person is not None):
        raise InvalidInput("Name the person that the author is.", "", {"person": "name a person, and only then"})
    with transaction.atomic():
        locked = CommitAuthor.objects.select_for_update(of=("self",)).get(pk=author.pk)
        earlier = Correction.objects.filter(author=locked, ended_at=None).select_related("person").first()
        if earlier is not None and (earlier.says, earlier.person_id) == (says, person.pk if person else None):
            raise Conflict(f"{locked} was corrected to that already.", "Nothing needs to be changed.")
        Correction.objects.filter(author=locked, ended_at=None).update(ended_at=now)
        made = Correction.objects.create(
            author=locked,
            says=says,
            person=person,
            reason=reason,
            made_by_id=actor.person_id,
            made_by_label=actor.label[:200],
            made_at=now,
        )
        changes = {"is": (_words(earlier) if earlier else _found(locked), _words(made))}
        _event(EventName.AUTHOR_CORRECTED, locked, actor, now, reason, changes)
        judging.derive(now=now)
    return made


def withdraw(*, actor: Actor, now: datetime, correction: Correction, reason: str = "") -> None:
    """Take a correction back: the software's own finding counts again. Raises `NotAllowed`, `Conflict`."""
    can(actor, Verb.CORRECT, None, now).require()
    with transaction.atomic():
        if not Correction.objects.filter(pk=correction.pk, ended_at=None).update(ended_at=now):
            raise Conflict("This correction doesn't count any more.", "Look at the author again.")
        changes = {"is": (_words(correction), "as found")}
        _event(EventName.AUTHOR_CORRECTION_WITHDRAWN, correction.author, actor, now, reason, changes)
        judging.derive(now=now)


def _words(correction: Correction) -> str:
    return correction.person.ref if correction.person else str(correction.says)


def _found(author: CommitAuthor) -> str:
    return author.person.ref if author.person else author.kind


def _event(
    name: EventName,
    author: CommitAuthor,
    actor: Actor,
    now: datetime,
    reason: str,
    changes: dict[str, tuple[str, str]],
) -> None:
    about = Subject("author", author.pk, str(author)[:300])
    events.append(name, subject=about, actor=actor, now=now, reason=reason, changes=changes)

"""The commits behind a number."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from awayteam.contributions.models import Area, Commit, Flow, Folder, FolderTouch, Repository, Stands, Touch
from awayteam.contributions.permissions import visible
from awayteam.contributions.queries.flows import Side, Sides, side_condition
from awayteam.contributions.queries.scope import COUNTED, Choice, Scope, at, scope
from awayteam.kernel.actor import Actor
from awayteam.kernel.paging import Page, decode_cursor, page_of

WORDS = {one.label.replace(" ", "-"): one for one in Stands}
"""Classes as addresses write them: home, away, ..., no-files."""


@dataclass(frozen=True, slots=True)
class CommitFilter:
    """Which commits; all given conditions hold. `origin` and `target` are keys of sides, together one flow; `origin`
    alone: by people of that side.

    `stands` is a word of `WORDS`, or "counted"; `kind` a class of authors; `person` a key of authors; `area` an id,
    with `at_home` "yes" or "no" for commits that were at home there; `folder` the id of a folder that is followed;
    `differing`: classed otherwise at the head.
    """

    stands: str = ""
    origin: str = ""
    target: str = ""
    kind: str = ""
    person: str = ""
    author: int | None = None
    area: int | None = None
    at_home: str = ""
    differing: bool = False
    folder: int | None = None


@dataclass(frozen=True, slots=True)
class CommitRow:
    sha: str
    repository: str
    repository_id: int
    subject: str
    at: datetime | None
    author: str
    person: str
    person_ref: str
    stands: str
    origin: Side | None
    files: int


def commits(
    actor: Actor, choice: Choice, which: CommitFilter, *, cursor: str | None = None, limit: int = 50
) -> Page[CommitRow]:
    """The commits that a number counts, newest first, with how many there are."""
    found = scope(actor, choice)
    conditions = _conditions(found, which)
    after = Q()
    if cursor:
        committed, pk = decode_cursor(cursor, int, int)
        after = Q(committed__lt=committed) | Q(committed=committed, pk__lt=pk)
    total, newest = 0, list[Commit]()
    for windows in found.chunks():  # all at once would be a longer condition than a database takes
        rows = Commit.objects.filter(windows, *conditions)
        total += rows.count()
        some = rows.filter(after).select_related("repository", "author__person").order_by("-committed", "-pk")
        newest += some[: limit + 1]
    newest.sort(key=lambda row: (-row.committed, -row.pk))
    sides = Sides()
    page = page_of(newest[: limit + 1], limit, lambda row: (row.committed, row.pk), total)
    return page.map(lambda row: _row(row, found, sides))


def _conditions(found: Scope, which: CommitFilter) -> list[Q]:
    out = []
    if which.stands == "counted":
        out.append(Q(**{f"{found.stands}__in": COUNTED}))
    elif which.stands:
        out.append(Q(**{found.stands: WORDS.get(which.stands, 0)}))
    if which.kind:
        out.append(Q(author__kind=which.kind))
    if which.person:
        out.append(Q(author__person_key=which.person))
    if which.author is not None:
        out.append(Q(author=which.author, is_merge=False))
    if which.differing:
        out += [Q(**{f"{found.stands}__in": COUNTED}), ~Q(stands=F("stands_at_head"))]
    if which.folder is not None:
        out.append(Q(pk__in=FolderTouch.objects.filter(folder=which.folder).values("commit_id")))
    if which.area is not None:
        out.append(Q(**{f"{found.stands}__in": COUNTED}) & Q(pk__in=_touching(found, which).values("commit_id")))
    if which.origin and (which.area is not None or not which.target):
        out.append(side_condition(which.origin, found.origin))
    elif which.target:
        out.append(Q(pk__in=_flowing(found, which).values("commit_id")))
    return out


def _touching(found: Scope, which: CommitFilter) -> "QuerySet[Any]":
    rows = Touch.objects.filter(area=which.area, reading__in=found.readings)
    if which.at_home:
        rows = rows.filter(**{found.at_home: which.at_home == "yes"})
    return rows


def _flowing(found: Scope, which: CommitFilter) -> "QuerySet[Any]":
    rows = Flow.objects.filter(reading=found.reading)
    if which.origin:
        rows = rows.filter(side_condition(which.origin, "origin"))
    if which.target:
        rows = rows.filter(side_condition(which.target, "target"))
    return rows


def _row(row: Commit, found: Scope, sides: Sides) -> CommitRow:
    stands = getattr(row, found.stands)
    origin = getattr(row, f"{found.origin}_id")
    person = row.author.person
    return CommitRow(
        row.sha, row.repository.name, row.repository_id, row.subject, at(row.committed), str(row.author),
        str(person) if person else row.author.name, person.ref if person else "",
        str(Stands(stands).label) if stands else "", sides.party(origin) if origin else None, row.files,
    )  # fmt: skip


def words(actor: Actor, which: CommitFilter) -> list[str]:
    """What the list holds, for its heading."""
    sides = Sides("unit")
    out = []
    if which.stands:
        out.append(which.stands.replace("-", " "))
    if which.kind:
        out.append(f"by {which.kind}")
    for key, preposition in ((which.origin, "from"), (which.target, "into code of")):
        if key:
            out.append(f"{preposition} {label(sides, key)}")
    if which.area is not None:
        seen = visible(actor, Repository.objects.all()).values("pk")
        area = Area.objects.filter(pk=which.area, repository__in=seen).first()
        out.append(f"in {area.name}" if area else "in an area that is gone")
    if which.folder is not None:
        seen = visible(actor, Repository.objects.all()).values("pk")
        folder = Folder.objects.filter(pk=which.folder, repository__in=seen).first()
        out.append(f"in {folder.path}/" if folder else "in a folder that is gone")
    if which.at_home:
        out.append("by its owners" if which.at_home == "yes" else "by others")
    if which.person:
        from awayteam.contributions.queries.areas import people_of

        out.append(f"by {people_of([which.person])[which.person][0]}")
    return out


def label(sides: Sides, key: str) -> str:
    if not key[1:].isdecimal() or len(key) > 18:
        return "nobody"
    return (sides.unit(int(key[1:])) if key[0] == "u" else sides.party(int(key[1:]))).label

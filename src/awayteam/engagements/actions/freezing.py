"""What the contract freezes: the home team's standards, and the baseline of what was so before."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from awayteam.contributions.models import Repository
from awayteam.engagements import reading, standards
from awayteam.engagements.actions.moving import Holding, hold
from awayteam.engagements.actions.opening import drafting
from awayteam.engagements.models import BaselineItem, Engagement, Standard
from awayteam.engagements.reading import Document
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound, Unavailable
from awayteam.kernel.events import EventName
from awayteam.sources import results
from awayteam.sources.readers import ReadError
from awayteam.sources.results import ResultError
from awayteam.sources.results.base import MAX_KEY, MAX_PATH, MAX_WORDS
from awayteam.stories import stepping

MOST_STANDARDS = 200
MOST_ITEMS = 20_000
LONGEST_TITLE = 200
BY_HAND = "by hand"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def find_standards(repository: Repository) -> reading.Reading:
    """What a followed repository offers as standards, at the commit that it was last read at; nothing is written.

    The folders of the things that live in it are looked at too. Raises `Unavailable` where it can't be read.
    """
    folders = sorted(set(repository.links.exclude(folder="").values_list("folder", flat=True)))
    try:
        return reading.standards(repository.location, _ref(repository), settings.DATA / "histories", folders=folders)
    except ReadError as error:
        raise Unavailable(f"{repository.name} can't be read: {error}.", "Add its standards by hand.") from error


def _ref(repository: Repository) -> str:
    """The commit read last, so that what is frozen is what the maps show; the branch where none was read yet."""
    return repository.tip or repository.ref


def take_standards(
    engagement: Engagement | int, *, actor: Actor, now: datetime, repository: Repository,
    paths: Collection[str] | None = None, version: int | None = None,
) -> list[Standard]:  # fmt: skip
    """Freeze documents of a followed repository: these paths, else those that are suggested.

    A document that was taken from that path before is replaced. Raises `NotAllowed`, `Conflict` (the contract isn't a
    draft), `InvalidInput` (nothing was found), `Unavailable`.
    """
    with transaction.atomic():  # ask before the repository is read, and again when it is written
        drafting(hold(engagement, actor=actor, now=now, version=version))
    found = find_standards(repository)
    documents = [one for one in found.documents if (one.suggested if paths is None else one.path in paths)]
    documents += _named(repository, sorted(set(paths or ()) - {one.path for one in documents}))
    if not documents:
        what = f"No standards were found in {repository.name}"
        raise InvalidInput(f"{what}.", "Name their paths, or write them by hand.", {"repository": "none found"})
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        drafting(held)
        made = [_standard(held, one, repository.name) for one in documents]
        _write_standards(held, made)
    return made


def _named(repository: Repository, paths: Sequence[str]) -> list[Document]:
    try:
        return [
            reading.document(repository.location, _ref(repository), settings.DATA / "histories", path) for path in paths
        ]
    except ReadError as error:
        raise InvalidInput(f"{error}.", "Name paths of files.", {"paths": str(error)}) from error


def _standard(held: Holding, one: Document, repository: str) -> Standard:
    return Standard(
        engagement=held.row, title=one.title[:LONGEST_TITLE], repository=repository[:300], path=one.path,
        commit=one.commit, sha256=one.sha256, text=one.text,
    )  # fmt: skip


def add_standard(
    engagement: Engagement | int, *, actor: Actor, now: datetime, title: str, text: str, version: int | None = None
) -> Standard:
    """Freeze a standard that stands in no repository. Raises `NotAllowed`, `Conflict`, `InvalidInput`."""
    title, text = " ".join(title.split()), text.replace("\r\n", "\n").strip()
    if not title or len(title) > LONGEST_TITLE or _CONTROL.search(title):
        raise InvalidInput("Give the standard a title.", f"At most {LONGEST_TITLE} characters.", {"title": "a title"})
    if not text or len(text.encode("utf-8", "replace")) > standards.MAX_DOCUMENT or _CONTROL.search(text):
        what = f"some text, at most {standards.MAX_DOCUMENT:,} bytes, without control characters"
        raise InvalidInput("The standard has no text that can be stored.", f"Write {what}.", {"text": what})
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        drafting(held)
        made = Standard(engagement=held.row, title=title, sha256=standards.sha256(text), text=text)
        _write_standards(held, [made])
    return made


def _write_standards(held: Holding, made: Sequence[Standard]) -> None:
    """Put standards in place of those of the same source; a document by hand is known by its title."""
    before = list(Standard.objects.filter(engagement=held.row).defer("text"))
    keys = {_key(one) for one in made}
    replaced = [one for one in before if _key(one) in keys]
    kept = [one for one in before if _key(one) not in keys]
    if len(kept) + len(made) > MOST_STANDARDS:
        raise InvalidInput(f"At most {MOST_STANDARDS} standards.", "Take some out.", {"standards": "too many"})
    same = {(one.repository, one.path, one.sha256) for one in kept}
    twice = next((one for one in made if (one.repository, one.path, one.sha256) in same), None)
    if twice is not None:
        raise InvalidInput("That text is among the standards already.", "", {"text": "is there already"})
    Standard.objects.filter(pk__in=[one.pk for one in replaced]).delete()
    Standard.objects.bulk_create(made)
    _note(held, "standards", [_shown(one) for one in replaced], [_shown(one) for one in made])


def _key(one: Standard) -> tuple[str, str, str]:
    return (one.repository, one.path, "" if one.path else one.title)


def _shown(one: Standard) -> str:
    return f"{one.title} {one.sha256[:12]}"


def remove_standard(
    standard: Standard | int, *, actor: Actor, now: datetime, version: int | None = None
) -> Engagement:  # fmt: skip
    """Take a standard out of a draft. Raises `NotAllowed`, `NotFound`, `Conflict` (the contract isn't a draft)."""
    pk = standard if isinstance(standard, int) else standard.pk
    found = Standard.objects.filter(pk=pk).values_list("engagement", flat=True).first()
    if found is None:
        raise NotFound(f"There is no standard {pk}.", "Look at the engagement's list.")
    with transaction.atomic():
        held = hold(found, actor=actor, now=now, version=version)
        drafting(held)
        gone = list(Standard.objects.filter(pk=pk, engagement=held.row))
        Standard.objects.filter(pk__in=[one.pk for one in gone]).delete()
        _note(held, "standards", [_shown(one) for one in gone], [])
    return held.row


@dataclass(frozen=True, slots=True)
class Upload:
    """A result file of a build, as it came."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """What a baseline was taken from: items by kind, and sentences about what couldn't be taken."""

    counts: dict[str, int]
    problems: list[str]


def take_baseline(
    engagement: Engagement | int, *, actor: Actor, now: datetime, files: Sequence[Upload], version: int | None = None
) -> Taken:
    """Add what result files say to the baseline; a check or a figure that is there already is said anew.

    Nothing is taken where one of the files can't be read. Raises `NotAllowed`, `Conflict`, `InvalidInput` with the file
    and its line.
    """
    with transaction.atomic():
        drafting(hold(engagement, actor=actor, now=now, version=version))
    items: dict[tuple[str, str], BaselineItem] = {}
    problems: list[str] = []
    for file in files:
        name = results.base.clean(file.name.replace("\\", "/").rpartition("/")[2], 200) or "file"
        try:
            read = results.read(file.data)
        except ResultError as error:
            raise InvalidInput(f"{name}: {error}.", "Nothing was taken.", {"files": f"{name}: {error}"}) from error
        problems += [f"{name}, {one.where}: {one.message}" for one in read.problems]
        source = f"{name} ({read.format})"[:300]
        for one in read.items.values():
            items[one.kind.value, one.key] = BaselineItem(
                kind=one.kind.value, key=one.key, words=one.words, path=one.path, value=one.value, source=source,
                taken_at=now,
            )  # fmt: skip
    _write_items(engagement, list(items.values()), actor, now, version)
    return Taken(dict(Counter(kind for kind, _key in items)), problems)


def add_baseline_item(
    engagement: Engagement | int, *, actor: Actor, now: datetime, kind: str, key: str, words: str = "", path: str = "",
    value: Decimal | None = None, version: int | None = None,
) -> BaselineItem:  # fmt: skip
    """Say by hand what was so before: a check that fails, a finding, a figure, a known defect."""
    if kind not in BaselineItem.Kind.values:
        what = f"one of {', '.join(BaselineItem.Kind.values)}"
        raise InvalidInput(f"{kind!r} is no kind of baseline item.", f"Choose {what}.", {"kind": what})
    key, path = " ".join(key.split()), path.strip()
    for name, text, most in (("key", key, MAX_KEY), ("words", words, MAX_WORDS), ("path", path, MAX_PATH)):
        if len(text) > most or _CONTROL.search(text):
            raise InvalidInput(f"The {name} has at most {most:,} characters, no control characters.", "", {name: "no"})
    if not key:
        raise InvalidInput("Say what it is.", "A name is enough.", {"key": "say what it is"})
    if kind == BaselineItem.Kind.COVERAGE and value is None:
        raise InvalidInput("Coverage needs its figure, in percent.", "", {"value": "give the percentage"})
    if value is not None and not (value.is_finite() and abs(value) < 1_000_000):
        raise InvalidInput("The figure lies below a million.", "", {"value": "below a million"})
    item = BaselineItem(
        kind=kind, key=key, words=words.strip(), path=path, source=BY_HAND, taken_at=now,
        value=None if value is None else value.quantize(Decimal("0.001")),
    )  # fmt: skip
    _write_items(engagement, [item], actor, now, version)
    return item


def _write_items(
    engagement: Engagement | int, items: Sequence[BaselineItem], actor: Actor, now: datetime, version: int | None
) -> None:
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        drafting(held)
        there = BaselineItem.objects.filter(engagement=held.row)
        known = {(kind, key): pk for pk, kind, key in there.values_list("pk", "kind", "key")}
        anew = [pk for one in items if (pk := known.get((one.kind, one.key))) is not None]
        if len(known) - len(anew) + len(items) > MOST_ITEMS:
            what = f"at most {MOST_ITEMS:,} items"
            raise InvalidInput(f"A baseline has {what}.", "Take files with fewer findings.", {"files": what})
        for at in range(0, len(anew), 500):
            there.filter(pk__in=anew[at : at + 500]).delete()
        for one in items:
            one.engagement = held.row
        BaselineItem.objects.bulk_create(items, batch_size=500)
        _note(held, "baseline", len(known), len(known) - len(anew) + len(items))


def remove_baseline(
    engagement: Engagement | int, *, actor: Actor, now: datetime, items: Collection[int] | None = None,
    version: int | None = None,
) -> Engagement:  # fmt: skip
    """Take items out of a draft's baseline: those with these numbers, or all."""
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        drafting(held)
        there = BaselineItem.objects.filter(engagement=held.row)
        before = there.count()
        gone, _ = (there if items is None else there.filter(pk__in=items)).delete()
        _note(held, "baseline", before, before - gone)
    return held.row


def _note(held: Holding, name: str, before: object, after: object) -> None:
    if before == after and not isinstance(before, int):
        return
    stepping.touch(held)
    events.append(
        EventName.ENGAGEMENT_EDITED,
        subject=held.subject,
        actor=held.actor,
        now=held.now,
        changes={name: (before, after)},
    )

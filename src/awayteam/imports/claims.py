"""Who declares what: pure decisions over the documents that were read and the entities as they are.

The first claimant of a reference keeps it as long as it declares it. When it goes, the next takes over: documents of
the same source first, in the order of their paths, then those of other sources. What people entered by hand gives way
to a source.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from awayteam.imports.documents import Documents
from awayteam.sources.declared import Problem


class Held(NamedTuple):
    """An entity that a source declares now, and where."""

    id: int
    ref: str
    kind: str
    digest: str
    file_id: int
    document_index: int
    line: int


class Dropped(NamedTuple):
    """A document whose reference is claimed by `kept_file`."""

    ref: str
    kept_file: int
    file_id: int
    document_index: int
    line: int


@dataclass(slots=True)
class Settlement:
    """`winners` maps references to positions in the documents; `vanished` are entities that nobody read declares."""

    winners: dict[str, int] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    vanished: list[Held] = field(default_factory=list)


class Protection(NamedTuple):
    """What a file that couldn't be read whole keeps from vanishing: everything, or some references."""

    everything: bool
    refs: frozenset[str]


NO_PROTECTION = Protection(False, frozenset())


def protection(problems: Sequence[Problem], declared: Collection[tuple[str, int]]) -> Protection:
    """What stays although the file doesn't declare it now; `declared` holds (reference, document) of what it does.

    A problem that names an entity protects that one. A problem of a document that declares exactly one entity is a
    remark about it. Any other may hide anything, so then nothing of the file vanishes until it is mended.
    """
    refs = {ref for ref, _ in declared}
    counts: dict[int, int] = {}
    for _, index in declared:
        counts[index] = counts.get(index, 0) + 1
    protected: set[str] = set()
    everything = False
    for problem in problems:
        if problem.entity:
            if problem.entity not in refs:
                protected.add(problem.entity)
        elif problem.document is None or counts.get(problem.document, 0) != 1:
            everything = True
    return Protection(everything, frozenset(protected))


def settle(
    documents: Documents,
    order: Iterable[int],
    holders: Mapping[str, int],
    touched: Iterable[Held],
    gone: Collection[int],
    protections: Mapping[int, Protection],
) -> Settlement:
    """Decide every claim. `order` holds all positions in the order of paths; `holders` maps references to the files
    that declare them now; `touched` are the entities held by files that were read or are `gone`."""
    kept: dict[str, int] = {}
    vanished: list[Held] = []
    refs_of: dict[int, set[str]] = {}
    for held in touched:
        if held.file_id not in gone:
            refs = refs_of.get(held.file_id)
            if refs is None:
                refs_of = {held.file_id: (refs := documents.of_file(held.file_id))}
            guard = protections.get(held.file_id, NO_PROTECTION)
            if held.ref in refs or guard.everything or held.ref in guard.refs:
                kept[held.ref] = held.file_id
                continue
        vanished.append(held)
    released = {held.ref for held in vanished}
    found = Settlement()
    for position in order:
        ref, file_id = documents.refs[position], documents.files[position]
        winner = found.winners.get(ref)
        keeper = kept.get(ref) or (None if ref in released else holders.get(ref))
        if winner is None and (keeper is None or keeper == file_id):
            found.winners[ref] = position
            continue
        kept_file = documents.files[winner] if winner is not None else keeper
        assert kept_file is not None
        found.dropped.append(Dropped(ref, kept_file, file_id, documents.indexes[position], documents.lines[position]))
    found.vanished = [held for held in vanished if held.ref not in found.winners]
    return found

"""From facts to rows: one transaction, so that a reader sees a repository before or after a refresh, never between."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from awayteam.contributions.models import (
    Area,
    AuthorShare,
    Branch,
    Commit,
    CommitAuthor,
    Flow,
    Folder,
    FolderTouch,
    OwnerSet,
    Reading,
    Repository,
    Touch,
)
from awayteam.contributions.reading import Facts
from awayteam.contributions.rules import AuthorClass
from awayteam.kernel import bulk

COMMIT_COLUMNS = (
    "id", "repository_id", "sha", "committed", "author_id", "subject", "files", "mark", "is_merge", "is_copy",
    "branch_id",
)  # fmt: skip
MAX_TEXT = 1_000


def store(repository: Repository, facts: Facts) -> list[int]:
    """Write the facts in the current transaction; returns the ids of the commits that are new here.

    A whole reading replaces what was there. What is older than `facts.oldest` goes.
    """
    if facts.whole:
        forget(repository)
    authors = _authors(facts)
    areas = _areas(repository, facts)
    owners = _owners(facts)
    branches = _branches(repository, facts)
    ids = _commits(repository, facts, authors, branches)
    _touches(facts, ids, areas, owners)
    _inside(repository, facts, ids)
    _shares(repository, facts, authors)
    if facts.oldest is not None and not facts.whole:
        _prune(repository, facts.oldest)
    recount(set(facts.marks))
    return ids


def digest(*texts: str) -> str:
    """32 hexadecimal digits for texts too long for an index."""
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def clean(text: str, most: int = MAX_TEXT) -> str:
    """Text as both databases take it: no NUL, no half characters, no more than `most`."""
    return text[:most].replace("\0", " ").encode("utf-8", "backslashreplace").decode()


def forget(repository: Repository) -> None:
    """Delete what was read of a repository, in the order in which rows depend on each other."""
    _delete_commits(list(Commit.objects.filter(repository=repository).values_list("pk", flat=True)))
    Branch.objects.filter(repository=repository)._raw_delete("default")
    AuthorShare.objects.filter(repository=repository)._raw_delete("default")
    Area.objects.filter(repository=repository)._raw_delete("default")
    Folder.objects.filter(repository=repository)._raw_delete("default")


def _delete_commits(ids: Sequence[int]) -> None:
    bulk.delete(Flow, "commit_id", ids)
    bulk.delete(Touch, "commit_id", ids)
    bulk.delete(FolderTouch, "commit_id", ids)
    bulk.delete(Commit, "id", ids)


def _prune(repository: Repository, oldest: int) -> None:
    old = Commit.objects.filter(repository=repository, committed__lt=oldest)
    gone = list(old.values_list("pk", "author_id", "is_merge"))
    if not gone:
        return
    fewer = Counter(author for _, author, is_merge in gone if not is_merge)
    _delete_commits([pk for pk, _, _ in gone])
    shares = list(AuthorShare.objects.filter(repository=repository, author__in=fewer))
    for share in shares:
        share.commits = max(share.commits - fewer[share.author_id], 0)
    AuthorShare.objects.bulk_update(shares, ["commits"], batch_size=500)


def _authors(facts: Facts) -> list[int]:
    """Ids of the authors, by their numbers in `facts.interned`."""
    keys = [digest(author.name, author.email) for author in facts.interned.authors]
    known = dict(bulk.select("digest, id", "contributions_commitauthor", "digest", keys))
    new: dict[str, tuple[str, ...]] = {}
    for key, author in zip(keys, facts.interned.authors, strict=True):
        if key not in known:
            row = (clean(author.name), clean(author.email), key, AuthorClass.UNRESOLVED.value, "", "", "", "")
            new[key] = row
    if new:
        columns = ["name", "email", "digest", "kind", "person_key", "login", "method", "evidence", "is_guess"]
        bulk.insert(CommitAuthor, columns, ((*row, False) for row in new.values()))
        known |= dict(bulk.select("digest, id", "contributions_commitauthor", "digest", new))
    return [known[key] for key in keys]


def _areas(repository: Repository, facts: Facts) -> list[int]:
    found = []
    known = dict(Area.objects.filter(repository=repository).values_list("digest", "pk"))
    for area in facts.interned.areas:
        key = digest(area.name)
        values = {
            "name": clean(area.name),
            "owners": [clean(owner) for owner in area.owners],
            "file": clean(area.file),
            "line": area.line,
        }
        if key not in known:
            known[key] = Area.objects.create(repository=repository, digest=key, **values).pk
        found.append(known[key])
    return found


def _owners(facts: Facts) -> list[int]:
    keys = [digest(*one.written, "", *one.people) for one in facts.interned.owners]
    known = dict(bulk.select("digest, id", "contributions_ownerset", "digest", keys))
    new = {
        key: OwnerSet(digest=key, written=[clean(o) for o in one.written], people=[clean(o) for o in one.people])
        for key, one in zip(keys, facts.interned.owners, strict=True)
        if key not in known
    }
    OwnerSet.objects.bulk_create(new.values(), ignore_conflicts=True, batch_size=500)
    if new:
        known |= dict(bulk.select("digest, id", "contributions_ownerset", "digest", new))
    return [known[key] for key in keys]


def _branches(repository: Repository, facts: Facts) -> list[int]:
    rows = facts.records.branches
    ids = list(bulk.reserve_ids(Branch, len(rows)))
    values = ((id, repository.pk, row.merged, row.first) for id, row in zip(ids, rows, strict=True))
    bulk.insert(Branch, ["id", "repository_id", "merged", "first"], values)
    return ids


def _commits(repository: Repository, facts: Facts, authors: Sequence[int], branches: Sequence[int]) -> list[int]:
    records = facts.records
    count = len(records.author)
    reserved = list(bulk.reserve_ids(Commit, count + len(facts.merges)))
    ids, merges = reserved[:count], reserved[count:]

    def rows() -> Iterable[tuple[object, ...]]:
        for place, id in enumerate(ids):
            branch = records.branch[place]
            yield (
                id, repository.pk, records.sha(place), records.committed[place], authors[records.author[place]],
                clean(facts.subjects[place], 160), facts.files[place], facts.marks[place], False, False,
                branches[branch] if branch >= 0 else None,
            )  # fmt: skip
        for id, merge in zip(merges, facts.merges, strict=True):
            yield (
                id, repository.pk, merge.sha, merge.committed, authors[merge.author], clean(merge.subject, 160), 0, 0,
                True, False, None,
            )  # fmt: skip

    bulk.insert(Commit, COMMIT_COLUMNS, rows())
    return reserved


def _touches(facts: Facts, ids: Sequence[int], areas: Sequence[int], owners: Sequence[int]) -> None:
    records, interned = facts.records, facts.interned

    def rows() -> Iterable[tuple[object, ...]]:
        for place in range(len(records.author)):
            now, head = records.touch[place], records.touch_at_head[place]
            readings = ((now, Reading.BOTH),) if now == head else ((now, Reading.COMMIT), (head, Reading.HEAD))
            for touch, reading in readings:
                for group, files in interned.touches[touch]:
                    area, owner = interned.groups[group] if group >= 0 else (None, None)
                    yield (
                        ids[place], None if area is None else areas[area], None if owner is None else owners[owner],
                        files, int(reading),
                    )  # fmt: skip

    bulk.insert(Touch, ["commit_id", "area_id", "owners_id", "files", "reading"], rows())


def _inside(repository: Repository, facts: Facts, ids: Sequence[int]) -> None:
    known = dict(Folder.objects.filter(repository=repository).values_list("digest", "pk"))
    keys = [digest(path) for path in facts.folders]
    for path, key in zip(facts.folders, keys, strict=True):
        if key not in known:
            known[key] = Folder.objects.create(repository=repository, path=clean(path, 4_000), digest=key).pk
    rows = ((ids[place], known[keys[folder]], files) for place, folder, files in facts.inside)
    bulk.insert(FolderTouch, ["commit_id", "folder_id", "files"], rows)


def _shares(repository: Repository, facts: Facts, authors: Sequence[int]) -> None:
    known = {share.author_id: share for share in AuthorShare.objects.filter(repository=repository)}
    new = []
    changed = []
    for id, author in zip(authors, facts.interned.authors, strict=True):
        if not author.commits and not author.branches:
            continue
        share = known.get(id)
        if share is None:
            share = AuthorShare(repository=repository, author_id=id)
            known[id] = share
            new.append(share)
        elif share.pk:
            changed.append(share)
        share.commits += author.commits
        branches = Counter(share.branches)
        branches.update({clean(owner, 300): count for owner, count in author.branches.items()})
        share.branches = dict(branches)
    AuthorShare.objects.bulk_create(new, batch_size=500)
    AuthorShare.objects.bulk_update(changed, ["commits", "branches"], batch_size=500)


def recount(marks: Iterable[int]) -> None:
    """Of commits with one mark in several repositories, all but those of the repository added first are copies.

    Repositories in which that changed become unjudged.
    """
    found = bulk.select(
        "mark, repository_id, id, is_copy", "contributions_commit", "mark", sorted(marks), "AND NOT is_merge"
    )
    first: dict[int, int] = {}
    for mark, repository, _, _ in found:
        first[mark] = min(repository, first.get(mark, repository))
    wrong = [
        (id, repository != first[mark])
        for mark, repository, id, was in found
        if bool(was) != (repository != first[mark])
    ]
    if wrong:
        bulk.update(Commit, ["is_copy"], wrong)
        changed = {id for id, _ in wrong}
        touched = {repository for _, repository, id, _ in found if id in changed}
        Repository.objects.filter(pk__in=touched).update(unjudged=True)

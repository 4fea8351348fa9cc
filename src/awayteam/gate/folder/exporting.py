"""From the database to a folder of agreements: what concerns changes now, and nothing else. Reads only.

`export` gives the bytes of each file, the same for the same state; `write` puts them into a folder, and takes away what
it wrote there before and is over. A file that somebody else wrote, or changed, is neither written over nor removed.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from awayteam.engagements import access
from awayteam.engagements import loading as visiting
from awayteam.engagements.access import Joined, Visit
from awayteam.engagements.machine import SIGNED
from awayteam.engagements.models import Engagement
from awayteam.engagements.paths import repository_name
from awayteam.gate import loading
from awayteam.gate.facts import Hold, Passage, Round
from awayteam.gate.folder import organisation
from awayteam.gate.folder.agreement import Listed, Written
from awayteam.gate.folder.files import MANIFEST
from awayteam.gate.folder.writing import agreement_text, register_text
from awayteam.gate.models import Passage as PassageRow
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.organisation.models import Person
from awayteam.rounds.models import Round as RoundRow
from awayteam.rounds.models import RoundKind


@dataclass(frozen=True, slots=True)
class Exported:
    """`files` by their path in the folder; `engagements` are the numbers that are among them, `left_out` sentences."""

    files: Mapping[str, bytes]
    engagements: tuple[int, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What `write` did, as paths in the folder; its manifest has the SHA-256 of everything that was written."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def export(*, now: datetime, repositories: Collection[str] = ()) -> Exported:
    """Signed engagements that aren't over, of all repositories or of those that are named in any of their names."""
    wanted = {repository_name(name) for name in repositories}
    written = [one for one in _engagements() if not wanted or wanted & _named(one)]
    files = {f"agreements/{one.agreement.id}.toml": agreement_text(one).encode() for one in written}
    people, left_out = organisation.text(now)
    files["organisation/awayteam.yaml"] = people.encode()
    passages = _passages(now, wanted)
    if passages:
        files["register.toml"] = register_text((), passages).encode()
    with suppress(FileNotFoundError):
        files["rulebook.toml"] = Path(settings.RULEBOOK).read_bytes()
    return Exported(dict(sorted(files.items())), tuple(one.agreement.id for one in written), left_out)


def write(exported: Exported, folder: Path) -> Done:
    """Put the files into the folder. Raises `Conflict`, with nothing written, where that would undo others' work."""
    before = _manifest(folder)
    now = {name: _hash(data) for name, data in exported.files.items()}
    foreign = [name for name in now if _is_foreign(folder, name, before, now[name])]
    over = [name for name in before if name not in now and (folder / name).is_file()]
    foreign += [name for name in over if _hash((folder / name).read_bytes()) != before[name]]
    if foreign:
        named = ", ".join(foreign[:10])
        raise Conflict(
            f"{folder} holds files that weren't written by an export, or were changed since: {named}.",
            "Move them away, or export into another folder.",
        )
    changed = [name for name, data in exported.files.items() if not _holds(folder / name, data)]
    for name in changed:
        _replace(folder / name, exported.files[name])
    for name in over:
        (folder / name).unlink()
    _replace(folder / MANIFEST, (json.dumps(now, indent=1, sort_keys=True) + "\n").encode())
    return Done(tuple(changed), tuple(name for name in now if name not in changed), tuple(over))


def _engagements() -> list[Written]:
    rows = Engagement.objects.filter(state__in=[state.value for state in SIGNED]).order_by("pk")
    known = {row.pk: row for row in rows.select_related("home_team", "away_team", "contract", *loading.PEOPLE)}
    visits, people = visiting.visits(engagements=list(known))
    refs = dict(Person.objects.filter(pk__in={one.person for one in people}).values_list("pk", "ref"))
    by_id = {visit.id: visit for visit in visits}
    rounds = _rounds(known)
    holds = _holds_of(known)
    agreements = loading.agreements(known)
    found = []
    for pk, row in known.items():
        visit = by_id.get(pk) or Visit(pk, row.title, "UTC")
        listed = tuple(_listed(visit, one, refs[one.person]) for one in people if one.engagement == pk)
        sha256 = row.contract.sha256 if row.contract is not None else ""
        agreement = replace(agreements[pk], address=_absolute(agreements[pk].address))
        found.append(
            Written(agreement, replace(visit, signed=()), listed, rounds.get(pk, ()), holds.get(pk, ()), sha256)
        )
    return found


def _listed(visit: Visit, one: Joined, ref: str) -> Listed:
    return Listed(
        ref, one.joins_on, one.joined_at, one.leaves_on, one.agreed_at, access.home_agreed(visit, one), one.left_at
    )


def _rounds(engagements: Collection[int]) -> dict[int, tuple[Round, ...]]:
    shown = [state.value for state in loading.LOOKS]
    rows = RoundRow.objects.filter(engagement__in=list(engagements), kind=RoundKind.CHANGE, state__in=shown)
    found: dict[int, tuple[Round, ...]] = {}
    for row in rows.order_by("pk").select_related("answered_by", "turn_person"):
        one = loading.round_of(row)
        one = replace(one, address=_absolute(one.address))
        found[row.engagement_id] = (*found.get(row.engagement_id, ()), one)
    return found


def _holds_of(engagements: Mapping[int, Engagement]) -> dict[int, tuple[Hold, ...]]:
    found: dict[int, tuple[Hold, ...]] = {}
    for one in loading.holds(loading.About("", "", ""), engagements):
        one = replace(one, address=_absolute(one.address))
        found[one.engagement] = (*found.get(one.engagement, ()), one)
    return found


def _passages(now: datetime, wanted: Collection[str]) -> list[Passage]:
    rows = PassageRow.objects.filter(Q(until__gt=now)).select_related("person", "change").order_by("pk")
    return [
        Passage(row.change.repository, row.head, row.person.ref, row.label, row.reason, row.at, row.until)
        for row in rows
        if not wanted or repository_name(row.change.repository) in wanted
    ]


def _named(one: Written) -> set[str]:
    return {repository_name(name) for term in one.visit.terms for names, _ in term.patterns for name in names}


def _absolute(address: str) -> str:
    return f"{settings.URL}{address}" if address.startswith("/") else address


def _manifest(folder: Path) -> dict[str, str]:
    try:
        known = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise InvalidInput(f"{folder / MANIFEST} can't be read: {error}.", "Remove it, and what it listed.") from error
    if not isinstance(known, dict) or not all(_is_ours(name) and isinstance(at, str) for name, at in known.items()):
        raise InvalidInput(f"{folder / MANIFEST} isn't of an export.", "Remove it, and what it listed.")
    return known


def _is_ours(name: object) -> bool:
    """Whether an export writes files of this name: a manifest that somebody made up removes nothing else."""
    return isinstance(name, str) and (
        name in ("organisation/awayteam.yaml", "register.toml", "rulebook.toml")
        or (name.startswith("agreements/") and name.removeprefix("agreements/").removesuffix(".toml").isdecimal())
    )


def _is_foreign(folder: Path, name: str, before: Mapping[str, str], now: str) -> bool:
    path = folder / name
    if path.is_symlink() or any(parent.is_symlink() for parent in path.parents if folder in parent.parents):
        return True
    if not path.exists():
        return False
    there = _hash(path.read_bytes()) if path.is_file() else ""
    return there not in (before.get(name), now)


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _replace(path: Path, data: bytes) -> None:
    """All of the new bytes or all of the old ones, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise

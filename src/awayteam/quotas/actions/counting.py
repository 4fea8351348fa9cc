"""Reading access logs of proxies: counts under limits, and use, each line once."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.db.models import F

from awayteam.catalog.models import ApiOperation, Entity, Relation
from awayteam.kernel import rulebook
from awayteam.quotas.envoy.accesslog import Logged, Operations, Tally, read
from awayteam.quotas.envoy.plain import Operation, Upstream
from awayteam.quotas.envoy.planning import identity_of
from awayteam.quotas.models import Count, Limit, LogPlace
from awayteam.sources.declared import RelationType

AT_ONCE = 16 * 2**20
"""Bytes that are read in one go."""


def read_log(path: Path, upstreams: Sequence[Upstream], *, name: str = "") -> Logged:
    """Count what an access log holds that wasn't read yet, once: where it was read to stands in the database.

    `name` is what the log was called when its reading began, where it was moved aside since.

    Counts under limits are in the transaction that notes the place; use goes to the spool under an id of that place, so
    that a killed reader counts nothing twice. A line that isn't whole yet waits. Raises `OSError`, `SpoolFull`.
    """
    operations = operations_of(upstreams)
    whole, place = Logged(), (name or str(path))[:500]
    with open(path, "rb") as file:
        inode = os.fstat(file.fileno()).st_ino
        while True:
            offset = _offset(place, inode)
            lines, end = _lines(file, offset)
            if end == offset:
                return whole
            logged = read(lines, operations)
            _spool(logged, f"{place}:{inode}:{offset}:{end}", upstreams)
            with transaction.atomic():
                LogPlace.objects.update_or_create(path=place, defaults={"inode": inode, "offset": end})
                add_counts(logged.limits)
            _merge(whole, logged)


def _offset(place: str, inode: int) -> int:
    row = LogPlace.objects.filter(path=place).first()
    return row.offset if row is not None and row.inode == inode else 0


def _lines(file: BinaryIO, offset: int) -> tuple[list[bytes], int]:
    """Whole lines from `offset`, and where they end; a file that became shorter begins anew."""
    if file.seek(0, os.SEEK_END) < offset:
        offset = 0
    file.seek(offset)
    text = file.read(AT_ONCE)
    end = text.rfind(b"\n") + 1
    if end == 0 and len(text) == AT_ONCE:
        return [text], offset + len(text)
    return text[:end].splitlines(), offset + end


def operations_of(upstreams: Sequence[Upstream]) -> Operations:
    """What tells operations of these APIs apart."""
    found: dict[str, tuple[str, list[Operation]]] = {one.api: (one.prefix, []) for one in upstreams}
    rows = ApiOperation.objects.filter(api__ref__in=list(found), path__startswith="/")
    for ref, key, verb, path in rows.values_list("api__ref", "key", "verb", "path"):
        found[ref][1].append(Operation(key, verb, path))
    return Operations(found)


def _spool(logged: Logged, batch: str, upstreams: Sequence[Upstream]) -> None:
    """Hand the calls over as use."""
    if not logged.calls:
        return
    from awayteam.usage import spool
    from awayteam.usage.counts import CountKey
    from awayteam.usage.receiving.receiver import counted

    consumers = _names({key.consumer for key in logged.calls})
    providers = _providers(upstreams)
    rows = [
        (CountKey(key.hour, consumers.get(key.consumer, key.consumer), providers.get(key.api, key.api), key.operation,
                  "service", "envoy"), one.calls - one.failed, one.failed)
        for key, one in logged.calls.items()
    ]  # fmt: skip
    spool.put(counted(rows), sender="", batch=batch)


def _names(identities: set[str]) -> dict[str, str]:
    """What telemetry calls the consumers with these names in their certificates; unknown ones keep theirs."""
    template = rulebook.current().quotas.identity
    rows = Entity.objects.filter(kind="Component").values_list("namespace", "name", "document")
    found = {identity_of(template, *row): _name(row[0], row[1]) for row in rows.iterator()}
    return {identity: found[identity] for identity in identities if identity in found}


def _providers(upstreams: Sequence[Upstream]) -> dict[str, str]:
    """The service behind each API, by the API's reference: the one that provides it, else the API itself."""
    refs = [one.api for one in upstreams]
    rows = Relation.objects.filter(type=RelationType.PROVIDES_API, target__ref__in=refs).order_by("-pk")
    found = {ref: _name(space, name) for ref, space, name in Entity.objects.filter(ref__in=refs).values_list(
        "ref", "namespace", "name"
    )}  # fmt: skip
    for ref, space, name in rows.values_list("target__ref", "source__namespace", "source__name"):
        found[ref] = _name(space, name)
    return found


def _name(namespace: str, name: str) -> str:
    return name if namespace == "default" else f"{namespace}/{name}"


def _merge(whole: Logged, part: Logged) -> None:
    for key, one in part.calls.items():
        if key in whole.calls:
            whole.calls[key].calls += one.calls
            whole.calls[key].failed += one.failed
        else:
            whole.calls[key] = one
    for place, tally in part.limits.items():
        known = whole.limits.setdefault(place, Tally())
        known.allowed, known.over = known.allowed + tally.allowed, known.over + tally.over
        known.denied += tally.denied
    whole.refused += part.refused


def add_counts(tallies: Mapping[tuple[int, int], Tally]) -> int:
    """Add counts by (number of the limit, hour since 1970); those of limits that are gone are left out.

    Call it in the transaction that notes what was read. Returns how many rows it added to.
    """
    known = set(Limit.objects.filter(pk__in={limit for limit, _ in tallies}).values_list("pk", flat=True))
    done = 0
    with transaction.atomic():
        for (limit, hour), one in sorted(tallies.items()):
            if limit in known:
                row, _ = Count.objects.get_or_create(limit_id=limit, hour=hour)
                Count.objects.filter(pk=row.pk).update(
                    allowed=F("allowed") + one.allowed, over=F("over") + one.over, denied=F("denied") + one.denied
                )
                done += 1
    return done

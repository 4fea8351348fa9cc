"""Whom `@name` means: a person or a team that exists, if it is exactly one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from awayteam.kernel.actor import Actor
from awayteam.kernel.markdown import Reference
from awayteam.kernel.pages import thing_address
from awayteam.organisation.models import Confidence, Identity, Person, Team

MOST = 200
"""Names that are looked up in one go; with more, the others stay text."""

Written = Mapping[str, list[str]]
"""A name as it is looked up, with how it was written."""


def references(actor: Actor, names: frozenset[str]) -> dict[str, Reference]:  # noqa: ARG001 - people are seen by all
    """What the names (`@ada`, `@org/team`, `@group:default/team`) stand for; what is ambiguous is left out.

    A reference or a name here counts before a handle elsewhere (`github`), so that nobody takes another's name by
    adding a handle. Two statements, and a third where a name is none of ours.
    """
    wanted = sorted(names)[:MOST]
    found: dict[str, set[Reference]] = defaultdict(set)
    for written, reference in _by_name(wanted):
        found[written].add(reference)
    unknown = [name for name in wanted if name not in found]
    if unknown:
        for written, reference in _by_handle(unknown):
            found[written].add(reference)
    return {name: next(iter(known)) for name, known in found.items() if len(known) == 1}


def _by_name(names: Iterable[str]) -> Iterable[tuple[str, Reference]]:
    plain: dict[str, list[str]] = defaultdict(list)
    refs: dict[str, list[str]] = defaultdict(list)
    for written in names:
        text = written[1:].casefold()
        kind, colon, rest = text.rpartition(":")
        if colon or "/" in text:
            full = rest if "/" in rest else f"default/{rest}"
            for one in [kind] if colon else ["user", "group"]:
                refs[f"{one}:{full}"].append(written)
        else:
            plain[text].append(written)
    spelled = {one for many in plain.values() for written in many for one in (written[1:], written[1:].casefold())}
    known = Q(ref__in=list(refs)) | Q(name__in=sorted(spelled))
    yield from _of(Person.objects.filter(known), "display_name", refs, plain)
    yield from _of(Team.objects.filter(known), "title", refs, plain)


def _of(rows: "QuerySet[Any]", title: str, refs: Written, plain: Written) -> Iterable[tuple[str, Reference]]:
    for pk, ref, shown, name in rows.values_list("pk", "ref", title, "name"):
        made = _reference(pk, ref, shown or name)
        for written in (*refs.get(ref, ()), *plain.get(name.casefold(), ())):
            yield written, made


def _by_handle(names: Iterable[str]) -> Iterable[tuple[str, Reference]]:
    """People by a handle elsewhere, and teams by the name that a forge gives them below an organisation."""
    handles: dict[str, list[str]] = defaultdict(list)
    slugs: dict[str, list[str]] = defaultdict(list)
    for written in names:
        text = written[1:].casefold()
        if "/" in text and ":" not in text:
            slugs[text.rpartition("/")[2]].append(written)
        elif ":" not in text:
            handles[text].append(written)
    if handles:
        known = Identity.objects.filter(value_key__in=list(handles)).exclude(provider="email")
        rows = known.exclude(confidence=Confidence.GUESS).select_related("person")
        for row in rows:
            made = _reference(row.person_id, row.person.ref, str(row.person))
            yield from ((written, made) for written in handles[row.value_key])
    if slugs:
        yield from _of(Team.objects.filter(name__in=list(slugs)), "title", {}, slugs)


def _reference(pk: int, ref: str, title: str) -> Reference:
    return Reference(thing_address(ref), title, "person" if ref.startswith("user:") else "team", pk)

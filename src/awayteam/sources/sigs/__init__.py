"""Kubernetes' `sigs.yaml`: special interest groups, working groups, user groups, committees and their subprojects."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from awayteam.sources import entities
from awayteam.sources.context import Context
from awayteam.sources.declared import Declared, DeclaredMembership, Identity, Reading
from awayteam.sources.entities import Place
from awayteam.sources.lines import Lines
from awayteam.sources.shapes import (
    Names,
    Notes,
    first_line,
    kind_of,
    list_of,
    object_of,
    reference,
    slug,
    tags,
    text,
    texts,
)
from awayteam.sources.yamldoc import Document, load

NAME = "Kubernetes sigs.yaml"
_SECTIONS = {"sigs": "sig", "workinggroups": "wg", "usergroups": "ug", "committees": "committee"}
_TYPES = {"sig": "special-interest-group", "wg": "working-group", "ug": "user-group", "committee": "committee"}
_ROLES = {"chairs": "lead", "tech_leads": "lead"}
_SIGN = re.compile(rb"^(?:sigs|workinggroups|usergroups|committees):[ \t]*\r?\n[ \t]*-[ \t]+dir:", re.MULTILINE)
_PEOPLE = ("github", "name", "email", "company")


def recognises(path: str, data: bytes) -> bool:
    """Whether this is `sigs.yaml`, by its name and a first group with a `dir`."""
    return PurePosixPath(path.lower()).name in ("sigs.yaml", "sigs.yml") and _SIGN.search(data[:8192]) is not None


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """A team for each group, a child team for each subproject, and a person for everybody who leads one."""
    notes = Notes(file=path)
    declared: dict[str, Declared] = {}
    for document in load(data, max_bytes=(context or Context()).max_bytes):
        notes.document = document.index
        if document.problem is not None:
            notes.add(document.problem.message, line=document.problem.line)
            continue
        if not isinstance(document.value, dict):
            notes.add(f"expected an object with 'sigs', found {kind_of(document.value)}", line=document.line)
            continue
        reader = _Reader(document, notes)
        for one in [*reader.groups(document.value), *reader.people()]:
            declared.setdefault(one.ref, one)
    return Reading(tuple(declared.values()), notes.all())


@dataclass(slots=True)
class _Reader:
    document: Document
    notes: Notes
    names: Names = field(default_factory=Names)
    persons: dict[str, tuple[dict[str, Any], Place]] = field(default_factory=dict)
    """Reference -> what the groups say about the person, and where the first one says it."""
    lines: Lines = field(init=False)

    def __post_init__(self) -> None:
        self.lines = Lines(self.document)

    def _place(self, *path: str | int) -> Place:
        return Place(self.document.index, self.lines.of(*path))

    def groups(self, root: Mapping[str, Any]) -> Iterator[Declared]:
        for section, prefix in _SECTIONS.items():
            for position, value in enumerate(
                list_of(root.get(section), section, self.notes, line=self.lines.of(section))
            ):
                line = self.lines.of(section, position)
                body = object_of(value, f"{section}[{position}]", self.notes, line=line)
                title = first_line(body.get("name"))
                folder = first_line(body.get("dir"))
                if not title and not folder:
                    if body:
                        self.notes.add(f"{section}[{position}]: a group needs a name or a dir", line=line)
                    continue
                yield from self._group(
                    prefix, title or folder, folder or f"{prefix}-{title}", body, (section, position)
                )

    def _group(
        self, prefix: str, title: str, folder: str, body: Mapping[str, Any], path: tuple[str | int, ...]
    ) -> Iterator[Declared]:
        name = self.names.of(folder)
        ref = reference("group", name)
        where = f"{path[0]}.{folder}"
        yield entities.group(
            name,
            title=title,
            description=text(body.get("mission_statement")),
            kind_of_group=_TYPES[prefix],
            memberships=self._leaders(ref, body.get("leadership"), where, path),
            facts={
                "mission": text(body.get("mission_statement")),
                "contacts": self._contacts(body.get("contact"), where),
            },
            tags=tags([text(body.get("label"))]),
            original={key: one for key, one in body.items() if key != "subprojects"},
            place=self._place(*path),
        )
        line = self.lines.of(*path, "subprojects")
        for position, value in enumerate(
            list_of(body.get("subprojects"), f"{where}.subprojects", self.notes, line=line)
        ):
            yield from self._subproject(value, folder, ref, where, (*path, "subprojects", position))

    def _subproject(
        self, value: Any, folder: str, parent: str, where: str, path: tuple[str | int, ...]
    ) -> Iterator[Declared]:
        body = object_of(value, f"{where}.subprojects", self.notes, line=self.lines.of(*path))
        title = first_line(body.get("name"))
        if not title:
            if body:
                self.notes.add(f"{where}.subprojects: a subproject needs a name", line=self.lines.of(*path))
            return
        # several groups have a subproject of the same name, so the group's name stands before it
        name = self.names.of(f"{folder}.{title}")
        ref = reference("group", name)
        inner = f"{where}.subprojects.{title}"
        owners = texts(body.get("owners"), f"{inner}.owners", self.notes, line=self.lines.of(*path, "owners"))
        yield entities.group(
            name,
            title=title,
            description=text(body.get("description")),
            kind_of_group="subproject",
            parent=parent,
            memberships=self._leaders(ref, body.get("leads"), inner, path, alone=True),
            facts={
                "mission": text(body.get("description")),
                "contacts": self._contacts(body.get("contact"), inner),
                "owners_urls": owners,
            },
            original=body,
            place=self._place(*path),
        )

    def _leaders(
        self, team: str, value: Any, where: str, path: tuple[str | int, ...], *, alone: bool = False
    ) -> list[DeclaredMembership]:
        """The memberships of those who lead; people emeriti are kept in the document only."""
        if alone:
            lists = {"leads": value}
        else:
            leadership = object_of(value, f"{where}.leadership", self.notes, line=self.lines.of(*path))
            lists = {key: leadership.get(key) for key in _ROLES}
        found: dict[str, DeclaredMembership] = {}
        for key, people in lists.items():
            at = (*path, key) if alone else (*path, "leadership", key)
            for position, one in enumerate(list_of(people, f"{where}.{key}", self.notes, line=self.lines.of(*at))):
                ref = self._person(one, f"{where}.{key}", (*at, position))
                if ref:
                    found.setdefault(ref, DeclaredMembership(team, ref, "lead"))
        return list(found.values())

    def _person(self, value: Any, where: str, path: tuple[str | int, ...]) -> str | None:
        line = self.lines.of(*path)
        body = object_of(value, where, self.notes, line=line)
        known = {key: text(body.get(key)) for key in _PEOPLE if text(body.get(key))}
        login = known.get("github") or known.get("email") or known.get("name")
        if not login and isinstance(value, Mapping):
            self.notes.add(f"{where}: a person needs at least one of github, email and name", line=line)
        if not login:
            return None
        ref = reference("user", slug(login))
        merged, _place = self.persons.setdefault(ref, ({}, Place(self.document.index, line)))
        for key, one in known.items():
            merged.setdefault(key, one)
        return ref

    def people(self) -> Iterator[Declared]:
        for ref, (known, place) in self.persons.items():
            login = known.get("github", "")
            yield entities.user(
                ref.rpartition("/")[2],
                title=known.get("name", ""),
                email=known.get("email", ""),
                identities=[Identity("github", login)] if login else [],
                facts={"company": known.get("company")},
                original=known,
                place=place,
            )

    def _contacts(self, value: Any, where: str) -> dict[str, Any]:
        """Texts as they are; the lists of teams and people in them by name."""
        body = object_of(value, f"{where}.contact", self.notes)
        found: dict[str, Any] = {}
        for key, one in body.items():
            if isinstance(one, list):
                found[key] = [text(item.get("name") if isinstance(item, Mapping) else item) for item in one]
            elif isinstance(one, Mapping):
                found[key] = text(one.get("github")) or text(one.get("name"))
            else:
                found[key] = text(one)
        return {str(key): one for key, one in found.items() if one}

"""Organisation files of GitHub organisations: Peribolos (`orgs:`), and the same parts in files of their own.

Istio and Kubernetes keep `teams.yaml`, `members.yaml`, `repos.yaml` or `org.yaml`, each holding what stands below one
organisation in a Peribolos file. Reference: the configuration of Prow's tool peribolos.
"""

import re
from pathlib import PurePosixPath

from awayteam.sources.context import Context
from awayteam.sources.declared import Declared, Reading
from awayteam.sources.lines import Lines
from awayteam.sources.peribolos.organisation import Organisation
from awayteam.sources.shapes import Notes, items, kind_of, object_of
from awayteam.sources.yamldoc import load

NAME = "Peribolos"
_HEAD = 8192
_SIGN = rb"^orgs:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]+\S+:[ \t]*(?:#.*)?$"
_KNOWN = (
    rb"^[ \t]+(?:admins|members|teams|repos|default_repository_permission|billing_email|has_organization_projects):"
)
_ORGS, _INSIDE = re.compile(_SIGN, re.MULTILINE), re.compile(_KNOWN, re.MULTILINE)
_PARTS = {
    "teams": re.compile(rb"^teams:[ \t]*(?:#.*)?$", re.MULTILINE),
    "members": re.compile(rb"^(?:members|admins):[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*- [\w\[\]-]+", re.M),
    "repos": re.compile(rb"^repos:[ \t]*(?:#.*)?$", re.MULTILINE),
}
_PART_SIGNS = {
    "teams": re.compile(rb"^[ \t]+(?:members|maintainers|privacy):", re.MULTILINE),
    "members": re.compile(rb""),
    "repos": re.compile(rb"^[ \t]+(?:allow_\w+|has_(?:issues|projects|wiki)|archived):", re.MULTILINE),
}
_KEYS = frozenset(["admins", "members", "teams", "repos"])


def recognises(path: str, data: bytes) -> bool:
    """Whether a YAML file begins as an organisation file, or is one of its parts by name and first 8 KiB."""
    name = PurePosixPath(path.lower())
    if name.suffix not in (".yaml", ".yml"):
        return False
    head = data[:_HEAD]
    if _ORGS.search(head):
        return _INSIDE.search(head) is not None
    if name.stem == "org":
        return any(part.search(head) for part in _PARTS.values())
    part = name.stem
    return part in _PARTS and bool(_PARTS[part].search(head)) and bool(_PART_SIGNS[part].search(head))


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """People, teams and repositories of every organisation in the file.

    A file that holds only a part (`teams.yaml`) names no organisation: its teams have no unit above them, and the
    people in its teams are left to be declared by the file of members beside it.
    """
    notes = Notes(file=path)
    found = []
    for document in load(data, max_bytes=(context or Context()).max_bytes):
        notes.document = document.index
        if document.problem is not None:
            notes.add(document.problem.message, line=document.problem.line)
            continue
        root = document.value
        lines = Lines(document)
        if isinstance(root, dict) and "orgs" in root:
            for name, value in items(root["orgs"], "orgs", notes):
                organisation = Organisation(name, lines, ("orgs", name), notes)
                found.append(organisation.read(object_of(value, f"orgs.{name}", notes)))
        elif isinstance(root, dict) and _KEYS & root.keys():
            found.append(Organisation("", lines, (), notes).read(root))
        else:
            notes.add(
                f"expected an object with 'orgs' (or with teams, members, admins, repos), found {kind_of(root)}",
                line=document.line,
            )
    declared: dict[str, Declared] = {}
    for one in (entity for organisation in found for entity in organisation):
        declared.setdefault(one.ref, one)
    return Reading(tuple(declared.values()), notes.all())

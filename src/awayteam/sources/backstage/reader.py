"""From a descriptor file to what it declares.

Every document stands alone: one that breaks a rule is reported and its neighbours load. What costs only a relation or a
list of operations is reported too, and the entity stays.
"""

import re
from collections.abc import Iterator
from typing import Any

from awayteam.sources import yamldoc
from awayteam.sources.backstage import envelope, kinds
from awayteam.sources.backstage.envelope import Fault, Path
from awayteam.sources.backstage.people import facts_of, identities_of, memberships_of
from awayteam.sources.backstage.refs import BadReferenceError, canonical, compose
from awayteam.sources.backstage.substitution import MARKS, Substitution, SubstitutionError
from awayteam.sources.context import Context
from awayteam.sources.declared import Declared, Operation, Problem, Reading, RelationType, Target
from awayteam.sources.kinds import usual_kind
from awayteam.sources.shapes import kind_of
from awayteam.sources.yamldoc import Document

NAME = "Backstage"
RESTRICTED = "awayteam/restricted"
ALIASES = "awayteam/aliases"
_FAULTS_SHOWN = 20
"""Faults of one document that are reported."""
_FILE = re.compile(r"(?:^|/)catalog-info[^/]*\.(?:ya?ml|json)\Z", re.IGNORECASE)
_DESCRIPTOR = re.compile(
    rb"""(?:^["']?apiVersion["']?[ ]*:[ ]*["']?|"apiVersion"\s*:\s*")(?:[a-z0-9-]+\.)*backstage\.io/""",
    re.MULTILINE,
)
_SKELETON = re.compile(rb"""^[ ]+name:[ ]*["']?\$?\{\{""", re.MULTILINE)


def recognises(path: str, data: bytes) -> bool:
    """Whether this file is taken without being asked for: a descriptor by name or content, but no template's skeleton.

    `data` is the file or a good part of its beginning.
    """
    if _SKELETON.search(data):
        return False
    return is_descriptor_name(path) or has_descriptor(data)


def is_descriptor_name(path: str) -> bool:
    """Whether the file is called `catalog-info*.yaml` (or .yml, .json)."""
    return bool(_FILE.search(path))


def has_descriptor(data: bytes) -> bool:
    """Whether a document in it says `apiVersion: backstage.io/...` or `*.backstage.io/...`."""
    return b"backstage.io/" in data and bool(_DESCRIPTOR.search(data))


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """What the descriptor file `path` (relative to the source's root) declares. Raises nothing."""
    context = context or Context()
    return _FileReader(path, context).read(data)


class _FileReader:
    def __init__(self, path: str, context: Context) -> None:
        self.path = path
        self.context = context
        self.substitution = Substitution(path, context)
        self.problems: list[Problem] = []
        self.targets: list[Target] = []

    def read(self, data: bytes) -> Reading:
        declared = []
        for document in yamldoc.documents(data, max_bytes=self.context.max_bytes):
            if document.problem is not None:
                problem = document.problem
                self.problems.append(Problem(problem.message, self.path, problem.document, problem.line))
            elif (entity := self.entity(document)) is not None:
                declared.append(entity)
                self.problems += [
                    Problem(one.message, self.path, one.document, one.line, entity.ref) for one in document.remarks
                ]
        return Reading(tuple(declared), tuple(self.problems), tuple(self.targets), tuple(self.substitution.embedded))

    def entity(self, document: Document) -> Declared | None:
        root = document.value
        if not isinstance(root, dict):
            self.report(document, None, [Fault(f"a document must be a map, this is {kind_of(root)}", ())])
            return None
        if any(mark in document.text for mark in MARKS):
            try:
                root = self.substitution.apply(root)
            except SubstitutionError as error:
                self.report(document, _claimed(root), [Fault(str(error), error.path)])
                return None
        faults = envelope.check(root)
        if faults:
            self.report(document, _claimed(root), faults)
            return None
        return self.checked(document, root)

    def checked(self, document: Document, root: dict[str, Any]) -> Declared | None:
        """The entity of a document whose envelope is in order."""
        metadata, kind = root["metadata"], root["kind"].lower()
        namespace = (metadata.get("namespace") or "default").lower()
        ref = compose(kind, namespace, metadata["name"])
        rules = kinds.KINDS.get(kind)
        spec = root.get("spec") or {}
        faults = kinds.check(root, kind) if rules else []
        relations, bad, remarks = kinds.relations(spec, rules or kinds.UNKNOWN, ref, namespace)
        annotations = metadata.get("annotations") or {}
        aliases, odd = _aliases(annotations, kind, namespace, ref)
        if rules:
            faults += bad
        if faults:
            self.report(document, ref, faults)
            return None
        if remarks or odd or bad:
            self.report(document, ref, [*remarks, *odd, *bad])
        if kind == "location":
            self.locate(document, ref, spec)
        return Declared(
            ref=ref,
            kind=usual_kind(root["kind"]),
            namespace=namespace,
            name=metadata["name"],
            document=root,
            api_version=root["apiVersion"],
            title=metadata.get("title") or _display_name(kind, spec),
            description=metadata.get("description") or "",
            type=_text(spec.get("type")),
            lifecycle=_text(spec.get("lifecycle")),
            owner=_target(relations, RelationType.OWNED_BY, ref),
            system=_system(relations, ref),
            tags=tuple(metadata.get("tags") or ()),
            relations=tuple(relations),
            operations=self.operations(document, ref, spec) if kind == "api" else None,
            memberships=memberships_of(relations) if kind in ("group", "user") else (),
            identities=identities_of(annotations, spec) if kind == "user" else (),
            facts=facts_of(kind, spec, annotations) if kind in ("group", "user") else {},
            restricted=annotations.get(RESTRICTED, "").strip().lower() == "true",
            aliases=aliases,
            document_index=document.index,
            line=document.line,
        )

    def operations(self, document: Document, ref: str, spec: dict[str, Any]) -> tuple[Operation, ...] | None:
        """What the API can be asked to do; None where its type has no operations that we read."""
        from awayteam.sources import apis  # the formats of definitions are loaded where there is one

        found, problems = apis.operations(spec["type"], spec["definition"])
        line = document.line_of("spec", "definition") if problems else None
        for each in problems:
            self.problems.append(Problem(f"definition: {each.message}", self.path, document.index, line, ref))
        return tuple(found) if found or not problems else None

    def locate(self, document: Document, ref: str, spec: dict[str, Any]) -> None:
        """Note the files that a Location points at."""
        required = spec.get("presence") != "optional"
        faults = []
        for target, path in _targets(spec):
            if isinstance(target, str) and target.strip():
                self.targets.append(Target(target.strip(), document.line_of(*path), document.index, required, ref))
            else:
                faults.append(Fault("a target is a text: a path, a glob or an address", path))
        if spec.get("type") not in (None, "file", "url"):
            faults.append(Fault(f"locations of type {spec['type']!r} can't be read; use file or url", ("spec", "type")))
        if faults:
            self.report(document, ref, faults)

    def report(self, document: Document, ref: str | None, faults: list[Fault]) -> None:
        for fault in faults[:_FAULTS_SHOWN]:
            line = document.line_of(*fault.path)
            self.problems.append(Problem(fault.message, self.path, document.index, line, ref))
        if len(faults) > _FAULTS_SHOWN:
            rest = f"{len(faults) - _FAULTS_SHOWN} more faults of this document aren't listed; mend these first"
            self.problems.append(Problem(rest, self.path, document.index, document.line, ref))


def _targets(spec: dict[str, Any]) -> Iterator[tuple[Any, Path]]:
    if spec.get("target") is not None:
        yield spec["target"], ("spec", "target")
    several = spec.get("targets")
    if isinstance(several, list):
        for place, target in enumerate(several):
            yield target, ("spec", "targets", place)
    elif several is not None:
        yield None, ("spec", "targets")


def _claimed(root: dict[str, Any]) -> str | None:
    """The reference that a faulty document claims, as far as it can be told."""
    kind, metadata = root.get("kind"), root.get("metadata")
    if not isinstance(kind, str) or not isinstance(metadata, dict) or not envelope.is_name(metadata.get("name")):
        return None
    try:
        return canonical({"kind": kind, "namespace": metadata.get("namespace"), "name": metadata["name"]})
    except BadReferenceError:
        return None


def _aliases(annotations: dict[str, str], kind: str, namespace: str, ref: str) -> tuple[tuple[str, ...], list[Fault]]:
    found: dict[str, None] = {}
    odd = []
    for part in annotations.get(ALIASES, "").split(","):
        if not part.strip():
            continue
        try:
            alias = canonical(part, kind, namespace)
        except BadReferenceError as error:
            odd.append(Fault(f"{ALIASES}: {error}", ("metadata", "annotations", ALIASES)))
            continue
        if alias != ref:
            found[alias] = None
    return tuple(found), odd


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _display_name(kind: str, spec: dict[str, Any]) -> str:
    if kind not in ("group", "user"):
        return ""
    return _text((spec.get("profile") or {}).get("displayName"))


def _target(relations: list[kinds.Relation], relation: RelationType, ref: str) -> str | None:
    return next((target for kind, source, target in relations if kind is relation and source == ref), None)


def _system(relations: list[kinds.Relation], ref: str) -> str | None:
    for kind, source, target in relations:
        if kind is RelationType.PART_OF and source == ref and target.startswith("system:"):
            return target
    return None

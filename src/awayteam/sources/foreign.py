"""What the files of other catalogs have in common: one object after another, names without kinds, links, tags."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from awayteam.sources.awayteamfile.build import repository_annotations
from awayteam.sources.context import Context
from awayteam.sources.declared import Declared, Reading
from awayteam.sources.entities import Place
from awayteam.sources.lines import Lines
from awayteam.sources.shapes import Notes, items, kind_of, list_of, object_of, refer, reference, slug, text
from awayteam.sources.yamldoc import load

__all__ = ["Body", "entities_of", "repository_annotations"]


@dataclass(frozen=True, slots=True)
class Body:
    """An object of a foreign file whose values are taken out by shape; a value of another shape is noted."""

    values: Mapping[str, Any]
    notes: Notes
    place: Place
    namespace: str
    where: str = ""

    def _name(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def text(self, *keys: str) -> str:
        """The first of several keys that holds a text; numbers count as texts."""
        for key in keys:
            value = self.values.get(key)
            if text(value):
                return text(value)
            if value is not None and not isinstance(value, str):
                self.notes.add(f"{self._name(key)}: expected a text, found {kind_of(value)}", line=self.place.line)
        return ""

    def inner(self, key: str) -> "Body":
        """The object under a key; an empty one where there is none."""
        found = object_of(self.values.get(key), self._name(key), self.notes, line=self.place.line)
        return Body(found, self.notes, self.place, self.namespace, self._name(key))

    def objects(self, key: str, bare: str = "") -> "list[Body]":
        """The objects of a list; a bare text stands for the object with the key `bare`, where that is given."""
        found = []
        for one in list_of(self.values.get(key), self._name(key), self.notes, line=self.place.line):
            if bare and isinstance(one, str):
                one = {bare: one}
            if isinstance(one, Mapping):
                found.append(Body(one, self.notes, self.place, self.namespace, self._name(key)))
            else:
                self.notes.add(f"{self._name(key)}: expected objects, found {kind_of(one)}", line=self.place.line)
        return found

    def texts(self, key: str) -> list[str]:
        """The texts of a list, or a single text."""
        value = self.values.get(key)
        value = [value] if isinstance(value, str) else value
        found = [text(one) for one in list_of(value, self._name(key), self.notes, line=self.place.line)]
        if not all(found):
            self.notes.add(f"{self._name(key)}: every item must be a text", line=self.place.line)
        return [one for one in dict.fromkeys(found) if one]

    def pairs(self, key: str) -> dict[str, Any]:
        """The pairs of an object under a key."""
        return dict(items(self.values.get(key), self._name(key), self.notes))

    def ref(self, value: str, kind: str, kinds: Mapping[str, str] | None = None) -> str | None:
        """The reference that a name means; `kinds` translates the kinds of the foreign catalog. None for nothing."""
        if not value:
            return None
        word, colon, rest = value.partition(":")
        if colon and kinds and word.lower() in kinds:
            return self.ref(rest, kinds[word.lower()])
        return refer(value, kind, self.namespace) or reference(kind, slug(value), self.namespace)

    def links(self, key: str, label: str = "name") -> list[dict[str, str]]:
        """Links as the catalog has them; one without an address is noted."""
        found = []
        for one in self.objects(key, "url"):
            url = one.text("url")
            if url:
                link = {"url": url, "title": one.text(label) or one.text("type"), "type": one.text("type").lower()}
                found.append({name: value for name, value in link.items() if value})
            else:
                self.notes.add(f"{self._name(key)}: a link needs a url", line=self.place.line)
        return found


def entities_of(
    path: str, data: bytes, context: Context | None, build: Callable[[Body], Iterable[Declared]], expected: str
) -> Reading:
    """Read every object of a file, alone or in a list, with `build`; `expected` says what one looks like."""
    context = context or Context()
    notes = Notes(file=path)
    declared: list[Declared] = []
    for document in load(data, max_bytes=context.max_bytes):
        notes.document = document.index
        if document.problem is not None:
            notes.add(document.problem.message, line=document.problem.line)
            continue
        lines = Lines(document)
        several = document.value if isinstance(document.value, list) else [document.value]
        for position, one in enumerate(several):
            line = lines.of(position) if isinstance(document.value, list) else document.line
            if isinstance(one, Mapping):
                declared += build(Body(one, notes, Place(document.index, line), context.namespace))
            else:
                notes.add(f"expected an object with {expected}, found {kind_of(one)}", line=line)
    return Reading(tuple(declared), notes.all())

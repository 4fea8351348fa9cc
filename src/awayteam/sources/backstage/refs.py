"""References to entities: `[kind:][namespace/]name`, in any case; canonical ones are whole and in lower case."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

MAX_REFERENCE = 255
"""Characters of a canonical reference: kind, namespace and name at their limits take 191, odd targets the rest."""
DEFAULT_NAMESPACE = "default"


class BadReferenceError(ValueError):
    """This is no reference; the text says why and how to write it."""


class Ref(NamedTuple):
    """A canonical reference in its parts."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"


@lru_cache(maxsize=1 << 16)
def parse(text: str, default_kind: str | None = None, default_namespace: str = DEFAULT_NAMESPACE) -> Ref:
    """The reference that `text` writes. Without `default_kind` it must name its kind. Raises `BadReferenceError`.

    Where `/` comes before `:`, the colon belongs to the name.
    """
    text = text.strip()
    colon, slash = text.find(":"), text.find("/")
    if -1 < slash < colon:
        colon = -1
    kind = default_kind if colon < 0 else text[:colon]
    namespace = default_namespace if slash < 0 else text[colon + 1 : slash]
    name = text[max(colon, slash) + 1 :]
    if kind is None:
        raise BadReferenceError(f"{_short(text)} names no kind; write it as kind:{_short(text, quote=False)}")
    return _checked(kind, namespace, name, text)


def canonical(value: Any, default_kind: str | None = None, default_namespace: str = DEFAULT_NAMESPACE) -> str:
    """The canonical text of a reference, written as text or as an old `{kind, namespace, name}` object.

    Raises `BadReferenceError`.
    """
    if isinstance(value, str):
        return _canonical(value, default_kind, default_namespace)
    if isinstance(value, Mapping):
        parts = [value.get(part) for part in ("kind", "namespace", "name")]
        if any(part is not None and not isinstance(part, str) for part in parts):
            raise BadReferenceError("the kind, namespace and name of a reference are texts; put them in quotes")
        kind, namespace, name = parts
        kind = default_kind if kind is None else kind
        if kind is None:
            raise BadReferenceError("this reference names no kind; add one")
        return str(_checked(kind, default_namespace if namespace is None else namespace, name or "", "this reference"))
    raise BadReferenceError("a reference is a text such as kind:namespace/name")


@lru_cache(maxsize=1 << 16)
def _canonical(text: str, default_kind: str | None, default_namespace: str) -> str:
    return str(parse(text, default_kind, default_namespace))


def compose(kind: str, namespace: str, name: str) -> str:
    """The canonical text of valid parts."""
    return f"{kind}:{namespace}/{name}".lower()


def _checked(kind: str, namespace: str, name: str, text: str) -> Ref:
    for what, part in (("kind", kind), ("namespace", namespace), ("name", name)):
        if not part.strip():
            raise BadReferenceError(f"{_short(text)} has an empty {what}; write [kind:][namespace/]name")
        if not part.isprintable():
            raise BadReferenceError(f"the {what} of {_short(text)} holds a control character; remove it")
    ref = Ref(*(part.strip().lower() for part in (kind, namespace, name)))
    if len(str(ref)) > MAX_REFERENCE:
        raise BadReferenceError(f"{_short(text)} is longer than {MAX_REFERENCE} characters; shorten it")
    return ref


def _short(text: str, *, quote: bool = True) -> str:
    text = text if len(text) <= 60 else text[:57] + "..."
    return repr(text) if quote else text

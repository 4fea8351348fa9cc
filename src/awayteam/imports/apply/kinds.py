"""How kinds are spelt: those that everybody knows as usual, others as the first document that declared one did."""

from collections import Counter

from django.db.models import Min

from awayteam.catalog import facets
from awayteam.catalog.facets import FacetKey
from awayteam.catalog.models import Entity, FacetCount, Presence
from awayteam.imports.apply.ids import key_of
from awayteam.sources.kinds import KINDS


class Kinds:
    """Spellings of one import; what the catalog has is read when the first unusual kind turns up."""

    def __init__(self, cube: Counter[FacetKey], changed: list[int]) -> None:
        self._cube = cube
        self._changed = changed
        self._first: dict[str, str] | None = None

    def named(self, kind: str) -> str:
        """The spelling of a kind that a reference names."""
        lowered = kind.lower()
        return KINDS.get(lowered) or self._known().get(lowered, lowered)

    def declared(self, kind: str) -> str:
        """The spelling of a kind that a document declares; the first one renames what was only named so far.

        Call it in the batch's transaction, before the batch reads its entities.
        """
        lowered = kind.lower()
        if lowered in KINDS:
            return KINDS[lowered]
        known = self._known()
        if lowered not in known:
            known[lowered] = kind
            if kind != lowered:
                self._respell(lowered, kind)
        return known[lowered]

    def _known(self) -> dict[str, str]:
        if self._first is None:
            declared = FacetCount.objects.filter(entities__gt=0).exclude(presence=Presence.MISSING)
            rows = declared.values_list("kind").annotate(first=Min("pk")).order_by("-first")
            self._first = {kind.lower(): kind for kind, _ in rows}
        return self._first

    def _respell(self, lowered: str, kind: str) -> None:
        named = Entity.objects.filter(kind=lowered, presence=Presence.MISSING)
        for one in named.defer("document"):
            facets.move(self._cube, key_of(one), key_of(one)._replace(kind=kind))
            self._changed.append(one.pk)
        named.update(kind=kind)

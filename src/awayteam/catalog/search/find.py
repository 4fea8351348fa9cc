"""Finding: words to hits, ranked and grouped by kind."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from awayteam.catalog.models import Entity, Presence
from awayteam.catalog.permissions import visible
from awayteam.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Hit:
    """`subtitle` tells what it is (type, owner), `matched` where the words were found ("name", "operation GET /x")."""

    ref: str
    title: str
    kind: str
    subtitle: str
    matched: str
    score: int
    presence: int = Presence.PRESENT
    entity_id: int = 0


@dataclass(frozen=True, slots=True)
class SearchGroup:
    """Hits of one kind, the best first; `more` counts those that were left out."""

    kind: str
    hits: list[Hit] = field(default_factory=list)
    more: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`corrected` maps words as typed to the known words that were looked for as well."""

    groups: list[SearchGroup] = field(default_factory=list)
    corrected: dict[str, tuple[str, ...]] = field(default_factory=dict)


def matching(text: str) -> Q:
    """The condition that an entity has all words of `text` (as prefixes) somewhere."""
    condition = Q()
    for word in text.replace("\0", "").lower().split()[:10]:
        condition &= Q(sort_name__contains=word) | Q(description__icontains=word)
    return condition


def search(actor: Actor, words: str, *, limit: int = 20, kinds: Sequence[str] = ()) -> SearchResult:
    """Entities for `words`, up to `limit` of each kind (`kinds`: only these)."""
    if not words.strip():
        return SearchResult()
    found = visible(actor, Entity.objects.exclude(presence=Presence.REMOVED)).filter(matching(words))
    groups: dict[str, list[Hit]] = {}
    for row in found.defer("document").order_by("sort_name", "pk")[:500]:
        if kinds and row.kind.lower() not in {kind.lower() for kind in kinds}:
            continue
        hit = Hit(row.ref, row.title or row.name, row.kind, row.type, "name", 0, row.presence, row.pk)
        groups.setdefault(row.kind, []).append(hit)
    return SearchResult([SearchGroup(kind, hits[:limit], max(0, len(hits) - limit)) for kind, hits in groups.items()])

"""What the steps of one import share."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from awayteam.catalog import facets, search
from awayteam.catalog.facets import FacetKey
from awayteam.catalog.models import Entity, Presence
from awayteam.catalog.search.index import Ready
from awayteam.imports.apply.ids import Ids
from awayteam.imports.apply.kinds import Kinds
from awayteam.kernel import bulk, events
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Draft
from awayteam.sources.models import Source


@dataclass(slots=True)
class Session:
    """One run over `source`. `first` says that the source was never imported before: what it declares then has been so
    since nobody knows when. `edit_wins` is the rulebook's."""

    source: Source
    actor: Actor
    now: datetime
    first: bool
    edit_wins: str
    ids: Ids = field(init=False)
    kinds: Kinds = field(init=False)
    created: int = 0
    updated: int = 0
    orphaned: list[int] = field(default_factory=list)
    """Ids of what no document of the source declares any more."""
    cube: Counter[FacetKey] = field(default_factory=Counter)
    drafts: list[Draft] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    """Ids of entities that the search index must read again."""
    ready: list[Ready] = field(default_factory=list)
    """Entities whose words are at hand, so that the search index needn't read them."""

    def __post_init__(self) -> None:
        self.kinds = Kinds(self.cube, self.changed)
        self.ids = Ids(self.now, self.cube, self.changed, self.kinds.named)

    def still_orphaned(self) -> int:
        """How many nobody else declares either."""
        orphan = f"AND presence = {Presence.ORPHAN.value}"
        return len(bulk.select("id", Entity._meta.db_table, "id", self.orphaned, orphan))

    def finish_batch(self) -> None:
        """The last step of a batch's transaction: events, search index, cube."""
        events.append_many(self.drafts)
        search.reindex(self.changed, self.ready)
        facets.apply(self.cube)
        self.drafts.clear()
        self.changed.clear()
        self.ready.clear()
        self.cube.clear()

"""From references to ids: known entities, former names, and a missing entity for whatever is only named."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from awayteam.catalog import facets
from awayteam.catalog.facets import FacetKey
from awayteam.catalog.models import Alias, Entity, Presence
from awayteam.imports.records import parts
from awayteam.kernel import bulk
from awayteam.organisation.models import Person, Team

ENTITY = Entity._meta.db_table


class Ids:
    """Entity ids by reference, and the team or person behind groups and users. Call it within a transaction."""

    def __init__(
        self, now: datetime, cube: Counter[FacetKey], changed: list[int], spelling: Callable[[str], str]
    ) -> None:
        """`spelling` says how a kind that a reference names is spelt."""
        self._spelling = spelling
        self._now = now
        self._cube = cube
        self._changed = changed
        self.of: dict[str, int] = {}
        self.teams: dict[int, int] = {}
        self.people: dict[int, int] = {}

    def know(self, ref: str, id: int, team_id: int | None, person_id: int | None) -> None:
        self.of[ref] = id
        if team_id is not None:
            self.teams[id] = team_id
        if person_id is not None:
            self.people[id] = person_id

    def team_of(self, ref: str) -> int | None:
        return self.teams.get(self.of[ref])

    def person_of(self, ref: str) -> int | None:
        return self.people.get(self.of[ref])

    def ensure(self, refs: Iterable[str]) -> None:
        """Afterwards every reference has an id; those that nobody declares get a missing entity."""
        unknown = [ref for ref in refs if ref not in self.of]
        if not unknown:
            return
        removed, removed_state = [], Presence.REMOVED.value
        columns = "id, ref, team_id, person_id, presence"
        for id, ref, team_id, person_id, presence in bulk.select(columns, ENTITY, "ref", unknown):
            self.know(ref, id, team_id, person_id)
            if presence == removed_state:
                removed.append(id)
        self._revive(removed)
        unknown = [ref for ref in unknown if ref not in self.of]
        self._former(unknown)
        self._create([ref for ref in unknown if ref not in self.of])

    def _former(self, refs: list[str]) -> None:
        origin = f"{Alias._meta.db_table} a JOIN {ENTITY} e ON e.id = a.entity_id"
        for ref, id, team_id, person_id in bulk.select("a.ref, e.id, e.team_id, e.person_id", origin, "a.ref", refs):
            self.know(ref, id, team_id, person_id)

    def _revive(self, ids: list[int]) -> None:
        """What was removed and is named again is missing."""
        for one in Entity.objects.filter(pk__in=ids):
            facets.move(self._cube, key_of(one), key_of(one)._replace(presence=Presence.MISSING))
        Entity.objects.filter(pk__in=ids).update(presence=Presence.MISSING, removed_at=None, changed_at=self._now)
        self._changed.extend(ids)

    def _create(self, refs: list[str]) -> None:
        ids = bulk.reserve_ids(Entity, len(refs))
        links = self.link(refs)
        rows = []
        missing = Presence.MISSING.value
        for ref, id in zip(refs, ids, strict=True):
            kind, namespace, name = parts(ref)
            team_id, person_id = links.get(ref, (None, None))
            self.know(ref, id, team_id, person_id)
            shown, name = self._spelling(kind)[:63], name[:200]
            rows.append(
                (id, ref, shown, namespace[:63], name, name.casefold(), team_id, person_id, self._now, self._now)
            )
            self._cube[FacetKey(shown, "", "", None, None, missing, False)] += 1
        constants = ("", "", "", "", "[]", missing, False, "{}", "")
        bulk.insert(
            Entity,
            ["id", "ref", "kind", "namespace", "name", "sort_name", "team_id", "person_id", "first_seen_at",
             "changed_at", "title", "description", "type", "lifecycle", "tags", "presence", "restricted", "document",
             "content_hash"],
            ((*row, *constants) for row in rows),
        )  # fmt: skip
        self._changed.extend(ids)

    def link(self, refs: Iterable[str]) -> dict[str, tuple[int | None, int | None]]:
        """The team or person of each reference to a group or user, made (undeclared) where there is none yet."""
        refs = list(refs)
        teams = _rows_for(Team, [ref for ref in refs if ref.startswith("group:")])
        people = _rows_for(Person, [ref for ref in refs if ref.startswith("user:")])
        return {ref: (teams.get(ref), people.get(ref)) for ref in (*teams, *people)}


_EMPTY_TEAM = {
    "title": "", "is_unit": False, "type": "", "mission": "", "contacts": "{}", "email": "", "picture": "",
    "on_call_url": "", "time_zone": "", "calendar": "{}",
}  # fmt: skip
_EMPTY_PERSON = {"display_name": "", "email": "", "picture": "", "time_zone": ""}


def _rows_for(model: type[Team] | type[Person], refs: list[str]) -> dict[str, int]:
    if not refs:
        return {}
    found = {ref: id for id, ref in bulk.select("id, ref", model._meta.db_table, "ref", refs)}
    absent = [ref for ref in refs if ref not in found]
    ids = bulk.reserve_ids(model, len(absent))
    found.update(zip(absent, ids, strict=True))
    empty = _EMPTY_TEAM if model is Team else _EMPTY_PERSON
    columns = ["id", "ref", "name", "declared", *empty]
    rows = ((found[ref], ref, parts(ref)[2][:200], False, *empty.values()) for ref in absent)
    bulk.insert(model, columns, rows)
    return found


def key_of(entity: Entity) -> FacetKey:
    """What the entity is counted under as it is."""
    return FacetKey(
        entity.kind,
        entity.type,
        entity.lifecycle,
        entity.owner_id,
        entity.source_id,
        entity.presence,
        entity.restricted,
    )

"""One record of a batch together with what is known of its entity."""

from typing import NamedTuple

from awayteam.imports.apply.values import Values
from awayteam.imports.records import Record


class Light(NamedTuple):
    """What an entity is before the batch, as far as it decides what to do."""

    id: int
    ref: str
    presence: int
    content_hash: str
    file_id: int | None
    document_index: int | None
    line: int | None
    team_id: int | None
    person_id: int | None
    source_id: int | None
    kind: str

    @property
    def only_named(self) -> bool:
        """Whether no source ever declared it: then it has neither values nor a past."""
        return not self.content_hash


class Item(NamedTuple):
    """One record to write, declared in `file_id`; `values` are those in force; `edited` says that people's edits
    are laid over what the record says."""

    record: Record
    file_id: int
    id: int
    values: Values
    was: Light | None
    edited: bool = False

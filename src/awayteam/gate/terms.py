"""The rulebook's section `[gate]` as the pure part needs it; the server and `awayteam check` read it the same way."""

import dataclasses
from typing import Any

from awayteam.gate.facts import Policy, Standards, Terms
from awayteam.kernel.rulebook.schema import Rulebook


def terms_of(book: Rulebook) -> Terms:
    """What is asked of changes; keys that the section doesn't have stay as `Terms` has them."""
    section: Any = getattr(book, "gate", None)
    values: dict[str, Any] = {"version": book.version}
    for field in dataclasses.fields(Terms):
        value = getattr(section, field.name, None)
        if value is not None and field.name != "version":
            values[field.name] = Policy(value) if isinstance(field.default, Policy) else value
    return Terms(**values)


def standards_of(book: Rulebook) -> Standards:
    """Checks that must be green where the home team looks at nothing itself."""
    return Standards(tuple(getattr(getattr(book, "gate", None), "checks", ())))

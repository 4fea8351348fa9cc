"""The reference of the rulebook, written from its schema: docs/rulebook.md. A test keeps the file current."""

import dataclasses
import inspect
import typing
from typing import Any, Literal

from awayteam.kernel.rulebook.build import WORDS, defaults, sections

HEAD = """\
# The rulebook

<!-- Written by `awayteam rulebook document`; change src/awayteam/kernel/rulebook/sections instead. -->

The rulebook says how an organisation works together: clocks, defaults, thresholds. The package ships every value; an
organisation overrides single keys in a TOML file of its own, `rulebook.toml` in the data folder (or the file that the
variable `AWAYTEAM_RULEBOOK` names). It takes effect within a moment of being saved.

    awayteam rulebook show            every value in force, and which are your own
    awayteam rulebook check FILE      what is wrong with a file, line by line
    awayteam rulebook diff [OLD] NEW  what a file changes, against the values in force or against another file

Unknown keys and impossible values are refused with their line. A running server keeps the last good rulebook and says
so; a server that starts with a bad one doesn't start. The version that each decision records is a hash of all values
in force: comments, order and spelling don't change it.
"""


def document() -> str:
    """The whole reference as Markdown."""
    return HEAD + "".join(_section(section.name, section.type) for section in sections())


def toml(value: Any) -> str:
    """A value as one writes it in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value)


def _section(name: str, type: Any) -> str:
    hints = typing.get_type_hints(type)
    shipped = getattr(defaults(), name)
    lines = [f"\n## {name}\n\n{inspect.getdoc(type)}\n"]
    for key in dataclasses.fields(type):
        bounds = _bounds(hints[key.name], key.metadata["minimum"], key.metadata["maximum"])
        lines.append(
            f"\n### `{name}.{key.name}`\n\n{key.metadata['doc']}\n\n"
            f"- Value: {bounds}\n- Default: `{toml(getattr(shipped, key.name))}`\n"
        )
    return "".join(lines)


def _bounds(hint: Any, least: float | None, most: float | None) -> str:
    if typing.get_origin(hint) is Literal:
        return "one of " + ", ".join(f"`{toml(choice)}`" for choice in typing.get_args(hint))
    listed = typing.get_origin(hint) is tuple
    word = ("a list, each element " if listed else "") + WORDS[typing.get_args(hint)[0] if listed else hint]
    if least is None and most is None:
        return word
    if most is None:
        return f"{word}, {least} or more"
    return f"{word}, {least} to {most}" if least is not None else f"{word}, at most {most}"

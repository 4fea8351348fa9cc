"""Whether the columns that were named are there, and hold what is asked of them. Pure."""

import difflib
from collections.abc import Mapping, Sequence

from awayteam.analysis.spec import Metric
from awayteam.kernel.errors import InvalidInput


def check(
    kinds: Mapping[str, str], arm: str, unit: str | None, by: str | None, day: str | None, metrics: Sequence[Metric],
    dialect: str,
) -> None:  # fmt: skip
    """Raises `InvalidInput` that names the column, where it was asked for, and those whose names are near."""
    for option, name in (("--arm", arm), ("--unit", unit), ("--by", by), ("--days", day)):
        if name is not None:
            known(kinds, name, option)
    if day is not None and kinds[day] not in {"time", "text", "string"}:
        raise InvalidInput(f"--days: column {day} holds no dates.", "Name a column of dates or times.")
    for metric in metrics:
        where = f"Metric {metric.name}"
        for name in metric.used:
            known(kinds, name, where)
        for name in (*metric.columns, *metric.covariates):
            kind = kinds[name]
            if kind in {"bool", "int", "float"} or (kind == "text" and dialect == "duckdb"):
                continue
            what = {"time": "times", "string": "text"}.get(kind, "something that is no number")
            raise InvalidInput(f"{where}: column {name} holds {what}.", "A metric wants numbers; cast it in a --query.")


def known(kinds: Mapping[str, str], name: str, where: str) -> None:
    if name in kinds:
        return
    folded = {one.casefold(): one for one in kinds}
    near = [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, 3, 0.6)]
    shown = ", ".join(list(kinds)[:30]) + (", …" if len(kinds) > 30 else "")
    advice = f"Did you mean {', '.join(near)}?" if near else f"There are {shown}."
    raise InvalidInput(f"{where}: there is no column {name[:80]!r}.", advice)

"""What commands that show things have in common: dates, JSON, tables."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any

import typer

JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AS_OF = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="As it was: 2026-01-31 (at its end, UTC) or a time in ISO 8601.")
]
LIMIT = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many rows at most.")]
CURSOR = Annotated[str, typer.Option("--cursor", help="Go on where the page before ended (its `next_cursor`).")]


def django() -> None:
    """Settings, and a schema that is up to date, of an installation that exists."""
    from awayteam.cli.setup import django

    django(existing=True)


def moment(text: str) -> datetime | None:
    """The moment that `--as-of` means, None where nothing was said; raises `InvalidInput`."""
    from awayteam.kernel.errors import InvalidInput

    if not text.strip():
        return None
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC) - timedelta(
                microseconds=1
            )
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InvalidInput(f"--as-of: {text[:60]!r} is no date.", "Write it as 2026-01-31.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def day(text: str, name: str) -> date:
    """The day that an option says; raises `InvalidInput` that names the option."""
    from awayteam.kernel.errors import InvalidInput

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{name}: {text[:60]!r} is no date.", "Write it as 2026-01-31.", {name: "no date"}) from None


def number(text: str, name: str) -> Decimal:
    """The number that an option says; raises `InvalidInput` that names the option."""
    from awayteam.kernel.errors import InvalidInput

    try:
        value = Decimal(text)
    except ArithmeticError:
        value = Decimal("nan")
    if not value.is_finite():
        raise InvalidInput(f"{name}: {text[:60]!r} is no number.", "Write it as 12.5.", {name: "no number"})
    return value


def print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, (datetime, date)) else str(value)


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table as wide as the terminal; where output goes elsewhere, lines with tabs between, nothing cut off."""
    if not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(" ".join(str(cell or "").split()) for cell in row))
        return
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    drawn = Table(*header, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        drawn.add_row(*(escape(str(cell or "")) for cell in row))
    Console().print(drawn)


def facts(pairs: Iterable[tuple[str, Any]]) -> None:
    """One line for each fact that is known."""
    for name, value in pairs:
        if value not in (None, "", [], ()):
            typer.echo(f"{name + ':':<14}{value}")

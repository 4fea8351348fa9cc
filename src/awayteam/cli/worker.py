"""`awayteam worker`: the background work (clocks, deliveries, refreshes) in a process of its own."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(worker)


def worker(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, say how much, and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: print JSON.")] = False,
) -> None:
    """Run clocks, deliver messages and refresh sources until stopped. Any number of workers may run."""
    from awayteam.cli.setup import django

    django()
    from awayteam.kernel import logging, rulebook
    from awayteam.kernel import worker as work

    logging.configure()
    rulebook.current()
    if not once:
        work.run_until_signalled()
        return
    from dataclasses import asdict

    import orjson
    from django.utils import timezone

    counts = asdict(work.run_once(timezone.now()))
    if as_json:
        typer.echo(orjson.dumps(counts).decode())
    else:
        typer.echo(", ".join(f"{name}: {count}" for name, count in counts.items()))

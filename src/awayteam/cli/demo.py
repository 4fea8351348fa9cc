"""`awayteam demo`: the demonstration organisation, built at the first start and then served."""

import os
from typing import Annotated

import typer

FOLDER = "demonstration"


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    serve: Annotated[bool, typer.Option(help="Serve it once it is built.")] = True,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")] = True,
) -> None:
    """Build a demonstration organisation in the data folder (a fresh one) and show it."""
    from awayteam.demo.world import visitor
    from awayteam.kernel.errors import Conflict

    os.environ["AWAYTEAM_DEMO"] = "1"
    os.environ.setdefault("AWAYTEAM_DEMO_PERSON", visitor())
    from awayteam.cli.setup import django

    django()
    from django.conf import settings

    from awayteam.catalog.models import Entity
    from awayteam.demo import build

    if not build.exists(settings.DATA / FOLDER):
        if Entity.objects.exclude(source__name=build.NAME).exclude(source=None).exists():
            raise Conflict(
                "There is an organisation here that isn't the demonstration.", "Choose another --data folder."
            )
        _build()
    if serve:
        from awayteam.cli.serve import run

        run(host, port, open_browser=open_browser)


def _build() -> None:
    from django.conf import settings
    from django.utils import timezone
    from rich.console import Console
    from rich.progress import Progress

    from awayteam.demo import build

    console = Console(stderr=True)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Two years of a shop that does not exist")

        def show(what: str, done: int, total: int) -> None:
            bar.update(
                task, description=f"Two years of a shop that does not exist: {what}", completed=done, total=total
            )

        build.build(settings.DATA / FOLDER, now=timezone.now(), progress=show)

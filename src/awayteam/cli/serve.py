"""`awayteam serve`: the pages and the API under Granian, with a worker in the same process unless told otherwise."""

import os
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Web processes; with more than one, run awayteam worker too.")
    ] = 1,
    worker: Annotated[
        bool | None, typer.Option(help="Do the background work in this process (default: with one web process).")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the browser once it answers.")] = False,
) -> None:
    """Serve the pages and the API."""
    from awayteam.cli.setup import django

    django()
    embedded = worker if worker is not None else workers == 1
    if not embedded:
        typer.echo(
            "No background work in here: clocks, deliveries and imports need `awayteam worker` beside it.", err=True
        )
    run(host, port, workers=workers, embedded=embedded, open_browser=open_browser)


def run(host: str, port: int, *, workers: int = 1, embedded: bool = True, open_browser: bool = False) -> None:
    """Serve until interrupted. Raises `Unavailable` when the port is taken."""
    import socket

    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from awayteam.kernel.errors import Unavailable

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                f"{host}:{port} can't be used: {error.strerror}.", "Choose another with --port."
            ) from error
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    threads = 1 if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") and workers > 1 else 4
    os.environ["AWAYTEAM_WEB_THREADS"] = str(threads)
    server = Granian(
        "awayteam.embedded:application" if embedded else "awayteam.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        working_dir=Path.cwd(),
    )
    server.on_startup(lambda: _announce(address, open_browser))
    server.serve()


def _announce(address: str, open_browser: bool) -> None:
    typer.echo(f"Awayteam is at {address} (stop it with Ctrl-C)")
    if open_browser:
        import webbrowser

        webbrowser.open(address)

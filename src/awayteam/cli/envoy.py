"""`awayteam envoy`: run an Envoy that enforces limits, or write what another enforces."""

from pathlib import Path
from typing import Annotated, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.shared import JSON, django, print_json

app = typer.Typer(help="Run an Envoy that enforces limits, or write what others enforce.")
UPSTREAMS = Annotated[
    Path, typer.Option("--upstreams", metavar="FILE", help="What it stands before, and its certificates (TOML).")
]
FOLDER = Annotated[
    Path | None, typer.Option("--folder", help="Where its files and log go (default: envoy in the data folder).")
]
FORMATS = ("envoy", "istio", "ratelimit")


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="envoy")


@app.callback(invoke_without_command=True)
def envoy(context: typer.Context, upstreams: UPSTREAMS = Path("upstreams.toml"), folder: FOLDER = None) -> None:
    """Without a command: run it."""
    if context.invoked_subcommand is None:
        run(upstreams, folder)


@app.command()
def run(upstreams: UPSTREAMS = Path("upstreams.toml"), folder: FOLDER = None) -> None:
    """Run Envoy before the upstreams until interrupted; limits follow within a second, its log is counted as use."""
    django()
    from django.conf import settings

    from awayteam.quotas import running
    from awayteam.quotas.envoy import upstreams as file

    running.run(
        file.read(upstreams), folder or Path(settings.DATA) / "envoy", stopping=_stopped(), say=lambda text: _say(text)
    )


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _stopped() -> Any:
    """True once somebody interrupts."""
    import signal
    import threading

    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    return stop.is_set


@app.command()
def config(
    upstreams: UPSTREAMS = Path("upstreams.toml"),
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Write files there.")] = None,
    format: Annotated[str, typer.Option("--format", help="envoy, istio, or ratelimit.")] = "envoy",
    namespace: Annotated[str, typer.Option("--namespace", help="That of Istio's EnvoyFilters.")] = "default",
    server: Annotated[
        str, typer.Option("--server", metavar="HOST:PORT", help="Let Envoy ask Awayteam there (plain HTTP).")
    ] = "",
    token: Annotated[str, typer.Option("--token", envvar="AWAYTEAM_NODE_TOKEN", help="Its token, for --server.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Keep the files as limits change, until interrupted.")] = False,
    as_json: JSON = False,
) -> None:
    """Write Envoy's bootstrap and scopes, Istio's EnvoyFilters, or the file of envoyproxy/ratelimit."""
    if format not in FORMATS:
        usage(f"--format: choose one of {', '.join(FORMATS)}")
    if (watch or format == "envoy") and out is None:
        usage("name a folder with --out")
    if bool(server) != bool(token):
        usage("--server and --token belong together")
    django()
    from awayteam.quotas.envoy import upstreams as file

    settings = file.read(upstreams)
    if format == "envoy":
        assert out is not None, "asked above"
        written = _envoy(settings, out, server, token)
    else:
        written = _text(settings, out, format, namespace)
    if written and as_json:
        print_json({"written": written})
    for one in written if not as_json else ():
        typer.echo(one)
    if watch:
        assert out is not None, "asked above"
        _watch(settings, out, format, namespace)


def _envoy(settings: Any, out: Path, server: str, token: str) -> list[str]:
    from awayteam.quotas import running
    from awayteam.quotas.envoy import files
    from awayteam.quotas.envoy.bootstrap import bootstrap, cluster, from_awayteam
    from awayteam.quotas.envoy.plain import Upstream
    from awayteam.quotas.envoy.planning import plan
    from awayteam.quotas.envoy.upstreams import ADDRESS

    if not server:
        running.prepare(settings, out, "awayteam")
        return [str(out / running.BOOTSTRAP), str(out / "watched" / files.SCOPES)]
    if not ADDRESS.fullmatch(server):
        usage("--server: write host:port")
    tree = bootstrap(
        plan(settings.upstreams), settings.listener, from_awayteam(), node="awayteam", token=token,
        log=(out / running.ACCESS_LOG).resolve(), server=cluster(Upstream("awayteam", server), "awayteam"),
    )  # fmt: skip
    files.write_tree(out / running.BOOTSTRAP, tree)
    return [str(out / running.BOOTSTRAP)]


def _text(settings: Any, out: Path | None, format: str, namespace: str) -> list[str]:
    from awayteam.quotas.envoy import files, others
    from awayteam.quotas.envoy.planning import plan

    found = plan(settings.upstreams)
    text = others.istio_yaml(found, namespace) if format == "istio" else others.ratelimit_yaml(found)
    if out is None:
        typer.echo(text, nl=False)
        return []
    path = out / f"{format}.yaml"
    files.replace(path, text.encode())
    return [str(path)]


def _watch(settings: Any, out: Path, format: str, namespace: str) -> None:
    """Look twice a second whether limits changed."""
    import time

    from awayteam.quotas import running

    stopped = _stopped()
    writer, known = running.Writer(settings, out / "watched"), running.revision()
    while not stopped():
        if format == "envoy":
            if writer.look():
                _say("Limits changed; the files have them.")
        elif (now := running.revision()) != known:
            _text(settings, out, format, namespace)
            known = now
        time.sleep(running.LOOK_SECONDS)

"""`awayteam usage sender`: what may send telemetry, each with a token of its own."""

from typing import Annotated, Any

import typer

from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import JSON, django, print_json, table

app = typer.Typer(name="sender", help="What may send telemetry, each with a token of its own.", no_args_is_help=True)
NAME = Annotated[str, typer.Argument(help="Its name, e.g. collector-eu.")]
REASON = Annotated[str, typer.Option("--reason", help="Why; it stands in the log.")]


@app.command()
def add(
    name: NAME,
    team: Annotated[str, typer.Option("--team", metavar="TEAM", help="Whose it is; its leads may stop it.")] = "",
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="traces, metrics or envoy; repeatable (default: all).")
    ] = None,
    sampling: Annotated[
        float | None, typer.Option("--sampling", help="Share of calls that its spans are, where they don't say: 0.01.")
    ] = None,
    reason: REASON = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Let something send: prints its token, this once, and what to paste into an SDK or a collector."""
    django()
    from django.conf import settings
    from django.utils import timezone

    from awayteam.organisation import queries
    from awayteam.usage.actions.senders import add_sender

    actor = actor_of(person)
    owner = queries.team(actor, team if ":" in team else f"group:{team}") if team else None
    made = add_sender(
        actor=actor, now=timezone.now(), name=name, team=owner, scopes=scope or (), sampling=sampling, reason=reason
    )
    if as_json:
        print_json({**_shown(made.sender), "token": made.token, "endpoint": settings.URL})
        return
    typer.echo(made.token)
    typer.echo("Keep it now; it is not shown again.", err=True)
    typer.echo(_configuration(settings.URL, made.token), err=True)


def _configuration(url: str, token: str) -> str:
    return f"""
For an SDK of OpenTelemetry:

    OTEL_TRACES_EXPORTER=otlp
    OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
    OTEL_EXPORTER_OTLP_COMPRESSION=gzip
    OTEL_EXPORTER_OTLP_ENDPOINT={url}
    OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20{token}"

For a collector (all of it: deploy/otel-collector.yaml):

    exporters:
      otlphttp/awayteam:
        endpoint: {url}
        compression: gzip
        headers:
          Authorization: Bearer {token}
"""


@app.command("list")
def list_(person: PERSON = "", as_json: JSON = False) -> None:
    """Show senders, what they sent, and when they last did."""
    django()
    from awayteam.usage.models import Sender
    from awayteam.usage.permissions import visible_senders

    rows = visible_senders(actor_of(person), Sender.objects.select_related("team").order_by("name"))
    if as_json:
        print_json([_shown(row) for row in rows])
        return
    table(
        ("Name", "Team", "May send", "Accepted", "Refused", "Last sent", "State"),
        [
            (row.name, row.team or "", ", ".join(row.scopes) or "all", f"{row.accepted:,}", f"{row.refused:,}",
             row.last_seen_at.strftime("%Y-%m-%d %H:%M") if row.last_seen_at else "never",
             "disabled" if row.disabled_at else "")
            for row in rows
        ],
    )  # fmt: skip


@app.command()
def disable(name: NAME, reason: REASON = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Let a sender's token open nothing any more; what it sent stays."""
    django()
    from django.utils import timezone

    from awayteam.usage.actions.senders import disable_sender

    sender = disable_sender(actor=actor_of(person), now=timezone.now(), name=name, reason=reason)
    if as_json:
        print_json(_shown(sender))
        return
    typer.echo(f"{sender.name} may send nothing any more.")


def _shown(sender: Any) -> dict[str, Any]:
    return {
        "name": sender.name, "prefix": sender.prefix, "team": sender.team.ref if sender.team else None,
        "scopes": sender.scopes, "sampling": sender.sampling, "accepted": sender.accepted, "refused": sender.refused,
        "last_seen_at": sender.last_seen_at, "created_at": sender.created_at, "disabled_at": sender.disabled_at,
    }  # fmt: skip

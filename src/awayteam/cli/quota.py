"""`awayteam quota`: limits per consumer and operation, what they would have done, spikes, and proxies."""

from pathlib import Path
from typing import Annotated, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import CURSOR, JSON, LIMIT, django, facts, print_json, table

app = typer.Typer(help="How much each consumer may ask of an API; every limit first in shadow.", no_args_is_help=True)
spike_app = typer.Typer(help="Consumers that asked far more than usual.", no_args_is_help=True)
node_app = typer.Typer(help="Proxies that fetch limits, each with a token of its own.", no_args_is_help=True)
API = Annotated[str, typer.Argument(metavar="API", help="The API, as its name or api:default/orders.")]
CONSUMER = Annotated[
    str, typer.Option("--consumer", metavar="COMPONENT", help="Who calls; without it each that no limit names.")
]
OPERATION = Annotated[str, typer.Option("--operation", help="As the API's page has it, such as 'GET /orders/{id}'.")]
RATE = Annotated[str, typer.Option("--rate", metavar="N/UNIT", help="100/second, or per minute, hour, day.")]
BURST = Annotated[int, typer.Option("--burst", min=0, help="How many at once (0: the rulebook's seconds worth).")]
REASON = Annotated[str, typer.Option("--reason", help="Why; the consumer's team reads it.")]
NUMBER = Annotated[int, typer.Argument(metavar="LIMIT", min=1, help="The limit's number.")]
SPIKE = Annotated[int, typer.Argument(metavar="SPIKE", min=1, help="The spike's number.")]


def register(root: typer.Typer) -> None:
    app.add_typer(spike_app, name="spike")
    app.add_typer(node_app, name="node")
    root.add_typer(app, name="quota")


def _rate(text: str, burst: int) -> tuple[int, Any, int | None]:
    from awayteam.quotas.rules import MOST_REQUESTS, Unit

    number, _, unit = text.partition("/")
    whole = number.replace("_", "").replace(",", "").strip()
    if not (whole.isascii() and whole.isdecimal() and len(whole) < 12 and 1 <= int(whole) <= MOST_REQUESTS):
        usage(f"--rate: write 100/second ({text[:40]!r})")
    if unit.strip() not in set(Unit):
        usage(f"--rate: the unit is one of {', '.join(Unit)}")
    return int(whole), Unit(unit.strip()), burst or None


def _parties(actor: Any, api: str, consumer: str) -> tuple[Any, Any]:
    from django.utils import timezone

    from awayteam.catalog.queries import resolve

    now = timezone.now()
    found = resolve(actor, api if ":" in api else f"api:{api if '/' in api else f'default/{api}'}", now)
    return found, resolve(actor, consumer, now) if consumer else None


@app.command("set")
def set_(
    api: API,
    rate: RATE,
    reason: REASON,
    consumer: CONSUMER = "",
    operation: OPERATION = "",
    burst: BURST = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Set a limit: a new one in shadow; one that exists changes its numbers."""
    wanted = _rate(rate, burst)
    django()
    from django.utils import timezone

    from awayteam.quotas import actions

    actor = actor_of(person, needed=True)
    found, caller = _parties(actor, api, consumer)
    made = actions.set_limit(found, caller, operation, wanted, actor=actor, now=timezone.now(), reason=reason)
    _print_limit(actor, made.pk, as_json)


@app.command("list")
def list_(
    api: Annotated[str, typer.Option("--api", help="Limits of this API.")] = "",
    consumer: Annotated[str, typer.Option("--consumer", help="Limits of this consumer.")] = "",
    state: Annotated[str, typer.Option("--state", help="shadow, enforced, or off.")] = "",
    sort: Annotated[str, typer.Option("--sort", help="api, consumer, state, changed; - before it turns it.")] = "",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Limits, with what proxies counted in the last 24 hours."""
    django()
    from django.utils import timezone

    from awayteam.quotas import queries
    from awayteam.quotas.api.schemas import QuotaOut, quota_out

    actor, now = actor_of(person), timezone.now()
    wanted = queries.filter_of(actor, now, api=api, consumer=consumer, state=state, sort=sort)
    page = queries.limits(actor, wanted, now, cursor=cursor or None, limit=limit)
    if as_json:
        rows = [QuotaOut(**quota_out(row)).model_dump(mode="json") for row in page.items]
        print_json({"items": rows, "next_cursor": page.next_cursor})
        return
    table(
        ("Number", "API", "Consumer", "Operation", "Limit", "State", "Over", "Refused"),
        [
            (row.limit.pk, row.limit.api.ref, row.limit.consumer.ref if row.limit.consumer else "everybody else",
             row.limit.operation, row.rate, row.limit.state, row.over, row.denied)
            for row in page.items
        ],
    )  # fmt: skip


@app.command()
def show(number: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """One limit: its state, what it counts, and what it would have done."""
    django()
    _print_limit(actor_of(person), number, as_json)


@app.command()
def preview(
    api: API,
    rate: RATE,
    consumer: CONSUMER = "",
    operation: OPERATION = "",
    burst: BURST = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """What a limit would have done to past use; sets nothing."""
    requests, unit, given = _rate(rate, burst)
    django()
    from django.utils import timezone

    from awayteam.kernel import rulebook
    from awayteam.quotas import queries
    from awayteam.quotas.api.schemas import preview_out
    from awayteam.quotas.rules import Rate, burst_of

    actor = actor_of(person)
    found, caller = _parties(actor, api, consumer)
    whole = Rate(requests, unit, given or burst_of(requests, unit, rulebook.current().quotas.burst_seconds))
    told = preview_out(queries.preview(actor, found, caller, operation, whole, timezone.now())).model_dump(mode="json")
    if as_json:
        print_json(told)
        return
    typer.echo(
        f"It would have limited {told['least']:,} to {told['most']:,} of {told['calls']:,} requests since "
        f"{told['since'][:10]}, of {told['limited']} of {len(told['consumers'])} consumers."
    )
    table(
        ("Consumer", "Requests", "At least", "At most", "Hours over"),
        [(one["consumer"], one["calls"], one["least"], one["most"], one["hours_over"]) for one in told["consumers"]],
    )
    typer.echo(f"At most: as if the requests of an hour had all come in 1/{told['peak_factor']:g} of it.")


def _step(verb: str, number: int, reason: str, person: str, as_json: bool) -> None:
    django()
    from django.utils import timezone

    from awayteam.quotas import actions

    deed = {"enforce": actions.enforce, "shadow": actions.shadow, "off": actions.switch_off}[verb]
    actor = actor_of(person, needed=True)
    deed(number, actor=actor, now=timezone.now(), reason=reason)
    _print_limit(actor, number, as_json)


@app.command()
def enforce(number: NUMBER, reason: REASON, person: PERSON = "", as_json: JSON = False) -> None:
    """Let proxies refuse what is over a limit that stands in shadow."""
    _step("enforce", number, reason, person, as_json)


@app.command()
def shadow(number: NUMBER, reason: REASON, person: PERSON = "", as_json: JSON = False) -> None:
    """Let proxies only count what is over it."""
    _step("shadow", number, reason, person, as_json)


@app.command()
def off(number: NUMBER, reason: REASON, person: PERSON = "", as_json: JSON = False) -> None:
    """Let proxies forget it."""
    _step("off", number, reason, person, as_json)


def _print_limit(actor: Any, number: int, as_json: bool) -> None:
    from awayteam.quotas import api

    values = api.story(actor, number).model_dump(mode="json")
    if as_json:
        print_json(values)
        return
    told = values.pop("preview")
    values.pop("offers")
    facts([(name.replace("_", " ").capitalize(), value) for name, value in values.items()])
    typer.echo(f"It would have limited {told['least']:,} to {told['most']:,} of {told['calls']:,} requests.")


@spike_app.command("list")
def list_spikes(
    state: Annotated[str, typer.Option("--state", help="open, shadow, enforced, or planned.")] = "",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Spikes, the newest first."""
    django()
    from django.utils import timezone

    from awayteam.quotas import queries
    from awayteam.quotas.api.schemas import QuotaSpikeOut, spike_out

    actor = actor_of(person)
    page = queries.spikes(actor, timezone.now(), state=state, cursor=cursor or None, limit=limit)
    rows = [QuotaSpikeOut(**spike_out(one)).model_dump(mode="json") for one in page.items]
    if as_json:
        print_json({"items": rows, "next_cursor": page.next_cursor})
        return
    names = ("id", "consumer", "owner", "api", "calls", "usual", "state", "hour")
    table(tuple(name.capitalize() for name in names), [tuple(row[name] for name in names) for row in rows])


@spike_app.command("answer")
def answer_spike(
    number: SPIKE,
    verb: Annotated[str, typer.Argument(metavar="HOW", help="shadow, enforce, or planned.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; needed for planned.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Set the ready limit in shadow, enforce it, or note that the growth is planned."""
    django()
    from django.utils import timezone

    from awayteam.quotas import actions, api

    deeds = {"shadow": actions.shadow_spike, "enforce": actions.enforce_spike, "planned": actions.answer_spike}
    if verb not in deeds:
        usage(f"choose one of {', '.join(deeds)}")
    actor = actor_of(person, needed=True)
    deeds[verb](number, actor=actor, now=timezone.now(), reason=reason)
    told = api.spike_story(actor, number).model_dump(mode="json")
    if as_json:
        print_json(told)
    else:
        facts([(name.capitalize(), value) for name, value in told.items() if name != "offers"])


@node_app.command("add")
def add_node(
    name: Annotated[str, typer.Argument(help="What it is called, such as the machine's name.")],
    upstreams: Annotated[Path, typer.Option("--upstreams", help="The file of what it stands before (TOML).")],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Give a proxy a token; it is shown this once."""
    django()
    from django.utils import timezone

    from awayteam.quotas import actions
    from awayteam.quotas.envoy import upstreams as file

    tables = [one.plain() for one in file.read(upstreams).upstreams]
    made = actions.add_node(name, tables, actor=actor_of(person, needed=True), now=timezone.now())
    if as_json:
        print_json({"id": made.node.pk, "name": made.node.name, "token": made.token})
    else:
        typer.echo(made.token)


@node_app.command("list")
def list_nodes(person: PERSON = "", as_json: JSON = False) -> None:
    """Proxies, when they last asked, and which limits they have."""
    django()
    from awayteam.quotas import queries
    from awayteam.quotas.api.schemas import node_out

    rows = [node_out(one) for one in queries.nodes(actor_of(person))]
    if as_json:
        print_json({"items": rows})
        return
    table(
        ("Name", "APIs", "Seen", "Version"),
        [(r["name"], " ".join(r["apis"]), r["seen_at"], r["version"]) for r in rows],
    )


@node_app.command("revoke")
def revoke_node(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    reason: REASON,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Take a proxy's token back; what it has stays in force there."""
    django()
    from django.utils import timezone

    from awayteam.quotas import actions
    from awayteam.quotas.api.schemas import node_out

    actor = actor_of(person, needed=True)
    told = node_out(actions.revoke_node(name, actor=actor, now=timezone.now(), reason=reason))
    if as_json:
        print_json(told)
    else:
        typer.echo(f"{name} is revoked.")

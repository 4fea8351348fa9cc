"""`awayteam experiment`: what a test says, and how large it must be, from a table alone. No server, no installation."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli import experiment_server

if TYPE_CHECKING:
    from awayteam.analysis.scorecard import Request
    from awayteam.analysis.spec import Metric
    from awayteam.analysis.tables import Source

TABLE = Annotated[
    str,
    typer.Argument(
        metavar="TABLE",
        help="CSV or Parquet (file or glob), x.duckdb?table=T, postgresql://…?table=T, clickhouse://…?table=T.",
    ),
]
METRIC = Annotated[
    list[str] | None,
    typer.Option(
        "--metric", metavar="SPEC",
        help="spend=mean(spend), back=proportion(kept), ctr=ratio(clicks/views), slow=quantile(ms, 0.9); options: "
        "cuped=COLUMN, winsor=0.99, cluster=COLUMN, direction=down, margin=1%, role=guardrail, per=mean, fill=0.",
    ),
]  # fmt: skip
QUERY = Annotated[str, typer.Option("--query", metavar="SELECT", help="Of a database: this instead of a table.")]
RATIO = Annotated[
    str, typer.Option("--ratio", metavar="A:B", help="Designed shares: 9:1 (control first, then by name), or a=9,b=1.")
]
ALPHA = Annotated[float, typer.Option("--alpha", help="How often a false alarm is bearable.")]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Method(StrEnum):
    """How often one may look."""

    SEQUENTIAL = "sequential"
    FIXED = "fixed"


class Correct(StrEnum):
    """How several p-values are taken together."""

    NONE = "none"
    HOLM = "holm"
    BH = "bh"


class Time(StrEnum):
    """What rows of one arm at several times hold."""

    AUTO = "auto"
    CUMULATIVE = "cumulative"
    PERIOD = "period"


class Kind(StrEnum):
    """What is planned for."""

    MEAN = "mean"
    PROPORTION = "proportion"
    RATIO = "ratio"


METHOD = Annotated[Method, typer.Option("--method", help="sequential: look as often as you like; fixed: once.")]


def register(root: typer.Typer) -> None:
    app = typer.Typer(no_args_is_help=True, help="A/B tests: what they say, and how large they must be.")
    app.command("analyze")(analyze)
    app.command("power")(power)
    experiment_server.register(app)
    root.add_typer(app, name="experiment")


def analyze(
    table: TABLE,
    arm: Annotated[str, typer.Option("--arm", metavar="COLUMN", help="The column that names each row's arm.")],
    control: Annotated[str, typer.Option("--control", metavar="NAME", help="The arm that others are compared with.")],
    metric: METRIC = None,
    unit: Annotated[
        str, typer.Option("--unit", metavar="COLUMN", help="Who was assigned; rows of one unit add up.")
    ] = "",
    ratio: RATIO = "",
    method: METHOD = Method.SEQUENTIAL,
    alpha: ALPHA = 0.05,
    planned: Annotated[
        int, typer.Option("--planned", min=0, help="Units planned; the sequence is narrowest there.")
    ] = 0,
    correct: Annotated[Correct, typer.Option("--correct", help="Across metrics and arms.")] = Correct.NONE,
    by: Annotated[str, typer.Option("--by", metavar="COLUMN", help="Also each value of this column by itself.")] = "",
    days: Annotated[
        str, typer.Option("--days", metavar="COLUMN", help="Also day by day, by each unit's first day.")
    ] = "",
    prior: Annotated[float, typer.Option("--prior", min=0, help="Spread of the second view's prior; 0: flat.")] = 0,
    moments: Annotated[
        bool, typer.Option("--moments", help="The table holds sums: arm, n, mean, variance (or sd), metric, time.")
    ] = False,
    time_is: Annotated[Time, typer.Option("--time-is", help="With --moments: what a time's row holds.")] = Time.AUTO,
    query: QUERY = "",
    show_sql: Annotated[bool, typer.Option("--sql", help="Print the aggregate statement, and stop.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """What each arm does to each metric, whether one may believe it, and what the rule recommends."""
    from awayteam.analysis import scorecard, spec
    from awayteam.analysis.tables import opened

    texts = metric or []
    if not moments:
        spec.parse_all(texts)
    _open_interval(alpha)
    with _working(), opened(table, query) as source:
        metrics = spec.parse_all(texts or _all_sums(source)) if moments else spec.parse_all(texts)
        request = scorecard.Request(
            arm, control, metrics, unit or None, by or None, days or None, method.value, alpha, _shares(ratio),
            planned or None, correct.value, prior or None,
        )  # fmt: skip
        if show_sql:
            typer.echo(_statement(source, request))
            return
        result = _of_sums(source, request, time_is) if moments else scorecard.analyze(source, request)
    _show(result, as_json=as_json)
    if scorecard.failed(result):
        raise typer.Exit(1)


def _open_interval(alpha: float) -> None:
    from awayteam.kernel.errors import InvalidInput

    if not 0 < alpha < 0.5:
        raise InvalidInput("--alpha lies between 0 and 0.5.", "Write --alpha 0.05.")


def _all_sums(source: "Source") -> list[str]:
    from awayteam.analysis import premade

    names = premade.every(source)
    quoted = [name.replace('"', '""') for name in names]
    return [f'mean("{one}")' for one in quoted] or ["mean(mean)"]


def _of_sums(source: "Source", request: "Request", time: Time) -> dict[str, Any]:
    from awayteam.analysis import premade, scorecard
    from awayteam.kernel.errors import InvalidInput

    if request.unit or request.by:
        raise InvalidInput("--unit and --by want rows, not sums.", "Leave them or --moments out.")
    found = premade.read(source, request.arm, request.metrics, time.value, request.day)
    return scorecard.scorecard(found, request)


def _statement(source: "Source", request: "Request") -> str:
    from awayteam.analysis.columns import check
    from awayteam.analysis.statement import Statement, Table

    check(source.kinds, request.arm, request.unit, request.by, request.day, request.metrics, source.dialect.name)
    table = Table(
        source.dialect, source.relation, source.kinds, request.arm, request.unit, request.by, request.day
    )  # fmt: skip
    return Statement(table, request.metrics, careful=True).text()


def _shares(text: str) -> Any:
    from awayteam.kernel.errors import InvalidInput

    if not text.strip():
        return {}
    wrong = InvalidInput(
        f"--ratio: {text[:60]!r} isn't shares.", "Write 1:1, 9:1 (control first), or control=9,blue=1."
    )
    try:
        if "=" in text:
            pairs = [part.rpartition("=") for part in text.split(",")]
            found: Any = {name.strip(): float(share) for name, _, share in pairs}
            values = list(found.values())
            if len(found) != len(pairs):
                raise wrong
        else:
            found = values = [float(part) for part in text.split(":")]
    except ValueError:
        raise wrong from None
    if not values or sum(values) <= 0 or any(not 0 <= one < float("inf") for one in values):
        raise wrong
    return found


Maybe = float | None


def power(
    kind: Annotated[Kind, typer.Option("--kind", help="What the metric is.")] = Kind.MEAN,
    baseline: Annotated[Maybe, typer.Option("--baseline", help="Control's mean, share, or mean above the line")] = None,
    sd: Annotated[Maybe, typer.Option("--sd", help="Standard deviation of one unit (above the line).")] = None,
    below_mean: Annotated[Maybe, typer.Option("--below-mean", help="Ratio: mean below the line.")] = None,
    below_sd: Annotated[float, typer.Option("--below-sd", min=0, help="Ratio: its standard deviation.")] = 0,
    correlation: Annotated[float, typer.Option("--correlation", min=-1, max=1, help="Ratio: of above and below.")] = 0,
    source: Annotated[str, typer.Option("--from", metavar="TABLE", help="Read mean and spread from a table.")] = "",
    metric: METRIC = None,
    query: QUERY = "",
    unit: Annotated[str, typer.Option("--unit", metavar="COLUMN", help="With --from: rows of one unit add up.")] = "",
    effect: Annotated[Maybe, typer.Option("--effect", help="The smallest effect worth knowing of.")] = None,
    relative: Annotated[str, typer.Option("--relative", metavar="2%", help="The same as a share of control.")] = "",
    units: Annotated[int | None, typer.Option("--units", help="Units in the whole experiment.")] = None,
    wanted: Annotated[Maybe, typer.Option("--power", help="How surely to find it; 0.8 if not said.")] = None,
    traffic: Annotated[Maybe, typer.Option("--traffic", help="Units that come in per day.")] = None,
    days: Annotated[Maybe, typer.Option("--days", help="How long it may run.")] = None,
    ratio: RATIO = "1:1",
    method: METHOD = Method.SEQUENTIAL,
    looks: Annotated[int, typer.Option("--looks", help="Sequential: how often one looks, evenly.")] = 100,
    alpha: ALPHA = 0.05,
    as_json: AS_JSON = False,
) -> None:  # fmt: skip
    """How many units find an effect, what so many units find, and how many days that takes."""
    from awayteam.analysis.planning import Plan, linearised, plan
    from awayteam.kernel.errors import InvalidInput

    planned: str = kind.value
    if source:
        planned, baseline, sd = _from_table(source, query, metric, unit)
    elif kind is Kind.RATIO:
        if baseline is None or sd is None or below_mean is None:
            advice = "Write --baseline, --sd, --below-mean, --below-sd, --correlation, or --from TABLE."
            raise InvalidInput("A ratio wants what is above and below its line.", advice)
        baseline, sd = linearised(baseline, sd, below_mean, below_sd, correlation)
    shares = _shares(ratio)
    result = plan(
        Plan(
            planned, baseline, sd, effect, _part(relative), units, wanted, alpha, method is Method.SEQUENTIAL,  # type: ignore[arg-type]
            list(shares.values()) if isinstance(shares, dict) else shares, traffic, days, looks,
        )
    )  # fmt: skip
    if as_json:
        from awayteam.cli.shared import print_json

        print_json(result)
        return
    from awayteam.cli.experiment_text import show_plan

    show_plan(result)


def _part(text: str) -> float | None:
    from awayteam.kernel.errors import InvalidInput

    if not text.strip():
        return None
    try:
        return float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        raise InvalidInput(f"--relative: {text[:40]!r} is no share.", "Write 2% or 0.02.") from None


def _from_table(address: str, query: str, texts: list[str] | None, unit: str) -> tuple[str, float, float]:
    """Kind, value, and standard deviation of one unit of all rows of a table, after CUPED where it is asked for."""
    from awayteam.analysis import history, spec
    from awayteam.analysis.tables import opened

    metrics: list[Metric] = spec.parse_all(texts or [])
    with _working(), opened(address, query) as source:
        return history.spread(source, metrics[0], unit or None)


@contextmanager
def _working() -> Iterator[None]:
    """Something that turns while a database works, on a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status("reading"):
        yield


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    for reason in result["srm"]["reasons"]:
        typer.secho(f"awayteam: blocked: {reason}", err=True, fg="red" if sys.stderr.isatty() else None)
    if as_json:
        from awayteam.cli.shared import print_json

        print_json(result)
        return
    from awayteam.cli.experiment_text import show

    show(result)

"""What past rows say of a metric before an experiment: its value and the spread of one unit."""

import math
from dataclasses import replace

from awayteam.analysis.columns import check
from awayteam.analysis.estimates import pair, plain, proportion
from awayteam.analysis.facts import read
from awayteam.analysis.spec import Metric
from awayteam.analysis.statement import Table
from awayteam.analysis.tables import Source, Unreadable
from awayteam.kernel.errors import InvalidInput


def spread(source: Source, metric: Metric, unit: str | None) -> tuple[str, float, float]:
    """The metric's kind, its value, and the standard deviation of one unit, over all rows.

    With a covariate the deviation is what is left after adjusting. Raises `InvalidInput` and `Unreadable`.
    """
    if metric.kind == "quantile" or metric.cluster:
        raise InvalidInput(
            "Power is offered for means, proportions and ratios without clusters.", "Name such a metric."
        )
    column = metric.columns[0]
    check(source.kinds, column, unit, None, None, [metric], source.dialect.name)
    dialect = source.dialect
    # All rows are one arm: a column of one value stands where the arm would.
    relation = f"(SELECT 'all' AS awayteam_arm, aw_source.* FROM {source.relation} AS aw_source) AS aw_all"
    if source.relation.endswith(" AS aw_query"):
        relation = f"(SELECT 'all' AS awayteam_arm, aw_query.* FROM {source.relation}) AS aw_all"
    kinds = {**source.kinds, "awayteam_arm": "string"}

    def table(_: Source) -> Table:
        return Table(dialect, relation, kinds, "awayteam_arm", unit)

    found = read(source, table, [metric])
    if metric.name in found.broken:
        raise Unreadable(f"{metric.name}: {found.broken[metric.name]}")
    facts = found.facts(metric.name, "all")
    if facts is None or facts.n < 2:
        raise Unreadable(f"{metric.name}: fewer than two rows have a value")
    if metric.kind == "proportion":
        one = proportion(facts)
    elif metric.covariates:
        one = replace(pair(facts, facts, len(metric.covariates))[0], n=facts.n)
    else:
        one = plain(facts)
    return metric.kind, one.value, math.sqrt((one.variance or 0.0) * facts.n)

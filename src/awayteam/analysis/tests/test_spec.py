"""What a metric's text means, and what is said where it means nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.analysis.dialects import DIALECTS
from awayteam.analysis.spec import Metric, parse, parse_all
from awayteam.kernel.errors import InvalidInput


def test_every_part_of_a_metric() -> None:
    assert parse("spend=mean(spend)") == Metric("spend", "mean", ("spend",))
    assert parse(" ctr = Ratio( clicks / views , cuped=c0/v0 )") == Metric(
        "ctr", "ratio", ("clicks", "views"), ("c0", "v0")
    )
    assert parse('x=mean("a/b, ""c"" = (d)")').columns == ('a/b, "c" = (d)',)
    assert parse("p99=quantile(ms, 0.99, direction=down, margin=5%)") == Metric(
        "p99", "quantile", ("ms",), quantile=0.99, up=False, margin=0.05, margin_relative=True, role="guardrail"
    )
    assert parse("x=mean(x, winsor=0.01:0.99, cluster=shop, role=information, per=max, fill=0)") == Metric(
        "x", "mean", ("x",), winsor=(0.01, 0.99), cluster="shop", role="information", per="max", fill=0.0
    )
    assert parse("proportion(kept)").name == "kept"
    assert parse("größe=mean(Größe in m²)").columns == ("Größe in m²",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("spend", "isn't KIND"),
        ("x=median(x)", "none of mean"),
        ("x=mean()", "name is missing"),
        ("x=mean(a/b)", "not a/b"),
        ("x=ratio(a)", "two columns"),
        ("x=ratio(a/b/c)", "more than two"),
        ("x=quantile(a)", "a share"),
        ("x=quantile(a, 1)", "between 0 and 1"),
        ("x=mean(a, b)", "one column"),
        ("x=mean(a, cupd=b)", "there are cuped"),
        ("x=mean(a, cuped=b, cuped=c)", "twice"),
        ("x=mean(a, winsor=2)", "between 0 and 1"),
        ("x=mean(a, winsor=a)", "no number"),
        ("x=mean(a, winsor=0.9:0.1)", "LOW:HIGH"),
        ("x=mean(a, direction=left)", "up or down"),
        ("x=mean(a, margin=-1)", "zero or more"),
        ("x=mean(a, margin=nan)", "finite"),
        ("x=mean(a, role=king)", "role is one of"),
        ("x=mean(a, per=day)", "per is one of"),
        ('x=mean("a)', "isn't closed"),
        ("x=mean(a, cuped=b, cluster=c)", "together"),
        ("x=quantile(a, .5, cuped=b)", "quantiles"),
        ("x=quantile(a, .5, cluster=b)", "quantiles"),
        ("x=proportion(a, winsor=.9)", "means"),
        ("x=mean(a\x00)", "zero byte"),
        ("x=mean(a); DROP TABLE t", "isn't KIND"),
        ("x=mean(" + "a" * 3000 + ")", "too long"),
        ("x" * 300 + "=mean(a)", "name is too long"),
    ],
)
def test_what_means_nothing_is_said(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse(text)
    assert said in error.value.what
    assert len(error.value.what) < 300


def test_metrics_of_one_command() -> None:
    with pytest.raises(InvalidInput, match="called x"):
        parse_all(["x=mean(a)", "x=mean(b)"])
    with pytest.raises(InvalidInput, match="Name a metric"):
        parse_all([])
    with pytest.raises(InvalidInput, match="more than 100"):
        parse_all([f"x{n}=mean(a)" for n in range(101)])


@given(st.text(max_size=60))
def test_any_text_is_a_metric_or_refused(text: str) -> None:
    try:
        found = parse(f"x=mean({text})")
    except InvalidInput:
        return
    assert found.kind == "mean"


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1, max_size=30))
def test_any_name_and_value_survives_quoting(text: str) -> None:
    import duckdb

    dialect = DIALECTS["duckdb"]
    found = duckdb.execute(f"SELECT {dialect.string(text)} AS {dialect.column(text)}")
    assert found.description[0][0] == text
    assert found.fetchall() == [(text,)]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(st.sampled_from("ab'`\"\\; -)"), min_size=1, max_size=12), min_size=1, max_size=8, unique=True))
def test_clickhouse_reads_quoted_names_as_they_were(names: list[str]) -> None:
    import json

    import chdb

    dialect = DIALECTS["clickhouse"]
    parts = ", ".join(f"{dialect.string(name)} AS {dialect.column(name)}" for name in names)
    found = json.loads(bytes(chdb.query(f"SELECT {parts}", "JSONCompact").bytes()))
    assert [one["name"] for one in found["meta"]] == names
    assert found["data"] == [names]

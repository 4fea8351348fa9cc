"""`awayteam experiment` on tables: its JSON, its text, its exit codes, and that it starts fast."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from awayteam.analysis.tests.world import csv
from awayteam.cli.main import main


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    return csv(tmp_path / "facts.csv")


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["experiment", *map(str, words)])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def analyze(facts: Path, *more: object) -> tuple[object, ...]:
    return ("analyze", facts, "--arm", "arm", "--control", "control", "--metric", "spend=mean(spend)", *more)


def test_the_promised_json(capsys: pytest.CaptureFixture[str], facts: Path) -> None:
    code, out, err = run(capsys, *analyze(facts, "--metric", "ctr=ratio(clicks/views)", "--json"))
    assert (code, err) == (0, "")
    found = json.loads(out, parse_constant=pytest.fail)
    assert list(found)[:3] == ["arms", "srm", "metrics"]
    assert list(found["arms"]) == ["control", "blue", "green"]
    assert found["srm"]["blocked"] is False
    assert 0 < found["srm"]["p"] < 1
    assert [(row["name"], row["arm"]) for row in found["metrics"]] == [
        ("spend", "blue"), ("spend", "green"), ("ctr", "blue"), ("ctr", "green"),
    ]  # fmt: skip
    row = found["metrics"][0]
    assert list(row)[:13] == [
        "name", "kind", "arm", "n", "control_mean", "mean", "effect", "relative", "interval", "relative_interval", "p",
        "method", "significant",
    ]  # fmt: skip
    assert (row["kind"], row["method"], row["test"]) == ("mean", "sequential", "asymptotic confidence sequence")
    assert row["effect"] == pytest.approx(row["mean"] - row["control_mean"])
    assert row["relative"] == pytest.approx(row["effect"] / row["control_mean"])
    assert row["interval"][0] < row["effect"] < row["interval"][1]
    assert found["sequence"]["tuned_to"] == 600
    fixed = json.loads(run(capsys, *analyze(facts, "--method", "fixed", "--json"))[1])["metrics"][0]
    assert fixed["p"] < row["p"]
    assert fixed["interval"][0] > row["interval"][0]


def test_text_draws_intervals_and_says_what_is_not_known(capsys: pytest.CaptureFixture[str], facts: Path) -> None:
    code, out, _ = run(capsys, *analyze(
        facts, "--by", "country", "--days", "day", "--correct", "holm", "--planned", 2000, "--metric",
        "slow=quantile(views, 0.9, direction=down, margin=50%)",
    ))  # fmt: skip
    assert code == 0
    for text in ("├", "┼", "Sample ratio: p = ", "narrowest at 2,000 units (plan)", "after Holm",
                 "Segment de", "Segment (none)",                 "Until 2026-03-02", "Rule, arm blue: ",
                 "Not known:", "30% of the planned units are in",
                 "spend: 36 of 600 units have no value", "Second view, Bayesian"):  # fmt: skip
        assert text in out, text


def test_a_mismatch_blocks(capsys: pytest.CaptureFixture[str], facts: Path) -> None:
    code, out, err = run(capsys, *analyze(facts, "--ratio", "control=8,blue=1,green=1", "--json"))
    found = json.loads(out)
    assert (code, found["srm"]["blocked"]) == (1, True)
    assert not any(row["significant"] for row in found["metrics"])
    assert {one["outcome"] for one in found["advice"]} == {"invalid"}
    assert "blocked: sample ratio mismatch" in err
    code, out, _ = run(capsys, *analyze(facts, "--ratio", "8:1:1"))
    assert (code, "BLOCKED, no result below may be believed" in out) == (1, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--metric", "x=mean(nope)"), 2, "there is no column 'nope'"),
        (("--ratio", "1:x"), 2, "isn't shares"),
        (("--ratio", "a=1,a=2"), 2, "isn't shares"),
        (("--ratio", "1:1"), 2, "there are 3 arms: control, blue, green"),
        (("--alpha", "2"), 2, "between 0 and 0.5"),
        (("--method", "both"), 2, "both"),
        (("--control", "nobody"), 2, "Its arms are blue"),
        (("--query", "SELECT 1"), 2, "goes with a database"),
        (("--moments", "--unit", "user"), 2, "want rows"),
        (("--moments", "--metric", "x=ratio(a/b)"), 2, "means and proportions only"),
    ],
)
def test_wrong_use_ends_with_2(
    capsys: pytest.CaptureFixture[str], facts: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    ended, _, err = run(capsys, *analyze(facts, *words))
    assert (ended, said in err) == (code, True), err


def test_what_cannot_be_read_ends_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, *analyze(tmp_path))
    assert (code, "is a folder" in err) == (1, True)


def test_sums_and_the_statement(capsys: pytest.CaptureFixture[str], facts: Path, tmp_path: Path) -> None:
    data = [("control", "rev", 1000, 5.0, 4.0), ("blue", "rev", 1000, 5.5, 4.0)]
    path = csv(tmp_path / "sums.csv", data, ("arm", "metric", "n", "mean", "variance"))
    code, out, _ = run(capsys, "analyze", path, "--arm", "arm", "--control", "control", "--moments", "--json")
    (row,) = json.loads(out)["metrics"]
    assert (code, row["name"], row["significant"]) == (0, "rev", True)
    code, out, _ = run(capsys, *analyze(facts, "--sql"))
    assert (code, out.startswith("SELECT aw_arm, count(*)")) == (0, True)


def test_power(capsys: pytest.CaptureFixture[str], facts: Path) -> None:
    words = (
        "power",
        "--kind",
        "proportion",
        "--baseline",
        "0.2",
        "--effect",
        "0.05",
        "--method",
        "fixed",
        "--traffic",
        "100",
    )
    code, out, _ = run(capsys, *words, "--json")
    found = json.loads(out)
    assert (code, found["solved"], found["units_per_arm"], found["days"]) == (0, "units", [1094, 1094], 22)
    code, out, _ = run(capsys, *words)
    assert "Units:   2,188 in all" in out
    assert "<- computed" in out.splitlines()[0]
    assert "22 days; 4 whole weeks" in out
    code, out, _ = run(
        capsys, "power", "--from", facts, "--metric", "mean(spend, cuped=before)", "--relative", "2%", "--json"
    )
    found = json.loads(out)
    assert (code, found["method"], found["kind"]) == (0, "sequential", "mean")
    assert found["expected_units"] < found["units"]
    assert run(capsys, "power", "--relative", "x", "--sd", "1")[0] == 2
    assert "above and below" in run(capsys, "power", "--kind", "ratio")[2]
    code, out, _ = run(capsys, "power", "--kind", "ratio", "--baseline", 2, "--sd", 1, "--below-mean", 10,
                       "--below-sd", 3, "--correlation", 0.5, "--units", 10_000, "--json")  # fmt: skip
    assert json.loads(out)["baseline"] == 0.2


def test_it_needs_neither_django_nor_heavy_modules_to_start() -> None:
    code = (
        "import sys; from awayteam.cli.main import build; build(('experiment',));"
        "print(sorted({'django', 'duckdb', 'numpy', 'scipy', 'psycopg', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == "[]"


def test_analyzing_never_loads_django(facts: Path) -> None:
    words: list[Any] = list(analyze(facts, "--json"))
    code = (
        "import sys\nfrom awayteam.cli.main import main\n"
        f"try:\n    main({['experiment', *map(str, words)]!r})\nexcept SystemExit:\n    pass\n"
        "assert 'django' not in sys.modules and 'scipy.stats' not in sys.modules and 'psycopg' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)

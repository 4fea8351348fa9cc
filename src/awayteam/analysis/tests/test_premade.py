"""Tables of sums give what the rows give; what can't be right in them is said with its row."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awayteam.analysis import premade, scorecard
from awayteam.analysis.scorecard import Request
from awayteam.analysis.spec import parse_all
from awayteam.analysis.tables import opened
from awayteam.analysis.tests.world import ask, csv, one, rows
from awayteam.kernel.errors import AwayteamError


def of_sums(path: Path, *specs: str, time: Any = "auto", **more: Any) -> dict[str, Any]:
    metrics = parse_all(specs or ("mean(mean)",))
    request = Request("arm", "control", metrics, **more)
    with opened(str(path)) as source:
        return scorecard.scorecard(premade.read(source, "arm", metrics, time, request.day), request)


def spend(arm: str, days: str = "4") -> Any:
    return np.array([row[2] for row in rows() if row[1] == arm and row[2] is not None and row[9][-1] in days])


def sums(path: Path, wanted: list[str], head: tuple[str, ...] = ("arm", "day", "n", "mean", "variance")) -> Path:
    """A row for each arm and each of these sets of days."""
    data = []
    for arm in ("control", "blue"):
        for days in wanted:
            some = spend(arm, days)
            data.append((arm, int(days[-1]), len(some), float(some.mean()), float(some.var(ddof=1))))
    return csv(path, data, head)


def test_sums_give_what_rows_give(tmp_path: Path) -> None:
    data = [row for row in rows() if row[1] != "green" and row[2] is not None]
    wanted = ask(csv(tmp_path / "rows.csv", data), "spend=mean(spend)", day="day")
    for name, days in (
        ("whole", ["1234"]),
        ("period", ["1", "2", "3", "4"]),
        ("cumulative", ["1", "12", "123", "1234"]),
    ):
        path = sums(tmp_path / f"{name}.csv", days)
        found = of_sums(path, time="period" if name == "period" else "cumulative", day="day")
        row, whole = one(found), one(wanted)
        for key in ("n", "effect", "p", "mean", "relative"):
            assert row[key] == pytest.approx(whole[key], rel=1e-9), (name, key)
        assert row["interval"] == pytest.approx(whole["interval"], rel=1e-9)
        assert found["arms"] == wanted["arms"]
        if name != "whole":
            for mine, theirs in zip(found["days"], wanted["days"], strict=True):
                assert one(mine)["effect"] == pytest.approx(one(theirs)["effect"], rel=1e-9)


def test_whether_rows_add_up_is_seen_and_said(tmp_path: Path) -> None:
    rising = of_sums(sums(tmp_path / "c.csv", ["1", "12", "123", "1234"]))
    assert (rising["arms"]["blue"], "sums up to" in rising["remarks"][0]) == (len(spend("blue", "1234")), True)
    apart = of_sums(sums(tmp_path / "p.csv", ["12", "3", "4"]))
    assert (apart["arms"]["blue"], "sums of" in apart["remarks"][0]) == (len(spend("blue", "1234")), True)


def test_metrics_by_row_and_by_prefix(tmp_path: Path) -> None:
    lines = [("control", "rev", 100, 5.0, 2.0), ("blue", "rev", 100, 6.0, 2.0), ("control", "kept", 100, 0.5, None),
             ("blue", "kept", 100, 0.6, None)]  # fmt: skip
    path = csv(tmp_path / "long.csv", lines, ("arm", "metric", "users", "avg", "sd"))
    found = of_sums(path, "r=mean(rev)", "k=proportion(kept)")
    assert one(found, name="r")["error"] == pytest.approx(np.sqrt(2 * 4 / 100))
    assert one(found, name="k")["error"] == pytest.approx(np.sqrt((0.25 + 0.24) / 100))
    with opened(str(path)) as source:
        assert premade.every(source) == ["kept", "rev"]
    wide = csv(tmp_path / "wide.csv", [("control", 100, 5.0, 4.0), ("blue", 100, 6.0, 4.0)],
               ("arm", "n", "rev_mean", "rev_variance"))  # fmt: skip
    assert one(of_sums(wide, "r=mean(rev)"))["p"] == one(found, name="r")["p"]


@pytest.mark.parametrize(
    ("head", "row", "spec", "said"),
    [
        (("arm", "n", "mean", "variance"), ("blue", 10, 1.0, -2.0), "mean(mean)", "row 2: the variance is negative"),
        (("arm", "n", "mean", "variance"), ("blue", 10, 1.0, None), "mean(mean)", "row 2: the variance is missing"),
        (("arm", "n", "mean", "variance"), ("blue", 10, None, 1.0), "mean(mean)", "row 2: mean is missing"),
        (("arm", "n", "mean", "variance"), ("blue", 10, "inf", 1.0), "mean(mean)", "row 2: mean is no number"),
        (("arm", "n", "mean", "variance"), ("blue", -1, 1.0, 1.0), "mean(mean)", "row 2: n is no count"),
        (("arm", "n", "mean", "variance"), ("control", 9, 1.0, 1.0), "mean(mean)", "two rows for the same time"),
        (("arm", "n", "mean", "variance"), ("blue", 9, 1.5, 1.0), "proportion(mean)", "row 2: a proportion"),
        (("arm", "n", "mean", "other"), ("blue", 9, 1.5, 1.0), "mean(mean)", "no column says the variance"),
        (("arm", "size", "mean", "variance"), ("blue", 9, 1.5, 1.0), "mean(mean)", "no column says n"),
        (("arm", "n", "mean", "variance"), ("blue", 9, 1.5, 1.0), "ratio(n/mean)", "means and proportions only"),
        (("group", "n", "mean", "variance"), ("blue", 9, 1.5, 1.0), "mean(mean)", "no column 'arm'"),
    ],
)  # fmt: skip
def test_sums_that_cannot_be(tmp_path: Path, head: tuple[str, ...], row: tuple[Any, ...], spec: str, said: str) -> None:
    path = csv(tmp_path / "t.csv", [("control", 10, 1.0, 1.0), row], head)
    with pytest.raises(AwayteamError) as error:
        of_sums(path, spec)
    assert said in str(error.value)

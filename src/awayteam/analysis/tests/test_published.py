"""Answers that others have published, from summary numbers.

Udacity, "A/B Testing": the page test. Dehejia and Wahba's LaLonde sample and Thornton (2008) on learning HIV results,
both as shipped by the package `causaldata` (MIT): means and variances of the former, units and takers by village of the
latter.
"""

import math
from pathlib import Path

import pytest

from awayteam.analysis.compare import Level, compare
from awayteam.analysis.estimates import plain, proportion
from awayteam.analysis.moments import Facts, Moments
from awayteam.analysis.tests.world import ask, one

TOLD = """
    1:29:18 2:40:32 3:63:53 5:19:13 6:81:65 7:55:43 8:65:55 9:42:32 10:94:70 11:116:94 12:45:35 13:29:21 14:69:55
    15:30:21 16:49:33 17:67:48 18:22:19 21:7:6 23:2:2 24:3:3 25:2:1 26:6:5 27:11:11 32:2:2 33:10:10 34:3:1 35:3:3
    36:4:4 37:8:7 38:15:8 39:14:11 40:5:5 41:24:20 42:13:12 43:9:9 44:2:2 45:13:12 46:11:10 47:8:6 48:10:10 49:17:16
    50:8:8 51:28:19 52:10:8 53:19:12 55:12:10 56:11:11 57:22:16 58:16:16 60:12:11 61:18:16 62:10:9 63:12:12 64:8:7
    65:28:21 66:11:10 67:11:10 68:4:4 69:7:7 70:45:37 71:1:0 72:12:7 73:7:6 74:22:21 75:15:10 76:14:13 77:9:7 79:6:6
    80:10:9 81:9:8 82:9:9 83:6:6 84:21:21 85:8:6 86:14:13 87:3:3 88:4:4 100:24:20 101:19:10 102:19:14 103:9:7
    104:28:22 105:8:8 106:25:22 107:10:6 108:17:16 109:24:21 111:16:11 112:12:7 113:11:10 114:16:9 115:12:11 116:8:7
    117:20:15 118:3:2 119:17:14 120:22:16 121:9:6 122:15:11 123:10:8 124:7:1 126:16:13 127:17:13 128:9:7 129:23:18
    130:16:13 131:2:2 132:17:13 133:9:5 134:20:11 135:10:6 136:8:7 140:34:27 141:33:20 142:8:6 143:12:6 144:23:18
    145:10:10 None:4:0
"""
PAID_NOTHING = """
    2:4:2 3:13:4 5:3:2 6:12:3 7:2:1 8:9:1 9:15:4 10:11:3 11:11:1 12:7:1 13:1:0 14:23:5 15:7:2 16:6:1 17:3:0 18:2:1
    21:3:1 22:2:2 25:2:1 26:2:1 27:1:1 33:2:1 34:2:0 36:1:1 37:2:1 38:2:0 39:2:2 40:2:1 41:4:4 43:3:3 45:8:8 46:1:1
    47:1:1 48:4:3 49:2:2 50:2:0 51:7:2 52:2:1 53:1:0 55:3:2 56:2:0 57:3:1 58:3:2 60:2:0 61:3:0 63:3:3 64:3:2 65:3:2
    66:2:1 67:1:1 68:1:0 69:2:2 70:8:4 71:1:0 72:2:1 73:3:0 74:5:3 75:3:2 76:1:0 77:3:0 79:1:0 81:1:0 83:2:1 84:2:2
    85:5:4 86:3:3 88:1:0 100:8:3 101:12:3 102:7:1 103:5:2 104:7:4 105:7:1 106:11:4 107:5:2 108:10:5 109:8:2 111:14:4
    112:16:3 113:5:2 114:2:1 115:5:1 116:9:4 117:21:4 118:2:1 119:11:8 120:8:3 121:7:2 122:16:4 123:2:0 124:3:1
    126:3:1 127:10:1 128:9:1 129:7:2 130:12:8 131:4:1 132:5:0 133:9:1 134:13:3 135:7:1 136:4:1 140:35:9 141:17:4
    142:4:1 143:7:0 144:13:6 145:4:2
"""
"""village:people:people who fetched their result, with and without a reward; None: no village is known."""


def shares(n: int, k: int) -> Facts:
    return Facts(Moments(n, (k / n,), ((k * (1 - k / n),),)))


def test_the_page_test_of_udacity() -> None:
    found = compare(proportion(shares(145_310, 17_264)), proportion(shares(145_274, 17_489)), Level())
    assert found.p is not None
    assert found.effect is not None
    assert (round(found.p, 3), round(found.effect, 5)) == (0.190, 0.00158)
    share = (17_489 + 17_264) / (145_274 + 145_310)
    z = found.effect / math.sqrt(share * (1 - share) * (1 / 145_274 + 1 / 145_310))
    assert round(z, 3) == 1.311


def test_the_lalonde_sample() -> None:
    control = Moments(260, (4554.801120215196,), ((30072457.290778477 * 259,),))
    trained = Moments(185, (6349.143502065298,), ((61896017.101751834 * 184,),))
    found = compare(plain(Facts(control)), plain(Facts(trained)), Level())
    assert found.effect == pytest.approx(1794.34, abs=0.005)
    assert found.p == pytest.approx(0.00789297830550186, rel=1e-9)
    pooled = (control.sums[0][0] + trained.sums[0][0]) / 443
    assert math.sqrt(pooled * (1 / 185 + 1 / 260)) == pytest.approx(633, abs=0.5)


def test_rewards_for_hiv_results_with_errors_by_village(tmp_path: Path) -> None:
    lines = ["any,got,village"]
    for arm, text in (("1", TOLD), ("0", PAID_NOTHING)):
        for cell in text.split():
            village, people, takers = cell.split(":")
            for person in range(int(people)):
                lines.append(f"{arm},{int(person < int(takers))},{'' if village == 'None' else village}")
    path = tmp_path / "thornton.csv"
    path.write_text("\n".join(lines))
    result = ask(path, "got=proportion(got, cluster=village)", arm="any", control="0", method="fixed", ratio=(22, 78))
    row = one(result, "1")
    assert (round(row["control_mean"], 3), round(row["mean"], 3)) == (0.339, 0.789)
    assert round(row["error"], 4) == 0.0227
    assert row["clusters"] == 119 + 4
    known = tmp_path / "known.csv"
    known.write_text("\n".join(line for line in lines if not line.endswith(",")))
    row = one(ask(known, "got=mean(got, cluster=village)", arm="any", control="0", method="fixed", ratio=(22, 78)), "1")
    # statsmodels: ols("got ~ any").fit(cov_type="cluster", cov_kwds={"groups": village})
    assert row["error"] == pytest.approx(0.022686, abs=5e-7)
    assert row["clusters"] == 119

"""Commit totals of fetched repositories equal `git rev-list`; their maps add up."""

import subprocess
from pathlib import Path

import pytest

from awayteam.contributions.opening import Options
from awayteam.contributions.organisation import Organisation, read_organisation
from awayteam.contributions.report_json import report
from awayteam.contributions.scan import scan
from awayteam.sources.ownership.tests.test_real_files import real_repos  # noqa: F401

pytestmark = pytest.mark.realdata


def git(repo: Path, *args: str) -> str:
    return subprocess.run(["git", "-C", str(repo), *args], check=True, capture_output=True, text=True).stdout


def test_totals_equal_rev_list(real_repos: dict[str, Path]) -> None:  # noqa: F811
    for name, repo in real_repos.items():
        found = scan([str(repo)], Organisation(), Options(since="all"))
        plain = git(repo, "rev-list", "--no-merges", "--timestamp", "HEAD").split("\n")
        end = found.repos[0].window.end
        expected = sum(int(line.split()[0]) <= end for line in plain if line)
        assert found.repos[0].records.total == expected, name
        merges = git(repo, "rev-list", "--merges", "--timestamp", "HEAD").split("\n")
        assert found.repos[0].records.merges == sum(int(line.split()[0]) <= end for line in merges if line), name


def test_classes_add_up(real_repos: dict[str, Path], shared_data: Path) -> None:  # noqa: F811
    organisation = read_organisation([shared_data / "istio+community" / "org"])
    for repo in real_repos.values():
        data = report(scan([str(repo)], organisation, Options()))
        commits = data["commits"]
        assert commits["total"] == commits["human"] + commits["bot"] + commits["duplicates"]
        assert sum(data["classes"].values()) == commits["human"] - commits["no_files"]
        assert all(row["home"] + row["away"] == row["commits"] for row in data["areas"])
        assert all(data["members_only"][name] <= count for name, count in data["classes"].items())

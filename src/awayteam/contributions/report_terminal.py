"""The scan for people at a terminal: what was counted, the classes, who changes whose code, and where to look."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from awayteam.contributions.report_json import report
from awayteam.contributions.scan import Scan
from awayteam.sources.ownership.base import shown

_ROWS = 12
_BAR = 24


def render(scan: Scan, console: Console | None = None) -> None:
    """Print the scan; the same numbers as the JSON report."""
    console = console or Console(highlight=False, markup=False)
    data = report(scan)
    _heading(console, scan, data)
    _classes(console, data)
    _flows(console, data)
    _areas(console, data)
    _remarks(console, scan, data)


def _heading(console: Console, scan: Scan, data: dict[str, Any]) -> None:
    start = (data["window"]["from"] or "")[:10] or "the first commit"
    names = ", ".join(repo.name for repo in scan.repos)
    commits, authors = data["commits"], data["authors"]
    console.print(Text(f"Away map of {shown(names)}", style="bold"))
    end = (data["window"]["to"] or "")[:10] or "the newest commit"
    console.print(f"{start} to {end} · ownership and teams as of each {_as_of(scan)}")
    console.print(
        f"{commits['total']:,} commits: {commits['human']:,} by people, {commits['bot']:,} by bots, "
        f"{commits['duplicates']:,} copies; {commits['merges_left_out']:,} merges left out"
    )
    console.print(
        f"Authors: {authors['resolved']:,} members ({authors['members_without_team']:,} without a team), "
        f"{authors['outsiders']:,} outsiders, {authors['unresolved']:,} unresolved\n"
    )
    if not authors["resolved"]:
        console.print(
            "Nobody's team is known, so every change of owned code counts as away.\n"
            "Say who is in which team with --org FILE: a Backstage, Peribolos or people file, or an awayteam.yaml.\n",
            style="yellow",
        )


def _as_of(scan: Scan) -> str:
    return "commit" if scan.as_of == "commit" else "repository's newest commit"


def _classes(console: Console, data: dict[str, Any]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Commits")
    for title in ("all", "share", "", "members", "share"):
        table.add_column(title, justify="right" if title else "left")
    total = sum(data["classes"].values()) or 1
    members = sum(data["members_only"].values()) or 1
    for name, count in data["classes"].items():
        ours = data["members_only"][name]
        bar = _bar(count / total, filled=name == "home")
        table.add_row(name, f"{count:,}", f"{count / total:.0%}", bar, f"{ours:,}", f"{ours / members:.0%}")
    console.print(table)


def _bar(share: float, *, filled: bool) -> str:
    """Home is drawn filled, everything else outlined."""
    length = round(share * _BAR)
    return ("█" if filled else "░") * length


def _flows(console: Console, data: dict[str, Any]) -> None:
    away = [row for row in data["flows"] if row["from"] != row["to"]]
    away.sort(key=lambda row: row["from"].startswith("("))  # teams first, then those of whom less is known
    if not away:
        return
    table = Table(title="Who changes whose code", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("from", overflow="fold", max_width=36)
    table.add_column("to", overflow="fold", max_width=44)
    table.add_column("commits", justify="right")
    table.add_column("files", justify="right")
    for row in away[:_ROWS]:
        table.add_row(shown(row["from"]), _short(row["to"]), f"{row['commits']:,}", f"{row['files']:,}")
    console.print(table)
    if len(away) > _ROWS:
        console.print(f"{len(away) - _ROWS} more flows: --html or --json shows them all\n", style="dim")


def _areas(console: Console, data: dict[str, Any]) -> None:
    if not data["areas"]:
        return
    table = Table(title="Areas with most commits", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("area", "owners"):
        table.add_column(title, overflow="fold", max_width=40)
    for title in ("commits", "away", "authors", "top author"):
        table.add_column(title, justify="right")
    for row in data["areas"][:_ROWS]:
        alone = row["top_author_share"] >= 0.8 and row["commits"] >= 10
        share = Text(f"{row['top_author_share']:.0%}", style="bold yellow" if alone else "")
        away = f"{row['away'] / row['commits']:.0%}"
        owners = _short(" ".join(row["owners"]))
        table.add_row(shown(row["area"]), owners, f"{row['commits']:,}", away, str(row["authors"]), share)
    console.print(table)


def _short(text: str, limit: int = 80) -> str:
    text = shown(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _remarks(console: Console, scan: Scan, data: dict[str, Any]) -> None:
    for name, one in data["latency"].items():
        if one["branches"] >= 5 and name in ("home", "away"):
            console.print(
                f"{name}: {one['branches']:,} branches took a median of {one['median_hours']:g} h to be merged"
            )
    differ = data["definitions"]["as_of_difference"]
    if differ["commits"]:
        console.print(
            f"{differ['commits']:,} commits ({differ['share']:.0%}) would fall elsewhere with --as-of {differ['other']}"
        )
    if data["unknown_owners"]:
        owners = ", ".join(shown(row["owner"]) for row in data["unknown_owners"][:5])
        console.print(
            f"Nobody says who is in {owners}; name the organisation's files with --org, or their work counts as away"
        )
    if data["contradictions"]:
        one = data["contradictions"][0]
        rules = f"{_short(' '.join(one['rule_owners']))} by {one['rule']}"
        console.print(
            f"{len(data['contradictions'])} contradictions of catalog and rules, first {shown(one['path'])}: "
            f"{shown(one['catalog_owner'])} by {shown(one['file'])}, {rules}"
        )
    if data["authors"]["unresolved"]:
        console.print("`awayteam identities` lists unresolved authors, those with most commits first")
    for repo in scan.repos:
        for note in repo.records.notes:
            console.print(f"{shown(repo.name)}: {shown(note)}", style="yellow")
    if data["partial"]:
        console.print("This result is partial.", style="bold yellow")

"""`awayteam identities`: who the authors of commits are, with evidence, and corrections. No server, no database."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from awayteam.contributions.scan import Scan

KINDS = ("unresolved", "outsider", "member", "member without team", "bot", "guess", "all")


def register(app: typer.Typer) -> None:
    app.command()(identities)


def identities(
    repos: Annotated[list[str], typer.Argument(metavar="REPO...", help="Git repositories (bare or not).")],
    org: Annotated[
        list[str] | None, typer.Option("--org", help="Files or folders that say who is in which team; repeatable.")
    ] = None,
    since: Annotated[str, typer.Option("--since", help="12mo, 2y, 6w, 90d, a date, or all.")] = "12mo",
    until: Annotated[str, typer.Option("--until", help="A date; by default each repository's newest commit.")] = "",
    kind: Annotated[str, typer.Option("--kind", help=f"One of: {', '.join(KINDS)}.")] = "unresolved",
    aliases: Annotated[
        Path | None, typer.Option("--aliases", help="Corrections: LOGIN = Name <address> a line.")
    ] = None,
    rulebook: Annotated[
        Path | None, typer.Option("--rulebook", help="A rulebook whose bots count; without it, those that ship.")
    ] = None,
    assign: Annotated[
        list[str] | None,
        typer.Option(
            "--assign", help="'LOGIN = Name <address>' is added to the file of --aliases; LOGIN may be bot or -."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="Rows to show; 0 shows all.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Authors by what is known of them, the unresolved first, ranked by how many commits each would explain."""
    from awayteam.cli.failing import refused, usage
    from awayteam.cli.scan import run
    from awayteam.contributions.opening import Options

    if kind not in KINDS:
        usage(f"--kind {kind} isn't known; choose one of {', '.join(KINDS)}")
    with refused():
        if assign:
            if aliases is None:
                usage("--assign needs --aliases FILE, the file that keeps corrections")
            _assign(aliases, assign)
        if aliases is not None and not aliases.exists():
            usage(f"{aliases} doesn't exist; --assign makes it")
        found = run(repos, org or [], Options(since=since, until=until), aliases, rulebook)
    rows = listed(found, kind)
    shown_rows = rows[:limit] if limit > 0 else rows
    if as_json:
        typer.echo(json.dumps(shown_rows, indent=1))
        return
    _table(shown_rows, len(rows), kind)


def _assign(file: Path, lines: list[str]) -> None:
    """Append corrections that can be read; ends the command with 2 at the first that can't."""
    from awayteam.cli.failing import usage
    from awayteam.contributions.identities import read_aliases

    for line in lines:
        aliases, wrong = read_aliases(line)
        if wrong or not aliases:
            usage(f"--assign {line!r}: write 'LOGIN = Name <address>'")
    text = file.read_text("utf-8") if file.exists() else ""
    if text and not text.endswith("\n"):
        text += "\n"
    file.write_text(text + "".join(f"{line.strip()}\n" for line in lines), "utf-8")


def listed(scan: "Scan", kind: str) -> list[dict[str, Any]]:
    """Authors as JSON rows, most commits first: name, email, commits, kind, login, person, method, evidence, guess."""
    rows = []
    for author, identified in zip(scan.interned.authors, scan.identified, strict=True):
        if kind == "guess" and not identified.is_guess:
            continue
        if kind not in ("all", "guess") and identified.kind != kind:
            continue
        rows.append(
            {
                "name": author.name,
                "email": author.email,
                "commits": author.commits,
                "kind": str(identified.kind),
                "login": identified.login,
                "person": identified.person,
                "method": str(identified.method) if identified.method else None,
                "evidence": identified.evidence,
                "guess": identified.is_guess,
            }
        )
    return sorted(rows, key=lambda row: (-int(str(row["commits"])), str(row["email"]), str(row["name"])))


def _table(rows: list[dict[str, Any]], total: int, kind: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from awayteam.sources.ownership.base import shown

    console = Console(highlight=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("commits", justify="right")
    for title in ("author", "known as", "because of"):
        table.add_column(title, overflow="fold")
    for row in rows:
        who = row["person"] or (f"@{row['login']}" if row["login"] else row["kind"])
        why = f"{row['method']}: {row['evidence']}" if row["method"] else ""
        table.add_row(f"{row['commits']:,}", shown(f"{row['name']} <{row['email']}>"), shown(who), shown(why))
    console.print(table)
    explained = sum(row["commits"] for row in rows)
    console.print(f"{len(rows):,} of {total:,} authors ({kind}); they made {explained:,} commits")
    if kind == "unresolved" and rows:
        example = f"LOGIN = {rows[0]['name']} <{rows[0]['email']}>"
        console.print(f"Correct one with: --aliases FILE --assign {example!r}")

"""The scan as one self-contained page: no script, no address, light and dark, printable."""

from html import escape
from importlib.resources import files
from typing import Any

from awayteam.contributions.report_json import report
from awayteam.contributions.scan import Scan
from awayteam.sources.ownership.base import shown

_MATRIX = 18
"""Rows and columns of the matrix; the table beneath holds all flows."""
_ROWS = 400


def page(scan: Scan) -> str:
    """The whole page as text; every name in it is escaped."""
    data = report(scan)
    style = files("awayteam.contributions").joinpath("page.css").read_text("utf-8")
    names = ", ".join(repo.name for repo in scan.repos)
    parts = [
        _head(scan, data, names),
        _classes(data),
        _matrix(data["flows"]),
        _flows(data["flows"]),
        _areas(data["areas"]),
        _alone(data["areas"]),
        _contradictions(data["contradictions"]),
        _repositories(data["repositories"]),
        _definitions(data["definitions"]),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Away map: {_text(names)}</title>\n<style>\n{style}</style></head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body></html>\n"
    )


def _text(value: object) -> str:
    return escape(shown(str(value)))


def _count(value: int) -> str:
    return f"{value:,}"


def _head(scan: Scan, data: dict[str, Any], names: str) -> str:
    commits, authors = data["commits"], data["authors"]
    start = (data["window"]["from"] or "")[:10] or "the first commit"
    end = (data["window"]["to"] or "")[:10] or "the newest commit"
    as_of = "each commit's date" if scan.as_of == "commit" else "each repository's newest commit"
    facts = [
        (_count(commits["human"]), f"commits by people, {_count(commits['bot'])} by bots"),
        (_outward(data["members_only"]), "of members' commits to owned code are away or mixed"),
        (_outward(data["classes"]), "of everybody's, unresolved authors counted as away"),
        (_count(authors["resolved"]), f"members, {_count(authors['members_without_team'])} without a team"),
        (_count(authors["outsiders"]), "outsiders"),
        (_count(authors["unresolved"]), "authors unresolved"),
    ]
    items = "".join(f"<li><b>{_text(number)}</b>{_text(label)}</li>" for number, label in facts)
    notes = [f"{repo['name']}: {note}" for repo in data["repositories"] for note in repo["notes"]] + data["failed"]
    if data["unknown_owners"]:
        owners = ", ".join(row["owner"] for row in data["unknown_owners"][:8])
        notes.append(f"Nobody says who is in {owners}; work in these owners' areas counts as away.")
    if data["partial"]:
        notes.insert(0, "This result is partial.")
    warnings = "".join(f'<p class="warn">▲ {_text(note)}</p>' for note in notes)
    links = (
        ("matrix", "Who changes whose code"),
        ("areas", "Areas"),
        ("alone", "Known by one"),
        ("words", "Definitions"),
    )
    nav = "".join(f'<a href="#{anchor}">{label}</a>' for anchor, label in links)
    return (
        f"<h1>Away map of {_text(names)}</h1>"
        f'<p class="soft">{_text(start)} to {_text(end)} · ownership and teams as of {as_of}</p>'
        f"<nav>{nav}</nav><ul class='facts'>{items}</ul>{warnings}"
    )


def _outward(classes: dict[str, int]) -> str:
    """The share of away and mixed among commits that touch owned code."""
    owned = sum(classes[name] for name in ("home", "away", "mixed"))
    return f"{(classes['away'] + classes['mixed']) / owned:.0%}" if owned else "–"


def _classes(data: dict[str, Any]) -> str:
    total = sum(data["classes"].values()) or 1
    members = sum(data["members_only"].values()) or 1
    rows = ""
    for name, count in data["classes"].items():
        ours = data["members_only"][name]
        full = " full" if name == "home" else ""
        bar = f'<span class="bar{full}" style="width:calc({count / total:.4f} * var(--bar))"></span>' if count else ""
        rows += (
            f'<tr><th scope="row">{name}</th><td class="n">{_count(count)}</td><td class="n">{count / total:.0%}</td>'
            f'<td>{bar}</td><td class="n">{_count(ours)}</td><td class="n">{ours / members:.0%}</td></tr>'
        )
    titles = (("Commits", ""), ("all", "n"), ("share", "n"), ("", ""), ("members only", "n"), ("share", "n"))
    head = "".join(f'<th class="{kind}">{title}</th>' for title, kind in titles)
    latency = "".join(
        f"<p>{_text(name)}: {_count(one['branches'])} branches, in the median {one['median_hours']:g} h to merge.</p>"
        for name, one in data["latency"].items()
        if one["branches"]
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<h2>Home and away</h2>{_scroll(table, 'Home and away')}{latency}"


def _matrix(flows: list[dict[str, Any]]) -> str:
    """From in rows, to in columns, home on the diagonal; the largest of each, what is left out is said."""
    rows: dict[str, int] = {}
    columns: dict[str, int] = {}
    cells: dict[tuple[str, str], int] = {}
    for flow in flows:
        rows[flow["from"]] = rows.get(flow["from"], 0) + flow["commits"]
        columns[flow["to"]] = columns.get(flow["to"], 0) + flow["commits"]
        cells[(flow["from"], flow["to"])] = flow["commits"]
    if not cells:
        return '<h2 id="matrix">Who changes whose code</h2><p>No commit touched owned code in this window.</p>'
    to = sorted(columns, key=lambda name: (-columns[name], name))[:_MATRIX]
    order = {name: place for place, name in enumerate(to)}
    kept = sorted(rows, key=lambda name: (-rows[name], name))[:_MATRIX]
    kept.sort(key=lambda name: (order.get(name, len(order) + name.startswith("(")), name))
    head = "".join(f'<th scope="col" title="{_text(name)}"><span>{_text(_short(name, 26))}</span></th>' for name in to)
    body = ""
    for name in kept:
        row = ""
        for column in to:
            count = cells.get((name, column), 0)
            kind = "home" if name == column else "away"
            title = f"{name} → {column}: {count:,} commits"
            row += f'<td class="{kind}" title="{_text(title)}">{_count(count)}</td>' if count else "<td></td>"
        body += f'<tr><th scope="row" title="{_text(name)}">{_text(_short(name))}</th>{row}</tr>'
    left = max(len(rows) - len(kept), 0) + max(len(columns) - len(to), 0)
    more = f'<p class="soft">{left} smaller rows and columns are in the table below.</p>' if left else ""
    return (
        '<h2 id="matrix">Who changes whose code</h2><p class="soft">Commits from the team in the row to code of the '
        "owners in the column. Home is filled, away is outlined.</p>"
        + _scroll(
            f'<table class="matrix"><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>', "Matrix"
        )
        + more
    )


def _scroll(table: str, label: str) -> str:
    """A table that scrolls within itself where the window is narrow, also by keyboard."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{table}</div>'


def _short(name: str, limit: int = 40) -> str:
    return name if len(name) <= limit else name[: limit - 1] + "…"


def _table(titles: list[tuple[str, bool]], rows: list[str], total: int) -> str:
    head = "".join(f"<th{' class=n' if number else ''}>{title}</th>" for title, number in titles)
    more = f'<p class="soft">{total - len(rows)} more are in the JSON report.</p>' if total > len(rows) else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return _scroll(table, ", ".join(title for title, _ in titles)) + more


def _flows(flows: list[dict[str, Any]]) -> str:
    rows = []
    for flow in flows[:_ROWS]:
        examples = " ".join(f"<code>{_text(one['commit'][:10])}</code>" for one in flow["examples"][:3])
        rows.append(
            f'<tr><td class="wrap">{_text(flow["from"])}</td><td class="wrap">{_text(flow["to"])}</td>'
            f'<td class="n">{_count(flow["commits"])}</td><td class="n">{_count(flow["files"])}</td>'
            f"<td>{examples}</td></tr>"
        )
    titles = [("from", False), ("to", False), ("commits", True), ("files", True), ("newest", False)]
    return (
        f"<details><summary>The same as a table</summary>{_table(titles, rows, len(flows))}</details>" if rows else ""
    )


def _areas(areas: list[dict[str, Any]]) -> str:
    titles = [
        ("area", False), ("owners", False), ("commits", True), ("home", True), ("away", True), ("authors", True),
        ("top author", True),
    ]  # fmt: skip
    rows = [_area(area) for area in areas[:_ROWS]]
    body = _table(titles, rows, len(areas)) if rows else "<p>No owned area was touched in this window.</p>"
    return f'<h2 id="areas">Areas</h2>{body}'


def _area(area: dict[str, Any]) -> str:
    where = f"{area['rule']['file']}:{area['rule']['line']}"
    return (
        f'<tr><td class="wrap" title="{_text(where)}"><code>{_text(area["area"])}</code></td>'
        f'<td class="wrap">{_text(" ".join(area["owners"]))}</td><td class="n">{_count(area["commits"])}</td>'
        f'<td class="n">{_count(area["home"])}</td><td class="n">{_count(area["away"])}</td>'
        f'<td class="n">{_count(area["authors"])}</td><td class="n">{area["top_author_share"]:.0%}</td></tr>'
    )


def _alone(areas: list[dict[str, Any]]) -> str:
    risky = [area for area in areas if area["commits"] >= 5 and area["top_author_share"] >= 0.8]
    if not risky:
        return '<h2 id="alone">Known by one person</h2><p>No area with five commits or more rests on one author.</p>'
    rows = [
        f'<tr><td class="wrap"><code>{_text(area["area"])}</code></td><td class="n">{area["top_author_share"]:.0%}</td>'
        f'<td class="n">{_count(area["commits"])}</td></tr>'
        for area in risky[:_ROWS]
    ]
    table = _table([("area", False), ("by one author", True), ("commits", True)], rows, len(risky))
    return f'<h2 id="alone">Known by one person</h2>{table}'


def _contradictions(found: list[dict[str, Any]]) -> str:
    if not found:
        return ""
    rows = [
        f'<tr><td class="wrap"><code>{_text(one["path"])}</code></td><td>{_text(one["entity"])}</td>'
        f'<td class="wrap">{_text(one["catalog_owner"])}</td>'
        f'<td class="wrap">{_text(" ".join(one["rule_owners"]))}</td>'
        f"<td><code>{_text(one['rule'])}</code></td></tr>"
        for one in found[:_ROWS]
    ]
    titles = [
        ("path", False),
        ("entity", False),
        ("owner in the catalog", False),
        ("in the rules", False),
        ("rule", False),
    ]
    return f"<h2>Catalog and rules disagree</h2>{_table(titles, rows, len(found))}"


def _repositories(found: list[dict[str, Any]]) -> str:
    rows = [
        f"<tr><td>{_text(one['name'])}</td><td><code>{_text(one['commit'][:12])}</code></td>"
        f'<td class="n">{_count(one["commits"])}</td><td>{_text(one["rules"]["format"])}</td>'
        f'<td>{_text(one["rules"]["file"] or "none")}</td><td class="n">{_count(one["rules"]["versions"])}</td></tr>'
        for one in found
    ]
    titles = [
        ("repository", False), ("newest commit", False), ("commits", True), ("rules", False), ("file", False),
        ("versions", True),
    ]  # fmt: skip
    return f"<h2>Repositories</h2>{_table(titles, rows, len(found))}"


def _definitions(found: dict[str, Any]) -> str:
    differ = found["as_of_difference"]
    rows = "".join(
        f"<dt>{_text(name.replace('_', ' '))}</dt><dd>{_text(text)}</dd>"
        for name, text in found.items()
        if isinstance(text, str)
    )
    rows += (
        f"<dt>as of, difference</dt><dd>{_count(differ['commits'])} commits ({differ['share']:.1%}) would fall "
        f"elsewhere with --as-of {_text(differ['other'])}</dd>"
    )
    return f'<h2 id="words">Definitions</h2><dl>{rows}</dl>'

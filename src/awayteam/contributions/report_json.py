"""The scan as JSON: the contract of `awayteam scan --json`."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from awayteam.contributions.awaymap import hours
from awayteam.contributions.identities import ORDER, Identified, Method
from awayteam.contributions.rules import DEFINITIONS, AuthorClass, Class, iso
from awayteam.contributions.scan import Scan


def report(scan: Scan) -> dict[str, Any]:
    """Keys as the command documents them; lists are sorted, so that the same history gives the same text."""
    found = scan.map
    return {
        "definitions": definitions(scan),
        "window": window(scan),
        "commits": {
            "total": sum(repo.records.total for repo in scan.repos),
            "human": found.human,
            "bot": found.bot,
            "no_files": found.no_files,
            "duplicates": sum(repo.records.duplicates for repo in scan.repos),
            "merges_left_out": sum(repo.records.merges for repo in scan.repos),
        },
        "classes": _classes(found.classes),
        "members_only": _classes(found.members_only),
        "file_changes": {str(name): found.file_changes[name] for name in (Class.HOME, Class.AWAY, Class.UNOWNED)},
        "authors": authors(scan),
        "flows": flows(scan),
        "areas": areas(scan),
        "latency": {
            str(name): {"branches": len(found.latency[name]), "median_hours": hours(found.latency[name])}
            for name in sorted(found.latency)
        },
        "contradictions": contradictions(scan),
        "unknown_owners": [
            {"owner": owner, "commits": commits}
            for owner, commits in sorted(found.unknown_owners.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "repositories": repositories(scan),
        "failed": list(scan.failed),
        "partial": bool(scan.failed) or any(repo.partial or repo.records.cut for repo in scan.repos),
    }


def _classes(counts: Mapping[Class, int]) -> dict[str, int]:
    return {str(name): counts.get(name, 0) for name in Class}


def definitions(scan: Scan) -> dict[str, Any]:
    """The definitions with what this scan chose."""
    human = scan.map.human - scan.map.no_files
    other = "head" if scan.as_of == "commit" else "commit"
    share = scan.map.differing / human if human else 0.0
    return {
        **DEFINITIONS,
        "as_of": scan.as_of,
        "as_of_difference": {"other": other, "commits": scan.map.differing, "share": round(share, 4)},
        "nested_teams": "members of a team belong to its parents too" if scan.options.nested else "not counted",
        "guesses": "close names are linked (marked as guess)" if scan.options.guess else "left out",
        "since": scan.options.since,
        "until": scan.options.until or "the newest commit",
    }


def window(scan: Scan) -> dict[str, str | None]:
    starts = [repo.window.start for repo in scan.repos]
    known = [start for start in starts if start is not None]
    start = min(known) if known and len(known) == len(starts) else None
    return {"from": iso(start), "to": iso(max(repo.window.end for repo in scan.repos))}


def people(scan: Scan) -> dict[str, Identified]:
    """One entry for each human that wrote a commit in the window: the strongest evidence for it."""
    found: dict[str, Identified] = {}
    for author, identified in zip(scan.interned.authors, scan.identified, strict=True):
        if not author.commits or identified.kind is AuthorClass.BOT:
            continue
        known = found.get(identified.key)
        if known is None or _strength(identified) < _strength(known):
            found[identified.key] = identified
    return found


def _strength(identified: Identified) -> int:
    return ORDER[identified.method] if identified.method else len(Method)


def authors(scan: Scan) -> dict[str, Any]:
    kinds: Counter[AuthorClass] = Counter()
    methods: Counter[str] = Counter()
    for identified in people(scan).values():
        kinds[identified.kind] += 1
        if identified.kind in (AuthorClass.MEMBER, AuthorClass.MEMBER_WITHOUT_TEAM) and identified.method:
            methods[str(identified.method)] += 1
    return {
        "resolved": kinds[AuthorClass.MEMBER] + kinds[AuthorClass.MEMBER_WITHOUT_TEAM],
        "unresolved": kinds[AuthorClass.UNRESOLVED],
        "outsiders": kinds[AuthorClass.OUTSIDER],
        "members_without_team": kinds[AuthorClass.MEMBER_WITHOUT_TEAM],
        "by_method": {str(method): methods[str(method)] for method in Method if methods[str(method)]},
    }


def flows(scan: Scan) -> list[dict[str, Any]]:
    rows = [
        {
            "from": pair[0],
            "to": pair[1],
            "commits": flow.commits,
            "files": flow.files,
            "examples": [{"repository": repo, "commit": sha} for repo, sha in flow.examples],
        }
        for pair, flow in scan.map.flows.items()
    ]
    return sorted(rows, key=lambda row: (-row["commits"], row["from"], row["to"]))


def areas(scan: Scan) -> list[dict[str, Any]]:
    several = len(scan.repos) > 1
    rows = []
    for index, count in scan.map.areas.items():
        area = scan.interned.areas[index]
        top = max(count.authors.values())
        rows.append(
            {
                "area": f"{area.repo}: {area.name}" if several else area.name,
                "owners": list(area.owners),
                "commits": count.commits,
                "home": count.home,
                "away": count.away,
                "authors": len(count.authors),
                "top_author_share": round(top / count.commits, 4),
                "repository": area.repo,
                "rule": {"file": area.file, "line": area.line},
            }
        )
    return sorted(rows, key=lambda row: (-row["commits"], row["area"]))


def contradictions(scan: Scan) -> list[dict[str, Any]]:
    return [
        {
            "repository": one.repo,
            "path": one.folder or "/",
            "entity": one.entity,
            "file": one.file,
            "catalog_owner": one.catalog_owner,
            "rule_owners": list(one.rule_owners),
            "rule": one.rule,
        }
        for repo in scan.repos
        for one in repo.contradictions
    ]


def repositories(scan: Scan) -> list[dict[str, Any]]:
    return [
        {
            "name": repo.name,
            "remote": repo.remote,
            "commit": repo.tip,
            "window": {"from": iso(repo.window.start), "to": iso(repo.window.end)},
            "commits": repo.records.total,
            "rules": {"format": repo.format, "file": repo.rule_file or None, "versions": repo.records.rule_versions},
            "shallow": repo.shallow,
            "partial": bool(repo.partial or repo.records.cut),
            "notes": list(repo.records.notes),
        }
        for repo in scan.repos
    ]

"""What is wrong with the rules of a tree: the format's own findings, those that need the tree or the organisation."""

from collections.abc import Collection, Iterable, Sequence

from rapidfuzz import fuzz, process

from awayteam.sources.ownership.base import Finding, Resolver, Severity, shown

_LIKE = 80.0
"""Per cent of likeness from which a known owner is suggested for an unknown one."""


def lint(resolver: Resolver, paths: Sequence[str], known: Collection[str] | None = None) -> list[Finding]:
    """Findings by file and line. `known` holds the owners that exist (as rules write them); None leaves that out."""
    findings = list(resolver.problems)
    used = resolver.used(paths)
    for index, (rule, _) in enumerate(resolver.rules):
        if index not in used:
            message = f"{shown(rule.pattern)!r} matches no file"
            suggestion = _other_case(rule.pattern, paths)
            findings.append(Finding(Severity.WARNING, "matches-nothing", message, rule.file, rule.line, suggestion))
    if known is not None:
        findings += _unknown(resolver, known)
    return sorted(findings, key=lambda finding: (finding.file, finding.line, finding.code))


def _unknown(resolver: Resolver, known: Collection[str]) -> Iterable[Finding]:
    """Owners that nobody declares, with the likest one that exists. A team may be known without its organisation."""
    names = {_plain(name) for name in known}
    for rule, owners in resolver.rules:
        for written in owners:
            for owner in resolver.expand(written):
                plain = _plain(owner)
                place, slash, slug = plain.rpartition("/")
                if owner.startswith("@@") or owner == "*" or plain in names or (slash and slug in names):
                    continue
                like = process.extractOne(plain, names, scorer=fuzz.ratio, score_cutoff=_LIKE)
                if like is None and slash:
                    like = process.extractOne(slug, names, scorer=fuzz.ratio, score_cutoff=_LIKE)
                suggestion = "" if like is None else like[0]
                if slash and suggestion and "/" not in suggestion:
                    suggestion = f"{place}/{suggestion}"
                if suggestion and owner.startswith("@"):
                    suggestion = f"@{suggestion}"
                message = f"{shown(owner)!r} isn't known in the organisation's files"
                yield Finding(Severity.WARNING, "unknown-owner", message, rule.file, rule.line, suggestion)


def _plain(name: str) -> str:
    """A name without case and @; of `Name <address>` the address."""
    name = name.lower().strip()
    return name.rpartition("<")[2].rstrip(">") if "<" in name else name.lstrip("@")


def _other_case(pattern: str, paths: Sequence[str]) -> str:
    """A path that the pattern would match if case didn't count."""
    plain = pattern.strip("/").lower()
    if not plain or any(char in plain for char in "*?["):
        return ""
    for path in paths:
        low = path.lower()
        if (low == plain or low.startswith(plain + "/")) and path[: len(plain)] != pattern.strip("/"):
            return f"/{path[: len(plain)]}{'/' if pattern.endswith('/') else ''}"
    return ""

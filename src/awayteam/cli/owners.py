"""`awayteam owners`: who owns which path of a repository, and what is wrong with its rules. No server, no database."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from awayteam.sources.githistory.tree import GitTree
    from awayteam.sources.ownership.base import Resolution, Resolver

FORMATS = ("auto", "github", "gitlab", "gitea", "prow", "gerrit", "maintainers")


def register(app: typer.Typer) -> None:
    app.command()(owners)


def owners(
    what: Annotated[
        list[str],
        typer.Argument(metavar="REPO [PATH]... | lint REPO", help="A git repository (bare or not), then paths in it."),
    ],
    stdin: Annotated[bool, typer.Option("--stdin", help="Read paths from standard input, one a line.")] = False,
    nul: Annotated[bool, typer.Option("-z", help="Paths are separated by NUL, on input and output.")] = False,
    ref: Annotated[str, typer.Option("--ref", help="Branch, tag or commit whose rules count.")] = "HEAD",
    format: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "auto",
    org: Annotated[
        list[str] | None, typer.Option("--org", help="Organisation files; lint then names owners that don't exist.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Who owns each PATH of a repository (all its files where none is given), and which rule says so.

    `awayteam owners lint REPO` lists what is wrong with the rules instead (write ./lint for a folder of that name).
    """
    from awayteam.cli.failing import refused, usage

    if format not in FORMATS:
        usage(f"--format {format} isn't known; choose one of {', '.join(FORMATS)}")
    linting = what[0] == "lint"
    arguments = what[1:] if linting else what
    if not arguments:
        usage("name a repository: awayteam owners lint REPO")
    if linting and (len(arguments) > 1 or stdin):
        usage("lint takes a repository and no paths")
    with refused():
        from awayteam.sources.githistory.tree import GitTree
        from awayteam.sources.ownership.detect import resolver

        tree = GitTree(arguments[0], ref)
        rules = resolver(tree, format)
        if linting:
            raise typer.Exit(_lint(rules, tree, org or [], as_json))
        if not rules.file and not as_json:
            typer.echo(f"awayteam: {arguments[0]} has no ownership rules of the format {rules.format}", err=True)
        paths: Iterable[str] = arguments[1:]
        if stdin:
            paths = [*paths, *_read_paths(nul)]
        elif not arguments[1:]:
            paths = tree.paths()
        _print(paths, rules, as_json, nul)


def _read_paths(nul: bool) -> Iterator[str]:
    data = sys.stdin.buffer.read()
    for line in data.split(b"\0" if nul else b"\n"):
        if line:
            yield (
                line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
                if not nul
                else line.decode("utf-8", "surrogateescape")
            )


def _print(paths: Iterable[str], rules: "Resolver", as_json: bool, nul: bool) -> None:
    from awayteam.sources.ownership.base import shown

    pairs = ((path, rules.resolve(path)) for path in paths)
    out = sys.stdout
    if as_json:
        first = True
        out.write("[")
        for path, answer in pairs:
            out.write(("\n" if first else ",\n") + json.dumps(as_dict(path, answer)))
            first = False
        out.write("]\n" if first else "\n]\n")
        return
    out.flush()
    end = "\0" if nul else "\n"
    for path, answer in pairs:
        rule = f"{answer.rule.file}:{answer.rule.line}" if answer.rule else "-"
        said = " ".join(answer.owners) or f"({answer.status})"
        line = "\t".join((path, said, rule) if nul else map(shown, (path, said, rule))) + end
        out.buffer.write(line.encode("utf-8", "surrogateescape"))
    out.buffer.flush()


def as_dict(path: str, answer: "Resolution") -> dict[str, Any]:
    """One answer as JSON has it; bytes of a path that are no UTF-8 stand as lone surrogates (`\\udc80`...)."""
    rule = answer.rule
    found: dict[str, Any] = {
        "path": path,
        "owners": list(answer.owners),
        "status": str(answer.status),
        "rule": {"file": rule.file, "line": rule.line, "pattern": rule.pattern} if rule else None,
    }
    if len(answer.requirements) > 1:
        found["requirements"] = [
            {
                "section": need.rule.section,
                "owners": list(need.owners),
                "approvals": need.approvals,
                "optional": need.optional,
                "rule": {"file": need.rule.file, "line": need.rule.line, "pattern": need.rule.pattern},
            }
            for need in answer.requirements
        ]
    return found


def _lint(rules: "Resolver", tree: "GitTree", org: list[str], as_json: bool) -> int:
    """Print the findings; 1 where one of them is an error, 0 otherwise."""
    from awayteam.sources.ownership.base import Severity, shown
    from awayteam.sources.ownership.lint import lint

    known = None
    if org:
        from awayteam.contributions.organisation import read_organisation

        known = read_organisation(org).owner_names()
    findings = lint(rules, tree.paths(), known)
    if as_json:
        rows = [
            {
                "severity": str(f.severity),
                "code": f.code,
                "message": f.message,
                "file": f.file,
                "line": f.line,
                "suggestion": f.suggestion,
            }
            for f in findings
        ]
        typer.echo(json.dumps(rows, indent=1))
    elif not rules.file:
        typer.echo("no ownership rules found")
    else:
        for f in findings:
            hint = f" (did you mean {f.suggestion}?)" if f.suggestion else ""
            where = f"{f.file}:{f.line}" if f.line else f.file
            typer.echo(shown(f"{where}: {f.severity}: {f.message}{hint}"))
        typer.echo(f"{len(findings)} findings in {len(rules.rules)} rules of the format {rules.format}")
    return 1 if any(f.severity is Severity.ERROR for f in findings) else 0

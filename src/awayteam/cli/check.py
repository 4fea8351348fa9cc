"""`awayteam check`: whether a change may go in now. For any CI and for hooks of git; no database, no Django."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from awayteam.gate.asking import Words
    from awayteam.gate.folder.files import Files
    from awayteam.gate.fromevent import Event
    from awayteam.gate.fromgit import Span
    from awayteam.gate.verdict import Verdict
    from awayteam.gate.words import Names

NAMES_OF_REPOSITORY = ("AWAYTEAM_REPOSITORY", "GITHUB_REPOSITORY", "CI_PROJECT_PATH", "GL_PROJECT_PATH")
OWNERSHIP = ("auto", "github", "gitlab", "gitea", "prow", "gerrit", "maintainers")


def register(app: typer.Typer) -> None:
    app.command()(check)


def check(
    repo: Annotated[str, typer.Option("--repo", help="The git repository (bare or not).")] = ".",
    base: Annotated[str, typer.Option("--base", help="The branch's commit now; zeros: a new branch.")] = "",
    head: Annotated[str, typer.Option("--head", help="The commit that is to go in.")] = "",
    author: Annotated[
        str, typer.Option("--author", help="Who proposes or pushes it: reference, login or address.")
    ] = "",
    approval: Annotated[
        list[str] | None, typer.Option("--approval", metavar="WHO[@COMMIT]", help="Who approved; repeatable.")
    ] = None,
    reject: Annotated[
        list[str] | None, typer.Option("--reject", metavar="WHO", help="Who asked for changes; repeatable.")
    ] = None,
    event: Annotated[str, typer.Option("--event", help="A CI's event file: GitHub's, or GitLab's merge request.")] = "",
    agreements: Annotated[
        str, typer.Option("--agreements", help="A folder outside of the repository, or COMMIT:PATH.")
    ] = "",
    server: Annotated[str, typer.Option("--server", help="Ask this server; token in AWAYTEAM_TOKEN.")] = "",
    name: Annotated[str, typer.Option("--name", help="The repository's name, as agreements have it.")] = "",
    way: Annotated[str, typer.Option("--way", help="merge or push.")] = "",
    passed: Annotated[
        list[str] | None, typer.Option("--passed", metavar="CHECK", help="A check that is green; repeatable.")
    ] = None,
    failed: Annotated[
        list[str] | None, typer.Option("--failed", metavar="CHECK", help="A check that is red; repeatable.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say every reason.")] = False,
    suppose: Annotated[
        list[str] | None,
        typer.Option("--suppose", help="approved:WHO, extended:ENGAGEMENT:DAY, signed:, met:, green:; repeatable."),
    ] = None,
    at: Annotated[str, typer.Option("--at", help="As of this moment, instead of now.")] = "",
    ownership: Annotated[str, typer.Option("--ownership", help=f"One of {', '.join(OWNERSHIP)}.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    format: Annotated[str, typer.Option("--format", help="text, markdown, or github (a job summary too).")] = "text",
) -> None:
    """Whether a change may go in now, and whose word it lacks: 0 it may, 1 not now, 2 that can't be told.

    It is judged by the folder of agreements as the base has it (docs/check.md), or by a server.
    """
    from awayteam.gate import supposing
    from awayteam.gate.asking import Words
    from awayteam.gate.change import Way
    from awayteam.sources import gitcmd

    if way not in ("", "merge", "push"):
        _stop(f"--way {way} isn't known; choose merge or push")
    if format not in ("text", "markdown", "github"):
        _stop(f"--format {format} isn't known; choose text, markdown or github")
    if ownership not in OWNERSHIP:
        _stop(f"--ownership {ownership} isn't known; choose one of {', '.join(OWNERSHIP)}")
    if server and (agreements or at):
        _stop("--server answers by its own agreements as of now; leave out --agreements and --at")
    try:
        told = _event(event) if event else None
        supposed = tuple(map(supposing.parse, (suppose or [])[: supposing.MOST]))
    except ValueError as error:
        _stop(str(error))
    chosen = Way(way) if way else told.way if told else Way.MERGE
    words = Words(
        repository=_name(name, repo, told),
        author=author,
        approvals=tuple(approval or ()),
        rejections=tuple(reject or ()),
        checks={**dict.fromkeys(passed or (), True), **dict.fromkeys(failed or (), False)},
        suppositions=supposed,
        way=chosen,
        ownership=ownership,
        event=told,
    )
    now = _moment(at)
    try:
        with gitcmd.incoming(os.environ):
            span = _span(repo, base, head, words)
            for note in span.notes:
                _say(note)
            if server:
                verdict, names = _ask(server, words, span, tuple(suppose or ())), None
            else:
                verdict, names = _judge(words, span, agreements, now)
    except Exception as error:
        if not _is_refusal(error):
            raise
        _stop(str(error))
    if suppose:
        _say(f"supposed: {', '.join(suppose)}; of the change as it is this says nothing")
    _print(verdict, names, explain, as_json, format)
    raise typer.Exit(0 if verdict.is_allowed else 1)


def _span(repo: str, base: str, head: str, words: "Words") -> "Span":
    from awayteam.gate import fromgit

    told = words.event
    old, new = base or (told.base if told else ""), head or (told.head if told else "")
    if not old or not new:
        _stop("say --base and --head, or an --event that has them")
    if not words.author and (told is None or not (told.login or told.number)):
        _stop("say --author: who proposes or pushes the change (the event doesn't name them)" if told else
              "say --author: who proposes or pushes the change")  # fmt: skip
    if fromgit.is_none(new):
        _stop("--head is no commit; a deletion brings nothing in that could be judged")
    return fromgit.span(repo, old, new, words.way)


def _judge(words: "Words", span: "Span", agreements: str, now: datetime) -> "tuple[Verdict, Names]":
    from awayteam.gate.asking import judge
    from awayteam.gate.folder.loading import load

    facts = load(_files(span, agreements), words.repository, now)
    for warning in facts.warnings:
        _say(f"{warning} (it is left out)")
    if facts.engagements.agreements and not facts.is_named:
        _say(f"no agreement names the repository {words.repository}; say --name where it goes by another")
    return judge(words, span, facts, now), facts.organisation.label


def _files(span: "Span", agreements: str) -> "Files":
    """The folder: of the base, of another commit that isn't part of the change, or outside of the repository."""
    from awayteam.gate.folder import files

    if not agreements:
        if not span.base:
            _stop("the repository has no commits yet, so no folder of agreements; name one with --agreements")
        return files.from_commit(span.repo, span.base)
    ref, colon, path = agreements.partition(":")
    if colon and not os.path.exists(agreements):
        from awayteam.sources import gitcmd

        commit = gitcmd.resolve(span.repo, ref)
        if commit != span.base and _is_new(span, commit):
            _stop(f"--agreements {agreements}: that commit is part of the change; a change is not judged by itself")
        return files.from_commit(span.repo, commit, path)
    if _is_within(agreements, span.repo):
        _stop(f"--agreements {agreements} lies in the repository itself, where the change may have written it; "
              "leave it out to use the base's folder, or write COMMIT:PATH")  # fmt: skip
    return files.from_folder(agreements)


def _is_new(span: "Span", commit: str) -> bool:
    """Whether a commit holds anything that comes with the change: one of its commits, or a merge of it."""
    from awayteam.sources import gitcmd

    args = ["rev-list", "--count", span.head, *([f"^{span.base}"] if span.base else [])]
    return gitcmd.run(span.repo, args, timeout=120) != gitcmd.run(span.repo, [*args, f"^{commit}"], timeout=120)


def _is_within(folder: str, repo: str) -> bool:
    inner, outer = Path(folder).resolve(), Path(repo).resolve()
    return inner.is_relative_to(outer.parent if outer.name == ".git" else outer)


def _ask(server: str, words: "Words", span: "Span", suppose: tuple[str, ...]) -> "Verdict":
    from awayteam.gate import fromserver

    if fromserver.is_exposed(server):
        _say("the token goes over the network unencrypted; use https")
    return fromserver.ask(server, os.environ.get("AWAYTEAM_TOKEN", ""), fromserver.body(words, span, suppose))


def _print(verdict: "Verdict", names: "Names | None", explain: bool, as_json: bool, format: str) -> None:
    from awayteam.gate import words

    if as_json:
        typer.echo(json.dumps(words.as_json(verdict), indent=1))
    elif format == "markdown":
        typer.echo(words.markdown(verdict, names=names))
    else:
        typer.echo(words.text(verdict, explain, names=names))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if format == "github" and summary:
        with open(summary, "a", encoding="utf-8") as file:
            file.write(words.markdown(verdict, names=names))


def _event(path: str) -> "Event":
    from awayteam.gate import fromevent

    try:
        with open(path, "rb") as file:
            data = file.read(fromevent.MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"--event {path}: {error.strerror}") from error
    try:
        return fromevent.read(data)
    except ValueError as error:
        raise ValueError(f"--event {path}: {error}") from error


def _name(given: str, repo: str, event: "Event | None") -> str:
    """The repository's name: said, else of the CI's or the event, else of its folder."""
    known = (given, *(os.environ.get(key, "") for key in NAMES_OF_REPOSITORY), event.repository if event else "")
    folder = Path(repo).resolve()
    usual = folder.parent.name if folder.name == ".git" else folder.name
    return next((one for one in known if one), usual.removesuffix(".git"))


def _moment(at: str) -> datetime:
    if not at:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        _stop(f"--at {at[:60]} is no moment; write it as 2026-12-31T17:00:00Z")
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _is_refusal(error: Exception) -> bool:
    from awayteam.gate.folder.files import FolderError
    from awayteam.sources.gitcmd import GitError
    from awayteam.sources.readers.base import ReadError

    known: tuple[type[Exception], ...] = (FolderError, GitError, ReadError, OSError)
    if isinstance(error, known):
        return True
    if "awayteam.gate.fromserver" not in sys.modules:
        return False
    from awayteam.gate.fromserver import ServerError

    return isinstance(error, ServerError)


def _say(message: str) -> None:
    from awayteam.sources.ownership.base import shown

    typer.echo(f"awayteam: {shown(message)}", err=True)


def _stop(message: str) -> NoReturn:
    """Nothing can be told: exit code 2, which lets nothing in."""
    _say(message)
    raise typer.Exit(2)

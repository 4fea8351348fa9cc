"""`awayteam forge plan|reconcile|strays`: access on forges, as it would be made, is made, and was given by hand."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from awayteam.cli.forge import app as forge
from awayteam.cli.shared import JSON, django, print_json, table

FORGE = Annotated[str, typer.Option("--forge", metavar="NAME", help="One forge; all where not said.")]
REPOSITORY = Annotated[str, typer.Option("--repository", help="One repository: its slug, or its name in agreements.")]
HEADER = ("Forge", "Repository", "Step", "Account", "Level", "Until", "Why")


def register(root: typer.Typer) -> None:  # noqa: ARG001 - these commands belong to `forge`
    forge.command("plan")(plan)
    forge.command("reconcile")(reconcile)
    forge.command("strays")(strays)


def _repositories(name: str, repository: str) -> list[Any]:
    """The repositories that are meant; those that visits are or were in, or will be, where none is named."""
    from django.utils import timezone

    from awayteam.forges import jobs_access
    from awayteam.forges.models import Forge, ForgeRepository, ForgeState
    from awayteam.forges.permissions import load
    from awayteam.forges.queries import access
    from awayteam.kernel.actor import SYSTEM

    forges = [load(SYSTEM, name)] if name else list(Forge.objects.filter(state=ForgeState.ACTIVE).order_by("name"))
    if repository:
        return [row.repository for one in forges for row in access.rows(SYSTEM, one, repository=repository)]
    jobs_access.survey(timezone.now())
    rows = ForgeRepository.objects.filter(forge__in=forges, access__isnull=False, gone_at__isnull=True)
    return list(rows.select_related("forge", "repository").order_by("forge__name", "slug"))


@contextmanager
def _bar(count: int, says: str) -> Iterator[Callable[[], None]]:
    """Repositories done, on standard error, where that is a terminal."""
    if not sys.stderr.isatty() or count < 2:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(says, total=count)
        yield lambda: bar.advance(task)


def plan(name: FORGE = "", repository: REPOSITORY = "", as_json: JSON = False) -> None:
    """What would be done to make access what engagements say. Asks the forge, changes nothing there."""
    django()
    from django.utils import timezone

    from awayteam.forges.actions.reconciling import preview, step_data
    from awayteam.forges.leasing import says
    from awayteam.forges.port import ForgeError
    from awayteam.kernel.errors import AwayteamError

    rows, found, failed = _repositories(name, repository), [], False
    with _bar(len(rows), "Asking") as advance:
        for row in rows:
            one: dict[str, Any] = {"forge": row.forge.name, "repository": row.slug, "steps": [], "error": ""}
            try:
                one["steps"] = [step_data(step) for step in preview(row, now=timezone.now()).steps]
            except (ForgeError, AwayteamError) as error:
                one["error"], failed = says(error), True
            found.append(one)
            advance()
    _print(found, as_json)
    raise typer.Exit(int(failed))


def reconcile(name: FORGE = "", repository: REPOSITORY = "", as_json: JSON = False) -> None:
    """Make access what engagements say, now. Exit code 1 where something couldn't be done."""
    django()
    from django.utils import timezone

    from awayteam.forges.actions.reconciling import reconcile as look
    from awayteam.forges.actions.reconciling import step_data

    rows, found, failed = _repositories(name, repository), [], False
    with _bar(len(rows), "Reconciling") as advance:
        for row in rows:
            done = look(row, now=timezone.now(), asked_by="the command line")
            error = done.error or "; ".join(done.failures) or ("Another worker is looking at it." if done.busy else "")
            failed |= bool(error)
            found.append({
                "forge": row.forge.name, "repository": row.slug, "error": error, "given": done.given,
                "taken": done.taken, "new_strays": done.strays, "unsettled": done.unsettled,
                "steps": [step_data(step) for step in done.plan.steps],
            })  # fmt: skip
            advance()
    _print(found, as_json)
    raise typer.Exit(int(failed))


def _print(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json({"repositories": found})
        return
    rows = []
    for one in found:
        for step in one["steps"]:
            who = step["account"] or ", ".join(f"person {number}" for number in step["people"])
            rows.append((one["forge"], one["repository"], step["kind"], who, step["level"], step["until"] or "",
                         step["says"]))  # fmt: skip
        if one["error"]:
            rows.append((one["forge"], one["repository"], "failed", "", "", "", one["error"]))
    table(HEADER, rows)
    if not rows:
        typer.echo("There is nothing to do: no engagement names a repository of a forge.", err=True)


def strays(name: FORGE = "", as_json: JSON = False) -> None:
    """Rights to write that no engagement gives, of people who aren't at home there."""
    django()
    from awayteam.forges.api.access import stray_of
    from awayteam.forges.permissions import load
    from awayteam.forges.queries import access
    from awayteam.kernel.actor import SYSTEM

    found = access.strays(SYSTEM, load(SYSTEM, name) if name else None)
    if as_json:
        print_json({"items": [stray_of(row).model_dump(mode="json") for row in found]})
        return
    shown = [stray_of(row) for row in found]
    table(
        ("Forge", "Repository", "Account", "Person", "Level", "Since", ""),
        [(one.forge, one.repository, one.account, one.person or "", one.level, f"{one.found_at:%Y-%m-%d %H:%M}",
          "raised" if one.raised else "") for one in shown],
    )  # fmt: skip

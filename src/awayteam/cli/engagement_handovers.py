"""`awayteam engagement handover|deploy|defect|retrospective|self-service`: the end of a visit, and what comes after."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from awayteam.cli.engagement import app as engagement
from awayteam.cli.failing import usage
from awayteam.cli.handovers import (
    act,
    at,
    current,
    print_defect,
    print_defects,
    print_handover,
    print_look_back,
    ready,
)
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import CURSOR, JSON, LIMIT, day, django, print_json, table

handover = typer.Typer(help="The checklist, and who accepts it.", no_args_is_help=True)
defect = typer.Typer(help="What is wrong with what visits built, and whose it is.", no_args_is_help=True)
NUMBER = Annotated[int, typer.Argument(metavar="ENGAGEMENT", min=1, help="The number of the engagement.")]
DEFECT = Annotated[int, typer.Argument(metavar="DEFECT", min=1, help="The number of the defect.")]
LINE = Annotated[int, typer.Argument(metavar="LINE", min=1, help="The number of the line.")]
WORDS = Annotated[str, typer.Option("--words", help="Why, in a sentence; it stands in the story.")]
NOT_GIVEN = 0
LONGEST_TRACE = 200_000


def register(root: typer.Typer) -> None:  # noqa: ARG001 - its commands hang below those of engagements
    engagement.add_typer(handover, name="handover")
    engagement.add_typer(defect, name="defect")
    engagement.command("deploy")(deploy)
    engagement.command("retrospective")(retrospective)
    engagement.command("self-service")(self_service)


@handover.command()
def begin(number: NUMBER, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Begin to hand over: a checklist waits to be filled in."""
    actions = ready()
    from django.utils import timezone

    actor = actor_of(person, needed=True)
    made = actions.begin(number, actor=actor, now=timezone.now(), words=words)
    print_handover(made.pk, actor, as_json)


@handover.command()
def show(number: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """The newest handover of an engagement: checklist, what is missing, whose turn it is."""
    django()
    actor = actor_of(person)
    print_handover(current(number, actor), actor, as_json)


@handover.command()
def line(
    number: NUMBER,
    line: LINE,
    verb: Annotated[str, typer.Argument(metavar="show|done|waive|reopen")],
    url: Annotated[str, typer.Option("--link", help="With show: an address.")] = "",
    file: Annotated[Path | None, typer.Option("--file", help="With show: JUnit, SARIF or Cobertura.")] = None,
    walked: Annotated[str, typer.Option("--on", metavar="DATE", help="With show: the day of the walkthrough.")] = "",
    attended: Annotated[str, typer.Option("--with", metavar="PERSON", help="Who of the home side was there.")] = "",
    words: WORDS = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say what shows that a line is done, that it is done, that the home side waives it, or open it again."""
    actions = ready()
    if verb == "show":
        shown = _shown(actions, url, file, walked, attended, words)
        act(actions.add_evidence, number, person, as_json, line, shown=shown)
    elif verb == "done":
        act(actions.tick, number, person, as_json, line)
    elif verb == "waive":
        act(actions.waive, number, person, as_json, line, words=words)
    elif verb == "reopen":
        act(actions.reopen, number, person, as_json, line, words=words)
    else:
        usage(f"{verb!r} is nothing to do with a line; choose show, done, waive or reopen")


def _shown(actions: Any, url: str, file: Path | None, walked: str, attended: str, words: str) -> Any:
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries

    who = queries.person(SYSTEM, attended if ":" in attended else f"user:{attended}") if attended else None
    data = b""
    if file is not None:
        try:
            data = file.read_bytes()
        except OSError as error:
            usage(f"--file: {file}: {error.strerror}")
    return actions.Shown(url, words, file.name if file else "", data, day(walked, "--on") if walked else None, who)


@handover.command()
def submit(
    number: NUMBER,
    summary: Annotated[str, typer.Option("--summary", help="What was built, and where it is.")],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Give it to the home team; every line is done or waived."""
    act(ready().submit, number, person, as_json, summary=summary)


@handover.command()
def accept(number: NUMBER, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Take it, for the home team or as the fall-back reviewer."""
    act(ready().accept, number, person, as_json, words=words)


@handover.command()
def refuse(
    number: NUMBER,
    words: WORDS,
    line: Annotated[int, typer.Option("--line", min=0, help="The line that isn't met.")] = NOT_GIVEN,
    standard: Annotated[int, typer.Option("--standard", min=0, help="The id of a frozen standard.")] = NOT_GIVEN,
    section: Annotated[str, typer.Option("--section", help="Where in the standard.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Send it back, citing a line of the checklist or a frozen standard."""
    actions = ready()
    cited = actions.Citation(standard or None, section, line or None)
    act(actions.refuse, number, person, as_json, citation=cited, words=words)


@handover.command("take-back")
def take_back(number: NUMBER, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Take it back and work on."""
    act(ready().take_back, number, person, as_json, words=words)


def deploy(
    number: NUMBER,
    environment: Annotated[str, typer.Option("--environment", help="Where it runs.")] = "production",
    reference: Annotated[str, typer.Option("--reference", help="A version, a commit, or a pipeline's address.")] = "",
    since: Annotated[str, typer.Option("--at", metavar="TIME", help="Since when (now).")] = "",
    words: WORDS = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Record where it runs; the first time in production starts the warranty."""
    actions = ready()
    from django.utils import timezone

    from awayteam.handovers.api import schemas

    actor = actor_of(person, needed=True)
    made = actions.deploy(
        number, actor=actor, now=timezone.now(), environment=environment, reference=reference, at=at(since), words=words
    )
    if as_json:
        print_json(schemas.deployment_of(made).model_dump(mode="json"))
    else:
        typer.echo(f"{made.environment} {made.reference} since {made.at:%Y-%m-%d %H:%M} UTC is recorded.")


@defect.command("report")
def report_defect(
    title: Annotated[str, typer.Argument(help="What is wrong.")],
    number: Annotated[int, typer.Option("--engagement", min=0, help="Of which engagement.")] = NOT_GIVEN,
    service: Annotated[str, typer.Option("--service", metavar="REF", help="Or of which service.")] = "",
    words: WORDS = "",
    path: Annotated[str, typer.Option("--path", help="The file, from the repository's root.")] = "",
    line: Annotated[int, typer.Option("--line", min=0)] = NOT_GIVEN,
    repository: Annotated[str, typer.Option("--repository")] = "",
    trace: Annotated[
        str, typer.Option("--trace", metavar="FILE", help="A stack trace or log; - reads the input.")
    ] = "",
    severity: Annotated[str, typer.Option("--severity", help="high, medium or low.")] = "medium",
    found_at: Annotated[str, typer.Option("--found-at", metavar="TIME", help="When it showed (now).")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Report a defect; the answer says whose it is, and why."""
    actions = ready()
    from django.utils import timezone

    from awayteam.catalog import queries
    from awayteam.handovers.seeing import Spot

    actor = actor_of(person, needed=True)
    spot = Spot(repository, path, line or None)
    found = actions.Found(title, words, spot, _trace(trace), severity, at(found_at))
    thing = queries.resolve(actor, service) if service else None
    now = timezone.now()
    made = actions.report(actor=actor, now=now, found=found, engagement=number or None, service=thing)
    print_defect(made.pk, actor, as_json)


def _trace(name: str) -> str:
    if not name:
        return ""
    if name == "-":
        return sys.stdin.read(LONGEST_TRACE)
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            return file.read(LONGEST_TRACE)
    except OSError as error:
        usage(f"--trace: {name}: {error.strerror}")


@defect.command("list")
def list_defects(
    number: Annotated[int, typer.Option("--engagement", min=0)] = NOT_GIVEN,
    service: Annotated[str, typer.Option("--service", metavar="REF")] = "",
    state: Annotated[str, typer.Option("--state", help="open, closed, all, or one state.")] = "open",
    sort: Annotated[str, typer.Option("--sort", help="age, due, found, severity or title, or -age...")] = "age",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Defects, the newest first unless sorted otherwise."""
    django()
    from django.utils import timezone

    from awayteam.catalog import queries as catalog
    from awayteam.handovers import queries
    from awayteam.handovers.machine import DefectState

    if state not in {"open", "closed", "all", *(one.value for one in DefectState)}:
        usage(f"there is no state {state!r}; open, closed, all, or one of {', '.join(DefectState)}")
    actor, now = actor_of(person), timezone.now()
    page = queries.defects(
        actor, engagement=_engagement(number, actor) if number else None,
        service=catalog.resolve(actor, service) if service else None, state=state, sort=sort,
        now=now, cursor=cursor or None, limit=limit,
    )  # fmt: skip
    print_defects(page, as_json)


def _engagement(number: int, actor: Any) -> Any:
    from django.utils import timezone

    from awayteam.engagements.models import Engagement
    from awayteam.engagements.permissions import visible
    from awayteam.kernel.errors import NotFound

    row = visible(actor, Engagement.objects.filter(pk=number), timezone.now()).first()
    if row is None:
        raise NotFound(f"There is no engagement {number}.", "Look at `awayteam engagement list`.")
    return row


@defect.command("show")
def show_defect(number: DEFECT, person: PERSON = "", as_json: JSON = False) -> None:
    """One defect: whose it is and why."""
    django()
    print_defect(number, actor_of(person), as_json)


def _act(name: str, number: int, person: str, as_json: bool, **more: Any) -> None:
    actions = ready()
    from django.utils import timezone

    actor = actor_of(person, needed=True)
    getattr(actions, name)(number, actor=actor, now=timezone.now(), **more)
    print_defect(number, actor, as_json)


@defect.command()
def fix(
    number: DEFECT,
    commit: Annotated[str, typer.Option("--commit", help="The commit that repaired it.")] = "",
    words: WORDS = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say that it is repaired."""
    _act("fix", number, person, as_json, commit=commit, words=words)


@defect.command()
def dispute(number: DEFECT, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Say that it isn't yours, once; the manager above both teams decides."""
    _act("dispute", number, person, as_json, words=words)


@defect.command()
def rule(
    number: DEFECT,
    side: Annotated[str, typer.Argument(metavar="away|home", help="Whose it is.")],
    words: WORDS,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say as the manager above both whose it is."""
    _act("rule", number, person, as_json, side=side, words=words)


@defect.command()
def take(number: DEFECT, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Repair it all the same, though it is the other team's."""
    _act("take", number, person, as_json, words=words)


@defect.command()
def dismiss(number: DEFECT, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Say that it is no defect."""
    _act("dismiss", number, person, as_json, words=words)


def retrospective(
    number: NUMBER,
    answer: Annotated[
        list[str] | None, typer.Option("--answer", help="Five times, in the order of the questions.")
    ] = None,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """What both sides learned; with --answer (five times, empty ones too), say it."""
    actions = ready()
    from django.utils import timezone

    actor = actor_of(person, needed=bool(answer))
    row = _engagement(number, actor)
    if answer:
        actions.look_back(row, actor=actor, now=timezone.now(), answers=answer)
    print_look_back(row, actor, as_json)


def self_service(
    aside: Annotated[str, typer.Option("--put-aside", metavar="REF", help="Put one aside; give --words.")] = "",
    words: WORDS = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Services that teams visit again and again and that should rather serve themselves."""
    actions = ready()
    from django.utils import timezone

    from awayteam.catalog import queries as catalog
    from awayteam.handovers import queries
    from awayteam.handovers.api import schemas

    actor, now = actor_of(person, needed=bool(aside)), timezone.now()
    if aside:
        actions.put_aside(catalog.resolve(actor, aside), actor=actor, now=now, words=words)
    rows = queries.self_service(actor, now)
    if as_json:
        print_json([schemas.self_service_of(one).model_dump(mode="json") for one in rows])
        return
    table(
        ("Service", "Visits", "Teams", "Engagements"),
        ((one.service.ref, one.visits, one.teams, ", ".join(str(row.pk) for row in one.seen)) for one in rows),
    )

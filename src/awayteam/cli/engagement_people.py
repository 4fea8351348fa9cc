"""`awayteam engagement member|place|standard|baseline`: who comes, and what the contract freezes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli.engagement import app
from awayteam.cli.engagements import NUMBER, WORDS, Many, load, person_of, ready
from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import CURSOR, JSON, LIMIT, day, number, print_json, table

if TYPE_CHECKING:
    from awayteam.engagements.actions import Joining

member = typer.Typer(help="Who works in the away team.", no_args_is_help=True)
place = typer.Typer(help="Open places in away teams.", no_args_is_help=True)
standard = typer.Typer(help="The home team's rules, as the contract freezes them.", no_args_is_help=True)
baseline = typer.Typer(help="What was so before the visit.", no_args_is_help=True)
for _name, _group in (("member", member), ("place", place), ("standard", standard), ("baseline", baseline)):
    app.add_typer(_group, name=_name)

MEMBER = Annotated[int, typer.Argument(metavar="MEMBER", min=1, help="The number of the member.")]
PLACE = Annotated[int, typer.Argument(metavar="PLACE", min=1, help="The number of the place.")]
APPLICATION = Annotated[int, typer.Argument(metavar="APPLICATION", min=1, help="The number of the application.")]
SHARE = Annotated[int, typer.Option("--share", help="Percent of their time.")]
FIRST = Annotated[str, typer.Option("--from", metavar="DATE", help="Their first day.")]
LAST = Annotated[str, typer.Option("--until", metavar="DATE", help="Their last day.")]


def register(root: typer.Typer) -> None:
    """Nothing more: these commands stand below `engagement`."""


def _day(text: str, name: str) -> Any:
    return day(text, name) if text else None


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()


def _print_joining(found: "Joining", as_json: bool) -> None:
    from awayteam.engagements.api.people import standing_of

    if as_json:
        print_json(standing_of(found).model_dump(mode="json"))
        return
    one = found.member
    until = f" until {one.leaves_on}" if one.leaves_on else ""
    typer.echo(f"{one.pk}  {one.person}: {one.share}% from {one.joins_on}{until}")
    if found.needs:
        typer.echo(f"Still to agree: {' and '.join(found.needs)}.")
    if found.warning:
        typer.echo(found.warning, err=True)


@member.command("add")
def add(
    engagement: NUMBER,
    who: Annotated[str, typer.Argument(metavar="PERSON")],
    share: SHARE = 100,
    first: FIRST = "",
    last: LAST = "",
    words: WORDS = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Put somebody on the list; their manager must agree, and after signing the home side."""
    actions, actor = ready(), actor_of(person)
    found = actions.add_member(
        load(engagement, actor), actor=actor, now=_now(), person=person_of(actor, who), share=share,
        joins_on=_day(first, "--from"), leaves_on=_day(last, "--until"), words=words,
    )  # fmt: skip
    _print_joining(found, as_json)


@member.command("list")
def list_members(engagement: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """Everybody who is or was on the list, with what is still missing."""
    ready()
    from awayteam.engagements.queries.story import members_of

    rows = members_of(load(engagement, actor_of(person)))
    if as_json:
        names = ("id", "share", "joins_on", "leaves_on", "agreed_at", "home_agreed_at", "left_at", "why")
        print_json([{"person": row.person.ref, **{name: getattr(row, name) for name in names}} for row in rows])
        return
    table(
        ("Number", "Person", "Share", "From", "Until", "Manager agreed", "Left"),
        ((row.id, row.person.label, f"{row.share}%", row.joins_on, row.leaves_on, row.agreed_at, row.left_at)
         for row in rows),
    )  # fmt: skip


@member.command("change")
def change(
    member: MEMBER,
    share: SHARE = 0,
    first: FIRST = "",
    last: LAST = "",
    words: WORDS = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Change share or days; where that asks for more, their manager must agree anew."""
    actions, actor = ready(), actor_of(person)
    found = actions.change_member(
        member, actor=actor, now=_now(), share=share or None, joins_on=_day(first, "--from"),
        leaves_on=_day(last, "--until"), words=words,
    )  # fmt: skip
    _print_joining(found, as_json)


@member.command()
def agree(member: MEMBER, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Agree to a share of somebody's time, as their manager."""
    actions = ready()
    _print_joining(actions.agree_to_member(member, actor=actor_of(person), now=_now(), words=words), as_json)


@member.command()
def welcome(member: MEMBER, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Agree for the home side to somebody who comes after its signature."""
    actions = ready()
    _print_joining(actions.welcome_member(member, actor=actor_of(person), now=_now(), words=words), as_json)


@member.command()
def end(member: MEMBER, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """End somebody's place now, and their access with it."""
    actions = ready()
    row = actions.end_membership(member, actor=actor_of(person), now=_now(), words=words)
    if as_json:
        print_json({"engagement": row.pk, "member": member})
    else:
        typer.echo(f"Not on the list of engagement {row.pk} any more.")


@place.command("list")
def list_places(
    text: Annotated[str, typer.Option("--text", help="Words of title, description or skills.")] = "",
    skill: Annotated[str, typer.Option("--skill", help="One skill.")] = "",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Places for which anybody may apply, the newest first."""
    ready()
    from awayteam.engagements import queries

    page = queries.open_places(actor_of(person), _now(), text=text, skill=skill, cursor=cursor or None, limit=limit)
    if as_json:
        from awayteam.engagements.api.people import open_place_of

        items = [open_place_of(row).model_dump(mode="json") for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor})
        return
    table(
        ("Number", "Place", "Skills", "Hours", "Engagement", "Away team", "Home team", "Open until"),
        ((row.id, row.title, ", ".join(row.skills), row.hours, row.engagement, row.away.label, row.home.label,
          row.open_until) for row in page.items),
    )  # fmt: skip


@place.command("offer")
def offer(
    engagement: NUMBER,
    title: Annotated[str, typer.Option("--title", help="What the place is for.")],
    hours: Annotated[int, typer.Option("--hours", help="How many hours it takes, in all.")],
    skill: Annotated[Many, typer.Option("--skill", help="A skill that is needed.")] = None,
    words: WORDS = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="How long it is open.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Offer a place in the away team to everybody."""
    actions, actor = ready(), actor_of(person)
    made = actions.offer_place(
        load(engagement, actor), actor=actor, now=_now(), title=title, hours=hours, skills=skill or (), words=words,
        open_until=_day(until, "--until"),
    )  # fmt: skip
    if as_json:
        print_json({"id": made.pk, "engagement": engagement, "title": made.title, "skills": made.skills})
    else:
        typer.echo(f"{made.pk}  {made.title}")


@place.command("close")
def close(place: PLACE, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Offer a place no more."""
    made = ready().close_place(place, actor=actor_of(person), now=_now(), words=words)
    _say(as_json, {"id": made.pk, "closed_at": made.closed_at}, f"{made.title} isn't offered any more.")


@place.command("apply")
def apply(place: PLACE, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Say that you would take a place."""
    made = ready().apply_for_place(place, actor=actor_of(person, needed=True), now=_now(), words=words)
    _say(as_json, {"id": made.pk, "place": place}, f"Application {made.pk}; the away team's lead answers.")


@place.command("take")
def take(
    application: APPLICATION,
    share: SHARE = 100,
    first: FIRST = "",
    last: LAST = "",
    words: WORDS = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Give the place to who applied; the others are refused."""
    actions = ready()
    found = actions.take_application(
        application, actor=actor_of(person), now=_now(), share=share, joins_on=_day(first, "--from"),
        leaves_on=_day(last, "--until"), words=words,
    )  # fmt: skip
    _print_joining(found, as_json)


@place.command("refuse")
def refuse(application: APPLICATION, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Say no to who applied, with words."""
    made = ready().refuse_application(application, actor=actor_of(person), now=_now(), words=words)
    _say(as_json, {"id": made.pk, "answer": made.answer}, f"{made.person} was told.")


def _say(as_json: bool, data: dict[str, Any], text: str) -> None:
    if as_json:
        print_json(data)
    else:
        typer.echo(text)


@standard.command("list")
def list_standards(engagement: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """The frozen documents, with their hashes."""
    ready()
    from awayteam.engagements.api.freezing import standard_of

    rows = [standard_of(one) for one in load(engagement, actor_of(person)).standards.defer("text")]
    if as_json:
        print_json(rows)
        return
    names = ("id", "title", "repository", "commit", "sha256")
    table(("Number", "Title", "Repository", "Commit", "SHA-256"), (tuple(row[name] for name in names) for row in rows))


@standard.command("find")
def find(
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="Its name as it is followed.")],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """What a followed repository offers as standards; nothing is frozen."""
    found = ready().find_standards(_repository(repository, actor_of(person)))
    if as_json:
        rows = [{"path": one.path, "about": one.words, "commit": one.commit, "sha256": one.sha256,
                 "suggested": one.suggested} for one in found.documents]  # fmt: skip
        print_json({"documents": rows, "left_out": list(found.left_out)})
        return
    table(
        ("Path", "About", "Suggested", "SHA-256"),
        ((one.path, one.words, "yes" if one.suggested else "", one.sha256[:12]) for one in found.documents),
    )
    for said in found.left_out:
        typer.echo(f"Left out: {said}", err=True)


@standard.command("take")
def take_standards(
    engagement: NUMBER,
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="Its name as it is followed.")],
    path: Annotated[Many, typer.Option("--path", help="A document; those that are suggested where not said.")] = None,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Freeze documents of a followed repository in a draft."""
    actions, actor = ready(), actor_of(person)
    actions.take_standards(
        load(engagement, actor), actor=actor, now=_now(), repository=_repository(repository, actor), paths=path or None
    )
    list_standards(engagement, person, as_json)


@standard.command("write")
def write(
    engagement: NUMBER,
    title: Annotated[str, typer.Option("--title")],
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Its text.")],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Freeze a standard that stands in no repository."""
    from awayteam.engagements.standards import MAX_DOCUMENT, text_of

    if file.stat().st_size > MAX_DOCUMENT:
        usage(f"{file}: at most {MAX_DOCUMENT:,} bytes are read")
    text = text_of(file.read_bytes())
    if text is None:
        usage(f"{file}: this isn't text in UTF-8")
    actions, actor = ready(), actor_of(person)
    actions.add_standard(load(engagement, actor), actor=actor, now=_now(), title=title, text=text)
    list_standards(engagement, person, as_json)


@standard.command("remove")
def remove(
    standard: Annotated[int, typer.Argument(metavar="STANDARD", min=1)], person: PERSON = "", as_json: JSON = False
) -> None:
    """Take a standard out of a draft."""
    row = ready().remove_standard(standard, actor=actor_of(person), now=_now())
    list_standards(row.pk, person, as_json)


def _repository(name: str, actor: Any) -> Any:
    from awayteam.engagements.api.freezing import repository_of

    return repository_of(actor, name)


@baseline.command("take")
def take_baseline(
    engagement: NUMBER,
    file: Annotated[list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False)],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Add what result files of a build say: JUnit XML, SARIF 2.1.0, Cobertura XML."""
    from awayteam.sources.results import MAX_BYTES

    actions, actor = ready(), actor_of(person)
    for one in file:
        if one.stat().st_size > MAX_BYTES:
            usage(f"{one}: at most {MAX_BYTES:,} bytes are read")
    files = [actions.Upload(one.name, one.read_bytes()) for one in file]
    found = actions.take_baseline(load(engagement, actor), actor=actor, now=_now(), files=files)
    if as_json:
        print_json({"counts": found.counts, "problems": found.problems})
        return
    typer.echo(", ".join(f"{count} {kind}" for kind, count in sorted(found.counts.items())) or "Nothing failed.")
    for said in found.problems:
        typer.echo(f"Not taken: {said}", err=True)


@baseline.command("add")
def add_item(
    engagement: NUMBER,
    kind: Annotated[str, typer.Option("--kind", help="check, finding, coverage or defect.")],
    key: Annotated[str, typer.Option("--key", help="What it is called.")],
    words: WORDS = "",
    path: Annotated[str, typer.Option("--path", help="The file that it is about.")] = "",
    value: Annotated[str, typer.Option("--value", help="A figure; percent for coverage.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say by hand what was so before."""
    actions, actor = ready(), actor_of(person)
    made = actions.add_baseline_item(
        load(engagement, actor), actor=actor, now=_now(), kind=kind, key=key, words=words, path=path,
        value=number(value, "--value") if value else None,
    )  # fmt: skip
    _say(as_json, {"id": made.pk, "kind": made.kind, "key": made.key}, f"{made.pk}  {made.kind}  {made.key}")


@baseline.command("list")
def list_baseline(engagement: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """What was so before the visit."""
    ready()
    from awayteam.engagements.api.freezing import item_of

    rows = [item_of(one) for one in load(engagement, actor_of(person)).baseline.all()]
    if as_json:
        print_json(rows)
        return
    table(("Number", "Kind", "What", "Figure", "Words"),
          ((row["id"], row["kind"], row["key"], row["value"], row["words"]) for row in rows))  # fmt: skip


@baseline.command("remove")
def remove_items(
    engagement: NUMBER,
    item: Annotated[Many, typer.Option("--item", metavar="ITEM", help="An item's number; all where not said.")] = None,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Take items out of a draft's baseline."""
    actions, actor = ready(), actor_of(person)
    if wrong := next((one for one in item or () if not one.isdecimal()), None):
        usage(f"--item {wrong!r} is no number")
    chosen = [int(one) for one in item] if item else None
    actions.remove_baseline(load(engagement, actor), actor=actor, now=_now(), items=chosen)
    list_baseline(engagement, person, as_json)

"""`awayteam review`: reviews by bar raisers, and the public register of overrides and deviations."""

from typing import Annotated, Any

import typer

from awayteam.cli.shared import CURSOR, JSON, LIMIT, day, django, facts, print_json, table

app = typer.Typer(help="Reviews by bar raisers, overrides and deviations.", no_args_is_help=True)
register_app = typer.Typer(help="The public register of overrides and deviations.", no_args_is_help=True)
app.add_typer(register_app, name="register")
PERSON = Annotated[str, typer.Option("--as", metavar="PERSON", help="Who says so; without it, the software itself.")]
NUMBER = Annotated[int, typer.Argument(metavar="NUMBER", min=1)]
WORDS = Annotated[str, typer.Option("--words", help="Why; it stands in the story.")]
FIELD = Annotated[list[str] | None, typer.Option("--field", help="Only this field (repeatable).")]
TEAM = Annotated[list[str] | None, typer.Option("--team", help="Only this team (a reference, repeatable).")]


def register(root: typer.Typer) -> None:
    from awayteam.cli import review_pool

    review_pool.register(app)
    root.add_typer(app, name="review")


def actor_named(person: str) -> Any:
    """The actor that a person is; the software itself for no name."""
    from django.utils import timezone

    from awayteam.accounts.actors import actor_of_person
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries

    return actor_of_person(queries.person(SYSTEM, person), timezone.now()) if person else SYSTEM


def links(given: list[str] | None) -> list[dict[str, str]]:
    from awayteam.reviews.forms.fields import links_of

    return [one for text in given or [] for one in links_of(text)]


def _print_one(number: int, actor: Any, as_json: bool) -> None:
    from django.utils import timezone

    from awayteam.reviews import queries
    from awayteam.reviews.api.schemas import story_out

    values = story_out(queries.story(actor, number, timezone.now())).model_dump()
    if as_json:
        print_json(values)
        return
    plain = ("id", "title", "field", "state", "recommendation", "summary", "due_at", "register_entry")
    facts([(name.replace("_", " ").capitalize(), values[name]) for name in plain])
    for name in ("team", "decider", "bar_raiser", "turn"):
        facts([(name.replace("_", " ").capitalize(), (values[name] or {}).get("ref"))])
    for reason in values["reasons"]:
        typer.echo(f"{'Why:':<14}{reason}")
    for one in values["conditions"]:
        typer.echo(f"{'Condition:':<14}{one['number']}. {one['text']} ({'met' if one['met_at'] else 'open'})")


@app.command("request")
def request_(
    field: Annotated[str, typer.Argument(metavar="FIELD", help="As in the rulebook: architecture, design...")],
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    question: Annotated[str, typer.Option("--question", help="What is to be decided.")],
    team: Annotated[str, typer.Option("--team", help="The team that decides.")],
    decider: Annotated[str, typer.Option("--decider", help="The person who decides.")],
    involved: Annotated[
        list[str] | None, typer.Option("--involved", help="Another involved team (repeatable).")
    ] = None,
    entity: Annotated[str, typer.Option("--entity", help="The service it is about.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Ask for a review; a bar raiser is assigned at once where one is free."""
    django()
    from django.utils import timezone

    from awayteam.catalog import queries as catalog
    from awayteam.organisation import queries as organisation
    from awayteam.reviews import actions

    actor = actor_named(person)
    wanted = actions.Wanted(
        field=field, title=title, question=question, team=organisation.team(actor, team),
        decider=organisation.person(actor, decider), teams=[organisation.team(actor, one) for one in involved or []],
        entity=catalog.resolve(actor, entity) if entity else None,
    )  # fmt: skip
    made = actions.request_review(wanted, actor=actor, now=timezone.now())
    _print_one(made.pk, actor, as_json)


@app.command("list")
def list_(
    state: Annotated[list[str] | None, typer.Option("--state", help="Only this state (repeatable).")] = None,
    field: FIELD = None,
    team: TEAM = None,
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended as well.")] = False,
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """Reviews, the most pressing first."""
    django()
    from django.utils import timezone

    from awayteam.kernel.actor import SYSTEM
    from awayteam.reviews import queries
    from awayteam.reviews.api.schemas import ReviewOut, review_values

    wanted = queries.ReviewFilter(tuple(state or ()), tuple(field or ()), tuple(team or ()), not ended)
    page = queries.reviews(SYSTEM, wanted, now=timezone.now(), cursor=cursor or None, limit=limit)
    if as_json:
        items = [ReviewOut(**review_values(row)).model_dump() for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = (
        (row.review.pk, row.words, row.review.field, row.review.bar_raiser, row.review.decider, row.review.title)
        for row in page.items
    )
    table(("Number", "State", "Field", "Bar raiser", "Decides", "What"), rows)


@app.command()
def show(number: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """One review with its document, conditions, and the reasons of the assignment."""
    django()
    _print_one(number, actor_named(person), as_json)


def _act(number: int, person: str, as_json: bool, verb: str, /, **given: Any) -> None:
    from django.utils import timezone

    from awayteam.reviews import actions, queries

    actor = actor_named(person)
    row = queries.review(actor, number)
    getattr(actions, verb)(row, **given, actor=actor, now=timezone.now())
    _print_one(number, actor, as_json)


@app.command()
def assign(
    number: NUMBER,
    to: Annotated[str, typer.Option("--to", metavar="PERSON", help="Whom; without it Awayteam chooses.")] = "",
    words: WORDS = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Assign an independent bar raiser, as a keeper of the pool."""
    django()
    from awayteam.organisation import queries as organisation

    whom = organisation.person(actor_named(person), to) if to else None
    _act(number, person, as_json, "assign", person=whom, words=words)


@app.command()
def decline(number: NUMBER, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Say that you can't review it; possible once in each review."""
    django()
    _act(number, person, as_json, "decline", words=words)


@app.command()
def deliver(
    number: NUMBER,
    recommendation: Annotated[str, typer.Argument(metavar="for|with-conditions|against")],
    summary: Annotated[str, typer.Option("--summary", help="What the decider reads first.")],
    answer: Annotated[
        list[str] | None, typer.Option("--answer", help="An answer, in the order of the questions (repeatable).")
    ] = None,
    condition: Annotated[list[str] | None, typer.Option("--condition", help="A condition (repeatable).")] = None,
    evidence: Annotated[list[str] | None, typer.Option("--evidence", help="Words and an address (repeatable).")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Keep it; don't deliver yet.")] = False,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Hand in the document for good, or keep a draft. `review show --json` lists the questions."""
    django()
    from awayteam.reviews import queries
    from awayteam.reviews.actions import Said
    from awayteam.reviews.actions.checking import questions

    asked = questions(queries.review(actor_named(person), number).field)
    answers = dict(zip(asked, answer or [], strict=False))
    said = Said(recommendation, summary, answers, links(evidence), condition or [])
    _act(number, person, as_json, "save_draft" if draft else "deliver", said=said)


@app.command()
def follow(number: NUMBER, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Do as recommended, as the decider."""
    django()
    _act(number, person, as_json, "follow", words=words)


@app.command()
def override(
    number: NUMBER,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the public register.")],
    again: Annotated[str, typer.Option("--look-again", metavar="DATE", help="When to say what happened.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Decide otherwise, in public, as the decider."""
    django()
    on = day(again, "--look-again") if again else None
    _act(number, person, as_json, "override", reason=reason, look_again_on=on)


@app.command()
def withdraw(number: NUMBER, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Say that there is nothing to review any more."""
    django()
    _act(number, person, as_json, "withdraw", words=words)


@app.command()
def meet(
    number: NUMBER,
    condition: Annotated[int, typer.Argument(metavar="CONDITION", min=1)],
    evidence: Annotated[str, typer.Option("--evidence", help="What shows it.")],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say that a condition is met."""
    django()
    _act(number, person, as_json, "meet", number=condition, evidence=evidence)


@app.command()
def needed(
    entity: Annotated[str, typer.Argument(metavar="REF", help="The service.")],
    spend: Annotated[float | None, typer.Option("--spend", min=0, help="Money a year.")] = None,
    breaking_api: Annotated[bool | None, typer.Option("--breaking-api/--no-breaking-api")] = None,
    experiment: Annotated[bool | None, typer.Option("--experiment/--no-experiment", help="On customers.")] = None,
    lines: Annotated[int | None, typer.Option("--lines", min=0, help="Lines that change.")] = None,
    as_json: JSON = False,
) -> None:
    """Which reviews a change to a service needs, by the rulebook, with the reasons."""
    django()
    from awayteam.catalog import queries as catalog
    from awayteam.kernel.actor import SYSTEM
    from awayteam.reviews import queries
    from awayteam.reviews.triggers import plain

    verdict = queries.needed_for(
        catalog.resolve(SYSTEM, entity), spend=spend, breaking_api=breaking_api, customer_experiment=experiment,
        changed_lines=lines,
    )  # fmt: skip
    if as_json:
        found = [{"field": one.field, "because": plain(one.because)} for one in verdict.needed]
        print_json({"needed": found, "unknown": list(verdict.unknown)})
        return
    for one in verdict.needed:
        typer.echo(f"{one.field}: {'; '.join(f'{each.rule} ({each.value})' for each in one.because)}")
    if not verdict.needed:
        typer.echo("nothing is needed by what is known")
    for text in verdict.unknown:
        typer.echo(f"not known:    {text}")


def _print_entry(number: int, actor: Any, as_json: bool) -> None:
    from awayteam.reviews import queries
    from awayteam.reviews.api.schemas import entry_out

    values = entry_out(queries.entry(actor, number)).model_dump()
    if as_json:
        print_json(values)
        return
    facts(
        [(name.replace("_", " ").capitalize(), value) for name, value in values.items() if name not in ("data", "team")]
    )


@register_app.command("list")
def register_list(
    kind: Annotated[list[str] | None, typer.Option("--kind", help="override, emergency or deviation.")] = None,
    state: Annotated[list[str] | None, typer.Option("--state", help="Only this state (repeatable).")] = None,
    field: FIELD = None,
    team: TEAM = None,
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """Overrides, emergencies and deviations, the newest first."""
    django()
    from awayteam.kernel.actor import SYSTEM
    from awayteam.reviews import queries
    from awayteam.reviews.api.schemas import entry_out

    wanted = queries.RegisterFilter(tuple(kind or ()), tuple(state or ()), (), tuple(field or ()), tuple(team or ()))
    page = queries.register(SYSTEM, wanted, cursor=cursor or None, limit=limit)
    if as_json:
        items = [entry_out(row).model_dump() for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = (
        (row.entry.pk, row.entry.kind, row.words, row.entry.look_again_on, row.entry.decider_label, row.title)
        for row in page.items
    )
    table(("Number", "Kind", "State", "Look again", "Decided by", "What"), rows)


@register_app.command("show")
def register_show(number: NUMBER, as_json: JSON = False) -> None:
    """One entry of the register."""
    django()
    from awayteam.kernel.actor import SYSTEM

    _print_entry(number, SYSTEM, as_json)


@register_app.command("deviate")
def register_deviate(
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    team: Annotated[str, typer.Option("--team", help="Whose decision it is.")],
    practice: Annotated[str, typer.Option("--practice", help="What is deviated from.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    data: Annotated[list[str], typer.Option("--data", help="Words, figures and an address (repeatable).")],
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="Who decides so.")],
    field: Annotated[str, typer.Option("--field")] = "",
    again: Annotated[str, typer.Option("--look-again", metavar="DATE", help="When to say what happened.")] = "",
    as_json: JSON = False,
) -> None:
    """Enter a deviation from common practice, with its data."""
    django()
    from django.utils import timezone

    from awayteam.organisation import queries as organisation
    from awayteam.reviews import actions

    actor = actor_named(person)
    wanted = actions.Deviation(
        team=organisation.team(actor, team), title=title, practice=practice, reason=reason, data=links(data),
        field=field, look_again_on=day(again, "--look-again") if again else None,
    )  # fmt: skip
    made = actions.deviate(wanted, actor=actor, now=timezone.now())
    _print_entry(made.pk, actor, as_json)


@register_app.command("tell")
def register_tell(
    number: NUMBER,
    outcome: Annotated[str, typer.Argument(metavar="as-expected|as-warned|both|neither|later")],
    words: WORDS,
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="With later: when to look again.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say what happened, or that it is too early."""
    django()
    from django.utils import timezone

    from awayteam.cli.failing import usage
    from awayteam.reviews import actions, queries

    actor, now = actor_named(person), timezone.now()
    row = queries.entry(actor, number).entry
    if outcome == "later":
        if not on:
            usage("later needs --on DATE")
        actions.look_later(row, on=day(on, "--on"), words=words, actor=actor, now=now)
    else:
        actions.tell_what_happened(row, outcome=outcome, happened=words, actor=actor, now=now)
    _print_entry(number, actor, as_json)

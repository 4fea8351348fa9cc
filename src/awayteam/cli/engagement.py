"""`awayteam engagement`: visits of away teams, from the contract to the end of the warranty."""

from typing import Annotated, Any

import typer

from awayteam.cli.engagements import (
    NUMBER,
    WORDS,
    Many,
    act,
    load,
    person_of,
    print_list,
    print_one,
    print_text,
    ready,
    scope_of,
    team_of,
)
from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import CURSOR, JSON, LIMIT, day, django

app = typer.Typer(help="Away teams: contracts, signatures, and what follows from them.", no_args_is_help=True)
HASH = Annotated[str, typer.Option("--sha256", help="The hash of the text that you read.")]
REASON = Annotated[
    str, typer.Option("--reason", help="no-time, no-people, terms-not-acceptable, not-needed-any-more, ...")
]
TITLE = Annotated[str, typer.Option("--title")]
GOAL = Annotated[str, typer.Option("--goal", help="What will be different.")]
FIRST = Annotated[str, typer.Option("--from", metavar="DATE", help="The first day of the time-box.")]
LAST = Annotated[str, typer.Option("--until", metavar="DATE", help="The last day of the time-box.")]
MODE = Annotated[str, typer.Option("--mode", help="every-change, architecture or bar-raiser.")]
HOURS = Annotated[int, typer.Option("--hours", help="Pledged hours of the home team.")]
DAYS = Annotated[int, typer.Option("--working-days", help="Working days of one person, in all.")]
WARRANTY = Annotated[int, typer.Option("--warranty", help="Days of warranty.")]
PAGER = Annotated[str, typer.Option("--pager", metavar="DATE", help="When the pager moves to the home team.")]
DONE = Annotated[Many, typer.Option("--done", help="A line of the definition of done.")]
SCOPE = Annotated[Many, typer.Option("--scope", metavar="REPOSITORY:PATTERN", help="What may be changed.")]
DECIDER = Annotated[str, typer.Option("--decider", metavar="PERSON", help="The home decider of record.")]
CONTACT = Annotated[str, typer.Option("--contact", metavar="PERSON", help="Who answers for the home team.")]
DEPUTY = Annotated[str, typer.Option("--deputy", metavar="PERSON", help="Who answers when the contact is away.")]
LEAD = Annotated[str, typer.Option("--lead", metavar="PERSON", help="Who leads the away team.")]
MANAGER = Annotated[str, typer.Option("--manager", metavar="PERSON", help="The one accountable manager.")]
NOT_GIVEN = -1


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="engagement")


def _terms(actor: Any, **said: Any) -> dict[str, Any]:
    """The terms that were said, looked up; what wasn't stays as it is."""
    terms: dict[str, Any] = {name: said[name] for name in ("title", "goal", "review_mode") if said.get(name)}
    for name in ("starts_on", "ends_on", "pager_on"):
        if said.get(name):
            terms[name] = day(said[name], "DATE")
    for name in ("pledged_hours", "working_days", "warranty_days"):
        if said[name] != NOT_GIVEN:
            terms[name] = said[name]
    for name in ("home_decider", "home_contact", "home_deputy", "away_lead", "manager"):
        if said.get(name):
            terms[name] = person_of(actor, said[name])
    if said.get("done_means"):
        terms["done_means"] = list(said["done_means"])
    return terms


@app.command("list")
def list_(
    state: Annotated[Many, typer.Option("--state", help="A state, or open (the default), closed, all.")] = None,
    home: Annotated[Many, typer.Option("--home", metavar="TEAM", help="Teams that are visited.")] = None,
    away: Annotated[Many, typer.Option("--away", metavar="TEAM", help="Teams that visit.")] = None,
    unit: Annotated[Many, typer.Option("--unit", help="Units above either side.")] = None,
    service: Annotated[Many, typer.Option("--service", metavar="REF", help="What is worked on.")] = None,
    turn: Annotated[Many, typer.Option("--turn", help="Whose turn: me, a person, a team (group:orders).")] = None,
    member: Annotated[Many, typer.Option("--member", metavar="PERSON", help="Who takes part.")] = None,
    text: Annotated[str, typer.Option("--text", help="Words of title or goal.")] = "",
    sort: Annotated[str, typer.Option("--sort", help="due, created, changed, ends or title; - turns it.")] = "due",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Engagements, those whose clock ends soonest first."""
    django()
    from awayteam.engagements.queries import EngagementFilter

    wanted = EngagementFilter(
        state=tuple(state or ()), home=tuple(home or ()), away=tuple(away or ()), unit=tuple(unit or ()),
        service=tuple(service or ()), turn=tuple(turn or ()), person=tuple(member or ()), text=text,
    )  # fmt: skip
    print_list(actor_of(person), wanted, sort, cursor, limit, as_json)


@app.command()
def show(engagement: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """One engagement: whose turn it is, what can be done, what was agreed, and its story."""
    django()
    print_one(engagement, actor_of(person), as_json)


@app.command()
def text(
    engagement: NUMBER,
    number: Annotated[int, typer.Option("--number", min=0, help="Which text (0: the newest).")] = 0,
    against: Annotated[int, typer.Option("--against", min=0, help="Show what differs from this text.")] = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """A text of its contract, with the hash that is signed."""
    django()
    print_text(engagement, actor_of(person), number, against, as_json)


@app.command("open")
def open_(
    away: Annotated[str, typer.Option("--away", metavar="TEAM", help="Who visits (default: who asks).")] = "",
    home: Annotated[str, typer.Option("--home", metavar="TEAM", help="Who is visited (default: who owns it).")] = "",
    request: Annotated[int, typer.Option("--request", min=0, help="The request that it serves.")] = 0,
    service: Annotated[str, typer.Option("--service", metavar="REF", help="What is worked on.")] = "",
    title: TITLE = "", goal: GOAL = "", starts: FIRST = "", ends: LAST = "", mode: MODE = "", hours: HOURS = NOT_GIVEN,
    days: DAYS = NOT_GIVEN, warranty: WARRANTY = NOT_GIVEN, pager: PAGER = "", done: DONE = None, scope: SCOPE = None,
    decider: DECIDER = "", contact: CONTACT = "", deputy: DEPUTY = "", lead: LEAD = "", manager: MANAGER = "",
    person: PERSON = "", as_json: JSON = False,
) -> None:  # fmt: skip
    """Prepare a visit; what catalog, organisation and request know is filled in."""
    actions = ready()
    from django.utils import timezone

    from awayteam.catalog import queries as catalog
    from awayteam.requests import queries as requests

    actor, now = actor_of(person, needed=True), timezone.now()
    served = requests.load(actor, request, now) if request else None
    thing = catalog.resolve(actor, service) if service else None
    owner = thing.owner.team if thing is not None and thing.owner is not None else None
    hosts = team_of(actor, home) if home else served.home_team if served else owner
    guests = team_of(actor, away) if away else served.asking_team if served else None
    if hosts is None or guests is None:
        usage("say who visits whom: --away TEAM and --home TEAM, or --request NUMBER")
    terms = _terms(
        actor, title=title, goal=goal, starts_on=starts, ends_on=ends, review_mode=mode, pledged_hours=hours,
        working_days=days, warranty_days=warranty, pager_on=pager, done_means=done, home_decider=decider,
        home_contact=contact, home_deputy=deputy, away_lead=lead, manager=manager,
    )  # fmt: skip
    if thing is not None:
        terms["service"] = thing
    row = actions.open_engagement(actor=actor, now=now, home_team=hosts, away_team=guests, request=served, **terms)
    if scope:
        actions.set_scope(row, actor=actor, now=now, lines=scope_of(scope))
    print_one(row.pk, actor, as_json)


@app.command()
def draft(
    engagement: NUMBER, title: TITLE = "", goal: GOAL = "", starts: FIRST = "", ends: LAST = "", mode: MODE = "",
    hours: HOURS = NOT_GIVEN, days: DAYS = NOT_GIVEN, warranty: WARRANTY = NOT_GIVEN, pager: PAGER = "",
    done: DONE = None, scope: SCOPE = None, decider: DECIDER = "", contact: CONTACT = "", deputy: DEPUTY = "",
    lead: LEAD = "", manager: MANAGER = "", person: PERSON = "", as_json: JSON = False,
) -> None:  # fmt: skip
    """Fill in parts of the draft of its contract ("none" for a person takes them out)."""
    actions = ready()
    from django.utils import timezone

    actor, now = actor_of(person), timezone.now()
    row = load(engagement, actor)
    terms = _terms(
        actor, title=title, goal=goal, starts_on=starts, ends_on=ends, review_mode=mode, pledged_hours=hours,
        working_days=days, warranty_days=warranty, pager_on=pager, done_means=done, home_decider=decider,
        home_contact=contact, home_deputy=deputy, away_lead=lead, manager=manager,
    )  # fmt: skip
    actions.write_draft(row, actor=actor, now=now, **terms)
    if scope:
        actions.set_scope(row, actor=actor, now=now, lines=scope_of(scope))
    print_one(engagement, actor, as_json)


@app.command()
def amend(
    engagement: NUMBER,
    why: Annotated[str, typer.Option("--why", help="Why; it is signed with the text.")],
    title: TITLE = "", goal: GOAL = "", starts: FIRST = "", ends: LAST = "", mode: MODE = "", hours: HOURS = NOT_GIVEN,
    days: DAYS = NOT_GIVEN, warranty: WARRANTY = NOT_GIVEN, pager: PAGER = "", done: DONE = None, scope: SCOPE = None,
    decider: DECIDER = "", contact: CONTACT = "", deputy: DEPUTY = "", lead: LEAD = "", manager: MANAGER = "",
    person: PERSON = "", as_json: JSON = False,
) -> None:  # fmt: skip
    """Propose another text for a contract in force, with your signature; the other side signs it too."""
    actions = ready()

    def amended(row: Any, *, actor: Any, now: Any) -> None:
        terms = _terms(
            actor, title=title, goal=goal, starts_on=starts, ends_on=ends, review_mode=mode, pledged_hours=hours,
            working_days=days, warranty_days=warranty, pager_on=pager, done_means=done, home_decider=decider,
            home_contact=contact, home_deputy=deputy, away_lead=lead, manager=manager,
        )  # fmt: skip
        actions.amend(row, actor=actor, now=now, why=why, scope=scope_of(scope) if scope else None, **terms)

    act(amended, engagement, person, as_json)


@app.command()
def propose(
    engagement: NUMBER, words: WORDS = "", sha256: HASH = "", person: PERSON = "", as_json: JSON = False
) -> None:
    """Freeze the draft as a text, and sign it for your side."""
    actions = ready()
    act(actions.propose, engagement, person, as_json, words=words, sha256=sha256)


def _waiting(row: Any) -> Any:
    """The text that waits for its second signature. Raises `Conflict` where none does."""
    from awayteam.kernel.errors import Conflict

    found = row.contracts.filter(state="signing").first()
    if found is None:
        raise Conflict("No text waits for a signature.", "Look at it with `awayteam engagement show`.")
    return found


@app.command()
def sign(engagement: NUMBER, sha256: HASH, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Sign the contract, or the amendment, that waits: exactly the text with this hash (`engagement text` shows it)."""
    actions = ready()

    def signed(row: Any, *, actor: Any, now: Any) -> None:
        if row.contract_id is None:
            actions.sign(row, actor=actor, now=now, sha256=sha256, words=words)
        else:
            actions.sign_amendment(_waiting(row), actor=actor, now=now, sha256=sha256, words=words)

    act(signed, engagement, person, as_json)


@app.command()
def decline(engagement: NUMBER, words: WORDS, reason: REASON = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Don't sign: the first contract (with --reason; the engagement ends), or an amendment (what is in force stays)."""
    actions = ready()

    def declined(row: Any, *, actor: Any, now: Any) -> None:
        if row.contract_id is None:
            actions.decline(row, actor=actor, now=now, reason=reason, words=words)
        else:
            actions.decline_amendment(_waiting(row), actor=actor, now=now, words=words, reason=reason)

    act(declined, engagement, person, as_json)


@app.command("take-back")
def take_back(engagement: NUMBER, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Take back what waits for the other side: the proposed contract, to change it, or your amendment."""
    actions = ready()

    def taken(row: Any, *, actor: Any, now: Any) -> None:
        if row.contract_id is None:
            actions.revise(row, actor=actor, now=now, words=words)
        else:
            actions.withdraw_amendment(_waiting(row), actor=actor, now=now, words=words)

    act(taken, engagement, person, as_json)


@app.command()
def pause(
    engagement: NUMBER,
    until: Annotated[str, typer.Argument(metavar="DATE", help="The day on which it goes on.")],
    words: WORDS,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Let work and access rest until a day; the time-box grows by its working days."""
    actions = ready()
    act(actions.pause, engagement, person, as_json, until=day(until, "DATE"), words=words)


@app.command()
def withdraw(engagement: NUMBER, words: WORDS, reason: REASON, person: PERSON = "", as_json: JSON = False) -> None:
    """Let the away team go; access ends."""
    actions = ready()
    act(actions.withdraw, engagement, person, as_json, reason=reason, words=words)


def _plain(name: str, action: str, says: str) -> None:
    """A command for a verb that takes words only."""

    def command(engagement: NUMBER, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
        actions = ready()
        act(getattr(actions, action), engagement, person, as_json, words=words)

    command.__doc__ = says
    app.command(name)(command)


for _name, _action, _says in (
    ("start", "start", "Begin, on or shortly before the first day."),
    ("resume", "resume", "Go on before the day that the pause names."),
    ("hand-over", "hand_over", "Say that the work is done; the handover begins."),
    ("work-on", "work_on", "Go on working, because something is missing."),
    ("close", "close", "End the warranty early, as the home team."),
):
    _plain(_name, _action, _says)

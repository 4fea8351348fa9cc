"""Opening an engagement, and filling in the draft of its contract."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction

from awayteam.catalog.models import Entity
from awayteam.contributions.models import Repository
from awayteam.engagements import paths
from awayteam.engagements.actions.moving import Holding, hold
from awayteam.engagements.machine import Party, State, Verb
from awayteam.engagements.models import Engagement, ReviewMode, Scope, Side
from awayteam.engagements.permissions import Standing, can_open
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.engagements.rules import LONGEST_LINE, LONGEST_TITLE, MOST_LINES
from awayteam.engagements.sentences import sentence
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.organisation.models import Person, Team
from awayteam.requests import rules as requests
from awayteam.requests.machine import State as RequestState
from awayteam.requests.machine import Verb as RequestVerb
from awayteam.requests.models import Request
from awayteam.requests.stepping import facts_of
from awayteam.stories import stepping
from awayteam.stories.plot import Held

LONGEST_GOAL = 50_000
MOST = {"working_days": 100_000, "pledged_hours": 100_000, "warranty_days": 366}
PERSONS = ("home_decider", "home_contact", "home_deputy", "away_lead", "manager")


class Terms(TypedDict, total=False):
    """What a contract says beside scope, members, standards and baseline; what isn't given stays as it is."""

    title: str
    goal: str
    service: Entity | None
    home_decider: Person | None
    home_contact: Person | None
    home_deputy: Person | None
    away_lead: Person | None
    manager: Person | None
    starts_on: date | None
    ends_on: date | None
    working_days: int | None
    review_mode: str
    pledged_hours: int
    warranty_days: int
    pager_on: date | None
    done_means: list[str]


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """`repository` as it is followed, or its address; `pattern` in CODEOWNERS syntax, "/" for all of it."""

    repository: str
    pattern: str
    why: str = ""
    followed: Repository | None = None


def open_engagement(
    *, actor: Actor, now: datetime, home_team: Team, away_team: Team, request: Request | None = None,
    prefill: bool = True, **terms: Unpack[Terms],
) -> Engagement:  # fmt: skip
    """Prepare a visit of `away_team` to `home_team`, for `request` where there is one.

    What the catalog and the request know is filled in (`setup.suggest`) unless `prefill` is off; `terms` go before it.
    Raises `NotAllowed`, `InvalidInput`, `Conflict` (the request doesn't allow an away team).
    """
    can_open(actor, home_team, away_team).require()
    _check_teams(home_team, away_team, request)
    given = checked(terms)
    with transaction.atomic():
        row = Engagement(
            state=State.PREPARING.value, home_team=home_team, away_team=away_team, request=request,
            opened_by_id=actor.person_id, created_at=now, entered_at=now, changed_at=now,
        )  # fmt: skip
        _set(row, given)
        scope: Iterable[ScopeLine] = ()
        if prefill:
            from awayteam.engagements.setup import fill

            scope = fill(row, actor=actor, now=now, given=given.keys())
        row.title = row.title or f"{away_team} at {home_team}"
        side = Side.AWAY if away_team.pk in actor.teams | actor.manages else Side.HOME
        party = Party.AWAY if side is Side.AWAY else Party.HOME
        held = Held(ENGAGEMENT, row, actor, now, party)
        data = {"home_team": home_team.pk, "away_team": away_team.pk, "request": request.pk if request else None}
        stepping.begin(
            ENGAGEMENT, row, Verb.OPEN, actor=actor, now=now, party=party, words=row.title, data=data,
            text=sentence(held, Verb.OPEN, State.PREPARING),
        )  # fmt: skip
        _write_scope(row, scope)
    return row


def _check_teams(home: Team, away: Team, request: Request | None) -> None:
    if home.pk == away.pk:
        raise InvalidInput("A team doesn't visit itself.", "Name two teams.", {"away_team": "is the home team"})
    for name, team in (("home_team", home), ("away_team", away)):
        if team.dissolved_at is not None or team.is_unit:
            what = "is a unit; name a team below it" if team.is_unit else "was dissolved"
            raise InvalidInput(f"{team} {what}.", "Name a team that is there.", {name: what})
    if request is None:
        return
    if request.home_team_id != home.pk:
        raise InvalidInput("That request is to another team.", "", {"request": "asks another team"})
    gone = RequestState(request.state) is RequestState.AWAY
    if not gone and (why := requests.why_not(facts_of(request), RequestVerb.SEND_AWAY)):
        raise Conflict(why, "An away team can come once the home team has answered, or was silent too long.")


def checked(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The terms, tidied. Raises `InvalidInput` that names the field."""
    given = dict(terms)
    if "title" in given:
        given["title"] = " ".join(str(given["title"]).split())
        _need(len(given["title"]) <= LONGEST_TITLE, "title", f"at most {LONGEST_TITLE} characters")
    if "goal" in given:
        given["goal"] = str(given["goal"]).strip()
        _need(len(given["goal"]) <= LONGEST_GOAL, "goal", f"at most {LONGEST_GOAL:,} characters")
    for name in ("title", "goal"):
        _need("\0" not in str(given.get(name, "")), name, "contains a character that can't be stored")
    for name, most in MOST.items():
        if (value := given.get(name)) is not None:
            _need(0 <= value <= most, name, f"from 0 to {most:,}")
    if "review_mode" in given:
        _need(given["review_mode"] in ReviewMode.values, "review_mode", f"one of {', '.join(ReviewMode.values)}")
    if "done_means" in given:
        given["done_means"] = _lines(given["done_means"])
    return given


def _lines(lines: Iterable[str]) -> list[str]:
    found = [" ".join(str(line).split()) for line in lines]
    found = list(dict.fromkeys(line for line in found if line))
    _need(len(found) <= MOST_LINES, "done_means", f"at most {MOST_LINES} lines")
    fits = all(len(line) <= LONGEST_LINE and "\0" not in line for line in found)
    _need(fits, "done_means", f"at most {LONGEST_LINE} characters a line")
    return found


def _need(fine: bool, field: str, what: str) -> None:
    if not fine:
        raise InvalidInput(f"{field.replace('_', ' ').capitalize()}: {what}.", "", {field: what})


def _set(row: Engagement, given: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Set what is different; what changed, old and new, as an event says it."""
    changes = {}
    for name, value in given.items():
        before = getattr(row, name)
        if before != value:
            setattr(row, name, value)
            changes[name] = (_shown(before), _shown(value))
    if row.starts_on is not None and row.ends_on is not None and row.ends_on < row.starts_on:
        raise InvalidInput("The last day is before the first.", "", {"ends_on": "before the first day"})
    return changes


def _shown(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "ref", value)


def check_people(held: Holding, given: Mapping[str, Any]) -> None:
    """Nobody is on both sides. Raises `InvalidInput` for somebody of the away side who is named for the home side."""
    standing = Standing(held.actor, held.row, held.now)
    away = standing.away_people
    for name in ("home_decider", "home_contact", "home_deputy"):
        person = given.get(name)
        if person is not None and person.pk in away:
            what = f"{person} is on the away side"
            raise InvalidInput(f"{what}; nobody is on both.", "Name somebody else.", {name: what})
    for name in ("away_lead", "manager"):
        person = given.get(name)
        if person is not None and person.pk in (held.row.home_decider_id, held.row.home_contact_id,
                                                held.row.home_deputy_id):  # fmt: skip
            what = f"{person} is on the home side"
            raise InvalidInput(f"{what}; nobody is on both.", "Name somebody else.", {name: what})
    for name in PERSONS:
        person = given.get(name)
        if person is not None and person.left_at is not None and person.left_at <= held.now:
            raise InvalidInput(f"{person} has left.", "Name somebody who is here.", {name: "has left"})


def drafting(held: Holding) -> None:
    """Refuse to change a draft that is none any more, or to somebody of neither side."""
    if held.row.state != State.PREPARING.value:
        raise Conflict(
            f"The engagement is {held.row.state.replace('-', ' ')}; its contract isn't a draft.",
            "Take a proposed text back first; what both signed is changed by an amendment.",
        )
    standing: Standing = held.standing
    standing.writes.require()


def write_draft(
    engagement: Engagement | int, *, actor: Actor, now: datetime, version: int | None = None, **terms: Unpack[Terms]
) -> Engagement:
    """Fill in parts of the draft. Raises `NotAllowed`, `InvalidInput` (with the field), `Conflict` (no draft now)."""
    given = checked(terms)
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        drafting(held)
        changes = _set(held.row, given)
        check_people(held, given)
        if changes:
            _note(held, changes)
    return held.row


def set_scope(
    engagement: Engagement | int, *, actor: Actor, now: datetime, lines: Iterable[ScopeLine],
    version: int | None = None,
) -> Engagement:  # fmt: skip
    """Say which paths of which repositories may be changed, in place of what the draft said.

    Raises `NotAllowed`, `InvalidInput` (a pattern that can't be used), `Conflict` (no draft now).
    """
    wanted = check_scope(lines)
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        drafting(held)
        before = sorted(str(one) for one in Scope.objects.filter(engagement=held.row))
        Scope.objects.filter(engagement=held.row).delete()
        _write_scope(held.row, wanted)
        after = sorted(str(one) for one in Scope.objects.filter(engagement=held.row))
        if before != after:
            _note(held, {"scope": (before, after)})
    return held.row


def check_scope(lines: Iterable[ScopeLine]) -> list[ScopeLine]:
    """The lines, tidied, each once. Raises `InvalidInput` with what is wrong with a pattern."""
    found: dict[tuple[str, str], ScopeLine] = {}
    for line in lines:
        repository, pattern = line.repository.strip(), line.pattern.strip()
        if not repository or len(repository) > 300 or "\0" in repository:
            raise InvalidInput("Name the repository.", "At most 300 characters.", {"repository": "name it"})
        if what := paths.problem(pattern):
            raise InvalidInput(what, "Write patterns as in a CODEOWNERS file.", {"pattern": what})
        found[repository, pattern] = ScopeLine(repository, pattern, line.why.strip()[:300], line.followed)
    if len(found) > MOST_LINES:
        raise InvalidInput(f"At most {MOST_LINES} lines.", "Name folders.", {"scope": f"at most {MOST_LINES} lines"})
    return list(found.values())


def _write_scope(row: Engagement, lines: Iterable[ScopeLine]) -> None:
    Scope.objects.bulk_create(
        Scope(engagement=row, repository=one.repository, pattern=one.pattern, why=one.why, followed=one.followed)
        for one in lines
    )


def _note(held: Holding, changes: Mapping[str, tuple[Any, Any]]) -> None:
    stepping.touch(held)
    events.append(
        EventName.ENGAGEMENT_EDITED, subject=held.subject, actor=held.actor, now=held.now, changes=dict(changes)
    )

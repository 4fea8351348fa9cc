"""What catalog, organisation and request know already, for the draft of a contract: each with its reason."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from awayteam.contributions.models import Area, Repository, RepositoryEntity
from awayteam.contributions.permissions import visible as visible_repositories
from awayteam.engagements import paths, turns
from awayteam.engagements.actions.opening import ScopeLine
from awayteam.engagements.models import Engagement, ReviewMode
from awayteam.engagements.permissions import Standing
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.organisation.queries import above
from awayteam.organisation.queries.dates import dated

LEAD_TIME = 5
"""Working days until the suggested first day: somebody must read and sign."""
MOST_AREAS = 20
"""Rules of one team that are suggested at most."""
DONE_MEANS = (
    "What was asked for works in production-like conditions, and a test shows it.",
    "Tests, documentation and runbook are up to date.",
    "Dashboards and alerts cover what was built.",
    "The home team was walked through the changes.",
)
CONTACTS = (Role.TRUSTED_COMMITTER, Role.LEAD, Role.DECIDER, Role.MEMBER)
"""Who answers questions best: whoever was named for it, then who knows the whole."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who could fill a place, with why."""

    person: Person
    why: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Each list has the best first. `scope` is what is known of the service's code; dates are a proposal."""

    home_deciders: tuple[Choice, ...]
    home_contacts: tuple[Choice, ...]
    away_leads: tuple[Choice, ...]
    managers: tuple[Choice, ...]
    members: tuple[Choice, ...]
    scope: tuple[ScopeLine, ...]
    title: str
    goal: str
    starts_on: date
    ends_on: date
    working_days: int
    pledged_hours: int
    warranty_days: int
    review_mode: str
    done_means: tuple[str, ...]


def suggest(row: Engagement, *, actor: Actor, now: datetime) -> Suggestions:
    """What could stand in the contract of `row`, which need not be saved yet."""
    book, standing = rulebook.current().engagements, Standing(actor, row, now)
    starts = turns.later(row.away_team, turns.today(row.away_team, now), LEAD_TIME)
    home = _people(standing.home.persons)
    leads = _leads(row, actor, standing)
    return Suggestions(
        home_deciders=tuple(Choice(one, standing.home.because) for one in home),
        home_contacts=_contacts(row, standing, now),
        away_leads=leads,
        managers=_managers(row.away_lead or (leads[0].person if leads else None), row.away_team, now),
        members=_members(row, actor, standing),
        scope=tuple(_scope(row, actor)),
        title=row.request.title if row.request is not None else "",
        goal=row.request.need if row.request is not None else "",
        starts_on=starts,
        ends_on=turns.later(row.away_team, starts, book.time_box_days - 1),
        working_days=book.time_box_days,
        pledged_hours=book.pledged_hours,
        warranty_days=book.warranty_days,
        review_mode=(ReviewMode.EVERY_CHANGE if book.pledged_hours else ReviewMode.ARCHITECTURE).value,
        done_means=DONE_MEANS,
    )


def _people(ids: Sequence[int]) -> list[Person]:
    found = Person.objects.in_bulk(list(ids))
    return [found[pk] for pk in ids if pk in found]


def _contacts(row: Engagement, standing: Standing, now: datetime) -> tuple[Choice, ...]:
    """People of the home team, those who look after its code for others first."""
    here = Membership.objects.filter(dated(now), team=row.home_team).exclude(person__left_at__lte=now)
    found: dict[int, Choice] = {}
    ranked = sorted(here.select_related("person"), key=lambda one: (_rank(one.role), one.person.name))
    for one in ranked:
        if one.person_id not in standing.away_people and one.role in CONTACTS:
            said = Role(one.role).label.lower()
            found.setdefault(one.person_id, Choice(one.person, f"{said} of {row.home_team}"))
    return tuple(found.values())


def _rank(role: str) -> int:
    return [one.value for one in CONTACTS].index(role) if role in CONTACTS else len(CONTACTS)


def _leads(row: Engagement, actor: Actor, standing: Standing) -> tuple[Choice, ...]:
    """Whoever asked, then whoever opens it, as far as they are of the away team; then its deciders and leads."""
    found: dict[int, Choice] = {}
    own = standing.away_people
    asker = row.request.asker if row.request is not None else None
    if asker is not None and asker.pk in own:
        found[asker.pk] = Choice(asker, "asked for it")
    if actor.person_id is not None and actor.person_id in own and actor.person_id not in found:
        found[actor.person_id] = Choice(Person.objects.get(pk=actor.person_id), "opens the engagement")
    for person in _people(standing.away.persons):
        found.setdefault(person.pk, Choice(person, standing.away.because))
    return tuple(found.values())


def _managers(lead: Person | None, team: Team, now: datetime) -> tuple[Choice, ...]:
    found: dict[int, Choice] = {}
    if lead is not None and lead.manager is not None:
        found[lead.manager.pk] = Choice(lead.manager, f"{lead}'s manager")
    chain = [team, *above(team)]
    rows = Membership.objects.filter(dated(now), team__in=chain, role=Role.MANAGER).select_related("person", "team")
    order = {one.pk: place for place, one in enumerate(chain)}
    for one in sorted(rows, key=lambda row: (order[row.team_id], row.person.name)):
        found.setdefault(one.person_id, Choice(one.person, f"manages {one.team}"))
    return tuple(found.values())


def _members(row: Engagement, actor: Actor, standing: Standing) -> tuple[Choice, ...]:
    """Whoever leads it, and then the away team's people."""
    found = {choice.person.pk: choice for choice in _leads(row, actor, standing)[:1]}
    own = Membership.objects.filter(dated(standing.now), team=row.away_team).exclude(person__left_at__lte=standing.now)
    for one in own.select_related("person").order_by("person__name"):
        if one.role != Role.MANAGER:
            found.setdefault(one.person_id, Choice(one.person, f"of {row.away_team}"))
    return tuple(found.values())


def _scope(row: Engagement, actor: Actor) -> list[ScopeLine]:
    """What is known of the code, in repositories that the actor may see: the folder that the request names, the folders
    in which the service is, else what the rules give to the home team."""
    links = []
    if row.service is not None:
        found = RepositoryEntity.objects.filter(entity=row.service).select_related("repository").order_by("pk")
        links = [(link.repository, link.folder, f"{row.service}: {link.evidence}") for link in found]
    seen = _seen(actor, [repository for repository, *_ in links])
    links = [link for link in links if link[0].pk in seen]
    named = PurePosixPath(row.request.path.strip("/")).parent if row.request is not None and row.request.path else None
    if named is not None and len(links) == 1 and str(named) != ".":
        return [ScopeLine(links[0][0].name, _folder(str(named)), "named in the request", links[0][0])]
    lines = [ScopeLine(repository.name, _folder(folder), why, repository) for repository, folder, why in links]
    return [line for line in lines if not paths.problem(line.pattern)] or _owned(row.home_team, actor)


def _owned(team: Team, actor: Actor) -> list[ScopeLine]:
    """Patterns of ownership rules that name the home team."""
    areas = list(Area.objects.filter(party__team=team).select_related("repository").order_by("pk")[:MOST_AREAS])
    seen = _seen(actor, [area.repository for area in areas])
    return [
        ScopeLine(area.repository.name, area.name, f"{area.file}:{area.line} gives it to {team}"[:300], area.repository)
        for area in areas
        if area.repository_id in seen and not paths.problem(area.name)
    ]


def _seen(actor: Actor, repositories: Sequence[Repository]) -> set[int]:
    wanted = Repository.objects.filter(pk__in={one.pk for one in repositories})
    return set(visible_repositories(actor, wanted).values_list("pk", flat=True)) if repositories else set()


def _folder(folder: str) -> str:
    """A folder as a pattern; all of the repository where it is its root."""
    return f"/{folder.strip('/')}/" if folder.strip("/") else paths.WHOLE


def fill(row: Engagement, *, actor: Actor, now: datetime, given: Collection[str]) -> tuple[ScopeLine, ...]:
    """Put the first of each suggestion into a draft where it says nothing; returns the scope that is suggested."""
    if row.request is not None and row.service is None:
        row.service = row.request.entity
    found = suggest(row, actor=actor, now=now)
    contacts = [choice.person for choice in found.home_contacts]
    first = {
        "home_decider": _first(found.home_deciders),
        "home_contact": contacts[0] if contacts else _first(found.home_deciders),
        "home_deputy": contacts[1] if len(contacts) > 1 else None,
        "away_lead": _first(found.away_leads),
        "manager": _first(found.managers),
        "title": found.title,
        "goal": found.goal,
        "starts_on": found.starts_on,
        "ends_on": found.ends_on,
        "working_days": found.working_days,
        "pledged_hours": found.pledged_hours,
        "warranty_days": found.warranty_days,
        "review_mode": found.review_mode,
        "done_means": list(found.done_means),
    }
    if "starts_on" in given or "ends_on" in given:  # one of the two says where the other can't be
        first |= _dates(row, found)
    for name, value in first.items():
        if name not in given and value is not None:
            setattr(row, name, value)
    return found.scope


def _dates(row: Engagement, found: Suggestions) -> dict[str, Any]:
    days = rulebook.current().engagements.time_box_days
    if row.starts_on is not None:
        return {"ends_on": turns.later(row.away_team, row.starts_on, days - 1)}
    late = row.ends_on is not None and row.ends_on < found.starts_on
    return {"starts_on": row.ends_on if late else found.starts_on}


def _first(choices: Sequence[Choice]) -> Person | None:
    return choices[0].person if choices else None

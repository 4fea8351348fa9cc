"""Requests that come from another tracker: made once by key, changed after that, each row by itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from awayteam.catalog.models import Entity
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import administrators_only
from awayteam.organisation.models import Identity, Person, Team
from awayteam.requests import deciders, similar
from awayteam.requests.actions.noting import note, recount
from awayteam.requests.actions.values import Worth, check_ask, check_worth
from awayteam.requests.exchange.rows import OWN_KEY, Read, Row, RowError
from awayteam.requests.machine import Party, State
from awayteam.requests.models import Asker, Request, Step
from awayteam.requests.permissions import Standing
from awayteam.requests.stepping import Held, begin, hold, subject_of

CLOSED = {"done": State.DONE, "dropped": State.DROPPED, "withdrawn": State.WITHDRAWN}
BATCH = 200
Progress = Callable[[int, int], None]


class Defaults(NamedTuple):
    """What counts where a row says nothing: who is asked, who asks, in whose person; `or_lead`: else whoever leads."""

    home_team: Team | None = None
    asking_team: Team | None = None
    asker: Person | None = None
    or_lead: bool = False


@dataclass(slots=True)
class Imported:
    """What came of the files: numbers of requests made, changed and left alone, and what is wrong with the others."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    """Of rows that came in all the same: what was left out."""


class Bad(Exception):
    """A row that can't be used: the field, and why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def import_requests(
    found: Read,
    *,
    actor: Actor,
    now: datetime,
    defaults: Defaults = Defaults(),  # noqa: B008 - frozen and empty
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Make and change requests by the rows of files, some hundred in a transaction; a bad row sinks no other.

    Open ones get a turn and a clock from `now`; those that were closed there come in as final, with their dates. A row
    whose key is known changes title, need, kind and value of a request that is open here, and nothing else. With
    `dry_run` all is done and taken back. Raises `NotAllowed` for others than administrators.
    """
    administrators_only(actor, "import requests").require()
    done, known, rows = Imported(errors=list(found.errors)), _Known(defaults, now), found.rows
    for start in range(0, len(rows), BATCH):
        with transaction.atomic():
            for row in rows[start : start + BATCH]:
                _one(row, known, done, actor, now)
            if dry_run:
                transaction.set_rollback(True)
        if progress is not None:
            progress(min(start + BATCH, len(rows)), len(rows))
    done.warnings = known.warnings
    done.errors.sort(key=lambda error: (error.file, error.line))
    return done


def _one(row: Row, known: "_Known", done: Imported, actor: Actor, now: datetime) -> None:
    try:
        with transaction.atomic():
            outcome = _apply(row, known, actor, now)
    except Bad as bad:
        done.errors.append(RowError(row.file, row.line, bad.field, bad.message))
    except AwayteamError as error:
        problems = error.fields or {"": error.what}
        done.errors += [RowError(row.file, row.line, name, message) for name, message in problems.items()]
    else:
        setattr(done, outcome, getattr(done, outcome) + 1)


def _apply(row: Row, known: "_Known", actor: Actor, now: datetime) -> str:
    present = _present(row)
    if present is not None:
        return _change(present, row, actor, now)
    home, team = known.home(row), known.asking(row)
    check_ask(row.kind, row.title, row.need or row.title, team, home)
    worth = Worth(row.value_per_week, row.grounds or ("As imported." if row.value_per_week else ""), row.customer_value)
    check_worth(worth)
    asker = known.asker(row, team)
    asked = min(row.created_at or now, now)
    state = CLOSED.get(row.state, State.ASKED)
    closed = max(min(row.closed_at or now, now), asked) if row.state in CLOSED else None
    request = Request.objects.create(
        kind=row.kind, title=row.title, need=row.need or row.title, state=state.value, home_team=home,
        asking_team=team, asker=asker, turn_team=None if closed else home, entity=known.entity(row),
        value_per_week=worth.value_per_week, wanted_by=row.wanted_by, external_key=row.key or None,
        external_url=row.url, routing=["imported"], created_at=asked, changed_at=closed or now,
        entered_at=closed or now, closed_at=closed,
    )  # fmt: skip
    _askers(request, row, known, asker, team, worth, asked)
    held = Held(request, Standing(actor, request, now), actor, now, Party.AWAYTEAM)
    if closed is None:
        begin(held)
        similar.remember(request)
    _record(held, row)
    return "created"


def _present(row: Row) -> Request | None:
    """The request that a row is about: by its key; or one of this very installation that was exported from here."""
    found = Request.objects.filter(external_key=row.key).first() if row.key else None
    number = row.key.removeprefix(OWN_KEY)
    own = number != row.key and number.isdecimal() and len(number) < 18
    if found is None and own and row.created_at is not None:
        found = Request.objects.filter(pk=int(number), external_key=None, created_at=row.created_at).first()
    return found


def _askers(
    request: Request, row: Row, known: "_Known", asker: Person, team: Team, worth: Worth, asked: datetime
) -> None:
    Asker.objects.create(
        request=request, team=team, person=asker, value_per_week=worth.value_per_week, grounds=worth.grounds,
        customer_value=worth.customer_value, wanted_by=row.wanted_by, joined_at=asked,
    )  # fmt: skip
    others = known.further(row)
    for other in {one.pk: one for one in others if one.pk not in (team.pk, request.home_team_id)}.values():
        Asker.objects.create(request=request, team=other, person=known.lead(other) or asker, joined_at=asked)
    recount(request)
    request.save(update_fields=["askers_count", "value_per_week", "asker", "asking_team", "wanted_by"])


def _record(held: Held, row: Row) -> None:
    """The one step and the one event of an imported request, whatever its state."""
    request = held.request
    Step.objects.create(
        request=request, at=held.now, verb="import", target=request.state, party=Party.AWAYTEAM.value,
        person_id=held.actor.person_id, label=held.actor.label[:200], team_id=request.asking_team_id,
        home_team_id=request.home_team_id, words=f"Imported from {row.file}"[:300],
    )  # fmt: skip
    data = {"key": row.key, "state": request.state, "home_team": request.home_team_id, "kind": request.kind}
    events.append(EventName.REQUEST_IMPORTED, subject=subject_of(request), actor=held.actor, now=held.now, data=data)


def _change(present: Request, row: Row, actor: Actor, now: datetime) -> str:
    """Bring an open request up to what the file says; decisions stay those that were made here."""
    if present.closed_at is not None:
        return "unchanged"
    held = hold(present, actor=actor, now=now)
    request, changes = held.request, {}
    for name, value in (("title", row.title), ("need", row.need or row.title), ("kind", row.kind)):
        if getattr(request, name) != value:
            changes[name] = (getattr(request, name), value)
            setattr(request, name, value)
    first = Asker.objects.filter(request=request, left_at__isnull=True).order_by("pk").first()
    if first is not None and row.value_per_week and first.value_per_week != row.value_per_week:
        changes["value_per_week"] = (str(first.value_per_week), str(row.value_per_week))
        first.value_per_week, first.grounds = row.value_per_week, row.grounds or first.grounds or "As imported."
        first.save(update_fields=["value_per_week", "grounds"])
    if not changes:
        return "unchanged"
    reason = f"Imported again from {row.file}"
    note(held, EventName.REQUEST_REVISED, reason, changes, f"#{request.pk} was changed where it comes from.")
    similar.remember(request)
    return "updated"


class _Known:
    """Teams, people and things by the words that files use for them, looked up once each."""

    def __init__(self, defaults: Defaults, now: datetime) -> None:
        self.defaults, self.now = defaults, now
        self.warnings: list[RowError] = []
        self._teams: dict[str, Team] = {}
        self._leads: dict[int, Person | None] = {}
        for team in Team.objects.filter(dissolved_at__isnull=True).order_by("-pk"):
            for word in (team.title, team.name, team.ref.partition(":")[2], team.ref):
                if word:
                    self._teams[word.casefold()] = team
        self._people = _people()

    def team(self, word: str, field: str) -> Team:
        found = self._teams.get(word.casefold())
        if found is None:
            raise Bad(field, f"no team {word[:60]!r} is known here")
        return found

    def further(self, row: Row) -> list[Team]:
        """Teams that ask as well; one that nobody knows is left out and told, since the request stands without it."""
        known = {word: self._teams.get(word.casefold()) for word in row.also_asking}
        for word in (word for word, team in known.items() if team is None):
            message = f"no team {word[:60]!r} is known here; the request came in without it"
            self.warnings.append(RowError(row.file, row.line, "also_asking", message))
        return [team for team in known.values() if team is not None]

    def home(self, row: Row) -> Team:
        if row.home_team:
            return self.team(row.home_team, "home_team")
        entity = self.entity(row)
        owner = entity.owner.team if entity is not None and entity.owner is not None else None
        team = owner or self.defaults.home_team
        if team is None:
            raise Bad("home_team", "is needed: who is asked?")
        return team

    def asking(self, row: Row) -> Team:
        team = self.team(row.asking_team, "asking_team") if row.asking_team else self.defaults.asking_team
        if team is None:
            raise Bad("asking_team", "is needed: who asks?")
        return team

    def asker(self, row: Row, team: Team) -> Person:
        found = next((self._people[word.casefold()] for word in row.askers if word.casefold() in self._people), None)
        person = found or self.defaults.asker or (self.lead(team) if self.defaults.or_lead else None)
        if person is None and row.askers:
            raise Bad("asker", f"nobody is known here as {', '.join(row.askers)[:100]!r}")
        if person is None:
            raise Bad("asker", "is needed: a person of the organisation")
        return person

    def lead(self, team: Team) -> Person | None:
        """Whoever would answer for a team: its lead, else one of its members."""
        if team.pk not in self._leads:
            chosen = deciders.deciders(team, askers=(), asking_teams=(), now=self.now)
            self._leads[team.pk] = Person.objects.filter(pk=chosen.first).first() if chosen.first else None
        return self._leads[team.pk]

    def entity(self, row: Row) -> Entity | None:
        if not row.about:
            return None
        ref = row.about if ":" in row.about else f"component:{row.about}"
        kind, _, rest = ref.casefold().partition(":")
        found = Entity.objects.select_related("owner__team").filter(
            ref=f"{kind}:{rest}" if "/" in rest else f"{kind}:default/{rest}"
        )
        entity = found.first()
        if entity is None:
            raise Bad("about", f"{row.about[:60]!r} is not in the catalog")
        return entity


def _people() -> dict[str, Person]:
    """Everybody by reference, name, handle and address; a name that several have stands for nobody."""
    people: dict[str, Person] = {}
    twice: set[str] = set()
    everybody = {person.pk: person for person in Person.objects.filter(declared=True)}
    words: Iterable[tuple[str, int]] = [
        *(
            (word, person.pk)
            for person in everybody.values()
            for word in (person.display_name, person.name, person.email)
        ),
        *Identity.objects.filter(person__in=everybody).values_list("value", "person_id"),
    ]
    for word, pk in words:
        plain = word.casefold()
        if plain and people.get(plain, everybody[pk]) != everybody[pk]:
            twice.add(plain)
        elif plain:
            people[plain] = everybody[pk]
    for word in twice:
        del people[word]
    for person in everybody.values():
        people[person.ref.casefold()] = person
    return people


def problem_if_none(found: Read, name: str) -> None:
    """Raises `InvalidInput` for a file in which nothing stands."""
    if not found.rows and not found.errors:
        raise InvalidInput(f"{name} holds no requests.", "Look at the format; see docs/requests-exchange.md.")

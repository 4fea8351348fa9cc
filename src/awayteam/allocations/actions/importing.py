"""Allocations that were agreed elsewhere, such as in finance's budget: made as grants, each row by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from awayteam.allocations.actions.asking import of_pair, owner_of
from awayteam.allocations.actions.budgets import recount, require_provider
from awayteam.allocations.actions.deciding import supersede
from awayteam.allocations.exchange import Read, Row, RowError
from awayteam.allocations.machine import Party, State, Verb
from awayteam.allocations.models import Allocation
from awayteam.allocations.permissions import can_import
from awayteam.allocations.plots import ALLOCATION
from awayteam.allocations.rules import Period, wrong_period
from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, InvalidInput
from awayteam.organisation.models import Team
from awayteam.stories.plot import Held
from awayteam.stories.stepping import begin

BATCH = 200
OWN = "awayteam-"
"""Begins the reference of an exported row that has none of its own; its number follows."""
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Imported:
    """What came of a file; `errors` are of the rows that stayed out."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)


def import_allocations(
    found: Read, *, actor: Actor, now: datetime, dry_run: bool = False, progress: Progress | None = None
) -> Imported:
    """Make a grant of each row, some hundred in a transaction; a bad row sinks no other.

    A row whose reference is known and whose values changed amends that grant. With `dry_run` all is done and taken
    back. Raises `NotAllowed` for others than administrators.
    """
    can_import(actor).require()
    done, known, rows = Imported(errors=list(found.errors)), _Known(actor, now), found.rows
    with transaction.atomic():
        for start in range(0, len(rows), BATCH):
            with transaction.atomic():
                for row in rows[start : start + BATCH]:
                    _one(row, found.file, known, done)
            if progress is not None:
                progress(min(start + BATCH, len(rows)), len(rows))
        recount(known.providers, now=now)
        if dry_run:
            transaction.set_rollback(True)
    done.errors.sort(key=lambda error: error.line)
    return done


def _one(row: Row, file: str, known: "_Known", done: Imported) -> None:
    try:
        with transaction.atomic():
            outcome = _apply(row, file, known)
    except AwayteamError as error:
        problems = error.fields or {"": error.what}
        done.errors += [RowError(file, row.line, name, message) for name, message in problems.items()]
    else:
        setattr(done, outcome, getattr(done, outcome) + 1)


class _Known:
    """Things by the references that files use, looked up once each."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.actor, self.now = actor, now
        self.providers: set[int] = set()
        self._things: dict[str, Entity] = {}

    def thing(self, ref: str, column: str) -> Entity:
        if ref not in self._things:
            try:
                self._things[ref] = catalog.resolve(self.actor, ref, self.now)
            except AwayteamError as error:
                raise InvalidInput(error.what, error.advice, {column: error.what}) from None
        return self._things[ref]


def _apply(row: Row, file: str, known: _Known) -> str:
    provider, consumer = known.thing(row.provider, "provider"), known.thing(row.consumer, "consumer")
    team = consumer.team
    service = consumer if team is None else None
    home, asking = _teams(provider, consumer, team)
    book = rulebook.current().allocations
    present = _present(row, provider, service, team)
    if present is not None and _same(present, row, provider, service, team):
        return "unchanged"
    if wrong := wrong_period(row.period, known.now.date(), book.days_max, past=True):
        raise InvalidInput("The period can't be used.", "Mend it.", wrong)
    if present is not None and row.reference:
        _release(present)
    made = Allocation(
        provider=provider, consumer=service, team=team, home_team=home, asking_team=asking, rate=row.rate.calls,
        per=row.rate.per.value, granted=row.rate.calls, daily=row.rate.daily, starts=row.period.starts,
        ends=row.period.ends, last_day=row.period.ends, why=row.why or f"Imported from {file}."[:300],
        state=State.GRANTED.value, replaces=present,
        reference=None if row.reference.startswith(OWN) else row.reference or None,
    )  # fmt: skip
    data = {"reference": row.reference, "provider": provider.ref, "consumer": consumer.ref, "daily": made.daily}
    words = f"Imported from {file}, line {row.line}."[:300]
    begin(ALLOCATION, made, Verb.IMPORT, actor=known.actor, now=known.now, party=Party.AWAYTEAM.value, words=words,
          data=data)  # fmt: skip
    supersede(Held(ALLOCATION, made, known.actor, known.now, Party.AWAYTEAM.value))
    known.providers.add(provider.pk)
    return "updated" if present is not None else "created"


def _teams(provider: Entity, consumer: Entity, team: Team | None) -> tuple[Team, Team]:
    """The provider's team and the consumer's. Raises `InvalidInput` by field."""
    require_provider(provider)
    home, asking, wrong = owner_of(provider), team or owner_of(consumer), {}
    if home is None:
        wrong["provider"] = "has no team that answers for it"
    if asking is None:
        wrong["consumer"] = "is neither a team nor owned by one"
    elif asking.is_unit:
        wrong["consumer"] = "is a unit; name a team or a service"
    if consumer.pk == provider.pk:
        wrong["consumer"] = "is the provider itself"
    if home is None or asking is None or wrong:
        raise InvalidInput("The row can't be used.", "Mend these.", wrong)
    return home, asking


def _present(row: Row, provider: Entity, service: Entity | None, team: Team | None) -> Allocation | None:
    """The grant that a row is about: by its reference, else that of the same consumer which begins on the same day."""
    number = row.reference.removeprefix(OWN)
    if number != row.reference and number.isascii() and number.isdecimal() and len(number) < 18:
        return Allocation.objects.filter(pk=int(number), granted__isnull=False).first()
    if row.reference:
        return Allocation.objects.filter(reference=row.reference).first()
    own = of_pair(provider.pk, service.pk if service else None, team.pk if team else None)
    return own.filter(granted__isnull=False, starts=row.period.starts).order_by("-pk").first()


def _same(present: Allocation, row: Row, provider: Entity, service: Entity | None, team: Team | None) -> bool:
    if present.state == State.WITHDRAWN and row.reference:
        raise InvalidInput(
            "This grant was given back.", "", {"reference": "was given back here; use another reference"}
        )
    whose = (present.provider_id, present.consumer_id, present.team_id)
    if whose != (provider.pk, service.pk if service else None, team.pk if team else None):
        return False
    period = Period(present.starts, present.ends)
    return (present.granted, present.per, period) == (row.rate.calls, row.rate.per.value, row.period)


def _release(present: Allocation) -> None:
    """The reference goes over to the row that comes in its place."""
    present.reference = None
    present.save(update_fields=["reference"])

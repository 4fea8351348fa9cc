"""Making a repository's access what engagements say: read, plan, change, read back, record. Safe to be killed anywhere.

A look holds a lease on the repository. What is about to change is written down first (`recording`), no transaction is
open while a forge is asked, and one step that fails doesn't keep back the others.
"""

import random
import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from awayteam.forges import accounts, leasing, registry, wanting
from awayteam.forges.actions import recording
from awayteam.forges.models import (
    Forge,
    ForgeAccount,
    ForgeGrant,
    ForgeRepository,
    GrantEnd,
    Reconciliation,
    RepositoryAccess,
    StrayRight,
)
from awayteam.forges.permissions import can_keep
from awayteam.forges.port import Account, Directory, ForgeError, Grants, Held, Level, Place
from awayteam.forges.reconciling import WEIGHT, Kind, Plan, Step, is_gone, plan, retry_at, steady
from awayteam.forges.repositories import place_of
from awayteam.kernel import bell, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.log import Log
from awayteam.organisation.models import Confidence, Identity

log = Log(__name__)
QUIET = timedelta(days=1)
"""Between two looks at a repository in which nothing of ours is and nothing is wanted any more."""
MOST_FOUND, MOST_HELD = 50, 5_000
"""People whose account is asked for, or first heard of, in one look; and accounts that are looked up."""


@dataclass(slots=True)
class Outcome:
    """What a look did. `error` is why it couldn't be made, "" where it was; `busy` that another worker has it."""

    plan: Plan = field(default_factory=Plan)
    given: int = 0
    taken: int = 0
    strays: int = 0
    unsettled: int = 0
    failures: list[str] = field(default_factory=list)
    error: str = ""
    busy: bool = False
    final: bool = False
    retry_at: datetime | None = None

    @property
    def is_well(self) -> bool:
        return not (self.error or self.failures or self.unsettled or self.busy)


class _Moment:
    """`now` as it goes on while forges are slow."""

    def __init__(self, now: datetime) -> None:
        self.now, self.began = now, time.monotonic()

    def __call__(self) -> datetime:
        return self.now + timedelta(seconds=self.seconds)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def look_soon(row: ForgeRepository, now: datetime) -> None:
    """Let a worker look at a repository's access as soon as possible; may be called in any transaction."""
    made = RepositoryAccess(repository=row, next_at=now)
    RepositoryAccess.objects.bulk_create([made], ignore_conflicts=True)
    RepositoryAccess.objects.filter(repository=row, next_at__gt=now).update(next_at=now)
    bell.ring()


def look_soon_at_all(forge: Forge, *, actor: Actor, now: datetime) -> int:
    """The same for every repository of a forge that visits are or were in. Raises `NotAllowed`; returns how many."""
    can_keep(actor).require()
    rows = RepositoryAccess.objects.filter(repository__forge=forge)
    count = rows.update(next_at=now)
    bell.ring()
    return count


def preview(row: ForgeRepository, *, now: datetime) -> Plan:
    """What a look would do, without doing it. Raises `ForgeError`, and what `registry.connect` raises."""
    _client, grants = registry.connect(row.forge)
    held = grants.held(place_of(row))
    wanted = wanting.wishes(now, [row]).get(row.pk, wanting.Wishes())
    return plan(wanted.dues, held, wanting.granted(row), wanting.terms(row, wanted, now), now)


def reconcile(
    row: ForgeRepository, *, now: datetime, asked_by: str = "", engagements: Collection[int] | None = None
) -> Outcome:
    """Look at one repository (with `forge` and `repository` loaded) and set its access right.

    `engagements` narrows what is read to those that may want something here. Never raises for what a forge does.
    """
    moment = _Moment(now)
    state = _take(row, now)
    if state is None:
        return Outcome(busy=True)
    done = Outcome()
    try:
        _look(row, state, done, moment, engagements)
    except ForgeError as error:
        done.error, done.final, done.retry_at = leasing.says(error), error.final, error.retry_at
    except AwayteamError as error:
        done.error = leasing.says(error)
    except Exception as error:
        log.exception("forges.reconcile.failed", repository=row.pk)
        done.error = leasing.says(error)
    _finish(row, state, done, moment, asked_by)
    return done


def _take(row: ForgeRepository, now: datetime) -> RepositoryAccess | None:
    """The state of the repository, leased; None where another worker has it."""
    RepositoryAccess.objects.bulk_create([RepositoryAccess(repository=row, next_at=now)], ignore_conflicts=True)
    token = secrets.token_hex(16)
    until = now + timedelta(seconds=rulebook.current().forges.lease_seconds)
    free = RepositoryAccess.objects.filter(leasing.free(now), repository=row)
    if not free.update(lease_until=until, lease_token=token):
        return None
    return RepositoryAccess.objects.filter(repository=row, lease_token=token).first()


def _still_ours(state: RepositoryAccess, at: datetime) -> bool:
    """Renew the lease; False where another worker took it, who goes on."""
    until = at + timedelta(seconds=rulebook.current().forges.lease_seconds)
    return bool(RepositoryAccess.objects.filter(pk=state.pk, lease_token=state.lease_token).update(lease_until=until))


def _look(
    row: ForgeRepository, state: RepositoryAccess, done: Outcome, moment: _Moment, engagements: Collection[int] | None
) -> None:
    _client, grants = registry.connect(row.forge)
    place = place_of(row)
    held = grants.held(place)
    now = steady(moment(), state.decided_at)
    _hear_of(row.forge, held, now)
    wanted = wanting.wishes(now, [row], engagements).get(row.pk, wanting.Wishes())
    if _find_accounts(row.forge, wanted, grants, now):
        wanted = wanting.wishes(now, [row], engagements).get(row.pk, wanting.Wishes())
    terms = wanting.terms(row, wanted, now)
    done.plan = plan(wanted.dues, held, wanting.granted(row), terms, now)
    state.decided_at, state.digest = now, wanted.digest
    made = []
    for step in done.plan.steps:
        if step.changes and not _still_ours(state, moment()):
            done.error = "Another worker went on."
            break
        made.append((step, *_apply(row, place, grants, step, done, moment)))
    if any(step.changes for step in done.plan.steps):
        held = grants.held(place)
    _record(row, state, made, held, done, moment())


def _hear_of(forge: Forge, held: Sequence[Held], now: datetime) -> None:
    """Know whoever holds a right there, so that those who are at home are known as such."""
    met = {one.account.id: one.account for one in held}
    known = ForgeAccount.objects.filter(forge=forge, external_id__in=list(met)[:MOST_HELD])
    for key in sorted(met.keys() - set(known.values_list("external_id", flat=True)))[:MOST_FOUND]:
        accounts.heard(forge, met[key], now)


def _find_accounts(forge: Forge, wanted: wanting.Wishes, grants: Grants, now: datetime) -> bool:
    """Ask the forge for the accounts of people whom it may know by a confirmed handle; whether one was found."""
    people = {due.person for due in wanted.dues if due.account is None}
    provider = registry.kind(forge.kind).identity_provider
    if not people or not provider or not isinstance(grants, Directory):
        return False
    rows = Identity.objects.filter(person__in=people, provider=provider, confidence=Confidence.CONFIRMED)
    found = False
    for value in rows.order_by("pk").values_list("value", flat=True)[:MOST_FOUND]:
        account = grants.find(value)
        found |= account is not None and accounts.heard(forge, account, now).person_id is not None
    return found


def _apply(
    row: ForgeRepository, place: Place, grants: Grants, step: Step, done: Outcome, moment: _Moment
) -> tuple[int | None, bool]:
    """Do one step; the id of our record of it, and whether the forge answered (True where it wasn't asked)."""
    pk = step.grant
    try:
        if step.kind is Kind.GIVE and step.wanted is not None:
            grant = recording.mean_to_give(row, step, moment())
            try:
                _lower_first(place, grants, step)
                grants.give(place, step.wanted)
            except ForgeError as error:
                recording.gave_perhaps(grant, leasing.says(error))
                raise
            pk = recording.gave(grant, moment())
            done.given += 1
        elif step.kind is Kind.TAKE:
            if pk is not None:
                recording.mean_to_take(pk, moment())
            _take_back(place, grants, step)
            if pk is not None:
                recording.took(pk, moment())
            done.taken += 1
        elif step.removes:
            for one in (one for one in step.held if one.direct):
                grants.take(place, one)
            done.taken += 1
    except ForgeError as error:
        _note_failure(done, step, error, pk)
        return pk, False
    return pk, True


def _note_failure(done: Outcome, step: Step, error: ForgeError, pk: int | None) -> None:
    says = leasing.says(error)
    login = step.account.login if step.account is not None else ""
    done.failures.append(f"{step.kind} {login}: {says}")
    done.final = error.final if len(done.failures) == 1 else done.final and error.final
    if error.retry_at is not None:
        done.retry_at = max(done.retry_at or error.retry_at, error.retry_at)
    if pk is not None and step.kind is Kind.TAKE:
        recording.failed(pk, says)


def _take_back(place: Place, grants: Grants, step: Step) -> None:
    """Take what is ours: down to what was there before, or altogether, also where the forge doesn't show it."""
    assert step.account is not None
    own = [one for one in step.held if one.direct and one.ours is not False]
    if step.back_to is not None:
        for one in own:
            if one.pending:
                grants.take(place, one)
        grants.give(place, step.back_to)
        if is_gone(step.account, step.back_to, grants.held(place)):
            return
    for one in own or [Held(step.account, _level_of(step))]:
        grants.take(place, one)
    if step.back_to is not None:  # where giving doesn't lower, only what isn't there any more can be given less of
        grants.give(place, step.back_to)


def _lower_first(place: Place, grants: Grants, step: Step) -> None:
    """Take a right that is more than it should be, since giving less needn't lower it."""
    assert step.wanted is not None
    for one in step.held:
        if one.direct and one.ours is not False and not one.pending and WEIGHT[one.level] > WEIGHT[step.wanted.level]:
            grants.take(place, one)


def _level_of(step: Step) -> Level:
    grant = ForgeGrant.objects.filter(pk=step.grant).first() if step.grant is not None else None
    return Level(grant.level) if grant is not None else Level.WRITE


def _record(
    row: ForgeRepository, state: RepositoryAccess, made: Sequence[tuple[Step, int | None, bool]],
    held: Sequence[Held], done: Outcome, now: datetime,
) -> None:  # fmt: skip
    """Write down what the forge shows after all steps."""
    removed: set[str] = set()
    for step, pk, answered in made:
        if step.kind in {Kind.GIVE, Kind.KEEP} and pk is not None and step.wanted is not None:
            done.unsettled += answered and not recording.seen(pk, step.wanted, held, now) and step.kind is Kind.GIVE
        elif step.kind is Kind.TAKE and pk is not None:
            done.unsettled += answered and not recording.gone(pk, step, held, now)
        elif step.kind is Kind.NOTHING and pk is not None:
            recording.close(pk, GrantEnd.RAISED if step.raised else None, now)
        elif step.removes and answered and step.account is not None:
            removed.add(step.account.id)
    done.strays = recording.strays(row, done.plan.of(Kind.STRAY), removed, now)
    state.waiting = recording.waits(row, done.plan.of(Kind.WAIT), now)


def _finish(row: ForgeRepository, state: RepositoryAccess, done: Outcome, moment: _Moment, asked_by: str) -> None:
    """Say when to look again, give the lease back, and keep what this look did."""
    now = moment()
    seen_next = state.next_at
    values: dict[str, Any] = {"lease_until": None, "lease_token": ""}
    is_new = not done.is_well and state.attempts == 0
    if done.is_well:
        values |= {"attempts": 0, "last_error": "", "looked_at": now}
        values["revokes_at"] = done.plan.revokes_at
    else:
        why = done.error or "; ".join(done.failures) or "The forge doesn't show yet what it answered."
        values |= {"attempts": min(state.attempts + 1, 1_000), "last_error": why[: leasing.LONGEST_ERROR]}
        values["last_error_at"] = now
    values |= {"decided_at": state.decided_at, "digest": state.digest, "waiting": state.waiting}
    mine = RepositoryAccess.objects.filter(pk=state.pk, lease_token=state.lease_token)
    # whoever wished for a look meanwhile set another moment, which stays
    if not mine.filter(next_at=seen_next).update(**values, next_at=_next(row, state, done, now)):
        mine.update(**values)
    if asked_by or done.given or done.taken or done.strays or is_new:
        _keep(row, done, moment, asked_by)


def _next(row: ForgeRepository, state: RepositoryAccess, done: Outcome, now: datetime) -> datetime:
    book = rulebook.current().forges
    sweep = timedelta(minutes=book.reconcile_minutes)
    if not done.is_well:
        longest = min(timedelta(minutes=book.retry_minutes_max), sweep)
        chance = random.random()  # noqa: S311 - spreads load, hides nothing
        return retry_at(now, state.attempts + 1, longest=longest, chance=chance, says=done.retry_at)
    is_open = done.plan.next_at is not None or bool(done.plan.of(Kind.WAIT, Kind.GIVE)) or _has_open(row)
    whole = now + (sweep if is_open else max(sweep, QUIET))
    return min(whole, done.plan.next_at) if done.plan.next_at is not None else whole


def _has_open(row: ForgeRepository) -> bool:
    mine = ForgeGrant.objects.filter(repository=row, removed_at__isnull=True)
    return mine.exists() or StrayRight.objects.filter(repository=row, gone_at__isnull=True).exists()


def _keep(row: ForgeRepository, done: Outcome, moment: _Moment, asked_by: str) -> None:
    told = [step_data(step) for step in done.plan.steps if step.kind is not Kind.KEEP or asked_by]
    Reconciliation.objects.create(
        repository=row, at=moment.now, asked_by=asked_by[:200], steps=told[:500], given=done.given, taken=done.taken,
        strays=done.strays, failed=len(done.failures), error=(done.error or "; ".join(done.failures))[:2_000],
        took_ms=int(moment.seconds * 1_000),
    )  # fmt: skip


def step_data(step: Step) -> dict[str, Any]:
    """A step as people and programs read it."""
    account: Account | None = step.account
    return {
        "kind": step.kind.value,
        "says": step.says,
        "account": account.login if account is not None else "",
        "people": list(step.people),
        "engagements": list(step.engagements),
        "level": step.wanted.level.value if step.wanted is not None else "",
        "until": step.wanted.until.isoformat() if step.wanted is not None else None,
        "patterns": list(step.wanted.patterns) if step.wanted is not None else [],
        "held": [one.level.value for one in step.held],
        "back_to": step.back_to.level.value if step.back_to is not None else "",
        "removes": step.removes,
    }

"""Our record of access on forges: written before a right is given or taken, and after the forge showed it.

Everything here is a short transaction of its own; no forge is asked within one. A row is found by its id and only as
long as it is open, so that two workers at once write what both can bear.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from awayteam.engagements.models import Engagement
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.forges import wanting
from awayteam.forges.models import ForgeAccount, ForgeGrant, ForgeRepository, GrantEnd, StrayRight
from awayteam.forges.port import Held, Wanted
from awayteam.forges.reconciling import FOREVER, Step, is_gone, shows
from awayteam.forges.repositories import known_as
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications.actions import Told, tell_many

LONGEST_ERROR = 2_000


def mean_to_give(row: ForgeRepository, step: Step, now: datetime) -> ForgeGrant:
    """Write down what is about to be given, and what it replaces; from then on it is ours to take."""
    assert step.account is not None
    assert step.wanted is not None
    account = ForgeAccount.objects.get(forge=row.forge_id, external_id=step.account.id)
    values = _meant(step, step.wanted, now)
    with transaction.atomic():
        held = ForgeGrant.objects.select_for_update().filter(repository=row, account=account, removed_at__isnull=True)
        known = held.first()
        if known is None:
            return _made(row, account, values)
        ForgeGrant.objects.filter(pk=known.pk).update(**values)
    known.refresh_from_db()
    return known


def _meant(step: Step, wanted: Wanted, now: datetime) -> dict[str, Any]:
    last = max(wanted.parts, key=lambda part: part.until, default=None)
    before = step.before
    return {
        "person_id": step.people[0] if step.people else None,
        "engagement_id": last.engagement if last is not None else None,
        "level": wanted.level.value,
        "until": min(wanted.until, FOREVER.replace(year=9998)),
        "asked": wanting.asked_of(wanted),
        "before": before.level.value if before is not None else "",
        "before_until": before.ends_at if before is not None else None,
        "asked_at": now,
        "taking_at": None,
        "taken_at": None,
    }


def _made(row: ForgeRepository, account: ForgeAccount, values: Mapping[str, Any]) -> ForgeGrant:
    try:
        with transaction.atomic():
            return ForgeGrant.objects.create(repository=row, account=account, **values)
    except IntegrityError:  # another worker was faster; its record is as good as ours
        return ForgeGrant.objects.get(repository=row, account=account, removed_at__isnull=True)


def gave(grant: ForgeGrant, now: datetime) -> int:
    """The forge answered that it is given: one event, unless the same was told of before. Returns the record's id.

    Where the record was closed meanwhile (another worker took it away while our call was under way), it is opened
    again, so that the next look takes what our late call may have given.
    """
    with transaction.atomic():
        row = _opened(grant)
        is_news = row.applied_at is None
        ForgeGrant.objects.filter(pk=row.pk).update(applied_at=max(now, row.asked_at), attempts=0, last_error="")
        if is_news:
            _tell(EventName.ACCESS_GRANTED, row, now)
    return row.pk


def gave_perhaps(grant: ForgeGrant, why: str) -> None:
    """The forge failed, or didn't answer: it may have given it all the same."""
    with transaction.atomic():
        failed(_opened(grant).pk, why)


def _opened(grant: ForgeGrant) -> ForgeGrant:
    row = ForgeGrant.objects.select_for_update().filter(pk=grant.pk, removed_at__isnull=True).first()
    return row or _made(grant.repository, grant.account, {name: getattr(grant, name) for name in COPIED})


COPIED = ("person_id", "engagement_id", "level", "until", "asked", "before", "before_until", "asked_at")


def mean_to_take(pk: int, now: datetime) -> None:
    ForgeGrant.objects.filter(pk=pk, removed_at__isnull=True).update(taking_at=now, taken_at=None)


def took(pk: int, now: datetime) -> None:
    """The forge answered that it is taken; the record is closed once the forge shows it."""
    ForgeGrant.objects.filter(pk=pk, removed_at__isnull=True).update(taken_at=now, attempts=0, last_error="")


def failed(pk: int, why: str) -> None:
    ForgeGrant.objects.filter(pk=pk).update(attempts=F("attempts") + 1, last_error=why[:LONGEST_ERROR])


def seen(pk: int, wanted: Wanted, held: Collection[Held], now: datetime) -> bool:
    """Note whether the forge shows a right of ours; False where it doesn't yet."""
    right = shows(wanted, held)
    open_ = ForgeGrant.objects.filter(pk=pk, removed_at__isnull=True)
    if right is None:
        return False
    stale = open_.filter(seen_at__isnull=True) | open_.filter(seen_at__lt=F("asked_at"))
    stale.update(seen_at=now, is_pending=right.pending)
    open_.exclude(is_pending=right.pending).update(is_pending=right.pending)
    return True


def gone(pk: int, step: Step, held: Collection[Held], now: datetime) -> bool:
    """Close the record of a right where the forge shows that it was taken; False where it doesn't yet."""
    assert step.account is not None
    if not is_gone(step.account, step.back_to, held):
        return False
    return close(pk, GrantEnd.LOWERED if step.back_to is not None else GrantEnd.TAKEN, now)


def close(pk: int, how: GrantEnd | None, now: datetime) -> bool:
    """End a record, with one event however often it is asked for. None: as the record itself says."""
    with transaction.atomic():
        row = ForgeGrant.objects.select_for_update(of=("self",)).filter(pk=pk, removed_at__isnull=True).first()
        if row is None:
            return True
        if how is None:
            ours = GrantEnd.LOWERED if row.before else GrantEnd.TAKEN
            how = ours if row.taken_at is not None else GrantEnd.GONE
        ForgeGrant.objects.filter(pk=pk).update(removed_at=now, ended=how.value, last_error="")
        row.ended = how.value
        _tell(EventName.ACCESS_REMOVED, row, now)
    return True


def _tell(name: EventName, row: ForgeGrant, now: datetime) -> None:
    repository = row.repository
    data: dict[str, Any] = {
        "grant": row.pk,
        "forge": repository.forge.name,
        "repository": known_as(repository),
        "account": row.account.login,
        "person": row.person.ref if row.person is not None else None,
        "level": row.level,
        "until": row.until,
    }
    if name is EventName.ACCESS_REMOVED:
        data |= {"ended": row.ended, "answered": row.applied_at is not None}
    events.append(name, subject=_subject(row.engagement, repository), actor=SYSTEM, now=now, data=data)


def _subject(visit: Engagement | None, repository: ForgeRepository) -> Subject:
    if visit is None:
        return Subject("forge-repository", repository.pk, repository.slug)
    return Subject(ENGAGEMENT.kind, visit.pk, visit.title)


def strays(row: ForgeRepository, steps: Sequence[Step], removed: Collection[str], now: datetime) -> int:
    """Keep the list of rights that we didn't give; returns how many are new. `removed` are accounts (ids) whose right
    was taken away now. The home side hears of each new one once."""
    found = {step.account.id: step for step in steps if step.account is not None}
    known = {one.external_id: one for one in StrayRight.objects.filter(repository=row, gone_at__isnull=True)}
    for key, one in known.items():
        if key not in found:
            StrayRight.objects.filter(pk=one.pk).update(gone_at=now)
    new = 0
    for key, step in found.items():
        values = _stray_values(row, step)
        pk = known[key].pk if key in known else None
        if pk is None:
            pk = _found(row, key, values, step, now)
            new += 1
        gone_at = now if key in removed else None
        StrayRight.objects.filter(pk=pk).update(**values, seen_at=now, gone_at=gone_at, removed=key in removed)
    return new


def _stray_values(row: ForgeRepository, step: Step) -> dict[str, Any]:
    assert step.account is not None
    right = max(step.held, key=lambda one: (one.direct, not one.pending))
    account = ForgeAccount.objects.filter(forge=row.forge_id, external_id=step.account.id).first()
    return {
        "login": step.account.login[:200],
        "account": account,
        "level": right.level.value,
        "is_pending": right.pending,
        "raised": step.raised,
    }


def _found(row: ForgeRepository, key: str, values: Mapping[str, Any], step: Step, now: datetime) -> int:
    with transaction.atomic():
        made = StrayRight.objects.create(repository=row, external_id=key[:200], found_at=now, seen_at=now, **values)
        data = {"forge": row.forge.name, "repository": known_as(row), "account": made.login, "level": made.level,
                "raised": made.raised, "says": step.says}  # fmt: skip
        subject = Subject("forge-repository", row.pk, row.slug)
        events.append(EventName.ACCESS_STRAY_FOUND, subject=subject, actor=SYSTEM, now=now, data=data)
        _tell_home(row, made, step, now)
    return made.pk


def _tell_home(row: ForgeRepository, made: StrayRight, step: Step, now: datetime) -> None:
    """Whoever answers for the home side of the visit that it has to do with, or of the latest one there."""
    visits = [*step.engagements] or list(
        ForgeGrant.objects.filter(repository=row, engagement__isnull=False).order_by("-pk")
        .values_list("engagement", flat=True)[:1]
    )  # fmt: skip
    visit = Engagement.objects.filter(pk__in=visits).order_by("-pk").first()
    if visit is None:
        return
    why = "raised by hand" if made.raised else "given by hand"
    text = f"{made.login} has {made.level} access to {known_as(row)} on {row.forge.name}, {why}, by no engagement."
    told = Told(
        subject=_subject(visit, row), event=EventName.ACCESS_STRAY_FOUND, text=text,
        address=ENGAGEMENT.address(visit), persons=frozenset(wanting.home_people([visit.pk])),
        key=f"stray-right-{made.pk}",
    )  # fmt: skip
    tell_many([told], now=now)


def waits(row: ForgeRepository, steps: Sequence[Step], now: datetime) -> list[dict[str, Any]]:
    """Tell people whose account nobody knows, once for each visit, and list them."""
    lacking = [step for step in steps if step.account is None]
    visits = Engagement.objects.in_bulk({number for step in lacking for number in step.engagements})
    told = [
        Told(
            subject=_subject(visit, row), event="access.account-lacking",
            text=f"{visit.title} lets you change {known_as(row)} on {row.forge.name}, but nobody knows your account "
            "there. Sign in with it here, or ask an administrator to link it.",
            address=ENGAGEMENT.address(visit), persons=frozenset(step.people),
            key=f"forge-account-{row.forge_id}-{visit.pk}",
        )
        for step in lacking
        for number in step.engagements
        if (visit := visits.get(number)) is not None
    ]  # fmt: skip
    if told:
        tell_many(told, now=now)
    return [{"person": step.people[0], "engagements": list(step.engagements)} for step in lacking]

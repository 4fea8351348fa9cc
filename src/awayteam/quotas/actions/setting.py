"""Setting limits, and moving them between shadow, enforced and off. Each change has a reason and an event."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse

from awayteam.catalog.models import Entity
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.quotas import rules
from awayteam.quotas.models import Limit, Revision
from awayteam.quotas.permissions import can_limit, visible
from awayteam.quotas.rules import STEPS, Origin, Rate, State, Unit, Verb
from awayteam.quotas.words import label_of, rate_words
from awayteam.stories.stepping import words_of

Changes = dict[str, tuple[str | None, str]]
KIND = "quota"
EVENTS = {
    Verb.ENFORCE: EventName.QUOTA_ENFORCED,
    Verb.OFF: EventName.QUOTA_SWITCHED_OFF,
    Verb.SHADOW: EventName.QUOTA_SHADOWED,
}
SAID = {
    State.ENFORCED: "is limited to",
    State.SHADOW: "has a limit in shadow, which only counts, of",
    State.OFF: "is no longer limited to",
}
CONSUMERS = frozenset({"Component", "Resource", "System"})


def rate_of(limit: Limit) -> Rate:
    return Rate(limit.requests, Unit(limit.unit), limit.burst)


def set_limit(
    api: Entity, consumer: Entity | None, operation: str, rate: tuple[int, Unit, int | None], *,
    actor: Actor, now: datetime, reason: str, origin: Origin = Origin.HAND, allocation: int | None = None,
) -> Limit:  # fmt: skip
    """Set how much `consumer` (None: each that no limit names) may ask of `operation` of `api` ("": all without one).

    `rate` is (requests, unit, burst), burst None for the rulebook's. A new limit starts in shadow; one that exists
    keeps its state, but an enforced one that becomes tighter goes back into shadow, and so does what was off. Raises
    `NotAllowed`, `InvalidInput`, `Conflict` (nothing would change).
    """
    can_limit(actor, api, now).require()
    said = words_of(reason, what="reason")
    wanted = _checked(api, consumer, operation, rate)
    with transaction.atomic():
        known = Limit.objects.filter(api=api, consumer=consumer, operation=operation)
        row = known.select_for_update().first()
        if row is None:
            row = _new(api, consumer, operation, now)
            changes: Changes = {"rate": (None, rate_words(wanted)), "state": (None, row.state)}
        else:
            changes = _changed(row, wanted, now, same_origin=(row.origin, row.allocation) == (origin.value, allocation))
        row.requests, row.unit, row.burst = wanted.requests, wanted.unit.value, wanted.burst
        row.origin, row.allocation = origin.value, allocation
        _save(row, EventName.QUOTA_SET, changes, actor=actor, now=now, reason=said)
    return row


def _new(api: Entity, consumer: Entity | None, operation: str, now: datetime) -> Limit:
    return Limit(
        api=api, consumer=consumer, operation=operation, state=State.SHADOW.value, created_at=now, state_since=now,
        version=0,
    )  # fmt: skip


def _checked(api: Entity, consumer: Entity | None, operation: str, rate: tuple[int, Unit, int | None]) -> Rate:
    if api.kind != "API":
        raise InvalidInput(
            f"{api.ref} is no API.", "Limits are of APIs; name the one that it provides.", {"api": "no API"}
        )
    if consumer is not None and consumer.kind not in CONSUMERS:
        what = f"{consumer.ref} calls nothing."
        raise InvalidInput(what, "Name the component that calls.", {"consumer": what})
    requests, unit, burst = rate
    wanted = Rate(requests, unit, burst if burst is not None else _burst(requests, unit))
    if wrong := rules.wrong_with(wanted.requests, wanted.burst):
        raise InvalidInput("These numbers are no limit.", "Mend the fields that are named.", wrong)
    if operation:
        _known(api, operation)
    return wanted


def _burst(requests: int, unit: Unit) -> int:
    return rules.burst_of(requests, unit, rulebook.current().quotas.burst_seconds)


def _known(api: Entity, operation: str) -> None:
    """An operation that the API offers and that a proxy can tell apart. Raises `InvalidInput`."""
    found = api.operations.filter(key=operation).first()
    if found is None:
        what = f"{api} offers no operation {operation[:80]!r}."
        raise InvalidInput(what, "Take one of its page, as written there, or leave it out.", {"operation": what})
    if not found.path.startswith("/"):
        what = f"A proxy for HTTP can't tell {operation[:80]!r} apart: it has no path."
        raise InvalidInput(what, "Limit the whole API, by leaving the operation out.", {"operation": what})


def _changed(row: Limit, wanted: Rate, now: datetime, *, same_origin: bool) -> Changes:
    """What changes in a limit that exists; its state follows. Raises `Conflict` where nothing does."""
    old, state = rate_of(row), State(row.state)
    after = State.SHADOW if state is State.OFF else rules.after_change(state, old, wanted)
    if old == wanted and after is state and same_origin:
        raise Conflict("The limit is that already.", "Nothing was changed.")
    changes: Changes = {"rate": (rate_words(old), rate_words(wanted))} if old != wanted else {}
    if after is not state:
        changes["state"] = (state.value, after.value)
        row.state, row.state_since = after.value, now
    return changes


def enforce(limit: Limit | int, *, actor: Actor, now: datetime, reason: str, version: int | None = None) -> Limit:
    """Let proxies limit it from now on; only what stands in shadow can be enforced."""
    return _step(limit, Verb.ENFORCE, actor=actor, now=now, reason=reason, version=version)


def shadow(limit: Limit | int, *, actor: Actor, now: datetime, reason: str, version: int | None = None) -> Limit:
    """Let proxies only count what they would limit."""
    return _step(limit, Verb.SHADOW, actor=actor, now=now, reason=reason, version=version)


def switch_off(limit: Limit | int, *, actor: Actor, now: datetime, reason: str, version: int | None = None) -> Limit:
    """Let proxies forget it; its history stays."""
    return _step(limit, Verb.OFF, actor=actor, now=now, reason=reason, version=version)


def _step(limit: Limit | int, verb: Verb, *, actor: Actor, now: datetime, reason: str, version: int | None) -> Limit:
    pk = limit if isinstance(limit, int) else limit.pk
    with transaction.atomic():
        rows = visible(actor, Limit.objects.filter(pk=pk), now).select_related("api__owner", "consumer")
        row = rows.select_for_update(of=("self",)).first()
        if row is None:
            raise NotFound(f"There is no limit {pk}.", "Look at the list.")
        can_limit(actor, row.api, now).require()
        said = words_of(reason, what="reason")
        if version is not None and version != row.version:
            raise Conflict("This limit was changed meanwhile.", "Look at it again.")
        before = State(row.state)
        after = STEPS.get((before, verb))
        if after is None:
            raise Conflict(f"This limit is {before}; {why_not(before, verb)}", "Look at its page.")
        row.state, row.state_since = after.value, now
        _save(row, EVENTS[verb], {"state": (before.value, after.value)}, actor=actor, now=now, reason=said)
    return row


def why_not(state: State, verb: Verb) -> str:
    """Why a verb doesn't lead anywhere from that state."""
    if state is State.OFF and verb is Verb.ENFORCE:
        return "it goes into shadow before it is enforced."
    return "nothing would change."


def _save(
    row: Limit, name: EventName, changes: Changes, *,
    actor: Actor, now: datetime, reason: str,
) -> None:  # fmt: skip
    row.reason, row.changed_at, row.version = reason, now, row.version + 1
    row.set_by_id = actor.person_id
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict("Somebody set this limit at the same moment.", "Look at it again.") from None
    touch()
    subject = Subject(KIND, row.pk, label_of(row))
    data = {"rate": rate_words(rate_of(row)), "state": row.state, "api": row.api.ref}
    if row.consumer is not None:
        data["consumer"] = row.consumer.ref
    events.append(name, subject=subject, actor=actor, now=now, reason=reason, changes=changes, data=data)
    _tell_consumer(row, name, subject, actor, now)


def touch() -> None:
    """Let proxies know, at their next look, that limits changed."""
    if not Revision.objects.filter(pk=1).update(number=F("number") + 1):
        Revision.objects.get_or_create(pk=1, defaults={"number": 1})


def _tell_consumer(row: Limit, name: EventName, subject: Subject, actor: Actor, now: datetime) -> None:
    """The consumer's team hears of every change of what it may ask."""
    owner = row.consumer.owner if row.consumer is not None else None
    if owner is None or owner.team_id is None:
        return
    text = f"{row.consumer} {SAID[State(row.state)]} {rate_words(rate_of(row))} of {row.api}: {row.reason[:160]}"
    tell(
        now=now, subject=subject, event=name, text=text, address=reverse("quota", args=[row.pk]), teams=[owner.team_id],
        group=Group.TURN, actor=actor, key=f"quota-{row.pk}-{row.version}",
    )  # fmt: skip

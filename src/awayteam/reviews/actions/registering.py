"""The public register: deviations are entered, and every entry is looked at again with what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible as entity_visible
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.machines import CLOCK
from awayteam.organisation.models import Team
from awayteam.reviews.actions import checking
from awayteam.reviews.actions.deciding import enter_register, in_public
from awayteam.reviews.machine import EntryState, EntryVerb
from awayteam.reviews.models import Kind, Outcome, RegisterEntry
from awayteam.reviews.permissions import can_deviate
from awayteam.reviews.plots import ENTRY_PLOT
from awayteam.stories.plot import Held
from awayteam.stories.stepping import check, enter, hold, words_of


@dataclass(frozen=True, slots=True)
class Deviation:
    """That a team does without a common tool or practice: `practice` names it, `data` are links and figures that speak
    for it (P20: no tool is compulsory, but at some point you show with data why you deviated)."""

    team: Team
    title: str
    practice: str
    reason: str
    data: Sequence[Mapping[str, str]]
    field: str = ""
    entity: Entity | None = None
    look_again_on: date | None = None


def deviate(wanted: Deviation, *, actor: Actor, now: datetime) -> RegisterEntry:
    """Enter a deviation with its data. Raises `NotAllowed`, `NotFound`, `InvalidInput`."""
    can_deviate(actor, wanted.team).require()
    entity = wanted.entity
    if entity is not None and not entity_visible(actor, Entity.objects.filter(pk=entity.pk), now).exists():
        raise NotFound(f"There is no {entity.ref}.")
    if actor.person_id is None:
        raise InvalidInput("Only people deviate; this account is not linked to a person.", "Act as a person.")
    on = wanted.look_again_on or now.date() + timedelta(days=rulebook.current().reviews.look_again_days)
    wrong = checking.texts(
        title=(wanted.title, checking.MAX_TITLE), practice=(wanted.practice, 300),
        reason=(wanted.reason, checking.MAX_TEXT),
    ) | checking.links("data", wanted.data) | checking.ahead("look_again_on", on, now.date())  # fmt: skip
    if wanted.field:
        wrong |= checking.field(wanted.field)
    if not wanted.data:
        wrong["data"] = "are missing: a deviation is shown with data"
    checking.refuse(wrong)
    entry = RegisterEntry(
        kind=Kind.DEVIATION, field=wanted.field, title=wanted.title.strip(), practice=wanted.practice.strip(),
        entity=entity, team=wanted.team, decider_id=actor.person_id, decider_label=actor.label[:200],
        reason=wanted.reason.strip(), data=checking.plain_links(wanted.data), decided_at=now, look_again_on=on,
        state=EntryState.STANDING.value,
    )  # fmt: skip
    with transaction.atomic():
        enter_register(entry, actor=actor, now=now, text=f"{wanted.team} deviates: {ENTRY_PLOT.label(entry)}.")
    return entry


def tell_what_happened(
    entry: RegisterEntry | int, *, outcome: str, happened: str, actor: Actor, now: datetime,
    version: int | None = None,
) -> RegisterEntry:  # fmt: skip
    """Say what became of an override, an emergency or a deviation; that ends its entry, which stays.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput`.
    """
    happened = words_of(happened, what="happened")
    if outcome not in Outcome.values:
        checking.refuse({"outcome": f"must be one of {', '.join(Outcome.values)}"})
    with transaction.atomic():
        held = hold(ENTRY_PLOT, entry, actor=actor, now=now, version=version)
        check(held, EntryVerb.TELL)
        row = held.row
        row.outcome, row.happened, row.looked_at = outcome, happened, now
        enter(
            held,
            EntryVerb.TELL,
            EntryState.TOLD,
            words=in_public(row, happened),
            data={"outcome": outcome},
            persons=_heard(row),
        )
    return row


def _heard(row: RegisterEntry) -> list[int]:
    """The bar raiser whose word was overridden hears what happened."""
    raiser = row.review.bar_raiser_id if row.review is not None else None
    return [one for one in (raiser, row.decider_id) if one is not None]


def look_later(
    entry: RegisterEntry | int, *, on: date, words: str, actor: Actor, now: datetime, version: int | None = None
) -> RegisterEntry:  # fmt: skip
    """It is too early to tell: the entry stands until another date, and why stands in its story.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput`.
    """
    words = words_of(words)
    checking.refuse(checking.ahead("on", on, now.date()))
    with transaction.atomic():
        held = hold(ENTRY_PLOT, entry, actor=actor, now=now, version=version)
        check(held, EntryVerb.TELL)
        row = held.row
        row.look_again_on, row.looked_at, row.happened = on, now, words
        enter(held, EntryVerb.TELL, EntryState.STANDING, words=in_public(row, words), data={"on": on.isoformat()})
    return held.row


def entry_run_out(held: Held[RegisterEntry]) -> None:
    """The date has come; or whoever was asked was silent, and a manager above is asked."""
    row = held.row
    held.party = CLOCK
    if row.state == EntryState.STANDING:
        enter(held, EntryVerb.EXPIRE, EntryState.DUE, text=f"{ENTRY_PLOT.label(row)}: what happened?")
        return
    row.silent += 1
    enter(held, EntryVerb.EXPIRE, EntryState.UNANSWERED, words="Nobody said what happened.")

"""Saying that an entry isn't right, and deciding about that."""

from datetime import datetime

from django.db import transaction

from awayteam.credit import settling
from awayteam.credit.machine import Party, State, Verb
from awayteam.credit.models import Dispute, Entry
from awayteam.credit.permissions import can_dispute, visible
from awayteam.credit.plots import DISPUTE
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.stories.stepping import begin, check, enter, hold, words_of


def dispute(entry: Entry, *, actor: Actor, now: datetime, words: str) -> Dispute:
    """Say why an entry isn't right; the manager of the unit above decides. One dispute runs at a time.

    Raises `NotFound`, `NotAllowed`, `InvalidInput` (no reason), `Conflict`.
    """
    said = words_of(words, what="words")
    with transaction.atomic():
        row = visible(actor, Entry.objects.filter(pk=entry.pk), now).select_for_update(of=("self",)).first()
        if row is None:
            raise NotFound(f"There is no entry {entry.pk}.", "Look at the list.")
        can_dispute(actor, row, now).require()
        if Dispute.objects.filter(entry=row, closed_at__isnull=True).exists():
            raise Conflict("This entry is disputed already.", "Wait for the decision; comment there.")
        level = settling.level(row, opened_by=actor.person_id, after=None, now=now)
        made = Dispute(entry=row, opened_by_id=actor.person_id, words=said, level=level.unit, state=State.OPEN.value)
        persons = settling.stakes(row, actor.person_id)
        begin(DISPUTE, made, Verb.DISPUTE, actor=actor, now=now, party=Party.DISPUTER.value, words=said,
              data={"entry": row.key}, persons=persons)  # fmt: skip
    return made


def take_back(row: Dispute | int, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Dispute:
    """Whoever disputed it doesn't any more; the entry stands."""
    return _settle(row, Verb.TAKE_BACK, State.TAKEN_BACK, actor=actor, now=now, words=words, version=version)


def uphold(row: Dispute | int, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Dispute:
    """The entry is right and stands."""
    return _settle(row, Verb.UPHOLD, State.UPHELD, actor=actor, now=now, words=words, version=version)


def withdraw_entry(
    row: Dispute | int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> Dispute:
    """The entry isn't right: it is shown as withdrawn, with the reason, and counts no more."""
    return _settle(row, Verb.WITHDRAW_ENTRY, State.WITHDRAWN_ENTRY, actor=actor, now=now, words=words, version=version)


def _settle(
    row: Dispute | int, verb: Verb, state: State, *, actor: Actor, now: datetime, words: str, version: int | None
) -> Dispute:
    said = words_of(words, what="words")
    with transaction.atomic():
        held = hold(DISPUTE, row, actor=actor, now=now, version=version)
        check(held, verb)
        entry = held.row.entry
        if verb is Verb.WITHDRAW_ENTRY:
            entry.withdrawn_at, entry.withdrawn_why = now, said
            entry.save(update_fields=["withdrawn_at", "withdrawn_why"])
        if verb is not Verb.TAKE_BACK:
            held.row.answer = said
        persons = settling.stakes(entry, held.row.opened_by_id)
        enter(held, verb, state, words=said, data={"entry": entry.key}, persons=persons)
    return held.row

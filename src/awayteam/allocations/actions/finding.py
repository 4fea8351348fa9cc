"""What a look leads to: findings, further rises of those that were answered, and findings that went by."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from awayteam.allocations.machine import (
    GROWTH_ANSWERED,
    GrowthParty,
    GrowthState,
    GrowthVerb,
)
from awayteam.allocations.models import Growth
from awayteam.allocations.plots import GROWTH
from awayteam.allocations.rules import Known, Reaction, Sign, reaction
from awayteam.allocations.use import Pair
from awayteam.allocations.words import KIND_WORDS, calls
from awayteam.catalog.models import Entity
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.log import Log
from awayteam.stories.stepping import begin, enter, hold

log = Log(__name__)
GOES_BY = [GrowthState.OPEN.value, GrowthState.OVERDUE.value, GrowthState.FIXING.value]


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign with what it rests on."""

    sign: Sign
    sampling: float | None


@dataclass(slots=True)
class Found:
    found: int = 0
    risen: int = 0
    teamless: int = 0


def find(seen: Mapping[Pair, Seen], *, now: datetime, day: date) -> Found:
    """Make and change findings by what was seen, each in a transaction of its own; a bad one is logged and left out."""
    done = Found()
    things = _things(seen)
    newest = _newest(seen)
    for pair, one in seen.items():
        try:
            with transaction.atomic():
                _react(pair, one, newest.get(pair), things, done, now, day)
        except AwayteamError:
            log.exception("growth.failed", provider=pair.provider, consumer=pair.consumer)
    return done


def _react(
    pair: Pair, seen: Seen, newest: Growth | None, things: Mapping[int, Entity], done: Found, now: datetime, day: date
) -> None:
    book = rulebook.current().allocations
    known = _known(newest) if newest is not None else None
    what = reaction(seen.sign, known, now.date(), rise_percent=book.rise_percent, again_days=book.again_days)
    if what is Reaction.FIND:
        row = _row(pair, seen, things, day)
        if row is None:
            done.teamless += 1
            return
        _begin(row, now)
        done.found += 1
    elif newest is not None and what in (Reaction.UPDATE, Reaction.RISE):
        _change(newest, seen, now, day, risen=what is Reaction.RISE)
        done.risen += what is Reaction.RISE


def _things(seen: Collection[Pair]) -> dict[int, Entity]:
    ids = {pair.provider for pair in seen} | {pair.consumer for pair in seen if pair.consumer is not None}
    return Entity.objects.select_related("owner__team").defer("document", "owner__document").in_bulk(list(ids))


def _newest(seen: Collection[Pair]) -> dict[Pair, Growth]:
    """The newest finding about each of these uses."""
    found: dict[Pair, Growth] = {}
    for row in Growth.objects.filter(provider__in={pair.provider for pair in seen}).order_by("pk"):
        found[Pair(row.provider_id, row.consumer_id, row.name if row.consumer_id is None else "")] = row
    return found


def _known(row: Growth) -> Known:
    level = row.answered if row.answered is not None else row.peak
    return Known(row.state, level, row.until, row.closed_at.date() if row.closed_at else None)


def _row(pair: Pair, seen: Seen, things: Mapping[int, Entity], day: date) -> Growth | None:
    """A new finding; None where no team could be asked."""
    provider = things[pair.provider]
    consumer = things.get(pair.consumer) if pair.consumer is not None else None
    home = provider.owner.team if provider.owner is not None else None
    team = consumer.owner.team if consumer is not None and consumer.owner is not None else None
    if home is None and team is None:
        return None
    sign = seen.sign
    return Growth(
        provider=provider, consumer=consumer, name=(pair.name or str(consumer))[:300], home_team=home,
        consumer_team=team, kind=sign.kind.value, score=sign.score, usual=sign.usual, level=sign.level,
        peak=sign.level, share=sign.share, sampling=seen.sampling, day=day, state=GrowthState.OPEN.value,
    )  # fmt: skip


def _begin(row: Growth, now: datetime) -> None:
    words = told(row)
    data = {"kind": row.kind, "level": row.level, "usual": row.usual, "score": round(row.score, 2)}
    begin(GROWTH, row, GrowthVerb.FIND, actor=SYSTEM, now=now, party=GrowthParty.AWAYTEAM.value, words=words, data=data,
          text=f"{row.consumer or row.name} calls {row.provider} unusually much: {words}")  # fmt: skip


def told(row: Growth) -> str:
    """What was seen, as a sentence."""
    share = f", {row.share:.0f} % of the allocation" if row.share is not None else ""
    usual = f" instead of {calls(round(row.usual))}" if row.kind != "share" else ""
    return f"{KIND_WORDS[row.kind]}, {calls(round(row.level))} calls a day{usual}{share}."


def _change(newest: Growth, seen: Seen, now: datetime, day: date, *, risen: bool) -> None:
    held = hold(GROWTH, newest, actor=SYSTEM, now=now)
    row, sign = held.row, seen.sign
    if row.closed_at is not None or row.day == day:
        return
    row.kind, row.score, row.usual, row.level = sign.kind.value, sign.score, sign.usual, sign.level
    row.share, row.sampling, row.day, row.peak = sign.share, seen.sampling, day, max(row.peak, sign.level)
    if risen and row.state in {one.value for one in GROWTH_ANSWERED}:
        before = row.answered or 0.0
        row.until = row.answered = None
        held.party = GrowthParty.AWAYTEAM.value
        words = f"It grew beyond the {calls(round(before))} calls a day that were answered: {told(row)}"
        enter(held, GrowthVerb.RISE, GrowthState.OPEN, words=words, data={"level": row.level, "answered": before})
    else:
        row.save()


def pass_by(still: Collection[Pair], *, now: datetime, day: date) -> int:
    """Close findings whose use is no longer unusual; those that are planned or asked for keep their date."""
    done = 0
    for row in Growth.objects.filter(state__in=GOES_BY, day__lt=day).order_by("pk"):
        pair = Pair(row.provider_id, row.consumer_id, row.name if row.consumer_id is None else "")
        if pair in still:
            continue
        with transaction.atomic():
            held = hold(GROWTH, row, actor=SYSTEM, now=now)
            if held.row.state in GOES_BY:
                held.party = GrowthParty.AWAYTEAM.value
                enter(held, GrowthVerb.PASS, GrowthState.PASSED, words="Use is no longer unusual.")
                done += 1
    return done

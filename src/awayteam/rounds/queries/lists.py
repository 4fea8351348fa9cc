"""Lists of rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from awayteam.kernel import clockface
from awayteam.kernel.actor import Actor
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, encode_cursor
from awayteam.requests.words import short_clock
from awayteam.rounds.machine import State
from awayteam.rounds.models import Round
from awayteam.rounds.permissions import visible
from awayteam.rounds.words import STATE_WORDS, TONES


@dataclass(frozen=True, slots=True)
class RoundFilter:
    """Every part narrows; empty ones don't. `state` takes states, "open" (what isn't over) and "closed"."""

    engagement: int | None = None
    state: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    home: tuple[int, ...] = ()
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round as lists show it."""

    round: Round
    words: str
    tone: tuple[str, str]
    face: ClockFace | None

    @property
    def clock(self) -> str:
        """The clock in few words; "" where none runs."""
        return short_clock(self.face) if self.face else ""

    @property
    def clock_tone(self) -> str:
        """How the clock is drawn: running, late in its last quarter, overdue."""
        face = self.face
        return "" if face is None else "overdue" if face.overdue else "late" if face.last_quarter else "running"

    @property
    def whose(self) -> str:
        row = self.round
        return str(row.turn_person or row.turn_team or "") if row.closed_at is None else ""


def _states(wanted: Sequence[str]) -> Q:
    found = Q()
    for one in wanted:
        if one in ("all", ""):
            return Q()
        if one in ("live", "closed"):
            found |= Q(closed_at__isnull=one == "live")
        elif one in set(State):
            found |= Q(state=one)
        else:
            choices = ", ".join(["live", "closed", "all", *State])
            raise InvalidInput(f"{one[:40]!r} is no state of a round.", f"Choose of: {choices}.", {"state": "unknown"})
    return found


def filtered(actor: Actor, wanted: RoundFilter, now: datetime) -> "QuerySet[Round]":
    """The rounds that fit and that the actor may see."""
    condition = _states(wanted.state)
    if wanted.engagement is not None:
        condition &= Q(engagement=wanted.engagement)
    if wanted.kind:
        condition &= Q(kind__in=wanted.kind)
    if wanted.home:
        condition &= Q(engagement__home_team__in=wanted.home)
    if wanted.turn is not None:
        condition &= Q(turn_person=wanted.turn)
    return visible(actor, Round.objects.filter(condition), now)


RELATED = (
    "engagement", "engagement__home_team", "engagement__away_team", "clock", "turn_person", "turn_team", "opened_by",
    "reviewer",
)  # fmt: skip


def list_rounds(
    actor: Actor, wanted: RoundFilter, *, cursor: str | None = None, limit: int = 50, now: datetime
) -> Page[RoundRow]:
    """Rounds, the newest first; two statements."""
    rows = filtered(actor, wanted, now)
    total = rows.count() if cursor is None else None
    if cursor:
        rows = rows.filter(pk__lt=decode_cursor(cursor, int)[0])
    found = list(rows.select_related(*RELATED).order_by("-pk")[: limit + 1])
    next_cursor = encode_cursor(found[limit - 1].pk) if len(found) > limit else None
    return Page(rows_of(found[:limit], now), next_cursor, total)


def rows_of(rounds: Sequence[Round], now: datetime) -> list[RoundRow]:
    """Rows of rounds that were read with `RELATED`; no statement."""
    return [
        RoundRow(
            one, STATE_WORDS[State(one.state)], TONES[State(one.state)],
            clockface.describe(one.clock, now) if one.clock is not None else None,
        )
        for one in rounds
    ]  # fmt: skip

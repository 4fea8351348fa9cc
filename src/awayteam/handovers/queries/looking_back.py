"""Retrospectives: one's own answers always, the others' once both sides answered or the time has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from awayteam.engagements.models import Engagement, Side
from awayteam.handovers import rules
from awayteam.handovers.actions.retrospectives import ASKED
from awayteam.handovers.models import Retrospective
from awayteam.handovers.permissions import Standing
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Answers:
    """What one person answered, and on which side they were."""

    row: Retrospective
    own: bool


@dataclass(frozen=True, slots=True)
class LookBack:
    """`answers` are those that the reader may read; `hidden` counts the others, which open with the other side's first
    answer or at `opens_at`. `may_answer` says whether the reader is asked."""

    engagement: Engagement
    questions: tuple[str, ...]
    answers: tuple[Answers, ...]
    hidden: int
    sides: frozenset[str]
    opens_at: datetime | None
    may_answer: bool

    @property
    def own(self) -> Retrospective | None:
        return next((one.row for one in self.answers if one.own), None)

    @property
    def waits_for(self) -> list[str]:
        """The sides that have not answered."""
        return [side.value for side in Side if side.value not in self.sides]


def looking_back(actor: Actor, engagement: Engagement, now: datetime) -> LookBack:
    """What may be read of a retrospective; the caller has checked that the actor sees the engagement."""
    rows = list(engagement.retrospectives.select_related("person"))
    sides = {row.side for row in rows}
    ended = engagement.accepted_at or engagement.closed_at
    days = rulebook.current().handovers.retrospective_days
    opens_at = ended + timedelta(days=days) if ended is not None else None
    told = [Answers(row, row.person_id == actor.person_id) for row in rows]
    seen = tuple(one for one in told if rules.may_read(one.own, sides, opens_at, now))
    over = engagement.state in ASKED and engagement.began_at is not None
    return LookBack(
        engagement=engagement,
        questions=rulebook.current().handovers.questions,
        answers=seen,
        hidden=len(told) - len(seen),
        sides=frozenset(sides),
        opens_at=opens_at,
        may_answer=over and actor.may_write and Standing(actor, engagement, now).side is not None,
    )

"""Who looks a handover over when the home team didn't answer: an independent reviewer, else the manager above both."""

from dataclasses import dataclass
from datetime import datetime

from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import Standing
from awayteam.handovers.permissions import manager_level
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.rulebook import current
from awayteam.reviews.pool import assign_reviewer


@dataclass(frozen=True, slots=True)
class Drawn:
    """`person` is None where nobody can; `reasons` say why they."""

    person: int | None
    reasons: tuple[str, ...]


def draw(engagement: Engagement, now: datetime) -> Drawn:
    """The fall-back reviewer of a handover, by the field that reviews of rounds fall back to; never of either side."""
    sides = Standing(SYSTEM, engagement, now)
    taken = sides.away_people | sides.home_people | frozenset(sides.home.persons)
    concerned = {one for one in (engagement.home_decider_id, engagement.away_lead_id) if one is not None}
    choice = assign_reviewer(
        current().rounds.fallback_field, teams=(engagement.home_team, engagement.away_team), people=concerned,
        without=taken, now=now,
    )  # fmt: skip
    if choice.person is not None:
        return Drawn(choice.person, choice.reasons)
    level = manager_level(engagement, after=None, now=now)
    free = [person for person in level.chosen.persons if person not in taken]
    if free:
        return Drawn(free[0], (*choice.reasons, level.chosen.because))
    return Drawn(None, (*choice.reasons, "Nobody outside the two teams is known who could look it over."))


def minutes() -> int:
    """Working minutes that the fall-back reviewer has."""
    return current().handovers.look_over_minutes

"""The few figures of one team that stand on its own page."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from awayteam.insights import rules
from awayteam.insights.queries.counting import count
from awayteam.insights.rules import Share, Spread
from awayteam.insights.scope import Asked, scope
from awayteam.kernel.actor import Actor
from awayteam.kernel.clocks import calendar_of
from awayteam.organisation.models import Team
from awayteam.organisation.queries import below


@dataclass(frozen=True, slots=True)
class Summary:
    """The last three months: first decisions in working minutes, clocks that ran out, what is open now."""

    decided: Spread
    expiry: Share
    open: int
    value_per_week: Decimal
    per_day: int


def summary(actor: Actor, team: Team, now: datetime) -> Summary | None:
    """None where nothing was decided and nothing is open. Five statements."""
    asked = scope(actor, Asked(), now)
    asked.team, asked.homes = team, frozenset(below(team))
    decided = count(asked, "decided", before=False)
    ended = count(asked, "ended", before=False, values=False)
    open_now = count(asked, "open", before=False, values=False)
    if not (decided.rows or ended.rows or open_now.rows):
        return None
    return Summary(
        decided=rules.spread(decided.values, asked.few_below),
        expiry=Share(ended.where(lambda row: row.group == "ran-out").number, ended.number, asked.few_below),
        open=open_now.number,
        value_per_week=open_now.points,
        per_day=calendar_of().minutes_per_day,
    )

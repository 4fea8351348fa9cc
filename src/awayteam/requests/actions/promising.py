"""The home team's promise: an item on its roadmap, and the dates that follow from the plan."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from awayteam.kernel.errors import InvalidInput
from awayteam.organisation.models import Team
from awayteam.requests.actions.values import Change, Plan, check_effort
from awayteam.requests.stepping import Held
from awayteam.roadmaps import actions as roadmaps
from awayteam.roadmaps.choices import OPEN_STATES
from awayteam.roadmaps.models import Item

AUTHORITY = "request"
"""What stands in for the roadmap's own permission: the decision on the request, which was asked for its own."""
OPEN = {state.value for state in OPEN_STATES}
NO_FORECAST = timedelta(weeks=52)
"""Promised where the plan gives no date, because nobody is there to do it: somebody must look at it within a year."""


def place(held: Held, plan: Plan) -> list[dict[str, Any]]:
    """Put a request on the home team's roadmap, or plan its item anew; its dates stand in the request then.

    Returns what is displaced: the items whose end moves. Raises `InvalidInput`.
    """
    check_effort(plan.effort)
    request, reason = held.request, f"request #{held.request.pk}"
    if request.item is not None and request.item.state in OPEN:
        displaced = roadmaps.replan(
            actor=held.actor, now=held.now, item=request.item, effort=plan.effort, rank=plan.rank,
            value_per_week=request.value_per_week, reason=reason, authorised_by=AUTHORITY,
        )  # fmt: skip
    else:
        made = roadmaps.place(
            actor=held.actor, now=held.now, team=request.home_team, title=request.title, description=request.need,
            kind=request.kind, effort=plan.effort, value_per_week=request.value_per_week, rank=plan.rank,
            promised=plan.promised, reason=reason, authorised_by=AUTHORITY,
        )  # fmt: skip
        request.item, displaced = made.item, made.displaced
    set_dates(held, plan.promised)
    return displaced


def set_dates(held: Held, promised: date | None) -> None:
    """Take the dates over from the plan; the promised day (default: done with 85% odds) is what the clock runs to.

    Raises `InvalidInput` for a day that is past.
    """
    request, today = held.request, held.now.date()
    if promised is not None and promised <= today:
        raise InvalidInput("That day is past.", "Promise a day to come.", {"promised": "is past"})
    assert request.item is not None  # whoever promises has placed it
    request.item.refresh_from_db()
    likely, surely = request.item.forecast_p50, request.item.forecast_p85
    end = promised or surely or today + NO_FORECAST
    request.expected_until = max(end, today + timedelta(days=1))
    request.expected_from = min(likely or request.expected_until, request.expected_until)
    Item.objects.filter(pk=request.item.pk).update(promised_on=request.expected_until)


def reshuffle_others(held: Held, changes: Sequence[Change], words: str) -> list[dict[str, Any]]:
    """Move or drop the items that make room, on the roadmaps of the home team and of those who ask.

    Raises `InvalidInput` for an item of any other team, or one that isn't open.
    """
    if not changes:
        return []
    teams = {held.request.home_team_id, *held.standing.asking_teams}
    found = Item.objects.filter(pk__in=[one.item for one in changes], team__in=teams, state__in=OPEN)
    items = {item.pk: item for item in found.select_related("team")}
    missing = [str(one.item) for one in changes if one.item not in items]
    if missing:
        names = " and ".join(str(team) for team in Team.objects.filter(pk__in=teams).order_by("name"))
        what = f"{', '.join(missing)}: no open items of {names}"
        raise InvalidInput("Only the roadmaps of both sides can make room.", f"{what}.", {"changes": what})
    return list(
        roadmaps.reshuffle(
            actor=held.actor,
            now=held.now,
            changes=[(items[one.item], one.rank) for one in changes],
            reason=words,
            authorised_by=AUTHORITY,
        )
    )


def finish(held: Held) -> None:
    """Close the item on the roadmap as done, where it is open still."""
    item = held.request.item
    if item is not None and item.state in OPEN:
        roadmaps.finish(actor=held.actor, now=held.now, item=item, reason=f"request #{held.request.pk} is delivered")


def drop(held: Held, words: str) -> None:
    """Give the item on the roadmap up, where it is open still."""
    item = held.request.item
    if item is not None and item.state in OPEN:
        roadmaps.reshuffle(
            actor=held.actor, now=held.now, changes=[(item, None)], reason=words, authorised_by=AUTHORITY
        )

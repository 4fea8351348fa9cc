"""The brief of an escalation, as a page and on paper: what every rank would cost, and what else could be done."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.kernel import rulebook
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import render
from awayteam.kernel.requests import Request
from awayteam.requests.queries import EscalationRow
from awayteam.requests.views.drawing import price_of_ranks
from awayteam.requests.views.story import load
from awayteam.requests.words import points

MOST_RANKS = 40


@dataclass(frozen=True, slots=True)
class Rank:
    """One possible rank: when it is done, how many items slip, and what that and the waiting cost together."""

    rank: int
    p50: date | None
    p85: date | None
    slipped: int
    cost: float
    waiting: float | None
    cheapest: bool

    @property
    def total(self) -> float:
        return self.cost + (self.waiting or 0)


@require_safe
def brief(request: Request, pk: int) -> HttpResponseBase:
    """The brief as it was frozen when the request was escalated; `?escalation=` names an earlier one."""
    found = load(request, pk, timezone.now())
    escalation = _escalation(found.escalations, request.GET.get("escalation", ""))
    ranks = ranks_of(escalation.brief)
    shown, left_out = thinned(ranks)
    context = {
        "story": found,
        "row": found.row,
        "escalation": escalation,
        "brief": escalation.brief,
        "ranks": shown,
        "left_out": left_out,
        "plot": price_of_ranks([(rank.rank, rank.cost, rank.waiting or 0.0) for rank in ranks]),
        "slips": slips_of(escalation.brief),
        "plain": plain,
        "unit": rulebook.current().requests.value_unit,
    }
    return render(request, "requests/brief.html", context)


def _escalation(rows: list[EscalationRow], wanted: str) -> EscalationRow:
    with_brief = [row for row in rows if row.brief]
    chosen = next((row for row in with_brief if str(row.id) == wanted), None)
    if chosen is None and (wanted or not with_brief):
        raise NotFound("There is no brief of this request.", "Briefs are made when a request is escalated.")
    return chosen or with_brief[0]


def ranks_of(brief: dict[str, Any]) -> list[Rank]:
    """The ranks of a frozen brief; what it doesn't say is left out."""
    ranks = brief.get("ranks") or {}
    return [
        Rank(
            rank=one["rank"],
            p50=_day(one.get("p50")),
            p85=_day(one.get("p85")),
            slipped=one.get("slipped") or 0,
            cost=one.get("cost") or 0.0,
            waiting=one.get("waiting_cost"),
            cheapest=one["rank"] == ranks.get("cheapest"),
        )
        for one in ranks.get("options") or ()
    ]


def thinned(ranks: list[Rank]) -> tuple[list[Rank], int]:
    """Some forty ranks: the first ten, the cheapest, the last, and evenly spread ones; how many are left out."""
    if len(ranks) <= MOST_RANKS:
        return ranks, 0
    step = len(ranks) / (MOST_RANKS - 12)
    spread = {int(index * step) for index in range(MOST_RANKS - 12)}
    keep = [one for at, one in enumerate(ranks) if at < 10 or at in spread or one.cheapest or at == len(ranks) - 1]
    return keep, len(ranks) - len(keep)


def slips_of(brief: dict[str, Any]) -> list[tuple[int, list[dict[str, Any]]]]:
    """(rank, what slips there), the ranks in order."""
    slips = (brief.get("ranks") or {}).get("slips") or {}
    return sorted((int(rank), rows) for rank, rows in slips.items())


def plain(text: str) -> str:
    """A number of the brief as people read it: "640" rather than "640.00"."""
    return points(Decimal(text))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

"""How credit is said: kinds and quantities in people's words."""

from decimal import Decimal

from awayteam.credit.machine import State
from awayteam.credit.rules import MEASURES, Kind, Measure

KIND_WORDS = {
    Kind.ENGAGEMENT: "Visits completed",
    Kind.REVIEW: "Reviews given in time",
    Kind.HOURS: "Pledged hours given",
    Kind.REUSE: "Reuse by other teams",
    Kind.DOWNSTREAM: "Effect downstream",
    Kind.THANKS: "Thanks",
}
KIND_SAYS = {
    Kind.ENGAGEMENT: "The handover of a visit was accepted. Each member has the days on which they could work.",
    Kind.REVIEW: "A round or a review was answered before the reviewer's clock ran out.",
    Kind.HOURS: "Hours that people of a home team gave to a visit, as they were booked.",
    Kind.REUSE: "A third team began to use the service that a visit worked on, within the rulebook's days.",
    Kind.DOWNSTREAM: "Something was done for which another team had waited. The measure is what its delay cost a week.",
    Kind.THANKS: "Somebody thanked in words that stand as a comment on what it was for.",
}
STATE_WORDS = {
    State.OPEN: "open",
    State.UPHELD: "the entry stands",
    State.WITHDRAWN_ENTRY: "the entry is withdrawn",
    State.TAKEN_BACK: "taken back",
}
SINGULAR = {"days": "day", "reviews": "review", "hours": "hour", "consumers": "using team"}
PLURAL = {"consumers": "using teams"}


def kind_words(kind: str) -> str:
    return KIND_WORDS[Kind(kind)]


def number(value: Decimal) -> str:
    """ "12", "1.5", "1,200": no more places than there are."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def amount(value: Decimal, measure: str, unit: str = "points") -> str:
    """ "12 days", "1.5 hours"; points in the organisation's own `unit`; thanks are only counted."""
    if measure == Measure.THANKS:
        return f"{number(value)} {'time' if value == 1 else 'times'}"
    if measure == Measure.POINTS:
        return f"{number(value)} {unit} a week"
    name = SINGULAR.get(measure, measure) if value == 1 else PLURAL.get(measure, measure)
    return f"{number(value)} {name}"


def measure_of(kind: str) -> str:
    return MEASURES[Kind(kind)].value

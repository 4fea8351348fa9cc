"""How insights say numbers: times with their number of cases, shares with their doubt, and the sentence at the top."""

from decimal import Decimal

from awayteam.insights.cases import MEASURES
from awayteam.insights.queries.figures import PROMISED_ODDS, Figures, Part
from awayteam.insights.rules import Change, Share, Spread
from awayteam.kernel import businesstime
from awayteam.requests.words import points


def cases(number: int) -> str:
    return f"{number:,} case{'' if number == 1 else 's'}"


def minutes(value: float | None, per_day: int) -> str:
    """Working time: "1 working day 3 h"; "—" where nothing was timed."""
    return "—" if value is None else businesstime.spoken(int(value), per_day)


def short_minutes(value: float | None, per_day: int) -> str:
    """The same for a cell: "1 d 3 h"."""
    return minutes(value, per_day).replace(" working days", " d").replace(" working day", " d")


def hours(value: float | None) -> str:
    """Time by the calendar: "5 h", "3 d 4 h", and whole days from ten on."""
    if value is None:
        return "—"
    days, rest = divmod(int(value), 24)
    if days >= 10:
        return f"{days:,} d"
    return " ".join(part for part in (f"{days} d" if days else "", f"{rest} h" if rest or not days else "") if part)


def share(value: Share) -> str:
    """ "12 %"; of few cases "1 of 3" instead, as a percentage would pretend."""
    if value.share is None:
        return "—"
    return f"{value.part:,} of {value.n:,}" if value.few else f"{value.share:.0%}".replace("%", " %")


def doubt(value: Share) -> str:
    """The interval around a share: "between 60 and 84 %"."""
    if value.low is None or value.high is None:
        return ""
    return f"between {value.low * 100:.0f} and {value.high * 100:.0f} %"


def spoken_spread(value: Spread, median: str, p85: str) -> str:
    """ "median 1 d, 85 % within 3 d, 24 cases"; few cases say so first."""
    if not value.n:
        return "no case"
    if value.few:
        return f"only {cases(value.n)}: median {median}"
    return f"median {median}, 85 % within {p85}, {cases(value.n)}"


def promise_verdict(kept: Share) -> str:
    """Whether promises are met as often as they say: days are promised with 85% odds."""
    if not kept.n:
        return "No promise ended in this window."
    below = kept.is_below(PROMISED_ODDS)
    wanted = f"{PROMISED_ODDS:.0%}".replace("%", " %")
    counted = f"{kept.part:,} of {cases(kept.n)} kept"
    if below is True:
        return f"{counted}: fewer than the {wanted} that plans promise, beyond chance."
    if below is False:
        return f"{counted}: more than the {wanted} that plans promise; days could be named earlier."
    return f"{counted}, {doubt(kept)} with the doubt of so few: that fits the {wanted} that plans promise."


CHANGED = {
    "decided": ("First decisions take longer", "First decisions come sooner"),
    "done": ("It takes longer until requests are done", "Requests are done sooner"),
    "expired": ("Clocks run out more often", "Clocks run out less often"),
    "promised": ("Promises are kept more often", "Promises are kept less often"),
    "managed": ("Managers spend more time", "Managers spend less time"),
    "asked": ("More is asked", "Less is asked"),
}


def change(found: Change, per_day: int) -> str:
    """What changed most, as a sentence with both figures and their cases."""
    one = found.figure
    up, down = CHANGED[one.key]
    now, before = (_figure(one.key, value, per_day) for value in (one.now, one.before))
    counted = "" if one.key == "asked" else f" ({one.n_now:,} and {cases(one.n_before)})"
    return f"{up if found.ratio > 1 else down}: {now}, after {before} in the window before{counted}."


def _figure(key: str, value: float | None, per_day: int) -> str:
    if key in ("expired", "promised"):
        return f"{(value or 0) * 100:.0f} %"
    if key == "asked":
        return f"{int(value or 0):,} requests"
    if key == "managed":
        return f"{(value or 0) / 60:,.1f} h"
    return f"a median of {minutes(value, per_day) if key == 'decided' else hours(value)}"


def worst(part: Part, unit: str) -> str:
    """The queue that costs most, as a sentence."""
    waiting = f"{part.open:,} open request{'' if part.open == 1 else 's'}"
    value = f"{points(Decimal(part.value_per_week))} {unit} a week wait" if part.value_per_week else "Most waits"
    return f"{value} with {part.label}: {waiting}, the oldest asked {part.oldest_days:,} days ago."


def headline(found: Figures, unit: str) -> list[str]:
    """What is notable: the largest change and the worst queue; where neither is, that few cases say nothing."""
    said = [change(found.change, found.per_day)] if found.change else []
    said += [worst(found.worst, unit)] if found.worst else []
    if not found.change:
        why = "Too few cases to compare" if found.decided.now.n < found.scope.few_below else "Nothing changed much"
        said.insert(0, f"{why} with the window before.")
    return said


def value_of(measure: str, value: int | None, per_day: int) -> str:
    """A case's own number, in words."""
    unit = MEASURES[measure].unit
    if value is None or not unit:
        return ""
    if unit == "working minutes":
        return minutes(value, per_day)
    if unit == "days":
        return f"{value:,} days"
    return hours(value) if unit == "hours" else f"{value:,} min"

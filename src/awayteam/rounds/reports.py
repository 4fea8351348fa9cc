"""The report for both managers as text: pure, from the figures that `queries.reporting` gathers."""

from collections.abc import Iterable, Mapping
from typing import Any

from awayteam.kernel.businesstime import spoken

Data = Mapping[str, Any]
DAY_MINUTES = 480
MODES = {
    "every-change": "the home team reviews every change",
    "architecture": "the home team signs the design, the away team reviews its own changes",
    "bar-raiser": "independent reviewers look at everything",
}


def span(minutes: int) -> str:
    """Working time as people say it."""
    return spoken(minutes, DAY_MINUTES)


def text_of(data: Data) -> str:
    """A report as Markdown. Everything in it stands in `data`."""
    visit = data["engagement"]
    parts = [
        f"# {visit['title']}: {data['since'][:10]} to {data['until'][:10]}",
        f"{visit['away']} works with {visit['home']}. It is {visit['state'].replace('-', ' ')}; the time-box ends on "
        f"{visit['ends_on'] or 'no day yet'}; {MODES.get(visit['review_mode'], visit['review_mode'])}.",
        _section("Needed now", (_need(one) for one in data["needed"]), "Nothing is waited for."),
        _section("Late", (f"**{one['what']}**: {one['why']}" for one in data["late"]), "Nothing is late."),
        _section("Done", (_done(one) for one in data["done"]), "Nothing was recorded in this time."),
        _section("Review rounds", _rounds(data), "No round was open in this time."),
        _section("Hours of the home team", _hours(data["hours"]), "No hours were pledged, and none were given."),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: Iterable[str], nothing: str) -> str:
    found = [f"- {line}" for line in lines]
    return f"## {title}\n\n" + ("\n".join(found) if found else nothing)


def _need(one: Data) -> str:
    until = f", until {one['until'][:10]}" if one["until"] else ""
    return f"**{plain(one['who'])}**: {one['what']}{until}"


def _done(one: Data) -> str:
    words = f" — {plain(one['why'])}" if one["why"] else ""
    return f"{one['at'][:10]} {plain(one['who'])} {one['what']}{words}"


def _rounds(data: Data) -> Iterable[str]:
    latency = data["latency"]
    if latency["trips"]:
        share = f"{latency['in_time']} of {latency['trips']} in time"
        yield f"Answers took {span(latency['median'])} (median), {span(latency['p90'])} (nine of ten), {share}."
    for one in data["rounds"]:
        waited = f", waited {span(one['minutes'])}" if one["minutes"] is not None else ""
        trips = f", {one['trips']} round trips" if one["trips"] > 1 else ""
        yield f"Round {one['number']} ({one['kind']}) {plain(one['title'])}: {one['state']}{trips}{waited}"


def _hours(hours: Data) -> Iterable[str]:
    if not hours["pledged"] and not hours["booked"]:
        return
    yield f"{_hour(hours['booked'])} of {_hour(hours['pledged'])} given in all, {_hour(hours['in_time'])} in this time"
    for one in hours["by_person"]:
        yield f"{plain(one['who'])}: {_hour(one['minutes'])}"


def _hour(minutes: int) -> str:
    return f"{minutes / 60:.1f}".removesuffix(".0") + " h"


def plain(text: str) -> str:
    """A text of people as one line of a Markdown list: nothing in it is markup."""
    line = " ".join(text.split())[:300]
    return "".join(f"\\{one}" if one in "\\`*_[]<>#|" else one for one in line)

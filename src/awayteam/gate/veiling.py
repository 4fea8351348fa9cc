"""A verdict as those read it who may not see every engagement: the answer stays, what it is about isn't told. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from awayteam.gate.verdict import Need, Reason, Section, Standing, Verdict

_REASONS = {
    "engagement": "An engagement that you may not see lets the author change this.",
    "warranty": "An engagement that you may not see is under warranty; repairs go in on the home side's word.",
    "no-engagement": "No engagement that you may see lets the author change this.",
    "silence": "Nobody of the home side answered in time; it may go in.",
}
_TITLE = "an engagement"
SHORTEST = 4
"""Characters of a title below which it is a word that says nothing."""


def numbers(verdict: Verdict) -> set[int]:
    """The engagements that a verdict names."""
    return {one.engagement for one in verdict.sections if one.engagement}


def granting(verdict: Verdict) -> set[int]:
    """The engagements by which parts of the change would go in, or are mended."""
    wanted = (Standing.VISIT, Standing.WARRANTY)
    return {one.engagement for one in verdict.sections if one.engagement and one.standing in wanted}


def veiled(verdict: Verdict, unseen: Collection[int], titles: Mapping[int, str]) -> Verdict:
    """The verdict without what it says of the engagements `unseen`: their numbers, their `titles`, where they are."""
    if not unseen or numbers(verdict).isdisjoint(unseen):
        return verdict
    hidden = sorted((titles[one] for one in unseen if len(titles.get(one, "")) >= SHORTEST), key=len, reverse=True)
    return replace(
        verdict,
        sections=tuple(_section(one, unseen, hidden) for one in verdict.sections),
        whole=tuple(_reason(one, hidden) for one in verdict.whole),
        whole_needs=tuple(_need(one, hidden) for one in verdict.whole_needs),
    )


def _section(one: Section, unseen: Collection[int], hidden: Collection[str]) -> Section:
    if one.engagement not in unseen:
        return one
    return replace(
        one,
        engagement=0,
        reasons=tuple(_reason(each, hidden) for each in one.reasons),
        needs=tuple(_need(each, hidden) for each in one.needs),
    )


def _reason(one: Reason, hidden: Collection[str]) -> Reason:
    return replace(one, says=_REASONS.get(one.rule) or _without(one.says, hidden))


def _need(one: Need, hidden: Collection[str]) -> Need:
    return replace(one, says=_without(one.says, hidden), address="")


def _without(text: str, hidden: Collection[str]) -> str:
    for title in hidden:
        text = text.replace(title, _TITLE)
    return text

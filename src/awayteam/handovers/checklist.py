"""The checklist of a handover as the rules see it: its lines with their evidence, and reviews that are open."""

from awayteam.handovers import rules
from awayteam.handovers.models import ChecklistLine, Handover
from awayteam.handovers.rules import Line
from awayteam.rounds.machine import FINAL
from awayteam.rounds.models import Round


def line_of(row: ChecklistLine) -> Line:
    """A line as plain values; reads its evidence, unless that was prefetched."""
    shows = frozenset(one.kind for one in row.evidence.all())
    return Line(row.number, row.text, row.key, row.done_at is not None, row.waived_at is not None, shows)


def lines_of(handover: Handover) -> list[ChecklistLine]:
    """The lines with their evidence and people, in their order: two statements."""
    rows = handover.lines.select_related("done_by", "waived_by")
    return list(rows.prefetch_related("evidence__added_by", "evidence__attended_by"))


def open_reviews(handover: Handover) -> int:
    """Rounds of review of the engagement that are still open."""
    final = sorted(state.value for state in FINAL)
    return Round.objects.filter(engagement=handover.engagement_id).exclude(state__in=final).count()


def unmet(handover: Handover) -> list[str]:
    """What keeps it from being submitted, a sentence for each line."""
    return rules.unmet([line_of(row) for row in lines_of(handover)], open_reviews(handover))


def why_not(handover: Handover) -> str:
    """Why it can't be submitted, as a sentence; "" where it can."""
    missing = unmet(handover)
    if not missing:
        return ""
    more = f" (and {len(missing) - 3} more)" if len(missing) > 3 else ""
    return f"Something is missing. {' '.join(missing[:3])}{more}"

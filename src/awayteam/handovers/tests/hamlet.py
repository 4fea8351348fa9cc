"""Handovers for tests: the village of the engagements' tests, some steps further."""

from datetime import date, datetime, timedelta
from typing import Any

from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import NOON, Village, settle
from awayteam.handovers import actions
from awayteam.handovers.actions import Shown
from awayteam.handovers.models import Handover

__all__ = ["BEGIN", "LATER", "Hamlet", "build"]

BEGIN = datetime(2026, 3, 9, 9, tzinfo=NOON.tzinfo)
"""The morning of the first day."""
LATER = BEGIN + timedelta(days=7)
"""A Monday morning a week later, when the work is handed over."""
WORDS = Shown(words="It is so: see the last run.")


class Hamlet:
    """olga decides for orders and oscar is its member; pia leads payments, paul is its visitor; mona manages both."""

    def __init__(self, village: Village) -> None:
        self.village = village

    def actor(self, name: str, now: datetime = LATER) -> Any:
        return self.village.actor(name, now)

    def person(self, name: str) -> Any:
        return self.village.person(name)

    def active(self, **more: Any) -> Engagement:
        given: dict[str, Any] = {"done_means": ["Refunds work line by line."], "pager_on": date(2026, 4, 10)}
        return self.village.active(**{**given, **more})

    def begun(self, engagement: Engagement | None = None, now: datetime = LATER) -> Handover:
        return actions.begin(engagement or self.active(), actor=self.actor("pia", now), now=now)

    def show(self, handover: Handover, line: int, now: datetime = LATER, who: str = "paul") -> None:
        """Evidence of the right kind for a line, and its tick."""
        row = handover.lines.get(number=line)
        if row.key == "no-open-review":
            return
        walked = Shown(on=now.date(), attended_by=self.person("oscar"))
        shown = walked if row.key == "walkthrough" else WORDS
        actions.add_evidence(handover, line, actor=self.actor(who, now), now=now, shown=shown)
        actions.tick(handover, line, actor=self.actor(who, now), now=now)

    def filled(self, handover: Handover | None = None, now: datetime = LATER) -> Handover:
        handover = handover or self.begun(now=now)
        for line in handover.lines.filter(done_at__isnull=True, waived_at__isnull=True):
            self.show(handover, line.number, now)
        return handover

    def submitted(self, handover: Handover | None = None, now: datetime = LATER) -> Handover:
        filled = self.filled(handover, now)
        return actions.submit(filled, actor=self.actor("pia", now), now=now, summary="Refunds, line by line.")

    def accepted(self, now: datetime = LATER) -> Handover:
        return actions.accept(self.submitted(now=now), actor=self.actor("olga", now), now=now)

    def in_warranty(self, now: datetime = LATER) -> Engagement:
        """An accepted visit that went into production an hour later."""
        handover, at = self.accepted(now), now + timedelta(hours=1)
        actions.deploy(handover.engagement_id, actor=self.actor("pia", at), now=at, reference="v7")
        return Engagement.objects.get(pk=handover.engagement_id)


def build() -> Hamlet:
    """The hamlet in the database."""
    return Hamlet(settle())

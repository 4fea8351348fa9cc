"""Of what belongs to a visit hears whoever may see the visit: everybody, unless its service is restricted."""

from typing import Any

import pytest
from django.utils import timezone

from awayteam.credit.models import Dispute, Entry
from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import Village, settle
from awayteam.handovers.models import Defect, Handover
from awayteam.kernel import subjects
from awayteam.rounds.models import Round

pytestmark = pytest.mark.django_db
SIDES = {"olga", "oscar", "pia", "paul", "mona", "dana"}


def _things(row: Engagement) -> dict[str, int]:
    """One thing of each kind that a visit has, as subjects."""
    at = row.created_at
    dates: dict[str, Any] = {"created_at": at, "entered_at": at, "changed_at": at}
    round_ = Round.objects.create(
        engagement=row, number=1, kind="change", title="x", way="home", state="open", **dates
    )  # fmt: skip
    handover = Handover.objects.create(engagement=row, number=1, state="preparing", **dates)
    defect = Defect.objects.create(
        engagement=row, title="x", found_at=at, label="x", routed="away", rule="scope", under_warranty=True,
        state="open", **dates,
    )  # fmt: skip
    entry = Entry.objects.create(
        key="x", kind="engagement-completed", at=at, team=row.away_team, subject_kind="engagement", subject_id=row.pk,
        subject_label="x", evidence_kind="event", evidence_id=1, quantity=1, measure="days", rule="1",
    )  # fmt: skip
    dispute = Dispute.objects.create(entry=entry, state="open", **dates)
    return {
        "engagement": row.pk,
        "round": round_.pk,
        "handover": handover.pk,
        "defect": defect.pk,
        "dispute": dispute.pk,
    }


def _hears(village: Village, kind: str, id: int) -> set[str]:
    now = timezone.now()
    names = {village.person(name).pk: name for name in village.town.people}
    actors = {pk: village.actor(name, now) for pk, name in names.items()}
    return {names[pk] for pk in subjects.audience(kind, id, names, lambda: actors)}


@pytest.mark.parametrize("restricted", [False, True])
def test_who_hears_of_a_visit_and_what_belongs_to_it(restricted: bool) -> None:
    village: Village = settle()
    row = village.active()
    things = _things(row)
    village.service.restricted = restricted
    village.service.save()
    everybody = set(village.town.people)
    assert everybody > SIDES
    for kind, id in things.items():
        assert _hears(village, kind, id) == (SIDES if restricted else everybody), kind

"""Access as people and programs ask about it: what they may not see of an engagement isn't told, but the answer is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from awayteam.engagements.access import Access, Explanation, Grants, Visit
from awayteam.engagements.loading import grants
from awayteam.engagements.models import Engagement, Granting
from awayteam.engagements.permissions import visible
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.kernel.jobs import Job
from awayteam.notifications.actions import Told, tell_many
from awayteam.organisation.models import Person

MOST_PATHS = 10_000


@dataclass(frozen=True, slots=True)
class Answers:
    """One answer for each path, in the order asked; `explanations` is of the first path, where asked for."""

    access: tuple[Access, ...]
    explanations: tuple[Explanation, ...] = ()


def ask(
    actor: Actor, person: Person, paths: Sequence[str], at: datetime, *, repository: str | None = None,
    explain: bool = False,
) -> Answers:  # fmt: skip
    """Whether somebody may change these paths at a moment, by the engagements that they are on the list of.

    Some seven statements. Titles and numbers of engagements that the actor may not see are left out.
    """
    loaded = grants(persons=[person.pk])
    mine = [one.visit.id for one in loaded.places.get(person.pk, ())]
    seen = set(visible(actor, Engagement.objects.filter(pk__in=mine), at).order_by().values_list("pk", flat=True))
    answers = loaded.may_many(person.pk, paths, at, repository)
    found = loaded.explain(person.pk, paths[0], at, repository) if explain and paths else []
    return Answers(tuple(_veiled(one, seen) for one in answers), tuple(one for one in found if one.engagement in seen))


def _veiled(answer: Access, seen: set[int]) -> Access:
    if answer.engagement is None or answer.engagement in seen:
        return answer
    said = "An engagement that you may not see lets them change it."
    return replace(answer, reason=said if answer else "No engagement that you may see lets them.", engagement=None)


def loaded_now(now: datetime) -> Grants:
    """Access by all engagements that grant any now: for what asks often, such as a gate on a forge."""
    return grants(engagements=_granting(now))


def _granting(now: datetime) -> list[int]:
    rows = Granting.objects.filter(ends_at__isnull=True, latest_at__gt=now)
    return sorted(set(rows.values_list("engagement", flat=True)))


def announce(now: datetime) -> int:
    """Tell members whose access ends within the days that the rulebook names; nobody is told twice of one end.

    Returns how many messages that made or had made.
    """
    days = rulebook.current().engagements.access_notice_days
    ending = loaded_now(now).ending(now, now + timedelta(days=days))
    told = [_told(person, visit, end) for person, visit, end in ending]
    return tell_many(told, now=now) if told else 0


def _told(person: int, visit: Visit, end: datetime) -> Told:
    subject = Subject(ENGAGEMENT.kind, visit.id, visit.title[:300])
    return Told(
        subject=subject,
        event="engagement.access-ending",
        text=f"Your access by {visit.title} ends on {end:%Y-%m-%d} at {end:%H:%M} UTC by itself.",
        address=ENGAGEMENT.address(Engagement(pk=visit.id)),
        persons=frozenset({person}),
        key=f"access-ends-{visit.id}-{person}-{end:%Y%m%d}",
    )


ANNOUNCING = Job(
    name="engagements.access-ending", every_seconds=3_600, run=announce, pending=lambda now: bool(_granting(now))
)

"""A spring whose credit can be told by hand: payments visits orders for a request, search uses it afterwards."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from awayteam.catalog.models import Entity, Ownership, Presence, Revision
from awayteam.credit import actions
from awayteam.credit.models import Entry
from awayteam.engagements import actions as engagements
from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import NOON, Village, settle
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.models import Team
from awayteam.requests import actions as requests
from awayteam.requests.actions import Worth
from awayteam.requests.models import Request
from awayteam.rounds.actions import book

MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 20, 12, tzinfo=UTC)
"""The handover is accepted: twelve days after the first."""


@dataclass
class Spring:
    village: Village
    request: Request
    visit: Engagement
    now: datetime

    @property
    def town(self):  # type: ignore[no-untyped-def]
        return self.village.town

    def uses(self, name: str, owner: str, at: datetime, uses: bool = True) -> Entity:
        """A component of `owner` whose document names what was visited, as an import would write it."""
        return consumer(self.village, name, owner, at, uses)


def spring() -> Spring:
    """The request of payments, which search asked too (40 points), is done by a visit of payments to orders.

    olga gives 90 minutes; search begins to use the service a week later; paul thanks olga.
    """
    village = settle()
    town = village.town
    request = town.ask(title="Refund a part", worth=Worth(Decimal(100), "complaints"))
    requests.join(
        request, actor=town.actor("sam"), now=NOON, team=town.team("search"), worth=Worth(Decimal(40), "their own list")
    )
    requests.welcome(request, actor=town.actor("olga"), now=NOON)
    request.refresh_from_db()
    visit = village.active(MONDAY, request=request)
    book(visit, actor=village.actor("olga", MONDAY), now=MONDAY, minutes=90, what="Pairing on the ledger")
    done = finish(village, visit, FRIDAY)
    actions.thank(
        town.person("olga"), Subject("engagement", visit.pk, ""), actor=town.actor("paul", FRIDAY), now=FRIDAY,
        words="She explained the ledger twice.",
    )  # fmt: skip
    made = Spring(village, request, done, FRIDAY + timedelta(days=7))
    made.uses("finder", "search", made.now)
    return made


def finish(village: Village, visit: Engagement, at: datetime) -> Engagement:
    row = engagements.hand_over(visit, actor=village.actor("pia", at), now=at)
    return engagements.accept(row, actor=village.actor("olga", at), now=at, words="Good.")


def consumer(village: Village, name: str, owner: str, at: datetime, uses: bool) -> Entity:
    ref = f"component:default/{name}"
    document = {"spec": {"dependsOn": [village.service.ref] if uses else []}}
    team = Team.objects.get(ref=f"group:default/{owner}")
    group, _ = Entity.objects.get_or_create(
        ref=team.ref, defaults={"kind": "Group", "name": owner, "team": team, "sort_name": owner,
                                "first_seen_at": NOON, "changed_at": NOON, "presence": Presence.PRESENT},
    )  # fmt: skip
    row = Entity.objects.filter(ref=ref).first()
    subject_name = EventName.ENTITY_CREATED
    if row is None:
        row = Entity.objects.create(
            ref=ref, kind="Component", name=name, sort_name=name, first_seen_at=at, changed_at=at, document=document,
            owner=group,
        )  # fmt: skip
        Ownership.objects.create(entity=row, owner=group)
    else:
        Revision.objects.create(
            entity=row, valid_from=row.changed_at, valid_to=at, presence=row.presence, document=row.document
        )
        row.document, row.changed_at = document, at
        row.save()
        subject_name = EventName.ENTITY_UPDATED
    data = {"ref": ref, "document": ["spec.dependsOn"]} if subject_name is EventName.ENTITY_UPDATED else {"ref": ref}
    events.append(subject_name, subject=Subject("entity", row.pk, name), actor=SYSTEM, now=at, data=data)
    return row


def ledger() -> list[tuple[object, ...]]:
    """All entries without their numbers, with their units: what must be the same however it was derived."""
    rows = Entry.objects.order_by("key").prefetch_related("units")
    return [
        (row.key, row.kind, row.at, row.person_id, row.team_id, row.subject_kind, row.subject_id, row.subject_label,
         row.evidence_kind, row.evidence_id, row.quantity, row.measure, row.words, row.given_by_id, row.served_id,
         row.rule,
         row.withdrawn_at, row.withdrawn_why, tuple(sorted((one.steps, one.unit_id) for one in row.units.all())))
        for row in rows
    ]  # fmt: skip


def told() -> set[tuple[str, str, str, Decimal]]:
    """(kind, person or team, subject, quantity) of every entry."""
    rows = Entry.objects.select_related("person", "team")
    return {
        (row.kind, (row.person or row.team).name, row.subject_kind, row.quantity)  # type: ignore[union-attr]
        for row in rows
    }

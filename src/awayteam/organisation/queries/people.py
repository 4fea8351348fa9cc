"""People: finding one, listing them, their names elsewhere, and what was edited about them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import FactEdit, Identity, Membership, Person, Team
from awayteam.organisation.queries.dates import dated
from awayteam.organisation.queries.teams import canonical


def person(actor: Actor, ref: str) -> Person:  # noqa: ARG001
    """The person with this reference ("ada" means user:default/ada), with manager, primary team and source.

    One statement. Raises `NotFound`.
    """
    wanted = canonical(ref, "user")
    found = Person.objects.select_related("manager", "primary_team", "source").filter(ref=wanted).first()
    if found is None:
        raise NotFound(f"There is no person {wanted}.", "Look for them by name, e-mail address or handle in search.")
    return found


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the list of people, with the teams they belong to."""

    person: Person
    teams: tuple[Team, ...]


def people(
    actor: Actor,  # noqa: ARG001
    *,
    text: str = "",
    team: Team | None = None,
    teamless: bool = False,
    cursor: str | None = None,
    limit: int = 100,
    at: datetime | None = None,
) -> Page[PersonRow]:
    """People who are here, by name; three statements. `text` is part of a name, address or handle."""
    name = Lower(Coalesce(NullIf(F("display_name"), Value("")), F("name")))
    rows = Person.objects.annotate(sort=name).select_related("primary_team", "manager")
    rows = rows.filter(Q(left_at__isnull=True) if at is None else Q(left_at__isnull=True) | Q(left_at__gt=at))
    if text:
        part = text.replace("\0", "").lower()[:200]
        known = Identity.objects.filter(value_key__contains=part).values("person")
        rows = rows.filter(
            Q(sort__contains=part) | Q(name__icontains=part) | Q(email__icontains=part) | Q(pk__in=known)
        )
    if team is not None:
        rows = rows.filter(pk__in=Membership.objects.filter(dated(at), team=team).values("person"))
    if teamless:
        rows = rows.exclude(pk__in=Membership.objects.filter(dated(at)).values("person"))
    total = rows.count()
    if cursor:
        after, pk = decode_cursor(cursor, str, int)
        rows = rows.filter(Q(sort__gt=after) | Q(sort=after, pk__gt=pk))
    found = page_of(list(rows.order_by("sort", "pk")[: limit + 1]), limit, lambda row: (row.sort, row.pk), total)
    places = _teams_by_person([row.pk for row in found.items], at)
    return found.map(lambda row: PersonRow(row, tuple(places[row.pk])))


def _teams_by_person(ids: Sequence[int], at: datetime | None) -> dict[int, list[Team]]:
    places: dict[int, list[Team]] = defaultdict(list)
    for row in Membership.objects.filter(dated(at), person__in=ids).select_related("team"):
        if row.team not in places[row.person_id]:
            places[row.person_id].append(row.team)
    return places


def identities(person: Person) -> list[Identity]:
    """Names under which the person is known elsewhere, with where each comes from; one statement."""
    return list(Identity.objects.filter(person=person).select_related("source").order_by("provider", "value_key"))


def fact_edits(thing: Team | Person) -> list[FactEdit]:
    """Open edits of a team's or person's facts, beside what the source says; one statement."""
    about = {"team": thing} if isinstance(thing, Team) else {"person": thing}
    return list(FactEdit.objects.filter(ended_at__isnull=True, **about).select_related("made_by").order_by("field"))

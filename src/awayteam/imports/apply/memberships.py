"""Memberships, kept from what documents claim: opened when the first says so, ended when none does any more.

Only a change of claims changes memberships, so that what a person corrected by hand stays corrected.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Q

from awayteam.imports.apply.item import Item
from awayteam.imports.apply.session import Session
from awayteam.imports.models import MembershipClaim
from awayteam.kernel import bulk
from awayteam.kernel.events import Draft, EventName, Subject
from awayteam.organisation.models import Membership, Person, Role

ROLES = frozenset(Role.values)
MEMBER = Role.MEMBER.value


class Place(NamedTuple):
    team_id: int
    person_id: int
    role: str


class Claim(NamedTuple):
    """What one document says about one place."""

    entity_id: int
    place: Place
    starts: datetime | None
    ends: datetime | None
    is_primary: bool


def write(session: Session, items: list[Item]) -> None:
    """Store the claims of these items and bring memberships in line."""
    wanted = {(claim.entity_id, claim.place): claim for item in items for claim in _claims(session, item)}
    known = [item.id for item in items if item.was is not None and not item.was.only_named]
    by_ref = {item.id: item.record.ref for item in items}
    replace(session, wanted, known, by_ref)


def withdraw(session: Session, entity_ids: list[int]) -> None:
    """These entities are gone, and with them what they claim."""
    replace(session, {}, entity_ids, {})


def _claims(session: Session, item: Item) -> Iterable[Claim]:
    for team, person, role, starts, ends, primary in item.record.memberships:
        team_id, person_id = session.ids.team_of(team), session.ids.person_of(person)
        if team_id is not None and person_id is not None:
            place = Place(team_id, person_id, role if role in ROLES else MEMBER)
            yield Claim(item.id, place, _moment(starts), _moment(ends), primary)


def _moment(day: str | None) -> datetime | None:
    return datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None


def replace(session: Session, wanted: dict[tuple[int, Place], Claim], known: list[int], refs: dict[int, str]) -> None:
    """Make the claims of `known` entities those that are `wanted`; `refs` names the entities for the record."""
    stale: list[int] = []
    places: set[Place] = set()
    fresh = dict(wanted)
    for start in range(0, len(known), 10_000):
        for row in MembershipClaim.objects.filter(entity__in=known[start : start + 10_000]):
            place = Place(row.team_id, row.person_id, row.role)
            claim = Claim(row.entity_id, place, row.starts, row.ends, row.is_primary)
            if wanted.get((row.entity_id, place)) == claim:
                fresh.pop((row.entity_id, place), None)
            else:
                stale.append(row.pk)
                places.add(place)
    bulk.delete(MembershipClaim, "id", stale)
    rows = ((c.entity_id, *c.place, c.starts, c.ends, c.is_primary) for c in fresh.values())
    bulk.insert(MembershipClaim, ["entity_id", "team_id", "person_id", "role", "starts", "ends", "is_primary"], rows)
    places.update(claim.place for claim in fresh.values())
    _reconcile(session, places, {claim.place: claim for claim in reversed(fresh.values())}, refs)


def _reconcile(session: Session, places: set[Place], fresh: dict[Place, Claim], refs: dict[int, str]) -> None:
    if not places:
        return
    still = _still_claimed(places - fresh.keys())
    rows = _rows(places)
    opened: list[Membership] = []
    for place in sorted(places):
        row, claim = rows.get(place), fresh.get(place)
        if claim is not None:
            if row is None:
                opened.append(_open(session, claim, refs))
            elif row.declared_by and (claim.starts or claim.ends or row.ends):
                _redate(row, claim)
        elif place not in still and row is not None and row.declared_by and row.ends is None:
            row.ends = max(session.now, row.starts or session.now)
            row.save(update_fields=["ends"])
            _note(session, EventName.MEMBERSHIP_ENDED, row)
    Membership.objects.bulk_create(opened, batch_size=1_000)
    for row in opened:
        _note(session, EventName.MEMBERSHIP_STARTED, row)
    _choose_primary(fresh)


def _still_claimed(places: Iterable[Place]) -> set[Place]:
    people = sorted({place.person_id for place in places})
    columns = "team_id, person_id, role"
    return {Place(*row) for row in bulk.select(columns, MembershipClaim._meta.db_table, "person_id", people)}


def _rows(places: Iterable[Place]) -> dict[Place, Membership]:
    """For each place the membership that is open or, failing that, the one that a source ended at a date it knows."""
    found: dict[Place, Membership] = {}
    people = sorted({place.person_id for place in places})
    for start in range(0, len(people), 10_000):
        rows = Membership.objects.filter(person__in=people[start : start + 10_000])
        for row in rows.filter(Q(ends=None) | ~Q(declared_by="")).order_by("ends", "pk"):
            place = Place(row.team_id, row.person_id, row.role)
            if row.ends is None or (place not in found and row.reason == DATED):
                found[place] = row
    return found


DATED = "The source gives the dates."


def _open(session: Session, claim: Claim, refs: dict[int, str]) -> Membership:
    starts = claim.starts or (None if session.first else session.now)
    if claim.ends is not None and starts is not None:
        starts = min(starts, claim.ends)
    return Membership(
        **claim.place._asdict(),
        starts=starts,
        ends=claim.ends,
        reason=DATED if claim.ends else "",
        source=session.source,
        declared_by=refs.get(claim.entity_id, ""),
    )


def _redate(row: Membership, claim: Claim) -> None:
    """The source corrects the dates of a membership that it declared."""
    starts = claim.starts or row.starts
    if claim.ends is not None and starts is not None and starts > claim.ends:
        starts = claim.ends
    if (row.starts, row.ends) != (starts, claim.ends):
        row.starts, row.ends, row.reason = starts, claim.ends, DATED if claim.ends else ""
        row.save(update_fields=["starts", "ends", "reason"])


def _note(session: Session, name: EventName, row: Membership) -> None:
    """Events of single memberships; those of a first import would only repeat the files."""
    if session.first:
        return
    label = f"{row.person} in {row.team}"[:300]
    data = {"team": row.team_id, "person": row.person_id, "role": row.role, "source": session.source.name}
    session.drafts.append(Draft(name, Subject("team", row.team_id, label), session.actor, session.now, data=data))


def _choose_primary(fresh: dict[Place, Claim]) -> None:
    """A primary team where a document names one, or where there is only one to choose; a person's own choice stays."""
    said = {claim.place.person_id: claim.place.team_id for claim in fresh.values() if claim.is_primary}
    teams: dict[int, set[int]] = {}
    for place in fresh:
        teams.setdefault(place.person_id, set()).add(place.team_id)
    chosen_by_hand = Person.objects.filter(edits__field="primary_team", edits__ended_at=None).values("pk")
    free = Person.objects.filter(pk__in=list(teams)).exclude(pk__in=chosen_by_hand)
    changed = []
    for person_id, current in free.values_list("pk", "primary_team_id"):
        team: int | None = said.get(person_id, current)
        if team is None and len(teams[person_id]) == 1:
            team = next(iter(teams[person_id]))
        if team != current:
            changed.append((person_id, team))
    bulk.update(Person, ["primary_team_id"], changed)

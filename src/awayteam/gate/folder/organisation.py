"""People and teams of the database as an `awayteam.yaml`: who is here, from when until when, and their logins."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q

from awayteam.catalog.models import Entity
from awayteam.contributions.roster import SLUGS
from awayteam.gate.folder.writing import quoted
from awayteam.organisation.models import Confidence, Identity, Membership, Person, Team
from awayteam.organisation.queries.ownword import OWN_WORD, typed_addresses
from awayteam.sources.shapes import slug

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


def text(now: datetime) -> tuple[str, tuple[str, ...]]:
    """The file, and what it can't say: people and teams outside of the namespace `default`."""
    left_out: list[str] = []
    teams = {row.pk: row for row in Team.objects.filter(dissolved_at=None).order_by("ref") if _fits(row.ref, left_out)}
    present = Person.objects.filter(Q(left_at=None) | Q(left_at__gt=now)).order_by("ref").select_related("manager")
    people = {row.pk: row for row in present if _fits(row.ref, left_out)}
    for pk, address in typed_addresses().items():
        if pk in people:
            people[pk].email = address  # in memory alone: the file holds what rights may rest on
    lines = ["version: 1"]
    lines += ["teams:"] if teams else []
    members = _members(now, teams, people)
    handles = _handles()
    for pk, team in teams.items():
        lines += _team(team, teams, handles.get(pk, {}))
        lines += members.get(pk, [])
    lines += ["people:"] if people else []
    identities = _identities()
    for pk, person in people.items():
        lines += _person(person, identities.get(pk, []), people)
    return "\n".join(lines) + "\n", tuple(left_out)


def _fits(ref: str, left_out: list[str]) -> bool:
    """Whether the file can name it: its references are made of names in one namespace."""
    kind, _, rest = ref.partition(":")
    namespace, _, name = rest.partition("/")
    if kind in ("user", "group") and namespace == "default" and slug(name) == name:
        return True
    left_out.append(f"{ref} is left out: an awayteam.yaml can only name people and teams of the namespace default")
    return False


def _team(team: Team, teams: dict[int, Team], handles: dict[str, str]) -> Iterator[str]:
    name = team.ref.rpartition("/")[2]
    yield f"  - name: {quoted(name)}"
    if title := team.title or team.name:
        yield f"    title: {quoted(title)}"
    if team.is_unit:
        yield '    type: "unit"'
    if team.parent_id in teams:
        yield f"    parent: {quoted(teams[team.parent_id].ref)}"
    known = {**handles, **({"name": team.name} if team.name.lower() != name else {})}
    if known:
        yield f"    forge_teams: {{{', '.join(f'{quoted(key)}: {quoted(known[key])}' for key in sorted(known))}}}"


def _handles() -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = Entity.objects.filter(team__isnull=False).order_by("pk")
    for team, annotations in rows.values_list("team_id", "document__metadata__annotations"):
        for key in SLUGS if isinstance(annotations, dict) else ():
            if isinstance(annotations.get(key), str) and annotations[key]:
                found[team][key] = annotations[key]
    return found


def _members(now: datetime, teams: dict[int, Team], people: dict[int, Person]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = Membership.objects.filter(Q(ends=None) | Q(ends__gt=now)).order_by("pk")
    for team, person, role, starts, ends in rows.values_list("team_id", "person_id", "role", "starts", "ends"):
        if team not in teams or person not in people:
            continue
        lines = found.setdefault(team, ["    members:"])
        said = [f"person: {quoted(people[person].ref)}", f"role: {role}"]
        if starts is not None and starts > now:
            said.append(f"since: {_day_after(starts)}")
        if ends is not None:
            said.append(f"until: {_day(ends)}")
        lines.append(f"      - {{{', '.join(said)}}}")
    return found


def _identities() -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = Identity.objects.exclude(OWN_WORD).exclude(confidence=Confidence.GUESS).order_by("provider", "value_key")
    for person, provider, value in rows.values_list("person_id", "provider", "value"):
        found[person].append((provider, value))
    return found


def _person(person: Person, identities: list[tuple[str, str]], people: dict[int, Person]) -> Iterator[str]:
    """An entry, and where somebody has several logins on one forge an entry more for each further one."""
    handle = person.ref.rpartition("/")[2]
    emails = [value for provider, value in identities if provider == "email"]
    emails += [person.email] if person.email and person.email not in emails else []
    yield f"  - handle: {quoted(handle)}"
    if name := person.display_name or person.name:
        yield f"    name: {quoted(name)}"
    if person.manager_id in people:
        yield f"    manager: {quoted(people[person.manager_id].ref)}"
    if person.left_at is not None:
        yield f"    left: {_day(person.left_at)}"
    known = [one for one in emails if re.fullmatch(r"[^@\s]+@[^@\s]+", one)]
    if known:
        yield f"    emails: [{', '.join(map(quoted, known))}]"
    logins = [(provider, value) for provider, value in identities if provider != "email" and value.lower() != handle]
    first: dict[str, str] = {}
    more: list[tuple[str, str]] = []
    for provider, value in logins:
        key = provider if _PROVIDER.fullmatch(provider) else "login"
        if key in first:
            more.append((key, value))
        else:
            first[key] = value
    if first:
        yield f"    handles: {{{', '.join(f'{quoted(key)}: {quoted(first[key])}' for key in sorted(first))}}}"
    for key, value in more:
        yield f"  - handle: {quoted(handle)}"
        yield f"    handles: {{{quoted(key)}: {quoted(value)}}}"


def _day(at: datetime) -> date:
    """The day of a moment: what ends then ends at that day's beginning, a little early rather than late."""
    return at.astimezone(UTC).date()


def _day_after(at: datetime) -> date:
    """The first day that begins at or after a moment."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return _day(at) if midnight == at.astimezone(UTC) else _day(at) + timedelta(days=1)

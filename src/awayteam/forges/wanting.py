"""What access engagements want in the repositories of forges, who is at home there, and our open records of it."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db.models import Q

from awayteam.catalog.models import Entity
from awayteam.contributions.models import RepositoryEntity
from awayteam.engagements.access import Grants
from awayteam.engagements.asking import loaded_now
from awayteam.engagements.loading import grants
from awayteam.engagements.models import Engagement
from awayteam.engagements.paths import repository_name
from awayteam.forges import accounts
from awayteam.forges.models import Forge, ForgeAccount, ForgeGrant, ForgeRepository, ForgeState
from awayteam.forges.port import Account, Level, Part, Wanted
from awayteam.forges.reconciling import FOREVER, Due, Granted, Terms
from awayteam.forges.repositories import known_as
from awayteam.kernel import rulebook
from awayteam.organisation.models import Membership
from awayteam.organisation.queries.dates import dated

SIDE = ("home_decider_id", "home_contact_id", "home_deputy_id")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted in one repository, whatever the moment, and by which engagements."""

    dues: tuple[Due, ...] = ()
    engagements: frozenset[int] = field(default_factory=frozenset)

    @property
    def digest(self) -> str:
        """Equal for equal wishes."""
        said = [
            [due.person, due.engagement, due.since.isoformat(), due.until.isoformat(), sorted(due.patterns),
             due.account.id if due.account else ""]
            for due in self.dues
        ]  # fmt: skip
        return hashlib.sha256(orjson.dumps(sorted(said))).hexdigest() if said else ""


def names_of(row: ForgeRepository) -> frozenset[str]:
    """Every name under which scopes may know a repository (with `repository` loaded); what it is called now on the
    forge is none of them, since anybody may take a name that became free."""
    followed = row.repository
    known = (known_as(row), *((followed.name, followed.location, followed.slug) if followed is not None else ()))
    return frozenset(repository_name(name) for name in known if name)


def repositories() -> list[ForgeRepository]:
    """Those of the forges that are spoken with."""
    rows = ForgeRepository.objects.filter(forge__state=ForgeState.ACTIVE, gone_at__isnull=True)
    return list(rows.select_related("forge", "repository").order_by("pk"))


def wishes(
    now: datetime, rows: Iterable[ForgeRepository], engagements: Collection[int] | None = None
) -> dict[int, Wishes]:
    """What is wanted now and later in these repositories, by their ids; those where nothing is are left out.

    By all engagements that grant access now, or by `engagements`; some dozen statements.
    """
    loaded = loaded_now(now) if engagements is None else grants(engagements=engagements)
    by_name: dict[str, list[ForgeRepository]] = defaultdict(list)
    for row in rows:
        for name in names_of(row):
            by_name[name].append(row)
    found = _rights(loaded, by_name, now)
    known = _accounts(found, {row.pk: row for some in by_name.values() for row in some})
    return {
        pk: Wishes(
            tuple(
                Due(person, visit, since, until, tuple(sorted(patterns)), known.get((pk, person)))
                for (person, visit, since, until), patterns in sorted(rights.items())
            ),
            frozenset(visit for _person, visit, _since, _until in rights),
        )
        for pk, rights in found.items()
    }


Rights = dict[tuple[int, int, datetime, datetime], set[str]]
"""(person, engagement, since, until) to patterns."""


def _rights(loaded: Grants, by_name: Mapping[str, list[ForgeRepository]], now: datetime) -> dict[int, Rights]:
    found: dict[int, Rights] = defaultdict(lambda: defaultdict(set))
    for person, rights in loaded.rights.items():
        for right in rights:
            if right.end <= now:
                continue
            for names, pattern in right.scope.patterns:
                for row in {row.pk for name in names for row in by_name.get(repository_name(name), ())}:
                    found[row][person, right.visit.id, right.start, right.end].add(pattern)
    return found


def _accounts(found: Mapping[int, Rights], rows: Mapping[int, ForgeRepository]) -> dict[tuple[int, int], Account]:
    """The account of each person on the forge of each repository: (repository, person)."""
    people: dict[int, set[int]] = defaultdict(set)
    forges: dict[int, Forge] = {}
    for pk, rights in found.items():
        forge = rows[pk].forge
        forges[forge.pk] = forge
        people[forge.pk].update(person for person, *_rest in rights)
    linked = {pk: accounts.accounts_of(forge, sorted(people[pk])) for pk, forge in forges.items()}
    return {
        (pk, person): account_of(row)
        for pk, rights in found.items()
        for person in {person for person, *_rest in rights}
        if (row := linked[rows[pk].forge_id].get(person)) is not None
    }


def account_of(row: ForgeAccount) -> Account:
    return Account(row.external_id, row.login, row.is_bot)


def terms(row: ForgeRepository, wanted: Wishes, now: datetime) -> Terms:
    """The rulebook's terms for one repository, with the accounts of those who are at home in it."""
    book = rulebook.current().forges
    home = _at_home(row, wanted, now)
    return Terms(
        level=Level(book.level),
        remove_strays=book.remove_strays,
        leave_alone=frozenset(login.lower() for login in book.leave_alone),
        at_home=home,
        is_home_known=bool(home),
        invite_again=timedelta(minutes=book.invite_again_minutes),
    )


def _at_home(row: ForgeRepository, wanted: Wishes, now: datetime) -> frozenset[str]:
    """Accounts of the home teams of visits here, of those who answer for them, and of the owners of what is in it."""
    visits = set(wanted.engagements)
    visits |= set(
        ForgeGrant.objects.filter(repository=row, engagement__isnull=False).values_list("engagement", flat=True)
    )
    people: set[int] = set()
    teams: set[int] = set()
    for team, *side in Engagement.objects.filter(pk__in=visits).values_list("home_team", *SIDE):
        teams.add(team)
        people.update(one for one in side if one is not None)
    if row.repository_id is not None:
        linked = RepositoryEntity.objects.filter(repository=row.repository_id).order_by().values("entity")
        owners = Entity.objects.filter(pk__in=linked, owner__team__isnull=False)
        teams.update(team for team in owners.values_list("owner__team", flat=True) if team is not None)
    members = Membership.objects.filter(dated(now), team__in=teams).values("person")
    linked_here = ForgeAccount.objects.filter(Q(person__in=people) | Q(person__in=members), forge=row.forge_id)
    return frozenset(linked_here.values_list("external_id", flat=True))


def home_people(engagements: Collection[int]) -> set[int]:
    """Those who answer for the home side of these engagements."""
    rows = Engagement.objects.filter(pk__in=engagements).values_list(*SIDE)
    return {person for some in rows for person in some if person is not None}


def granted(row: ForgeRepository) -> list[Granted]:
    """Our open records of rights in a repository."""
    rows = ForgeGrant.objects.filter(repository=row, removed_at__isnull=True).select_related("account")
    return [granted_of(one) for one in rows.order_by("pk")]


def granted_of(row: ForgeGrant) -> Granted:
    """A record as a plain value (with `account` loaded)."""
    taking = row.taking_at
    return Granted(
        id=row.pk,
        account=account_of(row.account),
        asked=wanted_of(row.asked, account_of(row.account)),
        asked_at=row.asked_at,
        before=Level(row.before) if row.before else None,
        before_until=row.before_until,
        applied=row.applied_at is not None and row.applied_at >= row.asked_at,
        seen=row.seen_at is not None and row.seen_at >= row.asked_at,
        pending=row.is_pending,
        taking=taking is not None,
        taken=taking is not None and row.taken_at is not None and row.taken_at >= taking,
    )


def asked_of(wanted: Wanted) -> dict[str, Any]:
    """What was asked for, as the record keeps it."""
    return {
        "level": wanted.level.value,
        "until": wanted.until.isoformat(),
        "parts": [[part.engagement, part.until.isoformat(), list(part.patterns)] for part in wanted.parts],
    }


def wanted_of(asked: Mapping[str, Any], account: Account) -> Wanted:
    """The wish that `asked_of` wrote down."""
    parts = tuple(
        Part(int(number), _moment(until), tuple(patterns)) for number, until, patterns in asked.get("parts", ())
    )
    patterns = tuple(sorted({one for part in parts for one in part.patterns}))
    return Wanted(account, Level(asked.get("level", Level.WRITE)), _moment(asked.get("until", "")), patterns, parts)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) if text and not text.startswith("9999") else FOREVER

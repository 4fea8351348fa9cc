"""The demonstration organisation as plain values: who there is and what there is on any day of two years.

Everything follows from a seed; the same seed and day give the same organisation. Nothing here touches a database.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from awayteam.demo import tables

YEARS = timedelta(days=730)
DECIDER_BESIDE_LEAD = ("lead", "decider", "trusted-committer")
LEAD_DECIDES = ("lead", "trusted-committer", "trusted-committer")
"""Roles of a team's first three people; where there is no decider the lead decides."""


@dataclass(frozen=True, slots=True)
class Span:
    """From a day (inclusive) until another (exclusive; None: still)."""

    starts: date
    ends: date | None = None

    def holds(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day < self.ends)


@dataclass(slots=True)
class DemoPerson:
    login: str
    name: str
    places: list[tuple[str, Span, str]] = field(default_factory=list)
    """(team, time, role) in order of time."""

    def team_on(self, day: date) -> tuple[str, str] | None:
        return next(((team, role) for team, span, role in self.places if span.holds(day)), None)


@dataclass(frozen=True, slots=True)
class DemoTeam:
    name: str
    title: str
    mission: str
    unit: str
    time_zone: str
    country: str
    subdivision: str
    on_call: bool
    span: Span


@dataclass(slots=True)
class DemoApi:
    name: str
    style: str
    """openapi, grpc or asyncapi."""
    nouns: tuple[str, ...]
    deprecated: bool = False


@dataclass(slots=True)
class DemoService:
    name: str
    type: str
    system: str
    owners: list[tuple[str | None, Span]]
    span: Span
    lifecycle: str
    tags: tuple[str, ...]
    provides: list[DemoApi] = field(default_factory=list)
    consumes: list[str] = field(default_factory=list)
    depends_on: list[str] = field(default_factory=list)
    resources: list[tuple[str, str]] = field(default_factory=list)

    def owner_on(self, day: date) -> str | None:
        return next((owner for owner, span in self.owners if span.holds(day)), None)


@dataclass(frozen=True, slots=True)
class World:
    """Everything there is; `today` is the last day of the two years."""

    today: date
    units: dict[str, tuple[str, str]]
    teams: dict[str, DemoTeam]
    people: dict[str, DemoPerson]
    services: dict[str, DemoService]
    managers: dict[str, str]
    _ever: dict[str, list[DemoPerson]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def first_day(self) -> date:
        return self.today - YEARS

    def ever(self, team: str) -> list[DemoPerson]:
        """Everybody who belongs or belonged to the team, in the order of `people`."""
        if not self._ever:
            for person in self.people.values():
                for name in dict.fromkeys(name for name, _span, _role in person.places):
                    self._ever.setdefault(name, []).append(person)
        return self._ever.get(team, [])


def create(today: date, seed: int = 7) -> World:
    """The organisation with about 40 teams in 6 units, 250 people, 180 services and 90 APIs."""
    chance = random.Random(seed)  # noqa: S311 - a demonstration, not a secret
    first = today - YEARS
    rows = tables.TEAMS
    teams = {row[1]: _team(row, chance, first) for row in rows}
    people, managers = _people(teams, chance, first, today)
    services: dict[str, DemoService] = {}
    for row in rows:
        for name in row[4].split(","):
            services[name.strip()] = _service(name.strip(), teams[row[1]], chance, today)
    _connect(services, teams, chance)
    _stories(services, today)
    return World(today, dict(tables.UNITS), teams, people, services, managers)


def visitor(seed: int = 7) -> str:
    """Reference of the person whom a visitor is at first: the lead of Checkout. The same whatever the day."""
    people = create(date(2026, 1, 1), seed).people.values()
    login = next(p.login for p in people if any(place[0] == "checkout" and place[2] == "lead" for place in p.places))
    return f"user:default/{login}"


def _team(row: list[str], chance: random.Random, first: date) -> DemoTeam:
    unit, name, title, mission, _ = row
    zone, country, subdivision = chance.choice(tables.PLACES)
    starts = first if chance.random() < 0.85 else first + timedelta(days=chance.randrange(60, 500))
    return DemoTeam(name, title, mission, unit, zone, country, subdivision, name != "internal-tools", Span(starts))


def _people(
    teams: dict[str, DemoTeam], chance: random.Random, first: date, today: date
) -> tuple[dict[str, DemoPerson], dict[str, str]]:
    names = [(given, family) for given in tables.GIVEN for family in tables.FAMILY]
    chance.shuffle(names)
    people: dict[str, DemoPerson] = {}
    logins: set[str] = set()

    def hire() -> DemoPerson:
        given, family = names.pop()
        login = f"{given}-{family}".lower()
        assert login not in logins
        logins.add(login)
        people[login] = DemoPerson(login, f"{given} {family}")
        return people[login]

    managers = {}
    for unit in tables.UNITS:
        manager = hire()
        manager.places.append((unit, Span(first), "manager"))
        managers[unit] = manager.login
    for team in teams.values():
        size = 11 if team.name == "warehouse" else chance.choice((4, 5, 5, 6, 6, 6, 7, 7, 8))
        for seat in range(size):
            roles = LEAD_DECIDES if team.name == "checkout" else DECIDER_BESIDE_LEAD
            role = roles[seat] if seat < 3 else "member"
            _seat(hire(), team, role, teams, chance, today)
    return people, managers


def _seat(
    person: DemoPerson, team: DemoTeam, role: str, teams: dict[str, DemoTeam], chance: random.Random, today: date
) -> None:
    """A place in a team; some came later, some from another team, some have left."""
    starts = team.span.starts
    if role == "member" and chance.random() < 0.3:
        starts += timedelta(days=chance.randrange(20, max(21, (today - starts).days - 20)))
        if chance.random() < 0.6:
            before = chance.choice([other for other in teams.values() if other.span.starts < starts])
            person.places.append((before.name, Span(before.span.starts, starts), "member"))
    ends = None
    if role == "member" and chance.random() < 0.07:
        ends = starts + timedelta(days=chance.randrange(10, max(11, (today - starts).days)))
    person.places.append((team.name, Span(starts, ends), role))


_TYPES = (
    ("-web", "website"),
    ("-portal", "website"),
    ("-console", "website"),
    ("-app", "website"),
    ("-config", "library"),
)


def _service(name: str, team: DemoTeam, chance: random.Random, today: date) -> DemoService:
    kind = next((kind for ending, kind in _TYPES if name.endswith(ending)), "service")
    if name in {"app-ios", "app-android"}:
        kind = "mobile-app"
    old = chance.random() < 0.7
    starts = (
        team.span.starts if old else team.span.starts + timedelta(days=chance.randrange(15, 600) % _days(team, today))
    )
    lifecycle = "production" if old or chance.random() < 0.7 else chance.choice(("experimental", "production"))
    service = DemoService(
        name=name,
        type=kind,
        system=chance.choice(tables.SYSTEMS[team.unit]),
        owners=[(team.name, Span(starts))],
        span=Span(starts),
        lifecycle=lifecycle,
        tags=tuple(
            sorted({chance.choice(("go", "java", "python", "typescript", "kotlin")), f"tier-{chance.choice('1223')}"})
        ),
    )
    if kind == "service" and chance.random() < 0.62:
        style = chance.choices(("openapi", "grpc", "asyncapi"), (6, 3, 2))[0]
        nouns = (name.rsplit("-", 1)[-1].rstrip("s") or name, *chance.sample(tables.NOUNS, 2))
        service.provides.append(DemoApi(f"{name}-{'events' if style == 'asyncapi' else 'api'}", style, nouns))
    if kind == "service" and chance.random() < 0.35:
        service.resources.append((f"{name}-{chance.choice(('db', 'cache', 'topic', 'bucket'))}", "storage"))
    return service


def _days(team: DemoTeam, today: date) -> int:
    return max(16, (today - team.span.starts).days - 10)


def _connect(services: dict[str, DemoService], teams: dict[str, DemoTeam], chance: random.Random) -> None:
    """Use within a unit is common, across units less so; all use the platform, and what is popular is used more."""
    unit_of = {name: teams[owner].unit for name, service in services.items() if (owner := service.owners[0][0])}
    offering = [service for service in services.values() if service.provides]
    pull = {service.name: chance.paretovariate(1.1) for service in offering}
    for service in services.values():
        here = unit_of[service.name]
        weights = [
            0
            if other is service
            else pull[other.name] * {True: 4.0, False: 1.0}[unit_of[other.name] == here]
            + (2.0 if unit_of[other.name] == "platform" else 0.0)
            for other in offering
        ]
        for other in chance.choices(offering, weights, k=chance.choice((1, 2, 2, 3, 3, 4, 6))):
            if other is not service and (api := other.provides[0].name) not in service.consumes:
                service.consumes.append(api)
        if chance.random() < 0.25:
            target = chance.choice([other for other in services.values() if unit_of[other.name] == here])
            if target is not service:
                service.depends_on.append(target.name)


def _stories(services: dict[str, DemoService], today: date) -> None:
    """The few things that a visitor should find: each shows one of the product's questions."""

    def ago(days: int) -> date:
        return today - timedelta(days=days)

    def transfer(service: str, owner: str | None, day: date) -> None:
        past = services[service].owners
        previous, span = past[-1]
        past[-1] = (previous, Span(span.starts, day))
        past.append((owner, Span(day)))

    transfer("push-sender", "messaging", ago(410))
    transfer("rate-limiter", "runtime", ago(330))
    transfer("stock-forecast-feed", "forecasting", ago(240))
    transfer("image-resizer", "product-pages", ago(150))
    transfer("member-offers", "promotions", ago(95))
    transfer("room-booking", None, ago(60))  # nobody owns it now
    transfer("robot-bridge", "robotics-pilot", ago(200))  # a team that was dissolved and is named still
    services["competitor-prices"].lifecycle = "deprecated"
    services["call-router"].lifecycle = "deprecated"
    services["gift-wrap"].lifecycle = "experimental"
    for service in services.values():
        service.consumes = [api for api in service.consumes if api != "unit-converter-api"]
    _ensure_api(services["unit-converter"], "openapi", ("unit", "conversion"))
    services["customs-papers"].consumes.append("unit-converter-api")  # the last remaining user
    _ensure_api(services["address-lookup"], "openapi", ("address", "country"))
    _ensure_api(services["postcode-finder"], "openapi", ("postcode", "address"))  # a duplicate with a date to converge
    _ensure_api(services["payment-gateway"], "openapi", ("payment", "capture", "authorisation"))
    services["payment-gateway"].provides[0].deprecated = True
    for user in ("checkout-orchestrator", "refunds", "payout-reports", "fraud-scoring"):
        if "payment-gateway-api" not in services[user].consumes:
            services[user].consumes.append("payment-gateway-api")


def _ensure_api(service: DemoService, style: str, nouns: tuple[str, ...]) -> None:
    service.provides = [DemoApi(f"{service.name}-api", style, nouns)]

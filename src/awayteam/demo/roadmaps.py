"""The demonstration's goals, roadmaps and press releases: what each team means to reach, does, did, and puts off.

Items are put on roadmaps by the import that a tracker would use; goals, measurements and documents by the actions.
Everything follows from the seed and the names of teams and services.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from awayteam.demo.world import World
from awayteam.kernel.actor import SYSTEM
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.organisation.queries import dated
from awayteam.roadmaps import actions
from awayteam.roadmaps.models import Goal, Item, KeyResult, Measurement
from awayteam.roadmaps.reading import ItemRow, Read

WHY = "as the team agreed"

FEATURES = (
    "Answer many {thing} in one call",
    "Let other teams subscribe to changes in {service}",
    "Tell the customer why, not only that: {service}",
    "Offer {service} as self-service, without a ticket",
    "Undo in {service} for thirty minutes",
    "Keep {service} working while its neighbours are down",
    "A second region for {service}",
    "Say in advance what {service} will refuse",
)
PERFORMANCE = ("Halve the slowest answers of {service}", "Answer repeated questions to {service} from memory")
BUGS = ("{service} counts twice after a restart", "{service} loses the last letter of long names")
ACCESS = ("Read access to {service} for the fraud team", "Open the test environment of {service} to its users")
DEBT = (
    "Retire the old tables of {service}",
    "One build instead of three for {service}",
    "Replace the home-made queue in {service}",
)
OTHER = ("Runbook and rehearsal for {service}", "Write down who may call {service}, and how often")

OBJECTIVES: tuple[tuple[str, str, str, str, int, int], ...] = (
    ("Half the waiting at {service}", "Time to answer, 95 of 100", "ms", "traces", 900, 450),
    ("Nobody has to ask us twice about {service}", "Questions in our channel", "a week", "counted by hand", 40, 15),
    ("{service} is boring to operate", "Pages at night", "a month", "alert router", 12, 3),
    ("Other teams help themselves at {service}", "Teams without a ticket", "teams", "tickets and callers", 4, 16),
    ("Fewer wrong answers from {service}", "Corrections by hand", "a week", "case store", 60, 20),
)

FIGURES = {
    "commerce": (("Revenue through the shop", "EUR", 48_000_000), ("Cost of payments", "EUR", 910_000)),
    "fulfilment": (("Cost for each parcel", "EUR", 5), ("Parcels that come back", "a thousand orders", 118)),
    "platform": (("Cost of running everything", "EUR", 2_300_000),),
}

RELEASES: dict[str, tuple[str, str, str]] = {
    "checkout": (
        "Pay later, without leaving the basket",
        """# Press release

**Customers of Fernweh Outdoor can now pay in thirty days, in the same four clicks.**

Two of five baskets over 300 EUR were left at the last step. From today the choice stands beside the others,
and the answer comes in under a second.

# Questions and answers

**Who is it for?** People who buy a tent in April and are paid at the end of the month.

**What do they do today?** They fill the basket three times and order once.

**How will we know?** Baskets over 300 EUR that become orders: from 58 to 66 of 100.
""",
        """# Press release

**Customers of Fernweh Outdoor can now pay in thirty days, in the same four clicks.**

Two of five baskets over 300 EUR were left at the last step. From today the choice stands beside the others, and the
answer comes in under a second. Nobody's account is looked up before they choose it.

# Questions and answers

**Who is it for?** People who buy a tent in April and are paid at the end of the month.

**What do they do today?** They fill the basket three times and order once.

**Who carries the risk?** The bank, as the contract of payments says; fraud scores each choice first.

**How will we know?** Baskets over 300 EUR that become orders: from 58 to 66 of 100.
""",
    ),
    "returns": (
        "A return without a printer",
        """# Press release

**Show the code at the counter: the label is printed there.**

Every third return waited for somebody to find a printer.

# Questions and answers

**What about lockers?** They read the same code.

**How will we know?** Days between "I send it back" and the counter: from 4.1 to 2.5.
""",
        "",
    ),
    "developer-experience": (
        "From clone to first change in ten minutes",
        """# Press release

**A new colleague changes a line and sees it in a preview before the coffee is cold.**

# Questions and answers

**Why not thirty minutes?** Because after ten people open another window.

**How will we know?** We clone every repository each night and stop the time.
""",
        "",
    ),
}  # fmt: skip


@dataclass
class Stage:
    """The teams with their services, and the rows that the import gets."""

    now: datetime
    chance: random.Random
    rows: list[ItemRow] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.now.date()

    def at(self, days: int) -> datetime:
        """Nine o'clock, so many days ago."""
        return datetime.combine(self.today - timedelta(days=days), time(9), self.now.tzinfo)


def fill(*, now: datetime, services: dict[str, list[str]], seed: int = 7) -> int:
    """Fill the roadmaps of the teams in `services` (team name -> its services); returns how many items there are."""
    stage = Stage(now, random.Random(seed))  # noqa: S311 - a demonstration, not a secret
    teams = {team.name: team for team in Team.objects.filter(dissolved_at__isnull=True).select_related("parent")}
    leads = _leads(now)
    for name in FIGURES:
        if name in teams:
            _figures(stage, teams[name])
    for name, own in sorted(services.items()):
        if name in teams and own:
            goal = _goal(stage, teams[name], own, leads)
            _items(stage, teams[name], own, goal)
    _tie(stage)
    done = actions.import_items(actor=SYSTEM, now=now, found=Read(stage.rows), reason=WHY)
    assert not done.errors, done.errors[:3]
    for name, (title, first, second) in RELEASES.items():
        if name in teams:
            _release(stage, teams[name], title, first, second)
    _absences(stage, teams)
    return done.created


def services_of(demonstration: World) -> dict[str, list[str]]:
    """The services that each team owns on the last day."""
    owned: dict[str, list[str]] = {}
    for service in demonstration.services.values():
        owner = service.owner_on(demonstration.today)
        if owner is not None:
            owned.setdefault(owner, []).append(service.name)
    return owned


def _leads(now: datetime) -> dict[int, Person]:
    rows = Membership.objects.filter(dated(now), role=Role.LEAD).select_related("person").order_by("-pk")
    return {row.team_id: row.person for row in rows}


def _figures(stage: Stage, unit: Team) -> None:
    """A unit's plan of the year, with what is known of past quarters."""
    year = stage.today.year
    goal = actions.create_goal(
        actor=SYSTEM, now=stage.at(300), team=unit, title=f"{unit} pays for itself in {year}", kind="pl",
        starts=date(year, 1, 1), ends=date(year, 12, 31), reason=WHY,
        statement="What the unit may cost and must bring, quarter by quarter.",
    )  # fmt: skip
    for name, money, planned in FIGURES[unit.name]:
        for quarter in range(1, 5):
            over = date(year, 3 * quarter, 28) < stage.today
            share = Decimal(planned) * Decimal(str(0.94 + 0.04 * quarter))
            actual = share * Decimal(str(stage.chance.choice((0.95, 0.98, 1.02, 1.06)))) if over else None
            actions.set_figure(
                actor=SYSTEM, now=stage.at(290), goal=goal, name=name, period=f"{year}-Q{quarter}", unit=money,
                planned=share.quantize(Decimal(1)), actual=actual and actual.quantize(Decimal(1)), reason=WHY,
            )  # fmt: skip


def _goal(stage: Stage, team: Team, services: list[str], leads: dict[int, Person]) -> Goal:
    """One objective of the quarter, measured every other week; some a bit late, some ahead."""
    chance = stage.chance
    title, result, unit, source, start, target = chance.choice(OBJECTIVES)
    begins = stage.today - timedelta(days=chance.randrange(30, 80))
    goal = actions.create_goal(
        actor=SYSTEM, now=stage.at(80), team=team, title=title.format(service=services[0]), starts=begins,
        ends=begins + timedelta(days=119), owner=leads.get(team.pk), reason=WHY,
        statement=f"Because of our mission: *{team.mission.rstrip('.')}*." if team.mission else "",
    )  # fmt: skip
    row = actions.add_key_result(
        actor=SYSTEM, now=stage.at(80), goal=goal, title=result, unit=unit, baseline=Decimal(start),
        target=Decimal(target), direction="up" if target > start else "down", reason=WHY,
    )  # fmt: skip
    _measure(stage, row, begins, source)
    return goal


def _measure(stage: Stage, row: KeyResult, begins: date, source: str) -> None:
    pace = stage.chance.choice((0.4, 0.8, 1.0, 1.15))
    days = list(range(0, (stage.today - begins).days, 14))
    rows = []
    for number in days:
        way = min(number / 119 * pace + stage.chance.uniform(-0.03, 0.03), 1.05) if number else 0.0
        value = float(row.baseline) + (float(row.target) - float(row.baseline)) * way
        at = datetime.combine(begins + timedelta(days=number), time(9), stage.now.tzinfo)
        rows.append(Measurement(key_result=row, at=at, value=Decimal(round(value)), source=source, recorded_at=at))
    Measurement.objects.bulk_create(rows)


def _items(stage: Stage, team: Team, services: list[str], goal: Goal) -> None:
    """What the team did in the last year, does, will do, and debt that nobody gave a reason for."""
    chance, number = stage.chance, 0
    titles: set[str] = set()

    def row(texts: tuple[str, ...], **values: Any) -> None:
        nonlocal number
        names = [(service, service.rsplit("-", 1)[-1]) for service in services]
        made = [text.format(service=service, thing=thing) for text in texts for service, thing in names]
        title = chance.choice([one for one in made if one not in titles] or [""])
        if not title:
            return
        titles.add(title)
        number += 1
        likely = Decimal(chance.choice((1, 1, 2, 2, 3, 4, 6))) / 2
        wide = Decimal(chance.choice((3, 4, 6))) / 2
        given = {"value_per_week": Decimal(chance.choice((2, 5, 8, 13, 20, 35, 60))), "goal": "", **values}
        stage.rows.append(
            ItemRow(
                line=len(stage.rows) + 1, key=f"demo-{team.name}-{number}", team=team.ref, title=title,
                effort=(likely / 2, likely, likely * wide), given=frozenset({"state", "rank", *given}), **given,
            )
        )  # fmt: skip

    row(FEATURES, kind="feature", state="started", started_at=stage.at(chance.randrange(2, 12)), goal=f"#{goal.pk}")
    row(PERFORMANCE, kind="performance", goal=f"#{goal.pk}" if chance.random() < 0.7 else "")
    for _ in range(chance.randrange(2, 5)):
        soon = stage.today + timedelta(days=chance.randrange(14, 120))
        row(FEATURES, kind="feature", promised_on=soon if chance.random() < 0.35 else None)
    row(BUGS, kind="bug")
    for texts, kind, odds in ((ACCESS, "access", 0.3), (OTHER, "other", 0.4)):
        if chance.random() < odds:
            row(texts, kind=kind)
    row(DEBT, kind="debt", value_per_week=Decimal(0))
    if chance.random() < 0.4:
        row(DEBT, kind="debt", goal=f"#{goal.pk}")
    for back in sorted((chance.randrange(20, 330) for _ in range(chance.randrange(3, 9))), reverse=True):
        took = Decimal(chance.choice((1, 2, 2, 3, 4, 6))) / 2
        begun = stage.at(back + int(took * 7))
        row((*FEATURES, *PERFORMANCE), kind="feature", state="done", started_at=begun, done_at=stage.at(back),
            real_effort=took)  # fmt: skip


def _tie(stage: Stage) -> None:
    """Some items wait for another team's: each for one that stands earlier in the list, so that no circle closes."""
    planned = [place for place, row in enumerate(stage.rows) if row.state == "planned" and row.kind == "feature"]
    for place, other in zip(planned[7::6], planned, strict=False):
        row, need = stage.rows[place], stage.rows[other]
        if row.team != need.team:
            values = {name: getattr(row, name) for name in ItemRow.__slots__}
            stage.rows[place] = ItemRow(**{**values, "needs": (need.key,)})


def _release(stage: Stage, team: Team, title: str, first: str, second: str) -> None:
    goals = Goal.objects.filter(team=team, state="open")[:1]
    items = Item.objects.filter(team=team, state="planned", kind="feature", rank__isnull=False).order_by("rank")[:1]
    row = actions.create_document(
        actor=SYSTEM, now=stage.at(45), team=team, title=title, text=first, goals=goals, items=items, reason=WHY
    )
    if second:
        actions.write_document(
            actor=SYSTEM, now=stage.at(31), document=row, title=title, text=second,
            reason="after the bar raiser asked who carries the risk",
        )  # fmt: skip


def _absences(stage: Stage, teams: dict[str, Team]) -> None:
    """The notes that a planner would see: a freeze before the season, a team that lends people."""
    day = stage.today
    notes: tuple[tuple[str, int, int, dict[str, Any], str], ...] = (
        ("checkout", 10, 24, {"share": Decimal("0.5")}, "No changes at the till in the busiest fortnight"),
        ("warehouse", 30, 58, {"people": Decimal(7)}, "Four people help with the inventory"),
        ("payments", 0, 13, {"share": Decimal("0.8")}, "Audit: one day a week goes to the auditors"),
    )
    for name, starts, ends, values, reason in notes:
        if name in teams:
            actions.note_capacity(
                actor=SYSTEM, now=stage.now, team=teams[name], starts=day + timedelta(days=starts),
                ends=day + timedelta(days=ends), reason=reason, **values,
            )  # fmt: skip

# ruff: noqa: E501 - texts read better whole
"""Own builds of the demonstration: in every state, by the real actions at past times; and APIs that look alike."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from awayteam.accounts.actors import actors_of_persons
from awayteam.catalog.models import Entity
from awayteam.duplicates import actions, sides
from awayteam.duplicates.actions import Wanted
from awayteam.duplicates.alike import job
from awayteam.duplicates.machine import Party, State
from awayteam.duplicates.rules import Choice, GivesWay, Said
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Membership, Team
from awayteam.organisation.queries import dated


@dataclass(frozen=True)
class Story:
    """`ago` is days since it was registered, `ahead` days from today until the date; negative: it has come.

    `own` and `home` are what the sides answered, as (choice, who gives way, words), `ruled` what the manager did.
    """

    team: str
    of: str
    what: str
    why: str
    ago: int
    ahead: int
    own_build: str = ""
    customers: bool = False
    asked: str = ""
    own: tuple[str, str, str] | None = None
    home: tuple[str, str, str] | None = None
    ruled: tuple[str, str, str] | None = None
    finished: str = ""


STORIES = [
    Story("accounts", "address-lookup", "Turning a postcode into streets while somebody types an address.",
          "Address lookup answers in 900 ms at our peak; sign-up needs 150 ms. Checkout has no room before summer.",
          170, 25, own_build="postcode-finder", customers=True),
    Story("store-pickup", "address-lookup", "Finding the nearest stores for a postcode.",
          "We need distances, which address lookup doesn't know, for 80 stores only.", 120, 60),
    Story("mobile-app", "mail-sender", "Sending push messages with the same templates and limits.",
          "Push was born here and messaging had nobody who knew the vendors.", 300, 90, own_build="push-sender",
          asked="A year is over.", own=("keep", "", "Push has its own limits and devices; a merge would cost more than it saves."),
          home=("keep", "", "Agreed for now; we look again when the vendors' contract ends.")),
    Story("contact-centre", "message-log", "A copy of the last ninety days of messages for agents.",
          "Agents waited eleven seconds for a log; a copy answers in one.", 210, -1,
          asked="The message log has an index since January.",
          own=("keep", "", "The copy holds notes of agents as well."),
          home=("retire", "", "Our log answers in 400 ms now; the copy is a day behind and customers hear wrong things.")),
    Story("loyalty", "coupon-engine", "Vouchers for birthdays with a validity of their own.",
          "Coupons can't be valid for one person only.", 240, 45, customers=True,
          asked="Coupons know persons since spring.", own=("converge", "own", "We move the birthdays over, one country at a time."),
          home=("converge", "own", "The engine can do it; we help with the import.")),
    Story("suppliers", "invoice-archive", "Keeping invoices of suppliers as files.",
          "The archive takes customers' invoices only.", 400, -1, asked="The archive takes any document now.",
          own=("converge", "own", "Nothing speaks for ours any more."), home=("converge", "own", "Welcome."),
          finished="All eleven thousand files were moved, and ours is switched off."),
    Story("forecasting", "metric-store", "Our own store for time series of forecasts.",
          "The metric store forgets after thirteen months; we compare five years.", 60, 120),
    Story("fraud", "feature-store", "Features of devices, computed again for scoring.",
          "The feature store is updated hourly; fraud needs minutes.", 150, -1, asked="The date has come.",
          home=("converge", "own", "We offer updates by the minute from May on.")),
]  # fmt: skip


@dataclass
class Stage:
    """Who speaks for which team, read once."""

    now: datetime
    teams: dict[str, Team]
    entities: dict[str, Entity]
    actors: dict[int, Actor]

    @classmethod
    def of(cls, now: datetime) -> "Stage":
        teams = {team.name: team for team in Team.objects.filter(dissolved_at__isnull=True).select_related("parent")}
        things = Entity.objects.filter(kind="Component", presence=1).select_related("owner__team")
        persons = set(Membership.objects.filter(dated(now)).values_list("person_id", flat=True))
        return cls(now, teams, {one.name: one for one in things.defer("document")}, actors_of_persons(persons, now))

    def speaker(self, team: Team) -> Actor:
        """Somebody of the team who may answer: its decider or lead, else any member."""
        person = sides.speaker(team, self.now)
        if person in self.actors:
            return self.actors[person]
        return next(actor for actor in self.actors.values() if team.pk in actor.teams)


def fill(*, now: datetime) -> int:
    """Register every story as it went, and compare all APIs; returns how many duplicates there are."""
    stage = Stage.of(now)
    told = [story for story in STORIES if story.team in stage.teams and story.of in stage.entities]
    for story in told:
        _tell(stage, story)
    job.compare(now)
    return len(told)


def _tell(stage: Stage, story: Story) -> None:
    """Play one story: registered, asked, answered, decided, ended."""
    team, thing = stage.teams[story.team], stage.entities[story.of]
    began = stage.now - timedelta(days=story.ago)
    on = (stage.now + timedelta(days=max(story.ahead, 2))).date()
    wanted = Wanted(
        team, story.what, story.why, entity=thing, own=stage.entities.get(story.own_build), on=on,
        customer_facing=story.customers,
    )  # fmt: skip
    row = actions.add(wanted, actor=stage.speaker(team), now=began)
    if not story.asked:
        return
    home = row.home_team or team
    looked = stage.now - timedelta(days=20 if story.finished else 3)
    row = actions.look_again(row, actor=stage.speaker(home), now=looked, reason=story.asked)
    for party, side, said in ((Party.OWN, team, story.own), (Party.HOME, home, story.home)):
        if said is not None:
            looked += timedelta(hours=3)
            answer = _said(said, on)
            row = actions.answer(row, answer, actor=stage.speaker(side), now=looked, reason=said[2], side=party)
    if story.ruled is not None and row.state == State.ARBITRATION and row.manager_id in stage.actors:
        looked += timedelta(hours=20)
        ruled = _said(story.ruled, on)
        row = actions.settle(row, ruled, actor=stage.actors[row.manager_id], now=looked, reason=story.ruled[2])
    if story.finished:
        actions.finish(row, actor=stage.speaker(team), now=stage.now - timedelta(days=2), reason=story.finished)


def _said(words: tuple[str, str, str], on: date) -> Said:
    choice, way, _ = words
    return Said(Choice(choice), on + timedelta(days=60), GivesWay(way) if way else None)

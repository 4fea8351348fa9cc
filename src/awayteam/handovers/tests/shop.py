"""Handovers in the shop of the page tests: one that waits for Ada, one that is in warranty with a defect."""

from datetime import datetime, timedelta

from awayteam.catalog.models import Entity
from awayteam.engagements import actions as engagements
from awayteam.engagements.actions import ScopeLine
from awayteam.engagements.models import Contract, Engagement, Member
from awayteam.handovers import actions
from awayteam.handovers.actions import Citation, Found, Shown
from awayteam.handovers.models import Defect, Handover
from awayteam.handovers.rules import BY_ITSELF, WALKTHROUGH
from awayteam.handovers.seeing import Spot
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Person, Team

WAITING, OVER = "Baskets that wait for their handover", "Baskets in warranty <soon over>"
DEFECT = "Baskets lose <b>their</b> last line"


def build(orders: Team, search: Team, ada: Actor, sam: Actor, now: datetime) -> None:
    """Search (Sam) visits Orders (Ada) twice, after three visits of which nothing is left."""
    for number in range(3):
        Engagement.objects.create(
            title=f"An early visit {number}", home_team=orders, away_team=search, state="withdrawn",
            service=Entity.objects.get(ref="component:default/basket"), began_at=now - timedelta(days=100 + number),
            created_at=now - timedelta(days=110), entered_at=now, changed_at=now, closed_at=now,
        )  # fmt: skip
    _filled(_visit(WAITING, orders, search, ada, sam, now), ada, sam, now - timedelta(hours=5))
    over = _filled(_visit(OVER, orders, search, ada, sam, now), ada, sam, now - timedelta(days=3))
    at = now - timedelta(days=3)
    actions.refuse(over, actor=ada, now=at, citation=Citation(line=2), words="Which tests?")
    actions.add_evidence(over, 2, actor=sam, now=at, shown=Shown(words="These: see the pipeline."))
    actions.tick(over, 2, actor=sam, now=at)
    actions.submit(over, actor=sam, now=at, summary="Baskets **work** line by line.")
    actions.accept(over, actor=ada, now=at, words="Gladly")
    actions.deploy(over.engagement_id, actor=sam, now=at + timedelta(hours=1), reference="v7")
    found = Found(DEFECT, "It should keep it.", Spot("", "cart/1", 1), severity="high")
    report = at + timedelta(days=2)
    actions.report(actor=ada, now=report, found=found, engagement=over.engagement_id)
    answers = ["Quick <answers>", "", "", "", ""]
    actions.look_back(over.engagement_id, actor=ada, now=report, answers=answers)


def _visit(title: str, orders: Team, search: Team, ada: Actor, sam: Actor, now: datetime) -> Engagement:
    """A visit whose work began eight days ago."""
    at, today = now - timedelta(days=8), now.date()
    row = engagements.open_engagement(
        actor=sam, now=at, home_team=orders, away_team=search, prefill=False, title=title,
        goal="Baskets that keep **every** line.", service=Entity.objects.get(ref="component:default/basket"),
        starts_on=today - timedelta(days=8), ends_on=today + timedelta(days=20), working_days=10, pledged_hours=4,
        home_decider=Person.objects.get(name="ada"), home_contact=Person.objects.get(name="ada"),
        home_deputy=Person.objects.get(name="bob"), away_lead=Person.objects.get(name="sam"),
        manager=Person.objects.get(name="zoe"), done_means=["Baskets keep every line."],
        pager_on=today + timedelta(days=30),
    )  # fmt: skip
    engagements.set_scope(row, actor=sam, now=at, lines=[ScopeLine("basket", "/cart/")])
    Member.objects.create(
        engagement=row, person=Person.objects.get(name="sam"), joins_on=today - timedelta(days=8), joined_at=at,
        agreed_by=Person.objects.get(name="zoe"), agreed_at=at,
    )  # fmt: skip
    engagements.propose(row, actor=sam, now=at)
    waiting = Contract.objects.get(engagement=row, state="signing")
    return engagements.sign(row, actor=ada, now=at, sha256=waiting.sha256)


def _filled(row: Engagement, ada: Actor, sam: Actor, at: datetime) -> Handover:
    """Its handover, submitted."""
    handover = actions.begin(row, actor=sam, now=at)
    for line in handover.lines.exclude(key=BY_ITSELF):
        shown = Shown(url="https://ci.shop.example/7", words="Green <b>now</b>.")
        if line.key == WALKTHROUGH:
            shown = Shown(on=at.date(), attended_by=Person.objects.get(pk=ada.person_id))
        actions.add_evidence(handover, line.number, actor=sam, now=at, shown=shown)
        actions.tick(handover, line.number, actor=sam, now=at)
    return actions.submit(handover, actor=sam, now=at, summary="Baskets work.")


def visit(title: str) -> int:
    """The number of one of the engagements."""
    return Engagement.objects.get(title=title).pk


def handover(title: str) -> int:
    """The number of the handover of one of them."""
    return Handover.objects.get(engagement__title=title).pk


def defect() -> int:
    return Defect.objects.get(title=DEFECT).pk


def basket() -> int:
    """The id of the service."""
    return Entity.objects.get(ref="component:default/basket").pk

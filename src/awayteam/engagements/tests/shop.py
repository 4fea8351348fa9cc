"""Engagements in the shop of the page tests: a draft with everything in it, and one that waits for Ada's signature."""

from datetime import datetime, timedelta

from awayteam.catalog.models import Entity
from awayteam.engagements import actions
from awayteam.engagements.actions import ScopeLine
from awayteam.engagements.models import Engagement, Place, Standard
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Person, Team

DRAFT, PROPOSED = "Baskets <b>by</b> letter", "Baskets that sort themselves"


def build(orders: Team, search: Team, ada: Actor, sam: Actor, now: datetime) -> None:
    """Search (Sam) prepares a visit to Orders (Ada), and has proposed another."""
    row = _draft(DRAFT, orders, search, sam, now)
    actions.add_standard(row, actor=ada, now=now, title="Our <rules>", text="# Tests\n\nOne for each <change>.\n")
    actions.add_baseline_item(row, actor=sam, now=now, kind="check", key="refunds & <co>")
    place = actions.offer_place(row, actor=sam, now=now, title="Somebody for <letters>", hours=20, skills=["Post"])
    actions.apply_for_place(place, actor=_zoe(now), now=now, words="I <write> letters.")
    other = _draft(PROPOSED, orders, search, sam, now)
    actions.propose(other, actor=sam, now=now)


def _zoe(now: datetime) -> Actor:
    from awayteam.accounts.actors import actor_of_person

    return actor_of_person(Person.objects.get(name="zoe"), now)


def _draft(title: str, orders: Team, search: Team, sam: Actor, now: datetime) -> Engagement:
    today = now.date()
    person = {name: Person.objects.get(name=name) for name in ("ada", "bob", "sam", "zoe")}
    row = actions.open_engagement(
        actor=sam, now=now, home_team=orders, away_team=search, prefill=False, title=title, goal="Letters for **all**.",
        service=Entity.objects.get(ref="component:default/basket"), starts_on=today + timedelta(days=3),
        ends_on=today + timedelta(days=24), working_days=12, pledged_hours=4, home_decider=person["ada"],
        home_contact=person["ada"], home_deputy=person["bob"], away_lead=person["sam"], manager=person["zoe"],
        done_means=["Letters arrive."],
    )  # fmt: skip
    actions.set_scope(row, actor=sam, now=now, lines=[ScopeLine("basket", "/letters/")])
    actions.add_member(row, actor=sam, now=now, person=person["sam"], share=50)
    return row


def number(title: str) -> int:
    """The number of an engagement of the shop."""
    return Engagement.objects.get(title=title).pk


def place() -> int:
    return Place.objects.get(engagement__title=DRAFT).pk


def standard() -> int:
    return Standard.objects.get(engagement__title=DRAFT).pk

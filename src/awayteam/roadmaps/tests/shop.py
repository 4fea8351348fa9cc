"""Roadmaps for the organisation that the tests of pages look at: one of everything that pages show."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.organisation.models import Person, Team
from awayteam.roadmaps import actions
from awayteam.roadmaps.models import Item

WHY = "So that pages have something to show."


def build(orders: Team, search: Team, ada: Actor, now: datetime) -> None:
    """A goal of each kind, items in every state, a need of another team, a promise that can't be kept, a document."""
    common: dict[str, Any] = {"actor": ada, "now": now, "reason": WHY}
    day = now.date()
    goal = actions.create_goal(
        team=orders, title="Baskets open in half the time", statement="Half of **all** waiting is ours.",
        starts=day - timedelta(days=40), ends=day + timedelta(days=50),
        owner=Person.objects.get(name="ada"), **common,
    )  # fmt: skip
    result = actions.add_key_result(
        goal=goal,
        title="Time to open",
        unit="ms",
        baseline=Decimal(800),
        target=Decimal(400),
        direction="down",
        **common,
    )
    for number, value in enumerate((800, 700, 650)):
        at = now - timedelta(days=30 - 10 * number)
        actions.measure(actor=ada, now=now, key_result=result, value=Decimal(value), source="traces", at=at)
    actions.add_key_result(
        goal=goal, title="Baskets kept", baseline=Decimal(0), target=Decimal(1), direction="up", **common
    )
    figures = actions.create_goal(
        team=orders,
        title="Pay for itself",
        kind="pl",
        starts=day,
        ends=day + timedelta(days=300),
        parent=goal,
        **common,
    )
    actions.set_figure(
        goal=figures, name="Cost", period="2026-Q4", planned=Decimal(9000), actual=Decimal(9500), unit="EUR", **common
    )
    closed = actions.create_goal(team=orders, title="Long ago", starts=day, ends=day, **common)
    actions.close_goal(goal=closed, state="missed", **common)
    items = _items(orders, search, goal, common)
    document = actions.create_document(
        team=orders, title="Baskets that open at once", text="# Press release\n\nAt once.\n", goals=[goal],
        items=[items["Cache baskets"]], **common,
    )  # fmt: skip
    actions.write_document(document=document, title=document.title, text="# Press release\n\nAt last.\n", **common)
    actions.note_capacity(team=orders, starts=day, ends=day + timedelta(days=6), share=Decimal("0.5"), **common)


def _items(orders: Team, search: Team, goal: Any, common: dict[str, Any]) -> dict[str, Item]:
    def effort(likely: int) -> tuple[Decimal, Decimal, Decimal]:
        return Decimal(likely) / 2, Decimal(likely), Decimal(likely) * 2

    def place(title: str, weeks: int, **more: Any) -> Item:
        given = {"team": orders, "title": title, "effort": effort(weeks), **common, **more}
        return actions.place(**given).item

    day = common["now"].date()
    made = {
        "Cache baskets": place("Cache baskets", 2, goal=goal, kind="performance", value_per_week=Decimal(20)),
        "Share a basket": place(
            "Share a basket", 3, value_per_week=Decimal(90), promised=day + timedelta(days=7), external_key="T-2",
            description="With **friends**.",
        ),
        "Old tables": place("Old tables", 1, kind="debt"),
        "Wish list": place("Wish list", 1, value_per_week=Decimal(40), promised=day + timedelta(days=300)),
        "Small fix": place("Small fix", 1, kind="bug"),
        "Idea": place("Idea", 1),
    }  # fmt: skip
    facets = place("Facets in search", 2, team=search, actor=SYSTEM)
    actions.depend(item=made["Share a basket"], needs=facets, **common)
    actions.depend(item=facets, needs=made["Wish list"], **{**common, "actor": SYSTEM})
    actions.start(item=made["Cache baskets"], **common)
    actions.finish(item=made["Small fix"], real_effort=Decimal("1.5"), **common)
    actions.drop(item=made["Idea"], **common)
    return made

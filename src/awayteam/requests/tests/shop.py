"""Requests in the shop of the page tests: one in each state that pages tell apart."""

from datetime import datetime, timedelta
from decimal import Decimal

from awayteam.catalog.models import Entity
from awayteam.discussions import actions as discussions
from awayteam.kernel import clocks
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Team
from awayteam.requests import actions
from awayteam.requests.actions import Aim, Plan, Worth
from awayteam.requests.models import Request
from awayteam.requests.stepping import subject_of

SMALL = Plan((Decimal("0.5"), Decimal(1), Decimal(2)))


def build(orders: Team, search: Team, ada: Actor, sam: Actor, now: datetime) -> None:
    """Search (Sam) asks Orders (Ada) for six things, Orders asks Search for one."""

    def ask(title: str, value: int, *, at: datetime = now, home: Team = orders, **more: object) -> Request:
        actor, team = (sam, search) if home == orders else (ada, orders)
        worth = Worth(Decimal(value), "Ten complaints a week, by the list of the desk." if value else "", "Everybody")
        return actions.ask(
            actor=actor, now=at, kind="feature", title=title, need="We need **this**.\n\nIt is there when it answers.",
            asking_team=team, home_team=home, worth=worth, aim=Aim(Entity.objects.get(name="basket", kind="Component")),
            **more,  # type: ignore[arg-type]
        )  # fmt: skip

    late = ask("Baskets for two", 70, at=now - timedelta(days=15))
    assert late.due_at is not None
    clocks.run_due(late.due_at + timedelta(minutes=1))
    waiting = ask("Share a basket <soon>", 120, at=now - timedelta(hours=3))
    discussions.comment(actor=ada, now=now, subject=subject_of(waiting), text=f"Is it like #{late.pk}?")
    twin = ask("Baskets to share", 10, at=now - timedelta(hours=2))
    actions.merge(twin, actor=ada, now=now, into=waiting, words="The same wish")
    taken = ask("Baskets by mail", 40, at=now - timedelta(days=1))
    actions.accept(taken, actor=ada, now=now, plan=SMALL, words="Gladly")
    unclear = ask("Baskets with notes", 0, at=now - timedelta(days=1))
    actions.ask_back(unclear, actor=ada, now=now, words="Which notes?")
    refused = ask(
        "Baskets in colours", 90, at=now - timedelta(days=2), can_send_away=False, away_impossible="Nobody paints"
    )
    actions.decline(refused, actor=ada, now=now, reason="no-room", words="Not this year")
    actions.escalate(refused, actor=sam, now=now, words="Every week costs us members.")
    ask("Find baskets by name", 15, home=search)


def number(title: str) -> int:
    """The number of one of them."""
    return Request.objects.get(title=title).pk

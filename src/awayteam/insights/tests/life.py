"""A spring in the town: requests whose every figure can be told by hand."""

from datetime import date, timedelta
from decimal import Decimal

from awayteam.kernel import clocks
from awayteam.requests import actions
from awayteam.requests.actions import Aim, Plan, Worth
from awayteam.requests.models import Request
from awayteam.requests.tests.town import Town, found, service

PLAN = Plan((Decimal("0.5"), Decimal(1), Decimal(2)), promised=date(2026, 3, 13))


def worth(value: int) -> Worth:
    return Worth(Decimal(value), "By the list of the desk.")


def spring() -> tuple[Town, dict[str, Request]]:
    """Seven requests from 2 March 2026 on, in the order of their days:

    - accepted after 4 h of work, delivered on its day and confirmed: done by the home team;
    - asked back after 2 h, answered, declined 1 h later, escalated, upheld (45 min of a manager), and still declined;
    - never answered: overdue after five working days, then an away team has done it;
    - moved from orders to search, taken over, welcomed 3 h later;
    - accepted, its day missed;
    - restricted, open, 7 points;
    - of search, open, 50 points.
    """
    town = found()
    made: dict[str, Request] = {}
    made["done"] = town.ask(title="Done", worth=worth(10))
    made["refused"] = town.ask(
        title="Refused", kind="bug", worth=worth(20), can_send_away=False, away_impossible="Nobody knows the language."
    )
    made["away"] = town.ask(title="Away", worth=worth(30))
    made["moved"] = town.ask(title="Moved", worth=worth(40))
    made["late"] = town.ask(title="Late", worth=worth(60))
    _at(town, 1)
    olga = town.actor("olga")
    actions.move(made["moved"], actor=olga, now=town.now, to=town.team("search"), words="It is a search.")
    _at(town, 1)  # 14:00
    actions.ask_back(made["refused"], actor=olga, now=town.now, words="Which ones?")
    _at(town, 1)
    actions.answer(made["refused"], actor=town.actor("paul"), now=town.now, words="All.")
    _at(town, 1)  # 16:00
    actions.accept(made["done"], actor=olga, now=town.now, plan=PLAN)
    actions.accept(made["late"], actor=olga, now=town.now, plan=PLAN)
    actions.decline(made["refused"], actor=olga, now=town.now, reason="no-room", words="Not this year.")
    actions.escalate(made["refused"], actor=town.actor("paul"), now=town.now, words="Customers leave.")
    actions.take_over(made["moved"], actor=town.actor("sam"), now=town.now)
    town.now = town.now.replace(day=3, hour=11)
    actions.welcome(made["moved"], actor=town.actor("sam"), now=town.now)
    actions.uphold(made["refused"], actor=town.actor("mona"), now=town.now, words="No.", minutes_spent=45)
    _later(town, made)
    return town, made


def _later(town: Town, made: dict[str, Request]) -> None:
    town.now = town.now.replace(day=4, hour=10)
    actions.deliver(made["done"], actor=town.actor("olga"), now=town.now)
    actions.confirm(made["done"], actor=town.actor("paul"), now=town.now)
    town.now = town.now.replace(day=9, hour=12, minute=1)
    clocks.run_due(town.now)  # the five days of "Away" are over
    made["away"].refresh_from_db()
    actions.send_away(made["away"], actor=town.actor("paul"), now=town.now, words="Two of us.")
    town.now = town.now.replace(day=12)
    actions.finish_away(made["away"], actor=town.actor("paul"), now=town.now)
    made["late"].refresh_from_db()
    assert made["late"].due_at is not None
    town.now = made["late"].due_at + timedelta(minutes=1)
    clocks.run_due(town.now)
    secret = service(town, "secret", owner="search", restricted=True)
    made["secret"] = town.ask("olga", "orders", "search", title="Secret", worth=worth(7), aim=Aim(secret))
    made["search"] = town.ask("paul", "payments", "search", title="Search", worth=worth(50))
    _at(town, 1)


def _at(town: Town, hours: int) -> None:
    town.now += timedelta(hours=hours)

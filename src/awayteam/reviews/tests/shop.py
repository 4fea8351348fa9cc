"""Reviews in the shop of the page tests: one in each state that pages tell apart, and an entry of either kind."""

from datetime import date, datetime, timedelta
from typing import Any

from awayteam.accounts.actors import actor_of_person
from awayteam.kernel import clocks
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Membership, Person, Team
from awayteam.reviews import actions
from awayteam.reviews.actions import Deviation, Said, Terms, Wanted
from awayteam.reviews.actions.checking import questions
from awayteam.reviews.models import BarRaiser, RegisterEntry, Review


def build(orders: Team, search: Team, ada: Actor, sam: Actor, zoe: Actor, now: datetime) -> None:
    """Rae and Roy of another unit raise the bar; Ada decides for orders, and overrode one of two recommendations."""
    far = Team.objects.create(ref="group:default/far", name="far", is_unit=True)
    team = Team.objects.create(ref="group:default/bar", name="bar", parent=far)
    raisers = {}
    for name in ("rae", "roy", "rue"):
        raisers[name] = Person.objects.create(ref=f"user:default/{name}", name=name)
        Membership.objects.create(team=team, person=raisers[name])
        terms = Terms(trained_on=date(2020, 1, 1), trained_by="A course <of> a day")
        made = actions.join(raisers[name], "architecture", terms, actor=zoe, now=now - timedelta(days=9))
        assert made.trained_on
    actions.be_away(raisers["rue"], now.date(), now.date() + timedelta(days=3), actor=zoe, now=now)

    def ask(title: str, **more: Any) -> Review:
        wanted = Wanted(
            **{"field": "architecture", "title": title, "question": "One **store** or two?", "team": orders,
               "decider": Person.objects.get(name="ada"), "teams": [search], **more}  # type: ignore[arg-type]
        )  # fmt: skip
        return actions.request_review(wanted, actor=sam, now=now - timedelta(hours=3))

    overridden = _deliver(ask("Split the <basket> store"), now, "against")
    entry = actions.override(overridden, reason="The season **starts**.", actor=ada, now=now - timedelta(hours=1))
    decided = _deliver(ask("Baskets by mail"), now, "with-conditions")
    ask("Nobody is free for this", field="design")
    deviation = Deviation(orders, "Our own queue", "The common queue", "It loses one", [{"words": "1 of 9", "url": ""}])
    actions.deviate(deviation, actor=ada, now=now - timedelta(hours=1))
    assert entry.due_at is not None
    assert decided.state == "delivered"
    assert clocks.run_due(now) >= 0


def _deliver(review: Review, now: datetime, recommendation: str) -> Review:
    assert review.bar_raiser is not None
    said = Said(
        recommendation, "One is **enough**.", dict.fromkeys(questions(review.field), "It waits."),
        [{"words": "A year of load", "url": "https://example.org/load"}],
        ["Measure <it>"] if recommendation == "with-conditions" else [],
    )  # fmt: skip
    at = now - timedelta(hours=2)
    return actions.deliver(review, said, actor=actor_of_person(review.bar_raiser, at), now=at)


def review(title: str) -> int:
    return Review.objects.get(title=title).pk


def entry(kind: str) -> int:
    return RegisterEntry.objects.get(kind=kind).pk


def raiser(name: str) -> int:
    return BarRaiser.objects.get(person__name=name).pk

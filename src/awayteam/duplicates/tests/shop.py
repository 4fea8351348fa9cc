"""Duplicates in the shop that tests of all pages look at: one at rest, one that both teams are asked about."""

from datetime import datetime, timedelta

from awayteam.catalog.models import ApiOperation, Entity
from awayteam.duplicates import actions
from awayteam.duplicates.actions import Wanted
from awayteam.duplicates.alike import job
from awayteam.duplicates.models import Duplicate, Likeness
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.organisation.models import Team


def build(team: Team, home_actor: Actor, now: datetime) -> None:
    """`team` builds its own of what `home_actor`'s team has."""
    basket = Entity.objects.get(ref="component:default/basket")
    what, why = "Counting <b>baskets</b>", "It was needed within the week."
    for title, of in (("Own counter of baskets", basket), ("Own words for baskets", None)):
        words = "" if of else "A list of words"
        wanted = Wanted(
            team, what, why, entity=of, words=words, title=title, on=now.date() + timedelta(days=90),
            home_team=None if of else Team.objects.get(name="orders"), customer_facing=of is None,
        )  # fmt: skip
        made = actions.add(wanted, actor=SYSTEM, now=now)
    actions.look_again(made, actor=home_actor, now=now, reason="We have one now.")


def duplicate(title: str) -> int:
    """The number of a duplicate."""
    return Duplicate.objects.get(title=title).pk


def likeness(now: datetime) -> int:
    """Two APIs that look alike; the second one is made when it is first asked for."""
    known = Likeness.objects.first()
    if known is None:
        group = Entity.objects.get(ref="group:default/search")
        other = Entity.objects.create(
            ref="api:default/carts-api", kind="API", name="carts-api", sort_name="carts-api", owner=group,
            first_seen_at=now, changed_at=now,
        )  # fmt: skip
        for verb in ("GET", "DELETE"):
            ApiOperation.objects.create(api=other, key=f"{verb} /v1/basket/{{x}}", verb=verb, path="/v1/basket/{x}")
        job.compare(now)
        known = Likeness.objects.get()
    return known.pk

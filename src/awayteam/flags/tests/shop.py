"""Flags in the shop that tests of all pages look at: one with rules, one that should go, one that is switched off."""

import json
from datetime import datetime, timedelta

from awayteam.flags import actions
from awayteam.flags.actions import Wanted
from awayteam.flags.rules import Deed, Purpose, Reach
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.organisation.models import Team

RULES = {
    "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
    "targeting": {"if": [{"$ref": "staff"}, "on", {"fractional": [["on", 20], ["off", 80]]}]},
}  # fmt: skip
PLAIN = {"state": "ENABLED", "variants": {"old": "<b>old</b>", "new": "new"}, "defaultVariant": "new"}


def build(team: Team, actor: Actor, now: datetime) -> None:
    """Three flags of `team`, which `actor` may change, in two environments."""
    places = [actions.create_environment(key, key.title(), actor=SYSTEM, now=now) for key in ("production", "staging")]
    staff = json.dumps({"staff": {"ends_with": [{"var": "email"}, "@shop.example"]}})
    for place in places:
        actions.share_rules(place, staff, actor=SYSTEM, now=now, reason="Everybody here.")
        place.refresh_from_db()
    rules = json.dumps(RULES, indent=2)
    wanted = Wanted("new-basket", team, rules, title="The basket <anew>", description="Faster.", environments=places)
    flag = actions.create(wanted, actor=actor, now=now, reason="To try it.")
    more = rules.replace("20", "30").replace("80", "70")
    actions.define(flag, places[0], more, actor=actor, now=now, reason="More of them.")
    at = now + timedelta(days=3)
    actions.plan(flag, places[0], at, Deed.DEFINE, actor=actor, now=now, reason="Then for all.", text=rules)
    before = now - timedelta(days=400)
    old = Wanted(
        "old-prices", team, json.dumps(PLAIN), environments=places, remove_on=before.date() + timedelta(days=9)
    )
    actions.create(old, actor=actor, now=before, reason="Prices are coming.")
    calm = Wanted("calm-search", team, rules, Purpose.OPERATIONS, environments=places[:1])
    switch = actions.create(calm, actor=actor, now=now, reason="For bad days.")
    actions.kill(switch, places[0], actor=actor, now=now, reason="A bad day & night.", variant="off")
    actions.create_token(places[0], "basket", Reach.SERVER, actor=SYSTEM, now=now)
    actions.ask_about_stale(now)

"""One of several processes that all change the owner of the same thing: `python throng.py SEED DEEDS`.

Prints a line for each deed: what it was and what came of it.
"""

import random
import sys
from datetime import timedelta
from typing import Any

import django

django.setup()

from awayteam.accounts.actors import actor_of_person  # noqa: E402 - Django first
from awayteam.catalog.actions import transfer_ownership  # noqa: E402
from awayteam.catalog.models import Entity  # noqa: E402
from awayteam.kernel.actor import SYSTEM, Actor  # noqa: E402
from awayteam.kernel.errors import AwayteamError  # noqa: E402
from awayteam.organisation.models import Person, Team  # noqa: E402
from awayteam.requests.tests.town import NOON  # noqa: E402
from awayteam.succession import actions  # noqa: E402
from awayteam.succession.models import Succession  # noqa: E402

SPEAKERS = {"orders": "olga", "payments": "pia", "search": "sam"}


def actor(name: str, now: Any) -> Actor:
    return actor_of_person(Person.objects.get(name=name), now)


def deed(chance: random.Random, now: Any) -> str:
    """One step of a transfer, whatever comes next; now and then a change by hand."""
    thing = Entity.objects.select_related("owner__team").get(ref="component:default/ledger")
    owner = thing.owner.name if thing.owner else ""
    other = chance.choice([name for name in SPEAKERS if name != owner])
    row = Succession.objects.filter(entity=thing, closed_at=None).select_related("receiver").first()
    if chance.random() < 0.1:
        transfer_ownership(actor=SYSTEM, now=now, entity=thing, owner=f"group:default/{other}", reason="By hand.")
        return "hand"
    if row is None:
        team = Team.objects.get(name=other)
        actions.ask(thing, actor=actor(SPEAKERS[other], now), now=now, team=team, words="Ours.")
        return "ask"
    if row.state == "answering":
        actions.accept(row, actor=actor(SPEAKERS[owner], now), now=now)
        return "agree"
    speaker = actor(SPEAKERS[row.receiver.name], now)  # type: ignore[union-attr]
    for line in row.lines.filter(done_at=None):
        actions.tick(row, line.number, actor=speaker, now=now)
    actions.accept(row, actor=speaker, now=now)
    return "take"


def main() -> None:
    seed, deeds = int(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(seed)
    for number in range(deeds):
        now = NOON + timedelta(seconds=60 * number + seed)
        try:
            print(deed(chance, now), flush=True)
        except AwayteamError as error:
            if "another way" in error.what:
                from awayteam.succession.actions.watching import lapse_overtaken

                lapse_overtaken(now)
            print(type(error).__name__, flush=True)
        except Exception as error:
            print(f"broken:{error!r}".replace(" ", "_"), flush=True)
            raise


if __name__ == "__main__":
    main()

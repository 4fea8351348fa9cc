"""The request that an engagement serves came to its end: both sides are told once, and a merged one is followed."""

from datetime import datetime

from django.db import transaction

from awayteam.engagements.actions import requesting
from awayteam.engagements.actions.moving import Holding, hold
from awayteam.engagements.actions.reorganising import hearers
from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement
from awayteam.engagements.served import ADVICE, Ended, ended, named, outlived
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.requests.machine import State as RequestState
from awayteam.requests.models import Request
from awayteam.stories.stepping import touch

AT_WORK = frozenset({State.AGREED, State.ACTIVE, State.PAUSED, State.HANDING_OVER})
"""States in which the request that is served has an away team on its way."""


def follow_request(engagement: Engagement | int, *, now: datetime) -> bool:
    """Let an open engagement follow what became of its request; True where there was anything to say.

    Where it was merged, the engagement serves the request that goes on. Where it ended otherwise nothing changes but
    that both sides know; people decide. Doing it again says nothing twice.
    """
    with transaction.atomic():
        held = hold(engagement, actor=SYSTEM, now=now)
        if not outlived(now).filter(pk=held.row.pk).exists():
            return False
        _follow(held)
        found = ended(held.row)
        if found is not None:
            _say(held, EventName.ENGAGEMENT_REQUEST_ENDED, f"{found.sentence} {ADVICE}", found)
        return True


def _follow(held: Holding) -> None:
    """Serve the request into which the engagement's was merged, and send its away team where the visit has begun."""
    row, request = held.row, held.row.request
    assert request is not None  # `outlived` found one
    found = ended(row)
    if request.state != RequestState.MERGED.value or found is None:
        return
    target = request
    while target.merged_into_id is not None:
        target = Request.objects.select_related("entity").get(pk=target.merged_into_id)
    row.request = target
    touch(held)
    if State(row.state) in AT_WORK:
        requesting.send_away(held)
    target = row.request = Request.objects.select_related("entity", "clock").get(pk=target.pk)  # as it is by now
    words = f"{found.sentence} The visit serves {named(target)} from now on. {requesting.waits(target)}".strip()
    _say(held, EventName.ENGAGEMENT_REQUEST_FOLLOWED, words, found, {"request": (request.pk, target.pk)})


def _say(
    held: Holding, name: EventName, words: str, found: Ended, changes: dict[str, tuple[int, int]] | None = None
) -> None:
    row = held.row
    data = {"request": found.request}
    events.append(name, subject=held.subject, actor=SYSTEM, now=held.now, reason=words, changes=changes, data=data)
    tell(
        now=held.now, subject=held.subject, event=name, text=f"{row.title}: {words}"[:1000],
        address=held.plot.address(row), persons=hearers(held), teams=(row.home_team_id, row.away_team_id),
        group=Group.TURN, key=f"engagement-{row.pk}-request-{found.request}-{found.at.isoformat()}",
    )  # fmt: skip

"""Where a whole team reads what concerns it."""

from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from awayteam.kernel import events, rulebook, secrets
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.webhooks import url_problem
from awayteam.notifications.channels import SLACK_PURPOSE
from awayteam.notifications.models import TeamChannel
from awayteam.notifications.permissions import Verb, can
from awayteam.organisation.models import Team


def set_team_channel(*, actor: Actor, now: datetime, team: Team, url: str, reason: str = "") -> TeamChannel | None:
    """Let a team read what concerns it in a chat: `url` is a Slack-compatible incoming webhook, "" takes it away.

    For leads and managers. Raises `NotAllowed`, `InvalidInput`.
    """
    can(actor, Verb.SET_CHANNEL, team, now).require()
    problem = url_problem(url, rulebook.current().notifications.allow_private) if url else None
    if problem:
        raise InvalidInput(f"The address can't be used: {problem}.", fields={"url": problem})
    with transaction.atomic():
        held = TeamChannel.objects.select_for_update().filter(team=team).first()
        old = held.host if held and held.active else ""
        if not url and not old:
            return held
        host = urlsplit(url).hostname or "" if url else ""
        row, _new = TeamChannel.objects.update_or_create(
            team=team,
            defaults={
                "url": secrets.seal(url, SLACK_PURPOSE) if url else "",
                "host": host[:255],
                "active": bool(url),
                "changed_at": now,
            },
        )
        events.append(
            EventName.TEAM_CHANNEL_CHANGED,
            subject=Subject("team", team.pk, str(team)),
            actor=actor,
            now=now,
            reason=reason,
            changes={"chat": (old, host)},
        )
    return row

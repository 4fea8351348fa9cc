"""What the people of the demonstration have read, follow and wish, as in an ordinary working week."""

import random
from datetime import datetime, timedelta

from awayteam.accounts.actors import actors_of_persons
from awayteam.discussions.models import Comment
from awayteam.kernel.events import Subject
from awayteam.notifications import actions
from awayteam.notifications.models import Notification
from awayteam.notifications.rules import Level
from awayteam.organisation.models import Membership, Role

SEED = 20260302
UNREAD_HOURS = 40
"""What was told longer ago has been read, but for a few that somebody left."""

LEFT = 0.04
WISHES = 6


def fill(*, now: datetime) -> None:
    """Read the older half of every inbox; let a few people choose. Deterministic, and quick."""
    chance = random.Random(SEED)  # noqa: S311 - the same demonstration every time
    _read(now, chance)
    held = Membership.objects.filter(role=Role.LEAD, ends=None).select_related("team").order_by("person_id", "team_id")
    leads = [(row.person_id, row.team) for row in held[: WISHES * 3]]
    people = actors_of_persons({person for person, _team in leads}, now)
    for person, team in leads[::3]:
        actor = people.get(person)
        if actor is None:
            continue
        start, end = chance.choice([("18:00", "08:00"), ("19:30", "07:30"), ("20:00", "07:00")])
        actions.prefer(actor=actor, now=now, quiet_start=start, quiet_end=end, quiet_days=[5, 6])
        level = chance.choice([Level.ALL, Level.TURNS])
        actions.follow(actor=actor, now=now, subject=Subject("team", team.pk, str(team)), level=level)
        talked = Comment.objects.exclude(author_id=person).order_by("-pk").first()
        if talked is not None:
            subject = Subject(talked.subject_kind, talked.subject_id, talked.subject_label)
            actions.follow(actor=actor, now=now, subject=subject)


def _read(now: datetime, chance: random.Random) -> None:
    old = Notification.objects.filter(at__lt=now - timedelta(hours=UNREAD_HOURS), read_at=None)
    ids = list(old.order_by("pk").values_list("pk", flat=True))
    read = [id for id in ids if chance.random() >= LEFT]
    for start in range(0, len(read), 5_000):
        Notification.objects.filter(pk__in=read[start : start + 5_000]).update(read_at=now - timedelta(hours=2))

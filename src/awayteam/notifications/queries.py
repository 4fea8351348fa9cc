"""Every read of notifications: one's inbox, one's wishes, what one follows."""

from awayteam.kernel.actor import Actor
from awayteam.notifications.models import Subscription
from awayteam.notifications.rules import Level


def level_of(actor: Actor, kind: str, id: int) -> Level | None:
    """What the actor chose to hear of a subject; None where they chose nothing. One statement."""
    if actor.person_id is None:
        return None
    mine = Subscription.objects.filter(person_id=actor.person_id, subject_kind=kind, subject_id=id)
    level = mine.values_list("level", flat=True).first()
    return Level(level) if level is not None else None

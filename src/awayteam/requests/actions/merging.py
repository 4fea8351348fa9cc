"""Equal requests become one: their askers and values go along, and nobody is lost."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.notifications.actions import follow_by_taking_part
from awayteam.requests.actions.noting import note, still_open
from awayteam.requests.machine import State, Verb
from awayteam.requests.models import Asker, Request
from awayteam.requests.stepping import check, enter, hold, subject_of, words_of


def merge(
    request: Request | int, *, actor: Actor, now: datetime, into: Request | int, words: str, version: int | None = None
) -> Request:
    """Merge a request into an equal one: those who ask in it ask in that one now, with their values and grounds.

    Both must be open and of one home team. A team that asks in both keeps both figures, side by side. Returns the
    request that goes on. Raises `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    words = words_of(words)
    with transaction.atomic():
        first, second = sorted((_pk(request), _pk(into)))
        locked = {pk: hold(pk, actor=actor, now=now) for pk in (first, second)}  # always in one order: no deadlock
        source, target = locked[_pk(request)], locked[_pk(into)]
        if source is target:
            raise InvalidInput("A request can't be merged into itself.", "Name another one.", {"into": "the same one"})
        if version is not None and source.request.version != version:
            raise Conflict(f"#{source.request.pk} has changed since you looked at it.", "Look at it again.")
        check(source, Verb.MERGE)
        still_open(target)
        if source.request.home_team_id != target.request.home_team_id:
            what = "They ask different teams."
            raise InvalidInput(what, "Move one of them first.", {"into": what})
        moved = list(Asker.objects.filter(request=source.request, left_at__isnull=True))
        Asker.objects.filter(pk__in=[row.pk for row in moved]).update(request=target.request, came_from=source.request)
        source.request.value_per_week, source.request.askers_count = source.request.value_per_week * 0, 0
        source.request.merged_into = target.request
        into_data = {"into": target.request.pk, "askers": len(moved)}
        text = f"#{source.request.pk} was merged into #{target.request.pk} {target.request.title}."
        enter(source, Verb.MERGE, State.MERGED, words=words, data=into_data, text=text)
        Request.objects.filter(merged_into=source.request).update(merged_into=target.request, version=F("version") + 1)
        for person in {row.person_id for row in moved}:
            follow_by_taking_part(person=person, now=now, subject=subject_of(target.request))
        changes = {"merged": (None, source.request.pk)}
        note(target, EventName.REQUEST_JOINED, words, changes, text)
    return target.request


def _pk(request: Request | int) -> int:
    return request if isinstance(request, int) else request.pk

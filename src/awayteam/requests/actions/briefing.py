"""Opening an escalation: the brief is made and frozen with its hash, so that everybody decides on the same page."""

import hashlib

import orjson

from awayteam.requests.brief import Effort, brief
from awayteam.requests.models import Escalation
from awayteam.requests.stepping import Held


def open_escalation(held: Held, words: str, effort: Effort | None = None) -> Escalation:
    """Record the escalation of a request that has just entered that state. In the caller's transaction."""
    request = held.request
    made = brief(request, now=held.now, effort=effort)
    text = orjson.dumps(made, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return Escalation.objects.create(
        request=request,
        unit_id=request.level_id,
        manager_id=request.turn_person_id,
        opened_at=held.now,
        opened_by_id=held.actor.person_id,
        why=words,
        brief=orjson.loads(text),
        brief_sha256=hashlib.sha256(text).hexdigest(),
    )

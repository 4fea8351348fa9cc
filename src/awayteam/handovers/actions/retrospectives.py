"""What people learned: five answers of whoever took part, which the others read once both sides answered."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.handovers.models import Retrospective
from awayteam.handovers.permissions import Standing
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.events import EventName
from awayteam.stories.stepping import hold

ASKED = (State.PRODUCTION, State.WARRANTY, State.CLOSED, State.WITHDRAWN, State.EXPIRED)
"""States in which one looks back."""
LONGEST_ANSWER = 5_000


def look_back(engagement: Engagement | int, *, actor: Actor, now: datetime, answers: Sequence[str]) -> Retrospective:
    """Answer the rulebook's five questions, or answer them anew; one may be left empty, not all."""
    with transaction.atomic():
        held = hold(ENGAGEMENT, engagement, actor=actor, now=now)
        side = Standing(actor, held.row, now).side
        if not actor.may_write or actor.person_id is None or side is None:
            raise NotAllowed("Only people of the two sides look back on a visit.")
        if State(held.row.state) not in ASKED or held.row.began_at is None:
            raise Conflict("The visit isn't over.", "Look back when the handover is done.")
        kept = _checked(answers)
        made, _new = Retrospective.objects.update_or_create(
            engagement=held.row, person_id=actor.person_id,
            defaults={"answers": kept, "changed_at": now},
            create_defaults={"answers": kept, "changed_at": now, "answered_at": now, "side": side.value},
        )  # fmt: skip
        events.append(
            EventName.RETROSPECTIVE_ANSWERED, subject=held.subject, actor=actor, now=now, data={"side": side.value}
        )
        return made


def _checked(answers: Sequence[str]) -> list[dict[str, str]]:
    questions = rulebook.current().handovers.questions
    said = [answer.strip() for answer in answers]
    if len(said) != len(questions):
        raise InvalidInput(
            f"There are {len(questions)} questions.", "Answer each, or leave it empty.", {"answers": "too few or many"}
        )
    if not any(said):
        raise InvalidInput("Nothing is answered.", "One answer is enough.", {"answers": "empty"})
    if any(len(one) > LONGEST_ANSWER or "\0" in one for one in said):
        raise InvalidInput(f"An answer has at most {LONGEST_ANSWER:,} characters.", "", {"answers": "too long"})
    return [{"question": question, "answer": answer} for question, answer in zip(questions, said, strict=True)]

"""The document: written step by step, delivered once, and its conditions met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.events import EventName
from awayteam.reviews.actions import checking
from awayteam.reviews.machine import State, Verb
from awayteam.reviews.models import Condition, Opinion, Recommendation, Review
from awayteam.reviews.permissions import can_meet
from awayteam.reviews.plots import REVIEW
from awayteam.stories.stepping import check, enter, hold, touch, words_of

MOST_CONDITIONS = 30


@dataclass(frozen=True, slots=True)
class Said:
    """What a bar raiser writes: `answers` by question, `evidence` as links, `conditions` as sentences."""

    recommendation: str
    summary: str
    answers: Mapping[str, str] = field(default_factory=dict)
    evidence: Sequence[Mapping[str, str]] = ()
    conditions: Sequence[str] = ()


def _plain(said: Said) -> dict[str, Any]:
    return {
        "recommendation": said.recommendation, "summary": said.summary, "answers": dict(said.answers),
        "evidence": checking.plain_links(said.evidence), "conditions": [one for one in said.conditions if one.strip()],
    }  # fmt: skip


def save_draft(
    review: Review | int, said: Said, *, actor: Actor, now: datetime, version: int | None = None
) -> Review:  # fmt: skip
    """Keep what is written so far; only the bar raiser sees it. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    long = {name: (text, checking.MAX_TEXT) for name, text in said.answers.items() if text.strip()}
    with transaction.atomic():
        held = hold(REVIEW, review, actor=actor, now=now, version=version)
        check(held, Verb.DELIVER)
        wrong = checking.texts(**long, **({"summary": (said.summary, checking.MAX_TEXT)} if said.summary else {}))
        checking.refuse(wrong | checking.links("evidence", said.evidence))
        held.row.draft = _plain(said)
        touch(held)
        events.append(EventName.REVIEW_DRAFTED, subject=held.subject, actor=actor, now=now)
    return held.row


def deliver(
    review: Review | int, said: Said, *, actor: Actor, now: datetime, version: int | None = None
) -> Review:  # fmt: skip
    """Hand in the answers and the recommendation; from then on they never change, and the decider has the turn.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput` (a question without answer, conditions that don't fit).
    """
    with transaction.atomic():
        held = hold(REVIEW, review, actor=actor, now=now, version=version)
        check(held, Verb.DELIVER)
        row, asked = held.row, checking.questions(held.row.field)
        conditions = [one.strip() for one in said.conditions if one.strip()]
        checking.refuse(_wrong(said, asked, conditions))
        assert row.bar_raiser is not None
        Opinion.objects.create(
            review=row, person=row.bar_raiser, label=str(row.bar_raiser)[:200], recommendation=said.recommendation,
            summary=said.summary.strip(), evidence=checking.plain_links(said.evidence), at=now,
            answers=[{"question": one, "answer": said.answers[one].strip()} for one in asked],
        )  # fmt: skip
        Condition.objects.bulk_create(
            [Condition(review=row, number=number, text=text) for number, text in enumerate(conditions, 1)]
        )
        row.draft = {}
        data = {"recommendation": said.recommendation, "conditions": len(conditions)}
        text = f"{row.bar_raiser} reviewed {row.title}: {words_for(said.recommendation)}."
        enter(
            held, Verb.DELIVER, State.DELIVERED, words=said.summary.strip(), data=data, text=text,
            persons=[row.requester_id] if row.requester_id else [], urgent=said.recommendation == "against",
        )  # fmt: skip
    return row


def words_for(recommendation: str) -> str:
    """A recommendation in words."""
    return {"for": "in favour", "with-conditions": "in favour under conditions", "against": "against it"}[
        recommendation
    ]


def _wrong(said: Said, asked: Sequence[str], conditions: Sequence[str]) -> dict[str, str]:
    wrong = checking.texts(summary=(said.summary, checking.MAX_TEXT)) | checking.links("evidence", said.evidence)
    for number, question in enumerate(asked, 1):
        problem = checking.texts(answer=(said.answers.get(question, ""), checking.MAX_TEXT))
        if problem:
            wrong[f"answer_{number}"] = f"{problem['answer']} ({question[:80]})"
    if said.recommendation not in Recommendation.values:
        wrong["recommendation"] = f"must be one of {', '.join(Recommendation.values)}"
    elif (said.recommendation == Recommendation.CONDITIONS) != bool(conditions):
        named = "go with the recommendation with-conditions" if conditions else "are missing: name at least one"
        wrong["conditions"] = named
    if len(conditions) > MOST_CONDITIONS or any(len(one) > 2000 for one in conditions):
        wrong["conditions"] = f"are at most {MOST_CONDITIONS}, of 2,000 characters each"
    return wrong


def meet(
    review: Review | int, number: int, *, evidence: str, actor: Actor, now: datetime, version: int | None = None
) -> Condition:  # fmt: skip
    """Say that condition `number` is met, with the evidence. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    evidence = words_of(evidence, what="evidence")
    with transaction.atomic():
        held = hold(REVIEW, review, actor=actor, now=now, version=version)
        can_meet(actor, held.row).require()
        one = Condition.objects.select_for_update().filter(review=held.row, number=number).first()
        if one is None:
            raise NotFound(f"The review has no condition {number}.", "Look at its page.")
        if one.met_at is not None:
            raise Conflict(f"Condition {number} is met already.", "Look at its page.")
        one.met_at, one.met_by_id, one.evidence = now, actor.person_id, evidence
        one.save()
        touch(held)
        events.append(
            EventName.REVIEW_CONDITION_MET, subject=held.subject, actor=actor, now=now, reason=evidence,
            data={"condition": number},
        )  # fmt: skip
    return one

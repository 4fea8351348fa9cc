"""Judging a change that the gate was told of: the verdict, written down where it came out differently."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from awayteam.engagements.models import Engagement
from awayteam.gate import hooks, plain, summary, veiling
from awayteam.gate.actions.changes import hold, subject_of
from awayteam.gate.homes import home_of
from awayteam.gate.judged import Judged
from awayteam.gate.models import Change, Judgement, Stand
from awayteam.gate.question import Question, of_row
from awayteam.gate.verdict import Verdict
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.events import EventName

ASKED_MOST = 60
"""People whose word is lacking that a list may ask for."""


def judge(*, change: Change, now: datetime, cause: str = "told", actor: Actor = SYSTEM) -> Judged:
    """The verdict about a change as it is now. A row is written where it differs from the last one, or the head does;
    then the event is appended and `hooks` hear of it, all in one transaction.

    What was merged or closed is judged at its last head, once.
    """
    with transaction.atomic():
        row = hold(change)
        last = Judgement.objects.filter(change=row).order_by("-pk").first()
        if row.state != Stand.OPEN and last is not None and last.head == row.head:
            return _as_it_was(row, last)
        question = of_row(row, now)
        return write(row, question, question.answer(now), last, now=now, cause=cause, actor=actor)


def write(
    row: Change, question: Question, verdict: Verdict, last: Judgement | None, *, now: datetime, cause: str,
    actor: Actor,
) -> Judged:  # fmt: skip
    """Write a verdict about a row that is locked."""
    data = plain.as_json(verdict)
    digest = digest_of(data)
    is_new = last is None or (last.head, last.digest) != (verdict.head, digest)
    public = public_of(verdict)
    again = _again(row, question, verdict, now)
    _note(row, question, verdict, public, again, now, is_new)
    if last is not None and not is_new:
        return Judged(row, verdict, public, last, False, again)
    made = Judgement.objects.create(
        change=row, head=row.head, outcome=verdict.outcome.value, digest=digest, rulebook=verdict.rulebook,
        cause=cause[:40], at=now, verdict=orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode(),
    )  # fmt: skip
    told = {"outcome": made.outcome, "head": made.head, "cause": made.cause, "judgement": made.pk}
    changes = {"outcome": (last.outcome if last is not None else "", made.outcome)}
    events.append(EventName.CHANGE_JUDGED, subject=subject_of(row), actor=actor, now=now, changes=changes, data=told)
    judged = Judged(row, verdict, public, made, True, again)
    hooks.tell(judged)
    return judged


def verdict_of(judgement: Judgement) -> Verdict:
    """The verdict that a row holds."""
    return plain.from_json(orjson.loads(judgement.verdict))


def digest_of(data: Mapping[str, Any]) -> str:
    """Equal for verdicts that say the same, whenever and under whichever version of the rulebook."""
    same = {key: value for key, value in data.items() if key not in ("at", "rulebook")}
    return hashlib.sha256(orjson.dumps(same, option=orjson.OPT_SORT_KEYS)).hexdigest()


def public_of(verdict: Verdict) -> Verdict:
    """The verdict as everybody may read it: engagements about something restricted aren't named."""
    named = veiling.numbers(verdict)
    if not named:
        return verdict
    rows = Engagement.objects.filter(pk__in=named, service__restricted=True).order_by()
    titles = dict(rows.values_list("pk", "title"))
    return veiling.veiled(verdict, titles.keys(), titles)


def _as_it_was(row: Change, last: Judgement) -> Judged:
    if row.judge_at is not None:
        row.judge_at = None
        row.save(update_fields=["judge_at"])
    verdict = verdict_of(last)
    return Judged(row, verdict, public_of(verdict), last, False)


def _again(row: Change, question: Question, verdict: Verdict, now: datetime) -> datetime | None:
    """When something that the verdict follows from is over by itself."""
    if row.state != Stand.OPEN:
        return None
    moments = (question.facts.next_at, verdict.until, *(one.until for one in verdict.needs))
    return min((one for one in moments if one is not None and one > now), default=None)


def _note(
    row: Change, question: Question, verdict: Verdict, public: Verdict, again: datetime | None, now: datetime,
    is_new: bool,
) -> None:  # fmt: skip
    """What lists show of the last verdict, beside the change."""
    row.judged_at, row.judge_at = now, again
    names = ["judged_at", "judge_at"]
    if is_new:
        organisation = question.facts.organisation
        columns = {
            "outcome": verdict.outcome.value,
            "home_team_id": home_of(question, verdict),
            **summary.columns(public, names=organisation.label),
        }
        for name, value in columns.items():
            setattr(row, name, value)
        names += columns
        row.engagements.set(veiling.granting(verdict))
        asked = dict.fromkeys(one for need in verdict.needs for one in need.people)
        numbers = [number for one in asked if (number := organisation.number(one)) is not None]
        _ask(row, numbers[:ASKED_MOST])
    row.save(update_fields=names)


def _ask(row: Change, people: list[int]) -> None:
    """Keep whose word is lacking, in the order in which they are asked (a relation's `set` keeps none)."""
    through = Change.asked.through
    rows = through.objects.filter(change=row)
    if list(rows.order_by("pk").values_list("person_id", flat=True)) != people:
        rows.delete()
        through.objects.bulk_create(through(change_id=row.pk, person_id=one) for one in people)

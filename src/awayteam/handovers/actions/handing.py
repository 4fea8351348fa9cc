"""The life of a handover: begin, submit, accept, refuse, take back; what its clock does, and the engagement's steps.

The engagement is locked before its handover, always: whoever acts on either waits for the other and never both.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from awayteam.engagements import actions as engagements
from awayteam.engagements import turns
from awayteam.engagements.actions.moving import open_access
from awayteam.engagements.machine import State as EngagementState
from awayteam.engagements.models import Engagement, Standard
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.handovers import fallback, rules
from awayteam.handovers.machine import OPEN, Party, State, Verb
from awayteam.handovers.models import ChecklistLine, Handover, Refusal
from awayteam.handovers.permissions import Standing
from awayteam.handovers.plots import HANDOVER
from awayteam.kernel import clocks, rulebook
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.stories.plot import Held
from awayteam.stories.stepping import begin as begin_story
from awayteam.stories.stepping import check, enter, hold, touch, words_of

E = EngagementState
LONGEST_SECTION = 300


@dataclass(frozen=True, slots=True)
class Citation:
    """What a refusal rests on: a frozen standard (its id, and where in it), a line (its number), or both."""

    standard: int | None = None
    section: str = ""
    line: int | None = None


def held(handover: Handover | int, *, actor: Actor, now: datetime, version: int | None = None) -> Held[Handover]:
    """The handover, locked after its engagement. Raises `NotFound`, `Conflict`."""
    pk = handover if isinstance(handover, int) else handover.pk
    engagement = Handover.objects.filter(pk=pk).values_list("engagement_id", flat=True).first()
    if engagement is None:
        raise NotFound(f"There is no handover {pk}.", "Look at the engagement.")
    hold(ENGAGEMENT, engagement, actor=SYSTEM, now=now)
    return hold(HANDOVER, pk, actor=actor, now=now, version=version)


def begin(
    engagement: Engagement | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Handover:
    """Begin to hand over what the visit built: the engagement is handing over, a checklist waits to be filled in."""
    with transaction.atomic():
        visit = hold(ENGAGEMENT, engagement, actor=actor, now=now, version=version)
        row = visit.row
        if row.handovers.filter(state__in=[state.value for state in OPEN]).exists():
            raise Conflict("A handover of this engagement is under way.", "Go on with that one.")
        Standing(actor, row, now).of(Party.AWAY).require()
        if row.state == E.ACTIVE:
            engagements.hand_over(row, actor=actor, now=now, words=words)
            row = hold(ENGAGEMENT, row.pk, actor=actor, now=now).row
        if row.state != E.HANDING_OVER:
            said = row.state.replace("-", " ")
            raise Conflict(
                f"The engagement is {said}; only work that is under way is handed over.", "Look at it again."
            )
        return _new(row, actor, now, words)


def _new(engagement: Engagement, actor: Actor, now: datetime, words: str) -> Handover:
    last = engagement.handovers.aggregate(last=Max("number"))["last"] or 0
    handover = Handover(
        engagement=engagement, number=last + 1, state=State.PREPARING.value, begun_by_id=actor.person_id
    )
    begin_story(HANDOVER, handover, Verb.BEGIN, actor=actor, now=now, party=Party.AWAY, words=words)
    lines = rules.checklist(list(engagement.done_means), rulebook.current().handovers.checklist)
    ChecklistLine.objects.bulk_create(
        ChecklistLine(handover=handover, number=number, origin=origin, key=key, text=text)
        for number, (origin, key, text) in enumerate(lines, start=1)
    )
    return handover


def submit(
    handover: Handover | int, *, actor: Actor, now: datetime, summary: str, version: int | None = None
) -> Handover:
    """Give it to the home team: each line is done or waived. The time that they have is added to the engagement's."""
    with transaction.atomic():
        one = held(handover, actor=actor, now=now, version=version)
        check(one, Verb.SUBMIT)
        one.row.summary = words_of(summary, what="summary")
        one.row.submitted_at = now
        enter(one, Verb.SUBMIT, State.SUBMITTED)
        book = rulebook.current().handovers
        _give_time(one, book.decide_minutes + fallback.minutes())
        return one.row


def _give_time(one: Held[Handover], minutes: int) -> None:
    """What the home side takes to answer isn't the away team's time: their clock goes on later."""
    visit = hold(ENGAGEMENT, one.row.engagement_id, actor=SYSTEM, now=one.now)
    row = visit.row
    if row.clock is None:
        return
    with suppress(Conflict):
        row.clock = clocks.extend(row.clock, minutes, actor=SYSTEM, now=one.now, reason="The home side has the turn.")
        row.due_at = row.clock.due_at
        touch(visit)
        open_access(visit)


def accept(
    handover: Handover | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Handover:
    """Take what was built, for the home team or as the fall-back reviewer. Who owns it doesn't change: they did."""
    with transaction.atomic():
        one = held(handover, actor=actor, now=now, version=version)
        check(one, Verb.ACCEPT)
        enter(one, Verb.ACCEPT, State.ACCEPTED, words=words.strip())
        _accepted(one, actor)
        return one.row


def _accepted(one: Held[Handover], actor: Actor) -> None:
    """The engagement goes on as accepted; a reviewer who may not see it acts through the software."""
    pk = one.row.engagement_id
    seen = ENGAGEMENT.visible(actor, Engagement.objects.filter(pk=pk), one.now).exists()
    words = f"{HANDOVER.label(one.row)} was accepted."
    engagements.accept(pk, actor=actor if seen else SYSTEM, now=one.now, words=words)
    one.row.engagement.refresh_from_db()


def refuse(
    handover: Handover | int, *, actor: Actor, now: datetime, citation: Citation, words: str, version: int | None = None
) -> Handover:
    """Send it back, citing a frozen standard or a line that isn't met; the away team has a whole clock again."""
    with transaction.atomic():
        one = held(handover, actor=actor, now=now, version=version)
        check(one, Verb.REFUSE)
        said = words_of(words)
        refusal = _refusal(one, citation, said)
        refusal.save(force_insert=True)
        if refusal.line is not None:
            ChecklistLine.objects.filter(pk=refusal.line.pk, waived_at__isnull=True).update(done_at=None, done_by=None)
        cited = {"standard": refusal.standard_id, "line": refusal.line.number if refusal.line else None}
        one.row.reviewer, one.row.reviewer_because = None, []
        enter(one, Verb.REFUSE, State.PREPARING, words=said, data=cited)
        _give_days(one)
        return one.row


def _give_days(one: Held[Handover]) -> None:
    """What the home side took to refuse isn't the away team's time: the time-box grows by those working days."""
    row, engagement = one.row, one.row.engagement
    assert row.submitted_at is not None  # only what was submitted is refused
    team = engagement.away_team
    days = turns.working_days(team, turns.today(team, row.submitted_at), turns.today(team, one.now))
    days = min(days, rulebook.current().engagements.extension_days_max)
    if days:
        engagements.extend_for_silence(
            engagement.pk, days=days, why=f"{HANDOVER.label(row)} waited that long for an answer.",
            subject=one.subject, actor=SYSTEM, now=one.now,
        )  # fmt: skip


def _refusal(one: Held[Handover], citation: Citation, words: str) -> Refusal:
    row = one.row
    if citation.standard is None and citation.line is None:
        what = "A refusal cites a frozen standard, or a line of the checklist."
        raise InvalidInput(what, "Say which; anything else is advice, and belongs into the discussion.", {"cite": what})
    standard = line = None
    if citation.standard is not None:
        standard = Standard.objects.filter(engagement=row.engagement_id, pk=citation.standard).first()
        if standard is None:
            what = "This engagement has no such frozen standard."
            raise InvalidInput(what, "Choose one that was frozen when the contract was signed.", {"standard": what})
    if citation.line is not None:
        line = row.lines.filter(number=citation.line).first()
        if line is None:
            raise InvalidInput("There is no such line.", "Give the number of a line.", {"line": "unknown"})
        if line.waived_at is not None:
            what = "The home side waived this line; it can't be asked for any more."
            raise InvalidInput(what, "Cite another one.", {"line": what})
    return Refusal(
        handover=row, standard=standard, section=citation.section.strip()[:LONGEST_SECTION], line=line, words=words,
        person_id=one.actor.person_id, label=one.actor.label[:200], at=one.now,
    )  # fmt: skip


def take_back(
    handover: Handover | int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> Handover:
    """Take it back and work on, for the away team. Raises `Conflict` where the time-box is over."""
    with transaction.atomic():
        one = held(handover, actor=actor, now=now, version=version)
        check(one, Verb.TAKE_BACK)
        enter(one, Verb.TAKE_BACK, State.TAKEN_BACK, words=words_of(words))
        engagements.work_on(one.row.engagement_id, actor=actor, now=now, words=words)
        return one.row


def expire(one: Held[Handover]) -> None:
    """The clock of a handover ran out: see the machine."""
    if one.row.state == State.PREPARING:
        enter(one, Verb.EXPIRE, State.TAKEN_BACK)
        with suppress(Conflict), transaction.atomic():  # where the time-box is over the engagement's own clock ends it
            engagements.work_on(
                one.row.engagement_id, actor=SYSTEM, now=one.now, words="It wasn't submitted in time.", awayteam=True
            )
    elif one.row.state == State.SUBMITTED:
        drawn = fallback.draw(one.row.engagement, one.now)
        one.row.reviewer_id, one.row.reviewer_because = drawn.person, list(drawn.reasons)
        enter(one, Verb.EXPIRE, State.LOOKING_OVER, data={"reviewer": drawn.person})
    else:
        one.row.silent = True
        enter(one, Verb.EXPIRE, State.ACCEPTED, reason_code="silence")
        _accepted(one, SYSTEM)

"""The demonstration's engagements: in every state, by the real actions at the times at which people acted."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from awayteam.demo.requests import Stage
from awayteam.demo.visits import DONE, STANDARDS, VISITS, Visit
from awayteam.engagements import actions, people
from awayteam.engagements.actions import ScopeLine
from awayteam.engagements.machine import ContractState
from awayteam.engagements.models import Contract, Engagement, Side
from awayteam.engagements.permissions import Standing
from awayteam.handovers.actions import handing, production
from awayteam.handovers.models import Evidence, Handover
from awayteam.handovers.rules import BY_ITSELF
from awayteam.kernel import clocks
from awayteam.kernel.actor import Actor
from awayteam.kernel.models import Clock, ClockState
from awayteam.organisation.models import Membership, Person
from awayteam.organisation.queries import dated
from awayteam.requests.machine import State as RequestState
from awayteam.requests.models import Request

LENGTHENED = timedelta(days=7)


def fill(*, now: datetime) -> int:
    """Play every visit, one after the other; returns how many there are."""
    stage = Stage.of(now)
    told = [visit for visit in VISITS if {visit.home, visit.away} <= stage.teams.keys()]
    with transaction.atomic():  # one write to the disk instead of hundreds
        for visit in told:
            _play(stage, visit)
    return len(told)


def _play(stage: Stage, visit: Visit) -> None:
    row = _open(stage, visit)
    for verb, days, words in visit.course:
        at = stage.ago(days)
        if verb == "expire":
            _run_out(row.pk)
        else:
            ACTS[verb](stage, Engagement.objects.get(pk=row.pk), at, words)
    if visit.place is not None:
        title, skills, hours = visit.place
        lead = _side(stage, row.pk, Side.AWAY, stage.ago(1))
        actions.offer_place(row.pk, actor=lead, now=stage.ago(1), title=title, hours=hours, skills=skills.split(", "))


def _side(stage: Stage, pk: int, side: Side, at: datetime) -> Actor:
    """Who signs and decides for a side."""
    row = Engagement.objects.select_related("home_team", "away_team").get(pk=pk)
    named = row.home_decider_id if side is Side.HOME else row.away_lead_id
    if named in stage.actors:
        return stage.actors[named]
    found = Standing(stage.actors[min(stage.actors)], row, at).chosen(side)
    return next(stage.actors[one] for one in found.persons if one in stage.actors)


def _open(stage: Stage, visit: Visit) -> Engagement:
    """A draft that lacks nothing, but for those that were left as they are."""
    at, today = stage.ago(visit.opened), stage.now.date()
    asker = stage.asker(visit.away)
    home, away = stage.teams[visit.home], stage.teams[visit.away]
    row = actions.open_engagement(
        actor=asker, now=at, home_team=home, away_team=away, request=_request(visit), title=visit.title,
        goal=visit.goal, service=stage.entities.get(visit.service), review_mode=visit.mode, pledged_hours=visit.hours,
        starts_on=today + timedelta(days=visit.begins), ends_on=today + timedelta(days=visit.ends),
        pager_on=None if visit.pager is None else today + timedelta(days=visit.pager),
        done_means=[line.format(home=home) for line in DONE], working_days=visit.members * 15,
    )  # fmt: skip
    paths = visit.paths or (f"/{visit.service}/",)
    if not row.scopes.exists():
        scope = [ScopeLine(visit.service, path, "the service's folder") for path in paths]
        actions.set_scope(row.pk, actor=asker, now=at, lines=scope)
    if not visit.course:
        return row
    for title, text in STANDARDS.items():
        actions.add_standard(row.pk, actor=asker, now=at, title=title.format(home=home), text=text.format(home=home))
    for kind, words in visit.red:
        actions.add_baseline_item(row.pk, actor=asker, now=at, kind=kind, key=words)
    _people(stage, visit, row, at)
    return row


def _request(visit: Visit) -> Request | None:
    """The request that it serves, where an away team works on it."""
    if not visit.wish:
        return None
    return Request.objects.filter(title=visit.wish, state=RequestState.AWAY.value).first()


def _people(stage: Stage, visit: Visit, row: Engagement, at: datetime) -> None:
    """Members of the away team, each with their manager's word."""
    here = Membership.objects.filter(dated(at), team=row.away_team).order_by("pk").values_list("person_id", flat=True)
    barred = {row.home_decider_id, row.home_contact_id, row.home_deputy_id}
    wanted = [pk for pk in dict.fromkeys(here) if pk in stage.actors and pk not in barred][-visit.members :]
    lead = _side(stage, row.pk, Side.AWAY, at)
    for number, pk in enumerate(wanted):
        person = stage.people[pk]
        joined = actions.add_member(row.pk, actor=lead, now=at, person=person, share=(60, 40, 30)[number % 3])
        manager = next((one for one in people.managers_of(person, at) if one in stage.actors), None)
        if manager is not None and joined.member.agreed_at is None:
            actions.agree_to_member(joined.member, actor=stage.actors[manager], now=at + timedelta(hours=3))


def _propose(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    actions.propose(row.pk, actor=_side(stage, row.pk, Side.AWAY, at), now=at, words=words)


def _waiting(row: Engagement) -> Contract:
    return Contract.objects.get(engagement=row, state=ContractState.SIGNING.value)


def _sign(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    home, sha256 = _side(stage, row.pk, Side.HOME, at), _waiting(row).sha256
    actions.sign(row.pk, actor=home, now=at, sha256=sha256, words=words)


def _amend(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    assert row.ends_on is not None  # every contract names it
    lead = _side(stage, row.pk, Side.AWAY, at)
    actions.amend(row.pk, actor=lead, now=at, why=words, ends_on=row.ends_on + LENGTHENED)


def _sign_amendment(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    home, waiting = _side(stage, row.pk, Side.HOME, at), _waiting(row)
    actions.sign_amendment(waiting, actor=home, now=at, sha256=waiting.sha256, words=words)


def _pause(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    until = (stage.now + timedelta(days=3)).date()
    actions.pause(row.pk, actor=_side(stage, row.pk, Side.AWAY, at), now=at, until=until, words=words)


def _hand_over(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    """Begin the handover, and show what is done line by line."""
    lead = _side(stage, row.pk, Side.AWAY, at)
    handover = handing.begin(row.pk, actor=lead, now=at, words=words)
    decider = _side(stage, row.pk, Side.HOME, at)
    _show(handover, lead, stage.people[decider.person_id or 0], at)


def _show(handover: Handover, lead: Actor, decider: Person, at: datetime) -> None:
    """Every line done with what shows it, at once."""
    rows, shown = handover.lines.exclude(key=BY_ITSELF), []
    for line in rows:
        given: dict[str, Any] = {"kind": Evidence.Kind.LINK, "url": f"https://pipelines.example/{line.pk}"}
        if line.key == "walkthrough":
            given = {"kind": Evidence.Kind.WALKTHROUGH, "on": at.date(), "attended_by": decider}
        shown.append(Evidence(line=line, added_by_id=lead.person_id, label=lead.label, added_at=at, **given))
    Evidence.objects.bulk_create(shown)
    rows.update(done_at=at, done_by_id=lead.person_id)


def _accept(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    """Submit what is ticked, and have it accepted a day later."""
    handover = Handover.objects.filter(engagement=row).latest("pk")
    before = at - timedelta(hours=20)
    lead = _side(stage, row.pk, Side.AWAY, before)
    handing.submit(handover.pk, actor=lead, now=before, summary="Everything on the list is done and shown.")
    handing.accept(handover.pk, actor=_side(stage, row.pk, Side.HOME, at), now=at, words=words)


def _deploy(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    lead = _side(stage, row.pk, Side.AWAY, at)
    production.deploy(row.pk, actor=lead, now=at, reference=f"release {at:%Y.%m.%d}", words=words)


def _decline(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    actions.decline(row.pk, actor=_side(stage, row.pk, Side.HOME, at), now=at, reason="no-time", words=words)


def _withdraw(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    lead = _side(stage, row.pk, Side.AWAY, at)
    actions.withdraw(row.pk, actor=lead, now=at, reason="not-needed-any-more", words=words)


def _close(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    actions.close(row.pk, actor=_side(stage, row.pk, Side.HOME, at), now=at, words=words)


def _start(stage: Stage, row: Engagement, at: datetime, words: str) -> None:
    if row.began_at is not None:
        return
    if row.due_at is not None and row.due_at <= at:  # the first day had come, and work began by itself
        _run_out(row.pk)
    else:
        actions.start(row.pk, actor=_side(stage, row.pk, Side.AWAY, at), now=at, words=words)


def _run_out(pk: int) -> None:
    """Let the clock of one engagement end when it did, without the clocks of others."""
    row = Engagement.objects.select_related("clock").get(pk=pk)
    clock = row.clock
    assert clock is not None  # it is open
    assert clock.due_at <= datetime.now(clock.due_at.tzinfo)  # its visit says so
    clocks.handlers[clock.kind].expire(clock, clock.due_at)
    Clock.objects.filter(pk=clock.pk).update(
        state=ClockState.EXPIRED, next_at=None, reminders=[], ended_at=clock.due_at, lease_until=None
    )


ACTS: dict[str, Callable[[Stage, Engagement, datetime, str], Any]] = {
    "accept": _accept,
    "amend": _amend,
    "close": _close,
    "decline": _decline,
    "deploy": _deploy,
    "hand-over": _hand_over,
    "pause": _pause,
    "propose": _propose,
    "sign": _sign,
    "sign-amendment": _sign_amendment,
    "start": _start,
    "withdraw": _withdraw,
}

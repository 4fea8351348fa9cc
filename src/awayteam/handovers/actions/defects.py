"""Defects of what a visit built: reported, routed by the rules, disputed, ruled, taken, repaired, dismissed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.catalog.models import Entity
from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement, Side
from awayteam.engagements.permissions import visible
from awayteam.handovers import seeing
from awayteam.handovers.machine import DefectParty, DefectState, DefectVerb
from awayteam.handovers.models import Defect, Severity
from awayteam.handovers.permissions import can_report
from awayteam.handovers.plots import DEFECT
from awayteam.handovers.rules import Verdict, route
from awayteam.handovers.seeing import Seen, Spot
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.requests.routing.match.route import route as services_for
from awayteam.stories.plot import Held
from awayteam.stories.stepping import begin, check, enter, hold, words_of

D, W = DefectState, DefectVerb
BEGUN = (State.ACTIVE, State.PAUSED, State.HANDING_OVER, State.PRODUCTION, State.WARRANTY, State.CLOSED, State.EXPIRED)
"""States of an engagement that may have changed something."""
LONGEST_TITLE, LONGEST_WORDS, LONGEST_PASTED, LONGEST_LINE = 200, 20_000, 200_000, 10_000_000
MOST_LOOKED_AT = 10
TARGET = {Side.AWAY.value: D.AWAY, Side.HOME.value: D.HOME}

NOWHERE = Spot()


@dataclass(frozen=True, slots=True)
class Found:
    """A defect as somebody tells it. `found_at` is when it showed (now); `pasted` a stack trace or a log, which names
    path and line where nobody did."""

    title: str
    words: str = ""
    spot: Spot = NOWHERE
    pasted: str = ""
    severity: str = Severity.MEDIUM.value
    found_at: datetime | None = None


def report(
    *, actor: Actor, now: datetime, found: Found, engagement: Engagement | int | None = None,
    service: Entity | None = None,
) -> Defect:  # fmt: skip
    """Report a defect of an engagement, or of a service: then of the visit to which the evidence leads. Where neither
    is named, what was pasted says which services it may be.

    Raises `NotFound` where no visit ever changed that service.
    """
    can_report(actor).require()
    told = _checked(found, now)
    pk = engagement.pk if isinstance(engagement, Engagement) else engagement
    visits = _visits(actor, pk, _services(actor, pk, service, told, now), now)
    with transaction.atomic():
        row, seen, verdict = _best(visits, told, now)
        made = _made(row, told, seen, verdict, actor, now)
        text = f"{told.title}: it is the {verdict.side} team's. {verdict.reasons[0].text}"
        data = {"engagement": row.pk, "side": verdict.side, "rule": verdict.rule.value}
        data["warranty"] = verdict.under_warranty
        begin(DEFECT, made, W.REPORT, actor=actor, now=now, party=DefectParty.REPORTER, text=text, data=data)
        return made


def _made(row: Engagement, told: Found, seen: Seen, verdict: Verdict, actor: Actor, now: datetime) -> Defect:
    """The row of a report, unsaved."""
    return Defect(
        engagement=row, state=TARGET[verdict.side].value, title=told.title, words=told.words,
        repository=seen.spot.repository[:300], path=seen.spot.path[:1000], line=seen.spot.line, pasted=told.pasted,
        found_at=told.found_at or now, severity=told.severity, reported_by_id=actor.person_id,
        label=actor.label[:200], routed=verdict.side, rule=verdict.rule.value, reasons=_kept(verdict),
        under_warranty=verdict.under_warranty, commit=verdict.sha,
    )  # fmt: skip


def _checked(found: Found, now: datetime) -> Found:
    title, words, spot = found.title.strip(), found.words.strip(), found.spot
    wrong = {}
    if not title or len(title) > LONGEST_TITLE or "\0" in title:
        wrong["title"] = f"1 to {LONGEST_TITLE} characters"
    if len(words) > LONGEST_WORDS or "\0" in words:
        wrong["words"] = f"at most {LONGEST_WORDS:,} characters"
    if len(found.pasted) > LONGEST_PASTED:
        wrong["pasted"] = f"at most {LONGEST_PASTED:,} characters"
    if len(spot.path) > 1000 or len(spot.repository) > 300 or "\0" in spot.path + spot.repository:
        wrong["path"] = "too long, or with a NUL character"
    if spot.line is not None and (not spot.path or not 0 < spot.line < LONGEST_LINE):
        wrong["line"] = "a number from 1, with the path of its file"
    if found.severity not in Severity.values:
        wrong["severity"] = f"one of {', '.join(Severity.values)}"
    if found.found_at is not None and found.found_at > now:
        wrong["found_at"] = "still ahead"
    if wrong:
        said = "; ".join(f"{name}: {what}" for name, what in wrong.items())
        raise InvalidInput(f"The defect can't be taken like this ({said}).", "Correct it and send it again.", wrong)
    return replace(found, title=title, words=words, pasted=found.pasted.replace("\0", " "))


def _services(
    actor: Actor, engagement: int | None, service: Entity | None, told: Found, now: datetime
) -> Sequence[Entity]:
    """The service that was named, else those to which a pasted trace or log leads."""
    if service is not None or engagement is not None:
        return [service] if service is not None else []
    found = services_for(actor, told.pasted, now=now).candidates if told.pasted.strip() else ()
    services = [one.entity for one in found if one.entity is not None]
    if not services:
        what = "Name the engagement, or the service; nothing says which it is."
        raise InvalidInput(what, "", {"engagement": "or a service"})
    return services


def _visits(actor: Actor, engagement: int | None, services: Sequence[Entity], now: datetime) -> list[Engagement]:
    """The engagements that may have caused it, the newest first."""
    rows = visible(actor, Engagement.objects.filter(began_at__isnull=False), now)
    rows = rows.filter(pk=engagement) if engagement is not None else rows.filter(service__in=services)
    related = rows.filter(state__in=[one.value for one in BEGUN]).select_related("home_team", "away_team", "service")
    found = list(related.order_by("-began_at", "-pk")[:MOST_LOOKED_AT])
    if not found:
        what = "No visit changed that, so no warranty covers it."
        raise NotFound(what, "Ask the team that owns it with a request.")
    return found


def _best(visits: Sequence[Engagement], found: Found, now: datetime) -> tuple[Engagement, Seen, Verdict]:
    """The visit whose away team it is, the strongest evidence first; else the newest one, of whose home team it is."""
    at = found.found_at or now
    looked = []
    for row in visits:
        seen = seeing.look(row, found.spot, found.pasted, found_at=at)
        looked.append((row, seen, route(seen.facts)))
    order = list(type(looked[0][2].rule))
    theirs = [one for one in looked if one[2].side == Side.AWAY]
    return min(theirs, key=lambda one: order.index(one[2].rule)) if theirs else looked[0]


def _kept(verdict: Verdict) -> list[dict[str, Any]]:
    rows = [asdict(one) for one in verdict.reasons]
    return [{**row, "at": row["at"].isoformat() if row["at"] is not None else None} for row in rows]


def dispute(defect: Defect | int, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Defect:
    """Say that it isn't one's own, once: the manager above both teams decides."""
    with transaction.atomic():
        one = _checked_hold(defect, W.DISPUTE, actor, now, version)
        one.row.disputed_once = True
        enter(one, W.DISPUTE, D.DISPUTED, words=words_of(words), urgent=True)
        return one.row


def rule(
    defect: Defect | int, *, actor: Actor, now: datetime, side: str, words: str, version: int | None = None
) -> Defect:
    """Say as the manager above both whose it is. It can't be disputed again."""
    with transaction.atomic():
        one = _checked_hold(defect, W.RULE, actor, now, version)
        if side not in TARGET:
            raise InvalidInput("Say whose it is.", "away or home.", {"side": "away or home"})
        one.row.disputed_once = True
        enter(one, W.RULE, TARGET[side], words=words_of(words), data={"side": side})
        return one.row


def take(defect: Defect | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None) -> Defect:
    """Repair it all the same, though it is the other team's."""
    with transaction.atomic():
        one = _checked_hold(defect, W.TAKE, actor, now, version)
        target = D.HOME if one.row.state == D.AWAY else D.AWAY
        enter(one, W.TAKE, target, words=words.strip())
        return one.row


def fix(
    defect: Defect | int, *, actor: Actor, now: datetime, commit: str = "", words: str = "", version: int | None = None
) -> Defect:
    """Say that it is repaired: by this commit (its id, or the start of it), or how."""
    with transaction.atomic():
        one = _checked_hold(defect, W.FIX, actor, now, version)
        commit = commit.strip().lower()
        if commit and not (7 <= len(commit) <= 64 and all(c in "0123456789abcdef" for c in commit)):
            raise InvalidInput("That is no commit.", "Give 7 to 64 hexadecimal digits.", {"commit": "no commit"})
        if not commit:
            words = words_of(words)
        one.row.fixed_by = commit
        enter(one, W.FIX, D.FIXED, words=words.strip(), data={"commit": commit} if commit else None)
        return one.row


def dismiss(defect: Defect | int, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Defect:
    """Say that it is no defect, with the reason."""
    with transaction.atomic():
        one = _checked_hold(defect, W.DISMISS, actor, now, version)
        enter(one, W.DISMISS, D.DISMISSED, words=words_of(words))
        return one.row


def _checked_hold(
    defect: Defect | int, verb: DefectVerb, actor: Actor, now: datetime, version: int | None
) -> Held[Defect]:
    one = hold(DEFECT, defect, actor=actor, now=now, version=version)
    check(one, verb)
    return one


def expire(one: Held[Defect]) -> None:
    """The clock of a defect ran out: see the machine."""
    row = one.row
    if row.state == D.AWAY:
        enter(one, W.EXPIRE, D.HOME if _was_ruled(row) else D.DISPUTED)
    elif row.state == D.HOME:
        enter(one, W.EXPIRE, D.LAPSED)
    else:
        enter(one, W.EXPIRE, TARGET[row.routed])


def _was_ruled(row: Defect) -> bool:
    """Whether a manager had it before: then it goes to the home team, who owns it, rather than round and round."""
    return row.steps.filter(source=D.DISPUTED.value).exists()

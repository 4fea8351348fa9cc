# ruff: noqa: E501 - texts read better whole
"""Credit of the demonstration: thanks between both sides of visits, disputes in every state, and what follows from the log."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from awayteam.accounts.actors import actors_of_persons
from awayteam.credit import actions, settling
from awayteam.credit.deriving import derive, rebuild
from awayteam.credit.models import Dispute, Entry
from awayteam.engagements.models import Engagement, Member
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import Subject
from awayteam.organisation.models import Person

TO_HOME = (
    "You answered within the hour, also on the Friday before the freeze.",
    "The walk through the old ledger saved us a week.",
    "You told us what not to touch before we touched it.",
    "Every remark named the rule. We never had to guess.",
)
TO_AWAY = (
    "The tests that you left behind found two faults of our own.",
    "The runbook is better than any that we wrote ourselves.",
    "You cleaned up behind you, and a little of what we had left lying around.",
    "We maintain it since a month and had nothing to ask.",
)


@dataclass(frozen=True)
class Doubt:
    """A dispute about somebody's days in a visit: why, and what the manager said; "" while they think about it."""

    why: str
    verb: str
    answer: str
    ago: int


DOUBTS = (
    Doubt("Two people have the same days, but only one of them wrote code.", "", "", 1),
    Doubt("He was with us for a week only; then the release of his own team took him back.", "withdraw-entry",
          "Right: the list of members was never corrected. The days don't count.", 9),
    Doubt("Half of these days were spent on our own backlog.", "uphold",
          "The calendar and the commits say otherwise; the entry stands.", 6),
)  # fmt: skip


def fill(*, now: datetime) -> int:
    """Thank, derive, and dispute; returns how many entries there are. Visits come before it."""
    visits = list(
        Engagement.objects.filter(accepted_at__isnull=False, service__restricted=False).order_by("accepted_at")
    )
    for number, visit in enumerate(visits):
        _thanks(visit, number, now)
    derive(now)
    _disputes(now)
    return rebuild(actor=SYSTEM, now=now, reason="The demonstration is built.").entries


def _thanks(visit: Engagement, number: int, now: datetime) -> None:
    """One of each side thanks one of the other, some days after the handover; every fourth visit ends without."""
    accepted = visit.accepted_at
    members = list(Member.objects.filter(engagement=visit).order_by("pk").values_list("person_id", flat=True))
    if accepted is None or visit.home_contact_id is None or not members or number % 4 == 3:
        return
    guest = members[number % len(members)]
    at = min(accepted + timedelta(days=1 + number % 5), now - timedelta(hours=2))
    _thank(guest, visit.home_contact_id, visit, TO_HOME[number % len(TO_HOME)], at)
    if number % 2 == 0:
        _thank(visit.home_contact_id, guest, visit, TO_AWAY[number // 2 % len(TO_AWAY)], at + timedelta(hours=1))


def _thank(giver: int, whom: int, visit: Engagement, words: str, at: datetime) -> None:
    actor = actors_of_persons({giver}, at).get(giver)
    if actor is None or giver == whom:
        return
    about = Subject("engagement", visit.pk, visit.title)
    actions.thank(Person.objects.get(pk=whom), about, actor=actor, now=at, words=words)


def _disputes(now: datetime) -> None:
    """Days of the newest visits are disputed by the home side; a manager above settled all but the first."""
    rows = Entry.objects.filter(kind="engagement-completed", at__gte=now - timedelta(days=80)).order_by("-at", "-pk")
    for row, doubt in zip(rows.select_related("team", "person"), DOUBTS, strict=False):
        contact = Engagement.objects.values_list("home_contact_id", flat=True).get(pk=row.subject_id)
        if contact is not None:
            _dispute(row, contact, doubt, now)


def _dispute(row: Entry, contact: int, doubt: Doubt, now: datetime) -> None:
    at = max(now - timedelta(days=doubt.ago), row.at + timedelta(hours=1))
    actor = actors_of_persons({contact}, at).get(contact)
    if actor is None or at > now:
        return
    made = actions.dispute(row, actor=actor, now=at, words=doubt.why)
    if doubt.verb:
        _settle(made, doubt, min(at + timedelta(days=1), now))


def _settle(made: Dispute, doubt: Doubt, at: datetime) -> None:
    persons = settling.chosen(made, at).persons
    managers = actors_of_persons(set(persons[:1]), at)
    if not managers:
        return
    deed = actions.uphold if doubt.verb == "uphold" else actions.withdraw_entry
    deed(made, actor=managers[persons[0]], now=at, words=doubt.answer)

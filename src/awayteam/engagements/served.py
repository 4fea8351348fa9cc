"""What became of the request that an engagement serves, where it ended before the visit did. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from awayteam.engagements.models import Engagement
from awayteam.engagements.rules import request_over
from awayteam.kernel.events import EventName
from awayteam.kernel.models import Event
from awayteam.requests.machine import FINAL, State
from awayteam.requests.models import Request, Step

KIND = "engagement"
ADVICE = "Nothing else changes by itself: go on, or withdraw."
ENDED: dict[State, str] = {
    State.DECLINED: "was declined",
    State.DONE: "was finished",
    State.DROPPED: "was dropped",
    State.DUPLICATED: "was given up for a build of their own",
    State.LAPSED: "lapsed",
    State.MERGED: "was merged into another one",
    State.WITHDRAWN: "was withdrawn",
}
"""What became of it, as the rest of a sentence that begins with the request."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The request that is over: since when, what became of it (`became` goes on after its name), by whom and why.

    `by` and `words` are "" where nobody in particular did it, or where only those who see the request may read them;
    `title` is "" there too.
    """

    request: int
    title: str
    at: datetime
    became: str
    by: str
    words: str

    @property
    def sentence(self) -> str:
        """All of it in plain words."""
        by = f" by {self.by}" if self.by else ""
        words = f": “{self.words}”" if self.words else ""
        return f"The request that it serves, {self.name}, {self.became}{by}{words}."

    @property
    def name(self) -> str:
        """Its number, and its title where everybody may read that."""
        return f"#{self.request} {self.title}".strip()


def named(request: Request) -> str:
    """The request's number, and its title where everybody may read that (with `entity` loaded)."""
    return f"#{request.pk}" if _restricted(request) else f"#{request.pk} {request.title}"


def _restricted(request: Request) -> bool:
    return request.entity is not None and request.entity.restricted


def ended(row: Engagement) -> Ended | None:
    """What the people of an open engagement should know of its request; None while it goes on, and after the visit.

    One statement where it is over, none else (with `request` loaded; `request__entity` spares another one).
    """
    request = row.request
    if request is None or row.closed_at is not None:
        return None
    state = State(request.state)
    if not request_over(state, request.entered_at, opened=row.created_at, accepted=row.accepted_at is not None):
        return None
    last = Step.objects.filter(request=request, target=state.value).order_by("-pk").first()
    hidden = last is None or _restricted(request)
    by = last.label if last is not None and last.person_id is not None and not hidden else ""
    words = " ".join(last.words.split()).rstrip(".") if last is not None and not hidden else ""
    title = "" if _restricted(request) else request.title
    return Ended(request.pk, title, request.entered_at, ENDED[state], by, words)


def outlived(now: datetime) -> "QuerySet[Engagement]":
    """Open engagements whose request is over, and whose sides haven't heard of it; one statement finds them all."""
    told = Event.objects.filter(
        subject_kind=KIND, subject_id=OuterRef("pk"), name=EventName.ENGAGEMENT_REQUEST_ENDED.value,
        at__gte=OuterRef("request__entered_at"),
    )  # fmt: skip
    final = sorted(state.value for state in FINAL - {State.MERGED})
    declined = Q(request__state=State.DECLINED.value, request__entered_at__gt=F("created_at"))
    over = (Q(request__state__in=final) | declined) & ~Exists(told)
    open_ones = Engagement.objects.filter(closed_at__isnull=True, accepted_at__isnull=True)
    return open_ones.filter(Q(request__state=State.MERGED.value) | over, request__entered_at__lte=now)

"""Every figure's cases: what exactly is counted, as one query for each measure. Figures count them, pages list them.

A figure and the list that it links to are made from the same query; so they can't differ.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from awayteam.insights.scope import Scope
from awayteam.requests.machine import State, Verb
from awayteam.requests.models import Escalation, ManagementTime, Request, Step

DECISIONS = (Verb.ACCEPT.value, Verb.WELCOME.value, Verb.DECLINE.value)
WAITING = (State.ASKED.value, State.OVERDUE.value)
"""States in which a request waits for the home team's decision; what it spends elsewhere isn't the team's time."""
PROMISE_ENDS = (Verb.DELIVER.value, Verb.POSTPONE.value, Verb.GIVE_UP.value, Verb.EXPIRE.value)
AGES = {"week": 7, "month": 30, "quarter": 91, "year": 365}
"""Names of the ages of open requests, each with the days up to which it goes; beyond the last it is "older"."""
HOUR, DAY = 3_600, 86_400

Rows = QuerySet[Any]


class Elapsed(Func):
    """Whole spans of `seconds` between a start and an end, rounded down: `Elapsed(end, start, seconds=3600)`."""

    output_field = IntegerField()

    def __init__(self, end: Any, start: Any, *, seconds: int) -> None:
        super().__init__(end, start, seconds=seconds)

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        # julianday is a float of days, right to a millisecond; without the half second an exact hour may round to 0
        template = "CAST(((julianday(%(expressions)s)) * 86400 + 0.5) / %(seconds)s AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "FLOOR((EXTRACT(EPOCH FROM (%(expressions)s)) + 0.5) / %(seconds)s)::int"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **more)


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is counted. `rows(scope, start, end)` gives the rows of [start, end), `at` their time's column,
    `request` the way to their request ("" where they are requests), `group` what tells them apart, `value` the number
    that is spread or summed, in `unit`. `groups` are the words of the groups."""

    key: str
    title: str
    says: str
    at: str
    rows: Callable[[Scope, datetime, datetime], Rows]
    request: str = "request"
    home: str = "home_team"
    group: Any = field(default_factory=lambda: Value("", output_field=CharField()))
    value: Any = field(default_factory=lambda: Value(None, output_field=IntegerField()))
    unit: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    when: str = "When"

    def cases(self, scope: Scope, start: datetime, end: datetime) -> Rows:
        """The cases with what every list and figure needs: `c_request`, `c_at`, `c_home`, `c_kind`, `c_group`,
        `c_value`, `c_points`."""
        within = f"{self.request}__" if self.request else ""
        fitting = self.rows(scope, start, end).filter(scope.condition(self.request, self.home))
        found: Rows = fitting.order_by().annotate(
            c_request=F(f"{within}pk"),
            c_at=F(self.at),
            c_home=F(self.home),
            c_kind=F(f"{within}kind"),
            c_group=self.group,
            c_value=self.value,
            c_points=F(f"{within}value_per_week"),
        )
        return found


def _between(at: str, start: datetime, end: datetime) -> Q:
    return Q(**{f"{at}__gte": start, f"{at}__lt": end})


def _decided(_scope: Scope, start: datetime, end: datetime) -> Rows:
    earlier = Step.objects.filter(request=OuterRef("request"), pk__lt=OuterRef("pk"), verb__in=DECISIONS)
    return Step.objects.filter(_between("at", start, end), ~Exists(earlier), verb__in=DECISIONS)


def _waited() -> Any:
    """Working minutes for which the home team had it until this step, this step's own included.

    The step that takes a request from a dissolved team counts the old team's time; it is left out.
    """
    before = Step.objects.filter(
        request=OuterRef("request"), pk__lte=OuterRef("pk"), home_team=OuterRef("home_team"), source__in=WAITING
    ).exclude(verb=Verb.LOSE_HOME.value)
    summed = before.order_by().values("request").annotate(total=Sum("minutes")).values("total")
    return Coalesce(Subquery(summed), 0, output_field=IntegerField())


def _steps(*verbs: str, **more: Any) -> Callable[[Scope, datetime, datetime], Rows]:
    return lambda _scope, start, end: Step.objects.filter(_between("at", start, end), verb__in=verbs, **more)


def _done(_scope: Scope, start: datetime, end: datetime) -> Rows:
    last = (Verb.CONFIRM.value, Verb.FINISH_AWAY.value, Verb.EXPIRE.value)
    return Step.objects.filter(_between("at", start, end), verb__in=last, target=State.DONE.value)


def _open(_scope: Scope, _start: datetime, end: datetime) -> Rows:
    now = Value(end, output_field=DateTimeField())
    there = Q(created_at__lt=end) & (Q(closed_at__isnull=True) | Q(closed_at__gte=end))
    return Request.objects.filter(there).annotate(age=Elapsed(now, F("created_at"), seconds=DAY))


def _asked(_scope: Scope, start: datetime, end: datetime) -> Rows:
    return Request.objects.filter(_between("created_at", start, end))


def _words(value: str) -> Value:
    return Value(value, output_field=CharField())


def _cases(*when: tuple[Q, str], default: str) -> Case:
    return Case(*(When(condition, then=_words(word)) for condition, word in when), default=_words(default))


MEASURES: dict[str, Measure] = {
    one.key: one
    for one in (
        Measure(
            "decided", "First decisions",
            "A request's first decision: on the roadmap, away team welcome, or declined. The time is working time for "
            "which the home team that decided had it, without what it spent with the asker, another team or a manager; "
            "after the clock ran out, it is counted in the asker's hours.",
            "at", _decided, group=F("verb"), value=_waited(), unit="working minutes",
            groups={"accept": "on the roadmap", "welcome": "away team welcome", "decline": "declined"}, when="Decided",
        ),
        Measure(
            "declined", "Refusals",
            "Each refusal by a home team, by its reason of the fixed list.",
            "at", _steps(Verb.DECLINE.value), group=F("reason_code"), when="Declined",
        ),
        Measure(
            "ended", "Clocks for decisions",
            "How each clock of a home team ended: with a decision in time, or by running out. From then on the team "
            "can't refuse an away team. Questions back, moves and merges end a clock too, but are no answer; they "
            "aren't counted.",
            "at", _steps(*DECISIONS, Verb.EXPIRE.value, source=State.ASKED.value),
            group=_cases((Q(verb=Verb.EXPIRE.value), "ran-out"), default="in-time"),
            value=F("minutes"), unit="working minutes",
            groups={"in-time": "decided in time", "ran-out": "ran out"}, when="Ended",
        ),
        Measure(
            "moved", "Moves",
            "Each time that a home team says that a request belongs to another team.",
            "at", _steps(Verb.MOVE.value), when="Moved",
        ),
        Measure(
            "promised", "Promises that ended",
            "Each promised day counts once, where it ends: delivered in time is kept; delivered late, missed, put off "
            "or taken back is not. What was withdrawn or lost its home team isn't counted.",
            "at", _steps(*PROMISE_ENDS, source=State.ACCEPTED.value),
            group=_cases(
                (Q(verb=Verb.DELIVER.value, on_time=True), "kept"),
                (Q(verb=Verb.DELIVER.value), "late"),
                (Q(verb=Verb.POSTPONE.value), "postponed"),
                (Q(verb=Verb.GIVE_UP.value), "given-up"),
                default="missed",
            ),
            groups={
                "kept": "kept", "late": "delivered late", "missed": "missed", "postponed": "put off",
                "given-up": "taken back",
            }, when="Ended",
        ),
        Measure(
            "done", "Done",
            "Requests that ended as done, by the home team or by an away team. The time is from asking to the asker's "
            "confirmation, by the calendar.",
            "at", _done,
            group=_cases((Q(verb=Verb.FINISH_AWAY.value), "away"), default="home"),
            value=Elapsed(F("at"), F("request__created_at"), seconds=HOUR), unit="hours",
            groups={"home": "by the home team", "away": "by an away team"}, when="Done",
        ),
        Measure(
            "asked", "Asked", "Requests by the day on which they were asked.",
            "created_at", _asked, request="", group=F("kind"), when="Asked",
        ),
        Measure(
            "open", "Open requests",
            "Requests that were open at the end of the window (or are now), by age since they were asked.",
            "created_at", _open, request="", value=F("age"), unit="days",
            group=_cases(*((Q(age__lte=days), name) for name, days in AGES.items()), default="older"),
            groups={
                "week": "up to a week", "month": "up to 30 days", "quarter": "up to 3 months", "year": "up to a year",
                "older": "older than a year",
            }, when="Asked",
        ),
        Measure(
            "escalated", "Escalations",
            "Escalations by the day on which they were opened, with what became of them.",
            "opened_at",
            lambda _scope, start, end: Escalation.objects.filter(_between("opened_at", start, end)),
            home="request__home_team",
            group=Case(When(decided_at__isnull=True, then=_words("waiting")), default=F("outcome")),
            value=Elapsed(F("decided_at"), F("opened_at"), seconds=HOUR), unit="hours",
            groups={
                "waiting": "waiting for a manager", "reshuffled": "put on the roadmap", "away": "away team may come",
                "upheld": "refusal upheld", "silent": "no manager decided", "withdrawn": "withdrawn",
            }, when="Escalated",
        ),
        Measure(
            "managed", "Management time",
            "Time that managers spent on escalations, and on saying whose a request is, by the day of the entry.",
            "at", lambda _scope, start, end: ManagementTime.objects.filter(_between("at", start, end)),
            home="request__home_team", value=F("minutes"), unit="minutes", when="Entered",
        ),
    )
}  # fmt: skip

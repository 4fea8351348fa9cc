"""Two years of requests that are over, written in bulk as the actions would have left them, for insights to count."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from awayteam.catalog.models import Entity
from awayteam.kernel import businesstime, events
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.events import Draft, EventName
from awayteam.organisation.models import Team
from awayteam.requests import turns
from awayteam.requests.machine import MACHINE, Party, State, Verb
from awayteam.requests.models import Asker, Kind, Request, Step
from awayteam.requests.rules import DeclineReason
from awayteam.requests.stepping import EVENTS, subject_of

COUNT = 260
FIRST_DAY, LAST_DAY = 725, 45
"""Days ago between which they were asked."""

WANTS: tuple[tuple[str, str, str], ...] = (
    ("feature", "{thing}: a filter by date", "We read everything and throw most of it away."),
    ("feature", "{thing}: several at once", "We call it once for each row of a list."),
    ("feature", "{thing}: say what changed since a moment", "We compare whole exports every night."),
    ("feature", "{thing}: an event when something is removed", "We find out when a customer complains."),
    ("feature", "{thing}: the reason with every refusal", "Refused is all that we can tell people."),
    ("feature", "{thing}: a dry run", "We try changes on a copy, and the copy is a week old."),
    ("feature", "{thing}: sizes in the customer’s own system", "We convert, and round otherwise than you do."),
    ("feature", "{thing}: a name for each version", "Nobody can say which rules were in force on a day."),
    ("bug", "{thing} counts an hour twice in autumn", "Reports are wrong for one day each year."),
    ("bug", "{thing} answers with an empty page after 10,000 rows", "Exports end early, and nothing says so."),
    ("bug", "{thing} forgets names with an apostrophe", "Three customers a week can’t be found."),
    ("bug", "{thing} retries what was done already", "The same thing happens twice when the network is slow."),
    ("bug", "{thing}: wrong rounding for half a cent", "Sums differ from the invoice."),
    ("performance", "{thing} in under 100 ms", "Our page waits for it longer than for everything else together."),
    ("performance", "{thing}: fewer calls for one page", "Eleven calls for one page; three would do."),
    ("performance", "{thing} at ten times the load of a Friday", "The campaign in autumn will bring it."),
    ("access", "Read access to {thing} for our reports", "We ask a person for a file each month."),
    (
        "access",
        "A key of our own for {thing}",
        "We share one with another team; nobody knows whose calls are whose.",
    ),
)
GROUNDS = (
    "Counted from our own log over four weeks.",
    "A guess: an hour a week for three people.",
    "From the complaints of the last quarter.",
    "By the experiment of last month.",
    "What the contact centre spends on it.",
)
PATHS: tuple[tuple[int, str], ...] = (
    (50, "done"),
    (9, "late"),
    (13, "away"),
    (14, "declined"),
    (6, "silence"),
    (4, "withdrawn"),
    (2, "lapsed"),
    (2, "wait"),
)
"""How often (of a hundred) it went how."""


@dataclass
class Course:
    """One request on its way: rows are collected while time goes on."""

    request: Request
    home: Team
    calendar: Calendar
    asking: Team
    asker: Actor
    decider: Actor
    at: datetime
    steps: list[Step] = field(default_factory=list)

    def step(self, verb: Verb, target: State, at: datetime, *, words: str = "", reason: str = "") -> None:
        """The request goes on; the state's clock counts as kept unless it was the clock that ran out."""
        source = self.request.state
        found = MACHINE.find(State(source), verb)
        assert found is not None
        assert target in found.targets
        party = Party(found.by[0])
        actor = {Party.HOME: self.decider, Party.ASKING: self.asker}.get(party, SYSTEM)
        self.steps.append(
            Step(
                request=self.request, at=at, verb=verb.value, source=source, target=target.value, party=party.value,
                person_id=actor.person_id, label=actor.label, words=words, reason_code=reason,
                team=self.asking if party is Party.ASKING else self.home, home_team=self.home,
                minutes=businesstime.between(self.calendar, self.at, at), on_time=party is not Party.CLOCK,
            )
        )  # fmt: skip
        self.request.state, self.at = target.value, at
        if party is Party.HOME and self.request.decided_at is None:
            self.request.decided_at, self.request.decider_id = at, self.decider.person_id


def write(
    teams: Mapping[str, Team],
    entities: Mapping[str, Entity],
    actors: Mapping[int, Actor],
    speakers: Mapping[str, int],
    now: datetime,
) -> int:
    """Write `COUNT` requests with their askers, steps and events; the same for the same day."""
    chance = random.Random(11)  # noqa: S311 - a demonstration, not a secret
    owned = sorted(name for name, entity in entities.items() if entity.owner and entity.owner.name in teams)
    pull = {name: chance.paretovariate(1.2) for name in owned}
    courses = []
    for number in range(COUNT):
        name = chance.choices(owned, [pull[name] for name in owned])[0]
        entity = entities[name]
        home = teams[entity.owner.name]  # type: ignore[union-attr]
        asking = teams[chance.choice(sorted(set(speakers) - {home.name}))]
        days = chance.uniform(LAST_DAY, FIRST_DAY)
        begun = _working(turns.calendar_of(home), now - timedelta(days=days), chance)
        course = _course(chance, entity, home, asking, actors, speakers, begun, number)
        _go(course, chance)
        courses.append(course)
    _save(courses, chance, actors, speakers, teams)
    return len(courses)


def _working(calendar: Calendar, at: datetime, chance: random.Random) -> datetime:
    """The next moment of work, some minutes in."""
    return businesstime.add(calendar, at.replace(second=0, microsecond=0), chance.randrange(1, 240))


def _course(
    chance: random.Random, entity: Entity, home: Team, asking: Team, actors: Mapping[int, Actor],
    speakers: Mapping[str, int], at: datetime, number: int,
) -> Course:  # fmt: skip
    kind, title, need = WANTS[(number * 7 + chance.randrange(3)) % len(WANTS)]
    asker = actors[speakers[asking.name]]
    decider = next(
        (actor for pk, actor in sorted(actors.items()) if home.pk in actor.decides or home.pk in actor.leads), SYSTEM
    )
    value = Decimal(chance.choice((0, 15, 20, 30, 45, 60, 80, 120, 150, 200, 340, 500)))
    request = Request(
        kind=Kind(kind), title=title.format(thing=entity.title or entity.name)[:200].capitalize(), need=need,
        state=State.ASKED.value, home_team=home, asking_team=asking, asker_id=asker.person_id or 0, entity=entity,
        value_per_week=value, created_at=at, changed_at=at, entered_at=at,
        routing=[f"{home.name} owns {entity.name}."],
    )  # fmt: skip
    return Course(request, home, turns.calendar_of(home), asking, asker, decider, at)


def _go(course: Course, chance: random.Random) -> None:
    """Let it go its way to an end."""
    path = chance.choices([name for _, name in PATHS], [share for share, _ in PATHS])[0]
    whole = turns.allowance(course.request, State.ASKED)
    share = min(chance.lognormvariate(-0.9, 0.6), 0.97)
    answered = businesstime.add(course.calendar, course.at, max(int(whole * share), 5))
    expired = businesstime.add(course.calendar, course.at, whole)
    if path in ("done", "late"):
        _promised(course, chance, answered, late=path == "late")
    elif path == "away":
        course.step(Verb.WELCOME, State.AWAY_WELCOME, answered, words="Gladly; talk to our committer first.")
        _away(course, chance)
    elif path == "declined":
        reason = chance.choice(list(DeclineReason))
        course.request.decline_reason = reason.value
        course.step(Verb.DECLINE, State.DECLINED, answered, words="Not this quarter.", reason=reason.value)
        _end(course, Verb.EXPIRE, State.DROPPED, businesstime.add(course.calendar, course.at, 4800))
    elif path in ("silence", "wait"):
        course.step(Verb.EXPIRE, State.OVERDUE, expired)
        course.request.lost_refusal_at = expired
        if path == "silence":
            _away(course, chance)
        else:
            course.request.rounds = 1
            course.step(Verb.WAIT, State.ASKED, _later(course, chance, 600))
            _promised(course, chance, _later(course, chance, whole // 2), late=False)
    elif path == "withdrawn":
        _end(course, Verb.WITHDRAW, State.WITHDRAWN, answered, words="Solved in another way.")
    else:
        course.step(Verb.ASK_BACK, State.NEEDS_INFORMATION, answered, words="For which markets?")
        _end(course, Verb.EXPIRE, State.LAPSED, businesstime.add(course.calendar, course.at, 2400))


def _later(course: Course, chance: random.Random, minutes: int) -> datetime:
    return businesstime.add(course.calendar, course.at, max(int(minutes * chance.uniform(0.3, 1.0)), 10))


def _promised(course: Course, chance: random.Random, at: datetime, *, late: bool) -> None:
    """Taken on, delivered on time or late, and confirmed."""
    if chance.random() < 0.2:
        course.step(Verb.ASK_BACK, State.NEEDS_INFORMATION, at, words="Which of them, and how often?")
        course.step(Verb.ANSWER, State.ASKED, _later(course, chance, 900), words="All, once a night.")
        at = _later(course, chance, 300)
    course.step(Verb.ACCEPT, State.ACCEPTED, at, words=chance.choice(("", "Fits what we do anyway.", "Good idea.")))
    days = min(max(chance.lognormvariate(3.1, 0.6), 4), 160)
    course.request.expected_from = _day(at, days * 0.7)
    course.request.expected_until = _day(at, days)
    due = datetime.combine(course.request.expected_until, datetime.min.time(), UTC) + timedelta(days=1)
    if late:
        course.step(Verb.EXPIRE, State.OVERDUE, due)
        course.request.lost_refusal_at = due
        course.step(Verb.DELIVER, State.DELIVERED, _later(course, chance, 5_000))
    else:
        end = at + (due - timedelta(hours=12) - at) * chance.uniform(0.45, 1.0)
        course.step(Verb.DELIVER, State.DELIVERED, max(end, at + timedelta(hours=2)), words="It is live.")
    _end(course, Verb.CONFIRM, State.DONE, _later(course, chance, 1_500), words=chance.choice(("", "Thank you.")))


def _day(at: datetime, days: float) -> date:
    return (at + timedelta(days=days)).date()


def _away(course: Course, chance: random.Random) -> None:
    course.step(Verb.SEND_AWAY, State.AWAY, _later(course, chance, 2_400), words="Two of us, for three weeks.")
    _end(course, Verb.FINISH_AWAY, State.DONE, _later(course, chance, 12_000), words="Merged and live.")


def _end(course: Course, verb: Verb, state: State, at: datetime, *, words: str = "") -> None:
    course.step(verb, state, at, words=words)
    request = course.request
    request.closed_at = request.changed_at = request.entered_at = at
    request.version = len(course.steps) + 1


def _save(
    courses: list[Course], chance: random.Random, actors: Mapping[int, Actor], speakers: Mapping[str, int],
    teams: Mapping[str, Team],
) -> None:  # fmt: skip
    """All rows in a few statements. Some are asked for by a second team too."""
    askers: list[Asker] = []
    for course in courses:
        rows = [_asker(course, chance, course.asking, course.asker, course.request.created_at)]
        rows[0].value_per_week = course.request.value_per_week
        others = sorted(set(speakers) - {course.home.name, course.asking.name})
        if chance.random() < 0.25:
            other = teams[chance.choice(others)]
            at = course.request.created_at + (course.steps[0].at - course.request.created_at) * 0.5
            rows.append(_asker(course, chance, other, actors[speakers[other.name]], at))
            rows[1].value_per_week = Decimal(chance.choice((10, 25, 60)))
            course.request.askers_count = 2
            course.request.value_per_week += rows[1].value_per_week
        askers += rows
    Request.objects.bulk_create([course.request for course in courses], batch_size=200)
    Asker.objects.bulk_create(askers, batch_size=500)
    asked = [_first(course) for course in courses]
    Step.objects.bulk_create(sorted([*asked, *(step for course in courses for step in course.steps)], key=_time))
    events.append_many(sorted((draft for course in courses for draft in _drafts(course)), key=lambda draft: draft.now))


def _time(step: Step) -> datetime:
    return step.at


def _asker(course: Course, chance: random.Random, team: Team, actor: Actor, at: datetime) -> Asker:
    return Asker(
        request=course.request, team=team, person_id=actor.person_id or 0, grounds=chance.choice(GROUNDS), joined_at=at
    )  # fmt: skip


def _first(course: Course) -> Step:
    request = course.request
    return Step(
        request=request, at=request.created_at, verb="ask", target=State.ASKED.value, party=Party.ASKING.value,
        person_id=course.asker.person_id, label=course.asker.label, team=course.asking, home_team=course.home,
        words=request.title,
    )  # fmt: skip


def _drafts(course: Course) -> list[Draft]:
    """The events of one request, as the actions write them."""
    request, subject = course.request, subject_of(course.request)
    told = {"home_team": course.home.pk, "asking_team": course.asking.pk, "kind": request.kind}
    first = Draft(EventName.REQUEST_ASKED, subject, course.asker, request.created_at, data=told)
    people = {Party.HOME.value: course.decider, Party.ASKING.value: course.asker}
    return [
        first,
        *(
            Draft(
                EVENTS[Verb(step.verb)], subject, people.get(step.party, SYSTEM), step.at, step.words,
                {"state": (step.source, step.target)}, {"home_team": course.home.pk},
            )
            for step in course.steps
        ),
    ]  # fmt: skip

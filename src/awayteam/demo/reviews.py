# ruff: noqa: E501 - texts read better whole
"""Bar raisers of the demonstration: a pool in every field, reviews in every state, two overrides of which one was looked at again, and a deviation; by the real actions at past times."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from awayteam.accounts.actors import actors_of_persons
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.organisation.queries import dated
from awayteam.reviews import actions
from awayteam.reviews.actions import Deviation, Said, Terms, Wanted
from awayteam.reviews.actions.checking import questions
from awayteam.reviews.models import RegisterEntry, Review

POOL = {"architecture": 7, "customer-experience": 4, "design": 4, "ab-testing": 3}
"""People of each field."""


@dataclass(frozen=True)
class Told:
    """A review: `ago` hours since it was asked for, `recommends` "" where it isn't delivered, `then` what the decider did."""

    field: str
    team: str
    other: str
    title: str
    question: str
    ago: int
    recommends: str = ""
    summary: str = ""
    condition: str = ""
    then: str = ""
    words: str = ""
    outcome: str = ""
    happened: str = ""


REVIEWS = [
    Told("architecture", "accounts", "fraud", "One session store for web and app",
         "Both would sign people in from one store. **If it is down nobody buys anything.** Is a read-only copy in each region enough?", 4200,
         "against", "A copy that can't write signs nobody in after a failover. Two stores with one contract cost two weeks more and fail alone.",
         then="override", words="The season starts in six weeks; two stores would miss it. We watch the copies, and switch sign-in to the app's store by hand if one lags.",
         outcome="as-warned", happened="The copy lagged for 40 minutes on the second Saturday; some 3,000 people could not sign in. We are building the second store now."),
    Told("customer-experience", "loyalty", "mobile-app", "Points expire after a year",
         "Points would expire after twelve months, with one message before. Who loses what, and do they know?", 900,
         "against", "A fifth of all members would lose points that they saved for a purpose. Three messages and a grace of a month halve that.",
         then="override", words="The accounts close the liability this quarter. We send three messages, without the grace."),
    Told("architecture", "suppliers", "forecasting", "Forecasts read the supplier database directly",
         "A nightly read of twelve tables, in place of an API that doesn't exist yet.", 1500,
         "with-conditions", "Fine as a bridge. The tables are nobody's contract, so it must end.", "An API with the same data by the end of the year.",
         then="follow", words="The API is on our roadmap for October."),
    Told("ab-testing", "mobile-app", "accounts", "Shorter sign-up, half of all new people",
         "One page in place of four, for half of everybody new, for two weeks.", 700,
         "for", "The measure is named, the sample is large enough in nine days, and there is a switch.", then="follow"),
    Told("design", "contact-centre", "mail-sender", "One page for everything an agent sees",
         "Eleven tabs become one page. What is on top, and what when a customer has four hundred orders?", 26,
         "with-conditions", "Right order, wrong when there is much: the drawing ends at ten orders.", "Draw it for four hundred orders, and for none."),
    Told("architecture", "store-pickup", "address-lookup", "Opening hours as events instead of a table",
         "Each store would publish its hours. Consumers keep their own copy. What happens to a copy that missed one?", 20),
    Told("customer-experience", "fraud", "accounts", "Ask for a second factor above 300",
         "Everybody who buys for more than 300 would be asked once a month.", 9),
]  # fmt: skip

DEVIATION = ("forecasting", "Our own queue for nightly figures", "The common message broker",
             "Nightly figures come in one burst of 40 million rows. The common broker slowed down everybody for two hours each night; a queue of files takes eleven minutes and disturbs nobody.",
             [{"words": "Lag of the common broker, 30 nights: 118 minutes at 95 %", "url": "https://example.org/broker-lag"},
              {"words": "Time of the queue of files, 30 nights: 11 minutes at 95 %", "url": "https://example.org/queue-time"}])  # fmt: skip


def fill(*, now: datetime) -> None:
    """Fill the pool, and let every story happen on its day."""
    _pool(now)
    for told in REVIEWS:
        _tell(told, now)
    _deviate(now)


def _pool(now: datetime) -> None:
    """Members of teams all over the organisation, without those who decide or manage anywhere."""
    busy = Membership.objects.filter(dated(now), role__in=[Role.DECIDER, Role.LEAD, Role.MANAGER]).values("person")
    rows = Membership.objects.filter(dated(now), role__in=[Role.MEMBER, Role.TRUSTED_COMMITTER], team__is_unit=False)
    rows = (
        rows.exclude(person__in=busy)
        .filter(person__left_at__isnull=True)
        .select_related("person")
        .order_by("team__name", "person__name")
    )
    one_a_team = list({row.team_id: row.person for row in rows}.values())
    start, at = now - timedelta(days=400), 0
    for field, number in POOL.items():
        for person in one_a_team[at : at + number]:
            terms = Terms(start.date(), None, (start + timedelta(days=14)).date(), "The course of two days", None)
            actions.join(person, field, terms, actor=_keeper(), now=start, reason="Asked by the managers of the field.")
        at += number
    if len(one_a_team) > at:
        fresh = Terms(now.date() - timedelta(days=10))
        actions.join(
            one_a_team[at],
            "design",
            fresh,
            actor=_keeper(),
            now=now - timedelta(days=10),
            reason="Starts the course next month.",
        )
    away = one_a_team[:1]
    for person in away:
        actions.be_away(
            person, now.date(), now.date() + timedelta(days=12), actor=_keeper(), now=now - timedelta(days=20)
        )


def _keeper() -> Actor:
    return SYSTEM


def _tell(told: Told, now: datetime) -> None:
    teams = {team.name: team for team in Team.objects.filter(name__in=[told.team, told.other])}
    asked = now - timedelta(hours=told.ago)
    decider, asker = _decider(teams.get(told.team), asked), _decider(teams.get(told.other), asked)
    if decider is None or asker is None:
        return
    actors = actors_of_persons([decider.pk, asker.pk], asked)
    if set(actors) != {decider.pk, asker.pk}:
        return
    wanted = Wanted(told.field, told.title, told.question, teams[told.team], decider, [teams[told.other]])
    review = actions.request_review(wanted, actor=actors[asker.pk], now=asked)
    if not told.recommends or review.bar_raiser is None:
        return
    _deliver(told, review, asked + timedelta(hours=3))
    at = asked + timedelta(hours=6)
    if told.then == "follow":
        actions.follow(review, words=told.words, actor=actors[decider.pk], now=at)
    elif told.then == "override":
        entry = actions.override(
            review, reason=told.words, look_again_on=(at + timedelta(days=60)).date(), actor=actors[decider.pk], now=at
        )
        _look_again(told, entry, actors[decider.pk], now)


def _decider(team: Team | None, at: datetime) -> Person | None:
    """Whoever decides for the team on that day, else its lead; None where it has neither any more."""
    if team is None:
        return None
    rows = (
        Membership.objects.filter(dated(at), team=team, person__left_at__isnull=True)
        .select_related("person")
        .order_by("person__name")
    )
    held = {row.role: row.person for row in rows}
    return held.get(Role.DECIDER) or held.get(Role.LEAD)


def _deliver(told: Told, review: Review, at: datetime) -> None:
    assert review.bar_raiser is not None
    actor = actors_of_persons([review.bar_raiser.pk], at)[review.bar_raiser.pk]
    texts = (
        "It can be undone, at a cost that grows by the week.", "I read the drawings and the figures of last quarter, and spoke with both teams.",
        "The simpler way was weighed; the reasons are in the document of the team.", "The team itself, and it knows.", "I would do it in two steps, the smaller one first.",
    )  # fmt: skip
    answers = {one: texts[number % len(texts)] for number, one in enumerate(questions(review.field))}
    said = Said(told.recommends, told.summary, answers, [{"words": "Notes of the review", "url": "https://example.org/notes"}],
                [told.condition] if told.condition else [])  # fmt: skip
    actions.deliver(review, said, actor=actor, now=at)


def _look_again(told: Told, entry: RegisterEntry, decider: Actor, now: datetime) -> None:
    if told.outcome:
        actions.tell_what_happened(
            entry, outcome=told.outcome, happened=told.happened, actor=decider, now=now - timedelta(days=100)
        )


def _deviate(now: datetime) -> None:
    name, title, practice, reason, data = DEVIATION
    at = now - timedelta(days=33)
    team = Team.objects.filter(name=name).first()
    decider = _decider(team, at)
    if team is None or decider is None:
        return
    wanted = Deviation(team, title, practice, reason, data, "architecture")
    actions.deviate(wanted, actor=actors_of_persons([decider.pk], at)[decider.pk], now=at)

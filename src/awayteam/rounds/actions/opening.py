"""The away team's side of a round: showing something, showing it again, taking it back."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Q

from awayteam.engagements.models import Engagement, ReviewMode
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.rounds import reviewers, rules, trips
from awayteam.rounds.machine import FINAL, Party, State, Verb
from awayteam.rounds.models import Remark, Round, RoundKind
from awayteam.rounds.permissions import Sides
from awayteam.rounds.pledge import pledge_of
from awayteam.rounds.plots import ROUND
from awayteam.rounds.rules import START, Terms, Way
from awayteam.stories.plot import Held
from awayteam.stories.stepping import LONGEST_WORDS, begin, check, enter, hold, words_of

MOST_TITLE, MOST_URL, MOST_COMMIT = 200, 1000, 64


def terms_of(engagement: Engagement) -> Terms:
    """What an engagement's contract and history say of its next round; two statements."""
    rounds = Round.objects.filter(engagement=engagement).order_by()
    counted = rounds.aggregate(
        approved=Count("pk", filter=Q(kind=RoundKind.DESIGN, state=State.APPROVED)),
        running=Count("pk", filter=Q(closed_at__isnull=True)),
    )
    return Terms(
        state=engagement.state,
        mode=engagement.review_mode,
        pledge=pledge_of(engagement),
        design_approved=counted["approved"] > 0,
        open_rounds=counted["running"],
    )


def open_round(
    engagement: Engagement | int,
    *,
    actor: Actor,
    now: datetime,
    kind: str,
    title: str,
    words: str = "",
    url: str = "",
    commit: str = "",
) -> Round:
    """Show a design or a change for review; the contract says who looks.

    `url` and `commit` say where it stands, as text. Raises `NotFound`, `NotAllowed` (not of the away team), `Conflict`
    (the engagement doesn't allow it now), `InvalidInput`.
    """
    with transaction.atomic():
        visit = hold(ENGAGEMENT, engagement, actor=actor, now=now).row
        Sides(actor, visit, now).away().require()
        _check_texts(kind, title, words, url, commit)
        terms, book = terms_of(visit), rulebook.current().rounds
        if why := rules.why_not_open(kind, terms, most_open=book.open_max):
            raise Conflict(why, "Look at the engagement; what can be done now stands there.")
        way, why = rules.way(kind, terms)
        last = Round.objects.filter(engagement=visit).aggregate(last=Max("number"))["last"] or 0
        row = Round(
            engagement=visit, number=last + 1, kind=kind, title=title.strip(), words=words.strip(), url=url.strip(),
            commit=commit.strip(), opened_by_id=actor.person_id, why=why[:300],
        )  # fmt: skip
        held = Held(ROUND, row, actor, now, Party.AWAY)
        _begin_way(held, way)
        data = {"engagement": visit.pk, "kind": kind, "way": row.way, "number": row.number}
        begin(ROUND, row, Verb.OPEN, actor=actor, now=now, party=Party.AWAY, words=words.strip(), data=data)
        if row.way != Way.OWN:
            trips.begin(held)
    return row


def _check_texts(kind: str, title: str, words: str, url: str, commit: str) -> None:
    wrong: dict[str, str] = {}
    if kind not in RoundKind.values:
        wrong["kind"] = "is design or change"
    if not title.strip():
        wrong["title"] = "say what is shown"
    for name, text, most in (
        ("title", title, MOST_TITLE), ("words", words, LONGEST_WORDS), ("url", url, MOST_URL),
        ("commit", commit, MOST_COMMIT),
    ):  # fmt: skip
        if len(text.strip()) > most or "\0" in text:
            wrong[name] = f"at most {most:,} characters"
    if url.strip() and not url.strip().lower().startswith(("https://", "http://")):
        wrong["url"] = "begins with https:// or http://"
    if wrong:
        said = "; ".join(f"{name} {text}" for name, text in wrong.items())
        raise InvalidInput(f"The round can't be opened: {said}.", "Mend these.", wrong)


def _begin_way(held: Held[Round], way: Way) -> None:
    """Set how the round is reviewed, by whom, and the state in which it begins."""
    row = held.row
    if way is Way.HOME:
        picked = reviewers.home_reviewer(row.engagement, row.kind, opened_by=row.opened_by_id, now=held.now)
        row.reviewer_id, row.chosen = picked.person, list(picked.reasons)
        if picked.person is None:
            way = Way.INDEPENDENT
    row.way, row.state = way.value, START[way].value
    if way is Way.INDEPENDENT:
        reviewers.call_independent(held)


def resubmit(
    round: Round | int,
    *,
    actor: Actor,
    now: datetime,
    words: str,
    url: str = "",
    commit: str = "",
    version: int | None = None,
) -> Round:
    """Show it again with the points answered; `words` say how. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    with transaction.atomic():
        held = hold(ROUND, round, actor=actor, now=now, version=version)
        check(held, Verb.RESUBMIT)
        row, said = held.row, words_of(words)
        _check_texts(row.kind, row.title, said, url, commit)
        row.trip += 1
        row.url, row.commit = url.strip() or row.url, commit.strip() or row.commit
        Remark.objects.filter(round=row, resolved_at__isnull=True).exclude(kind="advice").update(resolved_at=now)
        target = again(held)
        enter(held, Verb.RESUBMIT, target, words=said, data={"trip": row.trip, "engagement": row.engagement_id})
        trips.begin(held)
    return row


def again(held: Held[Round]) -> State:
    """The state in which the round waits for an answer again; picks anew whoever can't look any more.

    Where the pledge was used up meanwhile somebody independent looks, unless it is a design.
    """
    row = held.row
    spent = row.kind == RoundKind.CHANGE and pledge_of(row.engagement).left == 0
    if row.way == Way.HOME and not (spent and row.engagement.review_mode == ReviewMode.EVERY_CHANGE):
        picked = reviewers.home_reviewer(row.engagement, row.kind, opened_by=row.opened_by_id, now=held.now)
        if picked.person is not None:
            row.reviewer_id, row.chosen = picked.person, list(picked.reasons)
            return State.OPEN
    row.way = Way.INDEPENDENT.value
    reviewers.call_independent(held)
    return State.FALL_BACK


def withdraw(round: Round | int, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Round:
    """Take it back. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    with transaction.atomic():
        held = hold(ROUND, round, actor=actor, now=now, version=version)
        check(held, Verb.WITHDRAW)
        _withdraw(held, words_of(words))
    return held.row


def _withdraw(held: Held[Round], words: str) -> None:
    trips.end(held, State.WITHDRAWN)
    enter(held, Verb.WITHDRAW, State.WITHDRAWN, words=words, data={"engagement": held.row.engagement_id})


def end_with_engagement(engagement: Engagement, *, actor: Actor, now: datetime) -> int:
    """Withdraw the open rounds of an engagement that ended; those that somebody holds are left to the job."""
    done = 0
    open_ones = Round.objects.filter(engagement=engagement).exclude(state__in=[state.value for state in FINAL])
    with transaction.atomic():
        free = open_ones.select_for_update(skip_locked=True, of=("self",)).select_related("clock", *ROUND.related)
        for row in free.order_by("pk"):
            held = Held(ROUND, row, actor, now, Party.AWAYTEAM)
            _withdraw(held, f"The engagement is {engagement.state.replace('-', ' ')}.")
            done += 1
    return done

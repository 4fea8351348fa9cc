"""Reviews and the pool over HTTP."""

from collections.abc import Callable
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Status

from awayteam.catalog import queries as catalog
from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, Word, guarded, page_of
from awayteam.organisation import queries as organisation
from awayteam.reviews import actions, queries
from awayteam.reviews.actions import Said, Terms, Wanted
from awayteam.reviews.api.schemas import (
    BarRaiserIn,
    BarRaiserOut,
    ReviewAssignIn,
    ReviewDeliverIn,
    ReviewFollowIn,
    ReviewIn,
    ReviewMeetIn,
    ReviewNeededOut,
    ReviewNeedIn,
    ReviewNeedOut,
    ReviewOut,
    ReviewOverrideIn,
    ReviewsQuery,
    ReviewStoryOut,
    ReviewWordsIn,
    raiser_out,
    review_values,
    story_out,
)
from awayteam.reviews.models import Review
from awayteam.reviews.queries import ReviewFilter
from awayteam.reviews.triggers import plain

router = Router(tags=["reviews"])


def _story(request: Request, pk: int) -> ReviewStoryOut:
    """A review as GET shows it."""
    return story_out(queries.story(request.actor, pk, timezone.now()))


def _act(request: Request, pk: int, act: Callable[[Review], Any]) -> ReviewStoryOut:
    row = queries.review(request.actor, pk)
    with guarded(request, row, lambda: _story(request, pk)):
        act(row)
    return _story(request, pk)


@router.get("/reviews", response=PageOf[ReviewOut])
def list_reviews(request: Request, query: Annotated[ReviewsQuery, Query()]) -> Any:
    """Reviews, the most pressing first."""
    wanted = ReviewFilter(
        tuple(query.state), tuple(query.field), tuple(query.team), not query.ended, query.mine, query.q
    )  # fmt: skip
    page = queries.reviews(
        request.actor, wanted, now=timezone.now(), sort=query.sort, cursor=query.cursor, limit=query.limit
    )
    return page_of(page, [ReviewOut(**review_values(row)) for row in page.items])


@router.post("/reviews", response={201: ReviewStoryOut})
def request_review(request: Request, body: ReviewIn) -> Any:
    """Ask for a review; a bar raiser is assigned at once where one is free."""
    actor = request.actor
    wanted = Wanted(
        field=body.field, title=body.title, question=body.question, team=organisation.team(actor, body.team),
        decider=organisation.person(actor, body.decider), teams=[organisation.team(actor, one) for one in body.teams],
        entity=catalog.resolve(actor, body.entity) if body.entity else None,
    )  # fmt: skip
    made = actions.request_review(wanted, actor=actor, now=timezone.now())
    return Status(201, _story(request, made.pk))


@router.post("/reviews/needed", response=ReviewNeedOut)
def needed_reviews(request: Request, body: ReviewNeedIn) -> Any:
    """Which reviews a change or a decision needs, by the rulebook, with the reasons. Changes nothing."""
    facts = body.model_dump(exclude={"entity"})
    verdict = queries.needed_for(catalog.resolve(request.actor, body.entity), **facts)
    needed = [
        ReviewNeededOut(field=one.field, because=[dict(each) for each in plain(one.because)]) for one in verdict.needed
    ]
    return ReviewNeedOut(needed=needed, unknown=list(verdict.unknown))


@router.get("/reviews/pool", response=list[BarRaiserOut])
def list_bar_raisers(request: Request, field: Word = "") -> Any:
    """Everybody in the pool, by field and name."""
    return [raiser_out(row) for row in queries.pool(request.actor, timezone.now(), field=field)]


@router.post("/reviews/pool", response={201: BarRaiserOut})
def add_bar_raiser(request: Request, body: BarRaiserIn) -> Any:
    """Put somebody into the pool of a field."""
    person, now = organisation.person(request.actor, body.person), timezone.now()
    terms = Terms(body.since, body.term_until, body.trained_on, body.trained_by, body.load_max)
    made = actions.join(person, body.field, terms, actor=request.actor, now=now, reason=body.reason)
    return Status(201, _raiser(request, made.pk))


@router.post("/reviews/pool/{id}/leave", response=ReviewWordsIn)
def end_bar_raiser(request: Request, id: Id, body: ReviewWordsIn) -> Any:
    """Take somebody out of the pool; says why."""
    actions.leave(id, words=body.words, actor=request.actor, now=timezone.now())
    return body


def _raiser(request: Request, pk: int) -> BarRaiserOut:
    rows = queries.pool(request.actor, timezone.now())
    found = next((raiser_out(row) for row in rows if row.raiser.pk == pk), None)
    if found is None:
        raise NotFound(f"There is nobody with the number {pk} in the pool.", "See the pool.")
    return found


@router.get("/reviews/{id}", response=ReviewStoryOut)
def show_review(request: Request, id: Id) -> Any:
    """One review with its document, its conditions, the reasons of the assignment, and what the caller may do."""
    return _story(request, id)


@router.post("/reviews/{id}/assign", response=ReviewStoryOut)
def assign_review(request: Request, id: Id, body: ReviewAssignIn) -> Any:
    """Assign somebody independent, or let Awayteam choose again; for keepers of the pool."""
    person = organisation.person(request.actor, body.person) if body.person else None
    now = timezone.now()
    return _act(request, id, lambda row: actions.assign(
        row, person=person, words=body.words, actor=request.actor, now=now
    ))  # fmt: skip


@router.post("/reviews/{id}/decline", response=ReviewStoryOut)
def decline_review(request: Request, id: Id, body: ReviewWordsIn) -> Any:
    """The bar raiser can't; possible once in each review."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.decline(row, words=body.words, actor=request.actor, now=now))


@router.post("/reviews/{id}/deliver", response=ReviewStoryOut)
def deliver_review(request: Request, id: Id, body: ReviewDeliverIn) -> Any:
    """Hand in the document for good, or keep a draft of it."""
    said = Said(
        body.recommendation, body.summary, body.answers, [one.model_dump() for one in body.evidence], body.conditions
    )  # fmt: skip
    act = actions.save_draft if body.draft else actions.deliver
    return _act(request, id, lambda row: act(row, said, actor=request.actor, now=timezone.now()))


@router.post("/reviews/{id}/follow", response=ReviewStoryOut)
def follow_review(request: Request, id: Id, body: ReviewFollowIn) -> Any:
    """The decider does as recommended."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.follow(row, words=body.words, actor=request.actor, now=now))


@router.post("/reviews/{id}/override", response=ReviewStoryOut)
def override_review(request: Request, id: Id, body: ReviewOverrideIn) -> Any:
    """The decider decides otherwise; the public register has it at once."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.override(
        row, reason=body.reason, look_again_on=body.look_again_on, actor=request.actor, now=now
    ))  # fmt: skip


@router.post("/reviews/{id}/withdraw", response=ReviewStoryOut)
def withdraw_review(request: Request, id: Id, body: ReviewWordsIn) -> Any:
    """There is nothing to review any more."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.withdraw(row, words=body.words, actor=request.actor, now=now))


@router.post("/reviews/{id}/conditions/{number}/met", response=ReviewStoryOut)
def meet_condition(request: Request, id: Id, number: Id, body: ReviewMeetIn) -> Any:
    """Say that a condition is met, with the evidence."""
    now = timezone.now()
    return _act(request, id, lambda row: actions.meet(
        row, number, evidence=body.evidence, actor=request.actor, now=now
    ))  # fmt: skip

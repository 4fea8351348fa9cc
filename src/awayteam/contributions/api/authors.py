"""Authors of commits, and what people say of them, over HTTP."""

from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Status

from awayteam.contributions import actions, queries
from awayteam.contributions.api.schemas import AuthorOut, AuthorsQuery, CorrectionIn, CorrectionOut
from awayteam.contributions.models import Correction
from awayteam.contributions.permissions import Verb, can
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, page_of

router = Router(tags=["contributions"])


@router.get("/authors", response=PageOf[AuthorOut])
def list_authors(request: Request, query: Annotated[AuthorsQuery, Query()]) -> Any:
    """Authors of one class (the unresolved, unless asked otherwise), those with most commits first."""
    page = queries.authors(
        request.actor,
        kind=query.kind,
        text=query.text,
        guesses=query.guesses,
        cursor=query.cursor,
        limit=query.limit,
    )
    return page_of(page, [_author(row) for row in page.items])


def _author(row: queries.AuthorRow) -> AuthorOut:
    one = row.author
    return AuthorOut(
        id=one.pk,
        name=one.name,
        email=one.email,
        commits=row.commits,
        kind=one.kind,
        person=one.person.ref if one.person else "",
        login=one.login,
        method=one.method,
        evidence=one.evidence,
        guess=one.is_guess,
        correction=row.correction.pk if row.correction else None,
    )


@router.get("/corrections", response=list[CorrectionOut])
def list_corrections(request: Request) -> Any:
    """Corrections in force, the latest first."""
    return [_correction(one) for one in queries.corrections(request.actor)]


@router.post("/corrections", response={201: CorrectionOut})
def correct_author(request: Request, body: CorrectionIn) -> Any:
    """Say who an author is; commits are classed anew at once. Administrators, leads and managers."""
    author = queries.author(request.actor, body.author)
    can(request.actor, Verb.CORRECT).require()
    made = actions.correct(
        actor=request.actor,
        now=timezone.now(),
        author=author,
        says=Correction.Says(body.says),
        person=queries.person_named(body.person.strip()) if body.says == "person" else None,
        reason=body.reason,
    )
    return Status(201, _correction(made))


@router.delete("/corrections/{correction_id}", response={204: None})
def withdraw_correction(request: Request, correction_id: Id) -> Any:
    """Undo a correction; the software's own finding counts again."""
    found = queries.correction(request.actor, correction_id)
    actions.withdraw(actor=request.actor, now=timezone.now(), correction=found)
    return Status(204, None)


def _correction(one: Correction) -> CorrectionOut:
    return CorrectionOut(
        id=one.pk,
        author=one.author_id,
        author_name=str(one.author),
        says=str(one.says),
        person=one.person.ref if one.person else "",
        reason=one.reason,
        made_by=one.made_by_label,
        made_at=one.made_at,
    )

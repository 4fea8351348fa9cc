"""Authors of commits: who they are by which evidence, those whom nobody knows first, and what was corrected."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from awayteam.contributions.models import AuthorShare, CommitAuthor, Correction, Repository
from awayteam.contributions.permissions import visible
from awayteam.contributions.rules import AuthorClass
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Person

KINDS = tuple(kind.value for kind in AuthorClass)


@dataclass(frozen=True, slots=True)
class AuthorRow:
    """An author with the commits that knowing them explains, in repositories that the actor may see."""

    author: CommitAuthor
    commits: int
    correction: Correction | None


def authors(
    actor: Actor,
    *,
    kind: str = AuthorClass.UNRESOLVED.value,
    text: str = "",
    guesses: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AuthorRow]:
    """Authors of one class ("" for all; `guesses` for weak links), those with most commits first."""
    rows = seen_by(actor)
    if kind:
        rows = rows.filter(kind=kind)
    if guesses:
        rows = rows.filter(is_guess=True)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(email__icontains=text))
    total = rows.count()
    if cursor:
        commits, pk = decode_cursor(cursor, int, int)
        rows = rows.filter(Q(n__lt=commits) | Q(n=commits, pk__gt=pk))
    found = list(rows.select_related("person").order_by("-n", "pk")[: limit + 1])
    page = page_of(found, limit, lambda row: (row.n, row.pk), total)
    open_ones = {
        one.author_id: one
        for one in Correction.objects.filter(author__in=[row.pk for row in page.items], ended_at=None).select_related(
            "person", "made_by"
        )
    }
    return page.map(lambda row: AuthorRow(row, row.n, open_ones.get(row.pk)))


def seen_by(actor: Actor) -> "QuerySet[Any]":
    """Authors of repositories that the actor may see, with their commits there as `n`."""
    repositories = visible(actor, Repository.objects.all()).values("pk")
    mine = AuthorShare.objects.filter(repository__in=repositories)
    counted = Coalesce(Sum("shares__commits", filter=Q(shares__repository__in=repositories)), 0)
    return CommitAuthor.objects.filter(pk__in=mine.values("author_id")).annotate(n=counted)


def author(actor: Actor, pk: int) -> CommitAuthor:
    """An author whose commits the actor may see. Raises `NotFound`."""
    found: CommitAuthor | None = seen_by(actor).filter(pk=pk).select_related("person").first()
    if found is None:
        raise NotFound("There is no such author.", "See the list of authors.")
    return found


def numbers(actor: Actor) -> dict[str, tuple[int, int]]:
    """For each class of authors: how many there are, and their commits."""
    out: dict[str, tuple[int, int]] = dict.fromkeys(KINDS, (0, 0))
    for kind, commits in seen_by(actor).values_list("kind", "n"):
        had = out.get(kind, (0, 0))
        out[kind] = (had[0] + 1, had[1] + commits)
    return out


def correction(actor: Actor, pk: int) -> Correction:
    """A correction of an author whom the actor may see. Raises `NotFound`."""
    found = Correction.objects.select_related("author", "person").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such correction.", "See the list of authors.")
    author(actor, found.author_id)
    return found


def corrections(actor: Actor, *, limit: int = 100) -> list[Correction]:
    """Corrections in force, the latest first."""
    seen = seen_by(actor).values("pk")
    rows = Correction.objects.filter(ended_at=None, author__in=seen).select_related("author", "person", "made_by")
    return list(rows.order_by("-made_at", "-pk")[:limit])


def person_named(text: str) -> Person:
    """The one person with this reference, handle, address or name. Raises `InvalidInput`."""
    if text:
        plain = text.lstrip("@")
        exact = Q(ref=text.lower()) | Q(ref__endswith=f"/{plain.lower()}") | Q(email__iexact=plain)
        known = Q(identities__value_key=plain.casefold()) | Q(display_name__iexact=plain) | Q(name__iexact=plain)
        found = list(Person.objects.filter(exact | known).distinct()[:2])
        if len(found) == 1:
            return found[0]
        what = f"{text!r} is {'nobody here' if not found else 'the name of several people'}."
    else:
        what = "Name the person."
    raise InvalidInput(what, "A handle or an e-mail address names one person.", {"person": what})

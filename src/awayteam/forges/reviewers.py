"""Who is asked for a review on the forge: people whose word is lacking, who are there, and have an account."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from awayteam.forges import accounts, registry
from awayteam.forges.models import ForgeChange
from awayteam.gate.models import Change, ChangeReview
from awayteam.gate.verdict import Verdict
from awayteam.kernel import rulebook
from awayteam.organisation.models import Confidence, Identity, Membership, Person
from awayteam.organisation.queries import dated
from awayteam.reviews.models import Absence

MOST = 500
"""People of a team that are considered, and open changes from which it is counted who has how much to do."""


class Candidate(NamedTuple):
    """Somebody who could be asked. `first`: named by the verdict (contact, deputy), before others of the team."""

    person: int
    first: bool
    place: int
    open_reviews: int


def chosen(candidates: Sequence[Candidate], most: int) -> list[int]:
    """Those who are asked: the named before others, whoever has least open reviews first. Pure."""
    order = sorted(candidates, key=lambda one: (not one.first, one.open_reviews, one.place, one.person))
    return list(dict.fromkeys(one.person for one in order))[:most]


def wanted(row: ForgeChange, verdict: Verdict, now: datetime) -> list[str]:
    """Ids of the accounts to be asked about a change now; those that were asked already are left out.

    Nobody is asked who wrote in it, is a program, has left, is absent today, or said something at this head.
    """
    most = rulebook.current().forges.reviewers_max
    if not verdict.needs or not most:
        return []
    people = _people(verdict, now)
    barred = _barred(row, list(people), now)
    known = accounts.accounts_of(row.repository.forge, [one for one in people if one not in barred])
    asked = set(row.asked_reviewers)
    still = sum(known[person].external_id in asked for person in known)
    busy = _open_reviews(row)
    able = [
        Candidate(person, first, place, busy[known[person].external_id])
        for place, (person, first) in enumerate(people.items())
        if person in known and known[person].external_id not in asked
    ]
    return [known[person].external_id for person in chosen(able, max(most - still, 0))]


def strangers(row: ForgeChange, verdict: Verdict, asked: Sequence[str], now: datetime) -> list[str]:
    """Confirmed handles of people who could be asked as well, but whose accounts were never heard of: the forge is
    asked for them. As many as are still wanted beside `asked`."""
    provider = registry.kind(row.repository.forge.kind).identity_provider
    missing = rulebook.current().forges.reviewers_max - len({*asked, *row.asked_reviewers})
    if not verdict.needs or not provider or missing <= 0:
        return []
    people = _people(verdict, now)
    barred = _barred(row, list(people), now)
    known = accounts.accounts_of(row.repository.forge, list(people))
    able = [one for one in people if one not in barred and one not in known]
    rows = Identity.objects.filter(person__in=able, provider=provider, confidence=Confidence.CONFIRMED)
    handles = dict(rows.order_by("-pk").values_list("person_id", "value"))
    return [handles[one] for one in able if one in handles][:missing]


def _people(verdict: Verdict, now: datetime) -> dict[int, bool]:
    """Those whose word is lacking, in the order of the verdict, and whether it names them; three statements."""
    needs = verdict.needs
    refs = list(dict.fromkeys(ref for need in needs for ref in need.people))
    by_ref = dict(Person.objects.filter(ref__in=refs).values_list("ref", "pk"))
    named = {by_ref[ref]: True for ref in refs if ref in by_ref}
    teams = {ref for need in needs for ref in need.teams}
    rows = Membership.objects.filter(dated(now), team__ref__in=teams).order_by("person_id")
    others = rows.values_list("person_id", flat=True).distinct()[:MOST]
    return {**named, **{one: False for one in others if one not in named}}


def _barred(row: ForgeChange, people: list[int], now: datetime) -> set[int]:
    """Authors, those who left or are absent, and those who said something at this head."""
    change = Change.objects.filter(pk=row.change_id or 0).first()
    if change is None:
        return set()
    hands = [str(one.get("person", "")) for one in change.hands]
    gone = Q(left_at__lte=now) | Q(ref__in=[ref for ref in hands if ref]) | Q(pk=change.author_id)
    found = set(Person.objects.filter(gone, pk__in=people).values_list("pk", flat=True))
    today = now.date()
    found |= set(
        Absence.objects.filter(person__in=people, starts_on__lte=today, ends_on__gte=today)
        .values_list("person_id", flat=True)
    )  # fmt: skip
    said = ChangeReview.objects.filter(change=change, commit=change.head, person__in=people)
    return found | {one for one in said.values_list("person_id", flat=True) if one is not None}


def _open_reviews(row: ForgeChange) -> Counter[str]:
    """How many open changes of the same forge each account was asked about."""
    rows = ForgeChange.objects.filter(repository__forge=row.repository.forge_id, stand="open").exclude(pk=row.pk)
    lists = rows.exclude(asked_reviewers=[]).order_by("-pk").values_list("asked_reviewers", flat=True)[:MOST]
    return Counter(one for each in lists for one in each)

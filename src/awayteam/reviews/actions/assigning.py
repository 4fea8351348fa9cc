"""Who reviews: the choice that Awayteam makes, one by a keeper of the pool, and what follows a refusal or silence."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict
from awayteam.organisation.models import Person, Team
from awayteam.reviews import assignment, chain, pool
from awayteam.reviews.assignment import FIRM, Choice
from awayteam.reviews.machine import State, Verb
from awayteam.reviews.models import Review
from awayteam.reviews.plots import REVIEW
from awayteam.stories.plot import Held
from awayteam.stories.stepping import check, enter, hold, words_of

KEPT = 100
"""People passed over whom a review keeps by name; beyond, the counts by rule tell."""


def find_for(row: Review, teams: Sequence[Team], now: datetime) -> Choice:
    """The bar raiser for a review, among those who weren't asked before."""
    return pool.find(_wanted(row, teams), now)


def _wanted(row: Review, teams: Sequence[Team]) -> pool.Wanted:
    asking = {one: "Asked for it." for one in (row.requester_id,) if one is not None}
    asking[row.decider_id] = "Decides it."
    before = {int(one["person"]): str(one["why"]) for one in row.assignment.get("before", [])}
    part = dict.fromkeys(row.assignment.get("without", []), "Takes part in what is reviewed.")
    minutes = rulebook.current().reviews.review_minutes
    return pool.Wanted(row.field, teams, asking, {**part, **before, **asking}, minutes)


def keep_choice(row: Review, choice: Choice, *, now: datetime, by: str) -> None:
    """Write the choice into the row, with its reasons. `before` and `without` stay."""
    passed = [
        {"person": one.person, "name": one.name, "why": one.why.value, "words": one.words}
        for one in choice.passed_over[:KEPT]
    ]
    row.bar_raiser = Person.objects.select_related("primary_team").get(pk=choice.person) if choice.person else None
    row.assigned_at = now if choice.person else None
    row.draft = {}
    row.assignment = {
        **{key: row.assignment[key] for key in ("before", "without") if row.assignment.get(key)},
        "at": now.isoformat(), "by": by, "person": choice.person, "name": choice.name, "reasons": list(choice.reasons),
        "passed_over": passed, "counts": {why.value: number for why, number in choice.counts.items()},
    }  # fmt: skip


def set_aside(row: Review, why: str) -> None:
    """Remember that the present bar raiser was asked, so that they aren't asked again."""
    if row.bar_raiser is None:
        return
    before: list[Mapping[str, Any]] = list(row.assignment.get("before", []))
    one = {"person": row.bar_raiser_id, "name": str(row.bar_raiser), "why": why}
    row.assignment = {**row.assignment, "before": [*before, one]}


def pass_on(held: Held[Review], verb: Verb, *, words: str, why: str) -> None:
    """Assign somebody else, or ask the keepers where nobody can; `why` is kept of whoever had it."""
    row = held.row
    set_aside(row, why)
    choice = find_for(row, list(row.teams.all()), held.now)
    keep_choice(row, choice, now=held.now, by="Awayteam")
    state = State.UNASSIGNED if choice.person is None else State.ASSIGNED
    asked = chain.keepers((row.requester_id, row.decider_id), held.now) if choice.person is None else []
    text = (
        f"{row.title}: {choice.name} reviews it now. {words}" if choice.person else f"{row.title}: {choice.reasons[0]}"
    )
    enter(held, verb, state, words=words, data={"bar_raiser": choice.name}, text=text, persons=asked)


def assign(
    review: Review | int, *, person: Person | None = None, words: str = "", actor: Actor, now: datetime,
    version: int | None = None,
) -> Review:  # fmt: skip
    """A keeper of the pool assigns `person`, or lets Awayteam choose again (None).

    Nobody lifts the rules of independence, training and term; a full load and an absence the keeper may overrule.
    Raises `NotFound`, `NotAllowed`, `Conflict` with the rule that forbids it.
    """
    with transaction.atomic():
        held = hold(REVIEW, review, actor=actor, now=now, version=version)
        check(held, Verb.ASSIGN)
        row = held.row
        if row.bar_raiser_id is not None and (person is None or person.pk != row.bar_raiser_id):
            set_aside(row, f"Was relieved by {actor.label}.")
        teams = list(row.teams.all())
        choice = find_for(row, teams, now) if person is None else _named(row, teams, person, actor, now)
        if choice.person is None:
            raise Conflict(choice.reasons[0], "Put somebody into the pool, or wait until somebody is free.")
        keep_choice(row, choice, now=now, by=actor.label)
        text = f"{choice.name} reviews {row.title}."
        enter(held, Verb.ASSIGN, State.ASSIGNED, words=words.strip(), data={"bar_raiser": choice.name}, text=text)
    return row


def _named(row: Review, teams: Sequence[Team], person: Person, actor: Actor, now: datetime) -> Choice:
    need, candidates = pool.load(_wanted(row, teams), now)
    one = next((each for each in candidates if each.person == person.pk), None)
    if one is None:
        raise Conflict(f"{person} isn't in the pool of {row.field}.", "Put them into the pool first.")
    found = assignment.obstacle(one, need)
    if found is not None and found[0] in FIRM:
        raise Conflict(f"{person} can't review this: {found[1]}", "Name somebody independent.")
    note = (f"Although: {found[1]}",) if found else ()
    return Choice(one.person, one.name, (f"Named by {actor.label}, and independent.", *note), ())


def decline(
    review: Review | int, *, words: str, actor: Actor, now: datetime, version: int | None = None
) -> Review:  # fmt: skip
    """The bar raiser can't, and says why; somebody else is assigned. Possible once in each review (rulebook).

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput`.
    """
    words = words_of(words)
    with transaction.atomic():
        held = hold(REVIEW, review, actor=actor, now=now, version=version)
        check(held, Verb.DECLINE)
        held.row.declined += 1
        pass_on(held, Verb.DECLINE, words=words, why=f"Declined: {words[:300]}")
    return held.row

"""What happens next with an engagement: whose turn it is, what is missing and from whom, and who may do what."""

from collections.abc import Iterable
from dataclasses import dataclass

from awayteam.engagements.machine import FINAL, State, Verb
from awayteam.engagements.models import Engagement
from awayteam.engagements.words import AFTER_CLOCK, TODO_WORDS, VERB_WORDS
from awayteam.kernel.clockface import ClockFace, describe
from awayteam.requests.queries.rows import Link, person_link, team_link
from awayteam.stories.plot import Held
from awayteam.stories.stepping import Offer, offers

BY_ITSELF = frozenset({Verb.ACCEPT, Verb.AMEND, Verb.EXPIRE})
"""What follows from another thing (the handover, an amendment, the clock): nobody has a button for it here."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be done with an engagement in its state. `why_not` is "" where the reader may do it now.

    `says` is what it does, in one sentence; `party` whose it is to do; `because` why the reader may.
    """

    verb: str
    words: str
    party: str
    says: str
    why_not: str
    because: str = ""

    @property
    def allowed(self) -> bool:
        return not self.why_not


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is. `person` is None where it is anybody's of `team`; `then` is what follows when the clock runs
    out."""

    person: Link | None
    team: Link | None
    mine: bool
    todo: str
    face: ClockFace | None
    then: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that isn't there yet: `what`, `whose` it is to bring ("" where the draft's), and where it is said: a
    step of the set-up for a draft, else a part of the page."""

    what: str
    whose: str
    anchor: str = ""


def turn(held: Held[Engagement]) -> Turn | None:
    """Whose turn it is; None in a final state."""
    row, actor = held.row, held.actor
    state = State(row.state)
    if state in FINAL:
        return None
    person = row.turn_person
    mine = person is not None and person.pk == actor.person_id
    mine = mine or (person is None and row.turn_team_id in actor.teams)
    return Turn(
        person=person_link(person) if person else None,
        team=team_link(row.turn_team) if row.turn_team else None,
        mine=mine,
        todo=TODO_WORDS[state],
        face=describe(row.clock, held.now) if row.clock else None,
        then=AFTER_CLOCK[state],
    )


def options(held: Held[Engagement]) -> list[Option]:
    """Everything that people can do with the engagement as it stands, with who may not and why."""
    if State(held.row.state) in FINAL:
        return []
    return [_option(one) for one in _once(offers(held)) if one.verb not in BY_ITSELF]


def _once(found: Iterable[Offer]) -> list[Offer]:
    """One for each verb."""
    by_verb: dict[str, Offer] = {}
    for one in found:
        by_verb.setdefault(one.verb, one)
    return list(by_verb.values())


def _option(offer: Offer) -> Option:
    reason = offer.why_not or ("" if offer.decision.allowed else offer.decision.reason)
    return Option(
        verb=offer.verb.value,
        words=VERB_WORDS[offer.verb],
        party=" or ".join(party for party in offer.transition.by if party != "the clock"),
        says=offer.transition.says,
        why_not=reason,
        because="" if reason else offer.decision.reason,
    )

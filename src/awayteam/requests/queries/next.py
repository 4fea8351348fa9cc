"""What happens next with a request: whose turn it is, what follows when the clock runs out, and who may do what."""

from dataclasses import dataclass

from awayteam.kernel.clockface import ClockFace, describe
from awayteam.kernel.permissions import Decision
from awayteam.requests import permissions, rules
from awayteam.requests.machine import ASKING_TURN, FINAL, HOME_TURN, MANAGER_TURN, Party, State, Verb
from awayteam.requests.models import Request
from awayteam.requests.permissions import Standing
from awayteam.requests.queries.rows import Link, person_link, team_link
from awayteam.requests.stepping import facts_of, limits
from awayteam.requests.words import TODO_WORDS, VERB_WORDS


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be done with a request in its state. `why_not` is "" where the reader may do it now.

    `verb` is one of the machine's, or "join", "revise", "reassign", "note-time", which leave the state as it is.
    `because` says why the reader may; `says` what it does, in one sentence; `party` whose it is to do.
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
    """Whose turn it is. `person` is None where it is anybody's of `team`; `why` says why theirs; `then` what follows
    when the clock runs out."""

    person: Link | None
    team: Link | None
    mine: bool
    todo: str
    why: str
    face: ClockFace | None
    then: str


def turn(request: Request, standing: Standing) -> Turn | None:
    """Whose turn it is; None in a final state. Reads who may act for the home team or the unit: a few statements."""
    state = State(request.state)
    if state in FINAL:
        return None
    actor, person = standing.actor, request.turn_person
    mine = person is not None and person.pk == actor.person_id
    mine = mine or (person is None and request.turn_team_id in actor.teams)
    return Turn(
        person=person_link(person) if person else None,
        team=team_link(request.turn_team) if request.turn_team else None,
        mine=mine,
        todo=TODO_WORDS[state],
        why=_why(state, request, standing),
        face=describe(request.clock, standing.now) if request.clock else None,
        then=after_clock(request, standing),
    )


def _why(state: State, request: Request, standing: Standing) -> str:
    if state in ASKING_TURN:
        return "They ask in this request."
    if state in MANAGER_TURN:
        return f"They manage {request.level}, the lowest unit above both teams." if request.level else ""
    chosen = standing.home if state in HOME_TURN else standing.offered
    return chosen.because if request.turn_person_id in chosen.persons else ""


def after_clock(request: Request, standing: Standing) -> str:
    """What the clock's end does with this very request, as a sentence."""
    state, home = State(request.state), request.home_team
    at_top = state in MANAGER_TURN and _is_top(request, standing)
    target = rules.target(facts_of(request, at_top=at_top), Verb.EXPIRE, limits())
    if state is State.ASKED:
        lost = "It has lost the right to refuse an away team already" if request.lost_refusal_at else ""
        return f"{lost or f'{home} can’t refuse an away team any more'}; the askers choose what now."
    if state is State.ACCEPTED:
        return f"The promise is broken: {home} can’t refuse an away team any more, and the askers choose what now."
    if state is State.OFFERED and target is State.ASKED:
        return f"It goes back to {home}, with the time that was left."
    if state is State.ARBITRATION and target is State.ASKED:
        return f"It stays with {home}, and can’t be moved again."
    if state is State.ESCALATED and target is State.DECLINED:
        return "The refusal stands, and it can’t be escalated again."
    if state is State.OVERDUE and target is State.ASKED:
        return f"{home} is asked again, with a whole clock."
    return AFTER[state, target]


def _is_top(request: Request, standing: Standing) -> bool:
    return request.level_id is None or standing.manager_after(request.level_id).unit is None


AFTER: dict[tuple[State, State], str] = {
    (State.NEEDS_INFORMATION, State.LAPSED): "It lapses: nobody answered what the home team needs to know.",
    (State.OFFERED, State.ARBITRATION): "A manager above both teams says whose it is: it was moved too often.",
    (State.ARBITRATION, State.ARBITRATION): "The manager of the next unit above says whose it is.",
    (State.ESCALATED, State.ESCALATED): "The manager of the next unit above decides.",
    (State.OVERDUE, State.LAPSED): "It lapses: the home team was asked again and again, and nobody chose.",
    (State.DECLINED, State.DROPPED): "It is dropped: the askers left it at that.",
    (State.AWAY_WELCOME, State.DROPPED): "It is dropped: nobody came.",
    (State.AWAY, State.OVERDUE): "The away team’s time is over: that counts as tried, and the askers choose what now.",
    (State.DELIVERED, State.DONE): "It is done: nobody disputed it.",
}


def options(request: Request, standing: Standing) -> list[Option]:
    """Everything that can be done with the request as it stands, with who may not and why; the order of the table."""
    found = []
    for one in rules.options(facts_of(request)):
        party, decision = permissions.can_as(standing, one.verb)
        found.append(_option(one.verb, VERB_WORDS[one.verb], party, one.says, one.why_not, decision))
    if request.state in FINAL:
        return found
    return [*found, *_besides(request, standing)]


def _option(verb: str, words: str, party: Party, says: str, why_not: str, decision: Decision) -> Option:
    reason = why_not or ("" if decision.allowed else decision.reason)
    return Option(verb, words, party.value, says, reason, "" if reason else decision.reason)


def _besides(request: Request, standing: Standing) -> list[Option]:
    """What leaves the state as it is: asking for it too, changing what is asked, giving the turn, counting time."""
    asking, home = standing.of(Party.ASKING), standing.of(Party.HOME)
    rows = [
        ("join", "I need this too", Party.ASKING, "Your team's value is added, and it is named.", *_join(standing)),
        ("revise", "Change what is asked", Party.ASKING, "Title, need, or what it is worth to your team.", "", asking),
    ]
    state = State(request.state)
    if state in HOME_TURN or state is State.OFFERED:
        side = Party.HOME if state in HOME_TURN else Party.OFFERED
        says = "Somebody else of those who may decide has the turn; the clock runs on."
        rows.append(("reassign", "Give the turn to a colleague", side, says, "", standing.of(side)))
    if state in MANAGER_TURN:
        manager = standing.of(Party.MANAGER)
        may = next((one for one in (manager, home, asking) if one), manager)
        says = "Management time is scarce, so it is counted."
        rows.append(("note-time", "Count time spent", Party.MANAGER, says, "", may))
    return [_option(*row) for row in rows]


def _join(standing: Standing) -> tuple[str, Decision]:
    actor = standing.actor
    may = Decision(True, "You belong to a team that could ask.", "member")
    if not actor.may_write or actor.person_id is None:
        return "Only people of the organisation ask, and with the right to write.", may
    if joining_teams(standing):
        return "", may
    if actor.teams & standing.asking_teams:
        return "Your team asks for this already; change its value instead.", may
    return "You belong to no team that could ask for this.", may


def joining_teams(standing: Standing) -> set[int]:
    """Ids of the actor's teams that could ask for the same: not the home team, and not asking already."""
    return set(standing.actor.teams) - standing.asking_teams - {standing.request.home_team_id}

"""The rules of engagements as pure functions: what a contract lacks, where dates lead, how a time-box grows."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from awayteam.engagements.machine import MACHINE, State, Verb
from awayteam.requests import machine as requests

LONGEST_TITLE = 200
LONGEST_LINE = 1_000
MOST_LINES = 200


class EndReason(StrEnum):
    """Why an engagement was declined or withdrawn. The list is fixed, so that it can be counted; words go with each."""

    NO_TIME = "no-time"
    NO_PEOPLE = "no-people"
    DIFFERENT_GOAL = "different-goal"
    TERMS = "terms-not-acceptable"
    UNSAFE = "unsafe"
    NOT_NEEDED = "not-needed-any-more"
    DONE_OTHERWISE = "done-otherwise"
    BLOCKED = "blocked"
    REORGANISED = "reorganised"


END_WORDS: dict[EndReason, str] = {
    EndReason.NO_TIME: "No time for it now",
    EndReason.NO_PEOPLE: "The people aren't there",
    EndReason.DIFFERENT_GOAL: "The goal isn't shared",
    EndReason.TERMS: "The terms aren't acceptable",
    EndReason.UNSAFE: "It would make the service unsafe",
    EndReason.NOT_NEEDED: "Nobody needs it any more",
    EndReason.DONE_OTHERWISE: "It was done another way",
    EndReason.BLOCKED: "It can't go on",
    EndReason.REORGANISED: "The organisation changed",
}


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """What the rules need to know of a draft. People and lists count as given where they are; `home_people` is how many
    the home team has, `today` the day where the away team is."""

    title: str
    goal: str
    has_decider: bool
    has_contact: bool
    has_deputy: bool
    has_lead: bool
    has_manager: bool
    scopes: int
    members: int
    done_lines: int
    starts_on: date | None
    ends_on: date | None
    working_days: int | None
    review_mode: str
    pledged_hours: int
    home_people: int
    today: date


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing without which nobody can sign: its field, and what to do, as a sentence."""

    field: str
    what: str


def lacks(draft: DraftFacts) -> list[Lack]:
    """Everything that a contract needs and this draft lacks, in the order of the set-up. Empty: it can be signed."""
    needed = (
        ("title", bool(draft.title.strip()), "Give it a title."),
        ("goal", bool(draft.goal.strip()), "Say what will be different."),
        ("home_decider", draft.has_decider, "Name the home decider of record, who signs the design before the code."),
        ("home_contact", draft.has_contact, "Name who answers questions for the home team."),
        ("away_lead", draft.has_lead, "Name who leads the away team."),
        ("manager", draft.has_manager, "Name the one accountable manager."),
        ("scope", draft.scopes > 0, "Name the repositories and paths that may be changed."),
        ("members", draft.members > 0, "Name who comes."),
        ("working_days", bool(draft.working_days), "Say how many working days of one person are planned."),
        ("done_means", draft.done_lines > 0, "Say what done means; each line is a line of the handover."),
    )
    found = [Lack(name, what) for name, given, what in needed if not given]
    return found + _dates(draft) + _review(draft)


def _dates(draft: DraftFacts) -> list[Lack]:
    found = []
    if draft.starts_on is None:
        found.append(Lack("starts_on", "Name the first day."))
    if draft.ends_on is None:
        found.append(Lack("ends_on", "Name the last day of the time-box."))
    elif draft.ends_on < draft.today:
        found.append(Lack("ends_on", "The last day is past; name a later one."))
    elif draft.starts_on is not None and draft.ends_on < draft.starts_on:
        found.append(Lack("ends_on", "The last day is before the first."))
    return found


def _review(draft: DraftFacts) -> list[Lack]:
    """A host who owes nothing reviews the architecture alone (specs/engagements.md)."""
    if draft.pledged_hours == 0 and draft.review_mode == "every-change":
        return [Lack("pledged_hours", "Without pledged hours the home team can't review every change: choose the "
                     "architecture or bar raisers, or pledge hours.")]  # fmt: skip
    if draft.pledged_hours > 0 and not draft.has_deputy and draft.home_people > 1:
        return [Lack("home_deputy", "Name who answers when the contact is away.")]
    return []


def after_signing(starts_on: date, today: date) -> State:
    """Where the second signature leads: work begins at once on or after the first day."""
    return State.ACTIVE if starts_on <= today else State.AGREED


def after_amendment(state: State, starts_on: date, today: date) -> State:
    """Where an amendment in force leads; only an agreed engagement whose first day has come begins by it."""
    return after_signing(starts_on, today) if state is State.AGREED else state


def after_acceptance(in_production: bool) -> State:
    """Where an accepted handover leads: the warranty runs from production."""
    return State.WARRANTY if in_production else State.PRODUCTION


def why_not(state: State, verb: Verb) -> str:
    """Why an engagement's state forbids `verb`, as a sentence; "" where it doesn't."""
    if MACHINE.find(state, verb) is not None:
        return ""
    if state in MACHINE.terminal:
        return f"This engagement is {state.value}; nothing more happens with it."
    return f"An engagement that is {state.value.replace('-', ' ')} doesn't allow this."


def why_not_pause(until: date, today: date, most_days: int) -> str:
    """Why a pause can't last until `until`; "" where it can."""
    if until <= today:
        return "Name a day to come: on that day work goes on."
    if (until - today).days > most_days:
        return f"A pause lasts at most {most_days} days; withdraw, or amend the contract."
    return ""


def why_not_start(starts_on: date, today: date, early_days: int) -> str:
    """Why work can't begin today, before its first day; "" where it can."""
    ahead = (starts_on - today).days
    if ahead > early_days:
        return f"It begins on {starts_on}; at most {early_days} days before that it may begin early."
    return ""


WITHIN = frozenset({Verb.PAUSE, Verb.START, Verb.WORK_ON})
"""What lets work go on, and so can't be done once the time-box is over. A pause gives back its own working days."""


def why_not_past(verb: Verb, ends_on: date, today: date) -> str:
    """Why `verb` can't be done after the last day of the time-box; "" where it can."""
    if ends_on >= today:
        return ""
    if verb is Verb.SIGN:
        return f"The time-box of this text ended on {ends_on}; take it back, and name a later day."
    if verb in WITHIN:
        return f"The time-box ended on {ends_on}; move its last day by an amendment first."
    return ""


def request_over(state: requests.State, since: datetime, *, opened: datetime, accepted: bool) -> bool:
    """Whether a visit that was opened at `opened` outlives the request that it serves, in `state` since `since`.

    A request that was declined before the visit was opened is one of those that a visit may serve; one whose handover
    was accepted has ended as it should.
    """
    if accepted:
        return False
    return state in requests.FINAL or (state is requests.State.DECLINED and since > opened)

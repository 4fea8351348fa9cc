"""Looking at a duplicate again: both teams answer, a manager decides where they differ, and it ends."""

from datetime import datetime

from django.db import transaction

from awayteam.duplicates import moving, rules, sides
from awayteam.duplicates.machine import Party, State, Verb
from awayteam.duplicates.models import Answer, Duplicate
from awayteam.duplicates.permissions import can, sides_of, visible
from awayteam.duplicates.rules import CHOICE_WORDS, Choice, Facts, GivesWay, Outcome, Said
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.organisation.rules import require_reason


def look_again(
    duplicate: Duplicate, *, actor: Actor, now: datetime, reason: str, version: int | None = None
) -> Duplicate:
    """Ask both teams before the date has come. Raises `NotAllowed`, `Conflict`."""
    require_reason(reason)
    with transaction.atomic():
        row = _open(duplicate, Verb.LOOK_AGAIN, actor, now, version)
        text = f"Both teams are asked about {row.title!r}: converge, keep, or retire."
        name = EventName.DUPLICATE_ASKED
        moving.move(row, State.REVIEW, name, actor=actor, now=now, text=text, reason=reason)
    return row


def answer(
    duplicate: Duplicate,
    said: Said,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    side: Party | None = None,
    version: int | None = None,
) -> Duplicate:
    """Answer for one side: converge, keep with a reason, or retire. The second answer decides.

    `side` is needed only of people who belong to both teams, and of administrators. Raises `NotAllowed`,
    `InvalidInput`, `Conflict` (nobody is asked, or the side has answered).
    """
    with transaction.atomic():
        row = _open(duplicate, Verb.ANSWER, actor, now, version, side)
        _check(row, said, now, reason)
        party = side or _side(actor, row)
        can(actor, Verb.ANSWER, row, now, side=party).require()
        if party not in moving.silent(row):
            raise Conflict(f"The {party} has answered already.", "Wait for the other one, or for the manager.")
        _note(row, party, said, actor, now, reason)
        _follow(row, actor=actor, now=now, party=party, reason=reason)
    return row


def _side(actor: Actor, row: Duplicate) -> Party:
    mine = sides_of(actor, row)
    if len(mine) == 1:
        return mine[0]
    waiting = [party for party in moving.silent(row) if party in mine or not mine]
    if len(waiting) == 1:
        return waiting[0]
    what = "Say for which side you answer."
    raise InvalidInput(what, "Own is the team that builds its own, home the other.", {"side": "own or home"})


def _note(row: Duplicate, party: Party, said: Said, actor: Actor, now: datetime, reason: str) -> None:
    Answer.objects.create(
        duplicate=row, review=row.review, party=party.value, choice=said.choice.value,
        gives_way=said.gives_way.value if said.gives_way else "", on=said.on, reason=reason.strip(),
        person_id=actor.person_id, label=actor.label[:200], at=now,
    )  # fmt: skip


def _follow(row: Duplicate, *, actor: Actor, now: datetime, party: Party, reason: str) -> None:
    """What the answers so far lead to."""
    answers = {one.party: one for one in row.answers.filter(review=row.review)}
    own, home = (_said(answers.get(one.value)) for one in (Party.OWN, Party.HOME))
    outcome = rules.answered(facts(row), own, home)
    latest = answers[party.value]
    data = {"party": party.value, "choice": latest.choice, "on": latest.on.isoformat()}
    name = EventName.DUPLICATE_ANSWERED
    if outcome.state is State.REVIEW:
        _wait(row, party, data, actor=actor, now=now, reason=reason)
        return
    if outcome.state is State.ARBITRATION:
        level = sides.level(row, now)
        text = f"The teams differ about {row.title!r}; a manager decides."
        moving.move(row, outcome.state, name, actor=actor, now=now, text=text, reason=reason, data=data, level=level)
        return
    text = _agreed(row, outcome)
    moving.move(row, outcome.state, name, actor=actor, now=now, text=text, reason=reason, data=data, said=outcome.said)


def _wait(row: Duplicate, party: Party, data: dict[str, str], *, actor: Actor, now: datetime, reason: str) -> None:
    """One side has answered; the clock of the other goes on."""
    moving.stop_clocks(row, actor=actor, now=now, party=party)
    row.version, row.changed_at = row.version + 1, now
    row.save(update_fields=["version", "changed_at"])
    name = EventName.DUPLICATE_ANSWERED
    events.append(name, subject=moving.subject(row), actor=actor, now=now, reason=reason, data=data)
    other = row.home_team_id if party is Party.OWN else row.team_id
    team = row.team if party is Party.OWN else row.home_team
    text = f"{team} would {CHOICE_WORDS[Choice(data['choice'])]} ({row.title}); now it is your word."
    teams = [other] if other is not None else []
    moving.tell(row, name, text, teams=teams, actor=actor, now=now, key=str(row.version))


def _agreed(row: Duplicate, outcome: Outcome) -> str:
    assert outcome.said is not None
    by = f"{outcome.said.on:%-d %B %Y}"
    if outcome.state is State.KEPT:
        return f"{row.title!r} is kept; both teams look again on {by}."
    if outcome.state is State.RETIRING:
        return f"{row.team} retires its own build by {by} ({row.title})."
    gone = row.team if outcome.said.gives_way is GivesWay.OWN else row.home_team
    return f"Both converge by {by}: what {gone} has gives way ({row.title})."


def settle(
    duplicate: Duplicate, said: Said, *, actor: Actor, now: datetime, reason: str, version: int | None = None
) -> Duplicate:
    """Decide between two teams that differ or were silent. Raises `NotAllowed`, `InvalidInput`, `Conflict`."""
    with transaction.atomic():
        row = _open(duplicate, Verb.SETTLE, actor, now, version)
        _check(row, said, now, reason)
        _note(row, Party.MANAGER, said, actor, now, reason)
        outcome = Outcome(rules.TARGETS[said.choice], said)
        data = {"choice": said.choice.value, "on": said.on.isoformat()}
        name = EventName.DUPLICATE_SETTLED
        moving.move(
            row, outcome.state, name, actor=actor, now=now, text=_agreed(row, outcome), reason=reason, data=data,
            said=said,
        )  # fmt: skip
    return row


def finish(duplicate: Duplicate, *, actor: Actor, now: datetime, reason: str, version: int | None = None) -> Duplicate:
    """Say that only one of the two is left: converged, or the own build is gone. Raises `NotAllowed`, `Conflict`."""
    require_reason(reason)
    with transaction.atomic():
        row = _open(duplicate, Verb.FINISH, actor, now, version)
        state = rules.finished(State(row.state))
        text = f"{row.title!r} is {rules.STATE_WORDS[state]}."
        name = EventName.DUPLICATE_FINISHED
        moving.move(row, state, name, actor=actor, now=now, text=text, reason=reason)
    return row


def withdraw(
    duplicate: Duplicate, *, actor: Actor, now: datetime, reason: str, version: int | None = None
) -> Duplicate:
    """Take back what was never built, or is no duplicate. Raises `NotAllowed`, `Conflict`."""
    require_reason(reason)
    with transaction.atomic():
        row = _open(duplicate, Verb.WITHDRAW, actor, now, version)
        text = f"{row.title!r} was taken back."
        name = EventName.DUPLICATE_WITHDRAWN
        moving.move(row, State.WITHDRAWN, name, actor=actor, now=now, text=text, reason=reason)
    return row


def _open(
    duplicate: Duplicate, verb: Verb, actor: Actor, now: datetime, version: int | None, side: Party | None = None
) -> Duplicate:
    """The locked row, if the actor sees it, may do this, and its state allows it."""
    if not visible(actor, Duplicate.objects.filter(pk=duplicate.pk), now).exists():
        raise NotFound("There is no such duplicate.")
    row = moving.hold(duplicate.pk, version)
    refused = rules.why_not(facts(row), verb)
    if refused:
        raise Conflict(refused, "Look at it again; it has changed meanwhile.")
    can(actor, verb, row, now, side=side).require()
    return row


def _check(row: Duplicate, said: Said, now: datetime, reason: str) -> None:
    require_reason(reason)
    days = rulebook.current().duplicates.days_max
    wrong = rules.wrong_with(said, moving.today(row.team, now), days)
    if said.gives_way is GivesWay.HOME and row.home_team_id is None:
        wrong["gives_way"] = "nobody stands for the other thing; only the own build can give way"
    if wrong:
        text = "; ".join(f"{name} {problem}" for name, problem in wrong.items())
        raise InvalidInput(f"This answer can't be used: {text}.", "Mend these.", wrong)


def _said(row: Answer | None) -> Said | None:
    if row is None:
        return None
    return Said(Choice(row.choice), row.on, GivesWay(row.gives_way) if row.gives_way else None)


def facts(row: Duplicate) -> Facts:
    return Facts(State(row.state), row.asked, row.home_team_id is not None)

"""Deciding by the scorecard, or against it in public; and writing down what was learnt."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from awayteam.experiments import rules, serving
from awayteam.experiments.machine import ENDED, Party, State, Verb
from awayteam.experiments.models import Analysis, Effect, Experiment, Working
from awayteam.experiments.permissions import as_party
from awayteam.experiments.plots import EXPERIMENT
from awayteam.experiments.rules import Outcome
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.organisation.models import Person
from awayteam.reviews.actions.checking import ahead, refuse
from awayteam.reviews.actions.deciding import enter_register
from awayteam.reviews.machine import EntryState
from awayteam.reviews.models import Kind, RegisterEntry
from awayteam.reviews.plots import ENTRY_PLOT
from awayteam.stories.plot import Held
from awayteam.stories.stepping import check, enter, hold, touch, words_of

SAID = {Outcome.SHIP: "ship", Outcome.DONT_SHIP: "don't ship", Outcome.DISCUSS: "discuss", Outcome.INVALID: "invalid"}


def decide(
    experiment: Experiment | int, *, outcome: str, words: str, arm: str = "", look_again_on: date | None = None,
    actor: Actor, now: datetime, version: int | None = None,
) -> Experiment:  # fmt: skip
    """Decide by the newest scorecard. Where that goes against the registered rule, an entry of the public register is
    written in this transaction and told to everybody above; on `look_again_on` whoever decided says what happened.

    Raises `NotFound`, `NotAllowed`, `Conflict` (no scorecard of the whole run yet), `InvalidInput`.
    """
    words = words_of(words)
    chosen = _outcome(outcome)
    on = look_again_on or now.date() + timedelta(days=rulebook.current().reviews.look_again_days)
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        check(held, Verb.DECIDE)
        row = held.row
        card = scorecard(row)
        said = card.result["recommendation"] if card.result else {}
        recommended = Outcome(said["outcome"])
        row.shipped_arm = _arm(card, chosen, arm or said["arm"])
        row.outcome, row.recommended, row.decided_at, row.silent = chosen.value, recommended.value, now, 0
        row.scorecard, row.learnt = card, words
        against = not rules.follows(chosen, recommended)
        if against:
            refuse(ahead("look_again_on", on, now.date()))
            row.entry = _enter(held, chosen, recommended, words, on)
        data = {"outcome": chosen.value, "recommended": recommended.value, "scorecard": card.pk, "override": against}
        persons = [one for one in (row.owner_id, row.decider_id) if one is not None]
        text = f"{actor.label} decided {row.title}: {SAID[chosen]}."
        enter(held, Verb.DECIDE, State.DECIDED, words=words, data=data, text=text, persons=persons, urgent=against)
        _keep_effects(row, card, now, chosen)
        serving.publish(row, actor=actor, now=now)
    return row


def scorecard(row: Experiment) -> Analysis:
    """The newest look that saw the whole run. Raises `Conflict` with what to wait for."""
    found = row.analyses.order_by("-pk").first()
    if found is None or found.state in (Working.WAITING, Working.RUNNING):
        raise Conflict("The last look at the facts isn't done yet.", "Wait for it; its progress stands on the page.")
    if found.state != Working.DONE or found.result is None:
        why = found.problem or "it was called off"
        raise Conflict(f"The last look at the facts gave no scorecard: {why}", "Mend that, and look again.")
    if row.stopped_at is not None and found.started_at is not None and found.started_at < row.stopped_at:
        raise Conflict("The newest scorecard is older than the end of the run.", "Look at the facts again.")
    return found


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError:
        what = f"must be one of {', '.join(Outcome)}"
        raise InvalidInput(f"The outcome {what}.", "Choose one.", {"outcome": what}) from None


def _arm(card: Analysis, chosen: Outcome, arm: str) -> str:
    """The arm that ships; "" for other outcomes."""
    if chosen is not Outcome.SHIP:
        return ""
    known = [one["key"] for one in (card.result or {})["arms"]]
    wanted = arm or (known[0] if len(known) == 1 else "")
    if wanted not in known:
        what = f"must be one of {', '.join(known)}"
        raise InvalidInput(f"The arm to ship {what}.", "Name it.", {"arm": what})
    return wanted


def _enter(held: Held[Experiment], chosen: Outcome, recommended: Outcome, words: str, on: date) -> RegisterEntry:
    """The entry of the register, in public and told to everybody above."""
    row, actor = held.row, held.actor
    person = Person.objects.filter(pk=actor.person_id or 0).first()
    if person is None:
        raise InvalidInput("Only people override the rule; this account is not linked to a person.", "Act as a person.")
    assert row.registration is not None
    entry = RegisterEntry(
        kind=Kind.EXPERIMENT, field="ab-testing", title=row.title, entity=row.entity, team=row.team, decider=person,
        practice=f"The rule said {SAID[recommended]}; it was decided to {SAID[chosen]}. Registered as "
        f"{row.registration.sha256[:12]}.",
        decider_label=actor.label[:200], recommendation=recommended.value, reason=words,
        data=[{"words": "The scorecard", "url": ""}], decided_at=held.now, look_again_on=on,
        state=EntryState.STANDING.value,
    )  # fmt: skip
    text = f"{actor.label} decided against the rule: {ENTRY_PLOT.label(entry)}."
    enter_register(entry, actor=actor, now=held.now, text=text)
    return entry


def _keep_effects(row: Experiment, card: Analysis, now: datetime, chosen: Outcome) -> None:
    """What was measured, for what is learnt over many experiments; nothing of a run that can't be trusted."""
    Effect.objects.filter(experiment=row).delete()
    result: Mapping[str, Any] = card.result or {}
    if result.get("blockers") or chosen is Outcome.INVALID:
        return
    made = []
    for arm in result["arms"]:
        for one in arm.get("metrics", ()):
            if None in (one["change"], one["low"], one["high"], one.get("error")):
                continue
            made.append(Effect(
                experiment=row, team=row.team, metric=one["metric"], title=one["title"], arm=arm["key"],
                role=one["role"], direction=one["direction"], change=one["change"], low=one["low"], high=one["high"],
                standard_error=one["error"], at=row.stopped_at or now,
            ))  # fmt: skip
    Effect.objects.bulk_create(made)


def learn(
    experiment: Experiment | int, *, words: str, actor: Actor, now: datetime, version: int | None = None
) -> Experiment:  # fmt: skip
    """Write down what was learnt, for everybody who searches. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        as_party(actor, held.row, Party.OWNER).require()
        if State(held.row.state) not in ENDED:
            raise Conflict(f"The experiment is {held.row.state}; it has nothing to tell yet.", "Wait until it has run.")
        before, held.row.learnt = held.row.learnt, words
        touch(held)
        changes = {"learnt": (before[:500], words[:500])}
        events.append(EventName.EXPERIMENT_LEARNT, subject=held.subject, actor=actor, now=now, changes=changes)
    return held.row

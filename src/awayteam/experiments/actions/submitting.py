"""From a draft to a registered design: the machine's checks, the hash, and whose word it needs."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from awayteam.experiments import checks
from awayteam.experiments import design as designs
from awayteam.experiments.actions.designing import copy_design, read_design
from awayteam.experiments.checks import Finding
from awayteam.experiments.design import Design
from awayteam.experiments.machine import State, Verb
from awayteam.experiments.models import Experiment, Registration
from awayteam.experiments.permissions import as_party
from awayteam.experiments.plots import EXPERIMENT
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.events import EventName
from awayteam.stories import stepping
from awayteam.stories.plot import Held
from awayteam.stories.stepping import enter, hold, touch


def check(
    experiment: Experiment | int, *, actor: Actor, now: datetime, version: int | None = None
) -> Experiment:  # fmt: skip
    """Let the machine check a draft; what it measured of the past goes into the design. It stays a draft where
    something forbids it: the findings say what.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput` (a design that isn't whole).
    """
    from awayteam.experiments.measuring.before import look

    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        stepping.check(held, Verb.CHECK)
        found, seen = read_design(held.row.design), held.row.version
    looked = look(held.row, found, now)  # reads facts, which may take long: nothing is locked meanwhile
    with transaction.atomic():
        held = hold(EXPERIMENT, held.row.pk, actor=actor, now=now, version=seen)
        stepping.check(held, Verb.CHECK)
        row = held.row
        row.findings = [asdict(one) for one in looked.findings]
        row.design = designs.plain(looked.design)
        copy_design(row, looked.design)
        if checks.forbid(looked.findings):
            touch(held)
            _tell_refused(held, looked.findings)
        else:
            enter(held, Verb.CHECK, State.CHECKED, words=_words(looked.findings))
    return row


def _tell_refused(held: Held[Experiment], found: Sequence[Finding]) -> None:
    forbidding = [one.key for one in checks.forbid(found)]
    events.append(
        EventName.EXPERIMENT_EDITED, subject=held.subject, actor=held.actor, now=held.now,
        reason="The checks found what forbids it.", data={"forbid": forbidding},
    )  # fmt: skip


def _words(found: Sequence[Finding]) -> str:
    warned = [one.words for one in found if one.level is checks.Level.WARN]
    return " ".join(warned)[:2000] or "Nothing stands against it."


def submit(
    experiment: Experiment | int, *, words: str = "", actor: Actor, now: datetime, version: int | None = None
) -> Experiment:  # fmt: skip
    """Register the design by its hash, and ask for the reviews that the rulebook wants; without any it is ready.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput` (nobody decides).
    """
    from awayteam.experiments.actions.reviewing import ask_reviews, needed

    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        stepping.check(held, Verb.SUBMIT)
        row, found = held.row, read_design(held.row.design)
        if row.decider is None:
            what = "Nobody is named who decides."
            raise InvalidInput(what, "Name the person who will decide, before anything is measured.", {"decider": what})
        row.registration = register(row, found, actor=actor, now=now, why=words.strip())
        wanted = needed(row, found)
        state = State.IN_REVIEW if wanted else State.READY
        data = {"sha256": row.registration.sha256, "reviews": [one.field for one in wanted]}
        enter(held, Verb.SUBMIT, state, words=words.strip(), data=data)
        ask_reviews(row, wanted, actor=actor, now=now)
    return row


def register(
    row: Experiment, found: Design, *, actor: Actor, now: datetime, why: str, amends: bool = False
) -> Registration:  # fmt: skip
    """Write the design down for good. The same text isn't written twice in a row."""
    text = designs.text_of(designs.plain(found))
    last = row.registrations.order_by("-number").first()
    sha = designs.hash_of(text)
    if last is not None and last.sha256 == sha:
        return last
    return Registration.objects.create(
        experiment=row, number=last.number + 1 if last else 1, text=text, sha256=sha, amends=amends, why=why,
        person_id=actor.person_id, label=actor.label[:200], at=now,
    )  # fmt: skip


def registered(row: Experiment) -> Design:
    """The design in force: the registered one, else the draft. Raises `InvalidInput` for a draft that isn't whole."""
    import json

    return read_design(json.loads(row.registration.text) if row.registration is not None else row.design)


def amend(
    experiment: Experiment | int, changes: dict[str, object], *, why: str, actor: Actor, now: datetime,
    version: int | None = None,
) -> Experiment:  # fmt: skip
    """Change what was registered while it runs, in public: a new registration that says why, shown on the scorecard.

    Only days, segments and added guardrails may change: what decides stays as it was registered. Raises `NotFound`,
    `NotAllowed`, `Conflict`, `InvalidInput`.
    """
    from awayteam.experiments.machine import Party
    from awayteam.kernel.errors import Conflict

    why = stepping.words_of(why, what="why")
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        as_party(actor, held.row, Party.OWNER).require()
        row = held.row
        if row.state != State.RUNNING:
            raise Conflict(f"The experiment is {row.state}; amendments are of those that run.", "Look at it again.")
        before = designs.plain(registered(row))
        found = read_design({**before, **changes})
        _only_allowed(before, designs.plain(found), row, now)
        row.registration = register(row, found, actor=actor, now=now, why=why, amends=True)
        row.design = designs.plain(found)
        copy_design(row, found)
        _extend(held)
        touch(held)
        parts = [name for name, _old, _new in designs.differences(before, designs.plain(found))]
        data = {"sha256": row.registration.sha256, "changed": parts}
        events.append(EventName.EXPERIMENT_AMENDED, subject=held.subject, actor=actor, now=now, reason=why, data=data)
    return row


def _only_allowed(before: dict[str, object], after: dict[str, object], row: Experiment, now: datetime) -> None:
    from datetime import timedelta

    from awayteam.kernel.errors import Conflict

    changed = {name for name, _old, _new in designs.differences(before, after)}
    if not changed:
        raise Conflict("The amendment changes nothing.", "Look at the registered design.")
    wrong = dict.fromkeys(changed - {"days", "segments", "uses"}, "was registered, and can't change while it runs")
    old, new = list(before["uses"]), list(after["uses"])  # type: ignore[call-overload]
    kept = [one for one in new if one in old]
    if "uses" in changed and (kept != old or any(one["role"] != "guardrail" for one in new if one not in old)):
        wrong["uses"] = "only guardrails may be added; metrics that were registered stay as they are"
    if "days" in changed and row.started_at and row.started_at + timedelta(days=int(str(after["days"]))) <= now:
        wrong["days"] = "would be over already; stop the experiment instead"
    if wrong:
        said = "; ".join(f"{name} {text}" for name, text in sorted(wrong.items()))
        raise InvalidInput(f"This can't be amended: {said}.", "Stop it, and design another.", wrong)


def _extend(held: Held[Experiment]) -> None:
    """The clock runs until the planned end, which may have moved."""
    from awayteam.experiments.plots import always, minutes_left
    from awayteam.kernel import clocks
    from awayteam.stories.plot import hours_of

    row = held.row
    if row.clock is None:
        return
    clocks.stop(row.clock, actor=held.actor, now=held.now, reason="The planned runtime was amended.")
    row.clock = clocks.start(
        EXPERIMENT.kind, subject=held.subject, minutes=minutes_left(row, held.now),
        calendar=always(hours_of(row.team).time_zone), actor=held.actor, now=held.now,
        turn_person_id=row.turn_person_id, turn_team_id=row.turn_team_id, data={"state": row.state},
    )  # fmt: skip
    row.due_at = row.clock.due_at

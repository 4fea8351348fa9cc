"""Designing an experiment: opening one, changing its draft, going back to the draft, giving it up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible as entity_visible
from awayteam.engagements.models import Engagement
from awayteam.experiments import design as designs
from awayteam.experiments import serving
from awayteam.experiments.design import Design
from awayteam.experiments.machine import Party, State, Verb
from awayteam.experiments.models import Experiment, FactSource
from awayteam.experiments.permissions import as_party, can_design
from awayteam.experiments.plots import EXPERIMENT
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.notifications.actions import follow_by_taking_part
from awayteam.organisation.models import Person, Team
from awayteam.requests.models import Request
from awayteam.roadmaps.models import Goal
from awayteam.stories.plot import Held
from awayteam.stories.stepping import begin, check, enter, hold, touch, words_of

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an experiment is to be. `design` is the written form (`design.plain`), which may be unfinished."""

    title: str
    team: Team
    owner: Person | None = None
    decider: Person | None = None
    design: Mapping[str, Any] = field(default_factory=dict)
    entity: Entity | None = None
    request: Request | None = None
    engagement: Engagement | None = None
    goal: Goal | None = None
    source: FactSource | None = None


def starting() -> dict[str, Any]:
    """The written form that a new design starts from: the rulebook's choices, two arms of one half each."""
    book = rulebook.current().experiments
    return {
        **designs.EMPTY, "alpha": book.alpha, "power": book.power, "horizon": book.horizon,
        "correction": book.correction, "cuped_days": book.cuped_days,
    }  # fmt: skip


def design(wanted: Wanted, *, actor: Actor, now: datetime) -> Experiment:
    """Open a draft. Raises `NotAllowed`, `NotFound` (a service that the actor may not see), `InvalidInput`."""
    can_design(actor, wanted.team).require()
    values = {**starting(), **wanted.design}
    _refuse(_wrong(wanted, values))
    _seen(wanted.entity, actor, now)
    row = Experiment(key=_key(wanted.title), team=wanted.team, state=State.DRAFT.value)
    _put(row, wanted, values)
    row.owner_id = row.owner_id or actor.person_id
    with transaction.atomic():
        begin(EXPERIMENT, row, Verb.DESIGN, actor=actor, now=now, party=Party.OWNER, words=row.hypothesis[:2000])
        for person in {one for one in (row.owner_id, row.decider_id) if one is not None}:
            follow_by_taking_part(person=person, now=now, subject=EXPERIMENT.subject(row))
    return row


def edit(
    experiment: Experiment | int, wanted: Wanted, *, actor: Actor, now: datetime, version: int | None = None
) -> Experiment:  # fmt: skip
    """Change a draft. Raises `NotFound`, `NotAllowed`, `Conflict` (no draft any more), `InvalidInput`."""
    values = {**starting(), **wanted.design}
    _refuse(_wrong(wanted, values))
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        as_party(actor, held.row, Party.OWNER).require()
        if held.row.state != State.DRAFT:
            raise Conflict(
                f"The experiment is {held.row.state}; its design is fixed.",
                "Go back to the draft first, or amend it where it runs.",
            )
        if wanted.team.pk != held.row.team_id:
            can_design(actor, wanted.team).require()
        _seen(wanted.entity, actor, now)
        before = dict(held.row.design)
        held.row.team = wanted.team
        _put(held.row, wanted, values)
        held.row.findings = []
        touch(held)
        changed = [name for name, _old, _new in designs.differences(before, held.row.design)]
        events.append(
            EventName.EXPERIMENT_EDITED, subject=held.subject, actor=actor, now=now, data={"changed": changed}
        )
    return held.row


def revise(
    experiment: Experiment | int, *, words: str, actor: Actor, now: datetime, version: int | None = None
) -> Experiment:  # fmt: skip
    """Back to the draft: checks and review begin anew. Open reviews of the old text are withdrawn.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput` (no reason).
    """
    words = words_of(words)
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        check(held, Verb.REVISE)
        back_to_draft(held, Verb.REVISE, words)
    return held.row


def back_to_draft(held: Held[Experiment], verb: Verb, words: str) -> None:
    """The design is a draft again, and what was asked about it is withdrawn."""
    from awayteam.experiments.actions.reviewing import withdraw_reviews

    held.row.findings, held.row.silent = [], 0
    held.row.registration = None
    enter(held, verb, State.DRAFT, words=words)
    withdraw_reviews(held.row, now=held.now)


def withdraw(
    experiment: Experiment | int, *, words: str, actor: Actor, now: datetime, version: int | None = None
) -> Experiment:  # fmt: skip
    """It won't be run. Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput` (no reason)."""
    from awayteam.experiments.actions.reviewing import withdraw_reviews

    words = words_of(words)
    with transaction.atomic():
        held = hold(EXPERIMENT, experiment, actor=actor, now=now, version=version)
        check(held, Verb.WITHDRAW)
        enter(held, Verb.WITHDRAW, State.WITHDRAWN, words=words)
        withdraw_reviews(held.row, now=now)
    return held.row


def read_design(values: Mapping[str, Any]) -> Design:
    """The design of a written form, whole and without problems. Raises `InvalidInput` that names each field."""
    try:
        found = designs.read(values)
    except ValueError as error:
        raise InvalidInput(f"The design can't be read: {error}.", "Mend it.", {"design": str(error)}) from error
    wrong = designs.problems(found)
    most = rulebook.current().experiments.days_max
    if found.days > most:
        wrong.append(designs.Problem("days", f"At most {most} days, by the rulebook."))
    if wrong:
        fields: dict[str, str] = {}
        for one in wrong:
            fields[one.field] = f"{fields[one.field]} {one.words}" if one.field in fields else one.words
        raise InvalidInput("The design isn't whole: " + " ".join(one.words for one in wrong), "Mend these.", fields)
    return found


def _wrong(wanted: Wanted, values: Mapping[str, Any]) -> dict[str, str]:
    wrong = {}
    title = wanted.title.strip()
    if not title or len(title) > LONGEST_TITLE or "\0" in title:
        wrong["title"] = f"from 1 to {LONGEST_TITLE} characters"
    try:
        designs.text_of(values)
        designs.read(values)
    except (ValueError, TypeError) as error:
        wrong["design"] = f"can't be read: {error}"
    for name in ("hypothesis", "layer", "surface"):
        if not isinstance(values.get(name, ""), str) or "\0" in values.get(name, ""):
            wrong[name] = "must be a text"
    return wrong


def _refuse(wrong: Mapping[str, str]) -> None:
    if wrong:
        said = "; ".join(f"{name}: {text}" for name, text in wrong.items())
        raise InvalidInput(f"This can't be used: {said}.", "Mend these.", dict(wrong))


def _seen(entity: Entity | None, actor: Actor, now: datetime) -> None:
    if entity is not None and not entity_visible(actor, Entity.objects.filter(pk=entity.pk), now).exists():
        raise NotFound(f"There is no {entity.ref}.")


def _put(row: Experiment, wanted: Wanted, values: Mapping[str, Any]) -> None:
    found = designs.read(values)
    row.title, row.design = wanted.title.strip(), designs.plain(found)
    row.owner, row.decider = wanted.owner, wanted.decider
    row.entity, row.request, row.engagement, row.goal = wanted.entity, wanted.request, wanted.engagement, wanted.goal
    row.source = wanted.source
    copy_design(row, found)


def copy_design(row: Experiment, found: Design) -> None:
    """What lists and collisions read of the design."""
    row.hypothesis, row.layer, row.surface = found.hypothesis.strip(), found.layer.strip(), found.surface.strip()
    row.days, row.traffic = min(max(found.days, 0), 32_767), min(max(found.needed_share, 0), designs.WHOLE)


def _key(title: str) -> str:
    """A key that nothing else has: of the title, with a number where that is taken. It is the salt of assignment."""
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:50] or "experiment"
    plain = plain if plain[0].isalpha() else f"e-{plain}"
    taken = set(Experiment.objects.filter(key__startswith=plain).values_list("key", flat=True))
    number, key = 1, plain
    while key in taken or not serving.is_free(key):
        number += 1
        key = f"{plain}-{number}"
    return key

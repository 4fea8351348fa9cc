"""Saying by hand what a name of the telemetry is, taking it back, and the organisation's own rules."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from awayteam.catalog.models import Entity
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.models import Person
from awayteam.usage import matching
from awayteam.usage.models import MatchRule, Name
from awayteam.usage.permissions import Verb, can, can_match

NESTED = re.compile(r"[*+}]\)*[*+{]|\([^)]*[*+][^)]*\)[*+{]|\([^)]*\|[^)]*\)[*+{]|\\[1-9]|\(\?P=")
"""Repetitions of repetitions, and references back: what takes a regular expression for ever."""


def subject_of(name: Name) -> Subject:
    return Subject("usage-name", name.pk, name.text)


def match(
    name: Name, entity: Entity | None, *, actor: Actor, now: datetime, reason: str = "", ignore: bool = False
) -> Name:
    """Say that a name is this entity; None: that it is none that is known, with `ignore` no service of ours at all.

    It stands against every rule. Raises `NotAllowed`, `InvalidInput`, `Conflict` (somebody else changed it meanwhile).
    """
    can_match(actor, name, entity, now).require()
    if entity is not None and ignore:
        raise InvalidInput("A name is an entity, or ignored.", "Leave one of them out.")
    if entity is not None and entity.kind.lower() not in {one for some in matching.KINDS.values() for one in some}:
        raise InvalidInput(f"{entity.ref} can't be called.", "Name a component or a resource.", {"entity": "not one"})
    new = {
        "entity_id": entity.pk if entity else None, "how": Name.How.HAND.value, "rule": "", "ignored": ignore,
        "reason": reason[:2000], "matched_by_id": _person(actor), "matched_by_label": actor.label[:200],
        "matched_at": now,
    }  # fmt: skip
    return _change(name, new, actor=actor, now=now, event=EventName.USAGE_NAME_MATCHED, reason=reason, entity=entity)


def unmatch(name: Name, *, actor: Actor, now: datetime, reason: str = "") -> Name:
    """Take back what was said by hand of a name; rules hold again. Raises `NotAllowed`, `Conflict`."""
    can_match(actor, name, None, now).require()
    if name.how != Name.How.HAND:
        raise Conflict(f"Nobody said by hand what {name.text} is.", "There is nothing to take back.")
    found = matching.matched(matching.Index(), name.text, name.kind, matching.rules())
    new = {
        "entity_id": found[0] if found else None, "how": (Name.How.RULE if found else Name.How.NONE).value,
        "rule": found[1] if found else "", "ignored": False, "reason": "", "matched_by_id": None,
        "matched_by_label": "", "matched_at": now,
    }  # fmt: skip
    entity = Entity.objects.filter(pk=found[0]).first() if found else None
    return _change(name, new, actor=actor, now=now, event=EventName.USAGE_NAME_UNMATCHED, reason=reason, entity=entity)


def _change(
    name: Name, new: Mapping[str, Any], *, actor: Actor, now: datetime, event: EventName, reason: str,
    entity: Entity | None,
) -> Name:  # fmt: skip
    changes = {
        "entity": (name.entity.ref if name.entity else None, entity.ref if entity else None),
        "how": (name.how, new["how"]),
        "ignored": (name.ignored, new["ignored"]),
    }
    with transaction.atomic():
        kept = Name.objects.filter(pk=name.pk, version=name.version)
        if not kept.update(**new, version=F("version") + 1):
            raise Conflict(f"{name.text} was changed meanwhile.", "Look at it again.")
        events.append(
            event, subject=subject_of(name), actor=actor, now=now, reason=reason[:2000],
            changes={field: pair for field, pair in changes.items() if pair[0] != pair[1]},
        )  # fmt: skip
    return Name.objects.select_related("entity").get(pk=name.pk)


def _person(actor: Actor) -> int | None:
    known = actor.person_id is not None and Person.objects.filter(pk=actor.person_id).exists()
    return actor.person_id if known else None


def add_rule(
    *, actor: Actor, now: datetime, name: str, kind: str, annotation: str = "", pattern: str = "",
    replacement: str = "", of: str = "", position: int = 0,
) -> MatchRule:  # fmt: skip
    """Add a rule of the organisation, and match by it at once.

    `pattern` is a regular expression for the whole of a telemetry's name, `replacement` what it becomes (`\\1` is the
    first group). Raises `NotAllowed`, `InvalidInput`, `Conflict` (the name is taken).
    """
    can(actor, Verb.RULES, None, now).require()
    _require_sound(name, kind, annotation, pattern, replacement, of)
    rule = MatchRule(
        name=name.strip(), position=position, kind=kind, annotation=annotation, pattern=pattern,
        replacement=replacement, of=of, created_at=now,
    )  # fmt: skip
    data = {"kind": kind, "annotation": annotation, "pattern": pattern, "replacement": replacement, "of": of}
    try:
        with transaction.atomic():
            rule.save()
            subject = Subject("usage-rule", rule.pk, rule.name)
            events.append(EventName.USAGE_RULE_ADDED, subject=subject, actor=actor, now=now, data=data)
            matching.match_due(now, anew=True)
    except IntegrityError as error:
        raise Conflict(f"There is a rule named {name!r} already.", "Choose another name.", {"name": "taken"}) from error
    return rule


def remove_rule(name: str, *, actor: Actor, now: datetime) -> None:
    """Remove a rule; what it matched is matched by the others. Raises `NotAllowed`, `NotFound`."""
    can(actor, Verb.RULES, None, now).require()
    rule = MatchRule.objects.filter(name=name).first()
    if rule is None:
        raise NotFound(f"There is no rule named {name[:100]!r}.", "awayteam usage rules lists them.")
    with transaction.atomic():
        subject = Subject("usage-rule", rule.pk, rule.name)
        events.append(EventName.USAGE_RULE_REMOVED, subject=subject, actor=actor, now=now)
        rule.delete()
        matching.match_due(now, anew=True)


def _require_sound(name: str, kind: str, annotation: str, pattern: str, replacement: str, of: str) -> None:
    wrong: dict[str, str] = {}
    if not name.strip() or len(name) > 100:
        wrong["name"] = "1 to 100 characters"
    if kind not in MatchRule.Kind.values:
        wrong["kind"] = f"one of {', '.join(MatchRule.Kind.values)}"
    if (kind == MatchRule.Kind.ANNOTATION) != bool(annotation) or len(annotation) > 200:
        wrong["annotation"] = "needed by rules of kind annotation, and by no others"
    if of and of not in Name.Kind.values:
        wrong["of"] = f"one of {', '.join(Name.Kind.values)}"
    if pattern:
        try:
            if len(pattern) > 300 or NESTED.search(pattern):
                raise re.error("too long, or a repetition of repetitions, which may take for ever")
            groups = re.compile(pattern).groups
            re.compile(f"{'()' * groups}").fullmatch("").expand(replacement)  # type: ignore[union-attr]
        except (re.error, IndexError, RecursionError, OverflowError) as error:
            wrong["pattern"] = str(error)
    elif replacement:
        wrong["replacement"] = "it needs a pattern"
    if wrong:
        raise InvalidInput("That is no rule.", "; ".join(f"{key}: {text}" for key, text in wrong.items()), wrong)

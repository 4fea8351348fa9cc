"""Entities that no file declares: said by people, until a source takes them over."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.catalog import rules, search
from awayteam.catalog.actions import state
from awayteam.catalog.kinds import KINDS, usual_kind
from awayteam.catalog.models import Alias, Entity, FacetCount, Presence
from awayteam.catalog.permissions import Verb, can
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.events import EventName
from awayteam.organisation.models import Person, Team
from awayteam.sources.backstage import refs
from awayteam.sources.models import Source, SourceKind

SOURCE = "Entered by hand"
DIGEST = "by-hand"
"""In place of a content hash: a source's declaration always differs from it."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a person says of a new entity; `owner` and `system` are references."""

    kind: str
    name: str
    namespace: str = "default"
    title: str = ""
    description: str = ""
    type: str = ""
    lifecycle: str = ""
    owner: str | None = None
    system: str | None = None
    tags: tuple[str, ...] = ()
    restricted: bool = False

    @property
    def ref(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}".lower()


def declare(*, actor: Actor, now: datetime, description: Description, reason: str) -> Entity:
    """Add an entity by hand. When a source declares it later, the source's word counts.

    Teams and people are declared by administrators. Raises `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    can(actor, Verb.DECLARE, None, now).require()
    if description.kind.lower() in ("group", "user") and not actor.is_administrator:
        raise NotAllowed("Teams and people are declared by administrators.", "Ask one of them.")
    _check(description, reason)
    description = replace(description, kind=_spelt(description.kind))
    with transaction.atomic():
        values: dict[str, Any] = {
            "owner": state.target(description.owner, "owner"),
            "system": state.target(description.system, "system"),
        }
        values |= {
            name: getattr(description, name) for name in ("title", "description", "type", "lifecycle", "restricted")
        }
        values["tags"] = list(dict.fromkeys(description.tags))
        entity = _place(description, now)
        _fill(entity, description, values, now, reason)
        data = {"ref": entity.ref, "source": SOURCE}
        events.append(
            EventName.ENTITY_CREATED, subject=state.subject(entity), actor=actor, now=now, reason=reason, data=data
        )
    return entity


def _spelt(kind: str) -> str:
    """The usual spelling of a kind; of one that only this organisation knows, that of the first who declared it."""
    usual = usual_kind(kind)
    if usual != kind or usual in KINDS.values():
        return usual
    known = FacetCount.objects.filter(kind__iexact=kind, entities__gt=0).exclude(presence=Presence.MISSING)
    return known.order_by("pk").values_list("kind", flat=True).first() or kind


def _check(description: Description, reason: str) -> None:
    fields = {}
    if problem := rules.wrong_reference(description.kind, description.namespace, description.name):
        fields["name"] = problem
    for name in ("title", "description", "type", "lifecycle", "tags", "owner", "system", "restricted"):
        if problem := rules.wrong(name, getattr(description, name)):
            fields[name] = problem
    if problem := rules.wrong_reason(reason):
        fields["reason"] = problem
    if fields:
        raise InvalidInput("The entity can't be declared so.", "Mend what is listed.", fields)


def _place(description: Description, now: datetime) -> Entity:
    """A row for the entity: a missing one becomes it in place, with the same id."""
    Alias.objects.filter(ref=description.ref).delete()
    found = Entity.objects.select_for_update().filter(ref=description.ref).first()
    if found is not None:
        if found.presence in (Presence.PRESENT, Presence.ORPHAN):
            raise Conflict(f"There is a {found.ref} already.", "Edit that one.", {"name": "taken"})
        return found
    entity = Entity.objects.create(
        ref=description.ref,
        kind=description.kind,
        namespace=description.namespace,
        name=description.name,
        presence=Presence.MISSING,
        sort_name=description.name.casefold(),
        first_seen_at=now,
        changed_at=now,
    )
    state.recount(None, state.key_of(entity))
    return entity


def _fill(entity: Entity, description: Description, values: dict[str, Any], now: datetime, reason: str) -> None:
    old = state.key_of(entity)
    if entity.content_hash:
        state.revise(entity, now)
    entity.kind, entity.name = description.kind, description.name
    entity.source, _ = Source.objects.get_or_create(
        kind=SourceKind.MANUAL, name=SOURCE, defaults={"location": "", "created_at": now}
    )
    entity.presence, entity.orphaned_at, entity.removed_at = Presence.PRESENT, None, None
    entity.content_hash, entity.document = DIGEST, _document(description)
    entity.changed_at = now
    _people(entity, description)
    entity.save()
    state.recount(old, state.key_of(entity))
    values = {name: value for name, value in values.items() if value not in (None, "", [], False)}
    state.put(entity, values, now=now, reason=reason)


def _people(entity: Entity, description: Description) -> None:
    kind = description.kind.lower()
    if kind == "group":
        facts = {"name": entity.name, "title": description.title, "declared": True, "type": description.type}
        entity.team, _ = Team.objects.update_or_create(ref=entity.ref, defaults=facts)
    elif kind == "user":
        facts = {"name": entity.name, "display_name": description.title, "declared": True}
        entity.person, _ = Person.objects.update_or_create(ref=entity.ref, defaults=facts)


def _document(description: Description) -> dict[str, Any]:
    metadata = {"name": description.name, "namespace": description.namespace}
    optional = {"title": description.title, "description": description.description, "tags": list(description.tags)}
    spec = {name: getattr(description, name) for name in ("type", "lifecycle", "owner", "system")}
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": description.kind,
        "metadata": {**metadata, **{name: value for name, value in optional.items() if value}},
        "spec": {name: value for name, value in spec.items() if value},
    }


def retire(*, actor: Actor, now: datetime, entity: Entity, reason: str) -> None:
    """Make something entered by hand an orphan, as it is no more. Raises `Conflict` for what a file declares."""
    _check_reason(reason)
    with transaction.atomic():
        row = state.locked(entity)
        can(actor, Verb.RETIRE, row, now).require()
        _by_hand_only(row, "Remove it from its file")
        old = state.key_of(row)
        state.revise(row, now)
        row.presence, row.orphaned_at, row.changed_at = Presence.ORPHAN, now, now
        row.save(update_fields=["presence", "orphaned_at", "changed_at"])
        state.recount(old, state.key_of(row))
        search.reindex([row.pk])
        changes = {"presence": (Presence.PRESENT.label, Presence.ORPHAN.label)}
        events.append(
            EventName.ENTITY_ORPHANED, subject=state.subject(row), actor=actor, now=now, reason=reason, changes=changes
        )


def rename(*, actor: Actor, now: datetime, entity: Entity, name: str, namespace: str = "", reason: str) -> Entity:
    """Give something entered by hand another name; its former reference keeps leading to it."""
    _check_reason(reason)
    with transaction.atomic():
        row = state.locked(entity)
        can(actor, Verb.RENAME, row, now).require()
        _by_hand_only(row, "Rename it in its file; its history and old links stay with it")
        namespace = namespace or row.namespace
        if problem := rules.wrong_reference(row.kind, namespace, name):
            raise InvalidInput(f"The new name: {problem}.", fields={"name": problem})
        old, new = row.ref, f"{row.kind}:{namespace}/{name}".lower()
        if old == new:
            raise Conflict(f"It is named {new} already.")
        if Entity.objects.filter(ref=new).exists():
            raise Conflict(f"There is a {new} already.", "Choose another name.", {"name": "taken"})
        Alias.objects.filter(ref=new).delete()
        Alias.objects.update_or_create(ref=old, defaults={"entity": row, "since": now, "reason": "renamed"})
        row.ref, row.name, row.namespace = new, name, namespace
        row.sort_name = (row.title or name).casefold()[:300]
        row.save(update_fields=["ref", "name", "namespace", "sort_name"])
        Team.objects.filter(entity=row).update(ref=new, name=name)
        Person.objects.filter(entity=row).update(ref=new, name=name)
        search.reindex([row.pk])
        changes = {"ref": (old, new)}
        events.append(
            EventName.ENTITY_RENAMED, subject=state.subject(row), actor=actor, now=now, reason=reason, changes=changes
        )
    return row


def add_alias(*, actor: Actor, now: datetime, entity: Entity, ref: str, reason: str) -> Alias:
    """Let a further reference lead to an entity. Raises `Conflict` where something else has it."""
    _check_reason(reason)
    try:
        canonical = refs.canonical(ref, entity.kind.lower())
    except refs.BadReferenceError as error:
        raise InvalidInput(f"The reference: {error}.", fields={"ref": str(error)}) from error
    with transaction.atomic():
        row = state.locked(entity)
        can(actor, Verb.RENAME, row, now).require()
        taken = Alias.objects.filter(ref=canonical).exists()
        if taken or Entity.objects.filter(ref=canonical).exists():
            raise Conflict(f"{canonical} leads somewhere already.", "Choose another reference.", {"ref": "taken"})
        alias = Alias.objects.create(ref=canonical, entity=row, since=now, reason=reason[:200])
        events.append(
            EventName.ENTITY_EDITED,
            subject=state.subject(row),
            actor=actor,
            now=now,
            reason=reason,
            data={"ref": row.ref, "alias": canonical},
        )
    return alias


def _check_reason(reason: str) -> None:
    if problem := rules.wrong_reason(reason):
        raise InvalidInput(f"The reason: {problem}.", fields={"reason": problem})


def _by_hand_only(entity: Entity, advice: str) -> None:
    if entity.source is None or entity.source.kind != SourceKind.MANUAL or entity.presence != Presence.PRESENT:
        raise Conflict(f"{entity.ref} isn't entered by hand.", f"{advice}.")

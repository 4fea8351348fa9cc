"""What can be done to many entities at once: owner, lifecycle, tags. Each row by the edit of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from awayteam.catalog import actions, queries, rules
from awayteam.catalog.models import Entity, Presence
from awayteam.catalog.permissions import Verb, can, visible
from awayteam.catalog.views.edit import OWNER_HELP, suggestions
from awayteam.catalog.views.lists import entity_filter
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.pages import PageForm, thing_address
from awayteam.lists.bulk import BulkAction, Offer, Step

KIND_OF_ROUTE = {"apis": "API", "catalog": "", "services": "Component"}
PAGE = 1_000


class OwnerForm(PageForm):
    value = forms.CharField(
        max_length=300, label="New owner", help_text=OWNER_HELP, widget=forms.TextInput(attrs={"list": "owners"})
    )


class LifecycleForm(PageForm):
    value = forms.CharField(
        max_length=rules.TEXTS["lifecycle"],
        label="Lifecycle",
        help_text="Such as production, experimental, deprecated.",
        widget=forms.TextInput(attrs={"list": "lifecycles"}),
    )


class TagForm(PageForm):
    value = forms.CharField(
        max_length=rules.MAX_NAME, label="Tag", help_text="Lower-case letters, digits, : + # and single hyphens."
    )

    def clean_value(self) -> str:
        tag = str(self.cleaned_data["value"])
        if problem := rules.wrong("tags", [tag]):
            raise forms.ValidationError(f"It {problem}.")
        return tag


class EditMany(BulkAction):
    """One fact of many entities, set by `edit_fact`; the receipt is the edit, which undo takes back."""

    field: ClassVar[str]

    def plan(self, actor: Actor, now: datetime, ids: Sequence[int]) -> list[Step]:
        rows = visible(actor, Entity.objects.filter(pk__in=ids), now).exclude(presence=Presence.REMOVED)
        found = {row.pk: row for row in rows.select_related("owner", "system")}
        return [self._step(actor, now, found[id]) for id in ids if id in found]

    def _step(self, actor: Actor, now: datetime, entity: Entity) -> Step:
        verb = Verb.TRANSFER if self.field == "owner" else Verb.EDIT
        decision = can(actor, verb, entity, now)
        refusal = "" if decision.allowed else decision.reason
        if not refusal and entity.presence == Presence.MISSING:
            refusal = "It is only named by others; declare it first."
        return Step(entity.pk, str(entity), thing_address(entity.ref), self.shown(entity), refusal)

    def shown(self, entity: Entity) -> str:
        """The present value in words."""
        value = getattr(entity, self.field)
        return ", ".join(value) if isinstance(value, list | tuple) else str(value or "")

    def wanted(self, entity: Entity, values: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """The value to set; raises `Conflict` where there is nothing to do."""
        return values["value"]

    def apply(self, actor: Actor, now: datetime, id: int, values: Mapping[str, Any], reason: str) -> Mapping[str, Any]:
        entity = Entity.objects.get(pk=id)
        value = self.wanted(entity, values)
        edit = actions.edit_fact(actor=actor, now=now, entity=entity, field=self.field, value=value, reason=reason)
        return {"edit": edit.pk}

    def undo(self, actor: Actor, now: datetime, id: int, receipt: Mapping[str, Any], reason: str) -> None:
        entity = Entity.objects.get(pk=id)
        actions.take_back(actor=actor, now=now, entity=entity, edit_id=receipt["edit"], reason=reason)


class SetOwner(EditMany):
    key, title, form, field = "owner", "Set the owner", OwnerForm, "owner"

    def words(self, values: Mapping[str, Any]) -> str:
        return f"Set the owner to {values['value']}"

    def suggestions(self) -> Mapping[str, Sequence[str]]:
        return {"owners": suggestions("owner")}


class SetLifecycle(EditMany):
    key, title, form, field = "lifecycle", "Set the lifecycle", LifecycleForm, "lifecycle"

    def words(self, values: Mapping[str, Any]) -> str:
        return f"Set the lifecycle to {values['value']}"

    def suggestions(self) -> Mapping[str, Sequence[str]]:
        return {"lifecycles": ("production", "experimental", "deprecated")}


class AddTag(EditMany):
    key, title, form, field = "add-tag", "Add a tag", TagForm, "tags"

    def words(self, values: Mapping[str, Any]) -> str:
        return f"Add the tag {values['value']}"

    def wanted(self, entity: Entity, values: Mapping[str, Any]) -> list[str]:
        if values["value"] in entity.tags:
            raise Conflict(f"{entity} has the tag already.")
        return [*entity.tags, values["value"]]


class RemoveTag(EditMany):
    key, title, form, field = "remove-tag", "Remove a tag", TagForm, "tags"

    def words(self, values: Mapping[str, Any]) -> str:
        return f"Remove the tag {values['value']}"

    def wanted(self, entity: Entity, values: Mapping[str, Any]) -> list[str]:
        if values["value"] not in entity.tags:
            raise Conflict(f"{entity} doesn't have the tag.")
        return [tag for tag in entity.tags if tag != values["value"]]


def matching(actor: Actor, route: str, query: QueryDict, most: int) -> list[int]:
    """Ids of all entities in the list at this address, at most one more than `most`. Raises `InvalidInput`."""
    if route not in KIND_OF_ROUTE or query.get("as_of"):
        raise InvalidInput("That is no list of entities as they are now.", "Go to the list, and choose there.")
    filter, cursor, ids = entity_filter(query, KIND_OF_ROUTE[route]), None, list[int]()
    while len(ids) <= most:
        page = queries.list_entities(actor, filter, cursor=cursor, limit=min(PAGE, most + 1 - len(ids)))
        ids += [row.id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    return ids


OFFER = Offer("entity", "entry", "entries", (SetOwner(), SetLifecycle(), AddTag(), RemoveTag()), matching)

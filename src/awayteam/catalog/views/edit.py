"""Changes by hand: facts, owners, and things that no file declares. Every one carries a reason."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from awayteam.catalog import actions, permissions, queries
from awayteam.catalog.actions import Description
from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import Verb
from awayteam.catalog.views.entity import frame, load
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.pages import ReasonForm, done, render, thing_address
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Team
from awayteam.sources.models import SourceKind

SUGGESTIONS = 500
EDITED = ("title", "description", "type", "lifecycle", "system", "tags", "restricted")
KINDS = ("Component", "API", "Resource", "System", "Domain", "Group", "User")
OWNER_HELP = "A team by its name (payments) or reference (group:default/payments); a person as user:default/ada."


def suggestions(kind: str) -> list[str]:
    """References for the box to choose from; in large organisations the first ones only, others can be typed."""
    if kind == "owner":
        return list(
            Team.objects.filter(dissolved_at=None, declared=True)
            .order_by("ref")
            .values_list("ref", flat=True)[:SUGGESTIONS]
        )
    return list(
        Entity.objects.filter(kind="System", presence=1).order_by("ref").values_list("ref", flat=True)[:SUGGESTIONS]
    )


class FactsForm(ReasonForm):
    title = forms.CharField(max_length=300, required=False)
    description = forms.CharField(required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}))
    type = forms.CharField(max_length=100, required=False, help_text="Such as service, website, library, openapi.")
    lifecycle = forms.CharField(
        max_length=100, required=False, help_text="Such as production, experimental, deprecated."
    )
    system = forms.CharField(max_length=300, required=False, widget=forms.TextInput(attrs={"list": "systems"}))
    tags = forms.CharField(max_length=2000, required=False, help_text="Separated by spaces or commas.")
    restricted = forms.BooleanField(
        required=False, help_text="Only the owning team, managers above it and administrators see it then."
    )
    field_order = [*EDITED, "reason"]

    def clean_tags(self) -> list[str]:
        return str(self.cleaned_data["tags"]).replace(",", " ").split()

    def clean_system(self) -> str | None:
        return str(self.cleaned_data["system"]).strip() or None


class TransferForm(ReasonForm):
    owner = forms.CharField(
        max_length=300, label="New owner", help_text=OWNER_HELP, widget=forms.TextInput(attrs={"list": "owners"})
    )
    since = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="From which day it has been so. Left empty: from now on.",
    )
    field_order = ["owner", "since", "reason"]


class DeclareForm(FactsForm):
    kind = forms.ChoiceField(choices=[(kind, kind) for kind in KINDS])
    name = forms.CharField(max_length=63, help_text="Letters, digits, - _ . such as order-history.")
    owner = forms.CharField(
        max_length=300, required=False, help_text=OWNER_HELP, widget=forms.TextInput(attrs={"list": "owners"})
    )
    field_order = ["kind", "name", "title", "owner", *EDITED[1:], "reason"]


class RenameForm(ReasonForm):
    name = forms.CharField(max_length=63)
    field_order = ["name", "reason"]


def _present(entity: Entity) -> dict[str, Any]:
    system = entity.system.ref if entity.system else None
    return {name: getattr(entity, name) for name in EDITED} | {"tags": list(entity.tags), "system": system}


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    entity = load(request, namespace, kind, name, others=True)
    if not isinstance(entity, Entity):
        return entity
    now = timezone.now()
    permissions.can(request.actor, Verb.EDIT, entity, now).require()
    present = _present(entity)
    form = FactsForm(request.POST or None, initial=present | {"tags": " ".join(present["tags"])})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        changed = [field for field in EDITED if given[field] != present[field]]
        if form.attempt(
            lambda: _edit_all(request, entity, {field: given[field] for field in changed}, given["reason"])
        ):
            return done(request, "The facts are changed.", thing_address(entity.ref))
    context = frame(request, entity, "edit") | {
        "form": form,
        "edits": queries.edits(entity),
        "systems": suggestions("system"),
        "by_hand": entity.source is not None and entity.source.kind == SourceKind.MANUAL,
        "rename_form": RenameForm(initial={"name": entity.name}, auto_id="rename_%s"),
    }
    return render(request, "catalog/edit.html", context, status=422 if form.is_bound else 200)


def _edit_all(request: Request, entity: Entity, values: dict[str, Any], reason: str) -> bool:
    """All fields or none: each is an edit of its own with its own event."""
    if not values:
        raise InvalidInput("Nothing is different.", "Change a value, or go back.")
    now = timezone.now()
    with transaction.atomic():
        for field, value in values.items():
            actions.edit_fact(actor=request.actor, now=now, entity=entity, field=field, value=value, reason=reason)
    return True


def _loaded(request: Request, namespace: str, kind: str, name: str) -> Entity:
    return queries.resolve(request.actor, f"{kind}:{namespace}/{name}", timezone.now())


@require_POST
def withdraw(request: Request, namespace: str, kind: str, name: str, field: str) -> HttpResponseBase:
    entity = _loaded(request, namespace, kind, name)
    reason = request.POST.get("reason", "").strip()
    actions.withdraw_edit(actor=request.actor, now=timezone.now(), entity=entity, field=field, reason=reason)
    return done(request, f"The source's {field} counts again.", thing_address(entity.ref))


@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    entity = load(request, namespace, kind, name, others=True)
    if not isinstance(entity, Entity):
        return entity
    now = timezone.now()
    permissions.can(request.actor, Verb.TRANSFER, entity, now).require()
    form = TransferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        since = datetime.combine(given["since"], time(), UTC) if given["since"] else None
        made = form.attempt(
            lambda: actions.transfer_ownership(
                actor=request.actor, now=now, entity=entity, owner=given["owner"], reason=given["reason"], since=since
            )
        )
        if made:
            return done(request, f"{entity} has another owner.", thing_address(entity.ref))
    context = frame(request, entity, "transfer") | {
        "form": form,
        "owners": suggestions("owner"),
        "held": queries.ownership_history(request.actor, entity, limit=10),
    }
    return render(request, "catalog/transfer.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: Request) -> HttpResponseBase:
    """Something that no file declares, said by hand; a source that declares it later takes it over."""
    now = timezone.now()
    permissions.can(request.actor, Verb.DECLARE, None, now).require()
    form = DeclareForm(request.POST or None, initial={"kind": "Component", "lifecycle": "production"})
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        reason = given.pop("reason")
        described = Description(**given | {"tags": tuple(given["tags"]), "owner": given["owner"].strip() or None})
        made = form.attempt(lambda: actions.declare(actor=request.actor, now=now, description=described, reason=reason))
        if made:
            return done(request, f"{made} is in the catalog.", thing_address(made.ref))
    context = {"form": form, "owners": suggestions("owner"), "systems": suggestions("system")}
    return render(request, "catalog/declare.html", context, status=422 if form.is_bound else 200)


@require_POST
def rename(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    entity = _loaded(request, namespace, kind, name)
    form = RenameForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("A new name and a reason are needed.", "Go back and fill in both.")
    given = form.cleaned_data
    row = actions.rename(
        actor=request.actor, now=timezone.now(), entity=entity, name=given["name"], reason=given["reason"]
    )
    return done(request, f"It is called {row.name} now; the old link leads here too.", thing_address(row.ref))


@require_POST
def retire(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    entity = _loaded(request, namespace, kind, name)
    reason = request.POST.get("reason", "").strip()
    actions.retire(actor=request.actor, now=timezone.now(), entity=entity, reason=reason)
    return done(request, f"{entity} is an orphan now and goes after the grace time.", reverse("services"))

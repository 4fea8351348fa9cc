"""Metrics, and where facts come from."""

from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.experiments import actions, queries
from awayteam.experiments.forms.verbs import MetricForm, SenderForm, SourceForm
from awayteam.experiments.models import Effect, FactSource, Sender
from awayteam.experiments.permissions import can_connect
from awayteam.experiments.views.lists import tabs
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import done, render
from awayteam.kernel.permissions import may_write
from awayteam.kernel.requests import Request


@require_safe
def metrics(request: Request) -> HttpResponseBase:
    """All metrics of the organisation."""
    rows = queries.metrics(request.actor, retired=request.GET.get("retired") == "yes")
    return render(request, "experiments/metrics.html", {"metrics": rows, "tabs": tabs()})


@require_http_methods(["GET", "HEAD", "POST"])
def define(request: Request) -> HttpResponseBase:
    form = MetricForm(request.actor, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wanted = actions.Definition(**form.cleaned_data)
        made = form.attempt(lambda: actions.define(wanted, actor=request.actor, now=timezone.now()))
        if made is not None:
            return done(request, "The metric is defined.", reverse("metric", args=[made.key]))
    context = {"form": form, "metric": None, "tabs": tabs()}
    return render(request, "experiments/metric.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def metric(request: Request, key: str) -> HttpResponseBase:
    """One metric: its definition, what it measured so far, and changing it."""
    row, now = queries.metric(request.actor, key), timezone.now()
    start = {**queries.plain_of(row), "team": row.team.ref, "description": row.description}
    form = MetricForm(request.actor, request.POST if request.method == "POST" else None, changes=True, initial=start)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        reason = given.pop("reason")
        wanted = actions.Definition(**given)
        made = form.attempt(lambda: actions.redefine(row, wanted, reason=reason, actor=request.actor, now=now))
        if made is not None:
            return done(request, "The metric is changed; registered experiments keep the old one.", request.path)
    seen = {one.pk for one in _seen(request, row.key)}
    effects = [one for one in Effect.objects.filter(metric=row.key).select_related("experiment", "team")[:50]
               if one.experiment_id in seen]  # fmt: skip
    context = {"form": form, "metric": row, "effects": effects, "tabs": tabs()}
    return render(request, "experiments/metric.html", context, status=422 if form.is_bound else 200)


def _seen(request: Request, key: str) -> Any:
    from awayteam.experiments.models import Experiment
    from awayteam.experiments.permissions import visible

    return visible(request.actor, Experiment.objects.filter(effects__metric=key)).only("pk").distinct()


@require_http_methods(["GET", "HEAD", "POST"])
def sources(request: Request) -> HttpResponseBase:
    """Who sends facts, and which tables are read."""
    now, posted, token = timezone.now(), request.POST if request.method == "POST" else None, ""
    sends, connects = posted is not None and "send" in posted, posted is not None and "connect" in posted
    sender = SenderForm(request.actor, posted if sends else None, auto_id="id_send_%s")
    source = SourceForm(posted if connects else None, auto_id="id_source_%s")
    if sends and sender.is_valid():
        given = sender.cleaned_data
        made = sender.attempt(lambda: actions.add_sender(given["name"], given["team"], actor=request.actor, now=now))
        if made is not None:
            token, sender = made[1], SenderForm(request.actor, auto_id="id_send_%s")
    if connects and source.is_valid():
        given = dict(source.cleaned_data)
        given["events_"] = given.pop("events")
        name, kind = given.pop("name"), given.pop("kind")
        kept = source.attempt(lambda: actions.add_source(name, kind, **given, actor=request.actor, now=now))
        if kept is not None:
            return done(request, "The source is named.", request.path)
    refused = sender.is_bound or source.is_bound
    context = {
        "senders": Sender.objects.select_related("team").filter(revoked_at__isnull=True),
        "sources": FactSource.objects.filter(ended_at__isnull=True), "sender": sender, "source": source, "token": token,
        "may_connect": can_connect(request.actor), "may_send": may_write(request.actor), "tabs": tabs(),
        "address_of_facts": request.build_absolute_uri(reverse("experiment_facts")),
    }  # fmt: skip
    return render(request, "experiments/sources.html", context, status=422 if refused else 200)


@require_POST
def end(request: Request, what: str, pk: int) -> HttpResponseBase:
    """Revoke a sender, or remove a source."""
    reason, now = request.POST.get("reason", "").strip()[:2000], timezone.now()
    if what == "sender" and (sender := Sender.objects.select_related("team").filter(pk=pk).first()):
        actions.revoke_sender(sender, reason=reason, actor=request.actor, now=now)
        return done(request, f"{sender.name} sends no more.", reverse("experiment_sources"))
    if what == "source" and (source := FactSource.objects.filter(pk=pk).first()):
        actions.remove_source(source, reason=reason, actor=request.actor, now=now)
        return done(request, f"{source.name} is read no more.", reverse("experiment_sources"))
    raise NotFound(f"There is no {what[:20]} {pk}.", "See the list.")

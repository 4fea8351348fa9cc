"""The page of a change: may it go in, what if, why; and letting it in as an emergency."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from awayteam.gate.actions.emergencies import allow_in_emergency
from awayteam.gate.facts import Organisation
from awayteam.gate.homes import homes_of
from awayteam.gate.models import Change, Stand
from awayteam.gate.permissions import can_pass
from awayteam.gate.queries import story as stories
from awayteam.gate.queries.pages import rows_of
from awayteam.gate.queries.story import ShownVerdict, Story
from awayteam.gate.question import Question, of_row
from awayteam.gate.roster import current
from awayteam.gate.verdict import Verdict
from awayteam.gate.views.supposing import Supposed, asked_anew, supposed
from awayteam.kernel import rulebook
from awayteam.kernel.errors import Conflict
from awayteam.kernel.pages import ReasonForm, csv_file, done, render
from awayteam.kernel.requests import Request
from awayteam.sources.ownership.base import shown as readable

PATH_COLUMNS = ("path", "outcome", "is", "rule", "owners", "engagement", "says")


@require_safe
def story(request: Request, pk: int) -> HttpResponseBase:
    """The answer about a change as it is now; of one that is over, the last answer that it had."""
    now = timezone.now()
    change = stories.load(request.actor, pk, now)
    if (anew := asked_anew(request, reverse("change", args=[pk]))) is not None:
        return HttpResponseRedirect(anew)
    question = of_row(change, now) if change.state == Stand.OPEN else None
    verdict = question.answer(now) if question is not None else stories.verdict_of(change)
    fit = stories.fit_for(request.actor, verdict, now) if verdict is not None else None
    if request.GET.get("format") == "csv":
        return csv_file(f"change-{pk}-paths", PATH_COLUMNS, _paths(fit))
    organisation = question.facts.organisation if question is not None else current().at(now)
    found = stories.story(request.actor, change, fit, organisation, now)
    context = {
        "story": found, "now": now, "explain": request.GET.get("explain") == "yes",
        "repository_query": urlencode({"repository": change.repository, "state": "all"}),
        **_next(request, found, question, verdict), **_what_if(request, found, question, organisation, now),
    }  # fmt: skip
    return render(request, "gate/change.html", context, 422 if context["refusal"] else 200)


def _paths(verdict: Verdict | None) -> Iterator[tuple[Any, ...]]:
    """Every path of a change with the rule that decides about it."""
    for section in verdict.sections if verdict is not None else ():
        says = " ".join(one.says for one in section.reasons if not one.passes)
        rest = (
            str(section.outcome), str(section.standing), readable(section.rule),
            " ".join(map(readable, section.owners)), section.engagement or "", says,
        )  # fmt: skip
        yield from ((readable(path), *rest) for path in section.paths)


def _next(request: Request, found: Story, question: Question | None, verdict: Verdict | None) -> dict[str, Any]:
    """What stands beside the answer: the first clock, and whether this person may let the change in."""
    needs = found.verdict.needs if found.verdict is not None else ()
    may_pass = None
    if question is not None and verdict is not None and not verdict.is_allowed:
        may_pass = can_pass(request.actor, found.change, homes_of(question, verdict))
    return {
        "first_until": min((one.need.until for one in needs if one.need.until is not None), default=None),
        "may_pass": may_pass,
    }


def _what_if(
    request: Request, found: Story, question: Question | None, organisation: Organisation, now: datetime
) -> dict[str, Any]:
    """The other answer beside the present one; nothing of it is written."""
    given = supposed(request, found, organisation) if question is not None else Supposed()
    other: ShownVerdict | None = None
    if question is not None and given.known:
        answer = stories.fit_for(request.actor, question.answer(now, given.known), now)
        other = stories.show(answer, found.change, organisation, {one.pk: one for one in found.engagements})
    needs = found.verdict.needs if found.verdict is not None else ()
    people = dict.fromkeys(who for one in needs for who in (*one.people, *one.others))
    return {
        "may_suppose": question is not None, "supposed": given.chips, "refusal": given.refusal, "other": other,
        "could_approve": tuple(people)[:60],
        "has_design": any(one.review_mode == "architecture" for one in found.engagements),
    }  # fmt: skip


class EmergencyForm(ReasonForm):
    """The reason, for the commit that the page showed."""

    head = forms.CharField(widget=forms.HiddenInput, max_length=64)


@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: Request, pk: int) -> HttpResponseBase:
    """Let the head of a change in without the words that it lacks, in public."""
    now = timezone.now()
    change = stories.load(request.actor, pk, now)
    form = EmergencyForm(request.POST if request.method == "POST" else None, initial={"head": change.head})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = form.attempt(
                lambda: allow_in_emergency(
                    change=change, head=given["head"], reason=given["reason"], actor=request.actor, now=now
                )
            )
        except Conflict as conflict:
            form.refuse(conflict)
            made = None
        if made is not None:
            return done(request, "It may go in. That stands in the public register.", reverse("change", args=[pk]))
    return _emergency_page(request, change, form, now)


def _emergency_page(request: Request, change: Change, form: EmergencyForm, now: datetime) -> HttpResponse:
    question = of_row(change, now)
    verdict = question.answer(now)
    fit = stories.fit_for(request.actor, verdict, now)
    may = can_pass(request.actor, change, homes_of(question, verdict))
    why_not = "" if may else may.reason
    if verdict.is_allowed and not why_not:
        why_not = "The change may go in already; nothing has to be passed over."
    context = {
        "row": rows_of([change], now)[0], "form": None if why_not else form, "why_not": why_not,
        "minutes": rulebook.current().gate.emergency_minutes,
        "shown": stories.show(fit, change, question.facts.organisation, {}),
    }  # fmt: skip
    return render(request, "gate/emergency.html", context, 422 if form.is_bound else 200)

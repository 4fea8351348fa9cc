"""What can be done to many requests of the list at once: withdraw one's own, merge equal ones into one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.pages import PageForm
from awayteam.lists import bulk
from awayteam.lists.bulk import BulkAction, Offer, Step
from awayteam.requests import actions, rules
from awayteam.requests.machine import Party, State, Verb
from awayteam.requests.models import Asker, Request
from awayteam.requests.permissions import Standing, can_as, visible
from awayteam.requests.queries.filters import narrow
from awayteam.requests.queries.parameters import filter_of
from awayteam.requests.rules import spoken
from awayteam.requests.stepping import RELATED, facts_of

MOST_MERGED = 50
"""Requests merged at once; more are hardly equal, and each needs a look at who decides."""


class NothingForm(PageForm):
    """The reason aside nothing is asked."""


class IntoForm(PageForm):
    into = forms.CharField(max_length=20, label="Into request", help_text="Its number, such as #17; tick the others.")

    def clean_into(self) -> int:
        text = str(self.cleaned_data["into"]).strip().removeprefix("#")
        if not (text.isascii() and text.isdecimal() and len(text) < 18):
            raise forms.ValidationError("The number of a request, such as #17.")
        return int(text)


def _standings(actor: Actor, now: datetime, ids: Sequence[int]) -> list[Standing]:
    """The requests that the actor may see, in the order of `ids`, with those who ask; two statements."""
    seen = visible(actor, Request.objects.filter(pk__in=ids), now).select_related(*RELATED)
    found = {row.pk: row for row in seen}
    askers: dict[int, list[Asker]] = defaultdict(list)
    for row in Asker.objects.filter(request__in=found, left_at__isnull=True).select_related("team", "person"):
        askers[row.request_id].append(row)
    standings = [Standing(actor, found[pk], now) for pk in ids if pk in found]
    for standing in standings:
        standing.askers = askers[standing.request.pk]
    return standings


def _step(row: Request, refusal: str) -> Step:
    return Step(row.pk, str(row), reverse("request", args=[row.pk]), spoken(State(row.state)), refusal)


class Withdraw(BulkAction):
    key, title, form = "withdraw", "Withdraw", NothingForm

    def words(self, values: Mapping[str, Any]) -> str:  # noqa: ARG002
        return "Withdraw"

    def plan(self, actor: Actor, now: datetime, ids: Sequence[int]) -> list[Step]:
        return [_step(one.request, _refusal(one, Verb.WITHDRAW)) for one in _standings(actor, now, ids)]

    def apply(self, actor: Actor, now: datetime, id: int, values: Mapping[str, Any], reason: str) -> Mapping[str, Any]:  # noqa: ARG002
        actions.withdraw(id, actor=actor, now=now, words=reason)
        return {}

    def undo(self, actor: Actor, now: datetime, id: int, receipt: Mapping[str, Any], reason: str) -> None:  # noqa: ARG002
        raise Conflict("What was withdrawn stays so.", "Ask anew; name this request in it.")


class Merge(BulkAction):
    key, title, form = "merge", "Merge into one", IntoForm

    def words(self, values: Mapping[str, Any]) -> str:
        return f"Merge into #{values['into']}"

    def plan(self, actor: Actor, now: datetime, ids: Sequence[int]) -> list[Step]:
        steps = []
        for place, one in enumerate(_standings(actor, now, ids)):
            late = f"At most {MOST_MERGED} are merged at once." if place >= MOST_MERGED else ""
            steps.append(_step(one.request, late or _refusal(one, Verb.MERGE)))
        return steps

    def apply(self, actor: Actor, now: datetime, id: int, values: Mapping[str, Any], reason: str) -> Mapping[str, Any]:
        if id == values["into"]:
            raise InvalidInput("The one that the others go into stays.", "")
        actions.merge(id, actor=actor, now=now, into=int(values["into"]), words=reason)
        return {"into": values["into"]}

    def undo(self, actor: Actor, now: datetime, id: int, receipt: Mapping[str, Any], reason: str) -> None:  # noqa: ARG002
        raise Conflict("What was merged stays so.", "Its askers can leave the other request, and ask anew.")


def _refusal(standing: Standing, verb: Verb) -> str:
    """Why the actor can't do that with one of them; "" where they can."""
    row = standing.request
    if why := rules.why_not(facts_of(row), verb):
        return why
    party, decision = can_as(standing, verb)
    if party is Party.ASKING and not decision:
        return "Only those who ask withdraw it."
    return "" if decision else decision.reason


def matching(actor: Actor, route: str, parameters: QueryDict, most: int) -> list[int]:  # noqa: ARG001
    """Ids of all rows that the list at that address has."""
    now = timezone.now()
    fitting = narrow(visible(actor, Request.objects.all(), now), filter_of(parameters), actor, now)
    return list(fitting.order_by("-value_per_week", "-pk").values_list("pk", flat=True)[: most + 1])


def register() -> None:
    bulk.register(Offer("request", "request", "requests", (Withdraw(), Merge()), matching))

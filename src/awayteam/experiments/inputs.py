"""From what programs say of an experiment to what actions take: for the API and the command line."""

from collections.abc import Mapping
from typing import Any

from awayteam.catalog import queries as catalog
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import visible as visits
from awayteam.experiments import queries
from awayteam.experiments.actions import Wanted
from awayteam.experiments.models import FactSource
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.organisation import queries as organisation
from awayteam.requests.models import Request
from awayteam.requests.permissions import visible as asked
from awayteam.roadmaps.models import Goal


def wanted(actor: Actor, given: Mapping[str, Any], now: Any) -> Wanted:
    """What `given` (the fields of `Wanted`, things by reference or number) asks for.

    Raises `NotFound` for what the actor can't see, `InvalidInput` for a design that isn't one.
    """
    design = dict(given.get("design") or {})
    if "uses" in design:
        design["uses"] = [_use(actor, one) for one in _many(design["uses"])]
    source = None
    if name := given.get("source"):
        source = FactSource.objects.filter(name=name, ended_at__isnull=True).first()
        if source is None:
            raise NotFound(f"There is no source {str(name)[:100]}.", "See the list of sources.")
    return Wanted(
        title=given["title"], team=organisation.team(actor, given["team"]), design=design, source=source,
        owner=organisation.person(actor, given["owner"]) if given.get("owner") else None,
        decider=organisation.person(actor, given["decider"]) if given.get("decider") else None,
        entity=catalog.resolve(actor, given["entity"]) if given.get("entity") else None,
        request=_one(asked(actor, Request.objects.all(), now), given.get("request"), "request"),
        engagement=_one(visits(actor, Engagement.objects.all(), now), given.get("engagement"), "engagement"),
        goal=_one(Goal.objects.all(), given.get("goal"), "goal"),
    )  # fmt: skip


def _many(value: Any) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise InvalidInput("uses is a list of objects.", "Mend it.", {"design": "uses is a list of objects"})
    return value


def _use(actor: Actor, one: Mapping[str, Any]) -> dict[str, Any]:
    """A use whose metric may be named by its key."""
    metric = one.get("metric")
    return {**one, "metric": queries.plain_of(queries.metric(actor, metric))} if isinstance(metric, str) else dict(one)


def _one(rows: Any, number: int | None, what: str) -> Any:
    if number is None:
        return None
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotFound(f"There is no {what} {number}.", "Look at the list.")
    return found

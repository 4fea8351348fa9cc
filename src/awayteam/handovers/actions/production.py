"""Recording where what was built runs. The first deployment to production starts the warranty."""

from datetime import datetime

from django.db import transaction

from awayteam.catalog.models import Entity
from awayteam.engagements import actions as engagements
from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import visible
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.handovers.models import Deployment
from awayteam.handovers.permissions import Standing
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.events import EventName
from awayteam.stories.plot import Held
from awayteam.stories.stepping import hold

RUNNING = (State.ACTIVE, State.PAUSED, State.HANDING_OVER, State.PRODUCTION, State.WARRANTY)
"""States in which something that the visit built may go into production."""
LONGEST_REFERENCE = 300
LONGEST_ENVIRONMENT = 60


def is_production(environment: str) -> bool:
    """Whether the rulebook calls that environment production."""
    return environment.casefold() in {one.casefold() for one in rulebook.current().handovers.production_environments}


def deploy(
    engagement: Engagement | int,
    *,
    actor: Actor,
    now: datetime,
    environment: str = "production",
    reference: str = "",
    at: datetime | None = None,
    words: str = "",
    version: int | None = None,
) -> Deployment:
    """Record that it runs in `environment` since `at` (now); `reference` is a version, commit or pipeline's address.

    The same deployment told again is the one that is known.
    """
    with transaction.atomic():
        held = hold(ENGAGEMENT, engagement, actor=actor, now=now, version=version)
        Standing(actor, held.row, now).takes_part().require()
        return _record(held, *_checked(held, environment, reference, at), words)


def deploy_service(
    service: Entity, *, actor: Actor, now: datetime, environment: str, reference: str = "", at: datetime | None = None
) -> list[Deployment]:
    """Record a deployment of a service for each of its visits that runs and in which the actor takes part: for CI."""
    with transaction.atomic():
        rows = visible(actor, Engagement.objects.filter(service=service, state__in=[one.value for one in RUNNING]), now)
        made, refused = [], None
        for pk in rows.order_by("pk").values_list("pk", flat=True):
            held = hold(ENGAGEMENT, pk, actor=actor, now=now)
            decision = Standing(actor, held.row, now).takes_part()
            if not decision:
                refused = decision
                continue
            when = at if at is None or held.row.began_at is None else max(at, held.row.began_at)
            made.append(_record(held, *_checked(held, environment, reference, when), ""))
        if made:
            return made
    if refused is not None:
        raise NotAllowed(refused.reason)
    raise NotFound("No visit to this service runs now.", "Nothing needs to be recorded here.")


def _checked(
    held: Held[Engagement], environment: str, reference: str, at: datetime | None
) -> tuple[str, str, datetime]:
    row, when = held.row, at or held.now
    environment, reference = environment.strip(), reference.strip()
    if State(row.state) not in RUNNING:
        said = row.state.replace("-", " ")
        raise Conflict(f"The engagement is {said}; nothing of it goes into production now.", "Look at it again.")
    if not environment or len(environment) > LONGEST_ENVIRONMENT or "\0" in environment + reference:
        raise InvalidInput("Name the environment.", "Such as production.", {"environment": "1 to 60 characters"})
    if len(reference) > LONGEST_REFERENCE:
        raise InvalidInput("The reference is too long.", "", {"reference": f"at most {LONGEST_REFERENCE} characters"})
    if when > held.now:
        raise InvalidInput("That is still ahead.", "Record it when it has happened.", {"at": "in the future"})
    if row.began_at is not None and when < row.began_at:
        what = "That was before the visit began."
        raise InvalidInput(what, f"It began on {row.began_at:%Y-%m-%d}.", {"at": what})
    return environment, reference, when


def _record(held: Held[Engagement], environment: str, reference: str, at: datetime, words: str) -> Deployment:
    row, actor, production = held.row, held.actor, is_production(environment)
    known = row.deployments.filter(environment=environment, reference=reference)
    if reference and (told := known.first()) is not None:
        return told
    source = Deployment.Source.API if actor.kind is ActorKind.TOKEN else Deployment.Source.HAND
    made, new = Deployment.objects.get_or_create(
        engagement=row, environment=environment, reference=reference, at=at,
        defaults={"production": production, "source": source, "recorded_by_id": actor.person_id,
                  "label": actor.label[:200], "recorded_at": held.now},
    )  # fmt: skip
    if not new:
        return made
    data = {"environment": environment, "reference": reference, "production": production, "at": at.isoformat()}
    events.append(
        EventName.DEPLOYMENT_RECORDED, subject=held.subject, actor=actor, now=held.now, reason=words, data=data
    )
    if production and row.state != State.WARRANTY:
        engagements.deploy(row, actor=actor, now=held.now, at=at, words=words, awayteam=True)
    return made

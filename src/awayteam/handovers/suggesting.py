"""Services that are visited so often that they should rather serve themselves: read, and given to the rule."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Max

from awayteam.catalog.models import Entity
from awayteam.engagements.models import Engagement
from awayteam.handovers import rules
from awayteam.handovers.models import Dismissal
from awayteam.handovers.rules import Visited
from awayteam.kernel import rulebook


def suggestions(now: datetime, services: Iterable[int] | None = None) -> dict[int, list[Visited]]:
    """Service id to its visits that count, for `services` (all): two statements."""
    book = rulebook.current().handovers
    since = now - timedelta(days=book.self_service_days)
    rows = Engagement.objects.filter(began_at__gte=since, began_at__lte=now, service__isnull=False)
    dismissed = Dismissal.objects.all()
    if services is not None:
        ids = list(services)
        rows, dismissed = rows.filter(service__in=ids), dismissed.filter(service__in=ids)
    told = rows.values_list("pk", "service_id", "began_at")
    visits = [Visited(pk, service, began) for pk, service, began in told if service and began]
    aside = dict(dismissed.order_by().values("service").annotate(last=Max("at")).values_list("service", "last"))
    return rules.to_serve_itself(visits, aside, now=now, days=book.self_service_days, least=book.self_service_visits)


def suggestion(service: Entity, now: datetime) -> list[Visited] | None:
    """The visits for which self-service is suggested; None where it isn't."""
    return suggestions(now, [service.pk]).get(service.pk)

"""What the worker looks after: engagements whose teams, service, people or request are not what they were."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from awayteam.catalog.models import Ownership
from awayteam.engagements.actions.following import follow_request
from awayteam.engagements.actions.reorganising import concerned, reorganise
from awayteam.engagements.models import Contract, Engagement, Member
from awayteam.engagements.served import outlived
from awayteam.kernel.jobs import Job
from awayteam.kernel.log import Log
from awayteam.organisation.models import Membership
from awayteam.organisation.queries.dates import dated

log = Log(__name__)
MOST = 5_000


def touched(now: datetime) -> "QuerySet[Engagement]":
    """Open engagements that may have to follow a reorganisation; some may prove to be as they were."""
    here = dated(now)
    lost = Ownership.objects.filter(
        entity=OuterRef("service"), owner__team=OuterRef("home_team"), ends__gte=OuterRef("created_at")
    )
    moved = Exists(lost) & Q(service__owner__team__isnull=False) & ~Q(service__owner__team=F("home_team"))
    members = Member.objects.filter(engagement=OuterRef("pk"), left_at__isnull=True)
    visitors = Member.objects.filter(engagement=OuterRef(OuterRef("pk")), left_at__isnull=True).values("person")
    lead = Q(person=OuterRef("away_lead")) | Q(person=OuterRef("manager")) | Q(person__in=visitors)
    host = Q(person=OuterRef("home_decider")) | Q(person=OuterRef("home_contact")) | Q(person=OuterRef("home_deputy"))
    to_home = Exists(Membership.objects.filter(here & lead, team=OuterRef("home_team")))
    to_away = Exists(Membership.objects.filter(here & host, team=OuterRef("away_team")))
    gone = Exists(members.filter(person__left_at__lte=now))
    named = Q(away_lead__isnull=False, turn_person=F("away_lead"))
    named |= Q(home_decider__isnull=False, turn_person=F("home_decider"))
    belongs = Membership.objects.filter(here, person=OuterRef("turn_person"), team=OuterRef("turn_team"))
    stray = Q(turn_team__isnull=False) & ~named & ~Exists(belongs)
    turnless = Contract.objects.filter(engagement=OuterRef("pk"), state="signing", turn_person__left_at__lte=now)
    doubtful = moved | to_home | to_away | gone | stray | Exists(turnless)
    return Engagement.objects.filter(concerned(now) | (Q(closed_at__isnull=True) & doubtful))


def run(now: datetime) -> int:
    """Let them follow a reorganisation; returns how many changed."""
    return _each(touched(now), lambda pk: reorganise(pk, now=now), "engagement.reorganise.failed")


def follow(now: datetime) -> int:
    """Tell the sides of engagements whose request is over, and let them serve the one that it was merged into."""
    return _each(outlived(now), lambda pk: follow_request(pk, now=now), "engagement.follow.failed")


def _each(rows: "QuerySet[Engagement]", act: Callable[[int], bool], failed: str) -> int:
    """How many of the engagements went on; one that fails doesn't stop the others."""
    done = 0
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)[:MOST]):
        try:
            done += act(pk)
        except Exception:
            log.exception(failed, engagement=pk)
    return done


JOB = Job(name="engagements.reorganisations", every_seconds=300, run=run)
FOLLOWING = Job(name="engagements.requests", every_seconds=60, run=follow, pending=lambda now: outlived(now).exists())

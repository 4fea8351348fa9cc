"""Issues that ask for something: with the rulebook's label one becomes a request, once."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from awayteam.accounts.actors import actor_of_person
from awayteam.forges import accounts, owners
from awayteam.forges.actions import telling
from awayteam.forges.models import ForgeIssue, ForgeRepository
from awayteam.forges.port import IssueHeard
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError
from awayteam.organisation.models import Membership, Team
from awayteam.organisation.queries import dated
from awayteam.requests.actions import ask
from awayteam.requests.actions.values import LONGEST_NEED, Aim, Origin, Worth
from awayteam.requests.models import Kind, Request
from awayteam.requests.routing.match import route

NO_ACCOUNT = "nobody knows whose account it is"
NO_TEAM = "its author belongs to no team that could ask"
NO_HOME = "nobody knows which team it is for"


def heard(repository: ForgeRepository, told: IssueHeard, now: datetime) -> ForgeIssue | None:
    """Make a request of a labelled issue; None where it isn't one. Whatever is lacking is said in a comment."""
    label = rulebook.current().forges.request_label
    if not label or not told.is_open or label.casefold() not in {one.casefold() for one in told.labels}:
        return None
    row = _row(repository, told, now)
    if row.request_id is not None:
        return row
    lacks = ""
    try:
        with transaction.atomic():
            made = _ask(row, told, now)
    except AwayteamError as error:
        made, lacks = None, error.what
    if made is not None:
        row.request, row.made_at = made, now
    row.lacks = lacks[:300]
    row.save(update_fields=["request", "made_at", "lacks"])
    telling.queue_issue(row, now)
    return row


def _row(repository: ForgeRepository, told: IssueHeard, now: datetime) -> ForgeIssue:
    by = accounts.heard(repository.forge, told.by, now)
    known = ForgeIssue.objects.select_for_update(of=("self",)).filter(
        repository=repository, external_id=told.id[:200]
    ).first()  # fmt: skip
    if known is not None:
        return known
    made = ForgeIssue(
        repository=repository, external_id=told.id[:200], number=told.number, title=told.title[:300],
        url=told.url[:1000], by=by, heard_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return ForgeIssue.objects.get(repository=repository, external_id=told.id[:200])
    return made


def _ask(row: ForgeIssue, told: IssueHeard, now: datetime) -> Request:
    """Raises `AwayteamError` with what is lacking."""
    if row.by is None or row.by.person is None:
        raise AwayteamError(NO_ACCOUNT)
    actor = actor_of_person(row.by.person, now)
    home, why = _home(row.repository, told, actor, now)
    asking = _asking(row.by.person.pk, home, now)
    title = " ".join(told.title.split())[:200] or f"Issue {told.number}"
    return ask(
        actor=actor, now=now, kind=_kind(told.labels), title=title,
        need=_need(told, title), asking_team=asking, home_team=home, worth=Worth(Decimal(0)),
        aim=Aim(routing=(why,)), origin=Origin(f"forge:{row.repository.forge_id}:issue:{row.external_id}", told.url),
    )  # fmt: skip


def _need(told: IssueHeard, title: str) -> str:
    words = told.words.replace("\0", "").strip() or title
    return words[: LONGEST_NEED - 1].rstrip()


def _kind(labels: tuple[str, ...]) -> str:
    words = {word for label in labels for word in label.casefold().replace(":", " ").replace("/", " ").split()}
    return next((kind for kind in (Kind.BUG, Kind.PERFORMANCE, Kind.ACCESS) if kind.value in words), Kind.FEATURE).value


def _home(repository: ForgeRepository, told: IssueHeard, actor: Actor, now: datetime) -> tuple[Team, str]:
    team = owners.owner_of(repository)
    if team is not None:
        return team, f"an issue of {repository.slug}, which {team} owns"
    found = route(actor, f"{told.title}\n{told.words}", now=now, limit=1)
    best = next((one.team for one in found.candidates if one.team is not None), None)
    if best is None:
        raise AwayteamError(NO_HOME)
    return best, f"the words of the issue lead to {best}"


def _asking(person: int, home: Team, now: datetime) -> Team:
    """The team in whose name somebody asks: the first of theirs that isn't asked."""
    rows = Membership.objects.filter(dated(now), person=person, team__dissolved_at__isnull=True)
    team = next(
        (row.team for row in rows.exclude(team=home).select_related("team").order_by("team__is_unit", "pk")), None
    )
    if team is None:
        raise AwayteamError(NO_TEAM)
    return team


def words(row: ForgeIssue) -> str:
    """What stands in our comment at the issue."""
    if row.request is not None:
        address = settings.URL + reverse("request", args=[row.request.pk])
        return (
            f"This is [request {row.request.pk}]({address}) to **{row.request.home_team}** now: its decider has the "
            f"turn, and a clock runs. Answers are given there."
        )
    mend = {
        NO_ACCOUNT: f"Sign in at {settings.URL} with this account once, or ask an administrator to link it",
        NO_TEAM: "Ask your lead to add you to your team",
        NO_HOME: f"Ask at {settings.URL} instead, where you can choose the team",
    }.get(row.lacks, "Mend that")
    return f"This couldn't become a request: {row.lacks}. {mend}; then take the label off and put it on again."

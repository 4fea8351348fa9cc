"""How fast home teams look at changes, measured from events of forges; nothing where nothing was measured."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from awayteam.forges.latency import Spread, Wait, spread, waits
from awayteam.forges.permissions import can_view
from awayteam.gate.models import Change, ChangeReview
from awayteam.gate.permissions import visible
from awayteam.kernel import businesstime
from awayteam.kernel.actor import Actor
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.events import EventName
from awayteam.kernel.models import Event
from awayteam.organisation.models import Person, Team
from awayteam.stories.plot import hours_of

MOST = 20_000
"""Changes that are measured at once, the newest."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One wait of one change that was counted, in working minutes of its home team."""

    change: Change
    team: Team
    wait: Wait
    minutes: int


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """A home team: until the first review of a change, and of each round (the first included). `changes` counts those
    that were measured, `unanswered` those that are open and wait for their first review."""

    team: Team
    first: Spread
    rounds: Spread
    changes: int
    unanswered: int


def measured(
    actor: Actor, *, since: datetime, until: datetime, team: Team | None = None
) -> list[Measured]:  # fmt: skip
    """Every wait that ended in that time, the newest first; five statements. Raises `NotAllowed`."""
    can_view(actor).require()
    reviews = ChangeReview.objects.filter(at__gte=since, at__lt=until, change__origin__startswith="forge:",
                                          change__home_team__isnull=False, is_bot=False)  # fmt: skip
    if team is not None:
        reviews = reviews.filter(change__home_team=team)
    keys = list(reviews.order_by("-change").values_list("change", flat=True).distinct()[:MOST])
    seen = visible(actor, Change.objects.filter(pk__in=keys), until)
    changes = {one.pk: one for one in seen.select_related("home_team", "author")}
    pushes, looked = _pushes(keys), _looked(changes)
    hours: dict[int, Calendar] = {}
    found: list[Measured] = []
    for pk, change in changes.items():
        home = change.home_team
        assert home is not None  # chosen so
        calendar = hours[home.pk] if home.pk in hours else hours_of(home)
        hours[home.pk] = calendar
        for wait in waits(change.opened_at, pushes[pk], looked[pk]):
            if since <= wait.until < until:
                minutes = businesstime.between(calendar, wait.since, wait.until)
                found.append(Measured(change, home, wait, minutes))
    return sorted(found, key=lambda one: (one.wait.until, one.change.pk), reverse=True)


def _pushes(keys: list[int]) -> dict[int, list[datetime]]:
    """When each change came to another head, as it was told to us."""
    found: dict[int, list[datetime]] = defaultdict(list)
    rows = Event.objects.filter(name=EventName.CHANGE_PUSHED, subject_kind="change", subject_id__in=keys)
    for pk, at, data in rows.order_by("id").values_list("subject_id", "at", "data"):
        if "head" in data.get("changes", {}):
            found[pk].append(at)
    return found


def _looked(changes: dict[int, Change]) -> dict[int, list[datetime]]:
    """When somebody looked at each change who has no hand in it; a program doesn't look."""
    refs = {str(hand.get("person", "")) for change in changes.values() for hand in change.hands} - {""}
    ids = dict(Person.objects.filter(ref__in=refs).values_list("ref", "pk"))
    found: dict[int, list[datetime]] = defaultdict(list)
    rows = ChangeReview.objects.filter(change__in=list(changes), is_bot=False).order_by("at", "pk")
    for row in rows:
        change = changes[row.change_id]
        hands = {change.author_id, *(ids.get(str(hand.get("person", ""))) for hand in change.hands)} - {None}
        labels = {change.author_label, *(str(hand.get("label", "")) for hand in change.hands)}
        if row.person_id not in hands if row.person_id is not None else row.label not in labels:
            found[row.change_id].append(row.at)
    return found


def latency(
    actor: Actor, *, since: datetime, until: datetime, team: Team | None = None
) -> list[LatencyRow]:  # fmt: skip
    """Each home team that looked at changes in that time, or is waited for, the slowest first. Raises `NotAllowed`."""
    rows = measured(actor, since=since, until=until, team=team)
    waiting = Change.objects.filter(origin__startswith="forge:", state="open", is_draft=False, first_reviewed_at=None,
                                    home_team__isnull=False)  # fmt: skip
    if team is not None:
        waiting = waiting.filter(home_team=team)
    unanswered: dict[int, int] = defaultdict(int)
    for pk in visible(actor, waiting, until).values_list("home_team", flat=True):
        unanswered[pk or 0] += 1
    teams = {one.team.pk: one.team for one in rows} | Team.objects.in_bulk(list(unanswered))
    found = []
    for pk, one in teams.items():
        mine = [row for row in rows if row.team.pk == pk]
        first = spread([row.minutes for row in mine if row.wait.number == 1])
        changes = len({row.change.pk for row in mine})
        found.append(LatencyRow(one, first, spread([row.minutes for row in mine]), changes, unanswered.get(pk, 0)))
    return sorted(found, key=lambda row: (-(row.first.median or 0), -row.unanswered, row.team.ref))

"""What an engagement does to the request that it serves: away while it runs, done with it, overdue where it failed."""

from awayteam.engagements.actions.moving import Holding
from awayteam.engagements.machine import SIGNED
from awayteam.engagements.models import Engagement
from awayteam.kernel import businesstime, clocks
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.businesstime import Calendar
from awayteam.requests import actions, rules
from awayteam.requests.machine import FINAL, State, Verb
from awayteam.requests.models import Request
from awayteam.requests.stepping import facts_of, hold
from awayteam.requests.turns import minutes_until


def send_away(held: Holding) -> None:
    """The contract is in force: the away team is on its way, until the last day of the time-box."""
    row, request = held.row, _request(held.row)
    if request is None or rules.why_not(facts_of(request), Verb.SEND_AWAY):
        return
    until = row.ends_on if row.ends_on is not None and row.ends_on > held.now.date() else None
    words = f"The contract of engagement {row.pk} is in force: {row.title}."
    actions.send_away(request, actor=SYSTEM, now=held.now, words=words, until=until)


def waits(request: Request) -> str:
    """What has to be decided before the request can have an away team, as a sentence; "" where nothing has."""
    state = State(request.state)
    if state in FINAL or state is State.AWAY or not (why := rules.why_not(facts_of(request), Verb.SEND_AWAY)):
        return ""
    if state is State.ASKED:
        return "Its home team still has to decide on that request; until then it goes on as if nobody came."
    return why if state is State.DECLINED else f"That request is {rules.spoken(state)}; what follows is decided there."


def prolong(held: Holding) -> None:
    """The time-box has grown: the request waits for its away team as long."""
    row, request = held.row, _request(held.row)
    if request is None or State(request.state) is not State.AWAY or row.ends_on is None:
        return
    found = hold(request, actor=SYSTEM, now=held.now).request
    if found.clock is None:
        return
    calendar = Calendar.from_data(found.clock.calendar)
    left = businesstime.between(calendar, held.now, found.clock.due_at)
    more = minutes_until(found.asking_team, row.ends_on, held.now) - left
    if more > 0:
        clock = clocks.extend(found.clock, more, actor=SYSTEM, now=held.now, reason=f"Engagement {row.pk} goes on.")
        found.due_at, found.changed_at, found.version = clock.due_at, held.now, found.version + 1
        found.save(update_fields=["due_at", "changed_at", "version"])


def finish(held: Holding) -> None:
    """The handover was accepted: what was asked for is done."""
    request = _request(held.row)
    if request is None:
        return
    words = f"The home team accepted the handover of engagement {held.row.pk}: {held.row.title}."
    if State(request.state) is State.ASKED and request.home_team_id == held.row.home_team_id:  # it decided just now
        request = actions.welcome(request, actor=SYSTEM, now=held.now, words=words)
    if State(request.state) is not State.AWAY:  # its clock ran out meanwhile
        if rules.why_not(facts_of(request), Verb.SEND_AWAY):
            return
        actions.send_away(request, actor=SYSTEM, now=held.now, words=words)
    actions.finish_away(request.pk, actor=SYSTEM, now=held.now, words=words)


def stop(held: Holding, words: str) -> None:
    """The visit ended without a handover: it counts as tried, unless another one for the same request goes on."""
    row, request = held.row, _request(held.row)
    if request is None or State(request.state) is not State.AWAY or row.contract_id is None:
        return
    others = Engagement.objects.filter(request=request, state__in=sorted(state.value for state in SIGNED))
    if others.exclude(pk=row.pk).exists():
        return
    why = f"Engagement {row.pk} ended without a handover: {words or row.title}"
    actions.stop_away(request, actor=SYSTEM, now=held.now, words=why)


def _request(row: Engagement) -> Request | None:
    """The request as it is now, for others may have changed it."""
    if row.request_id is None:
        return None
    return Request.objects.select_related("home_team", "asking_team", "clock").filter(pk=row.request_id).first()

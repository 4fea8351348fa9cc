# ruff: noqa: E501 - texts read better whole
"""The demonstration's handovers and what came after: one that was refused and waits again, defects of either side, one
that is disputed, what people learned. By the real actions at the times at which people acted."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from awayteam.demo.requests import Stage
from awayteam.engagements.models import Engagement, Scope, Side
from awayteam.engagements.permissions import Standing
from awayteam.handovers import actions, pager
from awayteam.handovers.actions import Citation, Found, Shown
from awayteam.handovers.models import Defect, PagerMove
from awayteam.handovers.seeing import Spot
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM, Actor

WAITING = "Explain each discount with the price"
ACCEPTED = "Sessions that survive an update of the app"
WARRANTY = "Keep invoices of suppliers as well"
CLOSED = "Route alerts by the deployed version"
THANKED = "A return without an account"
ANSWERS: dict[str, dict[Side, tuple[str, ...]]] = {
    CLOSED: {
        Side.AWAY: (
            "Answers to reviews within the day, twice within the hour.",
            "No team can set its own routes, so we all come here. A red test took the first week; the baseline saved us.",
            "Always, but for the week of the data centre move.",
            "The scope was right. Two weeks more would have been honest.",
            "Pair for a day at the start.",
        ),
        Side.HOME: (
            "They left the code better than they found it, with a runbook that we now copy.",
            "Explaining our deployment lanes, which should stand in the guide.",
            "Yes; they came to our stand-up every other day.",
            "Yes. The definition of done spared us the discussion at the end.",
            "Ask for the walkthrough earlier.",
        ),
    },
    THANKED: {
        Side.AWAY: ("The contract named one decider, and she decided.", "", "Yes.", "Yes.", "Nothing."),
        Side.HOME: ("300 calls a week less, as they said.", "Our staging environment.", "", "Yes.", ""),
    },
    WARRANTY: {
        Side.AWAY: ("Reviews came in time.", "Access to sample invoices took four days.", "Mostly.", "Yes.", "")
    },
}

AGAIN: dict[str, tuple[float, dict[Side, tuple[str, ...]]]] = {
    "Alerts of the edge wake the edge": (290, {
        Side.AWAY: ("Three days, and done.", "There is no page on which a team sets its own routes.", "Yes.", "Yes.", ""),
        Side.HOME: ("They knew what they wanted.", "We explained the table of routes once more.", "Yes.", "Yes.", ""),
    }),
    "What storage can repair by day waits until eight": (230, {
        Side.AWAY: ("A clear contract.", "For two lines in a table we needed a contract: routes can’t be set by a team itself.", "Yes.", "Yes.", "A page for one’s own routes."),
        Side.HOME: ("Good tests.", "The same table of routes as last time.", "Yes.", "Yes.", ""),
    }),
    "Alerts of a training go to who began it": (50, {
        Side.AWAY: ("Quick reviews.", "Setting one’s own routes: the fourth team that comes for it, we heard.", "Yes.", "Too large for what it was.", "Let teams set their routes themselves."),
        Side.HOME: ("A visit without any question.", "Reading the fourth change of the same table.", "Yes.", "It needn’t be a visit.", "Offer a page for routes."),
    }),
}  # fmt: skip
"""Visits to one service for the same missing thing: days ago on which both sides looked back, and what they said."""


def fill(*, now: datetime) -> int:
    """Play what is told here into a demonstration whose visits were played; returns how many defects there are."""
    stage = Stage.of(now)
    parts: Sequence[tuple[str, Callable[[Stage, Engagement], None]]] = (
        (WAITING, _wait_again),
        (ACCEPTED, _stage_it),
        (WARRANTY, _repair),
        (CLOSED, _after_the_end),
        (THANKED, _dismissed),
    )
    with transaction.atomic():
        for title, play in parts:
            row = Engagement.objects.filter(title=title).select_related("home_team", "away_team").first()
            if row is not None:
                play(stage, row)
        for row in Engagement.objects.filter(title__in=AGAIN).select_related("home_team", "away_team"):
            days, said = AGAIN[row.title]
            _look_back(stage, row, days, said)
        _move_pagers(now)
    return Defect.objects.count()


def _who(stage: Stage, row: Engagement, side: Side, at: datetime) -> Actor:
    """Who decides for a side."""
    found = Standing(SYSTEM, row, at).chosen(side)
    return next(stage.actors[one] for one in found.persons if one in stage.actors)


def _wait_again(stage: Stage, row: Engagement) -> None:
    """Submitted, refused with a citation, shown, submitted again: the home team has it."""
    handover = row.handovers.filter(state="preparing").first()
    if handover is None:
        return
    at = stage.ago(2)
    lead, decider = _who(stage, row, Side.AWAY, at), _who(stage, row, Side.HOME, at)
    line = handover.lines.get(key="runbook").number
    actions.submit(handover.pk, actor=lead, now=at, summary="Each price carries its rules, in order; behind a switch.")
    words = "The runbook says how to turn it off, and not how to see that it is wrong."
    actions.refuse(handover.pk, actor=decider, now=stage.ago(1.2), citation=Citation(line=line), words=words)
    shown = Shown(words="The section “Is it wrong?” is there, with the three queries that we used ourselves.")
    actions.add_evidence(handover.pk, line, actor=lead, now=stage.ago(0.8), shown=shown)
    actions.tick(handover.pk, line, actor=lead, now=stage.ago(0.8))
    summary = "As before, with the runbook’s new section; the rest is unchanged."
    actions.submit(handover.pk, actor=lead, now=stage.ago(0.6), summary=summary)


def _stage_it(stage: Stage, row: Engagement) -> None:
    """Accepted, and on its way to production."""
    if row.state != "production":
        return
    at = stage.ago(3)
    lead = _who(stage, row, Side.AWAY, at)
    actions.deploy(row.pk, actor=lead, now=at, environment="staging", reference="release candidate 2")


def _path(row: Engagement, name: str) -> str:
    """A file in the contract's scope."""
    pattern = Scope.objects.filter(engagement=row).order_by("pk").values_list("pattern", flat=True).first() or "/"
    return f"{pattern.strip('/*')}/{name}".lstrip("/")


def _report(stage: Stage, row: Engagement, days: float, found: Found) -> Defect:
    at = stage.ago(days)
    reporter = _who(stage, row, Side.HOME, at)
    return actions.report(actor=reporter, now=at, found=found, engagement=row.pk)


def _repair(stage: Stage, row: Engagement) -> None:
    """Under warranty: one repaired, one under way, one disputed; the away team has looked back."""
    first = _report(stage, row, 12, Found(
        "Invoices from Denmark lose their reference", "The field is cut after 16 characters; theirs have 18.",
        Spot("", _path(row, "mapping.py"), 88), severity="high",
    ))  # fmt: skip
    lead = _who(stage, row, Side.AWAY, stage.ago(11))
    actions.fix(first.pk, actor=lead, now=stage.ago(11), commit="9f31c0de7a", words="And a test with the longest one.")
    _report(stage, row, 1.5, Found(
        "The nightly export runs into the morning", "Since Monday it takes 5 hours instead of 40 minutes.",
        Spot("", _path(row, "export.py")), severity="medium",
    ))  # fmt: skip
    last = _report(stage, row, 3, Found(
        "Totals differ by a cent", "For 14 of 12,000 suppliers.", Spot("", "rounding/rules.py", 12), severity="low",
    ))  # fmt: skip
    if last.state == "home":
        decider = _who(stage, row, Side.HOME, stage.ago(2))
        words = "Our rounding is unchanged; what comes in has four decimals since the visit."
        actions.dispute(last.pk, actor=decider, now=stage.ago(2), words=words)
    _look_back(stage, row, 18)


def _after_the_end(stage: Stage, row: Engagement) -> None:
    """Found after the warranty: the home team's, and repaired by it."""
    last = _report(stage, row, 40, Found(
        "Alerts of two deployments at once go to one of them", "", Spot("", _path(row, "routes.py"), 140),
    ))  # fmt: skip
    decider = _who(stage, row, Side.HOME, stage.ago(36))
    actions.fix(last.pk, actor=decider, now=stage.ago(36), commit="41aa09bc55")
    _look_back(stage, row, 105)


def _dismissed(stage: Stage, row: Engagement) -> None:
    """Reported and found to be none."""
    found = Found("The label prints on two pages", "", Spot("", _path(row, "label.html")), severity="low")
    one = _report(stage, row, 180, found)
    decider = _who(stage, row, Side.HOME, stage.ago(179))
    words = "The printer of that shop has the old paper; the label is fine."
    actions.dismiss(one.pk, actor=decider, now=stage.ago(179), words=words)
    _look_back(stage, row, 186)


def _move_pagers(now: datetime) -> None:
    """Both sides hear of each pager when they did: some days before, and on the day."""
    notice = timedelta(days=rulebook.current().handovers.pager_notice_days)
    moments = [pager.moment(one) for one in PagerMove.objects.select_related("engagement__home_team")]
    for at in sorted({*(one - notice for one in moments), *moments, now}):
        if at <= now:
            pager.run(at)


def _look_back(stage: Stage, row: Engagement, days: float, said: Mapping[Side, Sequence[str]] | None = None) -> None:
    answered = said if said is not None else ANSWERS.get(row.title, {})
    for number, (side, answers) in enumerate(answered.items()):
        at = stage.ago(days) + timedelta(hours=20 * number)
        actions.look_back(row.pk, actor=_who(stage, row, side, at), now=at, answers=answers)

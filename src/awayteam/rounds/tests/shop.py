"""Rounds in the shop of the page tests: one that waits for Ada, one that went through every kind of remark."""

from datetime import datetime, timedelta

from awayteam.engagements.models import Engagement, Standard
from awayteam.kernel.actor import Actor
from awayteam.rounds import actions
from awayteam.rounds.models import Report, Round
from awayteam.rounds.rules import Point

OPEN, OVER = "Baskets that <b>wait</b>", "Baskets that were looked at"


def build(visit: str, ada: Actor, sam: Actor, now: datetime) -> None:
    """Sam shows two changes to Ada in the visit with that title, and both managers get a report."""
    row = Engagement.objects.get(title=visit)
    guide = Standard.objects.create(
        engagement=row,
        title="How <we> work",
        sha256="b" * 64,
        text="# How we work\n\n## Tests\n\nEach change has one.\n",
    )
    at = now - timedelta(days=2)
    done = actions.open_round(
        row, actor=sam, now=at, kind="change", title=OVER, words="**First**", url="https://git.example/1"
    )
    points = [
        Point("change", "Write a *test*.", standard=guide.pk, section="Tests", path="cart/line.py", line=3),
        Point("advice", "Nicer <names>."),
    ]
    actions.request_changes(done, actor=ada, now=at + timedelta(hours=1), points=points, minutes=30)
    actions.resubmit(done, actor=sam, now=at + timedelta(hours=2), words="There is one.")
    actions.approve(done, actor=ada, now=at + timedelta(hours=3), minutes=15)
    actions.open_round(row, actor=sam, now=now - timedelta(minutes=5), kind="change", title=OPEN)
    actions.make_report(row, actor=ada, now=now)


def visit() -> int:
    """The engagement of the rounds."""
    return Round.objects.get(title=OPEN).engagement_id


def round(title: str) -> int:
    return Round.objects.get(title=title).pk


def report() -> int:
    return Report.objects.get().pk

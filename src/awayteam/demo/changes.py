"""The demonstration's changes at the gate: told, reviewed and judged by the real actions, when people acted.

No forge sends them: they are of repositories that the demonstration wrote itself, or would have.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.contributions.models import Repository
from awayteam.demo.history import ADDRESS, BOT, CONTRACTOR, ORGANISATION
from awayteam.demo.requests import Stage
from awayteam.demo.shows import AUTHORISE, INDEX
from awayteam.engagements.models import Engagement, Member
from awayteam.gate.actions.changes import record, record_checks, record_reviews
from awayteam.gate.actions.emergencies import allow_in_emergency
from awayteam.gate.actions.judging import judge
from awayteam.gate.change import Approval, Author, Check, Said
from awayteam.gate.models import Change
from awayteam.gate.told import Told
from awayteam.kernel import businesstime
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotAllowed
from awayteam.organisation.models import Membership, Role
from awayteam.organisation.queries import dated
from awayteam.rounds.models import Round
from awayteam.stories.plot import hours_of

Act = tuple[str, float, str]
"""(what, working hours after the opening, who): "approve", "changes" or "comment" by "home", "lead" or "away"; "push";
"merge"; "emergency" by "lead" with the reason in place of who."""


@dataclass(frozen=True)
class Proposal:
    """A change of `team` in a repository of `home`, opened so many days ago. `visit` is the title of the engagement of
    which its author is, `by` a name that is no person's; `red` are checks that failed."""

    repository: str
    home: str
    title: str
    days: float
    paths: tuple[str, ...]
    acts: tuple[Act, ...] = ()
    team: str = ""
    visit: str = ""
    by: str = ""
    red: tuple[str, ...] = field(default=())


PROPOSALS = (
    Proposal("stock-levels", "stock", "The table and its migration", 11, ("stock-levels/migrations/0042_levels.sql",),
             (("changes", 2.5, "home"), ("push", 7, ""), ("approve", 9, "home"), ("merge", 9.4, "")), visit=INDEX),
    Proposal("stock-levels", "stock", "Reads go to the index, for one store first", 7, ("stock-levels/read.py",),
             (("approve", 12, "home"), ("merge", 12.5, "")), visit=INDEX),
    Proposal("stock-levels", "stock", "The old query goes", 0.12,
             ("stock-levels/query.py", "stock-levels/query_test.py", "deploy/levels.yaml"), visit=INDEX),
    Proposal("payment-gateway", "payments", "Start the address check beside it", 3,
             ("payment-gateway/steps.py", "payment-gateway/steps_test.py"),
             (("approve", 5, "away"), ("merge", 6, "")), visit=AUTHORISE),
    Proposal("payment-gateway", "payments", "Order of steps for Spain", 4.2, ("payment-gateway/order_es.py",),
             (("approve", 1.2, "away"),), visit=AUTHORISE),
    Proposal("payment-gateway", "payments", "Try a capture again only once", 0.8,
             ("src/capture/retry.py", "src/capture/retry_test.py"), (("comment", 3, "home"),), team="payments"),
    Proposal("price-calculator", "pricing", "Round shares of a bundle downwards", 5.4,
             ("src/rounding/shares.py",), (("approve", 2, "home"), ("push", 5, "")), team="pricing"),
    Proposal("order-store", "orders", "Keep the old address of an order", 2.2,
             ("src/model/address.py", "src/events/address.py"), (), team="shipping"),
    Proposal("search-query", "product-search", "Bump the tokenizer to 4.2", 1.1, ("requirements.txt",), by=BOT[0]),
    Proposal("token-service", "identity", "Speed up the check of a key", 4.3, ("src/keys/check.go",), by=CONTRACTOR[0]),
    Proposal("carrier-selection", "shipping", "Leave out a carrier that is down", 4.3, ("src/rates/choose.py",),
             (("emergency", 0.4, "Every third label fails; the carrier needs until tonight."), ("merge", 0.6, "")),
             team="shipping",
             red=("integration",)),
    Proposal("basket", "basket", "Merge baskets in one statement", 14, ("src/merging/merge.sql",),
             (("approve", 3, "home"), ("merge", 4, "")), team="basket"),
    Proposal("coupon-engine", "promotions", "Codes that end at midnight of the shop", 19, ("src/codes/ends.py",),
             (("changes", 20, "home"), ("push", 28, ""), ("approve", 47, "home"), ("merge", 48, "")), team="loyalty"),
    Proposal("mail-sender", "messaging", "Say which order a mail is about", 24, ("src/templates/order.txt",),
             (("approve", 19, "home"), ("merge", 20, "")), team="returns"),
    Proposal("product-catalogue", "master-data", "Import pictures in their order", 9, ("src/import/pictures.py",),
             (("approve", 6, "home"), ("merge", 7, "")), team="master-data"),
)  # fmt: skip
CHECKS = ("build", "tests", "integration")
NO_COMMIT = "1" * 40


def head_of(title: str, pushes: int = 0) -> str:
    """The commit at which a change stands after so many pushes."""
    return hashlib.sha1(f"{title} {pushes}".encode(), usedforsecurity=False).hexdigest()


def fill(*, now: datetime) -> int:
    """Tell of every change whose people and visit are there; returns how many."""
    stage, count = Stage.of(now), 0
    visits = {row.title: row for row in Engagement.objects.select_related("home_team", "away_team")}
    followed = {row.name: row for row in Repository.objects.all()}
    members = _members(stage)
    with transaction.atomic():  # one write to the disk instead of dozens
        for number, one in enumerate(PROPOSALS, 101):
            if one.home in stage.teams and (not one.visit or one.visit in visits):
                count += _play(_Play(stage, one, number, visits.get(one.visit), followed, members))
    return count


def _members(stage: Stage) -> dict[int, list[tuple[int, str]]]:
    """People of each team who act, with their roles."""
    found: dict[int, list[tuple[int, str]]] = {}
    for row in Membership.objects.filter(dated(stage.now)).order_by("pk"):
        if row.person_id in stage.actors:
            found.setdefault(row.team_id, []).append((row.person_id, row.role))
    return found


class _Play:
    """One change, with everybody who has a part in it."""

    def __init__(
        self, stage: Stage, one: Proposal, number: int, visit: Engagement | None, followed: dict[str, Repository],
        members: dict[int, list[tuple[int, str]]],
    ) -> None:  # fmt: skip
        self.stage, self.one, self.number, self.visit = stage, one, number, visit
        self.hours = hours_of(stage.teams[one.home])
        self.opened = min(businesstime.add(self.hours, stage.ago(one.days), 20), stage.now)
        here = members.get(stage.teams[one.home].pk, [])
        self.away = _visitors(stage, visit) if visit is not None else []
        team = stage.teams.get(one.team)
        own = self.away or [person for person, _ in (members.get(team.pk, []) if team is not None else [])]
        self.person = own[-1] if own else None
        others = [person for person, _ in here if person not in (self.person, *self.away)]
        self.home = others[0] if others else None
        self.lead = next((person for person, role in here if role == Role.LEAD), None)
        tip = followed[one.repository].tip if one.repository in followed else ""
        self.base = tip or NO_COMMIT

    def author(self) -> Author:
        if self.one.by or self.person is None:
            return Author("", self.one.by or "somebody", is_bot=self.one.by == BOT[0])
        person = self.stage.people[self.person]
        return Author(person.ref, str(person))

    def url(self) -> str:
        """Where it stands: of a change that a review round shows, as the round has it."""
        shown = Round.objects.filter(engagement=self.visit, title=self.one.title) if self.visit is not None else None
        found = shown.values_list("url", flat=True).first() if shown is not None else None
        return found or f"{ADDRESS}/{ORGANISATION}/{self.one.repository}/changes/{self.number}"

    def told(self, at: datetime, pushes: int, **given: Any) -> Told:
        values: dict[str, Any] = {
            "origin": "ci:demonstration", "origin_key": f"{self.one.repository}-{self.number}",
            "repository": self.one.repository, "key": f"#{self.number}", "url": self.url(), "title": self.one.title,
            "author": self.author(), "hands": (), "base_ref": "main", "base": self.base,
            "head": head_of(self.one.title, pushes),
            "paths": self.one.paths, "stand": "open", "is_draft": False, "from_fork": False,
            "opened_at": self.opened, "at": at,
            "rule_files": {"CODEOWNERS": f"* @{ORGANISATION}/{self.one.home}\n".encode()},
        }  # fmt: skip
        return Told(**{**values, **given})

    def who(self, word: str) -> int | None:
        """The person whom an act names."""
        if word == "away":
            return next((one for one in self.away if one != self.person), None)
        return self.lead if word == "lead" else self.home


def _visitors(stage: Stage, visit: Engagement) -> list[int]:
    here = Member.objects.filter(engagement=visit, left_at__isnull=True).order_by("pk")
    return [one for one in here.values_list("person", flat=True) if one in stage.actors]


def _play(play: _Play) -> int:
    """One change from its opening to the last act that lies in the past; 0 where nobody could have made it."""
    one, pushes, now = play.one, 0, play.stage.now
    if play.person is None and not one.by:
        return 0
    row = record(told=play.told(play.opened, pushes), now=play.opened)
    _checks(row, one, play.opened)
    judge(change=row, now=play.opened)
    for number, (what, hours, who) in enumerate(one.acts):
        at = businesstime.add(play.hours, play.opened, round(60 * hours))
        if at > now:
            break
        if what == "push":
            pushes += 1
            row = record(told=play.told(at, pushes), now=at)
            _checks(row, one, at)
        elif what == "merge":
            merger = play.author()
            row = record(told=play.told(at, pushes, stand="merged", merged_by=merger), now=at)
        elif what == "emergency":
            _emergency(play, row, at, who)
            continue
        else:
            _review(play, row, what, at, who, number)
        judge(change=row, now=at, cause=what)
    return 1


def _checks(row: Change, one: Proposal, at: datetime) -> None:
    record_checks(change=row, checks=[Check(name, name not in one.red) for name in CHECKS], now=at)


SAID = {"approve": Said.APPROVED, "changes": Said.CHANGES, "comment": Said.COMMENTED}


def _review(play: _Play, row: Change, what: str, at: datetime, who: str, number: int) -> None:
    found = play.who(who)
    if found is not None:
        person = play.stage.people[found]
        said = Approval(person.ref, str(person), SAID[what], row.head, at)
        record_reviews(change=row, reviews=[(f"review-{number}", said)], now=at)


def _emergency(play: _Play, row: Change, at: datetime, reason: str) -> None:
    """Whoever leads the home team lets it in, with the reason in public."""
    lead: Actor | None = play.stage.actors.get(play.lead or 0)
    if lead is not None:
        try:
            allow_in_emergency(actor=lead, change=row, reason=reason, now=at)
        except NotAllowed:  # a team without a lead of its own
            return

"""Changes in the shop of the page tests: one of each outcome, with titles and paths that mean harm."""

from datetime import datetime, timedelta
from typing import Any

from awayteam.gate.actions.changes import record, record_checks, record_reviews
from awayteam.gate.actions.emergencies import allow_in_emergency
from awayteam.gate.actions.judging import judge
from awayteam.gate.change import Approval, Author, Check, Said
from awayteam.gate.models import Change
from awayteam.gate.told import Told
from awayteam.kernel.actor import Actor

WAITING, ALLOWED, REFUSED = "Count <b>baskets</b> & more", "Sort letters at once", "Change what isn't ours"
STALE, BOT, MERGED, HURRY = "Pushed after the approval", "Bump letters to 2.0", "Letters that went in", "Stop the flood"
RULES = b"* @shop/orders\n/find/ @shop/search\n/nobody/\n"
ADA, SAM, BOB = "user:default/ada", "user:default/sam", "user:default/bob"


def told(title: str, author: Author, now: datetime, **given: Any) -> Told:
    """A change of the repository `letters`, told an hour ago."""
    number = sum(map(ord, title)) % 1000
    values: dict[str, Any] = {
        "origin": "ci:shop", "origin_key": f"letters-{number}", "repository": "letters", "key": f"#{number}",
        "url": f"https://git.example/letters/{number}", "title": title, "author": author, "hands": (),
        "base_ref": "main", "base": "a" * 40, "head": f"{number:040x}", "paths": ("letters/one.py",), "stand": "open",
        "is_draft": False, "from_fork": False, "opened_at": now - timedelta(hours=30), "at": now - timedelta(hours=1),
        "rule_files": {"CODEOWNERS": RULES},
    }  # fmt: skip
    return Told(**{**values, **given})


def build(visit: str, ada: Actor, zoe: Actor, now: datetime) -> None:
    """Changes by Sam (of Search, whose visit to Orders has that title) and by Ada, and what became of each."""
    sam, own = Author(SAM, "Sam"), Author(ADA, "Ada")
    many = tuple(f"letters/<i>{place}</i>/a;rm -rf.py" for place in range(30))
    row = record(told=told(WAITING, own, now, paths=(*many, "find/1", "nobody/2"), hands=(sam,)), now=now)
    record_reviews(change=row, reviews=[("r1", _said(SAM, "Sam", Said.COMMENTED, row, now))], now=now)
    record_checks(change=row, checks=[Check("tests", True), Check("<lint>", None), Check("deploy", False)], now=now)
    good = record(told=told(ALLOWED, own, now), now=now)
    record_reviews(change=good, reviews=[("r1", _said(BOB, "Bob", Said.APPROVED, good, now))], now=now)
    record(told=told(REFUSED, sam, now), now=now)
    stale = record(told=told(STALE, own, now, head="b" * 40, at=now - timedelta(hours=3)), now=now)
    record_reviews(change=stale, reviews=[("r1", _said(BOB, "Bob", Said.APPROVED, stale, now))], now=now)
    judge(change=stale, now=now)
    record(told=told(STALE, own, now, head="c" * 40), now=now)
    record(told=told(BOT, Author("", "renovate[bot]", is_bot=True), now), now=now)
    record(told=told(MERGED, own, now, stand="merged", merged_by=own), now=now)
    record(told=told(visit[:60], sam, now, repository="basket", paths=("cart/2", "find/2")), now=now)
    for one in Change.objects.order_by("pk"):
        judge(change=one, now=now)
    hurry = record(told=told(HURRY, own, now), now=now)
    judge(change=hurry, now=now)
    allow_in_emergency(actor=zoe, change=hurry, reason="The <shop> is down.", now=now)


def _said(ref: str, label: str, said: Said, row: Change, now: datetime) -> Approval:
    return Approval(ref, label, said, row.head, now - timedelta(minutes=30))


def visiting() -> int:
    """The number of the change of the away team."""
    return Change.objects.get(repository="basket", engagements__isnull=False).pk


def change(title: str) -> int:
    """The number of a change of the shop."""
    return Change.objects.get(title=title).pk

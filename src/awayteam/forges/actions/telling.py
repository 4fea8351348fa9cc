"""Queueing what forges are to be told, in the transaction of what it is about. `publishing` carries it there."""

import hashlib
from datetime import datetime
from typing import Any

from django.conf import settings

from awayteam.forges import reviewers
from awayteam.forges.models import ForgeChange, ForgeIssue
from awayteam.forges.port import Colour
from awayteam.gate import words
from awayteam.gate.judged import Judged
from awayteam.gate.models import Stand
from awayteam.gate.verdict import Outcome, Verdict
from awayteam.kernel import outbox
from awayteam.organisation.models import Person, Team

CHANNEL = "forge"
COLOURS = {Outcome.ALLOWED: Colour.GREEN, Outcome.WAITING: Colour.WAITING, Outcome.DENIED: Colour.RED}


def judged(heard: Judged) -> None:
    """A verdict came out differently: publish it, if the change is one of a forge's. A hook of the gate."""
    change = heard.change
    if not change.origin.startswith("forge:") or change.state != Stand.OPEN:
        return
    row = ForgeChange.objects.select_related("repository__forge").filter(change_id=change.pk).first()
    if row is None:
        return
    queue_verdict(row, heard)


def queue_verdict(row: ForgeChange, heard: Judged, again: datetime | None = None) -> bool:
    """False where this very notice of this head is queued already; with `again` it is told once more at that time,
    since somebody else wrote where it stood."""
    verdict, change = heard.public, heard.change
    names = names_of(verdict)
    address = f"{settings.URL}/changes/{change.pk}/"
    title = words.title(verdict, names=names)
    summary = words.markdown(verdict, address, names=names)
    # by the judgement too: what went to and fro must be published again
    parts = (heard.judgement.pk, change.head, title, summary, *([again] if again else []))
    key = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:40]
    at = heard.verdict.at
    ask = [] if change.is_draft else reviewers.wanted(row, verdict, at)
    payload: dict[str, Any] = {
        "what": "verdict", "change": row.pk, "head": change.head, "judgement": heard.judgement.pk, "key": key,
        "colour": COLOURS[verdict.outcome].value, "title": title, "summary": summary, "url": address,
        "ask": ask, "meet": [] if change.is_draft else reviewers.strangers(row, verdict, ask, at),
    }  # fmt: skip
    return outbox.enqueue(
        channel=CHANNEL, key=f"forge-verdict-{row.pk}-{key}", payload=payload, now=again or heard.judgement.at
    )


def names_of(verdict: Verdict) -> words.Names:
    """What people call whoever a verdict names; two statements."""
    needs = verdict.needs
    refs = {ref for need in needs for ref in (*need.people, *need.teams, *need.else_)}
    known = {one.ref: str(one) for one in Person.objects.filter(ref__in=refs)}
    known |= {one.ref: str(one) for one in Team.objects.filter(ref__in=refs)}
    return lambda ref: known.get(ref, "")


def queue_issue(row: ForgeIssue, now: datetime) -> None:
    """Say in a comment what became of an issue, or what is lacking; once for each state."""
    state = f"request-{row.request_id}" if row.request_id else hashlib.sha256(row.lacks.encode()).hexdigest()[:16]
    outbox.enqueue(
        channel=CHANNEL, key=f"forge-issue-{row.pk}-{state}", payload={"what": "issue", "issue": row.pk}, now=now
    )

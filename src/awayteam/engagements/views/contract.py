"""The text of a contract with its hash, signatures and differences; and the standards that it freezes."""

from datetime import datetime
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.engagements import contracts, queries, standards
from awayteam.engagements.contracts import Difference
from awayteam.engagements.models import Engagement, Standard
from awayteam.engagements.queries import ContractRow, contracts_of
from awayteam.engagements.words import MODE_WORDS
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import render
from awayteam.kernel.requests import Request
from awayteam.requests.queries.rows import team_link


@require_safe
def show(request: Request, pk: int, number: int) -> HttpResponseBase:
    """One text, readable and printable; `?from=` names another one to compare it with (default: the one before)."""
    engagement = queries.load(request.actor, pk, timezone.now())
    context = reading(engagement, contracts_of(engagement), number, request.GET.get("from", ""))
    return render(request, "engagements/contract.html", context)


def reading(engagement: Engagement, rows: list[ContractRow], number: int, compared: str = "") -> dict[str, Any]:
    """What a page needs that shows the text `number`. Raises `NotFound`."""
    row = next((one for one in rows if one.number == number), None)
    if row is None:
        raise NotFound(f"There is no text {number} of this engagement.", "Its contract stands on its page.")
    other = _other(rows, row, compared)
    return {
        "it": engagement,
        "home": team_link(engagement.home_team),
        "away": team_link(engagement.away_team),
        "contract": row,
        "text": contracts.parse(row.text),
        "others": [one for one in rows if one.number != row.number],
        "compared": other,
        "differences": differences(other, row),
        "mode_words": MODE_WORDS,
        "true_hash": contracts.sha256(row.text) == row.sha256,
    }


def _other(rows: list[ContractRow], row: ContractRow, wanted: str) -> ContractRow | None:
    """The text that a text is compared with: the one that was named, else the one in force before, else the last."""
    named = next((one for one in rows if str(one.number) == wanted and one.number != row.number), None)
    before = [one for one in rows if one.number < row.number]
    in_force = next((one for one in before if one.in_force_at is not None), None)
    return named or in_force or (before[0] if before else None)


def differences(before: ContractRow | None, after: ContractRow) -> list[Difference]:
    """What `after` says otherwise; nothing where there is no text before."""
    if before is None:
        return []
    return contracts.differences(contracts.parse(before.text), contracts.parse(after.text))


@require_safe
def standard(request: Request, pk: int, standard: int) -> HttpResponseBase:
    """A frozen document with its sections, each with an address of its own."""
    now: datetime = timezone.now()
    engagement = queries.load(request.actor, pk, now)
    found = Standard.objects.filter(engagement=engagement, pk=standard).first()
    if found is None:
        raise NotFound("There is no such standard in this engagement.", "Its standards stand on its page.")
    lines, found_sections = found.text.split("\n"), standards.sections(found.text, found.path)
    heads = {one.line for one in found_sections}
    context = {"it": engagement, "standard": found, "lines": lines, "sections": found_sections, "heads": heads}
    return render(request, "engagements/standard.html", context)

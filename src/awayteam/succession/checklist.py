"""The checklist of a succession, filled with what the catalog and the apps know."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.urls import reverse

from awayteam.catalog.models import Entity, Relation
from awayteam.contributions.models import RepositoryEntity
from awayteam.engagements.machine import FINAL as ENGAGEMENTS_ENDED
from awayteam.engagements.models import Engagement
from awayteam.kernel import rulebook
from awayteam.kernel.pages import thing_address
from awayteam.organisation.models import Team
from awayteam.requests.machine import FINAL as REQUESTS_ENDED
from awayteam.requests.models import Request
from awayteam.sources.declared import RelationType
from awayteam.succession import rules
from awayteam.succession.models import Line, Succession
from awayteam.succession.rules import Item

MOST = 12
"""Facts that one line names; the rest is counted."""
SOURCE_LOCATION = "backstage.io/source-location"
MONEY = ("cost", "budget", "spend", "billing")
"""Words by which annotations and labels about money are known."""

Fact = dict[str, str]


def _fact(words: str, address: str = "") -> Fact:
    return {"words": words, "address": address}


def fill(row: Succession) -> list[Line]:
    """The lines of the rulebook for this kind, with what is known; saves them. Called once."""
    book = rulebook.current().succession
    texts = book.retirement_lines if row.is_retirement else book.transfer_lines
    made = []
    for number, line in enumerate(texts, 1):
        key, _, text = (part.strip() for part in line.partition(":"))
        made.append(Line(succession=row, number=number, key=key, text=text, facts=known(key, row)))
    return Line.objects.bulk_create(made)


def known(key: str, row: Succession) -> list[Fact]:
    """What is known for a line; [] where nothing is, or where the rulebook's own key names nothing of ours."""
    found = list(FILLERS[key](row)) if key in FILLERS else []
    more = len(found) - MOST
    return [*found[:MOST], *([_fact(f"and {more} more")] if more > 0 else [])]


def _code(row: Succession) -> Iterable[Fact]:
    hidden = RepositoryEntity.objects.filter(entity__restricted=True).exclude(entity=row.entity)
    links = RepositoryEntity.objects.filter(entity=row.entity).exclude(repository__in=hidden.values("repository"))
    for link in links.select_related("repository").order_by("repository__name"):
        where = f"{link.repository.name}, folder {link.folder}" if link.folder else link.repository.name
        yield _fact(f"Repository {where}", reverse("away_repository", args=[link.repository_id]))
    said = _annotations(row.entity).get(SOURCE_LOCATION)
    if isinstance(said, str) and said:
        yield _fact(f"Source: {said[:300]}")


def _on_call(row: Succession) -> Iterable[Fact]:
    for team in (row.giver, row.receiver):
        if team is not None:
            said = f"On call for {team}" if team.on_call_url else f"{team} names no rota"
            yield _fact(said, team.on_call_url if team.on_call_url.startswith("https://") else "")


def _data(row: Succession) -> Iterable[Fact]:
    edges = Relation.objects.filter(source=row.entity, type=RelationType.DEPENDS_ON, target__kind__iexact="resource")
    edges = edges.exclude(target__restricted=True)
    seen = set()
    for edge in edges.select_related("target__owner").order_by("target__sort_name"):
        thing = edge.target
        if thing.pk not in seen:
            seen.add(thing.pk)
            owner = f", owned by {thing.owner}" if thing.owner is not None else ", owned by nobody"
            yield _fact(f"{thing}{f' ({thing.type})' if thing.type else ''}{owner}", thing_address(thing.ref))


def _money(row: Succession) -> Iterable[Fact]:
    for name, value in sorted(_annotations(row.entity).items()):
        if any(word in name.lower() for word in MONEY) and isinstance(value, str | int | float):
            yield _fact(f"{name}: {str(value)[:200]}")


def _requests(row: Succession) -> Iterable[Fact]:
    ended = [state.value for state in REQUESTS_ENDED]
    rows = Request.objects.filter(entity=row.entity).exclude(state__in=ended).select_related("asking_team")
    for one in rows.order_by("pk"):
        yield _fact(f"{one.title}, asked by {one.asking_team}", reverse("request", args=[one.pk]))


def _engagements(row: Succession) -> Iterable[Fact]:
    ended = [state.value for state in ENGAGEMENTS_ENDED]
    rows = Engagement.objects.filter(service=row.entity).exclude(state__in=ended).select_related("away_team")
    for one in rows.order_by("pk"):
        yield _fact(f"{one.title}, by {one.away_team}", reverse("engagement", args=[one.pk]))


def _consumers(row: Succession) -> Iterable[Fact]:
    for one in row.concerned.select_related("team").order_by("team__name"):
        yield _fact(f"{one.team}: {one.why}", thing_address(one.team.ref))


def _headers(row: Succession) -> Iterable[Fact]:  # noqa: ARG001 - shape of a filler
    yield _fact("The headers to send stand on this page")


def _annotations(entity: Entity) -> dict[str, Any]:
    """Annotations and labels of the document; files may hold anything there."""
    metadata = entity.document.get("metadata") if isinstance(entity.document, dict) else None
    found: dict[str, Any] = {}
    for part in ("labels", "annotations"):
        said = metadata.get(part) if isinstance(metadata, dict) else None
        if isinstance(said, dict):
            found |= {name: value for name, value in said.items() if isinstance(name, str)}
    return found


FILLERS: dict[str, Callable[[Succession], Iterable[Fact]]] = {
    "code": _code,
    "consumers": _consumers,
    "data": _data,
    "engagements": _engagements,
    "headers": _headers,
    "money": _money,
    "on-call": _on_call,
    "requests": _requests,
}


def items(lines: Sequence[Line]) -> list[Item]:
    return [Item(line.number, line.text, line.done_at is not None) for line in lines]


def why_not(row: Succession) -> str:
    """Why the handover can't be accepted yet, as a sentence; "" where it can."""
    missing = rules.unmet(items(list(row.lines.order_by("number"))))
    if not missing:
        return ""
    more = f" (and {len(missing) - 2} more)" if len(missing) > 2 else ""
    return f"The checklist isn't done. {' '.join(missing[:2])}{more}"


def team_of(row: Succession) -> Team | None:
    """The team that ticks."""
    return row.giver if row.is_retirement else row.receiver

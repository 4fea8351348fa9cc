"""What the pages of the away map share: the window in the address, tabs, links to commits."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from awayteam.contributions.queries import Choice, CommitFilter
from awayteam.contributions.queries.scope import at
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request

SPANS = (
    ("3mo", "3 months"),
    ("6mo", "6 months"),
    ("12mo", "12 months"),
    ("24mo", "24 months"),
    ("all", "all that is kept"),
)
ROWS = 50
ALL = 100_000
PLACE = ("since", "until", "as_of", "by", "repository")
"""Parameters that make up the window; links to commits carry them."""


def choice_of(request: Request) -> Choice:
    """The window, reading and grouping in the address. Raises `InvalidInput`."""
    given = request.GET
    return Choice(
        since=given.get("since", "").strip()[:40] or "12mo",
        until=given.get("until", "").strip()[:40],
        as_of=given.get("as_of", "").strip()[:10],
        by=given.get("by", "").strip()[:10] or "team",
        repository=number(given.get("repository", "")),
    )


def number(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput(f"{text[:40]!r} is no number.", "Take the link from a list.")
    return int(text)


def _kept(request: Request) -> str:
    """The window's part of an address, for links to other pages of the map."""
    return urlencode([(name, request.GET[name]) for name in PLACE if request.GET.get(name)])


def frame(request: Request, tab: str) -> dict[str, Any]:
    kept = _kept(request)

    def there(name: str) -> str:
        return reverse(name) + (f"?{kept}" if kept else "")

    tabs = [
        ("map", "Map", there("away_map"), None),
        ("areas", "Areas", there("away_areas"), None),
        ("belonging", "Belonging", there("away_belonging"), None),
        ("contradictions", "Contradictions", reverse("away_contradictions"), None),
        ("authors", "Authors", reverse("away_authors"), None),
        ("repositories", "Repositories", reverse("away_repositories"), None),
    ]
    return {"tab": tab, "tabs": tabs, "kept": kept, "spans": SPANS, "commits_at": _commits_at(kept), "at": at}


def _commits_at(kept: str) -> Any:
    """Makes the address of the list of commits behind a number."""

    def address(**which: Any) -> str:
        given = urlencode([(name, value) for name, value in which.items() if value not in ("", None)])
        query = "&".join(part for part in (kept, given) if part)
        return reverse("away_commits") + (f"?{query}" if query else "")

    return address


def filter_of(request: Request) -> CommitFilter:
    given = request.GET
    return CommitFilter(
        stands=given.get("class", "")[:20],
        origin=given.get("from", "")[:20],
        target=given.get("to", "")[:20],
        kind=given.get("kind", "")[:30],
        person=given.get("person", "")[:400],
        author=number(given.get("author", "")),
        area=number(given.get("area", "")),
        at_home=given.get("at_home", "") if given.get("at_home") in ("yes", "no") else "",
        differing=given.get("differing") == "yes",
        folder=number(given.get("folder", "")),
    )

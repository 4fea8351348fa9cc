"""Fields that several forms have: teams, people, things and links by what people type."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, NotFound
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Person, Team


def text_field(label: str, rows: int = 3, *, required: bool = True, help_text: str = "") -> forms.CharField:
    """A text of several lines."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=20_000, widget=widget, required=required, help_text=help_text)


def day_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, required=required, help_text=help_text)


def team_named(actor: Actor, text: str) -> Team:
    """The team of a name or reference; raises a `ValidationError` that says which is unknown."""
    try:
        return organisation.team(actor, text.strip())
    except AwayteamError as error:
        raise forms.ValidationError(f"There is no team {text.strip()[:60]}.") from error


def teams_named(actor: Actor, text: str) -> list[Team]:
    """Teams by name or reference, with commas between."""
    return [team_named(actor, one) for one in text.split(",") if one.strip()]


def person_named(actor: Actor, text: str) -> Person:
    """The person of a name or reference; raises a `ValidationError`."""
    try:
        return organisation.person(actor, text.strip())
    except AwayteamError as error:
        raise forms.ValidationError(f"There is nobody called {text.strip()[:60]}.") from error


def thing_named(actor: Actor, text: str) -> Entity | None:
    """The service or API of a name or reference, None for no text; raises a `ValidationError`."""
    text = text.strip()
    for ref in (
        [] if not text else [text] if ":" in text else [f"{kind}:{text}" for kind in ("component", "api", "system")]
    ):
        try:
            return catalog.resolve(actor, ref)
        except NotFound:
            continue
        except AwayteamError:
            break
    if text:
        raise forms.ValidationError(f"There is no {text[:60]} in the catalog.")
    return None


def links_of(text: str) -> list[dict[str, str]]:
    """One link a line: words, then an address; one of the two is enough."""
    found = []
    for line in text.splitlines():
        words = line.split()
        url = words.pop() if words and words[-1].startswith(("http://", "https://")) else ""
        if words or url:
            found.append({"words": " ".join(words), "url": url})
    return found


def lines_of(links: Iterable[Mapping[str, Any]]) -> str:
    """The text of which `links_of` makes these links."""
    return "\n".join(f"{one.get('words', '')} {one.get('url', '')}".strip() for one in links)

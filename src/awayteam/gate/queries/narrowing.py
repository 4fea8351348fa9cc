"""What the list of changes can be narrowed by, how an address says it, and how that becomes a condition."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from awayteam.catalog.queries.references import canonical
from awayteam.gate.models import Change, Stand
from awayteam.gate.verdict import Outcome
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.organisation.models import Membership, Team
from awayteam.organisation.queries.dates import dated

ALL, MINE = "all", "mine"
"""In place of a state: every change. In place of a team: those that this person belongs to."""
STATES = (*Stand.values, ALL)
MADE, WORD = "made", "word"
OWN = (WORD, MADE)
"""Changes that wait for the actor's word, and those that they made."""
MANY = ("outcome", "repository", "home", "by", "team")
SINGLE = ("q", "state", "engagement", "mine")
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Everything is optional; values of one field are alternatives, different fields must all hold.

    `state` is "open" (where nothing is said), "merged", "closed" or "all". `home` are references of teams whose code it
    is ("orders" means group:default/orders) or "mine", `by` those to which the author belongs now, `team` either.
    `engagement` is a number. `mine` is "word" (it waits for the actor's word) or "made". `text` are words that must all
    occur in the title, the name of the change or its author's.
    """

    state: str = Stand.OPEN.value
    outcome: tuple[str, ...] = ()
    repository: tuple[str, ...] = ()
    home: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    engagement: int | None = None
    mine: str = ""
    text: str = ""


def filter_of(given: QueryDict) -> ChangeFilter:
    """The filter that the parameters of an address say; raises `InvalidInput` with the one that can't be read."""
    chosen: dict[str, Any] = {
        name: tuple(dict.fromkeys(one[:400] for one in given.getlist(name) if one))[:50] for name in MANY
    }
    return ChangeFilter(
        **chosen,
        state=_one_of("state", given.get("state") or Stand.OPEN.value, STATES),
        mine=_one_of("mine", given.get("mine", ""), ("", *OWN)),
        engagement=_number(given.get("engagement", "")),
        text=given.get("q", "").strip()[:200],
    )


def narrow(
    changes: "QuerySet[Change]", wanted: ChangeFilter, actor: Actor, now: datetime, *, without: str = ""
) -> "QuerySet[Change]":
    """`changes` with every condition of the filter but the one of the field `without`; raises `InvalidInput`.

    One statement for each field that names teams.
    """
    conditions: dict[str, Callable[[], Q]] = {
        "outcome": lambda: _outcomes(wanted.outcome),
        "repository": lambda: Q(repository__in=wanted.repository),
        "home": lambda: Q(home_team__in=teams_of(wanted.home, actor)),
        "by": lambda: _by(teams_of(wanted.by, actor), now),
        "team": lambda: _either(teams_of(wanted.team, actor), now),
        "mine": lambda: _own(wanted.mine, actor),
        "engagement": lambda: Q(pk__in=_of_engagement(wanted.engagement or 0)),
    }
    if wanted.state != ALL and without != "state":
        changes = changes.filter(state=_one_of("state", wanted.state, STATES))
    for name, condition in conditions.items():
        if name != without and getattr(wanted, name) not in ((), "", None):
            changes = changes.filter(condition())
    for word in wanted.text.replace("\0", "").split()[:MOST_WORDS]:
        said = Q(title__icontains=word) | Q(repository__icontains=word) | Q(key__icontains=word)
        changes = changes.filter(said | Q(author_label__icontains=word))
    return changes


def teams_of(words: Sequence[str], actor: Actor) -> list[int]:
    """Ids of teams; one that nobody knows has none, so that the list is empty rather than broken."""
    refs = canonical([word for word in words if word != MINE], "group")
    found = set(Team.objects.filter(ref__in=refs).values_list("pk", flat=True)) if refs else set()
    return sorted(found | set(actor.teams if MINE in words else ()))


def awaits(person: int) -> Q:
    """Open changes that wait for a person's word."""
    asked = Change.asked.through.objects.filter(person=person).order_by().values("change")
    return Q(pk__in=asked, state=Stand.OPEN, outcome=Outcome.WAITING.value)


def _of_engagement(number: int) -> Any:
    return Change.engagements.through.objects.filter(engagement=number).order_by().values("change")


def _own(word: str, actor: Actor) -> Q:
    if actor.person_id is None:
        return Q(pk__in=[])
    return awaits(actor.person_id) if _one_of("mine", word, OWN) == WORD else Q(author=actor.person_id)


def _by(teams: Sequence[int], now: datetime) -> Q:
    return Q(author__in=Membership.objects.filter(dated(now), team__in=teams).order_by().values("person"))


def _either(teams: Sequence[int], now: datetime) -> Q:
    return Q(home_team__in=teams) | _by(teams, now)


def _outcomes(words: Sequence[str]) -> Q:
    for word in words:
        _one_of("outcome", word, [one.value for one in Outcome])
    return Q(outcome__in=words)


def _one_of(name: str, word: str, choices: Sequence[str]) -> str:
    if word not in choices:
        what = f"There is no {name} {word[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(filter(None, choices))}.", {name: "unknown"})
    return word


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidInput(f"{text[:40]!r} is no number of an engagement.", "Take it from the address of its page.")
    return int(text)

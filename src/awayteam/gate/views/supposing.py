"""Suppositions in the address of a change's page: what the form says, and what people read of each."""

from dataclasses import dataclass
from urllib.parse import urlencode

from awayteam.engagements.models import Engagement
from awayteam.gate.facts import Organisation
from awayteam.gate.queries.story import Story
from awayteam.gate.supposing import MOST, Kind, Supposition, parse
from awayteam.kernel.requests import Request

SWITCHES = ("signed", "met", "green")
UNTIL = "until-"


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is supposed. `chips` are (words, the texts of all others), `refusal` what can't be read ("": nothing)."""

    known: tuple[Supposition, ...] = ()
    chips: tuple[tuple[str, list[str]], ...] = ()
    refusal: str = ""


def asked_anew(request: Request, here: str) -> str | None:
    """The address that says as suppositions what the form sent; None where it sent nothing."""
    given = request.GET
    person = given.get("person", "").strip()[:300]
    ends = {name.removeprefix(UNTIL): given[name].strip()[:20] for name in given if name.startswith(UNTIL)}
    if not person and not ends and not any(name in given for name in (*SWITCHES, "person")):
        return None
    texts = list(given.getlist("suppose"))
    if person:
        texts.append(f"approved:{person}")
    texts += [f"extended:{number}:{day}" for number, day in ends.items() if day]
    texts += [f"{name}:*" for name in SWITCHES if given.get(name) == "yes"]
    query = [("suppose", text) for text in dict.fromkeys(texts)][:MOST]
    if given.get("explain") == "yes":
        query.append(("explain", "yes"))
    return f"{here}?{urlencode(query)}#what-if" if query else f"{here}#what-if"


def supposed(request: Request, story: Story, organisation: Organisation) -> Supposed:
    """What the address supposes. `signed:*` and `met:*` mean every engagement of the change."""
    texts = list(dict.fromkeys(request.GET.getlist("suppose")))
    if len(texts) > MOST:
        return Supposed(refusal=f"These are {len(texts)} suppositions; at most {MOST}.")
    engagements = {one.pk: one for one in story.engagements}
    known: list[Supposition] = []
    chips = []
    for text in texts:
        rest = [one for one in texts if one != text]
        try:
            meant = _meant(text, organisation, engagements)
        except ValueError as error:
            chips.append((text[:80], rest))
            return Supposed((), tuple(chips), f"{error}.")
        known += meant
        chips.append((_words(text, meant, organisation, engagements), rest))
    return Supposed(tuple(known), tuple(chips))


def _meant(text: str, organisation: Organisation, engagements: dict[int, Engagement]) -> list[Supposition]:
    if text in ("signed:*", "met:*"):
        kind = Kind(text.partition(":")[0])
        numbers = [*engagements, *([0] if kind is Kind.MET else [])]
        return [Supposition(kind, str(number)) for number in numbers]
    one = parse(text)
    if one.kind is not Kind.APPROVED:
        return [one]
    found = organisation.owner(one.what).person
    if not found or not organisation.is_present(found):
        raise ValueError(f"Nobody is called {one.what[:60]!r}; write a login, or a reference such as user:default/ada")
    return [Supposition(Kind.APPROVED, found)]


def _words(
    text: str, meant: list[Supposition], organisation: Organisation, engagements: dict[int, Engagement]
) -> str:  # fmt: skip
    kind, _, rest = text.partition(":")
    match Kind(kind):
        case Kind.APPROVED:
            return f"{organisation.label(meant[0].what)} approves"
        case Kind.GREEN:
            return "all checks are green" if rest == "*" else f"{rest[:60]} is green"
        case Kind.MET:
            return "what bar raisers ask for is met"
        case Kind.SIGNED:
            return "the design is signed"
        case Kind.EXTENDED:
            number, _, day = rest.partition(":")
            visit = engagements.get(int(number))
            return f"{f'“{visit.title[:60]}”' if visit else f'engagement {number}'} lasts until {day}"

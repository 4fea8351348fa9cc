"""Everything that the page of a change shows: its verdict as people read it, whom one can turn to, and its past."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.db.models import Q
from django.urls import reverse

from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import visible as visible_engagements
from awayteam.gate import plain, veiling, words
from awayteam.gate.facts import Organisation
from awayteam.gate.models import Change, ChangeReview, Judgement, Passage
from awayteam.gate.permissions import unseen_engagements, visible
from awayteam.gate.queries.pages import RELATED, ChangeRow, rows_of
from awayteam.gate.verdict import Need, Outcome, Reason, Section, Standing, Verdict
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.rounds.models import Round
from awayteam.rounds.queries.lists import RELATED as ROUND_RELATED
from awayteam.rounds.queries.lists import RoundRow
from awayteam.rounds.queries.lists import rows_of as rounds_of
from awayteam.sources.ownership.base import shown

HISTORY, REVIEWS, ROUNDS = 50, 100, 10
NAMED = 3
MOST_LINES = 2_000
"""Paths that a page names; the file of all paths has the others."""
_ORDER = (Outcome.DENIED, Outcome.WAITING, Outcome.ALLOWED)


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody whom a verdict names: `ref` is "" where nobody knows the name."""

    ref: str
    label: str


@dataclass(frozen=True, slots=True)
class ShownNeed:
    """A word that is lacking, with everybody who may give it or unblock it."""

    need: Need
    teams: tuple[Who, ...]
    people: tuple[Who, ...]
    others: tuple[Who, ...]


@dataclass(frozen=True, slots=True)
class ShownSection:
    """Paths that one rule decides about; `left_out` more than `paths` aren't named here. `rule_address` leads to the
    owners of the repository, "" where it isn't followed."""

    section: Section
    paths: tuple[str, ...]
    left_out: int
    rule: str
    rule_address: str
    engagement: Engagement | None
    standing: str


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs to the same owners: the worst of its outcomes, its paths by rule, and how many there are."""

    names: tuple[str, ...]
    owners: tuple[Who, ...]
    outcome: Outcome
    sections: tuple[ShownSection, ...]
    count: int


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """A verdict in the words of its page. `sentence` says it in one line, `count` is the number of its paths."""

    verdict: Verdict
    sentence: str
    needs: tuple[ShownNeed, ...]
    groups: tuple[Group, ...]
    whole: tuple[Reason, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Story:
    """A change with everything around it; `verdict` is None before it was judged."""

    change: Change
    row: ChangeRow
    verdict: ShownVerdict | None
    engagements: tuple[Engagement, ...]
    rounds: tuple[RoundRow, ...]
    reviews: tuple[ChangeReview, ...]
    history: tuple[Judgement, ...]
    passages: tuple[Passage, ...]
    hands: tuple[Who, ...]


def load(actor: Actor, pk: int, now: datetime) -> Change:
    """The change with this number; one statement. Raises `NotFound`."""
    rows = Change.objects.filter(pk=pk) if 0 < pk < 2**63 else Change.objects.none()
    found = visible(actor, rows, now).select_related(*RELATED, "followed", "merged_by").first()
    if found is None:
        raise NotFound(f"There is no change {pk}.", "Look in the list of changes.")
    return found


def verdict_of(change: Change) -> Verdict | None:
    """The newest verdict about a change, as it was written; None before the first one."""
    newest = Judgement.objects.filter(change=change).order_by("-pk").values_list("verdict", flat=True).first()
    return None if newest is None else plain.from_json(orjson.loads(newest))


def fit_for(actor: Actor, verdict: Verdict, now: datetime) -> Verdict:
    """A verdict without what it says of engagements that the actor may not see; at most two statements."""
    unseen = unseen_engagements(actor, veiling.numbers(verdict), now)
    if not unseen:
        return verdict
    titles = dict(Engagement.objects.filter(pk__in=unseen).values_list("pk", "title"))
    return veiling.veiled(verdict, unseen, titles)


def story(
    actor: Actor, change: Change, verdict: Verdict | None, organisation: Organisation, now: datetime
) -> Story:  # fmt: skip
    """The story of a change whose verdict was made fit for the actor; some ten statements, however large it is."""
    engagements = _engagements(actor, change, verdict, now)
    return Story(
        change,
        rows_of([change], now)[0],
        None if verdict is None else show(verdict, change, organisation, engagements),
        tuple(engagements.values()),
        tuple(_rounds(change, engagements, now)),
        tuple(change.reviews.select_related("person").order_by("-at", "-pk")[:REVIEWS]),
        tuple(Judgement.objects.filter(change=change).defer("verdict").order_by("-pk")[:HISTORY]),
        tuple(change.passages.select_related("person").order_by("-pk")),
        tuple(Who(one["person"], one["label"]) for one in change.hands),
    )


def _engagements(
    actor: Actor, change: Change, verdict: Verdict | None, now: datetime
) -> dict[int, Engagement]:  # fmt: skip
    """Engagements of the change that the actor may see, by number."""
    named = {one.engagement for one in verdict.sections if one.engagement} if verdict is not None else set()
    wanted = Q(pk__in=sorted(named)) | Q(changes=change)
    rows = visible_engagements(actor, Engagement.objects.filter(wanted), now)
    return {one.pk: one for one in rows.select_related("home_team", "away_team").order_by("pk").distinct()[:50]}


def _rounds(change: Change, engagements: Mapping[int, Engagement], now: datetime) -> list[RoundRow]:
    """Review rounds of these engagements about this change."""
    if not engagements:
        return []
    about = Q(commit=change.head)
    if change.url:
        about |= Q(url=change.url)
    rows = Round.objects.filter(about, engagement__in=sorted(engagements)).select_related(*ROUND_RELATED)
    return rounds_of(list(rows.order_by("-pk")[:ROUNDS]), now)


def show(
    verdict: Verdict, change: Change, organisation: Organisation, engagements: Mapping[int, Engagement]
) -> ShownVerdict:  # fmt: skip
    """A verdict in the words of its page; no statement."""
    groups = _groups(verdict, change, organisation, engagements)
    return ShownVerdict(
        verdict,
        sentence(verdict, organisation),
        tuple(_need(one, organisation) for one in verdict.needs),
        groups,
        verdict.whole,
        sum(len(one.paths) for one in verdict.sections),
    )


def sentence(verdict: Verdict, organisation: Organisation) -> str:
    """May it go in, what is lacking, whose word: in one sentence."""
    if verdict.outcome is Outcome.ALLOWED:
        emergency = any(one.rule == "emergency" for one in verdict.whole)
        return "It may go in, as an emergency." if emergency else "It may go in."
    if verdict.outcome is Outcome.DENIED:
        return f"It may not go in. {_first_refusal(verdict)}"
    named = list(dict.fromkeys(who for need in verdict.needs if (who := _named(need, organisation))))
    nameless = next((need.says for need in verdict.needs if not _named(need, organisation)), "")
    if not named:
        return f"It may not go in yet. {nameless}".strip()
    more = f" and of {len(named) - NAMED} more" if len(named) > NAMED else ""
    return f"It may not go in yet: it lacks the word of {' and of '.join(named[:NAMED])}{more}. {nameless}".strip()


def _named(need: Need, organisation: Organisation) -> str:
    """Whose word it is, in few words; "" where nobody is named."""
    refs = need.teams or need.people
    names = [organisation.label(ref) for ref in refs[:2]]
    return " or ".join([*names, *(["others"] if len(refs) > 2 else [])])


def _first_refusal(verdict: Verdict) -> str:
    for section in verdict.sections:
        if section.outcome is Outcome.DENIED:
            for reason in section.reasons:
                if not reason.passes:
                    return reason.says
    return ""


def _need(need: Need, organisation: Organisation) -> ShownNeed:
    def named(refs: Iterable[str]) -> tuple[Who, ...]:
        return tuple(Who(ref, organisation.label(ref)) for ref in refs)

    return ShownNeed(need, named(need.teams), named(need.people), named(need.else_))


def _groups(
    verdict: Verdict, change: Change, organisation: Organisation, engagements: Mapping[int, Engagement]
) -> tuple[Group, ...]:  # fmt: skip
    """Sections by their owners, those that block first."""
    found: dict[tuple[str, ...], list[Section]] = {}
    for section in verdict.sections:
        found.setdefault(section.owners, []).append(section)
    made, room = [], MOST_LINES
    ordered = sorted(found.items(), key=lambda one: min(_ORDER.index(each.outcome) for each in one[1]))
    for names, sections in ordered:
        rows = []
        for section in sorted(sections, key=lambda each: _ORDER.index(each.outcome)):
            lines = section.paths[: max(0, room)]
            room -= len(lines)
            rows.append(_section(section, lines, change, engagements))
        made.append(
            Group(
                tuple(map(shown, names)), tuple(_owner(name, organisation) for name in names), rows[0].section.outcome,
                tuple(rows), sum(len(each.paths) for each in sections),
            )
        )  # fmt: skip
    return tuple(made)


def _owner(name: str, organisation: Organisation) -> Who:
    found = organisation.owner(name)
    ref = found.team or found.person
    return Who(ref, organisation.label(ref) if ref else shown(name))


def _section(
    section: Section, lines: Sequence[str], change: Change, engagements: Mapping[int, Engagement]
) -> ShownSection:  # fmt: skip
    address = f"{reverse('away_areas')}?repository={change.followed_id}" if change.followed_id and section.rule else ""
    return ShownSection(
        section,
        tuple(shown(path) for path in lines),
        len(section.paths) - len(lines),
        shown(section.rule),
        address,
        engagements.get(section.engagement),
        words.STANDING_WORDS[Standing(section.standing)],
    )

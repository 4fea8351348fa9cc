"""The one question, asked by the server: a change with all that it is judged by, and the verdict about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from awayteam.contributions.models import Repository
from awayteam.gate import ownership, plain, rules, supposing
from awayteam.gate.change import Approval, Author, Change, Check, Said, Way
from awayteam.gate.facts import Ownership
from awayteam.gate.loading import About, Facts, facts
from awayteam.gate.models import Change as Row
from awayteam.gate.models import ChangeReview
from awayteam.gate.ownership import RulesUnknown
from awayteam.gate.supposing import Supposition
from awayteam.gate.verdict import Need, Outcome, Reason, Verdict
from awayteam.sources.ownership import detect
from awayteam.sources.ownership.base import MemoryTree
from awayteam.sources.ownership.github import load as no_rules


@dataclass(frozen=True, slots=True)
class Question:
    """A change and what it is judged by. `lacking` are things that the gate doesn't know and must: no such change goes
    in, but in an emergency."""

    change: Change
    facts: Facts
    ownership: Ownership
    lacking: tuple[Need, ...] = ()

    def answer(self, now: datetime, suppose: Iterable[Supposition] = ()) -> Verdict:
        """The verdict at `now`, where what is supposed were so."""
        known = self.facts
        change, engagements, reviews = supposing.suppose(
            suppose, self.change, known.engagements, known.reviews, known.standards, now
        )
        verdict = rules.gate(
            change, self.ownership, known.organisation, engagements, reviews, known.standards, known.terms, now
        )
        return _with(verdict, self.lacking)


def of_row(row: Row, now: datetime) -> Question:
    """The question about a change that the gate was told of."""
    change = as_change(row)
    told = row.rules.digest if row.rules is not None else ""
    return ask(change, row.followed, row.base, told, now, number=row.pk, is_whole=row.is_whole)


def ask(
    change: Change, followed: Repository | None, base: str, told: str, now: datetime, *,
    number: int | None = None, is_whole: bool = True, passages: Iterable[int] = (),
    files: Mapping[str, bytes] | None = None,
) -> Question:  # fmt: skip
    """The question about a change with all that it is judged by; `files` are rule files that nobody keeps."""
    about = About(change.repository, change.author.person, change.head, change.url, number, tuple(passages))
    known = facts(about, now)
    lacking = () if is_whole else (Need("paths", "Not all paths of the change are known; bring it in in parts."),)
    try:
        found = ownership.rules_of(followed, base, told)
    except RulesUnknown as why:
        if files is not None:
            return Question(change, known, detect.resolver(MemoryTree(dict(files))), lacking)
        return Question(change, known, no_rules(MemoryTree()), (*lacking, Need("rules", str(why))))
    return Question(change, known, found, lacking)


def as_change(row: Row) -> Change:
    """A change as the database keeps it, with its reviews: one statement."""
    reviews = ChangeReview.objects.filter(change=row).select_related("person")
    return Change(
        repository=row.repository,
        base=row.base,
        head=row.head,
        paths=tuple(map(plain.unquoted, row.paths)),
        author=Author(row.author.ref if row.author is not None else "", row.author_label, row.author_is_bot),
        hands=tuple(Author(one["person"], one["label"], one["bot"]) for one in row.hands),
        approvals=tuple(map(_approval, reviews)),
        checks=tuple(Check(one["name"], one["passed"]) for one in row.checks),
        way=Way(row.way),
        key=row.key,
        url=row.url,
        title=row.title,
        is_draft=row.is_draft,
        from_fork=row.from_fork,
    )


def _approval(one: ChangeReview) -> Approval:
    person = one.person.ref if one.person is not None else ""
    return Approval(person, one.label, Said(one.said), one.commit, one.at, one.is_bot)


def _with(verdict: Verdict, lacking: tuple[Need, ...]) -> Verdict:
    """The verdict with what isn't known. What was found by rules that nobody knows is left out."""
    if not lacking:
        return verdict
    unruled = any(one.rule == "rules" for one in lacking)
    passed = any(one.rule == "emergency" for one in verdict.whole)
    worst = Outcome.WAITING if unruled or verdict.outcome is Outcome.ALLOWED else verdict.outcome
    return replace(
        verdict,
        outcome=verdict.outcome if passed else worst,
        sections=() if unruled else verdict.sections,
        whole=(*verdict.whole, *(Reason(one.rule, False, one.says) for one in lacking)),
        whole_needs=(*lacking, *verdict.whole_needs),
    )

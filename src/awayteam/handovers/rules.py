"""What is decided here, on plain values: when a handover may be submitted, whose a defect is, what may be read when,
and when a service should rather serve itself. No database, no clock, no git."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

AWAY, HOME = "away", "home"
BY_ITSELF = "no-open-review"
"""The key of the line that nobody ticks: it is so, or it isn't."""
WALKTHROUGH = "walkthrough"
"""The key of the line that needs a walkthrough with somebody of the home side."""


# The checklist


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a checklist as it stands; `key` as in the model, `shows` the kinds of its evidence."""

    number: int
    text: str
    key: str = ""
    done: bool = False
    waived: bool = False
    shows: frozenset[str] = frozenset()


def unmet(lines: Iterable[Line], open_reviews: int) -> list[str]:
    """Why a checklist isn't complete, a sentence for each line; empty where the handover may be submitted."""
    missing = []
    for line in lines:
        if line.waived:
            continue
        if line.key == BY_ITSELF:
            if open_reviews:
                count = "one is" if open_reviews == 1 else f"{open_reviews} are"
                missing.append(f"{line.number}. {line.text}: {count} open.")
        elif not line.done:
            missing.append(f"{line.number}. {line.text}: neither done nor waived.")
    return missing


def lacks(line: Line) -> str:
    """What a line needs before somebody may call it done, as a sentence; "" where nothing."""
    if line.key == BY_ITSELF:
        return "Nobody ticks this line: it is done as soon as no review is open."
    if line.key == WALKTHROUGH and "walkthrough" not in line.shows:
        return "Say on which day somebody of the home side was walked through it, and who."
    if not line.shows:
        return "Add what shows it first: a link, a file of results, or words."
    return ""


def checklist(done_means: Sequence[str], book: Sequence[str]) -> list[tuple[str, str, str]]:
    """The lines of a new handover as (origin, key, text): the contract's first, then the rulebook's that it lacks.

    Lines of the rulebook are "key: text".
    """
    said = [("contract", "", text.strip()) for text in done_means if text.strip()]
    known = {text.casefold() for _origin, _key, text in said}
    for one in book:
        key, _, text = (part.strip() for part in one.partition(":"))
        if text.casefold() not in known:
            said.append(("rulebook", key, text))
    return said


# The warranty


@dataclass(frozen=True, slots=True)
class Warranty:
    """From production (None: not there yet) until `ends_at`, exclusive; before production the work is still theirs."""

    starts_at: datetime | None
    ends_at: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether a defect that was found then is the away team's to repair, if their work caused it."""
        return self.ends_at is None or at < self.ends_at


def warranty(production_at: datetime | None, days: int, ended_at: datetime | None) -> Warranty:
    """The warranty of an engagement; one that was ended early (`ended_at`) ends then."""
    ends = production_at + timedelta(days=days) if production_at is not None else None
    if ended_at is not None:
        ends = min(ends, ended_at) if ends is not None else ended_at
    return Warranty(production_at, ends)


@dataclass(frozen=True, slots=True)
class Blame:
    """Which commit last changed the line, and whether it is one of the engagement's."""

    sha: str
    author: str
    at: datetime
    ours: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """Commits of the engagement that touched the path: how many, and the newest."""

    count: int
    sha: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a defect. None means not known: no path given, repository not followed, git had no answer."""

    found_at: datetime
    warranty: Warranty
    path: str = ""
    in_scope: bool | None = None
    changes: Changes | None = None
    blame: Blame | None = None
    notes: tuple[str, ...] = ()


class Rule(StrEnum):
    """Which rule decided whose a defect is, the strongest evidence first."""

    AFTER_WARRANTY = "after-warranty"
    BLAME_VISIT = "blame-visit"
    BLAME_OTHERS = "blame-others"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OUT_OF_SCOPE = "out-of-scope"
    IN_SCOPE = "in-scope"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was seen, where, and when it happened."""

    text: str
    source: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whose a defect is, by which rule, and everything that was seen, what decided first."""

    side: str
    rule: Rule
    reasons: tuple[Reason, ...]
    under_warranty: bool
    sha: str = ""


def route(facts: Facts) -> Verdict:
    """Whose a defect is. After the warranty it is the home team's, whoever wrote it; within it blame counts more than
    who touched the file, and that more than the contract's scope. What nobody has evidence for is the home team's."""
    holds = facts.warranty.holds(facts.found_at)
    seen = [*_blamed(facts), *_changed(facts), *_scoped(facts)]
    notes = [Reason(text, "note") for text in facts.notes]
    if not holds:
        ends = facts.warranty.ends_at
        over = Reason("It was found after the warranty had ended.", "warranty", ends)
        return Verdict(
            HOME, Rule.AFTER_WARRANTY, (over, *(one for _side, _rule, one in seen), *notes), False, _sha(facts)
        )
    if not seen:
        nothing = Reason("No file is named that could tell whose it is.", "nothing")
        return Verdict(HOME, Rule.UNKNOWN, (nothing, *notes), True)
    side, rule, _first = seen[0]
    return Verdict(side, rule, (*(one for _side, _rule, one in seen), *notes), True, _sha(facts))


def _sha(facts: Facts) -> str:
    if facts.blame is not None:
        return facts.blame.sha
    return facts.changes.sha if facts.changes is not None else ""


Seen = tuple[str, Rule, Reason]


def _blamed(facts: Facts) -> Iterable[Seen]:
    one = facts.blame
    if one is None:
        return
    short = one.sha[:10]
    if one.ours:
        yield (
            AWAY,
            Rule.BLAME_VISIT,
            Reason(f"The line is from {short}, a commit of this visit by {one.author}.", "git blame", one.at),
        )
    else:
        yield (
            HOME,
            Rule.BLAME_OTHERS,
            Reason(f"The line is from {short} by {one.author}, which is no commit of this visit.", "git blame", one.at),
        )


def _changed(facts: Facts) -> Iterable[Seen]:
    found = facts.changes
    if found is None:
        return
    if found.count:
        number = "One commit" if found.count == 1 else f"{found.count} commits"
        text = f"{number} of this visit changed {facts.path}, the newest is {found.sha[:10]}."
        yield AWAY, Rule.CHANGED, Reason(text, "git log", found.at)
    else:
        yield HOME, Rule.UNCHANGED, Reason(f"No commit of this visit changed {facts.path}.", "git log")


def _scoped(facts: Facts) -> Iterable[Seen]:
    if facts.in_scope is None:
        return
    if facts.in_scope:
        yield AWAY, Rule.IN_SCOPE, Reason(f"{facts.path} is in the contract's scope.", "contract")
    else:
        yield HOME, Rule.OUT_OF_SCOPE, Reason(f"{facts.path} isn't in the contract's scope.", "contract")


@dataclass(frozen=True, slots=True)
class CommitFact:
    """A commit as git tells it, with the person that its author is (None: not known)."""

    sha: str
    at: datetime
    person: int | None
    author: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Who worked when: person and the interval of their membership, and since when and until when work went on."""

    members: tuple[tuple[int, datetime, datetime | None], ...]
    begins_at: datetime | None
    ends_at: datetime | None
    fixes: frozenset[str] = field(default=frozenset())
    """Commits that repaired defects of this visit: theirs too."""

    def made(self, commit: CommitFact) -> bool:
        """Whether the commit is one of the visit's: by a member, while they were one, while the work went on."""
        if commit.sha in self.fixes:
            return True
        if (
            self.begins_at is None
            or commit.at < self.begins_at
            or (self.ends_at is not None and commit.at > self.ends_at)
        ):
            return False
        return any(
            person == commit.person and starts <= commit.at and (ends is None or commit.at <= ends)
            for person, starts, ends in self.members
        )


# The pager


def pager_side(moves_on: datetime | None, now: datetime) -> str:
    """Who answers the pager for what was built: the away team until that moment; nothing agreed: the home team."""
    return AWAY if moves_on is not None and now < moves_on else HOME


# Retrospectives


def may_read(own: bool, sides: Collection[str], opens_at: datetime | None, now: datetime) -> bool:
    """Whether an answer may be read: one's own always, others' once both sides answered, or from `opens_at`."""
    return own or {AWAY, HOME} <= set(sides) or (opens_at is not None and now >= opens_at)


# Self-service


@dataclass(frozen=True, slots=True)
class Visited:
    """One engagement at a service, by when it began."""

    engagement: int
    service: int
    began_at: datetime


def to_serve_itself(
    visits: Iterable[Visited], dismissed: dict[int, datetime], *, now: datetime, days: int, least: int
) -> dict[int, list[Visited]]:
    """Services with at least `least` visits in the last `days` days, the newest visit first; most visits first.

    Visits up to the last dismissal of a service's suggestion don't count.
    """
    since = now - timedelta(days=days)
    found: dict[int, list[Visited]] = {}
    for one in visits:
        put_aside = dismissed.get(one.service)
        if since <= one.began_at <= now and (put_aside is None or one.began_at > put_aside):
            found.setdefault(one.service, []).append(one)
    many = {service: some for service, some in found.items() if len(some) >= least}
    for some in many.values():
        some.sort(key=lambda one: (one.began_at, one.engagement), reverse=True)
    return dict(sorted(many.items(), key=lambda pair: (-len(pair[1]), pair[0])))

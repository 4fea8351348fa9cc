"""What must be done so that a repository's access is what engagements say: a pure plan, from plain values and `now`.

The plan is made anew at every look, from what is wanted, what the forge has, and our own record of what we gave. The
record is written before a right is given and before it is taken, so that whatever was killed or lost in between, the
next plan goes on from there. Three rules hold whatever else happens:

- What our record doesn't name, we don't take (`Terms.remove_strays` apart, which the organisation may ask for).
- A right that was there before ours is written down before ours replaces it, and is what remains after ours.
- A right above ours was given by somebody else: it is reported and stays.

Where a forge doesn't tell who gave a right, one of our level that somebody gave by hand while ours was open can't be
told from ours, and goes with it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from awayteam.forges.port import Account, Held, Level, Part, Wanted

FOREVER = datetime.max.replace(tzinfo=UTC)
WEIGHT: Mapping[Level, int] = {level: weight for weight, level in enumerate(Level)}
"""Levels in their order; `Level` itself lists them from the least to the most."""


class Kind(StrEnum):
    """What a step does. Only `give` and `take` change something on the forge, and `stray` where it removes."""

    GIVE = "give"
    TAKE = "take"
    KEEP = "keep"
    WAIT = "wait"
    """Nothing can be done now: nobody knows their account, or an invitation was declined lately."""
    STRAY = "stray"
    NOTHING = "nothing"
    """Our right is gone already; the record of it is closed."""


ORDER = (Kind.TAKE, Kind.STRAY, Kind.NOTHING, Kind.GIVE, Kind.KEEP, Kind.WAIT)
"""What is done first: whatever ends somebody's access."""


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody's access in the repository by one engagement in a time. No account: nobody knows it."""

    person: int
    engagement: int
    since: datetime
    until: datetime
    patterns: tuple[str, ...] = ()
    account: Account | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """Our open record of a right: `asked` is what we asked the forge for, at `asked_at`.

    `before` is what the account held before (None: nothing), `applied` that the forge answered our call, `seen` that
    the right was seen there since, `taking` that we began to take it, `taken` that the forge answered that.
    """

    id: int
    account: Account
    asked: Wanted
    asked_at: datetime
    before: Level | None = None
    before_until: datetime | None = None
    applied: bool = False
    seen: bool = False
    pending: bool = False
    taking: bool = False
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """The rulebook's `[forges]`, and who is at home in the repository: their rights are their own.

    `is_home_known` is False where nobody can say whose the repository is: then no stray is taken away there.
    """

    level: Level = Level.WRITE
    remove_strays: bool = False
    leave_alone: frozenset[str] = frozenset()
    at_home: frozenset[str] = frozenset()
    is_home_known: bool = False
    invite_again: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, or to know. `grant` is our record that it concerns, `back_to` what a right is lowered to.

    `removes` is true of a stray that is taken away. `before` is what a right that is given replaces.
    """

    kind: Kind
    says: str
    account: Account | None = None
    people: tuple[int, ...] = ()
    engagements: tuple[int, ...] = ()
    wanted: Wanted | None = None
    held: tuple[Held, ...] = ()
    grant: int | None = None
    before: Held | None = None
    back_to: Wanted | None = None
    removes: bool = False
    raised: bool = False

    @property
    def changes(self) -> bool:
        """Whether the forge is asked to change something."""
        return self.kind in {Kind.GIVE, Kind.TAKE} or self.removes


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order in which they are done, and when the next right begins or ends by itself (None: never)."""

    steps: tuple[Step, ...] = ()
    next_at: datetime | None = None
    revokes_at: datetime | None = None

    def of(self, *kinds: Kind) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.kind in kinds)

    @property
    def is_quiet(self) -> bool:
        """Whether everything is as it should be, as far as we can make it so."""
        return not any(step.changes or step.kind is Kind.NOTHING for step in self.steps)


@dataclass(slots=True)
class _Account:
    """All that is known of one account in the repository."""

    account: Account
    wanted: Wanted | None = None
    people: tuple[int, ...] = ()
    granted: Granted | None = None
    direct: list[Held] = field(default_factory=list)
    indirect: list[Held] = field(default_factory=list)

    @property
    def held(self) -> Held | None:
        """Its own right here, which may be ours: the highest that is in force, else the highest invitation."""
        own = [one for one in self.direct if one.ours is not False]
        return max(own, key=lambda one: (not one.pending, WEIGHT[one.level]), default=None)

    @property
    def theirs(self) -> list[Held]:
        """Rights that stand beside ours: of teams and groups, and those that the forge knows not to be ours."""
        return [*self.indirect, *(one for one in self.direct if one.ours is False)]

    def holds_by_others(self, level: Level) -> bool:
        return any(WEIGHT[one.level] >= WEIGHT[level] and not one.pending for one in self.theirs)


def plan(wanted: Iterable[Due], held: Iterable[Held], granted: Iterable[Granted], terms: Terms, now: datetime) -> Plan:
    """What to do in one repository so that its access is as wanted. Raises `ValueError` for a `now` without zone.

    `held` is everything that the forge says, in any order and with repeats; `granted` our open records.
    """
    if now.tzinfo is None:
        raise ValueError(f"{now} has no time zone")
    dues = list(wanted)
    known: dict[str, _Account] = {}
    for one in merged(dues, terms.level, now):
        known[one.account.id] = one
    for record in granted:
        known.setdefault(record.account.id, _Account(record.account)).granted = record
    for right in held:
        here = known.setdefault(right.account.id, _Account(right.account))
        (here.direct if right.direct else here.indirect).append(right)
    steps = [step for key in sorted(known) for step in _steps(known[key], terms, now)]
    steps += _unknown(dues, now)
    ends = [due.until for due in dues if due.since <= now < due.until]
    again = [one.asked_at + terms.invite_again for one in granted_of(known) if one.pending]
    moments = [*ends, *(due.since for due in dues), *again]
    return Plan(
        tuple(sorted(steps, key=lambda step: ORDER.index(step.kind))),
        min((moment for moment in moments if now < moment < FOREVER), default=None),
        min((end for end in ends if end < FOREVER), default=None),
    )


def granted_of(known: Mapping[str, _Account]) -> list[Granted]:
    return [one.granted for one in known.values() if one.granted is not None]


def merged(dues: Iterable[Due], level: Level, now: datetime) -> list[_Account]:
    """What each account should have now: one right, however many engagements give it."""
    by_account: dict[str, list[Due]] = defaultdict(list)
    for due in dues:
        if due.account is not None:
            by_account[due.account.id].append(due)
    found = []
    for some in by_account.values():
        active = [due for due in some if due.since <= now < due.until]
        account = some[0].account
        if active and account is not None:
            people = tuple(sorted({due.person for due in active}))
            found.append(_Account(account, _wanted(account, active, some, level), people))
    return found


def _wanted(account: Account, active: Sequence[Due], every: Iterable[Due], level: Level) -> Wanted:
    until = max(due.until for due in active)
    for due in sorted(every, key=lambda one: one.since):
        if due.since <= until < due.until:
            until = due.until
    parts: dict[int, tuple[datetime, set[str]]] = {}
    for due in active:
        end, patterns = parts.get(due.engagement, (due.until, set()))
        parts[due.engagement] = (max(end, due.until), patterns | set(due.patterns))
    said = tuple(Part(number, end, tuple(sorted(patterns))) for number, (end, patterns) in sorted(parts.items()))
    return Wanted(account, level, until, tuple(sorted({one for part in said for one in part.patterns})), said)


def _unknown(dues: Iterable[Due], now: datetime) -> list[Step]:
    """People who should have access, and whose account nobody knows."""
    found: dict[int, set[int]] = defaultdict(set)
    for due in dues:
        if due.account is None and due.since <= now < due.until:
            found[due.person].add(due.engagement)
    return [
        Step(Kind.WAIT, "Nobody knows their account there.", people=(person,), engagements=tuple(sorted(engagements)))
        for person, engagements in sorted(found.items())
    ]


def _steps(one: _Account, terms: Terms, now: datetime) -> list[Step]:
    if one.wanted is not None:
        return _wanted_steps(one, one.wanted, terms, now)
    if one.granted is not None:
        return _ended_steps(one, one.granted, terms)
    return _foreign_steps(one, terms)


def _wanted_steps(one: _Account, wanted: Wanted, terms: Terms, now: datetime) -> list[Step]:
    held, record = one.held, one.granted
    make = _maker(one)
    enough = held is not None and WEIGHT[held.level] >= WEIGHT[wanted.level]
    if record is None:
        if held is not None and enough and held.ours is not True:
            return [make(Kind.KEEP, "They had it already, by other means; it isn't ours.")]
        if one.holds_by_others(wanted.level):
            return [
                make(
                    Kind.KEEP, "They have it through a team or group, or from somebody else; nothing of ours is needed."
                )
            ]
        says = "Ours on the forge, without a record here." if held is not None and held.ours else "It begins."
        return [make(Kind.GIVE, says, before=_before(held))]
    if held is None and record.pending and not record.taken and now < record.asked_at + terms.invite_again:
        return [make(Kind.WAIT, "They declined the invitation, or it lapsed; they are invited again later.")]
    if held is not None and _is_raised(held, record) and WEIGHT[held.level] > WEIGHT[wanted.level]:
        return _raised_steps(make, _recorded_before(record), terms)
    if held is None or not enough:
        says = "It isn't there, or is less than it should be."
        return [make(Kind.GIVE, says, before=_still_before(held, record))]
    before = _recorded_before(record)
    if record.taken or not record.applied:
        return [make(Kind.GIVE, "It was begun before and not finished.", before=before)]
    if record.asked != wanted:
        return [make(Kind.GIVE, "Its end or its paths are others now.", before=before)]
    return [make(Kind.KEEP, "They were invited and haven't accepted yet." if held.pending else "As it should be.")]


def _raised_steps(make: "_Make", before: Held | None, terms: Terms) -> list[Step]:
    says = "Somebody raised it by hand above what we gave."
    if _may_remove(make.step.held, terms):
        lowered = make(Kind.GIVE, "It is lowered to what the engagement gives.", before=before)
        return [make(Kind.STRAY, says, raised=True), lowered]
    return [make(Kind.STRAY, says, raised=True), make(Kind.KEEP, "More than it should be, by hand.")]


def _ended_steps(one: _Account, record: Granted, terms: Terms) -> list[Step]:
    """Our right is over: take it, down to what was there before, unless it isn't ours any more."""
    held = one.held
    make = _maker(one)
    if held is None:
        strays = _foreign_steps(one, terms)
        if record.taken:
            return [make(Kind.NOTHING, "It is over and gone."), *strays]
        if record.taking and record.before is not None:
            return [make(Kind.TAKE, "It is over; what was there before comes back.", back_to=_back(one, record))]
        return [make(Kind.TAKE, "It is over; the forge doesn't show it, and is told all the same."), *strays]
    if held.ours is False:
        return [
            make(Kind.NOTHING, "It is over; what is there was given by somebody else."),
            *_foreign_steps(one, terms),
        ]
    if _is_raised(held, record):
        if not _may_remove([held], terms):
            says = "It is over; somebody raised it by hand, and that stays."
            return [make(Kind.NOTHING, says, raised=True), *_foreign_steps(one, terms)]
        return [make(Kind.TAKE, "It is over, and what was raised by hand goes with it.", back_to=_back(one, record))]
    if record.taken and _is_back(held, record):
        return [make(Kind.NOTHING, "It is over; they hold what they held before.")]
    return [make(Kind.TAKE, "It is over.", back_to=_back(one, record))]


def _may_remove(held: Iterable[Held], terms: Terms) -> bool:
    """Whether what others gave may be taken: as the rulebook says, never from administrators, and never where nobody
    can say who is at home."""
    is_admin = any(one.level is Level.ADMIN for one in held)
    return terms.remove_strays and terms.is_home_known and not is_admin


def _is_raised(held: Held, record: Granted) -> bool:
    return not held.pending and held.ours is None and WEIGHT[held.level] > WEIGHT[record.asked.level]


def _is_back(held: Held, record: Granted) -> bool:
    return record.before is not None and not held.pending and WEIGHT[held.level] <= WEIGHT[record.before]


def _back(one: _Account, record: Granted) -> Wanted | None:
    """The right that was there before ours, without ours."""
    if record.before is None:
        return None
    return Wanted(one.account, record.before, record.before_until or FOREVER)


def _before(held: Held | None) -> Held | None:
    """What our right would replace: a right in force that somebody else gave."""
    return None if held is None or held.pending or held.ours else held


def _recorded_before(record: Granted) -> Held | None:
    """What our record says was there before."""
    return None if record.before is None else Held(record.account, record.before, ends_at=record.before_until)


def _still_before(held: Held | None, record: Granted) -> Held | None:
    """The same where less than ours is there: gone where somebody took all of it away; what is there where ours was
    never seen, since it can't be a rest of it."""
    if held is None:
        return None
    return _recorded_before(record) if record.seen else _before(held)


def _foreign_steps(one: _Account, terms: Terms) -> list[Step]:
    """What nobody wants and we have no record of: a stray, where it lets somebody write who isn't at home here."""
    make = _maker(one)
    if one.held is not None and one.held.ours:
        return [make(Kind.TAKE, "Ours on the forge, without a record here, and nobody should have it.")]
    by_hand = [right for right in (*one.direct, *one.indirect) if right.direct or right.ours is False]
    held = max(by_hand, key=lambda right: (WEIGHT[right.level], right.direct), default=None)
    if held is None:
        return []
    at_home = held.account.id in terms.at_home or held.account.login.lower() in terms.leave_alone
    if at_home or held.account.is_bot or WEIGHT[held.level] < WEIGHT[Level.WRITE]:
        return []
    removes = held.direct and _may_remove([held], terms)
    return [make(Kind.STRAY, "Given by hand, by no engagement.", removes=removes)]


class _Make:
    """Makes steps about one account."""

    def __init__(self, one: _Account) -> None:
        engagements = tuple(part.engagement for part in one.wanted.parts) if one.wanted else ()
        if not engagements and one.granted is not None:
            engagements = tuple(part.engagement for part in one.granted.asked.parts)
        self.step = Step(
            Kind.KEEP, "", account=one.account, people=one.people, engagements=engagements, wanted=one.wanted,
            held=(*one.direct, *one.indirect), grant=one.granted.id if one.granted else None,
        )  # fmt: skip

    def __call__(
        self, kind: Kind, says: str, *, before: Held | None = None, back_to: Wanted | None = None,
        removes: bool = False, raised: bool = False,
    ) -> Step:  # fmt: skip
        return replace(self.step, kind=kind, says=says, before=before, back_to=back_to, removes=removes, raised=raised)


def _maker(one: _Account) -> _Make:
    return _Make(one)


def shows(wanted: Wanted, held: Collection[Held]) -> Held | None:
    """The right by which the forge shows that what we gave is there; None where it doesn't (yet)."""
    own = [one for one in held if one.account.id == wanted.account.id and one.direct]
    enough = [one for one in own if WEIGHT[one.level] >= WEIGHT[wanted.level]]
    return min(enough, key=lambda one: one.pending, default=None)


def is_gone(account: Account, back_to: Wanted | None, held: Collection[Held]) -> bool:
    """Whether the forge shows nothing of ours any more (at most what was there before)."""
    most = -1 if back_to is None else WEIGHT[back_to.level]
    own = [one for one in held if one.account.id == account.id and one.direct and one.ours is not False]
    return all(WEIGHT[one.level] <= most and not one.pending for one in own)


def retry_at(
    now: datetime, attempts: int, *, longest: timedelta, chance: float, says: datetime | None = None
) -> datetime:
    """When to try again after `attempts` failures: 2, 4, 8... seconds, a half of each by `chance` (0 to 1), at most
    `longest`. What the forge itself asked for (`says`) counts where it is later, up to ten times `longest`."""
    wait = min(timedelta(seconds=2.0 ** min(attempts, 20)), longest)
    at = now + wait * (0.5 + 0.5 * chance)
    return at if says is None else max(at, min(says, now + 10 * longest))


def steady(now: datetime, last: datetime | None, most: timedelta = timedelta(minutes=10)) -> datetime:
    """The later of the two moments, so that workers whose clocks differ don't give and take in turn.

    A last moment that is further ahead than clocks can differ was no moment of a clock and is passed over.
    """
    return last if last is not None and now < last <= now + most else now

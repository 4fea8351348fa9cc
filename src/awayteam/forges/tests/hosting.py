"""A forge for tests that keeps rights, fails in every way that forges fail, and knows what people did by hand."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import NOON, Village, settle
from awayteam.forges import registry
from awayteam.forges.models import AccountLink, Forge, ForgeAccount, ForgeRepository
from awayteam.forges.port import Account, ForgeError, ForgeKind, Held, Level, Place, Wanted
from awayteam.forges.reconciling import WEIGHT

PEOPLE = ("paul", "pia", "olga", "oscar", "ann", "sam")


class Killed(BaseException):
    """The process ends here and now: nothing after this runs."""


@dataclass
class Rights:
    """`port.Grants` over dictionaries. `knows` makes it tell ours from theirs, as gitolite does.

    `faults` are used up one for each call: "before" and "after" fail without and with effect, "twice" does it twice.
    `late` is how many looks a change of ours stays unseen; `kill_in` counts down at each step; `meanwhile` runs once,
    in the middle of the next call that changes something. `only_raises`: giving less than somebody has does nothing.
    """

    knows: bool = False
    only_raises: bool = False
    down: bool = False
    late: int = 0
    kill_in: int | None = None
    meanwhile: Callable[[], None] | None = None
    faults: deque[str] = field(default_factory=deque)
    theirs: dict[str, Held] = field(default_factory=dict)
    ours: dict[str, Held] = field(default_factory=dict)
    unseen: dict[str, tuple[int, Held | None]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    removed_theirs: list[str] = field(default_factory=list)
    people: dict[str, Account] = field(default_factory=dict)

    def begin(self) -> None:
        """As if nothing had happened yet."""
        self.down, self.late, self.kill_in, self.meanwhile, self.only_raises = False, 0, None, None, False
        for kept in (self.faults, self.theirs, self.ours, self.unseen, self.calls, self.removed_theirs):
            kept.clear()

    def point(self) -> None:
        """A place where the process may be killed."""
        if self.kill_in is not None:
            self.kill_in -= 1
            if self.kill_in < 0:
                self.kill_in = None
                raise Killed

    def held(self, place: Place) -> Sequence[Held]:
        assert place.id == "77"
        self._call("held", "", lambda: None)
        if self.knows:
            return [*self.theirs.values(), *self.ours.values()]
        shown = dict(self.theirs)
        for key, (left, before) in list(self.unseen.items()):
            shown.pop(key, None)
            if before is not None:
                shown[key] = before
            self.unseen[key] = (left - 1, before)
            if left <= 1:
                del self.unseen[key]
        return list(shown.values())

    def give(self, place: Place, wanted: Wanted) -> None:
        assert place.id == "77"
        right = Held(wanted.account, wanted.level, ends_at=wanted.until, ours=True if self.knows else None)
        self._call("give", wanted.account.id, lambda: self._set(wanted.account.id, right))

    def take(self, place: Place, held: Held) -> None:
        assert place.id == "77"
        key = held.account.id
        if self.knows and not held.ours and held.key == "theirs":
            self.removed_theirs.append(key)
        self._call("take", key, lambda: self._set(key, None))

    def by_hand(self, key: str, level: Level | None) -> None:
        """Somebody on the forge sets a right, or takes it away, whosever it is."""
        self.unseen.pop(key, None)
        self.theirs.pop(key, None)
        if level is not None:
            self.theirs[key] = Held(self.people[key], level, ours=False if self.knows else None, key="theirs")

    def level(self, key: str) -> Level | None:
        """What somebody really may do there."""
        own = [one[key].level for one in (self.theirs, self.ours) if key in one]
        return max(own, key=WEIGHT.__getitem__, default=None)

    def _set(self, key: str, right: Held | None) -> None:
        store = self.ours if self.knows else self.theirs
        if self.only_raises and right is not None and key in store and WEIGHT[store[key].level] > WEIGHT[right.level]:
            return
        if self.late and not self.knows and key not in self.unseen:
            self.unseen[key] = (self.late, store.get(key))
        store.pop(key, None)
        if right is not None:
            store[key] = right

    def _call(self, what: str, key: str, act: Callable[[], None]) -> None:
        self.calls.append((what, key))
        self.point()
        if self.meanwhile is not None and what != "held":
            act_now, self.meanwhile = self.meanwhile, None
            act_now()
        fault = self.faults.popleft() if self.faults else ""
        if self.down or fault == "before":
            raise ForgeError("out of order")
        act()
        if fault == "twice":
            act()
        self.point()
        if fault == "after":
            raise ForgeError("no answer in time")


@dataclass
class Host:
    """The village of the engagements' tests, with the repository of orders on a forge where everybody has an account.

    Accounts' ids are those of the people, as text.
    """

    village: Village
    forge: Forge
    row: ForgeRepository
    rights: Rights
    accounts: dict[str, ForgeAccount]

    def key(self, name: str) -> str:
        return self.accounts[name].external_id


@contextmanager
def hosting(now: datetime = NOON, **how: Any) -> Iterator[Host]:
    """The host in the database, its forge connected until the end of the block."""
    village, rights = settle(), Rights(**how)
    registry.kinds["tested"] = ForgeKind("tested", "Tested", (), lambda _settings: (None, rights))
    forge = Forge.objects.create(kind="tested", name="hub", address="https://hub.example", created_at=now)
    row = ForgeRepository.objects.create(
        forge=forge, external_id="77", slug="shop/orders", name="orders", first_seen_at=now, seen_at=now
    )
    accounts = {}
    for name in PEOPLE:
        person = village.person(name)
        accounts[name] = ForgeAccount.objects.create(
            forge=forge, external_id=str(person.pk), login=name, first_login=name, person=person,
            linked_by=AccountLink.BY_HAND, linked_at=now, first_seen_at=now, seen_at=now,
        )  # fmt: skip
        rights.people[str(person.pk)] = Account(str(person.pk), name)
    try:
        yield Host(village, forge, row, rights, accounts)
    finally:
        del registry.kinds["tested"]
        registry._connections.clear()


def joined(host: Host, visit: Engagement, name: str, now: datetime) -> None:
    """Put somebody on an engagement's list, agreed to by both sides."""
    member = host.village.join(visit, name, now)
    member.home_agreed_at = now
    member.save(update_fields=["home_agreed_at"])


__all__ = ["Host", "Killed", "Rights", "hosting", "joined"]

"""Access by engagements: one question in microseconds, and paths a second in bulk, beside an oracle that looks at all.

    python benchmarks/bench_access.py [--engagements 5000] [--active 500] [--people 20000] [--members 4]

Engagements are made in memory, as `engagements.loading` gives them; measured is asking, and how long it takes to make
them ready to be asked, in time of the processor, so that neighbours on the machine don't count. The oracle checks every
engagement of the person by wall clocks, and each pattern with the reader of CODEOWNERS files; both must give the same
answers, or the run fails.
"""

import argparse
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from awayteam.engagements.access import WHOLE_TIME, Grants, Interval, Joined, Term, Visit
from awayteam.sources.ownership.base import Status
from awayteam.sources.ownership.github import GitHub

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")
FOLDERS = tuple(f"{top}/{name}" for top in ("src", "lib", "services", "docs") for name in
                ("orders", "payments", "search", "cart", "refunds", "mail", "users", "stock"))  # fmt: skip
ENDINGS = (".py", ".go", ".ts", ".md", ".yaml")
TARGET_MICROSECONDS, TARGET_PATHS = 20.0, 100_000.0


def visit(number: int, active: bool, random: random.Random) -> Visit:
    """An engagement of up to six patterns; one that is over has two times in which it granted."""
    patterns = tuple(
        (
            frozenset({f"repository-{number % 400}"}),
            random.choice((f"/{folder}/", f"{folder}/**", f"/{folder}/*.py", "*.md")),
        )
        for folder in random.sample(FOLDERS, random.randint(1, 6))
    )
    start = NOW - timedelta(days=random.randint(1, 20) if active else random.randint(40, 900))
    last = start + timedelta(days=random.randint(21, 40))
    grantings = (Interval(start, last),) if active else (
        Interval(start, start + timedelta(days=5)), Interval(start + timedelta(days=9), start + timedelta(days=30)),
    )  # fmt: skip
    signed = ((start - timedelta(days=5), start - timedelta(days=4)),)
    term = Term(Interval(start - timedelta(days=4), WHOLE_TIME.end), patterns)
    return Visit(number, f"Visit {number}", random.choice(ZONES), grantings, (term,), signed)


def joined(one: Visit, person: int, random: random.Random) -> Joined:
    start = one.grantings[0].start
    return Joined(
        one.id, person, start.date() + timedelta(days=random.randint(-3, 3)), start - timedelta(days=10),
        start.date() + timedelta(days=random.randint(10, 60)) if random.random() < 0.3 else None,
        start - timedelta(days=9) if random.random() < 0.95 else None,
        gone_at=NOW - timedelta(days=1) if random.random() < 0.02 else None,
    )  # fmt: skip


class Oracle:
    """Every question from the rows alone, each time anew."""

    def __init__(self, visits: list[Visit], people: list[Joined]) -> None:
        self.visits = {one.id: one for one in visits}
        self.people: dict[int, list[Joined]] = defaultdict(list)
        for one in people:
            self.people[one.person].append(one)

    def may(self, person: int, path: str, at: datetime) -> bool:
        return any(self._one(self.visits[one.engagement], one, path, at) for one in self.people[person])

    @staticmethod
    def _one(visit: Visit, who: Joined, path: str, at: datetime) -> bool:
        today: date = at.astimezone(ZoneInfo(visit.zone)).date()
        text = "".join(f"{pattern} @x\n" for _names, pattern in visit.terms[0].patterns)
        return (
            any(start <= at < end for start, end in visit.grantings)
            and who.joins_on <= today
            and (who.leaves_on is None or today <= who.leaves_on)
            and who.agreed_at is not None
            and who.agreed_at <= at
            and (who.gone_at is None or at < who.gone_at)
            and visit.signed[0][1] <= at
            and GitHub(text.encode()).resolve(path).status is Status.OWNED
        )


def timed(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engagements", type=int, default=5_000)
    parser.add_argument("--active", type=int, default=500)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--members", type=int, default=4)
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--paths", type=int, default=100_000)
    arguments = parser.parse_args()
    chance = random.Random(7)
    visits = [visit(number, number <= arguments.active, chance) for number in range(1, arguments.engagements + 1)]
    people = [
        joined(one, person, chance)
        for one in visits
        for person in chance.sample(range(1, arguments.people + 1), arguments.members)
    ]
    ready = timed(lambda: Grants.of(visits, people))
    grants, oracle = Grants.of(visits, people), Oracle(visits, people)
    print(f"{len(visits):,} engagements, {arguments.active:,} active, {len(people):,} places: ready in {ready:.2f} s")
    fine = singly(grants, oracle, people, arguments, chance)
    fine &= in_bulk(grants, oracle, people, arguments.paths, chance)
    sys.exit(0 if fine else 1)


def path_of(chance: random.Random) -> str:
    folder = f"{chance.choice(FOLDERS)}/{chance.choice(('', 'deep/', 'deep/er/'))}"
    return f"{folder}file{chance.randint(0, 999)}{chance.choice(ENDINGS)}"


def singly(
    grants: Grants, oracle: Oracle, people: list[Joined], arguments: argparse.Namespace, chance: random.Random
) -> bool:
    """Questions about one path, four of five by members of active engagements, the others by anybody."""
    active = [one.person for one in people if one.engagement <= arguments.active]
    asked = [
        (chance.choice(active) if chance.random() < 0.8 else chance.randint(1, arguments.people), path_of(chance))
        for _ in range(arguments.questions)
    ]
    rounds = [timed(lambda: [grants.may(person, path, NOW) for person, path in asked]) for _ in range(5)]
    each = statistics.median(rounds) / len(asked) * 1e6
    few = asked[:2_000]
    slow = timed(lambda: [oracle.may(person, path, NOW) for person, path in few]) / len(few) * 1e6
    wrong = [one for one in few if bool(grants.may(*one, NOW)) != oracle.may(*one, NOW)]
    allowed = sum(bool(grants.may(*one, NOW)) for one in asked)
    print(f"may():      {each:8.2f} us a question (target {TARGET_MICROSECONDS:g}); oracle {slow:,.0f} us, "
          f"{slow / each:,.0f} times slower; {allowed:,} of {len(asked):,} allowed, {len(wrong)} differ")  # fmt: skip
    return not wrong and each <= TARGET_MICROSECONDS


def in_bulk(grants: Grants, oracle: Oracle, people: list[Joined], number: int, chance: random.Random) -> bool:
    """Many different paths of one person, for several who have access."""
    paths = [path_of(chance) for _ in range(number)]
    who = [one.person for one in people if grants.rights.get(one.person)][:40:8]
    rates, wrong = [], 0
    for person in who:
        rates.append(number / timed(lambda person=person: grants.may_many(person, paths, NOW)))
        answers = grants.may_many(person, paths[:500], NOW)
        wrong += sum(bool(one) != oracle.may(person, path, NOW) for one, path in zip(answers, paths[:500], strict=True))
    few = paths[:500]
    slow = len(few) / timed(lambda: [oracle.may(who[0], path, NOW) for path in few])
    rate = min(rates)
    print(f"may_many(): {rate:8,.0f} paths a second at least, {statistics.median(rates):,.0f} usually (target "
          f"{TARGET_PATHS:,.0f}); oracle {slow:,.0f}, {rate / slow:,.0f} times fewer; {wrong} differ")  # fmt: skip
    return not wrong and rate >= TARGET_PATHS


if __name__ == "__main__":
    main()

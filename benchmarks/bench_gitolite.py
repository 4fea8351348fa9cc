"""How long it takes until a grant, and a revocation, is in force on a real gitolite3: from the call to a real push.

`python -m benchmarks.bench_gitolite`; needs the Debian package gitolite3.
"""

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from awayteam.forges.gitolite.applying import Local
from awayteam.forges.gitolite.grants import GitoliteGrants
from awayteam.forges.gitolite.tests.server import MISSING, is_there, serve
from awayteam.forges.port import Account, Held, Level, Part, Place, Wanted

TIMES = 8


def main() -> int:
    if not is_there():
        print(MISSING)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        server = serve(Path(folder))
        olga = server.clone("olga", "orders")
        olga.commit("src/a.py")
        olga.push("refs/heads/master")
        grants = GitoliteGrants(Local(server.home))
        place, paul = Place("orders", "orders"), Account("paul", "paul")
        part = Part(7, datetime.now(UTC) + timedelta(days=1), ("/src/",))
        wanted = Wanted(paul, Level.WRITE, part.until, part.patterns, (part,))
        given, taken, pushes = [], [], []
        clone = olga
        for number in range(TIMES):
            began = time.perf_counter()
            grants.give(place, wanted)
            given.append(time.perf_counter() - began)
            clone = server.clone("paul", "orders") if clone is olga else clone
            clone.commit(f"src/{number}.py")
            began = time.perf_counter()
            assert clone.push("refs/heads/away/7/work").returncode == 0
            pushes.append(time.perf_counter() - began)
            began = time.perf_counter()
            grants.take(place, Held(paul, Level.WRITE))
            taken.append(time.perf_counter() - began)
            assert clone.push("refs/heads/away/7/gone").returncode != 0
        for name, some in (("a grant is in force", given), ("a revocation is in force", taken), ("a push", pushes)):
            print(
                f"gitolite: {name} after {statistics.median(some):.2f} s (median of {TIMES}, worst {max(some):.2f} s)"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())

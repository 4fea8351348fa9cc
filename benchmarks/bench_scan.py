"""The whole scan of a repository beside plain git (and PyDriller on a slice, where that is installed).

Usage: python benchmarks/bench_scan.py REPO [ORG_PATH...]. Every number is the median of several runs, taken in turn, so
that a busy machine slows both sides alike; ratios are what counts.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

RUNS = 5
SLICE = 300
NEW = 100
_PLAIN = ["log", "--no-merges", "--no-renames", "--name-only"]
_SCAN = "import sys; from awayteam.cli.main import main; main(sys.argv[1:])"


def git(repo: str, *args: str) -> str:
    return subprocess.run(["git", "-C", repo, *args], check=True, capture_output=True, text=True).stdout


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def quiet(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def whole(repo: str, org: list[str]) -> None:
    """Command against command: start-up, ownership, identities, classes and JSON included."""
    options = [part for path in org for part in ("--org", path)]
    scan = [sys.executable, "-c", _SCAN, "scan", repo, "--since", "all", "--json", *options]
    plain = ["git", "-C", repo, *_PLAIN]
    pairs = [(timed(lambda: quiet(plain)), timed(lambda: quiet(scan))) for _ in range(RUNS)]
    ours, theirs = statistics.median(b for _, b in pairs), statistics.median(a for a, _ in pairs)
    print(f"whole scan: {ours:.2f} s; plain git log --name-only: {theirs:.2f} s; ratio {ours / theirs:.2f}")
    print(f"  best of {RUNS}: {min(b for _, b in pairs):.2f} s and {min(a for a, _ in pairs):.2f} s")
    print(f"  start-up alone: {timed(lambda: quiet([sys.executable, '-c', _SCAN, '--help'])):.2f} s")
    start = time.process_time()
    in_process(repo, org, "all")
    print(f"  of it in Python: {time.process_time() - start:.2f} s of processor time")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  memory: {own:.0f} MB in Python, {peak(scan):.0f} MB in its git; plain git {peak(plain):.0f} MB")


def peak(command: list[str]) -> float:
    """Megabytes of the largest process among the command and what it started."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    return os.wait4(process.pid, 0)[2].ru_maxrss / 1024


def in_process(repo: str, org: list[str], since: str) -> int:
    from awayteam.contributions.opening import Options
    from awayteam.contributions.organisation import read_organisation
    from awayteam.contributions.scan import scan

    return scan([repo], read_organisation(org), Options(since=since)).map.human


def incremental(repo: str) -> None:
    """The next 100 commits after those already read, in a process that has started."""
    from awayteam.contributions.opening import Options
    from awayteam.contributions.organisation import Organisation
    from awayteam.contributions.records import Interned
    from awayteam.contributions.scan import read_repo

    known = git(repo, "rev-list", "--first-parent", f"--skip={NEW}", "-1", "HEAD").strip()
    count = git(repo, "rev-list", "--count", "--no-merges", "HEAD", f"^{known}").strip()

    def run() -> None:
        read_repo(repo, "r", Interned(), Organisation(), Options(since="all"), not_in=[known])

    taken = statistics.median(timed(run) for _ in range(RUNS))
    print(f"incremental over {count} new commits: {taken:.3f} s beyond start-up")


def beside_pydriller(repo: str) -> None:
    try:
        from pydriller import Repository  # type: ignore[import-not-found]
    except ImportError:
        print("PyDriller isn't installed here; no comparison")
        return
    from awayteam.sources.githistory import log

    oldest = git(repo, "rev-list", "--first-parent", f"--skip={SLICE}", "-1", "HEAD").strip()
    since = datetime.fromtimestamp(int(git(repo, "log", "-1", "--format=%ct", oldest)) + 1, UTC)
    counts: dict[str, int] = {}

    def theirs() -> None:
        commits = Repository(repo, since=since, only_no_merge=True).traverse_commits()
        counts["theirs"] = sum(len(commit.modified_files) for commit in commits)

    def ours() -> None:
        with log.commits(repo, "HEAD", not_in=[oldest]) as commits:
            counts["ours"] = sum(len(commit.files) for commit in commits)

    try:
        slow = timed(theirs)
    except Exception as error:  # it raises plain Exception, for instance for bare repositories
        print(f"PyDriller can't read this repository ({str(error).splitlines()[0]}); give it one with a work tree")
        return
    fast = statistics.median(timed(ours) for _ in range(RUNS))
    print(f"last {SLICE} commits: {fast:.3f} s; PyDriller {slow:.1f} s; ratio {slow / fast:.0f}; files {counts}")


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    repo, org = sys.argv[1], sys.argv[2:]
    total = git(repo, "rev-list", "--count", "HEAD").strip()
    ours = git(repo, "rev-list", "--count", "--no-merges", "HEAD").strip()
    print(f"{total} commits, {ours} without merges")
    incremental(repo)
    whole(repo, org)
    beside_pydriller(repo)


if __name__ == "__main__":
    main()

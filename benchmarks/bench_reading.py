"""Reading descriptors: documents against PyYAML's C loader, and whole sources in entities per second.

python benchmarks/bench_reading.py [--entities 20000] [--rounds 5] [--workers 2]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from awayteam.sources import backstage, yamldoc
from awayteam.sources.discovery import Discovery
from awayteam.sources.readers import FolderReader

PER_FILE = 500


def entity(number: int) -> str:
    """A component of some 500 bytes with seven relations."""
    return f"""apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: service-{number}
  title: "Service {number}"
  description: Handles the orders of region {number}
  annotations:
    github.com/project-slug: org/service-{number}
  tags: [java, tier-{number % 4}]
spec:
  type: service
  lifecycle: production
  owner: group:default/team-{number % 1000}
  system: system-{number % 5000}
  providesApis:
    - api-{number}
  consumesApis:
    - api-{number // 2}
    - api-{number // 3}
  dependsOn:
    - resource:default/db-{number % 3000}
    - component:other-{number // 5}
"""


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The median time of one round."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--entities", type=int, default=20_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--workers", type=int, default=2)
    options = arguments.parse_args()
    count = min(options.entities, 5000)
    data = "---\n".join(map(entity, range(count))).encode()
    ours = seconds(lambda: yamldoc.load(data), options.rounds)
    theirs = seconds(lambda: list(yaml.load_all(data, yaml.CSafeLoader)), options.rounds)
    print(f"documents of {len(data) // count} bytes: {ours / count * 1e6:.0f} us each, ", end="")
    print(f"CSafeLoader {theirs / count * 1e6:.0f} us: {theirs / ours:.1f} times as fast")
    whole = seconds(lambda: backstage.read("catalog-info.yaml", data), options.rounds)
    print(f"descriptors, checked and with relations: {whole / count * 1e6:.0f} us each")
    with tempfile.TemporaryDirectory() as folder:
        for first in range(0, options.entities, PER_FILE):
            path = Path(folder, str(first), "catalog-info.yaml")
            path.parent.mkdir()
            last = min(first + PER_FILE, options.entities)
            path.write_text("---\n".join(map(entity, range(first, last))))
        for workers in sorted({1, options.workers}):
            took = seconds(lambda workers=workers: found(folder, workers), min(options.rounds, 3))  # type: ignore[misc]
            print(f"a source, {workers} process(es): {options.entities / took:,.0f} entities/s")


def found(folder: str, workers: int) -> int:
    """How many entities the source declares."""
    with FolderReader(folder) as reader:
        return sum(len(each.reading.declared) for each in Discovery(reader, workers=workers) if each.reading)


if __name__ == "__main__":
    main()

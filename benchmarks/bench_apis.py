"""Operations of an OpenAPI description of 13 MB: Awayteam beside PyYAML's C loader, which builds all of it.

Usage: python benchmarks/bench_apis.py [FILE]. Without a file a description of 18,000 paths is made up.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from awayteam.sources.apis import operations

RUNS, PEER_RUNS, SIZE = 5, 3, 13_000_000
PATH = """  /things{n}/{{id}}:
    get:
      operationId: getThing{n}
      summary: Get thing {n}
      tags: [things, t{n}]
      parameters:
      - name: id
        in: path
        required: true
        schema: {{type: string, maxLength: 40}}
      responses:
        '200':
          description: OK
          content:
            application/json:
              schema:
                type: object
                properties:
                  id: {{type: string}}
                  name:
                    type: string
                    description: The name of the thing that is returned to the caller
        '404':
          $ref: '#/components/responses/NotFound'
"""


def made_up() -> str:
    parts = ["openapi: 3.0.3\ninfo:\n  title: Big\n  version: '1'\npaths:\n"]
    size = number = 0
    while size < SIZE:
        parts.append(PATH.format(n=number))
        size += len(parts[-1])
        number += 1
    return "".join(parts)


def peer(text: str) -> int:
    tree = yaml.load(text, Loader=yaml.CSafeLoader)
    return sum(1 for item in tree["paths"].values() for method in item if method in ("get", "put", "post", "delete"))


def timed(run: Callable[[str], Any], text: str, runs: int) -> tuple[float, Any]:
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        answer = run(text)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), answer


def main() -> None:
    text = Path(sys.argv[1]).read_text() if len(sys.argv) > 1 else made_up()
    mine, (found, problems) = timed(lambda one: operations("openapi", one), text, RUNS)
    print(f"{len(text) / 1e6:.1f} MB, {len(found):,} operations, {len(problems)} problems: {mine:.2f} s")
    theirs, count = timed(peer, text, PEER_RUNS)
    print(f"PyYAML's C loader: {count:,} operations in {theirs:.2f} s; ratio {theirs / mine:.1f}")


if __name__ == "__main__":
    main()

"""From a webhook to the check on the forge: a running server with its worker, and a GitHub of our own on loopback.

    python benchmarks/bench_forge.py                       (20 a second for 30 s, SQLite, the worker in the server)
    python benchmarks/bench_forge.py --beside              (the worker in a process of its own)
    DATABASE_URL=postgresql://... python benchmarks/bench_forge.py

Each webhook tells of a new pull request; the fake notes when its check run arrives. The fake answers at once: with a
real forge each of the about ten calls for a change takes its round trip on top.
"""

import argparse
import http.client
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

GOAL = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rules", type=int, default=1_000, help="lines of the rule file")
    parser.add_argument("--files", type=int, default=100, help="paths that each change touches")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--beside", action="store_true", help="the worker in a process of its own")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="awayteam-bench-") as folder:
        os.environ["AWAYTEAM_DATA"] = str(Path(folder) / "data")
        os.environ["DJANGO_SETTINGS_MODULE"] = "awayteam.settings"
        measure(arguments)


def measure(arguments: argparse.Namespace) -> None:
    from awayteam.cli.setup import django

    django()
    from django.db import connections

    from awayteam.forges.github.tests.fake import running

    with running() as github:
        orders, forge = build(github, arguments)
        arrived = watch(orders)
        count = int(arguments.rate * arguments.seconds)
        connections.close_all()
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        before = children.ru_utime + children.ru_stime
        servers = start(arguments)
        try:
            sent, statuses = send(github, orders, f"/forges/{forge}/deliveries", arguments)
            wait_for(arrived, count)
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        report(sent, arrived, statuses)
        each = (used.ru_utime + used.ru_stime - before) / max(len(arrived), 1)
        print(f"time of the processor   {each * 1000:6.0f} ms for each change, the start of the server included")
        print(f"load of the machine     {os.getloadavg()[0]:6.1f} on {os.cpu_count()} processors")


def build(github: Any, arguments: argparse.Namespace) -> tuple[Any, int]:
    from django.utils import timezone

    from awayteam.forges.actions import setting
    from awayteam.forges.tests import yard
    from awayteam.kernel.actor import SYSTEM

    yard.organisation()
    for login in (*yard.ORDERS, *yard.SEARCH):
        github.add_user(login)
    rules = "* @acme/orders\n" + "".join(
        f"/area{number}/ @acme/{'orders' if number % 3 else 'search'}\n" for number in range(arguments.rules)
    )
    orders = github.add_repository("acme/orders", {"CODEOWNERS": rules.encode()})
    github.limit = github.remaining = 1_000_000
    made = setting.add(
        kind="github", name="hub", address=github.address, values=dict(github.settings().values), allow_private=True,
        actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip
    return orders, made.forge.pk


def watch(orders: Any) -> dict[str, float]:
    """When the first check run of each head arrived."""
    arrived: dict[str, float] = {}

    class Noting(dict[int, dict[str, Any]]):
        def __setitem__(self, key: int, run: dict[str, Any]) -> None:
            arrived.setdefault(run["head_sha"], time.monotonic())
            super().__setitem__(key, run)

    orders.runs = Noting(orders.runs)
    return arrived


def start(arguments: argparse.Namespace) -> list[subprocess.Popen[bytes]]:
    awayteam = [sys.executable, "-m", "awayteam"]
    serve = [*awayteam, "serve", "--port", str(arguments.port)]
    commands = [[*serve, "--no-worker"], [*awayteam, "worker"]] if arguments.beside else [serve]
    servers = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands]
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", arguments.port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                time.sleep(3)  # the worker beside it has no address to ask
                return servers
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server doesn't answer")


def send(
    github: Any, orders: Any, where: str, arguments: argparse.Namespace
) -> tuple[dict[str, tuple[float, float]], list[int]]:
    """Each pull request opened, and told of, at its time: one that was there before would be found by polling. When
    each head was sent and answered."""
    sent: dict[str, tuple[float, float]] = {}
    statuses: list[int] = []
    began = time.monotonic()

    def post(body: bytes, headers: dict[str, str], head: str) -> None:
        at = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", arguments.port, timeout=30)
        try:
            connection.request("POST", where, body, headers)
            statuses.append(connection.getresponse().status)
        except OSError:
            statuses.append(0)
        sent[head] = at, time.monotonic()

    threads = []
    for number in range(int(arguments.rate * arguments.seconds)):
        time.sleep(max(began + number / arguments.rate - time.monotonic(), 0))
        paths = {f"area{(number + place) % arguments.rules}/f{place}.py": b"1" for place in range(arguments.files)}
        head = github.open_pull(orders, "ada", paths).head
        told = next(one for one in github.outbox if one.kind == "pull_request")
        github.outbox.clear()
        threads.append(threading.Thread(target=post, args=(told.body, github.headers(told), head)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return sent, statuses


def wait_for(arrived: dict[str, float], count: int) -> None:
    until = time.monotonic() + 120
    while len(arrived) < count and time.monotonic() < until:
        time.sleep(0.1)


def report(sent: dict[str, tuple[float, float]], arrived: dict[str, float], statuses: list[int]) -> None:
    took = sorted(arrived[head] - began for head, (began, _) in sent.items() if head in arrived)
    answered = sorted(until - began for began, until in sent.values())
    print(f"{len(sent)} webhooks sent, {statuses.count(202)} answered 202, {len(took)} checks arrived")

    def at(values: list[float], share: float) -> float:
        return values[min(int(share * len(values)), len(values) - 1)] if values else float("nan")

    print(f"answer to the webhook   p50 {at(answered, 0.5) * 1000:6.0f} ms   p95 {at(answered, 0.95) * 1000:6.0f} ms")
    print(f"webhook to check        p50 {at(took, 0.5):6.2f} s    p95 {at(took, 0.95):6.2f} s    (goal {GOAL} s)")


if __name__ == "__main__":
    main()

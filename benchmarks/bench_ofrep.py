"""The remote evaluation protocol on loopback: one flag, all of 100 flags, and all of them unchanged (304).

    python benchmarks/bench_ofrep.py [--requests 2000] [--flags 100]

Beside it the health page of the same server, which asks Django and its middlewares. Goals: one flag 1.5 ms, all 5 ms.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
CONTEXT = json.dumps({"context": {"targetingKey": "user-17", "email": "ada@example.org", "version": "2.4.1"}}).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--flags", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="awayteam-bench-") as folder:
        os.environ |= {"AWAYTEAM_DATA": folder, "DJANGO_SETTINGS_MODULE": "awayteam.settings"}
        token = _fill(arguments.flags)
        from awayteam.flags.tests.served import free_port

        port = free_port()
        command = [sys.executable, "-m", "awayteam", "serve", "--port", str(port)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _measure(port, token, arguments)
        finally:
            server.terminate()
            server.wait(20)


def _fill(number: int) -> str:
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from awayteam.flags import actions
    from awayteam.flags.rules import Reach
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation.models import Team

    call_command("migrate", verbosity=0)
    now = timezone.now()
    team = Team.objects.create(ref="group:default/bench", name="bench")
    place = actions.create_environment("production", "Production", actor=SYSTEM, now=now)
    targetings = (
        None,
        {"if": [{"ends_with": [{"var": "email"}, "@example.org"]}, "on", None]},
        {"fractional": [["on", 50], ["off", 50]]},
        {"if": [{"sem_ver": [{"var": "version"}, ">=", "2.0.0"]}, "on", "off"]},
    )
    flags = {
        f"flag-{n}": {
            "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
            "targeting": targetings[n % 4] or {},
        }
        for n in range(number)
    }  # fmt: skip
    text = json.dumps({"flags": flags})
    made = actions.import_document(text, place, team, actor=SYSTEM, now=now, reason="to be measured")
    assert not made.refused, made.refused
    return actions.create_token(place, "bench", Reach.SERVER, actor=SYSTEM, now=now)[1]


def _measure(port: int, token: str, arguments: argparse.Namespace) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    _until_ready(connection)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    etag = _ask(connection, "POST", "/ofrep/v1/evaluate/flags", CONTEXT, headers)[1]
    same = headers | {"If-None-Match": etag}
    lines = (
        ("one flag", "POST", "/ofrep/v1/evaluate/flags/flag-1", CONTEXT, headers, 200),
        (f"{arguments.flags} flags", "POST", "/ofrep/v1/evaluate/flags", CONTEXT, headers, 200),
        ("unchanged", "POST", "/ofrep/v1/evaluate/flags", CONTEXT, same, 304),
        ("health page", "GET", "/healthz", None, {}, 200),
    )
    for name, method, path, body, given, expected in lines:
        taken = []
        for _number in range(arguments.requests):
            began = time.perf_counter()
            status, _etag = _ask(connection, method, path, body, given)
            taken.append((time.perf_counter() - began) * 1000)
            assert status == expected, (name, status)
        p50, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[18]
        print(f"{name:<12} p50 {p50:6.2f} ms   p95 {p95:6.2f} ms")


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> tuple[int, str]:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.headers.get("ETag") or ""


def _until_ready(connection: http.client.HTTPConnection) -> None:
    for _attempt in range(300):
        try:
            if _ask(connection, "GET", "/healthz", None, {})[0] == 200:
                return
        except OSError:
            connection.close()
        time.sleep(0.1)
    raise SystemExit("the server doesn't answer")


main()

"""Spans received over HTTP with gzip, paired, counted and spooled: spans for each second of one core of the server.

    python benchmarks/bench_ingest.py [--minutes 1] [--batch 8000] [--peer 20] [--pace 0] [--ready 240]

A real server process (one web process, on a data folder of its own) is sent batches made beforehand, each with ids of
its own; none comes again before the server has forgotten it, so the sender pauses where there are too few (`--ready`).
What counts is the processor time of the server, all its threads included (unpacking, decoding, pairing, adding up,
writing to the spool), so that the sender beside it on a small machine takes nothing away. Its memory is told too. The
run fails unless the spool has every call, each once. Beside it, in the same run: the same batches unpacked, decoded by
the full messages of opentelemetry-proto and paired one by one.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parent))

REMEMBERED = 10
"""Seconds for which the server pairs spans, and knows those that it had."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--batch", type=int, default=8_000, help="spans in a request")
    parser.add_argument("--ready", type=int, default=240, help="different batches made beforehand")
    parser.add_argument("--pace", type=int, default=0, help="spans a second that are sent; 0: as fast as it goes")
    parser.add_argument("--peer", type=int, default=20, help="batches for the full decoder")
    arguments = parser.parse_args()
    batches = _batches(arguments.batch, arguments.ready)
    sizes = [len(one) for one in batches]
    print(
        f"{arguments.ready} batches of {arguments.batch:,} spans, "
        f"{np.mean(sizes) / arguments.batch:.0f} bytes a span packed"
    )
    with tempfile.TemporaryDirectory() as folder:
        ours = _ours(arguments, batches, Path(folder))
    peer = _peer(batches[: arguments.peer], arguments.batch)
    print(f"full opentelemetry-proto, paired one by one: {peer / 1e3:,.0f} thousand spans/s")
    print(f"ratio: {ours / peer:.1f}")


def _ours(arguments: argparse.Namespace, batches: list[bytes], folder: Path) -> float:
    environment = {
        **os.environ,
        "AWAYTEAM_DATA": str(folder),
        "AWAYTEAM_PAIRING_SPANS": "8000000",
        "AWAYTEAM_PAIRING_SECONDS": str(REMEMBERED),
    }
    environment.pop("DATABASE_URL", None)
    awayteam = str(Path(sys.executable).parent / "awayteam")
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--settings", "awayteam.settings", "-v0"],
        env=environment,
        check=True,
    )
    added = subprocess.run(
        [awayteam, "usage", "sender", "add", "bench", "--json"], env=environment, check=True, capture_output=True
    )
    token = json.loads(added.stdout)["token"]
    port = _free_port()
    server = subprocess.Popen(
        [awayteam, "serve", "--port", str(port), "--no-worker"],
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        sent, rate = _measured(arguments, batches, server, port, token)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    _check(folder / "usage" / "spool", sent * arguments.batch)
    return rate


def _check(place: Path, spans: int) -> None:
    """End with an error unless the spool has what was sent: half as many calls as spans, none of them twice."""
    from awayteam.usage import spool

    segments = [spool.read(path) for path in spool.waiting(place)]
    found: Counter[str] = Counter()
    for segment in segments:
        for tally in segment.counts.tallies.values():
            found.update(tally)
    calls = sum(count.seen for segment in segments for count in segment.counts.rows.values())
    size = sum(path.stat().st_size for path in spool.waiting(place))
    print(f"spool: {calls:,} calls in {len(segments)} segments of {size / 1e6:.2f} MB")
    if (found["spans"], found["paired"], calls, found["duplicates"]) != (spans, spans // 2, spans // 2, 0):
        sys.exit(f"{spans:,} spans were sent, but the spool says {dict(found)}")


def _measured(
    arguments: argparse.Namespace,
    batches: list[bytes],
    server: "subprocess.Popen[bytes]",
    port: int,
    token: str,
) -> tuple[int, float]:
    """Batches that were sent, and spans for each second of the server's processor."""
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    sender = _Sender(port, token)
    last = [0.0] * len(batches)
    for number in range(10):
        sender.send(batches[number])
        last[number] = time.monotonic()
    rates, sent, most, refused = [], 10, 0, 0
    started = lap = time.monotonic()
    before = _spent(processes)
    lapped, lap_sent = before, 0
    while time.monotonic() - started < arguments.minutes * 60:
        number = sent % len(batches)
        if last[number]:
            time.sleep(max(0.0, last[number] + REMEMBERED + 2 - time.monotonic()))
        refused += sender.send(batches[number]) != 200
        last[number] = time.monotonic()
        sent += 1
        lap_sent += 1
        now = time.monotonic()
        if now - lap >= 5:
            spent = _spent(processes)
            rates.append(lap_sent * arguments.batch / (spent - lapped))
            lapped, lap_sent, lap = spent, 0, now
            most = max(most, sum(one.memory_info().rss for one in processes))
        if arguments.pace:
            time.sleep(max(0.0, started + (sent - 10) * arguments.batch / arguments.pace - now))
    passed, spent = time.monotonic() - started, _spent(processes) - before
    spans = (sent - 10) * arguments.batch
    print(
        f"{spans:,} spans in {passed:.0f} s ({spans / passed / 1e3:,.0f} thousand/s by the clock), {spent:.0f} s of "
        f"the server's processor, {refused} requests refused, at most {most / 1e6:,.0f} MB"
    )
    rate = spans / spent
    print(
        f"awayteam, over HTTP to the spool: {rate / 1e3:,.0f} thousand spans/s of one core; "
        f"laps of 5 s {min(rates) / 1e3:,.0f} to {max(rates) / 1e3:,.0f}"
    )
    return sent, rate


def _spent(processes: list[psutil.Process]) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in processes)


class _Sender:
    """One connection that is kept open; HTTP by hand, since the sender shares the machine with the server."""

    def __init__(self, port: int, token: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = (
            f"POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/x-protobuf\r\nContent-Encoding: gzip\r\nContent-Length: "
        ).encode()

    def send(self, body: bytes) -> int:
        self.socket.sendall(self.head + str(len(body)).encode() + b"\r\n\r\n" + body)
        answer = self.socket.recv(65_536)
        return int(answer[9:12])


def _batches(size: int, number: int) -> list[bytes]:
    """Requests packed with gzip. Ids are written over those of one encoded message, at the places where they stand."""
    import bench_spans

    template = np.frombuffer(bench_spans._made(size), np.uint8)
    places, made = _places(template.tobytes()), []
    chance = np.random.default_rng(5)
    for _ in range(number):
        data = template.copy()
        pairs = size // 2
        traces = chance.integers(0, 256, (pairs, 16), np.uint8)
        clients, servers = chance.integers(1, 256, (pairs, 8), np.uint8), chance.integers(1, 256, (pairs, 8), np.uint8)
        for kind, at in places.items():
            source = {"trace": traces, "client": clients, "server": servers}[kind[0]]
            width = source.shape[1]
            data[at[:, None] + np.arange(width)] = source[np.arange(len(at))]
        made.append(zlib.compress(data.tobytes(), 1, 31))
    return made


def _places(data: bytes) -> dict[tuple[str, str], np.ndarray]:
    """Where ids stand: of the trace and the span of each caller and callee, and of callees' parents, by pair."""
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    message = TracesData.FromString(data)
    found: dict[tuple[str, str], list[int]] = {
        ("trace", "caller"): [],
        ("trace", "callee"): [],
        ("client", "own"): [],
        ("client", "parent"): [],
        ("server", "own"): [],
    }
    spans = [one for resource in message.resource_spans for scope in resource.scope_spans for one in scope.spans]
    position, where = 0, []
    for one in spans:
        position = data.index(b"\x0a\x10" + one.trace_id + b"\x12\x08" + one.span_id, position) + 2
        where.append(position)
    callers = [(one, at) for one, at in zip(spans, where, strict=True) if one.kind == 3]
    callees = {one.parent_span_id: at for one, at in zip(spans, where, strict=True) if one.kind == 2}
    for one, at in callers:
        other = callees[one.span_id]
        found["trace", "caller"].append(at)
        found["trace", "callee"].append(other)
        found["client", "own"].append(at + 18)
        found["client", "parent"].append(other + 28)
        found["server", "own"].append(other + 18)
    return {key: np.array(places) for key, places in found.items()}


def _peer(batches: list[bytes], size: int) -> float:
    """Spans for each second of a core: unpacked, decoded by the full messages, paired and added up one by one."""
    import bench_spans

    started = time.process_time()
    for one in batches:
        bench_spans._edges(bench_spans._fully(zlib.decompress(one, 31)))
    return len(batches) * size / (time.process_time() - started)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server doesn't answer")


if __name__ == "__main__":
    main()

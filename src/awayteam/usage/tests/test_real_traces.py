"""Real traces: a benchmark application, two companies' systems, a booking system, against what plain reading finds."""

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from awayteam.usage.batches import BatchPairing
from awayteam.usage.columns import Facts, of_spans
from awayteam.usage.edges import Edges
from awayteam.usage.files import count
from awayteam.usage.pairing import Pairing
from awayteam.usage.reading import read
from awayteam.usage.reading.values import Problems, UnreadableTraces

pytestmark = pytest.mark.realdata


def edges(path: Path) -> Edges:
    found = count([str(path)])
    assert (found.unreadable, found.problem_count) == ({}, 0)
    return found.edges


def seen(edges: Edges) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for key, row in edges.rows.items():
        found[key.consumer, key.provider] += row.seen
    return found


def test_a_social_network_in_jaegers_json(shared_data: Path) -> None:
    (path,) = (shared_data / "delimitrou+DeathStarBench").rglob("*.json")
    found = edges(path)
    plain: Counter[tuple[str, str]] = Counter()
    for trace in json.loads(path.read_text())["data"]:
        service = {one["spanID"]: trace["processes"][one["processID"]]["serviceName"] for one in trace["spans"]}
        for one in trace["spans"]:
            for parent in (reference["spanID"] for reference in one["references"]):
                if service.get(parent, service[one["spanID"]]) != service[one["spanID"]]:
                    plain[service[parent], service[one["spanID"]]] += 1
    assert seen(found) == plain
    assert (found.tally.spans, found.tally.paired, found.tally.roots) == (660, 220, 20)
    assert {row.probability for row in found.rows.values()} == {0.2}


@pytest.mark.parametrize(("name", "calls"), [("yelp", 13), ("smartthings-oauth-authorization", 95)])
def test_two_systems_in_zipkins_json(shared_data: Path, name: str, calls: int) -> None:
    path = shared_data / "openzipkin+zipkin" / "zipkin-lens" / "testdata" / f"{name}.json"
    found, spans = edges(path), json.loads(path.read_text())
    clients = [one for one in spans if one.get("kind") == "CLIENT"]
    servers: dict[str, list[dict[str, Any]]] = {}
    for one in spans:
        if one.get("kind") == "SERVER":
            servers.setdefault(one["id"] if one.get("shared") else one.get("parentId", ""), []).append(one)
            servers.setdefault(one["id"], []).append(one)
    for key, row in found.rows.items():
        assert any(
            one["localEndpoint"].get("serviceName") == key.consumer for one in clients
        ) or row.seen, key  # fmt: skip
    assert sum(row.seen for row in found.rows.values()) + found.tally.unpaired >= len(clients)
    assert sum(seen(found).values()) == found.tally.paired + found.tally.by_word
    assert found.tally.paired >= min(calls, sum(1 for one in clients if one["id"] in servers))


def test_a_booking_system_in_a_table(shared_data: Path) -> None:
    (path,) = (shared_data / "IntelligentDDS+Nezha").rglob("*_trace.csv")
    found = edges(path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    pods = {row["SpanID"]: re.sub(r"-[0-9a-f]+-[0-9a-z]{5}$", "", row["PodName"]) for row in rows}
    plain: Counter[tuple[str, str]] = Counter()
    for row in rows:
        parent = pods.get(row["ParentID"])
        if parent and parent != pods[row["SpanID"]]:
            plain[parent, pods[row["SpanID"]]] += 1
    assert seen(found) == plain
    assert all(key.consumer.startswith("ts-") for key in found.rows)


def test_the_example_of_the_protocol_calls_nobody_that_it_shows(shared_data: Path) -> None:
    found = edges(shared_data / "open-telemetry+opentelemetry-proto" / "examples" / "trace.json")
    assert (found.rows, found.tally.foreign) == ({}, 1)


def test_pairing_over_arrays_finds_what_pairing_one_by_one_finds(shared_data: Path) -> None:
    paths = [
        *(shared_data / "delimitrou+DeathStarBench").rglob("*.json"),
        *(shared_data / "openzipkin+zipkin" / "zipkin-lens" / "testdata").glob("*.json"),
        *(shared_data / "open-telemetry+opentelemetry-proto" / "examples").glob("trace.json"),
    ]
    spans = [span for path in paths for span in _spans(path)]
    assert len(spans) > 800
    pure, facts = Pairing(seconds=5.0), Facts()
    array = BatchPairing(facts, seconds=5.0)
    found: Counter[Any] = Counter()
    for start in range(0, len(spans), 97):
        now = start / 50
        some = spans[start : start + 97]
        mine = [call for span in some for call in pure.add(span, now)] + pure.expire(now)
        assert Counter(mine) == Counter(
            [*array.add(of_spans(some, facts), now).plain(facts), *array.expire(now).plain(facts)]
        )
        found.update(mine)
    rest = pure.finish()
    assert Counter(rest) == Counter(array.finish().plain(facts))
    assert pure.tally == array.tally
    assert (sum(found.values()) + len(rest), pure.tally.paired) > (50, 20)


def _spans(path: Path) -> list[Any]:
    try:
        return list(read(str(path), Problems())[1])
    except UnreadableTraces:
        return []

"""A real Envoy under real load: who is limited, who isn't, and what a change does to others."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from awayteam.quotas.envoy import files
from awayteam.quotas.envoy.plain import Operation, Plan, Rule, Terms, Upstream
from awayteam.quotas.rules import Rate, Unit
from awayteam.quotas.tests.envoys import ORDERS, Authority, Proxy, missing, start, upstream, uri

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
ONE = Operation("GET /orders/{id}", "get", "/orders/{id}")
CLIENTS = ("web", "batch", "stranger", "other")


def rule(number: int, burst: int, *, enforced: bool = True, operation: str = "") -> Rule:
    """A bucket of `burst` that practically doesn't fill during a test."""
    return Rule(number, Rate(1, Unit.DAY, burst), enforced, operation)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("envoy")
    authority = Authority(folder)
    for name in CLIENTS:
        authority.client(name)
    authority.client("twofold", uri("web"))
    authority.leaf("nameless")
    return folder


@pytest.fixture(scope="module")
def base() -> Iterator[Plan]:
    """An API without any limit, with a real server behind it."""
    server = upstream()
    behind = Upstream(ORDERS, f"127.0.0.1:{server.server_address[1]}")
    yield Plan((Terms(behind, {ONE.key: ONE}),), "https://awayteam.example")
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def proxy(place: Path, base: Plan) -> Iterator[Proxy]:
    files.write_first(base, place / "watched")
    running = start(place, base)
    yield running
    running.stop()


def limited(base: Plan, own: dict[str, dict[str, Rule]], **more: object) -> Plan:
    terms = replace(base.terms[0], own={uri(name): rules for name, rules in own.items()}, **more)  # type: ignore[arg-type]
    return replace(base, terms=(terms,))


def test_two_consumers_are_told_apart_and_one_cannot_hurt_the_other(proxy: Proxy, base: Plan) -> None:
    proxy.apply(limited(base, {"web": {"": rule(1, 20)}, "batch": {"": rule(2, 300)}}))
    web, batch = proxy.client("web"), proxy.client("batch")
    found: dict[str, Counter[int]] = {}
    flood = Thread(target=lambda: found.update(batch=batch.load(900)))
    flood.start()
    found["web"] = web.load(20)
    flood.join()
    assert found["web"] == {200: 20}, "the flood of another took nothing from it"
    assert found["batch"] == {200: 300, 429: 600}
    assert web.load(5) == {429: 5}


def test_what_a_client_says_of_itself_is_dropped(proxy: Proxy, base: Plan) -> None:
    proxy.apply(limited(base, {"web": {"": rule(11, 2)}, "other": {"": rule(12, 50)}}))
    web = proxy.client("web")
    lies = {"x_consumer": uri("other"), "x_awayteam_scope": uri("other"), "x_awayteam_over_limit": "shadow"}
    answers = [web.ask(**lies) for _ in range(3)]
    assert [one.status for one in answers] == [200, 200, 429]
    got = answers[0].json()
    assert got["x-consumer"] == got["x-awayteam-scope"] == uri("web")
    assert "x-awayteam-over-limit" not in got
    nobody = proxy.client("")
    with pytest.raises(OSError, match=r"certificate required|reset|closed|EOF"):
        nobody.ask()


def test_a_refusal_says_when_and_where_to_ask_for_more(proxy: Proxy, base: Plan) -> None:
    own = {"": Rule(21, Rate(2, Unit.MINUTE, 1), enforced=True)}
    proxy.apply(limited(base, {"web": own}))
    web = proxy.client("web")
    assert web.ask().status == 200
    refused = web.ask("/orders?q=1")
    assert refused.status == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["link"] == '<https://awayteam.example/quotas/21/>; rel="help"'
    assert refused.headers["retry-after"] == "30"
    assert 0 < int(refused.headers["x-ratelimit-reset"]) <= 60
    said = refused.json()
    assert (said["title"], said["consumer"], said["api"]) == ("Too many requests", uri("web"), ORDERS)


def test_shadow_counts_and_limits_nobody(proxy: Proxy, base: Plan) -> None:
    before = int(proxy.stat("awayteam.http_local_rate_limit.rate_limited") or 0)
    refused = int(proxy.stat("awayteam.http_local_rate_limit.enforced") or 0)
    proxy.apply(limited(base, {"web": {"": rule(31, 5, enforced=False)}}))
    web = proxy.client("web")
    assert web.load(5) == {200: 5}
    over = web.ask()
    assert (over.status, over.json()["x-awayteam-over-limit"]) == (200, "shadow"), "its provider may know"
    assert web.load(14) == {200: 14}
    assert int(proxy.stat("awayteam.http_local_rate_limit.rate_limited")) - before == 15
    assert int(proxy.stat("awayteam.http_local_rate_limit.enforced")) == refused


def test_operations_have_limits_of_their_own(proxy: Proxy, base: Plan) -> None:
    proxy.apply(limited(base, {"web": {ONE.key: rule(41, 2, operation=ONE.key), "": rule(42, 4)}}))
    web = proxy.client("web")
    assert web.load(3, "/orders/7?full=yes") == {200: 2, 429: 1}
    assert web.load(2, "/orders//8") == {429: 2}, "other spellings of a path don't get around it"
    assert web.load(2, "/x/../orders/8") == {429: 2}
    assert web.load(2, "/orders/%38") == {429: 2}
    assert web.load(3, "/orders/7", method="POST") == {200: 3}, "another method is another operation"
    assert web.load(2, "/orders/7/lines") == {200: 1, 429: 1}, "and what has no limit of its own shares one"


def test_a_changed_limit_is_live_and_refills_nobody_else(proxy: Proxy, base: Plan) -> None:
    own = {"web": {"": rule(51, 10)}, "batch": {"": rule(52, 10)}}
    proxy.apply(limited(base, own))
    web, batch = proxy.client("web"), proxy.client("batch")
    assert web.load(12) == {200: 10, 429: 2}
    assert batch.load(6) == {200: 6}
    began = time.monotonic()
    proxy.apply(limited(base, {**own, "web": {"": rule(51, 25)}}))
    assert web.load(30) == {200: 25, 429: 5}
    assert time.monotonic() - began < 3
    assert batch.load(6) == {200: 4, 429: 2}, "what was used of another's bucket stays used"
    assert not files.write_scopes(limited(base, {**own, "web": {"": rule(51, 25)}}), proxy.watched), "nothing to write"


def test_a_new_consumer_and_one_less_leave_others_alone(proxy: Proxy, base: Plan) -> None:
    proxy.apply(limited(base, {"batch": {"": rule(62, 10)}, "other": {"": rule(63, 3)}}))
    batch, web, other = proxy.client("batch"), proxy.client("web"), proxy.client("other")
    assert batch.load(7) == {200: 7}
    assert web.load(7) == {200: 7}
    assert other.load(4) == {200: 3, 429: 1}
    proxy.apply(limited(base, {"batch": {"": rule(62, 10)}, "web": {"": rule(61, 2)}}))
    assert batch.load(5) == {200: 3, 429: 2}
    assert web.load(3) == {200: 2, 429: 1}
    assert other.load(7) == {200: 7}


def test_each_unknown_consumer_has_a_bucket_of_its_own(proxy: Proxy, base: Plan) -> None:
    proxy.apply(limited(base, {"web": {"": rule(71, 50)}}, unknown=rule(0, 4)))
    for name in ("stranger", "other", "twofold", "nameless"):
        assert proxy.client(name).load(6) == {200: 4, 429: 2}, name
    assert proxy.client("web").load(20) == {200: 20}
    assert proxy.client("stranger").load(1) == {429: 1}, "a new connection is the same consumer"


def test_limits_for_others_hold_for_whoever_has_none(proxy: Proxy, base: Plan) -> None:
    proxy.apply(limited(base, {"web": {ONE.key: rule(81, 9, operation=ONE.key)}}, others={"": rule(82, 3)}))
    assert proxy.client("stranger").load(5) == {200: 3, 429: 2}
    web = proxy.client("web")
    assert web.load(5) == {200: 3, 429: 2}
    assert web.load(9, "/orders/1") == {200: 9}


@pytest.mark.parametrize("fail_open", [True, False])
def test_without_limits_it_is_open_or_closed(place: Path, base: Plan, fail_open: bool, tmp_path: Path) -> None:
    for path in place.iterdir():
        if path.suffix in (".pem", ".key"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    plan = replace(limited(base, {"web": {"": rule(91, 1)}}), fail_open=fail_open)
    files.write_first(plan, tmp_path / "watched")
    running = start(tmp_path, plan)
    try:
        found = running.client("web").load(4)
        assert found == ({200: 4} if fail_open else {503: 4})
        running.apply(plan)
        assert running.client("web").load(4) == {200: 1, 429: 3}
        assert not files.write_first(plan, running.watched), "limits that are there stay when it starts again"
    finally:
        running.stop()

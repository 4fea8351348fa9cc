"""`awayteam envoy` whole: a limit set in the database is enforced within three seconds, and the log comes back once."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from awayteam.quotas import actions, running
from awayteam.quotas.envoy.plain import Upstream
from awayteam.quotas.envoy.upstreams import Listener, Settings
from awayteam.quotas.models import Count
from awayteam.quotas.rules import Unit
from awayteam.quotas.tests.envoys import ORDERS, Authority, Client, free_port, missing, upstream
from awayteam.quotas.tests.world import NOON, world
from awayteam.usage import spool

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(bool(missing()), reason=missing())]


def test_a_limit_is_live_within_three_seconds_and_counted_once(tmp_path: Path, settings: object) -> None:
    settings.DATA = tmp_path / "data"  # type: ignore[attr-defined]
    Authority(tmp_path).client("web")
    here, server = world(), upstream()
    listener = Listener(
        "127.0.0.1", free_port(), tmp_path / "server.pem", tmp_path / "server.key", tmp_path / "ca.pem", free_port()
    )
    behind = Upstream(ORDERS, f"127.0.0.1:{server.server_address[1]}")
    limit = here.set(consumer=here.web, rate=(1, Unit.DAY, 5))
    seen: dict[str, object] = {}

    def stopping() -> bool:
        """Called between looks: asks in shadow, enforces, and asks until it is live."""
        try:
            client = Client(tmp_path, listener.port, "web")
        except ConnectionRefusedError:
            return False
        if "shadow" not in seen:
            seen["shadow"] = client.load(8, "/orders/7")
            actions.enforce(limit, actor=here.actor("olga"), now=NOON, reason="So.")
            seen["at"] = time.monotonic()
        else:
            seen["enforced"] = client.load(6, "/orders/7")
        client.close()
        return "enforced" in seen

    running.run(Settings(listener, (behind,)), tmp_path / "envoy", stopping=stopping, say=lambda _text: None)
    server.shutdown()
    server.server_close()
    assert seen["shadow"] == {200: 8}
    assert seen["enforced"] == {200: 5, 429: 1}
    assert time.monotonic() - float(str(seen["at"])) < 13, "with the time that Envoy takes to end"
    row = Count.objects.get(limit=limit)
    assert (row.allowed, row.over, row.denied) == (10, 3, 1)
    again = actions.read_log(tmp_path / "envoy" / "access.log", [replace(behind)])
    assert not again.calls, "every line is counted once"
    assert Count.objects.get(limit=limit).allowed == 10
    rows = {key: one for path in spool.waiting() for key, one in spool.read(path).counts.rows.items()}
    assert {(key.consumer, key.provider, key.operation) for key in rows} == {("web", "orders", "GET /orders/{id}")}
    assert sum(one.seen for one in rows.values()) == 14 or len(spool.waiting()) > 1

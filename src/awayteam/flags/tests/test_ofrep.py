"""The remote evaluation protocol as applications meet it: answers, codes, ETags, limits, changes that hold at once."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from awayteam.flags import actions
from awayteam.flags.models import Environment, Flag, FlagToken
from awayteam.flags.rules import Reach
from awayteam.flags.serving import streams
from awayteam.flags.tests.asking import Asker
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import InvalidInput
from awayteam.organisation.models import Team

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BY: dict[str, Any] = {"actor": SYSTEM, "now": NOW, "reason": "because"}
BASKET = {
    "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
    "targeting": {"if": [{"==": [{"var": "country"}, "DE"]}, "on", None]}, "metadata": {"area": "basket"},
}  # fmt: skip
COLOUR = {"state": "ENABLED", "variants": {"red": "#f00", "blue": "#00f"}, "defaultVariant": "red"}
TRIAL = {
    "state": "ENABLED", "variants": {"old": 1, "new": 2}, "defaultVariant": "old",
    "targeting": {"experiment": {"id": "trial", "arms": [["new", 1]]}},
}  # fmt: skip
LOST = {
    "state": "ENABLED", "variants": {"a": "x"}, "defaultVariant": "a", "targeting": {"var": "which"},
}  # fmt: skip


@dataclass
class World:
    asker: Asker
    place: Environment
    other: Environment
    team: Team
    row: FlagToken

    def make(self, key: str, definition: Any, *, place: Environment | None = None, as_is: bool = False) -> Flag:
        where = [place or self.place]
        wanted = actions.Wanted(key, self.team, json.dumps(definition), environments=where)
        return actions.create(wanted, **BY, as_is=as_is)

    def token(self, name: str, reach: Reach, place: Environment | None = None) -> str:
        return actions.create_token(place or self.place, name, reach, actor=SYSTEM, now=NOW)[1]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    asker = Asker(monkeypatch)
    team = Team.objects.create(ref="group:default/shop", name="shop")
    place, other = (actions.create_environment(key, key, actor=SYSTEM, now=NOW) for key in ("production", "staging"))
    row, asker.token = actions.create_token(place, "shop", Reach.SERVER, actor=SYSTEM, now=NOW)
    made = World(asker, place, other, team, row)
    for key, definition in (("basket", BASKET), ("colour", COLOUR), ("trial", TRIAL), ("lost", LOST)):
        made.make(key, definition)
    made.make("elsewhere", COLOUR, place=other)
    return made


def test_one_flag_is_answered_with_its_reason(world: World) -> None:
    ask = world.asker.one
    got = ask("basket", {"country": "DE"})
    assert (got.status, got.headers["Content-Type"]) == (200, "application/json")
    assert got.json == {
        "key": "basket", "value": True, "variant": "on", "reason": "TARGETING_MATCH", "metadata": {"area": "basket"},
    }  # fmt: skip
    said = ask("basket", {"country": "FR"}).json
    assert (said["value"], said["reason"]) == (False, "DEFAULT")
    assert ask("colour").json["reason"] == "STATIC"
    trial = ask("trial", {"targetingKey": "user-1"}).json
    assert (trial["value"], trial["reason"], trial["metadata"]) == (
        2, "SPLIT", {"experiment": "trial", "assignment": "enrolled", "epoch": 0},
    )  # fmt: skip
    assert ask("trial").json["metadata"]["assignment"] == "no-unit"
    assert ask("colour", token="", HTTP_X_API_KEY=world.asker.token).status == 200


def test_all_flags_are_answered_and_the_same_again_is_304(world: World) -> None:
    got = world.asker.all({"country": "DE", "which": "a"})
    said = got.json
    assert [(one["key"], one["variant"]) for one in said["flags"]] == [
        ("basket", "on"), ("colour", "red"), ("lost", "a"), ("trial", "old"),
    ]  # fmt: skip
    assert said["metadata"]["environment"] == "production"
    etag = got.headers["ETag"]
    again = world.asker.all({"which": "a", "country": "DE"}, HTTP_IF_NONE_MATCH=etag)
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
    assert world.asker.all({"country": "FR", "which": "a"}, HTTP_IF_NONE_MATCH=etag).status == 200
    wrong = next(one for one in world.asker.all({"which": "zebra"}).json["flags"] if one["key"] == "lost")
    assert (wrong["errorCode"], "value" in wrong) == ("GENERAL", False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "PARSE_ERROR"), (b"", "PARSE_ERROR"), (b"\xff\xfe", "PARSE_ERROR"), (b"[]", "INVALID_CONTEXT"),
        (b'{"context": 7}', "INVALID_CONTEXT"), (b'{"context": null}', "INVALID_CONTEXT"),
        (b'{"context": {"a": ' + b"[" * 40 + b"]" * 40 + b"}}", "INVALID_CONTEXT"),
        (b"[" * 100_000, "PARSE_ERROR"),
    ],
)  # fmt: skip
def test_what_is_no_context_is_400_with_a_code(world: World, body: bytes, code: str) -> None:
    for path in ("evaluate/flags", "evaluate/flags/basket"):
        got = world.asker.ask("POST", path, body)
        said = got.json
        assert (got.status, said["errorCode"]) == (400, code)
        assert said["errorDetails"]
        assert said.get("key") == ("basket" if path.endswith("basket") else None)


def test_a_flag_that_is_not_well_is_400_and_spoils_no_other(world: World) -> None:
    broken = BASKET | {"targeting": {"no_such_operator": []}}
    world.make("broken", broken, as_is=True)
    got = world.asker.one("broken")
    assert (got.status, got.json["errorCode"]) == (400, "PARSE_ERROR")
    assert world.asker.one("lost", {"which": "zebra"}).status == 400
    assert {one["key"] for one in world.asker.all().json["flags"] if "errorCode" not in one} >= {"basket", "colour"}


def test_a_body_that_is_too_large_is_413(world: World) -> None:
    body = b'{"context": {"a": "' + b"x" * 300_000 + b'"}}'
    assert world.asker.ask("POST", "evaluate/flags", body).status == 413
    assert world.asker.ask("POST", "evaluate/flags", body, CONTENT_LENGTH="5").status == 413


def test_without_a_good_token_nothing_is_told(world: World) -> None:
    for token in ("", "awfl_nobody", "\xff", world.row.prefix):
        for method, path in (("POST", "evaluate/flags"), ("POST", "evaluate/flags/basket"), ("GET", "ruleset")):
            got = world.asker.ask(method, path, {} if method == "POST" else None, token=token)
            assert (got.status, got.headers["WWW-Authenticate"]) == (401, "Bearer")
            assert b"on" not in got.body.replace(b"Authorization", b"").replace(b"token", b"").replace(b"known", b"")
    assert world.asker.one("basket").status == 200
    actions.revoke_token(world.row, actor=SYSTEM, now=NOW)
    assert world.asker.one("basket").status == 401


def test_only_tokens_of_servers_read_the_ruleset(world: World) -> None:
    device = world.token("app", Reach.CLIENT)
    assert world.asker.one("basket", token=device).status == 200
    refused = world.asker.ask("GET", "ruleset", token=device)
    assert (refused.status, refused.json["errorCode"]) == (403, "GENERAL")
    got = world.asker.ask("GET", "ruleset")
    assert got.json["flags"]["basket"] == BASKET
    assert world.asker.ask("GET", "ruleset", HTTP_IF_NONE_MATCH=got.headers["ETag"]).status == 304


def test_what_is_not_there_is_404_and_another_method_405(world: World) -> None:
    got = world.asker.one("nothing")
    assert (got.status, got.json["errorCode"], got.json["key"]) == (404, "FLAG_NOT_FOUND", "nothing")
    assert world.asker.one("elsewhere").status == 404
    assert world.asker.one("elsewhere", token=world.token("s", Reach.SERVER, world.other)).status == 200
    assert world.asker.ask("POST", "something").status == 404
    other = world.asker.ask("GET", "evaluate/flags")
    assert (other.status, other.headers["Allow"]) == (405, "POST, OPTIONS")
    before = world.asker.ask("OPTIONS", "evaluate/flags", token="")
    assert (before.status, before.headers["Access-Control-Allow-Origin"]) == (204, "*")


def test_who_asks_too_often_is_told_when_to_return(world: World, rulebook: Callable[[str], None]) -> None:
    rulebook("[flags]\nrequests_per_minute = 2\n[api]\nrequests_per_minute = 10\n")
    other = world.token("other", Reach.CLIENT)
    assert [world.asker.one("colour").status for _ in range(3)] == [200, 200, 429]
    got = world.asker.one("colour")
    assert 1 <= int(got.headers["Retry-After"]) <= 60
    assert got.json["errorCode"] == "GENERAL"
    assert world.asker.one("colour", token=other).status == 200
    assert [world.asker.one("colour", token="x").status for _ in range(11)] == [401] * 10 + [429]


def test_a_change_holds_from_the_next_request_on(world: World, django_assert_num_queries: Any) -> None:
    ask, flag = world.asker.one, Flag.objects.get(key="colour")
    etag = world.asker.all().headers["ETag"]
    assert ask("colour").json["value"] == "#f00"
    with django_assert_num_queries(1):
        ask("colour")
    blue = json.dumps(COLOUR | {"defaultVariant": "blue"})
    actions.define(flag, world.place, blue, **BY)
    assert ask("colour").json["value"] == "#00f"
    assert world.asker.all(HTTP_IF_NONE_MATCH=etag).status == 200
    actions.kill(flag, world.place, **BY, variant="red")
    assert ask("colour").json["value"] == "#f00"
    actions.release(flag, world.place, **BY)
    actions.kill(flag, world.place, **BY)
    said = ask("colour").json
    assert (said["reason"], said["variant"], "value" in said) == ("DISABLED", "", False)
    actions.archive(flag, **BY)
    assert ask("colour").status == 404
    actions.restore(flag, **BY)
    assert ask("colour").status == 200


def test_a_stream_tells_of_a_change_and_gives_its_place_back(
    world: World, monkeypatch: pytest.MonkeyPatch, rulebook: Callable[[str], None]
) -> None:
    rulebook("[flags]\nstreams_max = 1\n")
    monkeypatch.setattr(streams, "OPEN", streams._Open())
    [offered] = world.asker.all().json["eventStreams"]
    query = offered["endpoint"]["requestUri"].partition("?")[2]
    got = world.asker.ask("GET", "events", token="", query=query)
    assert (got.status, got.headers["Content-Type"]) == (200, "text/event-stream")
    events = iter(got.pieces)
    assert next(events).startswith(b"retry: 2000\nid: production.")
    assert "eventStreams" not in world.asker.all().json
    full = world.asker.ask("GET", "events", token="", query=query)
    assert (full.status, int(full.headers["Retry-After"])) == (429, streams.INACTIVITY_SECONDS)
    actions.kill(Flag.objects.get(key="colour"), world.place, **BY)
    assert b'"type":"refetchEvaluation"' in next(events)
    events.close()  # type: ignore[attr-defined]
    assert "eventStreams" in world.asker.all().json
    assert world.asker.ask("GET", "events", token="", query="channel=made-up").status == 401


@pytest.mark.parametrize("value", [str(10**30), "-1e999", '"\\ud800"', '"ж\\udc00"'])
def test_a_value_that_cannot_be_written_again_is_refused(world: World, value: str) -> None:
    """Served once, it would spoil the whole environment."""
    odd = f'{{"state": "ENABLED", "variants": {{"a": {{"x": {value}}}}}, "defaultVariant": "a"}}'
    for write in (
        lambda: actions.import_document(f'{{"flags": {{"odd": {odd}}}}}', world.place, world.team, **BY),
        lambda: actions.create(actions.Wanted("odd", world.team, odd), **BY),
        lambda: actions.share_rules(world.place, f'{{"rule": {{"==": [{{"var": "a"}}, {value}]}}}}', **BY),
    ):
        with pytest.raises(InvalidInput):
            write()
    assert not Flag.objects.filter(key="odd").exists()
    assert world.asker.ask("GET", "ruleset").status == 200

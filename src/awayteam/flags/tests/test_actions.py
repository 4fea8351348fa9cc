"""Writing flags: definitions in their order, roll-backs, the kill switch, files with errors, and who may do what."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from awayteam.flags import actions
from awayteam.flags.models import Definition, Environment, Flag, FlagToken, Plan, Setting
from awayteam.flags.rules import Deed, Purpose, Reach
from awayteam.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Event
from awayteam.organisation.models import Team

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ON = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
OFF = ON | {"defaultVariant": "off"}
SPLIT = ON | {"targeting": {"fractional": [["on", 50], ["off", 50]]}}


class World:
    def __init__(self) -> None:
        self.team, self.others = (
            Team.objects.create(ref=f"group:default/{name}", name=name) for name in ("shop", "search")
        )
        self.place = actions.create_environment("production", "Production", actor=SYSTEM, now=NOW)
        self.member, self.stranger = (
            Actor(kind=ActorKind.PERSON, label=team.name, teams=frozenset({team.pk}))
            for team in (self.team, self.others)
        )
        self.by: dict[str, Any] = {"actor": self.member, "now": NOW, "reason": "because"}
        wanted = actions.Wanted("basket", self.team, json.dumps(ON), environments=[self.place])
        self.flag = actions.create(wanted, **self.by)

    def setting(self) -> Setting:
        return Setting.objects.select_related("definition").get(flag=self.flag, environment=self.place)

    def version(self) -> int:
        return Environment.objects.get(pk=self.place.pk).version

    def define(self, data: Any, **more: Any) -> Definition:
        return actions.define(self.flag, self.place, json.dumps(data), **(self.by | more))


@pytest.fixture
def world() -> World:
    return World()


def everything() -> dict[str, list[str]]:
    return {
        model._meta.label: sorted(map(str, model._default_manager.values_list())) for model in apps.get_models()
    }  # fmt: skip


def test_definitions_follow_one_another_and_the_same_again_changes_nothing(world: World) -> None:
    before = world.version()
    assert [world.define(one).number for one in (OFF, SPLIT, SPLIT)] == [2, 3, 3]
    assert (world.setting().definition.number, world.setting().everybody) == (3, "")
    assert world.version() == before + 2
    assert Flag.objects.get().version == world.flag.version + 2
    with pytest.raises(Conflict):
        world.define(ON, number=2)
    assert world.define(ON, number=3).number == 4
    names = Event.objects.filter(subject_kind="flag").order_by("pk").values_list("name", flat=True)
    assert list(names) == ["flag.created", *["flag.defined"] * 4]


def test_since_moves_only_when_somebody_may_get_something_else(world: World) -> None:
    later = NOW + timedelta(days=1)
    world.define(ON | {"metadata": {"a": 1}}, now=later)
    assert (world.setting().since, world.setting().everybody) == (NOW, "on")
    world.define(OFF, now=later)
    assert (world.setting().since, world.setting().everybody) == (later, "off")


def test_an_earlier_definition_comes_back_as_a_new_one(world: World) -> None:
    world.define(OFF)
    made = actions.roll_back(world.flag, world.place, 1, **world.by)
    assert (made.number, made.number_restored, json.loads(made.text)) == (3, 1, ON)
    assert world.setting().definition == made
    assert Event.objects.filter(name="flag.rolled-back").count() == 1
    with pytest.raises(NotFound):
        actions.roll_back(world.flag, world.place, 9, **world.by)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1"), ("[]", "object"), ('{"variants": {}}', "variants"),
        (json.dumps(ON | {"defaultVariant": "gone"}), "defaultVariant"),
        ('{"variants": {"on": true},\n "defaultVariant": "on",\n "targeting": {"iff": []}}', "line 3"),
        (json.dumps({"variants": {"a": "text"}, "defaultVariant": "a"}), "kind"),
        ('{"variants": {"a": true, "a": false}}', "twice"), ("{" + " " * 70_000 + "}", "characters"),
    ],
)  # fmt: skip
def test_what_is_not_well_is_refused_with_its_place(world: World, text: str, words: str) -> None:
    before = everything()
    with pytest.raises(InvalidInput) as error:
        actions.define(world.flag, world.place, text, **world.by)
    assert words in str(error.value)
    assert everything() == before


def test_the_kill_switch_holds_until_it_is_released(world: World) -> None:
    for wrong in ("gone", "ON"):
        with pytest.raises(InvalidInput):
            actions.kill(world.flag, world.place, **world.by, variant=wrong)
    with pytest.raises(Conflict):
        actions.release(world.flag, world.place, **world.by)
    killed = actions.kill(world.flag, world.place, **world.by, variant="off")
    assert (killed.killed_at, killed.killed_variant, killed.killed_why) == (NOW, "off", "because")
    with pytest.raises(Conflict):
        actions.kill(world.flag, world.place, **world.by)
    world.define(SPLIT)
    assert world.setting().killed_variant == "off"
    actions.release(world.flag, world.place, **world.by)
    assert (world.setting().killed_at, world.setting().definition.number) == (None, 2)


def test_a_definition_may_not_lose_the_variant_that_a_kill_switch_gives(world: World) -> None:
    actions.kill(world.flag, world.place, **world.by, variant="off")
    before = everything()
    with pytest.raises(InvalidInput):
        world.define({"state": "ENABLED", "variants": {"on": True}, "defaultVariant": "on"})
    assert everything() == before


def test_plans_are_done_in_time_and_one_that_fails_stops_no_other(world: World) -> None:
    soon = NOW + timedelta(hours=1)
    actions.plan(world.flag, world.place, soon, Deed.RELEASE, **world.by)
    actions.plan(world.flag, world.place, soon, Deed.DEFINE, **world.by, text=json.dumps(OFF))
    gone = actions.plan(world.flag, world.place, soon, Deed.KILL, **world.by)
    actions.cancel_plan(gone, actor=world.member, now=NOW)
    with pytest.raises(Conflict):
        actions.cancel_plan(gone, actor=world.member, now=NOW)
    assert actions.run_plans(NOW) == 0
    assert actions.run_plans(soon) == 2
    assert actions.run_plans(soon) == 0
    failed, done = Plan.objects.exclude(pk=gone.pk).order_by("pk")
    assert ("isn't switched off" in failed.failed, done.failed) == (True, "")
    assert (json.loads(world.setting().definition.text), world.setting().killed_at) == (OFF, None)


def test_of_a_file_each_flag_stands_for_itself(world: World) -> None:
    foreign = actions.Wanted("theirs", world.others, json.dumps(ON), environments=[world.place])
    actions.create(foreign, actor=SYSTEM, now=NOW, reason="because")
    flags: dict[str, Any] = {
        "basket": OFF, "theirs": OFF, "fresh": SPLIT, "environments": ON, "bad": 7,
        "worse": ON | {"defaultVariant": "x"},
        "long": {"variants": {"x" * 300: 1}, "defaultVariant": "x" * 300},
        "zero": {"variants": {"\0": 1}, "defaultVariant": "\0"},
        "wrong": ON | {"targeting": {"nothing": []}}, "": ON, "\0": ON, "k" * 300: ON,
    }  # fmt: skip
    made = actions.import_document(json.dumps({"flags": flags}), world.place, world.team, **world.by)
    assert (made.created, made.changed, made.unchanged) == (["fresh"], ["basket"], [])
    assert set(made.refused) == set(flags) - {"fresh", "basket"}
    assert "ask them" in made.refused["theirs"]
    again = actions.import_document(json.dumps({"flags": flags}), world.place, world.team, **world.by)
    assert (again.created, again.changed, again.unchanged) == ([], [], ["basket", "fresh"])
    as_is = actions.import_document(json.dumps({"flags": flags}), world.place, world.team, **world.by, as_is=True)
    assert sorted(as_is.created) == ["long", "worse", "wrong", "zero"]


@pytest.mark.parametrize("text", ["", "[]", '{"flags": []}', b"\xff", '{"flags": {}, "$evaluators": 7}', "[" * 5000])
def test_a_file_that_is_none_changes_nothing(world: World, text: str | bytes) -> None:
    before = everything()
    with pytest.raises(InvalidInput):
        actions.import_document(text, world.place, world.team, **world.by)
    assert everything() == before


def test_shared_rules_that_flags_need_stay(world: World) -> None:
    admin = world.by | {"actor": SYSTEM}
    actions.share_rules(world.place, '{"staff": {"var": "staff"}}', **admin)
    world.place.refresh_from_db()
    world.define(ON | {"targeting": {"if": [{"$ref": "staff"}, "on", "off"]}})
    with pytest.raises(InvalidInput, match="basket"):
        actions.share_rules(world.place, "{}", **admin)


def writes(world: World) -> dict[str, Callable[[Actor], Any]]:
    """Every write of flags, as somebody."""
    flag, place, soon = world.flag, world.place, NOW + timedelta(days=1)
    text, token, plan = json.dumps(SPLIT), FlagToken.objects.get(), Plan.objects.get()

    def by(actor: Actor) -> dict[str, Any]:
        return {"actor": actor, "now": NOW, "reason": "because"}

    new = actions.Wanted("fresh", world.team, text, environments=[place])
    return {
        "create": lambda actor: actions.create(new, **by(actor)),
        "edit": lambda actor: actions.edit(flag, **by(actor), title="x"),
        "define": lambda actor: actions.define(flag, place, text, **by(actor)),
        "roll_back": lambda actor: actions.roll_back(flag, place, 1, **by(actor)),
        "kill": lambda actor: actions.kill(flag, place, **by(actor)),
        "release": lambda actor: actions.release(flag, place, **by(actor)),
        "plan": lambda actor: actions.plan(flag, place, soon, Deed.KILL, **by(actor)),
        "cancel_plan": lambda actor: actions.cancel_plan(plan, actor=actor, now=NOW),
        "keep": lambda actor: actions.keep(flag, soon.date(), **by(actor)),
        "archive": lambda actor: actions.archive(flag, **by(actor)),
        "restore": lambda actor: actions.restore(flag, **by(actor)),
        "create_environment": lambda actor: actions.create_environment("x", "x", actor=actor, now=NOW),
        "share_rules": lambda actor: actions.share_rules(place, '{"a": true}', **by(actor)),
        "create_token": lambda actor: actions.create_token(place, "y", Reach.CLIENT, actor=actor, now=NOW),
        "revoke_token": lambda actor: actions.revoke_token(token, actor=actor, now=NOW),
    }


def test_who_may_not_changes_nothing(world: World) -> None:
    actions.create_token(world.place, "x", Reach.SERVER, actor=SYSTEM, now=NOW)
    actions.plan(world.flag, world.place, NOW + timedelta(days=1), Deed.KILL, **world.by)
    reading = Actor(
        kind=ActorKind.PERSON, label="reads", teams=world.member.teams, scopes=frozenset({"read"}), token_id=1
    )
    before = everything()
    for write in writes(world).values():
        for actor in (world.stranger, reading, ANONYMOUS):
            with pytest.raises(NotAllowed):
                write(actor)
    assert everything() == before
    environments = {"create_environment", "share_rules", "create_token", "revoke_token"}
    for name, write in writes(world).items():
        if name in environments:
            with pytest.raises(NotAllowed):
                write(world.member)
        else:
            try:
                write(world.member)
            except AwayteamError as error:
                raise AssertionError(name) from error


def test_a_flag_needs_a_team_a_key_and_a_reason(world: World) -> None:
    unit = Team.objects.create(ref="group:default/unit", name="unit", is_unit=True)
    before = everything()
    for wanted in (
        actions.Wanted("fresh", world.team, "{}"), actions.Wanted("a b", world.team, json.dumps(ON)),
        actions.Wanted("fresh", unit, json.dumps(ON)),
        actions.Wanted("fresh", world.team, json.dumps(ON), title="x" * 201),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            actions.create(wanted, actor=SYSTEM, now=NOW, reason="because")
    with pytest.raises(InvalidInput):
        world.define(OFF, reason=" ")
    with pytest.raises(Conflict):
        actions.create(actions.Wanted("basket", world.team, json.dumps(ON), Purpose.OPERATIONS), **world.by)
    assert everything() == before

"""What a name is: found by rules, said by hand, taken back; and nothing by those who may not."""

from pathlib import Path
from typing import Any

import pytest

from awayteam.catalog.models import Entity, Presence
from awayteam.catalog.tests.world import entity, team
from awayteam.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Event
from awayteam.usage import matching, queries
from awayteam.usage.actions import matching as actions
from awayteam.usage.models import MatchRule, Name
from awayteam.usage.operations import operation_key
from awayteam.usage.tests.land import NOW, counts, stored

SOMEBODY = Actor(kind=ActorKind.PERSON, label="somebody")


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path


def names(*texts: str, kind: str = "service") -> None:
    Name.objects.bulk_create([Name(text=one, kind=kind, first_hour=1, last_hour=1) for one in texts])


def known() -> dict[str, tuple[str | None, str]]:
    return {
        one.text: (one.entity.ref if one.entity else None, one.rule) for one in Name.objects.select_related("entity")
    }


@pytest.mark.django_db
def test_names_are_matched_by_annotation_name_label_and_title() -> None:
    note = {"metadata": {"annotations": {"backstage.io/kubernetes-id": "Checkout-V2"}}}
    entity("Component", "checkout", document=note)
    entity("Component", "pay", title="Money Mover", namespace="default")
    entity("Component", "cart", document={"metadata": {"labels": {"app.kubernetes.io/name": "cart-svc"}}})
    entity("Component", "gone", presence=Presence.REMOVED)
    entity("Resource", "orders-db")
    names(
        "shop/checkout-v2",
        "checkout-v2",
        "PAY",
        "prod/pay",
        "default/pay",
        "money mover",
        "cart-svc",
        "gone",
        "orders-db",
    )
    names("postgresql:orders-db", "pay", kind="database")
    assert matching.match_due(NOW) == 8
    assert known() == {
        "shop/checkout-v2": ("component:default/checkout", "Kubernetes id"),
        "checkout-v2": ("component:default/checkout", "Kubernetes id"),
        "PAY": ("component:default/pay", "namespace and name"),
        "prod/pay": ("component:default/pay", "namespace and name"),
        "default/pay": ("component:default/pay", "namespace and name"),
        "money mover": ("component:default/pay", "title"),
        "cart-svc": ("component:default/cart", "app label"),
        "gone": (None, ""), "orders-db": (None, ""), "pay": (None, ""),
        "postgresql:orders-db": ("resource:default/orders-db", "namespace and name"),
    }  # fmt: skip
    assert matching.match_due(NOW) == 0


@pytest.mark.django_db
def test_two_that_fit_are_none() -> None:
    for namespace in ("a", "b"):
        row = entity("Component", f"pay-{namespace}")
        Entity.objects.filter(pk=row.pk).update(name="pay", namespace=namespace)
    names("pay", "a/pay", "c/pay")
    matching.match_all(NOW)
    assert known() == {
        "pay": (None, ""),
        "a/pay": ("component:default/pay-a", "namespace and name"),
        "c/pay": (None, ""),
    }


@pytest.mark.django_db
def test_a_rule_of_ones_own_comes_first_and_rewrites() -> None:
    entity("Component", "pay")
    entity("Component", "pay-prod")
    names("pay-prod", "eu-ledger-prod")
    entity("Component", "ledger")
    rule = actions.add_rule(
        actor=SYSTEM, now=NOW, name="stage", kind="name", pattern=r"(?:eu-)?(.+)-prod", replacement=r"\1"
    )
    assert {text: ref for text, (ref, _) in known().items()} == {
        "pay-prod": "component:default/pay", "eu-ledger-prod": "component:default/ledger",
    }  # fmt: skip
    with pytest.raises(Conflict):
        actions.add_rule(actor=SYSTEM, now=NOW, name="stage", kind="name")
    actions.remove_rule(rule.name, actor=SYSTEM, now=NOW)
    assert known()["pay-prod"] == ("component:default/pay-prod", "namespace and name")
    assert known()["eu-ledger-prod"] == (None, "")
    assert list(Event.objects.order_by("pk").values_list("name", flat=True)) == [
        "usage-rule.added",
        "usage-rule.removed",
    ]
    with pytest.raises(NotFound):
        actions.remove_rule("stage", actor=SYSTEM, now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "values"),
    [
        ("kind", {"kind": "magic"}),
        ("annotation", {"kind": "annotation"}),
        ("pattern", {"kind": "name", "pattern": "("}),
        ("pattern", {"kind": "name", "pattern": "(a+)+b"}),
        ("pattern", {"kind": "name", "pattern": "(a|aa)+b"}),
        ("pattern", {"kind": "name", "pattern": "(.*)", "replacement": r"\2"}),
        ("replacement", {"kind": "name", "replacement": "x"}),
        ("of", {"kind": "name", "of": "pears"}),
        ("name", {"kind": "name", "name": " "}),
    ],
)
def test_a_rule_that_is_none_is_refused(wrong: str, values: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        actions.add_rule(actor=SYSTEM, now=NOW, **{"name": "x"} | values)
    assert wrong in caught.value.fields
    assert not MatchRule.objects.exists()


@pytest.mark.django_db
def test_a_name_is_matched_by_hand_and_taken_back() -> None:
    pay, ledger = entity("Component", "pay"), entity("Component", "ledger")
    names("pay")
    matching.match_all(NOW)
    name = queries.name(SYSTEM, "pay", now=NOW)
    name = actions.match(name, ledger, actor=SYSTEM, now=NOW, reason="it moved")
    assert (name.entity, name.how, name.matched_by_label) == (ledger, "hand", "Awayteam")
    assert matching.match_all(NOW) == 0, "no rule speaks against a hand"
    event = Event.objects.get(name="usage-name.matched")
    assert event.data["changes"] == {
        "entity": ["component:default/pay", "component:default/ledger"],
        "how": ["rule", "hand"],
    }
    stale = Name.objects.get()
    stale.version = 0
    with pytest.raises(Conflict):
        actions.match(stale, pay, actor=SYSTEM, now=NOW)
    back = actions.unmatch(name, actor=SYSTEM, now=NOW)
    assert (back.entity, back.how, back.rule) == (pay, "rule", "namespace and name")
    with pytest.raises(Conflict):
        actions.unmatch(back, actor=SYSTEM, now=NOW)
    ignored = actions.match(back, None, actor=SYSTEM, now=NOW, ignore=True)
    assert (ignored.entity, ignored.ignored) == (None, True)
    with pytest.raises(InvalidInput):
        actions.match(ignored, pay, actor=SYSTEM, now=NOW, ignore=True)
    with pytest.raises(InvalidInput):
        actions.match(ignored, team("money"), actor=SYSTEM, now=NOW)


@pytest.mark.django_db
def test_those_who_may_not_change_nothing() -> None:
    money = team("money")
    pay = entity("Component", "pay", owner=money)
    secret = entity("Component", "secret", owner=money, restricted=True)
    names("pay-v2", "hidden")
    Name.objects.filter(text="hidden").update(entity=secret)
    row, hidden = (Name.objects.get(text=one) for one in ("pay-v2", "hidden"))
    lead = Actor(kind=ActorKind.PERSON, label="lead", teams=frozenset({99}), leads=frozenset({99}))
    reader = Actor(kind=ActorKind.TOKEN, label="t", is_administrator=True, scopes=frozenset({"read"}))
    before = list(Name.objects.values())
    for actor, name, thing in [
        (ANONYMOUS, row, pay), (SOMEBODY, row, pay), (SOMEBODY, row, None), (reader, row, pay), (lead, row, secret),
        (lead, hidden, pay),
    ]:  # fmt: skip
        with pytest.raises(NotAllowed):
            actions.match(name, thing, actor=actor, now=NOW)
    with pytest.raises(NotAllowed):
        actions.add_rule(actor=lead, now=NOW, name="x", kind="name")
    with pytest.raises(NotAllowed):
        actions.remove_rule("x", actor=SOMEBODY, now=NOW)
    assert list(Name.objects.values()) == before
    assert not Event.objects.exists()
    member = Actor(kind=ActorKind.PERSON, label="ada", teams=frozenset({money.team_id or 0}))
    assert actions.match(row, pay, actor=member, now=NOW).entity == pay
    with pytest.raises(NotFound):
        queries.name(SOMEBODY, "hidden", now=NOW)


@pytest.mark.django_db
def test_unmatched_names_are_listed_by_volume_with_suggestions() -> None:
    stored(counts(("shop", "paymnt-service", "GET /", 50), ("cart", "ledger", "GET /", 9)))
    entity("Component", "payment-service")
    entity("Component", "payment-secret", restricted=True)
    entity("Component", "ledger")
    matching.match_due(NOW, anew=True)
    found = queries.names(SOMEBODY, now=NOW, unmatched=True)
    assert [(one.name, one.calls) for one in found.items] == [("shop", 50), ("paymnt-service", 50), ("cart", 9)]
    assert [one.name for one in found.items[1].suggestions] == ["payment-service"]
    first = queries.names(SOMEBODY, now=NOW, unmatched=True, limit=2)
    rest = queries.names(SOMEBODY, now=NOW, unmatched=True, limit=2, cursor=first.next_cursor)
    assert [one.name for one in (*first.items, *rest.items)] == ["shop", "paymnt-service", "cart"]
    assert [one.name for one in queries.names(SOMEBODY, now=NOW, text="LEDG").items] == ["ledger"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GET /orders/:id/", "get /orders/{order}"),
        ("GET /orders/<int:id>", "GET /orders/{id}"),
        ("shop.v1.Orders/Get", "/shop.v1.Orders/Get"),
        ("GET /", "GET /"),
    ],
)
def test_an_operation_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert operation_key(one) == operation_key(other)


def test_operations_that_differ_stay_apart() -> None:
    assert len({operation_key(one) for one in ("GET /a", "POST /a", "GET /a/{}", "a", "send a.b")}) == 5

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from awayteam.catalog.models import Entity, Ownership
from awayteam.kernel import bulk

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def entity(ref: str) -> Entity:
    kind, name = ref.split(":default/")
    return Entity.objects.create(ref=ref, kind=kind, name=name, sort_name=name, first_seen_at=NOW, changed_at=NOW)


@pytest.mark.django_db
def test_an_entity_has_at_most_one_accountable_owner_at_a_time() -> None:
    orders, one, two = entity("component:default/orders"), entity("group:default/one"), entity("group:default/two")
    Ownership.objects.create(entity=orders, owner=one)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ownership.objects.create(entity=orders, owner=two)
    assert list(orders.ownerships.values_list("owner__ref", flat=True)) == ["group:default/one"]


@pytest.mark.django_db
def test_rows_in_bulk_read_back_as_they_were_written() -> None:
    first = bulk.next_id(Entity)
    fields = {
        "id": lambda n: first + n,
        "ref": lambda n: f"component:default/c{n}",
        "kind": lambda n: "Component",
        "namespace": lambda n: "default",
        "name": lambda n: f"c{n}",
        "title": lambda n: "",
        "description": lambda n: "ü\t\\N",
        "type": lambda n: "service",
        "lifecycle": lambda n: "",
        "tags": lambda n: '["a"]',
        "presence": lambda n: 1,
        "restricted": lambda n: False,
        "sort_name": lambda n: f"c{n}",
        "document": lambda n: '{"n": 1}',
        "content_hash": lambda n: "",
        "first_seen_at": lambda n: NOW,
        "changed_at": lambda n: NOW,
    }
    rows = [tuple(value(n) for value in fields.values()) for n in range(3)]
    assert bulk.insert(Entity, list(fields), rows) == 3
    bulk.advance_sequence(Entity)
    read = Entity.objects.get(ref="component:default/c2")
    assert (read.pk, read.first_seen_at) == (first + 2, NOW)
    assert (read.description, read.tags, read.document) == ("ü\t\\N", ["a"], {"n": 1})
    assert entity("group:default/one").pk > first + 2


@pytest.mark.django_db(transaction=True)
def test_rows_are_updated_in_bulk_outside_of_any_transaction() -> None:
    orders, basket = entity("component:default/orders"), entity("component:default/basket")
    assert bulk.update(Entity, ["title"], [(orders.pk, "Orders"), (basket.pk, "Basket")]) == 2
    assert list(Entity.objects.order_by("ref").values_list("title", flat=True)) == ["Basket", "Orders"]

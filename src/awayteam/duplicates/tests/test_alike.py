"""Likely duplicates: what operations do whatever they are called, what counts, and what the job leaves behind."""

import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.catalog.models import ApiOperation, Entity
from awayteam.duplicates import actions
from awayteam.duplicates.alike import job, queries
from awayteam.duplicates.alike.compare import Comparer, Described, array_of
from awayteam.duplicates.alike.intents import intent, is_boilerplate, singular, text_words
from awayteam.duplicates.models import Comparison, Likeness
from awayteam.duplicates.tests.world import NOW, Small, build, thing
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.events import EventName, Subject

WORD = st.text(string.ascii_lowercase, min_size=4, max_size=8).map(lambda word: f"{word}t")


@pytest.mark.parametrize(
    ("operations", "same"),
    [
        (
            [("GET", "/v2/orders/{orderId}"), ("GET", "/api/order/{id}"), ("unary", "/shop.Orders/GetOrder")],
            "get order",
        ),
        ([("GET", "/orders"), ("unary", "/shop.v1.Orders/ListOrders"), ("query", "listOrders")], "list order"),
        ([("POST", "/rest/orders/{id}/items"), ("unary", "/x.Y/AddOrderItem")], "create order item"),
        ([("PUT", "/orders/:id"), ("PATCH", "/v1beta1/orders/{x}")], "update order"),
        ([("DELETE", "/categories/<id>"), ("mutation", "removeCategory")], "delete category"),
    ],
)
def test_one_intent_in_many_styles(operations: list[tuple[str, str]], same: str) -> None:
    for verb, path in operations:
        key = path.lstrip("/") if verb == "unary" else f"{verb} {path}"
        name = path.rpartition("/")[2] if not path.startswith("/") or verb == "unary" else ""
        assert intent(verb, path, key, name) == same, (verb, path)


@given(WORD, WORD, WORD, st.sampled_from(["GET", "POST", "PUT", "DELETE"]))
def test_names_of_parameters_and_versions_make_no_difference(noun: str, one: str, other: str, verb: str) -> None:
    assert intent(verb, f"/v1/{noun}/{{{one}}}", "", "") == intent(verb, f"/v27/{noun}s/{{{other}}}", "", "")


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=20))
def test_no_text_upsets_it(path: str, name: str, verb: str) -> None:
    assert isinstance(intent(verb, path, f"{verb} {path}", name), str)
    assert isinstance(intent(verb, f"/{path}", "", ""), str)
    assert len(text_words([path, name], 5)) <= 5


@pytest.mark.parametrize(
    ("many", "one"), [("orders", "order"), ("categories", "category"), ("boxes", "box"), ("status", "status")]
)
def test_plurals_become_singulars(many: str, one: str) -> None:
    assert singular(many) == one


def test_what_every_service_has_says_little() -> None:
    assert is_boilerplate(intent("GET", "/healthz", "", ""))
    assert is_boilerplate(intent("GET", "/api/v1/metrics", "", ""))
    assert not is_boilerplate(intent("GET", "/orders/{id}/status", "", ""))


def described(
    id: int, owner: int | None, operations: set[str], name: str = "", light: set[str] = frozenset()
) -> Described:
    hashes = [array_of(map(hash, words)) for words in (operations, light, text_words([name], 9), set())]
    return Described(id, owner, *hashes)


@given(st.sets(WORD, min_size=1, max_size=9), st.sets(WORD, min_size=1, max_size=9))
def test_measuring_is_symmetric_and_the_same_is_the_most(mine: set[str], theirs: set[str]) -> None:
    one, other, twin = described(1, 1, mine), described(2, 2, theirs), described(3, 3, mine)
    comparer = Comparer([one, other, twin])
    assert comparer.measure(one, other) == comparer.measure(other, one)
    assert 0 <= comparer.measure(one, other).score <= 1
    assert comparer.measure(one, twin).operations == pytest.approx(len(mine) / (len(mine) + 0.5))
    assert comparer.measure(one, other).score <= comparer.measure(one, twin).score + 1e-9


def test_only_across_owners_and_never_by_boilerplate_alone() -> None:
    apis = [
        described(1, 7, {"get order", "list order", "create order"}, "orders"),
        described(2, 7, {"get order", "list order", "create order"}, "orders v2"),
        described(3, 8, {"get order", "list order", "delete order"}, "purchases"),
        described(4, 9, {"get parcel"}, "parcels", {"list health", "list metric"}),
        described(5, 10, {"get weather"}, "weather", {"list health", "list metric"}),
        described(6, None, {"get stock"}, "stock"),
    ]
    found = {(pair.a, pair.b): pair for pair in Comparer(apis).pairs(0.2)}
    assert set(found) == {(1, 3), (2, 3)}
    assert found[1, 3].shared == 2


def test_what_thousands_share_proposes_nothing() -> None:
    apis = [described(n, n, {"get thing", "list thing"}, f"thing {n}") for n in range(400)]
    assert list(Comparer(apis).pairs(0.1)) == []


@pytest.fixture
def small() -> Small:
    return build()


def operations(api: Entity, *keys: str) -> None:
    for key in keys:
        verb, path = key.split(" ")
        ApiOperation.objects.create(api=api, key=key, verb=verb, path=path)


def alike(small: Small) -> tuple[Entity, Entity]:
    """Two APIs of two teams that do the same, one that doesn't, and one of whose team is restricted."""
    one = small.things["orders-api"]
    groups = {entity.name: entity for entity in Entity.objects.filter(kind="Group")}
    other = thing("API", "purchases", groups["search"], type="openapi")
    operations(one, "GET /orders/{id}", "POST /orders", "DELETE /orders/{id}", "GET /healthz")
    operations(other, "GET /v1/order/{orderId}", "POST /v1/order", "GET /healthz")
    operations(thing("API", "weather", groups["search"]), "GET /weather", "GET /healthz")
    return one, other


@pytest.mark.django_db
def test_the_job_finds_pairs_and_says_what_they_share(small: Small) -> None:
    one, other = alike(small)
    done = job.compare(NOW)
    [row] = Likeness.objects.all()
    assert (row.a, row.b, row.shared, done.apis, done.pairs) == (one, other, 2, 3, 1)
    found = queries.compared(small.actor("ned"), row.pk)
    assert [match.what for match in found.matches] == ["create order", "get order", "list healthz"]
    assert [match.is_boilerplate for match in found.matches] == [False, False, True]
    assert (found.only_a, found.only_b) == (1, 0)
    assert [row.other for row in queries.of_entity(small.actor("ned"), one, limit=5)] == [other]


@pytest.mark.django_db
def test_a_dismissal_stays_and_what_is_alike_no_more_goes(small: Small) -> None:
    one, other = alike(small)
    job.compare(NOW)
    row = Likeness.objects.get()
    with pytest.raises(NotAllowed):
        actions.dismiss(row, actor=small.actor("ned"), now=NOW, reason="Not the same")
    with pytest.raises(InvalidInput):
        actions.dismiss(row, actor=small.actor("sue"), now=NOW, reason=" ")
    actions.dismiss(row, actor=small.actor("sue"), now=NOW, reason="One is for partners")
    with pytest.raises(Conflict):
        actions.dismiss(row, actor=small.actor("sue"), now=NOW, reason="Again")
    assert queries.alike(small.actor("ned")).items == []
    job.compare(NOW + timedelta(days=2))
    row.refresh_from_db()
    assert (row.dismissed_why, row.seen_at) == ("One is for partners", NOW + timedelta(days=2))
    ApiOperation.objects.filter(api=other).delete()
    job.compare(NOW + timedelta(days=3))
    assert Likeness.objects.filter(pk=row.pk).exists(), "a dismissal is kept whatever is found"
    actions.restore(row, actor=small.actor("ada"), now=NOW, reason="Look again")
    job.compare(NOW + timedelta(days=4))
    assert not Likeness.objects.exists()
    assert one.pk is not None


@pytest.mark.django_db
def test_the_restricted_is_never_named(small: Small) -> None:
    _, other = alike(small)
    job.compare(NOW)
    Entity.objects.filter(pk=other.pk).update(restricted=True)
    row = Likeness.objects.get()
    assert queries.alike(small.actor("ned")).items == []
    with pytest.raises(NotFound):
        queries.likeness(small.actor("ned"), row.pk)
    with pytest.raises(NotFound):
        actions.dismiss(row, actor=small.actor("ada"), now=NOW, reason="x")
    assert len(queries.alike(small.actor("sue")).items) == 1


@pytest.mark.django_db
def test_it_compares_when_the_time_has_come_and_something_changed(small: Small) -> None:
    alike(small)
    assert job.pending(NOW)
    job.run(NOW)
    later = NOW + timedelta(hours=25)
    assert not job.pending(NOW + timedelta(hours=1))
    assert not job.pending(later), "nothing changed"
    subject = Subject("entity", small.things["orders-api"].pk, "orders-api")
    events.append(EventName.ENTITY_UPDATED, subject=subject, actor=SYSTEM, now=later)
    assert job.pending(later)
    assert Comparison.objects.get().pairs == 1

"""Search: what is found, in which order, who sees it, and that no words are too strange."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.catalog import facets, queries, search, tokens
from awayteam.catalog.models import Entity, EntityTag, Presence, TagCount
from awayteam.catalog.queries import SearchResult
from awayteam.catalog.search import ask
from awayteam.catalog.search.vocabulary import VOCABULARY, Vocabulary
from awayteam.catalog.tests import world
from awayteam.kernel.actor import SYSTEM, Actor, ActorKind

pytestmark = pytest.mark.django_db


def refs(result: SearchResult) -> list[str]:
    return [hit.ref for group in result.groups for hit in group.hits]


def hit(words: str, ref: str) -> queries.Hit:
    found = [hit for group in queries.search(SYSTEM, words).groups for hit in group.hits if hit.ref == ref]
    assert len(found) == 1, (words, ref)
    return found[0]


@pytest.mark.parametrize(
    ("words", "ref", "matched"),
    [
        ("orders-api", "component:default/orders-api", "name"),
        ("ordersapi", "component:default/orders-api", "name"),
        ("Orders API", "api:default/ordersapi", "name"),
        ("orderssecret", "component:default/orders-secret", "name"),
        ("OrdersApi", "api:default/ordersapi", "name"),
        ("order", "api:default/ordersapi", "name"),
        ("desk", "component:default/orders-api", "title"),
        ("order des", "component:default/orders-api", "title"),
        ("grossmann", "user:default/ada", "title"),
        ("Großmann", "user:default/ada", "title"),
        ("ada-l", "user:default/ada", "ada-l"),
        ("baskets", "api:default/ordersapi", "operation GET /baskets/{id}"),
        ("GET /baskets/{id}", "api:default/ordersapi", "operation GET /baskets/{id}"),
        ("java", "component:default/orders-api", "tag java"),
        ("ledger", "component:default/web", "owner ledger"),
        ("parcels", "api:default/ordersapi", "description"),
        ("orders people", "component:default/web", "description"),
    ],
)
def test_everything_that_people_type_is_found_where_it_stands(words: str, ref: str, matched: str) -> None:
    world.named()
    assert hit(words, ref).matched == matched


def test_the_name_ranks_before_its_beginning_before_other_places_and_present_before_missing() -> None:
    world.named()
    component = next(group for group in queries.search(SYSTEM, "orders").groups if group.kind == "Component")
    assert [hit.ref.split("/")[1] for hit in component.hits] == [
        "orders",
        "orders-api",
        "orders-secret",
        "orders-ghost",
        "web",
    ]
    scores = [hit.score for hit in component.hits]
    assert scores == sorted(scores, reverse=True)


def test_removed_things_are_not_found() -> None:
    world.named()
    assert "component:default/orders-gone" not in refs(queries.search(SYSTEM, "orders"))


def test_restricted_things_are_found_by_those_who_may_see_them_only() -> None:
    things = world.named()
    secret = "component:default/orders-secret"
    ledger = things["group:default/ledger"].team_id
    assert ledger is not None
    member = Actor(kind=ActorKind.PERSON, label="m", teams=frozenset({ledger}))
    manager = Actor(kind=ActorKind.PERSON, label="m", manages=frozenset({ledger}))
    for words in ("orders", "hidden", "orders-secret"):
        assert secret not in refs(queries.search(world.NOBODY, words))
        for actor in (member, manager, SYSTEM):
            assert secret in refs(queries.search(actor, words))


def test_corrections_reveal_nothing_restricted() -> None:
    world.named()
    assert queries.search(world.NOBODY, "hiddne").corrected == {}
    assert queries.search(SYSTEM, "hiddne").corrected == {"hiddne": ("hidden",)}


@pytest.mark.parametrize("slip", ["paymnts", "paymentz", "apyments", "paymeents", "paxments"])
def test_one_slip_is_put_right_and_said(slip: str) -> None:
    world.named()
    result = queries.search(SYSTEM, slip)
    assert "group:default/payments" in refs(result)
    assert result.corrected == {slip: ("payments",)}


def test_a_half_typed_word_with_a_slip_is_put_right() -> None:
    world.named()
    assert "group:default/payments" in refs(queries.search(SYSTEM, "paymn"))


def test_two_slips_are_not_forgiven() -> None:
    world.named()
    assert queries.search(SYSTEM, "pxymentz").groups == []


@pytest.mark.parametrize(
    "words",
    [
        "",
        "   ",
        "\x00",
        "\x00\x00orders",
        '"',
        "'",
        "*",
        "orders*",
        'NEAR("a" b)',
        "a AND",
        "OR",
        "-",
        "(",
        ":*",
        "&|!<->",
        "\\",
        "n_orders",
        "k_component",
        "😀",
        "😀 orders",
        "日本語",
        "a" * 10000,
        "a " * 5000,
        "%s",
        "%",
        "{",
        "\u202e",
        "tokens : x",
        "^orders",
        "orders:A",
        "''",
        "; DROP TABLE catalog_search",
        "\ud7ff",
        "𞤀",
        "ﬁne",
        "İstanbul",
    ],
)
def test_no_words_are_too_strange(words: str) -> None:
    world.named()
    queries.search(SYSTEM, words)
    queries.list_entities(SYSTEM, queries.EntityFilter(text=words))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_any_text_is_a_query(words: str) -> None:
    queries.search(SYSTEM, words)


def test_kinds_and_limits_are_kept_and_what_is_left_out_is_counted() -> None:
    world.named()
    result = queries.search(SYSTEM, "orders", limit=1, kinds=["component"])
    assert [(group.kind, len(group.hits), group.more) for group in result.groups] == [("Component", 1, 4)]


def test_a_word_that_is_everywhere_gives_the_best_of_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "MOST_CANDIDATES", 5)
    world.many(120)
    world.entity("Gadget", "thing", title="The very thing")
    world.entity("Domain", "shop-things")
    world.ready()
    result = queries.search(SYSTEM, "thing", limit=3)
    kinds = {group.kind: group for group in result.groups}
    assert {"Component", "API", "Resource", "Widget", "Gadget", "Domain"} <= kinds.keys()
    assert kinds["Gadget"].hits[0].score == max(hit.score for group in result.groups for hit in group.hits)
    assert kinds["Component"].at_least
    assert len(kinds["Component"].hits) == 3
    assert not kinds["Domain"].at_least


def test_a_search_takes_a_bounded_number_of_statements(django_assert_max_num_queries: object) -> None:
    world.named()
    VOCABULARY.refresh()
    for words, most in (("orders", 6), ("paymnts", 10), ("baskets", 7)):
        with django_assert_max_num_queries(most):  # type: ignore[operator]
            queries.search(world.NOBODY, words)


def test_the_index_follows_changes() -> None:
    things = world.named()
    web, payments = things["component:default/web"], things["group:default/payments"]
    Entity.objects.filter(pk=web.pk).update(title="Window")
    search.reindex([web.pk])
    assert refs(queries.search(SYSTEM, "window")) == ["component:default/web"]
    Entity.objects.filter(pk=payments.pk).update(title="Cashiers")
    search.reindex([payments.pk])
    assert "component:default/orders-api" in refs(queries.search(SYSTEM, "cashiers")), "owners' names are searched"
    Entity.objects.filter(pk=web.pk).update(presence=Presence.REMOVED)
    search.reindex([web.pk])
    assert refs(queries.search(SYSTEM, "window")) == []
    search.remove([payments.pk, 10**9])
    assert "group:default/payments" not in refs(queries.search(SYSTEM, "payments"))


def test_tag_counts_follow_changes_and_a_rebuild_changes_nothing() -> None:
    world.many(80)

    def counted() -> dict[tuple[object, ...], int]:
        rows = TagCount.objects.exclude(entities=0).values_list(
            "tag", "kind", "type", "lifecycle", "presence", "entities"
        )
        return {row[:-1]: row[-1] for row in rows}

    some = list(Entity.objects.exclude(kind="Group").order_by("pk")[:30])
    for place, row in enumerate(some):
        row.tags = ["new"] if place % 2 else []
        row.type, row.presence, row.restricted = "changed", 1 + place % 4, place % 5 == 0
        EntityTag.objects.filter(entity=row).delete()
        EntityTag.objects.bulk_create(EntityTag(entity=row, tag=tag) for tag in row.tags)
        row.save()
    search.reindex(row.pk for row in some)
    followed = counted()
    facets.rebuild()
    search.rebuild()
    assert followed == counted()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("OrdersAPI", ["ordersapi", "orders", "api"]),
        ("HTTPServer2", ["httpserver2", "http", "server", "2"]),
        ("orders-api_v2.Get", ["orders", "api", "v2", "v", "2", "get"]),
        ("/orders/{orderId}/items", ["orders", "orderid", "order", "id", "items"]),
        ("Größe CAFÉ", ["grosse", "cafe"]),
        ("ada@example.com", ["ada", "example", "com"]),
    ],
)
def test_words_are_split_as_people_hear_them(text: str, words: list[str]) -> None:
    assert list(tokens.words(text)) == words


@given(st.text(max_size=200))
def test_tokens_are_letters_and_digits_only(text: str) -> None:
    kept = tokens.with_owner(tokens.document(text, text, text, text, text), text)
    for token in kept.split(" "):
        mark, _, word = token.partition("_")
        assert mark in {"k", "e", "f", "n", "t", "x", "d"}
        assert word == "" or word.isalnum(), token


def test_a_vocabulary_reads_what_is_new_and_starts_anew_when_the_table_did() -> None:
    world.named()
    vocabulary = Vocabulary()
    vocabulary.refresh()
    assert vocabulary.begins("payme")
    assert not vocabulary.begins("zebra")
    document = tokens.document("API", "zebras", "", "", "")
    search.index_many([search.IndexRow(10**6, document, "", search.Counted("API", "", "", 1, False, (), "zebras"))])
    vocabulary.refresh()
    assert vocabulary.begins("zebra")
    assert vocabulary.corrections("zebrsa") == ("zebras",)
    from awayteam.catalog.models import SearchTerm

    SearchTerm.objects.all().delete()
    vocabulary.refresh()
    assert not vocabulary.begins("payme")

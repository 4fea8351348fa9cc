"""Routing against the database: paths, operations, names and hosts to teams; what is restricted or unmatched."""

from datetime import timedelta
from pathlib import Path

import pytest

from awayteam.catalog.models import ApiOperation, Entity
from awayteam.contributions import actions as contributions
from awayteam.contributions import refresh
from awayteam.contributions.models import Repository
from awayteam.contributions.tests.gitrepo import Repo
from awayteam.duplicates.tests.world import NOW, Small, build, thing
from awayteam.kernel.actor import SYSTEM
from awayteam.requests.routing.index import bring_up_to_date, entities, files
from awayteam.requests.routing.index.jobs import pending
from awayteam.requests.routing.match import Routing, route
from awayteam.requests.routing.models import Clue, FileKey, FileRule, OperationKey, RoutedRepository

pytestmark = pytest.mark.django_db
RULES = "/cart/ @shop/orders\n/find/ @shop/search @shop/orders\n/lib/ @nobody-known\n"
FILES = {
    "CODEOWNERS": RULES, "cart/api/views.py": "1", "cart/models.py": "1", "find/index.py": "1", "lib/x.py": "1",
    "web/src/cart/total.ts": "1", "java/src/com/acme/find/Finder.java": "1", "README.md": "1",
}  # fmt: skip


@pytest.fixture
def small() -> Small:
    return build()


@pytest.fixture
def repo(small: Small, tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "shop")
    made.commit(dict(FILES))
    followed = contributions.follow(str(made.path), actor=SYSTEM, now=NOW)
    refresh.one(followed, actor=SYSTEM, now=NOW, wait_seconds=0)
    Repository.objects.filter(pk=followed.pk).update(slug="acme/shop")
    bring_up_to_date(NOW)
    return made


def ask(small: Small, text: str, who: str = "ned") -> Routing:
    return route(small.actor(who), text, now=NOW)


def first(small: Small, text: str, who: str = "ned") -> str:
    """What the first candidate is: its entity, else its team, else nothing."""
    found = ask(small, text, who).candidates
    if not found:
        return ""
    return found[0].entity.ref if found[0].entity else found[0].team.ref if found[0].team else "nobody"


def trace(*paths: str) -> str:
    lines = [f'  File "/srv/app/{path}", line {n}, in work\n    call()' for n, path in enumerate(paths, start=1)]
    return "Traceback (most recent call last):\n" + "\n".join(lines) + "\nValueError: no\n"


def test_the_deepest_own_frame_names_the_team(small: Small, repo: Repo) -> None:
    found = ask(small, trace("find/index.py", "cart/api/views.py", "site-packages/x/y.py"))
    one = found.candidates[0]
    assert one.team == small.teams["orders"]
    assert one.decider == small.people["ada"]
    assert "cart/api/views.py in shop is owned by @shop/orders (CODEOWNERS:1)" in one.reasons[0].text
    assert one.reasons[0].line == 4
    assert [row.team for row in found.candidates] == [small.teams["orders"], small.teams["search"]]
    assert first(small, trace("cart/api/views.py", "find/index.py")) == "group:default/search"


def test_of_several_owners_the_one_that_owns_least_comes_first(small: Small, repo: Repo) -> None:
    found = ask(small, "find/index.py:3 is slow")
    assert [one.team for one in found.candidates] == [small.teams["search"], small.teams["orders"]]


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/acme/shop/blob/main/cart/models.py#L3",
        "https://github.com/acme/shop/tree/main/cart",
        "https://github.com/acme/shop/blob/main/cart/new_file.py",
        "shop/cart/models.py",
        "+++ b/cart/models.py",
        "File \"C:\\work\\cart\\models.py\", line 3",
        "cart.models.Cart is gone",
    ],
)  # fmt: skip
def test_a_path_written_in_many_ways(small: Small, repo: Repo, text: str) -> None:
    assert first(small, text) == "group:default/orders"


def test_packages_are_folders(small: Small, repo: Repo) -> None:
    assert first(small, "\tat com.acme.find.Finder.run(Finder.java:3)") == ""
    Repository.objects.update(format="github")
    repo.commit({"CODEOWNERS": RULES + "/java/ @shop/search\n"})
    _refresh()
    assert first(small, "\tat com.acme.find.Finder.run(Finder.java:3)") == "group:default/search"


def _refresh() -> None:
    refresh.one(Repository.objects.get(), actor=SYSTEM, now=NOW, wait_seconds=0)
    Repository.objects.update(slug="acme/shop")
    bring_up_to_date(NOW)


def test_a_file_of_another_repository_is_not_ours(small: Small, repo: Repo) -> None:
    assert first(small, "https://github.com/else/where/blob/main/cart/models.py") == ""
    assert first(small, "\t/go/pkg/mod/github.com/else/where@v1.0.0/cart/models.go:3 +0x1") == ""


def test_owners_whom_nobody_knows_lead_nowhere(small: Small, repo: Repo) -> None:
    found = ask(small, "lib/x.py:3")
    assert found.candidates == ()
    assert [one.value for one in found.unmatched] == ["lib/x.py"]


def test_the_index_follows_files_rules_teams_and_repositories(small: Small, repo: Repo) -> None:
    keys = FileKey.objects.count()
    assert keys == len(FILES)
    assert not files.pending(NOW)
    repo.commit({"cart/more.py": "1", "lib/x.py": None, "CODEOWNERS": RULES.replace("@nobody-known", "@shop/search")})
    _refresh()
    assert set(FileKey.objects.values_list("path", flat=True)) == {*FILES, "cart/more.py"} - {"lib/x.py"}
    repo.commit({"late/a.py": "1", "CODEOWNERS": "/late/ @latecomers\n"})
    _refresh()
    assert first(small, "late/a.py:1") == ""
    from awayteam.organisation.models import Team

    Team.objects.create(ref="group:default/latecomers", name="latecomers")
    files.refresh(NOW)
    assert first(small, "late/a.py:1") == "group:default/latecomers"
    Repository.objects.all().delete()
    files.refresh(NOW)
    assert not FileKey.objects.exists()
    assert not FileRule.objects.exists()
    assert not RoutedRepository.objects.exists()


def test_a_repository_that_cannot_be_read_keeps_what_it_had(small: Small, repo: Repo) -> None:
    Repository.objects.update(tip="0" * 40)
    assert files.pending(NOW)
    files.refresh(NOW)
    assert FileKey.objects.count() == len(FILES)
    assert RoutedRepository.objects.get().error
    assert not files.pending(NOW + timedelta(minutes=1)), "it is tried again after a while"
    assert files.pending(NOW + timedelta(minutes=20))


def offer(api: Entity, *keys: str) -> None:
    for place, key in enumerate(keys):
        verb, _, path = key.partition(" ")
        path = path or f"/{key}"
        ApiOperation.objects.create(api=api, key=key, verb=verb if " " in key else "unary", path=path, position=place)


@pytest.fixture
def apis(small: Small) -> None:
    orders = small.things["orders-api"]
    offer(orders, "GET /v1/orders/{id}", "POST /v1/orders/{id}/items", "GET /healthz", "shop.v1.Orders/Cancel")
    groups = {entity.name: entity for entity in Entity.objects.filter(kind="Group")}
    search = thing("API", "search-api", groups["search"], type="openapi")
    offer(search, "GET /v1/search", "GET /v1/orders/latest", "GET /healthz", "receive orders.created")
    bring_up_to_date(NOW)


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("GET /v1/orders/77 takes 3 s", "api:default/orders-api"),
        ("GET /v1/orders/latest takes 3 s", "api:default/search-api"),
        ('"POST /shop/v1/orders/77/items?x=1 HTTP/1.1" 502', "api:default/orders-api"),
        ("curl http://127.0.0.1:8080/v1/search?q=x", "api:default/search-api"),
        ("rpc error calling shop.v1.Orders/Cancel: unavailable", "api:default/orders-api"),
        ("Orders/Cancel failed", "api:default/orders-api"),
        ("lag on topic orders.created", "api:default/search-api"),
        ("GET /v1/nothing/77", ""),
    ],
)
def test_operations_lead_to_their_api(small: Small, apis: None, text: str, ref: str) -> None:
    assert first(small, text) == ref


def test_what_every_service_offers_says_little(small: Small, apis: None) -> None:
    assert all(one.score < 0.1 for one in ask(small, "GET /healthz").candidates)


@pytest.fixture
def annotated(small: Small) -> None:
    metadata = {
        "annotations": {"github.com/project-slug": "acme/seeker", "backstage.io/kubernetes-id": "seek"},
        "links": [{"url": "https://board.acme.example/d/abc/seeker"}, {"url": "https://seeker.acme.example"}],
    }
    Entity.objects.filter(name="seeker").update(document={"metadata": metadata})
    bring_up_to_date(NOW)


@pytest.mark.parametrize(
    "text",
    [
        "component:default/seeker",
        "Component:seeker",
        "pod seeker-7d9f8c6b5-x2x4z is restarting",
        "level=error service=seeker-service msg=x",
        "container=seek",
        "https://seeker.acme.example/x/y",
        "see https://board.acme.example/d/abc/seeker?orgId=1",
        "http://seeker.prod.svc:80/",
        "acme/seeker#12 is stuck",
        "https://github.com/acme/seeker/blob/main/src/a.py",
        "seeker is slow",
    ],
)
def test_names_hosts_links_and_repositories_lead_to_the_service(small: Small, annotated: None, text: str) -> None:
    assert first(small, text) == "component:default/seeker"


def test_a_host_that_many_share_says_nothing(small: Small) -> None:
    metadata = {"links": [{"url": "https://wiki.acme.example/x"}]}
    for number in range(8):
        thing("Component", f"thing-{number}", document={"metadata": metadata})
    bring_up_to_date(NOW)
    assert first(small, "https://wiki.acme.example/elsewhere") == ""
    assert Clue.objects.filter(value="wiki.acme.example").count() == 8


def test_the_restricted_is_found_by_its_owners_only(small: Small) -> None:
    bring_up_to_date(NOW)
    assert first(small, "component:default/vault", "ned") == ""
    assert first(small, "vault is slow", "sam") == ""
    assert first(small, "component:default/vault", "ada") == "component:default/vault"
    assert "vault" not in str(ask(small, "component:default/vault").candidates)


def test_a_repository_of_what_is_restricted_is_not_looked_at(small: Small, repo: Repo) -> None:
    from awayteam.contributions.models import RepositoryEntity

    RepositoryEntity.objects.create(repository=Repository.objects.get(), entity=small.things["vault"])
    assert first(small, "cart/models.py:3", "ned") == ""
    assert first(small, "cart/models.py:3", "ada") in ("component:default/vault", "group:default/orders")


def test_a_failed_call_points_to_what_was_called(small: Small, repo: Repo) -> None:
    text = (
        trace("cart/api/views.py", "site-packages/requests/api.py")
        + "ConnectionError: HTTPConnectionPool(host='seeker.prod.svc', port=80)"
    )
    found = ask(small, text).candidates
    assert {one.entity.ref if one.entity else one.team.ref for one in found[:2] if one.team} == {
        "component:default/seeker",
        "group:default/orders",
    }


def test_what_nobody_owns_is_named_and_comes_later(small: Small) -> None:
    bring_up_to_date(NOW)
    found = ask(small, "lonely calls seeker").candidates
    assert [one.entity.name for one in found if one.entity] == ["seeker", "lonely"]
    assert found[1].team is None


def test_nothing_is_a_fine_answer(small: Small) -> None:
    bring_up_to_date(NOW)
    for text in ("", " \n", "zzzz qqqq", "\x00\x1b[31m", "}{" * 1000):
        assert ask(small, text).candidates == ()


def test_entities_are_indexed_once_and_again_when_they_change(small: Small, apis: None) -> None:
    assert entities.refresh(NOW) == 0
    keys = OperationKey.objects.count()
    api = small.things["orders-api"]
    ApiOperation.objects.filter(api=api, key="GET /v1/orders/{id}").delete()
    Entity.objects.filter(pk=api.pk).update(changed_at=NOW + timedelta(days=1))
    assert entities.refresh(NOW) == 1
    assert OperationKey.objects.count() == keys - 1
    assert not pending(NOW) or files.pending(NOW)


def test_it_takes_few_statements(small: Small, repo: Repo, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    text = trace(*("cart/api/views.py" if n % 2 else f"other{n}/x{n}.py" for n in range(200)))
    with django_assert_max_num_queries(16):
        ask(small, text + "\nGET /v1/orders/1\ncomponent:default/finder service=x acme/shop#1")

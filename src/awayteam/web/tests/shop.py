"""A small organisation that has one of everything that pages show, imported from files and then worked on by hand.

Unit `shop` holds team `orders` (Ada leads it; nine people, so it is too large) and `search` (Sam). `orders` owns the
service `basket` (which people have edited), the restricted service `vault` and the API `basket-api`; `finder` of
`search` uses that API and a database that nobody declares. `lonely` has no owner, `gone` is an orphan. Zoe administers.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from awayteam.accounts import actions as accounts
from awayteam.accounts.actors import actor_of_user
from awayteam.accounts.models import ApiToken, User
from awayteam.catalog import actions as catalog
from awayteam.catalog.models import Entity
from awayteam.contributions import actions as contributions
from awayteam.contributions import refresh
from awayteam.contributions.tests.gitrepo import Repo
from awayteam.credit.tests import shop as credit
from awayteam.duplicates.tests import shop as duplicates
from awayteam.engagements.tests import shop as engagements
from awayteam.experiments.tests import shop as experiments
from awayteam.flags.tests import shop as flags
from awayteam.forges.tests import shop as forges
from awayteam.gate.tests import shop as gate
from awayteam.handovers.tests import shop as handovers
from awayteam.imports.tests.folder import Folder, component, entity, group, user
from awayteam.kernel import webhooks
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.models import Clock, OutboxMessage, OutboxState, Webhook
from awayteam.lists import actions as lists
from awayteam.lists import bulk
from awayteam.lists.models import BulkChange, SavedView
from awayteam.organisation import actions as organisation
from awayteam.organisation.models import Membership, Person, Team
from awayteam.requests.tests import shop as requests
from awayteam.reviews.tests import shop as reviews
from awayteam.roadmaps.tests import shop as roadmaps
from awayteam.rounds.tests import shop as rounds
from awayteam.sources.models import Source
from awayteam.web.tests.talk import talk

OPENAPI = """openapi: 3.1.0
info: {title: Baskets, version: "1"}
paths:
  /baskets/{id}:
    get: {summary: One basket, tags: [basket], responses: {}}
    delete: {summary: Throw one away, deprecated: true, responses: {}}
"""


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


BASKET = component(
    "basket",
    "orders",
    "system: selling\nprovidesApis: [basket-api]\ndependsOn: ['resource:default/basket-db']\nx-tier: 1",
    "title: Basket <b>&</b> co\ndescription: |\n  Keeps what people want to buy.\n\n  For a week.\n"
    "tags: [java, tier-1]\nlinks:\n  - {url: 'https://wiki.example/basket', title: Handbook}\n"
    "  - {url: 'javascript:alert(1)', title: Trap}\nannotations:\n  example.com/board: https://board.example/basket",
)
FILES = {
    "org.yaml": [
        entity("Group", "shop", "type: business-unit\nchildren: []"),
        group("orders", "parent: shop\nprofile: {displayName: Order Taking}"),
        group("search", "parent: shop"),
        *(user(name, "orders") for name in ("bob", "cid", "dan", "eve", "fay", "gus", "hal", "ida")),
        user("ada", "orders", login="ada-l", email="ada@shop.example"),
        user("sam", "search", email="sam@shop.example"),
        user("zoe"),
    ],
    "basket/catalog-info.yaml": [
        BASKET,
        entity("Resource", "basket-db", "type: database\nowner: orders"),
        entity(
            "API",
            "basket-api",
            f"type: openapi\nlifecycle: production\nowner: orders\ndefinition: |\n{_indented(OPENAPI)}",
        ),
        entity("System", "selling", "owner: orders"),
        component("vault", "orders", metadata="annotations: {awayteam/restricted: 'true'}"),
    ],
    "finder/catalog-info.yaml": [
        component(
            "finder",
            "search",
            "consumesApis: [basket-api]\ndependsOn: ['resource:default/nowhere', 'component:default/basket']",
        ),
        component("lonely", "nobody"),
        component("basket", "search"),
        "kind: Component\nmetadata: {name: -bad-}\n",
    ],
    "gone/catalog-info.yaml": [component("gone", "search")],
}


CALENDAR = {
    "time_zone": "UTC",
    "country": "",
    "subdivision": "",
    "weekdays": [0, 1, 2, 3, 4, 5, 6],
    "hours": ["00:00", "24:00"],
}


@dataclass
class Shop:
    """The organisation, with an account for each of the people who act in tests."""

    source: Source
    users: dict[str, User]
    webhook: Webhook
    dead: OutboxMessage
    token: ApiToken
    hand_made: Entity
    removed_view: SavedView
    bulk: BulkChange

    def entity(self, ref: str) -> Entity:
        return Entity.objects.get(ref=ref)

    def actor(self, name: str) -> Any:
        return actor_of_user(User.objects.get(username=name), timezone.now())


def build(root: Path) -> Shop:
    folder = Folder(root / "shop")
    for path, documents in FILES.items():
        folder.write(path, *documents)
    now = timezone.now()
    folder.load(now=now - timedelta(days=3))
    folder.remove("gone/catalog-info.yaml")
    folder.load(now=now - timedelta(hours=5))
    users = {name: _account(name) for name in ("ada", "sam", "zoe")}
    Membership.objects.filter(person__name="ada").update(role="lead")
    ada, zoe = (actor_of_user(users[name], now) for name in ("ada", "zoe"))
    basket = Entity.objects.get(ref="component:default/basket")
    catalog.edit_fact(actor=ada, now=now, entity=basket, field="lifecycle", value="deprecated", reason="It goes soon.")
    team = Team.objects.get(name="orders")
    organisation.edit_team(actor=ada, now=now, team=team, field="mission", value="Take every order.", reason="Said so.")
    made = webhooks.create(name="chat", url="https://chat.example/hook", actor=zoe, now=now)
    token = accounts.create_token(actor=ada, now=now, user=users["ada"], name="script", scopes=["read"]).token
    hand_made = catalog.declare(
        actor=ada, now=now, reason="Nobody has a file for it.",
        description=catalog.Description("Component", "by-hand", type="service", owner="orders"),
    )  # fmt: skip
    roadmaps.build(team, Team.objects.get(name="search"), ada, now)
    duplicates.build(Team.objects.get(name="search"), ada, now)
    sam = actor_of_user(users["sam"], now)
    requests.build(team, Team.objects.get(name="search"), ada, sam, now)
    reviews.build(team, Team.objects.get(name="search"), ada, sam, zoe, now)
    credit.build(ada, sam, now)
    engagements.build(team, Team.objects.get(name="search"), ada, sam, now)
    handovers.build(team, Team.objects.get(name="search"), ada, sam, now)
    rounds.build(handovers.WAITING, ada, sam, now)
    _clocks(team)
    talk()
    _history(root / "basket")
    gate.build(handovers.WAITING, ada, zoe, now)
    forges.build(now)
    flags.build(team, ada, now)
    experiments.build(team, ada, zoe, now)
    removed = _views(team)
    return Shop(folder.source, users, made.webhook, _dead(made.webhook), token, hand_made, removed, _bulk())


def _views(team: Team) -> SavedView:
    """Ada keeps one for herself and one with her team, which Zoe shared with everybody too; one is removed."""
    now = timezone.now()
    ada, zoe = (actor_of_user(User.objects.get(username=name), now) for name in ("ada", "zoe"))
    lists.save_view(actor=ada, now=now, name="On its way out", address="/services/?lifecycle=deprecated")
    lists.save_view(
        actor=ada, now=now, name="Ours", address="/services/?owner=orders", audience="team", team_id=team.pk
    )
    lists.save_view(actor=zoe, now=now, name="Nobody's", address="/services/?owner=", audience="everybody")
    gone = lists.save_view(actor=ada, now=now, name="Old", address="/people/?teamless=yes")
    return lists.remove_view(actor=ada, now=now, view_id=gone.pk)


def _bulk() -> BulkChange:
    """Ada tags her own and what nobody answers for; the service of another team is refused."""
    ada, now = actor_of_user(User.objects.get(username="ada"), timezone.now()), timezone.now()
    ids = list(
        Entity.objects.filter(name__in=("by-hand", "lonely", "finder"), kind="Component").values_list("pk", flat=True)
    )
    return lists.change_many(
        actor=ada, now=now, offer=bulk.offer("entity"), action="add-tag", ids=ids, values={"value": "shop"},
        reason="All of the shop.", address="/services/",
    )  # fmt: skip


def _account(name: str) -> User:
    person = Person.objects.get(name=name)
    return User.objects.create_user(
        name, f"{name}@shop.example", "correct horse", person=person, is_superuser=name == "zoe"
    )


def _history(path: Path) -> None:
    """A repository that the away map follows: home, away, unowned, and somebody whom nobody knows."""
    repo = Repo(path)
    rules = "/cart/ @shop/orders\n/find/ @shop/search\n"
    repo.commit({"CODEOWNERS": rules, "cart/1": "1"}, name="Ada", email="ada@shop.example")
    repo.commit({"cart/1": "2", "find/1": "1"}, name="Ada", email="ada@shop.example", message="Both <b>at once</b>")
    repo.commit({"cart/1": "3"}, name="Sam", email="sam@shop.example")
    repo.commit({"notes": "1"}, name="Sam", email="sam@shop.example")
    repo.commit({"find/1": "2"}, name="Some One", email="some.one@elsewhere.example")
    followed = contributions.follow(str(path), actor=SYSTEM, now=timezone.now())
    refresh.one(followed, actor=SYSTEM, now=timezone.now(), wait_seconds=0)


def _dead(webhook: Webhook) -> OutboxMessage:
    now = timezone.now()
    return OutboxMessage.objects.create(
        idempotency_key="event-0-webhook-0", channel="webhook", webhook=webhook, payload={"type": "entity.edited"},
        state=OutboxState.DEAD, attempts=12, next_at=now, created_at=now, last_error="the receiver said 500",
    )  # fmt: skip


def _clocks(team: Team) -> None:
    """One clock in each state that the face knows, of Ada and of her team."""
    now = timezone.now()
    ada = Person.objects.get(name="ada")
    spans = ((-3, 40), (-30, 2), (-40, -1))
    whose: tuple[dict[str, int], ...] = (
        {"turn_person_id": ada.pk},
        {"turn_team_id": team.pk},
        {"turn_team_id": team.pk},
    )
    for (began, due), turn in zip(spans, whose, strict=True):
        Clock.objects.create(
            kind="test.answer", subject_kind="team", subject_id=team.pk, subject_label="Answer the question",
            started_at=now + timedelta(hours=began), due_at=now + timedelta(hours=due), allowance_minutes=960,
            calendar=CALENDAR, **turn,
        )  # fmt: skip

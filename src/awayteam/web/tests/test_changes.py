"""What is changed in the browser: it is done, told in the history, and refused to those who may not, without effect."""

from typing import Any

import pytest
from django.test import Client

from awayteam.accounts.models import ApiToken
from awayteam.catalog.models import Edit, Entity, Presence
from awayteam.kernel.models import Event, OutboxMessage, Webhook
from awayteam.organisation.models import FactEdit, Identity, Membership, Person, Team
from awayteam.sources.models import Source
from awayteam.web.tests.inventory import BASKET, PERSON, TEAM
from awayteam.web.tests.shop import Shop
from awayteam.web.tests.test_pages import problems

FACTS = {
    "title": "Basket",
    "description": "Keeps wishes.",
    "type": "service",
    "lifecycle": "deprecated",
    "system": "system:default/selling",
    "tags": "java, tier-2",
    "reason": "Because.",
}


def state() -> dict[str, Any]:
    """Everything that the forms of these tests could change."""
    return {
        "entities": sorted(Entity.objects.values_list("ref", "title", "owner_id", "presence", "lifecycle", "name")),
        "edits": Edit.objects.filter(ended_at=None).count(),
        "facts": FactEdit.objects.filter(ended_at=None).count(),
        "members": sorted(Membership.objects.values_list("pk", "ends")),
        "identities": sorted(Identity.objects.values_list("person_id", "value")),
        "sources": sorted(Source.objects.values_list("name", "refresh_requested_at")),
        "webhooks": sorted(Webhook.objects.values_list("name", "secret", "active")),
        "tokens": sorted(ApiToken.objects.values_list("pk", "revoked_at")),
        "messages": sorted(OutboxMessage.objects.values_list("pk", "state")),
        "events": Event.objects.count(),
    }


def membership(name: str) -> Membership:
    return Membership.objects.get(person__name=name, ends=None)


def test_facts_are_edited_together_and_told_one_by_one(shop: Shop, ada: Client) -> None:
    response = ada.post(f"{BASKET}edit/", FACTS)
    assert (response.status_code, response["Location"]) == (303, BASKET)
    entity = shop.entity("component:default/basket")
    assert (entity.title, entity.description, entity.tags) == ("Basket", "Keeps wishes.", ["java", "tier-2"])
    told = Event.objects.filter(subject_kind="entity", subject_id=entity.pk, reason="Because.").order_by("pk")
    assert [next(iter(event.data["changes"])) for event in told] == ["title", "description", "tags"]
    assert "The facts are changed." in ada.get(BASKET).content.decode()


def test_one_bad_fact_changes_none(shop: Shop, ada: Client) -> None:
    before = state()
    response = ada.post(f"{BASKET}edit/", FACTS | {"tags": "Not A Tag!"})
    assert response.status_code == 422
    assert "field-error" in response.content.decode()
    assert problems(response.content.decode()) == []
    assert state() == before


def test_nothing_changed_is_said(shop: Shop, ada: Client) -> None:
    ada.post(f"{BASKET}edit/", FACTS)
    before = state()
    response = ada.post(f"{BASKET}edit/", FACTS | {"reason": "Again."})
    assert response.status_code == 422
    assert "Nothing is different." in response.content.decode()
    assert state() == before


def test_an_edit_is_withdrawn(shop: Shop, ada: Client) -> None:
    assert shop.entity("component:default/basket").lifecycle == "deprecated"
    assert ada.post(f"{BASKET}edit/lifecycle/withdraw/", {"reason": "It stays."}).status_code == 303
    assert shop.entity("component:default/basket").lifecycle == "production"


def test_ownership_is_transferred_with_its_history(shop: Shop, ada: Client) -> None:
    assert ada.post(f"{BASKET}transfer/", {"owner": "search", "reason": "They use it."}).status_code == 303
    owner = shop.entity("component:default/basket").owner
    assert owner is not None
    assert owner.ref == "group:default/search"
    html = ada.get(f"{BASKET}history/").content.decode()
    assert "They use it." in html
    assert "ownership changed" in html


def test_an_unknown_owner_is_refused_beside_its_field(shop: Shop, ada: Client) -> None:
    response = ada.post(f"{BASKET}transfer/", {"owner": "nobody-at-all", "reason": "Try."})
    assert response.status_code == 422
    assert "exist" in response.content.decode()


def test_a_service_is_declared_renamed_and_retired(shop: Shop, ada: Client) -> None:
    given = {"kind": "Component", "name": "shelf", "owner": "orders", "type": "service", "reason": "New."}
    assert ada.post("/catalog/new/", given)["Location"] == "/catalog/default/component/shelf/"
    address = "/catalog/default/component/shelf/"
    assert ada.post(f"{address}rename/", {"name": "rack", "reason": "Better."}).status_code == 303
    assert ada.get(address)["Location"] == "/catalog/default/component/rack/"
    ada.post("/catalog/default/component/rack/retire/", {"reason": "Gone."})
    assert shop.entity("component:default/rack").presence == Presence.ORPHAN


def test_a_team_is_edited(shop: Shop, ada: Client) -> None:
    given = {"mission": "Take orders.", "contacts": "chat: #orders", "country": "de-by", "reason": "So it is."}
    assert ada.post(f"{TEAM}edit/", given).status_code == 303
    team = Team.objects.get(name="orders")
    assert (team.mission, team.contacts) == ("Take orders.", {"chat": "#orders"})
    assert team.calendar == {"country": "DE", "subdivision": "BY"}
    assert ada.post(f"{TEAM}edit/mission/withdraw/", {"reason": "No."}).status_code == 303
    wrong = ada.post(f"{TEAM}edit/", given | {"contacts": "no colon here"})
    assert wrong.status_code == 422
    assert "Line 1 is no contact" in wrong.content.decode()


def test_members_come_and_go(shop: Shop, ada: Client) -> None:
    given = {"person": "sam", "role": "trusted-committer", "reason": "Knows it well."}
    assert ada.post(f"{TEAM}members/", given).status_code == 303
    row = Membership.objects.get(team__name="orders", person__name="sam")
    assert (row.role, row.ends) == ("trusted-committer", None)
    assert ada.post(f"/memberships/{row.pk}/end/", {"reason": "Back home."}).status_code == 303
    row.refresh_from_db()
    assert row.ends is not None
    unknown = ada.post(f"{TEAM}members/", given | {"person": "nobody-known"})
    assert unknown.status_code == 422
    assert "There is no person" in unknown.content.decode()


def test_identities_are_put_right(shop: Shop, ada: Client, zoe: Client) -> None:
    given = {"provider": "gitlab", "value": "ada_gl", "reason": "Mine."}
    assert ada.post(f"{PERSON}identities/", given).status_code == 303
    row = Identity.objects.get(provider="gitlab")
    assert zoe.post(f"/identities/{row.pk}/correct/", {"person": "sam", "reason": "It is Sam's."}).status_code == 303
    row.refresh_from_db()
    assert row.person.name == "sam"
    assert zoe.post(f"/identities/{row.pk}/remove/", {"reason": "Neither."}).status_code == 303
    assert not Identity.objects.filter(provider="gitlab").exists()


def test_a_person_is_edited(shop: Shop, ada: Client) -> None:
    given = {"display_name": "Ada L.", "email": "ada@shop.example", "time_zone": "Europe/Berlin", "reason": "I moved."}
    assert ada.post(f"{PERSON}edit/", given).status_code == 303
    assert Person.objects.get(name="ada").time_zone == "Europe/Berlin"
    assert ada.post(f"{PERSON}edit/", given | {"time_zone": "Mars/Olympus"}).status_code == 422


def test_the_primary_team_is_one_of_theirs(shop: Shop, ada: Client, zoe: Client) -> None:
    chosen = {"team": "search", "reason": "My home."}
    assert ada.post(f"{PERSON}primary/", chosen).status_code == 409
    zoe.post("/teams/default/search/members/", {"person": "ada", "role": "member", "reason": "Helps."})
    assert ada.post(f"{PERSON}primary/", chosen).status_code == 303
    assert Person.objects.get(name="ada").primary_team == Team.objects.get(name="search")


def test_a_token_is_shown_once_and_revoked(shop: Shop, ada: Client) -> None:
    made = ada.post("/tokens/", {"name": "deploy", "scopes": "write", "days": "30"}).content.decode()
    assert "awat_" in made
    token = ApiToken.objects.get(name="deploy")
    assert token.scopes == ["read", "write"]
    assert made.split('id="secret"')[1].split("<")[0].strip().split(">")[1] not in ada.get("/tokens/").content.decode()
    assert ada.post(f"/tokens/{token.pk}/revoke/").status_code == 303
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert ada.post("/tokens/", {"name": "long", "scopes": "read", "days": "99999"}).status_code == 422


def test_administrators_look_after_sources(shop: Shop, zoe: Client, tmp_path: Any) -> None:
    made = zoe.post("/sources/new/", {"location": str(tmp_path), "name": "second", "globs": "*.yaml\n\n"})
    source = Source.objects.get(name="second")
    assert (made.status_code, made["Location"]) == (303, f"/sources/{source.pk}/")
    assert source.globs == ["*.yaml"]
    assert source.refresh_requested_at is not None
    assert "import under way" in zoe.get(f"/sources/{source.pk}/").content.decode()
    given = {"name": "third", "ref": "", "globs": "", "watched": "on", "reason": "Better name."}
    assert zoe.post(f"/sources/{source.pk}/edit/", given).status_code == 303
    assert zoe.post(f"/sources/{source.pk}/edit/", given | {"name": shop.source.name}).status_code == 422
    secret = zoe.get(f"/sources/{source.pk}/push/").content
    assert zoe.post(f"/sources/{source.pk}/push/").content != secret
    assert zoe.post(f"/sources/{source.pk}/refresh/").status_code == 303
    assert zoe.post(f"/sources/{source.pk}/remove/", {"reason": "No use."}).status_code == 303
    assert not Source.objects.filter(pk=source.pk).exists()


def test_administrators_look_after_webhooks_and_deliveries(shop: Shop, zoe: Client) -> None:
    made = zoe.post(
        "/webhooks/new/", {"name": "two", "url": "https://two.example/", "wanted": ["entity"], "active": "on"}
    )
    assert "whsec_" in made.content.decode()
    hook = Webhook.objects.get(name="two")
    changed = {"name": "two", "url": "https://two.example/in", "wanted": [], "active": ""}
    assert zoe.post(f"/webhooks/{hook.pk}/", changed).status_code == 303
    hook.refresh_from_db()
    assert (hook.url, hook.events, hook.active) == ("https://two.example/in", [], False)
    assert "whsec_" in zoe.post(f"/webhooks/{hook.pk}/rotate/").content.decode()
    assert zoe.post(f"/webhooks/{hook.pk}/remove/").status_code == 303
    assert zoe.post("/webhooks/new/", {"name": "bad", "url": "ftp://x"}).status_code == 422
    assert zoe.post(f"/deliveries/{shop.dead.pk}/retry/").status_code == 303
    shop.dead.refresh_from_db()
    assert shop.dead.state == "waiting"


DENIED = [
    (f"{BASKET}edit/", FACTS),
    (f"{BASKET}edit/lifecycle/withdraw/", {"reason": "x"}),
    (f"{BASKET}transfer/", {"owner": "search", "reason": "x"}),
    ("/catalog/default/component/by-hand/rename/", {"name": "other", "reason": "x"}),
    ("/catalog/default/component/by-hand/retire/", {"reason": "x"}),
    (f"{TEAM}edit/", {"mission": "Mine.", "reason": "x"}),
    (f"{TEAM}edit/mission/withdraw/", {"reason": "x"}),
    (f"{TEAM}members/", {"person": "sam", "role": "lead", "reason": "x"}),
    ("/memberships/{ada}/end/", {"reason": "x"}),
    (f"{PERSON}edit/", {"display_name": "Not Ada", "reason": "x"}),
    (f"{PERSON}primary/", {"team": "orders", "reason": "x"}),
    (f"{PERSON}identities/", {"provider": "gitlab", "value": "x", "reason": "x"}),
    ("/identities/{identity}/remove/", {"reason": "x"}),
    ("/identities/{identity}/correct/", {"person": "sam", "reason": "x"}),
    ("/sources/new/", {"location": "/srv/catalog"}),
    ("/sources/{source}/edit/", {"name": "mine"}),
    ("/sources/{source}/push/", {}),
    ("/sources/{source}/refresh/", {}),
    ("/sources/{source}/remove/", {"reason": "x"}),
    ("/webhooks/new/", {"name": "x", "url": "https://x.example"}),
    ("/webhooks/{webhook}/", {"name": "x", "url": "https://x.example"}),
    ("/webhooks/{webhook}/rotate/", {}),
    ("/webhooks/{webhook}/remove/", {}),
    ("/deliveries/{dead}/retry/", {}),
]


def filled(address: str, shop: Shop) -> str:
    return address.format(
        ada=membership("ada").pk,
        identity=Identity.objects.get(person__name="ada", provider="github").pk,
        source=shop.source.pk,
        webhook=shop.webhook.pk,
        dead=shop.dead.pk,
    )


@pytest.mark.parametrize(("address", "form"), DENIED, ids=[address for address, _ in DENIED])
def test_who_may_not_changes_nothing(shop: Shop, sam: Client, address: str, form: dict[str, Any]) -> None:
    before = state()
    response = sam.post(filled(address, shop), form)
    assert response.status_code == 403
    assert state() == before


@pytest.mark.parametrize(("address", "form"), DENIED, ids=[address for address, _ in DENIED])
def test_who_is_not_signed_in_changes_nothing(shop: Shop, address: str, form: dict[str, Any]) -> None:
    before = state()
    response = Client().post(filled(address, shop), form)
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/accounts/login/")
    assert state() == before


def test_somebody_elses_token_is_not_there(shop: Shop, sam: Client) -> None:
    before = state()
    assert sam.post(f"/tokens/{shop.token.pk}/revoke/").status_code == 404
    assert state() == before


SECRET = "vault"


@pytest.mark.parametrize(
    "address",
    [
        "/services/", "/services/?format=csv", "/catalog/", "/search/?q=vault", "/search/suggest/?q=vault", "/",
        "/activity/", "/teams/default/orders/", "/catalog/default/group/orders/",
    ],
)  # fmt: skip
def test_what_is_restricted_is_nowhere(shop: Shop, ada: Client, sam: Client, address: str) -> None:
    other = sam.get(address, follow=True).getvalue().decode()
    assert f"component:default/{SECRET}" not in other
    assert f"/{SECRET}/" not in other


def test_what_is_restricted_has_no_page_for_others(shop: Shop, ada: Client, sam: Client) -> None:
    address = f"/catalog/default/component/{SECRET}/"
    for tab in ("", "relations/", "graph/", "history/", "document/", "edit/", "transfer/"):
        assert ada.get(address + tab).status_code == 200
        assert sam.get(address + tab).status_code == 404
    secret = shop.entity(f"component:default/{SECRET}")
    assert sam.get(f"/history/entity/{secret.pk}/").status_code == 404


def test_forbidden_buttons_are_named_with_their_reason(shop: Shop, sam: Client) -> None:
    html = sam.get(BASKET).content.decode()
    assert "Edit facts" in html
    assert "and managers above may change this; ask them." in html

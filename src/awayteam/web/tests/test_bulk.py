"""Many rows changed at once, on pages: list, confirmation, list with what was done, undo."""

from django.test import Client

from awayteam.catalog.models import Entity
from awayteam.lists.models import BulkChange
from awayteam.web.tests.shop import Shop

LIST = "/services/?sort=-name"


def ids(*names: str) -> list[str]:
    return [str(Entity.objects.get(kind="Component", name=name).pk) for name in names]


def test_from_the_list_to_the_change_and_back(shop: Shop, ada: Client) -> None:
    listed = ada.get(LIST).content.decode()
    assert 'action="/bulk/entity/"' in listed
    assert f'name="ids" value="{ids("finder")[0]}" form="bulk"' in listed
    chosen = {"ids": ids("by-hand", "finder", "lonely"), "action": "lifecycle", "here": LIST}
    asked = ada.post("/bulk/entity/", chosen)
    html = asked.content.decode()
    assert asked.status_code == 200
    assert "Only search and managers above may change this; ask them." in html
    assert "Set the lifecycle of 2 entries" in html
    before = BulkChange.objects.count()
    answer = {**chosen, "ids": ",".join(chosen["ids"]), "confirmed": "yes", "value": "retired", "reason": "All go."}
    empty = ada.post("/bulk/entity/", {**answer, "reason": ""})
    assert (empty.status_code, BulkChange.objects.count()) == (422, before)
    made = ada.post("/bulk/entity/", answer)
    change = BulkChange.objects.latest("pk")
    assert (made.status_code, made["Location"]) == (303, f"/services/?sort=-name&bulk={change.pk}")
    told = ada.get(made["Location"]).content.decode()
    assert "Set the lifecycle to retired: 2 changed" in told
    assert "1 left as they were" in told
    assert "bulk=" not in told.split("<table", 1)[1].split("</thead>", 1)[0]
    undone = ada.post(f"/bulk/changes/{change.pk}/undo/")
    page = ada.get(undone["Location"]).content.decode()
    assert "Taken back for 2." in page
    assert page.count("taken back") >= 2
    assert set(Entity.objects.filter(pk__in=chosen["ids"]).values_list("lifecycle", flat=True)) == {"production", ""}


def test_all_that_match_the_list(shop: Shop, zoe: Client) -> None:
    chosen = {"all": "yes", "action": "add-tag", "here": "/services/?owner=orders&page=2"}
    html = zoe.post("/bulk/entity/", chosen).content.decode()
    count = Entity.objects.filter(kind="Component", owner__name="orders").count()
    assert f"Add a tag of {count} entries" in html


def test_what_cannot_be_asked(shop: Shop, ada: Client, sam: Client) -> None:
    for sent, status in (
        ({"action": "lifecycle"}, 422),
        ({"action": "lifecycle", "ids": "1,x"}, 422),
        ({"action": "nothing", "ids": "1"}, 404),
        ({"action": "lifecycle", "all": "yes", "here": "https://evil.example/services/"}, 422),
    ):
        assert ada.post("/bulk/entity/", sent).status_code == status, sent
    assert ada.post("/bulk/moons/", {"action": "x", "ids": "1"}).status_code == 404
    assert ada.get("/bulk/changes/99/").status_code == 404
    html = sam.post("/bulk/entity/", {"action": "owner", "ids": ids("basket"), "here": "//evil.example/x"})
    assert "None of these can be changed by you." in html.content.decode()
    assert "evil.example" not in html.content.decode()
    assert "/bulk/entity/" not in ada.get("/services/?as_of=2026-01-31").content.decode()

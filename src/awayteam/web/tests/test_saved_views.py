"""Saved views on pages: the menu of a list, the page of all of them, and with which one a list opens."""

import re

from django.test import Client

from awayteam.lists.models import SavedView
from awayteam.web.tests.shop import Shop


def menu(html: str) -> str:
    return html.split('class="menu views-menu"', 1)[1].split("</details>", 1)[0]


def test_the_menu_offers_ones_own_and_what_others_share(shop: Shop, ada: Client, sam: Client) -> None:
    mine = menu(ada.get("/services/").content.decode())
    assert re.findall(r"<span>([^<]+)</span><span class=\"quiet\">([^<]*)<", mine) == [
        ("On its way out", ""), ("Ours", ""), ("Nobody&#39;s", "zoe"),
    ]  # fmt: skip
    assert "Keep this view as" in mine
    theirs = menu(sam.get("/services/").content.decode())
    assert "Ours" not in theirs
    assert "Nobody&#39;s" in theirs


def test_an_address_is_kept_changed_and_opened(shop: Shop, ada: Client) -> None:
    made = ada.post("/views/save/", {"name": "Java", "here": "/services/?tag=java&sort=-name"})
    view = SavedView.objects.get(name="Java")
    assert (made.status_code, made["Location"]) == (303, f"/services/?tag=java&sort=-name&saved={view.pk}")
    html = ada.get(made["Location"], follow=True).content.decode()
    assert "The view “Java” is kept." in html
    assert "<span>Java</span>" in menu(html)
    changed = f"/services/?tag=java&type=service&saved={view.pk}"
    assert "Change “Java” to this" in menu(ada.get(changed).content.decode())
    ada.post("/views/save/", {"view": str(view.pk), "here": changed})
    view.refresh_from_db()
    assert view.query == "tag=java&type=service"


def test_what_is_refused_says_why_and_keeps_what_was_typed(shop: Shop, ada: Client) -> None:
    before = SavedView.objects.count()
    refused = ada.post("/views/save/", {"name": "ours", "here": "/services/?tag=x"})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "taken" in html
    assert 'value="/services/?tag=x"' in html
    assert ada.post("/views/save/", {"name": "x", "here": "https://evil.example/"}).status_code == 422
    assert 'evil.example/"' not in ada.post(
        "/views/save/", {"name": "x", "here": "//evil.example/"}
    ).content.decode().replace('name="here" value="//evil.example/"', "")
    assert SavedView.objects.count() == before


def test_a_list_opens_with_the_default_and_bare_on_request(shop: Shop, ada: Client, sam: Client) -> None:
    view = SavedView.objects.get(name="Ours")
    ada.post(f"/views/{view.pk}/default/", {"next": "/services/"})
    opened = ada.get("/services/")
    assert (opened.status_code, opened["Location"]) == (302, f"/services/?owner=orders&saved={view.pk}")
    html = ada.get(opened["Location"]).content.decode()
    assert 'href="/services/?saved=all"' in html
    assert ada.get("/services/?saved=all").status_code == 200
    assert ada.get("/apis/").status_code == 200
    assert sam.get("/services/").status_code == 200
    ada.post(f"/views/{view.pk}/default/", {"clear": "yes"})
    assert ada.get("/services/").status_code == 200


def test_a_view_is_renamed_shared_removed_and_brought_back(shop: Shop, ada: Client, sam: Client) -> None:
    view = SavedView.objects.get(name="On its way out")
    assert view.name not in sam.get("/views/").content.decode()
    ada.post(f"/views/{view.pk}/change/", {"name": "Leaving", "shared": "everybody"})
    assert "Leaving" in sam.get("/views/").content.decode()
    assert sam.post(f"/views/{view.pk}/remove/").status_code == 403
    gone = ada.post(f"/views/{view.pk}/remove/")
    html = ada.get(gone["Location"]).content.decode()
    assert f'action="/views/{view.pk}/restore/"' in html
    assert "Leaving" not in sam.get("/views/").content.decode()
    ada.post(f"/views/{view.pk}/restore/")
    assert "Leaving" in sam.get("/views/").content.decode()


def test_bad_numbers_are_not_found(shop: Shop, ada: Client) -> None:
    for path in ("/views/9999999999/remove/", "/views/1/restore/", "/views/9999999999/change/"):
        assert ada.post(path, {"name": "x"}).status_code == 404, path
    assert ada.get("/views/?removed=nonsense").status_code == 200
    assert ada.get("/services/?saved=nonsense").status_code == 200

"""What surrounds every page: who may look, choices of the reader, static files, headers, errors, vendored files."""

import gzip
import hashlib
import tomllib
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from awayteam.kernel import panels
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.organisation.models import Person
from awayteam.web import errors
from awayteam.web.marks import static
from awayteam.web.tests.inventory import PAGES
from awayteam.web.tests.shop import Shop
from awayteam.web.tests.test_pages import problems

ROOT = Path(__file__).resolve().parents[4]
VENDORED = Path(__file__).resolve().parents[1] / "static" / "vendor"
POLICY = (
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
    "base-uri 'none'", "frame-ancestors 'none'",
)  # fmt: skip


@pytest.mark.parametrize("page", [page for page in PAGES if page.who], ids=lambda page: page.key)
def test_nobody_looks_without_signing_in(shop: Shop, page: object) -> None:
    response = Client().get(page.at(shop))  # type: ignore[attr-defined]
    if page.route == "account_logout":  # type: ignore[attr-defined]
        assert response["Location"] == "/"
        return
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


def test_a_fragment_leads_the_whole_page_to_sign_in(db: None) -> None:
    response = Client(headers={"HX-Request": "true"}).get("/search/suggest/?q=x")
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/accounts/login/?next=")


def test_signing_in_leads_on(shop: Shop) -> None:
    response = Client().post(
        "/accounts/login/?next=/teams/", {"login": "ada", "password": "correct horse", "next": "/teams/"}
    )
    assert (response.status_code, response["Location"]) == (302, "/teams/")


def test_a_wrong_password_is_said(shop: Shop) -> None:
    html = Client().post("/accounts/login/", {"login": "ada", "password": "wrong"}).content.decode()
    assert "flash-error" in html
    assert problems(html) == []


def test_the_policy_of_pages_is_strict(shop: Shop, ada: Client) -> None:
    policy = ada.get("/")["Content-Security-Policy"]
    assert all(part in policy for part in POLICY)
    assert "unsafe" not in policy


def test_pages_are_not_kept_by_others(shop: Shop, ada: Client) -> None:
    assert ada.get("/")["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(("name", "value"), [("theme", "dark"), ("rail", "narrow"), ("density", "roomy")])
def test_choices_are_kept(shop: Shop, ada: Client, name: str, value: str) -> None:
    response = ada.post("/choose/", {name: value, "next": "/services/"})
    assert (response.status_code, response["Location"]) == (303, "/services/")
    assert response.cookies[name].value == value
    html = ada.get("/services/").content.decode()
    assert {"theme": 'data-bs-theme="dark"', "rail": "rail-narrow", "density": '"roomy' if False else "roomy"}[
        name
    ] in html


def test_choices_lead_nowhere_else(shop: Shop, ada: Client) -> None:
    assert ada.post("/choose/", {"theme": "dark", "next": "https://evil.example/"})["Location"] == "/"
    assert ada.post("/choose/", {"theme": "purple"}).status_code == 422


def test_the_server_says_that_it_is_well(db: None) -> None:
    assert Client().get("/healthz").json() == {"status": "up"}


def test_static_files_come_compressed_and_stay_a_year(db: None) -> None:
    address = static("vendor/tabler.min.css")
    response = Client().get(address, headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    assert response["Content-Encoding"] == "gzip"
    assert response["Cache-Control"] == "max-age=31536000, public"
    digest = hashlib.sha256(gzip.decompress(response.getvalue())).hexdigest()
    assert address.endswith(f"?v={digest[:12]}")


def test_a_missing_static_file_is_no_page(db: None) -> None:
    with pytest.raises(FileNotFoundError):
        static("nothing.css")


def test_vendored_files_are_those_of_the_list() -> None:
    listed = {VENDORED / f"LICENSE.{name}.txt" for name in ("tabler", "htmx", "cytoscape", "tabler-icons")}
    for package in tomllib.loads((ROOT / "vendor.toml").read_text())["package"]:
        for path, digest in package["files"].items():
            file = VENDORED / package.get("into", "") / Path(path).name
            assert hashlib.sha256(file.read_bytes()).hexdigest() == digest, file.name
            listed.add(file)
            twin = file.with_name(f"{file.name}.gz")
            if twin.exists():
                assert gzip.decompress(twin.read_bytes()) == file.read_bytes()
                listed.add(twin)
    assert {path for path in VENDORED.rglob("*") if path.is_file()} == listed


def test_faults_have_a_page_that_needs_nothing(rf: RequestFactory, settings: object) -> None:
    response = errors.broken(rf.get("/"))
    assert response.status_code == 500
    assert problems(response.content.decode()) == []
    bad = errors.bad_request(rf.get("/"))
    assert bad.status_code == 400
    assert "AWAYTEAM_HOSTS" in bad.content.decode()


def test_a_fault_of_ours_is_told_as_such(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("nobody should read this")

    monkeypatch.setattr(panels, "build", fail)
    client = Client(raise_request_exception=False)
    client.force_login(shop.users["ada"])
    response = client.get("/")
    assert response.status_code == 500
    assert "Something broke here." in response.content.decode()
    assert "nobody should read this" not in response.content.decode()


def test_forms_without_their_token_change_nothing(shop: Shop) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(shop.users["ada"])
    response = client.post("/choose/", {"theme": "dark"})
    assert response.status_code == 403
    assert "older than your session" in response.content.decode()


def test_other_refusals_of_the_framework_have_our_page(rf: RequestFactory) -> None:
    response = errors.forbidden(rf.get("/"), PermissionDenied("Not here."))
    assert response.status_code == 403
    assert "Not here." in response.content.decode()


def test_a_refusal_in_a_fragment_is_a_fragment(shop: Shop) -> None:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(shop.users["ada"])
    response = client.get("/sources/999999/?part=state")
    assert response.status_code == 404
    assert response.content.decode().startswith('<div class="flash flash-error"')


def test_the_demonstration_lets_one_become_anybody(shop: Shop, ada: Client, settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    html = ada.get("/become/?q=sam").content.decode()
    assert "that's you" not in html
    assert problems(html) == []
    sam = Person.objects.get(name="sam")
    assert ada.post("/become/", {"person": sam.pk})["Location"] == "/"
    assert "You are sam now." in ada.get("/").content.decode()
    assert ada.post("/become/", {"person": "x"}).status_code == 404


def test_the_frame_costs_four_statements_the_bell_with_it(shop: Shop, ada: Client) -> None:
    ada.get("/keys/")
    with CaptureQueriesContext(connection) as queries:
        ada.get("/keys/")
    assert len(queries) == 4


def test_apps_add_panels_and_places(shop: Shop, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(panels._panels, "home", {})
    monkeypatch.setattr(panels, "_navigation", dict(panels._navigation))
    shown = Panel("later", "Later", 2, lambda request, thing: {"sources": 0, "may_create": None}, "web/keys_table.html")
    panels.register("home", shown)
    panels.register("home", Panel("silent", "Silent", 1, lambda request, thing: None, "web/keys_table.html"))
    panels.register_navigation(NavigationEntry("extra", "Extra place", 5, "keys", "box", "x"))
    panels.register_navigation(NavigationEntry("hid", "Hidden place", 5, "keys", "box", shown=lambda request: False))
    html = ada.get("/").content.decode()
    assert 'id="panel-later"' in html
    assert "Silent" not in html
    assert "Extra place" in html
    assert "Hidden place" not in html
    with pytest.raises(KeyError):
        panels.register("nowhere", shown)

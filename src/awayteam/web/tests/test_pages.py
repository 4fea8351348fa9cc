"""Every page: it answers, within its budget of statements, as well-formed HTML without anything inline."""

import re
import tomllib
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.db import connection
from django.template import engines
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from awayteam.catalog.models import Entity
from awayteam.web.tests.inventory import NO_PAGES, PAGES, Page
from awayteam.web.tests.shop import Shop

BUDGETS = Path(__file__).with_name("query_budgets.toml")
BELL = 'SELECT COUNT(*) FROM (SELECT "notifications_notification"'
"""The count at the bell, which every page pays; budgets leave it out."""
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
OF_ALLAUTH = ("account_", "github_", "gitlab_", "mfa_", "openid_connect_", "socialaccount_")
BY_POST = re.compile(
    r"_(answer|apply|change|comment|correct|default|delete|end|follow|make|mark|preview|primary|refresh|remove|rename|restore|retire|retry|revoke|rotate|save|settle|try|undo|withdraw)$"
)


class Checker(HTMLParser):
    """Finds tags that don't close, repeated ids, and what the policy of the page would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.problems: list[str] = []
        self.ids: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags[tag] += 1
        self.ids.update([values["id"] or ""] if "id" in values else [])
        self.problems += [f"<{tag} {name}>" for name in values if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in values and values.get("type") != "application/json"):
            self.problems.append(f"inline <{tag}>")
        if (values.get("href") or "").lower().startswith("javascript:"):
            self.problems.append(f"<{tag} href={values['href']}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else at {self.getpos()}")


def problems(html: str) -> list[str]:
    checker = Checker()
    checker.feed(html)
    repeated = [f"id {name} is there {times} times" for name, times in checker.ids.items() if times > 1]
    return checker.problems + repeated + [f"<{tag}> never closes" for tag in checker.open]


def client_of(shop: Shop, page: Page) -> Client:
    client = Client()
    if page.who:
        client.force_login(shop.users[page.who])
    return client


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_a_page_answers_within_its_budget(shop: Shop, page: Page) -> None:
    client = client_of(shop, page)
    address = page.at(shop)
    client.get(address)  # the first look may settle the session
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(address)
    if response.status_code == 302:  # allauth leads from the key to the form
        response = client.get(response["Location"])
    assert response.status_code == page.status, response.content[:2000]
    html = response.content.decode()
    assert problems(html) == []
    if not html.lstrip().startswith("<!doctype"):
        return
    assert html.count("<h1") == 1, "one heading names the page"
    assert '<main id="main"' in html
    allowed = tomllib.loads(BUDGETS.read_text())["pages"].get(page.key)
    assert allowed is not None, f"{page.key} took {len(queries)} statements; write its budget into {BUDGETS.name}"
    paid = [query["sql"][:160] for query in queries.captured_queries if not query["sql"].startswith(BELL)]
    assert len(paid) <= allowed, "\n".join(paid)


def test_budgets_are_of_pages_that_exist() -> None:
    assert set(tomllib.loads(BUDGETS.read_text())["pages"]) <= {page.key for page in PAGES}


def routes(patterns: list[URLPattern | URLResolver]) -> list[str]:
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns) if not pattern.namespace else []
        elif pattern.name:
            found.append(pattern.name)
    return found


def test_every_route_of_ours_is_in_the_inventory() -> None:
    ours = {
        name
        for name in routes(get_resolver().url_patterns)
        if not BY_POST.search(name) and not name.startswith(OF_ALLAUTH)
    }
    assert ours - {page.route for page in PAGES} - set(NO_PAGES) == set()


def test_every_template_is_rendered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = engines["pages"].env
    seen: set[str] = set()
    load = environment._load_template

    def note(name: str, globals: object) -> object:
        seen.add(name)
        return load(name, globals)

    monkeypatch.setattr(environment, "_load_template", note)
    for page in PAGES:
        client_of(shop, page).get(page.at(shop), follow=True)
    elsewhere = {
        # shown after a POST: test_talking
        "flags/token.html",  # web/tests/browser/test_flags
        "forges/secret.html", "forges/test.html",  # likewise: forges/tests/test_setting
        "discussions/draft.html", "discussions/preview.html", "notifications/secret.html",
        # shown after a POST, in the demonstration, or on an error: test_changes, test_frame
        "accounts/become.html", "accounts/token_secret.html", "kernel/webhook_secret.html",
        "lists/bulk.html", "lists/save.html",
        "web/tour.html", "web/bare.html", "web/error.html", "web/error_fragment.html",
        # without any repository, and on an entity that is an area of one
        "contributions/entity_panel.html", "contributions/nothing.html",
        # by another provider, by a second factor, without a password: test_signing_in
        "account/password_set.html", "account/signup.html", "account/verified_email_required.html",
        "mfa/authenticate.html", "mfa/reauthenticate.html",
        "mfa/recovery_codes/generate.html", "mfa/recovery_codes/index.html",
        "mfa/totp/activate_form.html", "mfa/totp/deactivate_form.html",
        "socialaccount/login.html", "socialaccount/signup.html",
    }  # fmt: skip
    assert set(environment.list_templates(extensions=["html"])) - seen - elsewhere == set()


def test_old_and_foreign_spellings_lead_to_the_page(shop: Shop, ada: Client) -> None:
    assert ada.get("/catalog/default/Component/Basket/")["Location"] == "/catalog/default/component/basket/"
    assert ada.get("/catalog/default/group/orders/")["Location"] == "/teams/default/orders/"
    assert ada.get("/catalog/default/user/ada/")["Location"] == "/people/default/ada/"


@pytest.mark.parametrize(
    ("address", "first"),
    [
        (
            "/services/?format=csv",
            b"reference,kind,type,name,title,owner,lifecycle,system,tags,presence,source,changed at",
        ),
        ("/teams/?format=csv", b"reference,name,title,unit,parent,people,over the limit,on call,e-mail"),
        ("/people/?format=csv", b"reference,name,display name,e-mail,teams,manager"),
    ],
)
def test_lists_are_there_as_csv(shop: Shop, ada: Client, address: str, first: bytes) -> None:
    response = ada.get(address)
    lines = response.getvalue().splitlines()
    assert response["Content-Type"].startswith("text/csv")
    assert lines[0] == first
    assert len(lines) > 3


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/services/?sort=colour", 422, "There is no sort"),
        ("/services/?cursor=nonsense", 422, "not one that this list gave"),
        ("/services/?as_of=soon", 422, "is no date"),
        ("/services/?filter==x", 422, "is no filter"),
        ("/services/?presence=half", 422, "There is no presence"),
        ("/activity/?name=nope", 422, "There is no event"),
        ("/catalog/default/component/nothing/", 404, "There is no entity"),
        ("/catalog/default/component/basket/operations/", 404, "Only APIs have operations"),
        ("/teams/default/nothing/", 404, "There is no team"),
        ("/people/default/nobody/", 404, "There is no person"),
        ("/sources/999999/", 404, "There is no source"),
        ("/history/webhook/999999/", 404, "There is no history"),
        ("/webhooks/", 403, "Only administrators"),
        ("/deliveries/", 403, "Only administrators"),
        ("/sources/new/", 403, "Only administrators"),
        ("/nothing/here/", 404, "There is nothing at this address"),
        ("/become/", 404, "Only in the demonstration"),
    ],
)
def test_what_cannot_be_shown_says_why(shop: Shop, ada: Client, address: str, status: int, words: str) -> None:
    response = ada.get(address)
    html = response.content.decode()
    assert response.status_code == status
    assert words in html
    assert problems(html) == []


def test_operations_show_and_find_the_name_that_code_uses(shop: Shop, ada: Client) -> None:
    api = Entity.objects.filter(kind="API").earliest("pk")
    api.operations.create(key="GET /cart", name="getCart")
    here = f"/catalog/{api.namespace}/api/{api.name.lower()}/"
    for address in (f"{here}operations/?q=getcart", here):
        assert '<code>GET /cart</code> <span class="quiet">getCart</span>' in ada.get(address).content.decode()


def test_a_hostile_name_is_text(shop: Shop, ada: Client) -> None:
    html = ada.get("/catalog/default/component/basket/").content.decode()
    assert "Basket &lt;b&gt;&amp;&lt;/b&gt; co" in html
    assert "javascript:" not in html

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.sources.apis.tests.test_openapi import anything
from awayteam.sources.awayteamfile import read, recognises
from awayteam.sources.awayteamfile.schema import KINDS, ROOT
from awayteam.sources.context import Context, Fetched, UnreachableError
from awayteam.sources.declared import DeclaredMembership, Identity, RelationType

FILE = b"""version: 1
units:
  Company:
  Retail: {parent: Company, mission: Sell}
teams:
  - name: Shop Team
    parent: Retail
    mission: Runs the shop
    contacts: {slack: "#shop", office: 7}
    calendar: {country: de, subdivision: BE, hours: ["09:00", "17:00"], weekdays: [4, 0, 1, 2, 3]}
    time_zone: Europe/Berlin
    on_call: https://example.org/shop
    forge_teams: {github: acme/shop}
    aliases: [Old Shop]
    members:
      - ada
      - {person: bob, role: lead, since: 2025-01-01, until: 2026-01-01, primary: true}
people:
  - handle: Ada
    name: Ada L.
    emails: [ada@example.org, a@example.org]
    handles: {github: ada-l}
    left: 2027-01-01
    manager: bob
    teams: [{team: group:platform/core, role: decider}]
services:
  - name: Cart
    owner: Shop Team
    type: website
    system: Checkout
    repository: acme/cart
    paths: [src/cart]
    provides: [Cart API]
    consumes: [api:default/stock]
    depends_on: [service:stock, "resource:cart-db", search]
    tags: [Java, C++]
    links: [https://example.org/cart, {url: https://example.org/docs, title: Docs}]
    restricted: true
    x-cost-centre: 12
  - name: stock
    owners:
      - {team: Shop Team, until: 2026-01-01}
      - {team: Supply, since: 2026-01-01, reason: moved with the warehouse}
systems: [{name: Checkout, domain: Retail}]
"""


def by_ref(reading):
    return {one.ref: one for one in reading.declared}


def test_everything_that_can_be_said():
    reading = read("awayteam.yaml", FILE)
    assert reading.problems == ()
    found = by_ref(reading)
    assert list(found) == [
        "group:default/company",
        "group:default/retail",
        "group:default/shop-team",
        "user:default/ada",
        "component:default/cart",
        "component:default/stock",
        "system:default/checkout",
    ]
    team = found["group:default/shop-team"]
    assert (team.title, team.type, team.line, team.aliases) == ("Shop Team", "team", 6, ("group:default/old-shop",))
    assert team.facts == {
        "mission": "Runs the shop",
        "contacts": {"slack": "#shop", "office": "7"},
        "time_zone": "Europe/Berlin",
        "on_call_url": "https://example.org/shop",
        "calendar": {"country": "DE", "subdivision": "BE", "hours": ["09:00", "17:00"], "weekdays": [0, 1, 2, 3, 4]},
        "forge_teams": {"github": "acme/shop"},
        "is_unit": False,
    }
    assert team.memberships == (
        DeclaredMembership(team.ref, "user:default/ada"),
        DeclaredMembership(team.ref, "user:default/bob", "lead", date(2025, 1, 1), date(2026, 1, 1), True),
    )
    assert team.relations == (
        (RelationType.CHILD_OF, team.ref, "group:default/retail"),
        (RelationType.MEMBER_OF, "user:default/ada", team.ref),
    )
    retail = found["group:default/retail"]
    assert (retail.facts, retail.line) == ({"mission": "Sell", "is_unit": True}, 4)
    ada = found["user:default/ada"]
    assert ada.identities == (
        Identity("", "Ada"),
        Identity("github", "ada-l"),
        Identity("email", "ada@example.org"),
        Identity("email", "a@example.org"),
    )
    assert ada.memberships == (DeclaredMembership("group:platform/core", ada.ref, "decider"),)
    assert (ada.facts["manager"], ada.facts["left_on"]) == ("user:default/bob", "2027-01-01")
    cart = found["component:default/cart"]
    assert (cart.type, cart.lifecycle, cart.restricted, cart.tags) == ("website", "production", True, ("java", "c++"))
    assert (cart.owner, cart.system) == (team.ref, "system:default/checkout")
    assert cart.relations == (
        (RelationType.OWNED_BY, cart.ref, team.ref),
        (RelationType.PART_OF, cart.ref, "system:default/checkout"),
        (RelationType.PROVIDES_API, cart.ref, "api:default/cart-api"),
        (RelationType.CONSUMES_API, cart.ref, "api:default/stock"),
        (RelationType.DEPENDS_ON, cart.ref, "component:default/stock"),
        (RelationType.DEPENDS_ON, cart.ref, "resource:default/cart-db"),
        (RelationType.DEPENDS_ON, cart.ref, "component:default/search"),
    )
    assert cart.document["metadata"]["annotations"] == {
        "backstage.io/source-location": "url:https://github.com/acme/cart",
        "github.com/project-slug": "acme/cart",
    }
    assert cart.document["x-original"]["x-cost-centre"] == 12
    stock = found["component:default/stock"]
    assert stock.owner == "group:default/supply"
    assert stock.facts["ownership"] == [
        {"owner": "group:default/shop-team", "until": "2026-01-01"},
        {"owner": "group:default/supply", "since": "2026-01-01", "reason": "moved with the warehouse"},
    ]
    assert found["system:default/checkout"].relations == (
        (RelationType.PART_OF, "system:default/checkout", "domain:default/retail"),
    )
    json.dumps([one.document for one in reading.declared])


def test_every_mistake_is_named_with_its_line_and_what_was_meant():
    text = b"""version: 2
team: []
teams:
  - nme: Shop
  - name: Pay
    mision: Pays
    time_zone: Mars
    calendar: {country: Germany, hours: [late]}
    members: [{person: ada, role: leed}, {person: bob, since: soon}, 7.5, {}]
  - name: Pay
people: {ada: 3, bob: {emails: [nowhere], manager: bob, handles: [x]}}
services:
  - {name: a, depends_on: ["a:b:c", component:a], owners: [x, y], owner: z, restricted: maybe}
  - {name: b, owners: [{team: x, since: 2026-02-01, until: 2026-01-01}]}
lists: nothing
"""
    reading = read("awayteam.yaml", text)
    assert [(one.line, one.message) for one in reading.problems] == [
        (1, "version: '2' is not known; known are 1"),
        (2, "team: there is no section 'team'; did you mean 'teams'?"),
        (4, "teams.1.nme: there is no key 'nme' here; did you mean 'name'?"),
        (4, "teams.1: 'name' must be given"),
        (6, "teams.2.mision: there is no key 'mision' here; did you mean 'mission'?"),
        (7, "teams.2.time_zone: 'Mars' is no time zone; write one such as Europe/Berlin"),
        (9, "teams.2.members.1.role: 'leed' is not known; did you mean 'lead'?"),
        (9, "teams.2.members.2.since: 'soon' is no date; write it as 2026-01-31"),
        (9, "teams.2.members.3: expected an object (key: value), found a number"),
        (9, "teams.2.members.4: 'person' must be given"),
        (5, "calendar.country: 'GERMANY' is no country; write two letters such as DE"),
        (10, "group:default/pay is declared twice; line 5 counts, remove this"),
        (11, "people.ada: expected an object (key: value), found a number"),
        (11, "people.bob.handles: expected an object (key: value), found a list"),
        (11, "'nowhere' is no e-mail address; mend it"),
        (11, "'bob' refers to itself; remove it"),
        (13, "services.1.restricted: expected true or false, found a text"),
        (13, "'owner' and 'owners' are both given; 'owners' counts, remove 'owner'"),
        (13, "2 owners have no end; the one that starts last counts, give the others an 'until'"),
        (13, "'a:b:c' is no reference; write [kind:][namespace/]name"),
        (13, "'component:a' refers to itself; remove it"),
        (14, "until 2026-01-01 is before since 2026-02-01; mend the dates"),
        (15, "lists: expected a list, found a text"),
    ]
    assert list(by_ref(reading)) == [
        "group:default/pay",
        "user:default/bob",
        "component:default/a",
        "component:default/b",
    ]


def test_circles_of_parents_are_cut():
    reading = read(
        "awayteam.yaml",
        b"units: [{name: a, parent: b}, {name: b, parent: c}, {name: c, parent: a}, {name: d, parent: d}]",
    )
    assert [one.message for one in reading.problems] == [
        "the parents of group:default/c go in a circle; this one is left out",
        "'d' refers to itself; remove it",
    ]
    parents = [one[1:] for group in reading.declared for one in group.relations]
    assert parents == [("group:default/a", "group:default/b"), ("group:default/b", "group:default/c")]


def in_folder(files):
    def fetch(base, target):
        path = (Path(base).parent / target).as_posix()
        if path not in files:
            raise UnreachableError(f"there is no file {target}; mend the path")
        return Fetched(path, files[path])

    return Context(fetch=fetch)


def test_lists_turn_rows_into_entities():
    files = {
        "org/data/services.csv": b"svc,squad,kind,uses,spare\ncart,Shop,website,stock; search,1\n,Shop,,,\nstock,,,,\n",
        "org/data/people.json": b'{"hr": {"people": [{"login": "ada", "mail": "ada@example.org", "in": "Shop"}]}}',
        "org/data/names.yaml": b"- one\n- two\n",
        "org/data/map.yaml": b"db: {team: Shop}\nqueue: {team: 7.5}\n",
    }
    text = b"""lists:
  - file: data/services.csv
    as: service
    columns: {name: svc, owner: squad, type: kind, depends_on: uses}
    defaults: {lifecycle: experimental}
  - file: data/people.json
    as: person
    at: [hr, people]
    columns: {handle: login, emails: mail, teams: in}
  - {file: data/names.yaml, as: domain, columns: {name: name}}
  - {file: data/map.yaml, as: resource, columns: {name: (key), owner: team}}
  - {file: data/none.csv, as: team}
  - {file: data/services.csv, as: team, columns: {name: sqad, colour: x}}
"""
    reading = read("org/awayteam.yaml", text, in_folder(files))
    assert [(one.file, one.line, one.message) for one in reading.problems] == [
        ("org/data/services.csv", 3, "'name' must be given"),
        ("org/awayteam.yaml", 12, "lists: there is no file data/none.csv; mend the path"),
        (
            "org/awayteam.yaml",
            13,
            "lists.columns: there is no key 'colour' in team; known are name, title, description, tags, aliases, type, "
            "parent, mission, contacts, email, picture, calendar, time_zone, on_call, forge_teams, members",
        ),
        ("org/awayteam.yaml", 13, "lists.columns: no row has a column 'sqad'; did you mean 'squad'?"),
        ("org/data/services.csv", 2, "'name' must be given"),
        ("org/data/services.csv", 3, "'name' must be given"),
        ("org/data/services.csv", 4, "'name' must be given"),
    ]
    found = by_ref(reading)
    assert list(found) == [
        "component:default/cart",
        "component:default/stock",
        "user:default/ada",
        "domain:default/one",
        "domain:default/two",
        "resource:default/db",
        "resource:default/queue",
    ]
    cart = found["component:default/cart"]
    assert (cart.owner, cart.type, cart.lifecycle, cart.line) == ("group:default/shop", "website", "experimental", 2)
    assert [target for kind, _source, target in cart.relations if kind is RelationType.DEPENDS_ON] == [
        "component:default/stock",
        "component:default/search",
    ]
    assert cart.document["metadata"]["annotations"] == {"awayteam/list": "org/data/services.csv:2"}
    assert cart.document["x-original"]["spare"] == "1"
    assert found["user:default/ada"].memberships == (DeclaredMembership("group:default/shop", "user:default/ada"),)
    assert found["resource:default/db"].owner == "group:default/shop"
    assert reading.embedded == tuple(files)


def test_recognises():
    assert recognises("a/awayteam.yaml", b"x")
    assert recognises("a/shop.awayteam.yml", b"")
    assert not recognises("a/notawayteam.yaml", b"")
    assert not recognises("awayteam.txt", b"")


def test_the_documentation_names_every_key():
    text = (Path(__file__).parents[5] / "docs" / "sources.md").read_text()
    schemas = [ROOT, *(schema for _word, _kind, schema in KINDS.values())]
    for schema in schemas:
        for key, one in schema.items():
            assert f"`{key}`" in text, key
            for inner in one.inner or {}:
                assert f"`{inner}`" in text, (key, inner)


@pytest.mark.realdata
def test_govuk_with_a_mapping_of_five_lines(shared_data: Path):
    data = (shared_data / "alphagov+govuk-developer-docs/data/repos.yml").read_bytes()
    text = b"""lists:
  - file: data/repos.yml
    as: service
    columns: {name: repo_name, type: type, owner: team, description: description}
    defaults: {lifecycle: production}
"""
    files = in_folder({"data/repos.yml": data})
    reading = read("awayteam.yaml", text, files)
    rows = [line for line in data.decode().splitlines() if line.startswith("- repo_name:")]
    # the organisation lists one repository once for each application that it deploys from it
    assert len(rows) - len(set(rows)) == len(reading.problems) == 2
    assert {one.entity for one in reading.problems} == {"component:default/licensify"}
    assert len(reading.declared) == len(set(rows))
    by_app = read("awayteam.yaml", text.replace(b"name: repo_name", b"name: app_name | repo_name"), files)
    assert by_app.problems == ()
    assert len(by_app.declared) == len(rows)
    api = by_ref(reading)["component:default/account-api"]
    assert (api.type, api.owner) == ("APIs", "group:default/govuk-patterns-and-pages-tech")
    assert api.document["x-original"]["production_hosted_on"] == "eks"


KEYS = [
    *ROOT,
    "name",
    "handle",
    "members",
    "person",
    "owners",
    "team",
    "links",
    "calendar",
    "country",
    "parent",
    "file",
    "as",
    "columns",
]
shaped = st.recursive(
    anything | st.sampled_from(["a", "team", "x.csv"]),
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(list(ROOT)), shaped, max_size=5))
def test_any_value_at_any_place_gives_problems_and_never_an_exception(tree):
    reading = read("awayteam.yaml", json.dumps(tree).encode())
    json.dumps([one.document for one in reading.declared])


@settings(max_examples=300, deadline=None)
@given(shaped, st.sampled_from([word for word, _kind, _schema in KINDS.values()]))
def test_any_list_gives_problems_and_never_an_exception(tree, word):
    text = json.dumps({"lists": [{"file": "x.json", "as": word}, {"file": "x.csv", "as": word}]}).encode()
    files = {"x.json": json.dumps(tree).encode(), "x.csv": b"name,handle\n" + json.dumps(tree).encode()}
    reading = read("awayteam.yaml", text, in_folder(files))
    json.dumps([one.document for one in reading.declared])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_give_problems_and_never_an_exception(data):
    read("awayteam.yaml", data)

"""The files of other catalogs: Cortex, OpsLevel, Compass, Datadog and Port."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.sources import compass, cortex, datadog, opslevel, port
from awayteam.sources.apis.tests.test_openapi import anything
from awayteam.sources.declared import DeclaredMembership, RelationType

ALL = (cortex, opslevel, compass, datadog, port)
PART, NEEDS, PROVIDES = RelationType.PART_OF, RelationType.DEPENDS_ON, RelationType.PROVIDES_API

CORTEX = b"""openapi: 3.0.0
info:
  title: Cart Service
  description: Carts
  x-cortex-tag: cart
  x-cortex-type: service
  x-cortex-owners:
    - {type: email, email: ada@example.org}
    - {type: group, name: shop-team, provider: CORTEX}
  x-cortex-groups: ["tier:1", Java]
  x-cortex-dependency: [{tag: stock, path: /x}, search]
  x-cortex-parents: [{tag: retail}]
  x-cortex-link: [{name: Runbook, type: RUNBOOK, url: "https://example.org/r"}]
  x-cortex-git: {github: {repository: acme/cart}}
---
info: {title: Retail, x-cortex-tag: retail, x-cortex-type: domain, x-cortex-children: [{tag: stock}]}
---
info: {title: Orders, x-cortex-tag: orders, x-cortex-type: kafka-topic}
---
info:
  title: Shop Team
  x-cortex-tag: shop-team
  x-cortex-type: team
  x-cortex-team: {members: [{name: Ada, email: ada@example.org, role: lead}, {name: Bob}]}
"""


def test_cortex():
    assert cortex.recognises("cart/cortex.yaml", CORTEX)
    assert not cortex.recognises("openapi.yaml", b"openapi: 3.0.0\ninfo: {title: x}\n")
    reading = cortex.read("cortex.yaml", CORTEX)
    assert reading.problems == ()
    cart, retail, topic, team = reading.declared
    assert (cart.ref, cart.title, cart.type, cart.lifecycle) == (
        "component:default/cart",
        "Cart Service",
        "service",
        "production",
    )
    assert (cart.owner, cart.tags) == ("group:default/shop-team", ("tier:1", "java"))
    assert cart.relations[1:] == (
        (PART, cart.ref, "domain:default/retail"),
        (NEEDS, cart.ref, "component:default/stock"),
        (NEEDS, cart.ref, "component:default/search"),
    )
    assert cart.document["metadata"]["links"] == [
        {"url": "https://example.org/r", "title": "Runbook", "type": "runbook"}
    ]
    assert cart.document["metadata"]["annotations"]["github.com/project-slug"] == "acme/cart"
    assert cart.document["x-original"]["info"]["x-cortex-owners"][0]["email"] == "ada@example.org"
    assert (retail.kind, retail.relations) == ("Domain", ((PART, "component:default/stock", retail.ref),))
    assert (topic.kind, topic.type) == ("Resource", "kafka-topic")
    assert team.memberships == (
        DeclaredMembership(team.ref, "user:default/ada", "lead"),
        DeclaredMembership(team.ref, "user:default/bob", "member"),
    )
    assert [one.document_index for one in reading.declared] == [0, 1, 2, 3]


OPSLEVEL = b"""version: 1
component:
  name: Order Processor
  type: worker
  owner: orders_team
  lifecycle: public_ga
  system: Orders
  tier: tier_1
  language: Ruby
  description: Processes
  aliases: [op, order-processor]
  tags: [{key: env, value: prod}, {key: critical, value: true}]
  tools: [{name: Dash, category: metrics, url: "https://example.org/d"}]
  repositories: [{name: acme/orders, path: /, provider: github}]
  dependencies: [{alias: stock}, search]
"""


def test_opslevel():
    assert opslevel.recognises("a/opslevel.yml", OPSLEVEL)
    assert not opslevel.recognises("a/other.yml", OPSLEVEL)
    reading = opslevel.read("opslevel.yml", OPSLEVEL)
    assert reading.problems == ()
    (one,) = reading.declared
    assert (one.ref, one.type, one.owner, one.system) == (
        "component:default/order-processor",
        "worker",
        "group:default/orders_team",
        "system:default/orders",
    )
    assert (one.lifecycle, one.tags, one.aliases) == (
        "public_ga",
        ("ruby", "env:prod", "critical"),
        ("component:default/op",),
    )
    assert [target for kind, _source, target in one.relations if kind is NEEDS] == [
        "component:default/stock",
        "component:default/search",
    ]
    assert (
        one.document["metadata"]["annotations"]["backstage.io/source-location"] == "url:https://github.com/acme/orders"
    )
    assert one.document["x-original"]["component"]["tier"] == "tier_1"
    old = opslevel.read("opslevel.yml", b"version: 1\nservice:\n  name: X\n  product: Shop\n").declared[0]
    assert (old.type, old.system) == ("service", "system:default/shop")
    assert opslevel.read("opslevel.yml", b"version: 1\nrepository:\n  owner: x\n").declared == ()


COMPASS = b"""configVersion: 1
name: cart-service
id: 'ari:cloud:compass:0:component/1/AA-11'
description: Carts
typeId: SERVICE
ownerId: 'ari:cloud:identity::team/bb-22'
fields: {tier: 1, lifecycle: Pre-release}
links: [{name: Source, type: REPOSITORY, url: "https://bitbucket.org/acme/cart"}]
labels: [a:b]
relationships: {DEPENDS_ON: ['ari:cloud:compass:0:component/1/cc-33']}
"""


def test_compass():
    assert compass.recognises("compass.yml", COMPASS)
    reading = compass.read("compass.yml", COMPASS)
    assert reading.problems == ()
    (one,) = reading.declared
    assert (one.ref, one.type, one.lifecycle, one.owner) == (
        "component:default/cart-service",
        "service",
        "experimental",
        "group:default/bb-22",
    )
    assert one.aliases == ("component:default/aa-11",)
    assert one.relations[1:] == ((NEEDS, one.ref, "component:default/cc-33"),)
    assert one.document["metadata"]["annotations"] == {
        "backstage.io/source-location": "url:https://bitbucket.org/acme/cart"
    }
    nobody = compass.read("compass.yml", b"name: x\nownerId: null\n").declared[0]
    assert (nobody.owner, nobody.type) == (None, "other")


DATADOG = b"""schema-version: v2.2
dd-service: shopping-cart
team: e-commerce
application: shopping-app
tier: "1"
type: web
languages: [go, python]
contacts: [{type: slack, contact: "https://example.org/s"}, {name: Mail, type: email, contact: a@example.org}]
links: [{name: Source, type: repo, provider: github, url: "https://github.com/acme/cart"}]
tags: ["env:prod"]
---
apiVersion: v3
kind: datastore
metadata: {name: cart-db, displayName: Cart DB, owner: e-commerce, additionalOwners: [{name: dba}]}
spec: {type: postgres, componentOf: ["system:shop"], lifecycle: production}
datadog: {codeLocations: [{repositoryURL: "https://github.com/acme/db"}]}
---
apiVersion: v3
kind: system
metadata: {name: shop}
spec: {components: ["service:shopping-cart", "queue:orders"]}
---
apiVersion: v3
kind: api
metadata: {name: cart-api, namespace: Other}
spec:
  type: openapi
  implementedBy: ["service:shopping-cart"]
  interface: {definition: {openapi: 3.0.0, paths: {/carts: {get: {summary: List}}}}}
"""


def test_datadog():
    assert datadog.recognises("service.datadog.yaml", DATADOG)
    assert datadog.recognises("entity.datadog.yml", b"apiVersion: v3\nkind: service\n")
    assert not datadog.recognises("other.yml", b"apiVersion: v3\nkind: service\n")
    reading = datadog.read("service.datadog.yaml", DATADOG)
    assert reading.problems == ()
    cart, database, system, api = reading.declared
    assert (cart.ref, cart.type, cart.owner, cart.system) == (
        "component:default/shopping-cart",
        "web",
        "group:default/e-commerce",
        "system:default/shopping-app",
    )
    assert cart.tags == ("go", "python", "env:prod")
    assert cart.facts == {"contacts": {"slack": "https://example.org/s", "Mail": "a@example.org"}}
    assert cart.document["metadata"]["annotations"]["github.com/project-slug"] == "acme/cart"
    assert (database.kind, database.type, database.title, database.system) == (
        "Resource",
        "postgres",
        "Cart DB",
        "system:default/shop",
    )
    assert database.document["metadata"]["annotations"]["github.com/project-slug"] == "acme/db"
    assert database.document["x-original"]["metadata"]["additionalOwners"] == [{"name": "dba"}]
    assert system.relations == (
        (PART, "component:default/shopping-cart", system.ref),
        (PART, "resource:default/orders", system.ref),
    )
    assert (api.ref, [one.key for one in api.operations or ()]) == ("api:other/cart-api", ["GET /carts"])
    assert api.relations == ((PROVIDES, "component:other/shopping-cart", api.ref),)


PORT = b"""- identifier: cart
  title: Cart
  blueprint: microservice
  team: [shop]
  properties: {lifecycle: Beta, repository: acme/cart, custom: 5}
  relations: {system: checkout, depends_on: [stock, search], runs_on: cluster-1}
- identifier: shop
  blueprint: _team
- identifier: ada@example.org
  blueprint: _user
- {identifier: c1, blueprint: k8sCluster}
"""


def test_port():
    assert port.recognises("port.yml", PORT)
    assert not port.recognises("port.yml", b"port: 80\n")
    reading = port.read("port.yml", PORT)
    assert reading.problems == ()
    cart, team, user, cluster = reading.declared
    assert (cart.ref, cart.type, cart.lifecycle, cart.owner) == (
        "component:default/cart",
        "microservice",
        "Beta",
        "group:default/shop",
    )
    assert cart.relations[1:] == (
        (PART, cart.ref, "system:default/checkout"),
        (NEEDS, cart.ref, "component:default/stock"),
        (NEEDS, cart.ref, "component:default/search"),
    )
    assert (cart.line, team.line, team.kind) == (1, 7, "Group")
    assert (user.kind, user.identities[0].value) == ("User", "ada@example.org")
    assert (cluster.kind, cluster.type) == ("Resource", "k8sCluster")
    (alone,) = port.read("port.yml", b"identifier: x\nblueprint: service\n").declared
    assert alone.ref == "component:default/x"


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        (cortex, b"info: {title: x}\n", "info.x-cortex-tag is missing; it names the entity"),
        (cortex, b"- 7\n", "expected an object with info and x-cortex-tag in it, found a number"),
        (opslevel, b"component: {}\n", "component.name is missing; it names the entity"),
        (opslevel, b"x: 1\n", "expected a component, service, system or domain"),
        (compass, b"typeId: SERVICE\n", "name is missing; it names the component"),
        (datadog, b"dd-service: ''\n", "dd-service is empty; it names the service"),
        (datadog, b"apiVersion: v3\nkind: service\n", "kind and metadata.name must be given; they name the entity"),
        (datadog, b"a: b\n", "expected dd-service (schema v2) or apiVersion: v3"),
        (port, b"identifier: x\n", "identifier and blueprint must be given; they name the entity"),
    ],
)
def test_what_bad_input_gets(reader, text, message):
    reading = reader.read("file.yml", text)
    assert reading.declared == ()
    assert [(one.file, one.message, one.line) for one in reading.problems] == [("file.yml", message, 1)]


def test_a_bad_document_does_not_sink_its_neighbours():
    reading = datadog.read("x.yml", b"dd-service: a\nlinks: [{name: x}, 7]\ntags: 3\n---\na: [\n---\ndd-service: b\n")
    assert [one.ref for one in reading.declared] == ["component:default/a", "component:default/b"]
    assert len(reading.problems) == 6


def test_self_relations_are_left_out():
    (one,) = opslevel.read("opslevel.yml", b"component: {name: a, dependencies: [a]}\n").declared
    assert one.relations == ()


KEYS = [
    "info",
    "x-cortex-tag",
    "x-cortex-type",
    "x-cortex-owners",
    "x-cortex-dependency",
    "x-cortex-git",
    "github",
    "x-cortex-team",
    "members",
    "component",
    "name",
    "owner",
    "tags",
    "dependencies",
    "repositories",
    "aliases",
    "dd-service",
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "links",
    "contacts",
    "dependsOn",
    "interface",
    "definition",
    "relationships",
    "DEPENDS_ON",
    "fields",
    "id",
    "identifier",
    "blueprint",
    "relations",
    "properties",
    "team",
    "url",
    "namespace",
]
shaped = st.recursive(
    anything | st.sampled_from(["v3", "service", "team", "domain", "user", "a:b"]),
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=25,
)
FULL = [CORTEX, OPSLEVEL, COMPASS, DATADOG, PORT]


@pytest.mark.parametrize("reader", ALL, ids=lambda one: one.NAME)
@settings(max_examples=200, deadline=None)
@given(tree=shaped)
def test_any_value_at_any_place_gives_problems_and_never_an_exception(reader, tree):
    reading = reader.read("x.yaml", json.dumps(tree).encode())
    json.dumps([one.document for one in reading.declared])


@pytest.mark.parametrize("reader", ALL, ids=lambda one: one.NAME)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_one_wrong_value_in_a_right_file(reader, data):
    from awayteam.sources.yamldoc import load

    tree = data.draw(st.sampled_from([one.value for one in load(FULL[ALL.index(reader)])]))
    tree = json.loads(json.dumps(tree))
    here, path = tree, []
    while isinstance(here, dict | list) and here:
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        path.append((here, key))
        here = here[key]
        if data.draw(st.booleans()):
            break
    where, key = path[-1]
    where[key] = data.draw(anything)
    reading = reader.read("x.yaml", json.dumps(tree).encode())
    json.dumps([one.document for one in reading.declared])

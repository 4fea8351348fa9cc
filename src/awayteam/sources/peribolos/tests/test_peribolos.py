import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.sources.apis.tests.test_openapi import anything
from awayteam.sources.declared import DeclaredMembership, Identity, RelationType
from awayteam.sources.peribolos import read, recognises

ORG = b"""# Our organisation
orgs:
  Acme:
    name: Acme Corp
    description: Makes everything
    email: hello@example.org
    has_wiki: true
    admins: [Ada]
    members:
    - bob
    - dependabot[bot]
    teams:
      Shop Team:
        description: Sells
        previously: [Old Shop, shop-team]
        maintainers: [ada]
        members: [ada, cleo]
        privacy: closed
        repos: {shop: write, Docs.Site: read}
        teams:
          Shop/Cart: {members: [cleo], children: {Shop  Cart: {}}}
    repos:
      shop: {description: The shop, archived: true, previously: [store], homepage: https://example.org}
"""


def by_ref(reading):
    return {one.ref: one for one in reading.declared}


def test_an_organisation_becomes_a_unit_with_nested_teams_people_and_repositories():
    reading = read("peribolos.yaml", ORG)
    assert reading.problems == ()
    found = by_ref(reading)
    assert [one.ref for one in reading.declared][:4] == [
        "group:default/acme",
        "group:default/shop-team",
        "group:default/shop-cart",
        next(ref for ref in found if ref.startswith("group:default/shop-cart-")),
    ]
    unit, team = found["group:default/acme"], found["group:default/shop-team"]
    assert (unit.title, unit.type, unit.facts["is_unit"], unit.facts["email"]) == (
        "Acme Corp",
        "organization",
        True,
        "hello@example.org",
    )
    assert [one.person for one in unit.memberships] == [
        "user:default/ada",
        "user:default/bob",
        "user:default/dependabot-bot",
    ]
    assert unit.document["x-original"] == {
        "name": "Acme Corp",
        "description": "Makes everything",
        "email": "hello@example.org",
        "has_wiki": True,
    }
    assert (team.title, team.description, team.type, team.line) == ("Shop Team", "Sells", "team", 13)
    assert team.facts == {
        "mission": "Sells",
        "repositories": {"shop": "write", "Docs.Site": "read"},
        "forge_teams": {"github": "Acme/shop-team"},
        "is_unit": False,
    }
    assert team.aliases == ("group:default/old-shop",)
    assert team.memberships == (
        DeclaredMembership(team.ref, "user:default/ada", "lead"),
        DeclaredMembership(team.ref, "user:default/cleo", "member"),
    )
    assert team.relations == (
        (RelationType.CHILD_OF, team.ref, unit.ref),
        (RelationType.MEMBER_OF, "user:default/ada", team.ref),
        (RelationType.MEMBER_OF, "user:default/cleo", team.ref),
    )
    assert found["group:default/shop-cart"].relations[0] == (RelationType.CHILD_OF, "group:default/shop-cart", team.ref)
    ada = found["user:default/ada"]
    assert (ada.identities, ada.facts, ada.line) == ((Identity("github", "Ada"),), {"github_role": "admin"}, 8)
    assert {one for one in found if one.startswith("user:")} == {
        f"user:default/{name}" for name in ("ada", "bob", "cleo", "dependabot-bot")
    }
    repo = found["resource:default/shop"]
    assert (repo.type, repo.lifecycle, repo.aliases) == ("repository", "deprecated", ("resource:default/store",))
    assert repo.document["metadata"]["annotations"]["github.com/project-slug"] == "Acme/shop"


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        ("config.yaml", ORG, True),
        ("config.json", ORG, False),
        ("x.yaml", b"orgs: []\n", False),
        ("x.yaml", b"orgs:\n  a:\n    colour: red\n", False),
        ("org/teams.yaml", b"teams:\n  A:\n    members: [x]\n", True),
        ("org/teams.yaml", b"teams:\n- name: A\n", False),
        ("other.yaml", b"teams:\n  A:\n    members: [x]\n", False),
        ("members.yml", b"# c\nmembers:\n- ada\n", True),
        ("members.yml", b"members:\n- {name: ada}\n", False),
        ("repos.yaml", b"repos:\n  a:\n    has_wiki: false\n", True),
        ("repos.yaml", b"repos:\n- repo: https://example.org\n", False),
        ("org.yaml", b"admins:\n- ada\nname: Acme\n", True),
    ],
)
def test_recognises(path, data, expected):
    assert recognises(path, data) is expected


def test_parts_in_files_of_their_own():
    teams = read("teams.yaml", b"teams:\n  A:\n    members: [x]\n    teams: {B: {members: [y]}}\n")
    assert [one.ref for one in teams.declared] == ["group:default/a", "group:default/b"]
    assert teams.declared[0].relations == ((RelationType.MEMBER_OF, "user:default/x", "group:default/a"),)
    assert "forge_teams" not in teams.declared[0].facts
    members = read("members.yaml", b"members:\n- x\n- Y\n")
    assert [(one.ref, one.identities, one.line) for one in members.declared] == [
        ("user:default/x", (Identity("github", "x"),), 2),
        ("user:default/y", (Identity("github", "Y"),), 3),
    ]
    repos = read("repos.yaml", b"repos:\n  .github: {has_wiki: false}\n")
    assert [(one.ref, one.title) for one in repos.declared] == [("resource:default/github", ".github")]


def test_what_bad_input_gets():
    text = b"""orgs:
  a:
    members: [1.5e3, {x: y}, 'no login!', ok]
    teams:
      T: {members: nobody-list, maintainers: 7, repos: [x], previously: 3}
      U: 9
      V: {teams: {T: {members: [ok]}}}
---
- just a list
---
orgs: {b: {members: [later]}}
"""
    reading = read("p.yaml", text)
    assert [(one.message, one.document, one.line) for one in reading.problems] == [
        ("orgs.a.members: item 2 must be a text, found an object", 0, 3),
        ("orgs.a.members: '1500.0' is no GitHub login; mend or remove it", 0, 3),
        ("orgs.a.members: 'no login!' is no GitHub login; mend or remove it", 0, 3),
        ("orgs.a.teams.T.maintainers: expected a list, found a number", 0, 5),
        ("orgs.a.teams.T.repos: expected an object (key: value), found a list", 0, 5),
        ("orgs.a.teams.T.previously: expected a list, found a number", 0, 5),
        ("orgs.a.teams.U: expected an object (key: value), found a number", 0, 6),
        ("orgs.a.teams.V.teams.T: the team 'T' stands twice; the first one counts, rename this one", 0, 7),
        ("expected an object with 'orgs' (or with teams, members, admins, repos), found a list", 1, 9),
    ]
    assert [one.ref for one in reading.declared] == [
        "group:default/a",
        "group:default/t",
        "group:default/u",
        "group:default/v",
        "user:default/ok",
        "user:default/nobody-list",
        "group:default/b",
        "user:default/later",
    ]


KEYS = ["orgs", "a", "teams", "members", "maintainers", "admins", "repos", "previously", "children", "name"]
shaped = st.recursive(
    anything, lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=5), max_leaves=20
)


@settings(max_examples=300, deadline=None)
@given(shaped)
def test_any_value_at_any_place_gives_problems_and_never_an_exception(tree):
    reading = read("x.yaml", json.dumps({"orgs": tree}).encode())
    json.dumps([one.document for one in reading.declared])
    read("teams.yaml", json.dumps(tree).encode())


@pytest.mark.realdata
def test_knative(shared_data: Path):
    data = (shared_data / "knative+community/peribolos/knative.yaml").read_bytes()
    assert recognises("knative.yaml", data)
    reading = read("knative.yaml", data)
    assert reading.problems == ()
    groups = [one for one in reading.declared if one.kind == "Group"]
    assert len({one.ref for one in groups}) == len(groups)
    found = by_ref(reading)
    child = found["group:default/serving-wg-leads"]
    assert child.relations[0] == (RelationType.CHILD_OF, child.ref, "group:default/serving-writers")
    assert found["group:default/serving-writers"].facts["repositories"]["serving"] == "write"
    assert found["group:default/serving-writers"].facts["forge_teams"] == {"github": "knative/serving-writers"}


@pytest.mark.realdata
def test_istio(shared_data: Path):
    counts = {}
    for name in ("teams", "members", "repos"):
        data = (shared_data / f"istio+community/org/{name}.yaml").read_bytes()
        assert recognises(f"{name}.yaml", data)
        reading = read(f"{name}.yaml", data)
        assert reading.problems == ()
        counts[name] = len(reading.declared)
        assert len(by_ref(reading)) == len(reading.declared)
    lines = (shared_data / "istio+community/org/members.yaml").read_text().splitlines()
    assert counts["members"] == len({line[2:].lower() for line in lines if line.startswith("- ")})
    repos = (shared_data / "istio+community/org/repos.yaml").read_text().splitlines()
    assert counts["repos"] == sum(1 for line in repos if line.startswith("  ") and line[2] != " ")
    teams = (shared_data / "istio+community/org/teams.yaml").read_text().splitlines()
    assert counts["teams"] == sum(
        1
        for line in teams
        if line.endswith(":") and line.strip() not in ("teams:", "members:", "repos:", "maintainers:", "previously:")
    )

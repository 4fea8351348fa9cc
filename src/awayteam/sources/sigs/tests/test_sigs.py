import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.sources.apis.tests.test_openapi import anything
from awayteam.sources.declared import DeclaredMembership, Identity, RelationType
from awayteam.sources.sigs import read, recognises

SIGS = b"""sigs:
  - dir: sig-storage
    name: Storage
    mission_statement: >
      Keeps data.
    label: storage
    leadership:
      chairs:
        - {github: Ada, name: Ada L., email: ada@example.org, company: Acme}
      tech_leads:
        - {github: ada, name: Ada L.}
        - {name: Bob}
      emeritus_leads: [{github: old}]
    contact:
      slack: sig-storage
      teams: [{name: sig-storage-bugs}]
      liaison: {github: cleo, name: Cleo}
    subprojects:
      - name: drivers
        owners: [https://example.org/OWNERS]
        leads: [{github: dan}]
committees:
  - dir: committee-steering
    name: Steering
usergroups: []
"""


def test_groups_subprojects_and_people():
    assert recognises("sigs.yaml", SIGS)
    reading = read("sigs.yaml", SIGS)
    assert reading.problems == ()
    sig, sub, committee, *people = reading.declared
    assert (sig.ref, sig.title, sig.type, sig.tags, sig.line) == (
        "group:default/sig-storage",
        "Storage",
        "special-interest-group",
        ("storage",),
        2,
    )
    assert sig.facts == {
        "mission": "Keeps data.",
        "contacts": {"slack": "sig-storage", "teams": ["sig-storage-bugs"], "liaison": "cleo"},
        "is_unit": False,
    }
    assert sig.memberships == (
        DeclaredMembership(sig.ref, "user:default/ada", "lead"),
        DeclaredMembership(sig.ref, "user:default/bob", "lead"),
    )
    assert (sub.ref, sub.title, sub.type) == ("group:default/sig-storage.drivers", "drivers", "subproject")
    assert sub.relations[0] == (RelationType.CHILD_OF, sub.ref, sig.ref)
    assert sub.facts["owners_urls"] == ["https://example.org/OWNERS"]
    assert committee.ref == "group:default/committee-steering"
    assert [(one.ref, one.title, one.line) for one in people] == [
        ("user:default/ada", "Ada L.", 9),
        ("user:default/bob", "Bob", 12),
        ("user:default/dan", "", 21),
    ]
    assert people[0].identities == (Identity("github", "Ada"), Identity("email", "ada@example.org"))


def test_what_bad_input_gets():
    text = b"""sigs:
  - 7
  - {label: x}
  - name: A
    leadership: {chairs: [1, {company: x}], tech_leads: no}
    subprojects: [{}, {owners: [1]}, {name: b, owners: {}}]
workinggroups: 3
"""
    reading = read("sigs.yaml", text)
    assert [(one.message, one.line) for one in reading.problems] == [
        ("sigs[0]: expected an object (key: value), found a number", 2),
        ("sigs[1]: a group needs a name or a dir", 3),
        ("sigs.sig-A.chairs: expected an object (key: value), found a number", 5),
        ("sigs.sig-A.chairs: a person needs at least one of github, email and name", 5),
        ("sigs.sig-A.tech_leads: expected a list, found a text", 5),
        ("sigs.sig-A.subprojects: a subproject needs a name", 6),
        ("sigs.sig-A.subprojects.b.owners: expected a list, found an object", 6),
        ("workinggroups: expected a list, found a number", 7),
    ]
    assert [one.ref for one in reading.declared] == ["group:default/sig-a", "group:default/sig-a.b"]


KEYS = [
    "dir",
    "name",
    "leadership",
    "chairs",
    "tech_leads",
    "contact",
    "teams",
    "subprojects",
    "owners",
    "leads",
    "github",
]
shaped = st.recursive(
    anything,
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["sigs", "committees"]), st.lists(shaped, max_size=3) | shaped))
def test_any_value_at_any_place_gives_problems_and_never_an_exception(tree):
    reading = read("sigs.yaml", json.dumps(tree).encode())
    json.dumps([one.document for one in reading.declared])


@pytest.mark.realdata
def test_kubernetes(shared_data: Path):
    data = (shared_data / "kubernetes+community/sigs.yaml").read_bytes()
    assert recognises("sigs.yaml", data)
    reading = read("sigs.yaml", data)
    assert reading.problems == ()
    lines = data.decode().splitlines()
    groups = [one for one in reading.declared if one.kind == "Group"]
    top = [one for one in groups if one.type != "subproject"]
    assert len(top) == sum(1 for line in lines if line.startswith("  - dir: "))
    assert len(groups) - len(top) == sum(1 for line in lines if line.startswith("      - name: "))
    assert len({one.ref for one in reading.declared}) == len(reading.declared)
    storage = next(one for one in groups if one.ref == "group:default/sig-storage")
    assert {one.role for one in storage.memberships} == {"lead"}
    assert storage.facts["contacts"]["slack"] == "sig-storage"

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.sources.apis.tests.test_openapi import anything
from awayteam.sources.declared import DeclaredMembership, Identity, RelationType
from awayteam.sources.people import read, recognises

CSV = """Login;Full Name;E-Mail;Teams;Role;Reports To;Department;Start Date;End;TZ;Desk
ada;Ada L.;ada@example.org;Shop;Tech Lead;;Company > Retail;2025-01-01;;Europe/Berlin;7
@bob;Bob B.;bob@example.org|b@example.org;Shop;Engineer;ADA@example.org;Company > Retail;;2026-06-01;;
bob;;;Payments;trusted committer;;;2026-06-01;;;

cleo;"Cleo; C.";;group:platform;;Bob B.;;;;;
"""


def by_ref(reading):
    return {one.ref: one for one in reading.declared}


def test_people_teams_and_units():
    assert recognises("hr/export.csv", CSV.encode())
    reading = read("people.csv", CSV.encode())
    assert reading.problems == ()
    found = by_ref(reading)
    assert list(found) == [
        "group:default/company",
        "group:default/retail",
        "group:default/shop",
        "group:default/payments",
        "user:default/ada",
        "user:default/bob",
        "user:default/cleo",
    ]
    assert found["group:default/retail"].facts["is_unit"] is True
    assert found["group:default/shop"].relations == (
        (RelationType.CHILD_OF, "group:default/shop", "group:default/retail"),
    )
    ada, bob, cleo = (found[f"user:default/{name}"] for name in ("ada", "bob", "cleo"))
    assert (ada.title, ada.line, ada.facts) == (
        "Ada L.",
        2,
        {"email": "ada@example.org", "display_name": "Ada L.", "time_zone": "Europe/Berlin"},
    )
    assert ada.identities == (Identity("", "ada"), Identity("email", "ada@example.org"))
    assert ada.document["x-original"]["Desk"] == "7"
    assert ada.memberships == (DeclaredMembership("group:default/shop", ada.ref, "lead", date(2025, 1, 1), None, True),)
    assert bob.memberships == (
        DeclaredMembership("group:default/shop", bob.ref, "member", None, date(2026, 6, 1), True),
        DeclaredMembership("group:default/payments", bob.ref, "trusted-committer", date(2026, 6, 1), None, False),
    )
    assert (bob.facts["manager"], bob.facts["job_title"]) == (ada.ref, "Engineer")
    assert bob.relations == ((RelationType.MEMBER_OF, bob.ref, "group:default/payments"),)
    assert (cleo.title, cleo.facts["manager"]) == ("Cleo; C.", bob.ref)
    assert [one.team for one in cleo.memberships] == ["group:default/platform"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_and_encodings(delimiter, encoding):
    text = f"email{delimiter}team\r\nä@example.org{delimiter}Größe\r\n"
    data = text.encode(encoding)
    assert recognises("x.csv", data)
    reading = read("x.csv", data)
    assert reading.problems == ()
    assert [(one.ref, one.title) for one in reading.declared] == [
        ("group:default/grosse", "Größe"),
        ("user:default/a", ""),
    ]


def test_json():
    people = [
        {"github": "ada", "displayName": "Ada", "teams": ["Shop", "Pay"], "manager": "bob", "tz": "UTC"},
        {"login": "bob"},
    ]
    data = json.dumps({"people": people}, indent=1).encode()
    assert recognises("data/people.json", data)
    assert not recognises("data/package.json", data)
    reading = read("people.json", data)
    assert reading.problems == ()
    found = by_ref(reading)
    assert [one.team for one in found["user:default/ada"].memberships] == ["group:default/shop", "group:default/pay"]
    assert found["user:default/ada"].facts["manager"] == "user:default/bob"
    assert found["user:default/bob"].line == 13
    assert by_ref(read("people.json", json.dumps(people).encode())).keys() == found.keys()


def test_a_bad_row_is_a_problem_with_its_line_and_the_rest_loads():
    text = """login,name,email,team,manager,starts,ends,time zone
,,,Shop,,,,
ada,Ada,not-an-address,Shop,ada,01.02.2026,,Mars/Base
bob,Bob,bob@example.org,Shop,Nobody At All,2026-02-01,2026-01-01,
bob,Robert,,Shop,,,,
too,many,cells,for,this,row,is,it,not,so
cleo,Cleo,,Shop,dan,,,
dan,Dan,,,cleo,,,
dan,Dan,,,,,,
eve,"Eve
"""
    reading = read("people.csv", text.encode())
    assert [(one.line, one.message) for one in reading.problems] == [
        (2, "this row names nobody; fill in a handle, an e-mail address or a name"),
        (3, "'not-an-address' is no e-mail address; mend or remove it"),
        (3, "'Mars/Base' is no time zone; write one such as Europe/Berlin"),
        (3, "starts: '01.02.2026' is no date; write it as 2026-01-31"),
        (4, "this ends on 2026-01-01 before it starts on 2026-02-01; mend the dates"),
        (5, "the name 'Robert' differs from 'Bob' on line 4; the first one counts"),
        (5, "this row says again what line 4 says of Bob; remove it"),
        (6, "this row has 10 cells for 8 columns; quote cells that hold commas"),
        (9, "this row says again what line 8 says of Dan; remove it"),
        (10, "a quote that is opened here is never closed, so the rows after it could not be read; close it"),
        (3, "somebody can't be their own manager; leave it empty"),
        (4, "the manager 'Nobody At All' stands in no row of this file; write a handle or a reference"),
        (8, "managers go in a circle here; this one is left out"),
    ]
    assert [one.ref for one in reading.declared] == [
        "group:default/shop",
        *(f"user:default/{one}" for one in ("ada", "bob", "cleo", "dan")),
    ]
    assert by_ref(reading)["user:default/cleo"].facts["manager"] == "user:default/dan"
    assert "manager" not in by_ref(reading)["user:default/dan"].facts


def test_latin_1_and_emptiness_are_explained():
    reading = read("people.csv", "login,team\nada,Größe\n".encode("latin-1"))
    assert [(one.line, one.message) for one in reading.problems] == [
        (2, "byte 18 is no UTF-8; save the file in the encoding UTF-8")
    ]
    assert read("people.csv", b"").problems[0].message.startswith("the file is empty")


def test_units_never_go_in_circles():
    reading = read("people.csv", b"login,team,unit\na,X,A > B\nb,X,B > A\nc,A,A\n")
    parents = {
        source: target
        for one in reading.declared
        for kind, source, target in one.relations
        if kind is RelationType.CHILD_OF
    }
    assert parents == {"group:default/b": "group:default/a", "group:default/x": "group:default/b"}
    assert len(reading.problems) == 3


def test_people_without_a_handle_keep_names_of_their_own():
    reading = read("people.csv", b"email,team\nada@a.example,X\nada@b.example,X\n")
    users = [one for one in reading.declared if one.kind == "User"]
    assert len({one.ref for one in users}) == 2
    assert users[0].ref == "user:default/ada"
    assert users[1].ref.startswith("user:default/ada-")


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        ("trace.csv", b"TraceID,SpanID,Name,Duration\n", False),
        ("a.csv", b"email,amount\n", False),
        ("people.csv", b"email,amount\n", True),
        ("people.csv", b"amount\n", False),
        ("a.tsv", b'"User Name"\t"Line Manager"\n', True),
        ("a.csv", b"", False),
    ],
)
def test_recognises(path, data, expected):
    assert recognises(path, data) is expected


COLUMNS = ["login", "name", "email", "teams", "role", "manager", "unit", "starts", "ends", "tz", "github"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), anything, max_size=6) | anything, max_size=4) | anything)
def test_any_json_gives_problems_and_never_an_exception(tree):
    reading = read("people.json", json.dumps(tree).encode())
    json.dumps([one.document for one in reading.declared])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(COLUMNS), max_size=5), st.text(alphabet='a@;,>"|\n\r \t\x002026-1', max_size=80))
def test_any_csv_gives_problems_and_never_an_exception(columns, text):
    reading = read("people.csv", (",".join(columns) + "\n" + text).encode())
    assert len({one.ref for one in reading.declared}) == len(reading.declared)

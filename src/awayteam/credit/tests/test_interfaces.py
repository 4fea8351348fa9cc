"""Credit over HTTP and on pages: the same answers, the same refusals, and nothing is shown that isn't counted."""

import json
from collections.abc import Callable
from copy import deepcopy

import pytest
from django.test import Client

from awayteam.accounts.models import User
from awayteam.credit.deriving import derive
from awayteam.credit.models import Dispute, Entry
from awayteam.credit.tests.life import Spring, ledger, spring

pytestmark = pytest.mark.django_db
SPAN = {"since": "2026-01-01", "until": "2026-12-31"}
SignIn = Callable[[str], Client]


@pytest.fixture(scope="module")
def spring_of_module(of_module: None) -> Spring:
    made = spring()
    derive(made.now)
    return made


@pytest.fixture
def lived(spring_of_module: Spring, db: None, monkeypatch: pytest.MonkeyPatch) -> Spring:
    made = deepcopy(spring_of_module)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.now)
    return made


@pytest.fixture
def as_(lived: Spring) -> SignIn:
    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(User.objects.create_user(name, person=lived.town.person(name)))
        return client

    return sign_in


def _post(client: Client, address: str, body: dict[str, object], **headers: str) -> tuple[int, dict[str, object]]:
    answer = client.post(f"/api/v1/credit{address}", json.dumps(body), "application/json", headers=headers)
    return answer.status_code, answer.json()


def test_totals_of_a_unit_and_of_a_person(as_: SignIn) -> None:
    sam = as_("sam")
    found = sam.get("/api/v1/credit", {"team": "commerce", **SPAN}).json()
    assert {one["kind"]: (one["entries"], one["quantity"]) for one in found["totals"] if one["entries"]} == {
        "engagement-completed": (1, "12.00"), "pledged-hours": (1, "1.50"), "reuse": (1, "1.00"),
        "downstream": (1, "40.00"), "thanks": (1, "1.00"),
    }  # fmt: skip
    assert {part["team"] for part in found["parts"]} == {"group:default/orders", "group:default/payments"}
    assert "total" not in found, "there is no sum over kinds"
    olga = sam.get("/api/v1/credit", {"person": "olga", **SPAN}).json()
    assert {one["kind"] for one in olga["totals"] if one["entries"]} == {"pledged-hours", "thanks"}


def test_entries_go_page_by_page_and_name_their_evidence(as_: SignIn) -> None:
    sam, seen, cursor = as_("sam"), [], ""
    while True:
        page = sam.get("/api/v1/credit/entries", {"limit": 2, **SPAN, **({"cursor": cursor} if cursor else {})}).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert [one["id"] for one in seen] == list(Entry.objects.order_by("-at", "-pk").values_list("pk", flat=True))
    assert all(one["evidence_id"] for one in seen)


def test_a_dispute_from_the_interface_and_its_end_on_the_page(lived: Spring, as_: SignIn) -> None:
    entry = Entry.objects.get(kind="engagement-completed")
    oscar, mona = as_("oscar"), as_("mona")
    status, made = _post(oscar, f"/entries/{entry.pk}/dispute", {"words": "On holiday."})
    assert (status, made["state"], made["turn_person"]) == (201, "open", "user:default/mona")
    assert made["may"] == ["take-back"]
    page = mona.get(f"/credit/disputes/{made['id']}/").content.decode()
    assert "Withdraw the entry" in page
    gone = mona.post(f"/credit/disputes/{made['id']}/withdraw-entry/", {"words": "He was."})
    assert (gone.status_code, gone["Location"]) == (303, f"/credit/disputes/{made['id']}/")
    shown = oscar.get(f"/api/v1/credit/entries/{entry.pk}").json()
    assert (shown["withdrawn_why"], shown["may_dispute"]) == ("He was.", False)
    assert "withdrawn" in oscar.get(f"/credit/entries/{entry.pk}/").content.decode()


def test_what_changed_since_is_not_decided(lived: Spring, as_: SignIn) -> None:
    entry, mona = Entry.objects.get(kind="engagement-completed"), as_("mona")
    _, made = _post(as_("oscar"), f"/entries/{entry.pk}/dispute", {"words": "On holiday."})
    tag = mona.get(f"/api/v1/credit/disputes/{made['id']}")["ETag"]
    assert _post(mona, f"/disputes/{made['id']}/uphold", {"words": "No."}, **{"If-Match": '"other"'})[0] == 412
    assert Dispute.objects.get().state == "open"
    assert _post(mona, f"/disputes/{made['id']}/uphold", {"words": "No."}, **{"If-Match": tag})[0] == 200


def test_thanks_from_the_interface_and_the_page(lived: Spring, as_: SignIn) -> None:
    paul, body = as_("paul"), {"about_kind": "engagement", "about_id": lived.visit.pk, "words": "Late nights."}
    status, made = _post(paul, "/thanks", {"person": "oscar", **body})
    assert (status, made["kind"], made["given_by"]) == (201, "thanks", "user:default/paul")
    assert _post(paul, "/thanks", {"person": "oscar", **body})[0] == 409
    assert _post(paul, "/thanks", {"person": "paul", **body})[0] == 403
    assert _post(paul, "/thanks", {"person": "nobody", **body})[0] == 404
    form = f"/credit/thank/?about=engagement:{lived.visit.pk}"
    assert "Oscar" in paul.get(form).content.decode() or "oscar" in paul.get(form).content.decode()
    said = paul.post(form, {"person": lived.town.person("mona").ref, "words": "For the week that she gave us."})
    assert said.status_code == 303
    assert "For the week that she gave us." in paul.get(said["Location"]).content.decode()
    assert paul.post(form, {"person": lived.town.person("mona").ref, "words": ""}).status_code == 422


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/credit/thank/", 422), ("/credit/thank/?about=team:1", 422), ("/credit/thank/?about=engagement:99999", 404),
        ("/credit/?since=yesterday", 422), ("/credit/?kind=gold", 422),
        ("/credit/?since=2026-02-01&until=2026-01-01", 422),
        ("/credit/of/default/nobody/", 404), ("/credit/entries/99999/", 404), ("/credit/disputes/99999/", 404),
        ("/credit/?person=nobody", 404),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_says_why(as_: SignIn, address: str, status: int) -> None:
    before = ledger()
    assert as_("sam").get(address).status_code == status
    assert ledger() == before


def test_files_hold_what_the_page_counts(as_: SignIn) -> None:
    sam = as_("sam")
    lines = b"".join(sam.get("/credit/", {"format": "csv", **SPAN}).streaming_content).decode().splitlines()
    assert len(lines) == 1 + Entry.objects.count()
    assert len(sam.get("/credit/", {"format": "json", **SPAN}).json()["items"]) == Entry.objects.count()
    only = sam.get("/credit/", {"format": "json", "kind": "thanks", **SPAN}).json()["items"]
    assert [one["kind"] for one in only] == ["thanks"]


def test_people_teams_and_visits_show_their_credit(lived: Spring, as_: SignIn) -> None:
    sam = as_("sam")
    for address in ("/people/default/olga/", "/teams/default/payments/", f"/engagements/{lived.visit.pk}/"):
        page = sam.get(address).content.decode()
        assert 'id="panel-credit"' in page, address
    assert "Thank somebody" in page


def test_nobody_signed_in_sees_no_credit(lived: Spring) -> None:
    assert Client().get("/credit/").status_code == 302
    assert Client().get("/api/v1/credit").status_code == 401

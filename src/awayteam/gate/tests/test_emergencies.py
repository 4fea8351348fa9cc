"""An emergency: who may let a change in, for what, until when; it is public, and what is denied changes nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.gate.actions import allow_in_emergency, judge, record
from awayteam.gate.change import Author
from awayteam.gate.models import Change, Passage
from awayteam.gate.tests.yard import HEAD, MONDAY, NEXT, Yard, files, lay_out, ref, told
from awayteam.kernel.actor import ANONYMOUS, SYSTEM
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Membership, Role
from awayteam.reviews import queries as reviews
from awayteam.reviews.models import RegisterEntry

pytestmark = pytest.mark.django_db
WHY = "Customers can't pay."
LATER = MONDAY + timedelta(minutes=5)


@pytest.fixture
def yard() -> Yard:
    yard = lay_out()
    town = yard.village.town
    Membership.objects.create(team=town.team("orders"), person=town.person("ann"), role=Role.LEAD)
    return yard


def everything() -> dict[str, Any]:
    return {
        model._meta.label: sorted(map(str, model._default_manager.values_list(*_columns(model))))
        for model in apps.get_models()
    }


def _columns(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def test_the_lead_of_the_home_team_lets_one_head_in_in_public(yard: Yard) -> None:
    change = yard.judged().change
    judged = allow_in_emergency(actor=yard.actor("ann"), change=change, reason=WHY, now=LATER, head=HEAD)
    assert (judged.verdict.outcome, judged.verdict.until) == ("allowed", LATER + timedelta(hours=4))
    assert (judged.judgement.cause, judged.is_new, judged.again_at) == ("emergency", True, judged.verdict.until)
    passage = Passage.objects.get()
    entry = passage.entry
    assert (entry.kind, entry.reason, entry.team.name, entry.decider_label) == ("emergency", WHY, "orders", "ann")
    assert (entry.title, entry.data) == (
        "orders #12: Refund lines", [{"words": "The change", "url": "https://forge.example/orders/12"}],
    )  # fmt: skip
    names = set(Event.objects.filter(at=LATER).values_list("name", flat=True))
    assert {"register.entered", "change.passed", "change.judged"} <= names
    told_to = set(Notification.objects.filter(event="register.entered").values_list("person__name", flat=True))
    assert {"mona", "dana"} <= told_to


def test_it_ends_with_its_time_and_with_a_push(yard: Yard) -> None:
    change = yard.tell()
    allow_in_emergency(actor=yard.actor("mona"), change=change, reason=WHY, now=MONDAY)
    end = MONDAY + timedelta(minutes=240)
    assert judge(change=change, now=end - timedelta(seconds=1)).verdict.is_allowed
    assert judge(change=change, now=end).verdict.outcome == "waiting"
    allow_in_emergency(actor=yard.actor("mona"), change=change, reason=WHY, now=end)
    record(told=told(head=NEXT, at=end), now=end)
    assert judge(change=change, now=end).verdict.outcome == "waiting"


def test_it_lets_in_no_other_change_with_the_same_head(yard: Yard) -> None:
    allow_in_emergency(actor=yard.actor("ann"), change=yard.tell(), reason=WHY, now=MONDAY)
    other = yard.tell("refunds/lines.py", "search/index.py", origin="forge:2")
    assert judge(change=other, now=MONDAY).verdict.outcome == "waiting"


@pytest.mark.parametrize("who", ["paul", "pia", "oscar", "olga", "sam", "sue"])
def test_others_may_not_and_nothing_is_changed(yard: Yard, who: str) -> None:
    change = yard.judged().change
    actor = yard.actor(who)
    before = everything()
    with pytest.raises(NotAllowed):
        allow_in_emergency(actor=actor, change=change, reason=WHY, now=LATER)
    assert everything() == before


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"actor": ANONYMOUS}, NotFound), ({"actor": SYSTEM}, NotAllowed), ({"reason": "  "}, InvalidInput),
        ({"reason": "x" * 2_001}, InvalidInput), ({"head": NEXT}, Conflict),
    ],
)  # fmt: skip
def test_what_is_refused_changes_nothing(yard: Yard, more: dict[str, Any], refusal: type[AwayteamError]) -> None:
    change = yard.judged().change
    given: dict[str, Any] = {"actor": yard.actor("ann"), "change": change, "reason": WHY, "now": LATER, **more}
    before = everything()
    with pytest.raises(refusal):
        allow_in_emergency(**given)
    assert everything() == before


def test_a_token_that_only_reads_lets_nothing_in(yard: Yard) -> None:
    change = yard.judged().change
    actor = replace(yard.actor("ann"), scopes=frozenset({"read"}))
    before = everything()
    with pytest.raises(NotAllowed):
        allow_in_emergency(actor=actor, change=change, reason=WHY, now=LATER)
    assert everything() == before


def test_what_may_go_in_and_what_is_over_needs_none(yard: Yard) -> None:
    change = yard.tell()
    yard.review(change, "olga")
    with pytest.raises(Conflict):
        allow_in_emergency(actor=yard.actor("ann"), change=change, reason=WHY, now=LATER)
    closed = yard.tell(origin_key="9", stand="closed")
    with pytest.raises(NotAllowed):
        allow_in_emergency(actor=yard.actor("ann"), change=closed, reason=WHY, now=LATER)
    assert not Passage.objects.exists()


def test_a_lead_of_one_part_does_not_let_in_the_parts_of_others(yard: Yard) -> None:
    many = [f"refunds/{number}.py" for number in range(20)]
    change = yard.tell(*many, "search/index.py", by="paul")
    with pytest.raises(NotAllowed):
        allow_in_emergency(actor=yard.actor("ann"), change=change, reason=WHY, now=MONDAY)
    with pytest.raises(NotAllowed):
        allow_in_emergency(actor=yard.actor("mona"), change=change, reason=WHY, now=MONDAY)
    assert allow_in_emergency(
        actor=yard.actor("dana"), change=change, reason=WHY, now=MONDAY
    ).verdict.is_allowed  # who manages the units of both


def test_what_nobody_owns_or_knows_is_for_administrators(yard: Yard) -> None:
    free = yard.tell("free.txt", by="oscar")
    unknown = yard.tell(origin_key="8", rule_files=None)
    User.objects.create_user("sam", person=yard.village.person("sam"), is_superuser=True)
    for change in (free, unknown):
        with pytest.raises(NotAllowed):
            allow_in_emergency(actor=yard.actor("dana"), change=change, reason=WHY, now=MONDAY)
        administrator = replace(yard.actor("sam"), is_administrator=True)
        assert allow_in_emergency(actor=administrator, change=change, reason=WHY, now=MONDAY).verdict.is_allowed
    assert {one.team.name for one in RegisterEntry.objects.all()} == {"search"}


def test_the_rulebook_may_name_people_teams_or_nobody(yard: Yard, rulebook: Any) -> None:
    change = yard.tell()
    rulebook("[gate]\nemergency = ['user:default/sue', 'group:default/payments']\nemergency_minutes = 5\n")
    with pytest.raises(NotAllowed):
        allow_in_emergency(actor=yard.actor("ann"), change=change, reason=WHY, now=MONDAY)
    judged = allow_in_emergency(actor=yard.actor("sue"), change=change, reason=WHY, now=MONDAY)
    assert judged.verdict.until == MONDAY + timedelta(minutes=5)
    allow_in_emergency(actor=yard.actor("pia"), change=yard.tell(origin_key="8"), reason=WHY, now=MONDAY)
    rulebook("[gate]\nemergency = []\n")
    with pytest.raises(NotAllowed):
        allow_in_emergency(actor=yard.actor("sue"), change=yard.tell(origin_key="9"), reason=WHY, now=MONDAY)


def test_neither_it_nor_its_entry_is_ever_changed(yard: Yard) -> None:
    allow_in_emergency(actor=yard.actor("ann"), change=yard.tell(), reason=WHY, now=MONDAY)
    for statement in (
        "UPDATE gate_passage SET reason = 'x'", "DELETE FROM gate_passage",
        "UPDATE reviews_registerentry SET reason = 'x'", "DELETE FROM reviews_registerentry",
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_if_the_verdict_can_not_be_written_there_is_no_entry_either(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    change = yard.tell()

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("awayteam.gate.actions.judging.write", fail)
    with pytest.raises(RuntimeError):
        allow_in_emergency(actor=yard.actor("ann"), change=change, reason=WHY, now=MONDAY)
    assert not RegisterEntry.objects.exists()
    assert not Passage.objects.exists()


def test_what_is_restricted_is_not_named_in_the_register(yard: Yard) -> None:
    Entity.objects.filter(pk=yard.village.service.pk).update(restricted=True)
    change = yard.judged().change
    allow_in_emergency(actor=yard.actor("ann"), change=change, reason=WHY, now=LATER)
    [row] = reviews.register(yard.actor("sam"), reviews.RegisterFilter()).items
    assert (row.hidden, row.title, row.reason, row.practice, row.data) == (True, "Something restricted", "", "", ())
    text = " ".join(Notification.objects.values_list("text", flat=True))
    assert "Refund lines" not in text


def test_it_may_be_of_a_change_of_own_work_and_of_rules_that_changed(yard: Yard) -> None:
    change = yard.tell("refunds/x.py", by="olga", hands=(Author(ref("ann"), "ann"),), rule_files=files("* @orders\n"))
    judged = allow_in_emergency(actor=yard.actor("ann"), change=change, reason=WHY, now=MONDAY)
    assert judged.verdict.is_allowed
    assert Change.objects.get().home_team == yard.village.town.team("orders")

"""Letting things send: who may, what is kept of a token, and what the command prints."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from awayteam.catalog.tests.world import team
from awayteam.cli.main import main
from awayteam.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Event
from awayteam.organisation.models import Team
from awayteam.usage.actions.senders import add_sender, disable_sender
from awayteam.usage.models import Sender
from awayteam.usage.permissions import visible_senders
from awayteam.usage.receiving.senders import Tokens, digest_of

pytestmark = pytest.mark.django_db
AT = datetime(2027, 1, 15, 8, tzinfo=UTC)


@pytest.fixture
def money() -> Team:
    return Team.objects.get(pk=team("money").team_id)


def person(**more: Any) -> Actor:
    return Actor(kind=ActorKind.PERSON, label="somebody", person_id=None, **more)


def test_administrators_and_leads_for_their_own_team_add_and_disable(money: Team) -> None:
    lead = person(teams=frozenset({money.pk}), leads=frozenset({money.pk}))
    made = add_sender(actor=lead, now=AT, name=" collector-eu ", team=money, scopes=["traces", "traces"], sampling=0.1)
    row = Sender.objects.get()
    assert (row.name, row.team, row.scopes, row.sampling) == ("collector-eu", money, ["traces"], 0.1)
    assert row.digest == digest_of(made.token)
    assert made.token.startswith(row.prefix)
    assert made.token not in json.dumps(list(Event.objects.values_list("data", flat=True)))
    assert Tokens().known(made.token) is not None
    member = person(teams=frozenset({money.pk}))
    assert [one.name for one in visible_senders(member, Sender.objects.all())] == ["collector-eu"]
    assert not visible_senders(person(), Sender.objects.all())
    disable_sender(actor=lead, now=AT, name="collector-eu", reason="moved")
    assert Tokens().known(made.token) is None
    assert list(Event.objects.order_by("pk").values_list("name", "subject_label", "reason")) == [
        ("sender.added", "collector-eu", ""), ("sender.disabled", "collector-eu", "moved"),
    ]  # fmt: skip


def test_others_are_refused_and_nothing_changes(money: Team) -> None:
    add_sender(actor=SYSTEM, now=AT, name="collector", team=money)
    before = list(Sender.objects.values()), Event.objects.count()
    other = person(teams=frozenset({-1}), leads=frozenset({-1}), manages=frozenset({-2}))
    reading = person(leads=frozenset({money.pk}), scopes=frozenset({"read"}))
    for actor in (ANONYMOUS, person(), person(teams=frozenset({money.pk})), other, reading):
        with pytest.raises(NotAllowed):
            add_sender(actor=actor, now=AT, name="mine", team=money)
        with pytest.raises(NotAllowed):
            disable_sender(actor=actor, now=AT, name="collector")
    with pytest.raises(NotAllowed):
        add_sender(actor=person(leads=frozenset({money.pk})), now=AT, name="nobody's")
    assert (list(Sender.objects.values()), Event.objects.count()) == before


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": ""}, InvalidInput), ({"name": "x" * 101}, InvalidInput), ({"name": "a\nb"}, InvalidInput),
        ({"scopes": ["logs"]}, InvalidInput), ({"sampling": 0.0}, InvalidInput), ({"sampling": 1.5}, InvalidInput),
        ({"name": "collector"}, Conflict),
    ],
)  # fmt: skip
def test_what_can_t_be_is_said_and_nothing_changes(given: dict[str, Any], error: type[AwayteamError]) -> None:
    add_sender(actor=SYSTEM, now=AT, name="collector")
    with pytest.raises(error):
        add_sender(actor=SYSTEM, now=AT, **{"name": "another", **given})
    assert (Sender.objects.count(), Event.objects.count()) == (1, 1)


def test_disabling_twice_or_nobody_is_said() -> None:
    add_sender(actor=SYSTEM, now=AT, name="collector")
    disable_sender(actor=SYSTEM, now=AT, name="collector")
    with pytest.raises(Conflict):
        disable_sender(actor=SYSTEM, now=AT, name="collector")
    with pytest.raises(NotFound):
        disable_sender(actor=SYSTEM, now=AT, name="nobody")
    assert Event.objects.count() == 2


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    with pytest.raises(SystemExit) as left:
        main(["usage", "sender", *words])
    said = capsys.readouterr()
    assert not left.value.code, said.err
    return said.out, said.err


def test_the_command_prints_the_token_once_and_what_to_paste(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, money: Team
) -> None:
    monkeypatch.setattr("awayteam.cli.usage_senders.django", lambda: None)
    out, err = run(capsys, "add", "collector", "--team", money.ref, "--scope", "traces", "--sampling", "0.5")
    token = out.strip()
    assert Tokens().known(token) is not None
    assert f'OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20{token}"' in err
    assert f"Authorization: Bearer {token}" in err
    made = json.loads(run(capsys, "add", "mesh", "--json")[0])
    assert (made["name"], Tokens().known(made["token"]) is not None) == ("mesh", True)
    out, err = run(capsys, "list")
    assert token not in out + err
    assert out.splitlines()[0].split("\t")[:3] == ["collector", str(money), "traces"]
    assert [one["name"] for one in json.loads(run(capsys, "list", "--json")[0])] == ["collector", "mesh"]
    assert json.loads(run(capsys, "disable", "mesh", "--json")[0])["disabled_at"]
    assert "nothing any more" in run(capsys, "disable", "collector")[0]
    assert "disabled" in run(capsys, "list")[0]

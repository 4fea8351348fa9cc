"""Whatever a model says of its table is what the database keeps, and the doctor names what it doesn't."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from awayteam.cli.main import main
from awayteam.engagements.models import Contract, Engagement, Signature
from awayteam.engagements.tests.village import NOON, settle
from awayteam.kernel import appendonly, backup
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.appendonly import gaps, kept, lifted
from awayteam.kernel.doctor import Health, examine, mend
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.models import Event

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
GUARDED = [
    (table, trigger)
    for table, one in sorted(kept.items())
    for trigger in one.statements("postgresql").keys() | one.statements("sqlite").keys()
]


def _sql(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def _drop(table: str, trigger: str) -> None:
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    _sql(f"DROP TRIGGER {trigger}{on_table}")


def test_every_table_with_a_trigger_is_known_and_has_all_of_them() -> None:
    assert gaps(connection) == []
    found = {table for table, _name in appendonly._triggers(connection)}
    assert found == set(kept)
    assert set(kept) == {
        "engagements_contract", "engagements_signature", "engagements_standard", "experiments_epoch",
        "experiments_registration", "flags_definition", "gate_judgement", "gate_passage",
        "kernel_event", "reviews_opinion", "reviews_registerentry", "reviews_registerstep",
    }  # fmt: skip


def test_what_models_name_are_their_columns() -> None:
    columns = {
        model._meta.db_table: {field.column for field in model._meta.concrete_fields} for model in apps.get_models()
    }
    assert {table: sorted(set(one.columns) - columns[table]) for table, one in kept.items()} == {
        key: [] for key in kept
    }


@pytest.mark.parametrize(("table", "trigger"), sorted(GUARDED))
def test_the_doctor_names_the_table_that_lost_a_guard_and_mends_it(table: str, trigger: str) -> None:
    if trigger not in kept[table].statements(connection.vendor):
        assert (table, trigger) not in appendonly._triggers(connection)
        return
    _drop(table, trigger)
    [bad] = [one for one in examine(NOW) if one.subject.startswith("append-only")]
    assert (bad.subject, bad.health) == (f"append-only table {table}", Health.BAD)
    assert bad.finding == f"the trigger {trigger} is missing or asleep"
    assert "awayteam doctor --mend" in bad.advice
    assert mend(actor=SYSTEM, now=NOW) == [f"{table}: the trigger {trigger} is missing or asleep"]
    assert gaps(connection) == []
    event = Event.objects.get(name="guards.restored")
    assert event.data["gaps"] == [f"{table}: the trigger {trigger} is missing or asleep"]
    assert mend(actor=SYSTEM, now=NOW) == []
    assert Event.objects.filter(name="guards.restored").count() == 1


def test_a_trigger_that_looks_at_fewer_columns_is_noticed() -> None:
    _drop("engagements_contract", "engagements_contract_frozen")
    columns = [column for column in kept["engagements_contract"].columns if column != "sha256"]
    made = appendonly.triggers_of(connection.vendor, "engagements_contract", columns)
    _sql(made["engagements_contract_frozen"])
    [gap] = gaps(connection)
    assert gap.table == "engagements_contract"
    assert ("sha256" if connection.vendor == "postgresql" else "was changed") in gap.what
    contract = Contract.objects.get(engagement=settle().agreed())
    Contract.objects.filter(pk=contract.pk).update(sha256="0" * 64)  # nothing refuses it
    mend(actor=SYSTEM, now=NOW)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(sha256="1" * 64)


def test_a_trigger_that_sleeps_or_whose_function_does_nothing_is_noticed() -> None:
    if connection.vendor != "postgresql":
        _drop("kernel_event", "kernel_event_no_update")
        _sql("CREATE TRIGGER kernel_event_no_update BEFORE UPDATE ON kernel_event BEGIN SELECT 1; END")
        assert [(gap.table, gap.what) for gap in gaps(connection)] == [
            ("kernel_event", "the trigger kernel_event_no_update was changed")
        ]
        return
    _sql("ALTER TABLE kernel_event DISABLE TRIGGER kernel_event_append_only")
    assert [gap.trigger for gap in gaps(connection)] == ["kernel_event_append_only"]
    mend(actor=SYSTEM, now=NOW)
    empty = "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
    _sql(empty.format("awayteam_refuse_change"))
    assert {gap.table for gap in gaps(connection)} == set(kept)
    assert "what the trigger kernel_event_append_only calls was changed" in {gap.what for gap in gaps(connection)}
    mend(actor=SYSTEM, now=NOW)
    _sql(empty.format("awayteam_refuse_proposed"))
    assert [gap.trigger for gap in gaps(connection)] == ["engagements_standard_no_delete"]
    mend(actor=SYSTEM, now=NOW)
    assert gaps(connection) == []


_CALL = "EXECUTE FUNCTION awayteam_refuse_change()"
_ROWS = f"FOR EACH ROW {_CALL}"
WEAKER = {
    "awake on replicas only": ("append_only", "ALTER TABLE kernel_event ENABLE REPLICA TRIGGER {name}", "asleep"),
    "for deletions only": ("append_only", f"CREATE TRIGGER {{name}} BEFORE DELETE ON kernel_event {_ROWS}", "changed"),
    "for other columns": (
        "append_only", f"CREATE TRIGGER {{name}} BEFORE DELETE OR UPDATE OF id ON kernel_event {_ROWS}", "changed"
    ),
    "never": (
        "append_only",
        "CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON kernel_event FOR EACH ROW WHEN (false) " + _CALL,
        "changed",
    ),
    "afterwards": ("append_only", f"CREATE TRIGGER {{name}} AFTER UPDATE OR DELETE ON kernel_event {_ROWS}", "changed"),
    "once for all rows": (
        "append_only", f"CREATE TRIGGER {{name}} BEFORE UPDATE OR DELETE ON kernel_event {_CALL}", "changed"
    ),
    "for something else": (
        "no_truncate", f"CREATE TRIGGER {{name}} BEFORE INSERT ON kernel_event {_CALL}", "changed"
    ),
}  # fmt: skip


@pytest.mark.parametrize("weaker", sorted(WEAKER))
def test_a_trigger_of_postgresql_that_refuses_less_is_noticed(weaker: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("triggers of PostgreSQL")
    key, statement, says = WEAKER[weaker]
    name = f"kernel_event_{key}"
    if statement.startswith("CREATE"):
        _drop("kernel_event", name)
    _sql(statement.format(name=name))
    [gap] = mend(actor=SYSTEM, now=NOW)
    assert gap.startswith(f"kernel_event: the trigger {name} ")
    assert gap.endswith(says)
    assert gaps(connection) == []


@pytest.mark.parametrize(
    "condition", ["OLD.sha256::char(1) IS DISTINCT FROM NEW.sha256::char(1)", "{all} AND false", "NOT ({all})"]
)
def test_a_trigger_of_postgresql_that_looks_less_closely_is_noticed(condition: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("triggers of PostgreSQL")
    table, name = "engagements_contract", "engagements_contract_frozen"
    every = appendonly.condition("postgresql", kept[table].columns)
    _drop(table, name)
    _sql(f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({condition.format(all=every)}) {_CALL}")
    assert [(gap.table, gap.trigger) for gap in gaps(connection)] == [(table, name)]
    mend(actor=SYSTEM, now=NOW)
    assert gaps(connection) == []


@pytest.mark.parametrize("body", ["RETURN NEW; RAISE EXCEPTION 'no';", "RAISE NOTICE 'RAISE EXCEPTION'; RETURN NEW;"])
def test_a_function_of_postgresql_that_only_names_an_exception_is_noticed(body: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("functions of PostgreSQL")
    head = "CREATE OR REPLACE FUNCTION awayteam_refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
    _sql(f"{head} $$ BEGIN {body} END $$")
    assert {gap.table for gap in gaps(connection)} == set(kept)
    mend(actor=SYSTEM, now=NOW)
    assert gaps(connection) == []


def test_what_cannot_be_mended_is_a_finding_and_the_rest_is_examined(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_connection: object) -> list[appendonly.Gap]:
        _sql("CREATE TRIGGER nothing")
        return []

    monkeypatch.setattr("awayteam.cli.setup.django", lambda **_options: None)
    monkeypatch.setattr(appendonly, "mend", fail)
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--json", "--mend"])
    found = {one["subject"]: one for one in json.loads(capsys.readouterr().out)}
    assert (ended.value.code, found["mending"]["health"]) == (1, "bad")
    assert found["mending"]["finding"].startswith("nothing was put back: ")
    assert found["append-only tables"]["health"] == "good"
    assert not Event.objects.filter(name="guards.restored").exists()


def test_by_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("awayteam.cli.setup.django", lambda **_options: None)
    _drop("reviews_opinion", next(iter(kept["reviews_opinion"].statements(connection.vendor))))

    def run(*arguments: str) -> tuple[dict[str, str], str]:
        with pytest.raises(SystemExit):
            main(["doctor", "--json", *arguments])
        said = capsys.readouterr()
        return {one["subject"]: one["health"] for one in json.loads(said.out)}, said.err

    found, _said = run()
    assert found["append-only table reviews_opinion"] == "bad"
    found, said = run("--mend")
    assert said.startswith("Put back: reviews_opinion: the trigger reviews_opinion_")
    assert found["append-only tables"] == "good"


@pytest.mark.parametrize("lost", [False, True])
def test_a_backup_takes_the_place_of_signed_contracts(lost: bool, tmp_path: Path, settings: Any) -> None:
    settings.DATA = tmp_path / "data"
    settings.DATA.mkdir()
    village = settle()
    row = village.agreed()
    signed = list(Signature.objects.values())
    made = backup.write(tmp_path / "b.tar.gz", now=NOON)
    other = village.agreed(title="Another")
    if lost:
        _drop("kernel_event", next(iter(kept["kernel_event"].statements(connection.vendor))))
    assert backup.restore(tmp_path / "b.tar.gz", replace=True) == made.rows
    assert list(Engagement.objects.values_list("pk", flat=True)) == [row.pk]
    assert not Contract.objects.filter(engagement=other.pk).exists()
    assert list(Signature.objects.values()) == signed
    assert gaps(connection) == []
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Signature.objects.all().delete()


def _in_python() -> None:
    raise InvalidInput("something else")


def _in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")


@pytest.mark.parametrize(("fail", "error"), [(_in_python, InvalidInput), (_in_the_database, DatabaseError)])
def test_what_was_lifted_is_back_where_it_failed(fail: Callable[[], None], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"something else|nothing|nowhere"), transaction.atomic(), lifted(connection):
        fail()
    assert gaps(connection) == []

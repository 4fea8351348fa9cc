"""The store of counts: what is put in comes out once, in time, in few files, and on both databases."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.usage import spool
from awayteam.usage.counts import BOUNDS_MS, CLASSES, Count, CountKey, Counts, class_of, percentile
from awayteam.usage.edges import OTHER
from awayteam.usage.models import Applied, Coverage, Edge, Grain, Name, Operation, Part, Sender
from awayteam.usage.pairing import Call
from awayteam.usage.store import compacting, files, latency, owner, publishing, reading, summing
from awayteam.usage.tests.land import HOUR, NOW, count, counts, days, stored

TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path


def sums(since: date = TODAY - timedelta(days=395), until: date = TODAY) -> dict[tuple[str, str, str, str], float]:
    names = dict(Name.objects.values_list("pk", "text"))
    operations = dict(Operation.objects.values_list("pk", "text"))
    found = {}
    for one in reading.totals(since, until):
        key = (names[one.consumer], names[one.provider], operations[one.operation], str(one.source))
        found[key] = one.calls
    return found


def test_a_class_is_the_first_whose_bound_is_not_exceeded() -> None:
    assert [class_of(one) for one in (0, 0.4, 1, 1.1, 2, 2.5, 4, 16_384, 16_385, 1e9)] == [
        0, 0, 0, 1, 1, 2, 2, 14, 15, 15,
    ]  # fmt: skip


def test_percentiles_lie_in_a_straight_line_within_a_class() -> None:
    assert percentile([0] * CLASSES, 0.5) is None
    assert percentile([0, 0, 0, 10, *[0] * 12], 0.5) == 6.0
    assert percentile([0] * 15 + [4], 1.0) == 2 * BOUNDS_MS[-1]


def test_calls_become_counts_and_odd_clocks_count_in_the_hour_given() -> None:
    made = Counts()
    at = HOUR * 3600 * 10**9 + 5
    calls = [
        Call("shop", "pay", "POST /pay", "service", at, True, 0, 3_000_000, 0.5),
        Call("shop", "pay", "POST /pay", "service", at + 7, False, 9_000_000, 0, None),
        Call("shop", "pay", "POST /pay", "service", 12, False, 0, 0, 1.0),
    ]
    made.count(calls, "otlp", hour=HOUR - 1)
    latency_ = [0] * CLASSES
    latency_[2] = latency_[4] = 1
    assert made.rows == {
        CountKey(HOUR, "shop", "pay", "POST /pay", "service", "otlp"): Count(2, 3.0, 2.0, latency_, None, at, at + 7),
        CountKey(HOUR - 1, "shop", "pay", "POST /pay", "service", "otlp"): Count(1, 1.0, 0.0, [], 1.0, 0, 0),
    }
    assert made.tallies == {("otlp", (HOUR - 1) // 24): {"odd_times": 1}}


def test_what_is_beyond_the_caps_stands_together_and_is_told() -> None:
    made = Counts(most_operations=2, most_services=3)
    for number in range(4):
        made.merge(counts(("shop", "pay", f"GET /{number}", 5)))
    made.merge(counts(("shop", "ledger", "GET /", 1)))
    made.merge(counts(("shop", "stock", "GET /", 2)))
    assert {(key.provider, key.operation): one.seen for key, one in made.rows.items()} == {
        ("pay", "GET /0"): 5, ("pay", "GET /1"): 5, ("pay", OTHER): 10, ("ledger", "GET /"): 1, (OTHER, OTHER): 2,
    }  # fmt: skip
    assert made.capped == {"pay": 10, "": 2}
    assert made.tallies["otlp", HOUR // 24]["capped"] == 12
    with pytest.raises(ValueError, match="no such tally: pears"):
        made.tell("otlp", 1, {"pears": 1})


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=CLASSES, max_size=CLASSES), min_size=1, max_size=5))
def test_packed_latencies_keep_shares_within_a_quarter(rows: list[list[int]]) -> None:
    words = latency.packed(rows)
    back = latency.unpacked(words)
    for row, share in zip(np.array(rows, float), back, strict=True):
        if not row.sum():
            assert share.sum() == 0
            continue
        assert share.sum() == pytest.approx(1)
        big = row / row.sum() >= 1 / 200
        wanted = row[big] / row.sum()
        assert np.all(share[big] >= wanted / 1.6)
        assert np.all(share[big] <= wanted * 1.6)
        assert np.all((share > 0) == (row > 0))


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
KEYS = st.builds(
    CountKey, st.integers(0, 10**6), NAMES, NAMES, NAMES, st.sampled_from(["service", "messaging"]), NAMES
)  # fmt: skip
SOME = st.builds(
    Count, st.integers(0, 10**9), st.floats(0, 1e9), st.floats(0, 1e9), st.just([]) | st.just([1] * CLASSES),
    st.none() | st.floats(0.001, 1), st.integers(0, 2**62), st.integers(0, 2**62),
)  # fmt: skip


@given(st.dictionaries(KEYS, SOME, max_size=5))
def test_a_segment_reads_as_it_was_written(rows: dict[CountKey, Count]) -> None:
    import tempfile

    made = Counts()
    for key, one in rows.items():
        made.add(key, one)
    made.tell("otlp", 7, {"spans": 3})
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "one"
        path.write_bytes(spool.packed(spool.Segment("a", "collector", made)))
        back = spool.read(path)
    assert (back.id, back.sender, back.counts.rows) == ("a", "collector", made.rows)
    assert back.counts.tallies == made.tallies


def test_a_segment_that_is_none_is_refused_and_told(tmp_path: Path) -> None:
    whole = spool.packed(spool.Segment("a", "", counts(("shop", "pay", "GET /", 1))))
    for broken in (b"", b"no", whole[:-9], spool.zlib.compress(b"{}"), spool.zlib.compress(b'{"format": 9}')):
        path = tmp_path / "one"
        path.write_bytes(broken)
        with pytest.raises(spool.BadSegment):
            spool.read(path)


def test_a_full_spool_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MOST_BYTES", 10)
    spool.put(counts(("shop", "pay", "GET /", 1)), sender="")
    with pytest.raises(spool.SpoolFull, match="is a worker running"):
        spool.put(counts(("shop", "pay", "GET /", 1)), sender="")
    assert len(spool.waiting()) == 1


@pytest.mark.django_db
def test_what_is_put_in_comes_out() -> None:
    stored(
        counts(("shop", "pay", "POST /pay", 40), ("shop", "pay", "GET /pay/{id}", 10), failed=2),
        counts(("shop", "pay", "POST /pay", 2), hour=HOUR - 24, probability=0.5),
        days(("cart", "pay", "POST /pay", 7), back=[3, 40]),
        now=NOW,
    )
    assert sums() == {
        ("shop", "pay", "POST /pay", str(_source())): 44.0,
        ("shop", "pay", "GET /pay/{id}", str(_source())): 10.0,
        ("cart", "pay", "POST /pay", str(_source())): 14.0,
    }
    edge = Edge.objects.get(consumer__text="shop", operation__text="POST /pay")
    assert (edge.calls, edge.seen, edge.failed, edge.sampling) == (44.0, 42, 2.0, 0.5)
    assert edge.last_seen == datetime.fromtimestamp(HOUR * 3600 + 1, NOW.tzinfo)
    assert edge.first_seen == datetime.fromtimestamp((HOUR - 24) * 3600, NOW.tzinfo)
    assert edge.p50_ms == pytest.approx(6.0)
    late = Edge.objects.get(consumer__text="cart")
    assert (late.calls, late.first_seen.date()) == (7.0, TODAY - timedelta(days=40))
    assert not spool.waiting()


def _source() -> int:
    return Edge.objects.values_list("source_id", flat=True).first() or 0


@pytest.mark.django_db
def test_a_batch_that_comes_again_counts_once() -> None:
    for _ in range(2):
        spool.put(counts(("shop", "pay", "GET /", 5)), sender="collector", batch="b-1")
        owner.settle(NOW)
    spool.put(counts(("shop", "pay", "GET /", 5)), sender="collector", batch="b-2")
    done = owner.settle(NOW)
    assert (done.segments, done.repeated, done.rows) == (1, 0, 1)
    assert list(sums().values()) == [10.0]
    assert Applied.objects.count() == 2
    row = Coverage.objects.get()
    assert (row.sender, row.segments, row.spans, row.paired) == ("collector", 2, 20, 10)


@pytest.mark.django_db
def test_senders_are_counted() -> None:
    Sender.objects.create(name="collector", prefix="x", digest="y", created_at=NOW)
    made = counts(("shop", "pay", "GET /", 5))
    made.tell("otlp", HOUR // 24, {"refused": 3})
    stored(made, sender="collector")
    row = Sender.objects.get()
    assert (row.accepted, row.refused, row.last_seen_at) == (10, 3, NOW)


@pytest.mark.django_db
def test_many_small_parts_become_few_and_say_the_same() -> None:
    for number in range(12):
        spool.put(counts(("shop", "pay", "GET /", number + 1), ("cart", "pay", "GET /", 2), slow=number), sender="")
        with owner.owning():
            owner.take(NOW)
    before, held = sums(), reading.totals(TODAY, TODAY, latencies=True)
    assert Part.objects.filter(retired_at=None).count() == 24
    assert compacting.compact(NOW) == 2
    assert Part.objects.filter(retired_at=None).count() == 2
    assert sums() == before
    now_held = reading.totals(TODAY, TODAY, latencies=True)
    for old, new in zip(sorted(held, key=str), sorted(now_held, key=str), strict=True):
        assert latency.percentiles(new.classes, [0.5]) == pytest.approx(
            latency.percentiles(old.classes, [0.5]), rel=0.3
        )
    stored(counts(("shop", "pay", "GET /", 1)))
    before = sums()
    assert compacting.compact(NOW) == 0, "few parts are let stand while the day goes on"
    assert compacting.compact(NOW + timedelta(days=1)) == 1, "the day is over, the month isn't"
    assert Part.objects.filter(retired_at=None, grain=Grain.HOUR).count() == 1
    assert sums() == before


@pytest.mark.django_db
def test_old_parts_go_after_a_while_and_left_over_files_too() -> None:
    stored(days(("shop", "pay", "GET /", 5), back=[0, 13, 390]))
    left = files.folder() / "hours-20260101-0000.parquet"
    left.write_bytes(b"half")
    assert sorted(Part.objects.values_list("grain", flat=True)) == [1, 1, 2, 2]
    soon = NOW + timedelta(days=7)
    compacting.expire(soon)
    assert Part.objects.filter(retired_at=None).count() == 2
    assert len(list(files.folder().glob("*.parquet"))) == 5, "the files stay for those who read them"
    import os

    for path in files.folder().glob("*.parquet"):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert compacting.expire(soon + timedelta(hours=7)) == 3
    assert {path.name for path in files.folder().glob("*.parquet")} == set(Part.objects.values_list("file", flat=True))
    assert list(sums(TODAY - timedelta(days=20)).values()) == [10.0]


@pytest.mark.django_db
def test_the_window_moves_on() -> None:
    stored(days(("shop", "pay", "GET /", 5), back=[0, 20, 29, 30]))
    assert Edge.objects.get().calls == 15
    later = NOW + timedelta(days=12)
    assert summing.is_due(later)
    assert summing.summarise(later) == 1
    assert Edge.objects.get().calls == 5
    assert not summing.is_due(later)
    summing.summarise(later + timedelta(days=40))
    edge = Edge.objects.get()
    assert (edge.calls, edge.p95_ms, edge.last_seen.date()) == (0, None, TODAY)
    compacting.expire(later + timedelta(days=500))
    assert not Edge.objects.exists()
    assert not Name.objects.exists()


@pytest.mark.django_db
def test_clocks_that_are_far_off_do_not_reach_the_store() -> None:
    made = counts(("shop", "pay", "GET /", 5), hour=HOUR + 50)
    made.merge(counts(("shop", "pay", "GET /", 3), hour=HOUR - 24 * 400))
    spool.put(made, sender="")
    done = owner.settle(NOW)
    assert (done.seen, done.too_new, done.too_old) == (8, 5, 3)
    assert sums() == {("shop", "pay", "GET /", str(_source())): 5.0}
    assert reading.series(TODAY, TODAY, grain=Grain.HOUR).calls.nonzero()[1].tolist() == [HOUR % 24]


@pytest.mark.django_db
def test_series_have_a_row_for_each_edge_and_a_column_for_each_day() -> None:
    stored(
        days(("shop", "pay", "GET /", 5), ("cart", "pay", "GET /", 2), back=[0, 2]),
        days(("shop", "pay", "GET /", 4), back=[1, 2]),
    )
    found = reading.series(TODAY - timedelta(days=3), TODAY)
    names = dict(Name.objects.values_list("pk", "text"))
    rows = {names[key[0]]: calls.tolist() for key, calls in zip(found.keys.tolist(), found.calls, strict=True)}
    assert rows == {"shop": [0, 9, 4, 5], "cart": [0, 2, 0, 2]}
    assert reading.series(TODAY, TODAY, consumers=[]).calls.shape == (0, 1)


@pytest.mark.django_db
def test_names_that_no_database_takes_are_mended() -> None:
    stored(counts(("shop\0", "", "GET /\ud800", 5)), counts(("shop\0", "x" * 900, " ", 5)))
    assert sorted(map(len, Name.objects.values_list("text", flat=True))) == [5, 10, 300]
    assert sorted(Operation.objects.values_list("text", flat=True)) == ["(nameless)", "GET /?"]


@pytest.mark.django_db
def test_a_bad_segment_is_set_aside_and_the_others_count() -> None:
    spool.put(counts(("shop", "pay", "GET /", 5)), sender="")
    (spool.folder() / "bad.segment").write_bytes(b"no")
    assert owner.settle(NOW).segments == 1
    assert [path.name for path in (spool.folder() / "refused").iterdir()] == ["bad.segment"]


@pytest.mark.django_db
def test_operations_are_capped_in_the_store_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from awayteam.usage import names

    monkeypatch.setattr(names, "MOST_OPERATIONS", 2)
    monkeypatch.setattr(names, "MOST_NAMES", 3)
    stored(counts(*[("shop", "pay", f"GET /{number}", 1) for number in range(4)]))
    stored(counts(*[("shop", "pay", f"GET /{number}", 1) for number in range(4)], ("a", "b", "c", 1)))
    assert sorted(Operation.objects.filter(provider__text="pay").values_list("text", flat=True)) == [
        OTHER, "GET /0", "GET /1",
    ]  # fmt: skip
    assert sorted(Name.objects.values_list("text", flat=True)) == [OTHER, "a", "pay", "shop"]
    assert sum(sums().values()) == 9


@pytest.mark.django_db
def test_somebody_who_published_meanwhile_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from awayteam.kernel.errors import Conflict
    from awayteam.usage.models import Standing

    stored(counts(("shop", "pay", "GET /", 5)))
    spool.put(counts(("shop", "pay", "GET /", 5)), sender="")
    write = publishing._write

    def meanwhile(*given: Any) -> Any:
        Standing.objects.update(generation=77)
        return write(*given)

    monkeypatch.setattr(publishing, "_write", meanwhile)
    with pytest.raises(Conflict), owner.owning():
        owner.take(NOW)
    assert list(sums().values()) == [5.0]
    assert len(spool.waiting()) == 1
    monkeypatch.undo()
    stored()
    assert list(sums().values()) == [10.0]


def test_a_count_of_nothing_has_no_first() -> None:
    one = count(3)
    one.add(Count(0, 0, 0, [], None, 0, 0))
    assert (one.first, one.probability) == (HOUR * 3600 * 10**9, None)


@pytest.mark.django_db
def test_a_backup_has_the_counts_and_the_doctor_knows_when_one_is_gone(tmp_path: Path) -> None:
    from awayteam.kernel import backup, doctor

    stored(counts(("shop", "pay", "GET /", 5)))
    spool.put(counts(("shop", "pay", "GET /", 3)), sender="")
    summary = backup.write(tmp_path / "b.tar.gz", now=NOW)
    assert summary.rows["usage_part"] == 2

    def health() -> list[str]:
        return [f"{one.health}: {one.finding}" for one in doctor.examine(NOW) if "of use" in one.subject]

    assert health()[0].startswith("good: 2 rows in 2 files")
    for path in (*files.folder().iterdir(), *spool.waiting()):
        path.unlink()
    assert health()[0].startswith("bad: 2 files are missing")
    backup.restore(tmp_path / "b.tar.gz", replace=True)
    assert health()[0].startswith("good: 2 rows in 2 files")
    owner.settle(NOW)
    assert list(sums().values()) == [8.0]


@pytest.mark.django_db
def test_the_worker_publishes_what_waits() -> None:
    import os

    from awayteam.usage.store import lane

    path = spool.folder() / f"{spool.put(counts(('shop', 'pay', 'GET /', 5)), sender='')}.segment"
    assert lane.work(NOW, 1, lambda: False) == 0, "others may come along"
    os.utime(path, (1, 1))
    assert lane.work(NOW, 1, lambda: False) == 1
    assert list(sums().values()) == [5.0]
    with owner.owning():
        spool.put(counts(("shop", "pay", "GET /", 5)), sender="")
        assert _run_elsewhere() == 0, "somebody else is the owner"
    assert owner.run(NOW) == 1


def _run_elsewhere() -> int:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    def run() -> int:
        try:
            return owner.run(NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()

"""The demonstration shows the gate at work: a visit with its clock, one on its own review, stale, hurried, a bot's."""

from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest

from awayteam.demo import build, changes
from awayteam.demo.shows import AUTHORISE, INDEX
from awayteam.gate.models import Change, Judgement, Passage

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.mark.django_db
def test_what_the_gate_must_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spent = []

    def timed(*, now: datetime) -> int:
        began = process_time()
        count = fill(now=now)
        spent.append(process_time() - began)
        return count

    fill = changes.fill
    monkeypatch.setattr(build, "_days", lambda _first, last: [last])
    monkeypatch.setattr(build, "_follow", lambda *_: None)
    monkeypatch.setattr(build.changes, "fill", timed)
    build.build(tmp_path / "demonstration", now=NOW, progress=lambda *_: None)

    rows = {row.title: row for row in Change.objects.all()}
    assert len(rows) == len(changes.PROPOSALS)
    visit = rows["The old query goes"]
    assert (visit.outcome, visit.standings[0], visit.engagements.get().title) == ("waiting", "visit", INDEX)
    assert visit.due_at is not None
    assert visit.asked.exists()
    spain = rows["Order of steps for Spain"]
    assert (spain.outcome, spain.engagements.get().title) == ("allowed", AUTHORISE)
    assert rows["Try a capture again only once"].standings == ["home"]
    assert rows["Bump the tokenizer to 4.2"].standings == ["bot"]
    assert rows["Speed up the check of a key"].standings == ["unknown"]
    assert rows["Keep the old address of an order"].standings == ["away"]
    stale = Judgement.objects.filter(change=rows["Round shares of a bundle downwards"])
    assert list(stale.values_list("outcome", flat=True)) == ["waiting", "allowed", "waiting"]
    hurried = Passage.objects.get()
    assert (hurried.change.outcome, hurried.entry.kind) == ("allowed", "emergency")
    assert sum(row.first_reviewed_at is not None for row in rows.values()) >= 8
    assert spent[0] < 1.5, "it is built at every first start"

"""What the demonstration must show: a pager that moves, a service that should serve itself, what management spends."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from awayteam.demo import build
from awayteam.demo.handovers import AGAIN
from awayteam.handovers import queries
from awayteam.handovers.models import PagerMove, Retrospective
from awayteam.insights import queries as insights
from awayteam.insights.scope import Asked, scope
from awayteam.kernel.actor import SYSTEM
from awayteam.requests.models import Escalation

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.mark.django_db
def test_what_it_must_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_days", lambda _first, last: [last])
    monkeypatch.setattr(build, "_follow", lambda *_: None)
    build.build(tmp_path / "demonstration", now=NOW, progress=lambda *_: None)

    pagers = {(row.announced_at is not None, row.moved_at is not None) for row in PagerMove.objects.all()}
    assert pagers == {(True, False), (True, True)}

    (served,) = queries.self_service(SYSTEM, NOW)
    assert (served.service.name, served.visits, served.teams) == ("alert-router", 4, 4)
    said = Retrospective.objects.filter(engagement__title__in=AGAIN, side="away")
    assert len(said) == len(AGAIN) == sum("route" in str(row.answers) for row in said)

    managed = insights.figures(scope(SYSTEM, Asked(), NOW)).managed
    assert managed.now == 285
    assert managed.before == 70
    outcomes = set(Escalation.objects.values_list("outcome", flat=True))
    assert outcomes == {"", "away", "reshuffled", "upheld"}

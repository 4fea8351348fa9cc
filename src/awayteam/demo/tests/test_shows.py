"""What the demonstration must show, of all that it is built from."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from awayteam.demo import build, changes
from awayteam.demo.handovers import AGAIN
from awayteam.demo.shows import AUTHORISE, INDEX
from awayteam.gate.models import Change, Judgement, Passage
from awayteam.handovers import queries
from awayteam.handovers.models import PagerMove, Retrospective
from awayteam.insights import queries as insights
from awayteam.insights.scope import Asked, scope
from awayteam.kernel.actor import SYSTEM
from awayteam.requests.models import Escalation

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demonstration(of_module: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once, with one day of imports and no repositories."""
    folder = tmp_path_factory.mktemp("shown") / "demonstration"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "_days", lambda _first, last: [last])
        patch.setattr(build, "_follow", lambda *_: None)
        build.build(folder, now=NOW, progress=lambda *_: None)
    return folder


def test_a_pager_moves_a_service_should_serve_itself_and_management_spends(demonstration: Path) -> None:
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


def test_the_gate_has_a_visit_with_its_clock_a_stale_a_hurried_and_a_bots_change(
    demonstration: Path,
) -> None:
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

"""The map's numbers, and that the commits behind each number are as many as it says."""

from pathlib import Path
from typing import Any

import pytest

from awayteam.contributions import queries, refresh
from awayteam.contributions.matrix import matrix
from awayteam.contributions.models import Area, Commit, CommitAuthor, Repository, Stands
from awayteam.contributions.queries import Choice, CommitFilter
from awayteam.contributions.tests.team import DAY, NOW, START, Small, build
from awayteam.kernel import rulebook as book
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.organisation.models import Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(settings: Any, tmp_path: Path) -> Small:
    settings.DATA = tmp_path
    return build(tmp_path)


def test_the_map_counts_and_its_numbers_hold(small: Small) -> None:
    found = queries.away_map(small.actor("ned"), Choice())
    assert found.classes == {"home": 1, "away": 3, "mixed": 1, "unowned": 1}
    assert found.commits == {
        "total": 7, "human": 6, "bot": 1, "no_files": 0, "duplicates": 0, "merges_left_out": 1,
    }  # fmt: skip
    assert found.members_only == {"home": 1, "away": 2, "mixed": 1, "unowned": 1}
    assert found.authors == {"member": 3, "member without team": 0, "outsider": 0, "unresolved": 1}
    assert found.away_share == pytest.approx(4 / 5)
    flows = {(row.origin.label, row.target.label): (row.commits, row.files) for row in found.flows}
    assert flows == {
        ("one", "one"): (2, 2), ("one", "two"): (2, 2), ("two", "one"): (1, 1), ("(unresolved)", "one"): (1, 1),
    }  # fmt: skip


def test_every_number_leads_to_as_many_commits(small: Small) -> None:
    actor = small.actor("ned")
    found = queries.away_map(actor, Choice())
    for word, number in found.classes.items():
        assert queries.commits(actor, Choice(), CommitFilter(stands=word)).total == number
    for row in found.flows:
        which = CommitFilter(origin=row.origin.key, target=row.target.key)
        assert queries.commits(actor, Choice(), which).total == row.commits
    for row in queries.away_map(actor, Choice(by="unit")).flows:
        which = CommitFilter(origin=row.origin.key, target=row.target.key)
        assert queries.commits(actor, Choice(by="unit"), which).total == row.commits
    for area in queries.areas(actor, Choice(), book.current().contributions).items:
        for at_home, number in (("", area.commits), ("yes", area.home), ("no", area.away)):
            which = CommitFilter(area=area.area.pk, at_home=at_home)
            assert queries.commits(actor, Choice(), which).total == number
    for row in queries.authors(actor, kind="").items:
        assert queries.commits(actor, Choice(since="all"), CommitFilter(author=row.author.pk)).total == row.commits


def test_by_unit_a_commit_counts_once(small: Small) -> None:
    flows = queries.away_map(SYSTEM, Choice(by="unit")).flows
    assert {(row.origin.label, row.target.label): row.commits for row in flows} == {
        ("shop", "shop"): 4, ("(unresolved)", "shop"): 1,
    }  # fmt: skip


def test_the_window_counts_back_from_the_newest_commit(small: Small) -> None:
    assert queries.away_map(SYSTEM, Choice(since="4d")).commits["human"] == 2
    assert queries.away_map(SYSTEM, Choice(since="1d", until="2023-11-15")).counted == 1
    for bad in (Choice(since="soon"), Choice(until="x"), Choice(as_of="y"), Choice(by="z")):
        with pytest.raises(InvalidInput):
            queries.away_map(SYSTEM, bad)


def test_an_area_says_who_knows_it_and_how_fast_changes_land(small: Small) -> None:
    area = Area.objects.get(name="/a/")
    found = queries.area(SYSTEM, area.pk, Choice(), book.current().contributions)
    assert (found.row.commits, found.row.home, found.row.away, found.row.authors) == (4, 2, 2, 3)
    assert [(one.label, one.commits) for one in found.knowers] == [("Ada", 2), ("Eve", 1), ("Some One", 1)]
    assert (found.away_latency.branches, found.away_latency.hours) == (1, 48.0)
    assert (found.home_latency.branches, found.home_latency.hours) == (0, None)
    with pytest.raises(NotFound):
        queries.area(SYSTEM, area.pk + 1_000, Choice(), book.current().contributions)


def test_belonging_and_sole_areas_follow_the_rulebook(small: Small, rulebook: Any) -> None:
    rules = book.current().contributions
    assert queries.belonging(SYSTEM, Choice(), rules) == []
    rulebook("[contributions]\nbelonging_commits_min = 1\nsole_author_share = 0.5\nsole_author_commits_min = 2\n")
    rules = book.current().contributions
    [one] = queries.belonging(SYSTEM, Choice(), rules)
    assert (one.area.name, one.owner.label, one.candidate.label, one.commits, one.of) == ("/b/", "two", "one", 2, 2)
    sole = queries.areas(SYSTEM, Choice(), rules, sole=True).items
    assert {row.area.name for row in sole} == {"/a/", "/b/"}


def test_time_is_told_in_periods_of_four_weeks(small: Small) -> None:
    series = queries.over_time(queries.scope(SYSTEM, Choice()))
    assert {one.side.label: (one.home, one.away) for one in series} == {"one": (2, 2), "two": (0, 2)}


def test_a_team_sees_whom_it_helps(small: Small) -> None:
    found = queries.team_flows(SYSTEM, small.teams["one"])
    assert [(row.target.label, row.commits) for row in found.gives] == [("two", 2)]
    assert [(row.origin.label, row.commits) for row in found.takes] == [("(unresolved)", 1), ("two", 1)]
    assert found.home is not None
    assert found.home.commits == 2


def test_a_service_sees_who_changes_it_and_that_the_rules_disagree(small: Small) -> None:
    found = queries.changers(SYSTEM, small.service)
    assert found is not None
    assert sum(count for _, count, _ in found.rows) == 6
    [one] = queries.contradictions(SYSTEM)
    assert (one.entity_id, one.rule_owners) == (small.service.pk, ["@acme/one"])


def test_as_of_the_head_memberships_of_today_count(small: Small) -> None:
    from awayteam.contributions import judging

    joined = NOW.replace(year=2023, month=11, day=20)
    Membership.objects.create(team=small.teams["two"], person=small.people["bob"], starts=joined)
    judging.derive(now=NOW)
    then = queries.away_map(SYSTEM, Choice(as_of="commit"))
    now = queries.away_map(SYSTEM, Choice(as_of="head"))
    assert (then.classes["away"], now.classes["away"]) == (3, 2)
    assert then.differing == now.differing == 1
    assert queries.commits(SYSTEM, Choice(), CommitFilter(differing=True)).total == 1
    assert queries.away_map(SYSTEM, Choice()).classes == then.classes, "dated facts make it the default"


def test_the_matrix_sorts_and_bounds(small: Small) -> None:
    flows = queries.away_map(SYSTEM, Choice()).flows
    drawn = matrix(flows)
    assert [row.side.label for row in drawn.rows] == ["one", "(unresolved)", "two"]
    assert [(column.side.label, column.home, column.away) for column in drawn.columns] == [("one", 2, 2), ("two", 0, 2)]
    key = drawn.columns[0].side.key
    assert [row.side.label for row in matrix(flows, sort=key).rows] == ["one", "(unresolved)", "two"]
    assert matrix(flows, most=1).left_out == 3


def test_what_one_person_changed(small: Small) -> None:
    found = queries.person_work(small.actor("ned"), small.people["ada"])
    assert found.classes == {"home": 1, "away": 0, "mixed": 1, "unowned": 0}
    assert (found.commits, found.away_share, found.more) == (2, 0.5, 0)
    assert [(row.area.name, row.commits, row.home) for row in found.areas] == [("/a/", 2, 2), ("/b/", 1, 0)]
    for word, number in found.classes.items():
        which = CommitFilter(person=found.key, stands=word)
        assert queries.commits(small.actor("ned"), Choice(), which).total == number
    for row in found.areas:
        which = CommitFilter(person=found.key, area=row.area.pk)
        assert queries.commits(small.actor("ned"), Choice(), which).total == row.commits
    assert queries.person_work(small.actor("ned"), small.people["mia"]).commits == 0


def test_nothing_of_a_restricted_repository_shows_on_a_persons_page(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    small = build(tmp_path, restricted=True)
    assert queries.person_work(small.actor("eve"), small.people["ada"]).commits == 2
    assert queries.person_work(small.actor("ned"), small.people["ada"]).commits == 0


def test_squashed_pull_requests_have_no_latency(small: Small) -> None:
    at = START + 60 * DAY
    small.repo.commit({"a/1": "6"}, name="Bob", email="bob@x.org", when=at, message="Make it faster (#12)")
    refresh.refresh([small.repository], actor=SYSTEM, now=NOW, wait_seconds=0)
    area = Area.objects.get(name="/a/")
    found = queries.area(small.actor("ned"), area.pk, Choice(), book.current().contributions)
    assert (found.home_latency.branches, found.home_latency.hours, found.home_latency.unknown) == (0, None, 1)
    assert (found.away_latency.branches, found.away_latency.unknown) == (1, 0)


def test_more_windows_than_a_condition_may_hold(small: Small) -> None:
    """Every repository has a window of its own; all of them in one statement would be refused by SQLite."""
    author = CommitAuthor.objects.first()
    assert author is not None
    many = Repository.objects.bulk_create(
        Repository(name=f"r{n}", location=f"/r{n}", tip="0" * 40, newest=START + n, created_at=NOW)
        for n in range(1_100)
    )
    Commit.objects.bulk_create(
        Commit(
            repository=one, sha=f"{n:040}", committed=START + n, author=author, subject=f"s{n}", mark=n,
            stands=Stands.UNOWNED, stands_at_head=Stands.UNOWNED,
        )
        for n, one in enumerate(many)
    )  # fmt: skip
    which, seen, cursor = CommitFilter(stands="unowned", author=author.pk), [], None
    for _ in range(5):
        page = queries.commits(SYSTEM, Choice(), which, cursor=cursor, limit=250)
        seen += [row.sha for row in page.items]
        cursor = page.next_cursor
    assert page.total == len(seen) == len(set(seen)) == 1_100
    assert cursor is None
    assert seen == sorted(seen, reverse=True), "newest first across all windows"
    assert queries.away_map(SYSTEM, Choice()).classes["unowned"] == 1_101

"""Refreshing: what is stored says the same as a scan, increments as a whole reading, and nothing is counted twice."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from awayteam.contributions import actions, judging, refresh, roster
from awayteam.contributions.models import Branch, Commit, CommitAuthor, Flow, Repository, Stands, Touch
from awayteam.contributions.opening import Options
from awayteam.contributions.refresh import Refreshed
from awayteam.contributions.report_json import report
from awayteam.contributions.scan import scan
from awayteam.contributions.tests.gitrepo import Repo
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import InvalidInput, Unavailable
from awayteam.organisation.models import Membership, Person, Team

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_data(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.DATA.mkdir()


def staff(team: str, *people: str) -> Team:
    made, _ = Team.objects.get_or_create(ref=f"group:default/{team}", defaults={"name": team})
    for name in people:
        person, _ = Person.objects.get_or_create(
            ref=f"user:default/{name}", defaults={"name": name, "email": f"{name}@x.org"}
        )
        Membership.objects.create(team=made, person=person)
    return made


def read(repo: Repo | str) -> Refreshed:
    place = str(repo.path) if isinstance(repo, Repo) else repo
    return refresh.one(actions.follow(place, actor=SYSTEM, now=NOW), actor=SYSTEM, now=NOW, wait_seconds=0)


def contents(repository: Repository) -> dict[str, Any]:
    """All that is known of a repository, without ids."""
    rows = Commit.objects.filter(repository=repository)
    flows = Flow.objects.filter(repository=repository)
    touches = Touch.objects.filter(commit__repository=repository)
    return {
        "commits": sorted(
            rows.values_list(
                "sha", "committed", "author__email", "subject", "files", "is_merge", "is_copy", "stands",
                "stands_at_head", "branch__merged", "branch__first",
            ),
            key=str,
        ),
        "flows": sorted(flows.values_list("commit__sha", "reading", "origin__key", "target__key", "files")),
        "touches": sorted(
            touches.values_list("commit__sha", "area__name", "files", "reading", "at_home", "at_home_at_head"), key=str
        ),
        "branches": sorted(Branch.objects.filter(repository=repository).values_list("merged", "first")),
    }  # fmt: skip


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    staff("one", "ada", "bob")
    staff("two", "eve")
    made = Repo(tmp_path / "shop")
    made.commit({".github/CODEOWNERS": "/a/ @acme/one\n/b/ @acme/two\n", "a/1": "1"}, name="Ada", email="ada@x.org")
    made.commit({"a/1": "2", "b/1": "1"}, name="Ada", email="ada@x.org")
    made.commit({"b/1": "2"}, name="Bob", email="bob@x.org")
    made.commit({"c": "2"}, name="Eve", email="eve@x.org")
    made.commit({"a/1": "5"}, name="dependabot[bot]", email="49699333+dependabot[bot]@users.noreply.github.com")
    made.commit({"a/2": "5"}, name="Some One", email="some.one@elsewhere.org")
    return made


def test_what_is_stored_says_the_same_as_a_scan(repo: Repo) -> None:
    done = read(repo)
    assert (done.new, done.commits, done.whole, done.error) == (6, 6, True, "")
    scanned = report(scan([str(repo.path)], roster.organisation(nested=True), Options(since="all", as_of="commit")))
    classes = {
        str(Stands(one).label): Commit.objects.filter(stands=one).count()
        for one in (Stands.HOME, Stands.AWAY, Stands.MIXED, Stands.UNOWNED)
    }
    assert classes == scanned["classes"] == {"home": 1, "away": 2, "mixed": 1, "unowned": 1}
    flows: dict[tuple[str, str], list[int]] = {}
    for origin, target, files in Flow.objects.filter(reading=1).values_list("origin__key", "target__key", "files"):
        pair = flows.setdefault((origin.rpartition("/")[2], target.rpartition("/")[2]), [0, 0])
        pair[0] += 1
        pair[1] += files
    assert flows == {(f["from"], f["to"]): [f["commits"], f["files"]] for f in scanned["flows"]}
    assert Commit.objects.filter(stands=Stands.BOT).count() == scanned["commits"]["bot"] == 1


def test_a_second_refresh_reads_nothing_and_an_increment_only_what_is_new(repo: Repo) -> None:
    read(repo)
    before = contents(Repository.objects.get())
    assert read(repo).new == 0
    assert contents(Repository.objects.get()) == before
    repo.commit({"a/3": "1"}, name="Eve", email="eve@x.org")
    done = read(repo)
    assert (done.new, done.commits, done.whole) == (1, 7, False)
    assert Commit.objects.get(subject__isnull=False, author__email="eve@x.org", stands=Stands.AWAY).files == 1


def test_increments_leave_what_a_whole_reading_would(repo: Repo) -> None:
    read(repo)
    for step in range(3):
        repo.git("checkout", "-q", "-b", f"work{step}")
        repo.commit({f"a/{step}x": "1"}, name="Eve", email="eve@x.org")
        repo.commit({f"b/{step}x": "1"}, name="Ada", email="ada@x.org")
        repo.git("checkout", "-q", "main")
        repo.commit({f"c{step}": "1"}, name="Bob", email="bob@x.org")
        repo.git("merge", "-q", "--no-ff", "-m", f"Merge work {step}", f"work{step}", env=WHO)
        assert not read(repo).whole
    grown = contents(Repository.objects.get())
    Repository.objects.all().update(tip="")
    assert read(repo).whole
    assert contents(Repository.objects.get()) == grown
    assert len(grown["branches"]) == 3


WHO = {"GIT_AUTHOR_NAME": "M", "GIT_AUTHOR_EMAIL": "m@x.org", "GIT_COMMITTER_DATE": "1700000000 +0000"}


def test_rewritten_history_is_read_anew(repo: Repo) -> None:
    read(repo)
    repo.git("reset", "-q", "--hard", "HEAD~2")
    repo.commit({"a/9": "1"}, name="Bob", email="bob@x.org")
    done = read(repo)
    assert (done.whole, done.why, done.commits, done.new) == (True, "history was rewritten", 5, 1)


def test_changed_rules_are_followed_through_all_of_history(repo: Repo) -> None:
    read(repo)
    repo.commit({".github/CODEOWNERS": "* @acme/two\n"}, name="Eve", email="eve@x.org")
    done = read(repo)
    assert (done.whole, done.why) == (True, "the ownership rules changed")
    at_head = dict(Commit.objects.values_list("author__email", "stands_at_head").order_by("committed", "pk"))
    assert at_head["ada@x.org"] == at_head["bob@x.org"] == Stands.AWAY
    assert Commit.objects.filter(stands=Stands.MIXED).count() == 1, "as of the commit nothing changes"


def test_a_copy_in_another_repository_counts_once(repo: Repo, tmp_path: Path) -> None:
    read(repo)
    copy = tmp_path / "copy"
    repo.git("clone", "-q", str(repo.path), str(copy))
    read(str(copy))
    second = Repository.objects.get(name="copy")
    assert set(Commit.objects.filter(repository=second).values_list("stands", flat=True)) == {Stands.DUPLICATE}
    actions.unfollow(Repository.objects.get(name="shop"), actor=SYSTEM, now=NOW, wait_seconds=0)
    assert Commit.objects.filter(stands=Stands.DUPLICATE).count() == 0
    assert Commit.objects.filter(stands=Stands.AWAY).count() == 2


def test_a_changed_organisation_is_taken_in(repo: Repo) -> None:
    read(repo)
    assert Commit.objects.filter(stands=Stands.AWAY).count() == 2
    staff("two", "bob")
    assert judging.derive(now=NOW) == 1
    assert Commit.objects.filter(stands=Stands.AWAY).count() == 1
    assert judging.derive(now=NOW) == 0


def test_authors_keep_the_evidence(repo: Repo) -> None:
    read(repo)
    ada = CommitAuthor.objects.get(email="ada@x.org")
    assert (ada.person and ada.person.name, ada.method, ada.evidence) == ("ada", "declared address", "ada@x.org")
    assert CommitAuthor.objects.get(email="some.one@elsewhere.org").kind == "unresolved"


def test_what_is_no_repository_is_refused_and_what_breaks_keeps_its_error(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(InvalidInput, match="no git repository"):
        actions.follow(str(tmp_path / "plain"), actor=SYSTEM, now=NOW)
    read(repo)
    before = contents(Repository.objects.get())
    repo.path.rename(tmp_path / "moved")
    with pytest.raises(Unavailable, match="doesn't exist"):
        read_again()
    assert contents(Repository.objects.get()) == before
    assert "doesn't exist" in Repository.objects.get().last_error


def read_again() -> Refreshed:
    return refresh.one(Repository.objects.get(), actor=SYSTEM, now=NOW, wait_seconds=0)


def test_an_empty_repository_says_so(tmp_path: Path) -> None:
    empty = Repo(tmp_path / "empty")
    with pytest.raises(Unavailable, match="no commits yet"):
        read(empty)


def test_new_rules_about_bots_class_commits_anew(repo: Repo, settings: Any, tmp_path: Path) -> None:
    settings.RULEBOOK = tmp_path / "rulebook.toml"
    rulebook.forget()
    read(repo)
    assert not judging.is_stale()
    settings.RULEBOOK.write_text('[contributions]\nmore_bots = ["some one"]\n')
    assert judging.is_stale()
    judging.derive(now=NOW)
    assert Commit.objects.filter(stands=Stands.BOT).count() == 2
    assert not judging.is_stale()
    settings.RULEBOOK.unlink()
    judging.derive(now=NOW)
    assert Commit.objects.filter(stands=Stands.BOT).count() == 1
    rulebook.forget()

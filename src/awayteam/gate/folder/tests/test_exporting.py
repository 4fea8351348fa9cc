"""What the server would say, a folder that it wrote says too; and writing a folder undoes nobody's work."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from awayteam.engagements import actions as engagements
from awayteam.engagements.actions import ScopeLine
from awayteam.gate import loading as server
from awayteam.gate import roster
from awayteam.gate.change import Approval, Author, Change, Said, Way
from awayteam.gate.folder import exporting, files, loading
from awayteam.gate.rules import gate
from awayteam.gate.tests.yard import BASE, HEAD, MONDAY, NEXT, RULES, Yard, lay_out, ref
from awayteam.gate.verdict import Verdict
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.organisation.models import Identity, Membership, Person, Role
from awayteam.reviews.models import RegisterEntry
from awayteam.rounds import actions as rounds
from awayteam.sources.ownership.base import MemoryTree
from awayteam.sources.ownership.detect import resolver

pytestmark = pytest.mark.django_db
ADDRESS = "https://forge.example/orders/12"
PATHS = ("refunds/lines.py", "refunds/deep/er.py", "search/index.py", "pay/card.py", "README", ".github/CODEOWNERS")
PEOPLE = ("paul", "pia", "olga", "oscar", "sam", "sue", "mona", "ann", "nobody")


@pytest.fixture
def yard() -> Yard:
    return lay_out()


def by_server(change: Change, now: datetime) -> Verdict:
    known = server.facts(server.About(change.repository, change.author.person, change.head, change.url), now)
    return gate(change, resolver(MemoryTree(dict(RULES))), known.organisation, known.engagements, known.reviews,
                known.standards, known.terms, now)  # fmt: skip


def by_folder(change: Change, folder: Path, now: datetime) -> Verdict:
    known = loading.load(files.from_folder(folder), change.repository, now)
    assert known.warnings == ()
    return gate(change, resolver(MemoryTree(dict(RULES))), known.organisation, known.engagements, known.reviews,
                known.standards, known.terms, now)  # fmt: skip


def exported(folder: Path, now: datetime, *repositories: str) -> exporting.Done:
    roster.forget()
    return exporting.write(exporting.export(now=now, repositories=repositories), folder)


def answers(verdict: Verdict) -> object:
    """A verdict but for addresses of pages, which stand in a folder in full, and the words of reasons."""
    parts = sorted(
        (one.paths, one.rule, one.standing, one.outcome, one.engagement,
         sorted((need.rule, need.says, need.count, sorted(need.people), need.teams, sorted(need.else_), str(need.until))
                for need in one.needs))
        for one in verdict.sections
    )  # fmt: skip
    whole = [(one.rule, one.says) for one in verdict.whole]
    return verdict.outcome, verdict.until, verdict.rulebook, whole, parts


CHANGES = st.builds(
    Change,
    repository=st.sampled_from(["orders", "orders", "ORDERS.git", "elsewhere"]),
    base=st.just(BASE),
    head=st.sampled_from([HEAD, NEXT]),
    paths=st.lists(st.sampled_from(PATHS), min_size=1, max_size=4, unique=True).map(tuple),
    author=st.sampled_from(PEOPLE).map(lambda name: Author(ref(name), name)),
    hands=st.lists(st.sampled_from(PEOPLE).map(lambda name: Author(ref(name), name)), max_size=1).map(tuple),
    approvals=st.lists(
        st.builds(
            Approval, person=st.sampled_from(PEOPLE).map(ref), label=st.just("somebody"),
            said=st.sampled_from([Said.APPROVED, Said.APPROVED, Said.CHANGES]), commit=st.sampled_from([HEAD, NEXT]),
            at=st.just(MONDAY),
        ),
        max_size=2,
    ).map(tuple),
    way=st.sampled_from(Way),
    url=st.sampled_from(["", ADDRESS]),
)  # fmt: skip


def _many(yard: Yard) -> None:
    """More than one of everything: a visit that waits for its day, one that is over, a round, people who left."""
    village = yard.village
    other = village.agreed(title='Second <look> "at" things')
    assert other.pk != yard.engagement.pk
    village.open(title="A draft")
    engagements.set_scope(village.open(title="Another"), actor=village.actor("pia"), now=MONDAY - timedelta(days=5),
                          lines=[ScopeLine("elsewhere", "/x/")])  # fmt: skip
    Identity.objects.create(person=village.person("paul"), provider="github", value="Paul-GH", value_key="paul-gh",
                            created_at=MONDAY)  # fmt: skip
    Identity.objects.create(person=village.person("paul"), provider="email", value="paul@x.org", value_key="paul@x.org",
                            created_at=MONDAY)  # fmt: skip
    Membership.objects.create(team=village.town.team("search"), person=village.person("ann"), role=Role.MEMBER,
                              starts=MONDAY + timedelta(days=30))  # fmt: skip
    Person.objects.filter(name="sue").update(left_at=MONDAY - timedelta(days=1))
    rounds.open_round(
        yard.engagement, actor=yard.actor("paul"), now=MONDAY, kind="change", title="Lines", url=ADDRESS, commit=HEAD
    )


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, phases=[Phase.generate],  # shrinking would ask the database for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.lists(CHANGES, min_size=6, max_size=6))
def test_a_folder_says_what_the_server_says(yard: Yard, tmp_path: Path, changes: list[Change]) -> None:
    folder = tmp_path / "agreed"
    if not folder.exists():
        _many(yard)
        exported(folder, MONDAY)
    for now in (MONDAY, MONDAY + timedelta(days=40)):
        for change in changes:
            assert answers(by_folder(change, folder, now)) == answers(by_server(change, now))


def test_the_same_state_gives_the_same_bytes(yard: Yard, tmp_path: Path) -> None:
    _many(yard)
    first = exported(tmp_path / "one", MONDAY)
    assert set(first.written) == {f"agreements/{yard.engagement.pk}.toml", "organisation/awayteam.yaml",
                                  *(name for name in first.written if name.startswith("agreements/"))}  # fmt: skip
    exported(tmp_path / "two", MONDAY)
    names = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in names)
    again = exported(tmp_path / "one", MONDAY)
    assert (again.written, again.removed, set(again.unchanged)) == ((), (), set(first.written))
    wrong, _ = loading.lint(files.from_folder(tmp_path / "one"))
    assert wrong == []


def test_only_engagements_of_the_repositories_asked_for(yard: Yard, tmp_path: Path) -> None:
    assert f"agreements/{yard.engagement.pk}.toml" in exported(tmp_path / "a", MONDAY, "Orders.git").written
    assert f"agreements/{yard.engagement.pk}.toml" not in exported(tmp_path / "b", MONDAY, "elsewhere").written


def test_what_is_over_is_removed_but_never_what_others_wrote(yard: Yard, tmp_path: Path) -> None:
    folder = tmp_path / "agreed"
    exported(folder, MONDAY)
    mine, theirs = folder / f"agreements/{yard.engagement.pk}.toml", folder / "agreements/900.toml"
    text = mine.read_text().replace(f"id = {yard.engagement.pk}", "id = 900")
    theirs.write_text(text)
    why = "not-needed-any-more"
    engagements.withdraw(yard.engagement, actor=yard.actor("pia"), now=MONDAY, reason=why, words="Later.")
    done = exported(folder, MONDAY)
    assert done.removed == (f"agreements/{yard.engagement.pk}.toml",)
    assert (mine.exists(), theirs.read_text()) == (False, text)


def test_files_that_somebody_changed_stop_an_export_before_anything_is_written(yard: Yard, tmp_path: Path) -> None:
    folder = tmp_path / "agreed"
    exported(folder, MONDAY)
    mine = folder / f"agreements/{yard.engagement.pk}.toml"
    mine.write_text(mine.read_text() + "\n# mine\n")
    people = (folder / "organisation/awayteam.yaml").read_bytes()
    Person.objects.filter(name="ann").update(display_name="Ann A")
    with pytest.raises(Conflict, match="changed since"):
        exported(folder, MONDAY)
    assert (folder / "organisation/awayteam.yaml").read_bytes() == people


@pytest.mark.parametrize("manifest", ["[]", "{", '{"../../etc/passwd": "0"}', '{"agreements/../x.toml": "0"}', "3"])
def test_a_manifest_that_somebody_made_up_removes_nothing(yard: Yard, tmp_path: Path, manifest: str) -> None:
    folder = tmp_path / "agreed"
    folder.mkdir()
    (folder / "exported.json").write_text(manifest)
    with pytest.raises(InvalidInput):
        exported(folder, MONDAY)
    assert [path.name for path in folder.iterdir()] == ["exported.json"]


def test_links_are_not_written_through(yard: Yard, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "agreed", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "agreements").symlink_to(elsewhere)
    with pytest.raises(Conflict):
        exported(folder, MONDAY)
    assert list(elsewhere.iterdir()) == []


def test_who_left_and_guesses_are_not_told(yard: Yard, tmp_path: Path) -> None:
    _many(yard)
    Identity.objects.create(person=yard.village.person("pia"), provider="email", value="guess@x.org",
                            value_key="guess@x.org", confidence="guess", created_at=MONDAY)  # fmt: skip
    exported(tmp_path, MONDAY)
    text = (tmp_path / "organisation/awayteam.yaml").read_text()
    assert ("sue" in text, "guess@x.org" in text, "Paul-GH" in text) == (False, False, True)
    assert json.loads((tmp_path / "exported.json").read_text()).keys() >= {"organisation/awayteam.yaml"}
    assert not RegisterEntry.objects.exists()

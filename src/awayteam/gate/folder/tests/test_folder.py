"""Folders as strangers write them: round trips, mistakes with file, line and key, and bytes that mean harm."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.contributions.tests.gitrepo import Repo
from awayteam.engagements.access import ALWAYS, FOREVER, Interval, Term, Visit
from awayteam.gate.facts import Agreement, Hold, Look, Mode, Passage, Round, Stage
from awayteam.gate.folder import agreement, files, loading, people, register, shape
from awayteam.gate.folder.agreement import Listed, Written
from awayteam.gate.folder.files import Files, FolderError
from awayteam.gate.folder.writing import agreement_text, register_text
from awayteam.gate.tests.post import AGREEMENT, ORGANISATION

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30).filter(str.strip)
_FIRST, _LAST = datetime(1990, 1, 1), datetime(2900, 1, 1)  # noqa: DTZ001 - Hypothesis wants them so
MOMENT = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC))
DAY = st.dates(date(1990, 1, 1), date(2900, 1, 1))
USER = st.from_regex(r"user:default/[a-z0-9]{1,8}", fullmatch=True)
ADDRESS = st.sampled_from(["", "https://x.example/engagements/1"])


def intervals(*, open_: bool) -> st.SearchStrategy[Interval]:
    closed = st.tuples(MOMENT, MOMENT).map(lambda pair: Interval(*sorted(pair)))
    if not open_:
        return closed
    return closed | MOMENT.map(lambda at: Interval(at, FOREVER)) | st.just(Interval(ALWAYS, FOREVER))


PATTERN = st.sampled_from(["/", "/src/", "docs/*", "*.py", "/a b/", "/é/", "src/**/x", '/q"uote/'])
TERM = st.builds(
    Term, intervals(open_=True),
    st.lists(st.tuples(st.frozensets(TEXT, min_size=1, max_size=2), PATTERN), min_size=1, max_size=4, unique=True)
    .map(tuple),
)  # fmt: skip
LISTED = st.builds(
    lambda first, more, **rest: Listed(joins_on=first, leaves_on=None if more is None else first + more, **rest),
    first=DAY, more=st.none() | st.integers(0, 400).map(lambda days: timedelta(days=days)), person=USER,
    joined_at=MOMENT | st.just(ALWAYS), agreed_at=st.none() | MOMENT, home_agreed_at=st.none() | MOMENT,
    left_at=st.none() | MOMENT, of_home=st.lists(intervals(open_=True), max_size=2).map(tuple),
)  # fmt: skip
ROUND = st.builds(
    Round, engagement=st.just(7), url=ADDRESS, commit=st.just("") | st.just("a" * 40), look=st.sampled_from(Look),
    by=st.just("") | USER, independent=st.booleans(), own=st.booleans(), turn=st.just("") | USER,
    due_at=st.none() | MOMENT, address=ADDRESS,
)  # fmt: skip
HOLD = st.builds(
    Hold, engagement=st.just(7), repository=st.just("") | TEXT, says=TEXT,
    who=st.lists(USER, max_size=2, unique=True).map(tuple), due_at=st.none() | MOMENT, address=ADDRESS,
)  # fmt: skip


@st.composite
def writings(draw: st.DrawFn) -> Written:
    title, stage = draw(TEXT), draw(st.sampled_from(Stage))
    grants = () if stage is Stage.BEFORE else tuple(draw(st.lists(intervals(open_=False), max_size=2)))
    terms = draw(st.lists(TERM, max_size=2, unique_by=lambda one: one.during))
    made = Agreement(
        7, title, "group:default/home", "group:default/away", draw(st.sampled_from(Mode)), stage,
        tuple(draw(st.lists(USER, max_size=3, unique=True))), draw(st.just("") | USER), draw(st.booleans()),
        draw(st.none() | MOMENT), draw(ADDRESS),
    )  # fmt: skip
    visit = Visit(7, title, draw(st.sampled_from(["UTC", "Europe/Berlin"])), grants, tuple(terms))
    return Written(
        made, visit, tuple(draw(st.lists(LISTED, max_size=3))), tuple(draw(st.lists(ROUND, max_size=2))),
        tuple(draw(st.lists(HOLD, max_size=2))), draw(st.sampled_from(["", "0123456789abcdef" * 4])),
    )  # fmt: skip


@given(writings())
def test_what_is_written_is_read(written: Written) -> None:
    text = agreement_text(written)
    reading = agreement.read("agreements/7.toml", text.encode())
    assert reading.wrong == ()
    assert reading.written == written
    assert agreement_text(reading.written) == text


@given(st.lists(HOLD, max_size=3), MOMENT, MOMENT, TEXT)
def test_what_stands_in_the_register_is_read(holds: list[Hold], at: datetime, until: datetime, reason: str) -> None:
    of_repository = [Hold(0, one.repository or "shop", one.says, one.who, one.due_at, one.address) for one in holds]
    passages = [Passage("shop", "a" * 40, "user:default/ada", "Ada", reason, at, until)]
    found = register.read(Files("x", {"register.toml": register_text(of_repository, passages).encode()}), wrong := [])
    assert (found, wrong) == ((of_repository, passages), [])


@given(st.binary(max_size=300) | TEXT.map(str.encode))
def test_bytes_that_are_no_agreement_say_so(data: bytes) -> None:
    reading = agreement.read("agreements/1.toml", data)
    assert reading.written is None
    assert all(one.file == "agreements/1.toml" and one.message for one in reading.wrong)
    assert reading.wrong


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id = 12", "id = 0", ":1: id: this must be a whole number"),
        ("id = 12", "id = true", ":1: id: this must be a whole number"),
        ("id = 12", "", "id must be given"),
        ('title = "Refunds"', "title = 3", ":2: title: this must be a text in quotes"),
        ('title = "Refunds"', 'title = "\\u0007"', ":2: title: "),
        ('stage = "active"', 'stage = "running"', ":6: stage: this must be one of before, active"),
        ('stage = "active"', 'stage = "before"', "hasn't begun"),
        ('time_zone = "Europe/Berlin"', 'time_zone = "../../etc/passwd"', ":7: time_zone: this is no time zone"),
        ('away_team = "group:default/shop"', 'away_team = "group:default/payments"', "nobody visits their own team"),
        ('away_team = "group:default/shop"', 'away_team = "shop"', ":4: away_team: this must be a reference"),
        ("until = 2026-12-01T00:00:00Z", "", "until must be given"),
        ("until = 2026-12-01T00:00:00Z", "until = 2026-12-01T00:00:00", ":12: grants[1].until: this must be a moment"),
        ("until = 2026-12-01T00:00:00Z", "until = 2025-12-01T00:00:00Z", "this lies before its beginning"),
        ("until = 2026-12-01T00:00:00Z", "untill = 2026-12-01T00:00:00Z", "there is no such key; did you mean until?"),
        ('patterns = ["/pay/"]', 'patterns = "/pay/"', ":16: scope[1].patterns: this must be a list"),
        ('patterns = ["/pay/"]', 'patterns = ["!/pay/"]', ":16: scope[1].patterns: "),
        ('patterns = ["/pay/"]', "patterns = []", "this names nothing"),
        ("first_day = 2026-11-01", "first_day = 2026-11-01T00:00:00Z", ":20: people[1].first_day: this must be a day"),
        ("first_day = 2026-11-01", 'first_day = "soon"', ":20: people[1].first_day: this must be a day"),
        ("first_day = 2026-11-01", "first_day = 2026-11-01\nlast_day = 2026-10-01", "before the first day"),
        ('person = "user:default/bob"', 'person = "group:default/shop"', ":19: people[1].person: "),
        ("[[people]]", "[people]", "this must be a list"),
        ("id = 12", 'id = 12\ncontract = "abc"', "64 hexadecimal digits"),
        ("id = 12", 'id = 12\naddress = "javascript:alert(1)"', "an address of the web"),
        ("id = 12", "id = 12\nformat = 2", "this version reads format 1"),
        ("id = 12", "id = 12\nid = 13", "this is not TOML"),
        ("id = 12", "id = 12\nx = " + "[" * 50_000, "this is not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_file_line_and_key(old: str, new: str, said: str) -> None:
    reading = agreement.read("agreements/12.toml", AGREEMENT.replace(old, new, 1).encode())
    assert reading.written is None
    assert any(said in str(one) for one in reading.wrong), reading.wrong


def folder(**more: str | bytes) -> Files:
    contents = {"organisation/awayteam.yaml": ORGANISATION, "agreements/12.toml": AGREEMENT, **more}
    return Files("x", {name: text.encode() if isinstance(text, str) else text for name, text in contents.items()},
                 own=True)  # fmt: skip


def refusal(found: Files) -> str:
    with pytest.raises(FolderError) as told:
        loading.load(found, "acme/shop", NOW)
    return str(told.value)


def test_one_number_in_two_files_stops() -> None:
    said = refusal(folder(**{"agreements/13.toml": AGREEMENT}))
    assert "agreements/12.toml:1: id: engagement 12 stands in 2 files" in said
    assert "agreements/13.toml" in said


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rulebook.toml", "[gate]\nhome_approvals = -1\n", "rulebook.toml:2: gate.home_approvals: -1 is too small"),
        ("rulebook.toml", "[gait]\n", "there is no such section"),
        ("rulebook.toml", b"\xff\xfe", "this is not UTF-8"),
        ("bots", "*\n", "write at most"),
        ("bots", b"\xff", "this is not UTF-8"),
        ("register.toml", "[[holds]]\nsays = 'x'\n", "register.toml:1: holds[1]: repository must be given"),
        ("register.toml", "[[emergencies]]\nrepository = '.'\n", "head must be given"),
        ("organisation/more.awayteam.yaml", "teams: 3\n", "organisation/more.awayteam.yaml"),
        ("organisation/people.txt.yaml", "just: words\n", "no format of organisation's files knows this"),
        ("organisation/awayteam.yaml", "version: 1\n", "declares a person"),
        ("organisation/awayteam.yaml", "teams: [" * 200, "organisation/awayteam.yaml"),
    ],
)
def test_other_files_with_mistakes_stop_too(name: str, text: str | bytes, said: str) -> None:
    assert said in refusal(folder(**{name: text}))


def test_what_a_file_grants_although_its_engagement_rests_is_not_granted() -> None:
    paused = AGREEMENT.replace('stage = "active"', 'stage = "paused"')
    facts = loading.load(folder(**{"agreements/12.toml": paused}), "acme/shop", NOW)
    number = facts.engagements.ids["user:default/bob"]
    assert not facts.engagements.grants.may(number, "pay/api.py", NOW, "acme/shop")
    assert "although it is paused" in str(facts.warnings[0])


def test_bots_of_the_folder_and_the_rulebook_count() -> None:
    facts = loading.load(folder(bots="# ours\nRobbie *\n"), "acme/shop", NOW)
    assert facts.bots("Robbie the third", "x@x.org")
    assert facts.bots("renovate[bot]", "")
    assert not facts.bots("Bob", "bob@x.org")


def test_roles_and_dates_of_membership_count_on_the_day() -> None:
    text = ORGANISATION.replace("bea]", "{person: bea, until: 2026-11-23}, {person: cyd, since: 2026-11-24}]")
    found, wrong = people.read(folder(**{"organisation/awayteam.yaml": text}))
    assert wrong == []
    before, on = people.Roster(found, NOW - timedelta(days=1)), people.Roster(found, NOW)
    assert before.people_of("group:default/payments") == ("user:default/ada", "user:default/bea")
    assert on.people_of("group:default/payments") == ("user:default/ada",)
    assert people.Roster(found, NOW + timedelta(days=1)).teams_of("user:default/cyd") == {
        "group:default/payments", "group:default/shop",
    }  # fmt: skip


def test_links_submodules_large_files_and_strange_names_in_a_commit(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    base = repo.commit({".awayteam/organisation/awayteam.yaml": ORGANISATION, ".awayteam/agreements/12.toml": AGREEMENT,
                        ".awayteam/README.md": "x", ".awayteam/agreements/deep/er.toml": "x"})  # fmt: skip
    good = files.from_commit(repo.path, base)
    assert (sorted(good.contents), good.wrong) == (["agreements/12.toml", "organisation/awayteam.yaml"], ())
    assert set(good.others) == {"README.md", "agreements/deep/er.toml"}
    (repo.path / ".awayteam/rulebook.toml").symlink_to("/etc/passwd")
    (repo.path / ".awayteam/agreements/big.toml").write_text("#" * (files.MAX_AGREEMENT + 1))
    found = files.from_commit(repo.path, repo.commit({}))
    assert sorted(one.file for one in found.wrong) == ["agreements/big.toml", "rulebook.toml"]
    with pytest.raises(FolderError, match="no such folder"):
        files.from_commit(repo.path, base, "elsewhere")
    repo.git("rm", "-q", "-r", ".awayteam")
    (repo.path / ".awayteam").symlink_to("/etc")
    with pytest.raises(FolderError, match="symbolic links aren't followed"):
        files.from_commit(repo.path, repo.commit({}))


def test_links_pipes_and_depth_in_a_folder_outside(tmp_path: Path) -> None:
    (tmp_path / "agreements").mkdir()
    (tmp_path / "agreements/12.toml").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "bots")
    (tmp_path / "organisation").symlink_to("/etc")
    found = files.from_folder(tmp_path)
    assert sorted(one.file for one in found.wrong) == ["agreements/12.toml", "bots", "organisation"]
    assert not found.contents
    deep = tmp_path / "d" / "/".join("d" * 12)
    deep.mkdir(parents=True)
    with pytest.raises(FolderError, match="deeper"):
        files.from_folder(tmp_path)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 3)
    for number in range(4):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(FolderError, match="more than 3 files"):
        files.from_folder(tmp_path)


def test_lines_of_what_cannot_be_decoded() -> None:
    found = shape.parse("a.toml", b"one = 1\ntwo = '\xff'\n")
    assert [(one.line, one.message[:15]) for one in found.wrong] == [(2, "this is not UTF")]
